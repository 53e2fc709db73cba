/* Housekeeping: expired sessions, log-in throttles, kept answers, notifications older than a year,
 * letters older than ninety days,
 * finished jobs. */
#ifndef TRIPOD_HOUSEKEEPING_H
#define TRIPOD_HOUSEKEEPING_H

#include "core/job.h"

extern const struct job_def housekeeping_jobs[];

#endif
