/* The list of open connections: opened, closed, given a deadline or a stream to watch. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

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
