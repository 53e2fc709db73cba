/* The row being built: one text buffer and one array of cells, used again for every row.
 * Private to src/doc/.
 *
 *	rowbuf_reset(&rb);
 *	rowbuf_add(&rb, "ab", 2);                 // text of the open cell
 *	rowbuf_close(&rb, 0, CELL_TEXT, NULL);    // becomes cell 0
 *	const struct table_row *row = rowbuf_row(&rb, number); */
#ifndef TRIPOD_ROWBUF_H
#define TRIPOD_ROWBUF_H

#include "base/buf.h"
#include "doc/table.h"

struct rowbuf {
	struct arena *a;
	struct buf text;
	struct cell *cells;
	size_t *at; /* offset of each cell's text while the buffer may still move */
	size_t n, cap;
	size_t start; /* of the open cell */
	struct table_row row;
};

void rowbuf_init(struct rowbuf *rb, struct arena *a);
void rowbuf_reset(struct rowbuf *rb);
/* False when the row is over TABLE_ROW_MAX or the cell over TABLE_FIELD_MAX. */
bool rowbuf_add(struct rowbuf *rb, const char *s, size_t n);
static inline size_t rowbuf_open_size(const struct rowbuf *rb)
{
	return rb->text.n - rb->start;
}
/* Ends the open cell as cell `col` (< TABLE_COLUMNS_MAX); cells in between are empty.
 * An empty text makes CELL_EMPTY of CELL_TEXT. False as rowbuf_add(). */
bool rowbuf_close(struct rowbuf *rb, size_t col, enum cell_kind kind, const char *note);
const struct table_row *rowbuf_row(struct rowbuf *rb, i64 number);
/* The error that fits after false. */
err_t rowbuf_error(const struct rowbuf *rb, struct errs *e, i64 number);

#endif
