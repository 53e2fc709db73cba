/* What this program is made of: the explicit lists of modules and of seed files. */
#ifndef TRIPOD_MODULES_H
#define TRIPOD_MODULES_H

#include "core/ctx.h"
#include "core/entity.h"

extern const struct module *const app_modules[]; /* up to NULL */
extern const struct module *const no_modules[];

/* Loads every file of seed/ into a database that has none, in one write. */
MUST_USE err_t app_seed(struct ctx *cx);

#endif
