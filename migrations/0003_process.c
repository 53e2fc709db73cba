/* Step 3: playbooks and the nodes opportunities walk. */
#include "migrations/cols.h"
#include "migrations/steps.h"

const struct mig_op step_0003[] = {
	TABLE("playbook", RECORD_COLS, COL_N("name", TEXT), COL_N("revision", INT),
              COL_N("state", TEXT), COL_N("definition", JSON), COL_N("definition_hash", TEXT),
              COL("published_at", TIME), COL("published_by", INT), COL("note", TEXT)),
	UNIQUE("playbook", "playbook_revision", "revision"),
	/* One occurrence of a node on an opportunity. */
	TABLE("node", RECORD_COLS, COL_RN("opportunity_id", "opportunity"),
              COL_RN("account_id", "account"), COL_RN("playbook_id", "playbook"),
              COL_N("code", TEXT), COL_N("stage_code", TEXT), COL_N("position", INT),
              COL_D("occurrence", INT, "1"), COL_N("state", TEXT), COL_R("owner_id", "app_user"),
              COL("owner_role", TEXT), COL("started_at", TIME), COL("due_at", TIME),
              COL("plan_on", DATE), COL("period", TEXT), COL("starts_at", TIME),
              COL("finished_at", TIME), COL("finished_by", INT), COL_D("rework", INT, "0"),
              COL("skip_reason", TEXT), COL("skip_by", INT), COL_D("gate", BOOL, "0"),
              COL_D("overdue_noted", BOOL, "0"), COL_D("due_soon_noted", BOOL, "0"),
              COL_D("escalated", BOOL, "0")),
	UNIQUE("node", "node_occurrence", "opportunity_id, code, occurrence"),
	INDEX("node", "node_work", "owner_id, state, due_at"),
	INDEX("node", "node_state", "state, due_at"),
	/* What was handed in for a node: a note, a document, a file. */
	TABLE("output", RECORD_COLS, COL_RN("node_id", "node"),
              COL_RN("opportunity_id", "opportunity"), COL_RN("account_id", "account"),
              COL_N("key", TEXT), COL_N("kind", TEXT), COL("title", TEXT), COL("body", TEXT),
              COL("attachment_id", INT), COL("content_hash", TEXT), COL_R("owner_id", "app_user")),
	INDEX("output", "output_opportunity", "opportunity_id"),
	UNIQUE_WHERE("output", "output_key", "node_id, key", "deleted_at is null"),
	/* Skips and overrides that somebody must allow. */
	TABLE("exception_request", RECORD_COLS, COL_RN("node_id", "node"),
              COL_RN("opportunity_id", "opportunity"), COL_RN("account_id", "account"),
              COL_N("kind", TEXT), COL("item", TEXT), COL_N("reason", TEXT), COL_N("state", TEXT),
              COL_R("approver_id", "app_user"), COL("decided_by", INT), COL("decided_at", TIME),
              COL("opinion", TEXT), COL_R("owner_id", "app_user")),
	INDEX("exception_request", "exception_opportunity", "opportunity_id"),
	INDEX("exception_request", "exception_work", "approver_id, state"),
	OPS_END,
};
