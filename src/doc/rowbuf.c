/* The row being built. */
#include "doc/rowbuf.h"

#include <inttypes.h>
#include <string.h>

void rowbuf_init(struct rowbuf *rb, struct arena *a)
{
	/* Every cell ends with a NUL, which is not counted against the row. */
	*rb = (struct rowbuf){.a = a, .text = buf_new(a, TABLE_ROW_MAX + TABLE_COLUMNS_MAX)};
}

void rowbuf_reset(struct rowbuf *rb)
{
	rb->text.n = 0;
	rb->text.over = false;
	rb->n = 0;
	rb->start = 0;
}

bool rowbuf_add(struct rowbuf *rb, const char *s, size_t n)
{
	if (n > TABLE_FIELD_MAX - rowbuf_open_size(rb))
		return false;
	buf_write(&rb->text, s, n);
	return !buf_over(&rb->text);
}

static void more_cells(struct rowbuf *rb, size_t want)
{
	size_t cap = rb->cap ? rb->cap * 2 : 64;
	while (cap < want)
		cap *= 2;
	struct cell *cells = ARENA_ARRAY(rb->a, cap, struct cell);
	size_t *at = ARENA_ARRAY(rb->a, cap, size_t);
	if (rb->n) {
		memcpy(cells, rb->cells, rb->n * sizeof *cells);
		memcpy(at, rb->at, rb->n * sizeof *at);
	}
	rb->cells = cells;
	rb->at = at;
	rb->cap = cap;
}

bool rowbuf_close(struct rowbuf *rb, size_t col, enum cell_kind kind, const char *note)
{
	size_t n = rowbuf_open_size(rb), start = rb->start;
	buf_putc(&rb->text, '\0');
	rb->start = rb->text.n;
	if (buf_over(&rb->text))
		return false;
	if (col >= rb->cap)
		more_cells(rb, col + 1);
	while (rb->n <= col) {
		rb->cells[rb->n] = (struct cell){.kind = CELL_EMPTY};
		rb->at[rb->n++] = start + n; /* the NUL */
	}
	if (kind == CELL_TEXT && !n)
		kind = CELL_EMPTY;
	rb->cells[col] = (struct cell){.kind = kind, .n = n, .note = note};
	rb->at[col] = start;
	return true;
}

const struct table_row *rowbuf_row(struct rowbuf *rb, i64 number)
{
	for (size_t i = 0; i < rb->n; i++)
		rb->cells[i].text = rb->text.p + rb->at[i];
	rb->row = (struct table_row){.number = number, .cells = rb->cells, .n = rb->n};
	return &rb->row;
}

err_t rowbuf_error(const struct rowbuf *rb, struct errs *e, i64 number)
{
	char row[24], max[24];
	snprintf(row, sizeof row, "%" PRId64, number);
	bool of_row = buf_over(&rb->text);
	snprintf(max, sizeof max, "%d", (of_row ? TABLE_ROW_MAX : TABLE_FIELD_MAX) / (1024 * 1024));
	return errs_set(e, of_row ? ERR_IMPORT_ROW : ERR_IMPORT_FIELD,
	                EP({"row", row}, {"max", max}));
}
