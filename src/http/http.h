/* HTTP server: sockets, parsing, guard, routing, cookies, files, event streams.
 * Over libmicrohttpd (epoll + thread pool).  Knows no product.
 *
 * A route is a row.  A handler reads the request, writes the response, returns; memory is the
 * request's arena.  Flag HTTP_SLOW runs it on a worker thread while the connection is suspended.
 *
 *	static const struct http_route routes[] = {
 *		{"GET", "/healthz", health, 0, NULL},
 *		{"GET", "/api/v1/accounts/{id}", get_one, 0, &accounts},
 *		{NULL},
 *	};
 *
 * A literal segment wins over {param}, {param} over {rest*}.  HEAD takes the GET row when it
 * has none of its own.  A path that exists with other methods answers 405 with Allow.
 * Empty segments are dropped ("/a//b/" is "/a/b").
 *
 * Life of a request: header read -> guard -> target parsed -> route -> before() -> body read ->
 * handler -> response queued -> after() -> response sent -> arena reset.  What is refused after
 * the guard still reads (and drops) a body of moderate size, so that the client sees the answer.
 *
 * Guard (answers 400 and closes): doubled Content-Length, Content-Length with Transfer-Encoding,
 * any coding but chunked, a name that is no token (or ends in a blank), Host count other than 1,
 * folded headers, NUL and control characters, bare LF, header over 16 KB, target over 8 KB.
 * Target (400): bad percent code, invalid UTF-8, control characters, "." and ".." segments in
 * any spelling.  413 above the body limit.
 * Deadlines: header within 10 s, body within 30 s + 1 s per 64 KB received, the response taken
 * within 30 s + 1 s per 16 KB, idle between requests 60 s.
 *
 * Set here for every response: X-Content-Type-Options, Referrer-Policy, X-Request-Id,
 * Cache-Control: no-store unless the handler set one, and a Content-Security-Policy for HTML
 * and SVG unless the handler set one.  Not here: TLS, compression of answers (nginx does both;
 * assets are compressed when packed). */
#ifndef TRIPOD_HTTP_H
#define TRIPOD_HTTP_H

#include "base/buf.h"
#include "base/err.h"

enum { HTTP_PARAMS_MAX = 4, HTTP_HEADERS_MAX = 16 };

struct http_pair {
	const char *key;
	const char *value;
};

struct http_req;
struct http_res;
struct http_server;
typedef void http_handler(struct http_req *rq, struct http_res *rs);

enum http_flags {
	HTTP_SLOW =
		1 << 0, /* run on a worker thread; 503 with Retry-After when the queue is full */
	HTTP_BIG_BODY = 1 << 1, /* body limit of uploads; spooled to a temporary file beyond 1 MB */
	HTTP_USER_FLAG = 1 << 8, /* this bit and those above belong to the owner of the table */
};

struct http_route {
	const char *method; /* GET HEAD POST PUT PATCH DELETE OPTIONS; NULL ends a table */
	const char *path;   /* "/api/v1/x/{id}"; a last "{rest*}" takes the remaining path */
	http_handler *fn;
	unsigned flags;
	const void *arg; /* for the handler: rq->arg */
};

struct http_req {
	struct arena *a;
	const char *method;
	const char *target;             /* as sent, for logs */
	const char *path;               /* decoded, normalised; begins with '/' */
	const struct http_route *route; /* NULL when none matched */
	const void *arg;
	void *ctx; /* before() hands this to the handler: session, caller */
	struct http_pair params[HTTP_PARAMS_MAX]; /* path parameters, decoded */
	size_t n_params;
	const struct http_pair *query; /* decoded */
	size_t n_query;
	const char *body; /* NUL terminated; NULL when spooled or none */
	size_t body_len;
	const char *body_file;  /* path of the spooled body or NULL; removed with the request */
	const char *remote;     /* address of the peer, or the last of X-Forwarded-For when the peer
	                         * is loopback and trust_proxy is set */
	const char *request_id; /* 16 hex digits */
	i64 started_mono;       /* clock_mono() when the request line was read */
	void *impl;
};

struct http_res {
	struct arena *a;
	int status;       /* 200 when left alone */
	const char *type; /* "application/json" when left alone and there is a body */
	const void *body; /* lives in the arena or is static */
	size_t body_len;
	const char *file; /* send this file instead of body; removed at once if file_temp */
	bool file_temp;
	struct http_pair headers[HTTP_HEADERS_MAX];
	size_t n_headers;
	void *impl;
};

const char *http_param(const struct http_req *rq, const char *name);  /* path parameter or NULL */
const char *http_query(const struct http_req *rq, const char *name);  /* or NULL */
const char *http_header(const struct http_req *rq, const char *name); /* first of that name */
const char *http_cookie(const struct http_req *rq, const char *name);
/* Name and value are copied.  Control characters in the value become blanks.  More than
 * HTTP_HEADERS_MAX is a bug. */
void http_add_header(struct http_res *rs, const char *name, const char *value);
/* Set-Cookie with SameSite=Lax, Path=/, HttpOnly when `http_only`, Secure when `secure`.
 * max_age < 0: session.  The value consists of cookie characters (RFC 6265), else it is a bug. */
void http_set_cookie(struct http_res *rs, const char *name, const char *value, i64 max_age_s,
                     bool http_only, bool secure);
/* p is not copied: it lives in the arena or is static. */
void http_body(struct http_res *rs, int status, const char *type, const void *p, size_t n);
void http_text(struct http_res *rs, int status, const char *type, const char *s);

/* One part of a multipart/form-data body.  A part with a filename is a file: its bytes are in
 * the temporary file `file` (removed with the request; rename it to keep it), data is NULL.
 * Any other is a value in `data`, NUL terminated, file is NULL.  filename has no folders. */
struct http_part {
	const char *name, *filename, *type; /* filename, type: NULL when not sent */
	const char *data;
	const char *file;
	i64 size;
};
/* ERR_MEDIA_TYPE, ERR_BAD_REQUEST (malformed, over 256 parts), ERR_TOO_BIG (values over 1 MB
 * together), ERR_UNAVAILABLE (no room for a file), ERR_INTERNAL (the spooled body). */
MUST_USE err_t http_multipart(struct http_req *rq, struct errs *e, struct http_part **out,
                              size_t *n);

/* Event stream.  The handler calls http_sse() and returns; from then on any thread may send.
 * The stream is reference counted: on_close is called once when the client has gone (from a
 * thread of the server, no lock held; it must not block), after which sends are dropped.
 * Call sse_release() when done with the pointer.  A comment is sent by itself after 20 s of
 * silence; a client that has gone is noticed at once. */
struct sse;
struct sse *http_sse(struct http_req *rq, struct http_res *rs, void (*on_close)(void *), void *arg);
/* id, event: NULL = none.  false when the client has gone or has 1 MB waiting (it is then cut). */
bool sse_send(struct sse *s, const char *id, const char *event, const char *data);
bool sse_comment(struct sse *s, const char *text);
void sse_close(struct sse *s);
void sse_release(struct sse *s);

struct http_config {
	const char *listen;                     /* "127.0.0.1:8080", "[::]:80"; port 0 = any free */
	const struct http_route *const *tables; /* up to NULL; each table ends with method NULL */
	int threads;                            /* 0 = number of cores */
	int workers;                            /* 0 = number of cores */
	int worker_queue;                       /* waiting HTTP_SLOW requests; 0 = 64 */
	int connections;     /* 0 = 4096, less when the process may not open so many */
	size_t body_max;     /* 0 = 1 MB */
	size_t upload_max;   /* 0 = 100 MB */
	const char *tmp_dir; /* NULL = $TMPDIR or /tmp */
	bool trust_proxy;
	/* Milliseconds, 0 = 10000, 30000, 60000, 10000, 20000. */
	int header_ms, body_ms, idle_ms, stop_ms, sse_comment_ms;
	/* Called once the header is read and before the body is; may answer instead (returns
	 * false).  Authentication sits here, so strangers cannot upload.  Not on a worker thread. */
	bool (*before)(struct http_req *rq, struct http_res *rs);
	/* Called after the response was queued: access log, metrics. */
	void (*after)(const struct http_req *rq, const struct http_res *rs, i64 us);
	/* Writes the answer for what the server itself refuses: ERR_BAD_REQUEST, ERR_NOT_FOUND,
	 * ERR_METHOD, ERR_TOO_BIG (reason = the limit in bytes), ERR_UNAVAILABLE, ERR_INTERNAL.
	 * reason is English, for {reason} and the log.  NULL = problem+json without words.
	 * Status, Allow and Retry-After are set by the server. */
	void (*refuse)(struct http_req *rq, struct http_res *rs, enum err_code code,
	               const char *reason);
	/* What no route takes with GET: the web UI (index.html). NULL = refuse 404. */
	http_handler *fallback;
};

/* The strings and tables of cfg must outlive the server.  ERR_INTERNAL: the address is taken or
 * wrong, two rows for one method and path, a row that is no route. */
MUST_USE err_t http_start(const struct http_config *cfg, struct errs *e, struct http_server **out);
int http_port(const struct http_server *s);
/* Stops taking connections, ends streams, waits for running handlers (at most stop_ms). */
void http_stop(struct http_server *s);

/* Assets packed into the binary: index by path, with pre-compressed forms. */
struct asset {
	const char *path; /* "assets/index-abc.js" */
	const char *type;
	const char *etag;        /* as sent, W/"…" */
	const u8 *raw, *gz, *br; /* gz, br may be NULL */
	size_t raw_len, gz_len, br_len;
	bool immutable;
};
extern const struct asset assets[]; /* sorted by path; made by tools/pack-assets */
extern const size_t n_assets;
/* path without a leading '/'; NULL when there is none. */
const struct asset *asset_find(const char *path);
const struct asset *asset_find_in(const struct asset *table, size_t n, const char *path);
/* Answers with the asset in the best coding that Accept-Encoding takes; 304 on If-None-Match. */
void http_asset(struct http_req *rq, struct http_res *rs, const struct asset *as);

#endif
