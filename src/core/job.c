/* Jobs: queue, lease, retry. */
#include "core/job.h"

#include <string.h>

#include "base/log.h"
#include "core/actor.h"
#include "core/event.h"

enum {
	ERROR_MAX = 2000, /* of a kept error, bytes */
	LIST_MAX = 200,
	JOB_ARENA_MAX = 1 << 30,
};
#define BACKOFF_MAX US_PER_DAY

/* clang-format off */
const struct event_kind job_events[] = {
	{"job.failed", L("后台任务失败", "Job failed"), false},
	{"job.requested", L("手动执行后台任务", "Job run by hand"), false},
	{NULL, L(NULL, NULL), false},
};
const struct permission job_permissions[] = {
	{"job.read", L("查看后台任务", "See jobs")},
	{"job.run", L("执行后台任务", "Run jobs")},
	{NULL, L(NULL, NULL)},
};
/* clang-format on */

const struct job_def *job_def_at(size_t i)
{
	for (const struct module *const *m = registry_modules(); m && *m; m++)
		for (const struct job_def *d = (*m)->jobs; d && d->name; d++)
			if (!i--)
				return d;
	return NULL;
}

const struct job_def *job_def_find(const char *name)
{
	const struct job_def *d;
	for (size_t i = 0; (d = job_def_at(i)); i++)
		if (!strcmp(d->name, name))
			return d;
	return NULL;
}

/* -- queueing -- */

struct queued {
	const char *name, *payload, *unique_key;
	i64 run_at, id;
};

static err_t queue(struct ctx *cx, void *arg)
{
	struct queued *q = arg;
	event_not_needed(cx, "a queued job is no fact yet");
	q->id = 0;
	TRY(db_one_i64(cx->c,
	               "insert into job(name, payload, run_at, state, unique_key, user_id)"
	               " values (?, ?, ?, 'queued', ?, ?)"
	               " on conflict (unique_key) where unique_key is not null do nothing"
	               " returning id",
	               ARGS(vt(q->name), vt(q->payload), vi(q->run_at ? q->run_at : cx->now),
	                    vt(q->unique_key), vref(cx->actor->id)),
	               &q->id, NULL));
	if (!q->id)
		TRY(db_one_i64(cx->c, "select id from job where unique_key = ?",
		               ARGS(vt(q->unique_key)), &q->id, NULL));
	return db_notify(cx->c, "job", "");
}

err_t job_queue(struct ctx *cx, const char *name, const char *payload, i64 run_at,
                const char *unique_key, i64 *id)
{
	struct queued q = {name, payload, unique_key, run_at, 0};
	if (!job_def_find(name))
		panic("job '%s' is not declared", name);
	TRY(ctx_write(cx, queue, &q));
	*id = q.id;
	return ERR_OK;
}

static err_t run_now(struct ctx *cx, void *arg)
{
	i64 id = *(i64 *)arg, n = 0;
	const char *name = NULL;
	TRY(db_one_text(cx->c, "select name from job where id = ?", ARGS(vi(id)), &name));
	if (!name)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	TRY(db_exec(cx->c,
	            "update job set state = 'queued', run_at = ?, attempts = 0"
	            " where id = ? and state <> 'running'",
	            ARGS(vi(cx->now), vi(id)), &n));
	if (!n)
		return cx_err(cx, ERR_CONFLICT,
		              EP({"reason",
		                  cx->lang == LANG_EN ? "the job is running" : "任务正在执行"}));
	TRY(event_append(
		cx,
		&(struct event_in){.kind = "job.requested",
	                           .entity = "job",
	                           .entity_id = id,
	                           .payload = arena_printf(cx->a, "{\"name\":\"%s\"}", name)},
		NULL));
	return db_notify(cx->c, "job", "");
}

err_t job_run_now(struct ctx *cx, i64 id)
{
	return ctx_write(cx, run_now, &id);
}

/* -- the schedule -- */

/* The end of the period that `now` is in: the same for all processes. */
static i64 next_time(const struct job_def *d, i64 now)
{
	return (now / d->every_us + 1) * d->every_us;
}

/* A run that a clock set further on had planned is not waited for. */
static err_t schedule(struct ctx *cx, void *arg)
{
	(void)arg;
	event_not_needed(cx, "the schedule is no fact");
	const struct job_def *d;
	for (size_t i = 0; (d = job_def_at(i)); i++)
		if (d->every_us)
			TRY(db_exec(cx->c,
			            "insert into job(name, run_at, state, unique_key)"
			            " values (?, ?, 'queued', ?)"
			            " on conflict (unique_key) where unique_key is not null"
			            " do update set run_at = excluded.run_at"
			            " where job.run_at > ?",
			            ARGS(vt(d->name), vi(cx->now),
			                 vt(arena_printf(cx->a, "every:%s", d->name)),
			                 vi(cx->now + d->every_us)),
			            NULL));
	return ERR_OK;
}

err_t job_schedule(struct ctx *cx)
{
	return ctx_write(cx, schedule, NULL);
}

static err_t all_due(struct ctx *cx, void *arg)
{
	(void)arg;
	event_not_needed(cx, "the schedule is no fact");
	return db_exec(cx->c,
	               "update job set run_at = ? where state = 'queued'"
	               " and unique_key like 'every:%'",
	               ARGS(vi(clock_now())), NULL);
}

err_t job_all_due(struct ctx *cx)
{
	return ctx_write(cx, all_due, NULL);
}

struct hasten {
	const char *key;
	i64 n;
};

static err_t hasten(struct ctx *cx, void *arg)
{
	struct hasten *h = arg;
	event_not_needed(cx, "the schedule is no fact");
	TRY(db_exec(cx->c,
	            "update job set run_at = case when run_at < ? then run_at else ? end"
	            " where unique_key = ? and state = 'queued'",
	            ARGS(vi(cx->now), vi(cx->now), vt(h->key)), &h->n));
	return h->n ? db_notify(cx->c, "job", "") : ERR_OK;
}

err_t job_hasten(struct ctx *cx, const char *name, bool *done)
{
	struct hasten h = {arena_printf(cx->a, "every:%s", name), 0};
	TRY(ctx_write(cx, hasten, &h));
	*done = h.n > 0;
	return ERR_OK;
}

/* -- taking -- */

/* "name in (…)": what this program knows; a newer one may have put other jobs there. */
static void where_known(struct sqlb *q)
{
	const struct job_def *d;
	sqlb_add(q, "name in (''");
	for (size_t i = 0; (d = job_def_at(i)); i++) {
		sqlb_add(q, ",");
		sqlb_val(q, vt(d->name));
	}
	sqlb_add(q, ")");
}

err_t job_next_due(struct ctx *cx, i64 *at)
{
	struct sqlb *q = sqlb_new(cx->a);
	sqlb_add(q, "select min(case state when 'queued' then run_at else leased_until end)"
	            " from job where state in ('queued', 'running') and ");
	where_known(q);
	*at = 0;
	TRY(db_one_i64(cx->c, sqlb_text(q), sqlb_args(q), at, NULL));
	if (!*at)
		*at = INT64_MAX;
	return ERR_OK;
}

struct take {
	const char *holder;
	struct job *j; /* NULL: nothing is due */
};

static err_t take(struct ctx *cx, void *arg)
{
	struct take *t = arg;
	struct sqlb *q = sqlb_new(cx->a);
	t->j = NULL;
	event_not_needed(cx, "a lease is no fact");
	sqlb_add(q, "select id, name from job where ((state = 'queued' and run_at <= ");
	sqlb_val(q, vi(cx->now));
	sqlb_add(q, ") or (state = 'running' and leased_until < ");
	sqlb_val(q, vi(cx->now));
	sqlb_add(q, ")) and ");
	where_known(q);
	sqlb_addf(q, " order by run_at, id limit 1%s",
	          conn_engine(cx->c) == DB_POSTGRES ? " for update skip locked" : "");
	struct rows *r;
	i64 id = 0;
	const struct job_def *d = NULL;
	TRY(db_query(cx->c, sqlb_text(q), sqlb_args(q), &r));
	if (rows_next(r)) {
		id = rows_i64(r, 0);
		d = job_def_find(rows_text(r, 1));
	}
	TRY(rows_done(r));
	if (!d)
		return ERR_OK;
	/* The key is free again: who queues now means another run. A scheduled job keeps its. */
	TRY(db_query(cx->c,
	             "update job set state = 'running', attempts = attempts + 1, leased_by = ?,"
	             " leased_until = ?, started_at = ?, finished_at = null,"
	             " unique_key = case when unique_key like 'every:%' then unique_key end"
	             " where id = ? returning attempts, payload, user_id",
	             ARGS(vt(t->holder), vi(cx->now + d->lease_us), vi(cx->now), vi(id)), &r));
	if (rows_next(r)) {
		t->j = ARENA_NEW(cx->a, struct job);
		*t->j = (struct job){.id = id,
		                     .def = d,
		                     .attempt = (int)rows_i64(r, 0),
		                     .payload = rows_dup(r, 1),
		                     .user_id = rows_i64(r, 2)};
	}
	return rows_done(r);
}

static err_t prolong(struct ctx *cx, void *arg)
{
	const struct job *j = ((struct take *)arg)->j;
	i64 n = 0;
	event_not_needed(cx, "a lease is no fact");
	TRY(db_exec(cx->c,
	            "update job set leased_until = ? where id = ? and state = 'running'"
	            " and leased_by = ? and attempts = ?",
	            ARGS(vi(clock_now() + j->def->lease_us), vi(j->id),
	                 vt(((struct take *)arg)->holder), vi(j->attempt)),
	            &n));
	return n ? ERR_OK : cx_err(cx, ERR_CONFLICT, EP({"reason", "the lease was lost"}));
}

err_t job_prolong(struct ctx *cx, struct job *j)
{
	struct take t = {j->holder, j};
	return ctx_write(cx, prolong, &t);
}

/* -- the end of a run -- */

struct end {
	const struct take *t;
	const char *error; /* NULL: it went well */
	bool kept;         /* false: the lease was lost, the row is somebody else's */
};

static i64 pause_before(const struct job_def *d, int attempt)
{
	i64 us = d->backoff_us;
	for (int i = 1; i < attempt && us < BACKOFF_MAX; i++)
		us *= 2;
	return us < BACKOFF_MAX ? us : BACKOFF_MAX;
}

static err_t note_failure(struct ctx *cx, const struct job *j, const char *error)
{
	struct jw w = jw_new(cx->a, 64 * 1024);
	jw_obj(&w);
	jw_kstr(&w, "name", j->def->name);
	jw_kint(&w, "attempts", j->attempt);
	jw_kstr(&w, "error", error);
	jw_end_obj(&w);
	return event_append(cx,
	                    &(struct event_in){.kind = "job.failed",
	                                       .entity = "job",
	                                       .entity_id = j->id,
	                                       .payload = jw_done(&w)},
	                    NULL);
}

static err_t finish(struct ctx *cx, void *arg)
{
	struct end *e = arg;
	const struct job *j = e->t->j;
	const struct job_def *d = j->def;
	bool given_up = e->error && j->attempt >= d->attempts;
	bool again = e->error && !given_up, scheduled = d->every_us > 0;
	const char *state = again || scheduled ? "queued" : e->error ? "failed" : "done";
	i64 run_at = again       ? cx->now + pause_before(d, j->attempt)
	             : scheduled ? next_time(d, cx->now)
	                         : cx->now;
	i64 n = 0;
	event_not_needed(cx, "a run is no fact");
	TRY(db_exec(cx->c,
	            "update job set state = ?, run_at = ?, attempts = ?, leased_by = null,"
	            " leased_until = null, finished_at = ?, error = ?, result = ?"
	            " where id = ? and state = 'running' and leased_by = ? and attempts = ?",
	            ARGS(vt(state), vi(run_at), vi(again || !scheduled ? j->attempt : 0),
	                 vi(cx->now), vt(e->error), vt(j->result), vi(j->id), vt(e->t->holder),
	                 vi(j->attempt)),
	            &n));
	e->kept = n > 0;
	return n && given_up ? note_failure(cx, j, e->error) : ERR_OK;
}

static const char *error_text(struct ctx *cx, err_t rc)
{
	const struct errs *e = &cx->e;
	enum err_code c = e->code ? e->code : (enum err_code)rc;
	const char *text = err_text(cx->a, c, e->params, LANG_EN);
	if (e->log)
		text = arena_printf(cx->a, "%s (%s)", text, e->log);
	return arena_strndup(cx->a, text, strnlen(text, ERROR_MAX));
}

/* The handler in memory and errors of its own. Its text of what went wrong, or NULL. */
static const char *run_handler(struct db *db, struct arena *a, struct job *j)
{
	/* Its holder died as often as it may be tried: it is not tried once more. */
	if (j->attempt > j->def->attempts)
		return "the process that ran it came to an end";
	struct ctx cx;
	err_t rc = ctx_begin(&cx, db, a, "job");
	cx.actor = actor_system();
	if (!rc)
		rc = j->def->handler(&cx, j);
	const char *error = rc ? error_text(&cx, rc) : NULL;
	ctx_end(&cx);
	return error;
}

static err_t run_one(struct ctx *cx, const char *holder, bool *ran)
{
	struct take t = {.holder = holder};
	TRY(ctx_write(cx, take, &t));
	*ran = t.j != NULL;
	if (!t.j)
		return ERR_OK;
	t.j->holder = holder;
	ctx_end(cx);
	i64 began = clock_mono();
	struct end e = {.t = &t, .error = run_handler(cx->db, cx->a, t.j)};
	cx->now = clock_now();
	TRY(ctx_write(cx, finish, &e));
	if (e.error || !e.kept)
		LOG(WARN, "job failed", LS("name", t.j->def->name), LI("id", t.j->id),
		    LI("attempt", t.j->attempt), LS("error", e.kept ? e.error : "lease lost"));
	else
		LOG(DEBUG, "job done", LS("name", t.j->def->name), LI("us", clock_mono() - began));
	return ERR_OK;
}

err_t job_run_one(struct db *db, const char *holder, bool *ran)
{
	struct arena *a = arena_new(JOB_ARENA_MAX);
	struct ctx cx;
	*ran = false;
	err_t rc = ctx_begin(&cx, db, a, "job");
	cx.actor = actor_system();
	if (!rc)
		rc = run_one(&cx, holder, ran);
	if (rc)
		LOG(WARN, "job queue", LS("error", error_text(&cx, rc)));
	ctx_end(&cx);
	arena_free(a);
	return rc;
}

/* -- showing -- */

#define JOB_COLUMNS                                                                            \
	"select id, name, state, run_at, attempts, started_at, finished_at, error, leased_by," \
	" leased_until, user_id, result from job "

static void write_time(struct jw *w, const char *key, const struct rows *r, int col)
{
	jw_kstr(w, key, rows_null(r, col) ? NULL : time_format(w->b.a, rows_i64(r, col)));
}

static void write_row(const struct rows *r, struct jw *w)
{
	const struct job_def *d = job_def_find(rows_text(r, 1));
	jw_obj(w);
	jw_kint(w, "id", rows_i64(r, 0));
	jw_kstr(w, "name", rows_text(r, 1));
	jw_klabel(w, "label", d ? d->label : (struct label)L(rows_text(r, 1), rows_text(r, 1)));
	jw_kint(w, "every_seconds", d ? d->every_us / US_PER_SEC : 0);
	jw_kstr(w, "state", rows_text(r, 2));
	write_time(w, "run_at", r, 3);
	jw_kint(w, "attempts", rows_i64(r, 4));
	write_time(w, "started_at", r, 5);
	write_time(w, "finished_at", r, 6);
	jw_kstr(w, "error", rows_text(r, 7));
	jw_kstr(w, "leased_by", rows_text(r, 8));
	write_time(w, "leased_until", r, 9);
	jw_key(w, "user_id");
	if (rows_null(r, 10))
		jw_null(w);
	else
		jw_int(w, rows_i64(r, 10));
	jw_key(w, "result");
	if (rows_null(r, 11))
		jw_null(w);
	else
		jw_raw(w, rows_text(r, 11));
	jw_end_obj(w);
}

err_t job_list(struct ctx *cx, struct jw *w)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             JOB_COLUMNS "order by case when unique_key like 'every:%' then 0 else 1 end,"
	                         " id desc limit ?",
	             ARGS(vi(LIST_MAX)), &r));
	jw_obj(w);
	jw_key(w, "items");
	jw_arr(w);
	while (rows_next(r))
		write_row(r, w);
	jw_end_arr(w);
	jw_end_obj(w);
	return rows_done(r);
}

err_t job_write(struct ctx *cx, i64 id, struct jw *w)
{
	struct rows *r;
	TRY(db_query(cx->c, JOB_COLUMNS "where id = ?", ARGS(vi(id)), &r));
	bool found = rows_next(r);
	if (found)
		write_row(r, w);
	TRY(rows_done(r));
	return found ? ERR_OK : cx_err(cx, ERR_NOT_FOUND, NULL);
}
