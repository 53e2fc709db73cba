/* Record numbers: prefix, year, six digits without gaps within the transaction ("L2026-000042"). */
#ifndef TRIPOD_NUMBER_H
#define TRIPOD_NUMBER_H

#include "core/ctx.h"

MUST_USE err_t number_next(struct ctx *cx, const char *series, const char *prefix,
                           const char **out);

/* A bulk write takes numbers by the hundred: cx->numbers is set to a stock for the time of it, in
 * no savepoint that may be taken back; at its end what is left goes back. */
struct number_stock {
	struct number_range {
		const char *series; /* static text */
		int year;
		i64 next, end; /* not included */
	} range[8];
};
MUST_USE err_t numbers_return(struct ctx *cx);

#endif
