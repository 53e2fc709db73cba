/* What a person is told and how: notifications, choices, the outbox of e-mails. */
#include <string.h>

#include "api/tables.h"
#include "core/mail.h"
#include "core/notice_prefs.h"

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
	{.method = NULL},
};
/* clang-format on */
