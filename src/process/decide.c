/* Asking for an approval, and deciding it. */
#include <string.h>

#include "base/text.h"
#include "process/engine.h"

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
	TRY(need_running(cx, in));
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
	TRY(round_latest(cx, in, n, o->key, &rd, &found));
	bool en = cx->lang == LANG_EN;
	if (!st.hash)
		return cx_err(cx, ERR_CONFLICT,
		              EP({"reason",
		                  arena_printf(cx->a, en ? "%s is not there yet" : "%s 尚未提交",
		                               label_in(td->label, cx->lang))}));
	if (found && text_eq(rd.hash, st.hash) && strcmp(rd.state, "returned") != 0)
		return cx_err(cx, ERR_CONFLICT,
		              EP({"reason", en ? "it was asked for already" : "已经提交过评审"}));
	TRY(round_ask(cx, in, n, o, st.hash, found ? rd.number + 1 : 1));
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
	TRY(need_running(cx, in));
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
	facts_forget(in);
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
	TRY(notify_user(
		cx, &(struct notice){.user_id = n->owner_id ? n->owner_id : st.changed_by,
	                             .kind = "approval_decided",
	                             .entity = "approval",
	                             .entity_id = d->id,
	                             .title = node_title_for(
					     cx, in, n, n->owner_id ? n->owner_id : st.changed_by),
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
