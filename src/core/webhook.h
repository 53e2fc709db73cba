/* Webhooks: facts of the event log, posted to addresses that people chose (docs/webhooks.md).
 *
 * A webhook belongs to its owner and tells what he may see, no more: records in his scope, fields he
 * may read.  Each matching event is one delivery, whatever happens meanwhile; a delivery is posted
 * at least once, under one number and signed, again after growing pauses for about a day.  A
 * webhook whose receiver fails time after time is switched off, and its owner is told. */
#ifndef TRIPOD_WEBHOOK_H
#define TRIPOD_WEBHOOK_H

#include "core/entity.h"
#include "core/job.h"
#include "core/notify.h"
#include "core/setting.h"

extern const struct entity webhook_entity;

/* A delivery of kind webhook.test. ERR_NOT_FOUND, ERR_FORBIDDEN (act "update"). */
MUST_USE err_t webhook_test(struct ctx *cx, i64 id, i64 *delivery);
/* A new secret, shown this once; the old one signs as well for a day. */
MUST_USE err_t webhook_rotate(struct ctx *cx, i64 id, const char **secret);

/* {"items":[{id,kind,event_seq,state,attempts,created_at,run_at,sent_at,status,ms,error,request,
 * answer,answer_cut}],"next":…} newest first; below delivery `before` unless 0. */
MUST_USE err_t webhook_deliveries(struct ctx *cx, i64 id, i64 before, int limit, struct jw *w);
/* The same body under the same number once more, from the first attempt. */
MUST_USE err_t webhook_redeliver(struct ctx *cx, i64 id, i64 delivery);

/* Does "account.*, node.completed" name this kind? */
bool webhook_wants(const char *kinds, const char *kind);
/* Turns events that came since the last time into deliveries; for the job. */
MUST_USE err_t webhook_collect(struct ctx *cx);
/* "v1=…" over "id.timestamp.body" with the secret. */
const char *webhook_sign(struct arena *a, const char *secret, i64 id, i64 seconds,
                         const char *body);

extern const struct event_kind webhook_events[];
extern const struct setting_def webhook_settings[];
extern const struct job_def webhook_jobs[];
extern const struct notice_kind webhook_notices[];

#endif
