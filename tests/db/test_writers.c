/* Many writers at once on both engines: each gets its own answer, and what was acknowledged is there;
 * also when the database closes under them. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "db/db_test.h"

enum { THREADS = 32, EACH = 20, KEYS = 7 };

static atomic_int hooks, running;

static void count_hook(void *arg)
{
	(void)arg;
	hooks++;
}

/* What a job is to do, and what must come of it. */
enum act { KEEP, REFUSE, CLASH, DANGLE, SWALLOW, NEST, ACTS };

struct job {
	i64 id;
	enum act act;
	int runs;
};

static const err_t wants[] = {[KEEP] = 0,         [REFUSE] = ERR_FORBIDDEN, [CLASH] = ERR_UNIQUE,
                              [DANGLE] = ERR_REF, [SWALLOW] = ERR_UNIQUE,   [NEST] = 0};

static err_t clash(struct conn *c, void *arg)
{
	const struct job *j = arg;
	TRY(db_exec(c, "insert into line (id, head_id, part) values (?, ?, 9)",
	            ARGS(vi(j->id * 10 + 9), vi(j->id)), NULL));
	return db_exec(c, "insert into head (id, name) values (?, 'first')",
	               ARGS(vi(j->id + 500000)), NULL);
}

static err_t run_job(struct conn *c, void *arg)
{
	struct job *j = arg;
	j->runs++;
	if (*conn_slot(c) || conn_changes(c))
		return ERR_DB;
	*conn_slot(c) = j;
	TRY(db_exec(c, "insert into head (id, name) values (?, ?)",
	            ARGS(vi(j->id), vt(arena_printf(conn_arena(c), "n%d", (int)j->id))), NULL));
	conn_after_commit(c, count_hook, NULL);
	for (int part = 0; part < 3; part++)
		TRY(db_exec(c, "insert into line (id, head_id, part) values (?, ?, ?)",
		            ARGS(vi(j->id * 10 + part), vi(j->id), vi(part)), NULL));
	TRY(db_exec(c, "update tally set n = n + 1 where id = ?", ARGS(vi(j->id % KEYS)), NULL));
	if (*conn_slot(c) != j || conn_changes(c) != 5)
		return ERR_DB;
	switch (j->act) {
	case REFUSE: return errs_set(conn_errs(c), ERR_FORBIDDEN, NULL);
	case CLASH: return clash(c, j);
	case SWALLOW: return (void)clash(c, j), 0;
	case DANGLE:
		return db_exec(c, "insert into line (id, head_id, part) values (?, -1, 0)",
		               ARGS(vi(j->id * 10 + 8)), NULL);
	case NEST:
		if (db_nested(c, clash, j) != ERR_UNIQUE)
			return ERR_DB;
		errs_clear(conn_errs(c));
		return 0;
	default: return 0;
	}
}

struct worker {
	pthread_t thread;
	struct db *db;
	int number;
	int kept, wrong, unavailable;
	bool until_closed;
	bool acked[EACH * 50];
};

static void *work(void *arg)
{
	struct worker *w = arg;
	int most = w->until_closed ? EACH * 50 : EACH;
	/* db_close waits for readers: so this thread may still ask, and is refused */
	struct arena *mine = arena_new(1024 * 1024);
	struct errs my_errs;
	struct conn *held = NULL;
	errs_init(&my_errs, mine);
	w->wrong += w->until_closed && db_acquire(w->db, mine, &my_errs, &held);
	running++;
	for (int i = 0; i < most; i++) {
		struct arena *a = arena_new(4 * 1024 * 1024);
		struct errs e;
		struct job j = {.id = 1000 * w->number + i,
		                .act = (enum act)((i + w->number) % ACTS)};
		errs_init(&e, a);
		err_t rc = db_write(w->db, a, &e, run_job, &j);
		bool closed = rc == ERR_UNAVAILABLE && w->until_closed;
		if (!closed && (rc != wants[j.act] || e.code != (enum err_code)rc || !j.runs)) {
			print_error("job %d: wanted %d, got %d (%d) %s\n", (int)j.id, wants[j.act],
			            rc, (int)e.code, e.log ? e.log : "");
			w->wrong++;
		}
		w->acked[i] = !rc;
		w->kept += !rc;
		w->unavailable += closed;
		arena_free(a);
		if (closed)
			break;
	}
	db_release(held);
	arena_free(mine);
	return NULL;
}

static void make_tables(struct fix *f)
{
	script(f, "create table head (id bigint primary key, name text not null unique);"
	          "create table line (id bigint primary key, "
	          "head_id bigint not null references head(id), part bigint);"
	          "create table tally (id bigint primary key, n bigint not null);"
	          "insert into head (id, name) values (0, 'first')");
	for (int i = 0; i < KEYS; i++)
		OK(f, write_one(f, "insert into tally (id, n) values (?, 0)", ARGS(vi(i))));
}

static void begin(struct fix *f, struct worker *w, bool until_closed)
{
	hooks = running = 0;
	for (int i = 0; i < THREADS; i++) {
		w[i] = (struct worker){.db = f->db, .number = i + 1, .until_closed = until_closed};
		assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
	}
}

/* What is in the tables is what was acknowledged, whole. */
static void check(struct fix *f, const struct worker *w)
{
	int kept = 0;
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(w[i].wrong, 0);
		kept += w[i].kept;
		for (int k = 0; k < EACH * 50; k++)
			if (w[i].acked[k])
				assert_int_equal(
					number(f, "select count(*) from line where head_id = ?",
				               ARGS(vi(1000 * w[i].number + k))),
					3);
	}
	assert_int_equal(number(f, "select count(*) from head where id > 0", NO_ARGS), kept);
	assert_int_equal(number(f, "select count(*) from line", NO_ARGS), kept * 3);
	assert_int_equal(number(f, "select sum(n) from tally", NO_ARGS), kept);
	assert_int_equal(hooks, kept);
}

static void everybody_gets_their_own_answer(void **state)
{
	struct fix *f = *state;
	struct worker *w = ARENA_ARRAY(f->a, THREADS, struct worker);
	make_tables(f);
	begin(f, w, false);
	for (int i = 0; i < THREADS; i++)
		pthread_join(w[i].thread, NULL);
	check(f, w);
	assert_true(hooks > THREADS * EACH / ACTS);
}

static void closing_with_waiting_jobs(void **state)
{
	struct fix *f = *state;
	struct worker *w = ARENA_ARRAY(f->a, THREADS, struct worker);
	make_tables(f);
	db_close(f->db);
	f->db = open_again(f, &(struct db_options){.pool_max = 2 * THREADS});
	begin(f, w, true);
	while (running < THREADS)
		usleep(1000);
	usleep(50000);
	db_close(f->db);
	int refused = 0;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(w[i].thread, NULL);
		refused += w[i].unavailable;
	}
	f->db = open_again(f, NULL);
	check(f, w);
	assert_true(refused > 0);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, fix_open, fix_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(everybody_gets_their_own_answer),
		CASE(closing_with_waiting_jobs),
	};
	return cmocka_run_group_tests_name("writers", tests, NULL, NULL);
}
