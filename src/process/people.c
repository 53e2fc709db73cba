/* Who plays which role on an opportunity, and who may act on its nodes. */
#include <string.h>

#include "core/set.h"
#include "process/engine.h"

err_t process_player(struct ctx *cx, const struct rec *opp, const char *role, i64 *user)
{
	*user = 0;
	i64 sales = rec_i64(opp, "sales_id") ? rec_i64(opp, "sales_id") : rec_i64(opp, "owner_id");
	if (!strcmp(role, "sales"))
		*user = sales;
	else if (!strcmp(role, "technical_consultant"))
		*user = rec_i64(opp, "technical_id");
	else if (!strcmp(role, "csm"))
		*user = rec_i64(opp, "csm_id");
	else if (!strcmp(role, "sales_manager") && sales) {
		/* The manager of the sales owner, or of their team, if they hold the role. */
		struct rows *r;
		TRY(db_query(
			cx->c,
			"select m.id, m.roles from app_user s left join team t on t.id = s.team_id"
			" join app_user m on m.id = coalesce(s.manager_id, t.manager_id)"
			" where s.id = ? and m.active = 1 and m.deleted_at is null",
			ARGS(vi(sales)), &r));
		if (rows_next(r) && set_has(rows_text(r, 1), role))
			*user = rows_i64(r, 0);
		return rows_done(r);
	}
	return ERR_OK;
}

err_t process_may_play(struct ctx *cx, const struct instance *in, const char *role, bool *yes)
{
	*yes = true;
	if (cx->actor->system)
		return ERR_OK;
	static const char *const triangle[] = {"sales", "technical_consultant", "csm"};
	for (size_t i = 0; i < ARRAY_LEN(triangle); i++) {
		if (strcmp(role, triangle[i]) != 0)
			continue;
		i64 player;
		TRY(process_player(cx, in->opp, role, &player));
		if (player) {
			*yes = player == cx->actor->id;
			return ERR_OK;
		}
	}
	*yes = actor_has_role(cx->actor, role);
	return ERR_OK;
}

static err_t plays_one(struct ctx *cx, const struct instance *in, const char *const *roles,
                       bool *yes)
{
	*yes = false;
	for (; *roles && !*yes; roles++)
		TRY(process_may_play(cx, in, *roles, yes));
	return ERR_OK;
}

err_t process_may_work(struct ctx *cx, const struct instance *in, const struct node *n,
                       bool complete, bool *yes)
{
	enum scope s = actor_scope(cx->actor, "node.work");
	*yes = s == SCOPE_ALL || (s != SCOPE_NONE && n->owner_id && n->owner_id == cx->actor->id);
	if (*yes || s == SCOPE_NONE)
		return ERR_OK;
	TRY(plays_one(cx, in, n->def->owner_roles, yes));
	if (!*yes && !complete)
		TRY(plays_one(cx, in, n->def->contributing_roles, yes));
	/* Whoever leads the team may step in for it. */
	if (!*yes && s >= SCOPE_TEAM)
		TRY(scope_allows(cx, in->opp->e, "update", in->opp->id, yes));
	return ERR_OK;
}

err_t need_work(struct ctx *cx, const struct instance *in, const struct node *n, bool complete)
{
	bool yes;
	TRY(process_may_work(cx, in, n, complete, &yes));
	return yes ? ERR_OK : cx_err(cx, ERR_FORBIDDEN, NULL);
}
