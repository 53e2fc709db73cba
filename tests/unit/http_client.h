/* A raw HTTP client for tests: sends bytes as they are, reads answers by their framing. */
#ifndef TRIPOD_UNIT_HTTP_CLIENT_H
#define TRIPOD_UNIT_HTTP_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/time.h"
#include "http/http.h"

#define MAYBE __attribute__((unused)) static

struct reply {
	int status; /* 0: the connection ended without an answer */
	const char *head;
	const char *body;
	size_t n;
};

MAYBE int dial(int port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof in), 0);
	return fd;
}

/* false when the other side has closed. */
MAYBE bool put_n(int fd, const void *p, size_t n)
{
	const char *s = p;
	while (n) {
		ssize_t w = send(fd, s, n, MSG_NOSIGNAL);
		if (w <= 0)
			return false;
		s += w;
		n -= (size_t)w;
	}
	return true;
}

MAYBE bool put_s(int fd, const char *s)
{
	return put_n(fd, s, strlen(s));
}

/* One byte; -1 at the end, -2 after ms without any. */
MAYBE int get_c(int fd, int ms)
{
	struct pollfd p = {fd, POLLIN, 0};
	u8 c;
	if (poll(&p, 1, ms) <= 0)
		return -2;
	return recv(fd, &c, 1, 0) == 1 ? c : -1;
}

/* True when the other side closes within ms; what it still sends is dropped. */
MAYBE bool closes(int fd, int ms)
{
	i64 end = clock_mono() + (i64)ms * 1000;
	for (;;) {
		int left = (int)((end - clock_mono()) / 1000);
		int c = left > 0 ? get_c(fd, left) : -2;
		if (c < 0)
			return c == -1;
	}
}

MAYBE const char *head_value(const struct reply *r, const char *name)
{
	static char out[2048];
	size_t n = strlen(name);
	for (const char *p = strstr(r->head, "\r\n"); p && p[2]; p = strstr(p + 2, "\r\n"))
		if (!strncasecmp(p + 2, name, n) && p[2 + n] == ':') {
			p += 3 + n;
			p += strspn(p, " ");
			snprintf(out, sizeof out, "%.*s", (int)strcspn(p, "\r"), p);
			return out;
		}
	return NULL;
}

static bool line_of(int fd, struct buf *b)
{
	for (int c; (c = get_c(fd, 5000)) >= 0;) {
		buf_putc(b, (char)c);
		if (c == '\n')
			return true;
	}
	return false;
}

/* The next answer on the connection. no_body: it answers a HEAD. */
MAYBE struct reply get_reply(struct arena *a, int fd, bool no_body)
{
	struct reply r = {.head = "", .body = ""};
	struct buf h = buf_new(a, 64 * 1024), b = buf_new(a, 64 * 1024 * 1024);
	do {
		if (!line_of(fd, &h))
			return r;
	} while (h.n < 4 || memcmp(h.p + h.n - 4, "\r\n\r\n", 4) != 0);
	r.head = buf_str(&h);
	r.status = (int)strtol(r.head + 9, NULL, 10);
	const char *len = head_value(&r, "Content-Length");
	size_t want = len ? (size_t)strtoul(len, NULL, 10) : 0;
	const char *te = head_value(&r, "Transfer-Encoding");
	if (no_body || r.status == 304 || r.status == 204)
		return r;
	while (te || b.n < want) {
		if (te) {
			struct buf l = buf_new(a, 256);
			if (!line_of(fd, &l) || !(want = (size_t)strtoul(buf_str(&l), NULL, 16)))
				break;
			want += b.n;
		}
		char tmp[4096];
		while (b.n < want) {
			size_t n = want - b.n < sizeof tmp ? want - b.n : sizeof tmp;
			ssize_t got = recv(fd, tmp, n, 0);
			if (got <= 0)
				return (struct reply){.head = "", .body = ""};
			buf_write(&b, tmp, (size_t)got);
		}
		if (te) {
			struct buf l = buf_new(a, 8);
			line_of(fd, &l);
		}
	}
	r.body = buf_str(&b);
	r.n = b.n;
	return r;
}

/* One request on a connection of its own. */
MAYBE struct reply ask(struct arena *a, int port, const char *raw)
{
	int fd = dial(port);
	put_s(fd, raw);
	struct reply r = get_reply(a, fd, !strncmp(raw, "HEAD ", 5));
	close(fd);
	return r;
}

MAYBE struct reply get(struct arena *a, int port, const char *target)
{
	return ask(a, port, arena_printf(a, "GET %s HTTP/1.1\r\nHost: t\r\n\r\n", target));
}

/* A server for a test; ends the test when it does not start. */
MAYBE struct http_server *serve(struct arena *a, const struct http_config *cfg)
{
	struct http_server *s = NULL;
	struct http_config c = *cfg;
	struct errs e;
	errs_init(&e, a);
	c.listen = "127.0.0.1:0";
	if (http_start(&c, &e, &s))
		fail_msg("http_start: %s", e.log ? e.log : "?");
	return s;
}

#endif
