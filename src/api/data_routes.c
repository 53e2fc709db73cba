/* Exports of every entity, and the numbers of the dashboards. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "api/tables.h"
#include "base/hash.h"
#include "core/export.h"
#include "core/files.h"
#include "domain/insight/insight.h"

/* -- exports -- */

static const struct {
	const char *name, *type;
} kinds[] = {
	[TABLE_CSV] = {"csv", "text/csv; charset=utf-8"},
	[TABLE_XLSX] = {"xlsx",
                        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	[TABLE_NDJSON] = {"ndjson", "application/x-ndjson"},
};

static err_t get_export(struct api *q)
{
	const char *format = http_query(q->rq, "format");
	struct export_in in = {.lq = {.e = q->e,
	                              .sort = http_query(q->rq, "sort"),
	                              .q = http_query(q->rq, "q"),
	                              .fields = http_query(q->rq, "fields")}};
	i64 rows;
	if (!table_format_by_name(format ? format : "xlsx", &in.format))
		return cx_err(&q->cx, ERR_BAD_REQUEST, EP({"reason", "format: csv, xlsx, ndjson"}));
	TRY(actor_need(&q->cx, "export.run"));
	TRY(list_query_parse(&q->cx, http_query(q->rq, "filter"), NULL, NULL, &in.lq));
	const char *path = arena_printf(q->cx.a, "%s/export-%s", files_tmp(),
	                                random_token(q->cx.a, 12));
	FILE *f = fopen(path, "wb");
	err_t rc = f ? export_run(&q->cx, &in, f, &rows)
	             : cx_fail(&q->cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
	if (f && fclose(f) && !rc)
		rc = cx_fail(&q->cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
	if (rc) {
		unlink(path);
		return rc;
	}
	q->rs->status = 200;
	q->rs->type = kinds[in.format].type;
	q->rs->file = path;
	q->rs->file_temp = true;
	http_add_header(q->rs, "Content-Disposition",
	                arena_printf(q->cx.a, "attachment; filename=\"%s.%s\"", q->e->plural,
	                             kinds[in.format].name));
	q->raw = true;
	return ERR_OK;
}

/* -- metrics -- */

static err_t get_metric(struct api *q)
{
	const struct metric_def *m = metric_find(http_param(q->rq, "code"));
	const struct metric_query mq = {.from = http_query(q->rq, "from"),
	                                .to = http_query(q->rq, "to"),
	                                .by = http_query(q->rq, "by")};
	if (!m)
		return cx_err(&q->cx, ERR_NOT_FOUND, NULL);
	struct jw w = api_json(q);
	TRY(metric_write(&q->cx, m, &mq, &w));
	return api_send(q, &w);
}

static err_t get_metrics(struct api *q)
{
	struct jw w = api_json(q);
	jw_obj(&w);
	jw_key(&w, "items");
	jw_arr(&w);
	for (size_t i = 0; metric_at(i); i++) {
		const struct metric_def *m = metric_at(i);
		jw_obj(&w);
		jw_kstr(&w, "code", m->code);
		jw_kstr(&w, "unit", m->unit);
		jw_kstr(&w, "label", label_in(m->label, q->cx.lang));
		jw_kstr(&w, "help", label_in(m->help, q->cx.lang));
		jw_key(&w, "dimensions");
		jw_arr(&w);
		for (size_t k = 0; metric_dimension(m, k); k++)
			jw_str(&w, metric_dimension(m, k));
		jw_end_arr(&w);
		jw_end_obj(&w);
	}
	jw_end_arr(&w);
	jw_end_obj(&w);
	return api_send(q, &w);
}

static const enum err_code exporting[] = {ERR_BAD_REQUEST, ERR_BAD_FILTER, ERR_EXPORT_ROWS,
                                          ERR_UNAVAILABLE, ERR_OK};
static const enum err_code asking[] = {ERR_NOT_FOUND, ERR_BAD_REQUEST, ERR_OK};
static const struct api_query export_query[] = {
	{"format", "string", "csv, xlsx (when absent) or ndjson"},
	{"filter", "string", "As in lists"},
	{"sort", "string", "As in lists"},
	{"q", "string", "As in lists"},
	{"fields", "string", "Only these columns: name,owner_id"},
	{NULL, NULL, NULL},
};
static const struct api_query metric_query[] = {
	{"from", "string", "First day, yyyy-mm-dd"},
	{"to", "string", "Last day, yyyy-mm-dd"},
	{"by", "string", "Dimensions, at most three: owner,quarter"},
	{NULL, NULL, NULL},
};

/* clang-format off */
const struct api_route data_routes[] = {
	{"GET", "/api/v1/{plural}/export", get_export, "read", API_ENTITY | HTTP_SLOW, 200, NULL,
	 "@Bytes", exporting, export_query, L("导出", "Export")},
	{"GET", "/api/v1/metrics", get_metrics, "metric.read", 0, 200, NULL, "@Metrics", NULL, NULL,
	 L("指标目录", "Metrics there are")},
	{"GET", "/api/v1/metrics/{code}", get_metric, "metric.read", 0, 200, NULL, "@Metric", asking,
	 metric_query, L("指标取数", "Values of a metric")},
	{.method = NULL},
};
/* clang-format on */
