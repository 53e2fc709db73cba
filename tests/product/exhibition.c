/* Proof of form: a plain entity is one table row set and one migration, nothing else anywhere.
 * This program is tripod with exhibitions; test_exhibition.py drives it and counts these lines. */
#include "app/command.h"
#include "app/modules.h"
#include "migrations/cols.h"

/* clang-format off */
static const struct enum_row kinds[] = {
	{"fair", L("展会", "Fair"), "info"},
	{"forum", L("论坛", "Forum"), "neutral"},
	{NULL, {NULL, NULL}, NULL},
};
static const struct field fields[] = {
	{.name = "name", .type = FT_TEXT, .flags = F_REQUIRED | F_SEARCH | F_LIST | F_KEY,
	 .max = 120, .label = L("展会名称", "Exhibition")},
	{.name = "city", .type = FT_TEXT, .flags = F_SEARCH | F_LIST, .max = 40,
	 .label = L("城市", "City")},
	{.name = "kind", .type = FT_ENUM, .flags = F_LIST, .values = kinds, .dflt = "fair",
	 .label = L("类型", "Kind")},
	{.name = "starts_on", .type = FT_DATE, .flags = F_REQUIRED | F_LIST,
	 .label = L("开幕日期", "Starts on")},
	{.name = "stand_fen", .type = FT_MONEY, .label = L("展位费", "Cost of the stand")},
	{.name = "visitors", .type = FT_INT, .min = 0, .max = 1000000, .flags = F_LIST,
	 .label = L("到访人数", "Visitors")},
	{.name = "phone", .type = FT_PHONE, .flags = F_PHONE_KEY, .label = L("电话", "Phone")},
	{.name = "owner_id", .type = FT_REF, .ref = "user", .flags = F_LIST,
	 .label = L("负责人", "Owner")},
	{.name = NULL},
};
static const struct entity exhibition = {
	.name = "exhibition", .plural = "exhibitions", .table = "exhibition",
	.label = L("展会", "Exhibition"), .label_plural = L("展会", "Exhibitions"),
	.number_prefix = "X", .title = "name", .fields = fields, .default_sort = "-starts_on",
	.scope = {.owners = {"owner_id"}}, .flags = E_COMMENTS | E_FILES | E_SEARCH,
};
static const struct mig_op step[] = {
	TABLE("exhibition", RECORD_COLS, COL("number", TEXT), COL_N("name", TEXT),
	      COL("city", TEXT), COL("kind", TEXT), COL_N("starts_on", DATE),
	      COL("stand_fen", MONEY), COL("visitors", INT), COL("phone", TEXT),
	      COL_R("owner_id", "app_user")),
	{.kind = OP_CREATE_FTS, .table = "exhibition_fts"},
	OPS_END,
};
static const struct module exhibitions = {
	.name = "exhibitions", .entities = (const struct entity *const[]){&exhibition, NULL}};

int main(int argc, char **argv)
{
	static const struct module *modules[100] = {&exhibitions};
	static struct mig_step steps[100];
	for (int i = 0; app_modules[i]; i++)
		modules[i + 1] = app_modules[i];
	int n = 0;
	for (; migration_steps[n].number; n++)
		steps[n] = migration_steps[n];
	steps[n] = (struct mig_step){n + 1, "exhibitions", step};
	return tripod_main(argc, argv, modules, steps);
}
