/* Lookups of imports: hash tables from text to record, filled by the batch. */
#include "core/import_lookup.h"

#include <string.h>

#include "base/hash.h"
#include "core/scope.h"

enum { ENTRIES_MAX = 100000, CHUNK_MAX = 256 };

struct entry {
	const char *text;
	const char *sort_key; /* of the text, where it is looked up by that */
	u64 hash;
	bool known, wanted;
	int count; /* 0, 1, 2 = more than one */
	i64 id;
	struct rec **recs; /* those of a key lookup; NULL once one was written */
	size_t n_recs, cap_recs;
	u32 batch; /* in which they were fetched */
};

struct lookup {
	struct lookup *next;
	struct lookups *all;
	const struct entity *e;
	int by;
	bool scoped, records;
	struct entry **slot;
	size_t n, cap;
	struct entry **wanted;
	size_t n_wanted, cap_wanted;
};

struct lookups {
	struct arena *a;     /* the lookups */
	struct arena *kept;  /* their entries */
	struct arena *batch; /* records */
	struct lookup *first;
	size_t entries;
	u32 batch_no;
	struct entry **touched; /* since the mark */
	size_t n_touched, cap_touched;
};

struct lookups *lookups_new(struct arena *a)
{
	struct lookups *l = ARENA_NEW(a, struct lookups);
	l->a = a;
	l->kept = arena_child(a);
	return l;
}

struct lookup *lookup_of(struct ctx *cx, struct lookups *l, const struct entity *e, int by,
                         bool key)
{
	/* People are known to everybody in the house. */
	bool scoped = !key && strcmp(e->name, "user") != 0 && !(e->flags & E_OPEN_READ) &&
	              actor_scope_of(cx->actor, e->name, "read") != SCOPE_ALL;
	struct lookup *k = l->first;
	while (k && (k->e != e || k->by != by || k->scoped != scoped))
		k = k->next;
	if (!k) {
		k = ARENA_NEW(l->a, struct lookup);
		*k = (struct lookup){
			.next = l->first, .all = l, .e = e, .by = by, .scoped = scoped};
		l->first = k;
	}
	k->records |= key;
	return k;
}

void lookups_clear(struct lookups *l)
{
	arena_reset(l->kept);
	l->entries = 0;
	l->n_touched = l->cap_touched = 0;
	l->touched = NULL;
	for (struct lookup *k = l->first; k; k = k->next) {
		k->slot = k->wanted = NULL;
		k->n = k->cap = k->n_wanted = k->cap_wanted = 0;
	}
}

void lookups_batch(struct lookups *l, struct arena *batch)
{
	if (l->entries > ENTRIES_MAX)
		lookups_clear(l);
	l->batch = batch;
	l->batch_no++;
}

static struct entry **grown(struct arena *a, struct entry **p, size_t n, size_t *cap)
{
	if (n < *cap)
		return p;
	*cap = *cap ? *cap * 2 : 64;
	struct entry **more = ARENA_ARRAY(a, *cap, struct entry *);
	if (n)
		memcpy(more, p, n * sizeof *p);
	return more;
}

static struct entry **place(struct lookup *k, const char *text, u64 hash)
{
	size_t i = hash & (k->cap - 1);
	while (k->slot[i] && (k->slot[i]->hash != hash || strcmp(k->slot[i]->text, text) != 0))
		i = (i + 1) & (k->cap - 1);
	return &k->slot[i];
}

static struct entry *find(struct lookup *k, const char *text)
{
	return k->cap ? *place(k, text, fnv1a(text, strlen(text))) : NULL;
}

static struct entry *find_or_make(struct lookup *k, const char *text)
{
	if (k->n * 2 >= k->cap) {
		size_t old = k->cap;
		struct entry **from = k->slot;
		k->cap = old ? old * 2 : 64;
		k->slot = ARENA_ARRAY(k->all->kept, k->cap, struct entry *);
		for (size_t i = 0; i < old; i++)
			if (from[i])
				*place(k, from[i]->text, from[i]->hash) = from[i];
	}
	u64 hash = fnv1a(text, strlen(text));
	struct entry **at = place(k, text, hash);
	if (!*at) {
		*at = ARENA_NEW(k->all->kept, struct entry);
		(*at)->text = arena_strdup(k->all->kept, text);
		(*at)->hash = hash;
		k->n++;
		k->all->entries++;
	}
	return *at;
}

static bool has_record(const struct lookup *k, const struct entry *en)
{
	return !k->records || !en->count || (en->recs && en->batch == k->all->batch_no);
}

static void want(struct lookup *k, struct entry *en)
{
	if (en->wanted || (en->known && has_record(k, en)))
		return;
	en->wanted = true;
	k->wanted = grown(k->all->kept, k->wanted, k->n_wanted, &k->cap_wanted);
	k->wanted[k->n_wanted++] = en;
}

void lookup_want(struct lookup *k, const char *text)
{
	want(k, find_or_make(k, text));
}

/* A few sizes of chunks only, the last value repeated: so there are few statements to prepare. */
static size_t chunk_size(size_t n)
{
	size_t size = 1;
	while (size < n)
		size *= 4;
	return size < CHUNK_MAX ? size : CHUNK_MAX;
}

/* Appends " and t.column in (…)": the texts that are wanted, or their sort keys. */
static void one_of(struct sqlb *q, const struct lookup *k, const char *column, bool sort_keys,
                   size_t from, size_t n)
{
	sqlb_addf(q, " and t.%s in (", column);
	for (size_t i = 0, size = chunk_size(n); i < size; i++) {
		struct entry *en = k->wanted[from + (i < n ? i : n - 1)];
		if (sort_keys && !en->sort_key)
			en->sort_key = arena_strdup(k->all->kept, rec_sort_key(q->a, en->text));
		if (i)
			sqlb_add(q, ",");
		sqlb_val(q, vt(sort_keys ? en->sort_key : en->text));
	}
	sqlb_add(q, ")");
}

static void add_record(struct lookup *k, struct entry *en, struct rec *r)
{
	if (en->n_recs == en->cap_recs) {
		en->cap_recs = en->cap_recs ? en->cap_recs * 2 : 1;
		struct rec **more = ARENA_ARRAY(k->all->batch, en->cap_recs, struct rec *);
		if (en->n_recs)
			memcpy(more, en->recs, en->n_recs * sizeof *more);
		en->recs = more;
	}
	en->recs[en->n_recs++] = r;
	en->batch = k->all->batch_no;
}

static err_t fetch_chunk(struct ctx *cx, struct lookup *k, size_t from, size_t n)
{
	const char *column = k->e->fields[k->by].name;
	struct sqlb *q = sqlb_new(cx->a);
	if (k->records)
		sqlb_addf(q, "select %s", entity_columns(k->e));
	else
		sqlb_addf(q, "select t.id, t.%s", column);
	sqlb_addf(q, " from %s t where t.deleted_at is null", k->e->table);
	one_of(q, k, column, false, from, n);
	if (k->e->title && !strcmp(column, k->e->title))
		one_of(q, k, "sort_key", true, from, n);
	if (k->scoped)
		TRY(scope_where(cx, k->e, "read", "t", q));
	for (size_t i = 0; i < n; i++) {
		struct entry *en = k->wanted[from + i];
		*en = (struct entry){.text = en->text,
		                     .sort_key = en->sort_key,
		                     .hash = en->hash,
		                     .known = true};
	}
	struct rows *r;
	TRY(db_query(cx->c, sqlb_text(q), sqlb_args(q), &r));
	int by = k->records ? REC_SYSTEM_N + k->by : 1;
	while (rows_next(r)) {
		struct entry *en = find(k, rows_text(r, by));
		if (!en)
			continue;
		en->id = rows_i64(r, 0);
		en->count += en->count < 2;
		if (k->records)
			add_record(k, en, rec_read(k->all->batch, k->e, r, 0));
	}
	return rows_done(r);
}

static err_t fetch(struct ctx *cx, struct lookup *k)
{
	size_t n = k->n_wanted;
	for (size_t from = 0; from < n; from += CHUNK_MAX)
		TRY(fetch_chunk(cx, k, from, n - from < CHUNK_MAX ? n - from : CHUNK_MAX));
	k->n_wanted = 0;
	return ERR_OK;
}

err_t lookups_fetch(struct ctx *cx, struct lookups *l)
{
	for (struct lookup *k = l->first; k; k = k->next)
		if (k->n_wanted)
			TRY(fetch(cx, k));
	return ERR_OK;
}

static bool fresh(const struct lookup *k, const struct entry *en)
{
	return en->recs && en->batch == k->all->batch_no;
}

err_t lookup_get(struct ctx *cx, struct lookup *k, const char *text, struct found *out)
{
	struct entry *en = find_or_make(k, text);
	if (!en->known) {
		want(k, en);
		TRY(fetch(cx, k));
	}
	*out = (struct found){.id = en->count ? en->id : 0,
	                      .ambiguous = en->count > 1,
	                      .rec = fresh(k, en) ? en->recs[0] : NULL};
	return ERR_OK;
}

err_t lookup_all(struct ctx *cx, struct lookup *k, const char *text, struct rec ***recs, size_t *n)
{
	struct entry *en = find_or_make(k, text);
	want(k, en);
	TRY(fetch(cx, k));
	*recs = en->recs;
	*n = en->count ? en->n_recs : 0;
	return ERR_OK;
}

const char *lookup_sort_key(struct lookup *k, const char *text)
{
	const struct entry *en = find(k, text);
	return en ? en->sort_key : NULL;
}

static void touch(struct lookups *l, struct entry *en)
{
	l->touched = grown(l->kept, l->touched, l->n_touched, &l->cap_touched);
	l->touched[l->n_touched++] = en;
}

static void forget(struct entry *en)
{
	*en = (struct entry){
		.text = en->text, .sort_key = en->sort_key, .hash = en->hash, .wanted = en->wanted};
}

static void note(struct lookup *k, const struct rec *r, bool created)
{
	const struct val *v = &r->v[k->by];
	struct entry *en = v->type == VAL_TEXT ? find(k, v->s.p) : NULL;
	if (!en || !en->known)
		return;
	touch(k->all, en);
	en->recs = NULL;
	en->n_recs = en->cap_recs = 0;
	if (!created)
		return;
	if (!en->count)
		en->id = r->id;
	en->count += en->count < 2;
}

void lookups_wrote(struct lookups *l, const struct rec *now, const struct rec *before)
{
	for (struct lookup *k = l->first; k; k = k->next) {
		if (k->e != now->e)
			continue;
		if (!before || rec_same(now, before, k->by)) {
			note(k, now, !before);
			continue;
		}
		/* Another name than before: both are looked up anew. */
		const struct val *v[] = {&now->v[k->by], &before->v[k->by]};
		for (size_t i = 0; i < ARRAY_LEN(v); i++) {
			struct entry *en = v[i]->type == VAL_TEXT ? find(k, v[i]->s.p) : NULL;
			if (en) {
				touch(l, en);
				forget(en);
			}
		}
	}
}

void lookups_mark(struct lookups *l)
{
	l->n_touched = 0;
}

void lookups_undo(struct lookups *l)
{
	for (size_t i = 0; i < l->n_touched; i++)
		forget(l->touched[i]);
	l->n_touched = 0;
}
