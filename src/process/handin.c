/* Handing in: notes, documents and files for a node; and exceptions that stand for them. */
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "process/engine.h"

static const char *hash_text(struct ctx *cx, const char *title, const char *body)
{
	const char *all = arena_printf(cx->a, "%s\n\n%s", title ? title : "", body ? body : "");
	char *h = arena_alloc(cx->a, SHA256_HEX);
	sha256_hex(all, strlen(all), h);
	return h;
}

/* An output may change while its node is open, or while an open node still decides on it: then the
 * decision is asked for again. Once that is past, the node must be returned first. */
static bool may_change(const struct instance *in, const struct node *n, const char *key)
{
	if (node_open(n))
		return true;
	char of[128];
	snprintf(of, sizeof of, "%s/%s", n->def->code, key);
	for (size_t i = 0; i < in->n; i++) {
		const struct node *m = &in->nodes[i];
		for (size_t k = 0; node_open(m) && k < m->def->n_outputs; k++)
			if (m->def->outputs[k].of && role_in(m->def->outputs[k].of, of))
				return true;
	}
	return false;
}

/* A file handed in must hang on something of the same opportunity. */
static err_t check_attachment(struct ctx *cx, const struct instance *in, const struct node *n,
                              i64 id, const char **name, const char **hash)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             "select entity, entity_id, name, file_hash from attachment"
	             " where id = ? and deleted_at is null",
	             ARGS(vi(id)), &r));
	bool ok = false;
	if (rows_next(r)) {
		const char *entity = rows_text(r, 0);
		i64 of = rows_i64(r, 1);
		ok = (!strcmp(entity, "opportunity") && of == in->opp->id) ||
		     (!strcmp(entity, "node") && of == n->id) ||
		     (!strcmp(entity, "account") && of == rec_i64(in->opp, "account_id"));
		*name = rows_dup(r, 2);
		*hash = rows_dup(r, 3);
	}
	TRY(rows_done(r));
	if (!ok)
		errs_field(&cx->e, "attachment_id", ERR_REF,
		           EP({"what", cx->lang == LANG_EN ? "file" : "文件"}));
	return ERR_OK;
}

struct job {
	i64 node_id;
	const struct hand_in *in;
	i64 id;
};

static err_t hand_in(struct ctx *cx, void *arg)
{
	struct job *j = arg;
	const struct hand_in *h = j->in;
	struct instance *in;
	struct node *n;
	TRY(instance_of_node(cx, j->node_id, &in, &n));
	TRY(need_running(cx, in));
	TRY(need_work(cx, in, n, false));
	const struct output_def *o = h->key ? playbook_output(n->def, h->key) : NULL;
	bool file = o && !strcmp(o->kind, "file");
	bool text = o && (!strcmp(o->kind, "note") || !strcmp(o->kind, "document"));
	if (!file && !text) {
		errs_field(&cx->e, "key", ERR_REF,
		           EP({"what", cx->lang == LANG_EN ? "output" : "产出项"}));
		return errs_invalid(&cx->e);
	}
	if (!may_change(in, n, o->key))
		return refuse_state(cx, in, n, "提交产出", "handed in for");
	const char *title = h->title && *h->title ? h->title : label_in(o->label, cx->lang);
	const char *hash = NULL, *name = NULL;
	if (file) {
		TRY(check_attachment(cx, in, n, h->attachment_id, &name, &hash));
		if (name && !(h->title && *h->title))
			title = name;
	} else if (!h->body || !*text_trim(cx->a, h->body)) {
		errs_field(&cx->e, "body", ERR_REQUIRED, NULL);
	} else {
		hash = hash_text(cx, title, h->body);
	}
	struct output_state st;
	TRY(output_look(cx, in, n, o, &st));
	struct rec *before = NULL, *now = rec_new(cx->a, &output_entity);
	if (st.output_id) {
		TRY(crud_load(cx, &output_entity, st.output_id, &before));
		if (h->version && h->version != before->version)
			return crud_conflict(cx, before, h->version);
		now = rec_copy(cx->a, before);
	}
	rec_set(now, "node_id", vi(n->id));
	rec_set(now, "opportunity_id", vi(in->opp->id));
	rec_set(now, "account_id", vi(rec_i64(in->opp, "account_id")));
	rec_set(now, "key", vt(o->key));
	rec_set(now, "kind", vt(o->kind));
	rec_set(now, "title", vt(title));
	rec_set(now, "body", file ? vnull() : vt(h->body));
	rec_set(now, "attachment_id", file ? vref(h->attachment_id) : vnull());
	rec_set(now, "content_hash", vt(hash));
	rec_set(now, "owner_id", vref(cx->actor->id));
	rec_check(cx, now);
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	TRY(before ? crud_store(cx, before, now) : crud_insert(cx, now));
	facts_forget(in);
	j->id = now->id;
	if (before && now->version == before->version)
		return ERR_OK; /* nothing changed */
	TRY(node_event(
		cx, in, n, "output.handed_in",
		arena_printf(cx->a,
	                     "{\"code\":\"%s\",\"key\":\"%s\",\"version\":%lld,\"hash\":\"%s\"}",
	                     n->def->code, o->key, (long long)now->version, hash)));
	return process_sync(cx, in);
}

err_t node_hand_in(struct ctx *cx, i64 node_id, const struct hand_in *in, i64 *output_id)
{
	struct job j = {.node_id = node_id, .in = in};
	TRY(ctx_write(cx, hand_in, &j));
	*output_id = j.id;
	return ERR_OK;
}

/* -- exceptions -- */

struct request {
	i64 node_id;
	const char *kind, *item, *reason;
	i64 approver_id, id;
};

static err_t request(struct ctx *cx, void *arg)
{
	struct request *rq = arg;
	struct instance *in;
	struct node *n;
	TRY(instance_of_node(cx, rq->node_id, &in, &n));
	TRY(need_running(cx, in));
	TRY(need_work(cx, in, n, false));
	bool skip = text_eq(rq->kind, "skip"), override = text_eq(rq->kind, "override");
	if (!skip && !override)
		errs_field(&cx->e, "kind", ERR_ENUM,
		           EP({"value", rq->kind ? rq->kind : ""}, {"allowed", "skip, override"}));
	if (!rq->reason || !*text_trim(cx->a, rq->reason))
		errs_field(&cx->e, "reason", ERR_REQUIRED, NULL);
	if (override && (!rq->item || !playbook_output(n->def, rq->item)))
		errs_field(&cx->e, "item", ERR_REF,
		           EP({"what", cx->lang == LANG_EN ? "output" : "产出项"}));
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	if (node_past(n))
		return refuse_state(cx, in, n, "申请例外", "excepted");
	if (!rq->approver_id)
		TRY(process_player(cx, in->opp, "sales_manager", &rq->approver_id));
	TRY(db_insert(
		cx->c,
		"insert into exception_request(created_at, created_by, updated_at, updated_by,"
		" node_id, opportunity_id, account_id, kind, item, reason, state, approver_id,"
		" owner_id) values (?,?,?,?,?,?,?,?,?,?,'pending',?,?) returning id",
		ARGS(vi(cx->now), vref(cx->actor->id), vi(cx->now), vref(cx->actor->id), vi(n->id),
	             vi(in->opp->id), vi(rec_i64(in->opp, "account_id")), vt(rq->kind),
	             vt(rq->item), vt(rq->reason), vref(rq->approver_id), vref(cx->actor->id)),
		&rq->id));
	struct jw w = jw_new(cx->a, 64 * 1024);
	jw_obj(&w);
	jw_kstr(&w, "node", n->def->code);
	jw_kstr(&w, "kind", rq->kind);
	jw_kstr(&w, "item", rq->item);
	jw_kstr(&w, "reason", rq->reason);
	jw_end_obj(&w);
	TRY(event_append(cx,
	                 &(struct event_in){.kind = "exception.requested",
	                                    .entity = "exception",
	                                    .entity_id = rq->id,
	                                    .account_id = rec_i64(in->opp, "account_id"),
	                                    .opportunity_id = in->opp->id,
	                                    .payload = jw_done(&w)},
	                 NULL));
	return notify_user(cx, &(struct notice){.user_id = rq->approver_id,
	                                        .kind = "exception_asked",
	                                        .entity = "exception",
	                                        .entity_id = rq->id,
	                                        .title = node_title_for(cx, in, n, rq->approver_id),
	                                        .body = rq->reason,
	                                        .href = opportunity_href(cx, in, n)});
}

err_t exception_ask(struct ctx *cx, i64 node_id, const char *kind, const char *item,
                    const char *reason, i64 approver_id, i64 *id)
{
	struct request rq = {node_id, kind, item, reason, approver_id, 0};
	TRY(ctx_write(cx, request, &rq));
	*id = rq.id;
	return ERR_OK;
}

struct verdict {
	i64 id;
	const char *decision, *opinion;
};

static err_t verdict(struct ctx *cx, void *arg)
{
	const struct verdict *v = arg;
	struct rec *ex;
	TRY(crud_get(cx, &exception_entity, v->id, "read", &ex));
	/* Whoever asks never grants; the named approver does, or who may grant exceptions here. */
	i64 named = rec_i64(ex, "approver_id");
	bool may = actor_scope(cx->actor, "node.skip") != SCOPE_NONE &&
	           rec_i64(ex, "owner_id") != cx->actor->id &&
	           (!named || named == cx->actor->id ||
	            actor_scope(cx->actor, "node.skip") == SCOPE_ALL);
	if (!may)
		return cx_err(cx, ERR_NOT_REVIEWER, NULL);
	bool approve = text_eq(v->decision, "approve");
	if (!approve && !text_eq(v->decision, "return")) {
		errs_field(&cx->e, "decision", ERR_ENUM,
		           EP({"value", v->decision ? v->decision : ""},
		              {"allowed", "approve, return"}));
		return errs_invalid(&cx->e);
	}
	if (!text_eq(rec_text(ex, "state"), "pending"))
		return cx_err(cx, ERR_CONFLICT,
		              EP({"reason",
		                  cx->lang == LANG_EN ? "it was decided already" : "已经审批过"}));
	const char *state = approve ? "approved" : "returned";
	TRY(db_exec(
		cx->c,
		"update exception_request set state = ?, opinion = ?, decided_at = ?, decided_by = ?,"
		" updated_at = ?, version = version + 1 where id = ?",
		ARGS(vt(state), vt(v->opinion), vi(cx->now), vref(cx->actor->id), vi(cx->now),
	             vi(v->id)),
		NULL));
	struct instance *in;
	struct node *n;
	TRY(instance_of_node(cx, rec_i64(ex, "node_id"), &in, &n));
	TRY(event_append(cx,
	                 &(struct event_in){.kind = arena_printf(cx->a, "exception.%s", state),
	                                    .entity = "exception",
	                                    .entity_id = v->id,
	                                    .account_id = rec_i64(in->opp, "account_id"),
	                                    .opportunity_id = in->opp->id},
	                 NULL));
	if (approve && text_eq(rec_text(ex, "kind"), "skip") && !node_past(n)) {
		node_state(n, "skipped");
		n->finished_at = cx->now;
		n->skip_reason = rec_text(ex, "reason");
		TRY(db_exec(cx->c, "update node set skip_by = ? where id = ?",
		            ARGS(vref(cx->actor->id), vi(n->id)), NULL));
		TRY(node_event(cx, in, n, "node.skipped",
		               arena_printf(cx->a, "{\"code\":\"%s\",\"exception_id\":%lld}",
		                            n->def->code, (long long)v->id)));
	}
	TRY(notify_user(
		cx, &(struct notice){.user_id = rec_i64(ex, "owner_id"),
	                             .kind = "exception_decided",
	                             .entity = "exception",
	                             .entity_id = v->id,
	                             .title = node_title_for(cx, in, n, rec_i64(ex, "owner_id")),
	                             .body = v->opinion,
	                             .href = opportunity_href(cx, in, n)}));
	return process_sync(cx, in);
}

err_t exception_decide(struct ctx *cx, i64 exception_id, const char *decision, const char *opinion)
{
	struct verdict v = {exception_id, decision, opinion};
	return ctx_write(cx, verdict, &v);
}
