/* Opportunities: rules; their team joins the account's team; their process begins with them. */
#include <string.h>

#include "base/text.h"
#include "core/actor.h"
#include "core/crud.h"
#include "core/event.h"
#include "domain/account/account.h"
#include "domain/opportunity/opportunity_rules.h"
#include "process/process.h"

static bool closed(const struct rec *r)
{
	return !text_eq(rec_text(r, "outcome"), "open");
}

static err_t check(struct ctx *cx, struct rec *now, const struct rec *before)
{
	if (rec_null(now, "outcome"))
		rec_set(now, "outcome", vt("open"));
	if (!before && rec_null(now, "sales_id") && !rec_null(now, "owner_id"))
		rec_set(now, "sales_id", vi(rec_i64(now, "owner_id")));
	/* Outcome is set by signing and by closing; only history that is brought in carries its own. */
	bool moved = before ? !text_eq(rec_text(now, "outcome"), rec_text(before, "outcome"))
	                    : closed(now);
	bool verb = before && strcmp(cx->via, "import") != 0 &&
	            rec_null(before, "closed_on") != rec_null(now, "closed_on");
	if (moved && !rec_i64(now, "imported") && !verb)
		errs_field(&cx->e, "outcome", ERR_READ_ONLY, NULL);
	/* History is no deal that was walked: who brings it in answers for it. */
	if (!strcmp(cx->via, "import") && rec_i64(now, "imported") && (!before || moved) &&
	    actor_scope(cx->actor, "opportunity.import_closed") == SCOPE_NONE)
		errs_field(&cx->e, before ? "outcome" : "imported", ERR_FORBIDDEN, NULL);
	/* A deal that walks the nodes cannot be taken out of process compliance afterwards. */
	if (before && rec_i64(before, "imported") != rec_i64(now, "imported"))
		errs_field(&cx->e, "imported", ERR_READ_ONLY, NULL);
	if (before && rec_i64(before, "account_id") != rec_i64(now, "account_id"))
		errs_field(&cx->e, "account_id", ERR_READ_ONLY, NULL);
	const char *from = rec_text(now, "engaged_on"), *to = rec_text(now, "closed_on");
	if (from && to && strcmp(to, from) < 0)
		errs_field(&cx->e, "closed_on", ERR_TOO_SMALL, EP({"min", from}));
	return ERR_OK;
}

static err_t join_team(struct ctx *cx, const struct rec *now, const struct rec *before)
{
	static const char *const seats[][2] = {{"owner_id", "sales"},
	                                       {"sales_id", "sales"},
	                                       {"technical_id", "technical_consultant"},
	                                       {"csm_id", "csm"}};
	for (size_t i = 0; i < ARRAY_LEN(seats); i++) {
		i64 user = rec_i64(now, seats[i][0]);
		if (user && (!before || user != rec_i64(before, seats[i][0])))
			TRY(account_add_member(cx, rec_i64(now, "account_id"), user, seats[i][1]));
	}
	return ERR_OK;
}

static err_t past_event(struct ctx *cx, const struct rec *now, const char *kind, const char *day,
                        const char *payload)
{
	return event_append(
		cx,
		&(struct event_in){
			.kind = kind,
			.entity = "opportunity",
			.entity_id = now->id,
			.account_id = rec_i64(now, "account_id"),
			.opportunity_id = now->id,
			.occurred_at = day ? time_at(day_parse(day), 12 * 60, "Asia/Shanghai") : 0,
			.payload = payload},
		NULL);
}

/* Deals that were worked on elsewhere bring their beginning and their end as events of those
 * days. */
static err_t tell_history(struct ctx *cx, const struct rec *now, const struct rec *before)
{
	const char *engaged = rec_text(now, "engaged_on");
	if (engaged && !before)
		TRY(past_event(cx, now, "opportunity.engaged", engaged, "{\"imported\":true}"));
	if (!closed(now) || (before && closed(before)))
		return ERR_OK;
	bool won = text_eq(rec_text(now, "outcome"), "won");
	struct jw w = jw_new(cx->a, 64 * 1024);
	jw_obj(&w);
	jw_kstr(&w, "outcome", rec_text(now, "outcome"));
	jw_kint(&w, "amount_fen", rec_i64(now, "amount_fen"));
	jw_kbool(&w, "imported", true);
	jw_end_obj(&w);
	return past_event(cx, now, won ? "process.won" : "process.closed",
	                  rec_text(now, "closed_on"), jw_done(&w));
}

/* Whatever day the deal began on, its nodes begin, and fall due, from today. */
static err_t begin(struct ctx *cx, const struct rec *now)
{
	i64 occurred_at = cx->occurred_at;
	cx->occurred_at = 0;
	err_t rc = process_begin(cx, now);
	cx->occurred_at = occurred_at;
	return rc;
}

static err_t saved(struct ctx *cx, const struct rec *now, const struct rec *before)
{
	TRY(join_team(cx, now, before));
	if (rec_i64(now, "imported"))
		TRY(tell_history(cx, now, before));
	if (before)
		return process_opportunity_changed(cx, now, before);
	return closed(now) ? ERR_OK : begin(cx, now);
}

const struct entity_hooks opportunity_hooks = {check, saved, NULL};
