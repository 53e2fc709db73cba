/* The event log looked into: search, export, proof; what retention would remove; personal data;
 * the company's logo. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "api/tables.h"
#include "base/hash.h"
#include "base/text.h"
#include "core/audit.h"
#include "core/company.h"
#include "core/retention.h"
#include "domain/privacy/privacy.h"

enum { PAGE_DEFAULT = 50, PAGE_MAX = 200, LOGO_MAX = 2 * 1024 * 1024 };

/* -- the log -- */

static err_t bad_query(struct api *q, const char *what)
{
	return cx_err(&q->cx, ERR_BAD_REQUEST, EP({"reason", what}));
}

static err_t number_query(struct api *q, const char *name, i64 *out)
{
	const char *s = http_query(q->rq, name);
	char *end;
	if (!s || !*s)
		return ERR_OK;
	*out = strtoll(s, &end, 10);
	return *end || *out < 0 || strlen(s) > 18 ? bad_query(q, name) : ERR_OK;
}

/* Days of the person's zone, the last one included. */
static err_t day_query(struct api *q, const char *name, int plus, i64 *out)
{
	const char *s = http_query(q->rq, name);
	if (!s || !*s)
		return ERR_OK;
	day_t day = day_parse(s);
	if (day == DAY_NONE)
		return bad_query(q, name);
	*out = time_at(day + plus, 0, q->cx.actor->zone);
	return ERR_OK;
}

static const char *text_query(struct api *q, const char *name)
{
	const char *s = http_query(q->rq, name);
	return s && *s ? s : NULL;
}

static err_t read_filter(struct api *q, struct feed_filter *f)
{
	*f = (struct feed_filter){.kind = text_query(q, "kind"),
	                          .entity = text_query(q, "entity"),
	                          .text = text_query(q, "q")};
	TRY(number_query(q, "actor_id", &f->actor_id));
	TRY(number_query(q, "entity_id", &f->entity_id));
	TRY(day_query(q, "from", 0, &f->from));
	return day_query(q, "to", 1, &f->to);
}

static err_t get_audit(struct api *q)
{
	struct feed_filter f;
	i64 limit = PAGE_DEFAULT, before = 0;
	TRY(read_filter(q, &f));
	TRY(number_query(q, "limit", &limit));
	TRY(number_query(q, "cursor", &before));
	if (limit < 1 || limit > PAGE_MAX)
		return bad_query(q, "limit: 1–200");
	struct jw w = api_json(q);
	TRY(feed_search(&q->cx, &f, &(struct feed_page){before, (int)limit}, &w));
	return api_send(q, &w);
}

static err_t get_kinds(struct api *q)
{
	struct jw w = api_json(q);
	const struct event_kind *k;
	jw_obj(&w);
	jw_key(&w, "items");
	jw_arr(&w);
	for (size_t i = 0; (k = event_kind_at(i)); i++) {
		jw_obj(&w);
		jw_kstr(&w, "kind", k->kind);
		jw_kstr(&w, "label", label_in(k->label, q->cx.lang));
		jw_end_obj(&w);
	}
	jw_end_arr(&w);
	jw_end_obj(&w);
	return api_send(q, &w);
}

static err_t send_file(struct api *q, const char *path, const char *type, const char *name)
{
	q->rs->status = 200;
	q->rs->type = type;
	q->rs->file = path;
	q->rs->file_temp = true;
	http_add_header(q->rs, "Content-Disposition",
	                arena_printf(q->cx.a, "attachment; filename=\"%s\"", name));
	q->raw = true;
	return ERR_OK;
}

static err_t get_audit_export(struct api *q)
{
	struct feed_filter f;
	const char *format = text_query(q, "format");
	bool csv = !format || !strcmp(format, "csv");
	i64 rows;
	if (!csv && strcmp(format, "ndjson") != 0)
		return bad_query(q, "format: csv, ndjson");
	TRY(read_filter(q, &f));
	const char *path = arena_printf(q->cx.a, "%s/audit-%s", files_tmp(),
	                                random_token(q->cx.a, 12));
	FILE *out = fopen(path, "wb");
	err_t rc = out ? audit_export(&q->cx, &f, csv ? TABLE_CSV : TABLE_NDJSON, out, &rows)
	               : cx_fail(&q->cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
	if (out && fclose(out) && !rc)
		rc = cx_fail(&q->cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
	if (rc) {
		unlink(path);
		return rc;
	}
	return send_file(q, path, csv ? "text/csv; charset=utf-8" : "application/x-ndjson",
	                 csv ? "audit.csv" : "audit.ndjson");
}

static err_t get_proof(struct api *q)
{
	struct jw w = api_json(q);
	TRY(audit_state_write(&q->cx, &w));
	return api_send(q, &w);
}

static err_t post_proof(struct api *q)
{
	i64 job;
	const char *head = api_text(q, "head", false);
	if (errs_any_field(&q->cx.e))
		return errs_invalid(&q->cx.e);
	TRY(audit_verify_queue(&q->cx, head, &job));
	struct jw w = api_json(q);
	TRY(job_write(&q->cx, job, &w));
	return api_send(q, &w);
}

/* -- retention -- */

static err_t get_retention(struct api *q)
{
	i64 days = 0;
	const char *rule = text_query(q, "rule");
	TRY(number_query(q, "days", &days));
	if (days > 36500)
		return bad_query(q, "days");
	struct jw w = api_json(q);
	TRY(retention_write(&q->cx, rule, days, &w));
	return api_send(q, &w);
}

/* -- personal data -- */

static err_t read_person(struct api *q, const char **entity, i64 *id)
{
	*entity = text_query(q, "entity");
	*id = 0;
	return number_query(q, "id", id);
}

static err_t get_personal(struct api *q)
{
	const char *entity;
	i64 id;
	TRY(read_person(q, &entity, &id));
	struct jw w = api_json(q);
	TRY(privacy_write(&q->cx, entity, id, false, &w));
	return api_send(q, &w);
}

static err_t get_personal_export(struct api *q)
{
	const char *entity;
	i64 id;
	TRY(read_person(q, &entity, &id));
	struct jw w = api_json(q);
	TRY(privacy_export(&q->cx, entity, id, &w));
	http_add_header(q->rs, "Content-Disposition",
	                arena_printf(q->cx.a, "attachment; filename=\"%s-%lld.json\"", entity,
	                             (long long)id));
	return api_send(q, &w);
}

static err_t post_personal_erase(struct api *q)
{
	const char *entity = api_text(q, "entity", true), *reason = api_text(q, "reason", true);
	i64 id = json_i64(q->body, "id", 0), n;
	if (errs_any_field(&q->cx.e))
		return errs_invalid(&q->cx.e);
	TRY(privacy_erase(&q->cx, entity, id, reason, &n));
	struct jw w = api_json(q);
	jw_obj(&w);
	jw_kint(&w, "records", n);
	jw_end_obj(&w);
	return api_send(q, &w);
}

/* -- the company -- */

static err_t get_logo(struct api *q)
{
	const char *path, *type = NULL;
	TRY(company_file(&q->cx, "logo", &path, &type));
	if (!path)
		return cx_err(&q->cx, ERR_NOT_FOUND, NULL);
	q->rs->status = 200;
	q->rs->type = type;
	q->rs->file = path;
	http_add_header(q->rs, "Content-Security-Policy", "default-src 'none'; sandbox");
	q->raw = true;
	return ERR_OK;
}

static err_t post_logo(struct api *q)
{
	struct http_part *p, *file = NULL;
	struct stored_file f;
	size_t n;
	TRY(http_multipart(q->rq, &q->cx.e, &p, &n));
	for (size_t i = 0; i < n; i++)
		if (p[i].file && !strcmp(p[i].name, "file"))
			file = &p[i];
	if (!file) {
		errs_field(&q->cx.e, "file", ERR_REQUIRED, NULL);
		return errs_invalid(&q->cx.e);
	}
	TRY(file_keep(&q->cx, file->file, file->filename, &f));
	/* What browsers draw without running anything in it. */
	if (f.size > LOGO_MAX)
		errs_field(&q->cx.e, "file", ERR_TOO_LARGE, EP({"max", "2 MB"}));
	else if (strcmp(f.type, "image/png") != 0 && strcmp(f.type, "image/jpeg") != 0 &&
	         strcmp(f.type, "image/webp") != 0)
		errs_field(&q->cx.e, "file", ERR_ENUM,
		           EP({"value", f.type}, {"allowed", "PNG, JPEG, WebP"}));
	if (errs_any_field(&q->cx.e))
		return errs_invalid(&q->cx.e);
	TRY(company_file_set(&q->cx, "logo", &f));
	return api_done(q);
}

static err_t delete_logo(struct api *q)
{
	TRY(company_file_set(&q->cx, "logo", NULL));
	return api_done(q);
}

static const enum err_code asking[] = {ERR_BAD_REQUEST, ERR_OK};
static const enum err_code exporting[] = {ERR_BAD_REQUEST, ERR_UNAVAILABLE, ERR_OK};
static const enum err_code invalid[] = {ERR_INVALID, ERR_OK};
static const enum err_code found[] = {ERR_BAD_REQUEST, ERR_NOT_FOUND, ERR_OK};
static const enum err_code erasing[] = {ERR_INVALID, ERR_NOT_FOUND, ERR_OK};
static const enum err_code missing[] = {ERR_NOT_FOUND, ERR_OK};
static const enum err_code uploading[] = {ERR_INVALID, ERR_MEDIA_TYPE,  ERR_BAD_REQUEST,
                                          ERR_TOO_BIG, ERR_UNAVAILABLE, ERR_OK};
/* clang-format off */
#define FILTER_QUERY \
	{"actor_id", "integer", "Who did it"}, \
	{"kind", "string", "Kind of event, or its beginning with the dot: lead."}, \
	{"entity", "string", "What it is about"}, {"entity_id", "integer", "Which one"}, \
	{"from", "string", "First day, yyyy-mm-dd"}, {"to", "string", "Last day, yyyy-mm-dd"}, \
	{"q", "string", "Text in what is shown of it"}
static const struct api_query search_query[] = {
	FILTER_QUERY, {"limit", "integer", "1 to 200"}, {"cursor", "string", "From `next`"},
	{NULL, NULL, NULL},
};
static const struct api_query export_query[] = {
	FILTER_QUERY, {"format", "string", "csv (when absent) or ndjson"}, {NULL, NULL, NULL},
};
static const struct api_query retention_query[] = {
	{"rule", "string", "Preview of this rule with other days"}, {"days", "integer", "Those days"},
	{NULL, NULL, NULL},
};
static const struct api_query person_query[] = {
	{"entity", "string", "contact or lead"}, {"id", "integer", "Which one"}, {NULL, NULL, NULL},
};

const struct api_route audit_routes[] = {
	{"GET", "/api/v1/audit", get_audit, "event.read", 0, 200, NULL, "@Feed", asking, search_query,
	 L("检索事件日志", "Search the event log")},
	{"GET", "/api/v1/audit/kinds", get_kinds, "event.read", 0, 200, NULL, "@EventKinds", NULL, NULL,
	 L("事件种类", "Kinds of events")},
	{"GET", "/api/v1/audit/export", get_audit_export, "event.read", HTTP_SLOW, 200, NULL, "@Bytes",
	 exporting, export_query, L("导出事件日志", "Export of the event log")},
	{"GET", "/api/v1/audit/proof", get_proof, "audit.verify", 0, 200, NULL, "@AuditState", NULL,
	 NULL, L("事件链状态", "The chain and its last proof")},
	{"POST", "/api/v1/audit/proof", post_proof, "audit.verify", 0, 202,
	 "{'type':'object','properties':{'head':{'type':['string','null']}}}", "@Job", invalid, NULL,
	 L("校验事件日志", "Verify the event log")},
	{"GET", "/api/v1/retention", get_retention, "setting.read", 0, 200, NULL, "@Retention", found,
	 retention_query, L("保留期与将被清理的数据", "Retention and what it would remove")},
	{"GET", "/api/v1/personal-data", get_personal, "privacy.manage", 0, 200, NULL, "@Personal",
	 found, person_query, L("查找个人信息", "What is kept about a person")},
	{"GET", "/api/v1/personal-data/export", get_personal_export, "privacy.manage", HTTP_SLOW, 200,
	 NULL, "@Personal", found, person_query, L("导出个人信息", "Personal data as a file")},
	{"POST", "/api/v1/personal-data/erase", post_personal_erase, "privacy.manage", HTTP_SLOW, 200,
	 "{'type':'object','required':['entity','id','reason'],'properties':{'entity':{'type':'string'},"
	 "'id':{'type':'integer'},'reason':{'type':'string'}}}",
	 "{'type':'object','required':['records'],'properties':{'records':{'type':'integer'}}}",
	 erasing, NULL, L("删除个人信息", "Erase personal data")},
	{"GET", "/api/v1/me/company/logo", get_logo, NULL, 0, 200, NULL, "@Bytes", missing, NULL,
	 L("公司标志", "The company's logo")},
	{"POST", "/api/v1/company/logo", post_logo, "setting.update",
	 HTTP_SLOW | HTTP_BIG_BODY | API_OWN_WRITE | API_ANY_BODY, 204, "@FileUpload", NULL, uploading, NULL,
	 L("上传公司标志", "Upload the company's logo")},
	{"DELETE", "/api/v1/company/logo", delete_logo, "setting.update", 0, 204, NULL, NULL, NULL, NULL,
	 L("移除公司标志", "Remove the company's logo")},
	{.method = NULL},
};
/* clang-format on */
