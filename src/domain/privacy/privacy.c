/* Finding, giving out and erasing what is kept about one person. */
#include "domain/privacy/privacy.h"

#include <string.h>

#include "core/actor.h"
#include "core/event.h"
#include "db/fts.h"

enum { FOUND_MAX = 5000, VALUE_MIN = 6, ROUNDS = 3 };

/* clang-format off */
/* What of a record is about the person; the first names him. */
static const struct person {
	const char *entity, *fields[12];
} persons[] = {
	{"contact", {"name", "title", "department", "phone", "mobile", "email", "wechat", "description",
	             "external_key", NULL}},
	{"lead", {"contact_name", "title", "phone", "email", NULL}},
};
/* What tells that two records are about one person. */
static const char *const identities[] = {"phone", "mobile", "email", "wechat"};

static const struct event_kind events[] = {
	{"personal.exported", L("已导出个人信息", "Personal data exported"), false},
	{"personal.erased", L("已删除个人信息", "Personal data erased"), false},
	{NULL, L(NULL, NULL), false},
};
static const struct permission permissions[] = {
	{"privacy.manage", L("查找、导出和删除个人信息", "Find, export and erase personal data")},
	{NULL, L(NULL, NULL)},
};
const struct module privacy_module = {
	.name = "privacy", .permissions = permissions, .events = events};
/* clang-format on */

struct hit {
	const struct entity *e;
	const struct person *person; /* NULL: a part of one */
	struct rec *r;
};

struct finding {
	struct hit hit[FOUND_MAX];
	size_t n;
	const char *value[64]; /* numbers and addresses of the person */
	size_t n_values;
};

static const struct person *person_of(const char *entity)
{
	for (size_t i = 0; i < ARRAY_LEN(persons); i++)
		if (!strcmp(persons[i].entity, entity))
			return &persons[i];
	return NULL;
}

static bool is_found(const struct finding *f, const struct entity *e, i64 id)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->hit[i].e == e && f->hit[i].r->id == id)
			return true;
	return false;
}

/* Records in the recycle bin count too. */
static err_t add_where(struct ctx *cx, struct finding *f, const struct entity *e,
                       const struct person *p, const char *where, struct args args)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             arena_printf(cx->a, "select %s from %s t where %s order by t.id",
	                          entity_columns(e), e->table, where),
	             args, &r));
	while (rows_next(r) && f->n < FOUND_MAX)
		if (!is_found(f, e, rows_i64(r, 0)))
			f->hit[f->n++] = (struct hit){e, p, rec_read(cx->a, e, r, 0)};
	return rows_done(r);
}

static void learn(struct finding *f, const struct rec *r)
{
	for (size_t i = 0; i < ARRAY_LEN(identities); i++) {
		const char *v = field_index(r->e, identities[i]) < 0 ? NULL
		                                                     : rec_text(r, identities[i]);
		bool known = !v || strlen(v) < VALUE_MIN;
		for (size_t k = 0; k < f->n_values && !known; k++)
			known = !strcmp(f->value[k], v);
		if (!known && f->n_values < ARRAY_LEN(f->value))
			f->value[f->n_values++] = v;
	}
}

static err_t add_same_person(struct ctx *cx, struct finding *f)
{
	size_t values = f->n_values;
	for (size_t i = 0; i < ARRAY_LEN(persons); i++) {
		const struct entity *e = entity_by_name(persons[i].entity);
		for (size_t k = 0; k < ARRAY_LEN(identities); k++)
			for (size_t v = 0; v < values && field_index(e, identities[k]) >= 0; v++)
				TRY(add_where(cx, f, e, &persons[i],
				              arena_printf(cx->a, "t.%s = ?", identities[k]),
				              ARGS(vt(f->value[v]))));
	}
	for (size_t i = 0; i < f->n; i++)
		learn(f, f->hit[i].r);
	return ERR_OK;
}

/* Comments and files of a record, and what names it in a field. */
static err_t add_parts(struct ctx *cx, struct finding *f, const struct rec *of)
{
	const struct entity *e;
	for (size_t i = 0; (e = entity_at(i)); i++) {
		if (e->scope.polymorphic)
			TRY(add_where(cx, f, e, NULL, "t.entity = ? and t.entity_id = ?",
			              ARGS(vt(of->e->name), vi(of->id))));
		for (const struct field *fd = e->fields; fd->name; fd++)
			if (fd->type == FT_REF && !strcmp(fd->ref, of->e->name) &&
			    !person_of(e->name) && strcmp(e->name, "opportunity") != 0)
				TRY(add_where(cx, f, e, NULL,
				              arena_printf(cx->a, "t.%s = ?", fd->name),
				              ARGS(vi(of->id))));
	}
	return ERR_OK;
}

static err_t find(struct ctx *cx, const char *entity, i64 id, struct finding **out)
{
	const struct person *p = entity ? person_of(entity) : NULL;
	struct finding *f = ARENA_NEW(cx->a, struct finding);
	TRY(actor_need(cx, "privacy.manage"));
	if (p)
		TRY(add_where(cx, f, entity_by_name(entity), p, "t.id = ?", ARGS(vi(id))));
	if (!f->n)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	learn(f, f->hit[0].r);
	/* Who is found by his telephone may bring an address to look for. */
	for (int i = 0; i < ROUNDS; i++)
		TRY(add_same_person(cx, f));
	size_t n = f->n;
	for (size_t i = 0; i < n; i++)
		TRY(add_parts(cx, f, f->hit[i].r));
	*out = f;
	return ERR_OK;
}

/* -- events -- */

struct event_list {
	i64 *seq;
	size_t n, cap;
};

static err_t add_events(struct ctx *cx, struct event_list *l, const char *where, struct args args)
{
	struct rows *r;
	TRY(db_query(
		cx->c,
		arena_printf(cx->a,
	                     "select seq from event where %s and erased = 0 and payload <> '{}'"
	                     " and kind not in ('personal.erased', 'event.erased')",
	                     where),
		args, &r));
	while (rows_next(r)) {
		bool known = false;
		for (size_t i = 0; i < l->n && !known; i++)
			known = l->seq[i] == rows_i64(r, 0);
		if (known)
			continue;
		if (l->n == l->cap) {
			l->cap = l->cap ? l->cap * 2 : 64;
			i64 *more = ARENA_ARRAY(cx->a, l->cap, i64);
			if (l->n)
				memcpy(more, l->seq, l->n * sizeof *more);
			l->seq = more;
		}
		l->seq[l->n++] = rows_i64(r, 0);
	}
	return rows_done(r);
}

/* Of the records themselves, and of others that speak a number or address of the person. */
static err_t find_events(struct ctx *cx, const struct finding *f, struct event_list *l)
{
	for (size_t i = 0; i < f->n; i++)
		TRY(add_events(cx, l, "entity = ? and entity_id = ?",
		               ARGS(vt(f->hit[i].e->name), vi(f->hit[i].r->id))));
	for (size_t i = 0; i < f->n_values; i++) {
		/* As JSON has it; % and _ stand for anything, which finds more, not less. */
		struct jw w = jw_new(cx->a, 4096);
		jw_str(&w, f->value[i]);
		TRY(add_events(cx, l, "payload like ?",
		               ARGS(vt(arena_printf(cx->a, "%%%s%%", jw_done(&w))))));
	}
	return ERR_OK;
}

static err_t write_events(struct ctx *cx, const struct event_list *l, struct jw *w)
{
	jw_key(w, "events");
	jw_arr(w);
	for (size_t i = 0; i < l->n; i++) {
		struct rows *r;
		TRY(db_query(cx->c,
		             "select seq, occurred_at, kind, payload from event where seq = ?",
		             ARGS(vi(l->seq[i])), &r));
		if (rows_next(r)) {
			jw_obj(w);
			jw_kint(w, "seq", rows_i64(r, 0));
			jw_kstr(w, "at", time_format(cx->a, rows_i64(r, 1)));
			jw_kstr(w, "kind", rows_text(r, 2));
			jw_key(w, "payload");
			jw_raw(w, rows_text(r, 3));
			jw_end_obj(w);
		}
		TRY(rows_done(r));
	}
	jw_end_arr(w);
	return ERR_OK;
}

err_t privacy_write(struct ctx *cx, const char *entity, i64 id, bool whole, struct jw *w)
{
	struct finding *f;
	struct event_list l = {0};
	TRY(find(cx, entity, id, &f));
	TRY(find_events(cx, f, &l));
	jw_obj(w);
	jw_key(w, "records");
	jw_arr(w);
	for (size_t i = 0; i < f->n; i++) {
		const struct hit *h = &f->hit[i];
		jw_obj(w);
		jw_kstr(w, "entity", h->e->name);
		jw_kstr(w, "label", label_in(h->e->label, cx->lang));
		jw_kint(w, "id", h->r->id);
		jw_kstr(w, "title", rec_title(h->r));
		jw_kstr(w, "role", h->person ? "person" : "part");
		if (whole) {
			jw_key(w, "values");
			jw_obj(w);
			rec_members(cx, w, h->r, NULL);
			jw_end_obj(w);
		}
		jw_end_obj(w);
	}
	jw_end_arr(w);
	if (whole)
		TRY(write_events(cx, &l, w));
	jw_kint(w, "n_events", (i64)l.n);
	jw_end_obj(w);
	return ERR_OK;
}

/* -- giving out -- */

struct record_key {
	const char *entity, *reason;
	i64 id, n;
};

static err_t tell(struct ctx *cx, const char *kind, const struct record_key *k, i64 n_events)
{
	struct jw w = jw_new(cx->a, 1 << 16);
	jw_obj(&w);
	if (k->reason)
		jw_kstr(&w, "reason", k->reason);
	jw_kint(&w, "records", k->n);
	jw_kint(&w, "events", n_events);
	jw_end_obj(&w);
	return event_append(cx,
	                    &(struct event_in){.kind = kind,
	                                       .entity = k->entity,
	                                       .entity_id = k->id,
	                                       .payload = jw_done(&w)},
	                    NULL);
}

static err_t tell_exported(struct ctx *cx, void *arg)
{
	return tell(cx, "personal.exported", arg, 0);
}

err_t privacy_export(struct ctx *cx, const char *entity, i64 id, struct jw *w)
{
	struct record_key k = {.entity = entity, .id = id};
	TRY(privacy_write(cx, entity, id, true, w));
	return ctx_write(cx, tell_exported, &k);
}

/* -- erasing -- */

static const char gone_word[] = "—";

/* Straight into the row: crud would write what it replaces into the log. */
static err_t empty_fields(struct ctx *cx, const struct hit *h,
                          bool (*of)(const struct hit *, const struct field *))
{
	struct sqlb *q = sqlb_new(cx->a);
	struct rec *now = rec_copy(cx->a, h->r);
	size_t n = 0;
	sqlb_addf(q, "update %s set version = version + 1, updated_at = ", h->e->table);
	sqlb_val(q, vi(cx->now));
	for (int i = 0; h->e->fields[i].name; i++) {
		const struct field *f = &h->e->fields[i];
		if (h->r->v[i].type == VAL_NULL || !of(h, f))
			continue;
		now->v[i] = f->flags & F_REQUIRED ? vt(arena_printf(cx->a, "%s%lld", gone_word,
		                                                    (long long)h->r->id))
		                                  : vnull();
		sqlb_addf(q, ", %s = ", f->name);
		sqlb_val(q, now->v[i].type == VAL_NULL
		                    ? (struct val){.type = VAL_NULL, .i = VAL_TEXT}
		                    : now->v[i]);
		n++;
	}
	if (!n)
		return ERR_OK;
	sqlb_add(q, ", sort_key = ");
	sqlb_val(q, vt(rec_sort_key(cx->a, rec_title(now))));
	sqlb_add(q, " where id = ");
	sqlb_val(q, vi(h->r->id));
	TRY(db_exec(cx->c, sqlb_text(q), sqlb_args(q), NULL));
	if (!(h->e->flags & E_SEARCH))
		return ERR_OK;
	TRY(fts_delete(cx->c, arena_printf(cx->a, "%s_fts", h->e->table), h->r->id));
	return now->deleted_at ? ERR_OK : crud_index(cx, now);
}

static bool is_personal(const struct hit *h, const struct field *f)
{
	for (const char *const *name = h->person->fields; *name; name++)
		if (!strcmp(*name, f->name))
			return true;
	return false;
}

static bool is_prose(const struct hit *h, const struct field *f)
{
	(void)h;
	return f->type == FT_LONGTEXT ||
	       (!strcmp(h->e->name, "comment") && !strcmp(f->name, "body"));
}

static err_t erase_hit(struct ctx *cx, const struct hit *h)
{
	TRY(db_exec(cx->c, "delete from notification where entity = ? and entity_id = ?",
	            ARGS(vt(h->e->name), vi(h->r->id)), NULL));
	/* What could be put back is gone as well. */
	TRY(db_exec(cx->c, "delete from undo_row where entity = ? and entity_id = ?",
	            ARGS(vt(h->e->name), vi(h->r->id)), NULL));
	/* Fields that the company added may hold anything. */
	if (h->person)
		TRY(db_exec(cx->c,
		            arena_printf(cx->a, "update %s set custom = null where id = ?",
		                         h->e->table),
		            ARGS(vi(h->r->id)), NULL));
	/* A file about the person goes; its content follows when nothing names it (core/files.h). */
	if (!h->person && !strcmp(h->e->name, "attachment"))
		return db_exec(cx->c, "delete from attachment where id = ?", ARGS(vi(h->r->id)),
		               NULL);
	return empty_fields(cx, h, h->person ? is_personal : is_prose);
}

static err_t erase(struct ctx *cx, void *arg)
{
	struct record_key *k = arg;
	struct finding *f;
	struct event_list l = {0};
	TRY(find(cx, k->entity, k->id, &f));
	TRY(find_events(cx, f, &l));
	for (size_t i = 0; i < f->n; i++)
		TRY(erase_hit(cx, &f->hit[i]));
	for (size_t i = 0; i < l.n; i++)
		TRY(event_erase(cx, l.seq[i], k->reason));
	k->n = (i64)f->n;
	return tell(cx, "personal.erased", k, (i64)l.n);
}

err_t privacy_erase(struct ctx *cx, const char *entity, i64 id, const char *reason, i64 *n)
{
	struct record_key k = {.entity = entity, .reason = reason, .id = id};
	TRY(actor_need(cx, "privacy.manage"));
	if (!reason || !*reason)
		errs_field(&cx->e, "reason", ERR_REQUIRED, NULL);
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	TRY(ctx_write(cx, erase, &k));
	*n = k.n;
	return ERR_OK;
}
