/* Any file as a table: it is refused or read; what was read as CSV comes back equal after writing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "doc/table.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { ROWS = 200 };

struct rows {
	size_t n, columns;
	struct table_value *values[ROWS];
};

static bool read_all(struct arena *a, struct doc_input in, char separator, struct rows *out,
                     enum table_format *format)
{
	struct errs e;
	struct table_reader *r;
	const struct table_row *row;
	errs_init(&e, a);
	*out = (struct rows){0};
	struct table_read how = {.title_row = -1, .separator = separator};
	if (table_open(a, &e, in, &how, &r))
		return false;
	*format = r->format;
	for (;;) {
		if (table_next(r, &e, &row))
			return false;
		if (!row)
			return true;
		if (row->n > TABLE_COLUMNS_MAX)
			panic("a row of %zu cells", row->n);
		struct table_value *v = ARENA_ARRAY(a, row->n + 1, struct table_value);
		for (size_t i = 0; i < row->n; i++) {
			const struct cell *c = &row->cells[i];
			if (strlen(c->text) != c->n || !utf8_valid(c->text, c->n))
				panic("row %lld cell %zu is no text", (long long)row->number, i);
			if (out->n < ROWS)
				v[i] = tv_text(arena_strndup(a, c->text, c->n));
		}
		if (out->n < ROWS) {
			v[row->n] = (struct table_value){.i = -1}; /* end of the row */
			out->values[out->n++] = v;
		}
		if (row->n > out->columns)
			out->columns = row->n;
	}
}

static const char *cell(const struct rows *r, size_t row, size_t col)
{
	const struct table_value *v = r->values[row];
	for (size_t i = 0; v[i].i >= 0; i++)
		if (i == col)
			return v[i].s;
	return "";
}

static void round_trip(struct arena *a, const struct rows *r)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	struct errs e;
	struct table_writer *w;
	struct rows again;
	enum table_format format;
	struct table_column *cols = ARENA_ARRAY(a, r->columns, struct table_column);
	errs_init(&e, a);
	for (size_t i = 0; i < r->columns; i++)
		cols[i] = (struct table_column){.key = "k", .title = "t"};
	if (table_writer_new(a, &e, TABLE_CSV, f, &(struct table_write){0}, cols, r->columns, &w))
		panic("no writer");
	struct table_value *v = ARENA_ARRAY(a, r->columns, struct table_value);
	for (size_t i = 0; i < r->n; i++) {
		for (size_t c = 0; c < r->columns; c++)
			v[c] = tv_text(cell(r, i, c));
		if (table_write_row(w, &e, v))
			panic("row not written");
	}
	if (table_write_end(w, &e))
		panic("not completed");
	fclose(f);
	if (!read_all(a, DOC_BYTES(text, size), ',', &again, &format) || again.n != r->n + 1 ||
	    again.columns != r->columns)
		panic("our own CSV has another shape");
	for (size_t i = 0; i < r->n; i++)
		for (size_t c = 0; c < r->columns; c++)
			if (strcmp(cell(r, i, c), cell(&again, i + 1, c)) != 0)
				panic("cell %zu,%zu changed", i, c);
	free(text);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct arena *a = arena_new((size_t)1 << 30);
	struct rows rows;
	enum table_format format;
	if (read_all(a, DOC_BYTES(data, size), 0, &rows, &format) && rows.n < ROWS &&
	    format == TABLE_CSV)
		round_trip(a, &rows);
	arena_free(a);
	return 0;
}
