/* Search: words of each record, and finding records by Chinese, pinyin, initials, phone tails and
 * numbers — only what the actor may see. */
#ifndef TRIPOD_SEARCH_H
#define TRIPOD_SEARCH_H

#include "core/record.h"

/* Words of a record into <table>_fts, replacing the old ones. */
MUST_USE err_t search_put(struct ctx *cx, const struct rec *r);
/* The same for a record that was just made. */
MUST_USE err_t search_add(struct ctx *cx, const struct rec *r);
MUST_USE err_t search_remove(struct ctx *cx, const struct entity *e, i64 id);
/* Appends " and t.id in (…)" for a query text; an empty query appends nothing, one without any
 * usable word finds nothing. */
MUST_USE err_t search_where(struct ctx *cx, const struct entity *e, const char *alias,
                            const char *query, struct sqlb *q);
/* {"groups":[{"entity","label","items":[{id,title,subtitle,number}]}]}: newest first, at most
 * `limit` of each entity. */
MUST_USE err_t search_all(struct ctx *cx, const char *query, int limit, struct jw *w);

#endif
