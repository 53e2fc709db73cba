/* The clock (P5): nodes due soon, overdue, escalated — each told once — and dates that arrive.
 * Right again after downtime: it looks at what is due now, not at what happened since. */
#include "process/clock.h"
#include "process/engine.h"

enum { BATCH = 200, ROUNDS = 50 };

struct due_row {
	i64 node_id, opportunity_id, due_at, region_id;
};

static err_t rows_of(struct ctx *cx, const char *sql, struct args a, struct due_row *out, size_t *n)
{
	struct rows *r;
	TRY(db_query(cx->c, sql, a, &r));
	*n = 0;
	while (rows_next(r) && *n < BATCH)
		out[(*n)++] = (struct due_row){rows_i64(r, 0), rows_i64(r, 1), rows_i64(r, 2),
		                               rows_i64(r, 3)};
	return rows_done(r);
}

/* What is told, to whom, and the flag that keeps it from being told again. */
static const struct alarm {
	const char *flag, *kind, *notice;
	bool to_manager;
	int days; /* rings for what is due by the end of this working day, counted from today */
} alarms[] = {
	{"due_soon_noted", "node.due_soon", "node_due_soon", false, 1},
	{"overdue_noted", "node.overdue", "node_overdue", false, 0},
	{"escalated", "node.escalated", "node_escalated", true, -1},
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
	                                        .title = node_title_for(cx, in, nd, who),
	                                        .href = opportunity_href(cx, in, nd)});
}

/* Due soon: at the end of the next working day.  Escalated: a whole working day late.  Which day
 * that is depends on the calendar of the account's region. */
static err_t rings_before(struct ctx *cx, const struct alarm *al, i64 region_id, i64 *us)
{
	const struct calendar *cal;
	*us = cx->now;
	if (!al->days)
		return ERR_OK;
	TRY(calendar_of_region(cx, region_id, &cal));
	day_t day = calendar_add(cal, day_of(cx->now, COMPANY_ZONE), al->days);
	*us = time_at(al->days > 0 ? day + 1 : day, 0, COMPANY_ZONE);
	return ERR_OK;
}

static err_t bound(struct ctx *cx, const struct alarm *al, i64 *us)
{
	day_t day;
	*us = cx->now;
	if (!al->days)
		return ERR_OK;
	TRY(calendar_latest(cx, day_of(cx->now, COMPANY_ZONE), al->days, &day));
	*us = time_at(al->days > 0 ? day + 1 : day, 0, COMPANY_ZONE);
	return ERR_OK;
}

/* Page by page, since rows whose own calendar says "not yet" stay where they are. */
static err_t ring_all(struct ctx *cx, const struct alarm *al, i64 *changed)
{
	struct due_row rows[BATCH] = {{0}};
	size_t n = BATCH;
	i64 until;
	TRY(bound(cx, al, &until));
	struct due_row last = {0};
	for (int round = 0; n == BATCH && round < ROUNDS; round++) {
		TRY(rows_of(
			cx,
			arena_printf(
				cx->a,
				"select n.id, n.opportunity_id, n.due_at, a.region_id from node n"
				" join opportunity o on o.id = n.opportunity_id"
				" join account a on a.id = o.account_id"
				" where n.state in ('active', 'in_review', 'returned')"
				" and n.due_at < ? and n.%s = 0 and o.outcome in ('open', 'won')"
				" and o.deleted_at is null"
				" and (n.due_at > ? or (n.due_at = ? and n.id > ?))"
				" order by n.due_at, n.id limit %d",
				al->flag, BATCH),
			ARGS(vi(until), vi(last.due_at), vi(last.due_at), vi(last.node_id)), rows,
			&n));
		for (size_t i = 0; i < n; i++) {
			i64 own;
			last = rows[i];
			TRY(rings_before(cx, al, last.region_id, &own));
			if (last.due_at >= own)
				continue;
			struct ring g = {al, last};
			TRY(ctx_write(cx, ring, &g));
			++*changed;
		}
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
		"select n.id, n.opportunity_id, n.due_at, 0 from node n"
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
	TRY(start_due(cx, changed));
	for (size_t i = 0; i < ARRAY_LEN(alarms); i++)
		TRY(ring_all(cx, &alarms[i], changed));
	return ERR_OK;
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
