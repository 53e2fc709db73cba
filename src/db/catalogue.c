/* What tables there really are, from each engine's own catalogue. */
#include <string.h>

#include "db/migrate.h"

static const char *const columns_sql[] = {
	[DB_SQLITE] = "select name, type, \"notnull\" or pk > 0 from pragma_table_info(?) "
		      "order by cid",
	[DB_POSTGRES] = "select attname, format_type(atttypid, null), attnotnull "
			"from pg_attribute where attrelid = to_regclass(?) and attnum > 0 "
			"and not attisdropped order by attnum",
};

/* Any other type is a kind of text. */
static const struct {
	const char *name;
	enum col_type type;
} types[] = {
	{"INTEGER", COL_INT}, {"bigint", COL_INT},
	{"integer", COL_INT}, {"smallint", COL_INT},
	{"BLOB", COL_BLOB},   {"bytea", COL_BLOB},
	{"REAL", COL_REAL},   {"double precision", COL_REAL},
};

static enum col_type type_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (!strcmp(types[i].name, name))
			return types[i].type;
	return COL_TEXT;
}

err_t catalogue_columns(struct conn *c, const char *table, struct cat_col **cols, size_t *n)
{
	struct rows *r;
	size_t cap = 0;
	*n = 0;
	*cols = NULL;
	TRY(db_query(c, columns_sql[conn_engine(c)], ARGS(vt(table)), &r));
	while (rows_next(r)) {
		if (*n == cap) {
			cap = cap ? cap * 2 : 32;
			struct cat_col *more = ARENA_ARRAY(conn_arena(c), cap, struct cat_col);
			if (*n)
				memcpy(more, *cols, *n * sizeof *more);
			*cols = more;
		}
		(*cols)[(*n)++] = (struct cat_col){.name = rows_dup(r, 0),
		                                   .type = type_named(rows_text(r, 1)),
		                                   .not_null = rows_i64(r, 2) != 0};
	}
	return rows_done(r);
}
