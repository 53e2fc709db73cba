/* Step 4: field rights of roles, added fields. */
#include "migrations/cols.h"
#include "migrations/steps.h"

/* Values of added fields: a JSON object, NULL when there are none. */
#define CUSTOM(table_)                                                                 \
	{                                                                              \
		.kind = OP_ADD_COLUMN, .table = (table_), .cols = (const struct col[]) \
		{                                                                      \
			COL("custom", JSON), COLS_END                                  \
		}                                                                      \
	}

const struct mig_op step_0004[] = {
	/* What differs from the default alone; see core/field_rights.h. */
	TABLE_PK("field_right", "role, entity, field", COL_N("role", TEXT), COL_N("entity", TEXT),
                 COL_N("field", TEXT), COL_N("access", TEXT)),
	/* The regions a person answers for; see core/scope.h. */
	TABLE_PK("user_region", "user_id, region_id", COL_RN("user_id", "app_user"),
                 COL_RN("region_id", "region")),
	/* Definitions; see core/custom.h. */
	TABLE("custom_field", RECORD_COLS, COL_N("label_zh", TEXT), COL_N("label_en", TEXT),
              COL_N("entity", TEXT), COL_N("name", TEXT), COL_N("type", TEXT),
              COL("required", BOOL), COL("options", TEXT), COL("ref_entity", TEXT),
              COL("min_value", INT), COL("max_value", INT), COL("dflt", TEXT), COL("heading", TEXT),
              COL("help_zh", TEXT), COL("help_en", TEXT), COL("searchable", BOOL),
              COL("in_list", BOOL), COL("place", INT), COL("roles", TEXT), COL("retired", BOOL)),
	UNIQUE("custom_field", "custom_field_name", "entity, name"),
	CUSTOM("account"),
	CUSTOM("contact"),
	CUSTOM("lead"),
	CUSTOM("opportunity"),
	CUSTOM("product"),
	CUSTOM("activity"),
	CUSTOM("task"),
	OPS_END,
};
