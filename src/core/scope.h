/* Scope: the one authorisation layer under lists, search, reports, exports, files and live feed.
 *
 * For an entity and an act the actor has a scope:
 *   all  — every record;
 *   team — records whose owner is in one of the actor's teams (or below), and what `own` gives;
 *   region — records in one of the actor's regions (user_region) or below: by a region of their
 *          own, else by that of their account; and what `team` gives;
 *   own  — records the actor owns, and records of accounts on whose team the actor is
 *          (account_member), and records whose parent the actor may see;
 *   none — nothing.
 * The account team sees the account, its contacts, opportunities, files and totals alike. */
#ifndef TRIPOD_SCOPE_H
#define TRIPOD_SCOPE_H

#include "core/actor.h"
#include "core/entity.h"

/* The scope an actor has for an act on an entity, with E_OPEN_READ and E_PARENT_READ. */
enum scope scope_of(const struct actor *ac, const struct entity *e, const char *act);
/* Does the field exist for the actor? Not when it is hidden, nor when none of his roles may see it
 * (core/field_rights.h), nor without its read_permission. Every reader and writer of fields asks
 * here: JSON, filters, sort, search, reports, history, forms, imports, exports. */
bool scope_field(const struct actor *ac, const struct field *f);
/* May he change it? Whoever writes a field on somebody's behalf asks this, not only the form. */
bool scope_field_write(const struct actor *ac, const struct field *f);
/* scope_field() by names, for SQL that names columns itself; panics on an unknown name. */
bool scope_sees(const struct actor *ac, const char *entity, const char *field);
/* Appends " and (…)" that keeps the rows of `alias` the actor may `act` on. Loads the actor's
 * teams if need be. */
MUST_USE err_t scope_where(struct ctx *cx, const struct entity *e, const char *act,
                           const char *alias, struct sqlb *q);
/* Is there such a record, not deleted, that the actor may act on? */
MUST_USE err_t scope_allows(struct ctx *cx, const struct entity *e, const char *act, i64 id,
                            bool *yes);

#endif
