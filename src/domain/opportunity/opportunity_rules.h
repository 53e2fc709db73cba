/* Rules of opportunities, for the tables of this folder only. */
#ifndef TRIPOD_OPPORTUNITY_RULES_H
#define TRIPOD_OPPORTUNITY_RULES_H

#include "domain/opportunity/opportunity.h"

extern const struct entity_hooks opportunity_hooks;

#endif
