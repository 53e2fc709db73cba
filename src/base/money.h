/* Money: whole fen (i64) and a currency code. Rates in basis points (1300 = 13 %). No floats. */
#ifndef TRIPOD_MONEY_H
#define TRIPOD_MONEY_H

#include "base/arena.h"

/* a * b / c rounded half away from zero; false on overflow or c == 0. */
bool mul_div(i64 a, i64 b, i64 c, i64 *out);
/* Share of an amount: amount * bp / 10000, rounded half away from zero. */
bool money_bp(i64 fen, i64 bp, i64 *out);
/* "1234.5", "1,234.50", "-3" -> fen; more than two decimals or no number: false. */
bool money_parse(const char *s, i64 *fen);
/* "1234.50" */
const char *money_format(struct arena *a, i64 fen);
/* Decimal text times a scale (revenue in million USD: "1100.04" * 100000000 fen), exact. */
bool decimal_scaled(const char *s, i64 scale, i64 *out);
/* s * scale * unit, scale being decimal text too; rounded half away from zero, *exact says whether
 * nothing was rounded. false: no numbers, or too large. */
bool decimal_times(const char *s, const char *scale, i64 unit, i64 *out, bool *exact);
/* s * scale as decimal text without needless zeros: "1,234.50" * "10" = "12345"; NULL as above. */
const char *decimal_product(struct arena *a, const char *s, const char *scale);
bool currency_valid(const char *c); /* three capitals */

#endif
