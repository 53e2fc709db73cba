/* Editable lists that records point at: industries (each with its GB/T 4754 section), regions. */
#ifndef TRIPOD_REFERENCE_H
#define TRIPOD_REFERENCE_H

#include "core/entity.h"

extern const struct module reference_module;
extern const struct entity industry_entity, region_entity;

#endif
