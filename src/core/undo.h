/* Undo: one mechanism for every act that may be taken back — bulk edit, merge, delete, moving a card
 * of the board, hand-over.
 *
 * The act runs inside undo_run(); while it runs, every write of core/crud notes the record as it was
 * before (cx->undo), and whoever writes past crud calls undo_touch() or undo_made() first.  At the end
 * the differences become one undo_entry with its rows, in the same transaction.
 *
 * undo_do() puts all of them back or none: it refuses, naming record and person, when one of them
 * moved on.  It writes the old values straight back, without the entities' hooks: what the hooks did
 * was noted as well.  Notices that were sent stay sent. */
#ifndef TRIPOD_UNDO_H
#define TRIPOD_UNDO_H

#include "core/record.h"
#include "core/setting.h"

struct undo_act {
	const char *kind;       /* a row of the table in undo.c: bulk_edit, delete, merge … */
	const struct entity *e; /* what it was done to; counted in the label. NULL = all kinds */
	const char *title;      /* of the one record it was about; NULL = that of the first noted */
	i64 entry; /* goes on with this entry: a large act in portions; 0 = a new one */
};

/* Runs fn in one write and keeps what it changed. *undo_id: the entry, 0 when nothing changed or when
 * an outer undo_run() takes it along. */
MUST_USE err_t undo_run(struct ctx *cx, const struct undo_act *act,
                        err_t (*fn)(struct ctx *cx, void *arg), void *arg, i64 *undo_id);

/* -- for writers; nothing happens outside of undo_run() -- */

/* Before a live record is changed or removed. */
MUST_USE err_t undo_touch(struct ctx *cx, const struct entity *e, i64 id);
/* The same when the record as it is was read already. */
void undo_touch_rec(struct ctx *cx, const struct rec *before);
/* After one was inserted. */
void undo_made(struct ctx *cx, const struct entity *e, i64 id);
/* Somebody joined or left the team of an account. */
void undo_member(struct ctx *cx, i64 account_id, i64 user_id, const char *role, bool joined);
/* The act can be taken back only as long as nobody acts on the process of this opportunity. */
void undo_watch(struct ctx *cx, i64 opportunity_id);

/* -- taking back -- */

struct undone {
	i64 n; /* records put back */
	const char *kind;
};
/* By who did it, or with undo.use for all: else ERR_NOT_FOUND. ERR_UNDO_DONE, ERR_UNDO_EXPIRED;
 * ERR_UNDO_MOVED with extra moved:[{entity,id,title,who,when}]. */
MUST_USE err_t undo_do(struct ctx *cx, i64 id, struct undone *out);
/* {"items":[{id,kind,label,entity,n,title,at,expires_at,undone_at,state,user}]}, newest first; all:
 * everybody's, for those with undo.use for all. */
MUST_USE err_t undo_list(struct ctx *cx, bool all, struct jw *w);

extern const struct permission undo_permissions[];
extern const struct event_kind undo_events[];
extern const struct setting_def undo_settings[];

#endif
