/* Log-in, sessions and passwords. Tokens are in token.c. */
#include "core/access.h"

#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "core/event.h"
#include "core/throttle.h"

enum { SECRET_BYTES = 32, TOUCH_MINUTES = 5 };

/* clang-format off */
const struct setting_def access_settings[] = {
	{{.name = "session.idle_hours", .type = FT_INT, .dflt = "12", .min = 1, .max = 720,
	  .label = L("无操作多久后需重新登录", "Log in again after idling for")}, "hours"},
	{{.name = "session.max_days", .type = FT_INT, .dflt = "30", .min = 1, .max = 365,
	  .label = L("登录最长有效期", "A log-in lasts at most")}, "days"},
	{{.name = "login.window_minutes", .type = FT_INT, .dflt = "15", .min = 1, .max = 1440,
	  .label = L("登录失败计数周期", "Failed log-ins are counted for")}, "minutes"},
	{{.name = "login.max_failures", .type = FT_INT, .dflt = "10", .min = 3, .max = 1000,
	  .label = L("同一账号允许的失败次数", "Failures allowed for one login")}, NULL},
	{{.name = "login.max_failures_address", .type = FT_INT, .dflt = "100", .min = 3, .max = 100000,
	  .label = L("同一地址允许的失败次数", "Failures allowed from one address")}, NULL},
	{{.name = "password.min_length", .type = FT_INT, .dflt = "8", .min = 6, .max = 64,
	  .label = L("密码最短长度", "Shortest password")}, "characters"},
	{{.name = "demo.password", .type = FT_TEXT, .flags = F_NOFORM, .max = 100,
	  .label = L("演示账号密码", "Password of the demo log-ins"),
	  .help = L("非空时登录页会列出演示账号，仅用于演示环境",
	            "When set, the log-in page lists the demo log-ins: for demonstrations only")}, NULL},
	{{.name = NULL}, NULL},
};
const struct event_kind access_events[] = {
	{"session.started", L("登录", "Logged in"), false},
	{"session.refused", L("登录失败", "Log-in failed"), false},
	{"session.ended", L("退出登录", "Logged out"), false},
	{"password.changed", L("密码已修改", "Password changed"), false},
	{"token.created", L("已创建访问令牌", "API token made"), false},
	{"token.revoked", L("已吊销访问令牌", "API token revoked"), false},
	{NULL, L(NULL, NULL), false},
};
const struct permission access_permissions[] = {
	{"token.read", L("查看访问令牌", "See API tokens")},
	{"token.create", L("创建访问令牌", "Make API tokens")},
	{"token.delete", L("吊销访问令牌", "Revoke API tokens")},
	{NULL, L(NULL, NULL)},
};
/* Long enough and yet the first that are tried. */
static const char *const common_passwords[] = {
	"password", "password1", "password123", "passw0rd", "p@ssw0rd", "p@ssword", "12345678",
	"123456789", "1234567890", "87654321", "11111111", "88888888", "66666666", "00000000",
	"123123123", "12341234", "11223344", "147258369", "987654321", "qwertyui", "qwertyuiop",
	"qwer1234", "1qaz2wsx", "1q2w3e4r", "q1w2e3r4", "asdfghjkl", "abcd1234", "abc12345",
	"a1234567", "a12345678", "a123456789", "aa123456", "woaini1314", "woaini520", "iloveyou",
	"5201314520", "admin123", "admin1234", "admin888", "administrator", "letmein1", "welcome1",
	"welcome123", "changeme", "football", "sunshine", "princess", "trustno1", "superman",
};
/* clang-format on */

static const char *hash_of(struct ctx *cx, const char *secret)
{
	char *h = arena_alloc(cx->a, SHA256_HEX);
	sha256_hex(secret, strlen(secret), h);
	return h;
}

/* -- who is it -- */

/* Columns 0 to 8 are the user's, alike for both doors. */
#define USER_COLUMNS \
	"u.id, u.login, u.name, u.lang, u.zone, u.roles, u.team_id, u.theme, u.must_change_password"

static struct actor *read_actor(struct ctx *cx, const struct rows *r, const char *scopes)
{
	return actor_make(cx, rows_i64(r, 0), rows_text(r, 1), rows_text(r, 2), rows_text(r, 3),
	                  rows_text(r, 4), rows_text(r, 5), rows_i64(r, 6), scopes);
}

err_t access_by_session(struct ctx *cx, const char *secret, struct visitor *out)
{
	*out = (struct visitor){0};
	i64 idle = setting_i64(cx, "session.idle_hours") * US_PER_HOUR, seen = 0;
	struct rows *r;
	TRY(db_query(cx->c,
	             "select " USER_COLUMNS ", s.id, s.csrf, s.seen_at from session s"
	             " join app_user u on u.id = s.user_id where s.token_hash = ?"
	             " and s.expires_at > ? and s.seen_at > ? and u.active = 1"
	             " and u.deleted_at is null",
	             ARGS(vt(hash_of(cx, secret)), vi(cx->now), vi(cx->now - idle)), &r));
	if (rows_next(r)) {
		out->theme = rows_dup(r, 7);
		out->must_change = rows_i64(r, 8) != 0;
		out->session_id = rows_i64(r, 9);
		out->csrf = rows_dup(r, 10);
		seen = rows_i64(r, 11);
		out->actor = read_actor(cx, r, NULL);
	}
	TRY(rows_done(r));
	out->stale = seen < cx->now - TOUCH_MINUTES * US_PER_MIN;
	return out->actor ? ERR_OK : cx_err(cx, ERR_UNAUTHENTICATED, NULL);
}

err_t access_by_token(struct ctx *cx, const char *secret, struct visitor *out)
{
	*out = (struct visitor){0};
	i64 used = 0;
	struct rows *r;
	TRY(db_query(cx->c,
	             "select " USER_COLUMNS ", t.id, t.scopes, t.used_at from api_token t"
	             " join app_user u on u.id = t.user_id where t.token_hash = ?"
	             " and t.revoked_at is null and (t.expires_at is null or t.expires_at > ?)"
	             " and u.active = 1 and u.deleted_at is null",
	             ARGS(vt(hash_of(cx, secret)), vi(cx->now)), &r));
	if (rows_next(r)) {
		out->theme = rows_dup(r, 7);
		out->token_id = rows_i64(r, 9);
		used = rows_i64(r, 11);
		out->actor = read_actor(cx, r, rows_text(r, 10));
	}
	TRY(rows_done(r));
	out->stale = used < cx->now - TOUCH_MINUTES * US_PER_MIN;
	return out->actor ? ERR_OK : cx_err(cx, ERR_UNAUTHENTICATED, NULL);
}

static err_t touch(struct ctx *cx, void *arg)
{
	const struct visitor *v = arg;
	event_not_needed(cx, "last use of a session or token");
	if (v->session_id)
		return db_exec(cx->c, "update session set seen_at = ?, ip = ? where id = ?",
		               ARGS(vi(cx->now), vt(cx->ip), vi(v->session_id)), NULL);
	return db_exec(cx->c, "update api_token set used_at = ? where id = ?",
	               ARGS(vi(cx->now), vi(v->token_id)), NULL);
}

err_t access_touch(struct ctx *cx, const struct visitor *v)
{
	return ctx_write(cx, touch, (void *)(uintptr_t)v);
}

/* -- log-in -- */

static err_t session_event(struct ctx *cx, const char *kind, i64 user_id, const char *login)
{
	struct jw w = jw_new(cx->a, 16 * 1024);
	jw_obj(&w);
	if (user_id)
		jw_kint(&w, "user_id", user_id);
	jw_kstr(&w, "login", login);
	jw_kstr(&w, "ip", cx->ip);
	jw_end_obj(&w);
	return event_append(
		cx, &(struct event_in){.kind = kind, .entity = "session", .payload = jw_done(&w)},
		NULL);
}

struct attempt {
	struct login *l;
	i64 user_id;
	const char *hash;
};

static err_t note_failure(struct ctx *cx, void *arg)
{
	struct attempt *at = arg;
	return session_event(cx, "session.refused", at->user_id,
	                     utf8_head(cx->a, at->l->login, 64));
}

static err_t begin_session(struct ctx *cx, void *arg)
{
	struct attempt *at = arg;
	struct login *l = at->l;
	i64 id;
	TRY(db_exec(cx->c, "delete from session where user_id = ? and expires_at <= ?",
	            ARGS(vi(l->user_id), vi(cx->now)), NULL));
	TRY(db_insert(
		cx->c,
		"insert into session(token_hash, user_id, csrf, created_at, seen_at,"
		" expires_at, ip, agent) values (?, ?, ?, ?, ?, ?, ?, ?) returning id",
		ARGS(vt(hash_of(cx, l->secret)), vi(l->user_id), vt(l->csrf), vi(cx->now),
	             vi(cx->now), vi(l->expires_at), vt(cx->ip),
	             vt(l->agent ? utf8_head(cx->a, utf8_clean(cx->a, l->agent, strlen(l->agent)),
	                                     200)
	                         : NULL)),
		&id));
	TRY(db_exec(cx->c, "update app_user set last_login_at = ? where id = ?",
	            ARGS(vi(cx->now), vi(l->user_id)), NULL));
	return session_event(cx, "session.started", l->user_id, l->login);
}

/* Of a random text nobody knows: verified when the login is unknown, so that the answer takes as
 * long. */
static const char dummy_hash[] = "$argon2id$v=19$m=65536,t=2,p=1$w5dOAwg14TlnrI4uoNQcmA$"
				 "tXgxjoOvyhbO2/ZeMNUXcxSzGAiuaUb6OAjiffQouyQ";

static err_t find_user(struct ctx *cx, struct attempt *at)
{
	struct login *l = at->l;
	struct rows *r;
	TRY(db_query(cx->c,
	             "select id, password_hash, must_change_password, login, active from app_user"
	             " where login = ? and deleted_at is null",
	             ARGS(vt(l->login)), &r));
	if (rows_next(r)) {
		at->user_id = rows_i64(r, 0);
		if (rows_i64(r, 4))
			at->hash = rows_dup(r, 1);
		l->must_change = rows_i64(r, 2) != 0;
	}
	return rows_done(r);
}

err_t access_login(struct ctx *cx, struct login *l)
{
	l->login = text_fold(cx->a, utf8_head(cx->a, l->login, 100));
	i64 window = setting_i64(cx, "login.window_minutes") * US_PER_MIN;
	const char *by_login = arena_printf(cx->a, "login:%s", l->login);
	const char *by_ip = arena_printf(cx->a, "login-ip:%s", cx->ip ? cx->ip : "");
	TRY(throttle_take(cx, by_ip, setting_i64(cx, "login.max_failures_address"), window));
	TRY(throttle_take(cx, by_login, setting_i64(cx, "login.max_failures"), window));

	struct attempt at = {.l = l};
	TRY(find_user(cx, &at));
	bool good = password_verify(at.hash ? at.hash : dummy_hash, l->password) && at.hash;
	if (!good) {
		TRY(ctx_write(cx, note_failure, &at));
		return cx_err(cx, ERR_LOGIN, NULL);
	}
	l->user_id = at.user_id;
	l->secret = random_token(cx->a, SECRET_BYTES);
	l->csrf = random_token(cx->a, SECRET_BYTES);
	l->expires_at = cx->now + setting_i64(cx, "session.max_days") * US_PER_DAY;
	struct actor *ac;
	TRY(actor_load(cx, l->user_id, NULL, &ac));
	cx->actor = ac;
	TRY(ctx_write(cx, begin_session, &at));
	TRY(throttle_clear(cx, by_login));
	return throttle_give_back(cx, by_ip);
}

/* Whose session ended stands in the event; who ended it is its actor. */
struct ended {
	i64 id, user_id;
};

static err_t end_one(struct ctx *cx, void *arg)
{
	const struct ended *s = arg;
	i64 n = 0;
	TRY(db_exec(cx->c, "delete from session where id = ?", ARGS(vi(s->id)), &n));
	if (!n) {
		event_not_needed(cx, "the session had ended already");
		return ERR_OK;
	}
	const char *login = NULL;
	TRY(db_one_text(cx->c, "select login from app_user where id = ?", ARGS(vi(s->user_id)),
	                &login));
	return session_event(cx, "session.ended", s->user_id, login);
}

err_t access_logout(struct ctx *cx, const struct visitor *v)
{
	struct ended s = {v->session_id, cx->actor->id};
	return s.id ? ctx_write(cx, end_one, &s) : ERR_OK;
}

/* -- passwords -- */

void access_check_password(struct ctx *cx, const char *field, const char *login,
                           const char *password)
{
	i64 min = setting_i64(cx, "password.min_length");
	bool weak = (i64)utf8_count(password) < min;
	const char *folded = text_fold(cx->a, password);
	for (size_t i = 0; !weak && i < ARRAY_LEN(common_passwords); i++)
		weak = !strcmp(folded, common_passwords[i]);
	if (weak || (login && !strcmp(folded, login)))
		errs_field(&cx->e, field, ERR_WEAK_PASSWORD,
		           EP({"min", arena_printf(cx->a, "%lld", (long long)min)}));
	else if (strlen(password) > 1024)
		errs_field(&cx->e, field, ERR_TOO_LONG, EP({"max", "1024"}));
}

err_t access_put_password(struct ctx *cx, i64 user_id, const char *hash, bool must_change)
{
	TRY(db_exec(cx->c,
	            "update app_user set password_hash = ?, password_changed_at = ?,"
	            " must_change_password = ?, version = version + 1 where id = ?",
	            ARGS(vt(hash), vi(cx->now), vi(must_change), vi(user_id)), NULL));
	struct jw w = jw_new(cx->a, 4096);
	jw_obj(&w);
	jw_kint(&w, "user_id", user_id);
	jw_end_obj(&w);
	return event_append(cx,
	                    &(struct event_in){.kind = "password.changed",
	                                       .entity = "session",
	                                       .payload = jw_done(&w)},
	                    NULL);
}

err_t access_end_all(struct ctx *cx, i64 user_id, i64 keep)
{
	i64 n = 0;
	TRY(db_exec(cx->c, "delete from session where user_id = ? and id <> ?",
	            ARGS(vi(user_id), vi(keep)), &n));
	return n ? session_event(cx, "session.ended", user_id, NULL) : ERR_OK;
}

struct new_password {
	i64 user_id, keep;
	const char *hash;
	bool must_change;
};

static err_t put_password(struct ctx *cx, void *arg)
{
	struct new_password *p = arg;
	TRY(access_put_password(cx, p->user_id, p->hash, p->must_change));
	return access_end_all(cx, p->user_id, p->keep);
}

err_t access_change_password(struct ctx *cx, const struct visitor *v, const char *old_one,
                             const char *new_one)
{
	/* Guessing the old one from a stolen session is throttled like guessing at the door. */
	const char *key = arena_printf(cx->a, "password:%lld", (long long)cx->actor->id);
	i64 window = setting_i64(cx, "login.window_minutes") * US_PER_MIN;
	TRY(throttle_take(cx, key, setting_i64(cx, "login.max_failures"), window));
	const char *hash = NULL;
	TRY(db_one_text(cx->c, "select password_hash from app_user where id = ?",
	                ARGS(vi(cx->actor->id)), &hash));
	bool right = hash && password_verify(hash, old_one);
	if (!right)
		errs_field(&cx->e, "old_password", ERR_WRONG_PASSWORD, NULL);
	access_check_password(cx, "new_password", cx->actor->login, new_one);
	if (right && !strcmp(old_one, new_one))
		errs_field(&cx->e, "new_password", ERR_RULE,
		           EP({"reason", cx->lang == LANG_EN ? "Choose another password than before"
		                                             : "新密码不能与原密码相同"}));
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	struct new_password p = {cx->actor->id, v->session_id, password_hash(cx->a, new_one),
	                         false};
	TRY(ctx_write(cx, put_password, &p));
	return throttle_clear(cx, key);
}

err_t access_reset_password(struct ctx *cx, i64 user_id, const char *password)
{
	TRY(actor_need(cx, "user.update"));
	const char *login = NULL;
	TRY(db_one_text(cx->c, "select login from app_user where id = ? and deleted_at is null",
	                ARGS(vi(user_id)), &login));
	if (!login)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	if (actor_scope(cx->actor, "user.update") != SCOPE_ALL)
		return cx_err(cx, ERR_FORBIDDEN, NULL);
	access_check_password(cx, "password", login, password);
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	struct new_password p = {user_id, 0, password_hash(cx->a, password), true};
	return ctx_write(cx, put_password, &p);
}

/* -- the user's sessions -- */

err_t access_sessions_write(struct ctx *cx, const struct visitor *v, struct jw *w)
{
	return access_sessions_of(cx, cx->actor->id, v->session_id, w);
}

err_t access_sessions_of(struct ctx *cx, i64 user_id, i64 current, struct jw *w)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             "select id, created_at, seen_at, expires_at, ip, agent from session"
	             " where user_id = ? and expires_at > ? order by seen_at desc, id desc",
	             ARGS(vi(user_id), vi(cx->now)), &r));
	jw_obj(w);
	jw_key(w, "items");
	jw_arr(w);
	while (rows_next(r)) {
		jw_obj(w);
		jw_kint(w, "id", rows_i64(r, 0));
		jw_kstr(w, "created_at", time_format(cx->a, rows_i64(r, 1)));
		jw_kstr(w, "seen_at", time_format(cx->a, rows_i64(r, 2)));
		jw_kstr(w, "expires_at", time_format(cx->a, rows_i64(r, 3)));
		jw_kstr(w, "ip", rows_text(r, 4));
		jw_kstr(w, "agent", rows_text(r, 5));
		jw_kbool(w, "current", rows_i64(r, 0) == current);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	jw_end_obj(w);
	return rows_done(r);
}

err_t access_session_end(struct ctx *cx, i64 user_id, i64 session_id)
{
	bool found = false;
	i64 one;
	TRY(db_one_i64(cx->c, "select 1 from session where id = ? and user_id = ?",
	               ARGS(vi(session_id), vi(user_id)), &one, &found));
	if (!found)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	struct ended s = {session_id, user_id};
	return ctx_write(cx, end_one, &s);
}
