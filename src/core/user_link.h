/* One-time links by which a person sets a password of his own: an invitation to a new colleague, a
 * new password for one who lost his.  256 random bits, handed out once, kept as SHA-256, good for
 * the days of setting link.days or until a newer one is made. */
#ifndef TRIPOD_USER_LINK_H
#define TRIPOD_USER_LINK_H

#include "core/access.h"

enum user_link_kind { LINK_INVITE, LINK_RESET };

struct user_link {
	const char *secret; /* handed out once */
	i64 expires_at;
};
/* For an active user, by whoever may change all users. Earlier links of the user end; a reset also
 * ends his sessions. ERR_NOT_FOUND · ERR_FORBIDDEN. */
MUST_USE err_t user_link_make(struct ctx *cx, i64 user_id, enum user_link_kind kind,
                              struct user_link *out);

struct user_link_for {
	i64 id, user_id;
	const char *login, *name;
};
/* Whose link it is. ERR_NOT_FOUND: unknown, used, expired, or the user is disabled. */
MUST_USE err_t user_link_find(struct ctx *cx, const char *secret, struct user_link_for *out);
/* Sets the password and ends the link; throttles are cleared. Slow: on a worker.
 * ERR_NOT_FOUND · ERR_INVALID (password). */
MUST_USE err_t user_link_use(struct ctx *cx, const char *secret, const char *password);

/* Failed log-ins of this user no longer count. ERR_NOT_FOUND · ERR_FORBIDDEN. */
MUST_USE err_t user_unlock(struct ctx *cx, i64 user_id);
/* {"locked_until","invited_until","sessions":[…],"tokens":[…]} of any user, for administrators;
 * current: the session that asks, or 0. */
MUST_USE err_t user_access_write(struct ctx *cx, i64 user_id, i64 current, struct jw *w);
/* Ends one session of a user, 0 = all; by an administrator. ERR_NOT_FOUND. */
MUST_USE err_t user_session_end(struct ctx *cx, i64 user_id, i64 session_id);
/* Revokes a token of a user, by an administrator. ERR_NOT_FOUND. */
MUST_USE err_t user_token_revoke(struct ctx *cx, i64 user_id, i64 token_id);

extern const struct setting_def user_link_settings[];
extern const struct event_kind user_link_events[];

#endif
