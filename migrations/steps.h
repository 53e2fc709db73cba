/* The numbered list of migrations. To add one: a file NNNN_subject.c here and a row in steps.c. */
#ifndef TRIPOD_MIGRATION_STEPS_H
#define TRIPOD_MIGRATION_STEPS_H

#include "db/migrate.h"

extern const struct mig_op step_0001[];
extern const struct mig_op step_0002[];
extern const struct mig_op step_0003[];
extern const struct mig_op step_0004[];
extern const struct mig_op step_0005[];
extern const struct mig_op step_0006[];
extern const struct mig_op step_0007[];
extern const struct mig_op step_0008[];
extern const struct mig_op step_0009[];
extern const struct mig_op step_0010[];
extern const struct mig_op step_0011[];

#endif
