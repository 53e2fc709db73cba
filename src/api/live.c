/* One thread reads the event log once for all streams and sends to each what its person may see.
 *
 * A stream is let in anew for every batch, so a session that ended or rights that were taken away
 * end what it shows.  Payloads are not sent: the page reads the record again, through the rights. */
#include "api/live.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "api/tables.h"
#include "base/hash.h"
#include "base/log.h"
#include "core/event.h"
#include "core/feed.h"
#include "core/scope.h"

enum {
	BATCH = 200,
	CACHE = 64, /* answers to "may he see it" per stream */
	CACHE_SECONDS = 10,
	CATCH_UP_MAX = 5000, /* who missed more is told to load everything again */
	LOOK_MS = 1000,      /* also without being woken */
	STREAMS_MAX = 2000,
	BATCH_ARENA = 64 * 1024 * 1024,
};

struct stream {
	struct stream *next;
	struct sse *sse;
	struct arena *life;
	const char *secret;
	bool by_cookie;
	i64 user_id, pos;
	_Atomic bool gone;
	struct {
		u64 key;
		i64 until_mono;
		bool yes;
	} seen[CACHE];
};

/* Listeners of the database outlive the server, so this is static. */
static struct {
	pthread_mutex_t mu;
	pthread_cond_t some;
	pthread_t thread;
	struct db *db;
	struct stream *streams;
	int n;
	bool running, wake;
} feed = {.mu = PTHREAD_MUTEX_INITIALIZER, .some = PTHREAD_COND_INITIALIZER};

static void on_event(void *arg, const char *payload)
{
	(void)arg;
	(void)payload;
	pthread_mutex_lock(&feed.mu);
	feed.wake = true;
	pthread_cond_signal(&feed.some);
	pthread_mutex_unlock(&feed.mu);
}

/* Payload: the user's number. Sending does not block. */
static void on_notification(void *arg, const char *payload)
{
	(void)arg;
	i64 user = strtoll(payload, NULL, 10);
	pthread_mutex_lock(&feed.mu);
	for (struct stream *st = feed.streams; st; st = st->next)
		if (st->user_id == user || !user)
			sse_send(st->sse, NULL, "event",
			         "{\"kind\":\"notification.created\",\"entity\":\"notification\","
			         "\"entity_id\":null}");
	pthread_mutex_unlock(&feed.mu);
}

static void on_close(void *arg)
{
	struct stream *st = arg;
	st->gone = true;
}

/* -- one stream, one batch -- */

static err_t may_see(struct ctx *cx, struct stream *st, const struct event_row *e, bool *yes)
{
	const struct entity *ent = e->entity ? entity_by_name(e->entity) : NULL;
	if (ent && scope_of(cx->actor, ent, "read") == SCOPE_ALL) {
		*yes = true;
		return ERR_OK;
	}
	u64 key = fnv1a(e->entity ? e->entity : "", e->entity ? strlen(e->entity) : 0) ^
	          (u64)e->entity_id * 0x9E3779B97F4A7C15u;
	size_t at = key % CACHE;
	i64 now = clock_mono();
	if (ent && st->seen[at].key == key && st->seen[at].until_mono > now) {
		*yes = st->seen[at].yes;
		return ERR_OK;
	}
	TRY(feed_visible(cx, e->entity, e->entity_id, e->actor_id, yes));
	st->seen[at].key = key;
	st->seen[at].until_mono = now + CACHE_SECONDS * US_PER_SEC;
	st->seen[at].yes = *yes;
	return ERR_OK;
}

static void write_ref(struct jw *w, const char *key, i64 id)
{
	jw_key(w, key);
	if (id)
		jw_int(w, id);
	else
		jw_null(w);
}

static void send_event(struct ctx *cx, struct stream *st, const struct event_row *e)
{
	struct jw w = jw_new(cx->a, 64 * 1024);
	jw_obj(&w);
	jw_kint(&w, "seq", e->seq);
	jw_kint(&w, "pos", e->pos);
	jw_kstr(&w, "at", time_format(cx->a, e->occurred_at));
	jw_kstr(&w, "kind", e->kind);
	jw_kstr(&w, "entity", e->entity);
	write_ref(&w, "entity_id", e->entity_id);
	write_ref(&w, "account_id", e->account_id);
	write_ref(&w, "opportunity_id", e->opportunity_id);
	write_ref(&w, "actor_id", e->actor_id);
	jw_kstr(&w, "actor", e->actor_name);
	jw_kstr(&w, "client_id", e->client_id);
	jw_end_obj(&w);
	sse_send(st->sse, arena_printf(cx->a, "%lld", (long long)e->pos), "event", jw_done(&w));
}

/* ERR_UNAUTHENTICATED: the stream is over. Anything else: once more with the next batch. */
static err_t let_in(struct ctx *cx, const struct stream *st)
{
	struct visitor v;
	TRY(st->by_cookie ? access_by_session(cx, st->secret, &v)
	                  : access_by_token(cx, st->secret, &v));
	cx->actor = v.actor;
	cx->lang = v.actor->lang;
	return ERR_OK;
}

static err_t deliver(struct ctx *cx, struct stream *st, bool *more)
{
	*more = false;
	struct event_row *e;
	size_t n;
	i64 head;
	const char *hash;
	TRY(event_head(cx, &head, &hash));
	if (head <= st->pos)
		return ERR_OK;
	TRY(let_in(cx, st));
	if (head - st->pos > CATCH_UP_MAX) {
		sse_send(st->sse, arena_printf(cx->a, "%lld", (long long)head), "reset", "{}");
		st->pos = head;
		return ERR_OK;
	}
	TRY(event_read(cx, st->pos, BATCH, &e, &n));
	for (size_t i = 0; i < n; i++) {
		bool yes;
		TRY(may_see(cx, st, &e[i], &yes));
		if (yes)
			send_event(cx, st, &e[i]);
		st->pos = e[i].pos;
	}
	*more = n == BATCH;
	return ERR_OK;
}

static void serve(struct stream *st)
{
	bool more = true;
	while (more && !st->gone) {
		struct arena *a = arena_new(BATCH_ARENA);
		struct ctx cx;
		err_t rc = ctx_begin(&cx, feed.db, a, "feed");
		if (!rc)
			rc = deliver(&cx, st, &more);
		ctx_end(&cx);
		if (rc == ERR_UNAUTHENTICATED)
			sse_close(st->sse);
		else if (rc)
			LOG(WARN, "live feed", LS("detail", cx.e.log));
		more = more && !rc;
		arena_free(a);
	}
}

/* Asked once for all: nearly always there is nothing new. */
static i64 newest(void)
{
	struct arena *a = arena_new(BATCH_ARENA);
	struct ctx cx;
	i64 head = 0;
	const char *hash;
	if (ctx_begin(&cx, feed.db, a, "feed") || event_head(&cx, &head, &hash))
		head = 0;
	ctx_end(&cx);
	arena_free(a);
	return head;
}

static void drop(struct stream *st)
{
	sse_release(st->sse);
	arena_free(st->life);
}

/* Takes out who has gone; the rest stays linked. Under the lock. */
static struct stream *sweep(void)
{
	struct stream *dead = NULL;
	for (struct stream **p = &feed.streams; *p;) {
		struct stream *st = *p;
		if (!st->gone) {
			p = &st->next;
			continue;
		}
		*p = st->next;
		feed.n--;
		st->next = dead;
		dead = st;
	}
	return dead;
}

static void *work(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&feed.mu);
	while (feed.running) {
		struct timespec until;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += LOOK_MS % 1000 * 1000000L;
		until.tv_sec += LOOK_MS / 1000 + until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		while (feed.running && !feed.wake)
			if (pthread_cond_timedwait(&feed.some, &feed.mu, &until))
				break;
		feed.wake = false;
		struct stream *dead = sweep();
		/* Only this thread takes streams out, new ones come in at the front: the chain from
		 * here on stays as it is while the lock is not held. */
		struct stream *first = feed.streams;
		pthread_mutex_unlock(&feed.mu);
		for (struct stream *next; dead; dead = next) {
			next = dead->next;
			drop(dead);
		}
		i64 head = first ? newest() : 0;
		for (struct stream *st = first; st; st = st->next)
			if (st->pos < head)
				serve(st);
		pthread_mutex_lock(&feed.mu);
	}
	pthread_mutex_unlock(&feed.mu);
	return NULL;
}

err_t live_start(struct db *db, struct errs *e)
{
	feed.db = db;
	feed.running = true;
	feed.wake = false;
	/* SQLite seals when it writes; on PostgreSQL the sealer says when. */
	err_t rc = db_listen(db, db_engine(db) == DB_SQLITE ? "event" : "sealed", on_event, NULL);
	if (!rc)
		rc = db_listen(db, "notification", on_notification, NULL);
	if (!rc && pthread_create(&feed.thread, NULL, work, NULL))
		rc = errs_fail(e, ERR_INTERNAL, "no thread for the live feed");
	feed.running = !rc;
	return rc;
}

void live_stop(void)
{
	pthread_mutex_lock(&feed.mu);
	feed.running = false;
	pthread_cond_signal(&feed.some);
	pthread_mutex_unlock(&feed.mu);
	pthread_join(feed.thread, NULL);
	for (struct stream *st = feed.streams, *next; st; st = next) {
		next = st->next;
		drop(st);
	}
	feed.streams = NULL;
	feed.n = 0;
}

/* -- the route -- */

/* Where to go on: after the last event the browser has, else from now on. */
static err_t start_pos(struct api *q, i64 *pos)
{
	const char *last = http_header(q->rq, "Last-Event-ID");
	const char *hash;
	if (!last)
		last = http_query(q->rq, "last_event_id");
	TRY(event_head(&q->cx, pos, &hash));
	if (!last)
		return ERR_OK;
	char *end;
	i64 n = strtoll(last, &end, 10);
	if (!*last || *end || n < 0)
		return cx_err(&q->cx, ERR_BAD_REQUEST, EP({"reason", "Last-Event-ID"}));
	if (n < *pos)
		*pos = n;
	return ERR_OK;
}

static err_t get_events(struct api *q)
{
	i64 pos;
	TRY(start_pos(q, &pos));
	struct arena *life = arena_new(1 << 20);
	struct stream *st = ARENA_NEW(life, struct stream);
	const char *secret = q->by_cookie ? http_cookie(q->rq, "tripod_session")
	                                  : http_header(q->rq, "Authorization") + strlen("Bearer ");
	*st = (struct stream){.life = life,
	                      .secret = arena_strdup(life, secret),
	                      .by_cookie = q->by_cookie,
	                      .user_id = q->cx.actor->id,
	                      .pos = pos};
	pthread_mutex_lock(&feed.mu);
	bool full = feed.n >= STREAMS_MAX || !feed.running;
	if (!full) {
		st->sse = http_sse(q->rq, q->rs, on_close, st);
		sse_comment(st->sse, "connected");
		st->next = feed.streams;
		feed.streams = st;
		feed.n++;
		feed.wake = true;
		pthread_cond_signal(&feed.some);
	}
	pthread_mutex_unlock(&feed.mu);
	if (full) {
		arena_free(life);
		return cx_err(&q->cx, ERR_UNAVAILABLE, NULL);
	}
	q->raw = true;
	return ERR_OK;
}

static const enum err_code errors[] = {ERR_BAD_REQUEST, ERR_UNAVAILABLE, ERR_OK};
static const struct api_query query[] = {
	{"last_event_id", "string", "Go on after this position (else the header Last-Event-ID)"},
	{NULL, NULL, NULL},
};

/* clang-format off */
const struct api_route live_routes[] = {
	{"GET", "/api/v1/events", get_events, NULL, 0, 200, NULL, "@Stream", errors, query,
	 L("实时事件流（SSE）", "Live events (SSE)")},
	{.method = NULL},
};
/* clang-format on */
