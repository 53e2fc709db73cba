/* Responses: what handlers write, the headers that every answer carries, handing over to MHD. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/time.h"
#include "http/impl.h"

/* element-plus sets style attributes through the CSSOM, which this allows. */
static const char page_policy[] =
	"default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data: blob:; "
	"connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
	"object-src 'none'";

/* Content-Security-Policy by the beginning of the content type; others run no script. */
static const struct http_pair policies[] = {
	{"text/html", page_policy},
	{"application/xhtml", page_policy},
	{"image/svg", "default-src 'none'; style-src 'unsafe-inline'; sandbox"},
	{"text/xml", "default-src 'none'; sandbox"},
	{"application/xml", "default-src 'none'; sandbox"},
};

static const struct http_pair always[] = {
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "same-origin"},
};

void http_add_header(struct http_res *rs, const char *name, const char *value)
{
	if (rs->n_headers == HTTP_HEADERS_MAX)
		panic("more than %d headers in a response (%s)", HTTP_HEADERS_MAX, name);
	char *v = arena_strdup(rs->a, value);
	for (char *p = v; *p; p++)
		if ((u8)*p < 0x20 || *p == 0x7f)
			*p = ' ';
	rs->headers[rs->n_headers++] = (struct http_pair){arena_strdup(rs->a, name), v};
}

static bool is_cookie_text(const char *s)
{
	for (; *s; s++)
		if ((u8)*s <= 0x20 || (u8)*s >= 0x7f || strchr("\",;\\", *s))
			return false;
	return true;
}

void http_set_cookie(struct http_res *rs, const char *name, const char *value, i64 max_age_s,
                     bool http_only, bool secure)
{
	if (!is_cookie_text(name) || strchr(name, '=') || !is_cookie_text(value))
		panic("cookie '%s' has a name or value that cannot be sent", name);
	struct buf b = buf_new(rs->a, 8192);
	buf_printf(&b, "%s=%s; Path=/; SameSite=Lax", name, value);
	if (max_age_s >= 0)
		buf_printf(&b, "; Max-Age=%lld", (long long)max_age_s);
	if (http_only)
		buf_puts(&b, "; HttpOnly");
	if (secure)
		buf_puts(&b, "; Secure");
	if (buf_over(&b))
		panic("cookie '%s' is over 8 KB", name);
	http_add_header(rs, "Set-Cookie", buf_str(&b));
}

void http_body(struct http_res *rs, int status, const char *type, const void *p, size_t n)
{
	rs->status = status;
	rs->type = type;
	rs->body = p;
	rs->body_len = n;
}

void http_text(struct http_res *rs, int status, const char *type, const char *s)
{
	http_body(rs, status, type, s, strlen(s));
}

static void refuse_plainly(struct http_req *rq, struct http_res *rs, enum err_code code,
                           const char *reason)
{
	struct jw w = jw_new(rq->a, 64 * 1024);
	jw_obj(&w);
	jw_kstr(&w, "type", "about:blank");
	jw_kint(&w, "status", err_def(code)->status);
	jw_kstr(&w, "code", err_def(code)->code);
	if (reason)
		jw_kstr(&w, "detail", reason);
	jw_kstr(&w, "request_id", rq->request_id);
	jw_end_obj(&w);
	http_body(rs, err_def(code)->status, "application/problem+json", w.b.p, w.b.n);
}

static bool has_header(const struct http_res *rs, const char *name)
{
	for (size_t i = 0; i < rs->n_headers; i++)
		if (!strcasecmp(rs->headers[i].key, name))
			return true;
	return false;
}

void refuse(struct conn *c, enum err_code code, const char *reason)
{
	void (*fn)(struct http_req *, struct http_res *, enum err_code,
	           const char *) = c->s->cfg.refuse ? c->s->cfg.refuse : refuse_plainly;
	c->rs = (struct http_res){.a = c->a, .impl = c};
	fn(&c->rq, &c->rs, code, reason);
	c->rs.status = err_def(code)->status;
	if (code == ERR_METHOD && c->allow)
		http_add_header(&c->rs, "Allow", c->allow);
	if (code == ERR_UNAVAILABLE && !has_header(&c->rs, "Retry-After"))
		http_add_header(&c->rs, "Retry-After", "2");
	c->phase = PHASE_ANSWER;
}

/* Opens rs->file; the answer becomes a 500 when that fails. */
static struct MHD_Response *file_response(struct conn *c)
{
	struct stat st;
	int fd = open(c->rs.file, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
		errno = EINVAL;
	}
	if (fd < 0) {
		LOG(ERROR, "cannot send file", LS("request_id", c->id), LS("file", c->rs.file),
		    LS("error", strerror(errno)));
		refuse(c, ERR_INTERNAL, "file");
		return NULL;
	}
	if (c->rs.file_temp)
		(void)unlink(c->rs.file); /* the descriptor keeps it until it is sent */
	c->rs.body_len = (size_t)st.st_size;
	return MHD_create_response_from_fd64((uint64_t)st.st_size, fd); /* closes fd */
}

static struct MHD_Response *make(struct conn *c)
{
	if (c->stream)
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 8192, sse_read,
		                                         c->stream, NULL);
	if (c->rs.file) {
		struct MHD_Response *mr = file_response(c);
		if (mr)
			return mr;
	}
	/* The arena keeps the bytes until request_done(); MHD only reads them. */
	return MHD_create_response_from_buffer(c->rs.body_len,
	                                       (void *)(uintptr_t)(c->rs.body ? c->rs.body : ""),
	                                       MHD_RESPMEM_PERSISTENT);
}

static void put(const struct conn *c, struct MHD_Response *mr, const char *name, const char *value)
{
	if (!MHD_add_response_header(mr, name, value))
		LOG(ERROR, "header left out", LS("request_id", c->id), LS("name", name));
}

bool response_queue(struct conn *c, bool close)
{
	struct http_res *rs = &c->rs;
	struct MHD_Response *mr = make(c);
	if (!mr)
		panic("out of memory for a response");
	const char *type = rs->type;
	if (!rs->status)
		rs->status = 200;
	if (!type && (rs->body_len || rs->file))
		type = rs->file ? "application/octet-stream" : "application/json";
	if (type) {
		put(c, mr, "Content-Type", type);
		for (size_t i = 0; i < ARRAY_LEN(policies); i++)
			if (!strncasecmp(type, policies[i].key, strlen(policies[i].key)) &&
			    !has_header(rs, "Content-Security-Policy"))
				put(c, mr, "Content-Security-Policy", policies[i].value);
	}
	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		if (!has_header(rs, always[i].key))
			put(c, mr, always[i].key, always[i].value);
	if (!has_header(rs, "Cache-Control"))
		put(c, mr, "Cache-Control", "no-store");
	put(c, mr, "X-Request-Id", c->id);
	for (size_t i = 0; i < rs->n_headers; i++)
		put(c, mr, rs->headers[i].key, rs->headers[i].value);
	if (close || c->s->stopping)
		put(c, mr, "Connection", "close");

	bool ok = MHD_queue_response(c->mc, (unsigned)rs->status, mr) == MHD_YES;
	MHD_destroy_response(mr); /* MHD holds its own reference */
	i64 now = clock_mono();
	if (!c->stream)
		conn_deadline(c, now + (i64)c->s->cfg.body_ms * 1000 +
		                         (i64)(rs->body_len / WRITE_RATE) * US_PER_SEC);
	if (c->s->cfg.after)
		c->s->cfg.after(&c->rq, rs, now - c->rq.started_mono);
	return ok;
}
