/* Sealing: one event row is chained to the one before. */
#include "core/seal.h"

#include <string.h>

static void add_text(struct sha256_state *s, const char *text)
{
	if (text)
		sha256_add(s, text, strlen(text));
	sha256_add(s, "\n", 1);
}

static void add_number(struct sha256_state *s, i64 n)
{
	char text[24];
	snprintf(text, sizeof text, "%lld", (long long)n);
	add_text(s, text);
}

void seal_hash(const char *prev, const struct event_row *row, const char *payload_hash,
               char out[SHA256_HEX])
{
	struct sha256_state s;
	sha256_begin(&s);
	add_text(&s, prev);
	add_number(&s, row->pos);
	add_number(&s, row->seq);
	add_number(&s, row->occurred_at);
	add_number(&s, row->recorded_at);
	add_number(&s, row->actor_id);
	add_text(&s, row->kind);
	add_text(&s, row->entity);
	add_number(&s, row->entity_id);
	add_number(&s, row->account_id);
	add_number(&s, row->opportunity_id);
	add_text(&s, row->via);
	add_text(&s, row->request_id);
	add_text(&s, row->client_id);
	add_text(&s, payload_hash);
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
	TRY(db_one_i64(cx->c, "select coalesce(max(seq), 0) + 1 from event", NO_ARGS, &row->seq,
	               NULL));
	row->pos = pos + 1;
	char *h = arena_alloc(cx->a, SHA256_HEX);
	seal_hash(prev, row, payload_hash, h);
	*hash = h;
	return ERR_OK;
}
