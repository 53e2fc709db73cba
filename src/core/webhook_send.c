/* The job that posts deliveries: many receivers at once, one delivery of each at a time. */
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "core/actor.h"
#include "core/event.h"
#include "core/webhook.h"
#include "net/post.h"

enum {
	AT_ONCE = 32,
	POST_S = 10,
	LOOK_MS = 250, /* how often it looks for more while some are under way */
	WHY_MAX = 500,
	LOOKED_AT = 200, /* deliveries that are due, looked at to find one of each receiver */
};
#define LEASE (US_PER_MIN)
#define PAUSE_FIRST (30 * (i64)US_PER_SEC)
#define PAUSE_MAX (8 * US_PER_HOUR)
#define RUN_MAX (50 * (i64)US_PER_SEC) /* by the monotonic clock; then the next run goes on */

const char *webhook_sign(struct arena *a, const char *secret, i64 id, i64 seconds, const char *body)
{
	char hex[SHA256_HEX];
	const char *all = arena_printf(a, "%lld.%lld.%s", (long long)id, (long long)seconds, body);
	hmac_sha256_hex(secret, strlen(secret), all, strlen(all), hex);
	return arena_printf(a, "v1=%s", hex);
}

struct delivery {
	i64 id, webhook_id, owner_id, old_until;
	int attempts;
	const char *url, *name, *kind, *body, *secret, *old_secret;
	struct post post;
};

struct taking {
	struct delivery *d;
	size_t n, max;
};

/* One of each receiver that has none under way. */
static err_t take(struct ctx *cx, void *arg)
{
	struct taking *t = arg;
	struct rows *r;
	struct delivery *d = ARENA_ARRAY(cx->a, LOOKED_AT, struct delivery);
	size_t n = 0;
	event_not_needed(cx, "a lease is no fact");
	t->n = 0;
	TRY(db_query(cx->c,
	             "select d.id, d.webhook_id, h.owner_id, d.kind, d.body, h.url, h.name,"
	             " h.secret, h.old_secret, h.old_secret_until, d.attempts"
	             " from webhook_delivery d join webhook h on h.id = d.webhook_id"
	             " where d.state = 'queued' and d.run_at <= ? and h.active = 1"
	             " and h.deleted_at is null and not exists (select 1 from webhook_delivery o"
	             " where o.webhook_id = d.webhook_id and o.state = 'queued'"
	             " and o.leased_until >= ?) order by d.id limit ?",
	             ARGS(vi(cx->now), vi(cx->now), vi(LOOKED_AT)), &r));
	while (n < LOOKED_AT && rows_next(r)) {
		bool had = false;
		for (size_t i = 0; i < n; i++)
			had |= d[i].webhook_id == rows_i64(r, 1);
		if (had)
			continue;
		d[n++] = (struct delivery){.id = rows_i64(r, 0),
		                           .webhook_id = rows_i64(r, 1),
		                           .owner_id = rows_i64(r, 2),
		                           .kind = rows_dup(r, 3),
		                           .body = rows_dup(r, 4),
		                           .url = rows_dup(r, 5),
		                           .name = rows_dup(r, 6),
		                           .secret = rows_dup(r, 7),
		                           .old_secret = rows_dup(r, 8),
		                           .old_until = rows_i64(r, 9),
		                           .attempts = (int)rows_i64(r, 10) + 1};
	}
	TRY(rows_done(r));
	for (size_t i = 0; i < n && t->n < t->max; i++) {
		i64 mine = 0;
		TRY(db_exec(cx->c,
		            "update webhook_delivery set leased_until = ?, attempts = attempts + 1"
		            " where id = ? and state = 'queued'"
		            " and (leased_until is null or leased_until < ?)",
		            ARGS(vi(cx->now + LEASE), vi(d[i].id), vi(cx->now)), &mine));
		if (mine)
			t->d[t->n++] = d[i];
	}
	return ERR_OK;
}

static void launch(struct ctx *cx, struct posts *ps, const struct delivery *from)
{
	struct delivery *d = arena_memdup(cx->a, from, sizeof *from);
	i64 seconds = cx->now / US_PER_SEC;
	const char *sign = webhook_sign(cx->a, d->secret ? d->secret : "", d->id, seconds, d->body);
	if (d->old_secret && d->old_until > cx->now)
		sign = arena_printf(cx->a, "%s,%s", sign,
		                    webhook_sign(cx->a, d->old_secret, d->id, seconds, d->body));
	d->post = (struct post){
		.url = d->url,
		.body = d->body,
		.headers = {"Content-Type: application/json; charset=utf-8",
	                    arena_printf(cx->a, "Tripod-Delivery: %lld", (long long)d->id),
	                    arena_printf(cx->a, "Tripod-Event: %s", d->kind),
	                    arena_printf(cx->a, "Tripod-Timestamp: %lld", (long long)seconds),
	                    arena_printf(cx->a, "Tripod-Signature: %s", sign), NULL},
		.inside = setting_i64(cx, "webhook.inside") != 0,
		.timeout_s = POST_S,
		.arg = d,
	};
	posts_add(ps, &d->post);
}

/* -- outcomes -- */

static i64 pause_after(int attempts)
{
	i64 us = PAUSE_FIRST;
	for (int i = 1; i < attempts && us < PAUSE_MAX; i++)
		us *= 2;
	return us < PAUSE_MAX ? us : PAUSE_MAX;
}

static err_t switch_off(struct ctx *cx, const struct delivery *d, i64 failures, const char *why)
{
	i64 n = 0;
	TRY(db_exec(cx->c,
	            "update webhook set active = 0, disabled_reason = ?, version = version + 1,"
	            " updated_at = ? where id = ? and active = 1",
	            ARGS(vt(why), vi(cx->now), vi(d->webhook_id)), &n));
	if (!n)
		return ERR_OK;
	TRY(event_append(cx,
	                 &(struct event_in){.kind = "webhook.disabled",
	                                    .entity = "webhook",
	                                    .entity_id = d->webhook_id,
	                                    .payload = arena_printf(cx->a, "{\"failures\":%lld}",
	                                                            (long long)failures)},
	                 NULL));
	return notify_user(cx, &(struct notice){.user_id = d->owner_id,
	                                        .kind = "webhook_disabled",
	                                        .entity = "webhook",
	                                        .entity_id = d->webhook_id,
	                                        .title = d->name,
	                                        .body = why,
	                                        .href = arena_printf(cx->a, "/webhooks/%lld",
	                                                             (long long)d->webhook_id)});
}

struct outcome {
	const struct delivery *d;
	bool good;
	const char *why;
};

static err_t note(struct ctx *cx, void *arg)
{
	const struct outcome *o = arg;
	const struct delivery *d = o->d;
	const struct post *p = &d->post;
	i64 next = cx->now + pause_after(d->attempts), failures = 0;
	bool over = d->attempts >= setting_i64(cx, "webhook.attempts");
	event_not_needed(cx, "a delivery tells of facts");
	TRY(db_exec(cx->c,
	            "update webhook_delivery set state = ?, run_at = ?, leased_until = null,"
	            " sent_at = ?, status = ?, ms = ?, error = ?, answer = ?, answer_cut = ?"
	            " where id = ?",
	            ARGS(vt(o->good ? "sent"
	                    : over  ? "failed"
	                            : "queued"),
	                 vi(o->good ? cx->now : next), vi(cx->now), vref(p->status),
	                 vi(p->us / 1000), vt(o->why), vt(p->answer), vi(p->answer_cut), vi(d->id)),
	            NULL));
	if (o->good)
		return db_exec(cx->c,
		               "update webhook set failures = 0 where id = ? and failures <> 0",
		               ARGS(vi(d->webhook_id)), NULL);
	/* A receiver that is away is away for all that waits for it. */
	TRY(db_exec(cx->c,
	            "update webhook_delivery set run_at = ? where webhook_id = ?"
	            " and state = 'queued' and run_at < ?",
	            ARGS(vi(next), vi(d->webhook_id), vi(next)), NULL));
	TRY(db_one_i64(cx->c,
	               "update webhook set failures = failures + 1 where id = ? returning failures",
	               ARGS(vi(d->webhook_id)), &failures, NULL));
	return failures >= setting_i64(cx, "webhook.failures") ? switch_off(cx, d, failures, o->why)
	                                                       : ERR_OK;
}

static err_t landed(struct ctx *cx, struct post *p)
{
	struct outcome o = {.d = p->arg, .good = p->status >= 200 && p->status < 300};
	if (!o.good)
		o.why = p->error ? p->error : arena_printf(cx->a, "HTTP %d", p->status);
	if (o.why)
		o.why = utf8_head(cx->a, o.why, WHY_MAX);
	cx->now = clock_now();
	TRY(ctx_write(cx, note, &o));
	if (!o.good)
		LOG(INFO, "webhook", LI("id", o.d->webhook_id), LI("delivery", o.d->id),
		    LS("error", o.why));
	return ERR_OK;
}

static err_t run(struct ctx *cx, struct job *j, struct posts *ps, i64 *posted)
{
	i64 began = clock_mono(), prolonged = began;
	for (;;) {
		struct delivery *d = ARENA_ARRAY(cx->a, AT_ONCE, struct delivery);
		struct taking t = {d, 0, (size_t)(AT_ONCE - posts_running(ps))};
		i64 mono = clock_mono();
		cx->now = clock_now();
		if (t.max && mono - began < RUN_MAX) {
			TRY(webhook_collect(cx));
			TRY(ctx_write(cx, take, &t));
		}
		for (size_t i = 0; i < t.n; i++)
			launch(cx, ps, &d[i]);
		if (!posts_running(ps))
			return ERR_OK;
		for (struct post *p; (p = posts_next(ps, t.n ? LOOK_MS : LOOK_MS / 2)); ++*posted) {
			TRY(landed(cx, p));
			if (!posts_running(ps))
				break;
		}
		if (mono - prolonged > 10 * US_PER_SEC) {
			TRY(job_prolong(cx, j));
			prolonged = mono;
		}
	}
}

static err_t send_all(struct ctx *cx, struct job *j)
{
	i64 some, posted = 0;
	bool there;
	TRY(db_one_i64(cx->c, "select id from webhook where active = 1 limit 1", NO_ARGS, &some,
	               &there));
	if (!there)
		return ERR_OK;
	struct posts *ps = posts_new(cx->a);
	err_t rc = run(cx, j, ps, &posted);
	posts_free(ps);
	j->result = arena_printf(cx->a, "{\"posted\":%lld}", (long long)posted);
	return rc;
}

/* clang-format off */
const struct job_def webhook_jobs[] = {
	{"webhook.send", L("推送事件", "Post events to webhooks"), .every_us = US_PER_MIN,
	 .lease_us = 2 * US_PER_MIN, .attempts = 3, .backoff_us = 10 * (i64)US_PER_SEC,
	 .handler = send_all},
	{.name = NULL},
};
/* clang-format on */
