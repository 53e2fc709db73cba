/* The rows of one worksheet's XML.  Private to src/doc/; takes bytes from anywhere, so that it can
 * be tested and fuzzed without a ZIP. */
#ifndef TRIPOD_XLSX_SHEET_H
#define TRIPOD_XLSX_SHEET_H

#include "doc/rowbuf.h"
#include "doc/xlsx_number.h"
#include "doc/xml_in.h"

/* What the cells refer to. */
struct xlsx_book {
	bool date1904;
	const char *const *strings;
	size_t n_strings;
	const u8 *styles; /* enum num_format of each cell style */
	size_t n_styles;
};

struct xlsx_sheet;

struct xlsx_sheet *xlsx_sheet_open(struct arena *a, const struct xlsx_book *book, xml_read_fn *read,
                                   void *src, const char *part);
/* The next row that has a cell with content; NULL at the end. Errors of table_next(). */
MUST_USE err_t xlsx_sheet_next(struct xlsx_sheet *s, struct errs *e, const struct table_row **row);

/* <si> and <is>: text of all runs without the phonetic ones. Feed it the element names inside. */
struct xlsx_text {
	int phonetic; /* depth inside <rPh> */
	bool in_t;
};
void xlsx_text_start(struct xlsx_text *t, const char *name);
void xlsx_text_end(struct xlsx_text *t, const char *name);
/* _x000D_ and the like become the character they stand for, in place; returns the new length. */
size_t xlsx_unescape(char *s, size_t n);

#endif
