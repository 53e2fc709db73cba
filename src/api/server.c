/* The HTTP server with all routes bound, and the web UI for every other address. */
#include <string.h>

#include "api/api.h"
#include "api/live.h"
#include "core/files.h"
#include "core/import_runs.h"

/* Pages of the UI live at addresses of their own: whatever is not the API gets its index. */
static void fallback(struct http_req *rq, struct http_res *rs)
{
	const struct asset *as = NULL;
	if (strncmp(rq->path, "/api/", 5) != 0) {
		as = asset_find(rq->path + 1);
		if (!as && !strchr(strrchr(rq->path, '/'), '.'))
			as = asset_find("index.html");
	}
	if (as)
		http_asset(rq, rs, as);
	else
		api_refuse(rq, rs, ERR_NOT_FOUND, rq->path);
}

static const struct http_route *http_routes(struct api_server *s)
{
	struct http_route *t = ARENA_ARRAY(s->a, s->n_bound + 1, struct http_route);
	for (size_t i = 0; i < s->n_bound; i++) {
		const struct api_bound *b = &s->bound[i];
		unsigned flags = b->r->flags & (HTTP_SLOW | HTTP_BIG_BODY);
		t[i] = (struct http_route){b->r->method, b->path, api_handle, flags, b};
	}
	return t;
}

err_t api_start(struct db *db, const struct api_options *o, struct errs *e, struct api_server **out)
{
	struct arena *a = arena_new(64 * 1024 * 1024);
	struct api_server *s = ARENA_NEW(a, struct api_server);
	*s = (struct api_server){.db = db, .a = a, .o = *o};
	s->bound = api_bind(a, s, &s->n_bound);
	api_measure_start(a, s->n_bound);
	const struct http_route **tables = ARENA_ARRAY(a, 2, const struct http_route *);
	tables[0] = http_routes(s);
	s->cfg = (struct http_config){
		.listen = o->listen,
		.tables = tables,
		.threads = o->threads,
		.workers = o->workers,
		.trust_proxy = o->behind_proxy,
		.tmp_dir = files_tmp(),
		.before = api_before,
		.after = api_measure,
		.refuse = api_refuse,
		.fallback = fallback,
	};
	err_t rc = live_start(db, e);
	if (!rc) {
		rc = http_start(&s->cfg, e, &s->http);
		if (rc)
			live_stop();
	}
	if (rc) {
		arena_free(a);
		return rc;
	}
	*out = s;
	return ERR_OK;
}

int api_port(const struct api_server *s)
{
	return http_port(s->http);
}

void api_stop(struct api_server *s)
{
	s->stopping = true;
	http_stop(s->http);
	import_runs_stop();
	live_stop();
	arena_free(s->a);
}
