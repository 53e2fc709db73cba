/* The routes that every entity has. */
#ifndef TRIPOD_ENTITY_ROUTES_H
#define TRIPOD_ENTITY_ROUTES_H

#include "api/api.h"

extern const struct api_route entity_routes[], trash_routes[];
/* Not every entity is created or deleted by these. */
bool entity_has_route(const struct entity *e, const struct api_route *r);
/* merge_routes.c: only entities that can be merged have its routes. */
bool merge_has_route(const struct entity *e, const struct api_route *r);

#endif
