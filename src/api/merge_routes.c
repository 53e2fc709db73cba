/* Two records become one. */
#include "core/merge.h"

#include <stdlib.h>

#include "api/tables.h"

static err_t get_merge(struct api *q)
{
	i64 id;
	const char *with = http_query(q->rq, "with");
	TRY(api_id(q, "id", &id));
	struct jw w = api_json(q);
	TRY(merge_preview(&q->cx, q->e, id, with ? strtoll(with, NULL, 10) : 0, &w));
	return api_send(q, &w);
}

static err_t post_merge(struct api *q)
{
	struct merge_in in = {.e = q->e,
	                      .loser_id = json_i64(q->body, "loser_id", 0),
	                      .winner_version = json_i64(q->body, "version", 0),
	                      .loser_version = json_i64(q->body, "loser_version", 0),
	                      .take = json_object_get(q->body, "take")};
	struct rec *winner;
	i64 undo_id;
	TRY(api_id(q, "id", &in.winner_id));
	if (!json_is_array(in.take))
		in.take = NULL;
	TRY(merge_run(&q->cx, &in, &winner, &undo_id));
	api_undo_id(q, undo_id);
	return api_send_record(q, winner);
}

static const enum err_code merging[] = {ERR_NOT_FOUND,   ERR_FORBIDDEN, ERR_INVALID,
                                        ERR_VERSION,     ERR_UNIQUE,    ERR_BAD_REQUEST,
                                        ERR_IDEMPOTENCY, ERR_OK};
static const struct api_query merge_query[] = {
	{"with", "integer", "The record that would be merged into this one"},
	{NULL, NULL, NULL},
};

/* clang-format off */
const struct api_route merge_routes[] = {
	{"GET", "/api/v1/{plural}/{id}/merge", get_merge, "update", API_ENTITY, 200, NULL,
	 "@MergePreview", merging, merge_query, L("合并前对比", "Two records side by side")},
	{"POST", "/api/v1/{plural}/{id}/merge", post_merge, "update", API_ENTITY | HTTP_SLOW, 200,
	 "{'type':'object','required':['loser_id'],'properties':{'loser_id':{'type':'integer'},"
	 "'version':{'type':'integer'},'loser_version':{'type':'integer'},'take':{'type':"
	 "['array','null'],'items':{'type':'string'}}}}",
	 "@record", merging, NULL, L("合并记录", "Merge another record into this one")},
	{.method = NULL},
};
/* clang-format on */

bool merge_has_route(const struct entity *e, const struct api_route *r)
{
	return (r->fn != get_merge && r->fn != post_merge) || (e->flags & E_MERGE);
}
