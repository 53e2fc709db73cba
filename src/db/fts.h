/* Search tables: which rows hold all of some words.
 *
 * The layer above prepares the words of a row (base/pinyin.h search_words: single Han characters
 * and pairs, Latin words, pinyin, initials) and of a query (search_query). Here they are only kept
 * and found: FTS5 on SQLite, a GIN index over tsvector on PostgreSQL. Neither engine parses text.
 *
 *	migration:  {OP_CREATE_FTS, .table = "account_search"}
 *	on write:   fts_put(c, "account_search", id, search_words(a, name))
 *	on search:  size_t n = search_query(a, q, &words);
 *	            if (fts_condition(a, conn_engine(c), "account_search", "t.id", words, n, &f))
 *	                    … buf_puts(&where, f.sql); args[n_args++] = f.value;
 *
 * Table names come from descriptors, never from outside. */
#ifndef TRIPOD_FTS_H
#define TRIPOD_FTS_H

#include "base/pinyin.h"
#include "db/db.h"

/* Sets the words of row `id`, separated by blanks. Cheap when they are what they were. */
MUST_USE err_t fts_put(struct conn *c, const char *table, i64 id, const char *words);
/* The same for a row that has no words yet. */
MUST_USE err_t fts_add(struct conn *c, const char *table, i64 id, const char *words);
MUST_USE err_t fts_delete(struct conn *c, const char *table, i64 id);

/* "id_column in (select …)" with one marker, and the value for it, in the arena. */
struct fts_cond {
	const char *sql;
	struct val value;
};
/* Rows that hold all n words (or words beginning so). False when n is 0: nothing to look for. */
bool fts_condition(struct arena *a, enum db_engine engine, const char *table, const char *id_column,
                   const struct query_word *words, size_t n, struct fts_cond *out);

#endif
