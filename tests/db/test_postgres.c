/* What only PostgreSQL has to answer for: lost connections, deadlocks, the pool. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "db/db_test.h"

static void make_table(struct fix *f)
{
	script(f, "create table t (id bigint primary key, n bigint not null);"
	          "insert into t values (1, 0), (2, 0)");
}

static i64 sum(struct fix *f)
{
	return number(f, "select sum(n) from t", NO_ARGS);
}

/* Idle connections are all dead: neither readers nor writers notice. */
static void dead_idle_connections_are_replaced(void **state)
{
	struct fix *f = *state;
	make_table(f);
	for (int i = 1; i <= 3; i++) {
		struct conn *c[3] = {NULL};
		for (int k = 0; k < 3; k++)
			OK(f, db_acquire(f->db, f->a, &f->e, &c[k]));
		for (int k = 0; k < 3; k++)
			db_release(c[k]);
		kill_backends(f);
		assert_int_equal(sum(f), i - 1);
		kill_backends(f);
		OK(f, write_one(f, "update t set n = n + 1 where id = ?", ARGS(vi(1))));
		assert_int_equal(sum(f), i);
	}
}

struct killing {
	struct fix *f;
	int runs;
	bool after_statement;
};

static err_t killed(struct conn *c, void *arg)
{
	struct killing *k = arg;
	k->runs++;
	if (k->after_statement)
		TRY(db_exec(c, "update t set n = n + 100 where id = 1", NO_ARGS, NULL));
	kill_backends(k->f);
	return db_exec(c, "update t set n = n + 1 where id = 1", NO_ARGS, NULL);
}

static err_t killed_before_commit(struct conn *c, void *arg)
{
	struct killing *k = arg;
	TRY(db_exec(c, "update t set n = n + 1 where id = 1", NO_ARGS, NULL));
	kill_backends(k->f);
	return 0;
}

static void a_write_cut_off_is_unavailable(void **state)
{
	struct fix *f = *state;
	struct killing k = {.f = f, .after_statement = true};
	make_table(f);
	FAILS(f, ERR_UNAVAILABLE, db_write(f->db, f->a, &f->e, killed, &k));
	assert_int_equal(k.runs, 1);
	FAILS(f, ERR_UNAVAILABLE, db_write(f->db, f->a, &f->e, killed_before_commit, &k));
	assert_int_equal(sum(f), 0);
	OK(f, write_one(f, "update t set n = n + 1 where id = 1", NO_ARGS));
	assert_int_equal(sum(f), 1);
}

static void a_reader_cut_off(void **state)
{
	struct fix *f = *state;
	struct conn *c = NULL;
	i64 n = 0;
	make_table(f);
	/* between statements: the next one runs on a new connection */
	OK(f, db_acquire(f->db, f->a, &f->e, &c));
	OK(f, db_one_i64(c, "select count(*) from t where id > ?", ARGS(vi(0)), &n, NULL));
	kill_backends(f);
	OK(f, db_one_i64(c, "select count(*) from t where id > ?", ARGS(vi(1)), &n, NULL));
	assert_int_equal(n, 1);
	/* rows that were read stay readable */
	struct rows *r;
	OK(f, db_query(c, "select id from t order by id", NO_ARGS, &r));
	kill_backends(f);
	assert_true(rows_next(r));
	assert_true(rows_next(r));
	assert_int_equal(rows_i64(r, 0), 2);
	OK(f, rows_done(r));
	/* a snapshot cannot be had again */
	OK(f, db_snapshot(c));
	kill_backends(f);
	FAILS(f, ERR_UNAVAILABLE, db_one_i64(c, "select count(*) from t", NO_ARGS, &n, NULL));
	db_release(c);
	/* neither can a lock: its holder must hear of it */
	bool got = false;
	OK(f, db_acquire(f->db, f->a, &f->e, &c));
	OK(f, db_try_lock(c, 5, &got));
	assert_true(got);
	kill_backends(f);
	FAILS(f, ERR_UNAVAILABLE, db_one_i64(c, "select count(*) from t", NO_ARGS, &n, NULL));
	db_release(c);
	assert_int_equal(number(f, "select count(*) from t", NO_ARGS), 2);
}

struct cross {
	struct fix *f;
	pthread_barrier_t *met;
	i64 first, second;
	atomic_int *runs;
	err_t rc;
	int met_once;
};

static err_t cross_job(struct conn *c, void *arg)
{
	struct cross *x = arg;
	++*x->runs;
	TRY(db_exec(c, "update t set n = n + 1 where id = ?", ARGS(vi(x->first)), NULL));
	if (!x->met_once++)
		pthread_barrier_wait(x->met);
	return db_exec(c, "update t set n = n + 1 where id = ?", ARGS(vi(x->second)), NULL);
}

static void *cross(void *arg)
{
	struct cross *x = arg;
	struct arena *a = arena_new(1024 * 1024);
	struct errs e;
	errs_init(&e, a);
	x->rc = db_write(x->f->db, a, &e, cross_job, x);
	if (x->rc)
		print_error("%s\n", e.log ? e.log : "no reason");
	arena_free(a);
	return NULL;
}

static void a_deadlock_is_run_again(void **state)
{
	struct fix *f = *state;
	pthread_barrier_t met;
	atomic_int runs = 0;
	pthread_t t[2];
	make_table(f);
	pthread_barrier_init(&met, NULL, 2);
	struct cross x[2] = {{.f = f, .met = &met, .first = 1, .second = 2, .runs = &runs},
	                     {.f = f, .met = &met, .first = 2, .second = 1, .runs = &runs}};
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&t[i], NULL, cross, &x[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	pthread_barrier_destroy(&met);
	assert_int_equal(x[0].rc, 0);
	assert_int_equal(x[1].rc, 0);
	assert_true(runs > 2);
	assert_int_equal(sum(f), 4);
}

static void a_locked_row_is_busy_at_last(void **state)
{
	struct fix *f = *state;
	make_table(f);
	db_close(f->db);
	f->db = open_again(f, &(struct db_options){.busy_timeout_ms = 100});
	PGconn *h = plain_pg(f->url);
	PQclear(PQexec(h, "begin; update t set n = 9 where id = 1"));
	FAILS(f, ERR_DB_BUSY, write_one(f, "update t set n = 1 where id = 1", NO_ARGS));
	PQclear(PQexec(h, "rollback"));
	PQfinish(h);
	OK(f, write_one(f, "update t set n = 1 where id = 1", NO_ARGS));
}

static void the_pool_has_an_end(void **state)
{
	struct fix *f = *state;
	struct conn *c[4] = {NULL};
	make_table(f);
	db_close(f->db);
	f->db = open_again(f, &(struct db_options){.pool_max = 4, .busy_timeout_ms = 100});
	for (int i = 0; i < 3; i++)
		OK(f, db_acquire(f->db, f->a, &f->e, &c[i]));
	FAILS(f, ERR_DB_BUSY, db_acquire(f->db, f->a, &f->e, &c[3]));
	/* writers have one that readers cannot take */
	OK(f, write_one(f, "update t set n = 1 where id = 1", NO_ARGS));
	db_release(c[1]);
	OK(f, db_acquire(f->db, f->a, &f->e, &c[1]));
	for (int i = 0; i < 3; i++)
		db_release(c[i]);
	assert_int_equal(sum(f), 1);
}

static void backups_are_not_ours(void **state)
{
	struct fix *f = *state;
	FAILS(f, ERR_CONFLICT, db_backup_sqlite(f->db, &f->e, "/tmp/never"));
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, fix_open, fix_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(dead_idle_connections_are_replaced),
		CASE(a_write_cut_off_is_unavailable),
		CASE(a_reader_cut_off),
		CASE(a_deadlock_is_run_again),
		CASE(a_locked_row_is_busy_at_last),
		CASE(the_pool_has_an_end),
		CASE(backups_are_not_ours),
	};
	return cmocka_run_group_tests_name("postgres", tests, NULL, NULL);
}
