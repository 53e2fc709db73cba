/* What a command was told, and how it says that it was misused or refused. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "base/json.h"

const char *run_option(const struct run *rn, const char *name)
{
	for (int i = rn->n_opts; i-- > 0;)
		if (!strcmp(rn->opt[i].name, name))
			return rn->opt[i].value;
	return NULL;
}

int run_misuse(struct run *rn, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	const char *what = arena_vprintf(rn->a, fmt, ap);
	va_end(ap);
	fprintf(stderr, "tripod: %s\n", what);
	if (rn->cmd)
		fprintf(stderr, "usage: tripod %s %s\n", rn->cmd->name, rn->cmd->usage);
	if (rn->json) {
		struct jw w = jw_new(rn->a, 1 << 20);
		jw_obj(&w);
		jw_kstr(&w, "code", err_def(ERR_USAGE)->code);
		jw_kstr(&w, "message", what);
		jw_key(&w, "errors");
		jw_arr(&w);
		jw_end_arr(&w);
		jw_end_obj(&w);
		printf("%s\n", jw_done(&w));
	}
	return EXIT_USAGE;
}

static const char *sentence(struct run *rn, const struct errs *e)
{
	if (e->code == ERR_INVALID)
		return err_text(rn->a, e->code, EP({"n", arena_printf(rn->a, "%zu", e->n_fields)}),
		                LANG_EN);
	if (err_def(e->code)->status >= 500 && e->log)
		return e->log; /* whoever sits at the console is the one to be told */
	return err_text(rn->a, e->code, e->params, LANG_EN);
}

static void refuse_json(struct run *rn, const struct errs *e)
{
	struct jw w = jw_new(rn->a, 1 << 20);
	jw_obj(&w);
	jw_kstr(&w, "code", err_def(e->code)->code);
	jw_kstr(&w, "message", sentence(rn, e));
	jw_key(&w, "errors");
	jw_arr(&w);
	for (size_t i = 0; i < e->n_fields; i++) {
		jw_obj(&w);
		jw_kstr(&w, "field", e->fields[i].field);
		jw_kstr(&w, "code", err_def(e->fields[i].code)->code);
		jw_kstr(&w, "message",
		        err_text(rn->a, e->fields[i].code, e->fields[i].params, LANG_EN));
		jw_end_obj(&w);
	}
	jw_end_arr(&w);
	jw_end_obj(&w);
	printf("%s\n", jw_done(&w));
}

int run_refuse(struct run *rn, struct errs *e)
{
	if (e->code == ERR_OK)
		e->code = e->n_fields ? ERR_INVALID : ERR_INTERNAL;
	fprintf(stderr, "tripod: %s\n", sentence(rn, e));
	for (size_t i = 0; i < e->n_fields; i++)
		fprintf(stderr, "  %s: %s\n", e->fields[i].field,
		        err_text(rn->a, e->fields[i].code, e->fields[i].params, LANG_EN));
	if (rn->json)
		refuse_json(rn, e);
	return EXIT_REFUSED;
}

int run_wrote(struct run *rn, const char *file, const char *what, i64 n)
{
	if (!file || !rn->json)
		return EXIT_DONE;
	struct jw w = jw_new(rn->a, 1 << 16);
	jw_obj(&w);
	jw_kstr(&w, "file", file);
	jw_kint(&w, what, n);
	jw_end_obj(&w);
	printf("%s\n", jw_done(&w));
	return EXIT_DONE;
}
