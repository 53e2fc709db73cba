/* Field rights read and changed. */
#include "core/field_rights.h"

#include <string.h>

#include "core/event.h"
#include "core/roles.h"

/* What the engine keeps has no field that a person writes: its rights are the engine's own. */
static bool takes_rights(const struct entity *e)
{
	for (const struct field *f = e->fields; f->name; f++)
		if (!(f->flags & (F_HIDDEN | F_READONLY)))
			return true;
	return false;
}

/* A record without its name is no record, and one that lacks what is required cannot be made. */
static enum field_access least(const struct entity *e, const struct field *f)
{
	bool title = e->title && !strcmp(e->title, f->name);
	return title || ((f->flags & F_REQUIRED) && !f->dflt) ? FIELD_READ : FIELD_NONE;
}

static void write_entity(struct jw *w, const struct entity *e)
{
	jw_obj(w);
	jw_kstr(w, "name", e->name);
	jw_klabel(w, "label", e->label);
	jw_key(w, "fields");
	jw_arr(w);
	for (const struct field *f = e->fields; f->name; f++) {
		if (f->flags & F_HIDDEN)
			continue;
		jw_obj(w);
		jw_kstr(w, "name", f->name);
		jw_klabel(w, "label", f->label);
		jw_kstr(w, "group", f->group);
		jw_kbool(w, "readonly", f->flags & F_READONLY);
		jw_kstr(w, "least", field_access_name(least(e, f)));
		jw_end_obj(w);
	}
	jw_end_arr(w);
	jw_end_obj(w);
}

/* Opens and closes the objects of {role:{entity:{…}}} as rows go by in that order. */
struct nest {
	struct jw *w;
	const char *role, *entity;
};

static void nest_to(struct nest *n, const char *role, const char *entity)
{
	bool other_role = !n->role || !role || strcmp(n->role, role) != 0;
	bool other = other_role || strcmp(n->entity, entity) != 0;
	if (n->role && other)
		jw_end_obj(n->w);
	if (n->role && other_role)
		jw_end_obj(n->w);
	if (role && other_role) {
		jw_key(n->w, role);
		jw_obj(n->w);
	}
	if (role && other) {
		jw_key(n->w, entity);
		jw_obj(n->w);
	}
	n->role = role;
	n->entity = entity;
}

static err_t granted(struct ctx *cx, const char *role, const char *permission, bool *yes)
{
	i64 one;
	return db_one_i64(cx->c, "select 1 from role_grant where role = ? and permission = ?",
	                  ARGS(vt(role), vt(permission)), &one, yes);
}

static err_t write_defaults(struct ctx *cx, struct jw *w)
{
	jw_obj(w);
	struct nest n = {.w = w};
	for (const struct enum_row *r = role_values; r->value; r++)
		for (size_t i = 0; entity_at(i); i++)
			for (const struct field *f = entity_at(i)->fields; f->name; f++) {
				bool yes = true;
				if (f->read_permission)
					TRY(granted(cx, r->value, f->read_permission, &yes));
				if (yes)
					continue;
				nest_to(&n, r->value, entity_at(i)->name);
				jw_kstr(w, f->name, field_access_name(FIELD_NONE));
			}
	nest_to(&n, NULL, NULL);
	jw_end_obj(w);
	return ERR_OK;
}

static err_t write_rights(struct ctx *cx, struct jw *w)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             "select role, entity, field, access from field_right"
	             " order by role, entity, field",
	             NO_ARGS, &r));
	jw_obj(w);
	struct nest n = {.w = w};
	while (rows_next(r)) {
		nest_to(&n, rows_dup(r, 0), rows_dup(r, 1));
		jw_kstr(w, rows_text(r, 2), rows_text(r, 3));
	}
	nest_to(&n, NULL, NULL);
	jw_end_obj(w);
	return rows_done(r);
}

err_t field_rights_write(struct ctx *cx, struct jw *w)
{
	TRY(actor_need(cx, "role.read"));
	jw_obj(w);
	jw_key(w, "roles");
	jw_arr(w);
	for (const struct enum_row *e = role_values; e->value; e++) {
		jw_obj(w);
		jw_kstr(w, "code", e->value);
		jw_klabel(w, "label", e->label);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	jw_key(w, "entities");
	jw_arr(w);
	for (size_t i = 0; entity_at(i); i++)
		if (takes_rights(entity_at(i)))
			write_entity(w, entity_at(i));
	jw_end_arr(w);
	jw_key(w, "defaults");
	TRY(write_defaults(cx, w));
	jw_key(w, "rights");
	TRY(write_rights(cx, w));
	jw_end_obj(w);
	return ERR_OK;
}

/* -- changing -- */

err_t field_right_put(struct ctx *cx, const char *role, const char *entity, const char *field,
                      enum field_access access)
{
	return db_exec(cx->c,
	               "insert into field_right(role, entity, field, access) values (?, ?, ?, ?)"
	               " on conflict (role, entity, field) do update set access = excluded.access",
	               ARGS(vt(role), vt(entity), vt(field), vt(field_access_name(access))), NULL);
}

static bool role_known(const char *role)
{
	for (const struct enum_row *r = role_values; r->value; r++)
		if (!strcmp(r->value, role))
			return true;
	return false;
}

/* One field of one role; *differs: the table changed. Field errors go to cx->e. */
static err_t put_one(struct ctx *cx, const char *role, const struct entity *e, const char *name,
                     const json_t *word, struct jw *w, bool *differs)
{
	const char *at = arena_printf(cx->a, "%s.%s.%s", role, e->name, name);
	const struct field *f = field_by_name(e, name);
	enum field_access access = FIELD_EDIT;
	bool reset = json_is_null(word);
	if (!f || (f->flags & F_HIDDEN)) {
		errs_field(&cx->e, at, ERR_UNKNOWN_FIELD, NULL);
		return ERR_OK;
	}
	if (!reset && !field_access_by_name(json_string_value(word), &access)) {
		errs_field(&cx->e, at, ERR_ENUM,
		           EP({"value", json_is_string(word) ? json_string_value(word) : "?"},
		              {"allowed", "none, read, edit"}));
		return ERR_OK;
	}
	if (access < least(e, f)) {
		errs_field(&cx->e, at, ERR_RULE,
		           EP({"reason", cx->lang == LANG_EN
		                                 ? "A name or a required field cannot be hidden"
		                                 : "名称和必填字段不能隐藏"}));
		return ERR_OK;
	}
	if (access != FIELD_EDIT && !strcmp(role, "administrator") && !strcmp(e->name, "user")) {
		errs_field(
			&cx->e, at, ERR_RULE,
			EP({"reason", cx->lang == LANG_EN ? "Administrators must keep hold of users"
		                                          : "系统管理员必须能维护用户的全部字段"}));
		return ERR_OK;
	}
	const char *was = NULL;
	TRY(db_one_text(
		cx->c, "select access from field_right where role = ? and entity = ? and field = ?",
		ARGS(vt(role), vt(e->name), vt(name)), &was));
	const char *now = reset ? NULL : field_access_name(access);
	if (was == now || (was && now && !strcmp(was, now)))
		return ERR_OK;
	if (now)
		TRY(field_right_put(cx, role, e->name, name, access));
	else
		TRY(db_exec(cx->c,
		            "delete from field_right where role = ? and entity = ? and field = ?",
		            ARGS(vt(role), vt(e->name), vt(name)), NULL));
	jw_key(w, name);
	jw_arr(w);
	jw_str(w, was);
	jw_str(w, now);
	jw_end_arr(w);
	*differs = true;
	return ERR_OK;
}

static err_t put_entity(struct ctx *cx, const char *role, const char *entity, const json_t *fields)
{
	const struct entity *e = entity_by_name(entity);
	if (!e || !takes_rights(e) || !json_is_object(fields)) {
		errs_field(&cx->e, arena_printf(cx->a, "%s.%s", role, entity), ERR_UNKNOWN_FIELD,
		           NULL);
		return ERR_OK;
	}
	struct jw w = jw_new(cx->a, 1 << 20);
	jw_obj(&w);
	jw_kstr(&w, "role", role);
	jw_kstr(&w, "entity", entity);
	jw_key(&w, "access");
	jw_obj(&w);
	bool differs = false;
	const char *name;
	json_t *word;
	json_object_foreach((json_t *)fields, name, word)
		TRY(put_one(cx, role, e, name, word, &w, &differs));
	jw_end_obj(&w);
	jw_end_obj(&w);
	return !differs ? ERR_OK
	                : event_append(cx,
	                               &(struct event_in){.kind = "role.fields_changed",
	                                                  .entity = "role",
	                                                  .payload = jw_done(&w)},
	                               NULL);
}

static err_t patch(struct ctx *cx, void *arg)
{
	const char *role, *entity;
	json_t *entities, *fields;
	json_object_foreach((json_t *)arg, role, entities)
	{
		if (!role_known(role) || !json_is_object(entities)) {
			errs_field(&cx->e, role, ERR_UNKNOWN_FIELD, NULL);
			continue;
		}
		json_object_foreach(entities, entity, fields)
			TRY(put_entity(cx, role, entity, fields));
	}
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	return grants_changed(cx);
}

err_t field_rights_patch(struct ctx *cx, const json_t *body)
{
	TRY(actor_need(cx, "role.update"));
	return ctx_write(cx, patch, (void *)(uintptr_t)body);
}
