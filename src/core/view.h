/* Saved views: the questions people ask a list again and again — filter, columns, sort, grouping.
 *
 * A view is a record of entity "view" (core/crud.h makes, changes and removes it) and belongs to a
 * person; it may be shared (core/share.h).  The order of the tabs and the view a list opens with
 * are each person's own; a role can have a view to open with as well. */
#ifndef TRIPOD_VIEW_H
#define TRIPOD_VIEW_H

#include "core/record.h"

/* {"items":[view…],"default":id|null} of what the actor may read for entity `name`, in the actor's
 * order.  default: the person's own, else that of one of the roles. ERR_BAD_REQUEST. */
MUST_USE err_t views_write(struct ctx *cx, const char *entity, struct jw *w);
/* The actor's order of tabs: ids of views; others follow. Inside a write. ERR_INVALID. */
MUST_USE err_t views_order(struct ctx *cx, const char *entity, const json_t *ids);
/* Opens the list of its entity: for the actor (role NULL) or for everybody of a role, who must be
 * able to read it. on=false takes it back. Inside a write.
 * ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_INVALID. */
MUST_USE err_t view_default(struct ctx *cx, i64 id, const char *role, bool on);

extern const struct entity view_entity;
extern const struct permission view_permissions[];
extern const struct event_kind view_events[];

#endif
