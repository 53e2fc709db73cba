/* Regions of a person, read and set. */
#include "core/user_regions.h"

#include "core/crud.h"
#include "core/event.h"
#include "core/user_tables.h"

enum { REGIONS_MAX = 200 };

const struct event_kind user_region_events[] = {
	{"user.regions_changed", L("负责地区已修改", "Regions of a user changed"), false},
	{NULL, L(NULL, NULL), false},
};

err_t user_regions_write(struct ctx *cx, i64 user_id, struct jw *w)
{
	struct rec *user;
	struct rows *r;
	TRY(crud_get(cx, &user_entity, user_id, "read", &user));
	TRY(db_query(cx->c,
	             "select r.id, r.name from user_region x join region r on r.id = x.region_id"
	             " where x.user_id = ? order by r.sort_key, r.id",
	             ARGS(vi(user_id)), &r));
	jw_obj(w);
	jw_key(w, "regions");
	jw_arr(w);
	while (rows_next(r)) {
		jw_obj(w);
		jw_kint(w, "id", rows_i64(r, 0));
		jw_kstr(w, "name", rows_text(r, 1));
		jw_end_obj(w);
	}
	jw_end_arr(w);
	jw_end_obj(w);
	return rows_done(r);
}

struct change {
	i64 user_id;
	const json_t *body;
};

static err_t write_old(struct ctx *cx, i64 user_id, struct jw *w)
{
	struct rows *r;
	TRY(db_query(cx->c, "select region_id from user_region where user_id = ? order by 1",
	             ARGS(vi(user_id)), &r));
	jw_key(w, "old");
	jw_arr(w);
	while (rows_next(r))
		jw_int(w, rows_i64(r, 0));
	jw_end_arr(w);
	return rows_done(r);
}

static err_t put(struct ctx *cx, void *arg)
{
	const struct change *c = arg;
	const json_t *list = json_object_get(c->body, "regions"), *j;
	struct rec *user;
	size_t i;
	TRY(crud_get(cx, &user_entity, c->user_id, "update", &user));
	if (!json_is_array(list) || json_array_size(list) > REGIONS_MAX) {
		field_wrong_type(cx, "regions", JSON_ARRAY);
		return errs_invalid(&cx->e);
	}
	struct jw w = jw_new(cx->a, 64 * 1024);
	jw_obj(&w);
	TRY(write_old(cx, c->user_id, &w));
	TRY(db_exec(cx->c, "delete from user_region where user_id = ?", ARGS(vi(c->user_id)),
	            NULL));
	jw_key(&w, "new");
	jw_arr(&w);
	json_array_foreach((json_t *)list, i, j)
	{
		i64 id = json_integer_value(j), one;
		bool found = false;
		TRY(db_one_i64(cx->c, "select 1 from region where id = ? and deleted_at is null",
		               ARGS(vi(id)), &one, &found));
		if (!found) {
			errs_field(&cx->e, "regions", ERR_REF,
			           EP({"what", cx->lang == LANG_EN ? "Region" : "地区"}));
			return errs_invalid(&cx->e);
		}
		jw_int(&w, id);
		TRY(db_exec(cx->c,
		            "insert into user_region(user_id, region_id) values (?, ?)"
		            " on conflict (user_id, region_id) do nothing",
		            ARGS(vi(c->user_id), vi(id)), NULL));
	}
	jw_end_arr(&w);
	jw_end_obj(&w);
	return event_append(cx,
	                    &(struct event_in){.kind = "user.regions_changed",
	                                       .entity = "user",
	                                       .entity_id = c->user_id,
	                                       .payload = jw_done(&w)},
	                    NULL);
}

err_t user_regions_put(struct ctx *cx, i64 user_id, const json_t *body)
{
	struct change c = {user_id, body};
	return ctx_write(cx, put, &c);
}
