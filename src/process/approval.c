/* Approvals of a node: each is a review (src/review) of the outputs it names, by the playbook's
 * policy.
 *
 * A required approval is asked for by itself once everything it is about is there.  A change of
 * content is told to the review, which asks again exactly those whose part changed; after a return
 * or a withdrawal a new content asks for a new round. */
#include <string.h>

#include "base/text.h"
#include "process/engine.h"
#include "review/review.h"

/* The output that "2.3/report" names; its state. */
static err_t target(struct ctx *cx, const struct instance *in, const char *of,
                    const struct node **n, const struct output_def **def,
                    struct output_state *state)
{
	const char *slash = strchr(of, '/');
	const char *code = arena_strndup(cx->a, of, (size_t)(slash - of));
	*n = NULL;
	for (size_t i = 0; i < in->n; i++)
		if (!strcmp(in->nodes[i].def->code, code))
			*n = &in->nodes[i];
	*def = *n ? playbook_output((*n)->def, slash + 1) : NULL;
	if (!*def)
		return cx_err(cx, ERR_PLAYBOOK, EP({"reason", of}));
	return output_look(cx, in, *n, *def, state);
}

static err_t parts_of(struct ctx *cx, const struct instance *in, const struct output_def *o,
                      struct review_in *rq)
{
	struct review_part *parts = ARENA_ARRAY(cx->a, REVIEW_PARTS_MAX, struct review_part);
	for (rq->n = 0; o->of[rq->n] && rq->n < REVIEW_PARTS_MAX; rq->n++) {
		const struct node *tn;
		const struct output_def *td;
		struct output_state st;
		TRY(target(cx, in, o->of[rq->n], &tn, &td, &st));
		parts[rq->n] = (struct review_part){
			.key = o->of[rq->n],
			.label = arena_printf(cx->a, "%s %s", tn->def->code,
		                              label_in(td->label, cx->lang)),
			.hash = st.present && !st.overridden ? st.hash : NULL,
			.text = st.body,
			.attachment_id = st.attachment_id,
			.href = arena_printf(cx->a, "%s&output=%s", opportunity_href(cx, in, tn),
		                             td->key)};
	}
	rq->parts = parts;
	return ERR_OK;
}

static err_t policy_of(struct ctx *cx, const struct instance *in, const struct output_def *o,
                       struct review_policy *out)
{
	const struct approval_policy *p = &o->policy;
	struct review_seat_in *seats = ARENA_ARRAY(cx->a, p->n, struct review_seat_in);
	*out = (struct review_policy){.any = p->any,
	                              .not_asker = p->not_asker,
	                              .withdraw_open = p->withdraw_open,
	                              .seats = seats,
	                              .n = p->n};
	for (size_t i = 0; i < p->n; i++) {
		const struct approval_seat *s = &p->seats[i];
		seats[i] = (struct review_seat_in){
			.role = s->role, .step = s->step, .parts = s->parts, .hint = s->hint};
		TRY(process_player(cx, in->opp, s->role, &seats[i].user_id));
	}
	if (!p->deadline)
		return ERR_OK;
	const struct calendar *cal;
	TRY(instance_calendar(cx, in, &cal));
	day_t from = calendar_add(cal, day_of(cx->now, COMPANY_ZONE), 0);
	out->due_at = time_at(calendar_add(cal, from, p->deadline) + 1, 0, COMPANY_ZONE) -
	              US_PER_SEC;
	return ERR_OK;
}

static err_t request_of(struct ctx *cx, const struct instance *in, const struct node *n,
                        const struct output_def *o, struct review_in *rq)
{
	rq->entity = "node";
	rq->id = n->id;
	rq->key = o->key;
	rq->about = (struct review_about){
		.title = {arena_printf(cx->a, "%s %s · %s", n->def->code, o->label.zh,
	                               rec_title(in->opp)),
	                  arena_printf(cx->a, "%s %s · %s", n->def->code, o->label.en,
	                               rec_title(in->opp))},
		.account_id = rec_i64(in->opp, "account_id"),
		.opportunity_id = in->opp->id,
		.tell = n->owner_id,
		.href = arena_printf(cx->a, "%s&output=%s", opportunity_href(cx, in, n), o->key)};
	TRY(parts_of(cx, in, o, rq));
	return policy_of(cx, in, o, &rq->policy);
}

/* -- looking -- */

/* Who is still to decide, in words. */
static err_t waits_for(struct ctx *cx, const struct review *rv, const char **out)
{
	struct buf b = buf_new(cx->a, 4096);
	for (const struct seat *s = rv->seats; s < rv->seats + rv->n; s++) {
		const char *title;
		if (s->state != SEAT_PENDING && s->state != SEAT_WAITING)
			continue;
		TRY(review_seat_title(cx, s, &title));
		buf_printf(&b, "%s%s", b.n ? (cx->lang == LANG_EN ? ", " : "、") : "", title);
	}
	*out = arena_printf(cx->a, cx->lang == LANG_EN ? "waits for: %s" : "等待评审：%s",
	                    buf_str(&b));
	return ERR_OK;
}

static void last_decision(const struct review *rv, struct output_state *out)
{
	for (const struct seat *s = rv->seats; s < rv->seats + rv->n; s++) {
		if (!s->decided_at || s->decided_at < out->changed_at)
			continue;
		out->changed_at = s->decided_at;
		out->changed_by = s->decided_by;
		out->opinion = s->text;
	}
}

static err_t look_unasked(struct ctx *cx, const struct review_in *rq, struct output_state *out)
{
	bool en = cx->lang == LANG_EN;
	out->detail = en ? "not asked for yet" : "尚未提交评审";
	for (size_t i = 0; i < rq->n; i++)
		if (!rq->parts[i].hash) {
			out->detail = arena_printf(cx->a, en ? "waits for: %s" : "等待：%s",
			                           rq->parts[i].label);
			break;
		}
	return ERR_OK;
}

static err_t approval_look(struct ctx *cx, const struct instance *in, const struct node *n,
                           const struct output_def *o, struct output_state *out)
{
	struct review_in rq = {0};
	const struct review *rv;
	bool en = cx->lang == LANG_EN;
	TRY(parts_of(cx, in, o, &rq));
	TRY(facts_review(cx, in, n, o->key, &rv));
	if (!rv)
		return look_unasked(cx, &rq, out);
	out->review = rv;
	out->present = rv->state == REVIEW_APPROVED && review_stands(rv, rq.parts, rq.n);
	last_decision(rv, out);
	if (rv->state == REVIEW_OPEN)
		return waits_for(cx, rv, &out->detail);
	if (rv->state == REVIEW_APPROVED && !out->present)
		out->detail = en ? "the content changed after approval"
		                 : "内容在通过后被修改，须重新评审";
	else
		out->detail = label_in(enum_row(field_by_name(&review_entity, "state"),
		                                review_state_name(rv->state))
		                               ->label,
		                       cx->lang);
	return ERR_OK;
}

const struct output_kind approval_kind = {"approval", L("评审", "Approval"), approval_look};

/* -- asking -- */

static bool all_there(const struct review_in *rq)
{
	for (size_t i = 0; i < rq->n; i++)
		if (!rq->parts[i].hash)
			return false;
	return true;
}

/* After a return or a withdrawal: is there something new to decide on? */
static bool is_new(const struct review *rv, const struct review_in *rq)
{
	if (rv->state == REVIEW_SUPERSEDED)
		return true;
	for (size_t i = 0; i < rq->n && i < rv->n_parts; i++)
		if (!text_eq(rv->parts[i].hash, rq->parts[i].hash))
			return true;
	return false;
}

static err_t sync_one(struct ctx *cx, const struct instance *in, const struct node *n,
                      const struct output_def *o, bool *pending)
{
	struct review_in rq;
	const struct review *rv;
	i64 id;
	TRY(request_of(cx, in, n, o, &rq));
	TRY(facts_review(cx, in, n, o->key, &rv));
	bool live = rv && (rv->state == REVIEW_OPEN || rv->state == REVIEW_APPROVED);
	if (live && review_differs(rv, &rq)) {
		TRY(review_sync(cx, &rq));
		facts_forget(in);
	} else if (!live && all_there(&rq) && (rv ? is_new(rv, &rq) : o->required)) {
		TRY(review_ask(cx, &rq, NULL, &id));
		facts_forget(in);
	}
	TRY(facts_review(cx, in, n, o->key, &rv));
	*pending |= rv && rv->state == REVIEW_OPEN;
	return ERR_OK;
}

err_t approvals_sync(struct ctx *cx, struct instance *in, struct node *n)
{
	bool pending = false, others = true;
	for (size_t i = 0; i < n->def->n_outputs; i++) {
		const struct output_def *o = &n->def->outputs[i];
		struct output_state st;
		if (!strcmp(o->kind, "approval")) {
			TRY(sync_one(cx, in, n, o, &pending));
			continue;
		}
		TRY(output_look(cx, in, n, o, &st));
		others &= st.present || !o->required;
	}
	/* "In review" says: all is handed in, only opinions are outstanding. */
	const char *state = pending && others ? "in_review" : n->rework ? "returned" : "active";
	if (strcmp(n->state, state) != 0)
		node_state(n, state);
	return ERR_OK;
}

err_t approvals_end(struct ctx *cx, const struct instance *in, const struct node *n)
{
	for (size_t i = 0; i < n->def->n_outputs; i++) {
		const struct review *rv = NULL;
		if (!strcmp(n->def->outputs[i].kind, "approval"))
			TRY(facts_review(cx, in, n, n->def->outputs[i].key, &rv));
		if (!rv || rv->state != REVIEW_OPEN)
			continue;
		TRY(review_supersede(cx, "node", n->id, rv->key));
		facts_forget(in);
	}
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
	struct review_in rq;
	const struct review *rv;
	i64 id;
	bool en = cx->lang == LANG_EN;
	TRY(instance_of_node(cx, j->node_id, &in, &n));
	TRY(need_running(cx, in));
	TRY(need_work(cx, in, n, false));
	if (!node_open(n))
		return refuse_state(cx, in, n, "提交评审", "reviewed");
	const struct output_def *o = playbook_output(n->def, j->key);
	if (!o || strcmp(o->kind, "approval") != 0)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	TRY(request_of(cx, in, n, o, &rq));
	TRY(facts_review(cx, in, n, o->key, &rv));
	if (rv && (rv->state == REVIEW_OPEN ||
	           (rv->state == REVIEW_APPROVED && review_stands(rv, rq.parts, rq.n))))
		return cx_err(cx, ERR_CONFLICT,
		              EP({"reason", en ? "it was asked for already" : "已经提交过评审"}));
	TRY(review_ask(cx, &rq, NULL, &id));
	facts_forget(in);
	return process_sync(cx, in);
}

err_t approval_ask(struct ctx *cx, i64 node_id, const char *key)
{
	struct ask_job j = {node_id, key};
	return ctx_write(cx, ask_job, &j);
}

/* -- as a subject of reviews -- */

struct place {
	struct instance *in;
	struct node *n;
	const struct output_def *o;
};

static err_t place_of(struct ctx *cx, i64 node_id, const char *key, struct place *p)
{
	i64 opp = 0;
	bool found = false;
	TRY(db_one_i64(cx->c,
	               "select n.opportunity_id from node n join opportunity o"
	               " on o.id = n.opportunity_id where n.id = ? and o.deleted_at is null",
	               ARGS(vi(node_id)), &opp, &found));
	if (!found)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	TRY(process_load(cx, opp, &p->in));
	p->n = instance_node(p->in, node_id);
	p->o = p->n ? playbook_output(p->n->def, key) : NULL;
	return p->o ? ERR_OK : cx_err(cx, ERR_NOT_FOUND, NULL);
}

static err_t subject_look(struct ctx *cx, struct review_in *rq)
{
	struct place p;
	TRY(place_of(cx, rq->id, rq->key, &p));
	return request_of(cx, p.in, p.n, p.o, rq);
}

static err_t subject_may_ask(struct ctx *cx, i64 id, const char *key, bool *yes)
{
	struct place p;
	TRY(place_of(cx, id, key, &p));
	*yes = node_open(p.n) && instance_running(p.in);
	return *yes ? process_may_work(cx, p.in, p.n, false, yes) : ERR_OK;
}

static err_t subject_may_see(struct ctx *cx, i64 id, const char *key, bool *yes)
{
	struct place p;
	TRY(place_of(cx, id, key, &p));
	return scope_allows(cx, p.in->opp->e, "read", p.in->opp->id, yes);
}

static err_t subject_ready(struct ctx *cx, i64 id, const char *key)
{
	struct place p;
	TRY(place_of(cx, id, key, &p));
	TRY(need_running(cx, p.in));
	return node_open(p.n) ? ERR_OK : refuse_state(cx, p.in, p.n, "评审", "reviewed");
}

/* What it follows and has begun, nearest first; and the node itself. */
static err_t subject_places(struct ctx *cx, i64 id, const char *key, struct review_place **out,
                            size_t *n)
{
	struct place p;
	TRY(place_of(cx, id, key, &p));
	*out = ARENA_ARRAY(cx->a, p.in->n + 1, struct review_place);
	*n = 0;
	for (size_t i = p.in->n; i-- > 0;) {
		const struct node *m = &p.in->nodes[i];
		bool before = node_depends(p.in->pb, p.n->def, m->def) && m->occurrence == 1 &&
		              strcmp(m->state, "waiting") != 0;
		if (m == p.n || before)
			(*out)[(*n)++] = (struct review_place){m->def->code,
			                                       label_in(m->def->name, cx->lang)};
	}
	return ERR_OK;
}

/* Back to the place that was chosen, else to the node whose output the seat refused. */
static err_t send_back(struct ctx *cx, const struct place *p, const struct review *rv)
{
	struct node *to = rv->returned_to ? instance_by_code(p->in, rv->returned_to) : NULL;
	for (size_t i = 0; !to && i < rv->n; i++) {
		const struct seat *s = &rv->seats[i];
		const struct output_def *td;
		const struct node *tn;
		struct output_state st;
		size_t k = 0;
		if (s->state != SEAT_RETURNED)
			continue;
		while (s->parts && !(s->parts >> k & 1))
			k++;
		TRY(target(cx, p->in, rv->parts[k].key, &tn, &td, &st));
		to = instance_node(p->in, tn->id);
	}
	return to && to != p->n ? reopen(cx, p->in, p->n, to, rv->returned_text) : ERR_OK;
}

static err_t subject_decided(struct ctx *cx, const struct review *rv)
{
	struct place p;
	/* Asked again after a change: whoever told of the change brings the node up to it. */
	if (rv->state == REVIEW_OPEN)
		return ERR_OK;
	TRY(place_of(cx, rv->entity_id, rv->key, &p));
	TRY(need_running(cx, p.in));
	if (rv->state == REVIEW_RETURNED)
		TRY(send_back(cx, &p, rv));
	return process_sync(cx, p.in);
}

const struct review_subject node_review = {
	.entity = "node",
	.label = L("节点评审", "Approval of a node"),
	.look = subject_look,
	.may_ask = subject_may_ask,
	.may_see = subject_may_see,
	.ready = subject_ready,
	.places = subject_places,
	.decided = subject_decided,
};
