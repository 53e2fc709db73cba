/* Bulk: one act on many records of a list — edit, assign, tag, delete.
 *
 * Each record goes the way a single one goes (core/crud): scope, field rights, rules and hooks hold
 * for it, and what is refused is told per record.  A dry run does the same and is rolled back, so a
 * preview cannot differ.  "all" changes everything or nothing, "good" leaves the refused ones out.
 * One undo entry for the whole.
 *
 * Up to bulk.at_once records are done while the caller waits, more by the job bulk.run in portions;
 * a job that dies goes on where it stopped. */
#ifndef TRIPOD_BULK_H
#define TRIPOD_BULK_H

#include "base/json.h"
#include "core/job.h"
#include "core/setting.h"

enum { BULK_PORTION = 200, BULK_REFUSALS_SHOWN = 200 };

/* body: {act:"edit"|"assign"|"tag"|"delete", ids:[…] | filter:{…}, q, changes:{…}, user_id, field,
 * add:[…], remove:[…], mode:"all"|"good", dry_run}. Writes the run: {id,entity,act,dry_run,mode,state,
 * total,done,changed,same,refused,refusals:[{id,title,code,message,errors}],undo_id}.
 * ERR_INVALID, ERR_BAD_FILTER, ERR_BULK_MANY. */
MUST_USE err_t bulk_start(struct ctx *cx, const struct entity *e, const json_t *body, struct jw *w);
/* The actor's own run; ERR_NOT_FOUND. */
MUST_USE err_t bulk_get(struct ctx *cx, i64 id, struct jw *w);

extern const struct job_def bulk_jobs[];
extern const struct setting_def bulk_settings[];
extern const struct event_kind bulk_events[];

#endif
