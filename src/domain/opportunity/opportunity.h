/* Opportunities: one deal with an account, walking the nodes of the playbook (src/process).
 * Owns: opportunity. */
#ifndef TRIPOD_OPPORTUNITY_H
#define TRIPOD_OPPORTUNITY_H

#include "core/record.h"

extern const struct module opportunity_module;
extern struct entity opportunity_entity; /* takes added fields */

#endif
