/* Recycle bin: what goes with a record and comes back with it.
 *
 * By the scope columns of the entities: records whose parent (scope.parents, or entity + entity_id)
 * is the one that goes, and what hangs on those.  A record with another live parent stays; the
 * account of what is removed is no other parent, since it is above it.  Table `bin_along` says by
 * whose removal each was taken: a restore brings back exactly those. */
#ifndef TRIPOD_BIN_H
#define TRIPOD_BIN_H

#include "core/record.h"

/* Calls fn for each live record that goes with r, lowest first, and notes that it went. fn removes
 * it. To be called before r itself goes. */
MUST_USE err_t bin_take_along(struct ctx *cx, const struct rec *r,
                              err_t (*fn)(struct ctx *cx, const struct rec *r));
/* Calls fn for each record that went with this one, highest first. fn brings it back. To be called
 * after this one is back. */
MUST_USE err_t bin_bring_along(struct ctx *cx, const struct entity *e, i64 id,
                               err_t (*fn)(struct ctx *cx, const struct entity *e, i64 id));
/* It is back: nobody's removal keeps it any more. */
MUST_USE err_t bin_forget(struct ctx *cx, const struct entity *e, i64 id);
/* ERR_CONFLICT, saying which, while a parent of r lies in the bin. */
MUST_USE err_t bin_needs_parents(struct ctx *cx, const struct rec *r);

#endif
