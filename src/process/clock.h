/* The clock's job, for the module's table. */
#ifndef TRIPOD_CLOCK_H
#define TRIPOD_CLOCK_H

#include "core/job.h"

extern const struct job_def process_jobs[];

#endif
