/* Step 8: how each person wants to be told, and the outbox of e-mails. */
#include "migrations/cols.h"
#include "migrations/steps.h"

const struct mig_op step_0008[] = {
	/* user 0 is the company; see core/notice_prefs.h */
	TABLE_PK("notice_choice", "user_id, kind", COL_N("user_id", INT), COL_N("kind", TEXT),
                 COL_N("in_app", BOOL), COL_N("mail", TEXT)),
	TABLE_PK("notice_person", "user_id", COL_N("user_id", INT), COL("quiet", BOOL),
                 COL("quiet_from", INT), COL("quiet_to", INT), COL("digest", TEXT),
                 COL("digest_day", INT), COL("digest_at", INT)),
	/* see core/mail.h */
	TABLE("mail", COL_PK, COL_R("user_id", "app_user"), COL_N("kind", TEXT),
              COL_N("lang", TEXT), COL("zone", TEXT), COL("name", TEXT), COL_N("address", TEXT),
              COL("title", TEXT), COL("body", TEXT), COL("href", TEXT), COL("thread", TEXT),
              COL_N("message_id", TEXT), COL_N("state", TEXT), COL_N("run_at", TIME),
              COL_D("attempts", INT, "0"), COL("leased_until", TIME), COL("error", TEXT),
              COL_N("created_at", TIME), COL("sent_at", TIME), COL("digest_id", INT)),
	INDEX("mail", "mail_due", "state, run_at"),
	INDEX_WHERE("mail", "mail_of_digest", "digest_id", "digest_id is not null"),
	INDEX("notification", "notification_group", "user_id, kind, href"),
	OPS_END,
};
