/* Routes of reviews: the review box, comparing rounds, and the verbs, each of which answers with
 * the box as it is afterwards. Lists and absences are those of every entity. */
#include "api/tables.h"
#include "review/review.h"

static err_t send_box(struct api *q, i64 id)
{
	struct jw w = api_json(q);
	TRY(review_write(&q->cx, id, &w));
	return api_send(q, &w);
}

static err_t get_box(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	return send_box(q, id);
}

static err_t get_compare(struct api *q)
{
	i64 id;
	const char *with = http_query(q->rq, "with");
	TRY(api_id(q, "id", &id));
	struct jw w = api_json(q);
	TRY(review_compare(&q->cx, id, with ? strtoll(with, NULL, 10) : 0, &w));
	return api_send(q, &w);
}

static struct review_verdict verdict(struct api *q, i64 id)
{
	const json_t *hashes = json_object_get(q->body, "hashes");
	return (struct review_verdict){.review_id = id,
	                               .seat = (int)json_i64(q->body, "seat", 0),
	                               .text = json_text(q->body, "text"),
	                               .to = json_text(q->body, "to"),
	                               .hashes = json_is_object(hashes) ? hashes : NULL};
}

static err_t post_approve(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	struct review_verdict v = verdict(q, id);
	TRY(review_approve(&q->cx, &v));
	return send_box(q, id);
}

static err_t post_return(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	struct review_verdict v = verdict(q, id);
	TRY(review_return(&q->cx, &v));
	return send_box(q, id);
}

static err_t post_add(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	struct review_addition ad = {.review_id = id,
	                             .seat = (int)json_i64(q->body, "seat", 0),
	                             .place = json_text(q->body, "place"),
	                             .user_id = json_i64(q->body, "user_id", 0),
	                             .parts = json_object_get(q->body, "parts"),
	                             .text = json_text(q->body, "text")};
	TRY(review_add(&q->cx, &ad));
	return send_box(q, id);
}

static err_t post_hand_over(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	TRY(review_hand_over(&q->cx, id, (int)json_i64(q->body, "seat", 0),
	                     json_i64(q->body, "user_id", 0), json_text(q->body, "text")));
	return send_box(q, id);
}

static err_t post_withdraw(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	TRY(review_withdraw(&q->cx, id, json_text(q->body, "text")));
	return send_box(q, id);
}

static err_t post_urge(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	TRY(review_urge(&q->cx, id, json_text(q->body, "text")));
	return send_box(q, id);
}

static err_t post_copy(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	TRY(review_copy(&q->cx, id, json_object_get(q->body, "user_ids"),
	                json_text(q->body, "text")));
	return send_box(q, id);
}

/* Answers with the new round. */
static err_t post_ask(struct api *q)
{
	i64 id, round;
	TRY(api_id(q, "id", &id));
	TRY(review_ask_again(&q->cx, id, json_text(q->body, "text"), &round));
	return send_box(q, round);
}

static err_t post_opinion(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	struct opinion_in in = {.review_id = id,
	                        .seat = (int)json_i64(q->body, "seat", 0),
	                        .part = json_text(q->body, "part"),
	                        .anchor = json_text(q->body, "anchor"),
	                        .quote = json_text(q->body, "quote"),
	                        .text = json_text(q->body, "text"),
	                        .severity = json_text(q->body, "severity")};
	TRY(review_opine(&q->cx, &in));
	return send_box(q, id);
}

static err_t post_resolve(struct api *q)
{
	i64 id, no;
	TRY(api_id(q, "id", &id));
	TRY(api_id(q, "no", &no));
	TRY(review_resolve(&q->cx, id, (int)no, json_text(q->body, "text")));
	return send_box(q, id);
}

#define TEXT(name) "\"" name "\":{\"type\":[\"string\",\"null\"]}"
#define NUMBER(name) "\"" name "\":{\"type\":[\"integer\",\"null\"]}"
#define LIST(name, of) \
	"\"" name "\":{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"" of "\"}}"
#define OBJECT(props) "{\"type\":\"object\",\"properties\":{" props "}}"
#define HASHES                                        \
	"\"hashes\":{\"type\":[\"object\",\"null\"]," \
	"\"additionalProperties\":{\"type\":[\"string\",\"null\"]}}"

static const enum err_code missing[] = {ERR_NOT_FOUND, ERR_OK};
static const enum err_code decide[] = {ERR_NOT_FOUND,      ERR_FORBIDDEN,   ERR_NOT_REVIEWER,
                                       ERR_CONFLICT,       ERR_NODE_STATE,  ERR_INVALID,
                                       ERR_STALE_APPROVAL, ERR_IDEMPOTENCY, ERR_OK};
static const enum err_code verb[] = {ERR_NOT_FOUND,  ERR_FORBIDDEN, ERR_NOT_REVIEWER, ERR_CONFLICT,
                                     ERR_NODE_STATE, ERR_INVALID,   ERR_IDEMPOTENCY,  ERR_OK};
static const enum err_code urge[] = {ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_CONFLICT,    ERR_NODE_STATE,
                                     ERR_THROTTLED, ERR_INVALID,   ERR_IDEMPOTENCY, ERR_OK};
static const struct api_query compare_query[] = {
	{"with", "integer", "another round of the same thread; the one before when absent"},
	{NULL, NULL, NULL},
};

/* Whoever may see a review may try: each verb asks who may. */
/* clang-format off */
const struct api_route review_routes[] = {
	{"GET", "/api/v1/reviews/{id}/box", get_box, "review.read", 0, 200, NULL, "@ReviewBox", missing, NULL,
	 L("评审框：评审人、意见、轮次", "A review with seats, opinions and rounds")},
	{"GET", "/api/v1/reviews/{id}/compare", get_compare, "review.read", 0, 200, NULL, "@ReviewCompare",
	 missing, compare_query, L("比较两轮评审", "One round beside another")},
	{"POST", "/api/v1/reviews/{id}/approve", post_approve, "review.decide", 0, 200,
	 OBJECT(NUMBER("seat") "," TEXT("text") "," HASHES), "@ReviewBox", decide, NULL,
	 L("同意", "Approve")},
	{"POST", "/api/v1/reviews/{id}/return", post_return, "review.decide", 0, 200,
	 OBJECT(NUMBER("seat") "," TEXT("text") "," TEXT("to") "," HASHES), "@ReviewBox", decide, NULL,
	 L("退回（可指定节点）", "Return, to a chosen node")},
	{"POST", "/api/v1/reviews/{id}/add", post_add, "review.decide", 0, 200,
	 OBJECT(NUMBER("seat") "," TEXT("place") "," NUMBER("user_id") "," LIST("parts", "string") ","
	        TEXT("text")), "@ReviewBox", verb, NULL, L("加签", "Add a reviewer")},
	{"POST", "/api/v1/reviews/{id}/hand-over", post_hand_over, "review.decide", 0, 200,
	 OBJECT(NUMBER("seat") "," NUMBER("user_id") "," TEXT("text")), "@ReviewBox", verb, NULL,
	 L("转交评审", "Hand a review over")},
	{"POST", "/api/v1/reviews/{id}/withdraw", post_withdraw, "review.read", 0, 200, OBJECT(TEXT("text")),
	 "@ReviewBox", verb, NULL, L("撤回评审", "Withdraw a review")},
	{"POST", "/api/v1/reviews/{id}/urge", post_urge, "review.read", 0, 200, OBJECT(TEXT("text")),
	 "@ReviewBox", urge, NULL, L("催办", "Urge")},
	{"POST", "/api/v1/reviews/{id}/copy", post_copy, "review.read", 0, 200,
	 OBJECT(LIST("user_ids", "integer") "," TEXT("text")), "@ReviewBox", verb, NULL,
	 L("抄送", "Copy to")},
	{"POST", "/api/v1/reviews/{id}/ask", post_ask, "review.read", 0, 200, OBJECT(TEXT("text")),
	 "@ReviewBox", verb, NULL, L("再次提交评审", "Ask again")},
	{"POST", "/api/v1/reviews/{id}/opinions", post_opinion, "review.decide", 0, 200,
	 OBJECT(NUMBER("seat") "," TEXT("part") "," TEXT("anchor") "," TEXT("quote") "," TEXT("text")
	        "," TEXT("severity")), "@ReviewBox", verb, NULL, L("提出意见", "Give an opinion")},
	{"POST", "/api/v1/reviews/{id}/opinions/{no}/resolve", post_resolve, "review.read", 0, 200,
	 OBJECT(TEXT("text")), "@ReviewBox", verb, NULL, L("处理意见", "Resolve an opinion")},
	{.method = NULL},
};
/* clang-format on */
