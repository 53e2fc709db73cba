/* From the event log to deliveries: each matching event once, as the owner sees it. */
#include <string.h>

#include "base/text.h"
#include "core/actor.h"
#include "core/crud.h"
#include "core/event.h"
#include "core/feed.h"
#include "core/list.h"
#include "core/scope.h"
#include "core/webhook.h"

enum { BATCH = 200, HOOKS_MAX = 200, BODY_MAX = 256 * 1024 };

struct hook {
	i64 id, owner_id, after_seq;
	const char *kinds;
	json_t *filter;
	struct actor *owner; /* NULL: gone or disabled, who sees nothing */
};

static err_t load_owner(struct ctx *cx, struct hook *h)
{
	struct ctx quiet = *cx;
	errs_init(&quiet.e, cx->a);
	err_t rc = actor_load(&quiet, h->owner_id, NULL, &h->owner);
	if (rc == ERR_NOT_FOUND) {
		h->owner = NULL;
		return ERR_OK;
	}
	if (rc)
		cx->e = quiet.e;
	return rc;
}

static err_t load_hooks(struct ctx *cx, struct hook *h, size_t *n)
{
	struct rows *r;
	struct errs quiet;
	errs_init(&quiet, cx->a);
	TRY(db_query(cx->c,
	             "select id, owner_id, coalesce(after_seq, 0), kinds, filter from webhook"
	             " where active = 1 and deleted_at is null order by id limit ?",
	             ARGS(vi(HOOKS_MAX)), &r));
	for (*n = 0; *n < HOOKS_MAX && rows_next(r); ++*n) {
		const char *filter = rows_dup(r, 4);
		h[*n] = (struct hook){.id = rows_i64(r, 0),
		                      .owner_id = rows_i64(r, 1),
		                      .after_seq = rows_i64(r, 2),
		                      .kinds = rows_dup(r, 3)};
		if (filter && json_parse(cx->a, &quiet, filter, strlen(filter), &h[*n].filter))
			h[*n].filter = NULL;
	}
	TRY(rows_done(r));
	for (size_t i = 0; i < *n; i++)
		TRY(load_owner(cx, &h[i]));
	return ERR_OK;
}

/* In the owner's place: may he see it, and does the filter for such records let it through? */
static err_t wanted(struct ctx *cx, const struct hook *h, const struct event_row *ev, bool *yes)
{
	const struct entity *e = ev->entity ? entity_by_name(ev->entity) : NULL;
	const json_t *filter = e ? json_object_get(h->filter, e->name) : NULL;
	TRY(feed_visible(cx, ev->entity, ev->entity_id, ev->actor_id, yes));
	if (!*yes || !filter)
		return ERR_OK;
	struct sqlb *q = sqlb_new(cx->a);
	i64 one;
	sqlb_addf(q, "select 1 from %s t where t.id = ", e->table);
	sqlb_val(q, vi(ev->entity_id));
	TRY(filter_where(cx, e, "t", filter, q));
	return db_one_i64(cx->c, sqlb_text(q), sqlb_args(q), &one, yes);
}

static void write_id(struct jw *w, const char *key, i64 id)
{
	jw_key(w, key);
	if (id)
		jw_int(w, id);
	else
		jw_null(w);
}

static void write_changes(struct ctx *cx, struct jw *w, const struct entity *e, const json_t *p)
{
	const char *name;
	json_t *j;
	jw_key(w, "changes");
	jw_obj(w);
	json_object_foreach(json_object_get(p, "changes"), name, j)
	{
		const struct field *f = e ? field_by_name(e, name) : NULL;
		if (!f || !scope_field(cx->actor, f))
			continue;
		jw_key(w, name);
		jw_json(w, j);
	}
	jw_end_obj(w);
}

/* The record as it is now, as far as the owner reads it; null when it is deleted. */
static err_t write_record(struct ctx *cx, struct jw *w, const struct entity *e, i64 id)
{
	struct ctx quiet = *cx;
	struct rec *r = NULL;
	errs_init(&quiet.e, cx->a);
	err_t rc = e && id ? crud_get(&quiet, e, id, "read", &r) : ERR_NOT_FOUND;
	if (rc && rc != ERR_NOT_FOUND) {
		cx->e = quiet.e;
		return rc;
	}
	jw_key(w, "record");
	if (rc) {
		jw_null(w);
		return ERR_OK;
	}
	jw_obj(w);
	rec_members(cx, w, r, NULL);
	jw_end_obj(w);
	return ERR_OK;
}

static err_t body_of(struct ctx *cx, const struct event_row *ev, const char **body)
{
	const struct entity *e = ev->entity ? entity_by_name(ev->entity) : NULL;
	struct errs quiet;
	json_t *p = NULL;
	errs_init(&quiet, cx->a);
	if (json_parse(cx->a, &quiet, ev->payload, strlen(ev->payload), &p))
		p = NULL;
	struct jw w = jw_new(cx->a, BODY_MAX);
	jw_obj(&w);
	jw_kstr(&w, "kind", ev->kind);
	jw_kint(&w, "seq", ev->seq);
	jw_kstr(&w, "at", time_format(cx->a, ev->occurred_at));
	jw_kstr(&w, "entity", ev->entity);
	write_id(&w, "entity_id", ev->entity_id);
	write_id(&w, "account_id", ev->account_id);
	write_id(&w, "opportunity_id", ev->opportunity_id);
	jw_key(&w, "actor");
	if (ev->actor_id) {
		jw_obj(&w);
		jw_kint(&w, "id", ev->actor_id);
		jw_kstr(&w, "name", ev->actor_name);
		jw_end_obj(&w);
	} else {
		jw_null(&w);
	}
	jw_key(&w, "facts");
	if (json_is_object(p) && !json_object_get(p, "values") && !json_object_get(p, "changes"))
		jw_json(&w, p);
	else
		jw_null(&w);
	write_changes(cx, &w, e, p);
	TRY(write_record(cx, &w, e, ev->entity_id));
	jw_end_obj(&w);
	*body = jw_done(&w);
	return ERR_OK;
}

static err_t offer(struct ctx *cx, const struct hook *h, const struct event_row *ev)
{
	bool yes = false;
	const char *body = NULL;
	struct ctx theirs = *cx;
	theirs.actor = h->owner;
	theirs.lang = h->owner->lang;
	errs_init(&theirs.e, cx->a);
	err_t rc = wanted(&theirs, h, ev, &yes);
	if (!rc && yes)
		rc = body_of(&theirs, ev, &body);
	/* A filter on a field that the owner may not see any more lets nothing through. */
	if (rc == ERR_BAD_FILTER)
		return ERR_OK;
	if (rc) {
		cx->e = theirs.e;
		return rc;
	}
	if (!body)
		return ERR_OK;
	return db_exec(
		cx->c,
		"insert into webhook_delivery(webhook_id, event_seq, kind, body, state,"
		" run_at, created_at, attempts) values (?, ?, ?, ?, 'queued', ?, ?, 0)"
		" on conflict (webhook_id, event_seq) do nothing",
		ARGS(vi(h->id), vi(ev->seq), vt(ev->kind), vt(body), vi(cx->now), vi(cx->now)),
		NULL);
}

struct batch {
	size_t n;
};

static err_t collect(struct ctx *cx, void *arg)
{
	struct batch *b = arg;
	struct hook *h = ARENA_ARRAY(cx->a, HOOKS_MAX, struct hook);
	struct event_row *ev;
	size_t hooks, n;
	i64 pos = 0;
	event_not_needed(cx, "a delivery tells of facts");
	b->n = 0;
	/* Whoever holds the row is the one that reads on; the next one begins after him. */
	TRY(db_exec(cx->c,
	            "insert into webhook_cursor(id, pos) values (1, 0) on conflict (id) do nothing",
	            NO_ARGS, NULL));
	TRY(db_one_i64(cx->c, "update webhook_cursor set pos = pos where id = 1 returning pos",
	               NO_ARGS, &pos, NULL));
	TRY(load_hooks(cx, h, &hooks));
	TRY(event_read(cx, pos, BATCH, &ev, &n));
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < hooks; k++)
			if (h[k].owner && ev[i].seq > h[k].after_seq &&
			    webhook_wants(h[k].kinds, ev[i].kind))
				TRY(offer(cx, &h[k], &ev[i]));
		pos = ev[i].pos;
	}
	b->n = n;
	return db_exec(cx->c, "update webhook_cursor set pos = ? where id = 1", ARGS(vi(pos)),
	               NULL);
}

err_t webhook_collect(struct ctx *cx)
{
	struct batch b = {BATCH};
	while (b.n == BATCH)
		TRY(ctx_write(cx, collect, &b));
	return ERR_OK;
}
