/* Server: configuration, the listening socket, MHD's threads, start and orderly stop. */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"
#include "http/impl.h"

/* MHD keeps the header, its index and the response's header in this. */
enum { CONN_MEMORY = 32 * 1024 };

static void or_default(int *v, int dflt)
{
	if (*v <= 0)
		*v = dflt;
}

static void defaults(struct http_config *g)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct rlimit files;
	or_default(&g->threads, cores > 0 ? (int)cores : 1);
	or_default(&g->workers, cores > 0 ? (int)cores : 1);
	or_default(&g->worker_queue, 64);
	or_default(&g->connections, 4096);
	or_default(&g->header_ms, 10000);
	or_default(&g->body_ms, 30000);
	or_default(&g->idle_ms, 60000);
	or_default(&g->stop_ms, 10000);
	or_default(&g->sse_comment_ms, 20000);
	if (!g->body_max)
		g->body_max = 1024 * 1024;
	if (!g->upload_max)
		g->upload_max = 100 * 1024 * 1024;
	/* A quarter of the descriptors stays for files and databases. */
	if (!getrlimit(RLIMIT_NOFILE, &files) && files.rlim_cur != RLIM_INFINITY &&
	    (rlim_t)g->connections > files.rlim_cur / 4 * 3)
		g->connections = (int)(files.rlim_cur / 4 * 3);
	/* Each thread of the pool gets an equal share, and needs one. */
	if (g->connections < g->threads)
		g->connections = g->threads;
}

/* "host:port" or "[v6]:port". */
static err_t open_socket(struct http_server *s, struct errs *e)
{
	const char *at = s->cfg.listen ? s->cfg.listen : "";
	const char *colon = strrchr(at, ':');
	if (!colon || colon == at || !colon[1])
		return errs_fail(e, ERR_INTERNAL, "address '%s' is not HOST:PORT", at);
	size_t n = (size_t)(colon - at);
	bool v6 = at[0] == '[' && colon[-1] == ']';
	char *host = arena_strndup(s->a, at + v6, n - (v6 ? 2 : 0));
	struct addrinfo *list = NULL, hints = {.ai_socktype = SOCK_STREAM,
	                                       .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	int rc = getaddrinfo(host, colon + 1, &hints, &list);
	if (rc)
		return errs_fail(e, ERR_INTERNAL, "address '%s': %s", at, gai_strerror(rc));
	int why = 0;
	for (struct addrinfo *i = list; i && s->listen_fd < 0; i = i->ai_next) {
		int on = 1;
		int fd = socket(i->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) &&
		    !bind(fd, i->ai_addr, i->ai_addrlen) && !listen(fd, 1024)) {
			s->listen_fd = fd;
			break;
		}
		why = errno;
		if (fd >= 0)
			close(fd);
	}
	freeaddrinfo(list);
	if (s->listen_fd < 0)
		return errs_fail(e, ERR_INTERNAL, "cannot listen on %s: %s", at, strerror(why));
	struct sockaddr_storage sa;
	socklen_t sn = sizeof sa;
	char port[NI_MAXSERV];
	if (getsockname(s->listen_fd, (struct sockaddr *)&sa, &sn) ||
	    getnameinfo((struct sockaddr *)&sa, sn, NULL, 0, port, sizeof port, NI_NUMERICSERV))
		return errs_fail(e, ERR_INTERNAL, "cannot read the port of %s", at);
	s->port = (int)strtol(port, NULL, 10);
	return ERR_OK;
}

static void on_connection(void *cls, struct MHD_Connection *mc, void **ctx,
                          enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*ctx = conn_open(cls, mc);
	else if (*ctx)
		conn_close(*ctx);
}

/* Targets and queries are decoded by parse.c, which refuses what is wrong. */
static size_t keep_escapes(void *cls, struct MHD_Connection *mc, char *s)
{
	(void)cls;
	(void)mc;
	return strlen(s);
}

PRINTF_LIKE(2, 0)
static void on_log(void *cls, const char *fmt, va_list ap)
{
	char line[512], *text = line;
	(void)cls;
	vsnprintf(line, sizeof line, fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	LOG(DEBUG, "microhttpd", LS("text", text));
}

static void on_panic(void *cls, const char *file, unsigned line, const char *reason)
{
	(void)cls;
	panic("microhttpd %s:%u: %s", file ? file : "", line, reason ? reason : "");
}

static err_t start_daemon(struct http_server *s, struct errs *e)
{
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
	                 MHD_USE_ERROR_LOG;
	struct MHD_OptionItem opts[] = {
		{MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, s},
		{MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)request_done, s},
		{MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)request_target, s},
		{MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_escapes, NULL},
		{MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONN_MEMORY, NULL},
		{MHD_OPTION_CONNECTION_LIMIT, s->cfg.connections, NULL},
		{MHD_OPTION_CONNECTION_TIMEOUT, 0, NULL}, /* the reaper's business */
		{MHD_OPTION_LISTEN_SOCKET, s->listen_fd, NULL},
		{s->cfg.threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, s->cfg.threads,
	         NULL},
		{MHD_OPTION_END, 0, NULL},
	};
	s->layout_known = guard_knows_layout();
	if (!s->layout_known)
		LOG(WARN, "folded headers are left to the proxy with this libmicrohttpd",
		    LS("version", MHD_get_version()));
	MHD_set_panic_func(on_panic, NULL);
	s->daemon = MHD_start_daemon(flags, 0, NULL, NULL, request_step, s,
	                             MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_ARRAY,
	                             opts, MHD_OPTION_END);
	if (!s->daemon)
		return errs_fail(e, ERR_INTERNAL, "libmicrohttpd did not start: %s",
		                 strerror(errno));
	return ERR_OK;
}

static void release(struct http_server *s)
{
	if (s->listen_fd >= 0)
		close(s->listen_fd);
	for (struct conn *c = s->free_conns; c; c = c->next)
		arena_free(c->a);
	pthread_mutex_destroy(&s->conns_mu);
	pthread_mutex_destroy(&s->jobs.mu);
	pthread_cond_destroy(&s->jobs.some);
	arena_free(s->a);
}

static err_t start_all(struct http_server *s, struct errs *e)
{
	TRY(router_new(s->a, e, s->cfg.tables, &s->router));
	TRY(open_socket(s, e));
	TRY(reaper_start(s, e));
	TRY(workers_start(s, e));
	return start_daemon(s, e);
}

err_t http_start(const struct http_config *cfg, struct errs *e, struct http_server **out)
{
	struct arena *a = arena_new(ARENA_REQUEST_MAX);
	struct http_server *s = ARENA_NEW(a, struct http_server);
	sigset_t all, before;
	s->a = a;
	s->cfg = *cfg;
	s->listen_fd = s->reaper_epoll = s->reaper_wake = -1;
	defaults(&s->cfg);
	pthread_mutex_init(&s->conns_mu, NULL);
	pthread_mutex_init(&s->jobs.mu, NULL);
	pthread_cond_init(&s->jobs.some, NULL);
	hash_init();
	random_bytes(&s->id_seed, sizeof s->id_seed);
	/* Signals go to the threads of the product, never to ours. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err_t rc = start_all(s, e);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc) {
		workers_stop(s, false);
		reaper_stop(s);
		release(s);
		return rc;
	}
	*out = s;
	return ERR_OK;
}

int http_port(const struct http_server *s)
{
	return s->port;
}

/* Waits until *count is 0; false when that takes longer than until `at`. */
static bool wait_zero(const _Atomic int *count, i64 at)
{
	while (*count && clock_mono() < at)
		nanosleep(&(struct timespec){.tv_nsec = 5 * 1000 * 1000}, NULL);
	return !*count;
}

void http_stop(struct http_server *s)
{
	i64 now = clock_mono(), end = now + (i64)s->cfg.stop_ms * 1000;
	s->stopping = true;
	(void)MHD_quiesce_daemon(s->daemon); /* the socket stays ours to close */
	shutdown(s->listen_fd, SHUT_RDWR);   /* waiting connections are refused, not left hanging */
	conns_end_streams(s, false);
	if (!wait_zero(&s->running, now + (end - now) / 2)) {
		conns_end_streams(s, true); /* clients that do not read */
		wait_zero(&s->running, end);
	}
	if (s->in_handler) {
		/* A handler does not return: its memory must stay. The process ends soon. */
		LOG(ERROR, "stopped with handlers still running", LI("count", s->in_handler));
		workers_stop(s, true);
		return;
	}
	workers_stop(s, false);
	MHD_stop_daemon(s->daemon);
	reaper_stop(s);
	release(s);
}
