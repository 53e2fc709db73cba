/* Event streams: a connection suspended while nothing waits, resumed when something does.
 *
 * What waits to be sent lives in an arena that exists only then, so an idle stream is small.
 * `suspended` is set and cleared under mu together with MHD's own state; while it is set the
 * connection cannot end, so resuming is safe from any thread. */
#include <string.h>
#include <sys/socket.h>

#include "base/time.h"
#include "http/impl.h"

enum { WAITING_MAX = 1024 * 1024 };

struct sse {
	struct arena *life;
	_Atomic int refs; /* the caller's and the connection's */
	pthread_mutex_t mu;
	struct conn *c; /* NULL: the client has gone */
	bool suspended, closing, cut;
	struct arena *a; /* holds p; NULL when nothing waits */
	char *p;
	size_t sent, n, cap;
	i64 last_mono; /* something was queued */
	void (*on_close)(void *);
	void *arg;
};

struct sse *http_sse(struct http_req *rq, struct http_res *rs, void (*on_close)(void *), void *arg)
{
	struct arena *life = arena_new(ARENA_REQUEST_MAX);
	struct sse *s = ARENA_NEW(life, struct sse);
	s->life = life;
	s->refs = 2;
	pthread_mutex_init(&s->mu, NULL);
	s->c = rq->impl;
	s->last_mono = clock_mono();
	s->on_close = on_close;
	s->arg = arg;
	if (s->c->stream)
		panic("a request opened two streams");
	rs->status = 200;
	rs->type = "text/event-stream; charset=utf-8";
	http_add_header(rs, "X-Accel-Buffering", "no"); /* nginx passes events on at once */
	conn_watch(s->c, s);
	if (s->c->s->stopping)
		sse_close(s);
	return s;
}

void sse_release(struct sse *s)
{
	if (atomic_fetch_sub(&s->refs, 1) > 1)
		return;
	arena_free(s->a);
	pthread_mutex_destroy(&s->mu);
	arena_free(s->life);
}

/* mu is held. */
static void wake(struct sse *s)
{
	if (s->suspended) {
		s->suspended = false;
		MHD_resume_connection(s->c->mc);
	}
}

/* mu is held. */
static void cut(struct sse *s)
{
	if (!s->c || s->cut)
		return;
	s->cut = true;
	shutdown(s->c->fd, SHUT_RDWR);
	wake(s);
}

/* mu is held. Room for `more` bytes; false when too much waits. */
static bool room(struct sse *s, size_t more)
{
	size_t waiting = s->n - s->sent;
	if (more > WAITING_MAX - waiting)
		return false;
	if (s->n + more <= s->cap)
		return true;
	size_t cap = 1024;
	while (cap < (waiting + more) * 2)
		cap *= 2;
	struct arena *a = arena_new(4 * WAITING_MAX);
	char *p = arena_alloc(a, cap);
	if (waiting)
		memcpy(p, s->p + s->sent, waiting);
	arena_free(s->a);
	s->a = a;
	s->p = p;
	s->cap = cap;
	s->n = waiting;
	s->sent = 0;
	return true;
}

static void add(struct sse *s, const char *p, size_t n)
{
	memcpy(s->p + s->n, p, n);
	s->n += n;
}

/* "name: line" for each line of text. A line may end in CR, LF or both. */
static size_t lines(struct sse *s, const char *name, const char *text, bool measure)
{
	size_t name_n = strlen(name), total = 0;
	for (;;) {
		size_t n = strcspn(text, "\r\n");
		total += name_n + 2 + n + 1;
		if (!measure) {
			add(s, name, name_n);
			add(s, ": ", 2);
			add(s, text, n);
			add(s, "\n", 1);
		}
		text += n;
		if (!*text)
			return total;
		text += text[0] == '\r' && text[1] == '\n' ? 2 : 1;
	}
}

struct field {
	const char *name, *text;
};

static bool send_fields(struct sse *s, const struct field *f, size_t n_fields)
{
	size_t need = 1;
	for (size_t i = 0; i < n_fields; i++)
		if (f[i].text)
			need += lines(s, f[i].name, f[i].text, true);
	pthread_mutex_lock(&s->mu);
	bool ok = s->c && !s->closing && !s->cut;
	if (ok && !room(s, need)) {
		cut(s);
		ok = false;
	}
	if (ok) {
		for (size_t i = 0; i < n_fields; i++)
			if (f[i].text)
				lines(s, f[i].name, f[i].text, false);
		add(s, "\n", 1);
		s->last_mono = clock_mono();
		wake(s);
	}
	pthread_mutex_unlock(&s->mu);
	return ok;
}

bool sse_send(struct sse *s, const char *id, const char *event, const char *data)
{
	const struct field f[] = {{"id", id}, {"event", event}, {"data", data}};
	/* A line break would begin another field. */
	if ((id && id[strcspn(id, "\r\n")]) || (event && event[strcspn(event, "\r\n")]))
		panic("line break in the id or name of an event");
	return send_fields(s, f, ARRAY_LEN(f));
}

bool sse_comment(struct sse *s, const char *text)
{
	return send_fields(s, &(struct field){"", text}, 1);
}

void sse_close(struct sse *s)
{
	pthread_mutex_lock(&s->mu);
	if (s->c) {
		s->closing = true;
		wake(s);
	}
	pthread_mutex_unlock(&s->mu);
}

void sse_cut(struct sse *s)
{
	pthread_mutex_lock(&s->mu);
	cut(s);
	pthread_mutex_unlock(&s->mu);
}

void sse_tick(struct sse *s, i64 now, i64 silence_us)
{
	pthread_mutex_lock(&s->mu);
	bool due = s->suspended && now - s->last_mono >= silence_us;
	pthread_mutex_unlock(&s->mu);
	if (due)
		sse_comment(s, "");
}

ssize_t sse_read(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct sse *s = cls;
	ssize_t rc = 0;
	(void)pos;
	pthread_mutex_lock(&s->mu);
	if (s->cut) {
		rc = MHD_CONTENT_READER_END_WITH_ERROR;
	} else if (s->n > s->sent) {
		size_t n = s->n - s->sent < max ? s->n - s->sent : max;
		memcpy(buf, s->p + s->sent, n);
		s->sent += n;
		rc = (ssize_t)n;
		if (s->sent == s->n) {
			arena_free(s->a);
			s->a = NULL;
			s->p = NULL;
			s->sent = s->n = s->cap = 0;
		}
	} else if (s->closing) {
		rc = MHD_CONTENT_READER_END_OF_STREAM;
	} else {
		s->suspended = true;
		MHD_suspend_connection(s->c->mc);
	}
	pthread_mutex_unlock(&s->mu);
	return rc;
}

void sse_detach(struct sse *s)
{
	pthread_mutex_lock(&s->mu);
	s->c = NULL;
	pthread_mutex_unlock(&s->mu);
	if (s->on_close)
		s->on_close(s->arg);
	sse_release(s);
}
