/* Approvals: one decision by one role on one output, bound to the hash of what is decided on.
 *
 * A required approval is asked for by itself once there is something to approve.  When the content
 * changes the old round is superseded and a new one asks again; nothing carries over. */
#include <string.h>

#include "base/text.h"
#include "process/engine.h"

struct round {
	i64 id, approver_id;
	int number;
	const char *state, *hash, *opinion;
	i64 decided_at, decided_by;
};

static err_t latest(struct ctx *cx, const struct node *n, const char *key, struct round *out,
                    bool *found)
{
	struct rows *r;
	TRY(db_query(
		cx->c,
		"select id, approver_id, round, state, content_hash, opinion, decided_at, decided_by"
		" from approval where node_id = ? and output_key = ? order by round desc limit 1",
		ARGS(vi(n->id), vt(key)), &r));
	*found = rows_next(r);
	if (*found)
		*out = (struct round){.id = rows_i64(r, 0),
		                      .approver_id = rows_i64(r, 1),
		                      .number = (int)rows_i64(r, 2),
		                      .state = rows_dup(r, 3),
		                      .hash = rows_dup(r, 4),
		                      .opinion = rows_dup(r, 5),
		                      .decided_at = rows_i64(r, 6),
		                      .decided_by = rows_i64(r, 7)};
	return rows_done(r);
}

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

err_t approval_look(struct ctx *cx, const struct instance *in, const struct node *n,
                    const struct output_def *o, struct output_state *out)
{
	const struct node *tn;
	const struct output_def *td;
	struct output_state target;
	TRY(approval_target(cx, in, o, &tn, &td, &target));
	struct round rd;
	bool found;
	TRY(latest(cx, n, o->key, &rd, &found));
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

static err_t ask(struct ctx *cx, struct instance *in, const struct node *n,
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
	return notify_user(cx, &(struct notice){.user_id = approver,
	                                        .kind = "approval_asked",
	                                        .entity = "approval",
	                                        .entity_id = id,
	                                        .title = arena_printf(cx->a, "%s · %s",
	                                                              label_in(o->label, cx->lang),
	                                                              rec_title(in->opp)),
	                                        .href = opportunity_href(cx, in, n)});
}

static err_t supersede(struct ctx *cx, const struct instance *in, const struct round *rd)
{
	TRY(db_exec(
		cx->c,
		"update approval set state = 'superseded', updated_at = ?, version = version + 1"
		" where id = ?",
		ARGS(vi(cx->now), vi(rd->id)), NULL));
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
		TRY(latest(cx, n, o->key, &rd, &found));
		if (!st.hash || (!found && !o->required))
			continue;
		if (found && text_eq(rd.hash, st.hash)) {
			pending |= !strcmp(rd.state, "pending");
			continue;
		}
		if (found && !strcmp(rd.state, "pending"))
			TRY(supersede(cx, in, &rd));
		TRY(ask(cx, in, n, o, st.hash, found ? rd.number + 1 : 1));
		pending = true;
	}
	/* "In review" says: all is handed in, only opinions are outstanding. */
	const char *state = pending && others ? "in_review" : n->rework ? "returned" : "active";
	if (strcmp(n->state, state) != 0)
		node_state(n, state);
	return ERR_OK;
}

struct ask_job {
	i64 node_id;
	const char *key;
};

static err_t ask_job(struct ctx *cx, void *arg)
{
	const struct ask_job *j = arg;
	struct instance *in;
	struct node *n;
	TRY(instance_of_node(cx, j->node_id, &in, &n));
	TRY(need_work(cx, in, n, false));
	if (!node_open(n))
		return refuse_state(cx, in, n, "提交评审", "reviewed");
	const struct output_def *o = playbook_output(n->def, j->key), *td;
	if (!o || strcmp(o->kind, "approval") != 0)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	const struct node *tn;
	struct output_state st;
	TRY(approval_target(cx, in, o, &tn, &td, &st));
	struct round rd;
	bool found;
	TRY(latest(cx, n, o->key, &rd, &found));
	bool en = cx->lang == LANG_EN;
	if (!st.hash)
		return cx_err(cx, ERR_CONFLICT,
		              EP({"reason",
		                  arena_printf(cx->a, en ? "%s is not there yet" : "%s 尚未提交",
		                               label_in(td->label, cx->lang))}));
	if (found && text_eq(rd.hash, st.hash) && strcmp(rd.state, "returned") != 0)
		return cx_err(cx, ERR_CONFLICT,
		              EP({"reason", en ? "it was asked for already" : "已经提交过评审"}));
	TRY(ask(cx, in, n, o, st.hash, found ? rd.number + 1 : 1));
	return process_sync(cx, in);
}

err_t approval_ask(struct ctx *cx, i64 node_id, const char *key)
{
	struct ask_job j = {node_id, key};
	return ctx_write(cx, ask_job, &j);
}

/* -- deciding -- */

struct decide {
	i64 id;
	const char *decision, *opinion, *seen_hash;
};

/* Back to the node whose output was refused. */
static err_t send_back(struct ctx *cx, struct instance *in, struct node *n,
                       const struct output_def *o, const char *opinion)
{
	const struct node *tn;
	const struct output_def *td;
	struct output_state st;
	TRY(approval_target(cx, in, o, &tn, &td, &st));
	struct node *to = instance_node(in, tn->id);
	return to == n ? ERR_OK : reopen(cx, in, n, to, opinion);
}

static err_t decide(struct ctx *cx, void *arg)
{
	const struct decide *d = arg;
	struct rec *ap;
	TRY(crud_get(cx, &approval_entity, d->id, "read", &ap));
	struct instance *in;
	struct node *n;
	TRY(instance_of_node(cx, rec_i64(ap, "node_id"), &in, &n));
	bool may = actor_scope(cx->actor, "node.approve") != SCOPE_NONE;
	if (may)
		TRY(process_may_play(cx, in, rec_text(ap, "role"), &may));
	if (!may)
		return cx_err(cx, ERR_NOT_REVIEWER, NULL);
	bool approve = !strcmp(d->decision, "approve"), en = cx->lang == LANG_EN;
	if (!approve && strcmp(d->decision, "return") != 0)
		errs_field(&cx->e, "decision", ERR_ENUM,
		           EP({"value", d->decision}, {"allowed", "approve, return"}));
	if (!approve && (!d->opinion || !*d->opinion))
		errs_field(&cx->e, "opinion", ERR_REQUIRED, NULL);
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	if (strcmp(rec_text(ap, "state"), "pending") != 0)
		return cx_err(cx, ERR_CONFLICT,
		              EP({"reason", en ? "it was decided already" : "已经评审过"}));
	const struct output_def *o = playbook_output(n->def, rec_text(ap, "output_key")), *td;
	const struct node *tn;
	struct output_state st;
	TRY(approval_target(cx, in, o, &tn, &td, &st));
	const char *hash = rec_text(ap, "content_hash");
	if (!text_eq(hash, st.hash) || (d->seen_hash && !text_eq(d->seen_hash, hash)))
		return cx_err(cx, ERR_STALE_APPROVAL, NULL);
	const char *state = approve ? "approved" : "returned";
	TRY(db_exec(cx->c,
	            "update approval set state = ?, opinion = ?, decided_at = ?, decided_by = ?,"
	            " updated_at = ?, updated_by = ?, version = version + 1 where id = ?",
	            ARGS(vt(state), vt(d->opinion), vi(cx->now), vref(cx->actor->id), vi(cx->now),
	                 vref(cx->actor->id), vi(d->id)),
	            NULL));
	struct jw w = jw_new(cx->a, 64 * 1024);
	jw_obj(&w);
	jw_kstr(&w, "node", n->def->code);
	jw_kstr(&w, "key", o->key);
	jw_kstr(&w, "role", rec_text(ap, "role"));
	jw_kint(&w, "round", rec_i64(ap, "round"));
	jw_kstr(&w, "opinion", d->opinion);
	jw_kstr(&w, "hash", hash);
	jw_end_obj(&w);
	TRY(event_append(cx,
	                 &(struct event_in){.kind = arena_printf(cx->a, "approval.%s", state),
	                                    .entity = "approval",
	                                    .entity_id = d->id,
	                                    .account_id = rec_i64(in->opp, "account_id"),
	                                    .opportunity_id = in->opp->id,
	                                    .payload = jw_done(&w)},
	                 NULL));
	TRY(notify_user(cx, &(struct notice){.user_id = n->owner_id ? n->owner_id : st.changed_by,
	                                     .kind = "approval_decided",
	                                     .entity = "approval",
	                                     .entity_id = d->id,
	                                     .title = node_title(cx, in, n),
	                                     .body = d->opinion,
	                                     .href = opportunity_href(cx, in, n)}));
	if (!approve)
		TRY(send_back(cx, in, n, o, d->opinion));
	return process_sync(cx, in);
}

err_t approval_decide(struct ctx *cx, i64 approval_id, const char *decision, const char *opinion,
                      const char *seen_hash)
{
	struct decide d = {approval_id, decision ? decision : "", opinion, seen_hash};
	return ctx_write(cx, decide, &d);
}
