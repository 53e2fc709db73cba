/* What the table tests share: reading a table into memory. */
#ifndef TRIPOD_TEST_TABLE_H
#define TRIPOD_TEST_TABLE_H

#include <stdlib.h>
#include <string.h>

#include "doc/table.h"
#include "unit/cases.h"

/* A table in memory: the titles are row 0. */
struct grid {
	size_t rows, cap;
	size_t *n;           /* cells of each row */
	const char ***cells; /* texts */
	enum cell_kind **kinds;
	i64 *numbers;
	struct table_reader *r;
};

static inline void grid_add(struct arena *a, struct grid *g, const struct table_row *row)
{
	if (g->rows == g->cap) {
		size_t cap = g->cap ? g->cap * 2 : 64;
		size_t *n = ARENA_ARRAY(a, cap, size_t);
		const char ***cells = ARENA_ARRAY(a, cap, const char **);
		enum cell_kind **kinds = ARENA_ARRAY(a, cap, enum cell_kind *);
		i64 *numbers = ARENA_ARRAY(a, cap, i64);
		for (size_t i = 0; i < g->rows; i++) {
			n[i] = g->n[i];
			cells[i] = g->cells[i];
			kinds[i] = g->kinds[i];
			numbers[i] = g->numbers[i];
		}
		g->n = n;
		g->cells = cells;
		g->kinds = kinds;
		g->numbers = numbers;
		g->cap = cap;
	}
	const char **cells = ARENA_ARRAY(a, row->n, const char *);
	enum cell_kind *kinds = ARENA_ARRAY(a, row->n, enum cell_kind);
	for (size_t i = 0; i < row->n; i++) {
		assert_int_equal(strlen(row->cells[i].text), row->cells[i].n);
		cells[i] = arena_strndup(a, row->cells[i].text, row->cells[i].n);
		kinds[i] = row->cells[i].kind;
	}
	g->n[g->rows] = row->n;
	g->cells[g->rows] = cells;
	g->kinds[g->rows] = kinds;
	g->numbers[g->rows++] = row->number;
}

/* Reads all; the code that ended it is returned. Row 0 is the first of the file. */
static inline err_t read_grid(struct arena *a, struct errs *e, struct doc_input in,
                              struct table_read how, struct grid *g)
{
	const struct table_row *row;
	*g = (struct grid){0};
	how.title_row = -1;
	TRY(table_open(a, e, in, &how, &g->r));
	for (;;) {
		TRY(table_next(g->r, e, &row));
		if (!row)
			return ERR_OK;
		grid_add(a, g, row);
	}
}

static inline const char *param_of(const struct errs *e, const char *key)
{
	for (const struct err_param *p = e->params; p && p->key; p++)
		if (!strcmp(p->key, key))
			return p->value;
	return "";
}

#endif
