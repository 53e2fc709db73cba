/* Links to set a password, and what an administrator does about other people's access. */
#include "core/user_link.h"

#include <string.h>

#include "base/hash.h"
#include "core/event.h"
#include "core/throttle.h"

enum { LINK_BYTES = 32 };

/* clang-format off */
const struct setting_def user_link_settings[] = {
	{{.name = "link.days", .type = FT_INT, .dflt = "7", .min = 1, .max = 60,
	  .label = L("邀请与重置密码链接的有效期", "Links to set a password last for")}, "days"},
	{{.name = NULL}, NULL},
};
const struct event_kind user_link_events[] = {
	{"user.invited", L("已邀请用户", "User invited"), false},
	{"user.reset_link", L("已生成重置密码链接", "Link to a new password made"), false},
	{"user.link_used", L("已通过链接设置密码", "Password set by a link"), false},
	{"user.unlocked", L("已解除登录锁定", "Log-in unlocked"), false},
	{NULL, L(NULL, NULL), false},
};
/* clang-format on */

static const char *const kinds[][2] = {
	[LINK_INVITE] = {"invite", "user.invited"},
	[LINK_RESET] = {"reset", "user.reset_link"},
};

static const char *hash_of(struct ctx *cx, const char *secret)
{
	char *h = arena_alloc(cx->a, SHA256_HEX);
	sha256_hex(secret, strlen(secret), h);
	return h;
}

static err_t tell(struct ctx *cx, const char *kind, i64 user_id)
{
	return event_append(
		cx, &(struct event_in){.kind = kind, .entity = "user", .entity_id = user_id}, NULL);
}

/* The login of a user whose access the actor may govern. */
static err_t governed(struct ctx *cx, i64 user_id, const char **login)
{
	TRY(actor_need(cx, "user.update"));
	TRY(db_one_text(cx->c, "select login from app_user where id = ? and deleted_at is null",
	                ARGS(vi(user_id)), login));
	if (!*login)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	return actor_scope(cx->actor, "user.update") == SCOPE_ALL ? ERR_OK
	                                                          : cx_err(cx, ERR_FORBIDDEN, NULL);
}

/* -- links -- */

struct making {
	i64 user_id;
	enum user_link_kind kind;
	struct user_link *out;
};

static err_t make(struct ctx *cx, void *arg)
{
	struct making *m = arg;
	i64 id;
	TRY(db_exec(cx->c, "delete from user_link where user_id = ? and used_at is null",
	            ARGS(vi(m->user_id)), NULL));
	TRY(db_insert(cx->c,
	              "insert into user_link(token_hash, user_id, kind, created_at, created_by,"
	              " expires_at) values (?, ?, ?, ?, ?, ?) returning id",
	              ARGS(vt(hash_of(cx, m->out->secret)), vi(m->user_id), vt(kinds[m->kind][0]),
	                   vi(cx->now), vref(cx->actor->id), vi(m->out->expires_at)),
	              &id));
	if (m->kind == LINK_RESET)
		TRY(access_end_all(cx, m->user_id, 0));
	return tell(cx, kinds[m->kind][1], m->user_id);
}

err_t user_link_make(struct ctx *cx, i64 user_id, enum user_link_kind kind, struct user_link *out)
{
	const char *login;
	i64 active = 0;
	TRY(governed(cx, user_id, &login));
	TRY(db_one_i64(cx->c, "select active from app_user where id = ?", ARGS(vi(user_id)),
	               &active, NULL));
	if (!active)
		return cx_err(cx, ERR_CONFLICT,
		              EP({"reason", cx->lang == LANG_EN ? "the account is disabled"
		                                                : "该账号已停用"}));
	*out = (struct user_link){random_token(cx->a, LINK_BYTES),
	                          cx->now + setting_i64(cx, "link.days") * US_PER_DAY};
	struct making m = {user_id, kind, out};
	return ctx_write(cx, make, &m);
}

err_t user_link_find(struct ctx *cx, const char *secret, struct user_link_for *out)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             "select k.id, u.id, u.login, u.name from user_link k"
	             " join app_user u on u.id = k.user_id where k.token_hash = ?"
	             " and k.used_at is null and k.expires_at > ? and u.active = 1"
	             " and u.deleted_at is null",
	             ARGS(vt(hash_of(cx, secret)), vi(cx->now)), &r));
	bool found = rows_next(r);
	if (found)
		*out = (struct user_link_for){rows_i64(r, 0), rows_i64(r, 1), rows_dup(r, 2),
		                              rows_dup(r, 3)};
	TRY(rows_done(r));
	return found ? ERR_OK : cx_err(cx, ERR_NOT_FOUND, NULL);
}

struct using
{
	const struct user_link_for *k;
	const char *hash;
};

static err_t use(struct ctx *cx, void *arg)
{
	const struct using *u = arg;
	i64 n = 0;
	/* Taken once, also by two at the same time. */
	TRY(db_exec(cx->c, "update user_link set used_at = ? where id = ? and used_at is null",
	            ARGS(vi(cx->now), vi(u->k->id)), &n));
	if (!n)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	TRY(access_put_password(cx, u->k->user_id, u->hash, false));
	TRY(access_end_all(cx, u->k->user_id, 0));
	return tell(cx, "user.link_used", u->k->user_id);
}

static const char *login_key(struct ctx *cx, const char *login)
{
	return arena_printf(cx->a, "login:%s", login);
}

err_t user_link_use(struct ctx *cx, const char *secret, const char *password)
{
	struct user_link_for k;
	struct actor *ac;
	TRY(user_link_find(cx, secret, &k));
	access_check_password(cx, "password", k.login, password);
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	TRY(actor_load(cx, k.user_id, NULL, &ac));
	cx->actor = ac;
	struct using u = {&k, password_hash(cx->a, password)};
	TRY(ctx_write(cx, use, &u));
	return throttle_clear(cx, login_key(cx, k.login));
}

/* -- other people's access -- */

struct unlocking {
	i64 user_id;
};

static err_t unlock(struct ctx *cx, void *arg)
{
	return tell(cx, "user.unlocked", ((struct unlocking *)arg)->user_id);
}

err_t user_unlock(struct ctx *cx, i64 user_id)
{
	const char *login;
	struct unlocking u = {user_id};
	TRY(governed(cx, user_id, &login));
	TRY(throttle_clear(cx, login_key(cx, login)));
	TRY(throttle_clear(cx, arena_printf(cx->a, "password:%lld", (long long)user_id)));
	return ctx_write(cx, unlock, &u);
}

static void write_time(struct jw *w, const char *key, i64 us)
{
	jw_kstr(w, key, us ? time_format(w->b.a, us) : NULL);
}

err_t user_access_write(struct ctx *cx, i64 user_id, i64 current, struct jw *w)
{
	const char *login;
	i64 locked = 0, invited = 0;
	TRY(governed(cx, user_id, &login));
	TRY(db_one_i64(cx->c,
	               "select until from throttle where key = ? and until > ? and count >= ?",
	               ARGS(vt(login_key(cx, login)), vi(clock_now()),
	                    vi(setting_i64(cx, "login.max_failures"))),
	               &locked, NULL));
	TRY(db_one_i64(cx->c,
	               "select max(expires_at) from user_link where user_id = ?"
	               " and used_at is null and expires_at > ?",
	               ARGS(vi(user_id), vi(cx->now)), &invited, NULL));
	jw_obj(w);
	write_time(w, "locked_until", locked);
	write_time(w, "invited_until", invited);
	jw_key(w, "sessions");
	TRY(access_sessions_of(cx, user_id, current, w));
	jw_key(w, "tokens");
	TRY(access_tokens_write(cx, user_id, w));
	jw_end_obj(w);
	return ERR_OK;
}

static err_t end_all(struct ctx *cx, void *arg)
{
	event_not_needed(cx, "there may be none");
	return access_end_all(cx, *(i64 *)arg, 0);
}

err_t user_session_end(struct ctx *cx, i64 user_id, i64 session_id)
{
	const char *login;
	TRY(governed(cx, user_id, &login));
	return session_id ? access_session_end(cx, user_id, session_id)
	                  : ctx_write(cx, end_all, &user_id);
}

err_t user_token_revoke(struct ctx *cx, i64 user_id, i64 token_id)
{
	const char *login;
	TRY(governed(cx, user_id, &login));
	return access_token_revoke(cx, user_id, token_id);
}
