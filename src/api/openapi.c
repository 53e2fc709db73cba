/* OpenAPI 3.1 from the tables: routes, entities, shapes, errors. */
#include "api/describe.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

/* Schemas are written with ' for " where they stand in C. */
/* lead → Lead, exception_request → ExceptionRequest */
static const char *type_name(struct arena *a, const struct entity *e)
{
	char *s = arena_strdup(a, e->name), *to = s;
	bool up = true;
	for (const char *p = s; *p; p++) {
		if (*p == '_') {
			up = true;
			continue;
		}
		*to++ = up ? (char)toupper((u8)*p) : *p;
		up = false;
	}
	*to = '\0';
	return s;
}

static void ref(struct jw *w, const char *where, const char *name)
{
	jw_obj(w);
	jw_kstr(w, "$ref", arena_printf(w->b.a, "#/components/%s/%s", where, name));
	jw_end_obj(w);
}

/* -- entities -- */

static void type_of(struct jw *w, const char *type, bool nullable)
{
	jw_key(w, "type");
	if (!nullable) {
		jw_str(w, type);
		return;
	}
	jw_arr(w);
	jw_str(w, type);
	jw_str(w, "null");
	jw_end_arr(w);
}

static void enum_of(struct jw *w, const struct field *f, bool nullable)
{
	jw_key(w, "enum");
	jw_arr(w);
	for (const struct enum_row *r = f->values; r->value; r++)
		jw_str(w, r->value);
	if (nullable)
		jw_null(w);
	jw_end_arr(w);
}

static void field_schema(struct jw *w, const struct field *f, bool nullable, bool reading)
{
	jw_obj(w);
	jw_kstr(w, "description", f->label.en);
	switch (f->type) {
	case FT_INT:
	case FT_BP:
	case FT_MONEY:
		type_of(w, "integer", nullable);
		if (f->max && !reading) {
			jw_kint(w, "minimum", f->min);
			jw_kint(w, "maximum", f->max);
		}
		break;
	case FT_REF: type_of(w, "integer", nullable); break;
	case FT_BOOL: type_of(w, "boolean", nullable); break;
	case FT_ENUM:
		type_of(w, "string", nullable);
		enum_of(w, f, nullable);
		break;
	case FT_SET:
		type_of(w, "array", nullable && !reading);
		jw_key(w, "items");
		jw_obj(w);
		jw_kstr(w, "type", "string");
		enum_of(w, f, false);
		jw_end_obj(w);
		break;
	default:
		type_of(w, "string", nullable);
		if (f->type == FT_DATE)
			jw_kstr(w, "format", "date");
		else if (f->type == FT_TIME)
			jw_kstr(w, "format", "date-time");
		else if (f->max && !reading)
			jw_kint(w, "maxLength", f->max);
	}
	jw_end_obj(w);
}

static void system_schema(struct jw *w, const char *name, const char *type, const char *format)
{
	jw_key(w, name);
	jw_obj(w);
	jw_kstr(w, "type", type);
	if (format)
		jw_kstr(w, "format", format);
	jw_end_obj(w);
}

/* What codes of the record are called; see struct field_words. */
static void labels_schema(struct jw *w, const struct entity *e)
{
	bool begun = false;
	for (const struct field *f = e->fields; f->name; f++) {
		if (!f->words || (f->flags & F_HIDDEN))
			continue;
		if (!begun) {
			jw_key(w, "labels");
			jw_obj(w);
			jw_kstr(w, "type", "object");
			jw_key(w, "properties");
			jw_obj(w);
			begun = true;
		}
		jw_key(w, f->name);
		jw_obj(w);
		type_of(w, "string", true);
		jw_end_obj(w);
	}
	if (begun) {
		jw_end_obj(w);
		jw_end_obj(w);
	}
}

static void record_schema(struct jw *w, const struct entity *e)
{
	jw_obj(w);
	jw_kstr(w, "type", "object");
	jw_kstr(w, "description", e->label.en);
	jw_key(w, "required");
	jw_arr(w);
	jw_str(w, "id");
	jw_str(w, "version");
	jw_end_arr(w);
	jw_key(w, "properties");
	jw_obj(w);
	system_schema(w, "id", "integer", NULL);
	system_schema(w, "version", "integer", NULL);
	if (e->number_prefix)
		system_schema(w, "number", "string", NULL);
	for (const struct field *f = e->fields; f->name; f++) {
		if (f->flags & F_HIDDEN)
			continue;
		jw_key(w, f->name);
		field_schema(w, f, !(f->flags & F_REQUIRED), true);
		size_t n = strlen(f->name);
		if (f->type != FT_REF || n < 4 || strcmp(f->name + n - 3, "_id") != 0)
			continue;
		/* There when the reference was expanded. */
		jw_key(w, arena_strndup(w->b.a, f->name, n - 3));
		ref(w, "schemas", "Ref");
	}
	labels_schema(w, e);
	static const char *const who[] = {"created_by", "updated_by"};
	for (size_t i = 0; i < ARRAY_LEN(who); i++) {
		system_schema(w, who[i], "integer", NULL);
		jw_key(w, arena_printf(w->b.a, "%s_user", who[i]));
		ref(w, "schemas", "Ref");
	}
	system_schema(w, "created_at", "string", "date-time");
	system_schema(w, "updated_at", "string", "date-time");
	system_schema(w, "deleted_at", "string", "date-time");
	jw_end_obj(w);
	jw_end_obj(w);
}

static bool settable(const struct field *f)
{
	return !(f->flags & (F_HIDDEN | F_READONLY));
}

static void write_schema(struct jw *w, const struct entity *e, bool creating)
{
	bool any = false;
	jw_obj(w);
	jw_kstr(w, "type", "object");
	jw_kbool(w, "additionalProperties", false);
	for (const struct field *f = e->fields; creating && f->name; f++)
		any |= settable(f) && (f->flags & F_REQUIRED) && !f->dflt;
	if (any) {
		jw_key(w, "required");
		jw_arr(w);
		for (const struct field *f = e->fields; f->name; f++)
			if (settable(f) && (f->flags & F_REQUIRED) && !f->dflt)
				jw_str(w, f->name);
		jw_end_arr(w);
	}
	jw_key(w, "properties");
	jw_obj(w);
	for (const struct field *f = e->fields; f->name; f++)
		if (settable(f)) {
			jw_key(w, f->name);
			field_schema(w, f, !(f->flags & F_REQUIRED), false);
		}
	jw_end_obj(w);
	if (e->custom) {
		jw_key(w, "patternProperties");
		jw_raw(w, "{\"^cf_\":{\"description\":\"fields added by an administrator, "
		          "see /api/v1/meta\"}}");
	}
	jw_end_obj(w);
}

static void list_schema(struct jw *w, const char *type)
{
	jw_obj(w);
	jw_kstr(w, "type", "object");
	jw_key(w, "required");
	jw_raw(w, "[\"items\",\"next\"]");
	jw_key(w, "properties");
	jw_obj(w);
	jw_key(w, "items");
	jw_obj(w);
	jw_kstr(w, "type", "array");
	jw_key(w, "items");
	ref(w, "schemas", type);
	jw_end_obj(w);
	jw_key(w, "next");
	jw_raw(w, "{\"type\":[\"string\",\"null\"],\"description\":\"cursor of the next page\"}");
	jw_key(w, "total");
	jw_raw(w, "{\"type\":\"integer\",\"description\":\"with count=exact\"}");
	jw_end_obj(w);
	jw_end_obj(w);
}

static void write_schemas(struct jw *w)
{
	struct arena *a = w->b.a;
	jw_key(w, "schemas");
	jw_obj(w);
	for (const struct api_shape *s = api_shapes; s->name; s++) {
		jw_key(w, s->name);
		jw_raw(w, api_schema(a, s->schema));
	}
	for (size_t i = 0; entity_at(i); i++) {
		const struct entity *e = entity_at(i);
		const char *type = type_name(a, e);
		jw_key(w, type);
		record_schema(w, e);
		jw_key(w, arena_printf(a, "%sList", type));
		list_schema(w, type);
		if (!(e->flags & E_NO_CREATE)) {
			jw_key(w, arena_printf(a, "%sCreate", type));
			write_schema(w, e, true);
		}
		jw_key(w, arena_printf(a, "%sPatch", type));
		write_schema(w, e, false);
	}
	jw_end_obj(w);
}

/* -- routes -- */

static const char *shape_of(struct arena *a, const struct api_bound *b, const char *at)
{
	static const struct {
		const char *word, *tail;
	} of_entity[] = {
		{"@record", ""}, {"@list", "List"}, {"@create", "Create"}, {"@patch", "Patch"}};
	for (size_t i = 0; b->e && i < ARRAY_LEN(of_entity); i++)
		if (!strcmp(at, of_entity[i].word))
			return arena_printf(a, "%s%s", type_name(a, b->e), of_entity[i].tail);
	return at + 1;
}

static void schema(struct jw *w, const struct api_bound *b, const char *text)
{
	if (*text == '@')
		ref(w, "schemas", shape_of(w->b.a, b, text));
	else
		jw_raw(w, api_schema(w->b.a, text));
}

static void parameter(struct jw *w, const char *in, const char *name, const char *type,
                      const char *text, bool required)
{
	jw_obj(w);
	jw_kstr(w, "name", name);
	jw_kstr(w, "in", in);
	if (required)
		jw_kbool(w, "required", true);
	if (text)
		jw_kstr(w, "description", text);
	jw_key(w, "schema");
	jw_obj(w);
	jw_kstr(w, "type", type);
	jw_end_obj(w);
	jw_end_obj(w);
}

static const struct api_query list_query_table[] = {
	{"filter", "string", "Conditions as JSON: {\"field\":{\"op\":value}}, and/or/not"},
	{"sort", "string", "-created_at,name"},
	{"limit", "integer", "1 to 200; 50 when absent"},
	{"cursor", "string", "`next` of the page before"},
	{"q", "string", "Search: Chinese, pinyin, initials, tail of a phone number, record number"},
	{"expand", "string", "References to expand: owner,account"},
	{"fields", "string", "Only these fields: name,owner_id"},
	{"count", "string", "exact: adds `total`"},
	{NULL, NULL, NULL},
};

static void write_parameters(struct jw *w, const struct api_bound *b)
{
	const struct api_route *r = b->r;
	struct arena *a = w->b.a;
	jw_key(w, "parameters");
	jw_arr(w);
	for (const char *p = b->path; (p = strchr(p, '{')); p++) {
		const char *name = arena_strndup(a, p + 1, strcspn(p + 1, "}"));
		size_t n = strlen(name);
		bool id = n >= 2 && !strcmp(name + n - 2, "id");
		parameter(w, "path", name, id ? "integer" : "string", NULL, true);
	}
	for (const struct api_query *x = r->query; x && x->name; x++)
		parameter(w, "query", x->name, x->type, x->text, false);
	for (const struct api_query *x = list_query_table; (r->flags & API_LIST) && x->name; x++)
		ref(w, "parameters", x->name);
	if (r->flags & API_IF_MATCH)
		ref(w, "parameters", "if_match");
	if (!strcmp(r->method, "POST") && !(r->flags & API_PUBLIC))
		ref(w, "parameters", "idempotency_key");
	jw_end_arr(w);
}

/* Errors by status: those of every route of its kind, and the row's own. */
static void write_refusals(struct jw *w, const struct api_bound *b)
{
	const struct api_route *r = b->r;
	bool seen[ERR_COUNT] = {false};
	bool open = r->flags & API_PUBLIC, post = !strcmp(r->method, "POST");
	const struct {
		bool applies;
		enum err_code code;
	} usual[] = {
		{true, ERR_BAD_REQUEST},
		{true, ERR_HEADER_SIZE},
		{true, ERR_INTERNAL},
		{true, ERR_DB},
		{true, ERR_DB_BUSY},
		{true, ERR_UNAVAILABLE},
		{!open, ERR_UNAUTHENTICATED},
		{!open, ERR_FORBIDDEN},
		{!open && !(r->flags & API_EARLY), ERR_PASSWORD_CHANGE},
		{!open && strcmp(r->method, "GET") != 0, ERR_CSRF},
		{!open && post, ERR_IDEMPOTENCY},
		{!open && post && (r->flags & API_SECRET), ERR_CONFLICT},
		{r->in != NULL, ERR_BAD_JSON},
		{r->in != NULL, ERR_TOO_BIG},
		{r->in != NULL, ERR_MEDIA_TYPE},
		{r->in != NULL, ERR_INVALID},
		{strstr(b->path, "{") != NULL, ERR_NOT_FOUND},
		{r->flags & API_IF_MATCH, ERR_IF_MATCH},
	};
	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		seen[usual[i].code] |= usual[i].applies;
	for (const enum err_code *c = r->errors; c && *c; c++)
		seen[*c] = true;
	for (int status = 400; status < 600; status++) {
		struct buf codes = buf_new(w->b.a, 4096);
		for (int c = 1; c < ERR_COUNT; c++)
			if (seen[c] && err_def((enum err_code)c)->status == status)
				buf_printf(&codes, "%s%s", codes.n ? ", " : "",
				           err_def((enum err_code)c)->code);
		if (!codes.n)
			continue;
		jw_key(w, arena_printf(w->b.a, "%d", status));
		jw_obj(w);
		jw_kstr(w, "description", buf_str(&codes));
		jw_key(w, "content");
		jw_raw(w, "{\"application/problem+json\":{\"schema\":"
		          "{\"$ref\":\"#/components/schemas/Problem\"}}}");
		jw_end_obj(w);
	}
}

/* Answers that are no JSON, by the name that stands in `out`. */
static const char *other_type(const char *out)
{
	static const struct {
		const char *out, *type;
	} types[] = {{"@Text", "text/plain"}, {"@Stream", "text/event-stream"}, {"@Bytes", "*/*"}};
	for (size_t i = 0; out && i < ARRAY_LEN(types); i++)
		if (!strcmp(out, types[i].out))
			return types[i].type;
	return NULL;
}

static void write_responses(struct jw *w, const struct api_bound *b)
{
	const struct api_route *r = b->r;
	const char *other = other_type(r->out);
	jw_key(w, "responses");
	jw_obj(w);
	jw_key(w, arena_printf(w->b.a, "%d", r->status ? r->status : 200));
	jw_obj(w);
	jw_kstr(w, "description", r->out ? "Done" : "Done, no content");
	if (r->out) {
		jw_key(w, "content");
		jw_obj(w);
		jw_key(w, other ? other : "application/json");
		jw_obj(w);
		jw_key(w, "schema");
		if (other)
			jw_raw(w, "{\"type\":\"string\"}");
		else
			schema(w, b, r->out);
		jw_end_obj(w);
		jw_end_obj(w);
	}
	jw_end_obj(w);
	write_refusals(w, b);
	jw_end_obj(w);
}

static const char *operation_id(struct arena *a, const struct api_bound *b)
{
	struct buf id = buf_new(a, 1024);
	for (const char *p = b->r->method; *p; p++)
		buf_putc(&id, (char)tolower((u8)*p));
	bool api = text_begins(b->path, "/api/v1/");
	const char *path = api ? b->path + 7 : b->path;
	if (!api) /* /metrics and /api/v1/metrics are two things */
		buf_puts(&id, "_system");
	for (const char *p = path; *p; p++)
		if (isalnum((u8)*p) || (*p == '_'))
			buf_putc(&id, *p);
		else if (*p != '}')
			buf_puts(&id, *p == '{' ? "by_" : "_");
	return buf_str(&id);
}

/* The first word of the path, or the entity. */
static const char *tag_of(struct arena *a, const struct api_bound *b)
{
	const char *p = text_begins(b->path, "/api/v1/") ? b->path + 8 : "system";
	return arena_strndup(a, p, strcspn(p, "/"));
}

/* NULL: whoever is logged in. What hangs on a record asks for the right to read that. */
static const char *permission_of(struct arena *a, const struct api_bound *b)
{
	const char *act = b->r->permission;
	const struct entity *e = b->e;
	if (!e || !act)
		return act;
	bool reading = !strcmp(act, "read");
	if (reading && (e->flags & E_OPEN_READ))
		return NULL;
	while (reading && (e->flags & E_PARENT_READ))
		e = entity_by_name(e->scope.parents[0].entity);
	return arena_printf(a, "%s.%s", e->name, act);
}

static void write_operation(struct jw *w, const struct api_bound *b)
{
	const struct api_route *r = b->r;
	struct arena *a = w->b.a;
	char method[16] = "";
	for (size_t i = 0; r->method[i] && i < sizeof method - 1; i++)
		method[i] = (char)tolower((u8)r->method[i]);
	jw_key(w, method);
	jw_obj(w);
	jw_kstr(w, "operationId", operation_id(a, b));
	jw_kstr(w, "summary",
	        b->e ? arena_printf(a, "%s: %s", b->e->label.en, r->summary.en) : r->summary.en);
	jw_key(w, "tags");
	jw_arr(w);
	jw_str(w, tag_of(a, b));
	jw_end_arr(w);
	if (r->flags & API_PUBLIC) {
		jw_key(w, "security");
		jw_raw(w, "[]");
	}
	const char *permission = permission_of(a, b);
	if (permission)
		jw_kstr(w, "x-permission", permission);
	write_parameters(w, b);
	if (r->in) {
		bool form = r->flags & API_ANY_BODY;
		jw_key(w, "requestBody");
		jw_obj(w);
		jw_kbool(w, "required", true);
		jw_key(w, "content");
		jw_obj(w);
		jw_key(w, form ? "multipart/form-data" : "application/json");
		jw_obj(w);
		jw_key(w, "schema");
		if (*r->in == '@')
			schema(w, b, r->in);
		else
			jw_raw(w, api_body_schema(a, r->in));
		jw_end_obj(w);
		jw_end_obj(w);
		jw_end_obj(w);
	}
	write_responses(w, b);
	jw_end_obj(w);
}

static void write_paths(struct jw *w, const struct api_bound *b, size_t n)
{
	jw_key(w, "paths");
	jw_obj(w);
	for (size_t i = 0; i < n; i++) {
		bool first = !(b[i].r->flags & API_FORM);
		for (size_t k = 0; k < i && first; k++)
			first = strcmp(b[k].path, b[i].path) != 0;
		if (!first)
			continue;
		jw_key(w, b[i].path);
		jw_obj(w);
		for (size_t k = i; k < n; k++)
			if (!strcmp(b[k].path, b[i].path))
				write_operation(w, &b[k]);
		jw_end_obj(w);
	}
	jw_end_obj(w);
}

static void write_tags(struct jw *w, const struct api_bound *b, size_t n)
{
	struct arena *a = w->b.a;
	jw_key(w, "tags");
	jw_arr(w);
	for (size_t i = 0; i < n; i++) {
		const char *tag = tag_of(a, &b[i]);
		bool first = !(b[i].r->flags & API_FORM);
		for (size_t k = 0; k < i && first; k++)
			first = (b[k].r->flags & API_FORM) || strcmp(tag_of(a, &b[k]), tag) != 0;
		if (!first)
			continue;
		const struct entity *e = entity_by_plural(tag);
		jw_obj(w);
		jw_kstr(w, "name", tag);
		jw_kstr(w, "description", e ? e->label_plural.en : b[i].r->summary.en);
		jw_end_obj(w);
	}
	jw_end_arr(w);
}

static void write_components(struct jw *w)
{
	jw_key(w, "components");
	jw_obj(w);
	jw_key(w, "securitySchemes");
	jw_raw(w,
	       api_schema(w->b.a,
	                  "{'bearer':{'type':'http','scheme':'bearer'},'session':{'type':'apiKey',"
	                  "'in':'cookie','name':'tripod_session'},'csrf':{'type':'apiKey','in':"
	                  "'header','name':'X-CSRF-Token'}}"));
	jw_key(w, "parameters");
	jw_obj(w);
	for (const struct api_query *x = list_query_table; x->name; x++) {
		jw_key(w, x->name);
		parameter(w, "query", x->name, x->type, x->text, false);
	}
	jw_key(w, "if_match");
	parameter(w, "header", "If-Match", "string", "The version that was read: \"7\"", true);
	jw_key(w, "idempotency_key");
	parameter(w, "header", "Idempotency-Key", "string",
	          "The same key and request again: done once, answered alike for 24 hours", false);
	jw_end_obj(w);
	write_schemas(w);
	jw_end_obj(w);
}

void describe_openapi(struct jw *w)
{
	size_t n;
	const struct api_bound *b = api_bind(w->b.a, NULL, &n);
	jw_obj(w);
	jw_kstr(w, "openapi", "3.1.0");
	jw_key(w, "info");
	jw_obj(w);
	jw_kstr(w, "title", "Tripod");
	jw_kstr(w, "version", TRIPOD_VERSION);
	jw_kstr(w, "description",
	        "The key-account sales process: records, nodes, events. Sentences come in the "
	        "language of the user, or of Accept-Language (zh, en).");
	jw_key(w, "license");
	jw_raw(w, "{\"name\":\"AGPL-3.0-or-later\",\"identifier\":\"AGPL-3.0-or-later\"}");
	jw_end_obj(w);
	jw_key(w, "servers");
	jw_raw(w, "[{\"url\":\"/\"}]");
	jw_key(w, "security");
	jw_raw(w, "[{\"bearer\":[]},{\"session\":[],\"csrf\":[]}]");
	write_tags(w, b, n);
	write_paths(w, b, n);
	write_components(w);
	jw_end_obj(w);
}
