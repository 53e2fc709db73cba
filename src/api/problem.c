/* Errors to problem+json (RFC 9457): status, sentences in the user's language, field errors. */
#include <string.h>

#include "api/api.h"
#include "base/log.h"
#include "base/text.h"

enum { PROBLEM_MAX = 8 * 1024 * 1024 };

static const char *number(struct arena *a, size_t n)
{
	return arena_printf(a, "%zu", n);
}

/* Sentences may speak of the request's number or of how many fields are wrong. */
static const char *sentence(struct arena *a, const struct http_req *rq, const struct errs *e,
                            enum lang lang)
{
	if (e->code == ERR_INVALID)
		return err_text(a, e->code, EP({"n", number(a, e->n_fields)}), lang);
	if (err_def(e->code)->status >= 500)
		return err_text(a, e->code, EP({"request_id", rq->request_id}), lang);
	return err_text(a, e->code, e->params, lang);
}

static void write_fields(struct jw *w, const struct errs *e, enum lang lang)
{
	jw_key(w, "errors");
	jw_arr(w);
	for (size_t i = 0; i < e->n_fields; i++) {
		const struct err_field *f = &e->fields[i];
		jw_obj(w);
		jw_kstr(w, "field", f->field);
		jw_kstr(w, "code", err_def(f->code)->code);
		jw_kstr(w, "message", err_text(w->b.a, f->code, f->params, lang));
		jw_key(w, "params");
		jw_obj(w);
		for (const struct err_param *p = f->params; p && p->key; p++)
			jw_kstr(w, p->key, p->value);
		jw_end_obj(w);
		jw_end_obj(w);
	}
	jw_end_arr(w);
}

static void log_failure(const struct http_req *rq, const struct errs *e)
{
	const struct err_def *d = err_def(e->code);
	if (d->status >= 500)
		LOG(ERROR, "request failed", LS("request_id", rq->request_id),
		    LS("method", rq->method), LS("path", rq->path), LS("code", d->code),
		    LS("detail", e->log), LS("file", e->file), LI("line", e->line));
}

static const char *retry_after(struct arena *a, const struct errs *e)
{
	for (const struct err_param *p = e->params; p && p->key; p++)
		if (!strcmp(p->key, "seconds"))
			return p->value;
	return arena_strdup(a, "2");
}

void api_problem(struct http_req *rq, struct http_res *rs, struct errs *e, enum lang lang)
{
	/* Field errors that were gathered are shown whatever the code that ended the work. */
	if (e->n_fields && e->code == ERR_OK)
		e->code = ERR_INVALID;
	const struct err_def *d = err_def(e->code);
	struct jw w = jw_new(rq->a, PROBLEM_MAX);
	log_failure(rq, e);
	jw_obj(&w);
	jw_kstr(&w, "type", arena_printf(rq->a, "urn:tripod:error:%s", d->code));
	jw_kstr(&w, "title", sentence(rq->a, rq, e, lang));
	jw_kint(&w, "status", d->status);
	jw_kstr(&w, "code", d->code);
	jw_kstr(&w, "detail", sentence(rq->a, rq, e, lang));
	jw_kstr(&w, "request_id", rq->request_id);
	write_fields(&w, e, lang);
	jw_end_obj(&w);
	const char *text = jw_done(&w);
	if (e->extra && d->status < 500)
		text = arena_printf(rq->a, "%.*s,%s}", (int)strlen(text) - 1, text, e->extra);
	http_text(rs, d->status, "application/problem+json", text);
	if (d->status == 429 || d->status == 503)
		http_add_header(rs, "Retry-After", retry_after(rq->a, e));
	if (d->status == 401)
		http_add_header(rs, "WWW-Authenticate", "Bearer");
}

void api_refuse(struct http_req *rq, struct http_res *rs, enum err_code code, const char *reason)
{
	struct errs e;
	errs_init(&e, rq->a);
	e.code = code;
	e.params = EP({"reason", reason ? reason : ""}, {"max", reason ? reason : ""});
	e.log = reason;
	e.file = "http";
	api_problem(rq, rs, &e, api_accept_language(rq));
}
