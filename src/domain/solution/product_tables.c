/* Products: fields. */
#include "domain/solution/solution.h"

static const struct enum_row kinds[] = {
	{"base", L("基础模块", "Base module"), "info"},
	{"value_added", L("增值模块", "Value-added module"), "success"},
	{"service", L("服务", "Service"), "neutral"},
	{NULL, {NULL, NULL}, NULL},
};

static const struct field product_fields[] = {
	{.name = "name",
         .type = FT_TEXT,
         .flags = F_REQUIRED | F_SEARCH | F_LIST | F_KEY,
         .max = 120,
         .label = L("产品名称", "Product")},
	{.name = "name_en",
         .type = FT_TEXT,
         .flags = F_SEARCH,
         .max = 200,
         .label = L("英文名称", "English name")},
	{.name = "code",
         .type = FT_TEXT,
         .flags = F_UNIQUE | F_SEARCH | F_LIST | F_KEY,
         .max = 60,
         .label = L("产品编码", "Code")},
	{.name = "series",
         .type = FT_TEXT,
         .flags = F_LIST | F_SEARCH,
         .max = 60,
         .label = L("系列", "Series")},
	{.name = "kind",
         .type = FT_ENUM,
         .flags = F_LIST,
         .values = kinds,
         .dflt = "base",
         .label = L("类别", "Kind")},
	{.name = "unit", .type = FT_TEXT, .flags = F_LIST, .max = 20, .label = L("单位", "Unit")},
	{.name = "list_price_fen",
         .type = FT_MONEY,
         .flags = F_LIST,
         .label = L("目录价", "List price")},
	{.name = "cost_fen",
         .type = FT_MONEY,
         .read_permission = "product.read_cost",
         .label = L("成本", "Cost")},
	{.name = "currency",
         .type = FT_TEXT,
         .dflt = "CNY",
         .max = 3,
         .label = L("币种", "Currency")},
	{.name = "active",
         .type = FT_BOOL,
         .flags = F_LIST,
         .dflt = "1",
         .label = L("在售", "On sale")},
	{.name = "description", .type = FT_LONGTEXT, .label = L("说明", "Description")},
	{.name = "external_key",
         .type = FT_TEXT,
         .flags = F_NOFORM | F_KEY,
         .max = 120,
         .label = L("外部编号", "External key")},
	{.name = NULL},
};

struct entity product_entity = {
	.custom = &product_entity,
	.name = "product",
	.plural = "products",
	.table = "product",
	.label = L("产品", "Product"),
	.label_plural = L("产品", "Products"),
	.title = "name",
	.fields = product_fields,
	.flags = E_SEARCH,
	.default_sort = "name",
};

static const struct permission product_permissions[] = {
	{"product.read_cost", L("查看产品成本", "See what products cost")},
	{NULL, {NULL, NULL}},
};

const struct module solution_module = {
	.name = "solution",
	.permissions = product_permissions,
	.entities = (const struct entity *const[]){&product_entity, NULL},
};
