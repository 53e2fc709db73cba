/* Reviews in the database: reading, writing, the event that goes with every change. */
#include <string.h>

#include "base/text.h"
#include "review/engine.h"

enum { PAYLOAD_MAX = 4 * 1024 * 1024, ROWS_MAX = 1000 };

/* -- reading -- */

static json_t *parsed(struct ctx *cx, const char *text)
{
	json_t *j = NULL;
	struct errs quiet;
	errs_init(&quiet, cx->a);
	if (text && json_parse(cx->a, &quiet, text, strlen(text), &j))
		panic("review: bad JSON in the database");
	return j;
}

static enum review_state state_by_name(const char *s)
{
	for (int i = REVIEW_OPEN; i <= REVIEW_SUPERSEDED; i++)
		if (text_eq(s, review_state_name((enum review_state)i)))
			return (enum review_state)i;
	panic("review state '%s'", s ? s : "");
}

static enum seat_state seat_by_name(const char *s)
{
	for (int i = SEAT_WAITING; i <= SEAT_MOOT; i++)
		if (text_eq(s, seat_state_name((enum seat_state)i)))
			return (enum seat_state)i;
	panic("seat state '%s'", s ? s : "");
}

static enum seat_place place_of(const char *s)
{
	for (int i = 0; place_names()[i]; i++)
		if (text_eq(s, place_names()[i]))
			return (enum seat_place)i;
	panic("seat place '%s'", s ? s : "");
}

static struct review *read_review(struct ctx *cx, const struct rows *r)
{
	struct review *rv = ARENA_NEW(cx->a, struct review);
	*rv = (struct review){.id = rows_i64(r, 0),
	                      .thread_id = rows_i64(r, 1),
	                      .round = (int)rows_i64(r, 2),
	                      .entity = rows_dup(r, 3),
	                      .entity_id = rows_i64(r, 4),
	                      .key = rows_dup(r, 5),
	                      .title = {rows_dup(r, 6), rows_dup(r, 23)},
	                      .href = rows_dup(r, 7),
	                      .account_id = rows_i64(r, 8),
	                      .opportunity_id = rows_i64(r, 9),
	                      .state = state_by_name(rows_text(r, 10)),
	                      .any = rows_i64(r, 11),
	                      .not_asker = rows_i64(r, 12),
	                      .withdraw_open = rows_i64(r, 13),
	                      .asked_by = rows_i64(r, 14),
	                      .asked_at = rows_i64(r, 15),
	                      .ended_at = rows_i64(r, 16),
	                      .due_at = rows_i64(r, 17),
	                      .urged_at = rows_i64(r, 18),
	                      .tell = rows_i64(r, 19),
	                      .returned_to = rows_dup(r, 20),
	                      .returned_text = rows_dup(r, 21)};
	const json_t *parts = parsed(cx, rows_text(r, 22)), *o;
	size_t i;
	json_array_foreach((json_t *)(uintptr_t)parts, i, o)
	{
		rv->parts[rv->n_parts++] = (struct review_part){.key = json_text(o, "key"),
		                                                .label = json_text(o, "label"),
		                                                .hash = json_text(o, "hash")};
	}
	return rv;
}

#define REVIEW_COLUMNS                                                                       \
	"select t.id, t.thread_id, t.round, t.entity, t.entity_id, t.key, t.title, t.href,"  \
	" t.account_id, t.opportunity_id, t.state, t.any_one, t.not_asker, t.withdraw_open," \
	" t.asked_by, t.asked_at, t.ended_at, t.due_at, t.urged_at, t.tell, t.returned_to,"  \
	" t.returned_text, t.parts, t.title_en from review t where t.deleted_at is null and "
#define SEAT_COLUMNS                                                                              \
	"select s.review_id, s.no, s.step, s.state, s.place, s.anchor, s.who, s.role, s.user_id," \
	" s.parts, s.hint_zh, s.hint_en, s.text, s.decided_at, s.decided_by, s.behalf_id,"        \
	" s.added_by, s.handed_by, s.handed_from, s.carried, s.hashes"                            \
	" from review_seat s where s.review_id in (select t.id from review t where t.deleted_at is null and "

static void read_seat(struct ctx *cx, const struct rows *r, struct review *rv)
{
	struct seat *s = &rv->seats[rv->n++];
	*s = (struct seat){.no = (int)rows_i64(r, 1),
	                   .step = (int)rows_i64(r, 2),
	                   .state = seat_by_name(rows_text(r, 3)),
	                   .place = place_of(rows_text(r, 4)),
	                   .anchor = (int)rows_i64(r, 5),
	                   .who = rows_dup(r, 6),
	                   .role = rows_dup(r, 7),
	                   .user_id = rows_i64(r, 8),
	                   .hint_zh = rows_dup(r, 10),
	                   .hint_en = rows_dup(r, 11),
	                   .text = rows_dup(r, 12),
	                   .decided_at = rows_i64(r, 13),
	                   .decided_by = rows_i64(r, 14),
	                   .behalf_id = rows_i64(r, 15),
	                   .added_by = rows_i64(r, 16),
	                   .handed_by = rows_i64(r, 17),
	                   .handed_from = rows_i64(r, 18),
	                   .carried = (int)rows_i64(r, 19)};
	s->parts = read_part_keys(rv, parsed(cx, rows_text(r, 9)));
	if (rows_null(r, 20))
		return;
	const json_t *h = parsed(cx, rows_text(r, 20));
	s->hashes = ARENA_ARRAY(cx->a, REVIEW_PARTS_MAX, const char *);
	for (size_t i = 0; i < rv->n_parts; i++)
		s->hashes[i] = json_text(h, rv->parts[i].key);
}

static struct review *by_id(struct review **list, size_t n, i64 id)
{
	for (size_t i = 0; i < n; i++)
		if (list[i]->id == id)
			return list[i];
	return NULL;
}

err_t reviews_where(struct ctx *cx, struct sqlb *where, struct review ***out, size_t *n)
{
	struct rows *r;
	struct review **list = ARENA_ARRAY(cx->a, ROWS_MAX, struct review *), *rv = NULL;
	TRY(db_query(cx->c,
	             arena_printf(cx->a, REVIEW_COLUMNS "%s order by t.id limit %d",
	                          sqlb_text(where), ROWS_MAX),
	             sqlb_args(where), &r));
	*n = 0;
	while (rows_next(r))
		list[(*n)++] = read_review(cx, r);
	TRY(rows_done(r));
	*out = list;
	if (!*n)
		return ERR_OK;
	TRY(db_query(cx->c,
	             arena_printf(cx->a, SEAT_COLUMNS "%s) order by s.review_id, s.no",
	                          sqlb_text(where)),
	             sqlb_args(where), &r));
	while (rows_next(r)) {
		if (!rv || rv->id != rows_i64(r, 0))
			rv = by_id(list, *n, rows_i64(r, 0));
		if (rv)
			read_seat(cx, r, rv);
	}
	return rows_done(r);
}

static err_t read_opinions(struct ctx *cx, struct review *rv)
{
	struct rows *r;
	size_t cap = 0;
	TRY(db_query(cx->c,
	             "select no, round, seat, who, author_id, behalf_id, at, part, anchor, quote,"
	             " must_fix, text, resolved_at, resolved_by, resolution from review_opinion"
	             " where thread_id = ? order by no",
	             ARGS(vi(rv->thread_id)), &r));
	while (rows_next(r)) {
		if (rv->n_opinions == cap) {
			struct opinion *more = ARENA_ARRAY(cx->a, cap = 2 * cap + 8,
			                                   struct opinion);
			if (rv->n_opinions)
				memcpy(more, rv->opinions, rv->n_opinions * sizeof *more);
			rv->opinions = more;
		}
		rv->opinions[rv->n_opinions++] = (struct opinion){.no = (int)rows_i64(r, 0),
		                                                  .round = (int)rows_i64(r, 1),
		                                                  .seat = (int)rows_i64(r, 2),
		                                                  .who = rows_dup(r, 3),
		                                                  .author_id = rows_i64(r, 4),
		                                                  .behalf_id = rows_i64(r, 5),
		                                                  .at = rows_i64(r, 6),
		                                                  .part = rows_dup(r, 7),
		                                                  .anchor = rows_dup(r, 8),
		                                                  .quote = rows_dup(r, 9),
		                                                  .must_fix = rows_i64(r, 10),
		                                                  .text = rows_dup(r, 11),
		                                                  .resolved_at = rows_i64(r, 12),
		                                                  .resolved_by = rows_i64(r, 13),
		                                                  .resolution = rows_dup(r, 14)};
	}
	return rows_done(r);
}

static err_t one_where(struct ctx *cx, struct sqlb *where, struct review **out)
{
	struct review **list;
	size_t n;
	TRY(reviews_where(cx, where, &list, &n));
	*out = n ? list[0] : NULL;
	return *out ? read_opinions(cx, *out) : ERR_OK;
}

err_t review_load(struct ctx *cx, i64 id, struct review **out)
{
	struct sqlb *q = sqlb_new(cx->a);
	sqlb_add(q, "t.id = ");
	sqlb_val(q, vi(id));
	TRY(one_where(cx, q, out));
	return *out ? ERR_OK : cx_err(cx, ERR_NOT_FOUND, NULL);
}

err_t review_take(struct ctx *cx, i64 id, struct review **out)
{
	TRY(db_exec(cx->c, "update review set version = version + 1 where id = ?", ARGS(vi(id)),
	            NULL));
	return review_load(cx, id, out);
}

#define NEWEST                                                                                                       \
	" and not exists (select 1 from review u where u.deleted_at is null and u.entity = t.entity and u.entity_id" \
	" = t.entity_id and u.key = t.key and u.round > t.round)"

err_t review_latest(struct ctx *cx, const char *entity, i64 id, const char *key,
                    struct review **out)
{
	struct sqlb *q = sqlb_new(cx->a);
	sqlb_add(q, "t.entity = ");
	sqlb_val(q, vt(entity));
	sqlb_add(q, " and t.entity_id = ");
	sqlb_val(q, vi(id));
	sqlb_add(q, " and t.key = ");
	sqlb_val(q, vt(key));
	sqlb_add(q, NEWEST);
	return one_where(cx, q, out);
}

err_t review_of_opportunity(struct ctx *cx, const char *entity, i64 opportunity_id,
                            struct review ***out, size_t *n)
{
	struct sqlb *q = sqlb_new(cx->a);
	sqlb_add(q, "t.opportunity_id = ");
	sqlb_val(q, vi(opportunity_id));
	sqlb_add(q, " and t.entity = ");
	sqlb_val(q, vt(entity));
	sqlb_add(q, NEWEST);
	return reviews_where(cx, q, out, n);
}

err_t user_name(struct ctx *cx, i64 id, const char **name)
{
	*name = NULL;
	return id ? db_one_text(cx->c, "select name from app_user where id = ?", ARGS(vi(id)), name)
	          : ERR_OK;
}

/* -- writing -- */

static const char *parts_text(struct ctx *cx, const struct review *rv)
{
	struct jw w = jw_new(cx->a, PAYLOAD_MAX);
	jw_arr(&w);
	for (size_t i = 0; i < rv->n_parts; i++) {
		jw_obj(&w);
		jw_kstr(&w, "key", rv->parts[i].key);
		jw_kstr(&w, "label", rv->parts[i].label);
		jw_kstr(&w, "hash", rv->parts[i].hash);
		jw_end_obj(&w);
	}
	jw_end_arr(&w);
	return jw_done(&w);
}

static err_t save_seat(struct ctx *cx, const struct review *rv, const struct seat *s)
{
	struct jw keys = jw_new(cx->a, PAYLOAD_MAX), hashes = jw_new(cx->a, PAYLOAD_MAX);
	write_part_keys(rv, s->parts, &keys);
	write_hashes(rv, s, &hashes);
	return db_exec(
		cx->c,
		"insert into review_seat(review_id, no, step, state, place, anchor, who, role,"
		" user_id, parts, hint_zh, hint_en, text, decided_at, decided_by, behalf_id,"
		" added_by, handed_by, handed_from, carried, hashes)"
		" values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
		" on conflict (review_id, no) do update set state = excluded.state,"
		" user_id = excluded.user_id, text = excluded.text,"
		" decided_at = excluded.decided_at, decided_by = excluded.decided_by,"
		" behalf_id = excluded.behalf_id, handed_by = excluded.handed_by,"
		" handed_from = excluded.handed_from, carried = excluded.carried,"
		" hashes = excluded.hashes",
		ARGS(vi(rv->id), vi(s->no), vi(s->step), vt(seat_state_name(s->state)),
	             vt(place_names()[s->place]), vi(s->anchor), vt(s->who), vt(s->role),
	             vref(s->user_id), vt(jw_done(&keys)), vt(s->hint_zh), vt(s->hint_en),
	             vt(s->text), vref(s->decided_at), vref(s->decided_by), vref(s->behalf_id),
	             vref(s->added_by), vref(s->handed_by), vref(s->handed_from), vi(s->carried),
	             s->hashes ? vt(jw_done(&hashes)) : vnull()),
		NULL);
}

err_t review_insert(struct ctx *cx, struct review *rv)
{
	TRY(db_insert(
		cx->c,
		"insert into review(created_at, created_by, updated_at, updated_by, thread_id, round,"
		" entity, entity_id, key, title, title_en, href, account_id, opportunity_id, state,"
		" asked_by, asked_at, tell, parts)"
		" values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,'open',?,?,?,'[]')"
		" returning id",
		ARGS(vi(cx->now), vref(cx->actor->id), vi(cx->now), vref(cx->actor->id),
	             vref(rv->thread_id), vi(rv->round), vt(rv->entity), vi(rv->entity_id),
	             vt(rv->key), vt(rv->title.zh), vt(rv->title.en), vt(rv->href),
	             vref(rv->account_id), vref(rv->opportunity_id), vref(cx->actor->id),
	             vi(cx->now), vref(rv->tell)),
		&rv->id));
	/* Taken back with the act that led to it. */
	undo_made(cx, &review_entity, rv->id);
	if (rv->thread_id)
		return ERR_OK;
	rv->thread_id = rv->id;
	return db_exec(cx->c, "update review set thread_id = id where id = ?", ARGS(vi(rv->id)),
	               NULL);
}

static err_t save_opinion(struct ctx *cx, const struct review *rv, const struct opinion *o)
{
	return db_exec(
		cx->c,
		"insert into review_opinion(thread_id, review_id, no, round, seat, who, author_id,"
		" behalf_id, at, part, anchor, quote, must_fix, text, resolved_at, resolved_by,"
		" resolution) values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
		" on conflict (thread_id, no) do update set resolved_at = excluded.resolved_at,"
		" resolved_by = excluded.resolved_by, resolution = excluded.resolution",
		ARGS(vi(rv->thread_id), vi(rv->id), vi(o->no), vi(o->round), vi(o->seat),
	             vt(o->who), vi(o->author_id), vref(o->behalf_id), vi(o->at), vt(o->part),
	             vt(o->anchor), vt(o->quote), vi(o->must_fix), vt(o->text),
	             vref(o->resolved_at), vref(o->resolved_by), vt(o->resolution)),
		NULL);
}

err_t review_save(struct ctx *cx, const struct review *rv)
{
	TRY(db_exec(cx->c,
	            "update review set updated_at = ?, updated_by = ?, state = ?, any_one = ?,"
	            " not_asker = ?, withdraw_open = ?, asked_at = ?, ended_at = ?, due_at = ?,"
	            " urged_at = ?, returned_to = ?, returned_text = ?, parts = ? where id = ?",
	            ARGS(vi(cx->now), vref(cx->actor->id), vt(review_state_name(rv->state)),
	                 vi(rv->any), vi(rv->not_asker), vi(rv->withdraw_open), vi(rv->asked_at),
	                 vref(rv->ended_at), vref(rv->due_at), vref(rv->urged_at),
	                 vt(rv->returned_to), vt(rv->returned_text), vt(parts_text(cx, rv)),
	                 vi(rv->id)),
	            NULL));
	for (size_t i = 0; i < rv->n; i++)
		TRY(save_seat(cx, rv, &rv->seats[i]));
	for (size_t i = 0; i < rv->n_opinions; i++)
		TRY(save_opinion(cx, rv, &rv->opinions[i]));
	return ERR_OK;
}

err_t review_keep_parts(struct ctx *cx, const struct review *rv, const struct review_part *parts,
                        size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *was = NULL;
		const struct review_part *p = &parts[i];
		TRY(db_one_text(cx->c,
		                "select hash from review_part where review_id = ? and key = ?"
		                " order by id desc limit 1",
		                ARGS(vi(rv->id), vt(p->key)), &was));
		if (!p->hash || text_eq(was, p->hash))
			continue;
		TRY(db_exec(cx->c,
		            "insert into review_part(review_id, key, label, hash, text,"
		            " attachment_id, href, seen_at) values (?,?,?,?,?,?,?,?)",
		            ARGS(vi(rv->id), vt(p->key), vt(p->label), vt(p->hash), vt(p->text),
		                 vref(p->attachment_id), vt(p->href), vi(cx->now)),
		            NULL));
	}
	return ERR_OK;
}

err_t review_involve(struct ctx *cx, const struct review *rv, i64 user_id, const char *why,
                     bool *first)
{
	i64 n = 0;
	TRY(db_exec(cx->c,
	            "insert into review_person(review_id, user_id, why, by_id, at)"
	            " values (?,?,?,?,?) on conflict (review_id, user_id, why) do nothing",
	            ARGS(vi(rv->id), vi(user_id), vt(why), vref(cx->actor->id), vi(cx->now)), &n));
	*first = n > 0;
	return ERR_OK;
}

err_t review_emit(struct ctx *cx, struct review *rv, const char *kind, struct jw *payload)
{
	const char *text = jw_done(payload);
	if (!text)
		return cx_err(cx, ERR_TOO_BIG, EP({"max", "4194304"}));
	TRY(event_append(cx,
	                 &(struct event_in){.kind = kind,
	                                    .entity = "review",
	                                    .entity_id = rv->id,
	                                    .account_id = rv->account_id,
	                                    .opportunity_id = rv->opportunity_id,
	                                    .payload = text},
	                 NULL));
	review_apply(cx->a, rv, kind, parsed(cx, text), cx->actor->id,
	             cx->occurred_at ? cx->occurred_at : cx->now);
	return ERR_OK;
}
