/* What /metrics tells. */
#ifndef TRIPOD_MEASURE_H
#define TRIPOD_MEASURE_H

#include "api/api.h"

struct measure_def {
	const char *name, *type, *unit;
	struct label label;
};
extern const struct measure_def measures[]; /* up to a NULL name */

MUST_USE err_t measure_write(struct ctx *cx, const struct api_server *s, struct buf *b);

#endif
