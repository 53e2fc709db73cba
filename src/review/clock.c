/* The clock of reviews: due soon, overdue, people who have gone since; each told once. */
#include "review/engine.h"

enum { BATCH = 200, ROUNDS = 50 };

static const struct alarm {
	const char *flag, *kind, *notice;
	bool asker; /* is told too */
} alarms[] = {
	{"due_soon_noted", "review.due_soon", "review_due_soon", false},
	{"overdue_noted", "review.overdue", "review_overdue", true},
};

struct ring {
	const struct alarm *al;
	i64 id;
};

static err_t ring(struct ctx *cx, void *arg)
{
	const struct ring *g = arg;
	i64 n = 0;
	struct review *rv;
	/* The flag is taken first: of two processes one gets it. */
	TRY(db_exec(cx->c,
	            arena_printf(cx->a,
	                         "update review set %s = 1 where id = ? and %s = 0"
	                         " and state = 'open'",
	                         g->al->flag, g->al->flag),
	            ARGS(vi(g->id)), &n));
	if (!n)
		return ERR_OK;
	TRY(review_load(cx, g->id, &rv));
	struct jw w = payload_new(cx);
	jw_kint(&w, "round", rv->round);
	jw_kstr(&w, "due_at", time_format(cx->a, rv->due_at));
	jw_end_obj(&w);
	TRY(review_emit(cx, rv, g->al->kind, &w));
	for (size_t i = 0; i < rv->n; i++)
		if (rv->seats[i].state == SEAT_PENDING)
			TRY(tell_seat(cx, rv, &rv->seats[i], g->al->notice, NULL));
	return g->al->asker ? tell_user(cx, rv, rv->asked_by, g->al->notice, NULL) : ERR_OK;
}

static err_t ids_of(struct ctx *cx, const char *sql, struct args a, i64 *ids, size_t *n)
{
	struct rows *r;
	TRY(db_query(cx->c, sql, a, &r));
	*n = 0;
	while (rows_next(r) && *n < BATCH)
		ids[(*n)++] = rows_i64(r, 0);
	return rows_done(r);
}

/* Reviews of deals that are closed stand still. */
#define RUNNING                                                                                                   \
	" and t.deleted_at is null and not exists (select 1 from opportunity o where o.id = t.opportunity_id and" \
	" (o.deleted_at is not null or o.outcome in ('lost', 'void')))"

static err_t ring_all(struct ctx *cx, const struct alarm *al, i64 due_before, i64 *changed)
{
	i64 ids[BATCH];
	size_t n;
	TRY(ids_of(cx,
	           arena_printf(cx->a,
	                        "select t.id from review t where t.state = 'open' and t.due_at < ?"
	                        " and t.%s = 0" RUNNING " order by t.due_at limit %d",
	                        al->flag, BATCH),
	           ARGS(vi(due_before)), ids, &n));
	for (size_t i = 0; i < n; i++) {
		struct ring g = {al, ids[i]};
		TRY(ctx_write(cx, ring, &g));
		++*changed;
	}
	return ERR_OK;
}

/* -- people who went since they were asked -- */

struct stray {
	i64 review_id;
	bool told;
};

/* Tells those who may decide instead and were not told before. */
static err_t tell_others(struct ctx *cx, void *arg)
{
	struct stray *y = arg;
	struct review *rv;
	bool adrift = false;
	y->told = false;
	event_not_needed(cx, "nobody new was found");
	TRY(review_load(cx, y->review_id, &rv));
	for (size_t i = 0; i < rv->n; i++) {
		struct decider *d;
		size_t n;
		bool first;
		if (rv->seats[i].state != SEAT_PENDING)
			continue;
		TRY(seat_deciders(cx, rv, &rv->seats[i], &d, &n));
		for (size_t k = 0; k < n; k++) {
			if (!d[k].adrift && !d[k].behalf_id)
				continue;
			TRY(review_involve(cx, rv, d[k].user_id,
			                   d[k].adrift ? "administrator" : "substitute", &first));
			if (!first)
				continue;
			y->told = true;
			adrift |= d[k].adrift;
			TRY(tell_user(cx, rv, d[k].user_id,
			              d[k].adrift ? "review_adrift" : "review_substitute", NULL));
		}
	}
	if (!y->told)
		return ERR_OK;
	struct jw w = payload_new(cx);
	jw_kint(&w, "round", rv->round);
	jw_end_obj(&w);
	return review_emit(cx, rv, adrift ? "review.adrift" : "review.substituted", &w);
}

/* A pending seat whose user is away or no longer active, or whose role nobody active holds. */
static err_t tell_strays(struct ctx *cx, i64 *changed)
{
	i64 ids[BATCH];
	size_t n;
	const char *today = day_format(cx->a, day_of(cx->now, COMPANY_ZONE));
	TRY(ids_of(cx,
	           "select distinct t.id from review t join review_seat s on s.review_id = t.id"
	           " left join app_user u on u.id = s.user_id"
	           " left join absence a on a.user_id = s.user_id and a.starts_on <= ?"
	           " and a.ends_on >= ? and a.deleted_at is null"
	           " where t.state = 'open' and s.state = 'pending' and (a.id is not null"
	           " or u.active = 0 or u.deleted_at is not null or (s.user_id is null and not"
	           " exists (select 1 from app_user h where h.active = 1 and h.deleted_at is null"
	           " and h.roles like '%,' || s.role || ',%')))" RUNNING " order by t.id limit 200",
	           ARGS(vt(today), vt(today)), ids, &n));
	for (size_t i = 0; i < n; i++) {
		struct stray y = {.review_id = ids[i]};
		TRY(ctx_write(cx, tell_others, &y));
		*changed += y.told;
	}
	return ERR_OK;
}

err_t review_tick(struct ctx *cx, i64 *changed)
{
	const struct calendar *cal;
	*changed = 0;
	TRY(calendar_of_region(cx, 0, &cal));
	day_t today = day_of(cx->now, COMPANY_ZONE);
	/* Due soon: at the end of the next working day. */
	i64 soon = time_at(calendar_add(cal, today, 1) + 1, 0, COMPANY_ZONE);
	TRY(ring_all(cx, &alarms[0], soon, changed));
	TRY(ring_all(cx, &alarms[1], cx->now, changed));
	return tell_strays(cx, changed);
}

/* -- as a job -- */

static err_t tick(struct ctx *cx, struct job *j)
{
	i64 changed = BATCH, all = 0;
	for (int i = 0; i < ROUNDS && changed >= BATCH; i++) {
		TRY(review_tick(cx, &changed));
		TRY(job_prolong(cx, j));
		all += changed;
	}
	j->result = arena_printf(cx->a, "{\"changed\":%lld}", (long long)all);
	return ERR_OK;
}

/* clang-format off */
const struct job_def review_jobs[] = {
	{"review.tick", L("评审期限与代理提醒", "Deadlines and substitutes of reviews"),
	 .every_us = US_PER_MIN, .lease_us = 5 * US_PER_MIN, .attempts = 3,
	 .backoff_us = 10 * (i64)US_PER_SEC, .handler = tick},
	{.name = NULL},
};
/* clang-format on */
