/* Output kinds: finding them in the modules, and the ones for what is handed in or recorded. */
#include <string.h>

#include "base/hash.h"
#include "process/engine.h"

/* -- note, document, file: what somebody handed in -- */

static err_t look_handed_in(struct ctx *cx, const struct instance *in, const struct node *n,
                            const struct output_def *o, struct output_state *out)
{
	return facts_output(cx, in, n, o->key, out);
}

/* -- record: facts that are in the database already -- */

/* What a review of these fields decides on: their values as text, and its hash. */
static err_t say_fields(struct ctx *cx, const struct rec *r, const json_t *fields,
                        struct output_state *out)
{
	struct buf text = buf_new(cx->a, 64 * 1024), all = buf_new(cx->a, 64 * 1024);
	for (size_t i = 0; i < json_array_size(fields); i++) {
		const struct field *f = field_by_name(r->e,
		                                      json_string_value(json_array_get(fields, i)));
		const struct val *v = &r->v[f - r->e->fields];
		const char *s = field_to_text(cx->a, f, v, LANG_ZH);
		if (f->type == FT_REF && v->type == VAL_INT && !strcmp(f->ref, "user"))
			TRY(db_one_text(cx->c, "select name from app_user where id = ?", ARGS(*v),
			                &s));
		buf_printf(&all, "%s=%s\n", f->name, field_to_text(cx->a, f, v, LANG_ZH));
		buf_printf(&text, "%s%s：%s", text.n ? "\n\n" : "", label_in(f->label, cx->lang),
		           s ? s : "");
	}
	char *hash = arena_alloc(cx->a, SHA256_HEX);
	sha256_hex(buf_str(&all), all.n, hash);
	out->hash = hash;
	out->body = buf_str(&text);
	return ERR_OK;
}

static err_t look_fields(struct ctx *cx, const struct instance *in, const json_t *check,
                         struct output_state *out)
{
	const struct rec *r = in->opp;
	struct rec *account = NULL;
	if (!strcmp(json_text(check, "entity"), "account")) {
		TRY(crud_load(cx, entity_by_name("account"), rec_i64(in->opp, "account_id"),
		              &account));
		r = account;
	}
	struct buf missing = buf_new(cx->a, 4096);
	size_t i;
	json_t *name;
	json_array_foreach(json_object_get(check, "fields"), i, name)
	{
		const struct field *f = field_by_name(r->e, json_string_value(name));
		if (!f)
			return cx_err(cx, ERR_PLAYBOOK, EP({"reason", json_string_value(name)}));
		if (r->v[f - r->e->fields].type == VAL_NULL)
			buf_printf(&missing, "%s%s", missing.n ? "、" : "",
			           label_in(f->label, cx->lang));
	}
	TRY(say_fields(cx, r, json_object_get(check, "fields"), out));
	out->present = !missing.n;
	if (missing.n)
		out->detail = arena_printf(cx->a,
		                           cx->lang == LANG_EN ? "still empty: %s" : "未填写：%s",
		                           buf_str(&missing));
	return ERR_OK;
}

static err_t look_count(struct ctx *cx, const struct instance *in, const json_t *check,
                        struct output_state *out)
{
	const struct entity *e = entity_by_name(json_text(check, "entity"));
	const char *of = json_text(check, "of");
	bool account = of && !strcmp(of, "account");
	const char *column = account ? "account_id" : "opportunity_id";
	if (!e || field_index(e, column) < 0)
		return cx_err(cx, ERR_PLAYBOOK, EP({"reason", "check.entity"}));
	struct sqlb *q = sqlb_new(cx->a);
	sqlb_addf(q, "select count(*) from %s where deleted_at is null and %s = ", e->table,
	          column);
	sqlb_val(q, vi(account ? rec_i64(in->opp, "account_id") : in->opp->id));
	const char *field;
	json_t *values;
	json_object_foreach(json_object_get(check, "where"), field, values)
	{
		if (!field_by_name(e, field) || !json_array_size(values))
			return cx_err(cx, ERR_PLAYBOOK, EP({"reason", field}));
		sqlb_addf(q, " and %s in (", field);
		for (size_t i = 0; i < json_array_size(values); i++) {
			sqlb_add(q, i ? "," : "");
			sqlb_val(q, vt(json_string_value(json_array_get(values, i))));
		}
		sqlb_add(q, ")");
	}
	i64 n = 0, min = json_i64(check, "min", 1);
	TRY(db_one_i64(cx->c, sqlb_text(q), sqlb_args(q), &n, NULL));
	out->present = n >= min;
	out->detail = arena_printf(cx->a, cx->lang == LANG_EN ? "%lld of %lld" : "%lld / %lld",
	                           (long long)n, (long long)min);
	return ERR_OK;
}

static err_t look_record(struct ctx *cx, const struct instance *in, const struct node *n,
                         const struct output_def *o, struct output_state *out)
{
	(void)n;
	if (!json_text(o->check, "entity"))
		return cx_err(cx, ERR_PLAYBOOK, EP({"reason", "check.entity"}));
	return json_object_get(o->check, "fields") ? look_fields(cx, in, o->check, out)
	                                           : look_count(cx, in, o->check, out);
}

const struct output_kind note_kind = {"note", L("记录", "Note"), look_handed_in};
const struct output_kind document_kind = {"document", L("文档", "Document"), look_handed_in};
const struct output_kind file_kind = {"file", L("文件", "File"), look_handed_in};
const struct output_kind record_kind = {"record", L("业务记录", "Record"), look_record};

const struct output_kind *output_kind_at(size_t i)
{
	for (const struct module *const *m = registry_modules(); *m; m++)
		for (const struct output_kind *const *k = (*m)->output_kinds; k && *k; k++)
			if (!i--)
				return *k;
	return NULL;
}

const struct output_kind *output_kind_find(const char *code)
{
	const struct output_kind *k;
	for (size_t i = 0; (k = output_kind_at(i)); i++)
		if (!strcmp(k->code, code))
			return k;
	return NULL;
}

err_t output_look(struct ctx *cx, const struct instance *in, const struct node *n,
                  const struct output_def *o, struct output_state *out)
{
	*out = (struct output_state){0};
	const struct output_kind *k = output_kind_find(o->kind);
	if (!k)
		return cx_err(cx, ERR_PLAYBOOK, EP({"reason", o->kind}));
	TRY(k->look(cx, in, n, o, out));
	if (out->present)
		return ERR_OK;
	/* An approved exception stands for the output, and stays on record. */
	bool granted = false;
	TRY(facts_granted(cx, in, n, o->key, &granted));
	if (granted) {
		out->present = out->overridden = true;
		out->detail = cx->lang == LANG_EN ? "exception granted" : "已批准例外";
	}
	return ERR_OK;
}
