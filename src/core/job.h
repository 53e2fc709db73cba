/* Jobs: work that nobody waits for — on a schedule, or put in a queue.
 *
 * To add one: a row in the table of the module that owns it (docs/adding-a-job.md).  A job is taken
 * by one process at a time under a lease; whoever dies holding it loses it when the lease ends, and
 * it is taken again: so a handler may run twice, and what it did before must not hurt.  A failure
 * is tried again after a growing pause; when the attempts are used up it stays as "failed" with its
 * error and the event job.failed.  Scheduled jobs have one row for ever and go on at their next
 * time.  Times are those of the process's clock, so tests move them.
 *
 * The runner is in job_runner.c. */
#ifndef TRIPOD_JOB_H
#define TRIPOD_JOB_H

#include "base/json.h"
#include "core/entity.h"

struct job {
	i64 id;
	const struct job_def *def;
	const char *payload; /* JSON text or NULL */
	i64 user_id;         /* who asked for it, 0 */
	int attempt;         /* 1, 2, … */
	const char *result;  /* for the handler to set: JSON text kept with the row, or NULL */
	const char *holder;  /* of the lease */
};

struct job_def {
	const char *name; /* "process.tick" */
	struct label label;
	i64 every_us;   /* 0 = only when queued */
	i64 lease_us;   /* longer than it ever takes; job_prolong() for what takes long */
	int attempts;   /* at least 1 */
	i64 backoff_us; /* pause before the second attempt; doubled before each next, up to a day */
	/* cx: of the system, outside of any write. */
	err_t (*handler)(struct ctx *cx, struct job *j);
};

/* Puts one in the queue, inside or outside of a write; the actor of cx becomes its user. run_at 0 =
 * now. With a unique_key at most one of that key waits: then its id is given and the rest of the
 * call says nothing. A waiting one that has begun does not count. Panics on an unknown name. */
MUST_USE err_t job_queue(struct ctx *cx, const char *name, const char *payload, i64 run_at,
                         const char *unique_key, i64 *id);
/* By hand: queues the job at once, also one that failed. Emits job.requested. ERR_NOT_FOUND;
 * ERR_CONFLICT while it is running. */
MUST_USE err_t job_run_now(struct ctx *cx, i64 id);
/* A handler that takes longer than its lease calls this in between; ERR_CONFLICT when the lease was
 * lost: then stop. */
MUST_USE err_t job_prolong(struct ctx *cx, struct job *j);
/* {"items":[…]}: scheduled ones first, then the newest of the queue. */
MUST_USE err_t job_list(struct ctx *cx, struct jw *w);
/* One job as an object; ERR_NOT_FOUND. */
MUST_USE err_t job_write(struct ctx *cx, i64 id, struct jw *w);

/* Rows of the scheduled jobs, for those that have none; at start. */
MUST_USE err_t job_schedule(struct ctx *cx);
/* Takes one job that is due and runs it to its end. *ran is false when there was none. Errors are
 * those of the queue itself; those of the handler are kept with the job. holder: who takes it, not
 * used by two at a time. */
MUST_USE err_t job_run_one(struct db *db, const char *holder, bool *ran);
/* When the next one is due or its lease ends; INT64_MAX when there is none. */
MUST_USE err_t job_next_due(struct ctx *cx, i64 *at);
/* Brings a scheduled job forward to now. *done is false while it is running: it may have looked too
 * early, so ask again. */
MUST_USE err_t job_hasten(struct ctx *cx, const char *name, bool *done);
/* Every scheduled job is due at once: after the clock of a test moved. */
MUST_USE err_t job_all_due(struct ctx *cx);

/* i-th row of all modules, NULL at the end. */
const struct job_def *job_def_at(size_t i);
const struct job_def *job_def_find(const char *name); /* or NULL */

extern const struct event_kind job_events[];
extern const struct permission job_permissions[];

/* -- job_runner.c: threads of this process that run what is due -- */

MUST_USE err_t job_runner_start(struct db *db, int threads, struct errs *e);
/* Waits for the jobs that are being run. */
void job_runner_stop(void);
/* Makes every scheduled job due and waits until none is due any more, at most some seconds. Does
 * nothing without a runner. */
MUST_USE err_t job_runner_settle(struct ctx *cx);

#endif
