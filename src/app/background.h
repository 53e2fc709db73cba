/* What runs beside the requests: sealing of events (PostgreSQL), the clock of the process. */
#ifndef TRIPOD_BACKGROUND_H
#define TRIPOD_BACKGROUND_H

#include "db/db.h"

/* One per process. Of several processes on one database one does each task; when it goes, another
 * takes over. */
MUST_USE err_t background_start(struct db *db, struct errs *e);
void background_stop(void);
/* Seals what waits, unless another process is at it: at the beginning and end of a command. */
void background_seal(struct db *db);

#endif
