/* One act on many records of a list. */
#include "core/bulk.h"

#include "api/tables.h"

static err_t post_bulk(struct api *q)
{
	struct jw w = api_json(q);
	TRY(bulk_start(&q->cx, q->e, q->body, &w));
	return api_send(q, &w);
}

static err_t get_run(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	struct jw w = api_json(q);
	TRY(bulk_get(&q->cx, id, &w));
	return api_send(q, &w);
}

static const enum err_code starting[] = {ERR_INVALID, ERR_BAD_FILTER,  ERR_BULK_MANY,
                                         ERR_UNIQUE,  ERR_IDEMPOTENCY, ERR_OK};
static const enum err_code missing[] = {ERR_NOT_FOUND, ERR_OK};

/* clang-format off */
const struct api_route bulk_routes[] = {
	{"POST", "/api/v1/{plural}/bulk", post_bulk, "read", API_ENTITY | HTTP_SLOW, 200, "@BulkAsk",
	 "@BulkRun", starting, NULL, L("批量操作", "One act on many records")},
	{"GET", "/api/v1/my/bulk/{id}", get_run, NULL, 0, 200, NULL, "@BulkRun", missing, NULL,
	 L("批量操作的进度", "How far a bulk act is")},
	{.method = NULL},
};
/* clang-format on */
