/* Lists: filter, search, sort, keyset pages, references expanded — for the API, exports and
 * whoever needs rows of an entity that the actor may see. */
#ifndef TRIPOD_LIST_H
#define TRIPOD_LIST_H

#include "core/record.h"

enum { LIST_LIMIT_MAX = 200, LIST_EXPAND_MAX = 8, LIST_SORT_MAX = 4 };

struct list_query {
	const struct entity *e;
	const char *act;      /* "read"; exports ask for "export" as well */
	const json_t *filter; /* {"field":{"op":value}}, and/or/not; NULL = all */
	const char *sort;     /* "-created_at,name"; NULL = the entity's default */
	const char *q;        /* search text or NULL */
	const char *cursor;   /* from the page before, or NULL */
	const char *expand;   /* "owner,account" or NULL */
	const char *fields;   /* "name,amount_fen" or NULL */
	int limit;            /* 0 = 50 */
	bool count;           /* adds "total" */
	bool deleted;         /* the recycle bin instead */
};

/* Reads the query parameters common to all lists into lq; text values may be NULL. */
MUST_USE err_t list_query_parse(struct ctx *cx, const char *filter_json, const char *limit,
                                const char *count, struct list_query *lq);

/* Writes {"items":[…],"next":cursor|null[,"total":n]}. */
MUST_USE err_t list_write(struct ctx *cx, const struct list_query *lq, struct jw *w);

/* Appends " where …" for the rows of `t`: what lq asks for and the actor may see. */
MUST_USE err_t list_where(struct ctx *cx, const struct list_query *lq, struct sqlb *q);
/* Whether lq can be used at all, as the errors of list_write() would say. */
MUST_USE err_t list_check(struct ctx *cx, const struct list_query *lq);

/* Calls fn for every row in order, without a page limit, in one reading; title[i] is the title of
 * the i-th expanded reference. The record is valid during the call. */
MUST_USE err_t list_each(struct ctx *cx, const struct list_query *lq,
                         err_t (*fn)(struct ctx *cx, const struct rec *r, const char *const *titles,
                                     void *arg),
                         void *arg);

/* One record as JSON object with its references expanded (for GET of one). */
MUST_USE err_t list_write_one(struct ctx *cx, const struct rec *r, const char *expand,
                              const char *fields, struct jw *w);

/* Appends " and (…)" for a filter over fields of e. ERR_BAD_FILTER {reason}. */
/* A field by name, of the entity or of every record, that exists for the actor; or NULL. */
const struct field *filter_field(const struct ctx *cx, const struct entity *e, const char *name);
MUST_USE err_t filter_where(struct ctx *cx, const struct entity *e, const char *alias,
                            const json_t *filter, struct sqlb *q);

#endif
