/* Instances moving on: beginning, starting what can start, placing the opportunity. */
#include <string.h>

#include "base/text.h"
#include "process/engine.h"

/* -- beginning -- */

/* An opportunity that was worked on elsewhere begins at its node; what comes before is past. */
static void skip_to(struct instance *in, const struct node_def *first)
{
	for (size_t i = 0; i < in->n; i++) {
		struct node *n = &in->nodes[i];
		if (n->def->position >= first->position)
			continue;
		node_state(n, "skipped");
		n->skip_reason = "imported";
	}
}

err_t process_begin(struct ctx *cx, const struct rec *opp)
{
	struct instance in = {.opp = rec_copy(cx->a, opp), .facts = facts_new(cx->a)};
	TRY(playbook_current(cx, &in.pb));
	const char *code = rec_i64(opp, "imported") ? rec_text(opp, "node_code") : NULL;
	const struct node_def *first = code ? playbook_node(in.pb, code) : NULL;
	if (code && !first) {
		errs_field(&cx->e, "node_code", ERR_REF,
		           EP({"what", label_in(node_entity.label, cx->lang)}));
		return errs_invalid(&cx->e);
	}
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
		TRY(instance_insert(cx, &in, n));
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
	if (first)
		skip_to(&in, first);
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
	                                        .title = node_title_for(cx, in, n, n->owner_id),
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
	TRY(instance_insert(cx, in, &add));
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
	TRY(undo_touch(cx, in->opp->e, in->opp->id));
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
		if (!node_open(n)) {
			TRY(approvals_end(cx, in, n));
			continue;
		}
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
