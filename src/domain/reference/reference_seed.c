/* The shipped lists of industries and regions into a new database. */
#include "core/crud.h"
#include "domain/reference/reference.h"

static err_t bad(struct ctx *cx, const char *file)
{
	return cx_err(cx, ERR_BAD_JSON, EP({"reason", file}));
}

static void set_names(struct rec *r, const json_t *o)
{
	const json_t *name = json_object_get(o, "name");
	rec_set(r, "code", vt(json_text(o, "code")));
	rec_set(r, "name", vt(json_text(name, "zh")));
	rec_set(r, "name_en", vt(json_text(name, "en")));
}

err_t reference_seed_industries(struct ctx *cx, const json_t *doc)
{
	const json_t *list = json_object_get(doc, "industries");
	if (json_i64(doc, "format", 0) != 1 || !json_is_array(list))
		return bad(cx, "industries.json");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		struct rec *r = rec_new(cx->a, &industry_entity);
		set_names(r, o);
		rec_set(r, "gbt_section", vt(json_text(o, "section")));
		rec_set(r, "gbt_division", vt(json_text(o, "division")));
		TRY(crud_insert(cx, r));
	}
	return ERR_OK;
}

/* A region and, below it, its members of the given name. */
static err_t add_region(struct ctx *cx, const json_t *o, i64 parent, i64 *id)
{
	struct rec *r = rec_new(cx->a, &region_entity);
	set_names(r, o);
	rec_set(r, "parent_id", vref(parent));
	TRY(crud_insert(cx, r));
	*id = r->id;
	const json_t *cities = json_object_get(o, "cities");
	for (size_t i = 0; i < json_array_size(cities); i++) {
		i64 city;
		TRY(add_region(cx, json_array_get(cities, i), r->id, &city));
	}
	return ERR_OK;
}

err_t reference_seed_regions(struct ctx *cx, const json_t *doc)
{
	const json_t *countries = json_object_get(doc, "countries");
	const json_t *provinces = json_object_get(doc, "provinces");
	i64 china = 0, id;
	if (json_i64(doc, "format", 0) != 1 || !json_is_array(countries) ||
	    !json_is_array(provinces))
		return bad(cx, "regions.json");
	for (size_t i = 0; i < json_array_size(countries); i++) {
		TRY(add_region(cx, json_array_get(countries, i), 0, &id));
		if (!i)
			china = id; /* the list begins with ours */
	}
	for (size_t i = 0; i < json_array_size(provinces); i++)
		TRY(add_region(cx, json_array_get(provinces, i), china, &id));
	return ERR_OK;
}
