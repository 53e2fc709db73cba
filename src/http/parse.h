/* Parsing of what strangers send: target, query, cookie, multipart.  Pure: memory in, arena out.
 * Fuzzed.  Functions returning const char * give NULL when fine, otherwise the reason. */
#ifndef TRIPOD_HTTP_PARSE_H
#define TRIPOD_HTTP_PARSE_H

#include "http/http.h"

enum { HTTP_SEGMENTS_MAX = 32, HTTP_QUERY_MAX = 256, HTTP_PARTS_MAX = 256 };

struct http_target {
	const char *path; /* normalised */
	const char *segs[HTTP_SEGMENTS_MAX];
	size_t n_segs;
	u32 slashed; /* bit i: segment i holds a decoded '/' or '\', so it is no file name */
	const struct http_pair *query;
	size_t n_query;
};

const char *http_parse_target(struct arena *a, const char *raw, struct http_target *out);
/* The value of a cookie in a Cookie header, or NULL. */
const char *http_parse_cookie(struct arena *a, const char *header, const char *name);

/* The boundary of a multipart/form-data content type; NULL when it is none. */
const char *http_multipart_boundary(struct arena *a, const char *content_type);

struct http_piece {
	const char *name, *filename, *type;
	const char *p; /* within the body */
	size_t n;
};
const char *http_split_multipart(struct arena *a, const char *boundary, const char *body, size_t n,
                                 struct http_piece **out, size_t *count);

#endif
