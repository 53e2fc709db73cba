/* Housekeeping: expired sessions, log-in throttles, kept answers, used-up links, letters older than
 * ninety days, contents without a row.
 * What an administrator gives days to is in core/retention.h. */
#ifndef TRIPOD_HOUSEKEEPING_H
#define TRIPOD_HOUSEKEEPING_H

#include "core/job.h"

extern const struct job_def housekeeping_jobs[];

#endif
