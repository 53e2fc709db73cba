/* Packed assets: tests/data/http/dist goes through tools/pack-assets into this binary. */
#include "unit/test.h"

#include <sys/stat.h>

#include "unit/http_client.h"

extern const struct asset test_assets[];
extern const size_t n_test_assets;

static struct arena *a;
static struct http_server *server;
static int port;

static void asset(struct http_req *rq, struct http_res *rs)
{
	const struct asset *as = asset_find_in(test_assets, n_test_assets, http_param(rq, "path"));
	if (as)
		http_asset(rq, rs, as);
	else
		http_text(rs, 404, "text/plain", "none");
}

static const struct http_route routes[] = {{"GET", "/{path*}", asset, 0, NULL}, {0}};
static const struct http_route *const tables[] = {routes, NULL};

static int setup(void **state)
{
	(void)state;
	a = arena_new(ARENA_REQUEST_MAX);
	server = serve(a, &(struct http_config){.tables = tables});
	port = http_port(server);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	http_stop(server);
	arena_free(a);
	return 0;
}

static const char *slurp(const char *path, size_t *n)
{
	struct stat st;
	FILE *f = fopen(path, "rb");
	*n = 0;
	if (!f || fstat(fileno(f), &st)) {
		fail_msg("cannot read %s", path);
		return "";
	}
	char *p = arena_alloc(a, (size_t)st.st_size + 1);
	*n = fread(p, 1, (size_t)st.st_size, f);
	fclose(f);
	return p;
}

static struct reply fetch(const char *path, const char *headers)
{
	return ask(a, port,
	           arena_printf(a, "GET /%s HTTP/1.1\r\nHost: t\r\n%s\r\n", path, headers));
}

/* What the system's own tool makes of a coded body. */
static const char *decoded(const struct reply *r, const char *tool, size_t *n)
{
	char path[] = "/tmp/tripod-test-XXXXXX";
	int fd = mkstemp(path);
	assert_int_equal(write(fd, r->body, r->n), r->n);
	close(fd);
	assert_int_equal(system(arena_printf(a, "%s -dc < %s > %s.out", tool, path, path)), 0);
	const char *out = slurp(arena_printf(a, "%s.out", path), n);
	unlink(path);
	unlink(arena_printf(a, "%s.out", path));
	return out;
}

static void test_table(void **state)
{
	(void)state;
	static const struct {
		const char *path, *type;
		bool coded, immutable;
	} want[] = {
		{"assets/app-a1B2_c-9.js", "text/javascript; charset=utf-8", true, true},
		{"assets/dot.png", "image/png", false, false},
		{"assets/plain.css", "text/css; charset=utf-8", false, false}, /* too short */
		{"assets/读 我.txt", "text/plain; charset=utf-8", false, false},
		{"index.html", "text/html; charset=utf-8", true, false},
	};
	assert_int_equal(n_test_assets, ARRAY_LEN(want)); /* the hidden file is not there */
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		const struct asset *as = &test_assets[i];
		size_t n;
		const char *raw = slurp(arena_printf(a, "tests/data/http/dist/%s", want[i].path),
		                        &n);
		assert_string_equal(as->path, want[i].path);
		assert_string_equal(as->type, want[i].type);
		assert_int_equal(as->immutable, want[i].immutable);
		assert_int_equal(as->gz != NULL, want[i].coded);
		assert_int_equal(as->br != NULL, want[i].coded);
		assert_int_equal(as->raw_len, n);
		assert_memory_equal(as->raw, raw, n);
		assert_ptr_equal(asset_find_in(test_assets, n_test_assets, as->path), as);
	}
	assert_null(asset_find_in(test_assets, n_test_assets, "assets"));
	assert_null(asset_find_in(test_assets, 0, "index.html"));
	assert_null(asset_find("no such asset"));
}

static void test_codings(void **state)
{
	(void)state;
	static const struct {
		const char *accept, *coding; /* NULL: as it is */
	} cases[] = {
		{"", NULL},
		{"Accept-Encoding: gzip, deflate, br\r\n", "br"},
		{"Accept-Encoding: gzip, deflate\r\n", "gzip"},
		{"Accept-Encoding: BR;q=1.0, gzip;q=0.5\r\n", "br"},
		{"Accept-Encoding: br;q=0, gzip;q=0.01\r\n", "gzip"},
		{"Accept-Encoding: br;q=0.000, gzip; q=0\r\n", NULL},
		{"Accept-Encoding: identity\r\n", NULL},
		{"Accept-Encoding: brotli, xgzip\r\n", NULL},
	};
	size_t n;
	const char *raw = slurp("tests/data/http/dist/index.html", &n);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct reply r = fetch("index.html", cases[i].accept);
		const char *got = head_value(&r, "Content-Encoding");
		size_t bn = r.n;
		const char *body = r.body;
		if ((got != NULL) != (cases[i].coding != NULL) ||
		    (got && strcmp(got, cases[i].coding) != 0))
			fail_msg("%s: %s", cases[i].accept, got ? got : "none");
		if (got)
			body = decoded(&r, strcmp(got, "br") ? "gzip" : "brotli", &bn);
		assert_int_equal(bn, n);
		assert_memory_equal(body, raw, n);
		assert_string_equal(head_value(&r, "Vary"), "Accept-Encoding");
		assert_string_equal(head_value(&r, "Cache-Control"), "no-cache");
		assert_non_null(head_value(&r, "Content-Security-Policy"));
	}
}

static void test_not_modified(void **state)
{
	(void)state;
	struct reply r = fetch("assets/app-a1B2_c-9.js", "Accept-Encoding: br\r\n");
	assert_string_equal(head_value(&r, "Cache-Control"), "public, max-age=31536000, immutable");
	const char *etag = arena_strdup(a, head_value(&r, "ETag"));
	r = fetch("assets/app-a1B2_c-9.js", arena_printf(a, "If-None-Match: \"x\", %s\r\n", etag));
	assert_int_equal(r.status, 304);
	assert_string_equal(head_value(&r, "ETag"), etag);
	assert_null(head_value(&r, "Content-Type"));
	assert_int_equal(fetch("assets/app-a1B2_c-9.js", "If-None-Match: \"x\"\r\n").status, 200);
	assert_int_equal(fetch("index.html", "If-None-Match: *\r\n").status, 304);
	assert_int_equal(fetch("assets/%E8%AF%BB%20%E6%88%91.txt", "").status, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_codings),
		cmocka_unit_test(test_not_modified),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
