/* What this program is made of: the explicit lists of modules and of seed files. */
#ifndef TRIPOD_MODULES_H
#define TRIPOD_MODULES_H

#include "core/ctx.h"
#include "core/entity.h"

struct mig_step;

extern const struct module *const app_modules[]; /* up to NULL */
extern const struct module *const no_modules[];

/* Loads every file of seed/ into a database that has none, in one write. */
MUST_USE err_t app_seed(struct ctx *cx);

/* An open database made ready: migrated, checked, seeded; what is kept in memory is started. */
MUST_USE err_t app_prepare(struct db *db, struct arena *a, struct errs *e,
                           const struct mig_step *steps);

#endif
