/* Opportunities: rules; their team joins the account's team; their process begins with them. */
#include <string.h>

#include "base/text.h"
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
	bool verb = before && rec_null(before, "closed_on") != rec_null(now, "closed_on");
	if (moved && !rec_i64(now, "imported") && !verb)
		errs_field(&cx->e, "outcome", ERR_READ_ONLY, NULL);
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

/* Deals that were won or lost elsewhere bring their end as an event of that day. */
static err_t tell_history(struct ctx *cx, const struct rec *now)
{
	bool won = text_eq(rec_text(now, "outcome"), "won");
	const char *on = rec_text(now, "closed_on");
	struct jw w = jw_new(cx->a, 64 * 1024);
	jw_obj(&w);
	jw_kstr(&w, "outcome", rec_text(now, "outcome"));
	jw_kint(&w, "amount_fen", rec_i64(now, "amount_fen"));
	jw_kbool(&w, "imported", true);
	jw_end_obj(&w);
	return event_append(
		cx,
		&(struct event_in){
			.kind = won ? "process.won" : "process.closed",
			.entity = "opportunity",
			.entity_id = now->id,
			.account_id = rec_i64(now, "account_id"),
			.opportunity_id = now->id,
			.occurred_at = on ? time_at(day_parse(on), 12 * 60, "Asia/Shanghai") : 0,
			.payload = jw_done(&w)},
		NULL);
}

static err_t saved(struct ctx *cx, const struct rec *now, const struct rec *before)
{
	TRY(join_team(cx, now, before));
	bool was_closed = before && closed(before);
	if (closed(now) && !was_closed && rec_i64(now, "imported"))
		TRY(tell_history(cx, now));
	if (before)
		return process_opportunity_changed(cx, now, before);
	return closed(now) ? ERR_OK : process_begin(cx, now);
}

const struct entity_hooks opportunity_hooks = {check, saved, NULL};
