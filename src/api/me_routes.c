/* The person logged in: who he is, what he may do, his password, sessions and tokens. */
#include <string.h>

#include "api/tables.h"
#include "base/text.h"
#include "core/user_tables.h"

/* Rooms of the house that not every version has: the UI shows what is there. */
static void write_features(struct api *q, struct jw *w)
{
	static const char *const rooms[] = {"notifications", "board", "my", "imports", "metrics"};
	jw_key(w, "features");
	jw_obj(w);
	for (size_t i = 0; i < ARRAY_LEN(rooms); i++) {
		const char *path = arena_printf(q->cx.a, "/api/v1/%s", rooms[i]);
		bool there = false;
		for (size_t k = 0; k < q->server->n_bound; k++)
			there |= text_begins(q->server->bound[k].path, path);
		jw_kbool(w, rooms[i], there);
	}
	jw_end_obj(w);
}

static err_t write_me(struct api *q)
{
	const struct actor *ac = q->cx.actor;
	struct jw w = api_json(q);
	jw_obj(&w);
	jw_key(&w, "user");
	jw_obj(&w);
	jw_kint(&w, "id", ac->id);
	jw_kstr(&w, "login", ac->login);
	jw_kstr(&w, "name", ac->name);
	jw_kstr(&w, "lang", ac->lang == LANG_EN ? "en" : "zh");
	jw_kstr(&w, "zone", ac->zone);
	jw_kstr(&w, "theme", q->who.theme ? q->who.theme : "auto");
	jw_key(&w, "team_id");
	if (ac->team_id)
		jw_int(&w, ac->team_id);
	else
		jw_null(&w);
	jw_key(&w, "roles");
	field_to_json(&w, field_by_name(&user_entity, "roles"),
	              &(struct val){.type = *ac->roles ? VAL_TEXT : VAL_NULL,
	                            .s = {ac->roles, strlen(ac->roles)}});
	jw_end_obj(&w);
	jw_key(&w, "permissions");
	jw_obj(&w);
	for (size_t i = 0; permission_at(i); i++) {
		enum scope s = actor_scope(ac, permission_at(i)->code);
		if (s != SCOPE_NONE)
			jw_kstr(&w, permission_at(i)->code, scope_name(s));
	}
	jw_end_obj(&w);
	jw_kstr(&w, "csrf_token", q->who.csrf ? q->who.csrf : "");
	jw_kbool(&w, "must_change_password", q->who.must_change);
	write_features(q, &w);
	jw_kbool(&w, "demo", *setting_text(&q->cx, "demo.password") != 0);
	jw_end_obj(&w);
	return api_send(q, &w);
}

static err_t get_me(struct api *q)
{
	return write_me(q);
}

/* What one may change of oneself; everything else is the administrator's. */
static const char *const own_fields[] = {"lang", "zone", "theme", "phone", "email"};

static err_t patch_own(struct ctx *cx, void *arg)
{
	struct api *q = arg;
	struct rec *before;
	TRY(crud_load(cx, &user_entity, cx->actor->id, &before));
	struct rec *now = rec_copy(cx->a, before);
	const char *name;
	json_t *j;
	json_object_foreach(q->body, name, j)
	{
		bool own = false;
		for (size_t i = 0; i < ARRAY_LEN(own_fields); i++)
			own |= !strcmp(name, own_fields[i]);
		if (!own)
			errs_field(&cx->e, name,
			           field_by_name(&user_entity, name) ? ERR_READ_ONLY
			                                             : ERR_UNKNOWN_FIELD,
			           NULL);
	}
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	rec_from_json(cx, now, q->body, false);
	return crud_store(cx, before, now);
}

/* A narrowed token does what it was made for; the person behind it is none of its business. */
static err_t as_whole_person(struct api *q)
{
	return q->cx.actor->tokens ? cx_err(&q->cx, ERR_FORBIDDEN, NULL) : ERR_OK;
}

static err_t patch_me(struct api *q)
{
	TRY(as_whole_person(q));
	TRY(ctx_write(&q->cx, patch_own, q));
	/* Answer with what is true now. */
	struct actor *ac;
	TRY(actor_load(&q->cx, q->cx.actor->id, q->cx.actor->tokens, &ac));
	q->cx.actor = ac;
	TRY(db_one_text(q->cx.c, "select theme from app_user where id = ?", ARGS(vi(ac->id)),
	                &q->who.theme));
	return write_me(q);
}

static err_t post_password(struct api *q)
{
	const char *old_one = api_text(q, "old_password", true);
	const char *new_one = api_text(q, "new_password", true);
	if (errs_any_field(&q->cx.e))
		return errs_invalid(&q->cx.e);
	/* A token that leaks must not take over the account. */
	if (q->who.token_id)
		return cx_err(&q->cx, ERR_FORBIDDEN, NULL);
	TRY(access_change_password(&q->cx, &q->who, old_one, new_one));
	return api_done(q);
}

static err_t get_sessions(struct api *q)
{
	TRY(as_whole_person(q));
	struct jw w = api_json(q);
	TRY(access_sessions_write(&q->cx, &q->who, &w));
	return api_send(q, &w);
}

static err_t delete_session(struct api *q)
{
	i64 id;
	TRY(as_whole_person(q));
	TRY(api_id(q, "id", &id));
	TRY(access_session_end(&q->cx, q->cx.actor->id, id));
	return api_done(q);
}

static err_t get_tokens(struct api *q)
{
	struct jw w = api_json(q);
	TRY(access_tokens_write(&q->cx, q->cx.actor->id, &w));
	return api_send(q, &w);
}

static err_t post_token(struct api *q)
{
	const char *name = api_text(q, "name", true), *scopes = api_text(q, "scopes", false);
	const char *until = api_text(q, "expires_at", false);
	i64 expires_at = 0, id;
	const char *secret;
	if (until && (!time_parse(until, &expires_at) || expires_at <= q->cx.now))
		errs_field(&q->cx.e, "expires_at", ERR_TIME, NULL);
	if (errs_any_field(&q->cx.e))
		return errs_invalid(&q->cx.e);
	/* A narrowed token could make itself a wide one. */
	TRY(as_whole_person(q));
	TRY(access_token_create(&q->cx, q->cx.actor->id, name, scopes, expires_at, &id, &secret));
	struct jw w = api_json(q);
	jw_obj(&w);
	jw_kint(&w, "id", id);
	jw_kstr(&w, "name", name);
	jw_kstr(&w, "scopes", scopes);
	jw_kstr(&w, "expires_at", expires_at ? time_format(q->cx.a, expires_at) : NULL);
	jw_kstr(&w, "token", secret);
	jw_end_obj(&w);
	return api_send(q, &w);
}

static err_t delete_token(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	TRY(access_token_revoke(&q->cx, q->cx.actor->id, id));
	return api_done(q);
}

static const enum err_code invalid[] = {ERR_INVALID, ERR_OK};
static const enum err_code password[] = {ERR_INVALID, ERR_FORBIDDEN, ERR_THROTTLED, ERR_OK};
static const enum err_code missing[] = {ERR_NOT_FOUND, ERR_OK};
static const enum err_code token[] = {ERR_INVALID, ERR_FORBIDDEN, ERR_IDEMPOTENCY, ERR_CONFLICT,
                                      ERR_OK};

/* clang-format off */
const struct api_route me_routes[] = {
	{"GET", "/api/v1/me", get_me, NULL, API_EARLY, 200, NULL, "@Me", NULL, NULL,
	 L("当前用户", "Who I am")},
	{"PATCH", "/api/v1/me", patch_me, NULL, 0, 200, "@MePatch", "@Me", invalid, NULL,
	 L("修改个人偏好", "Change my preferences")},
	{"POST", "/api/v1/me/password", post_password, NULL,
	 API_EARLY | API_OWN_WRITE | API_SECRET | HTTP_SLOW, 204,
	 "{'type':'object','required':['old_password','new_password'],'properties':{"
	 "'old_password':{'type':'string'},'new_password':{'type':'string'}}}",
	 NULL, password, NULL, L("修改密码", "Change my password")},
	{"GET", "/api/v1/me/sessions", get_sessions, NULL, 0, 200, NULL, "@Sessions", NULL, NULL,
	 L("我的登录会话", "My sessions")},
	{"DELETE", "/api/v1/me/sessions/{id}", delete_session, NULL, 0, 204, NULL, NULL, missing,
	 NULL, L("结束一个会话", "End a session")},
	{"GET", "/api/v1/me/tokens", get_tokens, "token.read", 0, 200, NULL, "@Tokens", NULL, NULL,
	 L("我的访问令牌", "My API tokens")},
	{"POST", "/api/v1/me/tokens", post_token, "token.create", API_SECRET, 201,
	 "{'type':'object','required':['name'],'properties':{'name':{'type':'string',"
	 "'maxLength':100},'scopes':{'type':['string','null']},'expires_at':{'type':"
	 "['string','null'],'format':'date-time'}}}",
	 "{'type':'object','required':['id','name','token'],'properties':{'id':{"
	 "'type':'integer'},'name':{'type':'string'},'scopes':{'type':['string',"
	 "'null']},'expires_at':{'type':['string','null']},'token':{'type':"
	 "'string'}}}",
	 token, NULL, L("创建访问令牌", "Make an API token")},
	{"DELETE", "/api/v1/me/tokens/{id}", delete_token, "token.delete", 0, 204, NULL, NULL,
	 missing, NULL, L("吊销访问令牌", "Revoke an API token")},
	{.method = NULL},
};
/* clang-format on */
