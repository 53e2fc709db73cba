/* Routes of the process: path, board, my work, verbs on nodes, exceptions, playbooks. */
#include "api/tables.h"
#include "process/process.h"

#define REF                                                                              \
	"{\"type\":[\"object\",\"null\"],\"properties\":{\"id\":{\"type\":\"integer\"}," \
	"\"name\":{\"type\":[\"string\",\"null\"]}}}"
#define STR_NULL "{\"type\":[\"string\",\"null\"]}"
#define INT_NULL "{\"type\":[\"integer\",\"null\"]}"

#define MISSING_SCHEMA                                                                           \
	"{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"node_id\",\"node\"," \
	"\"node_name\",\"key\",\"kind\",\"label\",\"reason\",\"hint\",\"state\",\"href\"],"      \
	"\"properties\":{\"node_id\":{\"type\":\"integer\"},\"node\":{\"type\":\"string\"},"     \
	"\"node_name\":{\"type\":\"string\"},\"key\":{\"type\":\"string\"},\"kind\":{\"type\":"  \
	"\"string\"},\"label\":{\"type\":\"string\"},\"reason\":" STR_NULL                       \
	",\"hint\":{\"type\":\"string\"},\"state\":" STR_NULL ",\"href\":{\"type\":\"string\"}}}}"

#define OUTPUT_SCHEMA                                                                                  \
	"{\"type\":\"object\",\"required\":[\"key\",\"kind\",\"label\",\"required\",\"present\"],"     \
	"\"properties\":{\"key\":{\"type\":\"string\"},\"kind\":{\"type\":\"string\"},"                \
	"\"label\":{\"type\":\"string\"},\"hint\":{\"type\":\"string\"},\"required\":{\"type\":"       \
	"\"boolean\"},\"present\":{\"type\":\"boolean\"},\"overridden\":{\"type\":\"boolean\"},"       \
	"\"detail\":" STR_NULL                                                                         \
	",\"output_id\":{\"type\":\"integer\"},\"version\":{\"type\":\"integer\"},\"title\":" STR_NULL \
	",\"body\":" STR_NULL ",\"attachment_id\":{\"type\":\"integer\"},\"hash\":" STR_NULL           \
	",\"of\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"review_id\":{\"type\":"        \
	"\"integer\"},\"round\":{\"type\":\"integer\"},\"state\":" STR_NULL                            \
	",\"opinion\":" STR_NULL ",\"review_due_at\":" STR_NULL                                        \
	",\"rule\":{\"type\":\"string\"},\"seats\":{\"type\":\"array\",\"items\":{\"type\":"           \
	"\"object\",\"required\":[\"role\",\"user\",\"state\"],\"properties\":{\"role\":" STR_NULL     \
	",\"user\":" REF                                                                               \
	",\"state\":{\"type\":\"string\"}}}},\"changed_at\":{\"type\":\"string\"},"                    \
	"\"changed_by\":" REF "}}"

#define NODE_SCHEMA                                                                                       \
	"{\"type\":\"object\",\"required\":[\"id\",\"code\",\"name\",\"gate\",\"state\",\"outputs\","     \
	"\"missing\",\"can\"],\"properties\":{\"id\":{\"type\":\"integer\"},\"version\":{\"type\":"       \
	"\"integer\"},\"code\":{\"type\":\"string\"},\"name\":{\"type\":\"string\"},\"gate\":{"           \
	"\"type\":\"boolean\"},\"occurrence\":{\"type\":\"integer\"},\"period\":" STR_NULL                \
	",\"state\":{\"type\":\"string\",\"enum\":[\"waiting\",\"active\",\"in_review\","                 \
	"\"returned\",\"done\",\"skipped\"]},\"state_label\":{\"type\":\"string\"},\"owner\":" REF        \
	",\"owner_roles\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"                          \
	"\"contributing_roles\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"limit\":" STR_NULL \
	",\"due_at\":" STR_NULL                                                                           \
	",\"late\":{\"type\":\"boolean\"},\"days_left\":{\"type\":\"integer\"},\"used_percent\":{"        \
	"\"type\":\"integer\"},\"plan_on\":" STR_NULL ",\"starts_at\":" STR_NULL                          \
	",\"started_at\":" STR_NULL ",\"finished_at\":" STR_NULL                                          \
	",\"rework\":{\"type\":\"integer\"},\"skip_reason\":" STR_NULL                                    \
	",\"guidance\":{\"type\":\"string\"},\"after\":{\"type\":\"array\",\"items\":{\"type\":"          \
	"\"string\"}},\"outputs\":{\"type\":\"array\",\"items\":" OUTPUT_SCHEMA                           \
	"},\"missing\":" MISSING_SCHEMA                                                                   \
	",\"can\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"boolean\"}}}}"

#define PATH_SCHEMA                                                                                        \
	"{\"type\":\"object\",\"required\":[\"opportunity_id\",\"playbook_version\",\"stages\","           \
	"\"next_action\"],\"properties\":{\"opportunity_id\":{\"type\":\"integer\"},\"outcome\":" STR_NULL \
	",\"playbook_version\":" INT_NULL                                                                  \
	",\"stages\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"code\","           \
	"\"name\",\"state\",\"nodes_total\",\"nodes_done\",\"late\",\"nodes\"],\"properties\":{"           \
	"\"code\":{\"type\":\"string\"},\"key\":{\"type\":\"string\"},\"name\":{\"type\":"                 \
	"\"string\"},\"state\":{\"type\":\"string\"},\"nodes_total\":{\"type\":\"integer\"},"              \
	"\"nodes_done\":{\"type\":\"integer\"},\"late\":{\"type\":\"integer\"},\"nodes\":{"                \
	"\"type\":\"array\",\"items\":" NODE_SCHEMA                                                        \
	"}}}},\"exceptions\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},\"next_action\":{"       \
	"\"type\":[\"object\",\"null\"],\"properties\":{\"node_id\":{\"type\":\"integer\"},"               \
	"\"node\":{\"type\":\"string\"},\"name\":{\"type\":\"string\"},\"mine\":{\"type\":"                \
	"\"boolean\"},\"missing\":" MISSING_SCHEMA ",\"verb\":{\"type\":\"string\"}}}}}"

#define WORK_SCHEMA                                                                                   \
	"{\"type\":\"object\",\"required\":[\"items\",\"counts\",\"meetings\",\"unread\"],"           \
	"\"properties\":{\"items\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[" \
	"\"kind\",\"id\",\"title\",\"verb\",\"href\"],\"properties\":{\"kind\":{\"type\":"            \
	"\"string\",\"enum\":[\"node\",\"review\",\"exception\",\"task\"]},\"id\":{\"type\":"         \
	"\"integer\"},\"title\":{\"type\":\"string\"},\"due_at\":" STR_NULL ",\"account\":" REF       \
	",\"opportunity\":" REF                                                                       \
	",\"href\":{\"type\":\"string\"}}}},\"counts\":{\"type\":\"object\",\"required\":["           \
	"\"today\",\"reviews\",\"overdue\"],\"additionalProperties\":{\"type\":\"integer\"}},"        \
	"\"meetings\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},\"unread\":{\"type\":"     \
	"\"array\",\"items\":{\"type\":\"object\"}}}}"

#define BOARD_SCHEMA                                                                                        \
	"{\"type\":\"object\",\"required\":[\"columns\",\"stages\"],\"properties\":{\"columns\":{\"type\":" \
	"\"array\",\"items\":{\"type\":\"object\",\"required\":[\"code\",\"name\",\"count\","               \
	"\"amount_fen\",\"weighted_fen\",\"late\",\"cards\"],\"properties\":{\"code\":{\"type\":"           \
	"\"string\"},\"name\":{\"type\":\"string\"},\"count\":{\"type\":\"integer\"},"                      \
	"\"amount_fen\":" INT_NULL ",\"weighted_fen\":" INT_NULL ",\"late\":{"                              \
	"\"type\":\"integer\"},\"cards\":{\"type\":\"array\",\"items\":{\"type\":\"object\","               \
	"\"required\":[\"id\",\"name\",\"account\",\"late\"],\"properties\":{\"id\":{\"type\":"             \
	"\"integer\"},\"name\":{\"type\":\"string\"},\"amount_fen\":" INT_NULL ",\"account\":" REF          \
	",\"node\":" STR_NULL ",\"late\":{\"type\":\"boolean\"}}}}}}},\"stages\":{\"type\":"                \
	"\"array\",\"items\":{\"type\":\"object\",\"required\":[\"code\",\"name\"],"                        \
	"\"properties\":{\"code\":{\"type\":\"string\"},\"name\":{\"type\":\"string\"}}}}}}"

/* -- looking -- */

static err_t get_path(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	struct jw w = api_json(q);
	TRY(process_path(&q->cx, id, &w));
	return api_send(q, &w);
}

static err_t get_my_work(struct api *q)
{
	struct jw w = api_json(q);
	TRY(process_my_work(&q->cx, &w));
	return api_send(q, &w);
}

static err_t get_board(struct api *q)
{
	struct list_query lq = {.e = entity_by_name("opportunity")};
	TRY(list_query_parse(&q->cx, http_query(q->rq, "filter"), NULL, NULL, &lq));
	struct jw w = api_json(q);
	TRY(process_board(&q->cx, http_query(q->rq, "stage"), lq.filter, http_query(q->rq, "q"),
	                  &w));
	return api_send(q, &w);
}

/* -- verbs: each answers with the path as it is now -- */

static err_t send_path(struct api *q, i64 opportunity_id)
{
	struct jw w = api_json(q);
	TRY(process_path(&q->cx, opportunity_id, &w));
	return api_send(q, &w);
}

static err_t send_path_of_node(struct api *q, i64 node_id)
{
	i64 opp = 0;
	TRY(db_one_i64(q->cx.c, "select opportunity_id from node where id = ?", ARGS(vi(node_id)),
	               &opp, NULL));
	return send_path(q, opp);
}

static err_t post_complete(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	TRY(node_complete(&q->cx, id));
	return send_path_of_node(q, id);
}

static err_t post_return(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	TRY(node_return(&q->cx, id, json_text(q->body, "to"), json_text(q->body, "reason")));
	return send_path_of_node(q, id);
}

static err_t post_start(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	TRY(node_start(&q->cx, id));
	return send_path_of_node(q, id);
}

static err_t post_plan(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	TRY(node_plan(&q->cx, id, json_text(q->body, "plan_on")));
	return send_path_of_node(q, id);
}

static err_t post_assign(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	TRY(node_assign(&q->cx, id, json_i64(q->body, "user_id", 0)));
	return send_path_of_node(q, id);
}

static err_t post_output(struct api *q)
{
	i64 id, output_id;
	TRY(api_id(q, "id", &id));
	struct hand_in in = {.key = json_text(q->body, "key"),
	                     .title = json_text(q->body, "title"),
	                     .body = json_text(q->body, "body"),
	                     .attachment_id = json_i64(q->body, "attachment_id", 0),
	                     .version = json_i64(q->body, "version", 0)};
	TRY(node_hand_in(&q->cx, id, &in, &output_id));
	return send_path_of_node(q, id);
}

static err_t post_ask(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	const char *key = api_text(q, "key", true);
	if (!key)
		return errs_invalid(&q->cx.e);
	TRY(approval_ask(&q->cx, id, key));
	return send_path_of_node(q, id);
}

static err_t post_exception(struct api *q)
{
	i64 id, exception_id;
	TRY(api_id(q, "id", &id));
	TRY(exception_ask(&q->cx, id, json_text(q->body, "kind"), json_text(q->body, "item"),
	                  json_text(q->body, "reason"), json_i64(q->body, "approver_id", 0),
	                  &exception_id));
	return send_path_of_node(q, id);
}

static err_t opportunity_of(struct api *q, const char *sql, i64 id, i64 *opp)
{
	*opp = 0;
	return db_one_i64(q->cx.c, sql, ARGS(vi(id)), opp, NULL);
}

static err_t post_verdict(struct api *q)
{
	i64 id, opp;
	TRY(api_id(q, "id", &id));
	TRY(exception_decide(&q->cx, id, json_text(q->body, "decision"),
	                     json_text(q->body, "opinion")));
	TRY(opportunity_of(q, "select opportunity_id from exception_request where id = ?", id,
	                   &opp));
	return send_path(q, opp);
}

static err_t post_advance(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	const char *stage = api_text(q, "stage", true);
	if (!stage)
		return errs_invalid(&q->cx.e);
	i64 undo_id;
	TRY(process_advance(&q->cx, id, stage, &undo_id));
	api_undo_id(q, undo_id);
	return send_path(q, id);
}

static err_t post_close(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	TRY(process_close(&q->cx, id, json_text(q->body, "outcome"), json_text(q->body, "reason")));
	return send_path(q, id);
}

/* -- playbooks -- */

static err_t get_definition(struct api *q)
{
	i64 id;
	const struct playbook *pb;
	TRY(api_id(q, "id", &id));
	TRY(playbook_get(&q->cx, id, &pb));
	struct jw w = api_json(q);
	playbook_write(pb, &w);
	return api_send(q, &w);
}

static err_t get_current(struct api *q)
{
	const struct playbook *pb;
	TRY(playbook_current(&q->cx, &pb));
	struct jw w = api_json(q);
	playbook_write(pb, &w);
	return api_send(q, &w);
}

static const enum err_code missing[] = {ERR_NOT_FOUND, ERR_OK};
static const enum err_code board[] = {ERR_BAD_FILTER, ERR_BAD_REQUEST, ERR_OK};
static const enum err_code gate[] = {ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_GATE, ERR_NODE_STATE,
                                     ERR_CONFLICT,  ERR_INVALID,   ERR_OK};
static const enum err_code verb[] = {ERR_NOT_FOUND, ERR_FORBIDDEN,   ERR_NODE_STATE, ERR_CONFLICT,
                                     ERR_INVALID,   ERR_IDEMPOTENCY, ERR_OK};
static const enum err_code hand_in[] = {ERR_NOT_FOUND, ERR_FORBIDDEN,   ERR_NODE_STATE, ERR_VERSION,
                                        ERR_INVALID,   ERR_IDEMPOTENCY, ERR_OK};
static const enum err_code decide[] = {ERR_NOT_FOUND, ERR_NOT_REVIEWER, ERR_CONFLICT,
                                       ERR_INVALID,   ERR_IDEMPOTENCY,  ERR_OK};

static const struct api_query board_query[] = {
	{"filter", "string", "conditions over fields of opportunities, as for lists"},
	{"q", "string", "search text"},
	{"stage", "string", "a stage: its nodes are the columns then"},
	{NULL, NULL, NULL},
};

#define OBJECT(props) "{\"type\":\"object\",\"properties\":{" props "}}"
#define TEXT(name) "\"" name "\":{\"type\":[\"string\",\"null\"]}"
#define NUMBER(name) "\"" name "\":{\"type\":[\"integer\",\"null\"]}"
#define DECISION OBJECT(TEXT("decision") "," TEXT("opinion"))

/* clang-format off */
const struct api_route process_routes[] = {
	{"GET", "/api/v1/opportunities/{id}/path", get_path, "opportunity.read", 0, 200, NULL,
	 PATH_SCHEMA, missing, NULL, L("商机路径", "Path of an opportunity")},
	{"POST", "/api/v1/opportunities/{id}/advance", post_advance, "node.work", API_OWN_WRITE, 200,
	 OBJECT(TEXT("stage")), PATH_SCHEMA, gate, NULL, L("推进到下一阶段", "Move to the next stage")},
	{"POST", "/api/v1/opportunities/{id}/close", post_close, "opportunity.update", 0, 200,
	 OBJECT(TEXT("outcome") "," TEXT("reason")), PATH_SCHEMA, verb, NULL,
	 L("丢单、作废或重新打开", "Lose, void or open again")},
	{"GET", "/api/v1/board", get_board, "opportunity.read", 0, 200, NULL, BOARD_SCHEMA, board,
	 board_query, L("商机看板", "Opportunity board")},
	{"GET", "/api/v1/my/work", get_my_work, NULL, 0, 200, NULL, WORK_SCHEMA, NULL, NULL,
	 L("我的工作", "My work")},
	{"POST", "/api/v1/nodes/{id}/complete", post_complete, "node.work", API_OWN_WRITE, 200,
	 OBJECT(""), PATH_SCHEMA, gate, NULL, L("完成节点", "Complete a node")},
	{"POST", "/api/v1/nodes/{id}/return", post_return, "node.work", 0, 200,
	 OBJECT(TEXT("to") "," TEXT("reason")), PATH_SCHEMA, verb, NULL,
	 L("退回到先前节点", "Return to an earlier node")},
	{"POST", "/api/v1/nodes/{id}/start", post_start, "node.work", 0, 200, OBJECT(""), PATH_SCHEMA,
	 verb, NULL, L("提前开始节点", "Start a node early")},
	{"POST", "/api/v1/nodes/{id}/plan", post_plan, "node.work", 0, 200, OBJECT(TEXT("plan_on")),
	 PATH_SCHEMA, verb, NULL, L("填写计划日期", "Set the planned date")},
	{"POST", "/api/v1/nodes/{id}/assign", post_assign, "node.work", 0, 200,
	 OBJECT(NUMBER("user_id")), PATH_SCHEMA, verb, NULL, L("转派节点", "Assign a node")},
	{"POST", "/api/v1/nodes/{id}/outputs", post_output, "node.work", 0, 200,
	 OBJECT(TEXT("key") "," TEXT("title") "," TEXT("body") "," NUMBER("attachment_id") ","
	        NUMBER("version")),
	 PATH_SCHEMA, hand_in, NULL, L("提交产出", "Hand in an output")},
	{"POST", "/api/v1/nodes/{id}/ask", post_ask, "node.work", 0, 200, OBJECT(TEXT("key")),
	 PATH_SCHEMA, verb, NULL, L("提交评审", "Ask for an approval")},
	{"POST", "/api/v1/nodes/{id}/exceptions", post_exception, "node.work", 0, 200,
	 OBJECT(TEXT("kind") "," TEXT("item") "," TEXT("reason") "," NUMBER("approver_id")),
	 PATH_SCHEMA, verb, NULL, L("申请例外", "Ask for an exception")},
	{"POST", "/api/v1/exceptions/{id}/decide", post_verdict, "node.skip", 0, 200, DECISION,
	 PATH_SCHEMA, decide, NULL, L("审批例外", "Decide an exception")},
	{"GET", "/api/v1/playbooks/current", get_current, "playbook.read", 0, 200, NULL,
	 "{\"type\":\"object\"}", missing, NULL, L("现行流程手册", "The current playbook")},
	{"GET", "/api/v1/playbooks/{id}/definition", get_definition, "playbook.read", 0, 200, NULL,
	 "{\"type\":\"object\"}", missing, NULL, L("流程手册内容", "Definition of a playbook")},
	{.method = NULL},
};
/* clang-format on */
