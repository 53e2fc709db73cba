/* Acts on many records: see bulk.h. */
#include "core/bulk.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/actor.h"
#include "core/crud.h"
#include "core/event.h"
#include "core/list.h"
#include "core/undo.h"

/* clang-format off */
const struct setting_def bulk_settings[] = {
	{.f = {.name = "bulk.max_records", .type = FT_INT, .min = 1, .max = 100000, .dflt = "10000",
	       .label = L("批量操作的上限", "Records of one bulk action at most")},
	 .unit = "records"},
	{.f = {.name = "bulk.at_once", .type = FT_INT, .min = 1, .max = 2000, .dflt = "500",
	       .label = L("超过此数转为后台任务", "More records than this are done by a job")},
	 .unit = "records"},
	{.f = {.name = NULL}},
};
const struct event_kind bulk_events[] = {
	{"bulk.done", L("批量操作完成", "Bulk action done"), true},
	{NULL, L(NULL, NULL), false},
};
/* clang-format on */

enum { JSON_MAX = 16 * 1024 * 1024 };

struct refusal {
	i64 id;
	const char *json; /* the whole object */
};

struct bulk_run {
	i64 id, user_id;
	const char *tokens, *state;
	const struct entity *e;
	const json_t *body;
	i64 *ids;
	size_t n;
	size_t done;
	i64 changed, same, refused, undo_id;
	struct refusal *refusals;
	size_t n_refusals;
	enum lang lang;
};

static const char *act_of(const struct bulk_run *r)
{
	const char *act = json_text(r->body, "act");
	return act ? act : "";
}

static bool is_dry(const struct bulk_run *r)
{
	return json_flag(r->body, "dry_run", false);
}

static bool only_good(const struct bulk_run *r)
{
	return text_eq(json_text(r->body, "mode"), "good");
}

/* -- one record -- */

struct one {
	struct ctx *cx;
	const struct bulk_run *run;
	i64 id;
	bool changed;
};

static const char *assignee_field(const struct entity *e, const json_t *body)
{
	const char *asked = json_text(body, "field");
	if (asked)
		return asked;
	return field_by_name(e, "assignee_id") ? "assignee_id"
	       : e->scope.owners[0]            ? e->scope.owners[0]
	                                       : "owner_id";
}

static err_t edit(struct one *o, const json_t *changes)
{
	struct rec *before, *now;
	TRY(crud_get(o->cx, o->run->e, o->id, "read", &before));
	TRY(crud_patch_json(o->cx, o->run->e, o->id, before->version, changes, &now));
	o->changed = now->version != before->version;
	return ERR_OK;
}

static err_t act_on(struct conn *c, void *arg)
{
	(void)c;
	struct one *o = arg;
	const char *act = act_of(o->run);
	const json_t *body = o->run->body;
	o->changed = true;
	if (!strcmp(act, "delete"))
		return crud_delete(o->cx, o->run->e, o->id);
	if (!strcmp(act, "edit"))
		return edit(o, json_object_get(body, "changes"));
	json_t *changes = json_object();
	arena_defer(o->cx->a, (void (*)(void *))json_decref, changes);
	json_object_set(changes, assignee_field(o->run->e, body), json_object_get(body, "user_id"));
	return edit(o, changes);
}

/* What is said of a record that cannot be changed: its name only to who may see it. */
static err_t refusal_of(struct ctx *cx, const struct bulk_run *run, i64 id, struct refusal *out)
{
	struct errs why = cx->e;
	struct rec *r = NULL;
	errs_init(&cx->e, cx->a);
	errs_clear(conn_errs(cx->c));
	err_t rc = crud_get(cx, run->e, id, "read", &r);
	if (rc == ERR_NOT_FOUND) {
		errs_clear(&cx->e);
		r = NULL;
	} else if (rc) {
		return rc;
	}
	struct jw w = jw_new(cx->a, 1024 * 1024);
	jw_obj(&w);
	jw_kint(&w, "id", id);
	jw_kstr(&w, "title", r ? rec_title(r) : NULL);
	jw_kstr(&w, "code", err_def(why.code)->code);
	jw_kstr(&w, "message", err_text(cx->a, why.code, why.params, cx->lang));
	jw_key(&w, "errors");
	jw_arr(&w);
	for (size_t i = 0; i < why.n_fields; i++) {
		const struct err_field *f = &why.fields[i];
		const struct field *row = field_by_name(run->e, f->field);
		jw_obj(&w);
		jw_kstr(&w, "field", f->field);
		jw_kstr(&w, "label", row ? label_in(row->label, cx->lang) : f->field);
		jw_kstr(&w, "code", err_def(f->code)->code);
		jw_kstr(&w, "message", err_text(cx->a, f->code, f->params, cx->lang));
		jw_end_obj(&w);
	}
	jw_end_arr(&w);
	jw_end_obj(&w);
	*out = (struct refusal){id, arena_strdup(cx->a, jw_done(&w))};
	return ERR_OK;
}

/* -- a portion -- */

struct portion {
	struct bulk_run *run;
	size_t from, to;
	bool keep;   /* else it is all rolled back */
	bool undone; /* it was */
	bool save;   /* with the mark of where the job stands */
	i64 changed, same, refused;
	struct refusal *refusals;
	size_t n_refusals;
};

/* Refused for reasons of its own; anything else ends the whole. */
static bool a_refusal(err_t rc)
{
	int status = err_def((enum err_code)rc)->status;
	return status >= 400 && status < 500;
}

static err_t save(struct ctx *cx, const struct bulk_run *run, i64 undo_id);

static err_t portion(struct ctx *cx, void *arg)
{
	struct portion *p = arg;
	p->changed = p->same = p->refused = 0;
	p->n_refusals = 0;
	for (size_t i = p->from; i < p->to; i++) {
		struct one o = {.cx = cx, .run = p->run, .id = p->run->ids[i]};
		err_t rc = db_nested(cx->c, act_on, &o);
		if (!rc) {
			p->changed += o.changed;
			p->same += !o.changed;
			continue;
		}
		if (!a_refusal(rc))
			return rc;
		p->refused++;
		TRY(refusal_of(cx, p->run, o.id, &p->refusals[p->n_refusals++]));
	}
	p->undone = !p->keep || (p->refused && !only_good(p->run));
	return p->undone ? cx_fail(cx, ERR_CONFLICT, "rolled back") : ERR_OK;
}

static void add_up(struct ctx *cx, struct bulk_run *run, const struct portion *p)
{
	run->changed += p->changed;
	run->same += p->same;
	run->refused += p->refused;
	for (size_t i = 0; i < p->n_refusals && run->n_refusals < BULK_REFUSALS_SHOWN; i++)
		run->refusals[run->n_refusals++] = (struct refusal){
			p->refusals[i].id, arena_strdup(cx->a, p->refusals[i].json)};
}

struct portion_write {
	struct ctx *cx;
	struct portion *p;
	struct undo_act act;
	i64 undo_id;
};

static err_t with_undo(struct conn *c, void *arg)
{
	(void)c;
	struct portion_write *pw = arg;
	return undo_run(pw->cx, &pw->act, portion, pw->p, &pw->undo_id);
}

/* The portion, its undo rows and the mark of the job stand or fall together. */
static err_t portion_and_mark(struct ctx *cx, void *arg)
{
	struct portion_write *pw = arg;
	pw->p->undone = false;
	event_not_needed(cx, "perhaps nothing is changed; what is has events of its own");
	err_t rc = db_nested(cx->c, with_undo, pw);
	if (rc && pw->p->undone) {
		errs_clear(&cx->e);
		pw->undo_id = 0;
		return ERR_OK;
	}
	if (rc || !pw->p->save)
		return rc;
	struct bulk_run after = *pw->p->run;
	after.refusals = ARENA_ARRAY(cx->a, BULK_REFUSALS_SHOWN, struct refusal);
	memcpy(after.refusals, pw->p->run->refusals,
	       pw->p->run->n_refusals * sizeof *after.refusals);
	after.done = pw->p->to;
	add_up(cx, &after, pw->p);
	return save(cx, &after, pw->undo_id ? pw->undo_id : after.undo_id);
}

/* Does ids[from..to). What was read and written for it is forgotten afterwards. */
static err_t do_portion(struct ctx *cx, struct bulk_run *run, size_t from, size_t to, bool keep,
                        bool saved)
{
	struct arena *whole = cx->a, *a = arena_child(whole);
	bool outer = cx->c && conn_in_write(cx->c);
	struct portion p = {.run = run, .from = from, .to = to, .keep = keep, .save = saved};
	p.refusals = ARENA_ARRAY(a, to - from + 1, struct refusal);
	struct portion_write pw = {.cx = cx,
	                           .p = &p,
	                           .act = {.kind = arena_printf(whole, "bulk_%s", act_of(run)),
	                                   .e = run->e,
	                                   .entry = run->undo_id}};
	cx->a = outer ? whole : a;
	err_t rc = ctx_write(cx, portion_and_mark, &pw);
	cx->a = whole;
	if (cx->c && !outer)
		conn_use(cx->c, whole);
	if (!rc) {
		if (pw.undo_id)
			run->undo_id = pw.undo_id;
		add_up(cx, run, &p);
	} else {
		const char *why = arena_strdup(whole, cx->e.log);
		errs_init(&cx->e, whole);
		rc = cx_fail(cx, (enum err_code)rc, "bulk: %s", why ? why : "");
	}
	arena_free(a);
	return rc;
}

/* -- the run -- */

static err_t done_event(struct ctx *cx, void *arg)
{
	const struct bulk_run *run = arg;
	struct jw w = jw_new(cx->a, 4096);
	jw_obj(&w);
	jw_kstr(&w, "of", run->e->name);
	jw_kstr(&w, "act", act_of(run));
	jw_kint(&w, "changed", run->changed);
	jw_kint(&w, "refused", run->refused);
	jw_end_obj(&w);
	return event_append(cx, &(struct event_in){.kind = "bulk.done", .payload = jw_done(&w)},
	                    NULL);
}

static void forget_counts(struct bulk_run *run)
{
	run->changed = run->same = run->refused = 0;
	run->n_refusals = 0;
	run->done = 0;
}

/* While the caller waits: one portion. */
static err_t at_once(struct ctx *cx, struct bulk_run *run)
{
	bool keep = !is_dry(run);
	TRY(do_portion(cx, run, 0, run->n, keep, false));
	if (keep && run->refused && !only_good(run))
		run->changed = run->same = 0; /* rolled back */
	run->done = run->n;
	run->state = "done";
	return keep && run->changed ? ctx_write(cx, done_event, run) : ERR_OK;
}

static void write_refusals(struct jw *w, const struct bulk_run *run)
{
	jw_arr(w);
	for (size_t i = 0; i < run->n_refusals; i++)
		jw_raw(w, run->refusals[i].json);
	jw_end_arr(w);
}

static err_t save(struct ctx *cx, const struct bulk_run *run, i64 undo_id)
{
	struct jw w = jw_new(cx->a, JSON_MAX);
	write_refusals(&w, run);
	event_not_needed(cx, "how far a job is, is nobody's fact");
	bool ended = !strcmp(run->state, "done") || !strcmp(run->state, "failed");
	return db_exec(cx->c,
	               "update bulk_run set state = ?, done = ?, changed = ?, same = ?,"
	               " refused = ?, refusals = ?, undo_id = ?, finished_at = ? where id = ?",
	               ARGS(vt(run->state), vi((i64)run->done), vi(run->changed), vi(run->same),
	                    vi(run->refused), vt(jw_done(&w)), vref(undo_id),
	                    ended ? vi(cx->now) : vref(0), vi(run->id)),
	               NULL);
}

static err_t save_now(struct ctx *cx, void *arg)
{
	struct bulk_run *run = arg;
	return save(cx, run, run->undo_id);
}

/* -- large ones: the job -- */

static err_t insert_run(struct ctx *cx, void *arg)
{
	struct bulk_run *run = arg;
	struct jw ids = jw_new(cx->a, JSON_MAX), body = jw_new(cx->a, JSON_MAX);
	jw_arr(&ids);
	for (size_t i = 0; i < run->n; i++)
		jw_int(&ids, run->ids[i]);
	jw_end_arr(&ids);
	jw_json(&body, run->body);
	event_not_needed(cx, "nothing is done yet");
	TRY(db_insert(cx->c,
	              "insert into bulk_run(user_id, tokens, lang, entity, body, ids, state, total,"
	              " created_at) values (?,?,?,?,?,?,'queued',?,?) returning id",
	              ARGS(vi(cx->actor->id), vt(cx->actor->tokens),
	                   vt(cx->lang == LANG_EN ? "en" : "zh"), vt(run->e->name),
	                   vt(jw_done(&body)), vt(jw_done(&ids)), vi((i64)run->n), vi(cx->now)),
	              &run->id));
	i64 job;
	return job_queue(cx, "bulk.run", arena_printf(cx->a, "{\"run\":%lld}", (long long)run->id),
	                 0, NULL, &job);
}

static err_t read_run(struct ctx *cx, i64 id, struct bulk_run *run)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             "select user_id, tokens, lang, entity, body, ids, state, total, done, changed,"
	             " same, refused, refusals, undo_id from bulk_run where id = ?",
	             ARGS(vi(id)), &r));
	if (!rows_next(r)) {
		TRY(rows_done(r));
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	}
	*run = (struct bulk_run){.id = id,
	                         .user_id = rows_i64(r, 0),
	                         .tokens = rows_dup(r, 1),
	                         .lang = text_eq(rows_text(r, 2), "en") ? LANG_EN : LANG_ZH,
	                         .e = entity_by_name(rows_text(r, 3)),
	                         .state = rows_dup(r, 6),
	                         .n = (size_t)rows_i64(r, 7),
	                         .done = (size_t)rows_i64(r, 8),
	                         .changed = rows_i64(r, 9),
	                         .same = rows_i64(r, 10),
	                         .refused = rows_i64(r, 11),
	                         .undo_id = rows_i64(r, 13)};
	const char *body = rows_dup(r, 4), *ids = rows_dup(r, 5), *refusals = rows_dup(r, 12);
	TRY(rows_done(r));
	json_t *j, *parsed;
	TRY(json_parse(cx->a, &cx->e, body, strlen(body), &parsed));
	run->body = parsed;
	TRY(json_parse(cx->a, &cx->e, ids, strlen(ids), &j));
	run->ids = ARENA_ARRAY(cx->a, run->n + 1, i64);
	for (size_t i = 0; i < run->n; i++)
		run->ids[i] = json_integer_value(json_array_get(j, i));
	run->refusals = ARENA_ARRAY(cx->a, BULK_REFUSALS_SHOWN, struct refusal);
	if (!refusals)
		return ERR_OK;
	TRY(json_parse(cx->a, &cx->e, refusals, strlen(refusals), &j));
	for (size_t i = 0; i < json_array_size(j) && i < BULK_REFUSALS_SHOWN; i++) {
		struct jw w = jw_new(cx->a, 1024 * 1024);
		jw_json(&w, json_array_get(j, i));
		run->refusals[run->n_refusals++] =
			(struct refusal){0, arena_strdup(cx->a, jw_done(&w))};
	}
	return ERR_OK;
}

static err_t each_portion(struct ctx *cx, struct job *j, struct bulk_run *run, bool keep)
{
	size_t step = (size_t)setting_i64(cx, "bulk.at_once");
	step = step < BULK_PORTION ? step : BULK_PORTION;
	while (run->done < run->n) {
		size_t to = run->done + step < run->n ? run->done + step : run->n;
		TRY(do_portion(cx, run, run->done, to, keep, keep));
		run->done = to;
		if (!keep)
			TRY(ctx_write(cx, save_now, run));
		TRY(job_prolong(cx, j));
		if (keep && run->refused && !only_good(run))
			return ERR_OK;
	}
	return ERR_OK;
}

/* Somebody changed a record between the trial and the act: what was done goes back. */
static err_t take_back(struct ctx *cx, struct bulk_run *run)
{
	struct undone u;
	run->changed = run->same = 0;
	if (!run->undo_id)
		return ERR_OK;
	TRY(undo_do(cx, run->undo_id, &u));
	run->undo_id = 0;
	return ERR_OK;
}

static err_t go(struct ctx *cx, struct job *j, struct bulk_run *run)
{
	bool dry = is_dry(run), all = !only_good(run);
	if (!strcmp(run->state, "queued") || !strcmp(run->state, "checking")) {
		forget_counts(run);
		run->state = dry || all ? "checking" : "running";
		TRY(ctx_write(cx, save_now, run));
		if (dry || all)
			TRY(each_portion(cx, j, run, false));
	}
	if (dry || (all && run->refused)) {
		if (!dry)
			run->changed = run->same = 0;
	} else {
		if (strcmp(run->state, "running") != 0) {
			forget_counts(run);
			run->state = "running";
			TRY(ctx_write(cx, save_now, run));
		}
		TRY(each_portion(cx, j, run, true));
		if (all && run->refused)
			TRY(take_back(cx, run));
	}
	run->state = "done";
	TRY(ctx_write(cx, save_now, run));
	return !dry && run->changed ? ctx_write(cx, done_event, run) : ERR_OK;
}

static err_t run_job(struct ctx *cx, struct job *j)
{
	json_t *p;
	struct bulk_run run;
	struct actor *actor;
	TRY(json_parse(cx->a, &cx->e, j->payload, strlen(j->payload), &p));
	TRY(read_run(cx, json_i64(p, "run", 0), &run));
	if (!strcmp(run.state, "done"))
		return ERR_OK;
	TRY(actor_load(cx, run.user_id, run.tokens, &actor));
	const struct actor *house = cx->actor;
	cx->actor = actor;
	cx->lang = run.lang;
	err_t rc = go(cx, j, &run);
	if (rc && j->attempt >= j->def->attempts) {
		struct errs why = cx->e;
		run.state = "failed";
		errs_init(&cx->e, cx->a);
		if (ctx_write(cx, save_now, &run))
			errs_clear(&cx->e);
		cx->e = why;
	}
	cx->actor = house;
	return rc;
}

/* clang-format off */
const struct job_def bulk_jobs[] = {
	{"bulk.run", L("批量操作", "Bulk action"), .every_us = 0, .lease_us = 5 * US_PER_MIN,
	 .attempts = 3, .backoff_us = US_PER_SEC, .handler = run_job},
	{.name = NULL},
};
/* clang-format on */

/* -- asking -- */

static err_t take_id(struct ctx *cx, const struct rec *r, const char *const *titles, void *arg)
{
	(void)cx;
	(void)titles;
	struct bulk_run *run = arg;
	if (run->ids)
		run->ids[run->n] = r->id;
	run->n++;
	return ERR_OK;
}

static err_t matching(struct ctx *cx, struct bulk_run *run)
{
	struct list_query lq = {.e = run->e,
	                        .act = "read",
	                        .filter = json_object_get(run->body, "filter"),
	                        .q = json_text(run->body, "q"),
	                        .sort = "id"};
	/* Twice: the first time for the number alone. */
	TRY(list_each(cx, &lq, take_id, run));
	run->ids = ARENA_ARRAY(cx->a, run->n + 1, i64);
	size_t room = run->n;
	run->n = 0;
	TRY(list_each(cx, &lq, take_id, run));
	return run->n > room ? cx_fail(cx, ERR_INTERNAL, "the list grew") : ERR_OK;
}

static int by_number(const void *a, const void *b)
{
	i64 x = *(const i64 *)a, y = *(const i64 *)b;
	return (x > y) - (x < y);
}

/* In order and once each. */
static err_t listed(struct ctx *cx, struct bulk_run *run, const json_t *ids)
{
	size_t n = json_array_size(ids);
	run->ids = ARENA_ARRAY(cx->a, n + 1, i64);
	for (size_t i = 0; i < n; i++) {
		if (!json_is_integer(json_array_get(ids, i))) {
			field_wrong_type(cx, "ids", JSON_INTEGER);
			return errs_invalid(&cx->e);
		}
		run->ids[i] = json_integer_value(json_array_get(ids, i));
	}
	qsort(run->ids, n, sizeof *run->ids, by_number);
	for (size_t i = 0; i < n; i++)
		if (!i || run->ids[i] != run->ids[i - 1])
			run->ids[run->n++] = run->ids[i];
	return ERR_OK;
}

static err_t check_body(struct ctx *cx, const struct bulk_run *run)
{
	static const char *const acts[] = {"edit", "assign", "delete"};
	const char *act = act_of(run);
	bool known = false;
	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		known |= !strcmp(act, acts[i]);
	if (!known)
		errs_field(&cx->e, "act", ERR_ENUM,
		           EP({"value", act}, {"allowed", "edit, assign, delete"}));
	const json_t *changes = json_object_get(run->body, "changes");
	if (!strcmp(act, "edit") && !json_object_size(changes))
		errs_field(&cx->e, "changes", ERR_REQUIRED, NULL);
	if (!strcmp(act, "assign") && !json_is_integer(json_object_get(run->body, "user_id")))
		errs_field(&cx->e, "user_id", ERR_REQUIRED, NULL);
	if (!json_is_array(json_object_get(run->body, "ids")) &&
	    !json_is_object(json_object_get(run->body, "filter")))
		errs_field(&cx->e, "ids", ERR_REQUIRED, NULL);
	return errs_any_field(&cx->e) ? errs_invalid(&cx->e) : ERR_OK;
}

static void write_run(struct jw *w, const struct bulk_run *run)
{
	jw_obj(w);
	jw_key(w, "id");
	if (run->id)
		jw_int(w, run->id);
	else
		jw_null(w);
	jw_kstr(w, "entity", run->e->name);
	jw_kstr(w, "act", act_of(run));
	jw_kbool(w, "dry_run", is_dry(run));
	jw_kstr(w, "mode", only_good(run) ? "good" : "all");
	jw_kstr(w, "state", run->state);
	jw_kint(w, "total", (i64)run->n);
	jw_kint(w, "done", (i64)run->done);
	jw_kint(w, "changed", run->changed);
	jw_kint(w, "same", run->same);
	jw_kint(w, "refused", run->refused);
	jw_key(w, "refusals");
	write_refusals(w, run);
	jw_key(w, "undo_id");
	if (run->undo_id)
		jw_int(w, run->undo_id);
	else
		jw_null(w);
	jw_end_obj(w);
}

err_t bulk_start(struct ctx *cx, const struct entity *e, const json_t *body, struct jw *w)
{
	struct bulk_run run = {.e = e,
	                       .body = body,
	                       .state = "queued",
	                       .lang = cx->lang,
	                       .user_id = cx->actor->id};
	TRY(check_body(cx, &run));
	const json_t *ids = json_object_get(body, "ids");
	TRY(json_is_array(ids) ? listed(cx, &run, ids) : matching(cx, &run));
	i64 max = setting_i64(cx, "bulk.max_records");
	if ((i64)run.n > max)
		return cx_err(cx, ERR_BULK_MANY,
		              EP({"n", arena_printf(cx->a, "%zu", run.n)},
		                 {"max", arena_printf(cx->a, "%lld", (long long)max)}));
	run.refusals = ARENA_ARRAY(cx->a, BULK_REFUSALS_SHOWN, struct refusal);
	TRY((i64)run.n > setting_i64(cx, "bulk.at_once") ? ctx_write(cx, insert_run, &run)
	                                                 : at_once(cx, &run));
	write_run(w, &run);
	return ERR_OK;
}

err_t bulk_get(struct ctx *cx, i64 id, struct jw *w)
{
	struct bulk_run run;
	TRY(read_run(cx, id, &run));
	if (run.user_id != cx->actor->id ||
	    (cx->actor->tokens && !text_eq(run.tokens, cx->actor->tokens)))
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	write_run(w, &run);
	return ERR_OK;
}
