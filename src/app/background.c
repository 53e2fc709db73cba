/* Threads that wait for their time or to be woken, and do one task while they hold its lock. */
#include "app/background.h"

#include <pthread.h>
#include <time.h>

#include "base/log.h"
#include "core/actor.h"
#include "core/event.h"
#include "process/process.h"

enum { SEAL_BATCH = 500, ARENA_TASK_MAX = 256 * 1024 * 1024 };

struct task {
	const char *name;
	i64 lock;          /* of db_try_lock; plain numbers, the same in every process */
	int every_ms;      /* at the latest */
	const char *wakes; /* channel, or NULL */
	bool postgres_only;
	err_t (*fn)(struct ctx *cx, bool *more);
	pthread_t thread;
	bool started, wake;
};

static err_t seal(struct ctx *cx, bool *more)
{
	i64 sealed;
	TRY(event_seal(cx, SEAL_BATCH, &sealed));
	*more = sealed == SEAL_BATCH;
	return ERR_OK;
}

static err_t tick(struct ctx *cx, bool *more)
{
	i64 changed;
	*more = false;
	return process_tick(cx, &changed);
}

/* To add a task: a row. Sealing comes first. */
static struct task tasks[] = {
	{.name = "seal",
         .lock = 7001,
         .every_ms = 1000,
         .wakes = "event",
         .postgres_only = true,
         .fn = seal},
	{.name = "process clock", .lock = 7002, .every_ms = 60000, .fn = tick},
};

static struct {
	pthread_mutex_t mu;
	pthread_cond_t some;
	struct db *db;
	bool running;
} bg = {.mu = PTHREAD_MUTEX_INITIALIZER, .some = PTHREAD_COND_INITIALIZER};

static void on_wake(void *arg, const char *payload)
{
	(void)payload;
	struct task *t = arg;
	pthread_mutex_lock(&bg.mu);
	t->wake = true;
	pthread_cond_broadcast(&bg.some);
	pthread_mutex_unlock(&bg.mu);
}

/* False when the process ends. */
static bool sleep_until_woken(struct task *t)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += t->every_ms / 1000;
	pthread_mutex_lock(&bg.mu);
	while (bg.running && !t->wake)
		if (pthread_cond_timedwait(&bg.some, &bg.mu, &until))
			break;
	t->wake = false;
	bool go_on = bg.running;
	pthread_mutex_unlock(&bg.mu);
	return go_on;
}

/* The lock is held on a connection of its own, as a write inside would give the other back. */
static err_t run_once(struct task *t, struct arena *a, bool *more)
{
	struct ctx cx;
	struct conn *guard;
	struct errs e;
	bool mine = false;
	*more = false;
	errs_init(&e, a);
	TRY(db_acquire(bg.db, a, &e, &guard));
	err_t rc = db_try_lock(guard, t->lock, &mine);
	if (!rc && mine) {
		rc = ctx_begin(&cx, bg.db, a, "job");
		cx.actor = actor_system();
		if (!rc)
			rc = t->fn(&cx, more);
		ctx_end(&cx);
		if (rc)
			LOG(WARN, "background task failed", LS("task", t->name),
			    LS("code", err_def((enum err_code)rc)->code), LS("detail", cx.e.log));
		if (db_unlock(guard, t->lock))
			LOG(WARN, "lock not given back", LS("task", t->name));
	}
	db_release(guard);
	return rc;
}

static void run_task(struct task *t)
{
	bool more = true;
	while (more) {
		struct arena *a = arena_new(ARENA_TASK_MAX);
		if (run_once(t, a, &more))
			more = false;
		arena_free(a);
	}
}

static void *work(void *arg)
{
	struct task *t = arg;
	do
		run_task(t);
	while (sleep_until_woken(t));
	return NULL;
}

void background_seal(struct db *db)
{
	bg.db = db;
	if (db_engine(db) == DB_POSTGRES)
		run_task(&tasks[0]);
}

err_t background_start(struct db *db, struct errs *e)
{
	bg.db = db;
	bg.running = true;
	for (size_t i = 0; i < ARRAY_LEN(tasks); i++) {
		struct task *t = &tasks[i];
		t->wake = t->started = false;
		if (t->postgres_only && db_engine(db) != DB_POSTGRES)
			continue;
		if (t->wakes)
			TRY(db_listen(db, t->wakes, on_wake, t));
		if (pthread_create(&t->thread, NULL, work, t))
			return errs_fail(e, ERR_INTERNAL, "no thread for task %s", t->name);
		t->started = true;
	}
	return ERR_OK;
}

void background_stop(void)
{
	pthread_mutex_lock(&bg.mu);
	bg.running = false;
	pthread_cond_broadcast(&bg.some);
	pthread_mutex_unlock(&bg.mu);
	for (size_t i = 0; i < ARRAY_LEN(tasks); i++)
		if (tasks[i].started)
			pthread_join(tasks[i].thread, NULL);
}
