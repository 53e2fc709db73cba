/* The administrator over other people's access: invitations, sessions, tokens, locks. */
#include <string.h>

#include "api/tables.h"
#include "core/user_link.h"

static err_t post_link(struct api *q)
{
	i64 id;
	struct user_link k;
	TRY(api_id(q, "id", &id));
	const char *kind = api_text(q, "kind", false);
	if (kind && strcmp(kind, "invite") != 0 && strcmp(kind, "reset") != 0)
		errs_field(&q->cx.e, "kind", ERR_ENUM,
		           EP({"value", kind}, {"allowed", "invite, reset"}));
	if (errs_any_field(&q->cx.e))
		return errs_invalid(&q->cx.e);
	bool reset = kind && !strcmp(kind, "reset");
	TRY(user_link_make(&q->cx, id, reset ? LINK_RESET : LINK_INVITE, &k));
	struct jw w = api_json(q);
	jw_obj(&w);
	jw_kstr(&w, "path", arena_printf(q->cx.a, "/welcome/%s", k.secret));
	jw_kstr(&w, "expires_at", time_format(q->cx.a, k.expires_at));
	jw_end_obj(&w);
	return api_send(q, &w);
}

static err_t post_unlock(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	TRY(user_unlock(&q->cx, id));
	return api_done(q);
}

static err_t get_access(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	struct jw w = api_json(q);
	TRY(user_access_write(&q->cx, id, q->who.session_id, &w));
	return api_send(q, &w);
}

static err_t delete_session(struct api *q)
{
	i64 id, session;
	TRY(api_id(q, "id", &id));
	TRY(api_id(q, "session_id", &session));
	TRY(user_session_end(&q->cx, id, session));
	return api_done(q);
}

static err_t delete_sessions(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	TRY(user_session_end(&q->cx, id, 0));
	return api_done(q);
}

static err_t delete_token(struct api *q)
{
	i64 id, token;
	TRY(api_id(q, "id", &id));
	TRY(api_id(q, "token_id", &token));
	TRY(user_token_revoke(&q->cx, id, token));
	return api_done(q);
}

static const enum err_code linking[] = {ERR_INVALID, ERR_NOT_FOUND, ERR_CONFLICT, ERR_OK};
static const enum err_code missing[] = {ERR_NOT_FOUND, ERR_OK};

/* clang-format off */
const struct api_route user_access_routes[] = {
	{"POST", "/api/v1/users/{id}/link", post_link, "user.update", API_SECRET, 201,
	 "{'type':'object','properties':{'kind':{'enum':['invite','reset']}}}",
	 "{'type':'object','required':['path','expires_at'],'properties':{'path':{'type':'string'},"
	 "'expires_at':{'type':'string','format':'date-time'}}}",
	 linking, NULL, L("生成设置密码的一次性链接", "Make a one-time link to set a password")},
	{"POST", "/api/v1/users/{id}/unlock", post_unlock, "user.update", 0, 204, NULL, NULL, missing,
	 NULL, L("解除登录锁定", "Unlock after failed log-ins")},
	{"GET", "/api/v1/users/{id}/access", get_access, "user.update", 0, 200, NULL, "@UserAccess",
	 missing, NULL, L("用户的登录会话与令牌", "Sessions and tokens of a user")},
	{"DELETE", "/api/v1/users/{id}/sessions", delete_sessions, "user.update", 0, 204, NULL, NULL,
	 missing, NULL, L("结束用户的所有会话", "End all sessions of a user")},
	{"DELETE", "/api/v1/users/{id}/sessions/{session_id}", delete_session, "user.update", 0, 204,
	 NULL, NULL, missing, NULL, L("结束用户的一个会话", "End a session of a user")},
	{"DELETE", "/api/v1/users/{id}/tokens/{token_id}", delete_token, "user.update", 0, 204, NULL,
	 NULL, missing, NULL, L("吊销用户的令牌", "Revoke a token of a user")},
	{.method = NULL},
};
/* clang-format on */
