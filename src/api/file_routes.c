/* Attachments: uploading (also as a new version) and reading their content. */
#include <string.h>

#include "api/tables.h"
#include "base/text.h"
#include "core/files.h"
#include "domain/work/work.h"

struct upload {
	const struct http_part *file;
	const char *entity, *note;
	i64 entity_id, series;
	struct stored_file stored;
	struct rec *r;
	struct api *q;
};

static bool number_of(const char *s, i64 *out)
{
	char *end;
	*out = s && *s >= '1' && *s <= '9' ? strtoll(s, &end, 10) : 0;
	return *out > 0 && !*end;
}

static err_t read_parts(struct api *q, struct upload *u)
{
	struct http_part *p;
	size_t n;
	TRY(http_multipart(q->rq, &q->cx.e, &p, &n));
	const char *id = NULL, *series = NULL;
	for (size_t i = 0; i < n; i++) {
		if (p[i].file && !strcmp(p[i].name, "file"))
			u->file = &p[i];
		else if (!p[i].data)
			continue;
		else if (!strcmp(p[i].name, "entity"))
			u->entity = p[i].data;
		else if (!strcmp(p[i].name, "entity_id"))
			id = p[i].data;
		else if (!strcmp(p[i].name, "series"))
			series = p[i].data;
		else if (!strcmp(p[i].name, "note") && *p[i].data)
			u->note = p[i].data;
	}
	if (!u->file)
		errs_field(&q->cx.e, "file", ERR_REQUIRED, NULL);
	else if (!*u->file->filename)
		errs_field(&q->cx.e, "name", ERR_REQUIRED, NULL);
	if (!u->entity || !entity_by_name(u->entity))
		errs_field(&q->cx.e, "entity", ERR_REQUIRED, NULL);
	if (!number_of(id, &u->entity_id))
		errs_field(&q->cx.e, "entity_id", ERR_REQUIRED, NULL);
	if (series && *series && !number_of(series, &u->series))
		field_wrong_type(&q->cx, "series", JSON_INTEGER);
	return errs_any_field(&q->cx.e) ? errs_invalid(&q->cx.e) : ERR_OK;
}

/* The version before: of the same record, and seen by the person. */
static err_t follow_series(struct ctx *cx, struct upload *u)
{
	struct rec *before;
	TRY(crud_get(cx, &attachment_entity, u->series, "read", &before));
	if (strcmp(rec_text(before, "entity"), u->entity) != 0 ||
	    rec_i64(before, "entity_id") != u->entity_id) {
		errs_field(&cx->e, "series", ERR_REF,
		           EP({"what", label_in(attachment_entity.label, cx->lang)}));
		return errs_invalid(&cx->e);
	}
	i64 series = rec_i64(before, "series"), last = 0;
	TRY(db_one_i64(cx->c, "select max(revision) from attachment where series = ?",
	               ARGS(vi(series)), &last, NULL));
	rec_set(u->r, "series", vi(series));
	rec_set(u->r, "revision", vi(last + 1));
	return ERR_OK;
}

static err_t insert(struct ctx *cx, void *arg)
{
	struct upload *u = arg;
	u->r = rec_new(cx->a, &attachment_entity);
	rec_set(u->r, "name", vt(u->file->filename));
	rec_set(u->r, "entity", vt(u->entity));
	rec_set(u->r, "entity_id", vi(u->entity_id));
	rec_set(u->r, "file_hash", vt(u->stored.hash));
	rec_set(u->r, "size", vi(u->stored.size));
	rec_set(u->r, "media_type", vt(u->stored.type));
	rec_set(u->r, "revision", vi(1));
	rec_set(u->r, "note", vt(u->note));
	if (u->series)
		TRY(follow_series(cx, u));
	rec_check(cx, u->r);
	TRY(crud_insert(cx, u->r));
	if (!u->series) {
		/* A first version begins a series that bears its number. */
		rec_set(u->r, "series", vi(u->r->id));
		TRY(db_exec(cx->c, "update attachment set series = id where id = ?",
		            ARGS(vi(u->r->id)), NULL));
	}
	return api_send_record(u->q, u->r);
}

/* Two uploads are the same when file and fields are: the boundary between them differs. */
static const char *fingerprint(struct api *q, const struct upload *u)
{
	const char *all = arena_printf(q->cx.a, "%s %s %lld %lld %s", u->stored.hash, u->entity,
	                               (long long)u->entity_id, (long long)u->series,
	                               u->file->filename);
	char *hex = arena_alloc(q->cx.a, SHA256_HEX);
	sha256_hex(all, strlen(all), hex);
	return hex;
}

static err_t post_attachment(struct api *q)
{
	struct upload u = {.q = q};
	bool done;
	TRY(read_parts(q, &u));
	TRY(file_keep(&q->cx, u.file->file, u.file->filename, &u.stored));
	q->idem_hash = fingerprint(q, &u);
	TRY(api_replay(q, &done));
	return done ? ERR_OK : api_write(q, insert, &u);
}

/* -- reading -- */

static bool may_show(const char *type)
{
	static const char *const types[] = {"image/png", "image/jpeg", "image/gif", "image/webp",
	                                    "application/pdf"};
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}

/* RFC 6266: the name in UTF-8, and a plain one for what does not read that. */
static const char *disposition(struct arena *a, bool show, const char *name)
{
	struct buf b = buf_new(a, 8192);
	buf_printf(&b, "%s; filename=\"", show ? "inline" : "attachment");
	for (const char *s = name; *s; s++)
		buf_putc(&b, (u8)*s < 0x20 || (u8)*s > 0x7e || strchr("\"\\%/", *s) ? '_' : *s);
	buf_puts(&b, "\"; filename*=UTF-8''");
	for (const char *s = name; *s; s++)
		if ((*s >= '0' && *s <= '9') || (*s >= 'A' && *s <= 'Z') ||
		    (*s >= 'a' && *s <= 'z') || strchr("-._~", *s))
			buf_putc(&b, *s);
		else
			buf_printf(&b, "%%%02X", (unsigned)(u8)*s);
	return buf_str(&b);
}

static err_t get_content(struct api *q)
{
	i64 id;
	struct rec *r;
	TRY(api_id(q, "id", &id));
	TRY(crud_get(&q->cx, &attachment_entity, id, "read", &r));
	const char *hash = rec_text(r, "file_hash"), *type = rec_text(r, "media_type");
	const char *path = file_find(&q->cx, hash), *asked = http_query(q->rq, "inline");
	if (!path)
		return cx_fail(&q->cx, ERR_INTERNAL, "content %s of attachment %lld is not there",
		               hash, (long long)id);
	bool show = asked && !strcmp(asked, "1") && may_show(type);
	q->rs->status = 200;
	q->rs->type = type;
	q->rs->file = path;
	http_add_header(q->rs, "Content-Disposition",
	                disposition(q->cx.a, show, rec_text(r, "name")));
	http_add_header(q->rs, "ETag", arena_printf(q->cx.a, "\"%s\"", hash));
	/* A sandbox would keep the browser's own PDF viewer from starting; a PDF runs no script of
	 * this origin. */
	http_add_header(q->rs, "Content-Security-Policy",
	                !strcmp(type, "application/pdf")
	                        ? "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'"
	                        : "default-src 'none'; sandbox");
	q->raw = true;
	return ERR_OK;
}

static const enum err_code uploading[] = {ERR_INVALID,     ERR_NOT_FOUND, ERR_MEDIA_TYPE,
                                          ERR_BAD_REQUEST, ERR_TOO_BIG,   ERR_IDEMPOTENCY,
                                          ERR_UNAVAILABLE, ERR_OK};
static const enum err_code reading[] = {ERR_NOT_FOUND, ERR_OK};
static const struct api_query content_query[] = {
	{"inline", "integer", "1: shown in the browser (images and PDF) instead of saved"},
	{NULL, NULL, NULL},
};

/* clang-format off */
const struct api_route file_routes[] = {
	{"POST", "/api/v1/attachments", post_attachment, "attachment.create",
	 HTTP_SLOW | HTTP_BIG_BODY | API_OWN_WRITE | API_ANY_BODY, 201, "@Upload", "@Attachment",
	 uploading, NULL, L("上传附件", "Upload an attachment")},
	{"GET", "/api/v1/attachments/{id}/content", get_content, "attachment.read", 0, 200, NULL,
	 "@Bytes", reading, content_query, L("下载附件", "Content of an attachment")},
	{.method = NULL},
};
/* clang-format on */
