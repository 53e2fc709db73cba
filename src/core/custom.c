/* Added fields: from records of custom_field to rows of struct field, in every process. */
#include "core/custom.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "core/crud.h"
#include "core/custom_rules.h"
#include "core/search.h"

static struct {
	pthread_mutex_t lock;
	_Atomic u64 wanted, loaded; /* differ when somebody changed a definition */
	struct arena *a;            /* of what was ever loaded: requests may still hold it */
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void on_changed(void *arg, const char *payload)
{
	(void)arg;
	(void)payload;
	state.wanted++;
}

static void changed_here(void *arg)
{
	on_changed(arg, NULL);
}

err_t customs_changed(struct ctx *cx)
{
	conn_after_commit(cx->c, changed_here, NULL);
	return db_notify(cx->c, "custom_field", "");
}

err_t customs_start(struct db *db)
{
	on_changed(NULL, NULL);
	return db_listen(db, "custom_field", on_changed, NULL);
}

/* The definitions of one entity, and a number that grows with each change of them. */
struct defined {
	struct rec *d[CUSTOM_MAX];
	size_t n;
	i64 changes;
};

static err_t load(struct ctx *cx)
{
	static i64 loaded[256];
	struct defined *of = ARENA_ARRAY(cx->a, entity_count(), struct defined);
	struct rows *r;
	if (!state.a)
		state.a = arena_new(256 * 1024 * 1024);
	TRY(db_query(cx->c,
	             arena_printf(cx->a,
	                          "select %s from custom_field t where t.deleted_at is null"
	                          " order by t.id",
	                          entity_columns(&custom_field_entity)),
	             NO_ARGS, &r));
	while (rows_next(r)) {
		struct rec *d = rec_read(cx->a, &custom_field_entity, r, 0);
		size_t at = 0;
		while (entity_at(at) && strcmp(entity_at(at)->name, rec_text(d, "entity")) != 0)
			at++;
		if (!entity_at(at) || !entity_at(at)->custom || of[at].n == CUSTOM_MAX)
			continue;
		of[at].d[of[at].n++] = d;
		of[at].changes += d->version;
	}
	TRY(rows_done(r));
	for (size_t at = 0; entity_at(at); at++) {
		const struct entity *e = entity_at(at);
		size_t n = of[at].n;
		bool same = entity_field_count(e) == entity_base_count(e) + n;
		if (!e->custom || (same && (!n || loaded[at] == of[at].changes)))
			continue;
		/* A few kilobytes for each change; kept, since some request may still look at what
		 * was there before. */
		struct field *f = ARENA_ARRAY(state.a, n + 1, struct field);
		for (size_t i = 0; i < n; i++)
			custom_make(state.a, of[at].d[i], &f[i]);
		entity_customs(e, f, n);
		loaded[at] = of[at].changes;
	}
	return ERR_OK;
}

err_t customs_refresh(struct ctx *cx)
{
	if (state.wanted == state.loaded)
		return ERR_OK;
	pthread_mutex_lock(&state.lock);
	u64 wanted = state.wanted;
	err_t rc = wanted == state.loaded ? ERR_OK : load(cx);
	if (!rc)
		state.loaded = wanted;
	pthread_mutex_unlock(&state.lock);
	return rc;
}

/* -- search words of old records, after a field became searchable or is so no more -- */

enum { BATCH = 200 };

struct batch {
	const struct entity *e;
	i64 after;
	bool more;
};

static err_t index_batch(struct ctx *cx, void *arg)
{
	struct batch *b = arg;
	struct rec *rec[BATCH];
	size_t n = 0;
	struct rows *r;
	event_not_needed(cx, "search words are made of what is there");
	TRY(db_query(cx->c,
	             arena_printf(cx->a,
	                          "select %s from %s t where t.deleted_at is null and t.id > ?"
	                          " order by t.id limit %d",
	                          entity_columns(b->e), b->e->table, BATCH),
	             ARGS(vi(b->after)), &r));
	while (rows_next(r) && n < BATCH)
		rec[n++] = rec_read(cx->a, b->e, r, 0);
	TRY(rows_done(r));
	for (size_t i = 0; i < n; i++)
		TRY(crud_index(cx, rec[i]));
	b->more = n == BATCH;
	if (n)
		b->after = rec[n - 1]->id;
	return ERR_OK;
}

static err_t reindex(struct ctx *cx, struct job *j)
{
	json_t *p;
	TRY(json_parse(cx->a, &cx->e, j->payload, strlen(j->payload), &p));
	struct batch b = {.e = entity_by_name(json_text(p, "entity")), .more = true};
	if (!b.e || !(b.e->flags & E_SEARCH))
		return ERR_OK;
	struct arena *whole = cx->a;
	while (b.more) {
		cx->a = arena_child(whole);
		err_t rc = ctx_write(cx, index_batch, &b);
		arena_free(cx->a);
		cx->a = whole;
		TRY(rc);
		TRY(job_prolong(cx, j));
	}
	return ERR_OK;
}

const struct job_def custom_jobs[] = {
	{"custom_field.index", L("重建自定义字段的搜索", "Search words of added fields"),
         .lease_us = 5 * US_PER_MIN, .attempts = 3, .backoff_us = US_PER_MIN, .handler = reindex},
	{.name = NULL},
};
