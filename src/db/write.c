/* Writing: one transaction per job.
 *
 * One writer (SQLite): jobs stand in a queue. Who comes while nobody leads becomes the leader: it
 * runs its own job, then, each in a savepoint, the jobs that came meanwhile, and commits once for
 * all. When none came that is a plain commit. Then the lead goes to the next in the queue, so a
 * leader works for others during one commit at most. A queue node lives on its owner's stack: it
 * is last touched under the mutex, when `done` is set, and the owner leaves only after that.
 *
 * Many writers (PostgreSQL): each job on a connection of its own, run again when the engine asks. */
#include <string.h>
#include <time.h>

#include "db/impl.h"

enum { GROUP_MAX = 64, RETRIES = 8 };

struct wjob {
	struct wjob *next;
	db_job *fn;
	void *arg;
	struct arena *a;
	struct errs *e;
	err_t rc;
	struct hook *hooks;
	bool done, lead;
	pthread_cond_t wake;
	struct conn **reader; /* wants the connection to go on reading; or NULL */
};

err_t (*db_commit_check)(struct conn *c);

/* This thread is inside a job or an after-commit call. */
static _Thread_local bool writing;

/* Runs a job inside an open transaction. */
static err_t run(struct conn *c, struct wjob *j)
{
	conn_begin(c, j->a, j->e);
	err_t rc = j->fn(c, j->arg);
	rows_close_until(c, NULL);
	if (!rc)
		rc = c->failed;
	if (!rc && db_commit_check) {
		rc = db_commit_check(c);
		rows_close_until(c, NULL);
		if (!rc)
			rc = c->failed;
	}
	j->hooks = c->hooks;
	return rc;
}

static void run_hooks(struct wjob *j)
{
	for (struct hook *h = j->hooks; h; h = h->next)
		h->fn(h->arg);
}

static struct wjob *pop(struct db *db)
{
	struct wjob *j = db->queue;
	if (j) {
		db->queue = j->next;
		if (!db->queue)
			db->queue_end = &db->queue;
		j->next = NULL;
	}
	return j;
}

/* A transaction of several jobs. */
struct group {
	struct conn *c;
	bool open;
	err_t refused; /* the transaction could not begin */
	const char *refused_log;
	struct wjob *kept; /* their rows stand in the open transaction */
	struct wjob *finished;
};

static void push(struct wjob **list, struct wjob *j)
{
	j->next = *list;
	*list = j;
}

/* All kept jobs failed together, for the reason that is recorded in `why`. */
static void lose_kept(struct group *g, err_t rc, const char *why)
{
	for (struct wjob *j; (j = g->kept);) {
		g->kept = j->next;
		j->rc = errs_fail(j->e, (enum err_code)rc, "%s", why ? why : "transaction lost");
		push(&g->finished, j);
	}
	g->open = false;
}

static void group_job(struct group *g, struct wjob *j)
{
	const struct db_ops *ops = g->c->db->ops;
	conn_begin(g->c, j->a, j->e);
	if (!g->open && !g->refused) {
		g->refused = ops->begin(g->c);
		g->refused_log = j->e->log;
		g->open = !g->refused;
	}
	if (g->refused) {
		j->rc = errs_fail(j->e, (enum err_code)g->refused, "%s",
		                  g->refused_log ? g->refused_log : "cannot begin");
		push(&g->finished, j);
		return;
	}
	bool alone = !g->kept;
	err_t rc = alone ? 0 : ops->mark(g->c);
	if (!rc)
		rc = run(g->c, j);
	if (!rc && !alone)
		rc = ops->keep(g->c);
	if (!rc) {
		push(&g->kept, j);
		return;
	}
	j->rc = rc;
	if (alone) {
		ops->rollback(g->c);
		g->open = false;
	} else if (ops->undo(g->c)) {
		ops->rollback(g->c);
		lose_kept(g, ERR_UNAVAILABLE, j->e->log);
	}
	push(&g->finished, j);
}

static void group_commit(struct group *g)
{
	struct wjob *last = g->kept;
	if (!g->open)
		return;
	conn_begin(g->c, last->a, last->e);
	err_t rc = g->c->db->ops->commit(g->c);
	if (rc) {
		g->c->db->ops->rollback(g->c);
		lose_kept(g, rc, last->e->log);
		return;
	}
	/* kept is newest first; calls go in the order of the jobs */
	struct wjob *in_order = NULL;
	for (struct wjob *j; (j = g->kept);) {
		g->kept = j->next;
		push(&in_order, j);
	}
	for (struct wjob *j; (j = in_order);) {
		in_order = j->next;
		j->rc = 0;
		run_hooks(j);
		push(&g->finished, j);
	}
	g->open = false;
}

/* Called and returns with the mutex held; the caller's job is the head of the queue. */
static void lead(struct db *db)
{
	struct group g = {0};
	struct wjob *j = pop(db);
	pthread_mutex_unlock(&db->mu);
	writing = true;
	err_t rc = db->ops->acquire_writer(db, j->a, j->e, &g.c);
	if (rc) {
		j->rc = rc;
		push(&g.finished, j);
	} else {
		int max = db->opt.no_group_commit ? 1 : GROUP_MAX;
		for (int n = 1; j; n++) {
			group_job(&g, j);
			if (n == max)
				break;
			pthread_mutex_lock(&db->mu);
			j = pop(db);
			pthread_mutex_unlock(&db->mu);
		}
		group_commit(&g);
		db->ops->release(g.c);
	}
	writing = false;
	pthread_mutex_lock(&db->mu);
	while ((j = g.finished)) {
		g.finished = j->next;
		j->done = true;
		pthread_cond_signal(&j->wake);
	}
	if (db->queue) {
		db->queue->lead = true;
		pthread_cond_signal(&db->queue->wake);
	} else {
		db->leading = false;
	}
}

static err_t write_grouped(struct db *db, struct wjob *j)
{
	pthread_mutex_lock(&db->mu);
	*db->queue_end = j;
	db->queue_end = &j->next;
	if (db->leading) {
		while (!j->done && !j->lead)
			pthread_cond_wait(&j->wake, &db->mu);
	}
	if (!j->done) {
		db->leading = true;
		lead(db);
	}
	pthread_mutex_unlock(&db->mu);
	return j->rc;
}

static void pause_before_retry(int attempt)
{
	struct timespec now, t = {0};
	clock_gettime(CLOCK_MONOTONIC, &now);
	/* 1 to 2 ms, doubled each time, so that two who met do not meet again */
	t.tv_nsec = ((1000000 + now.tv_nsec % 1000000) << attempt) % 1000000000;
	nanosleep(&t, NULL);
}

/* Sets *again when another attempt may do better. */
static err_t attempt_alone(struct db *db, struct wjob *j, bool *again)
{
	struct conn *c;
	const struct db_ops *ops = db->ops;
	*again = false;
	TRY(ops->acquire_writer(db, j->a, j->e, &c));
	conn_begin(c, j->a, j->e);
	writing = true;
	err_t rc = ops->begin(c);
	if (!rc) {
		rc = run(c, j);
		if (!rc)
			rc = ops->commit(c);
		if (rc)
			ops->rollback(c);
	}
	*again = rc && c->again;
	if (!rc && j->reader) {
		conn_begin(c, j->a, j->e);
		db->readers++;
		*j->reader = c;
	} else {
		ops->release(c);
	}
	if (!rc)
		run_hooks(j);
	writing = false;
	return rc;
}

static err_t write_alone(struct db *db, struct wjob *j)
{
	for (int attempt = 0;; attempt++) {
		bool again;
		err_t rc = attempt_alone(db, j, &again);
		if (!again || attempt == RETRIES)
			return rc;
		errs_clear(j->e);
		pause_before_retry(attempt);
	}
}

static err_t write_job(struct db *db, struct arena *a, struct errs *e, db_job *fn, void *arg,
                       struct conn **reader)
{
	if (writing)
		panic("db_write inside a write");
	if (db->opt.read_only)
		return errs_fail(e, ERR_UNAVAILABLE, "the database was opened read only");
	pthread_mutex_lock(&db->mu);
	if (db->closing) {
		pthread_mutex_unlock(&db->mu);
		return errs_fail(e, ERR_UNAVAILABLE, "the database is being closed");
	}
	db->writers++;
	pthread_mutex_unlock(&db->mu);

	struct wjob j = {.fn = fn, .arg = arg, .a = a, .e = e, .reader = reader};
	pthread_cond_init(&j.wake, NULL);
	err_t rc = db->ops->one_writer ? write_grouped(db, &j) : write_alone(db, &j);
	pthread_cond_destroy(&j.wake);

	pthread_mutex_lock(&db->mu);
	if (--db->writers == 0)
		pthread_cond_broadcast(&db->idle);
	pthread_mutex_unlock(&db->mu);
	if (rc)
		return errs_set(e, (enum err_code)rc, NULL);
	return 0;
}

err_t db_write(struct db *db, struct arena *a, struct errs *e, db_job *fn, void *arg)
{
	return write_job(db, a, e, fn, arg, NULL);
}

err_t db_write_then_read(struct db *db, struct arena *a, struct errs *e, db_job *fn, void *arg,
                         struct conn **reader)
{
	*reader = NULL;
	err_t rc = write_job(db, a, e, fn, arg, reader);
	if (*reader)
		return rc;
	err_t rc2 = db_acquire(db, a, e, reader);
	return rc ? rc : rc2;
}

err_t db_nested(struct conn *c, db_job *fn, void *arg)
{
	if (!c->in_write)
		panic("db_nested outside a write");
	const struct db_ops *ops = c->db->ops;
	if (c->failed)
		return c->failed;
	i64 changes = c->changes;
	struct hook **hooks_end = c->hooks_end;
	struct note_sent *sent = c->sent;
	struct rows *open = c->open;
	err_t rc = ops->mark(c);
	if (rc)
		return c->failed = rc;
	rc = fn(c, arg);
	rows_close_until(c, open);
	if (!rc)
		rc = c->failed;
	if (!rc)
		return (c->failed = ops->keep(c));
	c->changes = changes;
	c->hooks_end = hooks_end;
	*hooks_end = NULL;
	c->sent = sent;
	/* an error that ended the whole transaction stays */
	c->failed = ops->undo(c);
	return rc;
}
