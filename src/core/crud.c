/* Records made, read, changed and removed: rules kept in one place. */
#include "core/crud.h"

#include <string.h>

#include "base/text.h"
#include "core/bin.h"
#include "core/event.h"
#include "core/number.h"
#include "core/scope.h"
#include "core/search.h"
#include "core/undo.h"

static err_t select_one(struct ctx *cx, const struct entity *e, i64 id, const char *act,
                        bool deleted, struct rec **out)
{
	struct sqlb *q = sqlb_new(cx->a);
	sqlb_addf(q, "select %s from %s t where t.deleted_at is %s and t.id = ", entity_columns(e),
	          e->table, deleted ? "not null" : "null");
	sqlb_val(q, vi(id));
	if (act)
		TRY(scope_where(cx, e, act, "t", q));
	struct rows *r;
	TRY(db_query(cx->c, sqlb_text(q), sqlb_args(q), &r));
	*out = rows_next(r) ? rec_read(cx->a, e, r, 0) : NULL;
	return rows_done(r);
}

err_t crud_load(struct ctx *cx, const struct entity *e, i64 id, struct rec **out)
{
	TRY(select_one(cx, e, id, NULL, false, out));
	return *out ? ERR_OK : cx_err(cx, ERR_NOT_FOUND, NULL);
}

err_t crud_get(struct ctx *cx, const struct entity *e, i64 id, const char *act, struct rec **out)
{
	TRY(select_one(cx, e, id, "read", false, out));
	if (!*out)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	if (!strcmp(act, "read"))
		return ERR_OK;
	bool yes = false;
	TRY(scope_allows(cx, e, act, id, &yes));
	return yes ? ERR_OK : cx_err(cx, ERR_FORBIDDEN, NULL);
}

/* -- whose -- */

err_t crud_belongs(struct ctx *cx, const struct rec *r, i64 *account_id, i64 *opportunity_id)
{
	const struct entity *e = r->e;
	*account_id = *opportunity_id = 0;
	if (!strcmp(e->name, "account"))
		*account_id = r->id;
	else if (!strcmp(e->name, "opportunity"))
		*opportunity_id = r->id;
	if (!*account_id && field_index(e, "account_id") >= 0)
		*account_id = rec_i64(r, "account_id");
	if (!*opportunity_id && field_index(e, "opportunity_id") >= 0)
		*opportunity_id = rec_i64(r, "opportunity_id");
	if (!e->scope.polymorphic)
		return ERR_OK;
	const struct entity *p = entity_by_name(rec_text(r, "entity"));
	struct rec *parent = NULL;
	if (p)
		TRY(select_one(cx, p, rec_i64(r, "entity_id"), NULL, false, &parent));
	return parent ? crud_belongs(cx, parent, account_id, opportunity_id) : ERR_OK;
}

static err_t append(struct ctx *cx, const struct rec *r, const char *what, const char *payload)
{
	i64 account, opportunity;
	TRY(crud_belongs(cx, r, &account, &opportunity));
	return event_append(
		cx,
		&(struct event_in){.kind = arena_printf(cx->a, "%s.%s", r->e->name, what),
	                           .entity = r->e->name,
	                           .entity_id = r->id,
	                           .account_id = account,
	                           .opportunity_id = opportunity,
	                           .payload = payload},
		NULL);
}

/* -- checks that need the database -- */

static err_t check_ref(struct ctx *cx, const struct field *f, i64 id)
{
	const struct entity *target = entity_by_name(f->ref);
	bool found = false;
	/* People are known to everybody in the house; anything else one must be able to see. */
	if (!strcmp(f->ref, "user")) {
		i64 one;
		TRY(db_one_i64(cx->c, "select 1 from app_user where id = ? and deleted_at is null",
		               ARGS(vi(id)), &one, &found));
	} else {
		TRY(scope_allows(cx, target, "read", id, &found));
	}
	if (!found)
		errs_field(&cx->e, f->name, ERR_REF,
		           EP({"what", label_in(target->label, cx->lang)}));
	return ERR_OK;
}

/* That there is one is said to everybody, who would not know else what to mend; which one it is
 * only to who may see it. */
static err_t check_unique(struct ctx *cx, const struct rec *r, const struct field *f,
                          const struct val *v)
{
	i64 other = 0;
	bool found = false, seen = false;
	const char *what = label_in(r->e->label, cx->lang);
	TRY(db_one_i64(
		cx->c,
		arena_printf(cx->a,
	                     "select id from %s where %s = ? and deleted_at is null and id <> ?",
	                     r->e->table, f->name),
		ARGS(*v, vi(r->id)), &other, &found));
	if (!found)
		return ERR_OK;
	TRY(scope_allows(cx, r->e, "read", other, &seen));
	what = seen ? arena_printf(cx->a, "%s #%lld", what, (long long)other)
	            : arena_printf(cx->a,
	                           cx->lang == LANG_EN ? "%s that you may not see"
	                                               : "您无权查看的%s",
	                           what);
	errs_field(&cx->e, f->name, ERR_DUPLICATE, EP({"what", what}));
	return ERR_OK;
}

/* References and unique values of changed fields, then the entity's own rules. */
static err_t check_record(struct ctx *cx, struct rec *now, const struct rec *before)
{
	for (int i = 0; now->e->fields[i].name; i++) {
		const struct field *f = &now->e->fields[i];
		if (now->v[i].type == VAL_NULL || (before && rec_same(now, before, i)))
			continue;
		if (f->type == FT_REF && now->v[i].type == VAL_INT)
			TRY(check_ref(cx, f, now->v[i].i));
		if (f->flags & F_UNIQUE)
			TRY(check_unique(cx, now, f, &now->v[i]));
	}
	if (now->e->hooks && now->e->hooks->check)
		TRY(now->e->hooks->check(cx, now, before));
	return errs_any_field(&cx->e) ? errs_invalid(&cx->e) : ERR_OK;
}

/* -- search and order -- */

err_t crud_index(struct ctx *cx, const struct rec *r)
{
	if (!(r->e->flags & E_SEARCH))
		return ERR_OK;
	return search_put(cx, r);
}

/* -- writing -- */

static void changed_member(struct jw *w, const struct field *f, const struct val *old,
                           const struct val *now)
{
	jw_key(w, f->name);
	jw_arr(w);
	field_to_json(w, f, old);
	field_to_json(w, f, now);
	jw_end_arr(w);
}

enum { PAYLOAD_MAX = 4 * 1024 * 1024 };

err_t crud_insert(struct ctx *cx, struct rec *r)
{
	const struct entity *e = r->e;
	const char *owner = e->scope.owners[0];
	if (owner && field_index(e, owner) >= 0 && rec_null(r, owner) && cx->actor->id)
		rec_set(r, owner, vi(cx->actor->id));
	TRY(check_record(cx, r, NULL));
	r->version = 1;
	r->created_at = r->updated_at = cx->occurred_at ? cx->occurred_at : cx->now;
	r->created_by = r->updated_by = cx->actor->id;
	if (e->number_prefix && !r->number)
		TRY(number_next(cx, e->name, e->number_prefix, &r->number));

	struct sqlb *q = sqlb_new(cx->a);
	sqlb_addf(
		q,
		"insert into %s(version, created_at, created_by, updated_at, updated_by, sort_key",
		e->table);
	if (e->number_prefix)
		sqlb_add(q, ", number");
	size_t n_base = entity_base_count(e);
	for (size_t i = 0; i < n_base; i++)
		sqlb_addf(q, ", %s", e->fields[i].name);
	if (e->custom)
		sqlb_add(q, ", custom");
	sqlb_add(q, ") values (");
	const struct val sys[] = {
		vi(1),
		vi(r->created_at),
		vref(r->created_by),
		vi(r->updated_at),
		vref(r->updated_by),
		vt(r->sort_key ? r->sort_key : rec_sort_key(cx->a, rec_title(r)))};
	for (size_t i = 0; i < ARRAY_LEN(sys); i++) {
		if (i)
			sqlb_add(q, ",");
		sqlb_val(q, sys[i]);
	}
	if (e->number_prefix) {
		sqlb_add(q, ",");
		sqlb_val(q, vt(r->number));
	}
	for (size_t i = 0; i < n_base; i++) {
		sqlb_add(q, ",");
		sqlb_val(q, r->v[i]);
	}
	if (e->custom) {
		sqlb_add(q, ",");
		sqlb_val(q, vt(r->custom = custom_text(cx->a, r)));
	}
	sqlb_add(q, ") returning id");
	TRY(db_insert(cx->c, sqlb_text(q), sqlb_args(q), &r->id));
	undo_made(cx, e, r->id);

	struct jw w = jw_new(cx->a, PAYLOAD_MAX);
	jw_obj(&w);
	jw_kint(&w, "version", 1);
	if (r->number)
		jw_kstr(&w, "number", r->number);
	jw_kstr(&w, "title", rec_title(r));
	jw_key(&w, "values");
	jw_obj(&w);
	for (int i = 0; e->fields[i].name; i++)
		if (r->v[i].type != VAL_NULL && !(e->fields[i].flags & F_HIDDEN)) {
			jw_key(&w, e->fields[i].name);
			field_to_json(&w, &e->fields[i], &r->v[i]);
		}
	jw_end_obj(&w);
	jw_end_obj(&w);
	TRY(append(cx, r, "created", jw_done(&w)));
	if (e->flags & E_SEARCH)
		TRY(search_add(cx, r));
	return e->hooks && e->hooks->saved ? e->hooks->saved(cx, r, NULL) : ERR_OK;
}

/* For a sentence: in the reader's zone, to the minute. */
static const char *said_time(struct ctx *cx, i64 us)
{
	i64 offset = 0;
	zone_offset(cx->actor->zone, us, &offset);
	const char *at = time_format(cx->a, us - us % US_PER_MIN + offset);
	return arena_printf(cx->a, "%.10s %.5s", at, at + 11);
}

/* Who changed the record since `version`, and what: members for the problem document. */
err_t crud_conflict(struct ctx *cx, const struct rec *stored, i64 version)
{
	struct rows *r;
	TRY(db_query(
		cx->c,
		"select e.payload, e.recorded_at, u.id, u.name from event e"
		" left join app_user u on u.id = e.actor_id"
		" where e.entity = ? and e.entity_id = ? and e.kind = ? order by e.seq desc limit 20",
		ARGS(vt(stored->e->name), vi(stored->id),
	             vt(arena_printf(cx->a, "%s.updated", stored->e->name))),
		&r));
	struct jw w = jw_new(cx->a, PAYLOAD_MAX);
	jw_obj(&w);
	jw_key(&w, "current");
	jw_obj(&w);
	rec_members(cx, &w, stored, NULL);
	jw_end_obj(&w);
	jw_key(&w, "changes");
	jw_arr(&w);
	const char *nobody = cx->lang == LANG_EN ? "The system" : "系统";
	const char *who = NULL, *said = said_time(cx, stored->updated_at);
	while (rows_next(r)) {
		json_t *p;
		struct errs quiet;
		errs_init(&quiet, cx->a);
		if (json_parse(cx->a, &quiet, rows_text(r, 0), rows_len(r, 0), &p) ||
		    json_i64(p, "version", 0) <= version)
			continue;
		const char *name = rows_null(r, 3) ? nobody : rows_dup(r, 3);
		if (!who)
			who = name;
		const char *field;
		json_t *pair;
		json_object_foreach(json_object_get(p, "changes"), field, pair)
		{
			const struct field *f = field_by_name(stored->e, field);
			if (f && !scope_field(cx->actor, f))
				continue;
			jw_obj(&w);
			jw_kstr(&w, "field", field);
			jw_key(&w, "old");
			jw_json(&w, json_array_get(pair, 0));
			jw_key(&w, "new");
			jw_json(&w, json_array_get(pair, 1));
			jw_kstr(&w, "who", name);
			jw_kstr(&w, "when", time_format(cx->a, rows_i64(r, 1)));
			jw_end_obj(&w);
		}
	}
	TRY(rows_done(r));
	jw_end_arr(&w);
	jw_end_obj(&w);
	char *text = arena_strdup(cx->a, jw_done(&w));
	text[strlen(text) - 1] = '\0';
	if (!who) /* put back from the bin, or a version that never was */
		TRY(db_one_text(cx->c, "select name from app_user where id = ?",
		                ARGS(vi(stored->updated_by)), &who));
	if (!who)
		who = nobody;
	err_t rc = cx_err(cx, ERR_VERSION, EP({"who", who}, {"when", said}));
	cx->e.extra = text + 1;
	return rc;
}

err_t crud_store(struct ctx *cx, const struct rec *before, struct rec *now)
{
	const struct entity *e = now->e;
	TRY(check_record(cx, now, before));
	TRY(crud_put(cx, before, now));
	return now->version != before->version && e->hooks && e->hooks->saved
	               ? e->hooks->saved(cx, now, before)
	               : ERR_OK;
}

err_t crud_put(struct ctx *cx, const struct rec *before, struct rec *now)
{
	const struct entity *e = now->e;
	struct sqlb *q = sqlb_new(cx->a);
	struct jw w = jw_new(cx->a, PAYLOAD_MAX);
	jw_obj(&w);
	jw_kint(&w, "version", before->version + 1);
	jw_kstr(&w, "title", rec_title(now));
	jw_key(&w, "changes");
	jw_obj(&w);
	bool any = false, custom = false;
	now->updated_at = cx->occurred_at ? cx->occurred_at : cx->now;
	now->updated_by = cx->actor->id;
	sqlb_addf(q, "update %s set version = version + 1, updated_at = ", e->table);
	sqlb_val(q, vi(now->updated_at));
	sqlb_add(q, ", updated_by = ");
	sqlb_val(q, vref(now->updated_by));
	for (int i = 0; e->fields[i].name; i++) {
		if (rec_same(now, before, i))
			continue;
		const struct field *f = &e->fields[i];
		any = true;
		if (!(f->flags & F_HIDDEN))
			changed_member(&w, f, &before->v[i], &now->v[i]);
		if (f->flags & F_CUSTOM) {
			custom = true;
			continue;
		}
		sqlb_addf(q, ", %s = ", f->name);
		sqlb_val(q, now->v[i]);
		if (e->title && !strcmp(f->name, e->title)) {
			sqlb_add(q, ", sort_key = ");
			sqlb_val(q, vt(rec_sort_key(cx->a, rec_title(now))));
		}
	}
	if (!any) {
		now->updated_at = before->updated_at;
		now->updated_by = before->updated_by;
		return ERR_OK;
	}
	undo_touch_rec(cx, before);
	if (custom) {
		sqlb_add(q, ", custom = ");
		sqlb_val(q, vt(now->custom = custom_text(cx->a, now)));
	}
	jw_end_obj(&w);
	jw_end_obj(&w);
	sqlb_add(q, " where id = ");
	sqlb_val(q, vi(now->id));
	sqlb_add(q, " and version = ");
	sqlb_val(q, vi(before->version));
	i64 n = 0;
	TRY(db_exec(cx->c, sqlb_text(q), sqlb_args(q), &n));
	if (!n) {
		struct rec *stored;
		TRY(crud_load(cx, e, now->id, &stored));
		return crud_conflict(cx, stored, before->version);
	}
	now->version = before->version + 1;
	TRY(append(cx, now, "updated", jw_done(&w)));
	return crud_index(cx, now);
}

static const char *title_payload(struct ctx *cx, const struct rec *r)
{
	struct jw w = jw_new(cx->a, PAYLOAD_MAX);
	jw_obj(&w);
	jw_kint(&w, "version", r->version + 1);
	jw_kstr(&w, "title", rec_title(r));
	jw_end_obj(&w);
	return jw_done(&w);
}

err_t crud_remove(struct ctx *cx, const struct rec *r)
{
	if (r->e->hooks && r->e->hooks->removing)
		TRY(r->e->hooks->removing(cx, r));
	TRY(bin_take_along(cx, r, crud_take_away));
	return crud_take_away(cx, r);
}

err_t crud_take_away(struct ctx *cx, const struct rec *r)
{
	const struct entity *e = r->e;
	i64 n = 0;
	undo_touch_rec(cx, r);
	TRY(db_exec(
		cx->c,
		arena_printf(cx->a,
	                     "update %s set deleted_at = ?, deleted_by = ?, version = version + 1"
	                     " where id = ? and version = ? and deleted_at is null",
	                     e->table),
		ARGS(vi(cx->now), vref(cx->actor->id), vi(r->id), vi(r->version)), &n));
	if (!n)
		return cx_err(cx, ERR_VERSION, EP({"who", "?"}, {"when", said_time(cx, cx->now)}));
	if (e->flags & E_SEARCH)
		TRY(search_remove(cx, e, r->id));
	return append(cx, r, "deleted", title_payload(cx, r));
}

err_t crud_unmake(struct ctx *cx, const struct rec *r)
{
	TRY(append(cx, r, "deleted", title_payload(cx, r)));
	return db_exec(cx->c, arena_printf(cx->a, "delete from %s where id = ?", r->e->table),
	               ARGS(vi(r->id)), NULL);
}

static err_t back_along(struct ctx *cx, const struct entity *e, i64 id)
{
	struct rec *r;
	return crud_bring_back(cx, e, id, &r);
}

err_t crud_restore(struct ctx *cx, const struct entity *e, i64 id, struct rec **out)
{
	struct rec *r;
	/* Whoever may delete it may bring it back. */
	TRY(select_one(cx, e, id, "delete", true, &r));
	if (!r)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	TRY(bin_needs_parents(cx, r));
	TRY(crud_bring_back(cx, e, id, out));
	return bin_bring_along(cx, e, id, back_along);
}

err_t crud_bring_back(struct ctx *cx, const struct entity *e, i64 id, struct rec **out)
{
	struct rec *r;
	TRY(select_one(cx, e, id, NULL, true, &r));
	if (!r)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	TRY(db_exec(
		cx->c,
		arena_printf(cx->a,
	                     "update %s set deleted_at = null, deleted_by = null,"
	                     " version = version + 1, updated_at = ?, updated_by = ? where id = ?",
	                     e->table),
		ARGS(vi(cx->now), vref(cx->actor->id), vi(id)), NULL));
	TRY(bin_forget(cx, e, id));
	if (e->flags & E_MERGE)
		TRY(db_exec(cx->c, "delete from merged_into where entity = ? and loser_id = ?",
		            ARGS(vt(e->name), vi(id)), NULL));
	TRY(append(cx, r, "restored", title_payload(cx, r)));
	TRY(crud_load(cx, e, id, out));
	return crud_index(cx, *out);
}

/* -- JSON in -- */

err_t crud_create_json(struct ctx *cx, const struct entity *e, const json_t *body, struct rec **out)
{
	TRY(actor_need(cx, arena_printf(cx->a, "%s.create", e->name)));
	struct rec *r = rec_new(cx->a, e);
	rec_from_json(cx, r, body, true);
	/* Field errors of the first look are shown together with those of check_record(). */
	TRY(crud_insert(cx, r));
	*out = r;
	return ERR_OK;
}

err_t crud_patch_json(struct ctx *cx, const struct entity *e, i64 id, i64 version,
                      const json_t *body, struct rec **out)
{
	struct rec *before;
	TRY(crud_get(cx, e, id, "update", &before));
	if (version && before->version != version)
		return crud_conflict(cx, before, version);
	struct rec *now = rec_copy(cx->a, before);
	rec_from_json(cx, now, body, false);
	TRY(crud_store(cx, before, now));
	*out = now;
	return ERR_OK;
}

err_t crud_delete(struct ctx *cx, const struct entity *e, i64 id)
{
	struct rec *r;
	if (e->flags & E_NO_DELETE)
		return cx_err(cx, ERR_FORBIDDEN, NULL);
	TRY(crud_get(cx, e, id, "delete", &r));
	return crud_remove(cx, r);
}
