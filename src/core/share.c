/* Sharing: who may let whom read a record of his own. */
#include "core/share.h"

#include <string.h>

#include "base/text.h"
#include "core/actor.h"

/* clang-format off */
const struct enum_row share_values[] = {
	{"personal", L("仅自己", "Only me"), "neutral"},
	{"team", L("团队", "A team"), "info"},
	{"all", L("所有人", "Everybody"), "success"},
	{NULL, L(NULL, NULL), NULL},
};
/* clang-format on */

static err_t reason(struct ctx *cx, const char *field, const char *zh, const char *en)
{
	errs_field(&cx->e, field, ERR_RULE, EP({"reason", cx->lang == LANG_EN ? en : zh}));
	return ERR_OK;
}

/* Is it one of the actor's teams, or one below them? */
static err_t own_team(struct ctx *cx, i64 team, bool *yes)
{
	const i64 *ids;
	size_t n;
	*yes = team && team == cx->actor->team_id;
	TRY(actor_teams(cx, &ids, &n));
	for (size_t i = 0; i < n; i++)
		*yes |= ids[i] == team;
	return ERR_OK;
}

err_t share_check(struct ctx *cx, struct rec *now, const struct rec *before)
{
	const char *how = rec_text(now, "share");
	if (!text_eq(how, "team"))
		rec_set(now, "team_id", vnull());
	else if (rec_null(now, "team_id") && cx->actor->team_id)
		rec_set(now, "team_id", vi(cx->actor->team_id));
	if (cx->actor->system || !how || !strcmp(how, "personal"))
		return ERR_OK;
	if (before && text_eq(how, rec_text(before, "share")) &&
	    rec_same(now, before, field_index(now->e, "team_id")))
		return ERR_OK;
	enum scope s = actor_scope_of(cx->actor, now->e->name, "share");
	if (s == SCOPE_NONE || (s != SCOPE_ALL && !strcmp(how, "all")))
		return reason(cx, "share", "您没有权限这样共享", "You may not share it so");
	if (strcmp(how, "team") != 0)
		return ERR_OK;
	if (rec_null(now, "team_id"))
		return reason(cx, "team_id", "请选择团队", "Choose a team");
	bool own = s == SCOPE_ALL;
	if (!own)
		TRY(own_team(cx, rec_i64(now, "team_id"), &own));
	return own ? ERR_OK
	           : reason(cx, "team_id", "只能与自己的团队共享",
	                    "It can be shared with your own team only");
}
