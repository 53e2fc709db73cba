/* tripod import, export: files in and out from the console. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "app/command.h"
#include "base/json.h"
#include "core/import.h"

enum { MAP_MAX = 4 * 1024 * 1024, RESULT_MAX = 64 * 1024 * 1024 };

static int no_such_file(struct run *rn, const char *path)
{
	(void)cx_err(&rn->cx, ERR_IMPORT_FILE,
	             EP({"reason", arena_printf(rn->a, "%s: %s", path, strerror(errno))}));
	return run_refuse(rn, &rn->cx.e);
}

/* EXIT_DONE and the parsed file. */
static int read_json(struct run *rn, const char *path, json_t **out)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return no_such_file(rn, path);
	char *text = arena_alloc(rn->a, MAP_MAX + 1);
	size_t n = fread(text, 1, MAP_MAX + 1, f);
	fclose(f);
	if (n > MAP_MAX) {
		(void)cx_err(&rn->cx, ERR_TOO_BIG, EP({"max", arena_printf(rn->a, "%d", MAP_MAX)}));
		return run_refuse(rn, &rn->cx.e);
	}
	return json_parse(rn->a, &rn->cx.e, text, n, out) ? run_refuse(rn, &rn->cx.e) : EXIT_DONE;
}

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), t = strlen(tail);
	return n >= t && !strcmp(s + n - t, tail);
}

static err_t write_wrong_rows(struct run *rn, const struct import_in *in,
                              const struct import_result *r, const char *path)
{
	FILE *f = fopen(path, "wb");
	if (!f)
		return cx_fail(&rn->cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
	enum table_format format = ends_with(path, ".csv") ? TABLE_CSV : TABLE_XLSX;
	err_t rc = import_errors_file(&rn->cx, in, r, format, f);
	if (fclose(f) && !rc)
		rc = cx_fail(&rn->cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
	return rc;
}

int cmd_import(struct run *rn)
{
	const char *map = run_option(rn, "--map"), *errors = run_option(rn, "--errors");
	const char *encoding = run_option(rn, "--encoding");
	struct import_in in = {.encoding = encoding,
	                       .dry_run = run_option(rn, "--dry-run") != NULL,
	                       .partial = run_option(rn, "--partial") != NULL};
	if (rn->n_words != 2)
		return run_misuse(rn, "which ENTITY, and which FILE?");
	in.e = entity_by_plural(rn->word[0]);
	if (!in.e)
		in.e = entity_by_name(rn->word[0]);
	if (!in.e)
		return run_misuse(rn, "there is no entity '%s'; see tripod describe entities",
		                  rn->word[0]);
	struct stat st;
	if (stat(rn->word[1], &st))
		return no_such_file(rn, rn->word[1]);
	in.file = DOC_PATH(rn->word[1]);
	const char *slash = strrchr(rn->word[1], '/');
	in.name = slash ? slash + 1 : rn->word[1];
	json_t *doc = NULL;
	int code = map ? read_json(rn, map, &doc) : EXIT_DONE;
	if (code)
		return code;
	in.map = doc;
	struct import_result *r;
	if (import_run(&rn->cx, &in, &r))
		return run_refuse(rn, &rn->cx.e);
	if (errors && r->n_errors && write_wrong_rows(rn, &in, r, errors))
		return run_refuse(rn, &rn->cx.e);
	struct jw w = jw_new(rn->a, RESULT_MAX);
	import_result_write(&rn->cx, r, &w);
	printf("%s\n", jw_done(&w));
	if (!r->failed || in.partial)
		return EXIT_DONE;
	fprintf(stderr, "tripod: %s\n",
	        err_text(rn->a, ERR_IMPORT_REJECTED,
	                 EP({"failed", arena_printf(rn->a, "%lld", (long long)r->failed)}),
	                 LANG_EN));
	return EXIT_REFUSED;
}
