/* Asking, asking again, and what a change of the subject does to a round. */
#include <string.h>

#include "base/text.h"
#include "review/engine.h"

enum { PAYLOAD_MAX = 4 * 1024 * 1024 };

struct jw payload_new(struct ctx *cx)
{
	struct jw w = jw_new(cx->a, PAYLOAD_MAX);
	jw_obj(&w);
	return w;
}

static err_t emit(struct ctx *cx, struct review *rv, const char *kind, struct jw *w)
{
	jw_end_obj(w);
	return review_emit(cx, rv, kind, w);
}

/* -- telling people -- */

static const char *href_of(struct ctx *cx, const struct review *rv)
{
	return rv->href ? rv->href : arena_printf(cx->a, "/reviews/%lld", (long long)rv->id);
}

err_t tell_user(struct ctx *cx, const struct review *rv, i64 user_id, const char *notice,
                const char *text)
{
	return notify_user(cx,
	                   &(struct notice){.user_id = user_id,
	                                    .kind = notice,
	                                    .entity = "review",
	                                    .entity_id = rv->id,
	                                    .title = label_in(rv->title, notice_lang(cx, user_id)),
	                                    .body = text,
	                                    .href = href_of(cx, rv)});
}

err_t tell_seat(struct ctx *cx, const struct review *rv, const struct seat *s, const char *notice,
                const char *text)
{
	struct decider *d;
	size_t n;
	bool first;
	TRY(seat_deciders(cx, rv, s, &d, &n));
	for (size_t i = 0; i < n; i++) {
		const char *why = d[i].adrift      ? "administrator"
		                  : d[i].behalf_id ? "substitute"
		                                   : "seat";
		TRY(review_involve(cx, rv, d[i].user_id, why, &first));
		TRY(tell_user(cx, rv, d[i].user_id, notice, text));
	}
	return ERR_OK;
}

struct moment review_moment(const struct review *rv)
{
	struct moment m = {.state = rv->state};
	for (size_t i = 0; i < rv->n; i++)
		m.pending |= rv->seats[i].state == SEAT_PENDING ? 1ULL << i : 0;
	return m;
}

/* The result of the whole: its event, the asker and whoever else is told. */
static err_t emit_result(struct ctx *cx, struct review *rv)
{
	static const char *const kinds[] = {[REVIEW_OPEN] = "review.reopened",
	                                    [REVIEW_APPROVED] = "review.approved",
	                                    [REVIEW_RETURNED] = "review.returned"};
	if (rv->state > REVIEW_RETURNED)
		return ERR_OK;
	struct jw w = payload_new(cx);
	jw_kstr(&w, "title", rv->title.zh);
	jw_kstr(&w, "entity", rv->entity);
	jw_kint(&w, "entity_id", rv->entity_id);
	jw_kstr(&w, "key", rv->key);
	jw_kint(&w, "round", rv->round);
	if (rv->state == REVIEW_RETURNED) {
		jw_kstr(&w, "to", rv->returned_to);
		jw_kstr(&w, "text", rv->returned_text);
	}
	return emit(cx, rv, kinds[rv->state], &w);
}

static err_t tell_result(struct ctx *cx, const struct review *rv)
{
	if (rv->state != REVIEW_APPROVED && rv->state != REVIEW_RETURNED)
		return ERR_OK;
	const char *notice = rv->state == REVIEW_APPROVED ? "review_approved" : "review_returned";
	TRY(tell_user(cx, rv, rv->asked_by, notice, rv->returned_text));
	return rv->tell == rv->asked_by ? ERR_OK
	                                : tell_user(cx, rv, rv->tell, notice, rv->returned_text);
}

err_t review_conclude(struct ctx *cx, struct review *rv, const struct moment *before,
                      const char *notice)
{
	bool turned = rv->state != before->state;
	if (turned)
		TRY(emit_result(cx, rv));
	TRY(review_save(cx, rv));
	for (size_t i = 0; i < rv->n; i++)
		if (rv->seats[i].state == SEAT_PENDING && !(before->pending >> i & 1))
			TRY(tell_seat(cx, rv, &rv->seats[i], notice, NULL));
	if (!turned)
		return ERR_OK;
	TRY(tell_result(cx, rv));
	const struct review_subject *sub = review_subject_find(rv->entity);
	return sub && sub->decided ? sub->decided(cx, rv) : ERR_OK;
}

err_t review_look(struct ctx *cx, const struct review *rv, const struct review_subject **sub,
                  struct review_in *in)
{
	*in = (struct review_in){.entity = rv->entity, .id = rv->entity_id, .key = rv->key};
	*sub = review_subject_find(rv->entity);
	return *sub ? (*sub)->look(cx, in) : cx_err(cx, ERR_NOT_FOUND, NULL);
}

/* -- asking -- */

/* Its approval of the round before, when that was of the same parts with the same hashes. */
static const struct seat *standing(const struct review *was, const struct review *rv,
                                   const struct seat *s)
{
	if (!was || (was->state != REVIEW_RETURNED && was->state != REVIEW_SUPERSEDED) ||
	    was->n_parts != rv->n_parts)
		return NULL;
	for (size_t i = 0; i < rv->n_parts; i++)
		if (!text_eq(was->parts[i].key, rv->parts[i].key))
			return NULL;
	for (const struct seat *o = was->seats; o < was->seats + was->n; o++)
		if (o->place == PLACE_ROOT && !o->added_by && text_eq(o->who, s->who) &&
		    seat_satisfied(was, o) && seat_parts(was, o) == seat_parts(rv, s) &&
		    seat_holds(rv, o))
			return o;
	return NULL;
}

static struct seat seat_made(struct ctx *cx, const struct review *rv, const struct review *was,
                             const struct review_seat_in *in, int no)
{
	struct seat s = {.no = no,
	                 .step = in->step ? in->step : 1,
	                 .parts = in->parts,
	                 .role = in->role,
	                 .user_id = in->user_id,
	                 .hint_zh = in->hint.zh,
	                 .hint_en = in->hint.en};
	s.who = in->role ? in->role : arena_printf(cx->a, "user %lld", (long long)in->user_id);
	const struct seat *o = standing(was, rv, &s);
	if (!o)
		return s;
	s.carried = o->carried ? o->carried : was->round;
	s.decided_at = o->decided_at;
	s.decided_by = o->decided_by;
	s.behalf_id = o->behalf_id;
	s.text = o->text;
	s.hashes = o->hashes;
	return s;
}

static void write_parts(const struct review *rv, struct jw *w)
{
	jw_key(w, "parts");
	jw_arr(w);
	for (size_t i = 0; i < rv->n_parts; i++) {
		jw_obj(w);
		jw_kstr(w, "key", rv->parts[i].key);
		jw_kstr(w, "label", rv->parts[i].label);
		jw_kstr(w, "hash", rv->parts[i].hash);
		jw_end_obj(w);
	}
	jw_end_arr(w);
}

static err_t emit_asked(struct ctx *cx, struct review *rv, const struct review *was,
                        const struct review_in *in, const char *text)
{
	struct jw w = payload_new(cx);
	jw_kstr(&w, "title", rv->title.zh);
	jw_kstr(&w, "entity", rv->entity);
	jw_kint(&w, "entity_id", rv->entity_id);
	jw_kstr(&w, "key", rv->key);
	jw_kint(&w, "thread", rv->thread_id);
	jw_kint(&w, "round", rv->round);
	jw_kbool(&w, "any", in->policy.any);
	jw_kbool(&w, "not_asker", in->policy.not_asker);
	jw_kbool(&w, "withdraw_open", in->policy.withdraw_open);
	jw_kint(&w, "due_at", in->policy.due_at);
	jw_kstr(&w, "text", text);
	write_parts(rv, &w);
	jw_key(&w, "seats");
	jw_arr(&w);
	for (size_t i = 0; i < in->policy.n; i++) {
		struct seat s = seat_made(cx, rv, was, &in->policy.seats[i], (int)i + 1);
		write_seat_made(rv, &s, &w);
	}
	jw_end_arr(&w);
	return emit(cx, rv, "review.asked", &w);
}

static err_t need_parts(struct ctx *cx, const struct review_in *in)
{
	if (!in->n || in->n > REVIEW_PARTS_MAX || !in->policy.n ||
	    in->policy.n > REVIEW_SEATS_MAX / 2)
		return cx_fail(cx, ERR_INTERNAL, "review of %s %lld: %zu parts, %zu seats",
		               in->entity, (long long)in->id, in->n, in->policy.n);
	for (size_t i = 0; i < in->n; i++)
		if (!in->parts[i].hash)
			return cx_err(cx, ERR_CONFLICT,
			              EP({"reason",
			                  arena_printf(cx->a,
			                               cx->lang == LANG_EN ? "%s is not there yet"
			                                                   : "%s 尚未提交",
			                               in->parts[i].label)}));
	return ERR_OK;
}

static err_t supersede(struct ctx *cx, struct review *rv)
{
	struct jw w = payload_new(cx);
	jw_kint(&w, "round", rv->round);
	TRY(emit(cx, rv, "review.superseded", &w));
	return review_save(cx, rv);
}

err_t review_ask(struct ctx *cx, const struct review_in *in, const char *text, i64 *id)
{
	struct review *was, *rv = ARENA_NEW(cx->a, struct review);
	TRY(need_parts(cx, in));
	TRY(review_latest(cx, in->entity, in->id, in->key, &was));
	if (was && was->state == REVIEW_OPEN) {
		TRY(review_take(cx, was->id, &was));
		TRY(supersede(cx, was));
	}
	*rv = (struct review){.entity = in->entity,
	                      .entity_id = in->id,
	                      .key = in->key,
	                      .round = was ? was->round + 1 : 1,
	                      .thread_id = was ? was->thread_id : 0,
	                      .title = in->about.title,
	                      .href = in->about.href,
	                      .account_id = in->about.account_id,
	                      .opportunity_id = in->about.opportunity_id,
	                      .tell = in->about.tell,
	                      .n_parts = in->n,
	                      .opinions = was ? was->opinions : NULL,
	                      .n_opinions = was ? was->n_opinions : 0};
	memcpy(rv->parts, in->parts, in->n * sizeof *in->parts);
	TRY(review_insert(cx, rv));
	TRY(emit_asked(cx, rv, was, in, text));
	TRY(review_keep_parts(cx, rv, in->parts, in->n));
	*id = rv->id;
	return review_conclude(cx, rv, &(struct moment){.state = REVIEW_OPEN}, "review_asked");
}

err_t review_supersede(struct ctx *cx, const char *entity, i64 id, const char *key)
{
	struct review *rv;
	TRY(review_latest(cx, entity, id, key, &rv));
	if (!rv || rv->state != REVIEW_OPEN)
		return ERR_OK;
	TRY(review_take(cx, rv->id, &rv));
	return supersede(cx, rv);
}

struct again {
	i64 review_id, id;
	const char *text;
};

static err_t again(struct ctx *cx, void *arg)
{
	struct again *g = arg;
	struct review *rv, *last;
	struct review_in in;
	const struct review_subject *sub;
	bool see, may, en = cx->lang == LANG_EN;
	TRY(review_take(cx, g->review_id, &rv));
	TRY(review_may_see(cx, rv, &see));
	if (!see)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	TRY(review_look(cx, rv, &sub, &in));
	TRY(sub->may_ask(cx, rv->entity_id, rv->key, &may));
	if (!may)
		return cx_err(cx, ERR_FORBIDDEN, NULL);
	TRY(review_latest(cx, rv->entity, rv->entity_id, rv->key, &last));
	if (last->state == REVIEW_OPEN)
		return cx_err(cx, ERR_CONFLICT,
		              EP({"reason", en ? "it was asked for already" : "已经在评审中"}));
	if (last->state == REVIEW_APPROVED && review_stands(last, in.parts, in.n))
		return cx_err(
			cx, ERR_CONFLICT,
			EP({"reason", en ? "it is approved as it is" : "当前内容已通过评审"}));
	return review_ask(cx, &in, g->text, &g->id);
}

err_t review_ask_again(struct ctx *cx, i64 review_id, const char *text, i64 *id)
{
	struct again g = {review_id, 0, text};
	TRY(ctx_write(cx, again, &g));
	*id = g.id;
	return ERR_OK;
}

/* -- after a change of the subject -- */

static bool content_differs(const struct review *rv, const struct review_in *in)
{
	for (size_t i = 0; i < in->n; i++) {
		int k = part_index(rv, in->parts[i].key);
		if (k >= 0 && !text_eq(rv->parts[k].hash, in->parts[i].hash))
			return true;
	}
	return false;
}

/* A seat of the policy whose player is another person now. */
static bool player_differs(const struct review *rv, const struct review_in *in, size_t i)
{
	const struct seat *s = &rv->seats[i];
	return s->role && !s->added_by && !s->handed_by && !seat_decided(s) &&
	       text_eq(s->role, in->policy.seats[i].role) &&
	       s->user_id != in->policy.seats[i].user_id;
}

static bool players_differ(const struct review *rv, const struct review_in *in)
{
	for (size_t i = 0; rv->state == REVIEW_OPEN && i < in->policy.n && i < rv->n; i++)
		if (player_differs(rv, in, i))
			return true;
	return false;
}

bool review_differs(const struct review *rv, const struct review_in *in)
{
	return (rv->state == REVIEW_OPEN || rv->state == REVIEW_APPROVED) &&
	       (content_differs(rv, in) || players_differ(rv, in));
}

static err_t emit_changed(struct ctx *cx, struct review *rv, const struct review_in *in, u32 *which)
{
	struct review now = *rv;
	u64 reopened = review_content(&now, in->parts, in->n);
	struct jw w = payload_new(cx);
	jw_kint(&w, "round", rv->round);
	write_parts(&now, &w);
	*which = 0;
	for (size_t i = 0; i < rv->n_parts; i++)
		*which |= text_eq(now.parts[i].hash, rv->parts[i].hash) ? 0 : 1U << i;
	jw_key(&w, "changed");
	write_part_keys(rv, *which, &w);
	jw_key(&w, "reopened");
	jw_arr(&w);
	for (size_t i = 0; i < rv->n; i++)
		if (reopened >> i & 1)
			jw_int(&w, rv->seats[i].no);
	jw_end_arr(&w);
	return emit(cx, rv, "review.changed", &w);
}

static err_t emit_assigned(struct ctx *cx, struct review *rv, const struct review_in *in)
{
	struct jw w = payload_new(cx);
	jw_kint(&w, "round", rv->round);
	jw_key(&w, "seats");
	jw_arr(&w);
	for (size_t i = 0; i < in->policy.n && i < rv->n; i++) {
		if (!player_differs(rv, in, i))
			continue;
		jw_obj(&w);
		jw_kint(&w, "no", rv->seats[i].no);
		jw_kint(&w, "user_id", in->policy.seats[i].user_id);
		jw_end_obj(&w);
	}
	jw_end_arr(&w);
	return emit(cx, rv, "review.assigned", &w);
}

err_t review_renew(struct ctx *cx, struct review *rv, const struct review_in *in, bool *content)
{
	u32 which = 0;
	*content = content_differs(rv, in);
	if (!review_differs(rv, in))
		return ERR_OK;
	struct moment before = review_moment(rv);
	if (*content) {
		TRY(emit_changed(cx, rv, in, &which));
		TRY(review_keep_parts(cx, rv, in->parts, in->n));
	}
	/* Who was asked already and has not decided looks at something else now. */
	for (size_t i = 0; i < rv->n; i++)
		if (which & seat_parts(rv, &rv->seats[i]))
			before.pending &= ~(1ULL << i);
	u64 asked = before.pending;
	for (size_t i = 0; players_differ(rv, in) && i < in->policy.n && i < rv->n; i++)
		asked &= player_differs(rv, in, i) ? ~(1ULL << i) : ~0ULL;
	before.pending = asked;
	if (players_differ(rv, in))
		TRY(emit_assigned(cx, rv, in));
	return review_conclude(cx, rv, &before, which ? "review_changed" : "review_asked");
}

err_t review_sync(struct ctx *cx, const struct review_in *in)
{
	struct review *rv;
	bool any;
	TRY(review_latest(cx, in->entity, in->id, in->key, &rv));
	if (!rv || !review_differs(rv, in))
		return ERR_OK;
	TRY(review_take(cx, rv->id, &rv));
	return review_renew(cx, rv, in, &any);
}

err_t review_is_approved(struct ctx *cx, const char *entity, i64 id, const char *key, bool *yes)
{
	struct review *rv;
	struct review_in in;
	const struct review_subject *sub;
	*yes = false;
	TRY(review_latest(cx, entity, id, key, &rv));
	if (!rv || rv->state != REVIEW_APPROVED)
		return ERR_OK;
	TRY(review_look(cx, rv, &sub, &in));
	*yes = review_stands(rv, in.parts, in.n);
	return ERR_OK;
}
