/* The tables of a PostgreSQL database in and out of a backup. */
#include "app/backup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "core/actor.h"
#include "core/event.h"
#include "core/files.h"
#include "db/migrate.h"

enum {
	PAGE_ROWS = 2000,
	ROW_MAX = 256 * 1024 * 1024,
	KEYS_MAX = 8,
	SQL_MAX = 1 << 20,
	STEPS_MAX = 1000
};

/* Made by migrating, not by restoring. */
static const char own_table[] = "schema_step";

/* -- out -- */

struct keys {
	const char *name[KEYS_MAX];
	int at[KEYS_MAX];
	size_t n;
};

static err_t find_keys(struct ctx *cx, const char *table, const struct cat_col *cols, size_t n_cols,
                       struct keys *k)
{
	struct rows *r;
	k->n = 0;
	TRY(db_query(
		cx->c,
		"select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid"
		" and a.attnum = any(i.indkey) where i.indrelid = to_regclass(?)"
		" and i.indisprimary order by array_position(i.indkey::int2[], a.attnum)",
		ARGS(vt(table)), &r));
	while (rows_next(r) && k->n < KEYS_MAX) {
		for (size_t i = 0; i < n_cols; i++)
			if (!strcmp(cols[i].name, rows_text(r, 0)))
				k->at[k->n] = (int)i;
		k->name[k->n++] = rows_dup(r, 0);
	}
	TRY(rows_done(r));
	return k->n ? ERR_OK : cx_fail(cx, ERR_DB, "table %s has no primary key", table);
}

static const char *listed(struct arena *a, const char *const *names, size_t n)
{
	struct buf b = buf_new(a, SQL_MAX);
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s\"%s\"", i ? ", " : "", names[i]);
	return buf_str(&b);
}

static void write_cell(struct jw *w, const struct rows *r, int col)
{
	struct val v = rows_val(r, col);
	switch (v.type) {
	case VAL_NULL: jw_null(w); break;
	case VAL_INT: jw_int(w, v.i); break;
	default: jw_str(w, rows_text(r, col));
	}
}

/* Pages behind the key of the row before, so memory does not grow with the table. */
static err_t write_rows(struct ctx *cx, FILE *f, const char *table, size_t n_cols,
                        const struct keys *k, const char *select)
{
	struct arena *whole = cx->a, *page = arena_child(whole), *last = arena_child(whole);
	struct val after[KEYS_MAX];
	bool first = true, more = true;
	err_t rc = ERR_OK;
	while (more && !rc) {
		struct rows *r;
		size_t n = 0;
		arena_reset(page);
		conn_use(cx->c, page);
		struct sqlb *q = sqlb_new(page);
		const char *key = listed(page, k->name, k->n);
		sqlb_addf(q, "select %s from %s", select, table);
		for (size_t i = 0; !first && i < k->n; i++) {
			sqlb_addf(q, i ? ", " : " where (%s) > (", key);
			sqlb_val(q, after[i]);
		}
		sqlb_addf(q, "%s order by %s limit %d", first ? "" : ")", key, PAGE_ROWS);
		rc = db_query(cx->c, sqlb_text(q), sqlb_args(q), &r);
		while (!rc && rows_next(r)) {
			struct jw w = jw_new(page, ROW_MAX);
			jw_arr(&w);
			for (size_t i = 0; i < n_cols; i++)
				write_cell(&w, r, (int)i);
			jw_end_arr(&w);
			if (fputs(jw_done(&w), f) < 0 || fputc('\n', f) < 0)
				rc = cx_fail(cx, ERR_UNAVAILABLE, "backup: %s", strerror(errno));
			if (++n < PAGE_ROWS)
				continue;
			arena_reset(last);
			for (size_t i = 0; i < k->n; i++) {
				after[i] = rows_val(r, k->at[i]);
				if (after[i].type == VAL_TEXT)
					after[i] = vt(arena_strdup(last, after[i].s.p));
			}
		}
		if (!rc)
			rc = rows_done(r);
		first = false;
		more = n == PAGE_ROWS;
	}
	conn_use(cx->c, whole);
	arena_free(page);
	arena_free(last);
	return rc;
}

static err_t write_table(struct backup *b, FILE *f, const char *table)
{
	struct ctx *cx = b->cx;
	struct cat_col *cols;
	struct keys k;
	size_t n;
	TRY(catalogue_columns(cx->c, table, &cols, &n));
	TRY(find_keys(cx, table, cols, n, &k));
	struct jw w = jw_new(cx->a, SQL_MAX);
	struct buf select = buf_new(cx->a, SQL_MAX);
	jw_arr(&w);
	for (size_t i = 0; i < n; i++) {
		if (cols[i].type == COL_BLOB || cols[i].type == COL_REAL)
			return cx_fail(cx, ERR_INTERNAL, "backup: column %s.%s", table,
			               cols[i].name);
		jw_str(&w, cols[i].name);
		buf_printf(&select, "%s\"%s\"%s", i ? ", " : "", cols[i].name,
		           cols[i].type == COL_TEXT ? "::text" : "");
	}
	jw_end_arr(&w);
	fprintf(f, "%s\n", jw_done(&w));
	return write_rows(cx, f, table, n, &k, buf_str(&select));
}

err_t backup_tables(struct backup *b)
{
	struct ctx *cx = b->cx;
	const char *const *tables;
	size_t n;
	TRY(catalogue_tables(cx->c, &tables, &n));
	const char *path = arena_printf(cx->a, "%s/backup-%s", files_tmp(),
	                                random_token(cx->a, 12));
	err_t rc = ERR_OK;
	for (size_t i = 0; i < n && !rc; i++) {
		if (!strcmp(tables[i], own_table))
			continue;
		FILE *f = fopen(path, "wb");
		rc = f ? write_table(b, f, tables[i])
		       : cx_fail(cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
		if (f && fclose(f) && !rc)
			rc = cx_fail(cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
		if (!rc)
			rc = backup_part(b, arena_printf(cx->a, "tables/%s", tables[i]), path);
	}
	unlink(path);
	return rc;
}

/* -- in -- */

/* Foreign keys are put aside while rows come in, in any order, and checked as a whole afterwards. */
static const char *keys_aside;

static err_t run_script(struct ctx *cx, void *arg)
{
	event_not_needed(cx, "a restore brings its own events");
	return db_script(cx->c, arg);
}

static err_t drop_all(struct ctx *cx)
{
	const char *const *tables;
	size_t n;
	struct buf b = buf_new(cx->a, SQL_MAX);
	TRY(catalogue_tables(cx->c, &tables, &n));
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "drop table if exists %s cascade;", tables[i]);
	return n ? ctx_write(cx, run_script, (void *)(uintptr_t)buf_str(&b)) : ERR_OK;
}

static err_t put_keys_aside(struct ctx *cx)
{
	struct rows *r;
	const char *const *tables;
	size_t n, k = 0;
	struct buf drop = buf_new(cx->a, SQL_MAX), add = buf_new(cx->a, SQL_MAX);
	TRY(db_query(cx->c,
	             "select conrelid::regclass::text, conname::text, pg_get_constraintdef(oid)"
	             " from pg_constraint where contype = 'f'"
	             " and connamespace = current_schema()::regnamespace order by 1, 2",
	             NO_ARGS, &r));
	while (rows_next(r)) {
		buf_printf(&drop, "alter table %s drop constraint \"%s\";", rows_text(r, 0),
		           rows_text(r, 1));
		buf_printf(&add, "alter table %s add constraint \"%s\" %s;", rows_text(r, 0),
		           rows_text(r, 1), rows_text(r, 2));
	}
	TRY(rows_done(r));
	TRY(catalogue_tables(cx->c, &tables, &n));
	for (size_t i = 0; i < n; i++)
		if (strcmp(tables[i], own_table) != 0)
			buf_printf(&drop, "%s%s", k++ ? ", " : "truncate ", tables[i]);
	keys_aside = buf_str(&add);
	return ctx_write(cx, run_script, (void *)(uintptr_t)buf_str(&drop));
}

static err_t begin(struct run *rn, int version, bool force, bool *empty)
{
	struct ctx *cx = &rn->cx;
	struct mig_step *steps = ARENA_ARRAY(rn->a, STEPS_MAX, struct mig_step);
	const char *const *tables;
	size_t n, known = 0;
	int applied;
	TRY(catalogue_tables(cx->c, &tables, &n));
	*empty = !n || force;
	if (!*empty)
		return ERR_OK;
	for (; rn->steps[known].number && rn->steps[known].number <= version; known++)
		steps[known] = rn->steps[known];
	if ((int)known != version)
		return cx_err(cx, ERR_CONFLICT,
		              EP({"reason", "the backup is of a newer version of the program"}));
	TRY(drop_all(cx));
	TRY(migrate_up(rn->db, rn->a, &cx->e, steps, &applied));
	return put_keys_aside(cx);
}

err_t restore_begin(struct run *rn, struct errs *e, int version, bool force, bool *empty)
{
	TRY(db_open(rn->db_url, NULL, e, &rn->db));
	err_t rc = ctx_begin(&rn->cx, rn->db, rn->a, "cli");
	rn->cx.actor = actor_system();
	rn->cx.lang = LANG_EN;
	if (!rc)
		rc = begin(rn, version, force, empty);
	if (rc)
		*e = rn->cx.e;
	if (rc || !*empty) {
		ctx_end(&rn->cx);
		db_close(rn->db);
	}
	return rc;
}

struct loading {
	const char *table;
	FILE *f;
	char *line;
};

static err_t insert_of(struct ctx *cx, const char *table, const json_t *names, const char **sql)
{
	struct rows *r;
	size_t n = json_array_size(names);
	const char **type = ARENA_ARRAY(cx->a, n + 1, const char *);
	TRY(db_query(cx->c,
	             "select attname::text, format_type(atttypid, null) from pg_attribute"
	             " where attrelid = to_regclass(?) and attnum > 0 and not attisdropped",
	             ARGS(vt(table)), &r));
	while (rows_next(r))
		for (size_t i = 0; i < n; i++)
			if (!strcmp(json_string_value(json_array_get(names, i)), rows_text(r, 0)))
				type[i] = rows_dup(r, 1);
	TRY(rows_done(r));
	struct buf cols = buf_new(cx->a, SQL_MAX), vals = buf_new(cx->a, SQL_MAX);
	for (size_t i = 0; i < n; i++) {
		if (!type[i])
			return cx_err(cx, ERR_BAD_REQUEST,
			              EP({"reason", "the backup was altered"}));
		buf_printf(&cols, "%s\"%s\"", i ? ", " : "",
		           json_string_value(json_array_get(names, i)));
		buf_printf(&vals, "%scast(? as %s)", i ? ", " : "", type[i]);
	}
	*sql = arena_printf(cx->a, "insert into %s (%s) values (%s)", table, buf_str(&cols),
	                    buf_str(&vals));
	return ERR_OK;
}

static err_t load_row(struct ctx *cx, const char *sql, const char *line, size_t n_cols)
{
	json_t *row, *j;
	size_t i;
	struct val *v = ARENA_ARRAY(cx->a, n_cols + 1, struct val);
	TRY(json_parse(cx->a, &cx->e, line, strlen(line), &row));
	if (json_array_size(row) != n_cols)
		return cx_err(cx, ERR_BAD_REQUEST, EP({"reason", "the backup was altered"}));
	json_array_foreach(row, i, j) v[i] = json_is_integer(j)  ? vi(json_integer_value(j))
	                                     : json_is_string(j) ? vt(json_string_value(j))
	                                                         : vnull();
	return db_exec(cx->c, sql, (struct args){v, n_cols}, NULL);
}

static err_t load(struct ctx *cx, void *arg)
{
	struct loading *l = arg;
	struct arena *whole = cx->a, *row = arena_child(whole);
	json_t *names;
	const char *sql;
	err_t rc = ERR_OK;
	event_not_needed(cx, "a restore brings its own events");
	rewind(l->f);
	if (!fgets(l->line, ROW_MAX, l->f))
		return cx_err(cx, ERR_BAD_REQUEST, EP({"reason", "the backup was altered"}));
	TRY(json_parse(cx->a, &cx->e, l->line, strlen(l->line), &names));
	TRY(insert_of(cx, l->table, names, &sql));
	conn_use(cx->c, row);
	cx->a = row;
	while (!rc && fgets(l->line, ROW_MAX, l->f)) {
		rc = load_row(cx, sql, l->line, json_array_size(names));
		if (!rc)
			arena_reset(row);
	}
	cx->a = whole;
	conn_use(cx->c, whole);
	if (!rc)
		arena_free(row);
	return rc;
}

err_t restore_table(struct run *rn, struct tar_in *t, struct errs *e, const char *name)
{
	char hash[SHA256_HEX];
	struct loading l = {.table = strchr(name, '/') + 1};
	const char *path = arena_printf(rn->a, "%s/restore-%s", files_tmp(),
	                                random_token(rn->a, 12));
	if (l.table[strspn(l.table, "abcdefghijklmnopqrstuvwxyz0123456789_")])
		return errs_set(e, ERR_BAD_REQUEST, EP({"reason", "the backup was altered"}));
	TRY(tar_extract(t, e, path, hash));
	struct arena *a = arena_new((size_t)ROW_MAX * 2);
	l.line = arena_alloc(a, ROW_MAX);
	l.f = fopen(path, "rb");
	err_t rc = l.f ? ctx_write(&rn->cx, load, &l)
	               : cx_fail(&rn->cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
	if (l.f)
		fclose(l.f);
	unlink(path);
	if (rc)
		*e = rn->cx.e;
	arena_free(a);
	return rc;
}

err_t restore_end(struct run *rn, struct errs *e)
{
	struct ctx *cx = &rn->cx;
	struct rows *r;
	struct buf b = buf_new(rn->a, SQL_MAX);
	buf_puts(&b, keys_aside);
	err_t rc = db_query(cx->c,
	                    "select table_name::text, column_name::text from"
	                    " information_schema.columns where is_identity = 'YES'"
	                    " and table_schema = current_schema()",
	                    NO_ARGS, &r);
	if (!rc) {
		while (rows_next(r))
			buf_printf(&b,
			           "select setval(pg_get_serial_sequence('%s', '%s'),"
			           " coalesce(max(%s), 1), max(%s) is not null) from %s;",
			           rows_text(r, 0), rows_text(r, 1), rows_text(r, 1),
			           rows_text(r, 1), rows_text(r, 0));
		rc = rows_done(r);
	}
	if (!rc)
		rc = ctx_write(cx, run_script, (void *)(uintptr_t)buf_str(&b));
	if (rc)
		*e = cx->e;
	ctx_end(cx);
	return rc;
}
