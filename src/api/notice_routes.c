/* What a person is told and how: notifications, choices, the outbox of e-mails; and what programs
 * are told: webhooks. */
#include <string.h>

#include "api/tables.h"
#include "core/mail.h"
#include "core/notice_prefs.h"
#include "core/webhook.h"

enum { PAGE = 30, PAGE_MAX = 100 };

/* before and limit, as those pages take them. */
static err_t page_of(struct api *q, i64 *before, int *limit)
{
	const char *b = http_query(q->rq, "before"), *l = http_query(q->rq, "limit");
	char *end = NULL;
	*before = b ? strtoll(b, &end, 10) : 0;
	if (b && (!*b || *end || *before <= 0))
		return cx_err(&q->cx, ERR_BAD_REQUEST, EP({"reason", "before"}));
	*limit = l ? (int)strtol(l, &end, 10) : PAGE;
	if (l && (!*l || *end || *limit < 1 || *limit > PAGE_MAX))
		return cx_err(&q->cx, ERR_BAD_REQUEST, EP({"reason", "limit"}));
	return ERR_OK;
}

static err_t get_notifications(struct api *q)
{
	const char *unread = http_query(q->rq, "unread");
	struct notice_page p = {.kind = http_query(q->rq, "kind"),
	                        .unread = unread && !strcmp(unread, "1")};
	TRY(page_of(q, &p.before, &p.limit));
	struct jw w = api_json(q);
	TRY(notices_write(&q->cx, &p, &w));
	return api_send(q, &w);
}

static err_t post_read(struct api *q)
{
	TRY(notices_read(&q->cx, json_i64(q->body, "id", 0), json_text(q->body, "kind")));
	return api_done(q);
}

/* -- choices -- */

static err_t send_prefs(struct api *q, i64 user_id)
{
	struct jw w = api_json(q);
	TRY(notice_prefs_write(&q->cx, user_id, &w));
	return api_send(q, &w);
}

static err_t get_mine(struct api *q)
{
	return send_prefs(q, q->cx.actor->id);
}

static err_t patch_mine(struct api *q)
{
	/* A narrowed token does what it was made for. */
	if (q->cx.actor->tokens)
		return cx_err(&q->cx, ERR_FORBIDDEN, NULL);
	TRY(notice_prefs_patch(&q->cx, q->cx.actor->id, q->body));
	return send_prefs(q, q->cx.actor->id);
}

static err_t get_defaults(struct api *q)
{
	return send_prefs(q, 0);
}

static err_t patch_defaults(struct api *q)
{
	TRY(notice_prefs_patch(&q->cx, 0, q->body));
	return send_prefs(q, 0);
}

/* -- the outbox -- */

static err_t get_mails(struct api *q)
{
	struct mail_page p = {.state = http_query(q->rq, "state")};
	TRY(page_of(q, &p.before, &p.limit));
	struct jw w = api_json(q);
	TRY(mail_list(&q->cx, &p, &w));
	return api_send(q, &w);
}

static err_t post_test(struct api *q)
{
	const char *address = api_text(q, "address", true);
	i64 id;
	if (!address)
		return errs_invalid(&q->cx.e);
	TRY(mail_test(&q->cx, address, &id));
	struct jw w = api_json(q);
	jw_obj(&w);
	jw_kint(&w, "id", id);
	jw_end_obj(&w);
	return api_send(q, &w);
}

static err_t post_retry(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	TRY(mail_retry(&q->cx, id));
	return api_done(q);
}

static err_t delete_mail(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	TRY(mail_delete(&q->cx, id));
	return api_done(q);
}

/* -- webhooks -- */

static err_t send_one(struct api *q, const char *key, i64 number, const char *text)
{
	struct jw w = api_json(q);
	jw_obj(&w);
	if (text)
		jw_kstr(&w, key, text);
	else
		jw_kint(&w, key, number);
	jw_end_obj(&w);
	return api_send(q, &w);
}

static err_t post_webhook_test(struct api *q)
{
	i64 id, delivery;
	TRY(api_id(q, "id", &id));
	TRY(webhook_test(&q->cx, id, &delivery));
	return send_one(q, "delivery_id", delivery, NULL);
}

static err_t post_secret(struct api *q)
{
	i64 id;
	const char *secret;
	TRY(api_id(q, "id", &id));
	TRY(webhook_rotate(&q->cx, id, &secret));
	return send_one(q, "secret", 0, secret);
}

static err_t get_deliveries(struct api *q)
{
	i64 id, before;
	int limit;
	TRY(api_id(q, "id", &id));
	TRY(page_of(q, &before, &limit));
	struct jw w = api_json(q);
	TRY(webhook_deliveries(&q->cx, id, before, limit, &w));
	return api_send(q, &w);
}

static err_t post_redeliver(struct api *q)
{
	i64 id, delivery;
	TRY(api_id(q, "id", &id));
	TRY(api_id(q, "delivery", &delivery));
	TRY(webhook_redeliver(&q->cx, id, delivery));
	return api_done(q);
}

static const enum err_code hook_reading[] = {ERR_NOT_FOUND, ERR_BAD_REQUEST, ERR_OK};
static const enum err_code hook_acting[] = {ERR_NOT_FOUND, ERR_IDEMPOTENCY, ERR_OK};
static const enum err_code bad_page[] = {ERR_BAD_REQUEST, ERR_OK};
static const enum err_code choosing[] = {ERR_INVALID, ERR_FORBIDDEN, ERR_OK};
static const enum err_code choosing_for_all[] = {ERR_INVALID, ERR_OK};
static const enum err_code testing[] = {ERR_INVALID, ERR_CONFLICT, ERR_IDEMPOTENCY, ERR_OK};
static const enum err_code repeating[] = {ERR_NOT_FOUND, ERR_CONFLICT, ERR_IDEMPOTENCY, ERR_OK};
static const enum err_code deleting[] = {ERR_NOT_FOUND, ERR_CONFLICT, ERR_OK};

static const struct api_query notices_query[] = {
	{"unread", "integer", "1: unread ones alone"},
	{"kind", "string", "of this kind alone"},
	{"before", "integer", "go on below this number: next of the page before"},
	{"limit", "integer", "up to 100; 30 when left out"},
	{NULL, NULL, NULL},
};
static const struct api_query deliveries_query[] = {
	{"before", "integer", "go on below this number: next of the page before"},
	{"limit", "integer", "up to 100; 30 when left out"},
	{NULL, NULL, NULL},
};
static const struct api_query mails_query[] = {
	{"state", "string", "queued, digest, collected, sent or failed"},
	{"before", "integer", "go on below this number: next of the page before"},
	{"limit", "integer", "up to 100; 30 when left out"},
	{NULL, NULL, NULL},
};

/* clang-format off */
const struct api_route notice_routes[] = {
	{"GET", "/api/v1/notifications", get_notifications, NULL, 0, 200, NULL, "@Notices", bad_page,
	 notices_query, L("通知", "Notifications")},
	{"POST", "/api/v1/notifications/read", post_read, NULL, 0, 204,
	 "{'type':'object','properties':{'id':{'type':'integer'},'kind':{'type':['string','null']}}}",
	 NULL, NULL, NULL, L("标为已读", "Mark as read")},
	{"GET", "/api/v1/me/notices", get_mine, NULL, 0, 200, NULL, "@NoticeChoices", NULL, NULL,
	 L("我的通知偏好", "How I want to be told")},
	{"PATCH", "/api/v1/me/notices", patch_mine, NULL, 0, 200, "@NoticeChoicesPatch",
	 "@NoticeChoices", choosing, NULL, L("修改我的通知偏好", "Change how I want to be told")},
	{"GET", "/api/v1/notices/defaults", get_defaults, "notice.defaults", 0, 200, NULL,
	 "@NoticeChoices", NULL, NULL, L("公司默认的通知方式", "The company's defaults of notifications")},
	{"PATCH", "/api/v1/notices/defaults", patch_defaults, "notice.defaults", 0, 200,
	 "@NoticeChoicesPatch", "@NoticeChoices", choosing_for_all, NULL,
	 L("修改公司默认的通知方式", "Change the company's defaults of notifications")},
	{"GET", "/api/v1/mails", get_mails, "mail.read", 0, 200, NULL, "@Mails", bad_page, mails_query,
	 L("发件箱", "The outbox of e-mails")},
	{"POST", "/api/v1/mails/test", post_test, "mail.manage", 0, 201,
	 "{'type':'object','required':['address'],'properties':{'address':{'type':'string'}}}",
	 "{'type':'object','required':['id'],'properties':{'id':{'type':'integer'}}}", testing, NULL,
	 L("发送测试邮件", "Send a test mail")},
	{"POST", "/api/v1/mails/{id}/retry", post_retry, "mail.manage", 0, 204, NULL, NULL, repeating,
	 NULL, L("重新发送", "Send a mail again")},
	{"DELETE", "/api/v1/mails/{id}", delete_mail, "mail.manage", 0, 204, NULL, NULL, deleting, NULL,
	 L("删除待发邮件", "Delete a mail that was not sent")},
	{"POST", "/api/v1/webhooks/{id}/test", post_webhook_test, "webhook.update", 0, 202, NULL,
	 "{'type':'object','required':['delivery_id'],'properties':{'delivery_id':{'type':'integer'}}}",
	 hook_acting, NULL, L("发送测试推送", "Post a test delivery")},
	{"POST", "/api/v1/webhooks/{id}/secret", post_secret, "webhook.update", API_SECRET, 200, NULL,
	 "{'type':'object','required':['secret'],'properties':{'secret':{'type':'string'}}}",
	 hook_acting, NULL, L("更换签名密钥", "Make a new secret of a webhook")},
	{"GET", "/api/v1/webhooks/{id}/deliveries", get_deliveries, "webhook.read", 0, 200, NULL,
	 "@Deliveries", hook_reading, deliveries_query, L("推送记录", "Deliveries of a webhook")},
	{"POST", "/api/v1/webhooks/{id}/deliveries/{delivery}/redeliver", post_redeliver,
	 "webhook.update", 0, 204, NULL, NULL, hook_acting, NULL,
	 L("重新推送", "Post a delivery again")},
	{.method = NULL},
};
/* clang-format on */
