/* Field rights: what each role may do with each field, as data.
 *
 * Table field_right holds what differs from the default: (role, entity, field) → none, read or
 * edit.  The default is edit; of a field with a read_permission (core/entity.h) it is nothing for
 * roles without that permission.  Who has several roles has the widest.  Effect is through
 * scope_field() and scope_field_write() alone (core/scope.h); every change is an event
 * role.fields_changed with the old and the new word, so the log holds every version. */
#ifndef TRIPOD_FIELD_RIGHTS_H
#define TRIPOD_FIELD_RIGHTS_H

#include "base/json.h"
#include "core/actor.h"
#include "core/entity.h"

/* {"roles":[{code,label}], "entities":[{name,label,fields:[{name,label,group,least}]}],
 *  "defaults":{role:{entity:{field:access}}} where it is not edit, "rights": the same of the table}
 * least: none, or read for a field without which records cannot be told apart or made.
 * Needs role.read. */
MUST_USE err_t field_rights_write(struct ctx *cx, struct jw *w);
/* {"role":{"entity":{"field":"none|read|edit"|null}}}: changes what is named, null = the default
 * again. One event per role and entity. ERR_INVALID for unknown names, for less than `least`, and
 * when administrators would lose hold of users. Needs role.update. */
MUST_USE err_t field_rights_patch(struct ctx *cx, const json_t *body);
/* One row, inside a write, without an event or notice of its own. */
MUST_USE err_t field_right_put(struct ctx *cx, const char *role, const char *entity,
                               const char *field, enum field_access access);

#endif
