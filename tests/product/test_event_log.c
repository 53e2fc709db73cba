/* The event log (P6): no change without an event, and nothing in the log can be altered, removed or
 * put in without being found and named; a lawful erasure leaves the proof whole. */
#include "product/world.h"

#include <pthread.h>
#include <string.h>

#include "core/event.h"
#include "domain/account/account.h"
#include "unit/cases.h"

enum { ROWS = 12, MIDDLE = 5, WRITERS = 6, WRITES = 30 };

static void seal_all(struct world *w)
{
	i64 n = conn_engine(w->cx.c) == DB_POSTGRES;
	while (n)
		WORLD_OK(w, event_seal(&w->cx, 100, &n));
}

/* A log of a few accounts, all sealed; every column of the middle row is filled. */
static int open_log(void **state)
{
	int rc = world_open(state);
	struct world *w = *state;
	i64 user = world_user(w, "zhang", "sales", 0);
	world_be(w, user);
	w->cx.request_id = "4f2a";
	w->cx.client_id = "tab-1";
	for (int i = 0; i < ROWS; i++)
		world_add(w, &account_entity,
		          arena_printf(w->cx.a, "{\"name\":\"客户%d\",\"headcount\":5}", i));
	world_be(w, 0);
	seal_all(w);
	return rc;
}

static struct event_verdict verdict(struct world *w, const char *head)
{
	struct event_verdict v;
	WORLD_OK(w, event_verify(&w->cx, head, &v));
	return v;
}

/* -- every change has an event -- */

static struct world *the_world;

static err_t change_silently(struct ctx *cx, void *arg)
{
	(void)arg;
	return db_exec(cx->c, "update account set headcount = 6", NO_ARGS, NULL);
}

static void write_silently(void)
{
	(void)!ctx_write(&the_world->cx, change_silently, NULL);
}

static void test_event_log_panics_on_a_change_without_event(void **state)
{
	the_world = *state;
	must_panic(write_silently);
}

static err_t change_excused(struct ctx *cx, void *arg)
{
	event_not_needed(cx, "the test says so");
	return change_silently(cx, arg);
}

static err_t change_nothing(struct ctx *cx, void *arg)
{
	(void)arg;
	return db_exec(cx->c, "update account set headcount = 6 where id < 0", NO_ARGS, NULL);
}

static void test_event_log_lets_pass_what_is_excused(void **state)
{
	struct world *w = *state;
	WORLD_OK(w, ctx_write(&w->cx, change_excused, NULL));
	WORLD_OK(w, ctx_write(&w->cx, change_nothing, NULL));
}

/* -- tampering: done in a write, looked at, and rolled back -- */

struct tampering {
	const char *sql;
	struct args args;
	const char *head;
	struct event_verdict v;
};

static err_t tamper(struct ctx *cx, void *arg)
{
	struct tampering *t = arg;
	i64 n = 0;
	TRY(db_exec(cx->c, t->sql, t->args, &n));
	assert_true(n > 0);
	TRY(event_verify(cx, t->head, &t->v));
	return cx_err(cx, ERR_CONFLICT, EP({"reason", "undo"}));
}

static struct event_verdict after(struct world *w, const char *sql, struct args a, const char *head)
{
	struct tampering t = {.sql = sql, .args = a, .head = head};
	WORLD_FAILS(w, ERR_CONFLICT, ctx_write(&w->cx, tamper, &t));
	assert_true(verdict(w, NULL).ok);
	return t.v;
}

static i64 seq_at(struct world *w, i64 pos)
{
	return world_number(w, "select seq from event where pos = ?", ARGS(vi(pos)));
}

static void test_event_log_finds_every_altered_column(void **state)
{
	struct world *w = *state;
	struct cat_col *cols;
	size_t n;
	i64 middle = verdict(w, NULL).events - MIDDLE, seq = seq_at(w, middle);
	WORLD_OK(w, catalogue_columns(w->cx.c, "event", &cols, &n));
	assert_true(n >= 17);
	for (size_t i = 0; i < n; i++) {
		const char *name = cols[i].name;
		bool number = cols[i].type == COL_INT;
		const char *sql = arena_printf(
			w->a,
			number ? "update event set %s = coalesce(%s, 6) + 1000000 where seq = ?"
			       : "update event set %s = coalesce(%s, '') || 'x' where seq = ?",
			name, name);
		if (!strcmp(name, "erased"))
			sql = "update event set erased = 1 - erased where seq = ?";
		struct event_verdict v = after(w, sql, ARGS(vi(seq)), NULL);
		if (v.ok)
			fail_msg("event.%s was altered and nothing found", name);
		/* What moved away is missed by its own number; what got another has that. */
		i64 named = !strcmp(name, "seq") ? seq + 1000000 : seq;
		if (v.broken_seq != named)
			fail_msg("event.%s was altered in %lld, found in %lld: %s", name,
			         (long long)seq, (long long)v.broken_seq, v.reason);
	}
}

static void test_event_log_misses_what_was_removed(void **state)
{
	struct world *w = *state;
	i64 last = verdict(w, NULL).events;
	static const char remove[] = "delete from event where pos = ?";
	for (i64 pos = 1; pos < last; pos += last / 4) {
		struct event_verdict v = after(w, remove, ARGS(vi(pos)), NULL);
		assert_false(v.ok);
		assert_string_equal(v.reason, "missing");
		assert_int_equal(v.broken_seq, seq_at(w, pos));
	}
}

/* The end of a chain can be cut without a trace in it: a head that was noted elsewhere tells. */
static void test_event_log_cut_is_found_by_the_head(void **state)
{
	struct world *w = *state;
	struct event_verdict whole = verdict(w, NULL);
	static const char cut[] = "delete from event where pos > ?";
	i64 keep = whole.events - 3;
	assert_true(verdict(w, whole.head).ok);
	assert_true(after(w, cut, ARGS(vi(keep)), NULL).ok);
	struct event_verdict v = after(w, cut, ARGS(vi(keep)), whole.head);
	assert_false(v.ok);
	assert_string_equal(v.reason, "head_not_found");
	/* An older head stays provable while the log grows. */
	world_add(w, &account_entity, "{\"name\":\"后来\"}");
	seal_all(w);
	assert_true(verdict(w, whole.head).ok);
	assert_false(verdict(w, "0000").ok);
}

#define COPIED                                                                     \
	"occurred_at, recorded_at, actor_id, kind, entity, entity_id, account_id," \
	" opportunity_id, via, request_id, client_id, payload, payload_hash, erased"

static void test_event_log_finds_what_was_put_in(void **state)
{
	struct world *w = *state;
	i64 last = verdict(w, NULL).events;
	struct event_verdict v = after(w,
	                               "insert into event(pos, hash, " COPIED
	                               ") select ?, hash, " COPIED " from event where pos = 3",
	                               ARGS(vi(last + 1)), NULL);
	assert_false(v.ok);
	assert_int_equal(v.broken_pos, last + 1);
	/* Only PostgreSQL has rows that wait for their seal. */
	v = after(w, "insert into event(" COPIED ") select " COPIED " from event where pos = 3",
	          NO_ARGS, NULL);
	assert_int_equal(v.ok, on_postgres());
	assert_int_equal(v.unsealed, 1);
}

/* -- erasing -- */

static err_t erase(struct ctx *cx, void *arg)
{
	return event_erase(cx, *(i64 *)arg, "请求删除个人信息");
}

static void test_event_log_erasure_keeps_the_proof(void **state)
{
	struct world *w = *state;
	struct event_verdict before = verdict(w, NULL);
	i64 seq = seq_at(w, before.events - MIDDLE), none = 1 << 30;
	WORLD_OK(w, ctx_write(&w->cx, erase, &seq));
	seal_all(w);
	struct event_verdict v = verdict(w, before.head);
	assert_true(v.ok);
	assert_int_equal(v.events, before.events + 1);
	const char *payload = NULL, *kind = NULL;
	WORLD_OK(w, db_one_text(w->cx.c, "select payload from event where seq = ?", ARGS(vi(seq)),
	                        &payload));
	assert_string_equal(payload, "{}");
	WORLD_OK(w, db_one_text(w->cx.c,
	                        "select kind from event where entity = 'event' and entity_id = ?",
	                        ARGS(vi(seq)), &kind));
	assert_string_equal(kind, "event.erased");
	WORLD_FAILS(w, ERR_NOT_FOUND, ctx_write(&w->cx, erase, &none));
	/* The row stays sealed: only its payload may go, and only with the event that says so. */
	v = after(w, "update event set kind = 'lead.created' where seq = ?", ARGS(vi(seq)), NULL);
	assert_int_equal(v.broken_seq, seq);
	v = after(w, "delete from event where kind = 'event.erased' and seq > ?", ARGS(vi(seq)),
	          NULL);
	assert_int_equal(v.broken_seq, seq);
	assert_string_equal(v.reason, "payload_altered");
}

/* -- many writers -- */

struct writer {
	struct world *w;
	int number, failed;
	bool sealer;
	volatile bool *stop;
};

static err_t insert(struct ctx *cx, void *r)
{
	return crud_insert(cx, r);
}

static void *write_accounts(void *arg)
{
	struct writer *t = arg;
	for (int i = 0; i < WRITES; i++) {
		struct arena *a = arena_new(ARENA_REQUEST_MAX);
		struct ctx cx;
		struct rec *r = rec_new(a, &account_entity);
		rec_set(r, "name", vt(arena_printf(a, "%d-%d", t->number, i)));
		err_t rc = ctx_begin(&cx, t->w->db, a, "api");
		cx.actor = actor_system();
		if (!rc)
			rc = ctx_write(&cx, insert, r);
		t->failed += rc != ERR_OK;
		ctx_end(&cx);
		arena_free(a);
	}
	return NULL;
}

/* Two of them at once: the second is turned away and comes again. */
static void *seal(void *arg)
{
	struct writer *t = arg;
	while (!*t->stop) {
		struct arena *a = arena_new(ARENA_REQUEST_MAX);
		struct ctx cx;
		i64 n;
		err_t rc = ctx_begin(&cx, t->w->db, a, "job");
		cx.actor = actor_system();
		if (!rc)
			rc = event_seal(&cx, 7, &n);
		t->failed += rc != ERR_OK && rc != ERR_CONFLICT && rc != ERR_UNIQUE;
		ctx_end(&cx);
		arena_free(a);
	}
	return NULL;
}

static void test_event_log_of_many_writers_is_one_chain(void **state)
{
	struct world *w = *state;
	struct event_verdict before = verdict(w, NULL);
	volatile bool stop = false;
	pthread_t thread[WRITERS + 2];
	struct writer t[WRITERS + 2];
	int n = WRITERS + (on_postgres() ? 2 : 0), failed = 0;
	for (int i = 0; i < n; i++) {
		t[i] = (struct writer){w, i, 0, i >= WRITERS, &stop};
		assert_int_equal(pthread_create(&thread[i], NULL,
		                                t[i].sealer ? seal : write_accounts, &t[i]),
		                 0);
	}
	for (int i = 0; i < n; i++) {
		if (i == WRITERS)
			stop = true;
		pthread_join(thread[i], NULL);
		failed += t[i].failed;
	}
	assert_int_equal(failed, 0);
	seal_all(w);
	struct event_verdict v = verdict(w, before.head);
	assert_true(v.ok);
	assert_int_equal(v.unsealed, 0);
	assert_int_equal(v.events, before.events + WRITERS * WRITES);
	assert_int_equal(world_number(w, "select count(*) from event", NO_ARGS), v.events);
	assert_int_equal(world_number(w, "select max(pos) from event", NO_ARGS), v.events);
}

#define ON_A_LOG(test) cmocka_unit_test_setup_teardown(test, open_log, world_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_LOG(test_event_log_panics_on_a_change_without_event),
		ON_A_LOG(test_event_log_lets_pass_what_is_excused),
		ON_A_LOG(test_event_log_finds_every_altered_column),
		ON_A_LOG(test_event_log_misses_what_was_removed),
		ON_A_LOG(test_event_log_cut_is_found_by_the_head),
		ON_A_LOG(test_event_log_finds_what_was_put_in),
		ON_A_LOG(test_event_log_erasure_keeps_the_proof),
		ON_A_LOG(test_event_log_of_many_writers_is_one_chain),
	};
	return cmocka_run_group_tests_name("event_log", tests, NULL, NULL);
}
