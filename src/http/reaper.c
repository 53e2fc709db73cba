/* Reaper: the list of open connections, and the thread that closes the late ones.
 *
 * MHD's own time-out begins again with every byte, so a client sending one byte a second holds
 * its connection for ever.  Here every state has one absolute deadline; past it the socket is
 * shut down and MHD sees the end of the connection.
 * The thread also notices clients leaving a suspended stream (MHD does not look at the socket
 * of a suspended connection) and sends the streams' comments. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "http/impl.h"

static void describe_peer(struct conn *c, struct MHD_Connection *mc)
{
	const struct sockaddr *sa =
		MHD_get_connection_info(mc, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
	c->loopback = false;
	c->peer[0] = '\0';
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, sa, sizeof in);
		inet_ntop(AF_INET, &in.sin_addr, c->peer, sizeof c->peer);
		c->loopback = ntohl(in.sin_addr.s_addr) >> 24 == 127;
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in;
		memcpy(&in, sa, sizeof in);
		inet_ntop(AF_INET6, &in.sin6_addr, c->peer, sizeof c->peer);
		c->loopback = IN6_IS_ADDR_LOOPBACK(&in.sin6_addr);
	}
}

struct conn *conn_open(struct http_server *s, struct MHD_Connection *mc)
{
	pthread_mutex_lock(&s->conns_mu);
	struct conn *c = s->free_conns;
	if (c) {
		s->free_conns = c->next;
	} else {
		c = ARENA_NEW(s->a, struct conn);
		c->a = arena_new(ARENA_REQUEST_MAX);
		c->spool = -1;
	}
	c->s = s;
	c->mc = mc;
	c->fd = MHD_get_connection_info(mc, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	c->phase = PHASE_IDLE;
	describe_peer(c, mc);
	conn_deadline(c, clock_mono() + (i64)s->cfg.header_ms * 1000);
	c->prev = NULL;
	c->next = s->conns;
	if (s->conns)
		s->conns->prev = c;
	s->conns = c;
	pthread_mutex_unlock(&s->conns_mu);
	return c;
}

/* MHD calls this before it closes the socket, so the reaper never meets a reused number. */
void conn_close(struct conn *c)
{
	struct http_server *s = c->s;
	pthread_mutex_lock(&s->conns_mu);
	if (c->prev)
		c->prev->next = c->next;
	else
		s->conns = c->next;
	if (c->next)
		c->next->prev = c->prev;
	c->next = s->free_conns;
	s->free_conns = c;
	pthread_mutex_unlock(&s->conns_mu);
}

void conn_deadline(struct conn *c, i64 at)
{
	atomic_store_explicit(&c->deadline, at, memory_order_relaxed);
}

void conn_watch(struct conn *c, struct sse *stream)
{
	struct http_server *s = c->s;
	struct epoll_event ev = {.events = EPOLLRDHUP | EPOLLONESHOT, .data.ptr = c};
	pthread_mutex_lock(&s->conns_mu);
	c->stream = stream;
	/* Should it fail, the stream still ends at its next comment. */
	if (epoll_ctl(s->reaper_epoll, stream ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, c->fd, &ev))
		LOG(WARN, "cannot watch a stream", LS("error", strerror(errno)));
	pthread_mutex_unlock(&s->conns_mu);
}

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
