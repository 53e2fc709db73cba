/* Sealing: one event row is chained to the one before. */
#include "core/seal.h"

#include <string.h>

void seal_hash(const char *prev, const struct event_row *row, const char *payload_hash,
               char out[SHA256_HEX])
{
	char numbers[8][24];
	const i64 n[8] = {row->pos,       row->occurred_at, row->recorded_at,   row->actor_id,
	                  row->entity_id, row->account_id,  row->opportunity_id};
	for (int i = 0; i < 7; i++)
		snprintf(numbers[i], sizeof numbers[i], "%lld", (long long)n[i]);
	const char *part[12] = {prev,
	                        numbers[0],
	                        numbers[1],
	                        numbers[2],
	                        numbers[3],
	                        row->kind,
	                        row->entity ? row->entity : "",
	                        numbers[4],
	                        numbers[5],
	                        numbers[6],
	                        row->via ? row->via : "",
	                        payload_hash};
	struct sha256_state s;
	sha256_begin(&s);
	for (size_t i = 0; i < ARRAY_LEN(part); i++) {
		sha256_add(&s, part[i], strlen(part[i]));
		sha256_add(&s, "\n", 1);
	}
	sha256_end(&s, out);
}

err_t event_head(struct ctx *cx, i64 *pos, const char **hash)
{
	*pos = 0;
	*hash = "";
	struct rows *r;
	TRY(db_query(cx->c,
	             "select pos, hash from event where pos is not null order by pos desc limit 1",
	             NO_ARGS, &r));
	if (rows_next(r)) {
		*pos = rows_i64(r, 0);
		*hash = rows_dup(r, 1);
	}
	return rows_done(r);
}

err_t seal_inline(struct ctx *cx, struct event_row *row, const char *payload_hash,
                  const char **hash)
{
	i64 pos;
	const char *prev;
	TRY(event_head(cx, &pos, &prev));
	row->pos = pos + 1;
	char *h = arena_alloc(cx->a, SHA256_HEX);
	seal_hash(prev, row, payload_hash, h);
	*hash = h;
	return ERR_OK;
}
