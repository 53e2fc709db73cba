/* Assets: the packed files of the web UI, in the best coding the client takes. */
#include <string.h>
#include <strings.h>

#include "http/http.h"

const struct asset *asset_find_in(const struct asset *table, size_t n, const char *path)
{
	size_t lo = 0, hi = n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int d = strcmp(path, table[mid].path);
		if (!d)
			return &table[mid];
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

const struct asset *asset_find(const char *path)
{
	return asset_find_in(assets, n_assets, path);
}

/* Whether Accept-Encoding names the coding without q=0. */
static bool accepts(const char *list, const char *coding)
{
	size_t want = strlen(coding);
	while (list && *list) {
		list += strspn(list, ", \t");
		size_t n = strcspn(list, ","), word = strcspn(list, ",; \t");
		if (word == want && !strncasecmp(list, coding, want)) {
			const char *q = memmem(list, n, "q=", 2);
			if (!q)
				return true;
			size_t digits = strspn(q + 2, "0.");
			return q[2 + digits] >= '1' && q[2 + digits] <= '9';
		}
		list += n;
	}
	return false;
}

void http_asset(struct http_req *rq, struct http_res *rs, const struct asset *as)
{
	const char *takes = http_header(rq, "Accept-Encoding");
	const char *known = http_header(rq, "If-None-Match");
	http_add_header(rs, "ETag", as->etag);
	http_add_header(rs, "Vary", "Accept-Encoding");
	http_add_header(rs, "Cache-Control",
	                as->immutable ? "public, max-age=31536000, immutable" : "no-cache");
	if (known && (strstr(known, as->etag) || !strcmp(known, "*"))) {
		rs->status = 304;
		return;
	}
	if (as->br && accepts(takes, "br")) {
		http_add_header(rs, "Content-Encoding", "br");
		http_body(rs, 200, as->type, as->br, as->br_len);
	} else if (as->gz && accepts(takes, "gzip")) {
		http_add_header(rs, "Content-Encoding", "gzip");
		http_body(rs, 200, as->type, as->gz, as->gz_len);
	} else {
		http_body(rs, 200, as->type, as->raw, as->raw_len);
	}
}
