/* Users and teams: entities of the house itself. */
#ifndef TRIPOD_USER_TABLES_H
#define TRIPOD_USER_TABLES_H

#include "core/entity.h"

extern const struct entity user_entity, team_entity;

#endif
