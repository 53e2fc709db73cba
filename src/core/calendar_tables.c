/* Calendars and their days as entities; events and settings. */
#include <string.h>

#include "core/calendar.h"
#include "core/record.h"
#include "core/setting.h"

static const struct enum_row weekdays[] = {
	{"1", L("周一", "Monday"), "neutral"},    {"2", L("周二", "Tuesday"), "neutral"},
	{"3", L("周三", "Wednesday"), "neutral"}, {"4", L("周四", "Thursday"), "neutral"},
	{"5", L("周五", "Friday"), "neutral"},    {"6", L("周六", "Saturday"), "neutral"},
	{"7", L("周日", "Sunday"), "neutral"},    {NULL, {NULL, NULL}, NULL},
};

static const struct field calendar_fields[] = {
	{.name = "code",
         .type = FT_TEXT,
         .flags = F_REQUIRED | F_UNIQUE | F_LIST | F_KEY,
         .max = 20,
         .label = L("代码", "Code")},
	{.name = "name",
         .type = FT_TEXT,
         .flags = F_REQUIRED | F_LIST | F_KEY,
         .max = 60,
         .label = L("名称", "Name")},
	{.name = "name_en",
         .type = FT_TEXT,
         .flags = F_LIST,
         .max = 80,
         .label = L("英文名称", "English name")},
	{.name = "parent_id",
         .type = FT_REF,
         .ref = "calendar",
         .flags = F_LIST,
         .label = L("基于", "Rests on"),
         .help = L("本日历没有写明的日子，按这份日历执行",
                   "Days that this calendar does not name are as in that one")},
	{.name = "weekend",
         .type = FT_SET,
         .flags = F_LIST,
         .values = weekdays,
         .dflt = ",6,7,",
         .label = L("每周休息日", "Weekend")},
	{.name = "source", .type = FT_LONGTEXT, .max = 4000, .label = L("数据来源", "Source")},
	{.name = NULL},
};

static const struct enum_row work_values[] = {
	{"off", L("放假", "Off"), "danger"},
	{"half", L("半天班", "Half day"), "warning"},
	{"full", L("上班", "Working"), "success"},
	{NULL, {NULL, NULL}, NULL},
};

static const struct field day_fields[] = {
	{.name = "calendar_id",
         .type = FT_REF,
         .ref = "calendar",
         .flags = F_REQUIRED | F_LIST | F_KEY,
         .label = L("工作日历", "Calendar")},
	{.name = "day",
         .type = FT_DATE,
         .flags = F_REQUIRED | F_LIST | F_KEY,
         .label = L("日期", "Day")},
	{.name = "work",
         .type = FT_ENUM,
         .flags = F_REQUIRED | F_LIST,
         .values = work_values,
         .dflt = "off",
         .label = L("安排", "Work")},
	{.name = "name",
         .type = FT_TEXT,
         .flags = F_LIST,
         .max = 60,
         .label = L("名目", "Occasion")},
	{.name = NULL},
};

static err_t tell(struct ctx *cx, const struct rec *now, const struct rec *before)
{
	(void)now;
	(void)before;
	return db_notify(cx->c, "calendar", "");
}

static err_t removing_day(struct ctx *cx, const struct rec *r)
{
	return tell(cx, r, r);
}

/* A weekend of seven days would let no working day ever come; so would a circle. */
static err_t calendar_check(struct ctx *cx, struct rec *now, const struct rec *before)
{
	(void)before;
	const char *weekend = rec_text(now, "weekend");
	if (weekend && strlen(weekend) > 13)
		errs_field(
			&cx->e, "weekend", ERR_RULE,
			EP({"reason", cx->lang == LANG_EN ? "At least one day must be left for work"
		                                          : "至少要留一天上班"}));
	i64 at = rec_i64(now, "parent_id");
	for (int depth = 0; at && now->id && depth < 16; depth++) {
		if (at == now->id) {
			errs_field(&cx->e, "parent_id", ERR_CYCLE, NULL);
			return ERR_OK;
		}
		i64 next = 0;
		TRY(db_one_i64(cx->c, "select parent_id from calendar where id = ?", ARGS(vi(at)),
		               &next, NULL));
		at = next;
	}
	return ERR_OK;
}

/* One entry a day: the second would silently win or lose. */
static err_t day_check(struct ctx *cx, struct rec *now, const struct rec *before)
{
	(void)before;
	i64 other = 0;
	TRY(db_one_i64(cx->c,
	               "select id from calendar_day where calendar_id = ? and day = ? and id <> ?"
	               " and deleted_at is null",
	               ARGS(vi(rec_i64(now, "calendar_id")), vt(rec_text(now, "day")), vi(now->id)),
	               &other, NULL));
	if (other)
		errs_field(&cx->e, "day", ERR_RULE,
		           EP({"reason", cx->lang == LANG_EN ? "This day is already in the calendar"
		                                             : "这一天已经在日历里"}));
	return ERR_OK;
}

static err_t removing_calendar(struct ctx *cx, const struct rec *r)
{
	i64 n = 0;
	TRY(db_one_i64(
		cx->c,
		"select (select count(*) from region where calendar_id = ? and deleted_at is"
		" null) + (select count(*) from calendar where parent_id = ? and deleted_at is"
		" null)",
		ARGS(vi(r->id), vi(r->id)), &n, NULL));
	if (n || !strcmp(rec_text(r, "code"), setting_text(cx, "calendar.company")))
		return cx_err(
			cx, ERR_CONFLICT,
			EP({"reason", cx->lang == LANG_EN
		                              ? "regions, calendars or the company still use it"
		                              : "还有地区、日历或公司在用"}));
	return tell(cx, r, r);
}

static const struct entity_hooks calendar_hooks = {
	.check = calendar_check, .saved = tell, .removing = removing_calendar};
static const struct entity_hooks day_hooks = {
	.check = day_check, .saved = tell, .removing = removing_day};

const struct entity calendar_entity = {
	.name = "calendar",
	.plural = "calendars",
	.table = "calendar",
	.label = L("工作日历", "Calendar"),
	.label_plural = L("工作日历", "Calendars"),
	.title = "name",
	.fields = calendar_fields,
	.flags = E_OPEN_READ,
	.hooks = &calendar_hooks,
	.default_sort = "code",
};

const struct entity calendar_day_entity = {
	.name = "calendar_day",
	.plural = "calendar_days",
	.table = "calendar_day",
	.label = L("日历日", "Calendar day"),
	.label_plural = L("日历日", "Calendar days"),
	.title = "day",
	.fields = day_fields,
	.flags = E_OPEN_READ,
	.hooks = &day_hooks,
	.default_sort = "day",
};

/* clang-format off */
static const struct event_kind events[] = {
	{"calendar.imported", L("已导入工作日历", "Working-day calendar imported"), false},
	{NULL, L(NULL, NULL), false},
};
static const struct setting_def settings[] = {
	{{.name = "calendar.company", .type = FT_TEXT, .flags = F_REQUIRED, .max = 20, .dflt = "cn",
	  .label = L("公司工作日历", "The company's calendar"),
	  .help = L("地区没有另设日历时，时限按这份日历计算（填日历代码）",
	            "Code of the calendar that limits are counted by where a region has none")}, NULL},
	{.f = {.name = NULL}},
};
/* clang-format on */

const struct module calendar_module = {
	.name = "calendar",
	.entities = (const struct entity *const[]){&calendar_entity, &calendar_day_entity, NULL},
	.events = events,
	.settings = settings,
};
