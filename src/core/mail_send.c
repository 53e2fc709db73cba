/* The job that sends: collects digests that are due, then takes letter by letter. */
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "core/actor.h"
#include "core/event.h"
#include "core/mail.h"
#include "net/letter.h"
#include "net/smtp.h"

enum { LETTER_S = 30, DIGEST_ITEMS = 200, WHY_MAX = 500, NO_LINE_DAYS = 3 };
#define LEASE (2 * US_PER_MIN)
#define PAUSE_MAX (6 * US_PER_HOUR)

/* -- digests -- */

struct due {
	i64 user_id;
};

/* One letter for all that a person's digest waits with; nothing when somebody else was quicker. */
static err_t collect(struct ctx *cx, void *arg)
{
	const struct due *d = arg;
	i64 first = 0, id = 0, n = 0;
	bool there;
	event_not_needed(cx, "letters tell of facts");
	TRY(db_one_i64(cx->c,
	               "select id from mail where user_id = ? and state = 'digest' and run_at <= ?"
	               " order by id limit 1",
	               ARGS(vi(d->user_id), vi(cx->now)), &first, &there));
	if (!there)
		return ERR_OK;
	/* The first to leave the state "digest" has the digest: the second waits for its commit
	 * and then finds nothing. */
	TRY(db_exec(cx->c, "update mail set state = 'collected' where id = ? and state = 'digest'",
	            ARGS(vi(first)), &n));
	if (!n)
		return ERR_OK;
	TRY(db_insert(cx->c,
	              "insert into mail(user_id, kind, lang, zone, name, address, state, run_at,"
	              " created_at, attempts, message_id, title)"
	              " select user_id, 'digest', lang, zone, name, address, 'queued', run_at,"
	              " ?, 0, '<digest.' || substr(message_id, 2), null"
	              " from mail where id = ? returning id",
	              ARGS(vi(cx->now), vi(first)), &id));
	return db_exec(cx->c,
	               "update mail set state = 'collected', digest_id = ? where id = ? or"
	               " (user_id = ? and state = 'digest' and run_at <= ?)",
	               ARGS(vi(id), vi(first), vi(d->user_id), vi(cx->now)), NULL);
}

static err_t collect_digests(struct ctx *cx)
{
	for (;;) {
		struct due d = {0};
		bool there;
		TRY(db_one_i64(cx->c,
		               "select user_id from mail where state = 'digest' and run_at <= ?"
		               " order by run_at, id limit 1",
		               ARGS(vi(cx->now)), &d.user_id, &there));
		if (!there)
			return ERR_OK;
		TRY(ctx_write(cx, collect, &d));
	}
}

/* -- one letter -- */

struct letter_row {
	i64 id, user_id;
	int attempts;
	const char *kind, *lang, *zone, *name, *address, *title, *body, *href, *thread, *message_id;
	i64 created_at;
	bool there;
};

static err_t take(struct ctx *cx, void *arg)
{
	struct letter_row *l = arg;
	struct rows *r;
	event_not_needed(cx, "a lease is no fact");
	l->there = false;
	TRY(db_query(cx->c,
	             "update mail set leased_until = ?, attempts = attempts + 1 where id ="
	             " (select id from mail where state = 'queued' and run_at <= ?"
	             " and (leased_until is null or leased_until < ?) order by run_at, id limit 1)"
	             " and state = 'queued' and (leased_until is null or leased_until < ?)"
	             " returning id, user_id, attempts, kind, lang, zone, name, address, title,"
	             " body, href, thread, message_id, created_at",
	             ARGS(vi(cx->now + LEASE), vi(cx->now), vi(cx->now), vi(cx->now)), &r));
	if (rows_next(r))
		*l = (struct letter_row){.id = rows_i64(r, 0),
		                         .user_id = rows_i64(r, 1),
		                         .attempts = (int)rows_i64(r, 2),
		                         .kind = rows_dup(r, 3),
		                         .lang = rows_dup(r, 4),
		                         .zone = rows_dup(r, 5),
		                         .name = rows_dup(r, 6),
		                         .address = rows_dup(r, 7),
		                         .title = rows_dup(r, 8),
		                         .body = rows_dup(r, 9),
		                         .href = rows_dup(r, 10),
		                         .thread = rows_dup(r, 11),
		                         .message_id = rows_dup(r, 12),
		                         .created_at = rows_i64(r, 13),
		                         .there = true};
	return rows_done(r);
}

static err_t items_of(struct ctx *cx, const struct letter_row *l, struct mail_item *it, size_t *n)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             "select kind, title, body, href, created_at from mail where digest_id = ?"
	             " order by id limit ?",
	             ARGS(vi(l->id), vi(DIGEST_ITEMS)), &r));
	for (*n = 0; *n < DIGEST_ITEMS && rows_next(r); ++*n)
		it[*n] = (struct mail_item){rows_dup(r, 0), rows_dup(r, 1), rows_dup(r, 2),
		                            rows_dup(r, 3), rows_i64(r, 4)};
	return rows_done(r);
}

static err_t compose(struct ctx *cx, const struct letter_row *l, const char **message)
{
	struct mail_item *it = ARENA_ARRAY(cx->a, DIGEST_ITEMS, struct mail_item);
	struct mail_words m = {.lang = text_eq(l->lang, "en") ? LANG_EN : LANG_ZH,
	                       .zone = l->zone ? l->zone : "Asia/Shanghai",
	                       .company = setting_text(cx, "company.name"),
	                       .site = setting_text(cx, "company.site"),
	                       .name = l->name,
	                       .digest = text_eq(l->kind, "digest"),
	                       .test = text_eq(l->kind, "test"),
	                       .items = it,
	                       .n = 1};
	if (m.test)
		m.n = 0;
	else if (m.digest)
		TRY(items_of(cx, l, it, &m.n));
	else
		it[0] = (struct mail_item){l->kind, l->title, l->body, l->href, l->created_at};
	const char *site = m.site;
	size_t n = strlen(site);
	while (n && site[n - 1] == '/')
		n--;
	struct letter out = {
		.from_name = m.company,
		.from = setting_text(cx, "mail.from"),
		.to_name = l->name,
		.to = l->address,
		.subject = mail_subject(cx->a, &m),
		.message_id = l->message_id,
		.thread = l->thread,
		.unsubscribe = n ? arena_printf(cx->a, "%.*s/me/notifications", (int)n, site)
	                         : NULL,
		.lang = m.lang == LANG_EN ? "en" : "zh-CN",
		.date = l->created_at,
		.text = mail_text(cx->a, &m),
		.html = mail_html(cx->a, &m)};
	*message = letter_write(cx->a, &out);
	return ERR_OK;
}

struct outcome {
	const struct letter_row *l;
	enum smtp_verdict v;
	const char *why;
	int attempts_max;
};

static err_t note(struct ctx *cx, void *arg)
{
	const struct outcome *o = arg;
	event_not_needed(cx, "a sent letter tells of facts");
	if (o->v == SMTP_SENT)
		return db_exec(cx->c,
		               "update mail set state = 'sent', sent_at = ?, leased_until = null,"
		               " error = null where id = ?",
		               ARGS(vi(cx->now), vi(o->l->id)), NULL);
	i64 pause = US_PER_MIN;
	for (int i = 1; i < o->l->attempts && pause < PAUSE_MAX; i++)
		pause *= 2;
	/* A server that is away is not the letter's fault: that is waited for, for some days. */
	bool over =
		o->v == SMTP_NEVER || (o->v == SMTP_LATER && o->l->attempts >= o->attempts_max) ||
		(o->v == SMTP_NO_LINE && cx->now > o->l->created_at + NO_LINE_DAYS * US_PER_DAY);
	TRY(db_exec(cx->c,
	            "update mail set state = ?, run_at = ?, leased_until = null, error = ?"
	            " where id = ?",
	            ARGS(vt(over ? "failed" : "queued"),
	                 vi(cx->now + (pause < PAUSE_MAX ? pause : PAUSE_MAX)), vt(o->why),
	                 vi(o->l->id)),
	            NULL));
	return over ? event_append(cx,
	                           &(struct event_in){.kind = "mail.failed",
	                                              .entity = "mail",
	                                              .entity_id = o->l->id},
	                           NULL)
	            : ERR_OK;
}

/* Until nothing is due or the server is not to be had; then everything waits for the next run. */
static err_t send_due(struct ctx *cx, struct job *j, struct smtp *line, i64 *sent)
{
	for (;;) {
		struct letter_row l;
		const char *message, *why = NULL;
		cx->now = clock_now();
		TRY(ctx_write(cx, take, &l));
		if (!l.there)
			return ERR_OK;
		TRY(compose(cx, &l, &message));
		enum smtp_verdict v = smtp_send(line, setting_text(cx, "mail.from"), l.address,
		                                message, &why);
		struct outcome o = {&l, v, why ? utf8_head(cx->a, why, WHY_MAX) : NULL,
		                    (int)setting_i64(cx, "mail.attempts")};
		cx->now = clock_now();
		TRY(ctx_write(cx, note, &o));
		if (v != SMTP_SENT)
			LOG(WARN, "mail", LI("id", l.id), LI("attempt", l.attempts),
			    LS("error", o.why));
		if (v == SMTP_NO_LINE)
			return ERR_OK;
		*sent += v == SMTP_SENT;
		TRY(job_prolong(cx, j));
	}
}

static err_t send_all(struct ctx *cx, struct job *j)
{
	i64 sent = 0, waiting = 0;
	bool there;
	cx->now = clock_now();
	if (!mail_ready(cx))
		return ERR_OK;
	TRY(collect_digests(cx));
	TRY(db_one_i64(cx->c, "select id from mail where state = 'queued' and run_at <= ? limit 1",
	               ARGS(vi(cx->now)), &waiting, &there));
	if (!there)
		return ERR_OK;
	const char *security = setting_text(cx, "mail.security");
	struct smtp_server s = {.host = setting_text(cx, "mail.host"),
	                        .port = (int)setting_i64(cx, "mail.port"),
	                        .security = text_eq(security, "tls")        ? SMTP_TLS
	                                    : text_eq(security, "starttls") ? SMTP_STARTTLS
	                                                                    : SMTP_PLAIN,
	                        .login = setting_text(cx, "mail.login"),
	                        .password = setting_text(cx, "mail.password"),
	                        .timeout_s = LETTER_S};
	struct smtp *line = smtp_open(cx->a, &s);
	err_t rc = send_due(cx, j, line, &sent);
	smtp_close(line);
	j->result = arena_printf(cx->a, "{\"sent\":%lld}", (long long)sent);
	return rc;
}

/* clang-format off */
const struct job_def mail_jobs[] = {
	{"mail.send", L("发送邮件", "Send mails"), .every_us = US_PER_MIN, .lease_us = 5 * US_PER_MIN,
	 .attempts = 3, .backoff_us = 10 * (i64)US_PER_SEC, .handler = send_all},
	{.name = NULL},
};
/* clang-format on */
