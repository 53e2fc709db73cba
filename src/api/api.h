/* The API: routes as rows, and what a handler gets and gives.
 *
 * To add a route: write `static err_t fn(struct api *q)`, add a row to the table of its file, and
 * (for a new file) the table to api_tables[] in routes.c.  The dispatcher has done, before fn is
 * called: authentication, CSRF, the permission of the row, language, JSON parsing; afterwards it
 * turns an error into problem+json.  Descriptions (OpenAPI) are made from the same rows. */
#ifndef TRIPOD_API_H
#define TRIPOD_API_H

#include "core/access.h"
#include "core/crud.h"
#include "core/list.h"
#include "http/http.h"

struct api;
typedef err_t api_fn(struct api *q);

enum api_flags {
	/* HTTP_SLOW and HTTP_BIG_BODY of http.h are taken as well. */
	API_PUBLIC = HTTP_USER_FLAG << 0,    /* nobody needs to be logged in */
	API_ENTITY = HTTP_USER_FLAG << 1,    /* one row for every entity: {plural} in the path */
	API_FORM = HTTP_USER_FLAG << 2,      /* a page or form, not JSON: left out of OpenAPI */
	API_EARLY = HTTP_USER_FLAG << 3,     /* also while the password must be changed */
	API_OWN_WRITE = HTTP_USER_FLAG << 4, /* calls api_write() itself: slow work outside of it */
	API_SECRET = HTTP_USER_FLAG << 5,    /* the answer is never kept for a repeated request */
	API_IF_MATCH = HTTP_USER_FLAG << 6,  /* 428 without the version */
	API_ANY_BODY = HTTP_USER_FLAG << 7,  /* the body is not JSON */
	API_LIST = HTTP_USER_FLAG << 8,      /* takes the parameters of lists */
};

struct api_query {
	const char *name;
	const char *type; /* of JSON schema: string, integer, boolean */
	const char *text; /* for the description, English */
};

struct api_route {
	const char *method, *path; /* "/api/v1/me" */
	api_fn *fn;
	/* "setting.read"; for API_ENTITY the act alone ("read"), the entity comes before it.
	 * NULL: anybody logged in. */
	const char *permission;
	unsigned flags;
	int status; /* of success; 0 = 200 */
	const char
		*in; /* JSON schema of the body as text, "@name" of a shape in shapes.c, "@create"
	                  * or "@patch" of the entity; NULL = no body */
	const char *out; /* the same for the answer; "@record", "@list"; NULL = no content */
	const enum err_code *errors;   /* beyond those that every such row has; ends with ERR_OK */
	const struct api_query *query; /* up to a NULL name; or NULL */
	struct label summary;
};

/* One request. */
struct api {
	struct ctx cx;
	struct http_req *rq;
	struct http_res *rs;
	const struct api_route *route;
	const struct entity *e; /* API_ENTITY */
	struct api_server *server;
	struct visitor who;
	bool by_cookie;
	bool raw;     /* the handler wrote rs itself (file, stream, page) */
	json_t *body; /* an object when the row has `in`; else NULL */
	const char *idem_key, *idem_hash;
};

struct api_server;

/* -- for handlers -- */

/* A writer for the answer, and sending it with the row's status. */
struct jw api_json(struct api *q);
err_t api_send(struct api *q, struct jw *w);
/* The row's status (204) and no body. */
err_t api_done(struct api *q);
/* The answer says how to take the act back: header Undo-Id. 0 = it cannot be. */
void api_undo_id(struct api *q, i64 undo_id);
/* Path parameter as a record number; ERR_NOT_FOUND. */
MUST_USE err_t api_id(struct api *q, const char *param, i64 *out);
/* Version of If-Match: "7", W/"7", 7; 0 for *. ERR_IF_MATCH when absent. */
MUST_USE err_t api_version(struct api *q, i64 *out);
/* The JSON of a record, with ETag (and the row's status). */
MUST_USE err_t api_send_record(struct api *q, const struct rec *r);
/* A text member of the body: field errors when absent or no text. NULL then. */
const char *api_text(struct api *q, const char *name, bool required);
/* API_OWN_WRITE: as ctx_write; fn has written the answer, which is kept for the Idempotency-Key. */
MUST_USE err_t api_write(struct api *q, err_t (*fn)(struct ctx *cx, void *arg), void *arg);

/* -- tables -- */

extern const struct api_route *const api_tables[]; /* up to NULL */
/* The i-th route with its entity: API_ENTITY rows once per entity. false at the end. */
struct api_bound {
	const struct api_route *r;
	const struct entity *e;
	struct api_server *server;
	const char *path;      /* with the plural in place */
	const json_t *members; /* all that the body may have, or NULL: not held against a list */
	int index;
};
/* All of them in the arena; *n without the NULL row. */
struct api_bound *api_bind(struct arena *a, struct api_server *s, size_t *n);

/* Schema as JSON: ' becomes ". */
const char *api_schema(struct arena *a, const char *schema);
/* Of a body: it takes no other members than it names, unless it says so itself. */
const char *api_body_schema(struct arena *a, const char *schema);
/* A shape by name: JSON schema text; NULL when there is none. */
struct api_shape {
	const char *name, *schema;
};
extern const struct api_shape api_shapes[];

/* -- inside of the floor -- */

struct api_options {
	const char *listen;
	bool test_clock;
	bool behind_proxy; /* X-Forwarded-* are believed, cookies are Secure */
	int threads, workers;
};

struct api_server {
	struct db *db;
	struct arena *a;
	struct api_options o;
	struct http_server *http;
	struct http_config cfg;
	struct api_bound *bound;
	size_t n_bound;
	_Atomic bool stopping;
};

/* dispatch.c */
void api_handle(struct http_req *rq, struct http_res *rs);
bool api_before(struct http_req *rq, struct http_res *rs);
enum lang api_accept_language(const struct http_req *rq);
/* problem.c: the one place where an err_t becomes an answer. */
void api_problem(struct http_req *rq, struct http_res *rs, struct errs *e, enum lang lang);
void api_refuse(struct http_req *rq, struct http_res *rs, enum err_code code, const char *reason);
/* idempotency.c: was this request answered before? *done: the answer is in rs. */
MUST_USE err_t api_replay(struct api *q, bool *done);
/* measure.c */
void api_measure(const struct http_req *rq, const struct http_res *rs, i64 us);
void api_measure_start(struct arena *a, size_t routes);

/* server.c: ERR_INTERNAL when the address is taken. */
MUST_USE err_t api_start(struct db *db, const struct api_options *o, struct errs *e,
                         struct api_server **out);
int api_port(const struct api_server *s);
void api_stop(struct api_server *s);

#endif
