/* API tokens: secrets for programs, which may narrow what their user may do. */
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "core/access.h"
#include "core/event.h"

enum { TOKEN_BYTES = 32, SCOPES_MAX = 4000 };

/* "entity.act", "entity.*", "entity", "*.act" or "*" of something that exists. */
static bool scope_known(const char *s)
{
	const char *dot = strchr(s, '.');
	size_t n = dot ? (size_t)(dot - s) : strlen(s);
	const char *act = dot ? dot + 1 : "*";
	bool any_entity = n == 1 && *s == '*', any_act = !strcmp(act, "*");
	for (size_t i = 0; permission_at(i); i++) {
		const char *code = permission_at(i)->code, *d = strchr(code, '.');
		bool entity = any_entity || (d && (size_t)(d - code) == n && !memcmp(code, s, n));
		if (entity && (any_act || (d && !strcmp(d + 1, act))))
			return true;
	}
	return false;
}

/* ",a,b," or NULL for no narrowing. */
static const char *read_scopes(struct ctx *cx, const char *scopes)
{
	if (!scopes || !*text_trim(cx->a, scopes))
		return NULL;
	struct buf b = buf_new(cx->a, SCOPES_MAX + 2);
	char *copy = arena_strdup(cx->a, scopes), *save = NULL;
	for (char *p = strtok_r(copy, ", \t\n", &save); p; p = strtok_r(NULL, ", \t\n", &save)) {
		if (!scope_known(p)) {
			errs_field(&cx->e, "scopes", ERR_ENUM,
			           EP({"value", p}, {"allowed", "account.read, lead.*, *.read …"}));
			return NULL;
		}
		buf_printf(&b, "%s%s,", b.n ? "" : ",", p);
	}
	if (buf_over(&b))
		errs_field(&cx->e, "scopes", ERR_TOO_LONG, EP({"max", "4000"}));
	return buf_str(&b);
}

struct token {
	i64 user_id, id, expires_at;
	const char *name, *scopes, *secret;
};

static err_t token_event(struct ctx *cx, const char *kind, const struct token *t)
{
	struct jw w = jw_new(cx->a, 16 * 1024);
	jw_obj(&w);
	jw_kint(&w, "user_id", t->user_id);
	jw_kstr(&w, "name", t->name);
	if (t->scopes)
		jw_kstr(&w, "scopes", t->scopes);
	jw_end_obj(&w);
	return event_append(cx,
	                    &(struct event_in){.kind = kind,
	                                       .entity = "token",
	                                       .entity_id = t->id,
	                                       .payload = jw_done(&w)},
	                    NULL);
}

static err_t insert(struct ctx *cx, void *arg)
{
	struct token *t = arg;
	char hash[SHA256_HEX];
	sha256_hex(t->secret, strlen(t->secret), hash);
	TRY(db_insert(cx->c,
	              "insert into api_token(token_hash, user_id, name, scopes, created_at,"
	              " expires_at) values (?, ?, ?, ?, ?, ?) returning id",
	              ARGS(vt(hash), vi(t->user_id), vt(t->name), vt(t->scopes), vi(cx->now),
	                   vref(t->expires_at)),
	              &t->id));
	return token_event(cx, "token.created", t);
}

err_t access_token_create(struct ctx *cx, i64 user_id, const char *name, const char *scopes,
                          i64 expires_at, i64 *id, const char **secret)
{
	struct token t = {.user_id = user_id,
	                  .name = name,
	                  .scopes = read_scopes(cx, scopes),
	                  .expires_at = expires_at};
	if (name && utf8_count(name) > 100)
		errs_field(&cx->e, "name", ERR_TOO_LONG, EP({"max", "100"}));
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	t.secret = arena_printf(cx->a, "tripod_%s", random_token(cx->a, TOKEN_BYTES));
	TRY(ctx_write(cx, insert, &t));
	*id = t.id;
	*secret = t.secret;
	return ERR_OK;
}

err_t access_tokens_write(struct ctx *cx, i64 user_id, struct jw *w)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             "select id, name, scopes, created_at, expires_at, used_at from api_token"
	             " where user_id = ? and revoked_at is null order by id desc",
	             ARGS(vi(user_id)), &r));
	jw_obj(w);
	jw_key(w, "items");
	jw_arr(w);
	while (rows_next(r)) {
		jw_obj(w);
		jw_kint(w, "id", rows_i64(r, 0));
		jw_kstr(w, "name", rows_text(r, 1));
		/* Kept as ",a,b,": the outer commas stay inside. */
		const char *s = rows_text(r, 2);
		jw_key(w, "scopes");
		if (s)
			jw_strn(w, s + 1, strlen(s) - 2);
		else
			jw_null(w);
		static const char *const times[] = {"created_at", "expires_at", "used_at"};
		for (int i = 0; i < 3; i++)
			jw_kstr(w, times[i],
			        rows_null(r, 3 + i) ? NULL
			                            : time_format(cx->a, rows_i64(r, 3 + i)));
		jw_end_obj(w);
	}
	jw_end_arr(w);
	jw_end_obj(w);
	return rows_done(r);
}

static err_t revoke(struct ctx *cx, void *arg)
{
	struct token *t = arg;
	TRY(db_exec(cx->c, "update api_token set revoked_at = ? where id = ?",
	            ARGS(vi(cx->now), vi(t->id)), NULL));
	return token_event(cx, "token.revoked", t);
}

err_t access_token_revoke(struct ctx *cx, i64 user_id, i64 token_id)
{
	struct token t = {.user_id = user_id, .id = token_id};
	struct rows *r;
	bool found = false;
	TRY(db_query(
		cx->c,
		"select name from api_token where id = ? and user_id = ? and revoked_at is null",
		ARGS(vi(token_id), vi(user_id)), &r));
	if (rows_next(r)) {
		found = true;
		t.name = rows_dup(r, 0);
	}
	TRY(rows_done(r));
	return found ? ctx_write(cx, revoke, &t) : cx_err(cx, ERR_NOT_FOUND, NULL);
}
