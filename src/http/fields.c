/* What a handler looks up in a request: parameters, query, headers, cookies. */
#include <string.h>

#include "http/impl.h"

static const char *find(const struct http_pair *p, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(p[i].key, key))
			return p[i].value;
	return NULL;
}

const char *http_param(const struct http_req *rq, const char *name)
{
	return find(rq->params, rq->n_params, name);
}

const char *http_query(const struct http_req *rq, const char *name)
{
	return find(rq->query, rq->n_query, name);
}

const char *http_header(const struct http_req *rq, const char *name)
{
	const struct conn *c = rq->impl;
	return MHD_lookup_connection_value(c->mc, MHD_HEADER_KIND, name);
}

const char *http_cookie(const struct http_req *rq, const char *name)
{
	return http_parse_cookie(rq->a, http_header(rq, "Cookie"), name);
}
