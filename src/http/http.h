/* HTTP server: sockets, parsing, guard, routing, cookies, files, event streams.
 * Over libmicrohttpd (epoll + thread pool).  Knows no product.
 *
 * A route is a row.  A handler reads the request, writes the response, returns; memory is the
 * request's arena.  Flag HTTP_SLOW runs it on a worker thread while the connection is suspended.
 *
 *	static const struct http_route routes[] = {
 *		{"GET", "/healthz", health, HTTP_PUBLIC, NULL},
 *		{"GET", "/api/v1/accounts/{id}", get_one, 0, &accounts},
 *	};
 *
 * Guard (answers 400 and closes): doubled Content-Length, Content-Length with Transfer-Encoding,
 * any coding but chunked, a name ending in a blank, Host count other than 1, header over 16 KB,
 * target over 8 KB. Deadline: header within 10 s, body within 30 s + 1 s per 64 KB.  413 above the body limit. */
#ifndef TRIPOD_HTTP_H
#define TRIPOD_HTTP_H

#include "base/buf.h"
#include "base/err.h"

enum { HTTP_PARAMS_MAX = 4 };

struct http_pair {
	const char *key;
	const char *value;
};

struct http_req;
struct http_res;
struct http_server;
typedef void http_handler(struct http_req *rq, struct http_res *rs);

enum http_flags {
	HTTP_SLOW = 1 << 0,     /* run on a worker thread */
	HTTP_BIG_BODY = 1 << 1, /* body limit of uploads; spooled to a temporary file beyond 1 MB */
};

struct http_route {
	const char *method;
	const char *path; /* "/api/v1/x/{id}"; a last "{rest*}" takes the remaining path */
	http_handler *fn;
	unsigned flags;
	const void *arg; /* for the handler: rq->arg */
};

struct http_req {
	struct arena *a;
	const char *method;
	const char *path; /* decoded, normalised; begins with '/' */
	const struct http_route *route;
	const void *arg;
	struct http_pair params[HTTP_PARAMS_MAX]; /* path parameters, decoded */
	size_t n_params;
	const struct http_pair *query; /* decoded */
	size_t n_query;
	const char *body; /* NUL terminated; NULL when spooled or none */
	size_t body_len;
	const char *body_file; /* path of the spooled body or NULL; removed with the request */
	/* Address of the peer, or X-Forwarded-For's last when the peer is loopback and trust_proxy. */
	const char *remote;
	const char *request_id;
	i64 started_mono;
	void *impl;
};

struct http_res {
	struct arena *a;
	int status;       /* 200 when left alone */
	const char *type; /* "application/json" when left alone and there is a body */
	const void *body; /* lives in the arena or is static */
	size_t body_len;
	const char *file; /* send this file instead of body; removed afterwards if file_temp */
	bool file_temp;
	struct http_pair headers[16];
	size_t n_headers;
	void *impl;
};

const char *http_param(const struct http_req *rq, const char *name); /* path parameter or NULL */
const char *http_query(const struct http_req *rq, const char *name); /* or NULL */
const char *http_header(const struct http_req *rq, const char *name);
const char *http_cookie(const struct http_req *rq, const char *name);
void http_add_header(struct http_res *rs, const char *name, const char *value);
/* Set-Cookie with HttpOnly, SameSite=Lax, Path=/ and Secure when `secure`. max_age < 0: session. */
void http_set_cookie(struct http_res *rs, const char *name, const char *value, i64 max_age_s,
                     bool http_only, bool secure);
void http_body(struct http_res *rs, int status, const char *type, const void *p, size_t n);
void http_text(struct http_res *rs, int status, const char *type, const char *s);

/* One part of a multipart/form-data body. Small values in `data`, files spooled to `file`. */
struct http_part {
	const char *name, *filename, *type;
	const char *data;
	const char *file;
	i64 size;
};
MUST_USE err_t http_multipart(struct http_req *rq, struct errs *e, struct http_part **out,
                              size_t *n);

/* Event stream. The handler calls http_sse() and returns; from then on any thread may send.
 * The stream is reference counted: on_close is called once when the client has gone, after
 * which sends are dropped. Call sse_release() when done with the pointer. */
struct sse;
struct sse *http_sse(struct http_req *rq, struct http_res *rs, void (*on_close)(void *), void *arg);
/* false when the client has gone or has 1 MB waiting (it is then closed). */
bool sse_send(struct sse *s, const char *id, const char *event, const char *data);
bool sse_comment(struct sse *s, const char *text); /* keep-alive */
void sse_close(struct sse *s);
void sse_release(struct sse *s);

struct http_config {
	const char *listen;                     /* "127.0.0.1:8080", "[::]:80"; port 0 = any free */
	const struct http_route *const *tables; /* up to NULL; each table ends with method NULL */
	int threads;                            /* 0 = number of cores */
	int workers;                            /* 0 = number of cores */
	size_t body_max;                        /* 0 = 1 MB */
	size_t upload_max;                      /* 0 = 100 MB */
	bool trust_proxy;
	/* Called before the handler; may answer instead (returns false). Authentication sits here. */
	bool (*before)(struct http_req *rq, struct http_res *rs);
	/* Called after the response was queued: access log, metrics. */
	void (*after)(const struct http_req *rq, const struct http_res *rs, i64 us);
	/* Writes the answer for what the server itself refuses (400, 404, 405, 413, 503…). */
	void (*refuse)(struct http_req *rq, struct http_res *rs, enum err_code code,
	               const char *reason);
	/* What no route takes with GET: the web UI (index.html). NULL = refuse 404. */
	http_handler *fallback;
};

MUST_USE err_t http_start(const struct http_config *cfg, struct errs *e, struct http_server **out);
int http_port(const struct http_server *s);
/* Stops taking connections, ends streams, waits for running handlers (at most 10 s). */
void http_stop(struct http_server *s);

/* Assets packed into the binary: index by path, with pre-compressed forms. */
struct asset {
	const char *path; /* "assets/index-abc.js" */
	const char *type;
	const char *etag;        /* quoted */
	const u8 *raw, *gz, *br; /* gz, br may be NULL */
	size_t raw_len, gz_len, br_len;
	bool immutable;
};
extern const struct asset assets[];
extern const size_t n_assets;
const struct asset *asset_find(const char *path);
/* Answers with the asset in the best coding that Accept-Encoding takes; 304 on If-None-Match. */
void http_asset(struct http_req *rq, struct http_res *rs, const struct asset *as);

#endif
