/* Writing the records of a row: refs to ids, the record that is there or a new one, the rules of
 * core/crud.h. */
#include <string.h>

#include "core/crud.h"
#include "core/import_job.h"
#include "core/scope.h"

struct writing {
	struct import_job *j;
	const struct import_row *row;
	const struct map_record *r;
	struct import_record *rec;
};

/* A field error under the name that the result uses. */
static void refuse(const struct writing *w, const char *field, enum err_code code,
                   const struct err_param *params)
{
	struct ctx *cx = w->j->cx;
	errs_field(&cx->e, import_field_name(cx->a, w->r, field), code, params);
}

/* What the rules of the record said, under the names that the result uses. */
static err_t renamed(const struct writing *w, err_t rc)
{
	struct ctx *cx = w->j->cx;
	for (size_t i = 0; rc && !w->r->main && i < cx->e.n_fields; i++)
		cx->e.fields[i].field = import_field_name(cx->a, w->r, cx->e.fields[i].field);
	return rc;
}

/* Refs of the row become ids; those to rows further down stay VALUE_REF. */
static err_t resolve(const struct writing *w)
{
	struct ctx *cx = w->j->cx;
	for (size_t i = 0; i < w->r->n_fields; i++) {
		const struct map_value *v = &w->r->fields[i];
		struct import_value *iv = &w->rec->fields[i];
		struct found f;
		if (iv->kind != VALUE_REF)
			continue;
		TRY(lookup_get(cx, v->ref, iv->text, &f));
		const char *what = label_in(entity_by_name(v->f->ref)->label, cx->lang);
		if (f.ambiguous) {
			refuse(w, v->f->name, ERR_IMPORT_REF_MANY,
			       EP({"what", what}, {"value", iv->text}));
		} else if (f.id) {
			iv->kind = VALUE_SET;
			iv->v = vi(f.id);
		} else if (!v->own) {
			iv->kind = VALUE_NONE;
			if (!v->ref_may_miss)
				refuse(w, v->f->name, ERR_IMPORT_REF,
				       EP({"what", what}, {"value", iv->text}));
		}
	}
	return errs_any_field(&cx->e) ? errs_invalid(&cx->e) : ERR_OK;
}

/* Among the records that have the leading text, those that have all of the key. */
static err_t find_among(const struct writing *w, struct found *f)
{
	struct rec **recs;
	size_t n;
	TRY(lookup_all(w->j->cx, w->r->key_lookup, w->rec->fields[w->r->lead].v.s.p, &recs, &n));
	for (size_t i = 0; i < n; i++) {
		bool same = true;
		for (size_t k = 0; same && k < w->r->n_key; k++) {
			int at = w->r->key[k];
			same = val_same(&recs[i]->v[w->r->fields[at].field], &w->rec->fields[at].v);
		}
		if (!same)
			continue;
		f->ambiguous = f->id != 0;
		f->id = recs[i]->id;
		f->rec = recs[i];
	}
	return ERR_OK;
}

static err_t find_by_query(const struct writing *w, struct found *f)
{
	struct ctx *cx = w->j->cx;
	struct sqlb *q = sqlb_new(cx->a);
	sqlb_addf(q, "select t.id from %s t where t.deleted_at is null", w->r->e->table);
	for (size_t i = 0; i < w->r->n_key; i++) {
		int k = w->r->key[i];
		sqlb_addf(q, " and %s = ", field_sql(cx, w->r->fields[k].f, "t"));
		sqlb_val(q, w->rec->fields[k].v);
	}
	sqlb_add(q, " limit 2");
	struct rows *r;
	TRY(db_query(cx->c, sqlb_text(q), sqlb_args(q), &r));
	while (rows_next(r)) {
		f->ambiguous = f->id != 0;
		f->id = rows_i64(r, 0);
	}
	return rows_done(r);
}

/* A row that names a record is about that one: it becomes no other, and no new one. */
static err_t no_such_record(const struct writing *w)
{
	struct ctx *cx = w->j->cx;
	const struct map_value *v = &w->r->fields[w->r->key[0]];
	const struct val *key = &w->rec->fields[w->r->key[0]].v;
	refuse(w, v->f->name, ERR_IMPORT_REF,
	       EP({"what", label_in(w->r->e->label, cx->lang)},
	          {"value", key->type == VAL_TEXT
	                            ? key->s.p
	                            : arena_printf(cx->a, "%lld", (long long)key->i)}));
	return errs_invalid(&cx->e);
}

/* The record that is there already, or NULL. */
static err_t find(const struct writing *w, struct rec **out)
{
	struct ctx *cx = w->j->cx;
	struct found f = {0};
	*out = NULL;
	if (w->r->main && w->j->in->duplicates == IMPORT_CREATE)
		return ERR_OK;
	for (size_t i = 0; i < w->r->n_key; i++) {
		const struct import_value *iv = &w->rec->fields[w->r->key[i]];
		if (iv->kind != VALUE_SET || iv->v.type == VAL_NULL)
			return ERR_OK;
	}
	if (!w->r->key_lookup)
		TRY(find_by_query(w, &f));
	else if (w->r->n_key > 1)
		TRY(find_among(w, &f));
	else
		TRY(lookup_get(cx, w->r->key_lookup, w->rec->fields[w->r->lead].v.s.p, &f));
	if (f.ambiguous)
		return cx_err(cx, ERR_IMPORT_KEY_MANY, NULL);
	if (w->r->numbered) {
		bool may = false;
		if (f.id)
			TRY(scope_allows(cx, w->r->e, "read", f.id, &may));
		if (!may)
			return no_such_record(w);
	}
	*out = f.rec;
	return f.id && !f.rec ? crud_load(cx, w->r->e, f.id, out) : ERR_OK;
}

static void defer(const struct writing *w, i64 id, int outcome)
{
	struct import_job *j = w->j;
	for (size_t i = 0; i < w->r->n_fields; i++) {
		const struct map_value *v = &w->r->fields[i];
		if (w->rec->fields[i].kind != VALUE_REF)
			continue;
		if (j->n_deferred == j->cap_deferred) {
			j->cap_deferred = j->cap_deferred ? j->cap_deferred * 2 : 64;
			struct deferred *more = ARENA_ARRAY(j->pass, j->cap_deferred,
			                                    struct deferred);
			if (j->n_deferred)
				memcpy(more, j->deferred, j->n_deferred * sizeof *more);
			j->deferred = more;
		}
		j->deferred[j->n_deferred++] = (struct deferred){
			.row = w->row->number,
			.id = id,
			.r = w->r,
			.v = v,
			.text = arena_strdup(j->pass, w->rec->fields[i].text),
			.outcome = outcome,
		};
	}
}

/* The day on which the record came to be, as an instant; 0 = now. */
static i64 instant_of(const struct map_record *r, const struct import_record *rec,
                      const struct rec *now)
{
	const char *day = rec->day;
	bool history = field_index(r->e, "imported") < 0 || rec_i64(now, "imported");
	if (!day && r->born >= 0 && history && now->v[r->born].type == VAL_TEXT)
		day = now->v[r->born].s.p;
	return day ? time_at(day_parse(day), 12 * 60, IMPORT_ZONE) : 0;
}

static err_t create(const struct writing *w)
{
	struct import_job *j = w->j;
	struct ctx *cx = j->cx;
	const struct entity *e = w->r->e;
	TRY(actor_need(cx, arena_printf(cx->a, "%s.create", e->name)));
	struct rec *now = rec_new(cx->a, e);
	for (size_t i = 0; i < w->r->n_fields; i++)
		if (w->rec->fields[i].kind == VALUE_SET && w->r->fields[i].field >= 0)
			now->v[w->r->fields[i].field] = w->rec->fields[i].v;
	for (int i = 0; e->fields[i].name; i++)
		if ((e->fields[i].flags & F_REQUIRED) && now->v[i].type == VAL_NULL)
			errs_field(&cx->e, e->fields[i].name, ERR_REQUIRED, NULL);
	if (errs_any_field(&cx->e))
		return renamed(w, errs_invalid(&cx->e));
	i64 at = instant_of(w->r, w->rec, now);
	cx->occurred_at = at < cx->now ? at : 0;
	if (w->r->key_lookup && e->title && !strcmp(w->r->fields[w->r->lead].f->name, e->title))
		now->sort_key = lookup_sort_key(w->r->key_lookup, rec_title(now));
	err_t rc = crud_insert(cx, now);
	cx->occurred_at = 0;
	if (rc)
		return renamed(w, rc);
	lookups_wrote(j->m->lookups, now, NULL);
	defer(w, now->id, WAS_CREATED);
	return ERR_OK;
}

/* *changed: something was written. */
static err_t update(const struct writing *w, const struct rec *before, bool *changed)
{
	struct ctx *cx = w->j->cx;
	struct rec *now = rec_copy(cx->a, before);
	bool differs = false;
	for (size_t i = 0; i < w->r->n_fields; i++) {
		const struct map_value *v = &w->r->fields[i];
		struct import_value *iv = &w->rec->fields[i];
		if (v->only_create)
			iv->kind = VALUE_NONE;
		if (iv->kind != VALUE_SET || v->field < 0)
			continue;
		now->v[v->field] = iv->v;
		differs |= !rec_same(now, before, v->field);
		if (iv->v.type == VAL_NULL && (v->f->flags & F_REQUIRED))
			refuse(w, v->f->name, ERR_REQUIRED, NULL);
	}
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	*changed = differs;
	defer(w, before->id, differs ? WAS_UPDATED : WAS_UNCHANGED);
	if (!differs)
		return ERR_OK;
	bool may;
	TRY(scope_allows(cx, w->r->e, "update", before->id, &may));
	if (!may)
		return cx_err(cx, ERR_FORBIDDEN, NULL);
	TRY(renamed(w, crud_store(cx, before, now)));
	lookups_wrote(w->j->m->lookups, now, before);
	return ERR_OK;
}

struct import_count *import_count_of(struct import_result *res, const struct entity *e)
{
	for (size_t i = 0; i < res->n_also; i++)
		if (res->also[i].e == e)
			return &res->also[i];
	panic("entity %s is not counted", e->name);
}

static err_t write_record(const struct writing *w)
{
	struct import_result *res = w->j->res;
	struct rec *before;
	bool changed = false;
	TRY(resolve(w));
	TRY(find(w, &before));
	bool leave = before && w->r->main && w->j->in->duplicates == IMPORT_SKIP;
	if (!before)
		TRY(create(w));
	else if (!leave)
		TRY(update(w, before, &changed));
	struct import_count *c = w->r->main ? NULL : import_count_of(res, w->r->e);
	i64 *n = !before   ? (c ? &c->created : &res->created)
	         : changed ? (c ? &c->updated : &res->updated)
	                   : (c ? &c->unchanged : &res->skipped);
	(*n)++;
	return ERR_OK;
}

err_t import_write_row(struct import_job *j, const struct import_row *row)
{
	for (size_t i = 0; i < j->m->n_records; i++) {
		struct writing w = {j, row, &j->m->records[i], &row->records[i]};
		if (w.rec->active)
			TRY(write_record(&w));
		else if (w.r->main)
			j->res->skipped++;
	}
	return ERR_OK;
}

err_t import_fill(struct import_job *j, const struct deferred *d, i64 id, bool *changed)
{
	struct ctx *cx = j->cx;
	struct rec *before;
	TRY(crud_load(cx, d->r->e, d->id, &before));
	struct rec *now = rec_copy(cx->a, before);
	now->v[d->v->field] = vi(id);
	*changed = !rec_same(now, before, d->v->field);
	if (!*changed)
		return ERR_OK;
	bool may = d->outcome == WAS_CREATED;
	if (!may)
		TRY(scope_allows(cx, d->r->e, "update", d->id, &may));
	if (!may)
		return cx_err(cx, ERR_FORBIDDEN, NULL);
	TRY(crud_store(cx, before, now));
	lookups_wrote(j->m->lookups, now, before);
	return ERR_OK;
}
