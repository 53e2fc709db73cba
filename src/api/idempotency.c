/* Idempotency-Key: the same POST sent twice is done once.
 *
 * The answer is kept in the same transaction as the work, so there is no moment at which one is
 * there without the other.  Only successes are kept: what was refused has done nothing. */
#include <string.h>

#include "api/api.h"
#include "base/hash.h"
#include "core/event.h"

enum { KEEP_HOURS = 24, KEY_MAX = 200 };

static void hash_request(struct api *q)
{
	struct sha256_state s;
	char hex[SHA256_HEX];
	sha256_begin(&s);
	sha256_add(&s, q->rq->method, strlen(q->rq->method) + 1);
	sha256_add(&s, q->rq->path, strlen(q->rq->path) + 1);
	if (q->rq->body)
		sha256_add(&s, q->rq->body, q->rq->body_len);
	sha256_end(&s, hex);
	q->idem_hash = arena_strdup(q->rq->a, hex);
}

err_t api_replay(struct api *q, bool *done)
{
	*done = false;
	const char *key = http_header(q->rq, "Idempotency-Key");
	if (!key || strcmp(q->rq->method, "POST") != 0 || !q->cx.actor || !q->cx.actor->id)
		return ERR_OK;
	if (!*key || strlen(key) > KEY_MAX)
		return cx_err(&q->cx, ERR_BAD_REQUEST, EP({"reason", "Idempotency-Key"}));
	q->idem_key = key;
	if (!q->idem_hash)
		hash_request(q);
	struct rows *r;
	TRY(db_query(q->cx.c,
	             "select request_hash, status, body from idempotency where user_id = ?"
	             " and key = ? and created_at > ?",
	             ARGS(vi(q->cx.actor->id), vt(key), vi(q->cx.now - KEEP_HOURS * US_PER_HOUR)),
	             &r));
	bool same = false, kept = false;
	if (rows_next(r)) {
		*done = true;
		same = !strcmp(rows_text(r, 0), q->idem_hash);
		kept = !rows_null(r, 2);
		q->rs->status = (int)rows_i64(r, 1);
		if (kept) {
			const char *body = rows_dup(r, 2);
			http_body(q->rs, q->rs->status, "application/json", body, strlen(body));
		}
	}
	TRY(rows_done(r));
	if (!*done)
		return ERR_OK;
	if (!same)
		return cx_err(&q->cx, ERR_IDEMPOTENCY, NULL);
	if (!kept && q->rs->status != 204)
		return cx_err(&q->cx, ERR_CONFLICT,
		              EP({"reason", q->cx.lang == LANG_EN ? "it was done already"
		                                                  : "该请求已处理过"}));
	http_add_header(q->rs, "Idempotency-Replayed", "true");
	return ERR_OK;
}

/* Inside the write, after the work. A clash means that the same request is being done elsewhere:
 * this one is undone and answered from the other's row. */
static err_t keep(struct api *q)
{
	event_not_needed(&q->cx, "the answer kept for a repeated request");
	bool text = q->rs->body && !(q->route->flags & API_SECRET);
	i64 old = q->cx.now - KEEP_HOURS * US_PER_HOUR;
	TRY(db_exec(q->cx.c, "delete from idempotency where user_id = ? and created_at <= ?",
	            ARGS(vi(q->cx.actor->id), vi(old)), NULL));
	return db_exec(
		q->cx.c,
		"insert into idempotency(user_id, key, request_hash, status, body, created_at)"
		" values (?, ?, ?, ?, ?, ?)",
		ARGS(vi(q->cx.actor->id), vt(q->idem_key), vt(q->idem_hash), vi(q->rs->status),
	             text ? vtn(q->rs->body, q->rs->body_len) : vnull(), vi(q->cx.now)),
		NULL);
}

struct work {
	struct api *q;
	err_t (*fn)(struct ctx *cx, void *arg);
	void *arg;
	struct http_res before;
	bool clash;
};

static err_t work(struct ctx *cx, void *arg)
{
	struct work *w = arg;
	*w->q->rs = w->before; /* a retry begins anew */
	w->clash = false;
	TRY(w->fn(cx, w->arg));
	if (!w->q->idem_key)
		return ERR_OK;
	err_t rc = keep(w->q);
	w->clash = rc == ERR_UNIQUE;
	return rc;
}

err_t api_write(struct api *q, err_t (*fn)(struct ctx *cx, void *arg), void *arg)
{
	struct work w = {.q = q, .fn = fn, .arg = arg, .before = *q->rs};
	err_t rc = ctx_write(&q->cx, work, &w);
	if (!w.clash || rc != ERR_UNIQUE)
		return rc;
	errs_clear(&q->cx.e);
	*q->rs = w.before;
	bool done;
	TRY(api_replay(q, &done));
	return done ? ERR_OK : cx_err(&q->cx, ERR_DB_BUSY, NULL);
}
