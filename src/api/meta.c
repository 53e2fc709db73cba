/* What the UI draws itself from: entities with their fields, and what the person may do; search. */
#include <string.h>

#include "api/describe.h"
#include "api/tables.h"
#include "core/roles.h"
#include "core/scope.h"
#include "core/search.h"

static void write_bounds(struct jw *w, const struct field *f)
{
	jw_key(w, "min");
	if (f->max)
		jw_int(w, f->min);
	else
		jw_null(w);
	jw_key(w, "max");
	if (f->max)
		jw_int(w, f->max);
	else
		jw_null(w);
}

/* cx is NULL where the tables describe themselves: what is kept in the database is not known then. */
static void write_enum(struct jw *w, struct ctx *cx, const struct field *f)
{
	const struct enum_row *e = f->values;
	if (!e && cx && f->words && f->words->choices)
		e = f->words->choices(cx);
	jw_key(w, "enum");
	if (!e) {
		jw_null(w);
		return;
	}
	jw_arr(w);
	for (; e->value; e++) {
		jw_obj(w);
		jw_kstr(w, "value", e->value);
		jw_klabel(w, "label", e->label);
		jw_kstr(w, "tone", e->tone ? e->tone : "neutral");
		jw_end_obj(w);
	}
	jw_end_arr(w);
}

/* locked: others may change it, this person may not. */
static void write_field(struct jw *w, struct ctx *cx, const struct actor *ac, const struct field *f)
{
	bool locked = ac && !(f->flags & F_READONLY) && !scope_field_write(ac, f);
	bool readonly = locked || (f->flags & F_READONLY), text = f->type == FT_LONGTEXT;
	jw_obj(w);
	jw_kstr(w, "name", f->name);
	jw_kstr(w, "type", field_type_name(f->type));
	jw_klabel(w, "label", f->label);
	jw_klabel(w, "help", f->help);
	jw_kbool(w, "required", f->flags & F_REQUIRED);
	jw_kbool(w, "readonly", readonly);
	jw_kbool(w, "locked", locked);
	jw_kbool(w, "custom", f->flags & F_CUSTOM);
	jw_kbool(w, "retired", f->flags & F_RETIRED);
	write_bounds(w, f);
	write_enum(w, cx, f);
	jw_kstr(w, "ref", f->ref);
	jw_kstr(w, "default", f->dflt);
	jw_kbool(w, "sortable", !text && f->type != FT_SET);
	jw_kbool(w, "filterable", !text);
	jw_kbool(w, "searchable", f->flags & (F_SEARCH | F_PHONE_KEY));
	jw_kbool(w, "importable", !readonly && !(f->flags & F_NOIMPORT));
	jw_kbool(w, "import_key", f->flags & F_KEY);
	jw_kbool(w, "in_list", f->flags & F_LIST);
	jw_kbool(w, "in_form", !(f->flags & F_NOFORM));
	jw_kstr(w, "group", f->group);
	jw_end_obj(w);
}

static void write_can(struct jw *w, const struct actor *ac, const struct entity *e)
{
	static const char *const acts[] = {"read",   "create", "update",
	                                   "delete", "import", "export"};
	jw_key(w, "can");
	jw_obj(w);
	for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
		enum scope s = scope_of(ac, e, acts[i]);
		if ((i == 1 && (e->flags & E_NO_CREATE)) || (i == 3 && (e->flags & E_NO_DELETE)))
			s = SCOPE_NONE;
		/* Importing is creating many, exporting is reading many: the run itself is granted
		 * by import.run and export.run. */
		if (i == 4)
			s = actor_scope(ac, "import.run") == SCOPE_NONE ? SCOPE_NONE
			                                                : scope_of(ac, e, "create");
		if (i == 5)
			s = actor_scope(ac, "export.run") == SCOPE_NONE ? SCOPE_NONE
			                                                : scope_of(ac, e, "read");
		jw_kstr(w, acts[i], scope_name(s));
	}
	jw_end_obj(w);
}

/* As people see them: those of the table, then the added ones by their place. */
static const struct field *const *in_order(struct arena *a, const struct entity *e)
{
	const struct field **all = ARENA_ARRAY(a, entity_slots(e) + 1, const struct field *);
	size_t n = 0;
	for (const struct field *f = e->fields; f->name; f++) {
		size_t at = n++;
		for (; at && (f->flags & F_CUSTOM) && (all[at - 1]->flags & F_CUSTOM) &&
		       all[at - 1]->place > f->place;
		     at--)
			all[at] = all[at - 1];
		all[at] = f;
	}
	return all;
}

static void write_entity(struct jw *w, struct ctx *cx, const struct entity *e)
{
	const struct actor *ac = cx ? cx->actor : NULL;
	static const struct {
		unsigned bit;
		const char *name;
	} flags[] = {{E_COMMENTS, "comments"},   {E_FILES, "files"},
	             {E_MERGE, "merge"},         {E_SEARCH, "search"},
	             {E_NO_CREATE, "no_create"}, {E_NO_DELETE, "no_delete"},
	             {E_OPEN_READ, "open_read"}};
	jw_obj(w);
	jw_kstr(w, "name", e->name);
	jw_kstr(w, "plural", e->plural);
	jw_klabel(w, "label", e->label);
	jw_klabel(w, "label_plural", e->label_plural);
	jw_kstr(w, "number_prefix", e->number_prefix);
	jw_kstr(w, "title_field", e->title);
	jw_kstr(w, "default_sort", e->default_sort);
	jw_kbool(w, "custom", e->custom != NULL);
	jw_key(w, "flags");
	jw_obj(w);
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		jw_kbool(w, flags[i].name, e->flags & flags[i].bit);
	jw_end_obj(w);
	jw_key(w, "fields");
	jw_arr(w);
	const struct field *const *all = in_order(w->b.a, e);
	for (; *all; all++)
		if (ac ? scope_field(ac, *all) : !((*all)->flags & F_HIDDEN))
			write_field(w, cx, ac, *all);
	jw_end_arr(w);
	if (ac)
		write_can(w, ac, e);
	jw_end_obj(w);
}

void describe_entities(struct jw *w, struct ctx *cx)
{
	for (size_t i = 0; entity_at(i); i++)
		write_entity(w, cx, entity_at(i));
}

static err_t get_meta(struct api *q)
{
	struct jw w = api_json(q);
	jw_obj(&w);
	jw_key(&w, "entities");
	jw_arr(&w);
	describe_entities(&w, &q->cx);
	jw_end_arr(&w);
	jw_key(&w, "roles");
	jw_arr(&w);
	for (const struct enum_row *r = role_values; r->value; r++) {
		jw_obj(&w);
		jw_kstr(&w, "code", r->value);
		jw_klabel(&w, "label", r->label);
		jw_end_obj(&w);
	}
	jw_end_arr(&w);
	jw_end_obj(&w);
	return api_send(q, &w);
}

static err_t get_search(struct api *q)
{
	const char *text = http_query(q->rq, "q"), *limit = http_query(q->rq, "limit");
	char *end;
	long n = limit ? strtol(limit, &end, 10) : 5;
	if (limit && (!*limit || *end || n < 1 || n > 50))
		return cx_err(&q->cx, ERR_BAD_REQUEST, EP({"reason", "limit: 1–50"}));
	struct jw w = api_json(q);
	TRY(search_all(&q->cx, text ? text : "", (int)n, &w));
	return api_send(q, &w);
}

static const struct api_query search_query_params[] = {
	{"q", "string", "Chinese, pinyin, initials, tail of a phone number, record number"},
	{"limit", "integer", "Of each kind, 1 to 50"},
	{NULL, NULL, NULL},
};
static const enum err_code bad[] = {ERR_BAD_REQUEST, ERR_OK};

/* clang-format off */
const struct api_route meta_routes[] = {
	{"GET", "/api/v1/meta", get_meta, NULL, 0, 200, NULL, "@Meta", NULL, NULL,
	 L("实体与字段说明", "Entities and fields")},
	{"GET", "/api/v1/search", get_search, NULL, 0, 200, NULL, "@Search", bad,
	 search_query_params, L("全局搜索", "Global search")},
	{.method = NULL},
};
/* clang-format on */
