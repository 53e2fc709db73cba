/* Editable lists that records point at: industries (each with its GB/T 4754 section), regions. */
#ifndef TRIPOD_REFERENCE_H
#define TRIPOD_REFERENCE_H

#include "base/json.h"
#include "core/entity.h"

extern const struct module reference_module;
extern const struct entity industry_entity, region_entity;

/* seed/industries.json and seed/regions.json into a new database. Inside a write. ERR_BAD_JSON. */
MUST_USE err_t reference_seed_industries(struct ctx *cx, const json_t *doc);
MUST_USE err_t reference_seed_regions(struct ctx *cx, const json_t *doc);

#endif
