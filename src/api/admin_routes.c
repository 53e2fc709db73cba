/* The administrator's own: settings, role grants, other people's passwords, jobs. */
#include "api/tables.h"
#include "core/calendar.h"
#include "core/field_rights.h"
#include "core/job.h"
#include "core/roles.h"
#include "core/user_regions.h"

static err_t write_settings(struct api *q)
{
	struct jw w = api_json(q);
	jw_obj(&w);
	jw_key(&w, "items");
	jw_arr(&w);
	for (size_t i = 0; setting_at(i); i++)
		setting_write(&q->cx, setting_at(i), &w);
	jw_end_arr(&w);
	jw_end_obj(&w);
	return api_send(q, &w);
}

static err_t get_settings(struct api *q)
{
	return write_settings(q);
}

static err_t patch_settings(struct api *q)
{
	TRY(settings_patch(&q->cx, q->body));
	return write_settings(q);
}

static err_t get_roles(struct api *q)
{
	struct jw w = api_json(q);
	TRY(roles_write(&q->cx, &w));
	return api_send(q, &w);
}

static err_t patch_roles(struct api *q)
{
	TRY(roles_patch(&q->cx, q->body));
	return get_roles(q);
}

static err_t get_field_rights(struct api *q)
{
	struct jw w = api_json(q);
	TRY(field_rights_write(&q->cx, &w));
	return api_send(q, &w);
}

static err_t patch_field_rights(struct api *q)
{
	TRY(field_rights_patch(&q->cx, q->body));
	return get_field_rights(q);
}

static err_t get_user_regions(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	struct jw w = api_json(q);
	TRY(user_regions_write(&q->cx, id, &w));
	return api_send(q, &w);
}

static err_t put_user_regions(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	TRY(user_regions_put(&q->cx, id, q->body));
	return get_user_regions(q);
}

static err_t post_user_password(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	const char *password = api_text(q, "password", true);
	if (!password)
		return errs_invalid(&q->cx.e);
	TRY(access_reset_password(&q->cx, id, password));
	return api_done(q);
}

static err_t get_jobs(struct api *q)
{
	struct jw w = api_json(q);
	TRY(job_list(&q->cx, &w));
	return api_send(q, &w);
}

static err_t post_job_run(struct api *q)
{
	i64 id;
	TRY(api_id(q, "id", &id));
	TRY(job_run_now(&q->cx, id));
	struct jw w = api_json(q);
	TRY(job_write(&q->cx, id, &w));
	return api_send(q, &w);
}

static err_t post_calendar_import(struct api *q)
{
	i64 id, days = 0;
	struct rec *r;
	TRY(api_id(q, "id", &id));
	TRY(crud_get(&q->cx, &calendar_entity, id, "update", &r));
	TRY(calendar_import(&q->cx, rec_text(r, "code"), q->body, &days));
	struct jw w = api_json(q);
	jw_obj(&w);
	jw_kint(&w, "days", days);
	jw_end_obj(&w);
	return api_send(q, &w);
}

static const enum err_code busy[] = {ERR_CONFLICT, ERR_NOT_FOUND, ERR_OK};
static const enum err_code missing[] = {ERR_NOT_FOUND, ERR_OK};
static const enum err_code invalid[] = {ERR_INVALID, ERR_OK};
static const enum err_code password[] = {ERR_INVALID, ERR_NOT_FOUND, ERR_OK};

/* clang-format off */
const struct api_route admin_routes[] = {
	{"GET", "/api/v1/settings", get_settings, "setting.read", 0, 200, NULL, "@Settings", NULL,
	 NULL, L("系统设置", "Settings")},
	{"PATCH", "/api/v1/settings", patch_settings, "setting.update", 0, 200,
	 "{'type':'object','additionalProperties':true}", "@Settings", invalid, NULL,
	 L("修改设置", "Change settings")},
	{"GET", "/api/v1/roles", get_roles, "role.read", 0, 200, NULL, "@Roles", NULL, NULL,
	 L("角色与权限", "Roles and grants")},
	{"PATCH", "/api/v1/roles", patch_roles, "role.update", 0, 200,
	 "{'type':'object','additionalProperties':{'type':'object',"
	 "'additionalProperties':{'enum':['none','own','team','region','all']}}}",
	 "@Roles", invalid, NULL, L("修改角色权限", "Change grants")},
	{"GET", "/api/v1/field-rights", get_field_rights, "role.read", 0, 200, NULL,
	 "@FieldRights", NULL, NULL, L("字段权限", "Field rights")},
	{"PATCH", "/api/v1/field-rights", patch_field_rights, "role.update", 0, 200,
	 "{'type':'object','additionalProperties':{'type':'object','additionalProperties':{"
	 "'type':'object','additionalProperties':{'enum':['none','read','edit',null]}}}}",
	 "@FieldRights", invalid, NULL, L("修改字段权限", "Change field rights")},
	{"GET", "/api/v1/users/{id}/regions", get_user_regions, "user.read", 0, 200, NULL,
	 "@UserRegions", missing, NULL, L("用户负责的地区", "Regions of a user")},
	{"PUT", "/api/v1/users/{id}/regions", put_user_regions, "user.update", 0, 200,
	 "{'type':'object','required':['regions'],'properties':{'regions':{'type':'array','items':{"
	 "'type':'integer'}}}}",
	 "@UserRegions", password, NULL, L("设置用户负责的地区", "Set the regions of a user")},
	{"POST", "/api/v1/users/{id}/password", post_user_password, "user.update",
	 API_OWN_WRITE | API_SECRET | HTTP_SLOW, 204,
	 "{'type':'object','required':['password'],'properties':{'password':{"
	 "'type':'string'}}}",
	 NULL, password, NULL, L("重置用户密码", "Reset a user's password")},
	{"POST", "/api/v1/calendars/{id}/import", post_calendar_import, "calendar.update", 0, 200,
	 "{'type':'object','required':['years'],'properties':{'years':{'type':'array'}},"
	 "'additionalProperties':true}",
	 "{'type':'object','required':['days'],'properties':{'days':{'type':'integer'}}}", password,
	 NULL, L("导入工作日历", "Import the days of a calendar")},
	{"GET", "/api/v1/jobs", get_jobs, "job.read", 0, 200, NULL, "@Jobs", NULL, NULL,
	 L("后台任务", "Jobs")},
	{"POST", "/api/v1/jobs/{id}/run", post_job_run, "job.run", 0, 202, NULL, "@Job", busy, NULL,
	 L("立即执行后台任务", "Run a job now")},
	{.method = NULL},
};
/* clang-format on */
