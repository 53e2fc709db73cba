/* What people do with a round: approve, return, add, hand over, withdraw, urge, copy, opine. */
#include <string.h>

#include "base/text.h"
#include "review/engine.h"

enum { TEXT_MAX = 4000, COPIES_MAX = 50 };

static err_t conflict(struct ctx *cx, const char *zh, const char *en)
{
	return cx_err(cx, ERR_CONFLICT, EP({"reason", cx->lang == LANG_EN ? en : zh}));
}

static err_t rule(struct ctx *cx, const char *field, const char *zh, const char *en)
{
	errs_field(&cx->e, field, ERR_RULE, EP({"reason", cx->lang == LANG_EN ? en : zh}));
	return errs_invalid(&cx->e);
}

/* NULL when empty; a field error when too long. */
static const char *said(struct ctx *cx, const char *field, const char *s, size_t max)
{
	s = s ? text_trim(cx->a, s) : NULL;
	if (s && utf8_count(s) > max)
		errs_field(&cx->e, field, ERR_TOO_LONG,
		           EP({"max", arena_printf(cx->a, "%zu", max)}));
	return s && *s ? s : NULL;
}

static err_t take_seen(struct ctx *cx, i64 id, struct review **rv)
{
	bool see;
	TRY(review_take(cx, id, rv));
	TRY(review_may_see(cx, *rv, &see));
	return see ? ERR_OK : cx_err(cx, ERR_NOT_FOUND, NULL);
}

static err_t need_open(struct ctx *cx, const struct review *rv)
{
	const struct review_subject *sub = review_subject_find(rv->entity);
	if (rv->state != REVIEW_OPEN)
		return conflict(cx, "这一轮评审已经结束", "this round has ended");
	return sub && sub->ready ? sub->ready(cx, rv->entity_id, rv->key) : ERR_OK;
}

/* The actor's seat that may decide now: the one named, else the first. */
static err_t my_seat(struct ctx *cx, struct review *rv, int no, struct seat **out,
                     const struct decider **how)
{
	bool later = false;
	for (size_t i = 0; i < rv->n; i++) {
		struct seat *s = &rv->seats[i];
		if (no && s->no != no)
			continue;
		TRY(seat_mine(cx, rv, s, how));
		if (*how && s->state == SEAT_PENDING) {
			*out = s;
			return ERR_OK;
		}
		later |= *how != NULL;
	}
	if (later)
		return conflict(cx, "还没轮到您评审，或者您已经评审过",
		                "it is not your turn, or you decided already");
	return cx_err(cx, ERR_NOT_REVIEWER, NULL);
}

/* Brings the round up to what the subject is now; a decision on something else is refused. */
static err_t bring_up(struct ctx *cx, struct review *rv, const struct seat *s, const json_t *seen,
                      const struct decider **how)
{
	struct review_in in;
	const struct review_subject *sub;
	bool any;
	TRY(review_look(cx, rv, &sub, &in));
	TRY(review_renew(cx, rv, &in, &any));
	TRY(seat_mine(cx, rv, s, how));
	if (!*how)
		return cx_err(cx, ERR_NOT_REVIEWER, NULL);
	if (any && !seen)
		return cx_err(cx, ERR_STALE_APPROVAL, NULL);
	for (size_t i = 0; i < rv->n_parts; i++) {
		const char *h = json_text(seen, rv->parts[i].key);
		if (h && !text_eq(h, rv->parts[i].hash))
			return cx_err(cx, ERR_STALE_APPROVAL, NULL);
	}
	if (s->state != SEAT_PENDING)
		return conflict(cx, "内容变更后须由前面的评审人先行评审",
		                "after the change those before you decide first");
	return ERR_OK;
}

/* The members that every decision has. */
static struct jw decision(struct ctx *cx, const struct review *rv, const struct seat *s,
                          const struct decider *how, const char *text)
{
	struct jw w = payload_new(cx);
	u32 parts = seat_parts(rv, s);
	jw_kint(&w, "round", rv->round);
	jw_kint(&w, "seat", s->no);
	jw_kstr(&w, "who", s->who);
	jw_kint(&w, "behalf_id", how->behalf_id);
	jw_kbool(&w, "adrift", how->adrift);
	jw_kstr(&w, "text", text);
	jw_key(&w, "hashes");
	jw_obj(&w);
	for (size_t i = 0; i < rv->n_parts; i++)
		if (parts >> i & 1)
			jw_kstr(&w, rv->parts[i].key, rv->parts[i].hash);
	jw_end_obj(&w);
	return w;
}

static err_t emit(struct ctx *cx, struct review *rv, const char *kind, struct jw *w)
{
	jw_end_obj(w);
	return review_emit(cx, rv, kind, w);
}

static err_t approve(struct ctx *cx, void *arg)
{
	const struct review_verdict *v = arg;
	struct review *rv;
	struct seat *s;
	const struct decider *how;
	TRY(take_seen(cx, v->review_id, &rv));
	TRY(need_open(cx, rv));
	TRY(my_seat(cx, rv, v->seat, &s, &how));
	TRY(bring_up(cx, rv, s, v->hashes, &how));
	const char *text = said(cx, "text", v->text, TEXT_MAX);
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	const struct opinion *o = review_blocked(rv, s);
	if (o)
		return conflict(cx, arena_printf(cx->a, "还有必改意见未处理：%s", o->text),
		                arena_printf(cx->a,
		                             "an opinion that must be dealt with is open: %s",
		                             o->text));
	struct moment before = review_moment(rv);
	struct jw w = decision(cx, rv, s, how, text);
	TRY(emit(cx, rv, "review.seat_approved", &w));
	return review_conclude(cx, rv, &before, "review_asked");
}

err_t review_approve(struct ctx *cx, const struct review_verdict *v)
{
	return ctx_write(cx, approve, (void *)(uintptr_t)v);
}

/* A return says why: in words, or by an opinion of this round. */
static bool has_opinion(const struct review *rv, const struct seat *s)
{
	for (size_t i = 0; i < rv->n_opinions; i++)
		if (rv->opinions[i].round == rv->round && rv->opinions[i].seat == s->no)
			return true;
	return false;
}

static err_t check_place(struct ctx *cx, const struct review *rv, const char *to)
{
	const struct review_subject *sub = review_subject_find(rv->entity);
	struct review_place *places = NULL;
	size_t n = 0;
	if (!to)
		return ERR_OK;
	if (sub && sub->places)
		TRY(sub->places(cx, rv->entity_id, rv->key, &places, &n));
	for (size_t i = 0; i < n; i++)
		if (text_eq(places[i].code, to))
			return ERR_OK;
	errs_field(&cx->e, "to", ERR_REF, EP({"what", cx->lang == LANG_EN ? "node" : "节点"}));
	return ERR_OK;
}

static err_t give_back(struct ctx *cx, void *arg)
{
	const struct review_verdict *v = arg;
	struct review *rv;
	struct seat *s;
	const struct decider *how;
	TRY(take_seen(cx, v->review_id, &rv));
	TRY(need_open(cx, rv));
	TRY(my_seat(cx, rv, v->seat, &s, &how));
	TRY(bring_up(cx, rv, s, v->hashes, &how));
	const char *text = said(cx, "text", v->text, TEXT_MAX);
	if (!text && !has_opinion(rv, s))
		errs_field(&cx->e, "text", ERR_REQUIRED, NULL);
	TRY(check_place(cx, rv, v->to));
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	struct moment before = review_moment(rv);
	struct jw w = decision(cx, rv, s, how, text);
	jw_kstr(&w, "to", v->to);
	TRY(emit(cx, rv, "review.seat_returned", &w));
	return review_conclude(cx, rv, &before, "review_asked");
}

err_t review_return(struct ctx *cx, const struct review_verdict *v)
{
	return ctx_write(cx, give_back, (void *)(uintptr_t)v);
}

/* -- other people -- */

static err_t check_user(struct ctx *cx, const struct review *rv, i64 user_id)
{
	bool able = false;
	if (user_id)
		TRY(user_able(cx, user_id, &able));
	if (!able)
		return rule(cx, "user_id", "该用户不存在、已停用或没有评审权限",
		            "There is no such active user, or they may not decide reviews");
	if (rv->not_asker && user_id == rv->asked_by)
		return rule(cx, "user_id", "申请人不能评审自己的申请",
		            "Whoever asks does not decide");
	for (size_t i = 0; i < rv->n; i++)
		if (rv->seats[i].user_id == user_id && !seat_decided(&rv->seats[i]))
			return rule(cx, "user_id", "该用户已是这一轮的评审人",
			            "This user is a reviewer of this round already");
	return ERR_OK;
}

static err_t add(struct ctx *cx, void *arg)
{
	const struct review_addition *ad = arg;
	struct review *rv;
	struct seat *at;
	const struct decider *how;
	TRY(take_seen(cx, ad->review_id, &rv));
	TRY(need_open(cx, rv));
	TRY(my_seat(cx, rv, ad->seat, &at, &how));
	struct seat s = {.no = (int)rv->n + 1,
	                 .step = at->step,
	                 .parts = json_is_array(ad->parts) ? read_part_keys(rv, ad->parts)
	                                                   : at->parts,
	                 .user_id = ad->user_id,
	                 .who = arena_printf(cx->a, "user %lld", (long long)ad->user_id),
	                 .added_by = cx->actor->id,
	                 .place = at->place,
	                 .anchor = at->anchor};
	bool before = text_eq(ad->place, "before"), after = text_eq(ad->place, "after");
	if (!before && !after && !text_eq(ad->place, "parallel"))
		errs_field(&cx->e, "place", ERR_ENUM,
		           EP({"value", ad->place ? ad->place : ""},
		              {"allowed", "before, after, parallel"}));
	if (json_is_array(ad->parts) && !s.parts)
		errs_field(&cx->e, "parts", ERR_REQUIRED, NULL);
	const char *text = said(cx, "text", ad->text, TEXT_MAX);
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	TRY(check_user(cx, rv, ad->user_id));
	if (rv->n == REVIEW_SEATS_MAX)
		return conflict(cx, "评审人已达上限",
		                "there are as many reviewers as there can be");
	if (before || after) {
		s.place = before ? PLACE_BEFORE : PLACE_AFTER;
		s.anchor = at->no;
	}
	struct moment was = review_moment(rv);
	struct jw w = payload_new(cx);
	jw_kint(&w, "round", rv->round);
	jw_kint(&w, "seat", at->no);
	jw_kstr(&w, "place", ad->place);
	jw_kstr(&w, "text", text);
	jw_key(&w, "made");
	write_seat_made(rv, &s, &w);
	TRY(emit(cx, rv, "review.seat_added", &w));
	return review_conclude(cx, rv, &was, "review_asked");
}

err_t review_add(struct ctx *cx, const struct review_addition *ad)
{
	return ctx_write(cx, add, (void *)(uintptr_t)ad);
}

struct hand {
	i64 review_id, user_id;
	int seat;
	const char *text;
};

static err_t hand_over(struct ctx *cx, void *arg)
{
	const struct hand *h = arg;
	struct review *rv;
	struct seat *s;
	const struct decider *how;
	TRY(take_seen(cx, h->review_id, &rv));
	TRY(need_open(cx, rv));
	TRY(my_seat(cx, rv, h->seat, &s, &how));
	TRY(check_user(cx, rv, h->user_id));
	const char *text = said(cx, "text", h->text, TEXT_MAX);
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	struct moment before = review_moment(rv);
	before.pending &= ~(1ULL << (s->no - 1));
	struct jw w = payload_new(cx);
	jw_kint(&w, "round", rv->round);
	jw_kint(&w, "seat", s->no);
	jw_kint(&w, "from", s->user_id ? s->user_id : cx->actor->id);
	jw_kint(&w, "to", h->user_id);
	jw_kstr(&w, "text", text);
	TRY(emit(cx, rv, "review.handed_over", &w));
	return review_conclude(cx, rv, &before, "review_asked");
}

err_t review_hand_over(struct ctx *cx, i64 review_id, int seat, i64 user_id, const char *text)
{
	struct hand h = {review_id, user_id, seat, text};
	return ctx_write(cx, hand_over, &h);
}

/* -- the asker -- */

struct words {
	i64 review_id;
	const char *text;
	const json_t *users;
	int opinion;
};

/* Who asked, who may ask, or who administers reviews. */
static err_t need_asker(struct ctx *cx, const struct review *rv, bool *yes)
{
	const struct review_subject *sub = review_subject_find(rv->entity);
	*yes = rv->asked_by == cx->actor->id || review_administers(cx);
	return *yes || !sub ? ERR_OK : sub->may_ask(cx, rv->entity_id, rv->key, yes);
}

static err_t withdraw(struct ctx *cx, void *arg)
{
	const struct words *x = arg;
	struct review *rv;
	TRY(take_seen(cx, x->review_id, &rv));
	bool may = rv->asked_by == cx->actor->id || review_administers(cx);
	/* What the clock asked is taken back by whoever could have asked. */
	if (!may && !rv->asked_by)
		TRY(need_asker(cx, rv, &may));
	if (!may)
		return cx_err(cx, ERR_FORBIDDEN, NULL);
	TRY(need_open(cx, rv));
	for (size_t i = 0; !rv->withdraw_open && i < rv->n; i++)
		if (rv->seats[i].state == SEAT_APPROVED && !rv->seats[i].carried)
			return conflict(cx, "已有评审人作出决定，不能撤回",
			                "a reviewer has decided; it cannot be withdrawn");
	const char *text = said(cx, "text", x->text, TEXT_MAX);
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	struct moment before = review_moment(rv);
	struct jw w = payload_new(cx);
	jw_kint(&w, "round", rv->round);
	jw_kstr(&w, "text", text);
	TRY(emit(cx, rv, "review.withdrawn", &w));
	for (size_t i = 0; i < rv->n; i++)
		if (before.pending >> i & 1)
			TRY(tell_user(cx, rv, rv->seats[i].user_id, "review_withdrawn", text));
	return review_conclude(cx, rv, &before, "review_asked");
}

err_t review_withdraw(struct ctx *cx, i64 review_id, const char *text)
{
	struct words x = {.review_id = review_id, .text = text};
	return ctx_write(cx, withdraw, &x);
}

static err_t urge(struct ctx *cx, void *arg)
{
	const struct words *x = arg;
	struct review *rv;
	bool may;
	TRY(take_seen(cx, x->review_id, &rv));
	TRY(need_asker(cx, rv, &may));
	if (!may)
		return cx_err(cx, ERR_FORBIDDEN, NULL);
	TRY(need_open(cx, rv));
	i64 again = rv->urged_at + setting_i64(cx, "review.urge_hours") * US_PER_HOUR;
	if (rv->urged_at && cx->now < again)
		return cx_err(cx, ERR_THROTTLED,
		              EP({"seconds",
		                  arena_printf(cx->a, "%lld",
		                               (long long)((again - cx->now) / US_PER_SEC + 1))}));
	const char *text = said(cx, "text", x->text, TEXT_MAX);
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	struct jw w = payload_new(cx);
	jw_kint(&w, "round", rv->round);
	jw_kstr(&w, "text", text);
	TRY(emit(cx, rv, "review.urged", &w));
	for (size_t i = 0; i < rv->n; i++)
		if (rv->seats[i].state == SEAT_PENDING)
			TRY(tell_seat(cx, rv, &rv->seats[i], "review_urged", text));
	return review_save(cx, rv);
}

err_t review_urge(struct ctx *cx, i64 review_id, const char *text)
{
	struct words x = {.review_id = review_id, .text = text};
	return ctx_write(cx, urge, &x);
}

/* Does the actor sit here, decided or not? *out: the seat, the pending one first. */
static err_t sits(struct ctx *cx, struct review *rv, int no, struct seat **out,
                  const struct decider **how)
{
	*out = NULL;
	*how = NULL;
	for (size_t i = 0; i < rv->n; i++) {
		struct seat *s = &rv->seats[i];
		const struct decider *d;
		if ((no && s->no != no) || (*out && s->state != SEAT_PENDING))
			continue;
		TRY(seat_mine(cx, rv, s, &d));
		if (d) {
			*out = s;
			*how = d;
		}
	}
	return ERR_OK;
}

static err_t copy(struct ctx *cx, void *arg)
{
	const struct words *x = arg;
	struct review *rv;
	struct seat *s;
	const struct decider *how;
	bool may, first, known;
	size_t i;
	json_t *u;
	TRY(take_seen(cx, x->review_id, &rv));
	TRY(need_asker(cx, rv, &may));
	if (!may) {
		TRY(sits(cx, rv, 0, &s, &how));
		if (!s)
			return cx_err(cx, ERR_FORBIDDEN, NULL);
	}
	const char *text = said(cx, "text", x->text, TEXT_MAX);
	if (!json_array_size(x->users) || json_array_size(x->users) > COPIES_MAX)
		errs_field(&cx->e, "user_ids", ERR_REQUIRED, NULL);
	json_array_foreach(x->users, i, u)
	{
		i64 one;
		TRY(db_one_i64(cx->c,
		               "select 1 from app_user where id = ? and active = 1"
		               " and deleted_at is null",
		               ARGS(vi(json_integer_value(u))), &one, &known));
		if (!known && !errs_any_field(&cx->e))
			errs_field(&cx->e, "user_ids", ERR_REF,
			           EP({"what", cx->lang == LANG_EN ? "user" : "用户"}));
	}
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	struct jw w = payload_new(cx);
	jw_kint(&w, "round", rv->round);
	jw_key(&w, "user_ids");
	jw_json(&w, x->users);
	jw_kstr(&w, "text", text);
	TRY(emit(cx, rv, "review.copied", &w));
	json_array_foreach(x->users, i, u)
	{
		TRY(review_involve(cx, rv, json_integer_value(u), "copy", &first));
		TRY(tell_user(cx, rv, json_integer_value(u), "review_copied", text));
	}
	return ERR_OK;
}

err_t review_copy(struct ctx *cx, i64 review_id, const json_t *user_ids, const char *text)
{
	struct words x = {.review_id = review_id, .text = text, .users = user_ids};
	return ctx_write(cx, copy, &x);
}

/* -- opinions -- */

static err_t opine(struct ctx *cx, void *arg)
{
	const struct opinion_in *in = arg;
	struct review *rv;
	struct seat *s;
	const struct decider *how;
	TRY(take_seen(cx, in->review_id, &rv));
	TRY(need_open(cx, rv));
	TRY(sits(cx, rv, in->seat, &s, &how));
	if (!s)
		return cx_err(cx, ERR_NOT_REVIEWER, NULL);
	bool must_fix = text_eq(in->severity, "must_fix");
	const char *text = said(cx, "text", in->text, TEXT_MAX);
	const char *anchor = said(cx, "anchor", in->anchor, 200);
	const char *quote = said(cx, "quote", in->quote, 1000);
	if (!text && !errs_any_field(&cx->e))
		errs_field(&cx->e, "text", ERR_REQUIRED, NULL);
	if (!must_fix && !text_eq(in->severity, "advice"))
		errs_field(&cx->e, "severity", ERR_ENUM,
		           EP({"value", in->severity ? in->severity : ""},
		              {"allowed", "must_fix, advice"}));
	if (in->part && part_index(rv, in->part) < 0)
		errs_field(&cx->e, "part", ERR_REF,
		           EP({"what", cx->lang == LANG_EN ? "part" : "评审内容"}));
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	struct jw w = payload_new(cx);
	jw_kint(&w, "round", rv->round);
	jw_kint(&w, "no", rv->n_opinions ? rv->opinions[rv->n_opinions - 1].no + 1 : 1);
	jw_kint(&w, "seat", s->no);
	jw_kint(&w, "behalf_id", how->behalf_id);
	jw_kstr(&w, "part", in->part);
	jw_kstr(&w, "anchor", anchor);
	jw_kstr(&w, "quote", quote);
	jw_kbool(&w, "must_fix", must_fix);
	jw_kstr(&w, "text", text);
	TRY(emit(cx, rv, "review.opinion_added", &w));
	TRY(tell_user(cx, rv, rv->asked_by, "review_opinion", text));
	return review_save(cx, rv);
}

err_t review_opine(struct ctx *cx, const struct opinion_in *in)
{
	return ctx_write(cx, opine, (void *)(uintptr_t)in);
}

static err_t resolve(struct ctx *cx, void *arg)
{
	const struct words *x = arg;
	struct review *rv;
	struct opinion *o = NULL;
	bool may;
	TRY(take_seen(cx, x->review_id, &rv));
	for (size_t i = 0; i < rv->n_opinions; i++)
		if (rv->opinions[i].no == x->opinion)
			o = &rv->opinions[i];
	if (!o)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	TRY(need_asker(cx, rv, &may));
	may |= o->author_id == cx->actor->id;
	for (size_t i = 0; !may && i < rv->n; i++) {
		const struct decider *d = NULL;
		if (text_eq(rv->seats[i].who, o->who))
			TRY(seat_mine(cx, rv, &rv->seats[i], &d));
		may = d != NULL;
	}
	if (!may)
		return cx_err(cx, ERR_FORBIDDEN, NULL);
	if (o->resolved_at)
		return conflict(cx, "该意见已处理", "it is resolved already");
	const char *text = said(cx, "text", x->text, TEXT_MAX);
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	struct jw w = payload_new(cx);
	jw_kint(&w, "round", rv->round);
	jw_kint(&w, "no", o->no);
	jw_kstr(&w, "text", text);
	TRY(emit(cx, rv, "review.opinion_resolved", &w));
	TRY(tell_user(cx, rv, o->author_id, "review_resolved", text ? text : o->text));
	return review_save(cx, rv);
}

err_t review_resolve(struct ctx *cx, i64 review_id, int opinion, const char *text)
{
	struct words x = {.review_id = review_id, .text = text, .opinion = opinion};
	return ctx_write(cx, resolve, &x);
}
