/* Products: what can be sold (the ground of S3). */
#ifndef TRIPOD_SOLUTION_H
#define TRIPOD_SOLUTION_H

#include "core/entity.h"

extern const struct module solution_module;
extern struct entity product_entity; /* takes added fields */

#endif
