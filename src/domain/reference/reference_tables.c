/* Industries and regions: fields. */
#include "domain/reference/reference.h"

/* Sections of GB/T 4754-2017. */
static const struct enum_row sections[] = {
	{"A", L("A 农、林、牧、渔业", "A Agriculture, forestry, fishing"), NULL},
	{"B", L("B 采矿业", "B Mining"), NULL},
	{"C", L("C 制造业", "C Manufacturing"), NULL},
	{"D", L("D 电力、热力、燃气及水生产和供应业", "D Electricity, heat, gas, water"), NULL},
	{"E", L("E 建筑业", "E Construction"), NULL},
	{"F", L("F 批发和零售业", "F Wholesale and retail"), NULL},
	{"G", L("G 交通运输、仓储和邮政业", "G Transport, storage, post"), NULL},
	{"H", L("H 住宿和餐饮业", "H Accommodation and catering"), NULL},
	{"I", L("I 信息传输、软件和信息技术服务业", "I Information and software"), NULL},
	{"J", L("J 金融业", "J Finance"), NULL},
	{"K", L("K 房地产业", "K Real estate"), NULL},
	{"L", L("L 租赁和商务服务业", "L Leasing and business services"), NULL},
	{"M", L("M 科学研究和技术服务业", "M Research and technical services"), NULL},
	{"N", L("N 水利、环境和公共设施管理业", "N Water, environment, public facilities"), NULL},
	{"O", L("O 居民服务、修理和其他服务业", "O Residential and other services"), NULL},
	{"P", L("P 教育", "P Education"), NULL},
	{"Q", L("Q 卫生和社会工作", "Q Health and social work"), NULL},
	{"R", L("R 文化、体育和娱乐业", "R Culture, sports, entertainment"), NULL},
	{"S", L("S 公共管理、社会保障和社会组织", "S Public administration"), NULL},
	{"T", L("T 国际组织", "T International organisations"), NULL},
	{NULL, {NULL, NULL}, NULL},
};

static const struct field industry_fields[] = {
	{.name = "code",
         .type = FT_TEXT,
         .flags = F_REQUIRED | F_UNIQUE | F_LIST | F_KEY,
         .max = 40,
         .label = L("代码", "Code")},
	{.name = "name",
         .type = FT_TEXT,
         .flags = F_REQUIRED | F_LIST | F_KEY,
         .max = 60,
         .label = L("名称", "Name")},
	{.name = "name_en",
         .type = FT_TEXT,
         .flags = F_LIST | F_KEY,
         .max = 80,
         .label = L("英文名称", "English name")},
	{.name = "gbt_section",
         .type = FT_ENUM,
         .flags = F_REQUIRED | F_LIST,
         .values = sections,
         .label = L("国标门类", "GB/T 4754 section")},
	{.name = "gbt_division",
         .type = FT_TEXT,
         .max = 8,
         .label = L("国标大类", "GB/T 4754 division")},
	{.name = "active",
         .type = FT_BOOL,
         .flags = F_LIST,
         .dflt = "1",
         .label = L("启用", "Active")},
	{.name = NULL},
};

const struct entity industry_entity = {
	.name = "industry",
	.plural = "industries",
	.table = "industry",
	.label = L("行业", "Industry"),
	.label_plural = L("行业", "Industries"),
	.title = "name",
	.fields = industry_fields,
	.flags = E_OPEN_READ,
	.default_sort = "code",
};

static const struct field region_fields[] = {
	{.name = "code",
         .type = FT_TEXT,
         .flags = F_REQUIRED | F_UNIQUE | F_LIST | F_KEY,
         .max = 12,
         .label = L("代码", "Code")},
	{.name = "name",
         .type = FT_TEXT,
         .flags = F_REQUIRED | F_LIST | F_KEY,
         .max = 60,
         .label = L("名称", "Name")},
	{.name = "name_en",
         .type = FT_TEXT,
         .flags = F_LIST | F_KEY,
         .max = 80,
         .label = L("英文名称", "English name")},
	{.name = "parent_id",
         .type = FT_REF,
         .ref = "region",
         .flags = F_LIST,
         .label = L("上级地区", "Part of")},
	{.name = "calendar_id",
         .type = FT_REF,
         .ref = "calendar",
         .flags = F_LIST,
         .label = L("工作日历", "Calendar"),
         .help = L("不填则按上级地区、再按公司的日历",
                   "Empty: as in the region above, at last the company's")},
	{.name = "active",
         .type = FT_BOOL,
         .flags = F_LIST,
         .dflt = "1",
         .label = L("启用", "Active")},
	{.name = NULL},
};

static err_t region_saved(struct ctx *cx, const struct rec *now, const struct rec *before)
{
	(void)now;
	(void)before;
	return db_notify(cx->c, "calendar", "");
}

static const struct entity_hooks region_hooks = {.saved = region_saved};

const struct entity region_entity = {
	.name = "region",
	.plural = "regions",
	.table = "region",
	.label = L("地区", "Region"),
	.label_plural = L("地区", "Regions"),
	.title = "name",
	.fields = region_fields,
	.hooks = &region_hooks,
	.flags = E_OPEN_READ,
	.default_sort = "code",
};

const struct module reference_module = {
	.name = "reference",
	.entities = (const struct entity *const[]){&industry_entity, &region_entity, NULL},
};
