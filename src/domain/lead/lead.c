/* Leads: rules and conversion. */
#include "domain/lead/lead.h"

#include <string.h>

#include "base/text.h"
#include "core/actor.h"
#include "core/crud.h"
#include "core/event.h"
#include "domain/account/account.h"
#include "domain/lead/lead_rules.h"

/* Account and opportunity of a lead from the opportunity that names it, as of its first day. */
static err_t adopt(struct ctx *cx, struct rec *now)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             "select id, account_id, coalesce(engaged_on, closed_on) from opportunity"
	             " where lead_id = ? and deleted_at is null order by id limit 1",
	             ARGS(vi(now->id)), &r));
	if (rows_next(r)) {
		rec_set(now, "opportunity_id", vi(rows_i64(r, 0)));
		rec_set(now, "account_id", vi(rows_i64(r, 1)));
		rec_set(now, "converted_at",
		        vi(rows_null(r, 2) ? cx->now
		                           : time_at(day_parse(rows_text(r, 2)), 12 * 60,
		                                     "Asia/Shanghai")));
	}
	return rows_done(r);
}

static err_t lead_check(struct ctx *cx, struct rec *now, const struct rec *before)
{
	const char *name = rec_text(now, "company_name");
	if (name && (!before || !text_eq(name, rec_text(before, "company_name"))))
		rec_set(now, "company_key", vt(text_company_key(cx->a, name)));
	const char *status = rec_text(now, "status");
	if (!status)
		rec_set(now, "status", vt(status = "new"));
	bool changed = !before || !text_eq(status, rec_text(before, "status"));
	if (changed && !strcmp(status, "rejected") && rec_null(now, "reject_reason"))
		errs_field(&cx->e, "reject_reason", ERR_REQUIRED, NULL);
	/* lead_convert() sets the account in the same breath; an import brought the opportunity. */
	bool converted = changed && !strcmp(status, "converted");
	if (converted && before && rec_null(now, "account_id"))
		TRY(adopt(cx, now));
	if (converted && rec_null(now, "account_id"))
		errs_field(&cx->e, "status", ERR_READ_ONLY, NULL);
	return ERR_OK;
}

static err_t lead_saved(struct ctx *cx, const struct rec *now, const struct rec *before)
{
	if (rec_null(now, "converted_at") || (before && !rec_null(before, "converted_at")))
		return ERR_OK;
	struct jw w = jw_new(cx->a, 4096);
	jw_obj(&w);
	jw_kint(&w, "account_id", rec_i64(now, "account_id"));
	jw_kint(&w, "opportunity_id", rec_i64(now, "opportunity_id"));
	jw_kstr(&w, "source", rec_null(now, "source") ? "" : rec_text(now, "source"));
	jw_end_obj(&w);
	return event_append(cx,
	                    &(struct event_in){.kind = "lead.converted",
	                                       .entity = "lead",
	                                       .entity_id = now->id,
	                                       .account_id = rec_i64(now, "account_id"),
	                                       .opportunity_id = rec_i64(now, "opportunity_id"),
	                                       .occurred_at = rec_i64(now, "converted_at"),
	                                       .payload = jw_done(&w)},
	                    NULL);
}

const struct entity_hooks lead_hooks = {lead_check, lead_saved, NULL};

/* -- conversion -- */

/* Copies a field that the target has not got yet. */
static void carry(struct rec *to, const char *to_field, const struct rec *from,
                  const char *from_field)
{
	if (rec_null(to, to_field) && !rec_null(from, from_field))
		rec_set(to, to_field, from->v[field_index(from->e, from_field)]);
}

static err_t make_account(struct ctx *cx, const struct rec *lead, const json_t *given, i64 *id)
{
	struct rec *acc = rec_new(cx->a, &account_entity);
	if (given)
		rec_from_json(cx, acc, given, false);
	carry(acc, "name", lead, "company_name");
	static const char *const same[] = {"phone", "industry_id", "region_id", "source",
	                                   "owner_id"};
	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		carry(acc, same[i], lead, same[i]);
	TRY(actor_need(cx, "account.create"));
	TRY(crud_insert(cx, acc));
	*id = acc->id;
	return ERR_OK;
}

static err_t make_contact(struct ctx *cx, const struct rec *lead, const json_t *given,
                          i64 account_id, i64 *id)
{
	struct rec *c = rec_new(cx->a, &contact_entity);
	if (given)
		rec_from_json(cx, c, given, false);
	else {
		carry(c, "name", lead, "contact_name");
		carry(c, "title", lead, "title");
		carry(c, "mobile", lead, "phone");
		carry(c, "email", lead, "email");
	}
	rec_set(c, "account_id", vi(account_id));
	if (rec_null(c, "name")) {
		errs_field(&cx->e, "contacts", ERR_REQUIRED, NULL);
		return errs_invalid(&cx->e);
	}
	TRY(actor_need(cx, "contact.create"));
	TRY(crud_insert(cx, c));
	if (!*id)
		*id = c->id;
	return ERR_OK;
}

static err_t make_opportunity(struct ctx *cx, const struct rec *lead, const json_t *given,
                              i64 account_id, i64 *id)
{
	const struct entity *e = entity_by_name("opportunity");
	struct rec *o = rec_new(cx->a, e);
	if (given)
		rec_from_json(cx, o, given, false);
	rec_set(o, "account_id", vi(account_id));
	rec_set(o, "lead_id", vi(lead->id));
	carry(o, "name", lead, "company_name");
	carry(o, "source", lead, "source");
	carry(o, "owner_id", lead, "owner_id");
	carry(o, "amount_fen", lead, "budget_fen");
	carry(o, "description", lead, "need");
	TRY(actor_need(cx, "opportunity.create"));
	TRY(crud_insert(cx, o));
	*id = o->id;
	return ERR_OK;
}

/* The record named by "<what>_id", which the actor must be able to see. */
static err_t existing(struct ctx *cx, const char *entity, const json_t *body, const char *key,
                      struct rec **out)
{
	TRY(crud_get(cx, entity_by_name(entity), json_i64(body, key, 0), "read", out));
	return ERR_OK;
}

struct convert {
	i64 lead_id;
	const json_t *body;
	struct lead_result *out;
};

static err_t convert(struct ctx *cx, void *arg)
{
	struct convert *cv = arg;
	const json_t *body = cv->body;
	struct lead_result res = {0};
	struct rec *before, *other;
	TRY(crud_get(cx, &lead_entity, cv->lead_id, "update", &before));
	if (!rec_null(before, "converted_at"))
		return cx_err(cx, ERR_CONFLICT,
		              EP({"reason", cx->lang == LANG_EN ? "this lead was converted before"
		                                                : "该线索已经转化过"}));
	if (json_i64(body, "account_id", 0)) {
		TRY(existing(cx, "account", body, "account_id", &other));
		res.account_id = other->id;
	}
	if (json_i64(body, "opportunity_id", 0)) {
		TRY(existing(cx, "opportunity", body, "opportunity_id", &other));
		res.opportunity_id = other->id;
		if (res.account_id && res.account_id != rec_i64(other, "account_id")) {
			errs_field(&cx->e, "opportunity_id", ERR_REF,
			           EP({"what", label_in(other->e->label, cx->lang)}));
			return errs_invalid(&cx->e);
		}
		res.account_id = rec_i64(other, "account_id");
	}
	if (!res.account_id)
		TRY(make_account(cx, before, json_object_get(body, "account"), &res.account_id));
	const json_t *contacts = json_object_get(body, "contacts");
	size_t i;
	const json_t *item;
	json_array_foreach((json_t *)contacts, i, item)
		TRY(make_contact(cx, before, item, res.account_id, &res.contact_id));
	if (!contacts && !rec_null(before, "contact_name"))
		TRY(make_contact(cx, before, NULL, res.account_id, &res.contact_id));
	const json_t *opp = json_object_get(body, "opportunity");
	if (!res.opportunity_id && !json_is_null(opp))
		TRY(make_opportunity(cx, before, opp, res.account_id, &res.opportunity_id));

	struct rec *now = rec_copy(cx->a, before);
	rec_set(now, "status", vt("converted"));
	rec_set(now, "account_id", vi(res.account_id));
	rec_set(now, "opportunity_id", vref(res.opportunity_id));
	rec_set(now, "converted_at", vi(cx->occurred_at ? cx->occurred_at : cx->now));
	TRY(crud_store(cx, before, now));
	*cv->out = res;
	return ERR_OK;
}

err_t lead_convert(struct ctx *cx, i64 lead_id, const json_t *body, struct lead_result *out)
{
	struct convert cv = {lead_id, body, out};
	return ctx_write(cx, convert, &cv);
}
