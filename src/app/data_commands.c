/* tripod import, export, metrics: data in and out, and what it comes to, from the console. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "app/command.h"
#include "base/json.h"
#include "core/export.h"
#include "core/import.h"
#include "domain/insight/insight.h"

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
	for (size_t i = 0; i < r->n_unmapped; i++)
		fprintf(stderr,
		        "tripod: column '%s' is not imported: no field is called so (--map)\n",
		        r->unmapped[i]);
	if (!r->failed || in.partial)
		return EXIT_DONE;
	fprintf(stderr, "tripod: %s\n",
	        err_text(rn->a, ERR_IMPORT_REJECTED,
	                 EP({"failed", arena_printf(rn->a, "%lld", (long long)r->failed)}),
	                 LANG_EN));
	return EXIT_REFUSED;
}

/* -- export -- */

int cmd_export(struct run *rn)
{
	const char *format = run_option(rn, "--format"), *out = run_option(rn, "--out");
	const char *filter = run_option(rn, "--filter");
	struct export_in in = {.lq = {.sort = run_option(rn, "--sort"),
	                              .q = run_option(rn, "--q"),
	                              .fields = run_option(rn, "--fields")}};
	i64 rows;
	if (rn->n_words != 1)
		return run_misuse(rn, "which ENTITY?");
	in.lq.e = entity_by_plural(rn->word[0]);
	if (!in.lq.e)
		in.lq.e = entity_by_name(rn->word[0]);
	if (!in.lq.e)
		return run_misuse(rn, "there is no entity '%s'; see tripod describe entities",
		                  rn->word[0]);
	if (!format || !table_format_by_name(format, &in.format))
		return run_misuse(rn, "--format csv, xlsx or ndjson");
	if (list_query_parse(&rn->cx, filter, NULL, NULL, &in.lq))
		return run_refuse(rn, &rn->cx.e);
	FILE *f = out ? fopen(out, "wb") : stdout;
	if (!f) {
		(void)cx_fail(&rn->cx, ERR_UNAVAILABLE, "%s: %s", out, strerror(errno));
		return run_refuse(rn, &rn->cx.e);
	}
	err_t rc = export_run(&rn->cx, &in, f, &rows);
	if (out && fclose(f) && !rc)
		rc = cx_fail(&rn->cx, ERR_UNAVAILABLE, "%s: %s", out, strerror(errno));
	if (rc)
		return run_refuse(rn, &rn->cx.e);
	return run_wrote(rn, out, "rows", rows);
}

/* -- metrics -- */

static bool fits(const struct metric_def *m, const char *by)
{
	char word[64];
	for (; by && *by; by += strcspn(by, ","), by += *by == ',') {
		size_t n = strcspn(by, ","), i = 0;
		snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word - 1),
		         by);
		while (metric_dimension(m, i) && strcmp(metric_dimension(m, i), word) != 0)
			i++;
		if (!metric_dimension(m, i))
			return false;
	}
	return true;
}

/* One line per row: code, dimensions, value, n. */
static int print_plain(struct run *rn, const char *text, size_t n)
{
	json_t *all, *m, *row, *v;
	size_t i, k;
	if (json_parse(rn->a, &rn->cx.e, text, n, &all))
		return run_refuse(rn, &rn->cx.e);
	json_array_foreach(all, i, m)
	{
		json_array_foreach(json_object_get(m, "rows"), k, row)
		{
			const char *dim;
			printf("%s", json_text(m, "code"));
			json_object_foreach(json_object_get(row, "by"), dim, v)
				printf("\t%s", json_is_string(v) ? json_string_value(v) : "-");
			if (json_text(row, "currency"))
				printf("\t%s", json_text(row, "currency"));
			v = json_object_get(row, "value");
			if (json_is_integer(v))
				printf("\t%lld", (long long)json_integer_value(v));
			else if (json_is_real(v))
				printf("\t%.4f", json_real_value(v));
			else
				printf("\t-");
			printf("\t%lld\n", (long long)json_i64(row, "n", 0));
		}
	}
	return EXIT_DONE;
}

int cmd_metrics(struct run *rn)
{
	const struct metric_query q = {.from = run_option(rn, "--from"),
	                               .to = run_option(rn, "--to"),
	                               .by = run_option(rn, "--by")};
	struct jw w = jw_new(rn->a, RESULT_MAX);
	jw_arr(&w);
	for (int i = 0; i < rn->n_words; i++) {
		const struct metric_def *m = metric_find(rn->word[i]);
		if (!m)
			return run_misuse(rn,
			                  "there is no metric '%s'; see tripod describe metrics",
			                  rn->word[i]);
		if (metric_write(&rn->cx, m, &q, &w))
			return run_refuse(rn, &rn->cx.e);
	}
	/* Without a code: all that know the dimensions. */
	for (size_t i = 0; !rn->n_words && metric_at(i); i++)
		if (fits(metric_at(i), q.by) && metric_write(&rn->cx, metric_at(i), &q, &w))
			return run_refuse(rn, &rn->cx.e);
	jw_end_arr(&w);
	const char *text = jw_done(&w);
	if (!rn->json)
		return print_plain(rn, text, w.b.n);
	printf("%s\n", text);
	return EXIT_DONE;
}
