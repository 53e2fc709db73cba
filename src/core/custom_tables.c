/* Definitions of added fields: an entity of its own, and the rules over it. */
#include "core/custom_rules.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "core/actor.h"
#include "core/custom.h"
#include "core/field_rights.h"
#include "core/roles.h"
#include "core/set.h"

enum { OPTIONS_MAX = 100, NAME_MAX_CHARS = 40 };

/* clang-format off */
static const struct enum_row types[] = {
	{"text", L("单行文本", "Text"), NULL},
	{"longtext", L("多行文本", "Long text"), NULL},
	{"int", L("整数", "Whole number"), NULL},
	{"money", L("金额", "Amount"), NULL},
	{"bp", L("百分比", "Percentage"), NULL},
	{"bool", L("是否", "Yes or no"), NULL},
	{"date", L("日期", "Date"), NULL},
	{"time", L("日期时间", "Date and time"), NULL},
	{"enum", L("单选", "One of a list"), NULL},
	{"set", L("多选", "Several of a list"), NULL},
	{"ref", L("关联记录", "Another record"), NULL},
	{"email", L("邮箱", "E-mail"), NULL},
	{"phone", L("电话", "Phone"), NULL},
	{"url", L("网址", "Link"), NULL},
	{NULL, {NULL, NULL}, NULL},
};

static const struct field fields[] = {
	{.name = "label_zh", .type = FT_TEXT, .flags = F_REQUIRED | F_LIST, .max = 40,
	 .group = "basic", .label = L("中文名称", "Name in Chinese")},
	{.name = "label_en", .type = FT_TEXT, .flags = F_REQUIRED | F_LIST, .max = 80,
	 .group = "basic", .label = L("英文名称", "Name in English")},
	{.name = "entity", .type = FT_TEXT, .flags = F_REQUIRED | F_LIST, .max = 40, .group = "basic",
	 .label = L("对象", "Object"), .help = L("如 account、lead", "Such as account or lead")},
	{.name = "name", .type = FT_TEXT, .flags = F_LIST, .max = NAME_MAX_CHARS + 6, .group = "basic",
	 .label = L("字段名", "Field name"),
	 .help = L("接口与导入使用，cf_ 开头；留空则由英文名称生成，之后不能修改",
	           "For programs and imports, beginning with cf_; made of the English name when empty, fixed then")},
	{.name = "type", .type = FT_ENUM, .flags = F_REQUIRED | F_LIST, .values = types,
	 .group = "basic", .label = L("类型", "Type")},
	{.name = "required", .type = FT_BOOL, .flags = F_LIST, .dflt = "0", .group = "basic",
	 .label = L("必填", "Required")},
	{.name = "options", .type = FT_LONGTEXT, .group = "basic", .label = L("选项", "Choices"),
	 .help = L("JSON：[{\"value\":\"a\",\"zh\":\"甲\",\"en\":\"A\"}]",
	           "JSON: [{\"value\":\"a\",\"zh\":\"甲\",\"en\":\"A\"}]")},
	{.name = "ref_entity", .type = FT_TEXT, .max = 40, .group = "basic",
	 .label = L("关联对象", "Refers to")},
	{.name = "min_value", .type = FT_INT, .min = -9007199254740991, .max = 9007199254740991,
	 .group = "basic", .label = L("最小值", "Smallest")},
	{.name = "max_value", .type = FT_INT, .min = -9007199254740991, .max = 9007199254740991,
	 .group = "basic", .label = L("最大值或最大长度", "Largest, or longest")},
	{.name = "dflt", .type = FT_TEXT, .group = "basic", .label = L("默认值", "Default")},
	{.name = "heading", .type = FT_TEXT, .max = 40, .group = "basic",
	 .label = L("表单分组", "Group in forms")},
	{.name = "help_zh", .type = FT_TEXT, .max = 200, .group = "basic",
	 .label = L("中文说明", "Help in Chinese")},
	{.name = "help_en", .type = FT_TEXT, .max = 200, .group = "basic",
	 .label = L("英文说明", "Help in English")},
	{.name = "searchable", .type = FT_BOOL, .dflt = "0", .group = "basic",
	 .label = L("可搜索", "Searchable")},
	{.name = "in_list", .type = FT_BOOL, .flags = F_LIST, .dflt = "0", .group = "basic",
	 .label = L("列表默认列", "Default column of lists")},
	{.name = "place", .type = FT_INT, .flags = F_LIST, .dflt = "0", .max = 100000, .group = "basic",
	 .label = L("顺序", "Order")},
	{.name = "roles", .type = FT_SET, .values = role_values, .group = "basic",
	 .label = L("可见角色", "Roles that see it"),
	 .help = L("留空则所有角色可见；更细的设置在字段权限里", "All when empty; finer in field rights")},
	{.name = "retired", .type = FT_BOOL, .flags = F_LIST, .dflt = "0", .group = "basic",
	 .label = L("已停用", "Retired")},
	{.name = NULL},
};
/* clang-format on */

static enum field_type type_by_name(const char *name)
{
	for (int t = 0; t < FT_TYPES; t++)
		if (!strcmp(field_type_name((enum field_type)t), name))
			return (enum field_type)t;
	return FT_TEXT;
}

static bool is_text(enum field_type t)
{
	return t == FT_TEXT || t == FT_LONGTEXT || t == FT_EMAIL || t == FT_PHONE || t == FT_URL;
}

static const char *own(struct arena *a, const struct rec *d, const char *field)
{
	const char *s = rec_text(d, field);
	return s ? arena_strdup(a, s) : NULL;
}

static const struct enum_row *rows_of(struct arena *a, const char *text)
{
	struct errs quiet;
	errs_init(&quiet, a);
	json_t *list;
	if (!text || json_parse(a, &quiet, text, strlen(text), &list))
		list = NULL;
	size_t n = json_array_size(list);
	struct enum_row *rows = ARENA_ARRAY(a, n + 1, struct enum_row);
	for (size_t i = 0; i < n; i++) {
		const json_t *o = json_array_get(list, i);
		const char *tone = json_text(o, "tone");
		rows[i] = (struct enum_row){.value = arena_strdup(a, json_text(o, "value")),
		                            .label = {.zh = arena_strdup(a, json_text(o, "zh")),
		                                      .en = arena_strdup(a, json_text(o, "en"))},
		                            .tone = tone ? arena_strdup(a, tone) : NULL};
	}
	return rows;
}

void custom_make(struct arena *a, const struct rec *d, struct field *out)
{
	enum field_type t = type_by_name(rec_text(d, "type"));
	bool search = rec_i64(d, "searchable") != 0;
	unsigned flags = F_CUSTOM;
	if (rec_i64(d, "retired"))
		flags |= F_RETIRED | F_READONLY | F_NOFORM | F_NOIMPORT;
	else
		flags |= (rec_i64(d, "required") ? F_REQUIRED : 0) |
		         (rec_i64(d, "in_list") ? F_LIST : 0) |
		         (!search         ? 0
		          : t == FT_PHONE ? F_PHONE_KEY
		          : is_text(t)    ? F_SEARCH
		                          : 0);
	*out = (struct field){
		.name = own(a, d, "name"),
		.type = t,
		.flags = flags,
		.label = {.zh = own(a, d, "label_zh"), .en = own(a, d, "label_en")},
		.min = rec_i64(d, "min_value"),
		.max = rec_i64(d, "max_value"),
		.ref = t == FT_REF ? own(a, d, "ref_entity") : NULL,
		.dflt = own(a, d, "dflt"),
		.group = rec_null(d, "heading") ? "custom" : own(a, d, "heading"),
		.place = (int)rec_i64(d, "place"),
	};
	if (t == FT_ENUM || t == FT_SET)
		out->values = rows_of(a, rec_text(d, "options"));
	if (!rec_null(d, "help_zh") || !rec_null(d, "help_en")) {
		out->help.zh = own(a, d, rec_null(d, "help_zh") ? "help_en" : "help_zh");
		out->help.en = own(a, d, rec_null(d, "help_en") ? "help_zh" : "help_en");
	}
}

/* -- rules -- */

static void wrong(struct ctx *cx, const char *field, const char *zh, const char *en)
{
	errs_field(&cx->e, field, ERR_RULE, EP({"reason", cx->lang == LANG_EN ? en : zh}));
}

/* cf_ and small letters, digits, underscores; references end with _id, as all do. */
static const char *good_name(struct ctx *cx, const struct rec *now)
{
	const char *given = rec_text(now, "name");
	const char *from = given ? given : rec_text(now, "label_en");
	struct buf b = buf_new(cx->a, 256);
	buf_puts(&b, "cf_");
	if (text_begins(from, "cf_"))
		from += 3;
	for (; *from && b.n < NAME_MAX_CHARS; from++) {
		char c = (char)tolower((u8)*from);
		if (isascii((u8)c) && isalnum((u8)c))
			buf_putc(&b, c);
		else if (b.n > 3 && b.p[b.n - 1] != '_')
			buf_putc(&b, '_');
	}
	while (b.n > 3 && b.p[b.n - 1] == '_')
		b.n--;
	const char *name = buf_str(&b);
	size_t n = strlen(name);
	if (!strcmp(rec_text(now, "type"), "ref") && (n < 3 || strcmp(name + n - 3, "_id") != 0))
		name = arena_printf(cx->a, "%s_id", name);
	return strlen(name) > 3 && strcmp(name, "cf__id") != 0 ? name : NULL;
}

static bool option_word(const char *s)
{
	return s && *s && strlen(s) <= 40 &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
	               strlen(s);
}

/* Choices have words for programs and for people; one that was offered stays, records hold it. */
static void check_options(struct ctx *cx, const struct rec *now, const struct rec *before)
{
	const char *type = rec_text(now, "type"), *text = rec_text(now, "options");
	if (strcmp(type, "enum") != 0 && strcmp(type, "set") != 0) {
		if (text)
			wrong(cx, "options", "只有单选和多选才有选项", "only lists have choices");
		return;
	}
	struct errs quiet;
	errs_init(&quiet, cx->a);
	json_t *list, *o;
	size_t i;
	if (!text) {
		errs_field(&cx->e, "options", ERR_REQUIRED, NULL);
		return;
	}
	if (json_parse(cx->a, &quiet, text, strlen(text), &list) || !json_array_size(list) ||
	    json_array_size(list) > OPTIONS_MAX) {
		wrong(cx, "options", "应为 1 到 100 个选项", "must be 1 to 100 choices");
		return;
	}
	json_array_foreach(list, i, o)
	{
		const char *zh = json_text(o, "zh"), *en = json_text(o, "en");
		bool twice = false;
		for (size_t k = 0; k < i; k++)
			twice |= text_eq(json_text(json_array_get(list, k), "value"),
			                 json_text(o, "value"));
		if (twice || !option_word(json_text(o, "value")) || !zh || !*zh || !en || !*en) {
			wrong(cx, "options",
			      "每个选项要有不重复的代码（字母、数字、_ -）和中英文名称",
			      "each choice needs a code of its own (letters, digits, _ -) and both names");
			return;
		}
	}
	const struct enum_row *is = rows_of(cx->a, text);
	const struct field f = {.values = is};
	const struct enum_row *was = rows_of(cx->a, before ? rec_text(before, "options") : NULL);
	for (; was->value; was++)
		if (!enum_row(&f, was->value)) {
			wrong(cx, "options", "已有选项不能删除，可以改名",
			      "a choice cannot be taken away, only renamed");
			return;
		}
}

static err_t check_place(struct ctx *cx, struct rec *now)
{
	const char *name = good_name(cx, now);
	i64 n = 0, same = 0;
	if (!name) {
		wrong(cx, "name", "请填写字段名：小写字母、数字和 _",
		      "small letters, digits and _");
		return ERR_OK;
	}
	rec_set(now, "name", vt(name));
	TRY(db_one_i64(cx->c, "select count(*) from custom_field where entity = ? and name = ?",
	               ARGS(vt(rec_text(now, "entity")), vt(name)), &same, NULL));
	TRY(db_one_i64(cx->c, "select count(*) from custom_field where entity = ?",
	               ARGS(vt(rec_text(now, "entity"))), &n, NULL));
	if (same)
		errs_field(&cx->e, "name", ERR_DUPLICATE, EP({"what", name}));
	else if (n >= CUSTOM_MAX)
		wrong(cx, "entity", "每个对象最多 40 个自定义字段",
		      "at most 40 added fields per object");
	if (!rec_i64(now, "place"))
		rec_set(now, "place", vi((n + 1) * 10));
	return ERR_OK;
}

static void check_fixed(struct ctx *cx, const struct rec *now, const struct rec *before)
{
	static const char *const fixed[] = {"entity", "name", "type", "ref_entity"};
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		if (!rec_same(now, before, field_index(now->e, fixed[i])))
			errs_field(&cx->e, fixed[i], ERR_READ_ONLY, NULL);
}

static err_t check(struct ctx *cx, struct rec *now, const struct rec *before)
{
	const char *entity = rec_text(now, "entity"), *type = rec_text(now, "type");
	if (!entity || !type || rec_null(now, "label_zh") || rec_null(now, "label_en"))
		return ERR_OK; /* said already */
	const struct entity *e = entity_by_name(entity);
	if (!e || !e->custom) {
		wrong(cx, "entity", "这种对象不能加字段", "this object takes no added fields");
		return ERR_OK;
	}
	const char *ref = rec_text(now, "ref_entity");
	if (!strcmp(type, "ref") && (!ref || !entity_by_name(ref)))
		wrong(cx, "ref_entity", "请选择关联对象", "say which object it refers to");
	if (before)
		check_fixed(cx, now, before);
	else
		TRY(check_place(cx, now));
	check_options(cx, now, before);
	if (!rec_null(now, "min_value") && !rec_null(now, "max_value") &&
	    rec_i64(now, "min_value") > rec_i64(now, "max_value"))
		wrong(cx, "max_value", "最大值小于最小值", "is below the smallest");
	if (errs_any_field(&cx->e))
		return ERR_OK;
	struct field f;
	struct val v;
	custom_make(cx->a, now, &f);
	if (f.dflt)
		(void)field_from_text(cx, &f, "dflt", f.dflt, &v);
	return ERR_OK;
}

/* `roles` is a short way to say who sees it; administrators always do. */
static err_t put_roles(struct ctx *cx, const struct rec *now)
{
	const char *roles = rec_text(now, "roles");
	for (const struct enum_row *r = role_values; r->value; r++) {
		bool sees = !roles || set_has(roles, r->value) ||
		            !strcmp(r->value, "administrator");
		if (!sees)
			TRY(field_right_put(cx, r->value, rec_text(now, "entity"),
			                    rec_text(now, "name"), FIELD_NONE));
		else
			TRY(db_exec(cx->c,
			            "delete from field_right where role = ? and entity = ?"
			            " and field = ? and access = 'none'",
			            ARGS(vt(r->value), vt(rec_text(now, "entity")),
			                 vt(rec_text(now, "name"))),
			            NULL));
	}
	return grants_changed(cx);
}

static err_t saved(struct ctx *cx, const struct rec *now, const struct rec *before)
{
	i64 job;
	int roles = field_index(now->e, "roles");
	if (before ? !rec_same(now, before, roles) : !rec_null(now, "roles"))
		TRY(put_roles(cx, now));
	bool search = rec_i64(now, "searchable") && !rec_i64(now, "retired");
	bool was = before && rec_i64(before, "searchable") && !rec_i64(before, "retired");
	if (before && search != was)
		TRY(job_queue(cx, "custom_field.index",
		              arena_printf(cx->a, "{\"entity\":\"%s\"}", rec_text(now, "entity")),
		              0, arena_printf(cx->a, "custom:%s", rec_text(now, "entity")), &job));
	return customs_changed(cx);
}

static const struct entity_hooks hooks = {.check = check, .saved = saved};

const struct entity custom_field_entity = {
	.name = "custom_field",
	.plural = "custom_fields",
	.table = "custom_field",
	.label = L("自定义字段", "Added field"),
	.label_plural = L("自定义字段", "Added fields"),
	.title = "label_zh",
	.fields = fields,
	.flags = E_NO_DELETE,
	.hooks = &hooks,
	.default_sort = "place",
};
