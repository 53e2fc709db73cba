/* Export: the records of an entity that the actor may see, as CSV, XLSX or ndjson.
 *
 * CSV and XLSX are for people: labels as titles, names for references, codes in words; what they
 * hold can be imported again.  ndjson is for programs: one record a line, as the API gives it,
 * with every reference expanded. */
#ifndef TRIPOD_EXPORT_H
#define TRIPOD_EXPORT_H

#include <stdio.h>

#include "core/list.h"
#include "doc/table.h"

struct export_in {
	enum table_format format;
	struct list_query lq; /* e, filter, sort, q, fields; the rest is set here */
};

/* Needs export.run and <entity>.read; appends export.made {entity, format, rows}. `out` is
 * flushed, not closed. ERR_EXPORT_ROWS {max} · ERR_BAD_FILTER · ERR_BAD_REQUEST (fields, sort). */
MUST_USE err_t export_run(struct ctx *cx, const struct export_in *in, FILE *out, i64 *rows);

extern const struct permission export_permissions[];
extern const struct event_kind export_events[];

#endif
