/* The sealer's thread. */
#include "core/sealer.h"

#include <pthread.h>
#include <time.h>

#include "base/log.h"
#include "core/actor.h"
#include "core/event.h"

enum {
	LOCK_KEY = 0x5EA1,
	BATCH = 1000,
	LOOK_MS = 1000, /* also without being woken */
	PAUSE_MS = 500, /* after a failure */
	ARENA_MAX = 64 * 1024 * 1024,
};

/* Listeners of the database live as long as it does, so this is static. */
static struct {
	pthread_mutex_t mu;
	pthread_cond_t wake;
	pthread_t thread;
	struct db *db;
	bool running, woken;
} st = {.mu = PTHREAD_MUTEX_INITIALIZER};

static void on_event(void *arg, const char *payload)
{
	(void)arg;
	(void)payload;
	pthread_mutex_lock(&st.mu);
	st.woken = true;
	if (st.running)
		pthread_cond_signal(&st.wake);
	pthread_mutex_unlock(&st.mu);
}

static err_t seal_all(struct ctx *cx)
{
	for (i64 n = BATCH; n == BATCH;)
		TRY(event_seal(cx, BATCH, &n));
	return ERR_OK;
}

/* Who does not get the lock need not wait for it: its holder was woken by the same events, and
 * looks once more when it was woken while it worked. */
static err_t round_of(struct ctx *cx)
{
	struct conn *lock;
	bool got;
	TRY(db_acquire(cx->db, cx->a, &cx->e, &lock));
	err_t rc = db_try_lock(lock, LOCK_KEY, &got);
	if (!rc && got) {
		rc = seal_all(cx);
		err_t rc2 = db_unlock(lock, LOCK_KEY);
		rc = rc ? rc : rc2;
	}
	db_release(lock);
	return rc;
}

static bool work_once(struct db *db)
{
	struct arena *a = arena_new(ARENA_MAX);
	struct ctx cx;
	err_t rc = ctx_begin(&cx, db, a, "job");
	cx.actor = actor_system();
	if (!rc)
		rc = round_of(&cx);
	if (rc)
		LOG(WARN, "sealing", LS("error", cx.e.log));
	ctx_end(&cx);
	arena_free(a);
	return !rc;
}

void sealer_once(struct db *db)
{
	if (db_engine(db) == DB_POSTGRES)
		(void)work_once(db);
}

static void *work(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&st.mu);
	while (st.running) {
		st.woken = false;
		pthread_mutex_unlock(&st.mu);
		bool ok = work_once(st.db);
		pthread_mutex_lock(&st.mu);
		if (!st.running || (st.woken && ok))
			continue;
		struct timespec t;
		clock_gettime(CLOCK_MONOTONIC, &t);
		i64 ns = t.tv_nsec + (ok ? LOOK_MS : PAUSE_MS) * (i64)1000000;
		t.tv_sec += ns / 1000000000;
		t.tv_nsec = ns % 1000000000;
		pthread_cond_timedwait(&st.wake, &st.mu, &t);
	}
	pthread_mutex_unlock(&st.mu);
	return NULL;
}

err_t sealer_start(struct db *db, struct errs *e)
{
	if (db_engine(db) == DB_SQLITE)
		return ERR_OK;
	pthread_condattr_t mono;
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_cond_init(&st.wake, &mono);
	pthread_condattr_destroy(&mono);
	st.db = db;
	st.running = true;
	err_t rc = db_listen(db, "event", on_event, NULL);
	if (!rc && pthread_create(&st.thread, NULL, work, NULL))
		rc = errs_fail(e, ERR_INTERNAL, "no thread for sealing");
	st.running = !rc;
	return rc;
}

void sealer_stop(void)
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
