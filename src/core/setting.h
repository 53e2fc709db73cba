/* Settings: numbers and words that an administrator changes while the house runs.
 *
 * A row of struct setting_def stands in the owning module's table; the value kept in table
 * `setting` overrides the default.  Each process keeps all values in memory and reads them again
 * when any process changed one.  To add one: a row in the module's table, nothing else. */
#ifndef TRIPOD_SETTING_H
#define TRIPOD_SETTING_H

#include "core/record.h"

struct setting_def {
	/* name "session.idle_hours", type, label, help, bounds, default; F_HIDDEN: a secret, which
	 * is set and never read back, neither by the API nor in the log */
	struct field f;
	const char *unit; /* "hours", "percent", … or NULL */
};

/* Once per database, before any getter. */
MUST_USE err_t settings_start(struct db *db);

/* Panic on a name that no module declares or of another type. Texts live in cx->a. */
i64 setting_i64(struct ctx *cx, const char *name); /* int, bool, money, bp */
const char *setting_text(struct ctx *cx, const char *name);

/* Row i of all modules, NULL at the end. */
const struct setting_def *setting_at(size_t i);
/* Members name, type, unit, value, default, min, max, label, help, enum, secret of one setting as an
 * object; without `value` when cx is NULL. A secret has is_set for its value. */
void setting_write(struct ctx *cx, const struct setting_def *s, struct jw *w);
/* Sets the members of `body` (name → value; null = back to the default): all or none.
 * ERR_INVALID with all field errors. One event setting.changed for each that changed. */
MUST_USE err_t settings_patch(struct ctx *cx, const json_t *body);

extern const struct event_kind setting_events[];
extern const struct permission setting_permissions[];

#endif
