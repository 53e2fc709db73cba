/* Inside of the HTTP floor: a connection, the server, and what its files call of each other.
 * Nobody outside src/http/ includes this.
 *
 * Threads: MHD's pool runs everything of a connection on one thread; a worker has it alone
 * while it is suspended.  So struct conn needs no lock, but for what the reaper reads: the
 * list links and `stream` (under conns_mu) and `deadline` (atomic).
 * Lock order: conns_mu, then a stream's mu, then MHD's own. */
#ifndef TRIPOD_HTTP_IMPL_H
#define TRIPOD_HTTP_IMPL_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "http/http.h"
#include "http/parse.h"

enum {
	HEADER_MAX = 16 * 1024,
	TARGET_MAX = 8 * 1024,
	SPOOL_AT = 1024 * 1024,        /* a big body goes to a file beyond this */
	DISCARD_MAX = 8 * 1024 * 1024, /* so much is read and dropped of a refused body */
	READ_RATE = 64 * 1024,         /* bytes that buy a body another second */
	WRITE_RATE = 16 * 1024,        /* … and a response */
};

enum phase {
	PHASE_IDLE,   /* between requests */
	PHASE_HEAD,   /* request line read */
	PHASE_BODY,   /* header accepted, body coming in */
	PHASE_WORK,   /* suspended, a worker has it */
	PHASE_ANSWER, /* response is written in rs */
};

struct conn {
	struct http_server *s;
	struct MHD_Connection *mc;
	struct conn *next, *prev; /* in the list of open ones, or next free one */
	struct conn *next_job;
	void (*run)(struct conn *c); /* what a worker does with it */
	int fd;
	bool loopback;
	bool running;         /* counted in s->running */
	_Atomic i64 deadline; /* clock_mono(); 0 = none */
	char peer[INET6_ADDRSTRLEN];

	struct arena *a; /* the request's; reset after each */
	enum phase phase;
	struct http_req rq;
	struct http_res rs;
	char id[17];
	http_handler *fn;
	enum err_code refused; /* answer with this once the body is gone */
	const char *reason;
	const char *allow;
	bool answered; /* before() wrote the response */
	struct sse *stream;

	char *body;
	size_t body_n, body_cap, body_limit;
	bool may_spool;
	int spool; /* file descriptor or -1 */
};

struct jobs {
	pthread_mutex_t mu;
	pthread_cond_t some;
	struct conn *head, *tail;
	int n, max;
	bool closing;
	pthread_t *threads;
	int n_threads;
};

struct http_server {
	struct arena *a;
	struct http_config cfg;
	struct MHD_Daemon *daemon;
	int listen_fd, port;
	struct router *router;
	bool layout_known; /* guard.c may look at the header's bytes */
	u64 id_seed;
	_Atomic u64 id_next;
	_Atomic bool stopping;
	_Atomic int running;    /* from handler to response sent */
	_Atomic int in_handler; /* inside product code */

	pthread_mutex_t conns_mu;
	struct conn *conns, *free_conns;
	pthread_t reaper;
	bool reaper_runs;
	int reaper_epoll, reaper_wake;
	struct jobs jobs;
};

/* reaper.c: the open connections and their deadlines. */
err_t reaper_start(struct http_server *s, struct errs *e);
void reaper_stop(struct http_server *s);
struct conn *conn_open(struct http_server *s, struct MHD_Connection *mc);
void conn_close(struct conn *c);
void conn_deadline(struct conn *c, i64 at);
/* The stream of a connection is watched for the client's going. NULL ends that. */
void conn_watch(struct conn *c, struct sse *stream);
/* Ends all streams; cut also closes their sockets. */
void conns_end_streams(struct http_server *s, bool cut);

/* request.c: callbacks of MHD. */
void *request_target(void *cls, const char *uri, struct MHD_Connection *mc);
enum MHD_Result request_step(void *cls, struct MHD_Connection *mc, const char *url,
                             const char *method, const char *version, const char *data,
                             size_t *size, void **req_cls);
void request_done(void *cls, struct MHD_Connection *mc, void **req_cls,
                  enum MHD_RequestTerminationCode code);
/* Runs the handler; on any thread. */

/* guard.c: NULL, or why the header is refused. */
struct head {
	bool chunked, expect;
	enum err_code code; /* of a refusal */
	u64 length;
};
const char *guard_check(struct conn *c, const char *url, const char *method, const char *version,
                        struct head *out);
bool guard_knows_layout(void);

/* response.c */
void refuse(struct conn *c, enum err_code code, const char *reason);
/* Hands rs to MHD; false when MHD would not take it. */
bool response_queue(struct conn *c, bool close);

/* router.c */
struct match {
	const struct http_route *route; /* NULL: none */
	unsigned allow;                 /* methods the path has: bits of method_bit() */
};
MUST_USE err_t router_new(struct arena *a, struct errs *e, const struct http_route *const *tables,
                          struct router **out);
/* Fills params from t. */
struct match router_find(const struct router *r, struct arena *a, const char *method,
                         const struct http_target *t, struct http_pair *params, size_t *n_params);
const char *router_allow(struct arena *a, unsigned bits);

/* worker.c */
err_t workers_start(struct http_server *s, struct errs *e);
/* Suspends the connection and queues it; false when the queue is full. */
bool worker_submit(struct conn *c, void (*run)(struct conn *c));
/* No more jobs; what waits is still run. Joins unless abandon. */
void workers_stop(struct http_server *s, bool abandon);

/* sse.c */
ssize_t sse_read(void *cls, uint64_t pos, char *buf, size_t max);
void sse_detach(struct sse *s);
void sse_cut(struct sse *s);
void sse_tick(struct sse *s, i64 now, i64 silence_us);

/* multipart.c: a new temporary file, removed with the arena. -1 with errno. */
int temp_file(struct arena *a, const struct http_config *cfg, const char **path);

#endif
