/* The entity webhook, its secret, and the log of its deliveries. */
#include "core/webhook.h"

#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "core/actor.h"
#include "core/crud.h"
#include "core/event.h"
#include "core/list.h"

enum { KINDS_MAX = 4000, SECRET_BYTES = 32 };

/* clang-format off */
static const struct field webhook_fields[] = {
	{.name = "name", .type = FT_TEXT, .flags = F_REQUIRED | F_LIST, .max = 100,
	 .label = L("名称", "Name")},
	{.name = "url", .type = FT_URL, .flags = F_REQUIRED | F_LIST, .max = 1000,
	 .label = L("接收地址", "Address"),
	 .help = L("事件以 POST 发到这里，正文是 JSON", "Events are posted here as JSON")},
	{.name = "kinds", .type = FT_LONGTEXT, .flags = F_REQUIRED | F_LIST, .max = KINDS_MAX,
	 .label = L("事件", "Events"),
	 .help = L("用逗号分开，例如 account.*, node.completed；* 表示全部",
	           "With commas between them, for example account.*, node.completed; * means all")},
	{.name = "filter", .type = FT_LONGTEXT, .max = KINDS_MAX, .label = L("筛选", "Filter"),
	 .help = L("按对象写筛选条件，例如 {\"opportunity\":{\"amount_fen\":{\"gte\":100000}}}",
	           "Conditions by kind of record, for example {\"opportunity\":{\"amount_fen\":{\"gte\":100000}}}")},
	{.name = "active", .type = FT_BOOL, .flags = F_REQUIRED | F_LIST, .dflt = "1",
	 .label = L("启用", "Active")},
	{.name = "owner_id", .type = FT_REF, .ref = "user", .flags = F_LIST,
	 .label = L("所有者", "Owner"),
	 .help = L("只推送所有者看得到的内容", "What the owner may see is told, no more")},
	{.name = "failures", .type = FT_INT, .flags = F_READONLY | F_NOFORM | F_NOIMPORT, .dflt = "0",
	 .max = 1000000, .label = L("连续失败次数", "Failures in a row")},
	{.name = "disabled_reason", .type = FT_TEXT, .flags = F_READONLY | F_NOFORM | F_NOIMPORT, .max = 500,
	 .label = L("停用原因", "Why it was switched off")},
	{.name = "secret", .type = FT_TEXT, .flags = F_HIDDEN | F_NOFORM | F_NOIMPORT, .max = 100,
	 .label = L("签名密钥", "Secret")},
	{.name = "old_secret", .type = FT_TEXT, .flags = F_HIDDEN | F_NOFORM | F_NOIMPORT, .max = 100,
	 .label = L("上一个密钥", "Secret before")},
	{.name = "old_secret_until", .type = FT_TIME, .flags = F_HIDDEN | F_NOFORM | F_NOIMPORT,
	 .label = L("上一个密钥有效至", "Secret before holds until")},
	{.name = "after_seq", .type = FT_INT, .flags = F_HIDDEN | F_NOFORM | F_NOIMPORT,
	 .max = 9007199254740991LL, .label = L("起始事件", "Tells what comes after")},
	{.name = NULL},
};
const struct event_kind webhook_events[] = {
	{"webhook.tested", L("发送测试推送", "A test delivery was asked for"), false},
	{"webhook.rotated", L("更换签名密钥", "The secret was changed"), false},
	{"webhook.redelivered", L("重新推送", "A delivery was asked for again"), false},
	{"webhook.disabled", L("推送连续失败，已停用", "Switched off after failures"), false},
	{NULL, L(NULL, NULL), false},
};
const struct setting_def webhook_settings[] = {
	{{.name = "webhook.inside", .type = FT_BOOL, .dflt = "0",
	  .label = L("允许推送到内网地址", "Webhooks may post to addresses inside the network"),
	  .help = L("关闭时，解析到内网、本机等地址的推送一律拒绝",
	            "When off, addresses that turn out to be inside are refused")}, NULL},
	{{.name = "webhook.failures", .type = FT_INT, .min = 3, .max = 1000, .dflt = "20",
	  .label = L("推送连续失败多少次后停用", "Failures in a row that switch a webhook off")}, NULL},
	{{.name = "webhook.attempts", .type = FT_INT, .min = 1, .max = 20, .dflt = "13",
	  .label = L("每条推送最多尝试次数", "Attempts per delivery"),
	  .help = L("13 次约合一天", "13 attempts take about a day")}, NULL},
	{.unit = NULL},
};
const struct notice_kind webhook_notices[] = {
	{"webhook_disabled", L("事件推送已停用", "Webhook switched off"), NOTICE_AT_ONCE,
	 NOTICE_OFF_BY_NOBODY, false},
	{.code = NULL},
};
/* clang-format on */

/* -- kinds -- */

static bool separator(char c)
{
	return c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* "node.*" and "node.completed"; the word is n bytes. */
static bool word_takes(const char *word, size_t n, const char *kind)
{
	if (n && word[n - 1] == '*')
		return !strncmp(word, kind, n - 1);
	return strlen(kind) == n && !strncmp(word, kind, n);
}

bool webhook_wants(const char *kinds, const char *kind)
{
	for (const char *p = kinds; *p;) {
		size_t n = 0;
		while (p[n] && !separator(p[n]))
			n++;
		if (n && word_takes(p, n, kind))
			return true;
		p += n;
		while (*p && separator(*p))
			p++;
	}
	return false;
}

static void check_kinds(struct ctx *cx, const char *kinds)
{
	for (const char *p = kinds; *p;) {
		size_t n = 0;
		bool known = false;
		while (p[n] && !separator(p[n]))
			n++;
		for (size_t i = 0; n && !known && event_kind_at(i); i++)
			known = word_takes(p, n, event_kind_at(i)->kind);
		if (n && !known) {
			errs_field(&cx->e, "kinds", ERR_REF,
			           EP({"what", arena_printf(cx->a,
			                                    cx->lang == LANG_EN ? "event “%.*s”"
			                                                        : "事件“%.*s”",
			                                    (int)n, p)}));
			return;
		}
		p += n;
		while (*p && separator(*p))
			p++;
	}
}

/* Each member is the filter of one kind of record: built, it is known to be right. */
static err_t check_filter(struct ctx *cx, const char *text)
{
	struct ctx quiet = *cx;
	json_t *o = NULL, *f;
	const char *name, *wrong = NULL;
	errs_init(&quiet.e, cx->a);
	if (json_parse(cx->a, &quiet.e, text, strlen(text), &o) || !json_is_object(o))
		wrong = "JSON";
	json_object_foreach(o, name, f)
	{
		const struct entity *e = entity_by_name(name);
		if (!e || filter_where(&quiet, e, "t", f, sqlb_new(cx->a)))
			wrong = name;
	}
	if (wrong)
		errs_field(&cx->e, "filter", ERR_RULE,
		           EP({"reason",
		               arena_printf(cx->a,
		                            cx->lang == LANG_EN ? "The filter cannot be used: %s"
		                                                : "筛选条件有误：%s",
		                            wrong)}));
	return ERR_OK;
}

/* From the newest event on. By its number, since on PostgreSQL its place in the chain comes later;
 * where the log is read from is moved there when nobody else is waiting for what lies before. */
static err_t begin_here(struct ctx *cx, struct rec *now)
{
	i64 pos = 0, seq = 0;
	const char *hash;
	TRY(event_head(cx, &pos, &hash));
	TRY(db_one_i64(cx->c, "select coalesce(max(seq), 0) from event", NO_ARGS, &seq, NULL));
	rec_set(now, "after_seq", vi(seq));
	rec_set(now, "failures", vi(0));
	rec_set(now, "disabled_reason", vnull());
	return db_exec(
		cx->c,
		"insert into webhook_cursor(id, pos) values (1, ?) on conflict (id) do update"
		" set pos = case when exists (select 1 from webhook where active = 1"
		" and deleted_at is null) then webhook_cursor.pos else excluded.pos end",
		ARGS(vi(pos)), NULL);
}

static err_t check(struct ctx *cx, struct rec *now, const struct rec *before)
{
	i64 owner = rec_i64(now, "owner_id");
	/* Somebody else's eyes are not lent by writing his name. */
	if (owner && owner != cx->actor->id && !cx->actor->system &&
	    (!before || owner != rec_i64(before, "owner_id")) &&
	    actor_scope(cx->actor, "webhook.update") != SCOPE_ALL)
		errs_field(&cx->e, "owner_id", ERR_FORBIDDEN, NULL);
	if (rec_text(now, "kinds"))
		check_kinds(cx, rec_text(now, "kinds"));
	if (rec_text(now, "filter"))
		TRY(check_filter(cx, rec_text(now, "filter")));
	if (!before)
		rec_set(now, "secret", vt(random_token(cx->a, SECRET_BYTES)));
	/* What happened before it was switched on is not told. */
	if (rec_i64(now, "active") && (!before || !rec_i64(before, "active")))
		TRY(begin_here(cx, now));
	return ERR_OK;
}

static const struct entity_hooks hooks = {.check = check};

const struct entity webhook_entity = {
	.name = "webhook",
	.plural = "webhooks",
	.table = "webhook",
	.label = L("事件推送", "Webhook"),
	.label_plural = L("事件推送", "Webhooks"),
	.title = "name",
	.fields = webhook_fields,
	.scope = {.owners = {"owner_id"}},
	.hooks = &hooks,
	.default_sort = "name",
};

/* -- verbs -- */

static err_t verb_event(struct ctx *cx, const char *kind, i64 id)
{
	return event_append(
		cx, &(struct event_in){.kind = kind, .entity = "webhook", .entity_id = id}, NULL);
}

struct verb {
	i64 id, delivery;
	const char *secret;
};

static err_t test(struct ctx *cx, void *arg)
{
	struct verb *v = arg;
	struct rec *r;
	TRY(crud_get(cx, &webhook_entity, v->id, "update", &r));
	struct jw w = jw_new(cx->a, 4096);
	jw_obj(&w);
	jw_kstr(&w, "kind", "webhook.test");
	jw_kstr(&w, "at", time_format(cx->a, cx->now));
	jw_kint(&w, "webhook_id", v->id);
	jw_end_obj(&w);
	TRY(db_insert(cx->c,
	              "insert into webhook_delivery(webhook_id, kind, body, state, run_at,"
	              " created_at, attempts) values (?, 'webhook.test', ?, 'queued', ?, ?, 0)"
	              " returning id",
	              ARGS(vi(v->id), vt(jw_done(&w)), vi(cx->now), vi(cx->now)), &v->delivery));
	TRY(db_notify(cx->c, "webhook", ""));
	return verb_event(cx, "webhook.tested", v->id);
}

err_t webhook_test(struct ctx *cx, i64 id, i64 *delivery)
{
	struct verb v = {.id = id};
	TRY(ctx_write(cx, test, &v));
	*delivery = v.delivery;
	return ERR_OK;
}

static err_t rotate(struct ctx *cx, void *arg)
{
	struct verb *v = arg;
	struct rec *r;
	TRY(crud_get(cx, &webhook_entity, v->id, "update", &r));
	v->secret = random_token(cx->a, SECRET_BYTES);
	TRY(db_exec(cx->c,
	            "update webhook set old_secret = secret, old_secret_until = ?, secret = ?"
	            " where id = ?",
	            ARGS(vi(cx->now + US_PER_DAY), vt(v->secret), vi(v->id)), NULL));
	return verb_event(cx, "webhook.rotated", v->id);
}

err_t webhook_rotate(struct ctx *cx, i64 id, const char **secret)
{
	struct verb v = {.id = id};
	TRY(ctx_write(cx, rotate, &v));
	*secret = v.secret;
	return ERR_OK;
}

static err_t redeliver(struct ctx *cx, void *arg)
{
	struct verb *v = arg;
	struct rec *r;
	i64 n = 0;
	TRY(crud_get(cx, &webhook_entity, v->id, "update", &r));
	TRY(db_exec(cx->c,
	            "update webhook_delivery set state = 'queued', run_at = ?, attempts = 0"
	            " where id = ? and webhook_id = ?",
	            ARGS(vi(cx->now), vi(v->delivery), vi(v->id)), &n));
	if (!n)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	TRY(db_notify(cx->c, "webhook", ""));
	return verb_event(cx, "webhook.redelivered", v->id);
}

err_t webhook_redeliver(struct ctx *cx, i64 id, i64 delivery)
{
	struct verb v = {.id = id, .delivery = delivery};
	return ctx_write(cx, redeliver, &v);
}

/* -- the log -- */

static void write_time(struct jw *w, const char *key, const struct rows *r, int col)
{
	jw_kstr(w, key, rows_null(r, col) ? NULL : time_format(w->b.a, rows_i64(r, col)));
}

static void write_number(struct jw *w, const char *key, const struct rows *r, int col)
{
	jw_key(w, key);
	if (rows_null(r, col))
		jw_null(w);
	else
		jw_int(w, rows_i64(r, col));
}

err_t webhook_deliveries(struct ctx *cx, i64 id, i64 before, int limit, struct jw *w)
{
	struct rec *hook;
	struct rows *r;
	int n = 0;
	i64 last = 0;
	TRY(crud_get(cx, &webhook_entity, id, "read", &hook));
	TRY(db_query(cx->c,
	             "select id, kind, event_seq, state, attempts, created_at, run_at, sent_at,"
	             " status, ms, error, body, answer, answer_cut from webhook_delivery"
	             " where webhook_id = ? and id < ? order by id desc limit ?",
	             ARGS(vi(id), vi(before ? before : INT64_MAX), vi(limit + 1)), &r));
	jw_obj(w);
	jw_key(w, "items");
	jw_arr(w);
	while (rows_next(r) && ++n <= limit) {
		last = rows_i64(r, 0);
		jw_obj(w);
		jw_kint(w, "id", last);
		jw_kstr(w, "kind", rows_text(r, 1));
		write_number(w, "event_seq", r, 2);
		jw_kstr(w, "state", rows_text(r, 3));
		jw_kint(w, "attempts", rows_i64(r, 4));
		write_time(w, "created_at", r, 5);
		write_time(w, "run_at", r, 6);
		write_time(w, "sent_at", r, 7);
		write_number(w, "status", r, 8);
		write_number(w, "ms", r, 9);
		jw_kstr(w, "error", rows_text(r, 10));
		jw_kstr(w, "request", rows_text(r, 11));
		jw_kstr(w, "answer", rows_text(r, 12));
		jw_kbool(w, "answer_cut", rows_i64(r, 13) != 0);
		jw_end_obj(w);
	}
	TRY(rows_done(r));
	jw_end_arr(w);
	jw_kstr(w, "next", n > limit ? arena_printf(cx->a, "%lld", (long long)last) : NULL);
	jw_end_obj(w);
	return ERR_OK;
}
