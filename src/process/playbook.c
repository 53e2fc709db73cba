/* Playbooks: versions in the database, parsed ones in memory, differences. */
#include "process/playbook.h"

#include <pthread.h>
#include <string.h>

#include "base/hash.h"
#include "core/actor.h"
#include "core/event.h"

enum { KEPT_MAX = 64, DEFINITION_MAX = 8 * 1024 * 1024 };

/* Published definitions never change: parsed once, kept for ever. Drafts are parsed each time. */
static struct {
	pthread_mutex_t lock;
	struct arena *a;
	const struct db *db; /* tests open several databases in one process */
	const struct playbook *pb[KEPT_MAX];
	size_t n;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const struct playbook *find_kept(const struct ctx *cx, i64 id)
{
	pthread_mutex_lock(&kept.lock);
	const struct playbook *pb = NULL;
	for (size_t i = 0; kept.db == cx->db && i < kept.n; i++)
		if (kept.pb[i]->id == id)
			pb = kept.pb[i];
	pthread_mutex_unlock(&kept.lock);
	return pb;
}

static void begin_keeping(const struct ctx *cx)
{
	if (kept.db == cx->db)
		return;
	arena_free(kept.a);
	kept.a = arena_new(ARENA_REQUEST_MAX);
	kept.db = cx->db;
	kept.n = 0;
}

err_t playbook_get(struct ctx *cx, i64 id, const struct playbook **out)
{
	*out = find_kept(cx, id);
	if (*out)
		return ERR_OK;
	struct rows *r;
	TRY(db_query(cx->c,
	             "select definition, revision, state = 'draft' from playbook where id = ?",
	             ARGS(vi(id)), &r));
	const char *text = NULL;
	int revision = 0;
	bool draft = false;
	if (rows_next(r)) {
		text = rows_dup(r, 0);
		revision = (int)rows_i64(r, 1);
		draft = rows_i64(r, 2) != 0;
	}
	TRY(rows_done(r));
	if (!text)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	pthread_mutex_lock(&kept.lock);
	begin_keeping(cx);
	struct arena *a = draft || kept.n == KEPT_MAX ? cx->a : kept.a;
	json_t *doc;
	struct playbook *pb = NULL;
	err_t rc = json_parse(a, &cx->e, text, strlen(text), &doc);
	if (!rc)
		rc = playbook_parse(a, &cx->e, doc, &pb);
	if (!rc) {
		pb->id = id;
		pb->revision = revision; /* not what the file said: it may have come twice */
		if (a == kept.a)
			kept.pb[kept.n++] = pb;
	}
	pthread_mutex_unlock(&kept.lock);
	*out = pb;
	return rc;
}

err_t playbook_current(struct ctx *cx, const struct playbook **out)
{
	i64 id = 0;
	TRY(db_one_i64(cx->c,
	               "select id from playbook where state = 'published' and deleted_at is null"
	               " order by revision desc limit 1",
	               NO_ARGS, &id, NULL));
	return id ? playbook_get(cx, id, out) : cx_err(cx, ERR_NOT_FOUND, NULL);
}

err_t playbook_by_revision(struct ctx *cx, i64 revision, const struct playbook **out)
{
	i64 id = 0;
	TRY(db_one_i64(cx->c, "select id from playbook where revision = ?", ARGS(vi(revision)), &id,
	               NULL));
	return id ? playbook_get(cx, id, out) : cx_err(cx, ERR_NOT_FOUND, NULL);
}

/* -- storing -- */

struct import {
	const json_t *doc;
	i64 id;
};

static err_t store(struct ctx *cx, void *arg)
{
	struct import *im = arg;
	struct playbook *pb;
	TRY(playbook_parse(cx->a, &cx->e, im->doc, &pb));
	struct jw w = jw_new(cx->a, DEFINITION_MAX);
	jw_json(&w, im->doc);
	const char *text = jw_done(&w);
	char hash[SHA256_HEX];
	sha256_hex(text, strlen(text), hash);
	i64 revision = 0;
	TRY(db_one_i64(cx->c, "select coalesce(max(revision), 0) + 1 from playbook", NO_ARGS,
	               &revision, NULL));
	TRY(db_insert(cx->c,
	              "insert into playbook(created_at, created_by, updated_at, updated_by, name,"
	              " revision, state, definition, definition_hash)"
	              " values (?,?,?,?,?,?,'draft',?,?) returning id",
	              ARGS(vi(cx->now), vref(cx->actor->id), vi(cx->now), vref(cx->actor->id),
	                   vt(pb->name.zh), vi(revision), vt(text), vt(hash)),
	              &im->id));
	return event_append(cx,
	                    &(struct event_in){.kind = "playbook.drafted",
	                                       .entity = "playbook",
	                                       .entity_id = im->id,
	                                       .payload = arena_printf(
						       cx->a, "{\"revision\":%lld,\"hash\":\"%s\"}",
						       (long long)revision, hash)},
	                    NULL);
}

err_t playbook_import(struct ctx *cx, const json_t *doc, i64 *id)
{
	struct import im = {.doc = doc};
	TRY(ctx_write(cx, store, &im));
	*id = im.id;
	return ERR_OK;
}

static err_t publish(struct ctx *cx, void *arg)
{
	i64 id = *(i64 *)arg, n = 0;
	TRY(db_exec(cx->c,
	            "update playbook set state = 'retired', updated_at = ?, version = version + 1"
	            " where state = 'published'",
	            ARGS(vi(cx->now)), NULL));
	TRY(db_exec(cx->c,
	            "update playbook set state = 'published', published_at = ?, published_by = ?,"
	            " updated_at = ?, version = version + 1 where id = ? and state = 'draft'",
	            ARGS(vi(cx->now), vref(cx->actor->id), vi(cx->now), vi(id)), &n));
	if (!n)
		return cx_err(cx, ERR_CONFLICT,
		              EP({"reason", cx->lang == LANG_EN ? "only a draft can be published"
		                                                : "只有草稿可以发布"}));
	return event_append(cx,
	                    &(struct event_in){.kind = "playbook.published",
	                                       .entity = "playbook",
	                                       .entity_id = id},
	                    NULL);
}

err_t playbook_publish(struct ctx *cx, i64 id)
{
	return ctx_write(cx, publish, &id);
}

/* -- showing -- */

static void write_words(struct jw *w, const char *key, const char *const *words)
{
	jw_key(w, key);
	jw_arr(w);
	for (; *words; words++)
		jw_str(w, *words);
	jw_end_arr(w);
}

static const char *anchor_name(enum anchor a)
{
	static const char *const names[] = {"",          "node_start",   "planned_go_live",
	                                    "plan_date", "contract_end", "quarter_end"};
	return names[a];
}

static void write_rule(struct jw *w, const char *key, const struct date_rule *r)
{
	jw_key(w, key);
	if (r->anchor == ANCHOR_NONE) {
		jw_null(w);
		return;
	}
	jw_obj(w);
	jw_kstr(w, "anchor", anchor_name(r->anchor));
	jw_kint(w, "offset", r->offset);
	jw_kstr(w, "unit", r->working_days ? "working_days" : "calendar_days");
	if (r->fallback)
		write_rule(w, "fallback", r->fallback);
	jw_end_obj(w);
}

static void write_recurrence(struct jw *w, const struct node_def *n)
{
	jw_key(w, "recurrence");
	if (!n->recurs) {
		jw_null(w);
		return;
	}
	jw_obj(w);
	jw_kstr(w, "every", "quarter");
	jw_kstr(w, "until", anchor_name(n->recurs_until));
	jw_kbool(w, "blocking", n->blocking);
	jw_end_obj(w);
}

static void write_seat(struct jw *w, const struct output_def *o, const struct approval_seat *s)
{
	jw_obj(w);
	jw_kstr(w, "role", s->role);
	jw_kint(w, "step", s->step);
	if (s->parts) {
		jw_key(w, "parts");
		jw_arr(w);
		for (size_t i = 0; o->of[i]; i++)
			if (s->parts >> i & 1)
				jw_str(w, o->of[i]);
		jw_end_arr(w);
	}
	if (*s->hint.zh)
		jw_klabel(w, "hint", s->hint);
	jw_end_obj(w);
}

static void write_policy(struct jw *w, const struct output_def *o)
{
	const struct approval_policy *p = &o->policy;
	jw_key(w, "policy");
	jw_obj(w);
	jw_kstr(w, "order", p->ordered ? "ordered" : "parallel");
	jw_kstr(w, "rule", p->any ? "any" : "all");
	jw_kbool(w, "not_asker", p->not_asker);
	jw_kstr(w, "withdraw", p->withdraw_open ? "open" : "undecided");
	if (p->deadline)
		jw_kint(w, "deadline", p->deadline);
	jw_key(w, "seats");
	jw_arr(w);
	for (size_t i = 0; i < p->n; i++)
		write_seat(w, o, &p->seats[i]);
	jw_end_arr(w);
	jw_end_obj(w);
}

static void write_output(struct jw *w, const struct output_def *o)
{
	jw_obj(w);
	jw_kstr(w, "key", o->key);
	jw_kstr(w, "kind", o->kind);
	jw_klabel(w, "label", o->label);
	if (*o->hint.zh)
		jw_klabel(w, "hint", o->hint);
	jw_kbool(w, "required", o->required);
	if (o->of) {
		write_words(w, "of", o->of);
		write_policy(w, o);
	}
	if (o->check) {
		jw_key(w, "check");
		jw_json(w, o->check);
	}
	jw_end_obj(w);
}

static void write_node(struct jw *w, const struct node_def *n)
{
	jw_obj(w);
	jw_kstr(w, "code", n->code);
	jw_klabel(w, "name", n->name);
	jw_kbool(w, "gate", n->gate);
	write_words(w, "owner_roles", n->owner_roles);
	write_words(w, "contributing_roles", n->contributing_roles);
	write_words(w, "after", n->after);
	write_rule(w, "limit", &n->limit);
	write_rule(w, "starts", &n->starts);
	write_recurrence(w, n);
	jw_kbool(w, "wins", n->wins);
	if (*n->guidance.zh)
		jw_klabel(w, "guidance", n->guidance);
	jw_key(w, "outputs");
	jw_arr(w);
	for (size_t i = 0; i < n->n_outputs; i++)
		write_output(w, &n->outputs[i]);
	jw_end_arr(w);
	jw_end_obj(w);
}

void playbook_write(const struct playbook *pb, struct jw *w)
{
	jw_obj(w);
	jw_kint(w, "format", 1);
	jw_kint(w, "version", pb->revision);
	jw_klabel(w, "name", pb->name);
	if (pb->phases) {
		jw_key(w, "phases");
		jw_json(w, pb->phases);
	}
	jw_key(w, "stages");
	jw_arr(w);
	for (size_t i = 0; i < pb->n_stages; i++) {
		const struct stage_def *s = &pb->stages[i];
		jw_obj(w);
		jw_kstr(w, "code", s->code);
		jw_kstr(w, "key", s->key);
		jw_klabel(w, "name", s->name);
		jw_key(w, "nodes");
		jw_arr(w);
		for (int k = 0; k < s->count; k++)
			write_node(w, &pb->nodes[s->first + k]);
		jw_end_arr(w);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	jw_end_obj(w);
}

/* -- difference -- */

/* A node as text, member by member, so that "what changed" needs no second list of members. */
static json_t *as_json(struct arena *a, const struct node_def *n)
{
	struct jw w = jw_new(a, DEFINITION_MAX);
	write_node(&w, n);
	struct errs e;
	errs_init(&e, a);
	const char *text = jw_done(&w);
	json_t *j;
	if (json_parse(a, &e, text, strlen(text), &j))
		panic("node %s does not read back", n->code);
	return j;
}

static void diff_node(struct arena *a, const struct playbook *px, const struct node_def *x,
                      const struct playbook *py, const struct node_def *y, struct jw *w)
{
	json_t *jx = as_json(a, x), *jy = as_json(a, y);
	bool moved = strcmp(px->stages[x->stage].code, py->stages[y->stage].code) != 0;
	if (json_equal(jx, jy) && !moved)
		return;
	jw_obj(w);
	jw_kstr(w, "code", x->code);
	jw_key(w, "what");
	jw_arr(w);
	if (moved)
		jw_str(w, "stage");
	const char *key;
	json_t *v;
	json_object_foreach(jx, key, v) if (!json_equal(v, json_object_get(jy, key)))
		jw_str(w, key);
	json_object_foreach(jy, key, v) if (!json_object_get(jx, key)) jw_str(w, key);
	jw_end_arr(w);
	jw_end_obj(w);
}

static const struct stage_def *stage(const struct playbook *pb, const char *code)
{
	for (size_t i = 0; i < pb->n_stages; i++)
		if (!strcmp(pb->stages[i].code, code))
			return &pb->stages[i];
	return NULL;
}

static bool same_label(struct label a, struct label b)
{
	return !strcmp(a.zh, b.zh) && !strcmp(a.en, b.en);
}

/* y NULL: the stage is only in one of the two, which `side` names. */
static void diff_stage(const struct stage_def *x, const struct stage_def *y, const char *side,
                       struct jw *w)
{
	bool key = y && strcmp(x->key, y->key) != 0, name = y && !same_label(x->name, y->name);
	if (y && !key && !name)
		return;
	jw_obj(w);
	jw_kstr(w, "code", x->code);
	jw_key(w, "what");
	jw_arr(w);
	if (!y)
		jw_str(w, side);
	if (key)
		jw_str(w, "key");
	if (name)
		jw_str(w, "name");
	jw_end_arr(w);
	jw_end_obj(w);
}

static void only_in(const struct playbook *x, const struct playbook *y, const char *key,
                    struct jw *w)
{
	jw_key(w, key);
	jw_arr(w);
	for (size_t i = 0; i < x->n_nodes; i++)
		if (!playbook_node(y, x->nodes[i].code))
			jw_str(w, x->nodes[i].code);
	jw_end_arr(w);
}

void playbook_diff(const struct playbook *a, const struct playbook *b, struct jw *w)
{
	struct arena *tmp = arena_child(w->b.a);
	jw_obj(w);
	only_in(b, a, "added", w);
	only_in(a, b, "removed", w);
	jw_key(w, "changed");
	jw_arr(w);
	for (size_t i = 0; i < a->n_nodes; i++) {
		const struct node_def *y = playbook_node(b, a->nodes[i].code);
		if (y)
			diff_node(tmp, a, &a->nodes[i], b, y, w);
	}
	jw_end_arr(w);
	jw_key(w, "stages");
	jw_arr(w);
	for (size_t i = 0; i < a->n_stages; i++)
		diff_stage(&a->stages[i], stage(b, a->stages[i].code), "removed", w);
	for (size_t i = 0; i < b->n_stages; i++)
		if (!stage(a, b->stages[i].code))
			diff_stage(&b->stages[i], NULL, "added", w);
	jw_end_arr(w);
	jw_end_obj(w);
	arena_free(tmp);
}
