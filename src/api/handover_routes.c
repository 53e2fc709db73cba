/* What a person holds, and handing it over. */
#include "domain/handover/handover.h"

#include "api/tables.h"

static err_t get_holdings(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	struct jw w = api_json(q);
	TRY(handover_holdings(&q->cx, id, &w));
	return api_send(q, &w);
}

static err_t post_handover(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	struct jw w = api_json(q);
	TRY(handover_run(&q->cx, id, q->body, &w));
	return api_send(q, &w);
}

static const enum err_code missing[] = {ERR_NOT_FOUND, ERR_OK};
static const enum err_code handing[] = {ERR_NOT_FOUND,   ERR_INVALID,     ERR_VERSION,
                                        ERR_BAD_REQUEST, ERR_IDEMPOTENCY, ERR_OK};

/* clang-format off */
const struct api_route handover_routes[] = {
	{"GET", "/api/v1/users/{id}/holdings", get_holdings, "handover.run", 0, 200, NULL,
	 "@Holdings", missing, NULL, L("名下的工作", "What a person holds")},
	{"POST", "/api/v1/users/{id}/handover", post_handover, "handover.run", HTTP_SLOW, 200,
	 "{'type':'object','required':['to','reason'],'properties':{'to':{'type':'integer'},"
	 "'reason':{'type':'string'},'kinds':{'type':'object','additionalProperties':{'type':"
	 "['integer','null']}},'records':{'type':'array','items':{'type':'object','required':"
	 "['kind','id'],'properties':{'kind':{'type':'string'},'id':{'type':'integer'},'to':{'type':"
	 "['integer','null']}}}}}}",
	 "@Handover", handing, NULL, L("工作交接", "Hand over what a person holds")},
	{.method = NULL},
};
/* clang-format on */
