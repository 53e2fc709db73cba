/* Roles: their names, seeding and editing of grants. */
#include "core/roles.h"

#include <string.h>

#include "core/event.h"

/* clang-format off */
const struct enum_row role_values[] = {
	{"sales", L("销售", "Sales"), "info"},
	{"technical_consultant", L("技术顾问", "Technical consultant"), "info"},
	{"technical_lead", L("技术负责人", "Technical lead"), "info"},
	{"csm", L("客户成功经理", "Customer success manager"), "info"},
	{"legal", L("法务", "Legal"), "neutral"},
	{"finance", L("财务", "Finance"), "neutral"},
	{"sales_manager", L("销售经理", "Sales manager"), "warning"},
	{"process_owner", L("流程负责人", "Process owner"), "warning"},
	{"executive", L("高管", "Executive"), "success"},
	{"administrator", L("系统管理员", "Administrator"), "danger"},
	{NULL, L(NULL, NULL), NULL},
};

const struct event_kind role_events[] = {
	{"role.seeded", L("已载入出厂角色权限", "Shipped role grants loaded"), false},
	{"role.fields_changed", L("角色的字段权限已修改", "Field rights of a role changed"), false},
	{"role.changed", L("角色权限已修改", "Role grants changed"), false},
	{NULL, L(NULL, NULL), false},
};
const struct permission role_permissions[] = {
	{"role.read", L("查看角色权限", "See role grants")},
	{"role.update", L("修改角色权限", "Change role grants")},
	{NULL, L(NULL, NULL)},
};
/* clang-format on */

static const struct field role_field = {
	.name = "role", .type = FT_ENUM, .label = L("角色", "Role"), .values = role_values};

static err_t put(struct ctx *cx, const char *role, const char *permission, enum scope s)
{
	if (s == SCOPE_NONE)
		return db_exec(cx->c, "delete from role_grant where role = ? and permission = ?",
		               ARGS(vt(role), vt(permission)), NULL);
	return db_exec(cx->c,
	               "insert into role_grant(role, permission, scope) values (?, ?, ?)"
	               " on conflict (role, permission) do update set scope = excluded.scope",
	               ARGS(vt(role), vt(permission), vt(scope_name(s))), NULL);
}

static err_t seed_role(struct ctx *cx, const json_t *role)
{
	const char *code = json_text(role, "code");
	if (!code || !enum_row(&role_field, code))
		return cx_err(cx, ERR_BAD_JSON, EP({"reason", "roles.json: unknown role"}));
	const char *entity, *act;
	json_t *acts, *scope;
	json_object_foreach(json_object_get(role, "grants"), entity, acts)
		json_object_foreach(acts, act, scope)
	{
		enum scope s = scope_by_name(json_string_value(scope));
		if (s == SCOPE_NONE)
			return cx_err(cx, ERR_BAD_JSON, EP({"reason", "roles.json: scope"}));
		const char *permission = arena_printf(cx->a, "%s.%s", entity, act);
		if (!permission_known(permission))
			return cx_err(
				cx, ERR_BAD_JSON,
				EP({"reason", arena_printf(cx->a, "roles.json: no permission %s",
			                                   permission)}));
		TRY(put(cx, code, permission, s));
	}
	return ERR_OK;
}

err_t roles_seed(struct ctx *cx, const json_t *doc)
{
	if (json_i64(doc, "format", 0) != 1)
		return cx_err(cx, ERR_BAD_JSON, EP({"reason", "roles.json: format"}));
	size_t i;
	json_t *role;
	json_array_foreach(json_object_get(doc, "roles"), i, role) TRY(seed_role(cx, role));
	TRY(event_append(cx, &(struct event_in){.kind = "role.seeded", .entity = "role"}, NULL));
	return grants_changed(cx);
}

static err_t write_grants(struct ctx *cx, struct jw *w)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             "select role, permission, scope from role_grant order by role, permission",
	             NO_ARGS, &r));
	const char *role = "";
	jw_obj(w);
	while (rows_next(r)) {
		if (strcmp(role, rows_text(r, 0)) != 0) {
			if (*role)
				jw_end_obj(w);
			role = rows_dup(r, 0);
			jw_key(w, role);
			jw_obj(w);
		}
		jw_kstr(w, rows_text(r, 1), rows_text(r, 2));
	}
	if (*role)
		jw_end_obj(w);
	jw_end_obj(w);
	return rows_done(r);
}

err_t roles_write(struct ctx *cx, struct jw *w)
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
	jw_key(w, "permissions");
	jw_arr(w);
	for (size_t i = 0; permission_at(i); i++) {
		jw_obj(w);
		jw_kstr(w, "code", permission_at(i)->code);
		jw_klabel(w, "label", permission_at(i)->label);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	jw_key(w, "grants");
	TRY(write_grants(cx, w));
	jw_end_obj(w);
	return ERR_OK;
}

static void check_grant(struct ctx *cx, const char *role, const char *permission, const char *scope)
{
	const char *at = arena_printf(cx->a, "%s.%s", role, permission);
	enum scope s = scope_by_name(scope);
	if (!permission_known(permission))
		errs_field(&cx->e, at, ERR_UNKNOWN_FIELD, NULL);
	else if (!scope || (s == SCOPE_NONE && strcmp(scope, "none") != 0))
		errs_field(&cx->e, at, ERR_ENUM,
		           EP({"value", scope ? scope : "?"},
		              {"allowed", "none, own, team, region, all"}));
	else if (!strcmp(role, "administrator") && !strncmp(permission, "role.", 5) &&
	         s != SCOPE_ALL)
		errs_field(&cx->e, at, ERR_RULE,
		           EP({"reason",
		               cx->lang == LANG_EN
		                       ? "Administrators must keep the right to change grants"
		                       : "系统管理员必须保留修改角色权限的权力"}));
}

static err_t patch_role(struct ctx *cx, const char *role, json_t *grants)
{
	if (!enum_row(&role_field, role) || !json_is_object(grants)) {
		errs_field(&cx->e, role, ERR_UNKNOWN_FIELD, NULL);
		return ERR_OK;
	}
	const char *permission;
	json_t *scope;
	struct jw w = jw_new(cx->a, 1 << 20);
	jw_obj(&w);
	jw_kstr(&w, "role", role);
	jw_key(&w, "grants");
	jw_json(&w, grants);
	jw_end_obj(&w);
	json_object_foreach(grants, permission, scope)
	{
		check_grant(cx, role, permission, json_string_value(scope));
		if (!errs_any_field(&cx->e))
			TRY(put(cx, role, permission, scope_by_name(json_string_value(scope))));
	}
	return event_append(cx,
	                    &(struct event_in){.kind = "role.changed",
	                                       .entity = "role",
	                                       .payload = jw_done(&w)},
	                    NULL);
}

static err_t patch(struct ctx *cx, void *arg)
{
	const char *role;
	json_t *grants;
	json_object_foreach((json_t *)arg, role, grants) TRY(patch_role(cx, role, grants));
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	return grants_changed(cx);
}

err_t roles_patch(struct ctx *cx, const json_t *body)
{
	TRY(actor_need(cx, "role.update"));
	return ctx_write(cx, patch, (void *)(uintptr_t)body);
}
