/* Step 5: what an administrator keeps in order — links to set a password, the company's logo, and
 * where the file of an import's wrong rows is. */
#include "migrations/cols.h"
#include "migrations/steps.h"

const struct mig_op step_0005[] = {
	/* Every hash of a kept file stands in a column that is called so (core/files.h). */
	{.kind = OP_ADD_COLUMN,
         .table = "import_run",
         .cols = (const struct col[]){COL("errors_file_hash", TEXT), COLS_END}},
	/* One-time links: an invitation, or a new password for somebody who lost his. */
	TABLE("user_link", COL_PK, COL_N("token_hash", TEXT), COL_RN("user_id", "app_user"),
              COL_N("kind", TEXT), COL_N("created_at", TIME), COL("created_by", INT),
              COL_N("expires_at", TIME), COL("used_at", TIME)),
	UNIQUE("user_link", "user_link_token", "token_hash"),
	INDEX("user_link", "user_link_user", "user_id"),
	/* Files of the company itself, by what they are for: its logo. */
	TABLE_PK("company_file", "name", COL_N("name", TEXT), COL_N("file_hash", TEXT),
                 COL_N("media_type", TEXT), COL_N("updated_at", TIME), COL("updated_by", INT)),
	INDEX("event", "event_kind", "kind, seq"),
	INDEX("event", "event_actor", "actor_id, seq"),
	OPS_END,
};
