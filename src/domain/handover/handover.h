/* Hand-over (交接): everything a person holds goes to others, in one act that can be undone.
 *
 * What a person can hold is a table of kinds: an entity, the column that names the person, and which
 * of its records count.  A module whose records are held in another way adds a row there. */
#ifndef TRIPOD_HANDOVER_H
#define TRIPOD_HANDOVER_H

#include "core/record.h"

extern const struct module handover_module;

/* {"user":{id,name},"total":n,"kinds":[{kind,label,n,records:[{id,title}]}]}: kinds with something in
 * them, each with its first 200 records. Needs handover.run: for all, or for a team the person is in;
 * else ERR_NOT_FOUND. */
MUST_USE err_t handover_holdings(struct ctx *cx, i64 user_id, struct jw *w);

/* body {to, reason, kinds:{KIND: user|null}, records:[{kind,id,to: user|null}]}: all goes to `to`, but
 * the kinds and records named there to somebody else, or (null) nowhere. Both sides are told. Writes
 * the report {from,total,reason,undo_id,moved:[{kind,label,to:{id,name},n}]}. ERR_INVALID. */
MUST_USE err_t handover_run(struct ctx *cx, i64 user_id, const json_t *body, struct jw *w);

#endif
