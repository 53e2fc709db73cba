/* The HTTP server over a raw socket: framing, keep-alive, routing, bodies, cookies, files. */
#include "unit/test.h"

#include <fcntl.h>

#include "unit/http_client.h"

static struct arena *a;
static struct http_server *server;
static int port;

/* -- routes of the test -- */

/* What arrived, one thing a line. */
static void echo(struct http_req *rq, struct http_res *rs)
{
	struct buf b = buf_new(rq->a, 2 * 1024 * 1024);
	buf_printf(&b, "method %s\npath %s\nremote %s\n", rq->method, rq->path, rq->remote);
	for (size_t i = 0; i < rq->n_params; i++)
		buf_printf(&b, "param %s=%s\n", rq->params[i].key, rq->params[i].value);
	for (size_t i = 0; i < rq->n_query; i++)
		buf_printf(&b, "query %s=%s\n", rq->query[i].key, rq->query[i].value);
	if (http_cookie(rq, "sid"))
		buf_printf(&b, "cookie %s\n", http_cookie(rq, "sid"));
	buf_printf(&b, "length %zu\n", rq->body_len);
	if (rq->body && rq->body_len < 1000)
		buf_printf(&b, "body %s\n", rq->body);
	if (rq->body_file)
		buf_puts(&b, "spooled\n");
	http_text(rs, 200, "text/plain", buf_str(&b));
}

static void cookies(struct http_req *rq, struct http_res *rs)
{
	(void)rq;
	http_set_cookie(rs, "sid", "abc", 60, true, true);
	http_set_cookie(rs, "csrf", "def", -1, false, false);
	http_add_header(rs, "X-Note", "one\r\nX-Injected: two");
	http_text(rs, 201, NULL, "{}");
}

static void page(struct http_req *rq, struct http_res *rs)
{
	if (http_query(rq, "own"))
		http_add_header(rs, "Content-Security-Policy", "default-src 'none'");
	http_text(rs, 200, "text/html; charset=utf-8", "<p>");
}

static char sent_file[64];

static void file(struct http_req *rq, struct http_res *rs)
{
	rs->file = sent_file;
	rs->file_temp = http_query(rq, "temp") != NULL;
	rs->type = "text/plain";
}

static char upload_log[64];

static void upload(struct http_req *rq, struct http_res *rs)
{
	struct errs e;
	struct http_part *parts = NULL;
	size_t n = 0;
	errs_init(&e, rq->a);
	if (http_multipart(rq, &e, &parts, &n)) {
		http_text(rs, err_def(e.code)->status, "text/plain", err_def(e.code)->code);
		return;
	}
	struct buf b = buf_new(rq->a, 64 * 1024);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&b, "%s %s %lld", parts[i].name,
		           parts[i].filename ? parts[i].filename : "-", (long long)parts[i].size);
		if (parts[i].data)
			buf_printf(&b, " %s", parts[i].data);
		if (parts[i].file) {
			int fd = open(parts[i].file, O_RDONLY);
			char c[2] = "";
			assert_int_equal(lseek(fd, 0, SEEK_END), parts[i].size);
			lseek(fd, parts[i].size / 2, SEEK_SET);
			buf_printf(&b, " %s", read(fd, c, 1) == 1 ? c : "?");
			close(fd);
			snprintf(upload_log, sizeof upload_log, "%s", parts[i].file);
		}
		buf_putc(&b, '\n');
	}
	http_text(rs, 200, "text/plain", buf_str(&b));
}

static void spa(struct http_req *rq, struct http_res *rs)
{
	http_text(rs, 200, "text/html", arena_printf(rq->a, "ui %s", rq->path));
}

static bool before(struct http_req *rq, struct http_res *rs)
{
	if (!strcmp(rq->path, "/secret") || !strcmp(rq->path, "/big/secret")) {
		http_text(rs, 401, "text/plain", "who?");
		return false;
	}
	rq->ctx = a;
	return true;
}

static _Atomic int after_calls;

static void after(const struct http_req *rq, const struct http_res *rs, i64 us)
{
	if (rq->request_id && rs->status && us >= 0)
		after_calls++;
}

static const struct http_route routes[] = {
	{"GET", "/echo", echo, 0, NULL},
	{"POST", "/echo", echo, 0, NULL},
	{"PATCH", "/echo", echo, 0, NULL},
	{"GET", "/x/{id}", echo, 0, NULL},
	{"DELETE", "/x/{id}", echo, 0, NULL},
	{"GET", "/x/{id}/y/{name}", echo, 0, NULL},
	{"GET", "/x/new", page, 0, NULL},
	{"POST", "/x/export", echo, 0, NULL},
	{"GET", "/files/{rest*}", echo, 0, NULL},
	{"GET", "/cookies", cookies, 0, NULL},
	{"GET", "/page", page, 0, NULL},
	{"GET", "/file", file, 0, NULL},
	{"GET", "/secret", echo, 0, NULL},
	{"POST", "/secret", echo, 0, NULL},
	{"POST", "/big", echo, HTTP_BIG_BODY, NULL},
	{"POST", "/big/secret", echo, HTTP_BIG_BODY, NULL},
	{"POST", "/upload", upload, HTTP_BIG_BODY, NULL},
	{0},
};
static const struct http_route *const tables[] = {routes, NULL};

static int setup(void **state)
{
	(void)state;
	a = arena_new(ARENA_REQUEST_MAX);
	server = serve(a, &(struct http_config){.tables = tables,
	                                        .threads = 2,
	                                        .body_max = 1000,
	                                        .upload_max = 4 * 1024 * 1024,
	                                        .trust_proxy = true,
	                                        .before = before,
	                                        .after = after,
	                                        .fallback = spa});
	port = http_port(server);
	assert_true(port > 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	http_stop(server);
	arena_free(a);
	return 0;
}

/* -- framing: a second request stands behind each, to show what was taken for the length -- */

#define SECOND "GET /echo?second=1 HTTP/1.1\r\nHost: t\r\n\r\n"

static const struct framing {
	const char *name, *raw;
	size_t n; /* 0: strlen */
	int status;
	const char *body; /* what the echo of an accepted one must hold */
} framings[] = {
	{"plain", "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nab" SECOND, 0, 200,
         "body ab\n"},
	{"chunked",
         "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n"
         "0\r\n\r\n" SECOND,
         0, 200, "body abc\n"},
	{"http 1.0 without host", "GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" SECOND, 0,
         200, "length 0\n"},
	{"length and coding",
         "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
         "0\r\n\r\n" SECOND,
         0, 400, NULL},
	{"two lengths",
         "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc" SECOND,
         0, 400, NULL},
	{"same length twice",
         "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nab" SECOND,
         0, 400, NULL},
	{"blank before colon",
         "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length : 2\r\n\r\nab" SECOND, 0, 400, NULL},
	{"unknown coding",
         "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip\r\n\r\nab" SECOND, 0, 400,
         NULL},
	{"two codings",
         "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" SECOND,
         0, 400, NULL},
	{"coding twice",
         "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n"
         "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n" SECOND,
         0, 400, NULL},
	{"signed length", "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: +2\r\n\r\nab" SECOND,
         0, 400, NULL},
	{"length with letters",
         "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2abc\r\n\r\nab" SECOND, 0, 400, NULL},
	{"length list", "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2, 2\r\n\r\nab" SECOND,
         0, 400, NULL},
	{"huge length",
         "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999999999999\r\n\r\n" SECOND, 0,
         413, NULL},
	{"no host", "GET /echo HTTP/1.1\r\nX: y\r\n\r\n" SECOND, 0, 400, NULL},
	{"two hosts", "GET /echo HTTP/1.1\r\nHost: t\r\nHost: u\r\n\r\n" SECOND, 0, 400, NULL},
	{"bad host", "GET /echo HTTP/1.1\r\nHost: a/b\r\n\r\n" SECOND, 0, 400, NULL},
	{"folded", "GET /echo HTTP/1.1\r\nHost: t\r\nX: a\r\n b\r\n\r\n" SECOND, 0, 400, NULL},
	{"folded into a length",
         "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Len: 2\r\n gth\r\n\r\nab" SECOND, 0, 400, NULL},
	{"folded last", "GET /echo HTTP/1.1\r\nX: a\r\nHost: t\r\n\t\r\n\r\n" SECOND, 0, 400, NULL},
#define NUL_VALUE "GET /echo HTTP/1.1\r\nHost: t\r\nX: a\0b\r\nY: c\r\n\r\n"
	{"nul in a value", NUL_VALUE, sizeof NUL_VALUE - 1, 400, NULL},
#define NUL_LAST "GET /echo HTTP/1.1\r\nHost: t\r\nX: a\0\r\n\r\n"
	{"nul at the end", NUL_LAST, sizeof NUL_LAST - 1, 400, NULL},
#define NUL_NAME "GET /echo HTTP/1.1\r\nHost: t\r\nX\0: a\r\n\r\n"
	{"nul in a name", NUL_NAME, sizeof NUL_NAME - 1, 400, NULL},
	{"bare line feed", "GET /echo HTTP/1.1\r\nHost: t\nX: a\r\n\r\n" SECOND, 0, 400, NULL},
	{"bare line feed at the end", "GET /echo HTTP/1.1\r\nHost: t\r\n\n" SECOND, 0, 400, NULL},
	{"carriage return in a value", "GET /echo HTTP/1.1\r\nHost: t\r\nX: a\rb\r\n\r\n" SECOND, 0,
         400, NULL},
	{"escape in a value", "GET /echo HTTP/1.1\r\nHost: t\r\nX: a\033b\r\n\r\n" SECOND, 0, 400,
         NULL},
	{"name with a bracket", "GET /echo HTTP/1.1\r\nHost: t\r\nX(: a\r\n\r\n" SECOND, 0, 400,
         NULL},
	{"no colon", "GET /echo HTTP/1.1\r\nHost: t\r\nXabc\r\n\r\n" SECOND, 0, 400, NULL},
	{"two blanks in the request line", "GET  /echo HTTP/1.1\r\nHost: t\r\n\r\n" SECOND, 0, 400,
         NULL},
	{"blank in the target", "GET /echo x HTTP/1.1\r\nHost: t\r\n\r\n" SECOND, 0, 400, NULL},
	{"absolute target", "GET http://t/echo HTTP/1.1\r\nHost: t\r\n\r\n", 0, 400, NULL},
	{"star target", "OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n", 0, 400, NULL},
	{"bad chunk size",
         "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nab\r\n0\r\n\r\n",
         0, 400, NULL},
	{"version 2", "GET /echo HTTP/2.0\r\nHost: t\r\n\r\n" SECOND, 0, 505, NULL},
	{"version 0.9", "GET /echo\r\n\r\n", 0, 400, NULL},
};

static void test_framing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(framings); i++) {
		const struct framing *f = &framings[i];
		int fd = dial(port);
		put_n(fd, f->raw, f->n ? f->n : strlen(f->raw));
		struct reply r = get_reply(a, fd, false);
		if (r.status != f->status)
			fail_msg("%s: status %d, want %d", f->name, r.status, f->status);
		if (f->body && !strstr(r.body, f->body))
			fail_msg("%s: got %s", f->name, r.body);
		struct reply next = f->body ? get_reply(a, fd, false) : (struct reply){0};
		if (f->body && (next.status != 200 || !strstr(next.body, "query second=1\n")))
			fail_msg("%s: the request behind it was not understood", f->name);
		if (!f->body && strstr(f->raw, SECOND) && !closes(fd, 3000))
			fail_msg("%s: refused, but the connection stays open", f->name);
		close(fd);
	}
}

static void test_sizes(void **state)
{
	(void)state;
	struct buf b = buf_new(a, 64 * 1024);
	buf_puts(&b, "GET /echo?q=");
	for (int i = 0; i < 8000; i++)
		buf_putc(&b, 'a');
	const char *good = arena_printf(a, "%s HTTP/1.1\r\nHost: t\r\n\r\n", buf_str(&b));
	const char *bad = arena_printf(a, "%s%s HTTP/1.1\r\nHost: t\r\n\r\n", buf_str(&b), good);
	assert_int_equal(ask(a, port, good).status, 200);
	assert_int_equal(ask(a, port, bad).status, 400);

	struct buf h = buf_new(a, 64 * 1024);
	buf_puts(&h, "GET /echo HTTP/1.1\r\nHost: t\r\nX: ");
	for (int i = 0; i < 16000; i++)
		buf_putc(&h, 'a');
	assert_int_equal(ask(a, port, arena_printf(a, "%s\r\n\r\n", buf_str(&h))).status, 200);
	for (int i = 0; i < 1000; i++)
		buf_putc(&h, 'a');
	assert_int_equal(ask(a, port, arena_printf(a, "%s\r\n\r\n", buf_str(&h))).status, 431);
}

static void test_pipeline(void **state)
{
	(void)state;
	int fd = dial(port);
	put_s(fd, "GET /echo?n=1 HTTP/1.1\r\nHost: t\r\n\r\n"
	          "POST /echo?n=2 HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nxyz"
	          "GET /nope/api HTTP/1.1\r\nHost: t\r\n\r\n"
	          "GET /echo?n=4 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
	assert_non_null(strstr(get_reply(a, fd, false).body, "query n=1\n"));
	struct reply r = get_reply(a, fd, false);
	assert_non_null(strstr(r.body, "query n=2\n"));
	assert_non_null(strstr(r.body, "body xyz\n"));
	assert_string_equal(get_reply(a, fd, false).body, "ui /nope/api");
	r = get_reply(a, fd, false);
	assert_non_null(strstr(r.body, "query n=4\n"));
	assert_string_equal(head_value(&r, "Connection"), "close");
	assert_true(closes(fd, 2000));
	close(fd);
}

/* One connection, many requests: the arena is reset between them. */
static void test_keep_alive(void **state)
{
	(void)state;
	int fd = dial(port);
	char last[32] = "";
	struct arena *mine = arena_new(ARENA_REQUEST_MAX);
	for (int i = 0; i < 300; i++) {
		arena_reset(mine);
		put_s(fd, i % 3 ? "GET /x/7 HTTP/1.1\r\nHost: t\r\n\r\n"
		                : "PATCH /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nhi");
		struct reply r = get_reply(mine, fd, false);
		assert_int_equal(r.status, 200);
		assert_non_null(strstr(r.body, i % 3 ? "param id=7\n" : "body hi\n"));
		const char *id = head_value(&r, "X-Request-Id");
		assert_int_equal(strspn(id, "0123456789abcdef"), 16);
		assert_string_not_equal(id, last);
		snprintf(last, sizeof last, "%s", id);
	}
	arena_free(mine);
	close(fd);
}

/* -- routing -- */

static const struct routing {
	const char *request;
	int status;
	const char *want; /* in the body, or the Allow header of a 405 */
} routings[] = {
	{"GET /x/5", 200, "param id=5\n"},
	{"GET /x/new", 200, "<p>"},
	{"GET /x/export", 200, "param id=export\n"}, /* the literal takes POST only */
	{"POST /x/export", 200, "method POST\n"},
	{"GET /x/new/y/z", 200, "param id=new\nparam name=z\n"}, /* back from the literal */
	{"GET /x/%E5%8D%8E%E4%B8%BA/y/a%2Fb", 200, "param id=华为\nparam name=a/b\n"},
	{"GET /x/a+b", 200, "param id=a+b\n"},
	{"GET //x///5/", 200, "path /x/5\n"},
	{"GET /echo?a=1&b=%E9%95%BF+x&a=2&c&=d&&e=%26", 200,
         "query a=1\nquery b=长 x\nquery a=2\nquery c=\nquery =d\nquery e=&\n"},
	{"GET /files/a/b.txt", 200, "param rest=a/b.txt\n"},
	{"GET /files/a%2Fb", 200, "ui /files/a/b"}, /* not a file name */
	{"GET /files/a%5Cb", 200, "ui /files/a\\b"},
	{"GET /files", 200, "ui /files"},
	{"GET /", 200, "ui /"},
	{"GET /any/where", 200, "ui /any/where"},
	{"POST /any/where", 404, NULL},
	{"DELETE /echo", 405, "GET, HEAD, POST, PATCH"},
	{"PUT /x/new", 405, "GET, HEAD, DELETE"},
	{"OPTIONS /echo", 405, "GET, HEAD, POST, PATCH"},
	{"TRACE /echo", 405, "GET, HEAD, POST, PATCH"},
	{"BREW /any", 404, NULL},
	{"GET /../etc/passwd", 400, NULL},
	{"GET /files/../../etc/passwd", 400, NULL},
	{"GET /files/%2e%2e/x", 400, NULL},
	{"GET /files/.%2E/x", 400, NULL},
	{"GET /files/./x", 400, NULL},
	{"GET /files/..%2f..%2fetc", 200,
         "ui /files/../../etc"}, /* one segment, not taken as rest */
	{"GET /x/%00", 400, NULL},
	{"GET /x/%0a", 400, NULL},
	{"GET /x/%zz", 400, NULL},
	{"GET /x/%4", 400, NULL},
	{"GET /x/%ff", 400, NULL},
	{"GET /x/%c0%ae", 400, NULL},
	{"GET /echo?a=%00", 400, NULL},
	{"GET /echo?a=%e5", 400, NULL},
	{"GET /a#b", 400, NULL},
	{"GET /1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3", 400, NULL},
};

static void test_routing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(routings); i++) {
		const struct routing *c = &routings[i];
		struct reply r = ask(a, port,
		                     arena_printf(a, "%s HTTP/1.1\r\nHost: t\r\n\r\n", c->request));
		if (r.status != c->status)
			fail_msg("%s: status %d, want %d", c->request, r.status, c->status);
		if (r.status == 405)
			assert_string_equal(head_value(&r, "Allow"), c->want);
		else if (c->want && !strstr(r.body, c->want))
			fail_msg("%s: got %s", c->request, r.body);
	}
}

static void test_bad_tables(void **state)
{
	(void)state;
	static const struct http_route bad[][3] = {
		{{"GET", "/a/{x}", echo, 0, NULL}, {"GET", "/a/{y}", echo, 0, NULL}, {0}},
		{{"FETCH", "/a", echo, 0, NULL}, {0}},
		{{"GET", "a", echo, 0, NULL}, {0}},
		{{"GET", "/a/{rest*}/b", echo, 0, NULL}, {0}},
		{{"GET", "/a//b", echo, 0, NULL}, {0}},
		{{"GET", "/a/{x", echo, 0, NULL}, {0}},
		{{"GET", "/{a}/{b}/{c}/{d}/{e}", echo, 0, NULL}, {0}},
		{{"GET", "/a", NULL, 0, NULL}, {0}},
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct errs e;
		struct http_server *s = NULL;
		const struct http_route *const t[] = {bad[i], NULL};
		errs_init(&e, a);
		assert_int_equal(
			http_start(&(struct http_config){.listen = "127.0.0.1:0", .tables = t}, &e,
		                   &s),
			ERR_INTERNAL);
		assert_non_null(strstr(e.log, "route "));
	}
}

static void test_bad_address(void **state)
{
	(void)state;
	const char *bad[] = {"",
	                     "8080",
	                     "127.0.0.1:",
	                     "127.0.0.1:http",
	                     "300.1.2.3:1",
	                     arena_printf(a, "127.0.0.1:%d", port)};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct errs e;
		struct http_server *s = NULL;
		errs_init(&e, a);
		assert_int_equal(http_start(&(struct http_config){.listen = bad[i]}, &e, &s),
		                 ERR_INTERNAL);
	}
}

/* -- answers -- */

static void test_head(void **state)
{
	(void)state;
	int fd = dial(port);
	put_s(fd, "HEAD /page HTTP/1.1\r\nHost: t\r\n\r\nGET /page HTTP/1.1\r\nHost: t\r\n\r\n");
	struct reply r = get_reply(a, fd, true);
	assert_int_equal(r.status, 200);
	assert_string_equal(head_value(&r, "Content-Length"), "3");
	assert_string_equal(get_reply(a, fd, false).body, "<p>"); /* nothing came in between */
	close(fd);
}

static void test_headers(void **state)
{
	(void)state;
	struct reply r = get(a, port, "/page");
	assert_string_equal(head_value(&r, "X-Content-Type-Options"), "nosniff");
	assert_string_equal(head_value(&r, "Referrer-Policy"), "same-origin");
	assert_string_equal(head_value(&r, "Cache-Control"), "no-store");
	const char *csp = head_value(&r, "Content-Security-Policy");
	assert_non_null(strstr(csp, "script-src 'self';"));
	assert_null(strstr(csp, "unsafe"));
	r = get(a, port, "/page?own=1");
	assert_string_equal(head_value(&r, "Content-Security-Policy"), "default-src 'none'");
	r = get(a, port, "/x/%zz"); /* what the server refuses carries them too */
	assert_string_equal(head_value(&r, "X-Content-Type-Options"), "nosniff");
	assert_string_equal(head_value(&r, "Content-Type"), "application/problem+json");
	assert_non_null(strstr(r.body, "\"code\":\"bad_request\""));
}

static void test_cookies(void **state)
{
	(void)state;
	struct reply r = get(a, port, "/cookies");
	assert_int_equal(r.status, 201);
	assert_string_equal(head_value(&r, "Content-Type"), "application/json");
	assert_non_null(strstr(
		r.head,
		"Set-Cookie: sid=abc; Path=/; SameSite=Lax; Max-Age=60; HttpOnly; Secure\r\n"));
	assert_non_null(strstr(r.head, "Set-Cookie: csrf=def; Path=/; SameSite=Lax\r\n"));
	assert_null(strstr(r.head, "\r\nX-Injected"));
	r = ask(a, port, "GET /echo HTTP/1.1\r\nHost: t\r\nCookie: xsid=1; sid=q.r; sid=2\r\n\r\n");
	assert_non_null(strstr(r.body, "cookie q.r\n"));
}

static void test_remote(void **state)
{
	(void)state;
	assert_non_null(strstr(get(a, port, "/echo").body, "remote 127.0.0.1\n"));
	struct reply r = ask(a, port,
	                     "GET /echo HTTP/1.1\r\nHost: t\r\n"
	                     "X-Forwarded-For: 1.2.3.4, 2001:db8::7\r\n\r\n");
	assert_non_null(strstr(r.body, "remote 2001:db8::7\n"));
	r = ask(a, port, "GET /echo HTTP/1.1\r\nHost: t\r\nX-Forwarded-For: <b>\r\n\r\n");
	assert_non_null(strstr(r.body, "remote 127.0.0.1\n"));
}

static void test_files(void **state)
{
	(void)state;
	enum { SIZE = 300000 };
	snprintf(sent_file, sizeof sent_file, "/tmp/tripod-test-XXXXXX");
	int fd = mkstemp(sent_file);
	char *bytes = arena_alloc(a, SIZE);
	for (int i = 0; i < SIZE; i++)
		bytes[i] = (char)('a' + i % 23);
	assert_int_equal(write(fd, bytes, SIZE), SIZE);
	close(fd);
	for (int i = 0; i < 2; i++) {
		struct reply r = get(a, port, i ? "/file?temp=1" : "/file");
		assert_int_equal(r.n, SIZE);
		assert_memory_equal(r.body, bytes, SIZE);
	}
	assert_int_not_equal(access(sent_file, F_OK), 0); /* the temporary one is gone */
	assert_int_equal(get(a, port, "/file").status, 500);
}

/* -- bodies -- */

static const char *post(const char *target, size_t n, bool chunked)
{
	struct buf b = buf_new(a, 32 * 1024 * 1024);
	buf_printf(&b, "POST %s HTTP/1.1\r\nHost: t\r\n", target);
	if (!chunked)
		buf_printf(&b, "Content-Length: %zu\r\n\r\n", n);
	else
		buf_puts(&b, "Transfer-Encoding: chunked\r\n\r\n");
	for (size_t left = n; left;) {
		size_t k = left < 3000 ? left : 3000;
		if (chunked)
			buf_printf(&b, "%zx\r\n", k);
		for (size_t i = 0; i < k; i++)
			buf_putc(&b, (char)('a' + i % 26));
		if (chunked)
			buf_puts(&b, "\r\n");
		left -= k;
	}
	if (chunked)
		buf_puts(&b, "0\r\n\r\n");
	return buf_str(&b);
}

static void test_limits(void **state)
{
	(void)state;
	enum { MB = 1024 * 1024 };
	static const struct {
		const char *target;
		size_t n;
		int status;
		const char *want;
	} cases[] = {
		{"/echo", 1000, 200, "length 1000\n"},
		{"/echo", 1001, 413, "\"detail\":\"1000\""},
		{"/echo", 2 * MB, 413, NULL},
		{"/big", 1000, 200, "length 1000\n"},
		{"/big", MB, 200, "length 1048576\n"},
		{"/big", MB + 1, 200, "length 1048577\nspooled\n"},
		{"/big", 4 * MB, 200, "length 4194304\nspooled\n"},
		{"/big", 4 * MB + 1, 413, NULL},
		{"/secret", 500, 401, "who?"},
		{"/big/secret", 3 * MB, 401, "who?"},
		{"/none", 900, 404, NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (int chunked = 0; chunked < 2; chunked++) {
			int fd = dial(port);
			put_s(fd, post(cases[i].target, cases[i].n, chunked));
			struct reply r = get_reply(a, fd, false);
			if (r.status != cases[i].status)
				fail_msg("%s %zu: %d", cases[i].target, cases[i].n, r.status);
			if (cases[i].want && !strstr(r.body, cases[i].want))
				fail_msg("%s %zu: %s", cases[i].target, cases[i].n, r.body);
			put_s(fd, SECOND); /* the body was read to its end, so it goes on */
			assert_int_equal(get_reply(a, fd, false).status, 200);
			close(fd);
		}
}

/* Refused without waiting for a body that is too big to drop, or that asks first. */
static void test_refused_early(void **state)
{
	(void)state;
	struct reply r = ask(
		a, port, "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000000\r\n\r\n");
	assert_int_equal(r.status, 413);
	assert_string_equal(head_value(&r, "Connection"), "close");
	r = ask(a, port,
	        "POST /secret HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\n"
	        "Content-Length: 10\r\n\r\n");
	assert_int_equal(r.status, 401);
	int fd = dial(port);
	put_s(fd, "POST /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\n"
	          "Content-Length: 2\r\n\r\n");
	assert_int_equal(get_reply(a, fd, true).status, 100);
	put_s(fd, "ok");
	assert_non_null(strstr(get_reply(a, fd, false).body, "body ok\n"));
	close(fd);
}

#define PART(head, body) "--B\r\nContent-Disposition: form-data; " head "\r\n\r\n" body "\r\n"

static struct reply send_parts(const char *parts)
{
	return ask(a, port,
	           arena_printf(a,
	                        "POST /upload HTTP/1.1\r\nHost: t\r\nContent-Type: "
	                        "multipart/form-data; boundary=\"B\"\r\nContent-Length: "
	                        "%zu\r\n\r\n%s",
	                        strlen(parts), parts));
}

/* The file is removed with the request, a moment after the client has the answer. */
static bool goes(const char *path)
{
	for (int i = 0; i < 400 && !access(path, F_OK); i++)
		usleep(5000);
	return access(path, F_OK) != 0;
}

static void test_multipart(void **state)
{
	(void)state;
	struct reply r = send_parts(PART("name=\"note\"", "两\r\n行") PART(
		"name=\"f\"; filename=\"C:\\\\dir\\\\表.csv\"", "x,y\r\n--bx") "--B--\r\n");
	assert_string_equal(r.body, "note - 8 两\r\n行\nf 表.csv 9 \n\n");
	assert_true(goes(upload_log));
	assert_string_equal(send_parts("--B--\r\n").body, "");
	assert_string_equal(send_parts(PART("name=a", "") "--B--").body, "a - 0 \n");
	static const char *const bad[] = {
		"",
		"x",
		"--B",
		"--B\r\n",
		"--C\r\n\r\n",
		"--B\r\n\r\nx\r\n--B--",
		PART("name=\"a\"", "x"),
		PART("nome=\"a\"", "x") "--B--",
		"--B\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--B--",
		"--B\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--B--",
		"--B\r\nnonsense\r\n\r\nx\r\n--B--",
		PART("name=\"\xff\"", "x") "--B--",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (send_parts(bad[i]).status != 400)
			fail_msg("part %zu was taken", i);
	r = ask(a, port,
	        "POST /upload HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\n"
	        "Content-Length: 1\r\n\r\nx");
	assert_int_equal(r.status, 415);
}

static void test_multipart_spooled(void **state)
{
	(void)state;
	enum { SIZE = 3 * 1024 * 1024 };
	struct buf b = buf_new(a, 2 * SIZE);
	buf_puts(&b, "--B\r\nContent-Disposition: form-data; name=f; filename=big\r\n\r\n");
	for (int i = 0; i < SIZE; i++)
		buf_putc(&b, i == SIZE / 2 ? '*' : '.');
	buf_puts(&b, "\r\n" PART("name=\"after\"", "v") "--B--\r\n");
	assert_string_equal(send_parts(buf_str(&b)).body, "f big 3145728 *\nafter - 1 v\n");
	assert_true(goes(upload_log));
}

static void test_after_counts(void **state)
{
	(void)state;
	int was = after_calls;
	get(a, port, "/echo");
	get(a, port, "/x/%zz");
	ask(a, port, "DELETE /echo HTTP/1.1\r\nHost: t\r\n\r\n");
	assert_int_equal(after_calls - was, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_framing),      cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_pipeline),     cmocka_unit_test(test_keep_alive),
		cmocka_unit_test(test_routing),      cmocka_unit_test(test_bad_tables),
		cmocka_unit_test(test_bad_address),  cmocka_unit_test(test_head),
		cmocka_unit_test(test_headers),      cmocka_unit_test(test_cookies),
		cmocka_unit_test(test_remote),       cmocka_unit_test(test_files),
		cmocka_unit_test(test_limits),       cmocka_unit_test(test_refused_early),
		cmocka_unit_test(test_multipart),    cmocka_unit_test(test_multipart_spooled),
		cmocka_unit_test(test_after_counts),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
