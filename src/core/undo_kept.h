/* What the two files of undo share: a kept row. Not for others: see core/undo.h. */
#ifndef TRIPOD_UNDO_KEPT_H
#define TRIPOD_UNDO_KEPT_H

#include "core/undo.h"

struct undo_row {
	const char *entity; /* NULL for teams and watches */
	const char *act;    /* changed, removed, made, joined, left, watched */
	const char *before; /* JSON, or NULL */
	i64 entity_id, version;
};

/* The row of a record, deleted or not; NULL when there is none. */
MUST_USE err_t undo_stored(struct ctx *cx, const struct entity *e, i64 id, struct rec **out);

#endif
