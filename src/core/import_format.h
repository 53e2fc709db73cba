/* Formats of import maps (docs/import-maps.md): the text of a cell as the value it means.
 * Pure functions: no database, no clock. */
#ifndef TRIPOD_IMPORT_FORMAT_H
#define TRIPOD_IMPORT_FORMAT_H

#include "db/db.h"

enum import_format {
	FMT_FIELD, /* none named: the field's type decides */
	FMT_TEXT,
	FMT_INT,
	FMT_DECIMAL,
	FMT_MONEY,
	FMT_CN_MONEY,
	FMT_CN_CURRENCY,
	FMT_DATE,
	FMT_DATE_DMY,
	FMT_DATE_MDY,
	FMT_YEAR,
	FMT_BOOL,
	FMT_URL,
	FMT_SLUG,
	FMT_LOGIN,
	FMT_COUNT
};

/* "date:dmy", … ; false when there is none of that name. */
bool import_format_by_name(const char *name, enum import_format *out);
/* VAL_INT for int, money, cn_money, year, bool; else VAL_TEXT. */
enum val_type import_format_gives(enum import_format f);
/* Reads a trimmed text that is not empty; scale is decimal text, "1" for none. FMT_FIELD is no
 * format. false: it cannot be read so. */
bool import_read(struct arena *a, enum import_format f, const char *scale, const char *text,
                 struct val *out);
/* A header for comparing: without blanks, lower case, full-width forms made narrow. */
const char *import_header_key(struct arena *a, const char *s);
/* Tidies the name of a company or person: `clean: "name"`. */
const char *import_clean_name(struct arena *a, const char *s);
/* As text_trim(), without a copy when there is nothing to trim; n is the length of s. */
const char *import_trim(struct arena *a, const char *s, size_t n);

#endif
