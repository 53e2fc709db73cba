/* The courier's thread: sleeps until a channel says that there is something. */
#include "core/courier.h"

#include <pthread.h>
#include <time.h>

#include "base/log.h"
#include "core/actor.h"
#include "core/job.h"

enum {
	GATHER_MS = 100, /* what comes at once is fetched at once */
	AGAIN_MS = 300,  /* the job is just running: it may have looked too early */
	IDLE_MS = 60000,
	ARENA_MAX = 16 * 1024 * 1024,
};

#define WEBHOOKS "select id from webhook where active = 1 and deleted_at is null limit 1"

/* A channel of the database, and the job that looks after what it tells of. */
static struct bell {
	const char *channel, *job;
	const char *worth; /* a query without a row: nothing to do; or NULL */
	bool rung;
} bells[] = {
	{"mail", "mail.send", NULL, false},
	{"webhook", "webhook.send", NULL, false},
	/* SQLite seals an event when it is written; on PostgreSQL the sealer says when. */
	{"event", "webhook.send", WEBHOOKS, false},
	{"sealed", "webhook.send", WEBHOOKS, false},
};

/* Listeners of the database live as long as it does, so this is static. */
static struct {
	pthread_mutex_t mu;
	pthread_cond_t wake;
	pthread_t thread;
	struct db *db;
	bool running;
} st = {.mu = PTHREAD_MUTEX_INITIALIZER};

static void on_ring(void *arg, const char *payload)
{
	struct bell *b = arg;
	(void)payload;
	pthread_mutex_lock(&st.mu);
	b->rung = true;
	if (st.running)
		pthread_cond_signal(&st.wake);
	pthread_mutex_unlock(&st.mu);
}

static bool any_rung(void)
{
	for (size_t i = 0; i < ARRAY_LEN(bells); i++)
		if (bells[i].rung)
			return true;
	return false;
}

/* Under the lock. */
static void sleep_ms(int ms)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	i64 ns = t.tv_nsec + ms * (i64)1000000;
	t.tv_sec += ns / 1000000000;
	t.tv_nsec = ns % 1000000000;
	pthread_cond_timedwait(&st.wake, &st.mu, &t);
}

/* False: the job is running or the database is not there; once more a little later. */
static bool hasten(const struct bell *b)
{
	struct arena *a = arena_new(ARENA_MAX);
	struct ctx cx;
	bool done = false, worth = true;
	i64 one;
	err_t rc = ctx_begin(&cx, st.db, a, "job");
	cx.actor = actor_system();
	if (!rc && b->worth)
		rc = db_one_i64(cx.c, b->worth, NO_ARGS, &one, &worth);
	if (!rc && worth)
		rc = job_hasten(&cx, b->job, &done);
	if (rc)
		LOG(WARN, "courier", LS("error", cx.e.log));
	ctx_end(&cx);
	arena_free(a);
	return !rc && (done || !worth);
}

static void *work(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&st.mu);
	while (st.running) {
		if (!any_rung()) {
			sleep_ms(IDLE_MS);
			continue;
		}
		sleep_ms(GATHER_MS);
		bool again = false;
		for (size_t i = 0; st.running && i < ARRAY_LEN(bells); i++) {
			if (!bells[i].rung)
				continue;
			bells[i].rung = false;
			pthread_mutex_unlock(&st.mu);
			bool done = hasten(&bells[i]);
			pthread_mutex_lock(&st.mu);
			bells[i].rung |= !done;
			again |= !done;
		}
		if (again && st.running)
			sleep_ms(AGAIN_MS);
	}
	pthread_mutex_unlock(&st.mu);
	return NULL;
}

err_t courier_start(struct db *db, struct errs *e)
{
	pthread_condattr_t mono;
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_cond_init(&st.wake, &mono);
	pthread_condattr_destroy(&mono);
	st.db = db;
	st.running = true;
	err_t rc = ERR_OK;
	for (size_t i = 0; !rc && i < ARRAY_LEN(bells); i++)
		rc = db_listen(db, bells[i].channel, on_ring, &bells[i]);
	if (!rc && pthread_create(&st.thread, NULL, work, NULL))
		rc = errs_fail(e, ERR_INTERNAL, "no thread for the courier");
	st.running = !rc;
	return rc;
}

void courier_stop(void)
{
	pthread_mutex_lock(&st.mu);
	bool was = st.running;
	st.running = false;
	if (was)
		pthread_cond_signal(&st.wake);
	pthread_mutex_unlock(&st.mu);
	if (!was)
		return;
	pthread_join(st.thread, NULL);
	pthread_cond_destroy(&st.wake);
}
