/* Routes of single areas beside the generic ones: account team and overview, duplicates, lead
 * conversion. */
#include "api/tables.h"
#include "domain/account/account.h"
#include "domain/lead/lead.h"

/* -- accounts -- */

static err_t get_members(struct api *q)
{
	i64 id;
	struct rec *r;
	TRY(api_id(q, "id", &id));
	TRY(crud_get(&q->cx, &account_entity, id, "read", &r));
	struct jw w = api_json(q);
	TRY(account_members(&q->cx, id, &w));
	return api_send(q, &w);
}

struct member {
	i64 account_id, user_id;
	const char *role;
	bool remove;
};

static err_t change_member(struct ctx *cx, void *arg)
{
	const struct member *m = arg;
	struct rec *r;
	TRY(crud_get(cx, &account_entity, m->account_id, "update", &r));
	if (m->remove)
		return account_remove_member(cx, m->account_id, m->user_id);
	TRY(actor_need_user(cx, "user_id", m->user_id));
	return account_add_member(cx, m->account_id, m->user_id, m->role);
}

static err_t post_member(struct api *q)
{
	struct member m = {.user_id = json_i64(q->body, "user_id", 0),
	                   .role = json_text(q->body, "role")};
	TRY(api_id(q, "id", &m.account_id));
	if (!m.role)
		m.role = "member";
	TRY(ctx_write(&q->cx, change_member, &m));
	return get_members(q);
}

static err_t delete_member(struct api *q)
{
	struct member m = {.remove = true};
	TRY(api_id(q, "id", &m.account_id));
	TRY(api_id(q, "user_id", &m.user_id));
	TRY(ctx_write(&q->cx, change_member, &m));
	return api_done(q);
}

static err_t get_overview(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	struct jw w = api_json(q);
	TRY(account_overview(&q->cx, id, &w));
	return api_send(q, &w);
}

static err_t get_duplicates(struct api *q)
{
	struct jw w = api_json(q);
	TRY(account_duplicates(&q->cx, http_query(q->rq, "name"), http_query(q->rq, "credit_code"),
	                       &w));
	return api_send(q, &w);
}

/* -- leads -- */

static err_t post_convert(struct api *q)
{
	i64 id;
	struct lead_result res;
	TRY(api_id(q, "id", &id));
	TRY(lead_convert(&q->cx, id, q->body, &res));
	struct jw w = api_json(q);
	jw_obj(&w);
	jw_kint(&w, "account_id", res.account_id);
	jw_key(&w, "opportunity_id");
	if (res.opportunity_id)
		jw_int(&w, res.opportunity_id);
	else
		jw_null(&w);
	jw_key(&w, "contact_id");
	if (res.contact_id)
		jw_int(&w, res.contact_id);
	else
		jw_null(&w);
	jw_end_obj(&w);
	return api_send(q, &w);
}

#define ID_NULL "{\"type\":[\"integer\",\"null\"]}"
#define ITEMS                                                                                \
	"{\"type\":\"object\",\"required\":[\"items\"],\"properties\":{\"items\":{\"type\":" \
	"\"array\",\"items\":{\"type\":\"object\"}}}}"

static const enum err_code missing[] = {ERR_NOT_FOUND, ERR_OK};
static const enum err_code member[] = {ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_INVALID, ERR_IDEMPOTENCY,
                                       ERR_OK};
static const enum err_code converting[] = {ERR_NOT_FOUND, ERR_FORBIDDEN,   ERR_INVALID,
                                           ERR_CONFLICT,  ERR_IDEMPOTENCY, ERR_OK};
static const struct api_query duplicate_query[] = {
	{"name", "string", "company name"},
	{"credit_code", "string", "unified social credit code"},
	{NULL, NULL, NULL},
};

/* clang-format off */
const struct api_route record_routes[] = {
	{"GET", "/api/v1/accounts/duplicates", get_duplicates, "account.read", 0, 200, NULL, ITEMS,
	 NULL, duplicate_query, L("疑似重复客户", "Likely duplicate accounts")},
	{"GET", "/api/v1/accounts/{id}/members", get_members, "account.read", 0, 200, NULL, ITEMS,
	 missing, NULL, L("客户团队", "Account team")},
	{"POST", "/api/v1/accounts/{id}/members", post_member, "account.update", 0, 200,
	 "{\"type\":\"object\",\"required\":[\"user_id\"],\"properties\":{\"user_id\":{\"type\":"
	 "\"integer\"},\"role\":{\"type\":[\"string\",\"null\"]}}}",
	 ITEMS, member, NULL, L("加入客户团队", "Add to the account team")},
	{"DELETE", "/api/v1/accounts/{id}/members/{user_id}", delete_member, "account.update", 0, 204,
	 NULL, NULL, member, NULL, L("移出客户团队", "Remove from the account team")},
	{"GET", "/api/v1/accounts/{id}/overview", get_overview, "account.read", 0, 200, NULL,
	 "{\"type\":\"object\",\"required\":[\"parents\",\"children\",\"totals\"]}", missing, NULL,
	 L("客户概览", "Group and totals of an account")},
	{"POST", "/api/v1/leads/{id}/convert", post_convert, "lead.convert", 0, 200,
	 "{\"type\":\"object\",\"properties\":{\"account_id\":" ID_NULL ",\"opportunity_id\":" ID_NULL
	 ",\"account\":{\"type\":[\"object\",\"null\"]},\"contacts\":{\"type\":[\"array\",\"null\"],"
	 "\"items\":{\"type\":\"object\"}},\"opportunity\":{\"type\":[\"object\",\"null\"]}}}",
	 "{\"type\":\"object\",\"required\":[\"account_id\",\"opportunity_id\"],\"properties\":{"
	 "\"account_id\":{\"type\":\"integer\"},\"opportunity_id\":" ID_NULL ",\"contact_id\":" ID_NULL
	 "}}",
	 converting, NULL, L("转化线索", "Convert a lead")},
	{.method = NULL},
};
/* clang-format on */
