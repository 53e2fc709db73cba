/* Step 11: webhooks and their deliveries. */
#include "migrations/cols.h"
#include "migrations/steps.h"

const struct mig_op step_0011[] = {
	TABLE("webhook", RECORD_COLS, COL_N("name", TEXT), COL_N("url", TEXT), COL_N("kinds", TEXT),
              COL("filter", TEXT), COL_D("active", BOOL, "1"), COL_R("owner_id", "app_user"),
              COL_D("failures", INT, "0"), COL("disabled_reason", TEXT), COL("secret", TEXT),
              COL("old_secret", TEXT), COL("old_secret_until", TIME), COL("after_seq", INT)),
	TABLE("webhook_delivery", COL_PK, COL_RN("webhook_id", "webhook"), COL("event_seq", INT),
              COL_N("kind", TEXT), COL_N("body", TEXT), COL_N("state", TEXT), COL_N("run_at", TIME),
              COL_D("attempts", INT, "0"), COL("leased_until", TIME), COL_N("created_at", TIME),
              COL("sent_at", TIME), COL("status", INT), COL("ms", INT), COL("error", TEXT),
              COL("answer", TEXT), COL_D("answer_cut", BOOL, "0")),
	UNIQUE("webhook_delivery", "webhook_delivery_once", "webhook_id, event_seq"),
	INDEX("webhook_delivery", "webhook_delivery_due", "state, run_at"),
	/* one row: how far the event log was read */
	TABLE_PK("webhook_cursor", "id", COL_N("id", INT), COL_N("pos", INT)),
	OPS_END,
};
