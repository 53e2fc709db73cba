/* Logging in and out by JSON, for programs and for our own pages' log-out. */
#include "api/session_routes.h"

#include "api/tables.h"

static const char cookie[] = "tripod_session";

void session_cookie(struct api *q, const struct login *l)
{
	i64 s = (l->expires_at - q->cx.now) / US_PER_SEC;
	http_set_cookie(q->rs, cookie, l->secret, s, true, q->server->o.behind_proxy);
}

void session_cookie_drop(struct api *q)
{
	http_set_cookie(q->rs, cookie, "", 0, true, q->server->o.behind_proxy);
}

static err_t post_session(struct api *q)
{
	struct login l = {.login = api_text(q, "login", true),
	                  .password = api_text(q, "password", true),
	                  .agent = http_header(q->rq, "User-Agent")};
	if (errs_any_field(&q->cx.e))
		return errs_invalid(&q->cx.e);
	TRY(access_login(&q->cx, &l));
	session_cookie(q, &l);
	struct jw w = api_json(q);
	jw_obj(&w);
	jw_kint(&w, "user_id", l.user_id);
	jw_kstr(&w, "csrf_token", l.csrf);
	jw_kstr(&w, "expires_at", time_format(q->cx.a, l.expires_at));
	jw_kbool(&w, "must_change_password", l.must_change);
	jw_end_obj(&w);
	return api_send(q, &w);
}

static err_t post_logout(struct api *q)
{
	TRY(access_logout(&q->cx, &q->who));
	session_cookie_drop(q);
	return api_done(q);
}

static const enum err_code logging_in[] = {ERR_LOGIN, ERR_THROTTLED, ERR_INVALID, ERR_OK};

/* clang-format off */
const struct api_route session_routes[] = {
	{"POST", "/api/v1/sessions", post_session, NULL,
	 API_PUBLIC | API_EARLY | API_OWN_WRITE | API_SECRET | HTTP_SLOW, 201,
	 "{'type':'object','required':['login','password'],'properties':{"
	 "'login':{'type':'string'},'password':{'type':'string'}}}",
	 "{'type':'object','required':['user_id','csrf_token','expires_at',"
	 "'must_change_password'],'properties':{'user_id':{'type':'integer'},"
	 "'csrf_token':{'type':'string'},'expires_at':{'type':'string',"
	 "'format':'date-time'},'must_change_password':{'type':'boolean'}}}",
	 logging_in, NULL, L("登录", "Log in")},
	{"POST", "/api/v1/logout", post_logout, NULL, API_EARLY, 204, NULL, NULL, NULL, NULL,
	 L("退出登录", "Log out")},
	{.method = NULL},
};
/* clang-format on */
