/* Between custom.c and custom_tables.c: a definition as a field. */
#ifndef TRIPOD_CUSTOM_RULES_H
#define TRIPOD_CUSTOM_RULES_H

#include "core/event.h"
#include "core/record.h"

/* The row for a record of custom_field that passed its rules; all texts live in `a`. */
void custom_make(struct arena *a, const struct rec *d, struct field *out);
/* Inside a write: every process reads the definitions again. */
MUST_USE err_t customs_changed(struct ctx *cx);

#endif
