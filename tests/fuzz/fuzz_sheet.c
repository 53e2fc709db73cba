/* XML of a worksheet: refused or read, the same in whatever pieces it comes. */
#include <string.h>

#include "base/text.h"
#include "doc/xlsx_sheet.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

struct bytes {
	const u8 *p;
	size_t n, piece;
};

static err_t read_bytes(void *src, struct errs *e, void *buf, size_t n, size_t *got)
{
	struct bytes *b = src;
	(void)e;
	n = n < b->piece ? n : b->piece;
	n = n < b->n ? n : b->n;
	memcpy(buf, b->p, n);
	b->p += n;
	b->n -= n;
	*got = n;
	return ERR_OK;
}

/* All cells one after the other, and how it ended. */
static const char *read_all(struct arena *a, const u8 *data, size_t size, size_t piece)
{
	static const char *const strings[] = {"", "零", "a_b"};
	static const u8 styles[] = {NF_NUMBER, NF_DATE, NF_DATETIME, NF_CLOCK, NF_ELAPSED};
	static const struct xlsx_book book = {.strings = strings,
	                                      .n_strings = ARRAY_LEN(strings),
	                                      .styles = styles,
	                                      .n_styles = ARRAY_LEN(styles)};
	struct bytes src = {data, size, piece};
	struct errs e;
	const struct table_row *row;
	struct buf out = buf_new(a, 64 * 1024 * 1024);
	struct xlsx_sheet *s = xlsx_sheet_open(a, &book, read_bytes, &src, "sheet.xml");
	i64 last = 0;
	errs_init(&e, a);
	for (;;) {
		err_t rc = xlsx_sheet_next(s, &e, &row);
		if (rc || !row) {
			buf_printf(&out, "%d", rc);
			return buf_str(&out);
		}
		if (row->n > TABLE_COLUMNS_MAX || row->number <= last)
			panic("row %lld of %zu cells", (long long)row->number, row->n);
		last = row->number;
		for (size_t i = 0; i < row->n; i++) {
			const struct cell *c = &row->cells[i];
			if (strlen(c->text) != c->n || !utf8_valid(c->text, c->n))
				panic("row %lld cell %zu is no text", (long long)row->number, i);
			buf_printf(&out, "%d:%s\n", c->kind, c->text);
		}
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct arena *a = arena_new((size_t)1 << 30);
	const char *whole = read_all(a, data, size, SIZE_MAX);
	const char *pieces = read_all(a, data, size, 1 + size % 7);
	if (strcmp(whole, pieces) != 0)
		panic("read in pieces it is another sheet:\n%s\n---\n%s", whole, pieces);
	arena_free(a);
	return 0;
}
