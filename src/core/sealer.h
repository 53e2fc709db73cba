/* Sealer: the thread that chains what has been committed to the event log (core/event.h).
 *
 * Only on PostgreSQL, where writers leave it undone; every process has one, and the one that gets
 * the lock does the work. */
#ifndef TRIPOD_SEALER_H
#define TRIPOD_SEALER_H

#include "core/ctx.h"

/* Does nothing on SQLite. */
MUST_USE err_t sealer_start(struct db *db, struct errs *e);
void sealer_stop(void);
/* Seals what waits, unless another process is at it: at the beginning and end of a command. */
void sealer_once(struct db *db);

#endif
