/* Rules of accounts and contacts, for the tables of this folder only. */
#ifndef TRIPOD_ACCOUNT_RULES_H
#define TRIPOD_ACCOUNT_RULES_H

#include "domain/account/account.h"

extern const struct entity_hooks account_hooks, contact_hooks;
enum err_code currency_check(const struct val *v);

#endif
