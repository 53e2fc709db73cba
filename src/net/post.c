/* Several POSTs at once by libcurl's multi interface. */
#include "net/post.h"

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/time.h"
#include "net/address.h"
#include "net/curl.h"

enum { CONNECT_S = 5, RUNNING_MAX = 64 };

struct flight {
	struct post *p;
	CURL *c;
	struct curl_slist *headers;
	struct buf answer;
	char error[CURL_ERROR_SIZE];
	i64 began;
};

struct posts {
	struct arena *a;
	CURLM *m;
	struct flight *f[RUNNING_MAX];
	int n;
};

struct posts *posts_new(struct arena *a)
{
	struct posts *ps = ARENA_NEW(a, struct posts);
	curl_easy_cleanup(net_curl());
	ps->a = a;
	ps->m = curl_multi_init();
	if (!ps->m)
		panic("libcurl has no memory");
	return ps;
}

static size_t take(char *p, size_t size, size_t count, void *arg)
{
	struct flight *f = arg;
	size_t n = size * count, room = POST_ANSWER_MAX - f->answer.n;
	buf_write(&f->answer, p, n < room ? n : room);
	f->p->answer_cut |= n > room;
	/* More is not even read: the transfer ends here. */
	return n > room ? 0 : n;
}

static curl_socket_t connect_to(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct flight *f = arg;
	(void)purpose;
	if (!f->p->inside && !address_public(&to->addr)) {
		f->p->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

void posts_add(struct posts *ps, struct post *p)
{
	struct flight *f = ARENA_NEW(ps->a, struct flight);
	if (ps->n == RUNNING_MAX)
		panic("more than %d posts at once", RUNNING_MAX);
	*f = (struct flight){.p = p,
	                     .c = net_curl(),
	                     .answer = buf_new(ps->a, POST_ANSWER_MAX + 1),
	                     .began = clock_mono()};
	CURL *c = f->c;
	/* 100-continue would cost a second with servers that do not know it. */
	f->headers = curl_slist_append(NULL, "Expect:");
	for (int i = 0; i < POST_HEADERS && p->headers[i]; i++)
		f->headers = curl_slist_append(f->headers, p->headers[i]);
	net_set(c, CURLOPT_URL, p->url);
	net_set(c, CURLOPT_PROTOCOLS_STR, "http,https");
	net_set(c, CURLOPT_FOLLOWLOCATION, 0L);
	net_set(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(p->body));
	net_set(c, CURLOPT_POSTFIELDS, p->body);
	net_set(c, CURLOPT_HTTPHEADER, f->headers);
	net_set(c, CURLOPT_USERAGENT, "Tripod-Webhook/1");
	net_set(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	net_set(c, CURLOPT_TIMEOUT, (long)p->timeout_s);
	net_set(c, CURLOPT_ERRORBUFFER, f->error);
	net_set(c, CURLOPT_WRITEFUNCTION, take);
	net_set(c, CURLOPT_WRITEDATA, f);
	net_set(c, CURLOPT_OPENSOCKETFUNCTION, connect_to);
	net_set(c, CURLOPT_OPENSOCKETDATA, f);
	/* A connection that another post made was looked at for that post. */
	net_set(c, CURLOPT_FRESH_CONNECT, 1L);
	net_set(c, CURLOPT_FORBID_REUSE, 1L);
	net_set(c, CURLOPT_PRIVATE, f);
	if (curl_multi_add_handle(ps->m, c))
		panic("libcurl takes no more");
	ps->f[ps->n++] = f;
}

int posts_running(const struct posts *ps)
{
	return ps->n;
}

static void end(struct posts *ps, struct flight *f)
{
	for (int i = 0; i < ps->n; i++)
		if (ps->f[i] == f) {
			ps->f[i] = ps->f[--ps->n];
			break;
		}
	curl_multi_remove_handle(ps->m, f->c);
	curl_easy_cleanup(f->c);
	curl_slist_free_all(f->headers);
}

static struct post *landed(struct posts *ps, CURL *c, CURLcode rc)
{
	struct flight *f = NULL;
	long status = 0;
	curl_easy_getinfo(c, CURLINFO_PRIVATE, (char **)&f);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	struct post *p = f->p;
	p->us = clock_mono() - f->began;
	p->answer = utf8_clean(ps->a, buf_str(&f->answer), f->answer.n);
	if (rc == CURLE_OK || (p->answer_cut && status))
		p->status = (int)status;
	else
		p->error = p->refused ? "the address is inside a network"
		                      : arena_strdup(ps->a, f->error[0] ? f->error
		                                                        : curl_easy_strerror(rc));
	end(ps, f);
	return p;
}

struct post *posts_next(struct posts *ps, int ms)
{
	i64 until = clock_mono() + (i64)ms * 1000;
	for (;;) {
		int running, left;
		curl_multi_perform(ps->m, &running);
		CURLMsg *msg = curl_multi_info_read(ps->m, &left);
		if (msg && msg->msg == CURLMSG_DONE)
			return landed(ps, msg->easy_handle, msg->data.result);
		i64 wait = (until - clock_mono()) / 1000;
		if (wait <= 0)
			return NULL;
		curl_multi_poll(ps->m, NULL, 0, (int)wait, NULL);
	}
}

void posts_free(struct posts *ps)
{
	while (ps->n)
		end(ps, ps->f[0]);
	curl_multi_cleanup(ps->m);
}
