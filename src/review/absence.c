/* Absences (代理): who is away, from when to when, and who decides instead. */
#include <string.h>

#include "base/text.h"
#include "review/engine.h"

enum { CHAIN_MAX = 64 };

static err_t refuse(struct ctx *cx, const char *field, const char *zh, const char *en)
{
	errs_field(&cx->e, field, ERR_RULE, EP({"reason", cx->lang == LANG_EN ? en : zh}));
	return ERR_OK;
}

/* Would the substitute, by whoever stands in for them in the same days, lead back? */
static err_t leads_back(struct ctx *cx, const struct rec *now, bool *yes)
{
	i64 *open = ARENA_ARRAY(cx->a, CHAIN_MAX, i64);
	size_t n = 1;
	*yes = false;
	open[0] = rec_i64(now, "substitute_id");
	for (size_t i = 0; i < n && !*yes; i++) {
		struct rows *r;
		*yes = open[i] == rec_i64(now, "user_id");
		TRY(db_query(cx->c,
		             "select substitute_id from absence where user_id = ? and id <> ?"
		             " and starts_on <= ? and ends_on >= ? and deleted_at is null",
		             ARGS(vi(open[i]), vi(now->id), vt(rec_text(now, "ends_on")),
		                  vt(rec_text(now, "starts_on"))),
		             &r));
		while (rows_next(r)) {
			i64 next = rows_i64(r, 0);
			bool known = false;
			for (size_t k = 0; k < n; k++)
				known |= open[k] == next;
			if (!known && n < CHAIN_MAX)
				open[n++] = next;
		}
		TRY(rows_done(r));
	}
	return ERR_OK;
}

static bool own_or_all(const struct ctx *cx, const char *act, i64 user)
{
	return cx->actor->system || user == cx->actor->id ||
	       actor_scope(cx->actor, act) == SCOPE_ALL;
}

static err_t check(struct ctx *cx, struct rec *now, const struct rec *before)
{
	if (rec_null(now, "user_id") && cx->actor->id)
		rec_set(now, "user_id", vi(cx->actor->id));
	if (rec_null(now, "user_id"))
		errs_field(&cx->e, "user_id", ERR_REQUIRED, NULL);
	i64 user = rec_i64(now, "user_id"), by = rec_i64(now, "substitute_id"), other = 0;
	const char *from = rec_text(now, "starts_on"), *to = rec_text(now, "ends_on");
	bool able, circle, found = false;
	/* One's own, or anybody's for who may change all. */
	const char *act = before ? "absence.update" : "absence.create";
	if (!own_or_all(cx, act, user) ||
	    (before && !own_or_all(cx, act, rec_i64(before, "user_id"))))
		return cx_err(cx, ERR_FORBIDDEN, NULL);
	if (!user || !by || !from || !to)
		return ERR_OK; /* told already as required */
	if (strcmp(from, to) > 0)
		return refuse(cx, "ends_on", "结束日期早于开始日期", "It ends before it begins");
	if (user == by)
		return refuse(cx, "substitute_id", "代理人不能是本人",
		              "Nobody stands in for themselves");
	TRY(user_able(cx, by, &able));
	if (!able)
		TRY(refuse(cx, "substitute_id", "该用户已停用或没有评审权限",
		           "This user is not active or may not decide reviews"));
	TRY(db_one_i64(cx->c,
	               "select id from absence where user_id = ? and id <> ? and starts_on <= ?"
	               " and ends_on >= ? and deleted_at is null limit 1",
	               ARGS(vi(user), vi(now->id), vt(to), vt(from)), &other, &found));
	if (found)
		TRY(refuse(cx, "starts_on", "与已登记的外出时间重叠",
		           "It overlaps with another absence"));
	TRY(leads_back(cx, now, &circle));
	if (circle)
		TRY(refuse(cx, "substitute_id", "代理关系成环：代理人在此期间又由本人代理",
		           "The substitute is away then, and is stood in for by this person"));
	return ERR_OK;
}

/* The substitute learns of it. What waits meanwhile is told by the clock (clock.c). */
static err_t saved(struct ctx *cx, const struct rec *now, const struct rec *before)
{
	if (before && rec_i64(before, "substitute_id") == rec_i64(now, "substitute_id"))
		return ERR_OK;
	const char *name;
	TRY(user_name(cx, rec_i64(now, "user_id"), &name));
	return notify_user(
		cx, &(struct notice){.user_id = rec_i64(now, "substitute_id"),
	                             .kind = "absence_substitute",
	                             .entity = "absence",
	                             .entity_id = now->id,
	                             .title = arena_printf(cx->a, "%s · %s – %s", name ? name : "",
	                                                   rec_text(now, "starts_on"),
	                                                   rec_text(now, "ends_on")),
	                             .body = rec_text(now, "note"),
	                             .href = "/absences"});
}

static err_t removing(struct ctx *cx, const struct rec *r)
{
	bool may = own_or_all(cx, "absence.delete", rec_i64(r, "user_id"));
	return may ? ERR_OK : cx_err(cx, ERR_FORBIDDEN, NULL);
}

const struct entity_hooks absence_hooks = {check, saved, removing};
