/* Users and teams as entities: their fields and the rules over them. Passwords are no fields:
 * they go in and out by core/access.h only. */
#include "core/user_tables.h"

#include <string.h>

#include "core/access.h"
#include "core/crud.h"
#include "core/roles.h"
#include "core/set.h"

/* clang-format off */
static const struct enum_row lang_values[] = {
	{"zh", L("中文", "Chinese"), NULL},
	{"en", L("英文", "English"), NULL},
	{NULL, L(NULL, NULL), NULL},
};
static const struct enum_row theme_values[] = {
	{"auto", L("跟随系统", "As the system"), NULL},
	{"light", L("浅色", "Light"), NULL},
	{"dark", L("深色", "Dark"), NULL},
	{NULL, L(NULL, NULL), NULL},
};
/* clang-format on */

/* Small letters, digits, dot, dash, underscore, at: also an e-mail address may be a login. */
static enum err_code check_login(const struct val *v)
{
	const char *s = v->s.p;
	if (v->s.n < 2 || strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789._-@") != v->s.n)
		return ERR_LOGIN_NAME;
	return ERR_OK;
}

static enum err_code check_zone(const struct val *v)
{
	return zone_valid(v->s.p) ? ERR_OK : ERR_ZONE;
}

/* clang-format off */
static const struct field user_fields[] = {
	{.name = "login", .type = FT_TEXT, .flags = F_REQUIRED | F_UNIQUE | F_LIST | F_KEY,
	 .label = L("登录名", "Login"), .max = 64, .check = check_login,
	 .help = L("小写字母、数字和 . _ - @", "Small letters, digits and . _ - @")},
	{.name = "name", .type = FT_TEXT, .flags = F_REQUIRED | F_SEARCH | F_LIST | F_KEY,
	 .label = L("姓名", "Name"), .max = 100},
	{.name = "title", .type = FT_TEXT, .flags = F_LIST, .label = L("职务", "Job title"), .max = 100},
	{.name = "roles", .type = FT_SET, .flags = F_LIST, .label = L("角色", "Roles"),
	 .values = role_values},
	{.name = "team_id", .type = FT_REF, .ref = "team", .flags = F_LIST, .label = L("团队", "Team")},
	{.name = "manager_id", .type = FT_REF, .ref = "user", .label = L("直接上级", "Manager")},
	{.name = "email", .type = FT_EMAIL, .flags = F_KEY, .label = L("邮箱", "E-mail")},
	{.name = "phone", .type = FT_PHONE, .label = L("电话", "Phone")},
	{.name = "lang", .type = FT_ENUM, .flags = F_REQUIRED, .label = L("界面语言", "Language"),
	 .values = lang_values, .dflt = "zh"},
	{.name = "zone", .type = FT_TEXT, .flags = F_REQUIRED, .label = L("时区", "Time zone"),
	 .max = 64, .dflt = "Asia/Shanghai", .check = check_zone},
	{.name = "theme", .type = FT_ENUM, .flags = F_NOIMPORT, .label = L("外观", "Appearance"),
	 .values = theme_values},
	{.name = "active", .type = FT_BOOL, .flags = F_REQUIRED | F_LIST, .label = L("启用", "Active"),
	 .dflt = "1"},
	{.name = "external_key", .type = FT_TEXT, .flags = F_KEY | F_NOFORM,
	 .label = L("外部编号", "External key")},
	{.name = "must_change_password", .type = FT_BOOL, .flags = F_READONLY | F_NOFORM | F_NOIMPORT,
	 .label = L("下次登录须改密码", "Must change password"), .dflt = "0"},
	{.name = "last_login_at", .type = FT_TIME, .flags = F_READONLY | F_NOFORM | F_NOIMPORT,
	 .label = L("最近登录", "Last log-in")},
	{.name = NULL},
};

static const struct field team_fields[] = {
	{.name = "name", .type = FT_TEXT, .flags = F_REQUIRED | F_LIST | F_KEY,
	 .label = L("名称", "Name"), .max = 100},
	{.name = "code", .type = FT_TEXT, .flags = F_LIST | F_KEY, .label = L("代码", "Code"), .max = 40},
	{.name = "parent_id", .type = FT_REF, .ref = "team", .flags = F_LIST,
	 .label = L("上级团队", "Parent team")},
	{.name = "manager_id", .type = FT_REF, .ref = "user", .flags = F_LIST,
	 .label = L("负责人", "Manager")},
	{.name = "region_code", .type = FT_TEXT, .label = L("大区", "Region"), .max = 40},
	{.name = NULL},
};
/* clang-format on */

static err_t reason(struct ctx *cx, const char *field, const char *zh, const char *en)
{
	errs_field(&cx->e, field, ERR_RULE, EP({"reason", cx->lang == LANG_EN ? en : zh}));
	return ERR_OK;
}

/* Would nobody be left who can let others in? */
static err_t last_administrator(struct ctx *cx, const struct rec *r, bool *yes)
{
	i64 others = 0;
	TRY(db_one_i64(cx->c,
	               "select count(*) from app_user where active = 1 and deleted_at is null"
	               " and roles like '%,administrator,%' and id <> ?",
	               ARGS(vi(r->id)), &others, NULL));
	*yes = !others;
	return ERR_OK;
}

static bool is_administrator(const struct rec *r)
{
	return rec_i64(r, "active") && set_has(rec_text(r, "roles"), "administrator");
}

/* Walks up from the new parent; the depth bound only guards against a loop made elsewhere. */
static err_t check_above(struct ctx *cx, const struct rec *now, const char *field)
{
	i64 at = rec_i64(now, field);
	const char *sql = arena_printf(cx->a, "select %s from %s where id = ?", field,
	                               now->e->table);
	for (int depth = 0; at && now->id && depth < 64; depth++) {
		if (at == now->id) {
			errs_field(&cx->e, field, ERR_CYCLE, NULL);
			return ERR_OK;
		}
		i64 next = 0;
		TRY(db_one_i64(cx->c, sql, ARGS(vi(at)), &next, NULL));
		at = next;
	}
	return ERR_OK;
}

static err_t user_check(struct ctx *cx, struct rec *now, const struct rec *before)
{
	TRY(check_above(cx, now, "manager_id"));
	if (!before || !is_administrator(before) || is_administrator(now))
		return ERR_OK;
	bool last;
	TRY(last_administrator(cx, now, &last));
	return !last ? ERR_OK
	             : reason(cx, rec_i64(now, "active") ? "roles" : "active",
	                      "至少要保留一位启用的系统管理员",
	                      "At least one active administrator must remain");
}

static err_t user_saved(struct ctx *cx, const struct rec *now, const struct rec *before)
{
	if (before && rec_i64(before, "active") && !rec_i64(now, "active"))
		return access_end_all(cx, now->id, 0);
	return ERR_OK;
}

static err_t user_removing(struct ctx *cx, const struct rec *r)
{
	bool last = false;
	if (is_administrator(r))
		TRY(last_administrator(cx, r, &last));
	if (last) {
		TRY(reason(cx, "roles", "至少要保留一位启用的系统管理员",
		           "At least one active administrator must remain"));
		return errs_invalid(&cx->e);
	}
	return access_end_all(cx, r->id, 0);
}

static err_t team_check(struct ctx *cx, struct rec *now, const struct rec *before)
{
	(void)before;
	return check_above(cx, now, "parent_id");
}

static const struct entity_hooks user_hooks = {
	.check = user_check, .saved = user_saved, .removing = user_removing};
static const struct entity_hooks team_hooks = {.check = team_check};

const struct entity user_entity = {
	.name = "user",
	.plural = "users",
	.table = "app_user",
	.label = L("用户", "User"),
	.label_plural = L("用户", "Users"),
	.title = "name",
	.fields = user_fields,
	.scope = {.owners = {"id"}},
	.flags = E_SEARCH,
	.hooks = &user_hooks,
	.default_sort = "name",
};
const struct entity team_entity = {
	.name = "team",
	.plural = "teams",
	.table = "team",
	.label = L("团队", "Team"),
	.label_plural = L("团队", "Teams"),
	.title = "name",
	.fields = team_fields,
	.scope = {.owners = {"manager_id"}},
	.hooks = &team_hooks,
	.default_sort = "name",
};
