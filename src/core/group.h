/* Groups: the rows of a list by the value of one field — how many, and their amounts. */
#ifndef TRIPOD_GROUP_H
#define TRIPOD_GROUP_H

#include "core/list.h"

enum { GROUPS_MAX = 1000 };

/* Writes {"by":…,"items":[{"value":…,"label":…,"count":n,"sums":[…],"filter":{…}}],"count":n,
 * "sums":[…],"more":false} over the rows that lq finds. `by` is a field: a list of words, a
 * reference, yes or no, a text; a date or time with a unit: "expected_sign_on:month" (day, month,
 * quarter, year; month when there is none), cut in the actor's time zone.
 * sums: {"field":…,"currency":…,"amount_fen":n} for each amount the actor may see.
 * filter finds the rows of the group. After GROUPS_MAX groups `more` is true; count and sums are of
 * all rows still. ERR_BAD_REQUEST for a field that cannot be grouped by or may not be seen. */
MUST_USE err_t group_write(struct ctx *cx, const struct list_query *lq, const char *by,
                           struct jw *w);
/* Only whether `by` can be used: as above. */
MUST_USE err_t group_check(struct ctx *cx, const struct entity *e, const char *by);

#endif
