/* Recent actions and taking them back. */
#include "core/undo.h"

#include "api/tables.h"
#include "base/text.h"

static err_t get_undo(struct api *q)
{
	struct jw w = api_json(q);
	TRY(undo_list(&q->cx, text_eq(http_query(q->rq, "all"), "true"), &w));
	return api_send(q, &w);
}

static err_t post_undo(struct api *q)
{
	i64 id;
	struct undone u;
	TRY(api_id(q, "id", &id));
	TRY(undo_do(&q->cx, id, &u));
	struct jw w = api_json(q);
	jw_obj(&w);
	jw_kint(&w, "id", id);
	jw_kstr(&w, "kind", u.kind);
	jw_kint(&w, "restored", u.n);
	jw_end_obj(&w);
	return api_send(q, &w);
}

static const enum err_code undoing[] = {ERR_NOT_FOUND,   ERR_UNDO_DONE, ERR_UNDO_EXPIRED,
                                        ERR_UNDO_MOVED,  ERR_UNIQUE,    ERR_VERSION,
                                        ERR_IDEMPOTENCY, ERR_OK};
static const struct api_query list_query[] = {
	{"all", "boolean", "true: everybody's, for those who may undo what others did"},
	{NULL, NULL, NULL},
};

/* clang-format off */
const struct api_route undo_routes[] = {
	{"GET", "/api/v1/undo", get_undo, "undo.use", 0, 200, NULL, "@UndoList", NULL, list_query,
	 L("最近操作", "Recent actions")},
	{"POST", "/api/v1/undo/{id}", post_undo, "undo.use", 0, 200, "{'type':'object'}",
	 "{'type':'object','required':['id','kind','restored'],'properties':{'id':{'type':'integer'},"
	 "'kind':{'type':'string'},'restored':{'type':'integer'}}}",
	 undoing, NULL, L("撤销操作", "Undo an action")},
	{.method = NULL},
};
/* clang-format on */
