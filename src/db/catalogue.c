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

/* SQLite's search keeps its words in tables of its own beside the virtual one. */
static const char *const tables_sql[] = {
	[DB_SQLITE] = "select name from sqlite_master where type = 'table'"
		      " and name not like 'sqlite_%' and name not like '%\\_fts\\_%' escape '\\'"
		      " order by name",
	[DB_POSTGRES] = "select relname from pg_class where relnamespace ="
			" current_schema()::regnamespace and relkind = 'r' order by relname",
};

err_t catalogue_tables(struct conn *c, const char *const **names, size_t *n)
{
	struct rows *r;
	size_t cap = 0;
	const char **list = NULL;
	*n = 0;
	TRY(db_query(c, tables_sql[conn_engine(c)], NO_ARGS, &r));
	while (rows_next(r)) {
		if (*n == cap) {
			cap = cap ? cap * 2 : 64;
			const char **more = ARENA_ARRAY(conn_arena(c), cap, const char *);
			if (*n)
				memcpy(more, list, *n * sizeof *more);
			list = more;
		}
		list[(*n)++] = rows_dup(r, 0);
	}
	*names = list;
	return rows_done(r);
}

static bool ends(const char *name, const char *ending)
{
	size_t n = strlen(name), k = strlen(ending);
	return n >= k && !strcmp(name + n - k, ending) && (n == k || name[n - k - 1] == '_');
}

err_t catalogue_columns_ending(struct conn *c, const char *ending, struct cat_place **out,
                               size_t *n)
{
	const char *const *tables;
	size_t n_tables, cap = 0;
	TRY(catalogue_tables(c, &tables, &n_tables));
	*out = NULL;
	*n = 0;
	for (size_t t = 0; t < n_tables; t++) {
		struct cat_col *cols;
		size_t n_cols;
		TRY(catalogue_columns(c, tables[t], &cols, &n_cols));
		for (size_t i = 0; i < n_cols; i++) {
			if (!ends(cols[i].name, ending))
				continue;
			if (*n == cap) {
				cap = cap ? cap * 2 : 8;
				struct cat_place *more = ARENA_ARRAY(conn_arena(c), cap,
				                                     struct cat_place);
				if (*n)
					memcpy(more, *out, *n * sizeof *more);
				*out = more;
			}
			(*out)[(*n)++] = (struct cat_place){tables[t], cols[i].name};
		}
	}
	return ERR_OK;
}
