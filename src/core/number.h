/* Record numbers: prefix, year, six digits without gaps within the transaction ("L2026-000042"). */
#ifndef TRIPOD_NUMBER_H
#define TRIPOD_NUMBER_H

#include "core/ctx.h"

MUST_USE err_t number_next(struct ctx *cx, const char *series, const char *prefix,
                           const char **out);

#endif
