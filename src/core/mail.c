/* The outbox: settings, putting letters in, and the administrator's view of it. */
#include "core/mail.h"

#include <string.h>

#include "base/hash.h"
#include "core/actor.h"
#include "core/event.h"
#include "net/letter.h"

/* clang-format off */
static const struct enum_row securities[] = {
	{"none", L("不加密", "None"), "warning"},
	{"starttls", L("STARTTLS", "STARTTLS"), "success"},
	{"tls", L("TLS", "TLS"), "success"},
	{NULL, L(NULL, NULL), NULL},
};
const struct setting_def mail_settings[] = {
	{{.name = "mail.host", .type = FT_TEXT, .max = 200,
	  .label = L("邮件服务器", "Mail server"),
	  .help = L("SMTP 服务器的域名或地址；留空则不发邮件",
	            "Name or address of the SMTP server; without one no mail is sent")}, NULL},
	{{.name = "mail.port", .type = FT_INT, .min = 1, .max = 65535, .dflt = "587",
	  .label = L("邮件服务器端口", "Port of the mail server")}, NULL},
	{{.name = "mail.security", .type = FT_ENUM, .values = securities, .dflt = "starttls",
	  .label = L("邮件加密方式", "Encryption of mail"),
	  .help = L("587 端口一般用 STARTTLS，465 端口用 TLS", "Port 587 takes STARTTLS, port 465 TLS")}, NULL},
	{{.name = "mail.login", .type = FT_TEXT, .max = 200,
	  .label = L("邮件服务器账号", "Log-in of the mail server")}, NULL},
	{{.name = "mail.password", .type = FT_TEXT, .flags = F_HIDDEN, .max = 200,
	  .label = L("邮件服务器密码", "Password of the mail server"),
	  .help = L("保存后不再显示", "Never shown again once it is saved")}, NULL},
	{{.name = "mail.from", .type = FT_EMAIL, .dflt = "tripod@localhost.localdomain",
	  .label = L("发件人地址", "Address of the sender")}, NULL},
	{{.name = "mail.attempts", .type = FT_INT, .min = 1, .max = 20, .dflt = "8",
	  .label = L("邮件最多尝试次数", "Attempts to send a mail"),
	  .help = L("两次之间的间隔从一分钟起逐次加倍", "The pause between two begins with a minute and doubles")}, NULL},
	{{.name = "company.name", .type = FT_TEXT, .max = 100, .dflt = "Tripod",
	  .label = L("公司名称", "Name of the company"),
	  .help = L("用在邮件的抬头", "Stands at the head of mails")}, NULL},
	{{.name = "company.site", .type = FT_URL, .max = 300,
	  .label = L("系统访问地址", "Address of this system"),
	  .help = L("邮件里的链接用它，例如 https://crm.example.com",
	            "Links in mails begin with it, for example https://crm.example.com")}, NULL},
	{.unit = NULL},
};
const struct event_kind mail_events[] = {
	{"mail.failed", L("邮件未能送出", "A mail could not be sent"), false},
	{"mail.tested", L("发送测试邮件", "A test mail was asked for"), false},
	{"mail.retried", L("重新发送邮件", "A mail was put in the queue again"), false},
	{"mail.deleted", L("删除待发邮件", "A mail was deleted"), false},
	{NULL, L(NULL, NULL), false},
};
const struct permission mail_permissions[] = {
	{"mail.read", L("查看发件箱", "See the outbox")},
	{"mail.manage", L("管理发件箱", "Send, repeat and delete mails of the outbox")},
	{NULL, L(NULL, NULL)},
};
/* clang-format on */

/* Letters that are no notice. */
static const struct label digest_label = L("通知汇总", "Digest");
static const struct label test_label = L("测试邮件", "Test mail");

bool mail_ready(struct ctx *cx)
{
	return *setting_text(cx, "mail.host") != '\0';
}

static const char *domain(struct ctx *cx)
{
	const char *at = strrchr(setting_text(cx, "mail.from"), '@');
	return at ? at + 1 : "localhost";
}

struct row {
	i64 user_id;
	const char *kind, *lang, *zone, *name, *address, *title, *body, *href, *state;
	i64 run_at;
};

static err_t put(struct ctx *cx, const struct row *m, i64 *id)
{
	/* What is told of one place is one thread: the path without what follows '?'. */
	const char *thread = NULL;
	if (m->href && *m->href) {
		char hex[SHA256_HEX];
		sha256_hex(m->href, strcspn(m->href, "?#"), hex);
		thread = arena_printf(cx->a, "<thread.%.32s@%s>", hex, domain(cx));
	}
	TRY(db_insert(cx->c,
	              "insert into mail(user_id, kind, lang, zone, name, address, title, body,"
	              " href, thread, message_id, state, run_at, created_at, attempts)"
	              " values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,0) returning id",
	              ARGS(vref(m->user_id), vt(m->kind), vt(m->lang), vt(m->zone), vt(m->name),
	                   vt(m->address), vt(m->title), vt(m->body), vt(m->href), vt(thread),
	                   vt(arena_printf(cx->a, "<%s@%s>", random_token(cx->a, 18), domain(cx))),
	                   vt(m->state), vi(m->run_at), vi(cx->now)),
	              id));
	return db_notify(cx->c, "mail", "");
}

err_t mail_notice(struct ctx *cx, const struct notice *n, const struct notice_kind *k,
                  const struct receiver *to)
{
	i64 id;
	if (to->mail == NOTICE_NO_MAIL || !to->email || !letter_address(to->email) ||
	    !mail_ready(cx))
		return ERR_OK;
	bool digest = to->mail == NOTICE_IN_DIGEST;
	i64 at = digest      ? digest_time(&to->digest, to->zone, cx->now)
	         : k->urgent ? cx->now
	                     : quiet_until(&to->quiet, to->zone, cx->now);
	return put(cx,
	           &(struct row){.user_id = n->user_id,
	                         .kind = n->kind,
	                         .lang = to->lang == LANG_EN ? "en" : "zh",
	                         .zone = to->zone,
	                         .name = to->name,
	                         .address = to->email,
	                         .title = n->title,
	                         .body = n->body,
	                         .href = n->href,
	                         .state = digest ? "digest" : "queued",
	                         .run_at = at},
	           &id);
}

struct test {
	const char *address;
	i64 id;
};

static err_t test(struct ctx *cx, void *arg)
{
	struct test *t = arg;
	TRY(put(cx,
	        &(struct row){.user_id = cx->actor->id,
	                      .kind = "test",
	                      .lang = cx->lang == LANG_EN ? "en" : "zh",
	                      .zone = cx->actor->zone,
	                      .name = cx->actor->name,
	                      .address = t->address,
	                      .state = "queued",
	                      .run_at = cx->now},
	        &t->id));
	return event_append(
		cx, &(struct event_in){.kind = "mail.tested", .entity = "mail", .entity_id = t->id},
		NULL);
}

err_t mail_test(struct ctx *cx, const char *address, i64 *id)
{
	struct test t = {address, 0};
	if (!letter_address(address)) {
		errs_field(&cx->e, "address", ERR_EMAIL, NULL);
		return errs_invalid(&cx->e);
	}
	if (!mail_ready(cx))
		return cx_err(cx, ERR_CONFLICT,
		              EP({"reason", cx->lang == LANG_EN ? "no mail server is set"
		                                                : "还没有设置邮件服务器"}));
	TRY(ctx_write(cx, test, &t));
	*id = t.id;
	return ERR_OK;
}

/* -- the administrator's view -- */

static void write_time(struct jw *w, const char *key, const struct rows *r, int col)
{
	jw_kstr(w, key, rows_null(r, col) ? NULL : time_format(w->b.a, rows_i64(r, col)));
}

static void write_row(struct ctx *cx, const struct rows *r, struct jw *w)
{
	const char *kind = rows_text(r, 2);
	const struct notice_kind *k = notice_kind_find(kind);
	jw_obj(w);
	jw_kint(w, "id", rows_i64(r, 0));
	jw_kstr(w, "state", rows_text(r, 1));
	jw_kstr(w, "kind", kind);
	jw_kstr(w, "kind_label",
	        label_in(k                         ? k->label
	                 : !strcmp(kind, "digest") ? digest_label
	                                           : test_label,
	                 cx->lang));
	jw_kstr(w, "address", rows_text(r, 3));
	jw_kstr(w, "user", rows_text(r, 4));
	jw_kstr(w, "title", rows_text(r, 5));
	write_time(w, "created_at", r, 6);
	write_time(w, "run_at", r, 7);
	write_time(w, "sent_at", r, 8);
	jw_kint(w, "attempts", rows_i64(r, 9));
	jw_kstr(w, "error", rows_text(r, 10));
	jw_end_obj(w);
}

static err_t write_counts(struct ctx *cx, struct jw *w)
{
	struct rows *r;
	TRY(db_query(cx->c, "select state, count(*) from mail group by state order by state",
	             NO_ARGS, &r));
	jw_key(w, "counts");
	jw_obj(w);
	while (rows_next(r))
		jw_kint(w, rows_text(r, 0), rows_i64(r, 1));
	jw_end_obj(w);
	return rows_done(r);
}

err_t mail_list(struct ctx *cx, const struct mail_page *p, struct jw *w)
{
	struct sqlb *q = sqlb_new(cx->a);
	struct rows *r;
	int n = 0;
	i64 last = 0;
	sqlb_add(q, "select m.id, m.state, m.kind, m.address, m.name, m.title, m.created_at,"
	            " m.run_at, m.sent_at, m.attempts, m.error from mail m where 1 = 1");
	if (p->state) {
		sqlb_add(q, " and m.state = ");
		sqlb_val(q, vt(p->state));
	}
	if (p->before) {
		sqlb_add(q, " and m.id < ");
		sqlb_val(q, vi(p->before));
	}
	sqlb_addf(q, " order by m.id desc limit %d", p->limit + 1);
	TRY(db_query(cx->c, sqlb_text(q), sqlb_args(q), &r));
	jw_obj(w);
	jw_key(w, "items");
	jw_arr(w);
	while (rows_next(r) && ++n <= p->limit) {
		write_row(cx, r, w);
		last = rows_i64(r, 0);
	}
	TRY(rows_done(r));
	jw_end_arr(w);
	jw_kstr(w, "next", n > p->limit ? arena_printf(cx->a, "%lld", (long long)last) : NULL);
	TRY(write_counts(cx, w));
	jw_kbool(w, "ready", mail_ready(cx));
	jw_end_obj(w);
	return ERR_OK;
}

struct change {
	i64 id;
	const char *sql, *kind;
	bool with_time;
};

static err_t change(struct ctx *cx, void *arg)
{
	const struct change *ch = arg;
	i64 n = 0, one = 0;
	bool there;
	TRY(db_one_i64(cx->c, "select id from mail where id = ?", ARGS(vi(ch->id)), &one, &there));
	if (!there)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	TRY(db_exec(cx->c, ch->sql,
	            ch->with_time ? ARGS(vi(cx->now), vi(ch->id)) : ARGS(vi(ch->id)), &n));
	if (!n)
		return cx_err(cx, ERR_CONFLICT,
		              EP({"reason", cx->lang == LANG_EN ? "the mail was sent already"
		                                                : "邮件已经发出"}));
	TRY(event_append(
		cx, &(struct event_in){.kind = ch->kind, .entity = "mail", .entity_id = ch->id},
		NULL));
	return db_notify(cx->c, "mail", "");
}

err_t mail_retry(struct ctx *cx, i64 id)
{
	struct change ch = {id,
	                    "update mail set state = 'queued', run_at = ?, attempts = 0,"
	                    " error = null where id = ? and state in ('queued', 'failed')",
	                    "mail.retried", true};
	return ctx_write(cx, change, &ch);
}

err_t mail_delete(struct ctx *cx, i64 id)
{
	struct change ch = {id,
	                    "delete from mail where id = ? and state in ('queued', 'digest',"
	                    " 'failed')",
	                    "mail.deleted", false};
	return ctx_write(cx, change, &ch);
}
