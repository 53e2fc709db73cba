/* Tables against entities. */
#include "core/shape.h"

#include <string.h>

#include "base/buf.h"
#include "core/entity.h"
#include "db/migrate.h"

enum { WRONG_MAX = 64 * 1024 };

struct shape {
	struct ctx *cx;
	const char *table;
	struct cat_col *cols;
	size_t n;
	struct buf wrong;
};

/* COL_TEXT for every kind of text, COL_INT for every kind of integer: as the catalogue has it. */
static enum col_type stored_as(enum field_type t)
{
	static const enum col_type types[FT_TYPES] = {
		[FT_TEXT] = COL_TEXT,  [FT_LONGTEXT] = COL_TEXT, [FT_INT] = COL_INT,
		[FT_MONEY] = COL_INT,  [FT_BP] = COL_INT,        [FT_BOOL] = COL_INT,
		[FT_DATE] = COL_TEXT,  [FT_TIME] = COL_INT,      [FT_ENUM] = COL_TEXT,
		[FT_SET] = COL_TEXT,   [FT_REF] = COL_INT,       [FT_EMAIL] = COL_TEXT,
		[FT_PHONE] = COL_TEXT, [FT_URL] = COL_TEXT,
	};
	return types[t];
}

static err_t read_table(struct shape *s, const char *table)
{
	s->table = table;
	return catalogue_columns(s->cx->c, table, &s->cols, &s->n);
}

static void want(struct shape *s, const char *column, enum col_type type)
{
	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->cols[i].name, column) != 0)
			continue;
		if (s->cols[i].type != type)
			buf_printf(&s->wrong, " %s.%s is of another type;", s->table, column);
		return;
	}
	buf_printf(&s->wrong, " %s.%s is missing;", s->table, column);
}

static void want_scope(struct shape *s, const struct scope_cols *sc)
{
	for (size_t i = 0; i < ARRAY_LEN(sc->owners) && sc->owners[i]; i++)
		want(s, sc->owners[i], COL_INT);
	for (size_t i = 0; i < ARRAY_LEN(sc->parents) && sc->parents[i].col; i++)
		want(s, sc->parents[i].col, COL_INT);
	if (sc->account)
		want(s, sc->account, COL_INT);
	if (sc->region)
		want(s, sc->region, COL_INT);
	if (sc->polymorphic) {
		want(s, "entity", COL_TEXT);
		want(s, "entity_id", COL_INT);
	}
}

static void want_entity(struct shape *s, const struct entity *e)
{
	static const char *const record[] = {"id",         "version",    "created_at",
	                                     "created_by", "updated_at", "updated_by",
	                                     "deleted_at", "deleted_by"};
	for (size_t i = 0; i < ARRAY_LEN(record); i++)
		want(s, record[i], COL_INT);
	want(s, "sort_key", COL_TEXT);
	if (e->number_prefix)
		want(s, "number", COL_TEXT);
	for (size_t i = 0; i < entity_base_count(e); i++)
		want(s, e->fields[i].name, stored_as(e->fields[i].type));
	if (e->custom)
		want(s, "custom", COL_TEXT);
	want_scope(s, &e->scope);
}

err_t shape_check(struct ctx *cx)
{
	struct shape s = {.cx = cx, .wrong = buf_new(cx->a, WRONG_MAX)};
	for (size_t i = 0; entity_at(i); i++) {
		const struct entity *e = entity_at(i);
		TRY(read_table(&s, e->table));
		if (!s.n)
			buf_printf(&s.wrong, " there is no table %s;", e->table);
		else
			want_entity(&s, e);
		if (!(e->flags & E_SEARCH))
			continue;
		TRY(read_table(&s, arena_printf(cx->a, "%s_fts", e->table)));
		if (!s.n)
			buf_printf(&s.wrong, " there is no table %s;", s.table);
	}
	return s.wrong.n ? cx_fail(cx, ERR_DB, "the tables do not fit the entities:%s",
	                           buf_str(&s.wrong))
	                 : ERR_OK;
}
