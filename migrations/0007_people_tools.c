/* Step 7: people's tools — saved views. */
#include "migrations/cols.h"
#include "migrations/steps.h"

const struct mig_op step_0007[] = {
	TABLE("saved_view", RECORD_COLS, COL_N("name", TEXT), COL_N("entity", TEXT),
              COL("layout", TEXT), COL("share", TEXT), COL_R("team_id", "team"),
              COL("filter", TEXT), COL("q", TEXT), COL("columns", TEXT), COL("sort", TEXT),
              COL("group_by", TEXT), COL_R("owner_id", "app_user")),
	INDEX("saved_view", "saved_view_entity", "entity, owner_id"),
	TABLE_PK("view_person", "user_id, entity", COL_RN("user_id", "app_user"),
                 COL_N("entity", TEXT), COL_R("default_view", "saved_view"),
                 COL("view_order", TEXT)),
	TABLE_PK("view_role", "role, entity", COL_N("role", TEXT), COL_N("entity", TEXT),
                 COL_RN("view_id", "saved_view")),
	OPS_END,
};
