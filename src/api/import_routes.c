/* Imports from the UI: upload, look, preview, dry run, run, its end. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "api/tables.h"
#include "base/hash.h"
#include "core/files.h"
#include "core/import_runs.h"

static const char xlsx_type[] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

static err_t file_of(struct api *q, struct import_file *f)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	return import_file_get(&q->cx, id, f);
}

static err_t number_query(struct api *q, const char *name, i64 *out)
{
	const char *s = http_query(q->rq, name);
	char *end = NULL;
	*out = s ? strtoll(s, &end, 10) : 0;
	return !s || (*out >= 1 && *out < 1000000 && !*end)
	               ? ERR_OK
	               : cx_err(&q->cx, ERR_BAD_REQUEST, EP({"reason", name}));
}

static err_t look_of(struct api *q, struct import_look *look)
{
	*look = (struct import_look){.encoding = http_query(q->rq, "encoding"),
	                             .sheet = http_query(q->rq, "sheet")};
	return number_query(q, "title_row", &look->title_row);
}

/* -- upload -- */

struct upload {
	struct api *q;
	const struct http_part *file;
	const struct entity *e;
	struct stored_file stored;
	const char *look;
};

static err_t read_parts(struct api *q, struct upload *u)
{
	struct http_part *p;
	size_t n;
	TRY(http_multipart(q->rq, &q->cx.e, &p, &n));
	for (size_t i = 0; i < n; i++) {
		if (p[i].file && !strcmp(p[i].name, "file"))
			u->file = &p[i];
		else if (p[i].data && !strcmp(p[i].name, "entity"))
			u->e = entity_by_name(p[i].data);
	}
	if (!u->file)
		errs_field(&q->cx.e, "file", ERR_REQUIRED, NULL);
	if (!u->e)
		errs_field(&q->cx.e, "entity", ERR_REQUIRED, NULL);
	return errs_any_field(&q->cx.e) ? errs_invalid(&q->cx.e) : ERR_OK;
}

static err_t add(struct ctx *cx, void *arg)
{
	struct upload *u = arg;
	i64 id;
	TRY(import_file_add(cx, u->e, u->file->filename, u->stored.hash, &id));
	struct jw w = api_json(u->q);
	jw_obj(&w);
	jw_kint(&w, "id", id);
	jw_kstr(&w, "entity", u->e->name);
	jw_kstr(&w, "file_name", u->file->filename);
	jw_kstr(&w, "state", "uploaded");
	jw_key(&w, "look");
	jw_raw(&w, u->look);
	jw_end_obj(&w);
	return api_send(u->q, &w);
}

static err_t post_import(struct api *q)
{
	struct upload u = {.q = q};
	bool done;
	TRY(read_parts(q, &u));
	TRY(actor_need(&q->cx, arena_printf(q->cx.a, "%s.create", u.e->name)));
	TRY(file_keep(&q->cx, u.file->file, u.file->filename, &u.stored));
	const struct import_file f = {
		.e = u.e, .file_name = u.file->filename, .path = file_find(&q->cx, u.stored.hash)};
	struct jw w = api_json(q);
	TRY(import_file_look(&q->cx, &f, &(struct import_look){0}, &w));
	u.look = jw_done(&w);
	/* The boundary between the parts differs from try to try, the file does not. */
	char *hash = arena_alloc(q->cx.a, SHA256_HEX);
	const char *all = arena_printf(q->cx.a, "import %s %s %s", u.stored.hash, u.e->name,
	                               u.file->filename);
	sha256_hex(all, strlen(all), hash);
	q->idem_hash = hash;
	TRY(api_replay(q, &done));
	return done ? ERR_OK : api_write(q, add, &u);
}

/* -- looking and trying -- */

static err_t get_look(struct api *q)
{
	struct import_file f;
	struct import_look look;
	TRY(file_of(q, &f));
	TRY(look_of(q, &look));
	struct jw w = api_json(q);
	TRY(import_file_look(&q->cx, &f, &look, &w));
	return api_send(q, &w);
}

static err_t choice_of(struct api *q, struct import_choice *c)
{
	const json_t *options = json_object_get(q->body, "options");
	const json_t *map = json_object_get(q->body, "map");
	const char *duplicates = json_text(options, "duplicates");
	static const char *const names[] = {"update", "skip", "create"};
	*c = (struct import_choice){.map = json_is_null(map) ? NULL : map,
	                            .partial = json_flag(options, "partial", false)};
	for (size_t i = 0; duplicates && i < ARRAY_LEN(names); i++)
		if (!strcmp(duplicates, names[i])) {
			c->duplicates = (enum import_duplicates)i;
			return ERR_OK;
		}
	if (!duplicates)
		return ERR_OK;
	errs_field(&q->cx.e, "options.duplicates", ERR_ENUM,
	           EP({"value", duplicates}, {"allowed", "update, skip, create"}));
	return errs_invalid(&q->cx.e);
}

static err_t post_preview(struct api *q)
{
	struct import_file f;
	struct import_choice c;
	TRY(file_of(q, &f));
	TRY(choice_of(q, &c));
	struct jw w = api_json(q);
	TRY(import_file_preview(&q->cx, &f, &c, &w));
	return api_send(q, &w);
}

/* -- runs -- */

static err_t send_run(struct api *q, i64 id)
{
	struct import_file f;
	TRY(import_file_get(&q->cx, id, &f));
	struct jw w = api_json(q);
	TRY(import_file_write(&q->cx, &f, &w));
	return api_send(q, &w);
}

static err_t start(struct api *q, bool dry_run)
{
	struct import_file f;
	struct import_choice c;
	TRY(file_of(q, &f));
	TRY(choice_of(q, &c));
	TRY(import_file_start(&q->cx, &f, &c, dry_run));
	return send_run(q, f.id);
}

static err_t post_dry_run(struct api *q)
{
	return start(q, true);
}

static err_t post_run(struct api *q)
{
	return start(q, false);
}

static err_t post_cancel(struct api *q)
{
	struct import_file f;
	TRY(file_of(q, &f));
	TRY(import_file_cancel(&q->cx, &f));
	return send_run(q, f.id);
}

static err_t get_run(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	return send_run(q, id);
}

static err_t get_runs(struct api *q)
{
	struct jw w = api_json(q);
	TRY(import_files_list(&q->cx, &w));
	return api_send(q, &w);
}

/* -- workbooks -- */

static void send_file(struct api *q, const char *path, const char *name, bool temporary)
{
	q->rs->status = 200;
	q->rs->type = xlsx_type;
	q->rs->file = path;
	q->rs->file_temp = temporary;
	http_add_header(q->rs, "Content-Disposition",
	                arena_printf(q->cx.a, "attachment; filename=\"%s\"", name));
	q->raw = true;
}

static err_t get_errors(struct api *q)
{
	struct import_file f;
	const char *path;
	TRY(file_of(q, &f));
	TRY(import_file_errors(&q->cx, &f, &path));
	if (!path)
		return cx_err(&q->cx, ERR_NOT_FOUND, NULL);
	send_file(q, path, arena_printf(q->cx.a, "errors-%lld.xlsx", (long long)f.id), false);
	return ERR_OK;
}

static err_t get_template(struct api *q)
{
	const char *name = http_query(q->rq, "entity");
	const struct entity *e = name ? entity_by_name(name) : NULL;
	if (!e)
		return cx_err(&q->cx, ERR_BAD_REQUEST, EP({"reason", "entity"}));
	const char *path = arena_printf(q->cx.a, "%s/template-%s.xlsx", files_tmp(),
	                                random_token(q->cx.a, 12));
	FILE *f = fopen(path, "wb");
	err_t rc = f ? import_template(&q->cx, e, f)
	             : cx_fail(&q->cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
	if (f && fclose(f) && !rc)
		rc = cx_fail(&q->cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
	if (rc) {
		unlink(path);
		return rc;
	}
	send_file(q, path, arena_printf(q->cx.a, "%s.xlsx", e->plural), true);
	return ERR_OK;
}

#define FILE_ERRORS                                                                         \
	ERR_IMPORT_ENCODING, ERR_IMPORT_QUOTE, ERR_IMPORT_AFTER_QUOTE, ERR_IMPORT_COLUMNS,  \
		ERR_IMPORT_FIELD, ERR_IMPORT_ROW, ERR_IMPORT_FILE, ERR_IMPORT_EMPTY,        \
		ERR_IMPORT_XLS, ERR_IMPORT_PASSWORD, ERR_IMPORT_WORKBOOK, ERR_IMPORT_SHEET, \
		ERR_IMPORT_DAMAGED, ERR_IMPORT_BOMB, ERR_IMPORT_DTD
static const enum err_code uploading[] = {FILE_ERRORS,     ERR_INVALID, ERR_MEDIA_TYPE,
                                          ERR_BAD_REQUEST, ERR_TOO_BIG, ERR_IDEMPOTENCY,
                                          ERR_UNAVAILABLE, ERR_OK};
static const enum err_code looking[] = {FILE_ERRORS, ERR_NOT_FOUND, ERR_BAD_REQUEST, ERR_OK};
static const enum err_code trying[] = {FILE_ERRORS, ERR_NOT_FOUND, ERR_INVALID, ERR_IMPORT_MAP,
                                       ERR_OK};
static const enum err_code starting[] = {FILE_ERRORS,  ERR_NOT_FOUND, ERR_INVALID, ERR_IMPORT_MAP,
                                         ERR_CONFLICT, ERR_DB_BUSY,   ERR_OK};
static const enum err_code cancelling[] = {ERR_NOT_FOUND, ERR_CONFLICT, ERR_OK};
static const enum err_code reading[] = {ERR_NOT_FOUND, ERR_OK};
static const enum err_code making[] = {ERR_BAD_REQUEST, ERR_OK};
static const struct api_query look_query[] = {
	{"encoding", "string", "utf-8, gb18030, utf-16le, utf-16be; recognised when absent"},
	{"sheet", "string", "Name of the sheet; the first that is not hidden when absent"},
	{"title_row", "integer", "Row of the titles, from 1; the first with content when absent"},
	{NULL, NULL, NULL},
};
static const struct api_query template_query[] = {
	{"entity", "string", "Name of the entity"},
	{NULL, NULL, NULL},
};

/* clang-format off */
const struct api_route import_routes[] = {
	{"POST", "/api/v1/imports", post_import, "import.run",
	 HTTP_SLOW | HTTP_BIG_BODY | API_OWN_WRITE | API_ANY_BODY, 201, "@ImportUpload",
	 "@ImportUploaded", uploading, NULL, L("上传待导入的文件", "Upload a file to import")},
	{"GET", "/api/v1/imports", get_runs, "import.run", 0, 200, NULL, "@ImportRuns", NULL, NULL,
	 L("我的导入", "Imports")},
	{"GET", "/api/v1/imports/template", get_template, "import.run", HTTP_SLOW, 200, NULL,
	 "@Bytes", making, template_query, L("下载导入模板", "Template for an import")},
	{"GET", "/api/v1/imports/{id}", get_run, "import.run", 0, 200, NULL, "@ImportRun", reading,
	 NULL, L("导入进度与结果", "Progress and result of an import")},
	{"GET", "/api/v1/imports/{id}/look", get_look, "import.run", HTTP_SLOW, 200, NULL,
	 "@ImportLook", looking, look_query, L("识别文件的列", "Columns and first rows of the file")},
	{"POST", "/api/v1/imports/{id}/preview", post_preview, "import.run",
	 HTTP_SLOW | API_OWN_WRITE, 200, "@ImportChoice", "@ImportPreview", trying, NULL,
	 L("预览前 100 行", "Try the first 100 rows")},
	{"POST", "/api/v1/imports/{id}/dry-run", post_dry_run, "import.run",
	 HTTP_SLOW | API_OWN_WRITE, 202, "@ImportChoice", "@ImportRun", starting, NULL,
	 L("试运行", "Try all rows, keep none")},
	{"POST", "/api/v1/imports/{id}/run", post_run, "import.run", HTTP_SLOW | API_OWN_WRITE, 202,
	 "@ImportChoice", "@ImportRun", starting, NULL, L("开始导入", "Run the import")},
	{"POST", "/api/v1/imports/{id}/cancel", post_cancel, "import.run", API_OWN_WRITE, 202, NULL,
	 "@ImportRun", cancelling, NULL, L("取消导入", "Cancel the import")},
	{"GET", "/api/v1/imports/{id}/errors.xlsx", get_errors, "import.run", 0, 200, NULL,
	 "@Bytes", reading, NULL, L("下载错误行", "Workbook of the wrong rows")},
	{.method = NULL},
};
/* clang-format on */
