/* The clock (P5): nodes due soon, overdue, escalated — each told once — and dates that arrive.
 * Right again after downtime: it looks at what is due now, not at what happened since. */
#include "process/clock.h"
#include "process/engine.h"

enum { BATCH = 200, ROUNDS = 50 };

struct due_row {
	i64 node_id, opportunity_id;
};

static err_t rows_of(struct ctx *cx, const char *sql, struct args a, struct due_row *out, size_t *n)
{
	struct rows *r;
	TRY(db_query(cx->c, sql, a, &r));
	*n = 0;
	while (rows_next(r) && *n < BATCH)
		out[(*n)++] = (struct due_row){rows_i64(r, 0), rows_i64(r, 1)};
	return rows_done(r);
}

/* What is told, to whom, and the flag that keeps it from being told again. */
static const struct alarm {
	const char *flag, *kind, *notice;
	bool to_manager;
} alarms[] = {
	{"due_soon_noted", "node.due_soon", "node_due_soon", false},
	{"overdue_noted", "node.overdue", "node_overdue", false},
	{"escalated", "node.escalated", "node_escalated", true},
};

static err_t manager_of(struct ctx *cx, const struct instance *in, const struct node *n, i64 *user)
{
	*user = 0;
	if (n->owner_id)
		TRY(db_one_i64(cx->c,
		               "select coalesce(u.manager_id, t.manager_id) from app_user u"
		               " left join team t on t.id = u.team_id where u.id = ?",
		               ARGS(vi(n->owner_id)), user, NULL));
	return *user ? ERR_OK : process_player(cx, in->opp, "sales_manager", user);
}

struct ring {
	const struct alarm *al;
	struct due_row row;
};

static err_t ring(struct ctx *cx, void *arg)
{
	const struct ring *g = arg;
	i64 n = 0;
	/* The flag is taken first: of two processes one gets it. */
	TRY(db_exec(cx->c,
	            arena_printf(cx->a, "update node set %s = 1 where id = ? and %s = 0",
	                         g->al->flag, g->al->flag),
	            ARGS(vi(g->row.node_id)), &n));
	if (!n)
		return ERR_OK;
	struct instance *in;
	TRY(process_load(cx, g->row.opportunity_id, &in));
	const struct node *nd = instance_node(in, g->row.node_id);
	TRY(node_event(cx, in, nd, g->al->kind,
	               arena_printf(cx->a, "{\"code\":\"%s\",\"due_at\":\"%s\"}", nd->def->code,
	                            time_format(cx->a, nd->due_at))));
	i64 who = nd->owner_id;
	if (g->al->to_manager)
		TRY(manager_of(cx, in, nd, &who));
	return notify_user(cx, &(struct notice){.user_id = who,
	                                        .kind = g->al->notice,
	                                        .entity = "node",
	                                        .entity_id = nd->id,
	                                        .title = node_title(cx, in, nd),
	                                        .href = opportunity_href(cx, in, nd)});
}

static err_t ring_all(struct ctx *cx, const struct alarm *al, i64 due_before, i64 *changed)
{
	struct due_row rows[BATCH];
	size_t n;
	TRY(rows_of(cx,
	            arena_printf(cx->a,
	                         "select n.id, n.opportunity_id from node n"
	                         " join opportunity o on o.id = n.opportunity_id"
	                         " where n.state in ('active', 'in_review', 'returned')"
	                         " and n.due_at < ? and n.%s = 0 and o.outcome in ('open', 'won')"
	                         " and o.deleted_at is null order by n.due_at limit %d",
	                         al->flag, BATCH),
	            ARGS(vi(due_before)), rows, &n));
	for (size_t i = 0; i < n; i++) {
		struct ring g = {al, rows[i]};
		TRY(ctx_write(cx, ring, &g));
		++*changed;
	}
	return ERR_OK;
}

static err_t resync(struct ctx *cx, void *arg)
{
	struct instance *in;
	TRY(process_load(cx, *(i64 *)arg, &in));
	event_not_needed(cx, "sync tells its own facts");
	return process_sync(cx, in);
}

static err_t start_due(struct ctx *cx, i64 *changed)
{
	struct due_row rows[BATCH];
	size_t n;
	TRY(rows_of(
		cx,
		"select n.id, n.opportunity_id from node n"
		" join opportunity o on o.id = n.opportunity_id"
		" where n.state = 'waiting' and n.starts_at <= ? and o.outcome in ('open', 'won')"
		" and o.deleted_at is null order by n.starts_at limit 200",
		ARGS(vi(cx->now)), rows, &n));
	for (size_t i = 0; i < n; i++) {
		TRY(ctx_write(cx, resync, &rows[i].opportunity_id));
		++*changed;
	}
	return ERR_OK;
}

err_t process_tick(struct ctx *cx, i64 *changed)
{
	*changed = 0;
	const struct calendar *cal;
	TRY(calendar_load(cx, COMPANY_CALENDAR, &cal));
	day_t today = day_of(cx->now, COMPANY_ZONE);
	/* Due soon: at the end of the next working day. Escalated: a whole working day late. */
	i64 soon = time_at(calendar_add(cal, today, 1) + 1, 0, COMPANY_ZONE);
	i64 late = time_at(calendar_add(cal, today, -1), 0, COMPANY_ZONE);
	TRY(start_due(cx, changed));
	TRY(ring_all(cx, &alarms[0], soon, changed));
	TRY(ring_all(cx, &alarms[1], cx->now, changed));
	return ring_all(cx, &alarms[2], late, changed);
}

/* -- as a job -- */

static err_t tick(struct ctx *cx, struct job *j)
{
	i64 changed = BATCH, all = 0;
	for (int i = 0; i < ROUNDS && changed >= BATCH; i++) {
		TRY(process_tick(cx, &changed));
		TRY(job_prolong(cx, j));
		all += changed;
	}
	j->result = arena_printf(cx->a, "{\"changed\":%lld}", (long long)all);
	return ERR_OK;
}

/* clang-format off */
const struct job_def process_jobs[] = {
	{"process.tick", L("节点时限提醒与到期启动", "Reminders and starts of nodes"),
	 .every_us = US_PER_MIN, .lease_us = 5 * US_PER_MIN, .attempts = 3,
	 .backoff_us = 10 * (i64)US_PER_SEC, .handler = tick},
	{.name = NULL},
};
/* clang-format on */
