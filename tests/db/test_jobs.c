/* Jobs on both engines: schedule, lease, retry, one holder at a time. */
#include "db/db_test.h"

#include <pthread.h>
#include <string.h>

#include "base/hash.h"
#include "core/actor.h"
#include "core/event.h"
#include "core/job.h"
#include "migrations/steps.h"

#define NOON ((i64)1790000000 * US_PER_SEC)

/* -- jobs under test -- */

static struct {
	int fail; /* so many times */
	int calls;
	struct db *other; /* handler "slow": somebody else comes while it works */
	bool other_ran;
} act;

static err_t plain(struct ctx *cx, struct job *j)
{
	act.calls++;
	if (act.fail-- > 0)
		return cx_fail(cx, ERR_UNAVAILABLE, "mail server is away");
	j->result = arena_printf(cx->a, "{\"payload\":%s}", j->payload ? j->payload : "null");
	return ERR_OK;
}

static err_t slow(struct ctx *cx, struct job *j)
{
	if (++act.calls > 1)
		return ERR_OK;
	/* Its lease ends while it works. */
	clock_freeze(clock_now() + j->def->lease_us + US_PER_SEC);
	if (act.other)
		assert_int_equal(job_run_one(act.other, "second", &act.other_ran), 0);
	return job_prolong(cx, j);
}

static err_t note_row(struct ctx *cx, void *arg)
{
	event_not_needed(cx, "a test");
	return db_exec(cx->c, "insert into ran(job_id) values (?)", ARGS(vi(*(i64 *)arg)), NULL);
}

static err_t counted(struct ctx *cx, struct job *j)
{
	return ctx_write(cx, note_row, &j->id);
}

/* clang-format off */
static const struct job_def defs[] = {
	{"t.plain", L("普通", "Plain"), .lease_us = US_PER_MIN, .attempts = 3,
	 .backoff_us = 10 * (i64)US_PER_SEC, .handler = plain},
	{"t.every", L("定时", "Scheduled"), .every_us = US_PER_HOUR, .lease_us = US_PER_MIN,
	 .attempts = 2, .backoff_us = US_PER_SEC, .handler = plain},
	{"t.slow", L("慢", "Slow"), .lease_us = US_PER_MIN, .attempts = 3, .backoff_us = US_PER_SEC,
	 .handler = slow},
	{"t.counted", L("计数", "Counted"), .lease_us = US_PER_MIN, .attempts = 3,
	 .backoff_us = US_PER_SEC, .handler = counted},
	{.name = NULL},
};
/* clang-format on */
static const struct module module = {.name = "t", .events = job_events, .jobs = defs};
static const struct module *const modules[] = {&module, NULL};
static const struct module *const none[] = {NULL};

static int open_jobs(void **state)
{
	if (fix_open(state))
		return -1;
	struct fix *f = *state;
	int n;
	hash_init();
	registry_set(modules);
	event_check_install();
	memset(&act, 0, sizeof act);
	clock_freeze(NOON);
	OK(f, migrate_up(f->db, f->a, &f->e, migration_steps, &n));
	return 0;
}

static int close_jobs(void **state)
{
	db_commit_check = NULL;
	clock_freeze(0);
	registry_set(none);
	return fix_close(state);
}

static i64 queue(struct fix *f, const char *name, const char *payload, const char *key)
{
	struct ctx cx;
	i64 id;
	OK(f, ctx_begin(&cx, f->db, f->a, "test"));
	cx.actor = actor_system();
	assert_int_equal(job_queue(&cx, name, payload, 0, key, &id), 0);
	ctx_end(&cx);
	return id;
}

static bool run_one(struct fix *f)
{
	bool ran;
	OK(f, job_run_one(f->db, "first", &ran));
	return ran;
}

static const char *state_of(struct fix *f, i64 id)
{
	return text(f, "select state from job where id = ?", ARGS(vi(id)));
}

/* As somebody at the database's console would. */
static void by_hand(struct fix *f, const char *sql, struct args a)
{
	db_commit_check = NULL;
	OK(f, write_one(f, sql, a));
	event_check_install();
}

/* -- */

static void runs_once_and_keeps_its_result(void **state)
{
	struct fix *f = *state;
	i64 id = queue(f, "t.plain", "{\"n\":7}", NULL);
	assert_true(run_one(f));
	assert_false(run_one(f));
	assert_int_equal(act.calls, 1);
	assert_string_equal(state_of(f, id), "done");
	assert_string_equal(text(f, "select result from job where id = ?", ARGS(vi(id))),
	                    "{\"payload\":{\"n\":7}}");
	assert_int_equal(number(f, "select count(*) from job where leased_by is not null", NO_ARGS),
	                 0);
}

static void one_of_a_key_waits(void **state)
{
	struct fix *f = *state;
	i64 a = queue(f, "t.plain", NULL, "mail:5"), b = queue(f, "t.plain", NULL, "mail:5");
	assert_int_equal(a, b);
	assert_true(run_one(f));
	i64 c = queue(f, "t.plain", NULL, "mail:5");
	assert_int_not_equal(a, c);
	assert_true(run_one(f));
	assert_int_equal(act.calls, 2);
}

static void waits_longer_after_each_failure_then_stays_failed(void **state)
{
	struct fix *f = *state;
	i64 id = queue(f, "t.plain", NULL, NULL);
	act.fail = 3;
	assert_true(run_one(f));
	assert_string_equal(state_of(f, id), "queued");
	assert_false(run_one(f));
	clock_freeze(NOON + 10 * (i64)US_PER_SEC);
	assert_true(run_one(f));
	clock_freeze(NOON + 29 * (i64)US_PER_SEC);
	assert_false(run_one(f)); /* 10 s, then 20 s */
	clock_freeze(NOON + 30 * (i64)US_PER_SEC);
	assert_true(run_one(f));
	assert_string_equal(state_of(f, id), "failed");
	assert_non_null(strstr(text(f, "select error from job where id = ?", ARGS(vi(id))),
	                       "mail server is away"));
	assert_int_equal(number(f,
	                        "select count(*) from event where kind = 'job.failed'"
	                        " and entity_id = ?",
	                        ARGS(vi(id))),
	                 1);
	clock_freeze(NOON + US_PER_DAY);
	assert_false(run_one(f));
	/* By hand it is tried anew. */
	struct ctx cx;
	OK(f, ctx_begin(&cx, f->db, f->a, "test"));
	cx.actor = actor_system();
	assert_int_equal(job_run_now(&cx, id), 0);
	assert_int_equal(job_run_now(&cx, id + 99), ERR_NOT_FOUND);
	ctx_end(&cx);
	assert_true(run_one(f));
	assert_string_equal(state_of(f, id), "done");
	assert_null(text(f, "select error from job where id = ?", ARGS(vi(id))));
}

static void scheduled_job_goes_on_after_failures(void **state)
{
	struct fix *f = *state;
	struct ctx cx;
	OK(f, ctx_begin(&cx, f->db, f->a, "test"));
	assert_int_equal(job_schedule(&cx), 0);
	assert_int_equal(job_schedule(&cx), 0);
	ctx_end(&cx);
	assert_int_equal(number(f, "select count(*) from job", NO_ARGS), 1);
	act.fail = 2;
	assert_true(run_one(f));
	clock_freeze(NOON + US_PER_SEC);
	assert_true(run_one(f));
	assert_int_equal(number(f, "select count(*) from event where kind = 'job.failed'", NO_ARGS),
	                 1);
	assert_string_equal(text(f, "select state from job", NO_ARGS), "queued");
	i64 next = number(f, "select run_at from job", NO_ARGS);
	assert_int_equal(next, (NOON / US_PER_HOUR + 1) * US_PER_HOUR);
	clock_freeze(next);
	assert_true(run_one(f));
	assert_null(text(f, "select error from job", NO_ARGS));
	/* A clock that was set back does not leave it waiting. */
	clock_freeze(NOON - 100 * US_PER_DAY);
	OK(f, ctx_begin(&cx, f->db, f->a, "test"));
	assert_int_equal(job_schedule(&cx), 0);
	ctx_end(&cx);
	assert_true(run_one(f));
}

static void a_lease_that_ended_is_taken_over(void **state)
{
	struct fix *f = *state;
	i64 id = queue(f, "t.slow", NULL, NULL);
	act.other = f->db;
	assert_true(run_one(f));
	assert_true(act.other_ran);
	assert_int_equal(act.calls, 2);
	/* The second one's end counts; the first, being late, changed nothing. */
	assert_string_equal(state_of(f, id), "done");
	assert_int_equal(number(f, "select attempts from job where id = ?", ARGS(vi(id))), 2);
	assert_null(text(f, "select error from job where id = ?", ARGS(vi(id))));
}

static void a_job_that_kills_its_process_is_given_up(void **state)
{
	struct fix *f = *state;
	i64 id = queue(f, "t.plain", NULL, NULL);
	by_hand(f,
	        "update job set state = 'running', attempts = 3,"
	        " leased_by = 'dead', leased_until = ? where id = ?",
	        ARGS(vi(NOON - 1), vi(id)));
	assert_true(run_one(f));
	assert_int_equal(act.calls, 0);
	assert_string_equal(state_of(f, id), "failed");
	assert_int_equal(number(f, "select count(*) from event where kind = 'job.failed'", NO_ARGS),
	                 1);
}

static void leaves_what_it_does_not_know(void **state)
{
	struct fix *f = *state;
	i64 id = queue(f, "t.plain", NULL, NULL);
	by_hand(f, "update job set name = 't.newer' where id = ?", ARGS(vi(id)));
	assert_false(run_one(f));
	assert_string_equal(state_of(f, id), "queued");
}

enum { MANY = 40 };

static void *drain(void *arg)
{
	struct db *db = arg;
	char holder[32];
	snprintf(holder, sizeof holder, "%p", (void *)&holder);
	for (bool ran = true; ran;)
		if (job_run_one(db, holder, &ran))
			return arg;
	return NULL;
}

static void two_processes_share_the_work(void **state)
{
	struct fix *f = *state;
	script(f, "create table ran(job_id bigint)");
	for (int i = 0; i < MANY; i++)
		queue(f, "t.counted", NULL, NULL);
	struct db *two = open_again(f, NULL);
	struct db *dbs[] = {f->db, f->db, two, two};
	pthread_t t[4];
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, drain, dbs[i]), 0);
	for (int i = 0; i < 4; i++) {
		void *failed;
		pthread_join(t[i], &failed);
		assert_null(failed);
	}
	db_close(two);
	assert_int_equal(number(f, "select count(*) from ran", NO_ARGS), MANY);
	assert_int_equal(number(f, "select count(distinct job_id) from ran", NO_ARGS), MANY);
	assert_int_equal(number(f, "select count(*) from job where state = 'done'", NO_ARGS), MANY);
}

static void runner_follows_queue_and_clock(void **state)
{
	struct fix *f = *state;
	struct ctx cx;
	OK(f, job_runner_start(f->db, 2, &f->e));
	OK(f, ctx_begin(&cx, f->db, f->a, "test"));
	cx.actor = actor_system();
	assert_int_equal(job_runner_settle(&cx), 0);
	int before = act.calls;
	assert_true(before > 0); /* the scheduled one */
	clock_freeze(NOON + 1);
	assert_int_equal(job_runner_settle(&cx), 0);
	assert_int_equal(act.calls, before + 1);
	i64 id;
	assert_int_equal(job_queue(&cx, "t.plain", NULL, 0, NULL, &id), 0);
	for (int i = 0; i < 200 && strcmp(state_of(f, id), "done") != 0; i++) {
		struct timespec ms = {.tv_nsec = 10000000};
		nanosleep(&ms, NULL);
	}
	assert_string_equal(state_of(f, id), "done");
	ctx_end(&cx);
	job_runner_stop();
	OK(f, ctx_begin(&cx, f->db, f->a, "test"));
	assert_int_equal(job_runner_settle(&cx), 0);
	ctx_end(&cx);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, open_jobs, close_jobs)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(runs_once_and_keeps_its_result),
		T(one_of_a_key_waits),
		T(waits_longer_after_each_failure_then_stays_failed),
		T(scheduled_job_goes_on_after_failures),
		T(a_lease_that_ended_is_taken_over),
		T(a_job_that_kills_its_process_is_given_up),
		T(leaves_what_it_does_not_know),
		T(two_processes_share_the_work),
		T(runner_follows_queue_and_clock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
