/* Retention: how long things are kept that nobody works with any more.
 *
 * A rule is a row in retention.c; its days are a setting (retention.…_days, 0 = for ever), so they
 * are changed where settings are, each change an event.  The job retention.obey carries them out
 * every day; a preview says what would go now, also with other days. */
#ifndef TRIPOD_RETENTION_H
#define TRIPOD_RETENTION_H

#include "core/job.h"
#include "core/setting.h"

/* {"items":[{code,label,setting,act,days,due,oldest}]}: due = how many would go today.
 * rule and days: that one with these days instead; or NULL. Needs setting.read. ERR_NOT_FOUND. */
MUST_USE err_t retention_write(struct ctx *cx, const char *rule, i64 days, struct jw *w);

extern const struct job_def retention_jobs[];
extern const struct setting_def retention_settings[];
extern const struct event_kind retention_events[];

#endif
