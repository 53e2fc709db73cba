/* Audit: the event log for whoever must look into it — searched (core/feed.h), exported, proved. */
#ifndef TRIPOD_AUDIT_H
#define TRIPOD_AUDIT_H

#include <stdio.h>

#include "core/feed.h"
#include "core/job.h"
#include "core/setting.h"
#include "doc/table.h"

/* What a search finds, newest first and at most audit.export_rows, as CSV or ndjson; the last row
 * says who took it out, when, how much, whether more was there, and the head of the chain.
 * Needs event.read for all and export.run; appends export.made. ERR_FORBIDDEN. */
MUST_USE err_t audit_export(struct ctx *cx, const struct feed_filter *f, enum table_format format,
                            FILE *out, i64 *rows);
/* Queues the proof of the whole chain (job audit.verify); head: also that this one is in it, or
 * NULL. ERR_INVALID (head). */
MUST_USE err_t audit_verify_queue(struct ctx *cx, const char *head, i64 *job);
/* {"events","pos","head","last":job or null}: the chain as it stands and its last proof. */
MUST_USE err_t audit_state_write(struct ctx *cx, struct jw *w);

extern const struct job_def audit_jobs[];
extern const struct setting_def audit_settings[];

#endif
