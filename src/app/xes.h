/* The event log as XES (IEEE 1849-2016), for process mining. */
#ifndef TRIPOD_XES_H
#define TRIPOD_XES_H

#include <stdio.h>

#include "core/ctx.h"

/* A trace per opportunity with its sealed events by occurred_at; *count grows by their number. */
MUST_USE err_t xes_write(struct ctx *cx, FILE *out, i64 *count);

#endif
