/* Access: who is at the door — passwords, sessions, API tokens.
 *
 * Secrets (session and token) are 256 random bits, handed out once and kept as SHA-256.  Logging
 * in, failing to, logging out, tokens and changed passwords are events of entity "session" or
 * "token" (not visible to other users).  Password hashing is slow: callers run on a worker. */
#ifndef TRIPOD_ACCESS_H
#define TRIPOD_ACCESS_H

#include "base/json.h"
#include "core/actor.h"
#include "core/setting.h"

/* Somebody let in. */
struct visitor {
	struct actor *actor;
	i64 session_id;   /* 0 with a token */
	i64 token_id;     /* 0 with a session */
	const char *csrf; /* of the session */
	const char *theme;
	bool must_change; /* the password, before anything else */
	bool stale;       /* access_touch() wants to be called */
};

/* One statement each. ERR_UNAUTHENTICATED: unknown, ended, expired, or the user is disabled. */
MUST_USE err_t access_by_session(struct ctx *cx, const char *secret, struct visitor *out);
MUST_USE err_t access_by_token(struct ctx *cx, const char *secret, struct visitor *out);
/* Notes that the session or token is in use; a few minutes apart at least. */
MUST_USE err_t access_touch(struct ctx *cx, const struct visitor *v);

struct login {
	const char *login, *password, *agent; /* agent may be NULL */
	/* out */
	i64 user_id;
	const char *secret, *csrf;
	i64 expires_at;
	bool must_change;
};
/* ERR_THROTTLED, or ERR_LOGIN: one answer for unknown, disabled and wrong, taking equally long. */
MUST_USE err_t access_login(struct ctx *cx, struct login *l);
MUST_USE err_t access_logout(struct ctx *cx, const struct visitor *v);

/* Field error ERR_WEAK_PASSWORD under `field` when it is too short, common or the login itself. */
void access_check_password(struct ctx *cx, const char *field, const char *login,
                           const char *password);
/* By the user: checks the old one, ends the user's other sessions. ERR_INVALID. */
MUST_USE err_t access_change_password(struct ctx *cx, const struct visitor *v, const char *old_one,
                                      const char *new_one);
/* By an administrator (permission user.update): ends all sessions; the user must change it. */
MUST_USE err_t access_reset_password(struct ctx *cx, i64 user_id, const char *password);
/* Sets it without a look at rights or strength: the command line. Inside a write. */
MUST_USE err_t access_put_password(struct ctx *cx, i64 user_id, const char *hash, bool must_change);

/* Ends all sessions of a user but `keep`. Inside a write. */
MUST_USE err_t access_end_all(struct ctx *cx, i64 user_id, i64 keep);
/* {"items":[{id,created_at,seen_at,expires_at,ip,agent,current}]} */
MUST_USE err_t access_sessions_write(struct ctx *cx, const struct visitor *v, struct jw *w);
/* The same of any user; current: the session that asks, or 0. No look at rights. */
MUST_USE err_t access_sessions_of(struct ctx *cx, i64 user_id, i64 current, struct jw *w);
MUST_USE err_t access_session_end(struct ctx *cx, i64 user_id, i64 session_id);

/* scopes: comma separated permissions ("lead.read,account.*"), NULL = all the user may.
 * expires_at 0 = never. ERR_INVALID with field scopes. */
MUST_USE err_t access_token_create(struct ctx *cx, i64 user_id, const char *name,
                                   const char *scopes, i64 expires_at, i64 *id,
                                   const char **secret);
/* {"items":[{id,name,scopes,created_at,expires_at,used_at}]}, revoked ones left out. */
MUST_USE err_t access_tokens_write(struct ctx *cx, i64 user_id, struct jw *w);
MUST_USE err_t access_token_revoke(struct ctx *cx, i64 user_id, i64 token_id);

extern const struct setting_def access_settings[];
extern const struct event_kind access_events[];
extern const struct permission access_permissions[];

#endif
