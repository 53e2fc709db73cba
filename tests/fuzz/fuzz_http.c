/* Fuzz: what strangers send. The first byte chooses: target and query, cookie, content type,
 * multipart body. */
#include <string.h>

#include "base/text.h"
#include "http/parse.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t n);

static void need(bool ok, const char *what)
{
	if (!ok)
		panic("%s", what);
}

static void target(struct arena *a, const char *raw)
{
	struct http_target t;
	if (http_parse_target(a, raw, &t))
		return;
	size_t total = 0;
	need(t.path[0] == '/' && utf8_valid(t.path, strlen(t.path)), "path");
	for (size_t i = 0; i < t.n_segs; i++) {
		const char *s = t.segs[i];
		bool slashed = strchr(s, '/') || strchr(s, '\\');
		need(*s && strcmp(s, ".") && strcmp(s, ".."), "segment");
		need(slashed == (t.slashed >> i & 1), "slash not noticed");
		total += strlen(s) + 1;
	}
	need(!t.n_segs || total == strlen(t.path), "path is not its segments");
	for (size_t i = 0; i < t.n_query; i++) {
		need(utf8_valid(t.query[i].key, strlen(t.query[i].key)), "query key");
		need(utf8_valid(t.query[i].value, strlen(t.query[i].value)), "query value");
	}
}

static void multipart(struct arena *a, const char *body, size_t n)
{
	struct http_piece *p = NULL;
	size_t count = 0, total = 0;
	if (http_split_multipart(a, "B", body, n, &p, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		need(p[i].p >= body && p[i].p + p[i].n <= body + n, "part outside the body");
		need(!p[i].n || !memmem(p[i].p, p[i].n, "\r\n--B", 5), "boundary inside a part");
		need(!p[i].filename || !strpbrk(p[i].filename, "/\\"), "folder in a file name");
		total += p[i].n + strlen(p[i].name);
	}
	need(total <= n, "parts are larger than the body");
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t n)
{
	if (!n || n > 65536)
		return 0;
	struct arena *a = arena_new(ARENA_REQUEST_MAX);
	const char *s = arena_strndup(a, (const char *)data + 1, n - 1);
	const char *v = NULL;
	switch (data[0] % 4) {
	case 0: target(a, s); break;
	case 1: v = http_parse_cookie(a, s, "sid"); break;
	case 2: v = http_multipart_boundary(a, s); break;
	case 3: multipart(a, s, n - 1); break;
	}
	need(!v || strlen(v) < n, "value longer than its header");
	arena_free(a);
	return 0;
}
