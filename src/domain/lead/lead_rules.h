/* Rules of leads, for the tables of this folder only. */
#ifndef TRIPOD_LEAD_RULES_H
#define TRIPOD_LEAD_RULES_H

#include "domain/lead/lead.h"

extern const struct entity_hooks lead_hooks;

#endif
