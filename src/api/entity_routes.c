/* What every entity has: list, create, read, change, delete, restore, history, timeline. */
#include "api/entity_routes.h"

#include <string.h>

#include "core/feed.h"
#include "core/group.h"
#include "core/merge.h"
#include "core/undo.h"

static struct list_query list_of(struct api *q, const struct entity *e)
{
	return (struct list_query){.e = e,
	                           .act = "read",
	                           .sort = http_query(q->rq, "sort"),
	                           .q = http_query(q->rq, "q"),
	                           .cursor = http_query(q->rq, "cursor"),
	                           .expand = http_query(q->rq, "expand"),
	                           .fields = http_query(q->rq, "fields")};
}

static err_t send_list(struct api *q, struct list_query *lq)
{
	TRY(list_query_parse(&q->cx, http_query(q->rq, "filter"), http_query(q->rq, "limit"),
	                     http_query(q->rq, "count"), lq));
	struct jw w = api_json(q);
	TRY(list_write(&q->cx, lq, &w));
	return api_send(q, &w);
}

static err_t get_list(struct api *q)
{
	struct list_query lq = list_of(q, q->e);
	return send_list(q, &lq);
}

static err_t get_groups(struct api *q)
{
	struct list_query lq = {.e = q->e, .act = "read", .q = http_query(q->rq, "q")};
	TRY(list_query_parse(&q->cx, http_query(q->rq, "filter"), NULL, NULL, &lq));
	struct jw w = api_json(q);
	TRY(group_write(&q->cx, &lq, http_query(q->rq, "by"), &w));
	return api_send(q, &w);
}

static err_t get_trash(struct api *q)
{
	const char *name = http_query(q->rq, "entity");
	const struct entity *e = name ? entity_by_name(name) : NULL;
	if (!e)
		return cx_err(&q->cx, ERR_BAD_REQUEST, EP({"reason", "entity"}));
	struct list_query lq = list_of(q, e);
	lq.deleted = true;
	if (!lq.sort)
		lq.sort = "-deleted_at";
	return send_list(q, &lq);
}

struct change {
	struct api *q;
	i64 id, version;
	struct rec *r;
};

static err_t create(struct ctx *cx, void *arg)
{
	struct change *c = arg;
	return crud_create_json(cx, c->q->e, c->q->body, &c->r);
}

static err_t post_one(struct api *q)
{
	struct change c = {.q = q};
	TRY(ctx_write(&q->cx, create, &c));
	return api_send_record(q, c.r);
}

static err_t get_one(struct api *q)
{
	i64 id;
	struct rec *r;
	TRY(api_id(q, "id", &id));
	TRY(merge_follow(&q->cx, q->e, id, crud_get(&q->cx, q->e, id, "read", &r)));
	return api_send_record(q, r);
}

static err_t patch(struct ctx *cx, void *arg)
{
	struct change *c = arg;
	return crud_patch_json(cx, c->q->e, c->id, c->version, c->q->body, &c->r);
}

static err_t patch_one(struct api *q)
{
	struct change c = {.q = q};
	TRY(api_id(q, "id", &c.id));
	TRY(api_version(q, &c.version));
	TRY(ctx_write(&q->cx, patch, &c));
	return api_send_record(q, c.r);
}

static err_t drop(struct ctx *cx, void *arg)
{
	struct change *c = arg;
	return crud_delete(cx, c->q->e, c->id);
}

static err_t delete_one(struct api *q)
{
	struct change c = {.q = q};
	const struct undo_act act = {.kind = "delete", .e = q->e};
	i64 undo_id;
	TRY(api_id(q, "id", &c.id));
	TRY(undo_run(&q->cx, &act, drop, &c, &undo_id));
	api_undo_id(q, undo_id);
	return api_done(q);
}

static err_t restore(struct ctx *cx, void *arg)
{
	struct change *c = arg;
	return crud_restore(cx, c->q->e, c->id, &c->r);
}

static err_t restore_one(struct api *q)
{
	struct change c = {.q = q};
	TRY(api_id(q, "id", &c.id));
	TRY(ctx_write(&q->cx, restore, &c));
	return api_send_record(q, c.r);
}

static err_t page(struct api *q, struct feed_page *p)
{
	const char *before = http_query(q->rq, "cursor"), *limit = http_query(q->rq, "limit");
	char *end;
	if (before && (!*before || (p->before = strtoll(before, &end, 10)) <= 0 || *end))
		return cx_err(&q->cx, ERR_BAD_CURSOR, NULL);
	if (limit && (!*limit || (p->limit = (int)strtol(limit, &end, 10)) < 1 || *end ||
	              p->limit > LIST_LIMIT_MAX))
		return cx_err(&q->cx, ERR_BAD_REQUEST, EP({"reason", "limit: 1–200"}));
	return ERR_OK;
}

static err_t send_feed(struct api *q, bool timeline)
{
	i64 id;
	struct rec *r;
	struct feed_page p = {.limit = 50};
	TRY(api_id(q, "id", &id));
	TRY(page(q, &p));
	TRY(crud_get(&q->cx, q->e, id, "read", &r));
	struct jw w = api_json(q);
	TRY(timeline ? feed_timeline(&q->cx, r, &p, &w) : feed_history(&q->cx, r, &p, &w));
	return api_send(q, &w);
}

static err_t get_history(struct api *q)
{
	return send_feed(q, false);
}

static err_t get_timeline(struct api *q)
{
	return send_feed(q, true);
}

static const enum err_code reading[] = {ERR_NOT_FOUND, ERR_MERGED, ERR_BAD_REQUEST, ERR_OK};
static const enum err_code listing[] = {ERR_BAD_FILTER, ERR_BAD_CURSOR, ERR_BAD_REQUEST,
                                        ERR_INVALID, ERR_OK};
static const enum err_code creating[] = {ERR_INVALID, ERR_IDEMPOTENCY, ERR_UNIQUE, ERR_OK};
static const enum err_code changing[] = {ERR_NOT_FOUND,   ERR_INVALID, ERR_VERSION, ERR_IF_MATCH,
                                         ERR_BAD_REQUEST, ERR_UNIQUE,  ERR_OK};
static const enum err_code deleting[] = {ERR_NOT_FOUND, ERR_IN_USE, ERR_INVALID, ERR_OK};
static const enum err_code restoring[] = {ERR_NOT_FOUND, ERR_UNIQUE, ERR_OK};

static const struct api_query paging[] = {
	{"cursor", "string", "`next` of the page before"},
	{"limit", "integer", "1 to 200; 50 when absent"},
	{NULL, NULL, NULL},
};
static const struct api_query one[] = {
	{"expand", "string", "References to expand: owner,account"},
	{"fields", "string", "Only these fields: name,owner_id"},
	{NULL, NULL, NULL},
};
static const struct api_query group_query[] = {
	{"by", "string", "Field; dates and times with a unit: expected_sign_on:month"},
	{"filter", "string", "As in lists"},
	{"q", "string", "As in lists"},
	{NULL, NULL, NULL},
};
static const struct api_query trash_query[] = {
	{"entity", "string", "Name of the entity"},
	{NULL, NULL, NULL},
};

/* clang-format off */
const struct api_route entity_routes[] = {
	{"GET", "/api/v1/{plural}", get_list, "read", API_ENTITY | API_LIST, 200, NULL, "@list",
	 listing, NULL, L("列表", "List")},
	{"GET", "/api/v1/{plural}/groups", get_groups, "read", API_ENTITY, 200, NULL, "@Groups",
	 listing, group_query, L("按字段分组", "Groups of a list")},
	{"POST", "/api/v1/{plural}", post_one, "create", API_ENTITY, 201, "@create", "@record",
	 creating, one, L("新建", "Create")},
	{"GET", "/api/v1/{plural}/{id}", get_one, "read", API_ENTITY, 200, NULL, "@record",
	 reading, one, L("读取", "Read one")},
	{"PATCH", "/api/v1/{plural}/{id}", patch_one, "update", API_ENTITY | API_IF_MATCH, 200,
	 "@patch", "@record", changing, one, L("修改", "Change")},
	{"DELETE", "/api/v1/{plural}/{id}", delete_one, "delete", API_ENTITY, 204, NULL, NULL,
	 deleting, NULL, L("移入回收站", "To the recycle bin")},
	{"POST", "/api/v1/{plural}/{id}/restore", restore_one, "delete", API_ENTITY, 200, NULL,
	 "@record", restoring, NULL, L("从回收站恢复", "Back from the recycle bin")},
	{"GET", "/api/v1/{plural}/{id}/history", get_history, "read", API_ENTITY, 200, NULL,
	 "@Feed", reading, paging, L("修改历史", "Field history")},
	{"GET", "/api/v1/{plural}/{id}/timeline", get_timeline, "read", API_ENTITY, 200, NULL,
	 "@Feed", reading, paging, L("时间线", "Timeline")},
	{.method = NULL},
};
const struct api_route trash_routes[] = {
	{"GET", "/api/v1/trash", get_trash, NULL, API_LIST, 200, NULL, "@AnyList", listing,
	 trash_query, L("回收站", "Recycle bin")},
	{.method = NULL},
};
/* clang-format on */

/* Nodes, approvals and the like are changed by verbs alone: each of their fields is read-only. */
static bool editable(const struct entity *e)
{
	for (const struct field *f = e->fields; f->name; f++)
		if (!(f->flags & (F_READONLY | F_HIDDEN)))
			return true;
	return false;
}

bool entity_has_route(const struct entity *e, const struct api_route *r)
{
	bool settable = false;
	for (const struct field *f = e->fields; f->name; f++)
		settable |= !(f->flags & (F_READONLY | F_HIDDEN));
	if (!settable && r->fn == patch_one)
		return false;
	if ((e->flags & E_NO_CREATE) && r->fn == post_one)
		return false;
	if (r->fn == patch_one && !editable(e))
		return false;
	if (!merge_has_route(e, r))
		return false;
	return !(e->flags & E_NO_DELETE) || (r->fn != delete_one && r->fn != restore_one);
}
