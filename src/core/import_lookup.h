/* Records found by the text of one field, for imports: what a `ref` or a key names.
 *
 * A lookup remembers what it found and what it did not find; the import tells it what it wrote.
 * Before a batch of rows is written, all texts that it will ask for are fetched at once. */
#ifndef TRIPOD_IMPORT_LOOKUP_H
#define TRIPOD_IMPORT_LOOKUP_H

#include "core/record.h"

struct lookup;
struct lookups;

struct lookups *lookups_new(struct arena *a);
/* The lookup of this entity and field, made when there is none; by is its index. key: all live
 * records count, and the records themselves are fetched; else only what the actor may read. */
struct lookup *lookup_of(struct ctx *cx, struct lookups *l, const struct entity *e, int by,
                         bool key);

/* Forgets everything; before each attempt at the transaction. */
void lookups_clear(struct lookups *l);
/* A new batch: records that were fetched for the one before are gone, too much memory is given
 * back. Their arena is the batch's. */
void lookups_batch(struct lookups *l, struct arena *batch);
/* Asks for a text of the coming batch. */
void lookup_want(struct lookup *k, const char *text);
/* Fetches all that was asked for and is not known. */
MUST_USE err_t lookups_fetch(struct ctx *cx, struct lookups *l);

struct found {
	i64 id;          /* 0: none */
	bool ambiguous;  /* more than one record */
	struct rec *rec; /* when it was fetched in this batch and not written since; else NULL */
};
/* What a text names now. */
MUST_USE err_t lookup_get(struct ctx *cx, struct lookup *k, const char *text, struct found *out);
/* All records with this text, as they are now; of a key lookup. */
MUST_USE err_t lookup_all(struct ctx *cx, struct lookup *k, const char *text, struct rec ***recs,
                          size_t *n);

/* Its sort key, when the lookup had to make that (it goes by the title); else NULL. */
const char *lookup_sort_key(struct lookup *k, const char *text);

/* A record of this import was created or stored (before is NULL when created). */
void lookups_wrote(struct lookups *l, const struct rec *now, const struct rec *before);
/* What was written since lookups_mark() is undone. */
void lookups_mark(struct lookups *l);
void lookups_undo(struct lookups *l);

#endif
