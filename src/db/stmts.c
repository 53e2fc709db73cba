/* Prepared statements of one connection: a fixed table, found by text, oldest thrown out.
 * A miss costs a prepare anyway, so looking for the oldest may walk the whole table. */
#include <string.h>

#include "db/impl.h"

void stmts_init(struct stmts *s)
{
	memset(s, 0, sizeof *s);
	for (int i = 0; i < STMT_BUCKETS; i++)
		s->bucket[i] = -1;
}

struct stmt *stmts_find(struct stmts *s, u64 hash, const char *sql)
{
	for (int i = s->bucket[hash % STMT_BUCKETS]; i >= 0; i = s->slot[i].next) {
		struct stmt *st = &s->slot[i];
		if (st->hash == hash && !strcmp(st->sql, sql)) {
			st->used = ++s->tick;
			return st;
		}
	}
	return NULL;
}

void stmts_drop(struct stmts *s, struct stmt *st)
{
	int self = (int)(st - s->slot);
	int *at = &s->bucket[st->hash % STMT_BUCKETS];
	while (*at >= 0 && *at != self)
		at = &s->slot[*at].next;
	if (*at == self)
		*at = st->next;
	st->used = 0;
}

struct stmt *stmts_take(struct stmts *s)
{
	if (s->n < STMT_SLOTS)
		return &s->slot[s->n++];
	struct stmt *oldest = NULL;
	for (int i = 0; i < STMT_SLOTS; i++) {
		struct stmt *st = &s->slot[i];
		if (!st->busy && (!oldest || st->used < oldest->used))
			oldest = st;
	}
	if (oldest && oldest->used)
		stmts_drop(s, oldest);
	return oldest;
}

void stmts_put(struct stmts *s, struct stmt *st, u64 hash, const char *sql, void *handle)
{
	int *head = &s->bucket[hash % STMT_BUCKETS];
	*st = (struct stmt){
		.hash = hash, .used = ++s->tick, .sql = sql, .handle = handle, .next = *head};
	*head = (int)(st - s->slot);
}
