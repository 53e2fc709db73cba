/* Counting attempts in table throttle. */
#include "core/throttle.h"

#include "core/event.h"

struct take {
	const char *key;
	i64 max, window_us, left_us;
};

static err_t take(struct ctx *cx, void *arg)
{
	struct take *t = arg;
	event_not_needed(cx, "a counter of attempts");
	t->left_us = 0;
	i64 now = clock_now();
	struct rows *r;
	TRY(db_query(cx->c, "select count, until from throttle where key = ?", ARGS(vt(t->key)),
	             &r));
	i64 count = 0, until = 0;
	if (rows_next(r)) {
		count = rows_i64(r, 0);
		until = rows_i64(r, 1);
	}
	TRY(rows_done(r));
	if (until > now && count >= t->max) {
		t->left_us = until - now;
		return ERR_OK;
	}
	if (until <= now) {
		count = 0;
		until = now + t->window_us;
		TRY(db_exec(cx->c, "delete from throttle where until <= ?", ARGS(vi(now)), NULL));
	}
	/* The count is raised where it stands: on PostgreSQL two may be here at once. */
	return db_exec(cx->c,
	               "insert into throttle(key, count, until) values (?, 1, ?)"
	               " on conflict (key) do update set count = throttle.count + 1",
	               ARGS(vt(t->key), vi(until)), NULL);
}

err_t throttle_take(struct ctx *cx, const char *key, i64 max, i64 window_us)
{
	struct take t = {.key = key, .max = max, .window_us = window_us};
	TRY(ctx_write(cx, take, &t));
	if (!t.left_us)
		return ERR_OK;
	i64 s = (t.left_us + US_PER_SEC - 1) / US_PER_SEC;
	return cx_err(cx, ERR_THROTTLED,
	              EP({"seconds", arena_printf(cx->a, "%lld", (long long)s)}));
}

static err_t clear(struct ctx *cx, void *arg)
{
	event_not_needed(cx, "a counter of attempts");
	return db_exec(cx->c, "delete from throttle where key = ?", ARGS(vt(arg)), NULL);
}

err_t throttle_clear(struct ctx *cx, const char *key)
{
	return ctx_write(cx, clear, (void *)(uintptr_t)key);
}

static err_t give_back(struct ctx *cx, void *arg)
{
	event_not_needed(cx, "a counter of attempts");
	return db_exec(cx->c, "update throttle set count = count - 1 where key = ? and count > 0",
	               ARGS(vt(arg)), NULL);
}

err_t throttle_give_back(struct ctx *cx, const char *key)
{
	return ctx_write(cx, give_back, (void *)(uintptr_t)key);
}
