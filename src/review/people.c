/* Who may decide for a seat now, and who may see a review. */
#include <string.h>

#include "base/text.h"
#include "core/roles.h"
#include "review/engine.h"

enum { PEOPLE_MAX = 400, CHAIN_MAX = 8 };

bool review_administers(const struct ctx *cx)
{
	return actor_scope(cx->actor, "review.administer") != SCOPE_NONE;
}

/* "and (roles like …)" of the roles that grant a permission. */
static void granting(struct ctx *cx, const char *permission, struct sqlb *q)
{
	sqlb_add(q, " and (0 = 1");
	for (const struct enum_row *r = role_values; r->value; r++) {
		const char *set = arena_printf(cx->a, ",%s,", r->value);
		const struct actor *ac = actor_make(cx, 0, "", "", "zh", NULL, set, 0, NULL);
		if (actor_scope(ac, permission) == SCOPE_NONE)
			continue;
		sqlb_add(q, " or roles like ");
		sqlb_val(q, vt(arena_printf(cx->a, "%%%s%%", set)));
	}
	sqlb_add(q, ")");
}

static err_t users_where(struct ctx *cx, struct sqlb *q, i64 **out, size_t *n)
{
	struct rows *r;
	*out = ARENA_ARRAY(cx->a, PEOPLE_MAX, i64);
	*n = 0;
	TRY(db_query(cx->c,
	             arena_printf(cx->a,
	                          "select id from app_user where active = 1 and deleted_at is null"
	                          "%s order by id limit %d",
	                          sqlb_text(q), PEOPLE_MAX),
	             sqlb_args(q), &r));
	while (rows_next(r))
		(*out)[(*n)++] = rows_i64(r, 0);
	return rows_done(r);
}

err_t role_holders(struct ctx *cx, const char *role, i64 **out, size_t *n)
{
	struct sqlb *q = sqlb_new(cx->a);
	sqlb_add(q, " and roles like ");
	sqlb_val(q, vt(arena_printf(cx->a, "%%,%s,%%", role)));
	granting(cx, "review.decide", q);
	return users_where(cx, q, out, n);
}

static err_t administrators(struct ctx *cx, i64 **out, size_t *n)
{
	struct sqlb *q = sqlb_new(cx->a);
	granting(cx, "review.administer", q);
	return users_where(cx, q, out, n);
}

err_t user_able(struct ctx *cx, i64 id, bool *yes)
{
	struct sqlb *q = sqlb_new(cx->a);
	i64 *ids;
	size_t n;
	sqlb_add(q, " and id = ");
	sqlb_val(q, vi(id));
	granting(cx, "review.decide", q);
	TRY(users_where(cx, q, &ids, &n));
	*yes = n > 0;
	return ERR_OK;
}

/* -- substitutes -- */

static const char *today(struct ctx *cx)
{
	return day_format(cx->a, day_of(cx->now, COMPANY_ZONE));
}

/* 0: there. */
static err_t substitute_of(struct ctx *cx, i64 user_id, i64 *out)
{
	*out = 0;
	return db_one_i64(cx->c,
	                  "select substitute_id from absence where user_id = ? and starts_on <= ?"
	                  " and ends_on >= ? and deleted_at is null order by id desc limit 1",
	                  ARGS(vi(user_id), vt(today(cx)), vt(today(cx))), out, NULL);
}

/* The one at the end of the chain who is there and may decide; 0 when there is none. *away tells
 * whether the user is absent at all. */
static err_t stand_in(struct ctx *cx, i64 user_id, bool *away, i64 *out)
{
	i64 at = user_id, next;
	*away = false;
	*out = 0;
	for (int i = 0; i < CHAIN_MAX; i++) {
		TRY(substitute_of(cx, at, &next));
		if (!next)
			break;
		*away = true;
		at = next;
		if (at == user_id)
			return ERR_OK;
	}
	bool able = false;
	if (*away)
		TRY(user_able(cx, at, &able));
	*out = able ? at : 0;
	return ERR_OK;
}

err_t substituted_by(struct ctx *cx, i64 user_id, i64 **out, size_t *n)
{
	struct rows *r;
	i64 *away = ARENA_ARRAY(cx->a, PEOPLE_MAX, i64);
	size_t n_away = 0;
	*out = ARENA_ARRAY(cx->a, PEOPLE_MAX, i64);
	*n = 0;
	TRY(db_query(cx->c,
	             "select distinct user_id from absence where starts_on <= ? and ends_on >= ?"
	             " and deleted_at is null order by user_id limit 400",
	             ARGS(vt(today(cx)), vt(today(cx))), &r));
	while (rows_next(r))
		away[n_away++] = rows_i64(r, 0);
	TRY(rows_done(r));
	for (size_t i = 0; i < n_away; i++) {
		bool gone;
		i64 by;
		TRY(stand_in(cx, away[i], &gone, &by));
		if (by == user_id)
			(*out)[(*n)++] = away[i];
	}
	return ERR_OK;
}

/* -- deciders -- */

struct list {
	struct decider *d;
	size_t n;
	bool reached; /* by somebody who is there */
};

static void put(const struct review *rv, struct list *l, struct decider d)
{
	if (rv->not_asker && d.user_id == rv->asked_by)
		return;
	l->reached |= !d.absent && !d.adrift;
	for (size_t i = 0; i < l->n; i++)
		if (l->d[i].user_id == d.user_id) {
			/* In one's own name rather than for another. */
			if (!d.behalf_id)
				l->d[i] = d;
			return;
		}
	if (l->n < PEOPLE_MAX)
		l->d[l->n++] = d;
}

err_t seat_deciders(struct ctx *cx, const struct review *rv, const struct seat *s,
                    struct decider **out, size_t *n)
{
	struct list l = {.d = ARENA_ARRAY(cx->a, PEOPLE_MAX, struct decider)};
	i64 *base, *admins, one = s->user_id;
	size_t n_base = 1, n_admins;
	bool able, away;
	if (one)
		base = &one;
	else
		TRY(role_holders(cx, s->role ? s->role : "", &base, &n_base));
	for (size_t i = 0; i < n_base; i++) {
		i64 by;
		TRY(stand_in(cx, base[i], &away, &by));
		TRY(user_able(cx, base[i], &able));
		if (able)
			put(rv, &l, (struct decider){.user_id = base[i], .absent = away});
		/* Whoever may not decide himself has nobody decide for him. */
		if (by && !(rv->not_asker && base[i] == rv->asked_by))
			put(rv, &l, (struct decider){.user_id = by, .behalf_id = base[i]});
	}
	if (!l.reached) {
		TRY(administrators(cx, &admins, &n_admins));
		for (size_t i = 0; i < n_admins; i++)
			put(rv, &l,
			    (struct decider){.user_id = admins[i],
			                     .behalf_id = one == admins[i] ? 0 : one,
			                     .adrift = true});
	}
	*out = l.d;
	*n = l.n;
	return ERR_OK;
}

err_t seat_mine(struct ctx *cx, const struct review *rv, const struct seat *s,
                const struct decider **out)
{
	struct decider *d;
	size_t n;
	*out = NULL;
	/* A token may be narrower than its user. */
	if (!cx->actor->id ||
	    (actor_scope(cx->actor, "review.decide") == SCOPE_NONE && !review_administers(cx)))
		return ERR_OK;
	TRY(seat_deciders(cx, rv, s, &d, &n));
	for (size_t i = 0; i < n; i++)
		if (d[i].user_id == cx->actor->id)
			*out = &d[i];
	return ERR_OK;
}

/* -- seeing -- */

err_t review_may_see(struct ctx *cx, const struct review *rv, bool *yes)
{
	const struct review_subject *sub = review_subject_find(rv->entity);
	*yes = true;
	if (cx->actor->system || rv->asked_by == cx->actor->id || review_administers(cx))
		return ERR_OK;
	TRY(scope_allows(cx, &review_entity, "read", rv->id, yes));
	if (!*yes && sub)
		TRY(sub->may_see(cx, rv->entity_id, rv->key, yes));
	for (size_t i = 0; !*yes && i < rv->n; i++) {
		const struct decider *d;
		TRY(seat_mine(cx, rv, &rv->seats[i], &d));
		*yes = d != NULL;
	}
	return ERR_OK;
}

err_t review_seat_title(struct ctx *cx, const struct seat *s, const char **out)
{
	const char *role = NULL, *name;
	for (const struct enum_row *r = role_values; s->role && r->value; r++)
		if (!strcmp(r->value, s->role))
			role = label_in(r->label, cx->lang);
	TRY(user_name(cx, s->user_id, &name));
	if (role && name)
		*out = arena_printf(cx->a, cx->lang == LANG_EN ? "%s (%s)" : "%s（%s）", role,
		                    name);
	else
		*out = role ? role : name ? name : "";
	return ERR_OK;
}
