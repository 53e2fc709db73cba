/* Reaper: the thread that closes late connections.
 *
 * MHD's own time-out begins again with every byte, so a client sending one byte a second holds
 * its connection for ever.  Here every state has one absolute deadline; past it the socket is
 * shut down and MHD sees the end of the connection.
 * The thread also notices clients leaving a suspended stream (MHD does not look at the socket
 * of a suspended connection) and sends the streams' comments. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "http/impl.h"

void conns_end_streams(struct http_server *s, bool cut)
{
	pthread_mutex_lock(&s->conns_mu);
	for (struct conn *c = s->conns; c; c = c->next) {
		if (c->stream && cut)
			sse_cut(c->stream);
		else if (c->stream)
			sse_close(c->stream);
	}
	pthread_mutex_unlock(&s->conns_mu);
}

static void sweep(struct http_server *s)
{
	i64 now = clock_mono();
	int late = 0;
	pthread_mutex_lock(&s->conns_mu);
	for (struct conn *c = s->conns; c; c = c->next) {
		i64 at = atomic_load_explicit(&c->deadline, memory_order_relaxed);
		if (at && now > at) {
			shutdown(c->fd, SHUT_RDWR);
			late++;
		}
		if (c->stream)
			sse_tick(c->stream, now, (i64)s->cfg.sse_comment_ms * 1000);
	}
	pthread_mutex_unlock(&s->conns_mu);
	if (late)
		LOG(DEBUG, "closed late connections", LI("count", late));
}

static void client_left(struct http_server *s, struct conn *c)
{
	pthread_mutex_lock(&s->conns_mu);
	/* The event may be older than the connection that c stands for by now. */
	struct epoll_event ev = {.events = EPOLLRDHUP | EPOLLONESHOT, .data.ptr = c};
	char byte;
	if (c->stream) {
		ssize_t n = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			epoll_ctl(s->reaper_epoll, EPOLL_CTL_MOD, c->fd, &ev);
		else
			sse_cut(c->stream);
	}
	pthread_mutex_unlock(&s->conns_mu);
}

static void *reaper_main(void *arg)
{
	struct http_server *s = arg;
	const struct http_config *g = &s->cfg;
	int tick = 1000;
	const int limits[] = {g->header_ms, g->body_ms, g->idle_ms, g->sse_comment_ms};
	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		if (limits[i] / 4 < tick)
			tick = limits[i] / 4 > 20 ? limits[i] / 4 : 20;
	for (i64 next = 0;;) {
		struct epoll_event ev[64];
		i64 now = clock_mono();
		if (now >= next) {
			sweep(s);
			next = now + (i64)tick * 1000;
		}
		int n = epoll_wait(s->reaper_epoll, ev, ARRAY_LEN(ev), tick);
		for (int i = 0; i < n; i++) {
			if (!ev[i].data.ptr)
				return NULL; /* woken by reaper_stop() */
			client_left(s, ev[i].data.ptr);
		}
	}
}

err_t reaper_start(struct http_server *s, struct errs *e)
{
	struct epoll_event ev = {.events = EPOLLIN};
	s->reaper_epoll = epoll_create1(EPOLL_CLOEXEC);
	s->reaper_wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->reaper_epoll < 0 || s->reaper_wake < 0 ||
	    epoll_ctl(s->reaper_epoll, EPOLL_CTL_ADD, s->reaper_wake, &ev))
		return errs_fail(e, ERR_INTERNAL, "epoll: %s", strerror(errno));
	int rc = pthread_create(&s->reaper, NULL, reaper_main, s);
	if (rc)
		return errs_fail(e, ERR_INTERNAL, "thread: %s", strerror(rc));
	pthread_setname_np(s->reaper, "http-reaper");
	s->reaper_runs = true;
	return ERR_OK;
}

void reaper_stop(struct http_server *s)
{
	u64 one = 1;
	if (s->reaper_runs) {
		if (write(s->reaper_wake, &one, sizeof one) != sizeof one)
			panic("cannot wake the reaper");
		pthread_join(s->reaper, NULL);
	}
	if (s->reaper_epoll >= 0)
		close(s->reaper_epoll);
	if (s->reaper_wake >= 0)
		close(s->reaper_wake);
}
