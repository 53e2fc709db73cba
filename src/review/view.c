/* Showing a review: seats with who may decide, parts with their text, opinions of all rounds; and
 * one round beside another. */
#include <string.h>

#include "base/text.h"
#include "review/engine.h"

static err_t write_user(struct ctx *cx, const char *key, i64 id, struct jw *w)
{
	const char *name;
	TRY(user_name(cx, id, &name));
	jw_key(w, key);
	if (!id) {
		jw_null(w);
		return ERR_OK;
	}
	jw_obj(w);
	jw_kint(w, "id", id);
	jw_kstr(w, "name", name);
	jw_end_obj(w);
	return ERR_OK;
}

static err_t write_record(struct ctx *cx, const char *key, const char *table, i64 id, struct jw *w)
{
	const char *name = NULL;
	jw_key(w, key);
	if (!id) {
		jw_null(w);
		return ERR_OK;
	}
	TRY(db_one_text(cx->c, arena_printf(cx->a, "select name from %s where id = ?", table),
	                ARGS(vi(id)), &name));
	jw_obj(w);
	jw_kint(w, "id", id);
	jw_kstr(w, "name", name);
	jw_end_obj(w);
	return ERR_OK;
}

static void write_time(struct ctx *cx, const char *key, i64 us, struct jw *w)
{
	jw_kstr(w, key, us ? time_format(cx->a, us) : NULL);
}

/* -- seats -- */

static err_t write_deciders(struct ctx *cx, const struct review *rv, const struct seat *s,
                            struct jw *w)
{
	enum { SHOWN = 20 };
	struct decider *d = NULL;
	size_t n = 0;
	bool adrift = false;
	if (s->state == SEAT_PENDING)
		TRY(seat_deciders(cx, rv, s, &d, &n));
	jw_key(w, "deciders");
	jw_arr(w);
	for (size_t i = 0; i < n; i++) {
		const char *name;
		adrift |= d[i].adrift;
		if (i >= SHOWN)
			continue;
		TRY(user_name(cx, d[i].user_id, &name));
		jw_obj(w);
		jw_kint(w, "id", d[i].user_id);
		jw_kstr(w, "name", name);
		TRY(write_user(cx, "on_behalf_of", d[i].behalf_id, w));
		jw_kbool(w, "absent", d[i].absent);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	/* Nobody else can decide: the people above administer reviews. */
	jw_kbool(w, "adrift", adrift);
	return ERR_OK;
}

static err_t write_seat(struct ctx *cx, const struct review *rv, const struct seat *s, bool mine,
                        struct jw *w)
{
	const char *title;
	TRY(review_seat_title(cx, s, &title));
	jw_obj(w);
	jw_kint(w, "no", s->no);
	jw_kint(w, "step", s->step);
	jw_kstr(w, "place", place_names()[s->place]);
	jw_kint(w, "anchor", s->anchor);
	jw_kstr(w, "title", title);
	jw_kstr(w, "hint", cx->lang == LANG_EN ? s->hint_en : s->hint_zh);
	jw_kstr(w, "role", s->role);
	TRY(write_user(cx, "user", s->user_id, w));
	jw_kstr(w, "state", seat_state_name(s->state));
	jw_key(w, "parts");
	write_part_keys(rv, seat_parts(rv, s), w);
	jw_kstr(w, "text", s->text);
	write_time(cx, "decided_at", s->decided_at, w);
	TRY(write_user(cx, "decided_by", s->decided_by, w));
	TRY(write_user(cx, "on_behalf_of", s->behalf_id, w));
	TRY(write_user(cx, "added_by", s->added_by, w));
	TRY(write_user(cx, "handed_by", s->handed_by, w));
	TRY(write_user(cx, "handed_from", s->handed_from, w));
	jw_key(w, "carried");
	if (s->carried)
		jw_int(w, s->carried);
	else
		jw_null(w);
	jw_key(w, "hashes");
	write_hashes(rv, s, w);
	jw_kbool(w, "mine", mine);
	jw_kbool(w, "blocked", s->state == SEAT_PENDING && review_blocked(rv, s));
	TRY(write_deciders(cx, rv, s, w));
	jw_end_obj(w);
	return ERR_OK;
}

/* -- parts -- */

static void write_part(const struct review_part *p, const char *asked, struct jw *w)
{
	jw_obj(w);
	jw_kstr(w, "key", p->key);
	jw_kstr(w, "label", p->label);
	jw_kstr(w, "hash", p->hash);
	jw_kstr(w, "text", p->text);
	jw_key(w, "attachment_id");
	if (p->attachment_id)
		jw_int(w, p->attachment_id);
	else
		jw_null(w);
	jw_kstr(w, "href", p->href);
	/* It is not what the round was asked about. */
	jw_kbool(w, "changed", !text_eq(p->hash, asked));
	jw_end_obj(w);
}

struct kept {
	struct review_part first, last; /* contents of a part in a round */
	i64 seen_at;
};

/* What the round was asked about first, and last. */
static err_t kept_parts(struct ctx *cx, const struct review *rv, struct kept *out)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             "select key, label, hash, text, attachment_id, href, seen_at from review_part"
	             " where review_id = ? order by id",
	             ARGS(vi(rv->id)), &r));
	while (rows_next(r)) {
		int k = part_index(rv, rows_text(r, 0));
		if (k < 0)
			continue;
		out[k].last = (struct review_part){.key = rv->parts[k].key,
		                                   .label = rows_dup(r, 1),
		                                   .hash = rows_dup(r, 2),
		                                   .text = rows_dup(r, 3),
		                                   .attachment_id = rows_i64(r, 4),
		                                   .href = rows_dup(r, 5)};
		out[k].seen_at = rows_i64(r, 6);
		if (!out[k].first.key)
			out[k].first = out[k].last;
	}
	return rows_done(r);
}

/* An open round shows what is there now; one that ended, what it was about. */
static err_t write_parts(struct ctx *cx, const struct review *rv, const struct review_in *in,
                         struct jw *w)
{
	struct kept kept[REVIEW_PARTS_MAX] = {0};
	bool live = in && (rv->state == REVIEW_OPEN || rv->state == REVIEW_APPROVED);
	if (!live)
		TRY(kept_parts(cx, rv, kept));
	jw_key(w, "parts");
	jw_arr(w);
	for (size_t i = 0; i < rv->n_parts; i++) {
		const struct review_part *p = kept[i].last.key ? &kept[i].last : &rv->parts[i];
		for (size_t k = 0; live && k < in->n; k++)
			if (text_eq(in->parts[k].key, rv->parts[i].key))
				p = &in->parts[k];
		write_part(p, rv->parts[i].hash, w);
	}
	jw_end_arr(w);
	return ERR_OK;
}

/* -- opinions, rounds, copies -- */

static err_t write_opinions(struct ctx *cx, const struct review *rv, struct jw *w)
{
	jw_key(w, "opinions");
	jw_arr(w);
	for (const struct opinion *o = rv->opinions; o < rv->opinions + rv->n_opinions; o++) {
		jw_obj(w);
		jw_kint(w, "no", o->no);
		jw_kint(w, "round", o->round);
		jw_kint(w, "seat", o->seat);
		TRY(write_user(cx, "author", o->author_id, w));
		TRY(write_user(cx, "on_behalf_of", o->behalf_id, w));
		write_time(cx, "at", o->at, w);
		jw_kstr(w, "part", o->part);
		jw_kstr(w, "anchor", o->anchor);
		jw_kstr(w, "quote", o->quote);
		jw_kstr(w, "severity", o->must_fix ? "must_fix" : "advice");
		jw_kstr(w, "text", o->text);
		jw_kbool(w, "resolved", o->resolved_at != 0);
		write_time(cx, "resolved_at", o->resolved_at, w);
		TRY(write_user(cx, "resolved_by", o->resolved_by, w));
		jw_kstr(w, "resolution", o->resolution);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	return ERR_OK;
}

static err_t write_rounds(struct ctx *cx, const struct review *rv, struct jw *w)
{
	struct rows *r;
	TRY(db_query(
		cx->c,
		"select t.id, t.round, t.state, t.asked_at, t.ended_at, u.id, u.name,"
		" t.returned_to, t.returned_text from review t"
		" left join app_user u on u.id = t.asked_by"
		" where t.thread_id = ? and t.deleted_at is null order by t.round desc limit 100",
		ARGS(vi(rv->thread_id)), &r));
	jw_key(w, "rounds");
	jw_arr(w);
	while (rows_next(r)) {
		jw_obj(w);
		jw_kint(w, "id", rows_i64(r, 0));
		jw_kint(w, "round", rows_i64(r, 1));
		jw_kstr(w, "state", rows_text(r, 2));
		jw_kstr(w, "asked_at", time_format(cx->a, rows_i64(r, 3)));
		write_time(cx, "ended_at", rows_i64(r, 4), w);
		jw_kstr(w, "asked_by", rows_text(r, 6));
		jw_kstr(w, "returned_to", rows_text(r, 7));
		jw_kstr(w, "returned_text", rows_text(r, 8));
		jw_end_obj(w);
	}
	jw_end_arr(w);
	return rows_done(r);
}

static err_t write_copies(struct ctx *cx, const struct review *rv, struct jw *w)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             "select u.id, u.name, b.name, p.at from review_person p"
	             " join app_user u on u.id = p.user_id"
	             " left join app_user b on b.id = p.by_id"
	             " where p.review_id = ? and p.why = 'copy' order by p.at, u.id",
	             ARGS(vi(rv->id)), &r));
	jw_key(w, "copies");
	jw_arr(w);
	while (rows_next(r)) {
		jw_obj(w);
		jw_key(w, "user");
		jw_obj(w);
		jw_kint(w, "id", rows_i64(r, 0));
		jw_kstr(w, "name", rows_text(r, 1));
		jw_end_obj(w);
		jw_kstr(w, "by", rows_text(r, 2));
		jw_kstr(w, "at", time_format(cx->a, rows_i64(r, 3)));
		jw_end_obj(w);
	}
	jw_end_arr(w);
	return rows_done(r);
}

static err_t write_places(struct ctx *cx, const struct review *rv, const struct review_subject *sub,
                          struct jw *w)
{
	struct review_place *p = NULL;
	size_t n = 0;
	if (sub && sub->places && rv->state == REVIEW_OPEN)
		TRY(sub->places(cx, rv->entity_id, rv->key, &p, &n));
	jw_key(w, "places");
	jw_arr(w);
	for (size_t i = 0; i < n; i++) {
		jw_obj(w);
		jw_kstr(w, "code", p[i].code);
		jw_kstr(w, "name", p[i].name);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	return ERR_OK;
}

/* -- what the actor may do -- */

struct rights {
	u64 mine; /* seats, by index */
	bool decide, blocked, sits, ask, own;
};

static err_t rights_of(struct ctx *cx, const struct review *rv, const struct review_subject *sub,
                       struct rights *x)
{
	*x = (struct rights){.own = rv->asked_by == cx->actor->id || review_administers(cx)};
	for (size_t i = 0; i < rv->n; i++) {
		const struct decider *d;
		TRY(seat_mine(cx, rv, &rv->seats[i], &d));
		if (!d)
			continue;
		x->sits = true;
		x->mine |= 1ULL << i;
		if (rv->seats[i].state != SEAT_PENDING || x->decide)
			continue;
		x->decide = true;
		x->blocked = review_blocked(rv, &rv->seats[i]) != NULL;
	}
	return sub ? sub->may_ask(cx, rv->entity_id, rv->key, &x->ask) : ERR_OK;
}

static bool undecided(const struct review *rv)
{
	for (size_t i = 0; i < rv->n; i++)
		if (rv->seats[i].state == SEAT_APPROVED && !rv->seats[i].carried)
			return false;
	return true;
}

static void write_rights(const struct review *rv, const struct rights *x, bool ready, bool stands,
                         struct jw *w)
{
	bool open = rv->state == REVIEW_OPEN && ready;
	jw_key(w, "can");
	jw_obj(w);
	jw_kbool(w, "approve", open && x->decide && !x->blocked);
	jw_kbool(w, "return", open && x->decide);
	jw_kbool(w, "add", open && x->decide);
	jw_kbool(w, "hand_over", open && x->decide);
	jw_kbool(w, "opinion", open && x->sits);
	jw_kbool(w, "copy", x->own || x->ask || x->sits);
	jw_kbool(w, "urge", open && (x->own || x->ask));
	jw_kbool(w, "resolve", x->own || x->ask || x->sits);
	jw_kbool(w, "withdraw",
	         rv->state == REVIEW_OPEN && (x->own || (!rv->asked_by && x->ask)) &&
	                 (rv->withdraw_open || undecided(rv)));
	jw_kbool(w, "ask", x->ask && rv->state != REVIEW_OPEN && !stands);
	jw_end_obj(w);
}

static err_t write_head(struct ctx *cx, const struct review *rv, struct jw *w)
{
	jw_kint(w, "id", rv->id);
	jw_kint(w, "thread_id", rv->thread_id);
	jw_kstr(w, "entity", rv->entity);
	jw_kint(w, "entity_id", rv->entity_id);
	jw_kstr(w, "key", rv->key);
	jw_kstr(w, "title", label_in(rv->title, cx->lang));
	jw_kstr(w, "href", rv->href);
	TRY(write_record(cx, "account", "account", rv->account_id, w));
	TRY(write_record(cx, "opportunity", "opportunity", rv->opportunity_id, w));
	jw_kint(w, "round", rv->round);
	jw_kstr(w, "state", review_state_name(rv->state));
	jw_kstr(w, "rule", rv->any ? "any" : "all");
	TRY(write_user(cx, "asked_by", rv->asked_by, w));
	write_time(cx, "asked_at", rv->asked_at, w);
	write_time(cx, "ended_at", rv->ended_at, w);
	write_time(cx, "due_at", rv->due_at, w);
	jw_kbool(w, "late", rv->due_at && rv->state == REVIEW_OPEN && cx->now > rv->due_at);
	write_time(cx, "urged_at", rv->urged_at, w);
	jw_kstr(w, "returned_to", rv->returned_to);
	jw_kstr(w, "returned_text", rv->returned_text);
	return ERR_OK;
}

err_t review_write(struct ctx *cx, i64 id, struct jw *w)
{
	struct review *rv, *last;
	struct review_in in;
	const struct review_subject *sub;
	struct rights x;
	bool see;
	TRY(review_load(cx, id, &rv));
	TRY(review_may_see(cx, rv, &see));
	if (!see)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	/* The record may be gone since: then the round shows what it was about. */
	err_t gone = review_look(cx, rv, &sub, &in);
	if (gone && gone != ERR_NOT_FOUND)
		return gone;
	errs_clear(&cx->e);
	bool stands = !gone && rv->state == REVIEW_APPROVED && review_stands(rv, in.parts, in.n);
	TRY(review_latest(cx, rv->entity, rv->entity_id, rv->key, &last));
	TRY(rights_of(cx, rv, gone ? NULL : sub, &x));
	jw_obj(w);
	TRY(write_head(cx, rv, w));
	jw_kbool(w, "newest", last->id == rv->id);
	/* Approved, and still what was approved. */
	jw_kbool(w, "stands", stands);
	TRY(write_parts(cx, rv, gone ? NULL : &in, w));
	jw_key(w, "seats");
	jw_arr(w);
	for (size_t i = 0; i < rv->n; i++)
		TRY(write_seat(cx, rv, &rv->seats[i], x.mine >> i & 1, w));
	jw_end_arr(w);
	TRY(write_opinions(cx, rv, w));
	TRY(write_rounds(cx, rv, w));
	TRY(write_copies(cx, rv, w));
	TRY(write_places(cx, rv, gone ? NULL : sub, w));
	x.ask &= last->id == rv->id;
	bool ready = !gone && (!sub->ready || !sub->ready(cx, rv->entity_id, rv->key));
	errs_clear(&cx->e);
	write_rights(rv, &x, ready, stands, w);
	jw_end_obj(w);
	return ERR_OK;
}

/* -- comparing -- */

static err_t write_side(struct ctx *cx, const char *key, const struct review *rv, struct jw *w)
{
	jw_key(w, key);
	jw_obj(w);
	jw_kint(w, "id", rv->id);
	jw_kint(w, "round", rv->round);
	jw_kstr(w, "state", review_state_name(rv->state));
	write_time(cx, "asked_at", rv->asked_at, w);
	TRY(write_user(cx, "asked_by", rv->asked_by, w));
	jw_kstr(w, "returned_text", rv->returned_text);
	jw_end_obj(w);
	return ERR_OK;
}

static void write_content(const char *key, const struct review_part *p, struct jw *w)
{
	jw_key(w, key);
	if (!p->key) {
		jw_null(w);
		return;
	}
	jw_obj(w);
	jw_kstr(w, "hash", p->hash);
	jw_kstr(w, "text", p->text);
	jw_key(w, "attachment_id");
	if (p->attachment_id)
		jw_int(w, p->attachment_id);
	else
		jw_null(w);
	jw_end_obj(w);
}

/* The round itself as it was asked first, when there is none before it. */
static err_t other_round(struct ctx *cx, const struct review *rv, i64 with, struct review **out)
{
	if (!with)
		TRY(db_one_i64(cx->c,
		               "select id from review where thread_id = ? and round = ?"
		               " and deleted_at is null",
		               ARGS(vi(rv->thread_id), vi(rv->round - 1)), &with, NULL));
	TRY(review_load(cx, with ? with : rv->id, out));
	return (*out)->thread_id == rv->thread_id ? ERR_OK : cx_err(cx, ERR_NOT_FOUND, NULL);
}

err_t review_compare(struct ctx *cx, i64 id, i64 with, struct jw *w)
{
	struct review *rv, *was;
	struct kept now[REVIEW_PARTS_MAX] = {0}, then[REVIEW_PARTS_MAX] = {0};
	bool see;
	TRY(review_load(cx, id, &rv));
	TRY(review_may_see(cx, rv, &see));
	if (!see)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	TRY(other_round(cx, rv, with, &was));
	TRY(kept_parts(cx, rv, now));
	TRY(kept_parts(cx, was, then));
	jw_obj(w);
	TRY(write_side(cx, "before", was, w));
	TRY(write_side(cx, "after", rv, w));
	jw_key(w, "parts");
	jw_arr(w);
	for (size_t i = 0; i < rv->n_parts; i++) {
		int k = part_index(was, rv->parts[i].key);
		struct review_part none = {0}, *old = k < 0 ? &none : &then[k].last;
		if (was->id == rv->id)
			old = &now[i].first;
		jw_obj(w);
		jw_kstr(w, "key", rv->parts[i].key);
		jw_kstr(w, "label", rv->parts[i].label);
		jw_kbool(w, "changed", !text_eq(old->hash, now[i].last.hash));
		write_content("before", old, w);
		write_content("after", &now[i].last, w);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	TRY(write_opinions(cx, rv, w));
	jw_end_obj(w);
	return ERR_OK;
}
