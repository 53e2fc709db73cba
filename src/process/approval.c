/* Approvals: one decision by one role on one output, bound to the hash of what is decided on.
 *
 * A required approval is asked for by itself once there is something to approve.  When the content
 * changes the old round is superseded and a new one asks again; nothing carries over. */
#include <string.h>

#include "base/text.h"
#include "process/engine.h"

err_t approval_target(struct ctx *cx, const struct instance *in, const struct output_def *o,
                      const struct node **n, const struct output_def **def,
                      struct output_state *state)
{
	const char *slash = strchr(o->of, '/');
	const char *code = arena_strndup(cx->a, o->of, (size_t)(slash - o->of));
	*n = NULL;
	for (size_t i = 0; i < in->n; i++)
		if (!strcmp(in->nodes[i].def->code, code))
			*n = &in->nodes[i];
	*def = *n ? playbook_output((*n)->def, slash + 1) : NULL;
	if (!*def)
		return cx_err(cx, ERR_PLAYBOOK, EP({"reason", o->of}));
	return output_look(cx, in, *n, *def, state);
}

static err_t approval_look(struct ctx *cx, const struct instance *in, const struct node *n,
                           const struct output_def *o, struct output_state *out)
{
	const struct node *tn;
	const struct output_def *td;
	struct output_state target;
	TRY(approval_target(cx, in, o, &tn, &td, &target));
	struct round rd;
	bool found;
	TRY(round_latest(cx, in, n, o->key, &rd, &found));
	out->hash = target.hash;
	bool en = cx->lang == LANG_EN;
	if (!found) {
		out->detail = target.present
		                      ? (en ? "not asked for yet" : "尚未提交评审")
		                      : arena_printf(cx->a, en ? "waits for: %s" : "等待：%s",
		                                     label_in(td->label, cx->lang));
		return ERR_OK;
	}
	out->approval_id = rd.id;
	out->approver_id = rd.approver_id;
	out->approval_state = rd.state;
	out->opinion = rd.opinion;
	out->changed_at = rd.decided_at;
	out->changed_by = rd.decided_by;
	bool same = target.hash && text_eq(rd.hash, target.hash);
	out->present = same && !strcmp(rd.state, "approved");
	if (!strcmp(rd.state, "approved") && !same)
		out->detail = en ? "the content changed after approval"
		                 : "内容在通过后被修改，须重新评审";
	else
		out->detail = label_in(
			enum_row(field_by_name(&approval_entity, "state"), rd.state)->label,
			cx->lang);
	return ERR_OK;
}

err_t round_ask(struct ctx *cx, struct instance *in, const struct node *n,
                const struct output_def *o, const char *hash, int number)
{
	const char *role = o->approvers[0];
	i64 approver, id = 0;
	TRY(process_player(cx, in->opp, role, &approver));
	TRY(db_insert(
		cx->c,
		"insert into approval(created_at, created_by, updated_at, updated_by, node_id,"
		" opportunity_id, account_id, output_key, role, approver_id, state, round,"
		" content_hash, requested_by, owner_id)"
		" values (?,?,?,?,?,?,?,?,?,?,'pending',?,?,?,?) returning id",
		ARGS(vi(cx->now), vref(cx->actor->id), vi(cx->now), vref(cx->actor->id), vi(n->id),
	             vi(in->opp->id), vi(rec_i64(in->opp, "account_id")), vt(o->key), vt(role),
	             vref(approver), vi(number), vt(hash), vref(cx->actor->id), vref(approver)),
		&id));
	undo_made(cx, &approval_entity, id);
	facts_forget(in);
	TRY(event_append(
		cx,
		&(struct event_in){
			.kind = "approval.requested",
			.entity = "approval",
			.entity_id = id,
			.account_id = rec_i64(in->opp, "account_id"),
			.opportunity_id = in->opp->id,
			.payload = arena_printf(cx->a,
	                                        "{\"node\":\"%s\",\"key\":\"%s\",\"role\":\"%s\","
	                                        "\"round\":%d,\"hash\":\"%s\"}",
	                                        n->def->code, o->key, role, number, hash)},
		NULL));
	return notify_user(
		cx, &(struct notice){
			    .user_id = approver,
			    .kind = "approval_asked",
			    .entity = "approval",
			    .entity_id = id,
			    .title = arena_printf(cx->a, "%s · %s",
	                                          label_in(o->label, notice_lang(cx, approver)),
	                                          rec_title(in->opp)),
			    .href = opportunity_href(cx, in, n)});
}

static err_t supersede(struct ctx *cx, const struct instance *in, const struct round *rd)
{
	TRY(undo_touch(cx, &approval_entity, rd->id));
	TRY(db_exec(
		cx->c,
		"update approval set state = 'superseded', updated_at = ?, version = version + 1"
		" where id = ?",
		ARGS(vi(cx->now), vi(rd->id)), NULL));
	facts_forget(in);
	return event_append(cx,
	                    &(struct event_in){.kind = "approval.superseded",
	                                       .entity = "approval",
	                                       .entity_id = rd->id,
	                                       .account_id = rec_i64(in->opp, "account_id"),
	                                       .opportunity_id = in->opp->id},
	                    NULL);
}

err_t approvals_sync(struct ctx *cx, struct instance *in, struct node *n)
{
	bool pending = false, others = true;
	for (size_t i = 0; i < n->def->n_outputs; i++) {
		const struct output_def *o = &n->def->outputs[i];
		struct output_state st;
		if (strcmp(o->kind, "approval") != 0) {
			TRY(output_look(cx, in, n, o, &st));
			others &= st.present || !o->required;
			continue;
		}
		const struct node *tn;
		const struct output_def *td;
		struct round rd;
		bool found;
		TRY(approval_target(cx, in, o, &tn, &td, &st));
		TRY(round_latest(cx, in, n, o->key, &rd, &found));
		if (!st.hash || (!found && !o->required))
			continue;
		if (found && text_eq(rd.hash, st.hash)) {
			pending |= !strcmp(rd.state, "pending");
			continue;
		}
		if (found && !strcmp(rd.state, "pending"))
			TRY(supersede(cx, in, &rd));
		TRY(round_ask(cx, in, n, o, st.hash, found ? rd.number + 1 : 1));
		pending = true;
	}
	/* "In review" says: all is handed in, only opinions are outstanding. */
	const char *state = pending && others ? "in_review" : n->rework ? "returned" : "active";
	if (strcmp(n->state, state) != 0)
		node_state(n, state);
	return ERR_OK;
}

const struct output_kind approval_kind = {"approval", L("评审", "Approval"), approval_look};
