/* Shape: do the tables of the database fit the entities that the program knows?
 *
 * Asked after every migration, so that a forgotten or misspelt migration step stops the start and
 * not some request a week later. */
#ifndef TRIPOD_SHAPE_H
#define TRIPOD_SHAPE_H

#include "core/ctx.h"

/* Every entity's table has the record columns, `number` when it is numbered, a column of the right
 * kind for each field, the columns that scope looks at, and its search table.
 * ERR_DB; the log names every column that is missing or of another kind. */
MUST_USE err_t shape_check(struct ctx *cx);

#endif
