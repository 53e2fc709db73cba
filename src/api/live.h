/* The live feed: sealed events to every browser that may see them, as they happen. */
#ifndef TRIPOD_LIVE_H
#define TRIPOD_LIVE_H

#include "api/api.h"

/* One feed per process. Stop it after the server, so that no stream is left. */
MUST_USE err_t live_start(struct db *db, struct errs *e);
void live_stop(void);

#endif
