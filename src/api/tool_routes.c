/* People's tools beside the records themselves: the tabs of saved views. */
#include "api/tables.h"
#include "base/text.h"
#include "core/view.h"

/* -- saved views -- */

static err_t get_views(struct api *q)
{
	struct jw w = api_json(q);
	TRY(views_write(&q->cx, http_query(q->rq, "entity"), &w));
	return api_send(q, &w);
}

static err_t order_views(struct ctx *cx, void *arg)
{
	const struct api *q = arg;
	return views_order(cx, json_text(q->body, "entity"), json_object_get(q->body, "ids"));
}

static err_t post_order(struct api *q)
{
	TRY(ctx_write(&q->cx, order_views, q));
	return api_done(q);
}

struct opening {
	i64 id;
	const char *role;
	bool on;
};

static err_t set_default(struct ctx *cx, void *arg)
{
	const struct opening *o = arg;
	return view_default(cx, o->id, o->role, o->on);
}

static err_t post_default(struct api *q)
{
	struct opening o = {.role = json_text(q->body, "role"),
	                    .on = json_flag(q->body, "on", true)};
	TRY(api_id(q, "id", &o.id));
	TRY(ctx_write(&q->cx, set_default, &o));
	return api_done(q);
}

static const enum err_code views_of[] = {ERR_BAD_REQUEST, ERR_OK};
static const enum err_code ordering[] = {ERR_BAD_REQUEST, ERR_INVALID, ERR_IDEMPOTENCY, ERR_OK};
static const enum err_code opening[] = {ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_INVALID, ERR_IDEMPOTENCY,
                                        ERR_OK};
static const struct api_query of_entity[] = {
	{"entity", "string", "Name of the entity"},
	{NULL, NULL, NULL},
};

/* clang-format off */
const struct api_route tool_routes[] = {
	{"GET", "/api/v1/my/views", get_views, "view.read", 0, 200, NULL, "@Views", views_of,
	 of_entity, L("我的视图", "My views of a list")},
	{"POST", "/api/v1/my/views/order", post_order, "view.read", 0, 204,
	 "{'type':'object','required':['entity','ids'],'properties':{'entity':{'type':'string'},"
	 "'ids':{'type':'array','items':{'type':'integer'}}}}",
	 NULL, ordering, NULL, L("视图排序", "Order my views")},
	{"POST", "/api/v1/views/{id}/default", post_default, "view.read", 0, 204,
	 "{'type':'object','properties':{'role':{'type':['string','null']},'on':{'type':'boolean'}}}",
	 NULL, opening, NULL, L("设为默认视图", "Open the list with this view")},
	{.method = NULL},
};
/* clang-format on */
