/* Instances: beginning, loading, moving on. */
#include <string.h>

#include "base/text.h"
#include "process/engine.h"

bool node_open(const struct node *n)
{
	return !strcmp(n->state, "active") || !strcmp(n->state, "in_review") ||
	       !strcmp(n->state, "returned");
}

bool node_past(const struct node *n)
{
	return !strcmp(n->state, "done") || !strcmp(n->state, "skipped");
}

void node_state(struct node *n, const char *state)
{
	n->state = state;
	n->dirty = true;
}

const char *state_label(struct ctx *cx, const char *state)
{
	const struct enum_row *r = enum_row(field_by_name(&node_entity, "state"), state);
	return r ? label_in(r->label, cx->lang) : state;
}

struct node *instance_node(struct instance *in, i64 node_id)
{
	for (size_t i = 0; i < in->n; i++)
		if (in->nodes[i].id == node_id)
			return &in->nodes[i];
	return NULL;
}

struct node *instance_by_code(struct instance *in, const char *code)
{
	struct node *found = NULL;
	for (size_t i = 0; i < in->n; i++)
		if (!strcmp(in->nodes[i].def->code, code))
			found = &in->nodes[i];
	return found;
}

const char *node_title(struct ctx *cx, const struct instance *in, const struct node *n)
{
	return arena_printf(cx->a, "%s %s · %s", n->def->code, label_in(n->def->name, cx->lang),
	                    rec_title(in->opp));
}

const char *opportunity_href(struct ctx *cx, const struct instance *in, const struct node *n)
{
	return arena_printf(cx->a, "/opportunities/%lld?node=%s", (long long)in->opp->id,
	                    n->def->code);
}

err_t node_event(struct ctx *cx, const struct instance *in, const struct node *n, const char *kind,
                 const char *payload)
{
	return event_append(cx,
	                    &(struct event_in){.kind = kind,
	                                       .entity = "node",
	                                       .entity_id = n->id,
	                                       .account_id = rec_i64(in->opp, "account_id"),
	                                       .opportunity_id = in->opp->id,
	                                       .payload = payload},
	                    NULL);
}

/* -- people -- */

err_t process_player(struct ctx *cx, const struct rec *opp, const char *role, i64 *user)
{
	*user = 0;
	i64 sales = rec_i64(opp, "sales_id") ? rec_i64(opp, "sales_id") : rec_i64(opp, "owner_id");
	if (!strcmp(role, "sales"))
		*user = sales;
	else if (!strcmp(role, "technical_consultant"))
		*user = rec_i64(opp, "technical_id");
	else if (!strcmp(role, "csm"))
		*user = rec_i64(opp, "csm_id");
	else if (!strcmp(role, "sales_manager") && sales) {
		/* The manager of the sales owner, or of their team, if they hold the role. */
		struct rows *r;
		TRY(db_query(
			cx->c,
			"select m.id, m.roles from app_user s left join team t on t.id = s.team_id"
			" join app_user m on m.id = coalesce(s.manager_id, t.manager_id)"
			" where s.id = ? and m.active = 1 and m.deleted_at is null",
			ARGS(vi(sales)), &r));
		if (rows_next(r) && set_has(rows_text(r, 1), role))
			*user = rows_i64(r, 0);
		return rows_done(r);
	}
	return ERR_OK;
}

/* -- loading and saving -- */

static const char *kept_state(const char *s)
{
	const struct enum_row *r = enum_row(field_by_name(&node_entity, "state"), s);
	if (!r)
		panic("node state '%s'", s);
	return r->value;
}

err_t process_load(struct ctx *cx, i64 opportunity_id, struct instance **out)
{
	struct instance *in = ARENA_NEW(cx->a, struct instance);
	TRY(crud_load(cx, entity_by_name("opportunity"), opportunity_id, &in->opp));
	i64 count = 0;
	TRY(db_one_i64(cx->c, "select count(*) from node where opportunity_id = ?",
	               ARGS(vi(opportunity_id)), &count, NULL));
	/* Room for occurrences that a sync may add. */
	in->nodes = ARENA_ARRAY(cx->a, (size_t)count + 4, struct node);
	i64 playbook_id = rec_i64(in->opp, "playbook_id");
	*out = in;
	if (!count || !playbook_id)
		return ERR_OK;
	TRY(playbook_get(cx, playbook_id, &in->pb));
	struct rows *r;
	TRY(db_query(
		cx->c,
		"select id, version, code, occurrence, state, owner_id, owner_role, started_at,"
		" due_at, starts_at, finished_at, plan_on, period, rework, skip_reason"
		" from node where opportunity_id = ? order by position, occurrence",
		ARGS(vi(opportunity_id)), &r));
	while (rows_next(r) && in->n < (size_t)count) {
		const struct node_def *def = playbook_node(in->pb, rows_text(r, 2));
		if (!def)
			panic("node %s is not in playbook %lld", rows_text(r, 2),
			      (long long)playbook_id);
		in->nodes[in->n++] = (struct node){.id = rows_i64(r, 0),
		                                   .version = rows_i64(r, 1),
		                                   .def = def,
		                                   .occurrence = (int)rows_i64(r, 3),
		                                   .state = kept_state(rows_text(r, 4)),
		                                   .owner_id = rows_i64(r, 5),
		                                   .owner_role = rows_dup(r, 6),
		                                   .started_at = rows_i64(r, 7),
		                                   .due_at = rows_i64(r, 8),
		                                   .starts_at = rows_i64(r, 9),
		                                   .finished_at = rows_i64(r, 10),
		                                   .plan_on = rows_dup(r, 11),
		                                   .period = rows_dup(r, 12),
		                                   .rework = (int)rows_i64(r, 13),
		                                   .skip_reason = rows_dup(r, 14)};
	}
	return rows_done(r);
}

err_t instance_of_node(struct ctx *cx, i64 node_id, struct instance **in, struct node **n)
{
	i64 opp = 0;
	TRY(db_one_i64(cx->c, "select opportunity_id from node where id = ? and deleted_at is null",
	               ARGS(vi(node_id)), &opp, NULL));
	bool seen = false;
	if (opp)
		TRY(scope_allows(cx, entity_by_name("opportunity"), "read", opp, &seen));
	if (!seen)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	TRY(process_load(cx, opp, in));
	*n = instance_node(*in, node_id);
	return *n ? ERR_OK : cx_err(cx, ERR_NOT_FOUND, NULL);
}

static err_t insert_node(struct ctx *cx, const struct instance *in, struct node *n)
{
	return db_insert(
		cx->c,
		"insert into node(created_at, created_by, updated_at, updated_by, opportunity_id,"
		" account_id, playbook_id, code, stage_code, position, occurrence, state, owner_id,"
		" owner_role, gate, starts_at, period)"
		" values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) returning id",
		ARGS(vi(cx->now), vref(cx->actor->id), vi(cx->now), vref(cx->actor->id),
	             vi(in->opp->id), vi(rec_i64(in->opp, "account_id")), vi(in->pb->id),
	             vt(n->def->code), vt(in->pb->stages[n->def->stage].code), vi(n->def->position),
	             vi(n->occurrence), vt(n->state), vref(n->owner_id), vt(n->owner_role),
	             vi(n->def->gate), vref(n->starts_at), vt(n->period)),
		&n->id);
}

err_t instance_save(struct ctx *cx, struct instance *in)
{
	for (size_t i = 0; i < in->n; i++) {
		struct node *n = &in->nodes[i];
		if (!n->dirty)
			continue;
		n->dirty = false;
		TRY(db_exec(
			cx->c,
			"update node set version = version + 1, updated_at = ?, updated_by = ?,"
			" state = ?, owner_id = ?, started_at = ?, due_at = ?, starts_at = ?,"
			" finished_at = ?, plan_on = ?, rework = ?, skip_reason = ? where id = ?",
			ARGS(vi(cx->now), vref(cx->actor->id), vt(n->state), vref(n->owner_id),
		             vref(n->started_at), vref(n->due_at), vref(n->starts_at),
		             vref(n->finished_at), vt(n->plan_on), vi(n->rework),
		             vt(n->skip_reason), vi(n->id)),
			NULL));
	}
	return ERR_OK;
}

/* -- beginning -- */

err_t process_begin(struct ctx *cx, const struct rec *opp)
{
	struct instance in = {.opp = rec_copy(cx->a, opp)};
	TRY(playbook_current(cx, &in.pb));
	in.nodes = ARENA_ARRAY(cx->a, in.pb->n_nodes + 4, struct node);
	TRY(db_exec(cx->c, "update opportunity set playbook_id = ? where id = ?",
	            ARGS(vi(in.pb->id), vi(opp->id)), NULL));
	rec_set(in.opp, "playbook_id", vi(in.pb->id));
	for (size_t i = 0; i < in.pb->n_nodes; i++) {
		struct node *n = &in.nodes[in.n++];
		*n = (struct node){.def = &in.pb->nodes[i],
		                   .occurrence = 1,
		                   .state = "waiting",
		                   .owner_role = in.pb->nodes[i].owner_roles[0]};
		TRY(process_player(cx, in.opp, n->owner_role, &n->owner_id));
		TRY(insert_node(cx, &in, n));
	}
	TRY(event_append(cx,
	                 &(struct event_in){.kind = "process.started",
	                                    .entity = "opportunity",
	                                    .entity_id = opp->id,
	                                    .account_id = rec_i64(opp, "account_id"),
	                                    .opportunity_id = opp->id,
	                                    .payload = arena_printf(
						    cx->a, "{\"playbook_id\":%lld,\"revision\":%d}",
						    (long long)in.pb->id, in.pb->revision)},
	                 NULL));
	return process_sync(cx, &in);
}

/* -- moving on -- */

static bool ready(struct instance *in, const struct node *n)
{
	for (const char *const *p = n->def->after; *p; p++) {
		const struct node *before = instance_by_code(in, *p);
		if (before && before->def->blocking && !node_past(before))
			return false;
	}
	return true;
}

/* P3: a stage cannot be left while one of its gates is open. */
static bool gate_in_the_way(const struct instance *in, const struct node *n)
{
	for (size_t i = 0; i < in->n; i++) {
		const struct node *g = &in->nodes[i];
		if (g->def->gate && g->def->blocking && g->def->stage < n->def->stage &&
		    !node_past(g))
			return true;
	}
	return false;
}

static err_t start(struct ctx *cx, struct instance *in, struct node *n)
{
	node_state(n, "active");
	n->started_at = cx->occurred_at ? cx->occurred_at : cx->now;
	n->starts_at = 0;
	i64 player;
	TRY(process_player(cx, in->opp, n->owner_role, &player));
	if (!n->owner_id)
		n->owner_id = player;
	TRY(due_refresh(cx, in, n));
	struct jw w = jw_new(cx->a, 4096);
	jw_obj(&w);
	jw_kstr(&w, "code", n->def->code);
	jw_kint(&w, "occurrence", n->occurrence);
	jw_kint(&w, "owner_id", n->owner_id);
	jw_kstr(&w, "due_at", n->due_at ? time_format(cx->a, n->due_at) : NULL);
	jw_end_obj(&w);
	TRY(node_event(cx, in, n, "node.started", jw_done(&w)));
	return notify_user(cx, &(struct notice){.user_id = n->owner_id,
	                                        .kind = "node_started",
	                                        .entity = "node",
	                                        .entity_id = n->id,
	                                        .title = node_title(cx, in, n),
	                                        .href = opportunity_href(cx, in, n)});
}

/* The next quarter's occurrence of a recurring node waits for its quarter. */
static err_t add_next_quarter(struct ctx *cx, struct instance *in, const struct node *n)
{
	day_t next = quarter_end(day_of(n->started_at, COMPANY_ZONE)) + 1;
	const char *end = rec_text(in->opp, "contract_end_on");
	if (n->def->recurs_until == ANCHOR_CONTRACT_END && end && day_parse(end) < next)
		return ERR_OK;
	struct node add = {.def = n->def,
	                   .occurrence = n->occurrence + 1,
	                   .state = "waiting",
	                   .owner_id = n->owner_id,
	                   .owner_role = n->owner_role,
	                   .starts_at = time_at(next, 0, COMPANY_ZONE),
	                   .period = quarter_name(cx->a, next)};
	TRY(insert_node(cx, in, &add));
	in->nodes[in->n++] = add;
	return ERR_OK;
}

/* A waiting node begins, or learns the day on which it may. */
static err_t consider(struct ctx *cx, struct instance *in, struct node *n, bool *started)
{
	*started = false;
	if (strcmp(n->state, "waiting") != 0 || !ready(in, n) || gate_in_the_way(in, n))
		return ERR_OK;
	i64 from = n->occurrence > 1 ? n->starts_at : 0;
	if (n->def->starts.anchor != ANCHOR_NONE) {
		TRY(due_of_rule(cx, in, n, &n->def->starts, &from));
		/* A rule whose date is not known yet holds the node. */
		from = from ? from - US_PER_DAY + US_PER_SEC : INT64_MAX;
	}
	if (from > cx->now) {
		i64 at = from == INT64_MAX ? 0 : from;
		if (at != n->starts_at) {
			n->starts_at = at;
			n->dirty = true;
		}
		return ERR_OK;
	}
	TRY(start(cx, in, n));
	*started = true;
	return n->def->recurs ? add_next_quarter(cx, in, n) : ERR_OK;
}

/* Stage and node of the opportunity: the first open one that holds others up, else the first that
 * is open, else the first still waiting, else the last. */
static const struct node *current_node(const struct instance *in)
{
	const struct node *any = NULL, *waiting = NULL;
	for (size_t i = 0; i < in->n; i++) {
		const struct node *n = &in->nodes[i];
		if (node_open(n) && n->def->blocking)
			return n;
		if (node_open(n) && !any)
			any = n;
		if (!strcmp(n->state, "waiting") && n->def->blocking && !waiting)
			waiting = n;
	}
	return waiting ? waiting : any ? any : in->n ? &in->nodes[in->n - 1] : NULL;
}

static err_t place_opportunity(struct ctx *cx, struct instance *in)
{
	const struct node *n = current_node(in);
	if (!n)
		return ERR_OK;
	const char *stage = in->pb->stages[n->def->stage].code,
		   *was = rec_text(in->opp, "stage_code");
	if (text_eq(stage, was) && text_eq(n->def->code, rec_text(in->opp, "node_code")) &&
	    n->due_at == rec_i64(in->opp, "node_due_at"))
		return ERR_OK;
	TRY(db_exec(
		cx->c,
		"update opportunity set stage_code = ?, node_code = ?, node_due_at = ? where id = ?",
		ARGS(vt(stage), vt(n->def->code), vref(n->due_at), vi(in->opp->id)), NULL));
	rec_set(in->opp, "stage_code", vt(stage));
	rec_set(in->opp, "node_code", vt(n->def->code));
	rec_set(in->opp, "node_due_at", vref(n->due_at));
	if (text_eq(stage, was))
		return ERR_OK;
	return event_append(cx,
	                    &(struct event_in){.kind = "stage.entered",
	                                       .entity = "opportunity",
	                                       .entity_id = in->opp->id,
	                                       .account_id = rec_i64(in->opp, "account_id"),
	                                       .opportunity_id = in->opp->id,
	                                       .payload = arena_printf(
						       cx->a, "{\"stage\":\"%s\",\"from\":\"%s\"}",
						       stage, was ? was : "")},
	                    NULL);
}

err_t process_sync(struct ctx *cx, struct instance *in)
{
	if (!in->pb)
		return ERR_OK;
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < in->n; i++) {
			bool started;
			TRY(consider(cx, in, &in->nodes[i], &started));
			again |= started;
		}
	}
	for (size_t i = 0; i < in->n; i++) {
		struct node *n = &in->nodes[i];
		if (!node_open(n))
			continue;
		TRY(due_refresh(cx, in, n));
		TRY(approvals_sync(cx, in, n));
	}
	TRY(place_opportunity(cx, in));
	return instance_save(cx, in);
}

/* Somebody else plays a role now: their nodes that are not past go along. */
static err_t hand_over(struct ctx *cx, struct instance *in, const struct rec *before)
{
	for (size_t i = 0; i < in->n; i++) {
		struct node *n = &in->nodes[i];
		if (node_past(n))
			continue;
		i64 was, is;
		TRY(process_player(cx, before, n->owner_role, &was));
		TRY(process_player(cx, in->opp, n->owner_role, &is));
		if (was != is && n->owner_id == was) {
			n->owner_id = is;
			n->dirty = true;
		}
	}
	return ERR_OK;
}

err_t process_opportunity_changed(struct ctx *cx, const struct rec *now, const struct rec *before)
{
	struct instance *in;
	TRY(process_load(cx, now->id, &in));
	if (!in->pb)
		return ERR_OK;
	TRY(hand_over(cx, in, before));
	return process_sync(cx, in);
}
