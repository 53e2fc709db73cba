/* All routes: the list of tables, and the rows that stand for every entity laid out. */
#include <string.h>

#include "api/tables.h"

const struct api_route *const api_tables[] = {
	login_routes,  session_routes,     me_routes,       meta_routes,   admin_routes,
	data_routes,   import_routes,      live_routes,     file_routes,   trash_routes,
	system_routes, process_routes,     review_routes,   record_routes, undo_routes,
	bulk_routes,   merge_routes,       handover_routes, tool_routes,   notice_routes,
	entity_routes, user_access_routes, audit_routes,    NULL,
};

const char *api_schema(struct arena *a, const char *schema)
{
	char *s = arena_strdup(a, schema);
	for (char *p = s; *p; p++)
		if (*p == '\'')
			*p = '"';
	return s;
}

static json_t *parsed(struct arena *a, const char *schema)
{
	struct errs e;
	json_t *j;
	errs_init(&e, a);
	if (json_parse(a, &e, schema, strlen(schema), &j))
		panic("schema of a body: %s", schema);
	return j;
}

const char *api_body_schema(struct arena *a, const char *schema)
{
	const char *text = api_schema(a, schema);
	const json_t *j = parsed(a, text);
	return !json_object_get(j, "properties") || json_object_get(j, "additionalProperties")
	               ? text
	               : arena_printf(a, "{\"additionalProperties\":false,%s", text + 1);
}

/* What entities take is checked field by field; handlers of shapes and forms check them. */
static const json_t *members_of(struct arena *a, const struct api_route *r)
{
	if (!r->in || *r->in == '@' || (r->flags & (API_ANY_BODY | API_FORM)))
		return NULL;
	const json_t *j = parsed(a, api_body_schema(a, r->in));
	return json_is_false(json_object_get(j, "additionalProperties"))
	               ? json_object_get(j, "properties")
	               : NULL;
}

static const char *with_plural(struct arena *a, const char *path, const char *plural)
{
	const char *at = strstr(path, "{plural}");
	return arena_printf(a, "%.*s%s%s", (int)(at - path), path, plural, at + 8);
}

struct api_bound *api_bind(struct arena *a, struct api_server *s, size_t *n)
{
	size_t rows = 0, entities = 0, k = 0;
	for (const struct api_route *const *t = api_tables; *t; t++)
		for (const struct api_route *r = *t; r->method; r++)
			rows++;
	while (entity_at(entities))
		entities++;
	struct api_bound *b = ARENA_ARRAY(a, rows * (entities + 1), struct api_bound);
	for (const struct api_route *const *t = api_tables; *t; t++)
		for (const struct api_route *r = *t; r->method; r++) {
			if (r->permission && !(r->flags & API_ENTITY) &&
			    !permission_known(r->permission))
				panic("route %s %s needs unknown permission '%s'", r->method,
				      r->path, r->permission);
			if (!(r->flags & API_ENTITY)) {
				b[k] = (struct api_bound){r,     NULL, s, r->path, members_of(a, r),
				                          (int)k};
				k++;
			}
			for (size_t i = 0; (r->flags & API_ENTITY) && i < entities; i++)
				if (entity_has_route(entity_at(i), r)) {
					b[k] = (struct api_bound){
						r,
						entity_at(i),
						s,
						with_plural(a, r->path, entity_at(i)->plural),
						members_of(a, r),
						(int)k};
					k++;
				}
		}
	*n = k;
	return b;
}
