/* Target, query and cookies. */
#include "http/parse.h"

#include <string.h>

#include "base/text.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

struct piece {
	char *s;
	size_t n;
	bool slashed;
};

/* Decodes n raw bytes to out (room for n + 1). In a query '+' is a blank and line breaks pass;
 * in a path no control character does. */
static const char *decode(const char *raw, size_t n, bool query, char *out, struct piece *pc)
{
	bool wide = false, slashed = false;
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		u8 c = (u8)raw[i];
		if (c == '%') {
			int hi = i + 2 < n ? hex(raw[i + 1]) : -1;
			int lo = hi < 0 ? -1 : hex(raw[i + 2]);
			if (lo < 0)
				return "bad percent code in the target";
			c = (u8)(hi * 16 + lo);
			i += 2;
		} else if (query && c == '+') {
			c = ' ';
		}
		if (c == 0 || (!query && (c < 0x20 || c == 0x7f)))
			return "control character in the target";
		wide |= c >= 0x80;
		slashed |= c == '/' || c == '\\';
		out[k++] = (char)c;
	}
	out[k] = '\0';
	if (wide && !utf8_valid(out, k))
		return "the target is not UTF-8";
	*pc = (struct piece){out, k, slashed};
	return NULL;
}

static const char *parse_path(struct arena *a, const char *raw, size_t n, struct http_target *t)
{
	char *segs = arena_alloc(a, n + 1);
	char *path = arena_alloc(a, n + 2);
	char *end = path;
	for (size_t i = 0; i < n;) {
		while (i < n && raw[i] == '/')
			i++;
		size_t from = i;
		while (i < n && raw[i] != '/')
			i++;
		if (i == from)
			break;
		if (t->n_segs == HTTP_SEGMENTS_MAX)
			return "the path has too many segments";
		struct piece pc;
		const char *bad = decode(raw + from, i - from, false, segs, &pc);
		if (bad)
			return bad;
		if (!strcmp(pc.s, ".") || !strcmp(pc.s, ".."))
			return "the path leaves its folder";
		if (pc.slashed)
			t->slashed |= (u32)1 << t->n_segs;
		t->segs[t->n_segs++] = pc.s;
		segs += pc.n + 1;
		*end++ = '/';
		memcpy(end, pc.s, pc.n);
		end += pc.n;
	}
	if (end == path)
		*end++ = '/';
	*end = '\0';
	t->path = path;
	return NULL;
}

static const char *parse_query(struct arena *a, const char *raw, struct http_target *t)
{
	size_t pairs = 1;
	for (const char *p = raw; *p; p++)
		pairs += *p == '&';
	if (pairs > HTTP_QUERY_MAX)
		return "the query has too many parts";
	struct http_pair *q = ARENA_ARRAY(a, pairs, struct http_pair);
	char *out = arena_alloc(a, strlen(raw) + pairs * 2);
	while (*raw) {
		size_t n = strcspn(raw, "&");
		const char *eq = memchr(raw, '=', n);
		size_t kn = eq ? (size_t)(eq - raw) : n;
		if (n) {
			struct piece key, value;
			const char *bad = decode(raw, kn, true, out, &key);
			if (bad)
				return bad;
			out += key.n + 1;
			bad = decode(eq ? eq + 1 : "", eq ? n - kn - 1 : 0, true, out, &value);
			if (bad)
				return bad;
			out += value.n + 1;
			q[t->n_query++] = (struct http_pair){key.s, value.s};
		}
		raw += n + (raw[n] == '&');
	}
	t->query = q;
	return NULL;
}

const char *http_parse_target(struct arena *a, const char *raw, struct http_target *t)
{
	*t = (struct http_target){.path = "/"};
	if (raw[0] != '/')
		return "the target must be a path";
	for (const char *p = raw; *p; p++)
		if ((u8)*p <= 0x20 || *p == 0x7f || *p == '#')
			return "the target holds a character that must be percent coded";
	size_t n = strcspn(raw, "?");
	const char *bad = parse_path(a, raw, n, t);
	if (!bad && raw[n] && raw[n + 1])
		bad = parse_query(a, raw + n + 1, t);
	return bad;
}

const char *http_parse_cookie(struct arena *a, const char *header, const char *name)
{
	size_t want = strlen(name);
	while (header && *header) {
		header += strspn(header, "; \t");
		size_t n = strcspn(header, ";");
		const char *eq = memchr(header, '=', n);
		if (eq && (size_t)(eq - header) == want && !memcmp(header, name, want)) {
			const char *v = eq + 1, *end = header + n;
			while (end > v && (end[-1] == ' ' || end[-1] == '\t'))
				end--;
			if (end - v >= 2 && v[0] == '"' && end[-1] == '"')
				v++, end--;
			return arena_strndup(a, v, (size_t)(end - v));
		}
		header += n;
	}
	return NULL;
}
