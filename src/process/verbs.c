/* Verbs on nodes: complete, return, start, plan, assign, hand in, advance, close. */
#include <string.h>

#include "base/text.h"
#include "process/engine.h"

/* -- completing -- */

static err_t refuse_gate(struct ctx *cx, const struct instance *in, struct node *const *nodes,
                         size_t n)
{
	struct jw w = jw_new(cx->a, 1024 * 1024);
	jw_obj(&w);
	jw_key(&w, "missing");
	jw_arr(&w);
	int count = 0;
	for (size_t i = 0; i < n; i++)
		TRY(process_missing(cx, in, nodes[i], &w, &count));
	jw_end_arr(&w);
	jw_end_obj(&w);
	char *text = arena_strdup(cx->a, jw_done(&w));
	text[strlen(text) - 1] = '\0';
	err_t rc = cx_err(cx, ERR_GATE, EP({"n", arena_printf(cx->a, "%d", count)}));
	cx->e.extra = text + 1;
	return rc;
}

static err_t count_missing(struct ctx *cx, const struct instance *in, const struct node *n,
                           int *count)
{
	struct jw w = jw_new(cx->a, 1024 * 1024);
	*count = 0;
	jw_arr(&w);
	TRY(process_missing(cx, in, n, &w, count));
	jw_end_arr(&w);
	return ERR_OK;
}

/* The completion that means "signed". */
static err_t win(struct ctx *cx, struct instance *in)
{
	const char *today = day_format(
		cx->a, day_of(cx->occurred_at ? cx->occurred_at : cx->now, COMPANY_ZONE));
	TRY(undo_touch(cx, in->opp->e, in->opp->id));
	TRY(db_exec(cx->c,
	            "update opportunity set outcome = 'won', closed_on = coalesce(closed_on, ?)"
	            " where id = ?",
	            ARGS(vt(today), vi(in->opp->id)), NULL));
	rec_set(in->opp, "outcome", vt("won"));
	return event_append(cx,
	                    &(struct event_in){.kind = "process.won",
	                                       .entity = "opportunity",
	                                       .entity_id = in->opp->id,
	                                       .account_id = rec_i64(in->opp, "account_id"),
	                                       .opportunity_id = in->opp->id,
	                                       .payload = arena_printf(
						       cx->a, "{\"amount_fen\":%lld}",
						       (long long)rec_i64(in->opp, "amount_fen"))},
	                    NULL);
}

static err_t finish(struct ctx *cx, struct instance *in, struct node *n)
{
	TRY(undo_touch(cx, &node_entity, n->id));
	node_state(n, "done");
	n->finished_at = cx->occurred_at ? cx->occurred_at : cx->now;
	TRY(db_exec(cx->c, "update node set finished_by = ? where id = ?",
	            ARGS(vref(cx->actor->id), vi(n->id)), NULL));
	bool late = n->due_at && n->finished_at > n->due_at;
	TRY(node_event(cx, in, n, "node.completed",
	               arena_printf(cx->a, "{\"code\":\"%s\",\"late\":%s,\"rework\":%d}",
	                            n->def->code, late ? "true" : "false", n->rework)));
	return n->def->wins ? win(cx, in) : ERR_OK;
}

/* The node of a running instance, which the actor may complete. */
static err_t work_on(struct ctx *cx, i64 node_id, struct instance **in, struct node **n)
{
	TRY(instance_of_node(cx, node_id, in, n));
	TRY(need_running(cx, *in));
	return need_work(cx, *in, *n, true);
}

static err_t complete(struct ctx *cx, void *arg)
{
	struct instance *in;
	struct node *n;
	TRY(work_on(cx, *(i64 *)arg, &in, &n));
	if (!node_open(n))
		return refuse_state(cx, in, n, "完成", "completed");
	int missing;
	TRY(count_missing(cx, in, n, &missing));
	if (missing)
		return refuse_gate(cx, in, &n, 1);
	TRY(finish(cx, in, n));
	return process_sync(cx, in);
}

/* A refusal is a fact too (P6): told after the write that did not happen. */
struct refusal {
	i64 node_id, opportunity_id;
	const char *missing;
};

static err_t note_refusal(struct ctx *cx, void *arg)
{
	const struct refusal *r = arg;
	i64 account = 0, opp = r->opportunity_id;
	if (!opp)
		TRY(db_one_i64(cx->c, "select opportunity_id from node where id = ?",
		               ARGS(vi(r->node_id)), &opp, NULL));
	TRY(db_one_i64(cx->c, "select account_id from opportunity where id = ?", ARGS(vi(opp)),
	               &account, NULL));
	return event_append(cx,
	                    &(struct event_in){.kind = "node.refused",
	                                       .entity = r->node_id ? "node" : "opportunity",
	                                       .entity_id = r->node_id ? r->node_id : opp,
	                                       .account_id = account,
	                                       .opportunity_id = opp,
	                                       .payload = arena_printf(cx->a, "{%s}", r->missing)},
	                    NULL);
}

static err_t with_refusal(struct ctx *cx, err_t rc, i64 node_id, i64 opportunity_id)
{
	if (rc != ERR_GATE)
		return rc;
	struct errs kept = cx->e;
	struct refusal r = {node_id, opportunity_id, kept.extra};
	errs_init(&cx->e, cx->a);
	err_t rc2 = ctx_write(cx, note_refusal, &r);
	if (rc2)
		return rc2;
	cx->e = kept;
	return rc;
}

err_t node_complete(struct ctx *cx, i64 node_id)
{
	return with_refusal(cx, ctx_write(cx, complete, &node_id), node_id, 0);
}

/* -- going back -- */

bool node_depends(const struct playbook *pb, const struct node_def *n, const struct node_def *on)
{
	for (const char *const *p = n->after; *p; p++) {
		const struct node_def *b = playbook_node(pb, *p);
		if (b == on || node_depends(pb, b, on))
			return true;
	}
	return false;
}

err_t reopen(struct ctx *cx, struct instance *in, struct node *from, struct node *to,
             const char *reason)
{
	for (size_t i = 0; i < in->n; i++) {
		struct node *n = &in->nodes[i];
		if (n == to || !node_depends(in->pb, n->def, to->def) ||
		    !strcmp(n->state, "waiting"))
			continue;
		node_state(n, "waiting");
		n->finished_at = 0;
	}
	node_state(to, "returned");
	to->rework++;
	to->finished_at = 0;
	to->started_at = cx->now;
	TRY(due_refresh(cx, in, to));
	struct jw w = jw_new(cx->a, 64 * 1024);
	jw_obj(&w);
	jw_kstr(&w, "code", to->def->code);
	jw_kstr(&w, "from", from->def->code);
	jw_kstr(&w, "reason", reason);
	jw_kint(&w, "rework", to->rework);
	jw_end_obj(&w);
	TRY(node_event(cx, in, to, "node.returned", jw_done(&w)));
	return notify_user(cx, &(struct notice){.user_id = to->owner_id,
	                                        .kind = "node_returned",
	                                        .entity = "node",
	                                        .entity_id = to->id,
	                                        .title = node_title_for(cx, in, to, to->owner_id),
	                                        .body = reason,
	                                        .href = opportunity_href(cx, in, to)});
}

struct back {
	i64 node_id;
	const char *to, *reason;
};

static err_t back(struct ctx *cx, void *arg)
{
	const struct back *b = arg;
	struct instance *in;
	struct node *n;
	TRY(work_on(cx, b->node_id, &in, &n));
	struct node *to = b->to ? instance_by_code(in, b->to) : NULL;
	if (!b->reason || !*b->reason)
		errs_field(&cx->e, "reason", ERR_REQUIRED, NULL);
	if (!to || (to != n && !node_depends(in->pb, n->def, to->def)))
		errs_field(&cx->e, "to", ERR_REF,
		           EP({"what", label_in(node_entity.label, cx->lang)}));
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	if (!strcmp(n->state, "waiting") || !strcmp(to->state, "waiting"))
		return refuse_state(cx, in, n, "退回", "returned");
	TRY(reopen(cx, in, n, to, b->reason));
	return process_sync(cx, in);
}

err_t node_return(struct ctx *cx, i64 node_id, const char *to_code, const char *reason)
{
	struct back b = {node_id, to_code, reason};
	return ctx_write(cx, back, &b);
}

/* -- dates and people -- */

static err_t start_early(struct ctx *cx, void *arg)
{
	struct instance *in;
	struct node *n;
	TRY(work_on(cx, *(i64 *)arg, &in, &n));
	for (const char *const *p = n->def->after; *p; p++) {
		const struct node *before = instance_by_code(in, *p);
		if (before && before->def->blocking && !node_past(before))
			return refuse_state(cx, in, n, "提前开始", "started");
	}
	if (strcmp(n->state, "waiting") != 0)
		return refuse_state(cx, in, n, "提前开始", "started");
	node_state(n, "active");
	n->started_at = cx->now;
	n->starts_at = 0;
	TRY(node_event(cx, in, n, "node.started",
	               arena_printf(cx->a, "{\"code\":\"%s\",\"early\":true}", n->def->code)));
	return process_sync(cx, in);
}

err_t node_start(struct ctx *cx, i64 node_id)
{
	return ctx_write(cx, start_early, &node_id);
}

struct plan {
	i64 node_id;
	const char *plan_on;
	i64 user_id;
};

static err_t plan(struct ctx *cx, void *arg)
{
	const struct plan *p = arg;
	struct instance *in;
	struct node *n;
	TRY(work_on(cx, p->node_id, &in, &n));
	if (p->plan_on && day_parse(p->plan_on) == DAY_NONE) {
		errs_field(&cx->e, "plan_on", ERR_DATE, NULL);
		return errs_invalid(&cx->e);
	}
	if (node_past(n))
		return refuse_state(cx, in, n, "改计划", "planned");
	const char *was = n->plan_on;
	n->plan_on = p->plan_on;
	n->dirty = true;
	TRY(node_event(cx, in, n, "node.planned",
	               arena_printf(cx->a, "{\"code\":\"%s\",\"plan_on\":[\"%s\",\"%s\"]}",
	                            n->def->code, was ? was : "", p->plan_on ? p->plan_on : "")));
	return process_sync(cx, in);
}

err_t node_plan(struct ctx *cx, i64 node_id, const char *plan_on)
{
	struct plan p = {.node_id = node_id, .plan_on = plan_on};
	return ctx_write(cx, plan, &p);
}

static err_t assign(struct ctx *cx, void *arg)
{
	const struct plan *p = arg;
	struct instance *in;
	struct node *n;
	TRY(work_on(cx, p->node_id, &in, &n));
	TRY(actor_need_user(cx, "user_id", p->user_id));
	if (node_past(n))
		return refuse_state(cx, in, n, "转派", "assigned");
	TRY(node_event(cx, in, n, "node.assigned",
	               arena_printf(cx->a, "{\"code\":\"%s\",\"owner_id\":[%lld,%lld]}",
	                            n->def->code, (long long)n->owner_id, (long long)p->user_id)));
	n->owner_id = p->user_id;
	n->dirty = true;
	TRY(notify_user(cx, &(struct notice){.user_id = n->owner_id,
	                                     .kind = "node_assigned",
	                                     .entity = "node",
	                                     .entity_id = n->id,
	                                     .title = node_title_for(cx, in, n, n->owner_id),
	                                     .href = opportunity_href(cx, in, n)}));
	return process_sync(cx, in);
}

err_t node_hand_over(struct ctx *cx, i64 node_id, i64 user_id)
{
	i64 opp = 0;
	struct instance *in;
	TRY(db_one_i64(cx->c, "select opportunity_id from node where id = ?", ARGS(vi(node_id)),
	               &opp, NULL));
	TRY(process_load(cx, opp, &in));
	struct node *n = instance_node(in, node_id);
	if (!n)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	TRY(node_event(cx, in, n, "node.assigned",
	               arena_printf(cx->a, "{\"code\":\"%s\",\"owner_id\":[%lld,%lld]}",
	                            n->def->code, (long long)n->owner_id, (long long)user_id)));
	n->owner_id = user_id;
	n->dirty = true;
	return instance_save(cx, in);
}

err_t node_assign(struct ctx *cx, i64 node_id, i64 user_id)
{
	struct plan p = {.node_id = node_id, .user_id = user_id};
	return ctx_write(cx, assign, &p);
}

/* -- advancing and closing -- */

struct advance {
	i64 opportunity_id;
	const char *to;
};

static err_t advance(struct ctx *cx, void *arg)
{
	const struct advance *ad = arg;
	struct rec *seen;
	TRY(crud_get(cx, entity_by_name("opportunity"), ad->opportunity_id, "read", &seen));
	struct instance *in;
	TRY(process_load(cx, seen->id, &in));
	TRY(need_running(cx, in));
	undo_watch(cx, seen->id);
	const char *stage = rec_text(in->opp, "stage_code");
	int here = -1, to = -1;
	for (size_t i = 0; i < in->pb->n_stages; i++) {
		if (text_eq(in->pb->stages[i].code, stage))
			here = (int)i;
		if (text_eq(in->pb->stages[i].code, ad->to))
			to = (int)i;
	}
	if (to != here + 1) {
		errs_field(&cx->e, "stage", ERR_RULE,
		           EP({"reason", cx->lang == LANG_EN ? "only the next stage can be entered"
		                                             : "只能推进到下一阶段"}));
		return errs_invalid(&cx->e);
	}
	/* Completes as long as something completes; what is left stands in the way. */
	for (bool moved = true; moved;) {
		moved = false;
		for (size_t i = 0; i < in->n; i++) {
			struct node *n = &in->nodes[i];
			int missing;
			if (n->def->stage != here || !node_open(n))
				continue;
			TRY(count_missing(cx, in, n, &missing));
			if (missing)
				continue;
			TRY(need_work(cx, in, n, true));
			TRY(finish(cx, in, n));
			TRY(process_sync(cx, in));
			moved = true;
		}
	}
	if (!text_eq(rec_text(in->opp, "stage_code"), stage))
		return ERR_OK;
	struct node **left = ARENA_ARRAY(cx->a, in->n + 1, struct node *);
	size_t k = 0;
	for (size_t i = 0; i < in->n; i++)
		if (in->nodes[i].def->stage == here && !node_past(&in->nodes[i]) &&
		    in->nodes[i].def->blocking)
			left[k++] = &in->nodes[i];
	return refuse_gate(cx, in, left, k);
}

err_t process_advance(struct ctx *cx, i64 opportunity_id, const char *to_stage, i64 *undo_id)
{
	struct advance ad = {opportunity_id, to_stage};
	const struct undo_act act = {.kind = "advance", .e = entity_by_name("opportunity")};
	return with_refusal(cx, undo_run(cx, &act, advance, &ad, undo_id), 0, opportunity_id);
}

struct closing {
	i64 id;
	const char *outcome, *reason;
};

static err_t close_job(struct ctx *cx, void *arg)
{
	const struct closing *cl = arg;
	const struct entity *e = entity_by_name("opportunity");
	struct rec *before;
	TRY(crud_get(cx, e, cl->id, "update", &before));
	const char *was = rec_text(before, "outcome");
	bool open = text_eq(cl->outcome, "open");
	if (!open && !text_eq(cl->outcome, "lost") && !text_eq(cl->outcome, "void"))
		errs_field(&cx->e, "outcome", ERR_ENUM,
		           EP({"value", cl->outcome ? cl->outcome : ""},
		              {"allowed", "lost, void, open"}));
	if (!open && (!cl->reason || !*cl->reason))
		errs_field(&cx->e, "reason", ERR_REQUIRED, NULL);
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	if (text_eq(was, cl->outcome))
		return cx_err(
			cx, ERR_CONFLICT,
			EP({"reason", cx->lang == LANG_EN ? "it is so already" : "已经是该状态"}));
	struct rec *now = rec_copy(cx->a, before);
	rec_set(now, "outcome", vt(cl->outcome));
	rec_set(now, "lost_reason", open ? vnull() : vt(cl->reason));
	rec_set(now, "closed_on",
	        open ? vnull() : vt(day_format(cx->a, day_of(cx->now, COMPANY_ZONE))));
	TRY(crud_store(cx, before, now));
	struct jw w = jw_new(cx->a, 64 * 1024);
	jw_obj(&w);
	jw_kstr(&w, "outcome", cl->outcome);
	jw_kstr(&w, "from", was);
	jw_kstr(&w, "reason", cl->reason);
	jw_end_obj(&w);
	return event_append(cx,
	                    &(struct event_in){.kind = open ? "process.reopened" : "process.closed",
	                                       .entity = "opportunity",
	                                       .entity_id = now->id,
	                                       .account_id = rec_i64(now, "account_id"),
	                                       .opportunity_id = now->id,
	                                       .payload = jw_done(&w)},
	                    NULL);
}

err_t process_close(struct ctx *cx, i64 opportunity_id, const char *outcome, const char *reason)
{
	struct closing cl = {opportunity_id, outcome, reason};
	return ctx_write(cx, close_job, &cl);
}
