/* Sharing: records of one person that others may read as well — saved views, templates.
 *
 * An entity with scope.shared has a column of SHARE_VALUES and one with the team.  Who may share is
 * the permission "<entity>.share": with scope team one's own team, with scope all everybody. */
#ifndef TRIPOD_SHARE_H
#define TRIPOD_SHARE_H

#include "core/record.h"

extern const struct enum_row share_values[]; /* personal, team, all */

/* For the entity's check hook: may the actor share it so? Fills the team (the actor's own when it
 * is empty), clears it when it is not shared with one. Field errors under `share`, `team_id`. */
MUST_USE err_t share_check(struct ctx *cx, struct rec *now, const struct rec *before);

#endif
