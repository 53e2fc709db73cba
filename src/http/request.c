/* Requests: the steps MHD calls for each, from the request line to the last byte sent. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "http/impl.h"

/* Unique within a start, not to be guessed from another: a counter through a mixing function. */
static void make_id(struct http_server *s, char out[17])
{
	u64 x = s->id_seed + atomic_fetch_add(&s->id_next, 1) * 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	x ^= x >> 31;
	for (int i = 0; i < 16; i++, x <<= 4)
		out[i] = "0123456789abcdef"[x >> 60];
	out[16] = '\0';
}

void *request_target(void *cls, const char *uri, struct MHD_Connection *mc)
{
	struct http_server *s = cls;
	struct conn *c =
		MHD_get_connection_info(mc, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	i64 now = clock_mono();
	make_id(s, c->id);
	c->phase = PHASE_HEAD;
	c->rq = (struct http_req){.a = c->a,
	                          .method = "",
	                          .target = arena_strdup(c->a, uri ? uri : ""),
	                          .path = "/",
	                          .remote = c->peer,
	                          .request_id = c->id,
	                          .started_mono = now,
	                          .impl = c};
	c->rs = (struct http_res){.a = c->a, .impl = c};
	c->fn = NULL;
	c->refused = ERR_OK;
	c->reason = c->allow = NULL;
	c->answered = c->may_spool = false;
	c->body = NULL;
	c->body_n = c->body_cap = 0;
	conn_deadline(c, now + (i64)s->cfg.header_ms * 1000);
	return c;
}

static void set_refused(struct conn *c, enum err_code code, const char *reason)
{
	if (!c->refused) {
		c->refused = code;
		c->reason = reason;
	}
}

static void find_route(struct conn *c, const struct http_target *t)
{
	struct http_req *rq = &c->rq;
	struct match m = router_find(c->s->router, c->a, rq->method, t, rq->params, &rq->n_params);
	if (m.route) {
		rq->route = m.route;
		rq->arg = m.route->arg;
		c->fn = m.route->fn;
	} else if (m.allow) {
		c->allow = router_allow(c->a, m.allow);
		set_refused(c, ERR_METHOD, NULL);
	} else if (c->s->cfg.fallback &&
	           (!strcmp(rq->method, "GET") || !strcmp(rq->method, "HEAD"))) {
		c->fn = c->s->cfg.fallback;
	} else {
		set_refused(c, ERR_NOT_FOUND, NULL);
	}
}

/* The peer, or whom the proxy on this machine names last. */
static const char *remote(struct conn *c)
{
	const char *list = c->s->cfg.trust_proxy && c->loopback
	                           ? http_header(&c->rq, "X-Forwarded-For")
	                           : NULL;
	if (!list)
		return c->peer;
	const char *last = strrchr(list, ',');
	last = last ? last + 1 : list;
	last += strspn(last, " \t");
	char *ip = arena_strndup(c->a, last, strcspn(last, " \t"));
	struct in6_addr tmp;
	if (inet_pton(AF_INET, ip, &tmp) == 1 || inet_pton(AF_INET6, ip, &tmp) == 1)
		return ip;
	return c->peer;
}

static enum MHD_Result answer(struct conn *c, bool close)
{
	if (c->refused)
		refuse(c, c->refused, c->reason);
	c->phase = PHASE_ANSWER;
	return response_queue(c, close) ? MHD_YES : MHD_NO;
}

/* First call: the header is complete. */
static enum MHD_Result step_head(struct conn *c, const char *url, const char *method,
                                 const char *version)
{
	struct http_server *s = c->s;
	struct head head;
	struct http_target t;
	c->rq.method = method;
	const char *bad = guard_check(c, url, method, version, &head);
	if (bad) {
		set_refused(c, head.code, bad);
		return answer(c, true);
	}
	c->rq.remote = remote(c);
	bad = http_parse_target(c->a, c->rq.target, &t);
	if (bad) {
		set_refused(c, ERR_BAD_REQUEST, bad);
	} else {
		c->rq.path = t.path;
		c->rq.query = t.query;
		c->rq.n_query = t.n_query;
		if (s->stopping)
			set_refused(c, ERR_UNAVAILABLE, "stopping");
		else
			find_route(c, &t);
	}
	c->may_spool = c->rq.route && c->rq.route->flags & HTTP_BIG_BODY;
	c->body_limit = c->may_spool ? s->cfg.upload_max : s->cfg.body_max;
	if (head.length > c->body_limit)
		set_refused(c, ERR_TOO_BIG, arena_printf(c->a, "%zu", c->body_limit));
	if (!c->refused && s->cfg.before) {
		s->in_handler++;
		c->answered = !s->cfg.before(&c->rq, &c->rs);
		s->in_handler--;
	}
	c->phase = PHASE_BODY;
	conn_deadline(c, c->rq.started_mono + (i64)s->cfg.body_ms * 1000);
	if ((c->refused || c->answered) && (head.expect || head.length > DISCARD_MAX))
		return answer(c, true);
	return MHD_YES;
}

static bool write_spool(struct conn *c, const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(c->spool, p, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

/* The body so far moves to a file. */
static bool spool(struct conn *c)
{
	c->spool = temp_file(c->a, &c->s->cfg, &c->rq.body_file);
	return c->spool >= 0 && write_spool(c, c->body, c->body_n);
}

static void collect(struct conn *c, const char *data, size_t n)
{
	if (n > c->body_limit - c->body_n) {
		set_refused(c, ERR_TOO_BIG, arena_printf(c->a, "%zu", c->body_limit));
		return;
	}
	if (c->spool < 0 && c->may_spool && c->body_n + n > SPOOL_AT && !spool(c))
		goto disk;
	if (c->spool >= 0) {
		if (!write_spool(c, data, n))
			goto disk;
		return;
	}
	if (c->body_n + n + 1 > c->body_cap) {
		size_t cap = c->body_cap ? c->body_cap * 2 : 1024;
		while (cap < c->body_n + n + 1)
			cap *= 2;
		char *p = arena_alloc(c->a, cap);
		if (c->body_n)
			memcpy(p, c->body, c->body_n);
		c->body = p;
		c->body_cap = cap;
	}
	memcpy(c->body + c->body_n, data, n);
	return;
disk:
	LOG(ERROR, "cannot store an upload", LS("request_id", c->id), LS("error", strerror(errno)));
	set_refused(c, ERR_UNAVAILABLE, "upload storage");
}

static enum MHD_Result step_body(struct conn *c, const char *data, size_t *size)
{
	size_t n = *size;
	*size = 0;
	if (!c->refused && !c->answered)
		collect(c, data, n);
	c->body_n += n;
	if ((c->refused || c->answered) && c->body_n > c->body_limit &&
	    c->body_n - c->body_limit > DISCARD_MAX)
		return MHD_NO;
	conn_deadline(c, c->rq.started_mono + (i64)c->s->cfg.body_ms * 1000 +
	                         (i64)(c->body_n / READ_RATE) * US_PER_SEC);
	return MHD_YES;
}

static void close_spool(struct conn *c)
{
	if (c->spool >= 0)
		close(c->spool);
	c->spool = -1;
}

static void request_run(struct conn *c)
{
	c->s->in_handler++;
	c->fn(&c->rq, &c->rs);
	c->s->in_handler--;
	c->phase = PHASE_ANSWER;
}

/* The body is complete. */
static enum MHD_Result step_end(struct conn *c)
{
	conn_deadline(c, 0);
	c->running = true;
	c->s->running++;
	if (c->refused || c->answered)
		return answer(c, false);
	if (c->spool < 0 && c->body_n) {
		c->body[c->body_n] = '\0';
		c->rq.body = c->body;
	}
	c->rq.body_len = c->body_n;
	close_spool(c);
	if (c->rq.route && c->rq.route->flags & HTTP_SLOW) {
		c->phase = PHASE_WORK;
		if (worker_submit(c, request_run))
			return MHD_YES;
		set_refused(c, ERR_UNAVAILABLE, "too many slow requests at once");
		return answer(c, false);
	}
	request_run(c);
	return answer(c, false);
}

enum MHD_Result request_step(void *cls, struct MHD_Connection *mc, const char *url,
                             const char *method, const char *version, const char *data,
                             size_t *size, void **req_cls)
{
	struct conn *c = *req_cls;
	(void)cls;
	(void)mc;
	switch (c->phase) {
	case PHASE_HEAD: return step_head(c, url, method, version);
	case PHASE_BODY: return *size ? step_body(c, data, size) : step_end(c);
	case PHASE_ANSWER: return answer(c, false);
	case PHASE_IDLE:
	case PHASE_WORK: break;
	}
	panic("request step in phase %d", (int)c->phase);
}

void request_done(void *cls, struct MHD_Connection *mc, void **req_cls,
                  enum MHD_RequestTerminationCode code)
{
	struct http_server *s = cls;
	struct conn *c = *req_cls;
	(void)mc;
	(void)code;
	if (c->stream) {
		struct sse *stream = c->stream;
		conn_watch(c, NULL);
		sse_detach(stream);
	}
	close_spool(c);
	arena_reset(c->a);
	c->phase = PHASE_IDLE;
	if (c->running)
		s->running--;
	c->running = false;
	conn_deadline(c, clock_mono() + (i64)s->cfg.idle_ms * 1000);
}
