/* Context: what every product function gets — memory, errors, database, who acts, when.
 *
 * One ctx per request, job run or command; used by one thread at a time (a group-commit leader
 * may run its write job on another thread while the owner waits). */
#ifndef TRIPOD_CTX_H
#define TRIPOD_CTX_H

#include "base/err.h"
#include "base/time.h"
#include "db/db.h"

struct actor;
struct number_stock;
struct undo;

struct ctx {
	struct arena *a;
	struct errs e;
	struct db *db;
	struct conn *c; /* the connection to read and write on now */
	const struct actor *actor;
	i64 now;         /* UTC us when the request began */
	i64 occurred_at; /* 0, or the past instant that events are dated with (imports) */
	enum lang lang;
	const char *via; /* api, ui, import, job, cli: written into events */
	const char *request_id;
	const char *client_id; /* browser tab, so that it can ignore its own echo; or NULL */
	const char *ip;
	struct undo *undo; /* notes what is changed, so that it can be taken back; or NULL */
	struct number_stock
		*numbers; /* taken in advance, by a bulk write; or NULL (core/number.h) */
};

/* Fills cx, acquires a reading connection. ctx_end() gives it back. */
MUST_USE err_t ctx_begin(struct ctx *cx, struct db *db, struct arena *a, const char *via);
void ctx_end(struct ctx *cx);

/* Runs fn in one write transaction with cx->c being its connection. Inside a write it is a plain
 * call, so writers compose. fn may run twice (retry): no effects but SQL and arg. */
MUST_USE err_t ctx_write(struct ctx *cx, err_t (*fn)(struct ctx *cx, void *arg), void *arg);

/* Shorthands that record into cx->e. */
#define cx_err(cx, code, params) errs_set(&(cx)->e, (code), (params))
#define cx_fail(cx, code, ...) errs_fail(&(cx)->e, (code), __VA_ARGS__)

/* A statement under construction: text and its values side by side. */
struct sqlb {
	struct buf *sql;
	struct val *v;
	size_t n, cap;
	struct arena *a;
};
struct sqlb *sqlb_new(struct arena *a);
/* Appends text; never a value. */
void sqlb_add(struct sqlb *q, const char *text);
void sqlb_addf(struct sqlb *q, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Appends "?" and remembers the value. */
void sqlb_val(struct sqlb *q, struct val v);
const char *sqlb_text(struct sqlb *q);
struct args sqlb_args(const struct sqlb *q);

#endif
