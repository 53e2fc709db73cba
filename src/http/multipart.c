/* multipart/form-data: splitting a body into parts, files of parts into temporary files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "http/impl.h"

enum { PART_HEADER_MAX = 8 * 1024, VALUES_MAX = 1024 * 1024 };

/* The value of a parameter ("; name=value" or quoted) after the first word of a header, or NULL.
 * \" and \\ are what curl escapes, %22 what browsers do. */
static const char *param(struct arena *a, const char *s, const char *name)
{
	size_t want = strlen(name);
	while ((s = strchr(s, ';'))) {
		s += 1 + strspn(s + 1, " \t");
		size_t n = strcspn(s, "=;\"");
		bool hit = n == want && s[n] == '=' && !strncasecmp(s, name, n);
		s += n;
		if (*s != '=')
			continue;
		s++;
		if (*s != '"') {
			n = strcspn(s, "; \t");
			if (hit)
				return arena_strndup(a, s, n);
			s += n;
			continue;
		}
		char *out = arena_alloc(a, strlen(s));
		size_t k = 0;
		for (s++; *s && *s != '"'; s++) {
			if (*s == '\\' && (s[1] == '"' || s[1] == '\\'))
				s++;
			else if (!strncmp(s, "%22", 3)) {
				out[k++] = '"';
				s += 2;
				continue;
			}
			out[k++] = *s;
		}
		if (!*s)
			return NULL; /* not closed */
		if (hit)
			return out;
	}
	return NULL;
}

static bool is_type(const char *s, const char *type)
{
	size_t n = strlen(type);
	return !strncasecmp(s, type, n) && (!s[n] || strchr("; \t", s[n]));
}

const char *http_multipart_boundary(struct arena *a, const char *content_type)
{
	if (!content_type || !is_type(content_type, "multipart/form-data"))
		return NULL;
	const char *b = param(a, content_type, "boundary");
	size_t n = b ? strlen(b) : 0;
	return n >= 1 && n <= 200 ? b : NULL;
}

static const char *base_name(const char *s)
{
	const char *last = s;
	for (; *s; s++)
		if (*s == '/' || *s == '\\')
			last = s + 1;
	return last;
}

static bool clean(const char *s)
{
	if (!utf8_valid(s, strlen(s)))
		return false;
	for (; *s; s++)
		if ((u8)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

/* One header line of a part. */
static const char *part_header(struct arena *a, char *line, struct http_piece *pc)
{
	char *colon = strchr(line, ':');
	if (!colon || !clean(line))
		return "bad header in a part";
	*colon = '\0';
	const char *value = colon + 1 + strspn(colon + 1, " \t");
	if (!strcasecmp(line, "Content-Type")) {
		pc->type = value;
	} else if (!strcasecmp(line, "Content-Disposition")) {
		if (!is_type(value, "form-data"))
			return "a part is not form-data";
		pc->name = param(a, value, "name");
		pc->filename = param(a, value, "filename");
		if (pc->filename)
			pc->filename = base_name(pc->filename);
	}
	return NULL;
}

const char *http_split_multipart(struct arena *a, const char *boundary, const char *body, size_t n,
                                 struct http_piece **out, size_t *count)
{
	const char *mark = arena_printf(a, "\r\n--%s", boundary);
	size_t mn = strlen(mark);
	const char *p = body, *end = body + n;
	struct http_piece *pieces = NULL;
	size_t k = 0, cap = 0;
	if (n < mn - 2 || memcmp(p, mark + 2, mn - 2) != 0)
		return "the body does not begin with its boundary";
	p += mn - 2;
	for (;;) {
		if (end - p >= 2 && p[0] == '-' && p[1] == '-')
			break;
		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		if (end - p < 2 || p[0] != '\r' || p[1] != '\n')
			return "a boundary is not followed by a line end";
		p += 2;
		if (k == HTTP_PARTS_MAX)
			return "too many parts";
		if (k == cap) {
			cap = cap ? cap * 2 : 8;
			struct http_piece *grown = ARENA_ARRAY(a, cap, struct http_piece);
			if (k)
				memcpy(grown, pieces, k * sizeof *grown);
			pieces = grown;
		}
		struct http_piece *pc = &pieces[k++];
		*pc = (struct http_piece){0};
		for (size_t used = 0;;) {
			const char *nl = memmem(p, (size_t)(end - p), "\r\n", 2);
			if (!nl)
				return "the header of a part is cut off";
			size_t len = (size_t)(nl - p);
			char *line = arena_strndup(a, p, len);
			p = nl + 2;
			if (!len)
				break;
			if ((used += len) > PART_HEADER_MAX || memchr(line, '\0', len))
				return "bad header in a part";
			const char *bad = part_header(a, line, pc);
			if (bad)
				return bad;
		}
		if (!pc->name)
			return "a part has no name";
		/* An empty part: the boundary's line end is the one that ended the header. */
		const char *next = memmem(p - 2, (size_t)(end - p) + 2, mark, mn);
		if (!next)
			return "the last boundary is missing";
		pc->p = p;
		pc->n = next < p ? 0 : (size_t)(next - p);
		p = next + mn;
	}
	*out = pieces;
	*count = k;
	return NULL;
}

static void remove_file(void *path)
{
	(void)unlink(path); /* gone when the product kept it by renaming */
}

int temp_file(struct arena *a, const struct http_config *cfg, const char **path)
{
	const char *dir = cfg->tmp_dir ? cfg->tmp_dir : getenv("TMPDIR");
	char *name = arena_printf(a, "%s/tripod-XXXXXX", dir && *dir ? dir : "/tmp");
	int fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0) {
		arena_defer(a, remove_file, name);
		*path = name;
	}
	return fd;
}

struct mapping {
	void *p;
	size_t n;
};

static void unmap(void *arg)
{
	struct mapping *m = arg;
	munmap(m->p, m->n);
}

static err_t map_body(struct http_req *rq, struct errs *e, const char **p)
{
	int fd = open(rq->body_file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errs_fail(e, ERR_INTERNAL, "open spooled body: %s", strerror(errno));
	struct mapping *m = ARENA_NEW(rq->a, struct mapping);
	m->n = rq->body_len;
	m->p = mmap(NULL, m->n, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (m->p == MAP_FAILED)
		return errs_fail(e, ERR_INTERNAL, "map spooled body: %s", strerror(errno));
	arena_defer(rq->a, unmap, m);
	*p = m->p;
	return ERR_OK;
}

static err_t write_part(struct http_req *rq, struct errs *e, const struct http_piece *pc,
                        const char **path)
{
	const struct conn *c = rq->impl;
	int fd = temp_file(rq->a, &c->s->cfg, path);
	if (fd < 0)
		return errs_fail(e, ERR_UNAVAILABLE, "temporary file: %s", strerror(errno));
	for (size_t done = 0; done < pc->n;) {
		ssize_t w = write(fd, pc->p + done, pc->n - done);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0) {
			int why = errno;
			close(fd);
			return errs_fail(e, ERR_UNAVAILABLE, "write upload: %s", strerror(why));
		}
		done += (size_t)w;
	}
	if (close(fd))
		return errs_fail(e, ERR_UNAVAILABLE, "write upload: %s", strerror(errno));
	return ERR_OK;
}

err_t http_multipart(struct http_req *rq, struct errs *e, struct http_part **out, size_t *n)
{
	const char *boundary = http_multipart_boundary(rq->a, http_header(rq, "Content-Type"));
	if (!boundary)
		return errs_set(e, ERR_MEDIA_TYPE, EP({"want", "multipart/form-data"}));
	const char *p = rq->body ? rq->body : "";
	if (rq->body_file)
		TRY(map_body(rq, e, &p));
	struct http_piece *pieces = NULL;
	size_t count = 0;
	const char *bad = http_split_multipart(rq->a, boundary, p, rq->body_len, &pieces, &count);
	if (bad)
		return errs_set(e, ERR_BAD_REQUEST, EP({"reason", bad}));
	struct http_part *parts = ARENA_ARRAY(rq->a, count, struct http_part);
	size_t values = 0;
	for (size_t i = 0; i < count; i++) {
		const struct http_piece *pc = &pieces[i];
		parts[i] = (struct http_part){.name = pc->name,
		                              .filename = pc->filename,
		                              .type = pc->type,
		                              .size = (i64)pc->n};
		if (pc->filename) {
			TRY(write_part(rq, e, pc, &parts[i].file));
			continue;
		}
		values += pc->n;
		if (values > VALUES_MAX)
			return errs_set(e, ERR_TOO_BIG,
			                EP({"max", arena_printf(rq->a, "%d", VALUES_MAX)}));
		parts[i].data = arena_strndup(rq->a, pc->p, pc->n);
	}
	*out = parts;
	*n = count;
	return ERR_OK;
}
