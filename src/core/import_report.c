/* What an import says afterwards: its counts as JSON, its wrong rows as a file. */
#include <string.h>

#include "base/buf.h"
#include "core/import.h"
#include "core/import_map.h"

const struct permission import_permissions[] = {
	{"import.run", L("导入数据", "Import data")},
	{NULL, {NULL, NULL}},
};

const struct event_kind import_events[] = {
	{"import.completed", L("数据已导入", "Data imported"), false},
	{NULL, {NULL, NULL}, false},
};

void import_result_write(struct ctx *cx, const struct import_result *r, struct jw *w)
{
	(void)cx;
	jw_obj(w);
	jw_kint(w, "rows", r->rows);
	jw_kint(w, "created", r->created);
	jw_kint(w, "updated", r->updated);
	jw_kint(w, "skipped", r->skipped);
	jw_kint(w, "failed", r->failed);
	jw_kbool(w, "written", r->written);
	jw_key(w, "errors");
	jw_arr(w);
	for (size_t i = 0; i < r->n_errors; i++) {
		const struct import_error *e = &r->errors[i];
		jw_obj(w);
		jw_kint(w, "row", e->row);
		jw_kstr(w, "field", *e->field ? e->field : NULL);
		jw_kstr(w, "code", err_def(e->code)->code);
		jw_kstr(w, "message", e->message);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	jw_key(w, "unmapped");
	jw_arr(w);
	for (size_t i = 0; i < r->n_unmapped; i++)
		jw_str(w, r->unmapped[i]);
	jw_end_arr(w);
	jw_key(w, "also");
	jw_obj(w);
	for (size_t i = 0; i < r->n_also; i++) {
		jw_key(w, r->also[i].e->name);
		jw_obj(w);
		jw_kint(w, "created", r->also[i].created);
		jw_kint(w, "updated", r->also[i].updated);
		jw_kint(w, "unchanged", r->also[i].unchanged);
		jw_end_obj(w);
	}
	jw_end_obj(w);
	jw_end_obj(w);
}

/* "credit code: fails its check; date: …" */
static const char *reasons(struct arena *a, const struct import_result *r,
                           const struct table_reader *t, size_t from, size_t to)
{
	struct buf b = buf_new(a, 64 * 1024);
	for (size_t i = from; i < to; i++) {
		const struct import_error *e = &r->errors[i];
		if (i > from)
			buf_puts(&b, "; ");
		if (e->column >= 0 && (size_t)e->column < t->n_columns)
			buf_printf(&b, "%s: ", t->columns[e->column]);
		else if (*e->field)
			buf_printf(&b, "%s: ", e->field);
		buf_puts(&b, e->message);
	}
	return buf_str(&b);
}

struct wrong {
	const struct import_result *r;
	struct table_reader *t;
	struct table_writer *w;
	size_t n; /* columns of the file that are copied */
	struct table_value *v;
};

static err_t copy_rows(struct ctx *cx, struct wrong *x)
{
	const struct import_result *r = x->r;
	struct arena *a = arena_child(cx->a);
	err_t rc = ERR_OK;
	for (size_t at = 0; !rc && at < r->n_errors;) {
		const struct table_row *row;
		rc = table_next(x->t, &cx->e, &row);
		if (rc || !row)
			break;
		size_t to = at;
		while (to < r->n_errors && r->errors[to].row == row->number)
			to++;
		if (to == at)
			continue;
		arena_reset(a);
		for (size_t i = 0; i < x->n; i++) {
			const struct cell *c = table_cell(row, i);
			x->v[i] = c->n ? tv_text(c->text) : tv_null();
		}
		x->v[x->n] = tv_text(reasons(a, r, x->t, at, to));
		rc = table_write_row(x->w, &cx->e, x->v);
		at = to;
	}
	arena_free(a);
	return rc;
}

/* Titles stand where the map looks for them, so that it reads this file as it did the other. */
static err_t titles(struct ctx *cx, struct wrong *x, const struct table_column *cols, i64 row)
{
	if (row < 2)
		return ERR_OK;
	for (size_t i = 0; i <= x->n; i++)
		x->v[i] = tv_null();
	for (i64 k = 2; k < row; k++)
		TRY(table_write_row(x->w, &cx->e, x->v));
	for (size_t i = 0; i <= x->n; i++)
		x->v[i] = tv_text(cols[i].title);
	return table_write_row(x->w, &cx->e, x->v);
}

err_t import_errors_file(struct ctx *cx, const struct import_in *in, const struct import_result *r,
                         enum table_format format, FILE *out)
{
	static const struct label title = L("导入错误", "Import errors");
	struct import_map *m;
	struct wrong x = {.r = r};
	TRY(import_map_parse(cx, r->map, lookups_new(cx->a), &m));
	TRY(import_map_open(cx, cx->a, m, in->file, in->encoding, &x.t));
	x.n = x.t->n_columns;
	/* Rows that were wrong once before. */
	const char *last = x.n ? x.t->columns[x.n - 1] : "";
	if (!strcmp(last, title.zh) || !strcmp(last, title.en))
		x.n--;
	x.v = ARENA_ARRAY(cx->a, x.n + 1, struct table_value);
	struct table_column *cols = ARENA_ARRAY(cx->a, x.n + 1, struct table_column),
			    *first = ARENA_ARRAY(cx->a, x.n + 1, struct table_column);
	for (size_t i = 0; i <= x.n; i++)
		cols[i] = first[i] = (struct table_column){
			.key = "", .title = i < x.n ? x.t->columns[i] : label_in(title, cx->lang)};
	cols[x.n].width = 60;
	bool below = m->how.title_row > 1;
	for (size_t i = 0; below && i <= x.n; i++)
		first[i].title = "";
	const struct table_write how = {.sheet = x.t->sheet, .separator = m->how.separator};
	TRY(table_writer_new(cx->a, &cx->e, format, out, &how, first, x.n + 1, &x.w));
	TRY(titles(cx, &x, cols, m->how.title_row));
	TRY(copy_rows(cx, &x));
	return table_write_end(x.w, &cx->e);
}
