/* The company's own settings and files. */
#include "core/company.h"

#include "core/actor.h"
#include "core/event.h"

static enum err_code check_zone(const struct val *v)
{
	return zone_valid(v->s.p) ? ERR_OK : ERR_ZONE;
}

/* clang-format off */
const struct setting_def company_settings[] = {
	{{.name = "company.name_en", .type = FT_TEXT, .max = 150,
	  .label = L("公司英文名称", "Company name in English")}, NULL},
	{{.name = "company.address", .type = FT_TEXT, .max = 200, .label = L("公司地址", "Address")}, NULL},
	{{.name = "company.phone", .type = FT_TEXT, .max = 40, .label = L("公司电话", "Telephone")}, NULL},
	{{.name = "company.document_header", .type = FT_LONGTEXT, .max = 500,
	  .label = L("文档页眉", "Header of documents"),
	  .help = L("印在报价单、合同等文档的页首", "Printed at the head of quotes, contracts and the like")}, NULL},
	{{.name = "company.zone", .type = FT_TEXT, .max = 64, .dflt = "Asia/Shanghai", .check = check_zone,
	  .label = L("公司时区", "Time zone of the company")}, NULL},
	{{.name = NULL}, NULL},
};
/* clang-format on */

err_t company_file(struct ctx *cx, const char *name, const char **path, const char **type)
{
	struct rows *r;
	const char *hash = NULL;
	TRY(db_query(cx->c, "select file_hash, media_type from company_file where name = ?",
	             ARGS(vt(name)), &r));
	if (rows_next(r)) {
		hash = rows_dup(r, 0);
		*type = rows_dup(r, 1);
	}
	TRY(rows_done(r));
	*path = hash ? file_find(cx, hash) : NULL;
	return ERR_OK;
}

struct setting_file {
	const char *name;
	const struct stored_file *f;
};

static err_t set(struct ctx *cx, void *arg)
{
	const struct setting_file *s = arg;
	TRY(db_exec(cx->c, "delete from company_file where name = ?", ARGS(vt(s->name)), NULL));
	if (s->f)
		TRY(db_exec(cx->c,
		            "insert into company_file(name, file_hash, media_type, updated_at,"
		            " updated_by) values (?, ?, ?, ?, ?)",
		            ARGS(vt(s->name), vt(s->f->hash), vt(s->f->type), vi(cx->now),
		                 vref(cx->actor->id)),
		            NULL));
	return event_append(
		cx,
		&(struct event_in){
			.kind = "setting.changed",
			.entity = "setting",
			.payload = arena_printf(cx->a, "{\"name\":\"company.%s\"}", s->name)},
		NULL);
}

err_t company_file_set(struct ctx *cx, const char *name, const struct stored_file *f)
{
	struct setting_file s = {name, f};
	TRY(actor_need(cx, "setting.update"));
	return ctx_write(cx, set, &s);
}
