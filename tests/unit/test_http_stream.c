/* The HTTP server over time: deadlines, event streams, slow handlers, stopping. */
#include "unit/test.h"

#include <pthread.h>

#include "unit/http_client.h"

enum { MB = 1024 * 1024 };

static struct arena *a;

static void nap(int ms)
{
	usleep((useconds_t)ms * 1000);
}

/* True once *n is want, within ms. */
static bool becomes(const _Atomic int *n, int want, int ms)
{
	for (i64 end = clock_mono() + (i64)ms * 1000; clock_mono() < end; nap(5))
		if (*n == want)
			return true;
	return *n == want;
}

/* -- routes of the test -- */

static void fast(struct http_req *rq, struct http_res *rs)
{
	(void)rq;
	http_text(rs, 200, "text/plain", "fast");
}

static void large(struct http_req *rq, struct http_res *rs)
{
	http_body(rs, 200, "text/plain", arena_alloc(rq->a, 16 * MB), 16 * MB);
}

static _Atomic int slow_runs, slow_ends;

static void slow(struct http_req *rq, struct http_res *rs)
{
	slow_runs++;
	nap((int)strtol(http_query(rq, "ms"), NULL, 10));
	slow_ends++;
	http_text(rs, 200, "text/plain", arena_printf(rq->a, "slow %s", rq->body ? rq->body : ""));
}

enum { CLIENTS = 200 };
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static struct sse *streams[CLIENTS];
static _Atomic int n_streams, n_closed;

static void on_close(void *arg)
{
	assert_ptr_equal(arg, streams);
	n_closed++;
}

static void stream(struct http_req *rq, struct http_res *rs)
{
	struct sse *s = http_sse(rq, rs, on_close, streams);
	assert_true(sse_send(s, "0", "hello", "first"));
	pthread_mutex_lock(&mu);
	streams[n_streams] = s;
	n_streams++;
	pthread_mutex_unlock(&mu);
}

static const struct http_route routes[] = {
	{"GET", "/fast", fast, 0, NULL},
	{"POST", "/fast", fast, 0, NULL},
	{"GET", "/large", large, 0, NULL},
	{"GET", "/slow", slow, HTTP_SLOW, NULL},
	{"POST", "/slow", slow, HTTP_SLOW, NULL},
	{"GET", "/stream", stream, 0, NULL},
	{"GET", "/stream/slow", stream, HTTP_SLOW, NULL},
	{0},
};
static const struct http_route *const tables[] = {routes, NULL};

static struct http_server *start(struct http_config cfg)
{
	cfg.tables = tables;
	cfg.threads = 2;
	slow_runs = slow_ends = n_streams = n_closed = 0;
	return serve(a, &cfg);
}

static void release_streams(void)
{
	for (int i = 0; i < n_streams; i++)
		sse_release(streams[i]);
}

static int setup(void **state)
{
	(void)state;
	a = arena_new(ARENA_REQUEST_MAX);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

/* -- deadlines -- */

/* Sends a byte every 50 ms; the milliseconds until the server closes. */
static int drip(int port, const char *begin, const char *more)
{
	int fd = dial(port);
	i64 from = clock_mono();
	put_s(fd, begin);
	for (int i = 0; clock_mono() - from < 5 * US_PER_SEC; i++) {
		if (*more && !put_n(fd, more + i % (int)strlen(more), 1))
			break;
		if (get_c(fd, 50) == -1)
			break;
	}
	close(fd);
	return (int)((clock_mono() - from) / 1000);
}

static void test_deadlines(void **state)
{
	(void)state;
	struct http_server *s =
		start((struct http_config){.header_ms = 400, .body_ms = 800, .idle_ms = 1200});
	int port = http_port(s);
	static const struct {
		const char *name, *begin, *more;
		int min, max;
	} cases[] = {
		{"nothing sent", "", "", 400, 1000},
		{"slow header", "GET /fast HTTP/1.1\r\nHost: t\r\nX: ", "a", 400, 1000},
		{"slow request line", "GET /", "a", 400, 1000},
		{"slow body", "POST /fast HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\n", "a",
	         800, 1500},
		{"slow chunks",
	         "POST /fast HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n",
	         "1\r\na\r\n", 800, 1500},
		{"idle after a request", "GET /fast HTTP/1.1\r\nHost: t\r\n\r\n", "", 1200, 2200},
		{"slow second header",
	         "GET /fast HTTP/1.1\r\nHost: t\r\n\r\nGET /fast HTTP/1.1\r\nX: ", "a", 400, 1000},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int ms = drip(port, cases[i].begin, cases[i].more);
		if (ms < cases[i].min - 50 || ms > cases[i].max)
			fail_msg("%s: closed after %d ms", cases[i].name, ms);
	}
	assert_int_equal(get(a, port, "/fast").status, 200);
	http_stop(s);
}

/* A client that does not take its answer. */
static void test_unread_answer(void **state)
{
	(void)state;
	struct http_server *s = start((struct http_config){.body_ms = 1, .stop_ms = 1000});
	/* 16 MB buy more than a thousand seconds; the small one only its 1 ms, and still arrives. */
	assert_int_equal(get(a, http_port(s), "/large").n, 16 * MB);
	assert_int_equal(get(a, http_port(s), "/fast").status, 200);
	int fd = dial(http_port(s));
	put_s(fd, "GET /large HTTP/1.1\r\nHost: t\r\n\r\n");
	nap(200);
	i64 from = clock_mono();
	http_stop(s); /* cuts it off at the end of its patience, not later */
	assert_true(clock_mono() - from < 3 * US_PER_SEC);
	close(fd);
}

/* -- slow handlers -- */

static void test_slow_beside_fast(void **state)
{
	(void)state;
	struct http_server *s = start((struct http_config){.workers = 2});
	int port = http_port(s), fd[6];
	for (int i = 0; i < 6; i++) {
		fd[i] = dial(port);
		put_s(fd[i], arena_printf(a,
		                          "POST /slow?ms=300 HTTP/1.1\r\nHost: t\r\n"
		                          "Content-Length: 1\r\n\r\n%d",
		                          i));
	}
	i64 from = clock_mono();
	for (int i = 0; i < 50; i++)
		assert_int_equal(get(a, port, "/fast").status, 200);
	assert_true(clock_mono() - from < 800 * 1000); /* six slow ones take 900 ms */
	assert_true(slow_ends < 6);
	for (int i = 0; i < 6; i++) {
		assert_string_equal(get_reply(a, fd[i], false).body, arena_printf(a, "slow %d", i));
		/* The connection goes on afterwards. */
		put_s(fd[i], "GET /fast HTTP/1.1\r\nHost: t\r\n\r\n");
		assert_string_equal(get_reply(a, fd[i], false).body, "fast");
		close(fd[i]);
	}
	http_stop(s);
}

static void test_queue_full(void **state)
{
	(void)state;
	struct http_server *s = start((struct http_config){.workers = 1, .worker_queue = 2});
	int port = http_port(s), fd[3];
	for (int i = 0; i < 3; i++) {
		fd[i] = dial(port);
		put_s(fd[i], "GET /slow?ms=400 HTTP/1.1\r\nHost: t\r\n\r\n");
		if (!i)
			assert_true(becomes(&slow_runs, 1, 2000));
	}
	nap(100);
	struct reply r = get(a, port, "/slow?ms=1");
	assert_int_equal(r.status, 503);
	assert_string_equal(head_value(&r, "Retry-After"), "2");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(get_reply(a, fd[i], false).status, 200);
		close(fd[i]);
	}
	assert_int_equal(get(a, port, "/slow?ms=1").status, 200);
	http_stop(s);
}

/* The client does not wait for its slow answer. */
static void test_slow_client_leaves(void **state)
{
	(void)state;
	struct http_server *s = start((struct http_config){.workers = 2});
	for (int i = 0; i < 20; i++) {
		int fd = dial(http_port(s));
		put_s(fd, "GET /slow?ms=20 HTTP/1.1\r\nHost: t\r\n\r\n");
		if (i % 2)
			assert_true(becomes(&slow_runs, i + 1, 2000));
		close(fd);
		assert_true(becomes(&slow_ends, i + 1, 2000));
	}
	assert_int_equal(get(a, http_port(s), "/fast").status, 200);
	http_stop(s);
}

static void *stop_later(void *arg)
{
	nap(100);
	http_stop(arg);
	return NULL;
}

static void test_stop_waits_for_handlers(void **state)
{
	(void)state;
	struct http_server *s = start((struct http_config){.workers = 1});
	int port = http_port(s), fd[3];
	for (int i = 0; i < 3; i++) {
		fd[i] = dial(port);
		put_s(fd[i], "GET /slow?ms=200 HTTP/1.1\r\nHost: t\r\n\r\n");
	}
	int half = dial(port), idle = dial(port);
	put_s(half, "POST /fast HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc");
	put_s(idle, "GET /fast HTTP/1.1\r\nHost: t\r\n\r\n");
	assert_int_equal(get_reply(a, idle, false).status, 200);
	assert_true(becomes(&slow_runs, 1, 2000));
	pthread_t t;
	i64 from = clock_mono();
	pthread_create(&t, NULL, stop_later, s);
	nap(200);
	put_s(idle, "GET /fast HTTP/1.1\r\nHost: t\r\n\r\n"); /* on an old connection, too late */
	assert_int_equal(get_reply(a, idle, false).status, 503);
	for (int i = 0; i < 3; i++) { /* all three, the waiting ones too */
		struct reply r = get_reply(a, fd[i], false);
		assert_int_equal(r.status, 200);
		assert_string_equal(head_value(&r, "Connection"), "close");
		close(fd[i]);
	}
	pthread_join(t, NULL);
	assert_true(clock_mono() - from < 3 * US_PER_SEC);
	assert_true(closes(half, 1000));
	close(half);
	close(idle);
}

/* -- streams -- */

static bool has_line(int fd, const char *want, int ms)
{
	char line[256];
	size_t n = 0;
	i64 end = clock_mono() + (i64)ms * 1000;
	while (clock_mono() < end) {
		int c = get_c(fd, 50);
		if (c == -1)
			return false;
		if (c >= 0 && n < sizeof line - 1)
			line[n++] = (char)c;
		if (c == '\n') {
			line[n] = '\0';
			if (!strcmp(line, want))
				return true;
			n = 0;
		}
	}
	return false;
}

static int open_stream(int port, const char *path)
{
	int fd = dial(port), was = n_streams;
	put_s(fd, arena_printf(a, "GET %s HTTP/1.1\r\nHost: t\r\n\r\n", path));
	assert_true(has_line(fd, "Content-Type: text/event-stream; charset=utf-8\r\n", 3000));
	assert_true(has_line(fd, "data: first\n", 3000));
	assert_true(becomes(&n_streams, was + 1, 1000));
	return fd;
}

static void test_many_streams(void **state)
{
	(void)state;
	struct http_server *s = start((struct http_config){0});
	int port = http_port(s), fd[CLIENTS];
	for (int i = 0; i < CLIENTS; i++)
		fd[i] = open_stream(port, "/stream");
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < CLIENTS; i++)
			assert_true(sse_send(streams[i], "7", "news", "华为\nline two"));
		for (int i = 0; i < CLIENTS; i++) {
			assert_true(has_line(fd[i], "id: 7\n", 3000));
			assert_true(has_line(fd[i], "event: news\n", 3000));
			assert_true(has_line(fd[i], "data: 华为\n", 3000));
			assert_true(has_line(fd[i], "data: line two\n", 3000));
			assert_true(has_line(fd[i], "\n", 3000));
		}
	}
	i64 from = clock_mono();
	assert_int_equal(get(a, port, "/fast").status, 200);
	assert_true(clock_mono() - from < US_PER_SEC / 2);
	/* Half of them leave: noticed at once, without anything being sent. */
	for (int i = 0; i < CLIENTS / 2; i++)
		close(fd[i]);
	assert_true(becomes(&n_closed, CLIENTS / 2, 3000));
	int gone = 0;
	for (int i = 0; i < CLIENTS; i++)
		gone += !sse_send(streams[i], NULL, NULL, "x");
	assert_int_equal(gone, CLIENTS / 2);
	sse_close(streams[n_streams - 1]);
	http_stop(s);
	assert_int_equal(n_closed, CLIENTS);
	for (int i = CLIENTS / 2; i < CLIENTS; i++) {
		assert_true(closes(fd[i], 2000));
		close(fd[i]);
	}
	release_streams();
}

static void test_stream_comment(void **state)
{
	(void)state;
	struct http_server *s = start((struct http_config){.sse_comment_ms = 200});
	int fd = open_stream(http_port(s), "/stream/slow");
	assert_true(has_line(fd, ": \n", 1000));
	assert_true(has_line(fd, ": \n", 1000));
	/* Deadlines of requests do not apply to it. */
	assert_int_equal(n_closed, 0);
	http_stop(s);
	close(fd);
	release_streams();
}

/* A client that does not read is cut off at 1 MB, and others do not notice. */
static void test_stream_unread(void **state)
{
	(void)state;
	struct http_server *s = start((struct http_config){0});
	int fd = open_stream(http_port(s), "/stream"), other = open_stream(http_port(s), "/stream");
	char *text = arena_alloc(a, 100001);
	for (int i = 0; i < 100000; i++)
		text[i] = 'x';
	int sent = 0;
	while (sent < 1000 && sse_send(streams[0], NULL, NULL, text))
		sent++;
	assert_in_range(sent, 10, 999);
	assert_true(becomes(&n_closed, 1, 3000));
	assert_true(sse_send(streams[1], NULL, NULL, "still here"));
	assert_true(has_line(other, "data: still here\n", 2000));
	close(fd);
	close(other);
	http_stop(s);
	release_streams();
}

/* Sending, leaving, closing and stopping at the same time. */
static _Atomic bool sending;

static void *send_much(void *arg)
{
	(void)arg;
	while (sending)
		for (int i = 0; i < n_streams; i++)
			sse_send(streams[i], "1", NULL, "tick");
	return NULL;
}

static void test_stream_races(void **state)
{
	(void)state;
	struct http_server *s = start((struct http_config){.sse_comment_ms = 80});
	int fd[60];
	pthread_t t[2];
	sending = true;
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, send_much, NULL);
	for (int i = 0; i < 60; i++) {
		fd[i] = open_stream(http_port(s), i % 2 ? "/stream" : "/stream/slow");
		if (i >= 20)
			close(fd[i - 20]);
		if (i % 7 == 0)
			sse_close(streams[i]);
	}
	http_stop(s);
	sending = false;
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(n_closed, 60);
	for (int i = 40; i < 60; i++)
		close(fd[i]);
	release_streams();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_unread_answer),
		cmocka_unit_test(test_slow_beside_fast),
		cmocka_unit_test(test_queue_full),
		cmocka_unit_test(test_slow_client_leaves),
		cmocka_unit_test(test_stop_waits_for_handlers),
		cmocka_unit_test(test_many_streams),
		cmocka_unit_test(test_stream_comment),
		cmocka_unit_test(test_stream_unread),
		cmocka_unit_test(test_stream_races),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
