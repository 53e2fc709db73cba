/* Leads: fields. */
#include "domain/account/account.h"
#include "domain/lead/lead_rules.h"

static const struct enum_row statuses[] = {
	{"new", L("新线索", "New"), "info"},
	{"contacted", L("已触达", "Contacted"), "info"},
	{"qualified", L("已认可", "Qualified"), "success"},
	{"nurture", L("培育中", "Nurture"), "warning"},
	{"rejected", L("已淘汰", "Rejected"), "neutral"},
	{"converted", L("已转化", "Converted"), "success"},
	{NULL, {NULL, NULL}, NULL},
};

static const struct field lead_fields[] = {
	{.name = "company_name", .type = FT_TEXT, .flags = F_REQUIRED | F_SEARCH | F_LIST | F_KEY,
	 .max = 200, .group = "basic", .label = L("公司名称", "Company")},
	{.name = "company_key", .type = FT_TEXT, .flags = F_HIDDEN | F_NOFORM | F_NOIMPORT, .max = 200,
	 .label = L("名称比对键", "Name key")},
	{.name = "status", .type = FT_ENUM, .flags = F_LIST, .values = statuses, .dflt = "new",
	 .group = "basic", .label = L("状态", "Status")},
	{.name = "source", .type = FT_ENUM, .flags = F_LIST, .values = source_values, .group = "basic",
	 .label = L("线索来源", "Source")},
	{.name = "source_detail", .type = FT_TEXT, .flags = F_SEARCH, .max = 200, .group = "basic",
	 .label = L("来源说明", "Source detail"),
	 .help = L("如：工博会 2026 上海", "For example: CIIF 2026 Shanghai")},
	{.name = "owner_id", .type = FT_REF, .ref = "user", .flags = F_LIST, .group = "basic",
	 .label = L("负责人", "Owner")},
	{.name = "contact_name", .type = FT_TEXT, .flags = F_SEARCH | F_LIST, .max = 60,
	 .group = "contact", .label = L("联系人", "Contact")},
	{.name = "title", .type = FT_TEXT, .max = 80, .group = "contact", .label = L("职务", "Title")},
	{.name = "phone", .type = FT_PHONE, .flags = F_PHONE_KEY | F_LIST | F_KEY, .group = "contact",
	 .label = L("电话", "Phone")},
	{.name = "email", .type = FT_EMAIL, .flags = F_KEY, .group = "contact",
	 .label = L("邮箱", "E-mail")},
	{.name = "industry_id", .type = FT_REF, .ref = "industry", .group = "profile",
	 .label = L("行业", "Industry")},
	{.name = "region_id", .type = FT_REF, .ref = "region", .group = "profile",
	 .label = L("地区", "Region")},
	{.name = "need", .type = FT_LONGTEXT, .group = "profile", .label = L("需求描述", "Need")},
	{.name = "budget_fen", .type = FT_MONEY, .group = "profile", .label = L("预算", "Budget")},
	{.name = "currency", .type = FT_TEXT, .dflt = "CNY", .max = 3, .group = "profile",
	 .label = L("币种", "Currency")},
	{.name = "first_contact_on", .type = FT_DATE, .group = "profile",
	 .label = L("首次接触日期", "First contact on")},
	{.name = "reject_reason", .type = FT_TEXT, .max = 300, .group = "profile",
	 .label = L("淘汰原因", "Reason for rejection")},
	{.name = "account_id", .type = FT_REF, .ref = "account", .flags = F_READONLY | F_NOFORM,
	 .label = L("转化客户", "Converted account")},
	{.name = "opportunity_id", .type = FT_REF, .ref = "opportunity",
	 .flags = F_READONLY | F_NOFORM, .label = L("转化商机", "Converted opportunity")},
	{.name = "converted_at", .type = FT_TIME, .flags = F_READONLY | F_NOFORM,
	 .label = L("转化时间", "Converted at")},
	{.name = "external_key", .type = FT_TEXT, .flags = F_NOFORM | F_KEY, .max = 120,
	 .label = L("外部编号", "External key")},
	{.name = NULL},
};

const struct entity lead_entity = {
	.name = "lead",
	.plural = "leads",
	.table = "lead",
	.label = L("线索", "Lead"),
	.label_plural = L("线索", "Leads"),
	.number_prefix = "L",
	.title = "company_name",
	.fields = lead_fields,
	.scope = {.owners = {"owner_id"}, .account = "account_id"},
	.flags = E_COMMENTS | E_FILES | E_SEARCH,
	.hooks = &lead_hooks,
	.default_sort = "-created_at",
};

static const struct event_kind events[] = {
	{"lead.converted", L("线索已转化", "Lead converted"), true},
	{NULL, {NULL, NULL}, false},
};

const struct module lead_module = {
	.name = "lead",
	.entities = (const struct entity *const[]){&lead_entity, NULL},
	.events = events,
};
