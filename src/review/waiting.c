/* What waits for one person: the seats they may decide for now. */
#include <string.h>

#include "base/text.h"
#include "review/engine.h"

enum { WAITING_MAX = 200, IDS_MAX = 1000 };

/* " or (user_id is null and role in (…))" */
static void by_roles(struct ctx *cx, const char *roles, struct sqlb *q)
{
	for (const char *p = roles; p && *p && p[1]; p = strchr(p + 1, ',')) {
		const char *role = arena_strndup(cx->a, p + 1, strcspn(p + 1, ","));
		sqlb_add(q, " or (s.user_id is null and s.role = ");
		sqlb_val(q, vt(role));
		sqlb_add(q, ")");
	}
}

/* Seats that could be the actor's: their own, their roles', those of whom they stand in for, and
 * for an administrator those of people who cannot decide. seat_mine() has the last word. */
static err_t candidates(struct ctx *cx, struct sqlb *q)
{
	i64 *absent;
	size_t n;
	sqlb_add(q, "t.state = 'open' and t.id in (select s.review_id from review_seat s"
	            " where s.state = 'pending' and (s.user_id = ");
	sqlb_val(q, vi(cx->actor->id));
	by_roles(cx, cx->actor->roles, q);
	TRY(substituted_by(cx, cx->actor->id, &absent, &n));
	for (size_t i = 0; i < n; i++) {
		const char *roles = NULL;
		sqlb_add(q, " or s.user_id = ");
		sqlb_val(q, vi(absent[i]));
		TRY(db_one_text(cx->c, "select roles from app_user where id = ?",
		                ARGS(vi(absent[i])), &roles));
		by_roles(cx, roles, q);
	}
	/* Told by the clock, or when it was asked, that nobody else can. */
	if (review_administers(cx)) {
		sqlb_add(q, " or exists (select 1 from review_person p where p.review_id ="
		            " s.review_id and p.why = 'administrator' and p.user_id = ");
		sqlb_val(q, vi(cx->actor->id));
		sqlb_add(q, ")");
	}
	sqlb_add(q, ")) and not exists (select 1 from opportunity o where o.id ="
	            " t.opportunity_id and (o.deleted_at is not null"
	            " or o.outcome in ('lost', 'void')))");
	return ERR_OK;
}

static err_t names(struct ctx *cx, struct review_waiting *x)
{
	const struct review *rv = x->rv;
	TRY(user_name(cx, x->behalf_id, &x->behalf));
	TRY(user_name(cx, rv->asked_by, &x->asker));
	if (rv->account_id)
		TRY(db_one_text(cx->c, "select name from account where id = ?",
		                ARGS(vi(rv->account_id)), &x->account));
	if (rv->opportunity_id)
		TRY(db_one_text(cx->c, "select name from opportunity where id = ?",
		                ARGS(vi(rv->opportunity_id)), &x->opportunity));
	return ERR_OK;
}

err_t review_my(struct ctx *cx, struct review_waiting **out, size_t *n)
{
	struct review **list;
	size_t n_list;
	struct sqlb *q = sqlb_new(cx->a);
	*out = ARENA_ARRAY(cx->a, WAITING_MAX, struct review_waiting);
	*n = 0;
	if (!cx->actor->id)
		return ERR_OK;
	TRY(candidates(cx, q));
	TRY(reviews_where(cx, q, &list, &n_list));
	for (size_t i = 0; i < n_list; i++)
		for (size_t k = 0; k < list[i]->n && *n < WAITING_MAX; k++) {
			const struct seat *s = &list[i]->seats[k];
			const struct decider *d = NULL;
			if (s->state == SEAT_PENDING)
				TRY(seat_mine(cx, list[i], s, &d));
			if (!d)
				continue;
			struct review_waiting *x = &(*out)[(*n)++];
			*x = (struct review_waiting){.rv = list[i],
			                             .seat = s,
			                             .behalf_id = d->behalf_id,
			                             .adrift = d->adrift};
			TRY(names(cx, x));
			break;
		}
	return ERR_OK;
}
