/* Roles and what they may do: the ten roles, the shipped grants, and changing them. */
#ifndef TRIPOD_ROLES_H
#define TRIPOD_ROLES_H

#include "core/actor.h"
#include "core/record.h"

/* The ten roles of the ground rules, up to a NULL value. */
extern const struct enum_row role_values[];

/* seed/roles.json into role_grant, for a new database. ERR_BAD_JSON when it is not of format 1 or
 * names an unknown role. */
MUST_USE err_t roles_seed(struct ctx *cx, const json_t *doc);
/* {"roles":[{code,label}],"permissions":[{code,label}],"grants":{role:{permission:scope}}}. */
MUST_USE err_t roles_write(struct ctx *cx, struct jw *w);
/* {"role":{"permission":"own|team|all|none"}}: changes what is named, leaves the rest. One event
 * role.changed per role. ERR_INVALID for an unknown role, permission or scope, and when the
 * administrators would lose the right to change grants. */
MUST_USE err_t roles_patch(struct ctx *cx, const json_t *body);

extern const struct event_kind role_events[];
extern const struct permission role_permissions[];

#endif
