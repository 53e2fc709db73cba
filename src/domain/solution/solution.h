/* Products: what can be sold (the ground of S3). */
#ifndef TRIPOD_SOLUTION_H
#define TRIPOD_SOLUTION_H

#include "core/entity.h"

extern const struct module solution_module;
extern const struct entity product_entity;

#endif
