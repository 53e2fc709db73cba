/* XML from outside. */
#include "doc/xml_in.h"

#include <expat.h>
#include <string.h>

enum {
	PIECE = 32 * 1024,
	DEPTH_MAX = 64,
	/* The parser keeps a whole tag or comment in memory. */
	TOKEN_MAX = 4 * 1024 * 1024
};

struct xml_in {
	XML_Parser parser;
	const struct xml_handlers *h;
	void *ctx;
	xml_read_fn *read;
	void *src;
	const char *part;
	struct errs *e; /* of the step that runs */
	err_t rc;
	int depth;
	size_t since_event; /* bytes given since a handler was last called */
	bool paused, ended;
};

static const char *local_name(const char *s)
{
	const char *colon = strchr(s, ':');
	return colon ? colon + 1 : s;
}

const char *xml_attr(const char **attrs, const char *name)
{
	for (size_t i = 0; attrs[i]; i += 2)
		if (!strcmp(local_name(attrs[i]), name))
			return attrs[i + 1];
	return NULL;
}

void xml_stop(struct xml_in *x, err_t rc)
{
	if (x->rc)
		return;
	x->rc = rc;
	XML_StopParser(x->parser, XML_FALSE);
}

struct errs *xml_errs(struct xml_in *x)
{
	return x->e;
}

void xml_damaged(struct xml_in *x)
{
	xml_stop(x, errs_set(x->e, ERR_IMPORT_DAMAGED, EP({"part", x->part})));
}

void xml_pause(struct xml_in *x)
{
	if (x->rc || x->paused)
		return;
	x->paused = true;
	XML_StopParser(x->parser, XML_TRUE);
}

static void XMLCALL on_start(void *user, const XML_Char *name, const XML_Char **attrs)
{
	struct xml_in *x = user;
	x->since_event = 0;
	if (++x->depth > DEPTH_MAX)
		xml_damaged(x);
	if (!x->rc)
		x->h->start(x->ctx, local_name(name), attrs);
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
	struct xml_in *x = user;
	x->since_event = 0;
	x->depth--;
	if (!x->rc)
		x->h->end(x->ctx, local_name(name));
}

static void XMLCALL on_text(void *user, const XML_Char *s, int n)
{
	struct xml_in *x = user;
	x->since_event = 0;
	if (!x->rc && x->h->text)
		x->h->text(x->ctx, s, (size_t)n);
}

static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *sysid,
                               const XML_Char *pubid, int internal)
{
	struct xml_in *x = user;
	(void)name, (void)sysid, (void)pubid, (void)internal;
	xml_stop(x, errs_set(x->e, ERR_IMPORT_DTD, EP({"part", x->part})));
}

static void free_parser(void *p)
{
	XML_ParserFree(p);
}

struct xml_in *xml_open(struct arena *a, const struct xml_handlers *h, void *ctx, xml_read_fn *read,
                        void *src, const char *part)
{
	struct xml_in *x = ARENA_NEW(a, struct xml_in);
	*x = (struct xml_in){.h = h, .ctx = ctx, .read = read, .src = src, .part = part};
	x->parser = XML_ParserCreate(NULL);
	if (!x->parser)
		panic("out of memory (XML parser)");
	arena_defer(a, free_parser, x->parser);
	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, on_start, on_end);
	XML_SetCharacterDataHandler(x->parser, on_text);
	XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
	return x;
}

err_t xml_step(struct xml_in *x, struct errs *e, bool *end)
{
	x->e = e;
	while (!x->ended) {
		enum XML_Status st;
		if (x->paused) {
			x->paused = false;
			st = XML_ResumeParser(x->parser);
		} else {
			void *buf = XML_GetBuffer(x->parser, PIECE);
			if (!buf)
				panic("out of memory (XML buffer)");
			size_t got;
			TRY(x->read(x->src, e, buf, PIECE, &got));
			x->since_event += got;
			if (x->since_event > TOKEN_MAX)
				xml_damaged(x);
			if (x->rc)
				return x->rc;
			st = XML_ParseBuffer(x->parser, (int)got, got == 0);
		}
		if (st == XML_STATUS_ERROR)
			xml_damaged(x); /* unless a handler said why */
		if (x->rc)
			return x->rc;
		if (st == XML_STATUS_SUSPENDED) {
			*end = false;
			return ERR_OK;
		}
		XML_ParsingStatus ps;
		XML_GetParsingStatus(x->parser, &ps);
		x->ended = ps.parsing == XML_FINISHED;
	}
	*end = true;
	return ERR_OK;
}

err_t xml_run(struct arena *a, struct errs *e, const struct xml_handlers *h, void *ctx,
              xml_read_fn *read, void *src, const char *part)
{
	bool end;
	return xml_step(xml_open(a, h, ctx, read, src, part), e, &end);
}
