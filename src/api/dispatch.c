/* From request to handler and back: who, may he, language, body, error. */
#include <string.h>
#include <strings.h>

#include "api/api.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "core/scope.h"

enum { BODY_JSON_MAX = 64 * 1024 * 1024, CLIENT_ID_MAX = 64 };

static const char *bearer(const struct http_req *rq)
{
	const char *h = http_header(rq, "Authorization");
	return h && !strncasecmp(h, "Bearer ", 7) ? h + 7 : NULL;
}

static bool changes(const struct http_req *rq)
{
	return strcmp(rq->method, "GET") != 0 && strcmp(rq->method, "HEAD") != 0;
}

static err_t identify(struct api *q)
{
	const char *token = bearer(q->rq);
	const char *cookie = token ? NULL : http_cookie(q->rq, "tripod_session");
	bool open = q->route->flags & API_PUBLIC;
	if (!token && !cookie)
		return open ? ERR_OK : cx_err(&q->cx, ERR_UNAUTHENTICATED, NULL);
	q->by_cookie = !token;
	q->cx.via = token ? "api" : "ui";
	err_t rc = token ? access_by_token(&q->cx, token, &q->who)
	                 : access_by_session(&q->cx, cookie, &q->who);
	if (rc == ERR_UNAUTHENTICATED && open) {
		errs_clear(&q->cx.e);
		return ERR_OK;
	}
	TRY(rc);
	q->cx.actor = q->who.actor;
	q->cx.lang = q->who.actor->lang;
	return ERR_OK;
}

/* The cookie goes along by itself; the header can only be set by our own pages. */
static err_t check_csrf(struct api *q)
{
	if (!q->by_cookie || !q->cx.actor || !changes(q->rq) || (q->route->flags & API_FORM))
		return ERR_OK;
	const char *sent = http_header(q->rq, "X-CSRF-Token");
	return sent && equal_secret(sent, q->who.csrf) ? ERR_OK : cx_err(&q->cx, ERR_CSRF, NULL);
}

static err_t check_permission(struct api *q)
{
	const struct api_route *r = q->route;
	if (q->who.must_change && !(r->flags & (API_EARLY | API_PUBLIC)))
		return cx_err(&q->cx, ERR_PASSWORD_CHANGE, NULL);
	if (!r->permission)
		return ERR_OK;
	if (!(r->flags & API_ENTITY))
		return actor_need(&q->cx, r->permission);
	return scope_of(q->cx.actor, q->e, r->permission) != SCOPE_NONE
	               ? ERR_OK
	               : cx_err(&q->cx, ERR_FORBIDDEN, NULL);
}

static bool is_json(const char *type)
{
	size_t n = type ? strcspn(type, "; ") : 0;
	return n && ((n == 16 && !strncasecmp(type, "application/json", n)) ||
	             (n > 17 && !strncasecmp(type, "application/", 12) &&
	              !strncasecmp(type + n - 5, "+json", 5)));
}

static err_t read_body(struct api *q)
{
	const struct http_req *rq = q->rq;
	if (!q->route->in || (q->route->flags & (API_ANY_BODY | API_FORM)))
		return ERR_OK;
	if (rq->body_len && !is_json(http_header(rq, "Content-Type")))
		return cx_err(&q->cx, ERR_MEDIA_TYPE, EP({"want", "application/json"}));
	TRY(json_parse(rq->a, &q->cx.e, rq->body ? rq->body : "", rq->body_len, &q->body));
	if (!json_is_object(q->body))
		return cx_err(&q->cx, ERR_BAD_JSON, EP({"reason", "an object is wanted"}));
	const struct api_bound *b = rq->arg;
	const char *name;
	json_t *v;
	json_object_foreach(q->body, name, v) if (b->members && !json_object_get(b->members, name))
		errs_field(&q->cx.e, name, ERR_UNKNOWN_FIELD, NULL);
	return errs_any_field(&q->cx.e) ? errs_invalid(&q->cx.e) : ERR_OK;
}

static struct api *begin(struct http_req *rq, struct http_res *rs, err_t *rc)
{
	const struct api_bound *b = rq->arg;
	struct api *q = ARENA_NEW(rq->a, struct api);
	*q = (struct api){.rq = rq, .rs = rs, .route = b->r, .e = b->e, .server = b->server};
	*rc = ctx_begin(&q->cx, b->server->db, rq->a, "api");
	/* One snapshot for all that a GET reads: consistent, and SQLite takes its locks once. On
	 * PostgreSQL it would cost two more round trips. */
	if (!*rc && !changes(rq) && db_engine(b->server->db) == DB_SQLITE)
		*rc = db_snapshot(q->cx.c);
	q->cx.lang = api_accept_language(rq);
	q->cx.request_id = rq->request_id;
	q->cx.ip = rq->remote;
	const char *client = http_header(rq, "X-Client-Id");
	if (client && strlen(client) <= CLIENT_ID_MAX)
		q->cx.client_id = utf8_clean(rq->a, client, strlen(client));
	return q;
}

static err_t let_in(struct api *q)
{
	TRY(identify(q));
	TRY(check_csrf(q));
	return check_permission(q);
}

static void refuse(struct api *q, err_t rc)
{
	if (q->cx.e.code == ERR_OK)
		q->cx.e.code = (enum err_code)rc;
	if (q->route->flags & API_PUBLIC)
		q->cx.lang = api_accept_language(q->rq);
	api_problem(q->rq, q->rs, &q->cx.e, q->cx.lang);
}

bool api_before(struct http_req *rq, struct http_res *rs)
{
	if (!rq->route || !(rq->route->flags & HTTP_BIG_BODY))
		return true;
	err_t rc;
	struct api *q = begin(rq, rs, &rc);
	if (!rc)
		rc = let_in(q);
	ctx_end(&q->cx);
	if (rc)
		refuse(q, rc);
	rq->ctx = q;
	return !rc;
}

static err_t call(struct ctx *cx, void *arg)
{
	(void)cx;
	struct api *q = arg;
	return q->route->fn(q);
}

static err_t run(struct api *q)
{
	bool done;
	TRY(read_body(q));
	/* Whose body is not JSON tells by itself whether two are the same. */
	if (q->route->flags & API_ANY_BODY)
		return q->route->fn(q);
	TRY(api_replay(q, &done));
	if (done)
		return ERR_OK;
	if (q->idem_key && !(q->route->flags & API_OWN_WRITE))
		return api_write(q, call, q);
	return q->route->fn(q);
}

/* A created record's address: of the path and its id, also when the answer is a kept one. */
static void add_location(struct api *q)
{
	struct errs quiet;
	json_t *j;
	errs_init(&quiet, q->rq->a);
	if (q->rs->status != 201 || !q->rs->body ||
	    json_parse(q->rq->a, &quiet, q->rs->body, q->rs->body_len, &j))
		return;
	i64 id = json_i64(j, "id", 0);
	if (id)
		http_add_header(q->rs, "Location",
		                arena_printf(q->rq->a, "%s/%lld", q->rq->path, (long long)id));
}

void api_handle(struct http_req *rq, struct http_res *rs)
{
	struct http_res empty = *rs;
	struct api *q = rq->ctx;
	err_t rc;
	if (q) {
		q->rs = rs;
		rc = db_acquire(q->cx.db, rq->a, &q->cx.e, &q->cx.c);
	} else {
		q = begin(rq, rs, &rc);
		if (!rc)
			rc = let_in(q);
	}
	if (!rc)
		rc = run(q);
	if (!rc && q->who.stale && access_touch(&q->cx, &q->who))
		LOG(WARN, "use of a session not noted", LS("request_id", rq->request_id));
	ctx_end(&q->cx);
	if (rc) {
		*rs = empty;
		refuse(q, rc);
	} else if (!q->raw) {
		add_location(q);
	}
}

/* -- for handlers -- */

struct jw api_json(struct api *q)
{
	return jw_new(q->cx.a, BODY_JSON_MAX);
}

err_t api_send(struct api *q, struct jw *w)
{
	const char *text = jw_done(w);
	if (!text)
		return cx_fail(&q->cx, ERR_INTERNAL, "answer over %d bytes", BODY_JSON_MAX);
	http_body(q->rs, q->route->status ? q->route->status : 200, "application/json", text,
	          w->b.n);
	return ERR_OK;
}

err_t api_done(struct api *q)
{
	q->rs->status = q->route->status;
	return ERR_OK;
}

void api_undo_id(struct api *q, i64 undo_id)
{
	if (undo_id)
		http_add_header(q->rs, "Undo-Id",
		                arena_printf(q->cx.a, "%lld", (long long)undo_id));
}

err_t api_id(struct api *q, const char *param, i64 *out)
{
	const char *s = http_param(q->rq, param);
	char *end;
	*out = s && *s >= '1' && *s <= '9' ? strtoll(s, &end, 10) : 0;
	if (*out <= 0 || *end || strlen(s) > 18)
		return cx_err(&q->cx, ERR_NOT_FOUND, NULL);
	return ERR_OK;
}

err_t api_version(struct api *q, i64 *out)
{
	const char *h = http_header(q->rq, "If-Match");
	if (!h)
		return cx_err(&q->cx, ERR_IF_MATCH, NULL);
	*out = 0;
	if (!strcmp(h, "*"))
		return ERR_OK;
	if (!strncmp(h, "W/", 2))
		h += 2;
	bool quoted = *h == '"';
	char *end;
	*out = strtoll(h + quoted, &end, 10);
	if (*out <= 0 || (quoted && *end++ != '"') || *end)
		return cx_err(&q->cx, ERR_BAD_REQUEST, EP({"reason", "If-Match: \"7\""}));
	return ERR_OK;
}

err_t api_send_record(struct api *q, const struct rec *r)
{
	struct jw w = api_json(q);
	TRY(list_write_one(&q->cx, r, http_query(q->rq, "expand"), http_query(q->rq, "fields"),
	                   &w));
	http_add_header(q->rs, "ETag", arena_printf(q->cx.a, "\"%lld\"", (long long)r->version));
	return api_send(q, &w);
}

const char *api_text(struct api *q, const char *name, bool required)
{
	const json_t *j = json_object_get(q->body, name);
	if (j && !json_is_null(j) && !json_is_string(j))
		field_wrong_type(&q->cx, name, JSON_STRING);
	else if (json_is_string(j) && *json_string_value(j))
		return json_string_value(j);
	else if (required)
		errs_field(&q->cx.e, name, ERR_REQUIRED, NULL);
	return NULL;
}
