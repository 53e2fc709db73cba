/* Step 6: what can be taken back, acts on many records, and what became of merged ones. */
#include "migrations/cols.h"
#include "migrations/steps.h"

const struct mig_op step_0006[] = {
	TABLE("undo_entry", COL_PK, COL_R("user_id", "app_user"), COL_N("kind", TEXT),
              COL("entity", TEXT), COL("title", TEXT), COL_N("n", INT), COL_N("seq", INT),
              COL_N("created_at", TIME), COL_N("expires_at", TIME), COL("undone_at", TIME),
              COL("undone_by", INT)),
	INDEX("undo_entry", "undo_entry_user", "user_id, id"),
	TABLE("undo_row", COL_PK, COL_RN("entry_id", "undo_entry"), COL("entity", TEXT),
              COL_N("entity_id", INT), COL_N("act", TEXT), COL_N("version", INT), COL("was", JSON)),
	INDEX("undo_row", "undo_row_entry", "entry_id, id"),
	TABLE("bulk_run", COL_PK, COL_RN("user_id", "app_user"), COL("tokens", TEXT),
              COL("lang", TEXT), COL_N("entity", TEXT), COL_N("body", JSON), COL_N("ids", JSON),
              COL_N("state", TEXT), COL_N("total", INT), COL_D("done", INT, "0"),
              COL_D("changed", INT, "0"), COL_D("same", INT, "0"), COL_D("refused", INT, "0"),
              COL("refusals", JSON), COL("undo_id", INT), COL_N("created_at", TIME),
              COL("finished_at", TIME)),
	TABLE_PK("merged_into", "entity, loser_id", COL_N("entity", TEXT), COL_N("loser_id", INT),
                 COL_N("winner_id", INT), COL_N("merged_at", TIME)),
	OPS_END,
};
