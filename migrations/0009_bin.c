/* Step 9: what went to the recycle bin with another record (src/core/bin.h). */
#include "migrations/cols.h"
#include "migrations/steps.h"

const struct mig_op step_0009[] = {
	TABLE("bin_along", COL_PK, COL_N("entity", TEXT), COL_N("entity_id", INT),
              COL_N("by_entity", TEXT), COL_N("by_id", INT)),
	UNIQUE("bin_along", "bin_along_entity", "entity, entity_id"),
	INDEX("bin_along", "bin_along_by", "by_entity, by_id"),
	OPS_END,
};
