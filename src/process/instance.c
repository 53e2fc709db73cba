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

bool instance_running(const struct instance *in)
{
	const char *outcome = rec_text(in->opp, "outcome");
	return in->pb && (!outcome || !strcmp(outcome, "open") || !strcmp(outcome, "won"));
}

err_t need_running(struct ctx *cx, const struct instance *in)
{
	if (instance_running(in))
		return ERR_OK;
	return cx_err(
		cx, ERR_CONFLICT,
		EP({"reason", cx->lang == LANG_EN ? "the opportunity is closed" : "商机已关闭"}));
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

const char *node_title_for(struct ctx *cx, const struct instance *in, const struct node *n,
                           i64 user_id)
{
	struct ctx theirs = *cx;
	theirs.lang = notice_lang(cx, user_id);
	return node_title(&theirs, in, n);
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

err_t refuse_state(struct ctx *cx, const struct instance *in, const struct node *n,
                   const char *act_zh, const char *act_en)
{
	(void)in;
	return cx_err(cx, ERR_NODE_STATE,
	              EP({"node", label_in(n->def->name, cx->lang)},
	                 {"state", state_label(cx, n->state)},
	                 {"act", cx->lang == LANG_EN ? act_en : act_zh}));
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
	in->facts = facts_new(cx->a);
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

err_t instance_insert(struct ctx *cx, const struct instance *in, struct node *n)
{
	TRY(db_insert(
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
		&n->id));
	undo_made(cx, &node_entity, n->id);
	return ERR_OK;
}

err_t instance_save(struct ctx *cx, struct instance *in)
{
	for (size_t i = 0; i < in->n; i++) {
		struct node *n = &in->nodes[i];
		if (!n->dirty)
			continue;
		n->dirty = false;
		TRY(undo_touch(cx, &node_entity, n->id));
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
