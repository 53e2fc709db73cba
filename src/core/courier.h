/* The courier: a thread that brings the jobs which send letters and posts forward as soon as there
 * is something to send, in this process or any other. Without it they wait for their next minute. */
#ifndef TRIPOD_COURIER_H
#define TRIPOD_COURIER_H

#include "db/db.h"

MUST_USE err_t courier_start(struct db *db, struct errs *e);
void courier_stop(void);

#endif
