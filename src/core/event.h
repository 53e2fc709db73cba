/* The event log (P6): every fact is one row, written in the same transaction as the change.
 *
 * Timeline, history, audit, live feed, notifications, metrics and process mining read it.
 * Rows are chained by hash in commit order: `pos` is the place in the chain.  SQLite has one
 * writer, so a row is sealed when it is written; on PostgreSQL a sealer (one process at a time)
 * chains what has been committed, so that writers do not queue for the head.
 *
 * Row hash = SHA-256 over previous hash and the row's columns; the payload enters by its own
 * hash, so that a lawful erasure (payload replaced, hash kept, itself an event) leaves the chain
 * whole. */
#ifndef TRIPOD_EVENT_H
#define TRIPOD_EVENT_H

#include "base/json.h"
#include "core/entity.h"

struct event_in {
	const char *kind; /* declared in a module, or <entity>.created … */
	const char *entity;
	i64 entity_id;
	i64 account_id, opportunity_id; /* 0 = none: whose timeline it belongs to */
	const char *payload;            /* a JSON object, or NULL for {} */
	i64 occurred_at;                /* 0 = cx->occurred_at or now */
};

/* Appends; only inside ctx_write. seq may be NULL. */
MUST_USE err_t event_append(struct ctx *cx, const struct event_in *ev, i64 *seq);
/* This write needs no event (session touched, job lease): says why. Debug builds check that every
 * other write appended one. */
void event_not_needed(struct ctx *cx, const char *why);
/* The check behind that; installed once at start. */
void event_check_install(void);

struct event_row {
	i64 pos, seq, occurred_at, recorded_at, actor_id;
	const char *kind, *entity, *via, *payload, *client_id, *request_id, *actor_name;
	i64 entity_id, account_id, opportunity_id;
};

/* Sealed rows with pos > after in order, at most `limit`. */
MUST_USE err_t event_read(struct ctx *cx, i64 after, int limit, struct event_row **out, size_t *n);
/* Position of the newest sealed row. */
MUST_USE err_t event_head(struct ctx *cx, i64 *pos, const char **hash);

/* PostgreSQL: chains up to `limit` committed rows, returns how many. SQLite: 0.
 * ERR_CONFLICT, ERR_UNIQUE: another sealer was quicker, nothing was changed. */
MUST_USE err_t event_seal(struct ctx *cx, int limit, i64 *sealed);

/* Lawful erasure, inside a write: the payload of event `seq` becomes {}, its hash stays, and
 * event.erased names it with the reason. ERR_NOT_FOUND. */
MUST_USE err_t event_erase(struct ctx *cx, i64 seq, const char *reason);

struct event_verdict {
	bool ok;
	i64 events, unsealed;
	const char *head; /* hash of the newest sealed row, "" when there is none */
	i64 broken_pos;   /* first row that fails or is missing, 0 */
	i64 broken_seq;
	/* altered, payload_altered, missing, not_sealed (SQLite seals at once), head_not_found */
	const char *reason;
};
/* Walks the whole chain; with want_head also proves that this hash is still in it. */
MUST_USE err_t event_verify(struct ctx *cx, const char *want_head, struct event_verdict *out);

extern const struct event_kind event_log_events[];

#endif
