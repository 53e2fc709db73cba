/* The runner: a few threads that sleep until a job is due, in this process or any other. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "core/actor.h"
#include "core/job.h"

enum {
	THREADS_MAX = 8,
	LOOK_MS = 20000,   /* at least so often, also without being woken */
	PAUSE_MS = 1000,   /* after a failure of the queue itself */
	BUSY_MS = 50,      /* due, but somebody else has it */
	SETTLE_MS = 20000, /* a test does not wait longer */
	LOOK_ARENA_MAX = 16 * 1024 * 1024,
};

/* Listeners of the database live as long as it does, so this is static. */
static struct {
	pthread_mutex_t mu;
	pthread_cond_t wake, idle;
	pthread_t thread[THREADS_MAX];
	int threads, busy;
	bool running, listening;
	u64 asked, answered; /* wake-ups; the last one after which nothing was due */
	struct db *db;
} st = {.mu = PTHREAD_MUTEX_INITIALIZER};

static void on_job(void *arg, const char *payload)
{
	(void)arg;
	(void)payload;
	pthread_mutex_lock(&st.mu);
	st.asked++;
	if (st.running)
		pthread_cond_broadcast(&st.wake);
	pthread_mutex_unlock(&st.mu);
}

/* Milliseconds until there is something to do. */
static i64 time_to_next(void)
{
	struct arena *a = arena_new(LOOK_ARENA_MAX);
	struct ctx cx;
	i64 at = 0;
	err_t rc = ctx_begin(&cx, st.db, a, "job");
	if (!rc)
		rc = job_next_due(&cx, &at);
	ctx_end(&cx);
	arena_free(a);
	if (rc)
		return PAUSE_MS;
	i64 now = clock_now(), ms = at > now ? (at - now) / 1000 + 1 : BUSY_MS;
	return at == INT64_MAX || ms > LOOK_MS ? LOOK_MS : ms;
}

/* Under the lock. */
static void wait_until(pthread_cond_t *c, i64 ms)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	pthread_cond_timedwait(c, &st.mu, &t);
}

static const char *holder_name(char *buf, size_t n, int i)
{
	char host[64] = "";
	u32 r;
	gethostname(host, sizeof host - 1);
	random_bytes(&r, sizeof r);
	snprintf(buf, n, "%s:%d.%d:%08x", host, (int)getpid(), i, r);
	return buf;
}

static void *work(void *arg)
{
	char holder[128];
	holder_name(holder, sizeof holder, (int)(intptr_t)arg);
	pthread_mutex_lock(&st.mu);
	while (st.running) {
		u64 asked = st.asked;
		bool ran = false;
		st.busy++;
		pthread_mutex_unlock(&st.mu);
		err_t rc = job_run_one(st.db, holder, &ran);
		i64 ms = ran ? 0 : rc ? PAUSE_MS : time_to_next();
		pthread_mutex_lock(&st.mu);
		st.busy--;
		if (ran)
			continue;
		if (!rc && asked > st.answered)
			st.answered = asked;
		pthread_cond_broadcast(&st.idle);
		/* Woken since it looked: it looks again. */
		if (st.running && (asked == st.asked || rc))
			wait_until(&st.wake, ms);
	}
	pthread_mutex_unlock(&st.mu);
	return NULL;
}

static err_t make_schedule(struct db *db, struct errs *e)
{
	struct arena *a = arena_new(LOOK_ARENA_MAX);
	struct ctx cx;
	err_t rc = ctx_begin(&cx, db, a, "job");
	cx.actor = actor_system();
	if (!rc)
		rc = job_schedule(&cx);
	if (rc)
		rc = errs_fail(e, (enum err_code)rc, "jobs: %s", cx.e.log ? cx.e.log : "?");
	ctx_end(&cx);
	arena_free(a);
	return rc;
}

err_t job_runner_start(struct db *db, int threads, struct errs *e)
{
	pthread_condattr_t mono;
	TRY(make_schedule(db, e));
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_cond_init(&st.wake, &mono);
	pthread_cond_init(&st.idle, &mono);
	pthread_condattr_destroy(&mono);
	st.db = db;
	TRY(db_listen(db, "job", on_job, NULL));
	st.running = true;
	for (st.threads = 0; st.threads < threads && st.threads < THREADS_MAX; st.threads++)
		if (pthread_create(&st.thread[st.threads], NULL, work,
		                   (void *)(intptr_t)st.threads)) {
			job_runner_stop();
			return errs_fail(e, ERR_INTERNAL, "no thread for jobs");
		}
	return ERR_OK;
}

void job_runner_stop(void)
{
	pthread_mutex_lock(&st.mu);
	bool was = st.running;
	st.running = false;
	if (was)
		pthread_cond_broadcast(&st.wake);
	pthread_mutex_unlock(&st.mu);
	for (int i = 0; i < st.threads; i++)
		pthread_join(st.thread[i], NULL);
	st.threads = 0;
	if (was) {
		pthread_cond_destroy(&st.wake);
		pthread_cond_destroy(&st.idle);
	}
}

err_t job_runner_settle(struct ctx *cx)
{
	if (!st.running)
		return ERR_OK;
	TRY(job_all_due(cx));
	i64 until = clock_mono() + (i64)SETTLE_MS * 1000;
	pthread_mutex_lock(&st.mu);
	u64 mine = ++st.asked;
	pthread_cond_broadcast(&st.wake);
	while (st.running && (st.answered < mine || st.busy) && clock_mono() < until)
		wait_until(&st.idle, BUSY_MS);
	bool settled = st.answered >= mine && !st.busy;
	pthread_mutex_unlock(&st.mu);
	return settled ? ERR_OK : cx_fail(cx, ERR_UNAVAILABLE, "jobs are still running");
}
