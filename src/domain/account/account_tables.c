/* Accounts and contacts: fields. To add one: a row here and a migration step. */
#include "base/credit_code.h"
#include "domain/account/account_rules.h"

const struct enum_row source_values[] = {
	{"exhibition", L("展会峰会", "Exhibition or summit"), "neutral"},
	{"tender", L("招投标平台", "Tender platform"), "neutral"},
	{"referral", L("客户转介绍", "Customer referral"), "neutral"},
	{"website", L("官网留资", "Website form"), "neutral"},
	{"third_party", L("第三方数据", "Third-party data"), "neutral"},
	{"cold_call", L("主动拓展", "Outbound"), "neutral"},
	{"search", L("搜索引擎", "Search"), "neutral"},
	{"social", L("社交媒体", "Social media"), "neutral"},
	{"email", L("邮件营销", "E-mail"), "neutral"},
	{"partner", L("渠道伙伴", "Partner"), "neutral"},
	{"other", L("其他", "Other"), "neutral"},
	{"unknown", L("未知", "Unknown"), "neutral"},
	{NULL, {NULL, NULL}, NULL},
};

static const struct enum_row grades[] = {
	{"A", L("A 战略级", "A Strategic"), "danger"},
	{"B", L("B 重点级", "B Key"), "warning"},
	{"C", L("C 潜力级", "C Potential"), "info"},
	{NULL, {NULL, NULL}, NULL},
};

static const struct enum_row statuses[] = {
	{"prospect", L("潜在客户", "Prospect"), "info"},
	{"customer", L("合作客户", "Customer"), "success"},
	{"lost", L("流失客户", "Lost"), "danger"},
	{"inactive", L("停止往来", "Inactive"), "neutral"},
	{NULL, {NULL, NULL}, NULL},
};

static enum err_code credit_code_check(const struct val *v)
{
	return credit_code_valid(v->s.p) ? ERR_OK : ERR_CREDIT_CODE;
}

static const struct field account_fields[] = {
	{.name = "name", .type = FT_TEXT, .flags = F_REQUIRED | F_SEARCH | F_LIST | F_KEY, .max = 120,
	 .group = "basic", .label = L("客户名称", "Account name")},
	{.name = "short_name", .type = FT_TEXT, .flags = F_SEARCH | F_KEY, .max = 60, .group = "basic",
	 .label = L("简称", "Short name")},
	{.name = "name_en", .type = FT_TEXT, .flags = F_SEARCH, .max = 200, .group = "basic",
	 .label = L("英文名称", "English name")},
	{.name = "name_key", .type = FT_TEXT, .flags = F_HIDDEN | F_NOFORM | F_NOIMPORT, .max = 200,
	 .label = L("名称比对键", "Name key")},
	{.name = "credit_code", .type = FT_TEXT, .flags = F_UNIQUE | F_SEARCH | F_KEY, .max = 18,
	 .group = "basic", .check = credit_code_check,
	 .label = L("统一社会信用代码", "Unified social credit code")},
	{.name = "grade", .type = FT_ENUM, .flags = F_LIST, .values = grades, .group = "basic",
	 .label = L("客户等级", "Grade")},
	{.name = "status", .type = FT_ENUM, .flags = F_LIST, .values = statuses, .dflt = "prospect",
	 .group = "basic", .label = L("客户状态", "Status")},
	{.name = "source", .type = FT_ENUM, .values = source_values, .group = "basic",
	 .label = L("来源", "Source")},
	{.name = "owner_id", .type = FT_REF, .ref = "user", .flags = F_LIST, .group = "basic",
	 .label = L("负责人", "Owner")},
	{.name = "industry_id", .type = FT_REF, .ref = "industry", .flags = F_LIST, .group = "profile",
	 .label = L("行业", "Industry")},
	{.name = "region_id", .type = FT_REF, .ref = "region", .flags = F_LIST, .group = "profile",
	 .label = L("地区", "Region")},
	{.name = "parent_id", .type = FT_REF, .ref = "account", .group = "profile",
	 .label = L("上级集团", "Parent account")},
	{.name = "revenue_fen", .type = FT_MONEY, .group = "profile",
	 .label = L("年营收", "Annual revenue")},
	{.name = "currency", .type = FT_TEXT, .dflt = "CNY", .max = 3, .group = "profile",
	 .check = currency_check, .label = L("币种", "Currency")},
	{.name = "headcount", .type = FT_INT, .max = 10000000, .group = "profile",
	 .label = L("员工人数", "Headcount")},
	{.name = "founded_on", .type = FT_DATE, .group = "profile", .label = L("成立日期", "Founded on")},
	{.name = "website", .type = FT_URL, .group = "contact", .label = L("网址", "Website")},
	{.name = "phone", .type = FT_PHONE, .flags = F_PHONE_KEY, .group = "contact",
	 .label = L("电话", "Phone")},
	{.name = "address", .type = FT_TEXT, .max = 300, .group = "contact",
	 .label = L("地址", "Address")},
	{.name = "description", .type = FT_LONGTEXT, .group = "contact", .label = L("备注", "Notes")},
	{.name = "external_key", .type = FT_TEXT, .flags = F_NOFORM | F_KEY, .max = 120,
	 .label = L("外部编号", "External key")},
	{.name = NULL},
};

const struct entity account_entity = {
	.name = "account",
	.plural = "accounts",
	.table = "account",
	.label = L("客户", "Account"),
	.label_plural = L("客户", "Accounts"),
	.number_prefix = "A",
	.title = "name",
	.fields = account_fields,
	.scope = {.owners = {"owner_id"}, .account = "id"},
	.flags = E_COMMENTS | E_FILES | E_SEARCH,
	.hooks = &account_hooks,
	.default_sort = "-updated_at",
};

static const struct enum_row decision_roles[] = {
	{"decision_maker", L("决策者", "Decision maker"), "danger"},
	{"economic_buyer", L("经济购买者", "Economic buyer"), "warning"},
	{"technical", L("技术把关者", "Technical evaluator"), "info"},
	{"user", L("使用者", "User"), "neutral"},
	{"influencer", L("影响者", "Influencer"), "info"},
	{"gatekeeper", L("守门人", "Gatekeeper"), "neutral"},
	{"coach", L("内线教练", "Coach"), "success"},
	{NULL, {NULL, NULL}, NULL},
};

static const struct enum_row attitudes[] = {
	{"supporter", L("支持", "Supporter"), "success"},
	{"neutral", L("中立", "Neutral"), "neutral"},
	{"opponent", L("反对", "Opponent"), "danger"},
	{"unknown", L("未知", "Unknown"), "info"},
	{NULL, {NULL, NULL}, NULL},
};

static const struct field contact_fields[] = {
	{.name = "name", .type = FT_TEXT, .flags = F_REQUIRED | F_SEARCH | F_LIST | F_KEY, .max = 60,
	 .group = "basic", .label = L("姓名", "Name")},
	{.name = "account_id", .type = FT_REF, .ref = "account", .flags = F_REQUIRED | F_LIST,
	 .group = "basic", .label = L("所属客户", "Account")},
	{.name = "title", .type = FT_TEXT, .flags = F_LIST | F_SEARCH, .max = 80, .group = "basic",
	 .label = L("职务", "Title")},
	{.name = "department", .type = FT_TEXT, .max = 80, .group = "basic",
	 .label = L("部门", "Department")},
	{.name = "mobile", .type = FT_PHONE, .flags = F_LIST | F_PHONE_KEY | F_KEY, .group = "contact",
	 .label = L("手机", "Mobile")},
	{.name = "phone", .type = FT_PHONE, .flags = F_PHONE_KEY, .group = "contact",
	 .label = L("电话", "Phone")},
	{.name = "email", .type = FT_EMAIL, .flags = F_LIST | F_KEY, .group = "contact",
	 .label = L("邮箱", "E-mail")},
	{.name = "wechat", .type = FT_TEXT, .max = 60, .group = "contact",
	 .label = L("微信", "WeChat")},
	{.name = "decision_role", .type = FT_ENUM, .flags = F_LIST, .values = decision_roles,
	 .group = "decision", .label = L("决策角色", "Decision role")},
	{.name = "attitude", .type = FT_ENUM, .values = attitudes, .group = "decision",
	 .label = L("态度", "Attitude")},
	{.name = "influence", .type = FT_INT, .min = 0, .max = 5, .group = "decision",
	 .label = L("影响力（0–5）", "Influence (0–5)")},
	{.name = "reports_to_id", .type = FT_REF, .ref = "contact", .group = "decision",
	 .label = L("汇报对象", "Reports to")},
	{.name = "owner_id", .type = FT_REF, .ref = "user", .group = "basic",
	 .label = L("负责人", "Owner")},
	{.name = "description", .type = FT_LONGTEXT, .group = "contact", .label = L("备注", "Notes")},
	{.name = "external_key", .type = FT_TEXT, .flags = F_NOFORM | F_KEY, .max = 120,
	 .label = L("外部编号", "External key")},
	{.name = NULL},
};

const struct entity contact_entity = {
	.name = "contact",
	.plural = "contacts",
	.table = "contact",
	.label = L("联系人", "Contact"),
	.label_plural = L("联系人", "Contacts"),
	.title = "name",
	.fields = contact_fields,
	.scope = {.owners = {"owner_id"},
	          .account = "account_id",
	          .parents = {{"account_id", "account"}}},
	.flags = E_COMMENTS | E_FILES | E_SEARCH,
	.hooks = &contact_hooks,
	.default_sort = "-created_at",
};

static const struct event_kind events[] = {
	{"account.member_added", L("客户团队加入成员", "Account team: member added"), false},
	{"account.member_removed", L("客户团队移除成员", "Account team: member removed"), false},
	{NULL, {NULL, NULL}, false},
};

const struct module account_module = {
	.name = "account",
	.entities = (const struct entity *const[]){&account_entity, &contact_entity, NULL},
	.events = events,
};
