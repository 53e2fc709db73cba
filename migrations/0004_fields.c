/* Step 4: field rights of roles. */
#include "migrations/cols.h"
#include "migrations/steps.h"

const struct mig_op step_0004[] = {
	/* What differs from the default alone; see core/field_rights.h. */
	TABLE_PK("field_right", "role, entity, field", COL_N("role", TEXT), COL_N("entity", TEXT),
                 COL_N("field", TEXT), COL_N("access", TEXT)),
	OPS_END,
};
