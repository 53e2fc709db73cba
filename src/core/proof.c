/* Proof of the event log: sealing what was committed (PostgreSQL), walking the whole chain. */
#include <string.h>

#include "core/seal.h"

const struct event_kind event_log_events[] = {
	{"event.erased", L("事件内容依法删除", "Content of an event erased"), false},
	{NULL, {NULL, NULL}, false},
};

/* The last: erased, and an event says so. */
#define SEAL_COLUMNS                                                                              \
	"select e.seq, e.pos, e.occurred_at, e.recorded_at, e.actor_id, e.kind, e.entity,"        \
	" e.entity_id, e.account_id, e.opportunity_id, e.via, e.payload_hash, e.hash, e.payload," \
	" e.request_id, e.client_id, e.erased, e.erased = 1 and exists (select 1 from event x"    \
	" where x.entity = 'event' and x.entity_id = e.seq and x.kind = 'event.erased')"          \
	" from event e "

static void read_row(struct rows *r, struct event_row *row)
{
	*row = (struct event_row){
		.seq = rows_i64(r, 0),
		.pos = rows_i64(r, 1),
		.occurred_at = rows_i64(r, 2),
		.recorded_at = rows_i64(r, 3),
		.actor_id = rows_i64(r, 4),
		.kind = rows_text(r, 5),
		.entity = rows_text(r, 6),
		.entity_id = rows_i64(r, 7),
		.account_id = rows_i64(r, 8),
		.opportunity_id = rows_i64(r, 9),
		.via = rows_text(r, 10),
		.request_id = rows_text(r, 14),
		.client_id = rows_text(r, 15),
	};
}

struct sealed {
	i64 seq, pos;
	const char *hash;
};

struct seal_job {
	int limit;
	i64 count;
};

/* Rows that were committed, in the order of their numbers: one that commits later with a lower
 * number is chained later. Held by an advisory lock, so there is one sealer. */
static err_t seal_some(struct ctx *cx, void *arg)
{
	struct seal_job *j = arg;
	j->count = 0;
	event_not_needed(cx, "sealing adds no fact");
	i64 pos;
	const char *prev;
	TRY(event_head(cx, &pos, &prev));
	struct sealed *done = ARENA_ARRAY(cx->a, (size_t)j->limit, struct sealed);
	struct rows *r;
	TRY(db_query(cx->c, SEAL_COLUMNS "where e.pos is null order by e.seq limit ?",
	             ARGS(vi(j->limit)), &r));
	size_t n = 0;
	while (rows_next(r)) {
		struct event_row row;
		read_row(r, &row);
		row.pos = ++pos;
		char *h = arena_alloc(cx->a, SHA256_HEX);
		seal_hash(prev, &row, rows_text(r, 11), h);
		prev = h;
		done[n++] = (struct sealed){row.seq, row.pos, h};
	}
	TRY(rows_done(r));
	for (size_t i = 0; i < n; i++) {
		i64 k = 0;
		TRY(db_exec(cx->c,
		            "update event set pos = ?, hash = ? where seq = ? and pos is null",
		            ARGS(vi(done[i].pos), vt(done[i].hash), vi(done[i].seq)), &k));
		/* A second sealer, after the lock was lost: what it sealed stands. */
		if (!k)
			return cx_fail(cx, ERR_CONFLICT, "event %lld was sealed meanwhile",
			               (long long)done[i].seq);
	}
	j->count = (i64)n;
	return n ? db_notify(cx->c, "sealed", "") : ERR_OK;
}

err_t event_seal(struct ctx *cx, int limit, i64 *sealed)
{
	*sealed = 0;
	if (conn_engine(cx->c) == DB_SQLITE)
		return ERR_OK;
	struct seal_job j = {.limit = limit};
	TRY(ctx_write(cx, seal_some, &j));
	*sealed = j.count;
	return ERR_OK;
}

static void broken(struct event_verdict *v, const struct event_row *row, const char *reason)
{
	if (!v->ok)
		return;
	v->ok = false;
	v->broken_pos = row->pos;
	v->broken_seq = row->seq;
	v->reason = reason;
}

/* The payload has its hash, or was erased and the log says so. */
static bool payload_proven(struct rows *r)
{
	const char *payload = rows_text(r, 13), *want = rows_text(r, 11);
	char h[SHA256_HEX];
	if (rows_i64(r, 16))
		return rows_i64(r, 17) != 0;
	sha256_hex(payload ? payload : "", payload ? strlen(payload) : 0, h);
	return want && !strcmp(h, want);
}

err_t event_verify(struct ctx *cx, const char *want_head, struct event_verdict *out)
{
	*out = (struct event_verdict){.ok = true, .head = ""};
	char prev[SHA256_HEX] = "";
	i64 last = 0, last_seq = 0;
	bool head_seen = !want_head;
	for (bool more = true; more && out->ok;) {
		struct rows *r;
		TRY(db_query(cx->c, SEAL_COLUMNS "where e.pos > ? order by e.pos limit 1000",
		             ARGS(vi(last)), &r));
		more = false;
		while (rows_next(r)) {
			more = true;
			struct event_row row;
			read_row(r, &row);
			const char *payload_hash = rows_text(r, 11);
			char h[SHA256_HEX];
			/* Numbers are given without gaps on SQLite and nearly so on
			 * PostgreSQL: the one after the last that is there is what is gone. */
			if (row.pos != last + 1) {
				struct event_row gone = {.pos = last + 1, .seq = last_seq + 1};
				broken(out, row.seq > gone.seq ? &gone : &row, "missing");
			}
			if (!payload_proven(r))
				broken(out, &row, "payload_altered");
			seal_hash(prev, &row, payload_hash ? payload_hash : "", h);
			const char *stored = rows_text(r, 12);
			if (!stored || strcmp(stored, h) != 0)
				broken(out, &row, "altered");
			memcpy(prev, h, sizeof prev);
			if (want_head && !strcmp(prev, want_head))
				head_seen = true;
			last = row.pos;
			last_seq = row.seq;
			out->events++;
			if (!out->ok)
				break;
		}
		err_t rc = rows_done(r);
		if (rc && out->ok)
			return rc;
	}
	out->head = arena_strdup(cx->a, prev);
	TRY(db_one_i64(cx->c, "select count(*) from event where pos is null", NO_ARGS,
	               &out->unsealed, NULL));
	if (out->ok && out->unsealed && conn_engine(cx->c) == DB_SQLITE) {
		out->ok = false;
		out->reason = "not_sealed";
		TRY(db_one_i64(cx->c, "select min(seq) from event where pos is null", NO_ARGS,
		               &out->broken_seq, NULL));
	}
	if (out->ok && !head_seen) {
		out->ok = false;
		out->reason = "head_not_found";
		out->broken_pos = last;
	}
	return ERR_OK;
}

err_t event_erase(struct ctx *cx, i64 seq, const char *reason)
{
	i64 n = 0;
	struct jw w = jw_new(cx->a, 64 * 1024);
	jw_obj(&w);
	jw_kstr(&w, "reason", reason);
	jw_end_obj(&w);
	TRY(db_exec(cx->c, "update event set payload = '{}', erased = 1 where seq = ?",
	            ARGS(vi(seq)), &n));
	if (!n)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	return event_append(cx,
	                    &(struct event_in){.kind = "event.erased",
	                                       .entity = "event",
	                                       .entity_id = seq,
	                                       .payload = jw_done(&w)},
	                    NULL);
}
