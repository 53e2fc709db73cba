/* Sealing: how one event row is chained to the one before. Used by event.c only. */
#ifndef TRIPOD_SEAL_H
#define TRIPOD_SEAL_H

#include "base/hash.h"
#include "core/event.h"

/* Sets row->pos, row->seq (which the insert must get) and the hash, chaining to the newest row.
 * SQLite, inside the write. */
MUST_USE err_t seal_inline(struct ctx *cx, struct event_row *row, const char *payload_hash,
                           const char **hash);
/* SHA-256 over: prev, pos, seq, occurred_at, recorded_at, actor_id, kind, entity, entity_id,
 * account_id, opportunity_id, via, request_id, client_id, payload_hash — a line feed after each,
 * absent numbers as 0, absent text as nothing. Anyone can recompute it with standard tools
 * (docs/event-log.md). */
void seal_hash(const char *prev, const struct event_row *row, const char *payload_hash,
               char out[SHA256_HEX]);

#endif
