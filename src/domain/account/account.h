/* Accounts and contacts (T1): the companies we serve, their groups, their people, and our team for
 * each of them (account_member): whoever is on it sees everything of the account.
 * Owns: account, account_member, contact. */
#ifndef TRIPOD_ACCOUNT_H
#define TRIPOD_ACCOUNT_H

#include "core/record.h"

extern const struct module account_module;
extern struct entity account_entity, contact_entity; /* take added fields */
/* Where customers and leads come from (S1.2). */
extern const struct enum_row source_values[];

/* Puts a user on the account's team; there already: nothing happens. role: a role code.
 * Emits account.member_added. Only inside a write. */
MUST_USE err_t account_add_member(struct ctx *cx, i64 account_id, i64 user_id, const char *role);
/* ERR_NOT_FOUND when the user is not on it. Emits account.member_removed. */
MUST_USE err_t account_remove_member(struct ctx *cx, i64 account_id, i64 user_id);
/* {"items":[{user:{id,name}, role, added_at}]} */
MUST_USE err_t account_members(struct ctx *cx, i64 account_id, struct jw *w);
/* {"account":…}: the tree of parents and children around an account the actor may see, and the
 * totals over its open and won opportunities. */
MUST_USE err_t account_overview(struct ctx *cx, i64 account_id, struct jw *w);
/* Accounts with the same credit code or the same name key, that the actor may see. */
MUST_USE err_t account_duplicates(struct ctx *cx, const char *name, const char *credit_code,
                                  struct jw *w);

#endif
