/* Exports: list_each() into a table writer, or line by line as JSON. */
#include "core/export.h"

#include <string.h>

#include "core/actor.h"
#include "core/event.h"
#include "core/scope.h"

const struct permission export_permissions[] = {
	{"export.run", L("导出数据", "Export data")},
	{NULL, {NULL, NULL}},
};

const struct event_kind export_events[] = {
	{"export.made", L("数据已导出", "Data exported"), false},
	{NULL, {NULL, NULL}, false},
};

enum { LINE_MAX_BYTES = 16 * 1024 * 1024 };

/* A column: a field of the entity, or one of what every record has. */
struct column {
	const struct field *f;
	int field;
	int title; /* place among the expanded references, -1 for none */
	enum { OF_FIELD, OF_ID, OF_NUMBER, OF_CREATED, OF_UPDATED } what;
};

struct job {
	const struct export_in *in;
	struct list_query lq;
	FILE *out;
	struct arena *a, *row; /* of the whole, and of one row */
	struct table_writer *w;
	struct table_column *cols;
	struct column *c;
	size_t n;
	const char *refs[LIST_EXPAND_MAX]; /* names of the expanded references */
	size_t n_refs;
	i64 rows;
};

static bool chosen(const char *fields, const char *name)
{
	size_t n = strlen(name);
	for (const char *p = fields; p && *p; p += strcspn(p, ","), p += *p == ',')
		if (!strncmp(p, name, n) && (p[n] == ',' || !p[n]))
			return true;
	return !fields;
}

static enum column_type type_of(const struct field *f)
{
	switch (f->type) {
	case FT_INT: return COLUMN_INT;
	case FT_MONEY: return COLUMN_MONEY;
	case FT_DATE: return COLUMN_DATE;
	case FT_TIME: return COLUMN_TIME;
	default: return COLUMN_TEXT;
	}
}

static void add(struct ctx *cx, struct job *j, struct column c, struct label label,
                enum column_type type)
{
	j->c[j->n] = c;
	j->cols[j->n++] = (struct table_column){
		.key = c.f ? c.f->name : "", .title = label_in(label, cx->lang), .type = type};
}

/* References are expanded up to the limit of lists; one beyond it would be shown by its number. */
static int expand(struct ctx *cx, struct job *j, const struct field *f)
{
	size_t n = strlen(f->name);
	if (j->n_refs == LIST_EXPAND_MAX || n < 4 || strcmp(f->name + n - 3, "_id") != 0)
		return -1;
	j->refs[j->n_refs] = arena_strndup(cx->a, f->name, n - 3);
	return (int)j->n_refs++;
}

static void choose_columns(struct ctx *cx, struct job *j)
{
	const struct entity *e = j->lq.e;
	const char *fields = j->in->lq.fields;
	size_t max = entity_slots(e) + 4;
	j->c = ARENA_ARRAY(cx->a, max, struct column);
	j->cols = ARENA_ARRAY(cx->a, max, struct table_column);
	if (e->number_prefix && chosen(fields, "number"))
		add(cx, j, (struct column){.what = OF_NUMBER}, (struct label)L("编号", "Number"),
		    COLUMN_TEXT);
	for (int i = 0; e->fields[i].name; i++) {
		const struct field *f = &e->fields[i];
		if (!chosen(fields, f->name) || !scope_field(cx->actor, f))
			continue;
		struct column c = {.f = f, .field = i, .title = -1};
		if (f->type == FT_REF)
			c.title = expand(cx, j, f);
		add(cx, j, c, f->label, type_of(f));
	}
	if (chosen(fields, "created_at"))
		add(cx, j, (struct column){.what = OF_CREATED},
		    (struct label)L("创建时间", "Created at"), COLUMN_TIME);
	if (chosen(fields, "updated_at"))
		add(cx, j, (struct column){.what = OF_UPDATED},
		    (struct label)L("更新时间", "Updated at"), COLUMN_TIME);
	if (!e->number_prefix && chosen(fields, "id"))
		add(cx, j, (struct column){.what = OF_ID}, (struct label)L("记录号", "Record"),
		    COLUMN_INT);
	struct buf b = buf_new(cx->a, 4096);
	for (size_t i = 0; i < j->n_refs; i++)
		buf_printf(&b, "%s%s", i ? "," : "", j->refs[i]);
	j->lq.expand = j->n_refs ? buf_str(&b) : NULL;
}

static struct table_value value(struct ctx *cx, const struct column *c, const struct rec *r,
                                const char *const *titles)
{
	switch (c->what) {
	case OF_ID: return tv_int(r->id);
	case OF_NUMBER: return tv_text(r->number);
	case OF_CREATED: return tv_int(r->created_at);
	case OF_UPDATED: return tv_int(r->updated_at);
	default: break;
	}
	const struct val *v = &r->v[c->field];
	if (v->type == VAL_NULL)
		return tv_null();
	if (c->title >= 0)
		return tv_text(titles[c->title]);
	switch (c->f->type) {
	case FT_INT:
	case FT_MONEY:
	case FT_TIME: return tv_int(v->i);
	case FT_DATE: return tv_text(v->s.p);
	case FT_BP:
		return tv_text(v->i % 100 ? arena_printf(cx->a, "%lld.%02lld%%",
		                                         (long long)(v->i / 100),
		                                         (long long)(v->i % 100))
		                          : arena_printf(cx->a, "%lld%%", (long long)(v->i / 100)));
	default: break;
	}
	const char *words = rec_words(cx, r, c->field);
	return tv_text(words ? words : field_to_text(cx->a, c->f, v, cx->lang));
}

/* Only when the first row is there or there is none: a filter that cannot be used writes nothing. */
static err_t begin_table(struct ctx *cx, struct job *j)
{
	if (j->w)
		return ERR_OK;
	const struct table_write how = {.zone = cx->actor->zone ? cx->actor->zone : "Asia/Shanghai",
	                                .sheet = label_in(j->lq.e->label_plural, cx->lang)};
	return table_writer_new(j->a, &cx->e, j->in->format, j->out, &how, j->cols, j->n, &j->w);
}

static err_t table_row(struct ctx *cx, const struct rec *r, const char *const *titles, void *arg)
{
	struct job *j = arg;
	struct arena *whole = cx->a;
	TRY(begin_table(cx, j));
	arena_reset(j->row);
	cx->a = j->row;
	struct table_value *v = ARENA_ARRAY(cx->a, j->n, struct table_value);
	for (size_t i = 0; i < j->n; i++)
		v[i] = value(cx, &j->c[i], r, titles);
	cx->a = whole;
	j->rows++;
	return table_write_row(j->w, &cx->e, v);
}

static err_t json_line(struct ctx *cx, const struct rec *r, const char *const *titles, void *arg)
{
	struct job *j = arg;
	struct arena *a = j->row;
	arena_reset(a);
	struct jw w = jw_new(a, LINE_MAX_BYTES);
	const char **only = NULL;
	if (j->in->lq.fields) {
		size_t n = 0;
		only = ARENA_ARRAY(a, j->n + 3, const char *);
		for (size_t i = 0; i < j->n; i++)
			only[n++] = j->c[i].f                    ? j->c[i].f->name
			            : j->c[i].what == OF_CREATED ? "created_at"
			                                         : "updated_at";
	}
	jw_obj(&w);
	rec_members(cx, &w, r, only);
	for (size_t i = 0; i < j->n; i++) {
		const struct column *c = &j->c[i];
		if (c->what != OF_FIELD || c->title < 0)
			continue;
		jw_key(&w, j->refs[c->title]);
		if (r->v[c->field].type == VAL_NULL) {
			jw_null(&w);
			continue;
		}
		jw_obj(&w);
		jw_kint(&w, "id", r->v[c->field].i);
		jw_kstr(&w, "name", titles[c->title]);
		jw_end_obj(&w);
	}
	jw_end_obj(&w);
	j->rows++;
	bool ok = fputs(jw_done(&w), j->out) >= 0 && fputc('\n', j->out) >= 0;
	return ok ? ERR_OK : cx_fail(cx, ERR_UNAVAILABLE, "an export could not be written");
}

static err_t tell(struct ctx *cx, void *arg)
{
	const struct job *j = arg;
	static const char *const formats[] = {"csv", "xlsx", "ndjson"};
	return event_append(
		cx,
		&(struct event_in){
			.kind = "export.made",
			.payload = arena_printf(
				cx->a, "{\"entity\":\"%s\",\"format\":\"%s\",\"rows\":%lld}",
				j->lq.e->name, formats[j->in->format], (long long)j->rows)},
		NULL);
}

err_t export_run(struct ctx *cx, const struct export_in *in, FILE *out, i64 *rows)
{
	struct job j = {.in = in, .lq = in->lq, .out = out, .a = cx->a, .row = arena_child(cx->a)};
	const struct entity *e = in->lq.e;
	TRY(actor_need(cx, "export.run"));
	if (scope_of(cx->actor, e, "read") == SCOPE_NONE)
		return cx_err(cx, ERR_FORBIDDEN, NULL);
	j.lq.act = "read";
	j.lq.cursor = j.lq.fields = NULL;
	choose_columns(cx, &j);
	if (!j.n)
		return cx_err(cx, ERR_BAD_REQUEST, EP({"reason", "fields"}));
	if (in->format == TABLE_NDJSON) {
		TRY(list_each(cx, &j.lq, json_line, &j));
		if (fflush(out))
			return cx_fail(cx, ERR_UNAVAILABLE, "an export could not be written");
	} else {
		TRY(list_each(cx, &j.lq, table_row, &j));
		TRY(begin_table(cx, &j));
		TRY(table_write_end(j.w, &cx->e));
	}
	*rows = j.rows;
	return ctx_write(cx, tell, &j);
}
