/* The one way records are made, read, changed and removed.
 *
 * Every function keeps: the actor's scope, the entity's field rules and hooks, references that
 * exist and may be seen, the version check, number, sort key, search words, and one event with
 * the old and new values.  JSON ones serve the API; the others serve domain code. */
#ifndef TRIPOD_CRUD_H
#define TRIPOD_CRUD_H

#include "core/record.h"

/* A live record the actor may read: else ERR_NOT_FOUND. When `act` is not "read" and the actor
 * may read but not act: ERR_FORBIDDEN. */
MUST_USE err_t crud_get(struct ctx *cx, const struct entity *e, i64 id, const char *act,
                        struct rec **out);
/* Without any look at scope: for domain code that was let in by another door. */
MUST_USE err_t crud_load(struct ctx *cx, const struct entity *e, i64 id, struct rec **out);

/* Inserts r (all its field errors gathered); sets id, version, number, times. Owner columns that
 * are empty get the actor (first owner column only). */
MUST_USE err_t crud_insert(struct ctx *cx, struct rec *r);
/* Writes what differs between `before` and `now`; nothing differs: no event, no new version. */
MUST_USE err_t crud_store(struct ctx *cx, const struct rec *before, struct rec *now);
/* The same without the checks and hooks: values that were right before, put back or moved along. */
MUST_USE err_t crud_put(struct ctx *cx, const struct rec *before, struct rec *now);
/* ERR_VERSION: who changed the stored record since `version`, and what, for the problem document. */
MUST_USE err_t crud_conflict(struct ctx *cx, const struct rec *stored, i64 version);
/* To the recycle bin and back. */
MUST_USE err_t crud_remove(struct ctx *cx, const struct rec *r);
MUST_USE err_t crud_restore(struct ctx *cx, const struct entity *e, i64 id, struct rec **out);
/* The same without hooks and rights: what a merge moved, what an undo puts back. */
MUST_USE err_t crud_take_away(struct ctx *cx, const struct rec *r);
/* A record made a moment ago that nobody could have made by hand: as if it had never been. */
MUST_USE err_t crud_unmake(struct ctx *cx, const struct rec *r);
MUST_USE err_t crud_bring_back(struct ctx *cx, const struct entity *e, i64 id, struct rec **out);

/* JSON in: ERR_INVALID with all field errors, ERR_FORBIDDEN without the grant. */
MUST_USE err_t crud_create_json(struct ctx *cx, const struct entity *e, const json_t *body,
                                struct rec **out);
/* version: from If-Match; another one stored → ERR_VERSION whose extra names who changed what. */
MUST_USE err_t crud_patch_json(struct ctx *cx, const struct entity *e, i64 id, i64 version,
                               const json_t *body, struct rec **out);
MUST_USE err_t crud_delete(struct ctx *cx, const struct entity *e, i64 id);

/* Account and opportunity a record belongs to, for its events: by columns account_id and
 * opportunity_id, by being one, or (polymorphic) through its parent. */
MUST_USE err_t crud_belongs(struct ctx *cx, const struct rec *r, i64 *account_id,
                            i64 *opportunity_id);
/* Search words again, after what they come from changed elsewhere. */
MUST_USE err_t crud_index(struct ctx *cx, const struct rec *r);

#endif
