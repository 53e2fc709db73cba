/* Search tables, notifications and locks on both engines. */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "db/db_test.h"
#include "db/fts.h"

static const struct mig_op tables[] = {{.kind = OP_CREATE_FTS, .table = "account_search"},
                                       {.kind = OP_SQL}};
static const struct mig_step steps[] = {{1, "search", tables}, {0}};

struct put {
	i64 id;
	const char *words; /* NULL: delete */
};

static err_t put_job(struct conn *c, void *arg)
{
	struct put *p = arg;
	TRY(p->words ? fts_put(c, "account_search", p->id, p->words)
	             : fts_delete(c, "account_search", p->id));
	return conn_changes(c) ? ERR_DB : 0;
}

static void put(struct fix *f, i64 id, const char *words)
{
	OK(f, db_write(f->db, f->a, &f->e, put_job, &(struct put){id, words}));
}

/* Ids found, as digits in order. */
static i64 found(struct fix *f, const struct query_word *words, size_t n)
{
	struct fts_cond cond;
	assert_true(
		fts_condition(f->a, db_engine(f->db), "account_search", "t.id", words, n, &cond));
	struct conn *c = NULL;
	struct rows *r;
	i64 ids = 0;
	OK(f, db_acquire(f->db, f->a, &f->e, &c));
	const char *sql = arena_printf(
		f->a,
		"select t.id from (select 1 as id union all select 2 union all select 3) as t "
		"where %s order by t.id",
		cond.sql);
	OK(f, db_query(c, sql, ARGS(cond.value), &r));
	while (rows_next(r))
		ids = ids * 10 + rows_i64(r, 0);
	OK(f, rows_done(r));
	db_release(c);
	return ids;
}

#define FOUND(f, ...)                                        \
	found((f), (const struct query_word[]){__VA_ARGS__}, \
	      sizeof((const struct query_word[]){__VA_ARGS__}) / sizeof(struct query_word))

static void words_are_found(void **state)
{
	struct fix *f = *state;
	int applied;
	OK(f, migrate_up(f->db, f->a, &f->e, steps, &applied));
	/* 华为技术, 华能集团, and one with a letter that is younger than some Unicode tables (㐂, 𰻝) */
	put(f, 1, "华 为 技 术 华为 为技 技术 huawei huaweijishu jishu hwjs hw");
	put(f, 2, "  华 能 集 团  华能 能集 集团 huaneng huanengjituan hnjt ");
	put(f, 3, "𰻝 面 𰻝面 biangbiangmian bbm o'neil a\\b x\"y 华");

	assert_int_equal(FOUND(f, {"华为", false}, {"技术", false}), 1);
	assert_int_equal(FOUND(f, {"华为", false}), 1);
	assert_int_equal(FOUND(f, {"华", false}), 123);
	assert_int_equal(FOUND(f, {"技为", false}), 0);
	assert_int_equal(FOUND(f, {"hwjs", true}), 1);
	assert_int_equal(FOUND(f, {"hwj", true}), 1);
	assert_int_equal(FOUND(f, {"hwj", false}), 0);
	assert_int_equal(FOUND(f, {"hua", true}), 12);
	assert_int_equal(FOUND(f, {"hua", true}, {"集团", false}), 2);
	assert_int_equal(FOUND(f, {"𰻝面", false}), 3);
	assert_int_equal(FOUND(f, {"𰻝", false}, {"bbm", true}), 3);
	assert_int_equal(FOUND(f, {"o'neil", false}, {"a\\b", false}, {"x\"", true}), 3);

	/* characters that mean something in the engines' own languages */
	static const char *const odd[] = {"'", "\"",  "\\",        "a:*", "& b",    "a | b",
	                                  "(", ")",   "!",         "*",   "a' : '", "\" OR \"华",
	                                  "-", "NOT", "near(a b)", "^a",  "a.b"};
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		assert_int_equal(FOUND(f, {odd[i], false}, {"hwjs", false}), 0);
		assert_int_equal(FOUND(f, {odd[i], true}, {"nothere", false}), 0);
	}
	struct fts_cond cond;
	assert_false(fts_condition(f->a, db_engine(f->db), "account_search", "id", NULL, 0, &cond));
}

static void words_change_and_go(void **state)
{
	struct fix *f = *state;
	int applied;
	OK(f, migrate_up(f->db, f->a, &f->e, steps, &applied));
	put(f, 1, "old common");
	put(f, 2, "common");
	put(f, 1, "old common");
	assert_int_equal(FOUND(f, {"common", false}), 12);
	put(f, 1, "new common");
	assert_int_equal(FOUND(f, {"old", false}), 0);
	assert_int_equal(FOUND(f, {"new", false}), 1);
	put(f, 2, NULL);
	put(f, 2, NULL);
	assert_int_equal(FOUND(f, {"common", false}), 1);
	put(f, 1, "");
	assert_int_equal(FOUND(f, {"common", true}), 0);
	put(f, 1, "back");
	assert_int_equal(FOUND(f, {"back", false}), 1);
}

/* -- notifications -- */

struct heard {
	pthread_mutex_t mu;
	pthread_cond_t wake;
	char log[256]; /* payloads, each with a blank after it */
};

static void hear(void *arg, const char *payload)
{
	struct heard *h = arg;
	pthread_mutex_lock(&h->mu);
	strncat(h->log, payload, sizeof h->log - strlen(h->log) - 1);
	strncat(h->log, " ", sizeof h->log - strlen(h->log) - 1);
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->mu);
}

/* Waits until exactly this was heard. */
static void heard_at(struct heard *h, const char *want, int line)
{
	struct timespec until;
	bool late = false;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	pthread_mutex_lock(&h->mu);
	while (strcmp(h->log, want) && !late)
		late = pthread_cond_timedwait(&h->wake, &h->mu, &until);
	if (late)
		print_error("line %d: heard '%s', wanted '%s'\n", line, h->log, want);
	pthread_mutex_unlock(&h->mu);
	assert_false(late);
}
#define HEARD(h, want) heard_at((h), (want), __LINE__)

struct note {
	const char *channel, *payload;
	err_t then;
};

static err_t notify_job(struct conn *c, void *arg)
{
	struct note *n = arg;
	TRY(db_notify(c, n->channel, n->payload));
	return n->then ? errs_set(conn_errs(c), (enum err_code)n->then, NULL) : 0;
}

static err_t notify(struct fix *f, const char *channel, const char *payload, err_t then)
{
	return db_write(f->db, f->a, &f->e, notify_job, &(struct note){channel, payload, then});
}

static void listeners_hear_what_was_committed(void **state)
{
	struct fix *f = *state;
	struct heard a = {.mu = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};
	struct heard b = a;
	OK(f, notify(f, "alpha", "before", 0));
	OK(f, db_listen(f->db, "alpha", hear, &a));
	OK(f, db_listen(f->db, "beta", hear, &b));
	OK(f, notify(f, "alpha", "1", 0));
	FAILS(f, ERR_CONFLICT, notify(f, "alpha", "lost", ERR_CONFLICT));
	OK(f, notify(f, "beta", "华为", 0));
	OK(f, notify(f, "gamma", "nobody", 0));
	OK(f, notify(f, "alpha", "2'", 0));
	HEARD(&a, "1 2' ");
	HEARD(&b, "华为 ");
	struct conn *c = NULL;
	OK(f, db_acquire(f->db, f->a, &f->e, &c));
	OK(f, db_notify(c, "alpha", "3"));
	db_release(c);
	HEARD(&a, "1 2' 3 ");
	FAILS(f, ERR_DB, notify(f, "no; word", "x", 0));
	if (on_postgres()) {
		/* told that some may be missing, then hearing again */
		kill_backends(f);
		HEARD(&a, "1 2' 3  ");
		OK(f, notify(f, "alpha", "4", 0));
		HEARD(&a, "1 2' 3  4 ");
	}
	/* before their memory goes */
	db_close(f->db);
	f->db = open_again(f, NULL);
}

/* -- locks -- */

static void one_process_holds_a_lock(void **state)
{
	struct fix *f = *state;
	struct db *other = open_again(f, NULL);
	struct conn *c1 = NULL, *c2 = NULL;
	bool got1 = false, got2 = true, got3 = false;
	OK(f, db_acquire(f->db, f->a, &f->e, &c1));
	OK(f, db_acquire(other, f->a, &f->e, &c2));
	OK(f, db_try_lock(c1, 42, &got1));
	OK(f, db_try_lock(c2, 42, &got2));
	OK(f, db_try_lock(c2, 43, &got3));
	assert_true(got1 && got3);
	assert_int_equal(got2, !on_postgres());
	OK(f, db_unlock(c1, 42));
	OK(f, db_try_lock(c2, 42, &got2));
	assert_true(got2);
	/* the end of the use frees it as well */
	db_release(c2);
	got1 = false;
	OK(f, db_try_lock(c1, 42, &got1));
	assert_true(got1);
	db_release(c1);
	db_close(other);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, fix_open, fix_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(words_are_found),
		CASE(words_change_and_go),
		CASE(listeners_hear_what_was_committed),
		CASE(one_process_holds_a_lock),
	};
	return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
