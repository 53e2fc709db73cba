/* Showing an opportunity's path: stages, nodes, outputs, what is missing, what to do next. */
#include <string.h>

#include "process/engine.h"

static err_t write_user(struct ctx *cx, const struct instance *in, const char *key, i64 id,
                        struct jw *w)
{
	jw_key(w, key);
	const char *name = NULL;
	if (id)
		TRY(facts_name(cx, in, id, &name));
	if (!name) {
		jw_null(w);
		return ERR_OK;
	}
	jw_obj(w);
	jw_kint(w, "id", id);
	jw_kstr(w, "name", name);
	jw_end_obj(w);
	return ERR_OK;
}

static void write_words(struct jw *w, const char *key, const char *const *words)
{
	jw_key(w, key);
	jw_arr(w);
	for (; *words; words++)
		jw_str(w, *words);
	jw_end_arr(w);
}

/* Who decides: the seats of the newest round, or those that will be asked. */
static err_t write_review(struct ctx *cx, const struct instance *in, const struct output_def *o,
                          const struct output_state *st, struct jw *w)
{
	const struct review *rv = st->review;
	if (rv) {
		jw_kint(w, "review_id", rv->id);
		jw_kint(w, "round", rv->round);
	}
	jw_kstr(w, "state", rv ? review_state_name(rv->state) : NULL);
	jw_kstr(w, "opinion", st->opinion);
	jw_kstr(w, "review_due_at", rv && rv->due_at ? time_format(cx->a, rv->due_at) : NULL);
	jw_kstr(w, "rule", o->policy.any ? "any" : "all");
	jw_key(w, "seats");
	jw_arr(w);
	for (size_t i = 0; i < (rv ? rv->n : o->policy.n); i++) {
		const struct seat *s = rv ? &rv->seats[i] : NULL;
		jw_obj(w);
		jw_kstr(w, "role", s ? s->role : o->policy.seats[i].role);
		TRY(write_user(cx, in, "user", s ? s->user_id : 0, w));
		jw_kstr(w, "state", s ? seat_state_name(s->state) : "waiting");
		jw_end_obj(w);
	}
	jw_end_arr(w);
	return ERR_OK;
}

static err_t write_output(struct ctx *cx, const struct instance *in, const struct output_def *o,
                          const struct output_state *st, struct jw *w)
{
	jw_obj(w);
	jw_kstr(w, "key", o->key);
	jw_kstr(w, "kind", o->kind);
	jw_kstr(w, "label", label_in(o->label, cx->lang));
	jw_kstr(w, "hint", label_in(o->hint, cx->lang));
	jw_kbool(w, "required", o->required);
	jw_kbool(w, "present", st->present);
	jw_kbool(w, "overridden", st->overridden);
	jw_kstr(w, "detail", st->detail);
	if (st->output_id) {
		jw_kint(w, "output_id", st->output_id);
		jw_kint(w, "version", st->version);
		jw_kstr(w, "title", st->title);
		jw_kstr(w, "body", st->body);
	}
	if (st->attachment_id)
		jw_kint(w, "attachment_id", st->attachment_id);
	jw_kstr(w, "hash", st->hash);
	if (o->check) {
		/* What is counted, so that the missing record can be offered in place. */
		jw_key(w, "check");
		jw_json(w, o->check);
	}
	if (!strcmp(o->kind, "approval")) {
		write_words(w, "of", o->of);
		TRY(write_review(cx, in, o, st, w));
	}
	if (st->changed_at)
		jw_kstr(w, "changed_at", time_format(cx->a, st->changed_at));
	TRY(write_user(cx, in, "changed_by", st->changed_by, w));
	jw_end_obj(w);
	return ERR_OK;
}

static const char *limit_text(struct ctx *cx, const struct date_rule *r)
{
	static const char *const zh[] = {"",         "开始后",     "计划上线日",
	                                 "计划日期", "合同到期日", "季度末"};
	static const char *const en[] = {"",          "after start",  "planned go-live",
	                                 "plan date", "contract end", "quarter end"};
	bool eng = cx->lang == LANG_EN;
	const char *unit = r->working_days ? (eng ? "working days" : "个工作日")
	                                   : (eng ? "days" : "天");
	if (r->anchor == ANCHOR_NONE)
		return NULL;
	if (!r->offset)
		return eng ? en[r->anchor] : zh[r->anchor];
	int n = r->offset < 0 ? -r->offset : r->offset;
	if (r->anchor == ANCHOR_NODE_START)
		return arena_printf(cx->a, "%d %s", n, unit);
	if (eng)
		return arena_printf(cx->a, "%d %s %s %s", n, unit,
		                    r->offset < 0 ? "before" : "after", en[r->anchor]);
	return arena_printf(cx->a, "%s%s %d %s", zh[r->anchor], r->offset < 0 ? "前" : "后", n,
	                    unit);
}

/* Working days until due (negative: late by so many); how a person says how urgent it is. */
static err_t write_due(struct ctx *cx, const struct instance *in, const struct node *n,
                       struct jw *w)
{
	jw_kstr(w, "due_at", n->due_at ? time_format(cx->a, n->due_at) : NULL);
	/* A closed opportunity is late with nothing. */
	bool open = node_open(n) && instance_running(in);
	i64 at = node_past(n) && n->finished_at ? n->finished_at : cx->now;
	bool late = n->due_at && (open || node_past(n)) && at > n->due_at;
	jw_kbool(w, "late", late);
	if (!n->due_at || !open)
		return ERR_OK;
	const struct calendar *cal;
	TRY(instance_calendar(cx, in, &cal));
	jw_kint(w, "days_left",
	        calendar_between(cal, day_of(cx->now, COMPANY_ZONE),
	                         day_of(n->due_at, COMPANY_ZONE)));
	if (n->started_at && n->due_at > n->started_at) {
		i64 used = (cx->now - n->started_at) * 100 / (n->due_at - n->started_at);
		jw_kint(w, "used_percent", used < 0 ? 0 : used);
	}
	return ERR_OK;
}

static err_t write_actions(struct ctx *cx, const struct instance *in, const struct node *n,
                           struct jw *w)
{
	bool work, hand_in;
	TRY(process_may_work(cx, in, n, true, &work));
	TRY(process_may_work(cx, in, n, false, &hand_in));
	work &= instance_running(in);
	hand_in &= instance_running(in);
	bool waiting = !strcmp(n->state, "waiting");
	jw_key(w, "can");
	jw_obj(w);
	jw_kbool(w, "hand_in", hand_in && node_open(n));
	jw_kbool(w, "complete", work && node_open(n));
	jw_kbool(w, "return", work && !waiting && *n->def->after);
	jw_kbool(w, "start", work && waiting && n->starts_at);
	jw_kbool(w, "plan", work && !node_past(n) && n->def->limit.anchor == ANCHOR_PLAN_DATE);
	jw_kbool(w, "assign", work && !node_past(n));
	jw_kbool(w, "except", hand_in && !node_past(n));
	jw_end_obj(w);
	return ERR_OK;
}

static err_t write_node(struct ctx *cx, const struct instance *in, const struct node *n,
                        struct jw *w, int *missing)
{
	jw_obj(w);
	jw_kint(w, "id", n->id);
	jw_kint(w, "version", n->version);
	jw_kstr(w, "code", n->def->code);
	jw_kstr(w, "name", label_in(n->def->name, cx->lang));
	jw_kbool(w, "gate", n->def->gate);
	jw_kint(w, "occurrence", n->occurrence);
	jw_kstr(w, "period", n->period);
	jw_kstr(w, "state", n->state);
	jw_kstr(w, "state_label", state_label(cx, n->state));
	TRY(write_user(cx, in, "owner", n->owner_id, w));
	write_words(w, "owner_roles", n->def->owner_roles);
	write_words(w, "contributing_roles", n->def->contributing_roles);
	jw_kstr(w, "limit", limit_text(cx, &n->def->limit));
	TRY(write_due(cx, in, n, w));
	jw_kstr(w, "plan_on", n->plan_on);
	jw_kstr(w, "starts_at", n->starts_at ? time_format(cx->a, n->starts_at) : NULL);
	jw_kstr(w, "started_at", n->started_at ? time_format(cx->a, n->started_at) : NULL);
	jw_kstr(w, "finished_at", n->finished_at ? time_format(cx->a, n->finished_at) : NULL);
	jw_kint(w, "rework", n->rework);
	jw_kstr(w, "skip_reason", n->skip_reason);
	jw_kstr(w, "guidance", label_in(n->def->guidance, cx->lang));
	write_words(w, "after", n->def->after);
	jw_key(w, "outputs");
	jw_arr(w);
	struct output_state *st = ARENA_ARRAY(cx->a, n->def->n_outputs, struct output_state);
	for (size_t i = 0; i < n->def->n_outputs; i++) {
		TRY(output_look(cx, in, n, &n->def->outputs[i], &st[i]));
		TRY(write_output(cx, in, &n->def->outputs[i], &st[i], w));
	}
	jw_end_arr(w);
	jw_key(w, "missing");
	jw_arr(w);
	*missing = 0;
	for (size_t i = 0; !node_past(n) && i < n->def->n_outputs; i++)
		if (missing_holds_up(&n->def->outputs[i], &st[i])) {
			missing_write(cx, in, n, &n->def->outputs[i], &st[i], w);
			++*missing;
		}
	jw_end_arr(w);
	TRY(write_actions(cx, in, n, w));
	jw_end_obj(w);
	return ERR_OK;
}

static const char *stage_state(const struct instance *in, int stage)
{
	bool open = false, waiting = false;
	for (size_t i = 0; i < in->n; i++) {
		const struct node *n = &in->nodes[i];
		if (n->def->stage != stage || !n->def->blocking)
			continue;
		open |= node_open(n);
		waiting |= !strcmp(n->state, "waiting");
	}
	if (open)
		return "active";
	return waiting ? "waiting" : "done";
}

static err_t write_stage(struct ctx *cx, const struct instance *in, int s, struct jw *w)
{
	const struct stage_def *sd = &in->pb->stages[s];
	int total = 0, done = 0, late = 0;
	for (size_t i = 0; i < in->n; i++) {
		const struct node *n = &in->nodes[i];
		if (n->def->stage != s)
			continue;
		total++;
		done += node_past(n);
		late += instance_running(in) && node_open(n) && n->due_at && cx->now > n->due_at;
	}
	jw_obj(w);
	jw_kstr(w, "code", sd->code);
	jw_kstr(w, "key", sd->key);
	jw_kstr(w, "name", label_in(sd->name, cx->lang));
	jw_kstr(w, "state", stage_state(in, s));
	jw_kint(w, "nodes_total", total);
	jw_kint(w, "nodes_done", done);
	jw_kint(w, "late", late);
	jw_key(w, "nodes");
	jw_arr(w);
	for (size_t i = 0; i < in->n; i++) {
		int missing;
		if (in->nodes[i].def->stage == s)
			TRY(write_node(cx, in, &in->nodes[i], w, &missing));
	}
	jw_end_arr(w);
	jw_end_obj(w);
	return ERR_OK;
}

/* What the viewer could do now, else what the opportunity waits for. */
static err_t write_next(struct ctx *cx, const struct instance *in, struct jw *w)
{
	const struct node *best = NULL;
	for (size_t i = 0; instance_running(in) && i < in->n; i++) {
		const struct node *n = &in->nodes[i];
		bool mine = false;
		if (!node_open(n))
			continue;
		TRY(process_may_work(cx, in, n, true, &mine));
		if (!best || (mine && n->def->blocking)) {
			best = n;
			if (mine && n->def->blocking)
				break;
		}
	}
	jw_key(w, "next_action");
	if (!best) {
		jw_null(w);
		return ERR_OK;
	}
	int missing = 0;
	bool mine;
	TRY(process_may_work(cx, in, best, true, &mine));
	jw_obj(w);
	jw_kint(w, "node_id", best->id);
	jw_kstr(w, "node", best->def->code);
	jw_kstr(w, "name", label_in(best->def->name, cx->lang));
	jw_kbool(w, "mine", mine);
	jw_key(w, "missing");
	jw_arr(w);
	TRY(process_missing(cx, in, best, w, &missing));
	jw_end_arr(w);
	jw_kstr(w, "verb", missing ? "hand_in" : "complete");
	jw_end_obj(w);
	return ERR_OK;
}

static err_t write_exceptions(struct ctx *cx, const struct instance *in, struct jw *w)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             "select e.id, e.node_id, e.kind, e.item, e.reason, e.state, e.opinion, u.name,"
	             " a.name, e.approver_id, e.owner_id from exception_request e"
	             " left join app_user u on u.id = e.owner_id"
	             " left join app_user a on a.id = coalesce(e.decided_by, e.approver_id)"
	             " where e.opportunity_id = ? order by e.id desc limit 100",
	             ARGS(vi(in->opp->id)), &r));
	jw_key(w, "exceptions");
	jw_arr(w);
	while (rows_next(r)) {
		jw_obj(w);
		jw_kint(w, "id", rows_i64(r, 0));
		jw_kint(w, "node_id", rows_i64(r, 1));
		jw_kstr(w, "kind", rows_text(r, 2));
		jw_kstr(w, "item", rows_text(r, 3));
		jw_kstr(w, "reason", rows_text(r, 4));
		jw_kstr(w, "state", rows_text(r, 5));
		jw_kstr(w, "opinion", rows_text(r, 6));
		jw_kstr(w, "asked_by", rows_text(r, 7));
		jw_kstr(w, "approver", rows_text(r, 8));
		jw_end_obj(w);
	}
	jw_end_arr(w);
	return rows_done(r);
}

err_t process_path(struct ctx *cx, i64 opportunity_id, struct jw *w)
{
	struct rec *seen;
	TRY(crud_get(cx, entity_by_name("opportunity"), opportunity_id, "read", &seen));
	struct instance *in;
	TRY(process_load(cx, opportunity_id, &in));
	jw_obj(w);
	jw_kint(w, "opportunity_id", opportunity_id);
	jw_kstr(w, "outcome", rec_text(in->opp, "outcome"));
	jw_key(w, "playbook_version");
	if (in->pb)
		jw_int(w, in->pb->revision);
	else
		jw_null(w);
	jw_key(w, "stages");
	jw_arr(w);
	for (size_t s = 0; in->pb && s < in->pb->n_stages; s++)
		TRY(write_stage(cx, in, (int)s, w));
	jw_end_arr(w);
	TRY(write_exceptions(cx, in, w));
	TRY(write_next(cx, in, w));
	jw_end_obj(w);
	return ERR_OK;
}
