/* The demo's opportunities: each goes its path through the nodes of the playbook.
 *
 * A node that was done is worked on the day it was done: outputs handed in, opinions given, then
 * completed.  Rework is played in full: handed in, completed, sent back by whoever looks at it
 * next, mended. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/seed_demo.h"
#include "base/hash.h"
#include "core/actor.h"
#include "core/crud.h"
#include "core/files.h"
#include "domain/opportunity/opportunity.h"
#include "domain/work/work.h"

enum { MINUTE = 60, MORNING = 9 * MINUTE + 10, EVENING = 17 * MINUTE + 10 };

struct walk {
	const json_t *row, *path;
	i64 created, last; /* of its acts */
	i64 done[64];      /* when each node of the playbook was done, 0 */
	unsigned luck;     /* the same for the same opportunity */
};

/* -- finding what a step is about -- */

static i64 opportunity_id(struct demo *d, const struct step *s)
{
	return keys_get(&d->opportunities, json_text(s->walk->row, "key"));
}

/* The oldest occurrence that is not past; 0 when there is none. */
static err_t open_node(struct demo *d, const struct step *s, i64 *id)
{
	*id = 0;
	return db_one_i64(d->cx->c,
	                  "select id from node where opportunity_id = ? and code = ?"
	                  " and state in ('active', 'in_review', 'returned')"
	                  " order by occurrence limit 1",
	                  ARGS(vi(opportunity_id(d, s)), vt(s->node->code)), id, NULL);
}

static const char *text_for(struct demo *d, const struct step *s, const char *member)
{
	const json_t *t =
		json_object_get(json_object_get(d->texts, "outputs"),
	                        arena_printf(d->cx->a, "%s/%s", s->node->code, s->output->key));
	const char *text = json_text(t, member);
	return text ? demo_fill(d, s->walk->row, text) : NULL;
}

static const char *agreeing(struct demo *d, const struct step *s)
{
	const json_t *list = json_object_get(json_object_get(d->texts, "opinions"), "agree");
	size_t i = (s->walk->luck + (unsigned)s->node->position + (unsigned)s->n) %
	           json_array_size(list);
	return json_string_value(json_array_get(list, i));
}

/* What was wanted of the node that goes back: the opinions stand in the order of the nodes. */
static const char *objection(struct demo *d, const struct step *s)
{
	static const char *const nodes[] = {"2.3", "3.2", "3.1", "4.3"};
	const json_t *list = json_object_get(json_object_get(d->texts, "opinions"), "return");
	size_t i = 0;
	while (i + 1 < ARRAY_LEN(nodes) && strcmp(nodes[i], json_text(s->row, "node")) != 0)
		i++;
	return json_string_value(json_array_get(list, i));
}

/* -- acts -- */

static err_t begin(struct demo *d, const struct step *s)
{
	struct rec *r;
	TRY(demo_record(d, &opportunity_entity, s->row, &r));
	rec_set(r, "engaged_on", vt(demo_date(d, json_i64(s->row, "created", 0))));
	TRY(crud_insert(d->cx, r));
	keys_put(d, &d->opportunities, json_text(s->row, "key"), r->id);
	return ERR_OK;
}

static err_t load_opportunity(struct demo *d, const struct step *s, struct rec **before,
                              struct rec **now)
{
	TRY(crud_load(d->cx, &opportunity_entity, opportunity_id(d, s), before));
	*now = rec_copy(d->cx->a, *before);
	return ERR_OK;
}

static err_t name_triangle(struct demo *d, const struct step *s)
{
	struct rec *before, *now;
	TRY(load_opportunity(d, s, &before, &now));
	rec_set(now, "technical_id", vref(keys_get(&d->users, json_text(s->row, "technical"))));
	rec_set(now, "csm_id", vref(keys_get(&d->users, json_text(s->row, "csm"))));
	return crud_store(d->cx, before, now);
}

static err_t agree_dates(struct demo *d, const struct step *s)
{
	struct rec *before, *now;
	TRY(load_opportunity(d, s, &before, &now));
	rec_set(now, "planned_go_live_on",
	        vt(demo_date(d, json_i64(s->row, "planned_go_live", 0))));
	rec_set(now, "contract_end_on", vt(demo_date(d, json_i64(s->row, "contract_end", 0))));
	return crud_store(d->cx, before, now);
}

/* As an upload would: beside, then kept by its hash. */
static err_t keep_text(struct ctx *cx, const char *name, const char *text, struct stored_file *out)
{
	const char *path = arena_printf(cx->a, "%s/%s", files_tmp(), random_token(cx->a, 16));
	FILE *f = fopen(path, "w");
	bool ok = f && fputs(text, f) >= 0;
	if (f && fclose(f))
		ok = false;
	if (!ok)
		return cx_fail(cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
	return file_keep(cx, path, name, out);
}

static err_t attach(struct demo *d, const struct step *s, i64 node_id, i64 *id)
{
	const char *name = text_for(d, s, "name"), *text = text_for(d, s, "text");
	struct stored_file f = {0};
	TRY(keep_text(d->cx, name, text, &f));
	struct rec *r = rec_new(d->cx->a, &attachment_entity);
	rec_set(r, "name", vt(name));
	rec_set(r, "entity", vt("node"));
	rec_set(r, "entity_id", vi(node_id));
	rec_set(r, "file_hash", vt(f.hash));
	rec_set(r, "size", vi(f.size));
	rec_set(r, "media_type", vt(f.type));
	TRY(crud_insert(d->cx, r));
	*id = r->id;
	return ERR_OK;
}

static err_t hand_in(struct demo *d, const struct step *s)
{
	i64 node, output;
	TRY(open_node(d, s, &node));
	struct hand_in in = {.key = s->output->key, .title = text_for(d, s, "title")};
	if (!strcmp(s->output->kind, "file"))
		TRY(attach(d, s, node, &in.attachment_id));
	else
		in.body = text_for(d, s, "body");
	/* A later draft answers what the earlier one was sent back for. */
	if (in.body && s->n)
		in.body = arena_printf(d->cx->a, "%s\n\n> 第 %d 稿，按意见修改：%s", in.body,
		                       s->n + 1, objection(d, s));
	return node_hand_in(d->cx, node, &in, &output);
}

/* The round that is asked of an approval, and the first seat that decides now: on what the node
 * `on` hands in, when that is given. */
static err_t pending_seat(struct demo *d, const struct step *s, const char *on, i64 *review,
                          int *seat, const char **login)
{
	struct rows *r;
	const char *role = NULL;
	TRY(db_query(d->cx->c,
	             "select v.id, s.no, u.login, s.role from review v"
	             " join review_seat s on s.review_id = v.id join node n on n.id = v.entity_id"
	             " left join app_user u on u.id = s.user_id"
	             " where v.entity = 'node' and n.opportunity_id = ? and n.code = ?"
	             " and v.key = ? and v.state = 'open' and s.state = 'pending'"
	             " and (s.parts = '[]' or s.parts like ?)"
	             " order by v.id desc, s.no limit 1",
	             ARGS(vi(opportunity_id(d, s)), vt(s->node->code), vt(s->output->key),
	                  vt(arena_printf(d->cx->a, "%%\"%s%%", on ? on : ""))),
	             &r));
	*review = 0;
	*login = NULL;
	if (rows_next(r)) {
		*review = rows_i64(r, 0);
		*seat = (int)rows_i64(r, 1);
		*login = rows_dup(r, 2);
		role = rows_dup(r, 3);
	}
	TRY(rows_done(r));
	if (*review && !*login)
		TRY(db_one_text(d->cx->c,
		                "select login from app_user where roles like ? order by id limit 1",
		                ARGS(vt(arena_printf(d->cx->a, "%%,%s,%%", role))), login));
	return ERR_OK;
}

/* Whoever is asked gives their opinion: one after the other, or the first alone. */
static err_t decide(struct demo *d, const struct step *s, bool all, const char *to,
                    err_t (*fn)(struct ctx *cx, const struct review_verdict *v), const char *text)
{
	struct review_verdict v = {.text = text, .to = to};
	const char *login;
	struct actor *ac;
	for (int i = 0; i == 0 || all; i++) {
		TRY(pending_seat(d, s, to, &v.review_id, &v.seat, &login));
		if (!v.review_id && !i)
			return cx_fail(d->cx, ERR_INTERNAL, "%s/%s: nothing to decide on",
			               s->node->code, s->output->key);
		if (!v.review_id)
			break;
		TRY(actor_load(d->cx, keys_get(&d->users, login), NULL, &ac));
		d->cx->actor = ac;
		TRY(fn(d->cx, &v));
	}
	return ERR_OK;
}

static err_t agree(struct demo *d, const struct step *s)
{
	return decide(d, s, true, NULL, review_approve, agreeing(d, s));
}

static err_t agree_first(struct demo *d, const struct step *s)
{
	return decide(d, s, false, NULL, review_approve, agreeing(d, s));
}

static err_t send_back(struct demo *d, const struct step *s)
{
	if (s->output)
		return decide(d, s, false, json_text(s->row, "node"), review_return,
		              objection(d, s));
	i64 node;
	TRY(open_node(d, s, &node));
	return node_return(d->cx, node, json_text(s->row, "node"), objection(d, s));
}

static err_t complete(struct demo *d, const struct step *s)
{
	i64 node;
	TRY(open_node(d, s, &node));
	return node_complete(d->cx, node);
}

/* A quarter's review: how many there were by now depends on today's date. */
static err_t review_quarter(struct demo *d, const struct step *s)
{
	i64 node, output;
	TRY(open_node(d, s, &node));
	if (!node)
		return ERR_OK;
	struct hand_in in = {.key = s->output->key,
	                     .title = text_for(d, s, "title"),
	                     .body = text_for(d, s, "body")};
	TRY(node_hand_in(d->cx, node, &in, &output));
	return node_complete(d->cx, node);
}

static err_t ask_exception(struct demo *d, const struct step *s)
{
	const json_t *skip = json_object_get(s->row, "skipped");
	const json_t *ask = skip ? skip : json_object_get(s->row, "asks");
	i64 node, id;
	TRY(open_node(d, s, &node));
	return exception_ask(d->cx, node, skip ? "skip" : json_text(ask, "kind"),
	                     json_text(ask, "item"), json_text(ask, "reason"),
	                     keys_get(&d->users, json_text(ask, "approver")), &id);
}

static err_t grant_skip(struct demo *d, const struct step *s)
{
	i64 id = 0;
	TRY(db_one_i64(d->cx->c,
	               "select id from exception_request where opportunity_id = ?"
	               " and state = 'pending'",
	               ARGS(vi(opportunity_id(d, s))), &id, NULL));
	return exception_decide(d->cx, id, "approve", agreeing(d, s));
}

static err_t lose(struct demo *d, const struct step *s)
{
	const char *to = json_text(s->row, "competitor"), *why = json_text(s->row, "lost_reason");
	return process_close(d->cx, opportunity_id(d, s), "lost",
	                     to ? arena_printf(d->cx->a, "%s（竞争对手：%s）", why, to) : why);
}

/* -- planning -- */

static struct step *act(struct demo *d, struct walk *w, i64 at,
                        err_t (*fn)(struct demo *, const struct step *), const char *who,
                        const json_t *row, const struct node_def *n)
{
	struct step *s = demo_step(d, at, fn, who, row);
	s->walk = w;
	s->node = n;
	w->last = at > w->last ? at : w->last;
	return s;
}

/* An approval of something that this node hands in. */
static bool decides_on(const struct output_def *o, const struct node_def *n)
{
	for (const char *const *of = o->of; of && *of; of++)
		if (!strncmp(*of, n->code, strlen(n->code)))
			return true;
	return false;
}

static bool has_text(struct demo *d, const struct node_def *n, const struct output_def *o)
{
	return json_object_get(json_object_get(d->texts, "outputs"),
	                       arena_printf(d->a, "%s/%s", n->code, o->key)) != NULL;
}

static int index_of(const struct demo *d, const struct node_def *n)
{
	return (int)(n - d->pb->nodes);
}

/* When everything that comes before the node was done. */
static i64 ready_at(const struct demo *d, const struct walk *w, const json_t *p,
                    const struct node_def *n)
{
	i64 t = w->created;
	/* Some wait for a date, be it a day off. */
	if (n->starts.anchor != ANCHOR_NONE)
		t = demo_time(d, json_i64(p, "start", 0), MORNING);
	for (const char *const *q = n->after; *q; q++) {
		i64 done = w->done[index_of(d, playbook_node(d->pb, *q))];
		t = done > t ? done : t;
	}
	return t;
}

/* Hands in and gives opinions, evenly between two moments; draft: how often it was sent back. */
static void plan_work(struct demo *d, struct walk *w, const json_t *p, const struct node_def *n,
                      i64 from, i64 to, int draft)
{
	const char *who = json_text(p, "by");
	i64 step = (to - from) / (i64)(2 * n->n_outputs + 2), at = from;
	for (size_t i = 0; i < n->n_outputs; i++) {
		const struct output_def *o = &n->outputs[i];
		if (strcmp(o->kind, "approval") != 0 && has_text(d, n, o)) {
			struct step *s = act(d, w, at += step, hand_in, who, p, n);
			s->output = o;
			s->n = draft;
		}
	}
	for (size_t i = 0; i < n->n_outputs; i++) {
		const struct output_def *o = &n->outputs[i];
		if (!strcmp(o->kind, "approval") && o->required) {
			struct step *s = act(d, w, at += step, agree, who, p, n);
			s->output = o;
			s->n = (int)i;
		}
	}
	act(d, w, to, complete, who, p, n);
}

/* Who sends a node back: an opinion on it that is asked for next, else whoever works next. */
static void plan_return(struct demo *d, struct walk *w, const json_t *p, const struct node_def *n,
                        i64 at, int round)
{
	for (size_t i = 0; i < d->pb->n_nodes; i++) {
		const struct node_def *m = &d->pb->nodes[i];
		bool next = false;
		for (const char *const *q = m->after; *q; q++)
			next |= !strcmp(*q, n->code);
		if (!next)
			continue;
		const struct output_def *by = NULL;
		for (size_t k = 0; k < m->n_outputs; k++)
			if (m->outputs[k].required && decides_on(&m->outputs[k], n))
				by = &m->outputs[k];
		const json_t *of_next = demo_find(w->path, "node", m->code);
		const char *who = json_text(of_next, "by");
		struct step *s = act(d, w, at, send_back, who ? who : json_text(w->row, "sales"), p,
		                     m);
		s->output = by;
		s->n = round;
		return;
	}
}

static void plan_skip(struct demo *d, struct walk *w, const json_t *p, const struct node_def *n,
                      i64 from, i64 to)
{
	const char *approver = json_text(json_object_get(p, "skipped"), "approver");
	act(d, w, from + (to - from) / 2, ask_exception, json_text(p, "by"), p, n);
	act(d, w, to, grant_skip, approver, p, n);
}

/* Facts that come to be with a node. */
static void plan_facts(struct demo *d, struct walk *w, const struct node_def *n, i64 at)
{
	const char *sales = json_text(w->row, "sales");
	if (!strcmp(n->code, "1.5") && json_text(w->row, "technical"))
		act(d, w, at, name_triangle, sales, w->row, n);
	if (n->wins && json_object_get(w->row, "contract_end"))
		act(d, w, at, agree_dates, sales, w->row, n);
}

static void plan_done(struct demo *d, struct walk *w, const json_t *p, const struct node_def *n)
{
	i64 ready = ready_at(d, w, p, n);
	i64 day = json_i64(p, "done", 0);
	i64 to = demo_done_time(d, day, EVENING + (int)((w->luck + (unsigned)n->position) % 45));
	if (to < ready + US_PER_HOUR / 2)
		to = ready + 40 * US_PER_MIN;
	int rounds = (int)json_i64(p, "returned", 0);
	i64 from = ready;
	for (int i = 0; i < rounds; i++) {
		i64 until = ready + (to - ready) * (i + 1) / (rounds + 1);
		plan_work(d, w, p, n, from + US_PER_MIN, until, i);
		from = until + (to - until) / 4;
		plan_return(d, w, p, n, from, i);
	}
	i64 morning = demo_done_time(d, day, MORNING);
	if (morning > from && morning < to)
		from = morning;
	plan_facts(d, w, n, from);
	if (json_object_get(p, "skipped"))
		plan_skip(d, w, p, n, from, to);
	else
		plan_work(d, w, p, n, from, to, rounds);
	w->done[index_of(d, n)] = to;
}

/* A node that is being worked on: what others are asked about is there, the rest by luck. */
static void plan_open(struct demo *d, struct walk *w, const json_t *p, const struct node_def *n)
{
	i64 ready = ready_at(d, w, p, n),
	    at = demo_done_time(d, json_i64(p, "start", 0) + 1, MORNING);
	if (at < ready)
		at = ready + US_PER_HOUR;
	plan_facts(d, w, n, at);
	if (json_object_get(p, "asks"))
		act(d, w, at + US_PER_HOUR / 2, ask_exception, json_text(p, "by"), p, n);
	bool asked = false;
	for (size_t i = 0; i < n->n_outputs; i++) {
		const struct output_def *o = &n->outputs[i];
		bool first_opinion = o->of && !decides_on(o, n) && o->required && o->policy.n > 1 &&
		                     !asked && w->luck % 2;
		if (first_opinion) {
			asked = true;
			act(d, w, at + US_PER_HOUR, agree_first, NULL, p, n)->output = o;
		}
	}
	for (size_t i = 0; i < n->n_outputs; i++) {
		const struct output_def *o = &n->outputs[i];
		if (!strcmp(o->kind, "approval") || !has_text(d, n, o))
			continue;
		bool reviewed = false;
		for (size_t k = 0; k < n->n_outputs; k++)
			reviewed |= n->outputs[k].of &&
			            role_in(n->outputs[k].of,
			                    arena_printf(d->a, "%s/%s", n->code, o->key));
		if (!reviewed && (w->luck + i) % 3)
			continue;
		act(d, w, at + (i64)i * 20 * US_PER_MIN, hand_in, json_text(p, "by"), p, n)
			->output = o;
	}
}

static void plan_walk(struct demo *d, const json_t *row)
{
	struct walk *w = ARENA_NEW(d->a, struct walk);
	const char *key = json_text(row, "key"), *sales = json_text(row, "sales");
	*w = (struct walk){.row = row,
	                   .path = json_object_get(row, "path"),
	                   .created = demo_done_time(d, json_i64(row, "created", 0), MORNING - 30),
	                   .luck = (unsigned)(fnv1a(key, strlen(key)) % 997)};
	act(d, w, w->created, begin, sales, row, NULL)->given = true;
	size_t i;
	const json_t *p;
	json_array_foreach((json_t *)w->path, i, p)
	{
		const struct node_def *n = playbook_node(d->pb, json_text(p, "node"));
		bool done = json_object_get(p, "done") != NULL;
		if (n->recurs && done)
			act(d, w, demo_done_time(d, json_i64(p, "done", 0), EVENING),
			    review_quarter, json_text(p, "by"), p, n)
				->output = &n->outputs[0];
		else if (n->recurs)
			continue;
		else if (done)
			plan_done(d, w, p, n);
		else
			plan_open(d, w, p, n);
	}
	if (json_object_get(row, "closed")) {
		i64 at = demo_done_time(d, json_i64(row, "closed", 0), EVENING + 20);
		at = at > w->last ? at : w->last + US_PER_HOUR / 2;
		act(d, w, at, lose, sales, row, NULL);
	}
	/* All done: reviews of quarters that began since are done as well. */
	for (int k = 0; json_is_null(json_object_get(row, "node")) && k < 3; k++) {
		const json_t *last = demo_find(w->path, "node", "6.1");
		const struct node_def *n = playbook_node(d->pb, "6.1");
		act(d, w, d->now - US_PER_HOUR, review_quarter, json_text(last, "by"), last, n)
			->output = &n->outputs[0];
	}
}

err_t demo_walks(struct demo *d)
{
	size_t i;
	const json_t *row;
	if (d->pb->n_nodes > ARRAY_LEN(((struct walk *)0)->done))
		panic("seed/demo: more nodes than a walk has room for");
	json_array_foreach((json_t *)d->doc_opportunities, i, row) plan_walk(d, row);
	return ERR_OK;
}
