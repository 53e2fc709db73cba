/* Regions of a person: what scope `region` looks at (core/scope.h). */
#ifndef TRIPOD_USER_REGIONS_H
#define TRIPOD_USER_REGIONS_H

#include "base/json.h"
#include "core/entity.h"

/* {"regions":[{id,name}]} of a user that the actor may read. ERR_NOT_FOUND. */
MUST_USE err_t user_regions_write(struct ctx *cx, i64 user_id, struct jw *w);
/* {"regions":[id,…]} in place of those before; event user.regions_changed with both. Needs to be
 * allowed to update the user. ERR_INVALID for a region that is none. */
MUST_USE err_t user_regions_put(struct ctx *cx, i64 user_id, const json_t *body);

extern const struct event_kind user_region_events[];

#endif
