/* A map for a file that nobody made one for: by its headers. The wizard and the command line
 * start from it. */
#include <string.h>

#include "core/import.h"
#include "core/import_format.h"
#include "core/import_map.h"
#include "core/scope.h"

/* "年营收（万元）": what stands in brackets at the end is no part of the name. */
static const char *without_unit(struct arena *a, const char *key, const char **unit)
{
	*unit = "";
	size_t n = strlen(key);
	const char *open = strrchr(key, '(');
	if (!open || open == key || key[n - 1] != ')')
		return key;
	*unit = open + 1;
	return arena_strndup(a, key, (size_t)(open - key));
}

static bool named(struct ctx *cx, const char *name, const char *key)
{
	return name && *name && !strcmp(import_header_key(cx->a, name), key);
}

static int field_named(struct ctx *cx, const struct entity *e, const char *key)
{
	for (int i = 0; e->fields[i].name; i++) {
		const struct field *f = &e->fields[i];
		size_t n = strlen(f->name);
		if (!import_takes(cx, f))
			continue;
		if (named(cx, f->name, key) || named(cx, f->label.zh, key) ||
		    named(cx, f->label.en, key))
			return i;
		/* owner_id is also found as "owner", amount_fen as "amount" */
		const char *tail = strrchr(f->name, '_');
		if (tail && (!strcmp(tail, "_id") || !strcmp(tail, "_fen")) &&
		    named(cx, arena_strndup(cx->a, f->name, n - strlen(tail)), key))
			return i;
	}
	/* A column called like the records holds their names. */
	if (e->title && (named(cx, e->label.zh, key) || named(cx, e->label.en, key)))
		return field_index(e, e->title);
	return -1;
}

/* The column of an export that tells which record a row is. */
static bool names_record(struct ctx *cx, const struct entity *e, const char *header)
{
	const struct field *f = import_record_key(e);
	const char *key = import_header_key(cx->a, header);
	return named(cx, f->label.zh, key) || named(cx, f->label.en, key);
}

static int field_of(struct ctx *cx, const struct entity *e, const char *header, const char **unit)
{
	const char *key = import_header_key(cx->a, header);
	*unit = "";
	int i = field_named(cx, e, key);
	return i >= 0 ? i : field_named(cx, e, without_unit(cx->a, key, unit));
}

const char *import_suggest_field(struct ctx *cx, const struct entity *e, const char *header)
{
	const char *unit;
	int i = field_of(cx, e, header, &unit);
	if (i >= 0)
		return e->fields[i].name;
	return names_record(cx, e, header) ? import_record_key(e)->name : NULL;
}

static json_t *value_of(const struct field *f, const char *header, const char *unit)
{
	const char *scale = f->type != FT_MONEY          ? NULL
	                    : strstr(unit, "亿") == unit ? "100000000"
	                    : strstr(unit, "万") == unit ? "10000"
	                                                 : NULL;
	if (f->type != FT_REF && !scale)
		return json_string(header);
	json_t *v = json_object();
	json_object_set_new(v, "column", json_string(header));
	if (scale)
		json_object_set_new(v, "scale", json_string(scale));
	if (f->type == FT_REF) {
		const struct entity *target = entity_by_name(f->ref);
		json_t *ref = json_object();
		json_object_set_new(ref, "entity", json_string(f->ref));
		json_object_set_new(ref, "by", json_string(target->title));
		json_object_set_new(v, "ref", ref);
	}
	return v;
}

/* A unique field, else the number of another program, else the name and a way to reach them. */
static json_t *key_of(const struct entity *e, const json_t *fields)
{
	json_t *key = json_array();
	if (json_object_get(fields, import_record_key(e)->name)) {
		json_array_append_new(key, json_string(import_record_key(e)->name));
		return key;
	}
	for (const struct field *f = e->fields; f->name; f++)
		if ((f->flags & F_UNIQUE) && json_object_get(fields, f->name)) {
			json_array_append_new(key, json_string(f->name));
			return key;
		}
	if (json_object_get(fields, "external_key")) {
		json_array_append_new(key, json_string("external_key"));
		return key;
	}
	json_array_append_new(key, json_string(e->title));
	static const char *const more[] = {"mobile", "phone", "email"};
	for (size_t i = 0; i < ARRAY_LEN(more); i++) {
		const struct field *f = field_by_name(e, more[i]);
		if (f && (f->flags & F_KEY) && json_object_get(fields, more[i])) {
			json_array_append_new(key, json_string(more[i]));
			break;
		}
	}
	return key;
}

err_t import_suggest(struct ctx *cx, const struct entity *e, const struct table_reader *r,
                     json_t **map)
{
	const char *unit;
	json_t *fields = json_object();
	arena_defer(cx->a, (void (*)(void *))json_decref, fields);
	const char *own = import_record_key(e)->name;
	for (size_t i = 0; i < r->n_columns; i++)
		if (!json_object_get(fields, own) && field_of(cx, e, r->columns[i], &unit) < 0 &&
		    names_record(cx, e, r->columns[i]))
			json_object_set_new(fields, own, json_string(r->columns[i]));
	bool numbered = json_object_get(fields, own) != NULL;
	for (size_t i = 0; i < r->n_columns; i++) {
		int k = field_of(cx, e, r->columns[i], &unit);
		/* What the house keeps of a record that is there stays the house's. */
		if (k >= 0 && numbered && (e->fields[k].flags & F_READONLY))
			continue;
		if (k >= 0 && !json_object_get(fields, e->fields[k].name))
			json_object_set_new(fields, e->fields[k].name,
			                    value_of(&e->fields[k], r->columns[i], unit));
	}
	if (!e->title || !json_object_get(fields, e->title))
		return cx_err(
			cx, ERR_IMPORT_MAP,
			EP({"reason",
		            arena_printf(
				    cx->a,
				    cx->lang == LANG_EN ? "no column is called \"%s\""
							: "没有“%s”这一列",
				    e->title ? label_in(field_by_name(e, e->title)->label, cx->lang)
					     : "")}));
	json_t *record = json_object(), *records = json_array(), *m = json_object();
	arena_defer(cx->a, (void (*)(void *))json_decref, m);
	json_object_set_new(record, "entity", json_string(e->name));
	json_object_set_new(record, "key", key_of(e, fields));
	json_object_set(record, "fields", fields);
	json_array_append_new(records, record);
	json_object_set_new(m, "version", json_integer(1));
	json_object_set_new(m, "entity", json_string(e->name));
	json_object_set_new(m, "records", records);
	*map = m;
	return ERR_OK;
}

err_t import_template(struct ctx *cx, const struct entity *e, FILE *out)
{
	size_t n = 0;
	struct table_column *cols = ARENA_ARRAY(cx->a, entity_slots(e) + 1, struct table_column);
	for (const struct field *f = e->fields; f->name; f++)
		if (import_takes(cx, f) &&
		    (!(f->flags & F_NOFORM) || !strcmp(f->name, "external_key")))
			cols[n++] = (struct table_column){.key = f->name,
			                                  .title = label_in(f->label, cx->lang),
			                                  .type = COLUMN_TEXT};
	struct table_writer *w;
	TRY(table_writer_new(cx->a, &cx->e, TABLE_XLSX, out,
	                     &(struct table_write){.sheet = label_in(e->label_plural, cx->lang)},
	                     cols, n, &w));
	return table_write_end(w, &cx->e);
}
