/* The event log: appending and reading. Sealing is in seal.c, proof in proof.c. */
#include "core/event.h"

#include <string.h>

#include "base/hash.h"
#include "core/actor.h"
#include "core/seal.h"

/* What a write transaction did so far; hangs in the connection's slot. */
struct tally {
	int events;
	bool exempt;
};

static struct tally *tally_of(struct conn *c)
{
	void **slot = conn_slot(c);
	if (!*slot)
		*slot = arena_alloc(conn_whole(c), sizeof(struct tally));
	return *slot;
}

void event_not_needed(struct ctx *cx, const char *why)
{
	(void)why;
	tally_of(cx->c)->exempt = true;
}

static err_t every_change_has_an_event(struct conn *c)
{
	const struct tally *t = *conn_slot(c);
	if (conn_changes(c) > 0 && (!t || (!t->events && !t->exempt)))
		panic("a write transaction changed %lld rows without an event (P6)",
		      (long long)conn_changes(c));
	return ERR_OK;
}

void event_check_install(void)
{
#ifndef NDEBUG
	db_commit_check = every_change_has_an_event;
#else
	(void)every_change_has_an_event;
#endif
}

err_t event_append(struct ctx *cx, const struct event_in *ev, i64 *seq)
{
	if (!event_kind_find(ev->kind))
		panic("event kind '%s' is not declared", ev->kind);
	if (!conn_in_write(cx->c))
		panic("event '%s' outside a write", ev->kind);
	tally_of(cx->c)->events++;
	struct event_row row = {
		.occurred_at = ev->occurred_at   ? ev->occurred_at
	                       : cx->occurred_at ? cx->occurred_at
	                                         : cx->now,
		.recorded_at = cx->now,
		.actor_id = cx->actor ? cx->actor->id : 0,
		.kind = ev->kind,
		.entity = ev->entity,
		.entity_id = ev->entity_id,
		.account_id = ev->account_id,
		.opportunity_id = ev->opportunity_id,
		.via = cx->via,
		.payload = ev->payload ? ev->payload : "{}",
		.client_id = cx->client_id,
		.request_id = cx->request_id,
	};
	char payload_hash[SHA256_HEX];
	sha256_hex(row.payload, strlen(row.payload), payload_hash);
	const char *hash = NULL;
	if (conn_engine(cx->c) == DB_SQLITE)
		TRY(seal_inline(cx, &row, payload_hash, &hash));
	i64 id = 0;
	TRY(db_insert(cx->c,
	              "insert into event(pos, occurred_at, recorded_at, actor_id, kind, entity,"
	              " entity_id, account_id, opportunity_id, via, request_id, client_id, payload,"
	              " payload_hash, hash) values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) returning seq",
	              ARGS(vref(row.pos), vi(row.occurred_at), vi(row.recorded_at),
	                   vref(row.actor_id), vt(row.kind), vt(row.entity), vref(row.entity_id),
	                   vref(row.account_id), vref(row.opportunity_id), vt(row.via),
	                   vt(row.request_id), vt(row.client_id), vt(row.payload), vt(payload_hash),
	                   vt(hash)),
	              &id));
	if (row.seq && row.seq != id)
		return cx_fail(cx, ERR_DB, "event %lld was sealed as %lld", (long long)id,
		               (long long)row.seq);
	if (seq)
		*seq = id;
	return db_notify(cx->c, "event", "");
}

err_t event_read(struct ctx *cx, i64 after, int limit, struct event_row **out, size_t *n)
{
	struct event_row *rows = ARENA_ARRAY(cx->a, (size_t)limit, struct event_row);
	struct rows *r;
	TRY(db_query(
		cx->c,
		"select e.pos, e.seq, e.occurred_at, e.recorded_at, e.actor_id, e.kind, e.entity,"
		" e.entity_id, e.account_id, e.opportunity_id, e.via, e.client_id, e.payload, u.name"
		" from event e left join app_user u on u.id = e.actor_id"
		" where e.pos > ? order by e.pos limit ?",
		ARGS(vi(after), vi(limit)), &r));
	size_t k = 0;
	while (rows_next(r) && k < (size_t)limit)
		rows[k++] = (struct event_row){
			.pos = rows_i64(r, 0),
			.seq = rows_i64(r, 1),
			.occurred_at = rows_i64(r, 2),
			.recorded_at = rows_i64(r, 3),
			.actor_id = rows_i64(r, 4),
			.kind = rows_dup(r, 5),
			.entity = rows_dup(r, 6),
			.entity_id = rows_i64(r, 7),
			.account_id = rows_i64(r, 8),
			.opportunity_id = rows_i64(r, 9),
			.via = rows_dup(r, 10),
			.client_id = rows_dup(r, 11),
			.payload = rows_dup(r, 12),
			.actor_name = rows_dup(r, 13),
		};
	TRY(rows_done(r));
	*out = rows;
	*n = k;
	return ERR_OK;
}
