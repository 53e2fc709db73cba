/* The contract of statements and transactions: every case runs on both engines. */
#include <string.h>

#include "db/db_test.h"
#include "db/impl.h"

static const char tables[] =
	"create table owner (id integer primary key, name text not null unique);"
	"create table item (id integer primary key, "
	"owner_id bigint references owner(id), code text, n bigint, "
	"primary_code text);"
	"create unique index item_code on item (owner_id, code);"
	"create unique index item_primary on item (primary_code) "
	"where primary_code is not null";

static void make_tables(struct fix *f)
{
	script(f, tables);
	script(f,
	       "insert into owner values (1, 'a'), (2, 'b');"
	       "insert into item (id, owner_id, code, n) values (1, 1, 'x', 10), (2, 1, 'y', 20), "
	       "(3, 2, 'x', 30)");
}

/* Runs fn on a reader. */
static void reading(struct fix *f, void (*fn)(struct fix *f, struct conn *c))
{
	struct conn *c = NULL;
	OK(f, db_acquire(f->db, f->a, &f->e, &c));
	fn(f, c);
	db_release(c);
}

static void numbers_markers_outside_of_texts(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
		int n;
	} cases[] = {
		{"select ?", "select $1", 1},
		{"? ? ?", "$1 $2 $3", 3},
		{"select '?', ?", "select '?', $1", 1},
		{"select 'it''s ?', ?", "select 'it''s ?', $1", 1},
		{"select \"a?\", ?", "select \"a?\", $1", 1},
		{"select \"a\"\"?\", ?", "select \"a\"\"?\", $1", 1},
		{"select ? -- why?\n, ?", "select $1 -- why?\n, $2", 2},
		{"select /* ? */ ?", "select /* ? */ $1", 1},
		{"select a - ?, b / ?", "select a - $1, b / $2", 2},
		{"select '?", "select '?", 0},
		{"select /* ?", "select /* ?", 0},
		{"select -- ?", "select -- ?", 0},
		{"select '-- ' || ?", "select '-- ' || $1", 1},
		{"", "", 0},
	};
	struct arena *a = arena_new(1024 * 1024);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int n;
		assert_string_equal(sql_numbered(a, cases[i].in, strlen(cases[i].in), &n),
		                    cases[i].out);
		assert_int_equal(n, cases[i].n);
	}
	arena_free(a);
}

static void markers_in_texts_are_no_markers(void **state)
{
	struct fix *f = *state;
	assert_string_equal(text(f,
	                         "select '?' || ? /* ? */ || \"q?\" -- ?\n from "
	                         "(select 'z' as \"q?\") as t",
	                         ARGS(vt("·"))),
	                    "?·z");
}

static void values_come_back(void **state)
{
	struct fix *f = *state;
	static const char blob[] = {0, 1, (char)0xff, '\'', '\\', 0};
	char *big = arena_alloc(f->a, 1 << 20);
	memset(big, 'x', (1 << 20) - 1);
	struct conn *c = NULL;
	struct rows *r;
	script(f, on_postgres() ? "create table v (i bigint, t text, b bytea, r double precision)"
	                        : "create table v (i integer, t text, b blob, r real) strict");
	const struct {
		struct val v[4];
	} rows[] = {
		{{vi(INT64_MIN), vt("华为技术 '\\\" ?"), vb(blob, sizeof blob), vf(0.1)}},
		{{vi(INT64_MAX), vt(""), vb("", 0), vf(-1e300)}},
		{{vnull(), vt(NULL), vb(NULL, 0), vnull()}},
		{{vref(0), vtn("abcdef", 3), vnull(), vf(3)}},
		{{vref(7), vt(big), vb(big, 1 << 20), vf(5e-324)}},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		OK(f, write_one(f, "insert into v (i, t, b, r) values (?, ?, ?, ?)",
		                (struct args){rows[i].v, 4}));
	OK(f, db_acquire(f->db, f->a, &f->e, &c));
	OK(f, db_query(c, "select i, t, b, r from v order by length(t), i", NO_ARGS, &r));
	assert_int_equal(rows_columns(r), 4);
	assert_string_equal(rows_name(r, 1), "t");
	rows_done(r) ? fail() : (void)0;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct val *want = rows[i].v;
		bool null_t = want[1].type == VAL_NULL;
		if (null_t)
			OK(f, db_query(c, "select i, t, b, r from v where t is null", NO_ARGS, &r));
		else
			OK(f, db_query(c, "select i, t, b, r from v where t = ?",
			               (struct args){&want[1], 1}, &r));
		assert_true(rows_next(r));
		for (int k = 0; k < 4; k++) {
			struct val got = rows_val(r, k);
			assert_int_equal(got.type, want[k].type);
			assert_int_equal(rows_null(r, k), want[k].type == VAL_NULL);
			switch (got.type) {
			case VAL_INT:
				assert_true(got.i == want[k].i);
				assert_true(rows_i64(r, k) == want[k].i);
				break;
			case VAL_REAL:
				assert_memory_equal(&got.f, &want[k].f, sizeof got.f);
				assert_true(rows_f64(r, k) == want[k].f);
				break;
			case VAL_TEXT:
			case VAL_BLOB:
				assert_int_equal(got.s.n, want[k].s.n);
				assert_memory_equal(got.s.p, want[k].s.p, got.s.n);
				assert_memory_equal(rows_dup(r, k), want[k].s.p, got.s.n);
				assert_int_equal(rows_len(r, k), got.s.n);
				break;
			case VAL_NULL:
				assert_null(rows_text(r, k));
				assert_true(rows_i64(r, k) == 0);
				break;
			}
		}
		assert_false(rows_next(r));
		assert_false(rows_next(r));
		OK(f, rows_done(r));
	}
	db_release(c);
}

static void sums_and_truths_are_whole_numbers(void **state)
{
	struct fix *f = *state;
	static const struct {
		const char *sql;
		i64 want;
	} cases[] = {
		{"select count(*) from item", 3},
		{"select sum(n) from item", 60},
		{"select coalesce(sum(n), 0) from item where n > 1000", 0},
		{"select cast(sum(n) as bigint) from item", 60},
		{"select max(n) from item", 30},
		{"select sum(case when n > 10 then 1 else 0 end) from item", 2},
		{"select n > 10 from item where id = 1", 0},
		{"select n > 10 from item where id = 2", 1},
		{"select exists (select 1 from item)", 1},
		{"select row_number() over (order by id) from item limit 1", 1},
	};
	make_tables(f);
	struct conn *c = NULL;
	OK(f, db_acquire(f->db, f->a, &f->e, &c));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rows *r;
		OK(f, db_query(c, cases[i].sql, NO_ARGS, &r));
		assert_true(rows_next(r));
		struct val v = rows_val(r, 0);
		assert_int_equal(v.type, VAL_INT);
		assert_int_equal(v.i, cases[i].want);
		assert_int_equal(rows_i64(r, 0), cases[i].want);
		OK(f, rows_done(r));
	}
	struct rows *r;
	OK(f, db_query(c, "select avg(n) from item", NO_ARGS, &r));
	assert_true(rows_next(r));
	assert_int_equal(rows_val(r, 0).type, VAL_REAL);
	assert_true(rows_f64(r, 0) == 20.0);
	OK(f, rows_done(r));
	db_release(c);
}

/* One text of a statement, called with values of changing types. */
static void types_of_values_may_change(void **state)
{
	struct fix *f = *state;
	script(f, "create table p (id integer primary key, n bigint, t text)");
	static const char sql[] = "insert into p (id, n, t) values (?, ?, ?)";
	OK(f, write_one(f, sql, ARGS(vi(1), vnull(), vnull())));
	OK(f, write_one(f, sql, ARGS(vi(2), vi(5), vnull())));
	OK(f, write_one(f, sql, ARGS(vi(3), vnull(), vt("x"))));
	OK(f, write_one(f, sql, ARGS(vi(4), vref(0), vt(NULL))));
	OK(f, write_one(f, sql, ARGS(vi(5), vi(1), vt("y"))));
	assert_int_equal(number(f, "select sum(id) from p where n is null", NO_ARGS), 1 + 3 + 4);
	/* contexts that do not say the type */
	static const char sum[] = "select ? + 1";
	assert_true(number(f, sum, ARGS(vi(1LL << 40))) == (1LL << 40) + 1);
	static const char any[] = "select count(*) from p where (? is null or n = ?)";
	assert_int_equal(number(f, any, ARGS(vref(0), vref(0))), 5);
	assert_int_equal(number(f, any, ARGS(vi(5), vi(5))), 1);
	assert_int_equal(number(f, any, ARGS(vref(0), vref(0))), 5);
	static const char anyt[] = "select count(*) from p where (? is null or t = ?)";
	assert_int_equal(number(f, anyt, ARGS(vt(NULL), vt(NULL))), 5);
	assert_int_equal(number(f, anyt, ARGS(vt("x"), vt("x"))), 1);
	assert_string_equal(text(f, "select coalesce(?, ?)", ARGS(vt(NULL), vt("z"))), "z");
	assert_int_equal(number(f, "select count(*) from p limit ? offset ?", ARGS(vi(1), vi(0))),
	                 5);
}

static void many_values(void **state)
{
	struct fix *f = *state;
	struct val v[200];
	char sql[2000] = "select 0";
	i64 want = 0;
	for (int i = 0; i < 200; i++) {
		v[i] = vi(i);
		want += i;
		strncat(sql, " + ?", sizeof sql - strlen(sql) - 1);
	}
	assert_int_equal(number(f, sql, (struct args){v, 200}), want);
}

static void count_of_values_must_fit(void **state)
{
	struct fix *f = *state;
	struct conn *c = NULL;
	i64 n;
	for (int i = 0; i < 2; i++) {
		OK(f, db_acquire(f->db, f->a, &f->e, &c));
		FAILS(f, ERR_DB, db_one_i64(c, "select ? + ?", ARGS(vi(1)), &n, NULL));
		FAILS(f, ERR_DB, db_one_i64(c, "select 1", ARGS(vi(1)), &n, NULL));
		OK(f, db_one_i64(c, "select ? + ?", ARGS(vi(1), vi(2)), &n, NULL));
		assert_int_equal(n, 3);
		FAILS(f, ERR_DB, db_one_i64(c, "select ? + ?", ARGS(vi(1)), &n, NULL));
		db_release(c);
	}
}

static void one_row_helpers(void **state)
{
	struct fix *f = *state;
	make_tables(f);
	struct conn *c = NULL;
	OK(f, db_acquire(f->db, f->a, &f->e, &c));
	i64 n = 77;
	bool found = true;
	OK(f, db_one_i64(c, "select n from item where id = ?", ARGS(vi(99)), &n, &found));
	assert_false(found);
	assert_int_equal(n, 77);
	OK(f, db_one_i64(c, "select n from item where id = ?", ARGS(vi(3)), &n, &found));
	assert_true(found);
	assert_int_equal(n, 30);
	const char *s = "";
	OK(f, db_one_text(c, "select code from item where id = ?", ARGS(vi(99)), &s));
	assert_null(s);
	OK(f, db_one_text(c, "select primary_code from item where id = ?", ARGS(vi(1)), &s));
	assert_null(s);
	OK(f, db_one_text(c, "select code from item where id = ?", ARGS(vi(2)), &s));
	assert_string_equal(s, "y");
	db_release(c);
}

/* The same text again while its rows are being read, three deep. */
static void nested_queries(void **state)
{
	struct fix *f = *state;
	make_tables(f);
	struct conn *c = NULL;
	OK(f, db_acquire(f->db, f->a, &f->e, &c));
	static const char sql[] = "select id from item where id >= ? order by id";
	struct rows *r1, *r2, *r3;
	i64 sum = 0;
	for (int again = 0; again < 2; again++) {
		OK(f, db_query(c, sql, ARGS(vi(1)), &r1));
		while (rows_next(r1)) {
			OK(f, db_query(c, sql, ARGS(vi(rows_i64(r1, 0))), &r2));
			while (rows_next(r2)) {
				OK(f, db_query(c, sql, ARGS(vi(rows_i64(r2, 0))), &r3));
				while (rows_next(r3))
					sum += rows_i64(r1, 0) * 100 + rows_i64(r2, 0) * 10 +
					       rows_i64(r3, 0);
				OK(f, rows_done(r3));
			}
			OK(f, rows_done(r2));
		}
		OK(f, rows_done(r1));
	}
	db_release(c);
	assert_int_equal(
		sum, 2 * (3 * 111 + 112 + 113 + 122 + 123 + 133 + 222 + 223 + 233 + 333 - 2 * 111));
}

static err_t leaves_rows_open(struct conn *c, void *arg)
{
	struct rows *r, *r2;
	TRY(db_query(c, "update item set n = n + 1 where id < ? returning id", ARGS(vi(3)), &r));
	TRY(db_query(c, "select id from item", NO_ARGS, &r2));
	*(bool *)arg = rows_next(r2);
	return 0;
}

static void rows_left_open_are_ended(void **state)
{
	struct fix *f = *state;
	bool got = false;
	make_tables(f);
	OK(f, db_write(f->db, f->a, &f->e, leaves_rows_open, &got));
	assert_true(got);
	/* run to its end although nobody read it, and committed */
	assert_int_equal(number(f, "select sum(n) from item", NO_ARGS), 62);
	for (int i = 0; i < 3; i++) {
		struct conn *c = NULL;
		struct rows *r;
		OK(f, db_acquire(f->db, f->a, &f->e, &c));
		OK(f, db_query(c, "select id from item order by id", NO_ARGS, &r));
		assert_true(rows_next(r));
		assert_int_equal(rows_i64(r, 0), 1);
		db_release(c);
	}
	/* no old snapshot is held by them */
	OK(f, write_one(f, "update item set n = 0", NO_ARGS));
	assert_int_equal(number(f, "select sum(n) from item", NO_ARGS), 0);
}

static void more_statements_than_are_kept(void **state)
{
	struct fix *f = *state;
	struct conn *c = NULL;
	OK(f, db_acquire(f->db, f->a, &f->e, &c));
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 600; i++) {
			i64 n = 0;
			const char *sql = arena_printf(f->a, "select ? + %d", i);
			OK(f, db_one_i64(c, sql, ARGS(vi(1)), &n, NULL));
			assert_int_equal(n, i + 1);
		}
	db_release(c);
}

/* More rows open at once than statements are kept. */
static void reader_deep(struct fix *f, struct conn *c)
{
	struct rows *r[300];
	for (int i = 0; i < 300; i++) {
		const char *sql = arena_printf(f->a, "select %d union all select 1", i);
		OK(f, db_query(c, sql, NO_ARGS, &r[i]));
		assert_true(rows_next(r[i]));
	}
	for (int i = 0; i < 300; i++) {
		assert_int_equal(rows_i64(r[i], 0), i);
		OK(f, rows_done(r[i]));
	}
}

static void many_rows_open(void **state)
{
	reading(*state, reader_deep);
}

static void unique_names_the_column(void **state)
{
	struct fix *f = *state;
	static const struct {
		const char *sql, *table, *column, *other;
	} cases[] = {
		{"insert into owner values (9, 'a')", "owner", "name", "id"},
		{"insert into owner values (1, 'z')", "owner", "id", "name"},
		{"update owner set name = 'a' where id = 2", "owner", "name", "id"},
		{"insert into item (id, owner_id, code) values (9, 1, 'x')", "item", "code", "n"},
		{"insert into item (id, owner_id, code) values (9, 1, 'x')", "item", "owner_id",
	         "cod"},
		{"update item set primary_code = 'p'", "item", "primary_code", "code"},
	};
	make_tables(f);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		err_t rc = write_one(f, cases[i].sql, NO_ARGS);
		assert_true(db_unique_on(&f->e, cases[i].table, cases[i].column));
		assert_false(db_unique_on(&f->e, cases[i].table, cases[i].other));
		assert_false(db_unique_on(&f->e, "nothing", cases[i].column));
		FAILS(f, ERR_UNIQUE, rc);
	}
	/* values are not for the log */
	(void)!write_one(f, "insert into owner values (9, ?)", ARGS(vt("a")));
	assert_null(strstr(f->e.log, "(a)"));
	errs_clear(&f->e);
	assert_false(db_unique_on(&f->e, "owner", "name"));
	assert_int_equal(number(f, "select count(*) from owner", NO_ARGS), 2);
}

static void references_are_kept(void **state)
{
	struct fix *f = *state;
	make_tables(f);
	FAILS(f, ERR_REF, write_one(f, "insert into item (id, owner_id) values (9, 99)", NO_ARGS));
	FAILS(f, ERR_REF, write_one(f, "delete from owner where id = 1", NO_ARGS));
	FAILS(f, ERR_REF, write_one(f, "update item set owner_id = 77 where id = 1", NO_ARGS));
	OK(f, write_one(f, "insert into item (id, owner_id) values (9, ?)", ARGS(vref(0))));
	FAILS(f, ERR_DB, write_one(f, "insert into owner (id, name) values (9, null)", NO_ARGS));
	FAILS(f, ERR_DB, write_one(f, "insert into nowhere values (1)", NO_ARGS));
	FAILS(f, ERR_DB, write_one(f, "insert gibberish", NO_ARGS));
}

static err_t goes_on_after_failure(struct conn *c, void *arg)
{
	(void)arg;
	if (db_exec(c, "insert into owner values (5, 'e')", NO_ARGS, NULL))
		return ERR_DB;
	if (db_exec(c, "insert into owner values (6, 'a')", NO_ARGS, NULL) != ERR_UNIQUE)
		return ERR_DB;
	/* refused with the same code */
	if (db_exec(c, "insert into owner values (7, 'g')", NO_ARGS, NULL) != ERR_UNIQUE)
		return ERR_DB;
	return 0;
}

static void a_failed_statement_dooms_the_write(void **state)
{
	struct fix *f = *state;
	make_tables(f);
	FAILS(f, ERR_UNIQUE, db_write(f->db, f->a, &f->e, goes_on_after_failure, NULL));
	assert_int_equal(number(f, "select count(*) from owner", NO_ARGS), 2);
}

static int called;

static void count_call(void *arg)
{
	called = called * 10 + *(const int *)arg;
}

static const int one = 1, two = 2, three = 3;

static err_t inner_fails(struct conn *c, void *arg)
{
	TRY(db_exec(c, "insert into owner values (11, 'k')", NO_ARGS, NULL));
	conn_after_commit(c, count_call, (void *)(uintptr_t)&two);
	return db_exec(c, arg, NO_ARGS, NULL);
}

static err_t inner_refuses(struct conn *c, void *arg)
{
	TRY(db_exec(c, arg, NO_ARGS, NULL));
	return errs_set(conn_errs(c), ERR_FORBIDDEN, NULL);
}

static err_t nests(struct conn *c, void *arg)
{
	(void)arg;
	if (conn_changes(c) || *conn_slot(c) || !conn_in_write(c))
		return ERR_DB;
	*conn_slot(c) = c;
	conn_after_commit(c, count_call, (void *)(uintptr_t)&one);
	TRY(db_exec(c, "insert into owner values (10, 'j')", NO_ARGS, NULL));
	char clash[] = "insert into owner values (12, 'a')", plain[] = "delete from item";
	if (db_nested(c, inner_fails, clash) != ERR_UNIQUE)
		return ERR_DB;
	errs_clear(conn_errs(c));
	if (db_nested(c, inner_refuses, plain) != ERR_FORBIDDEN)
		return ERR_DB;
	errs_clear(conn_errs(c));
	conn_after_commit(c, count_call, (void *)(uintptr_t)&three);
	char good[] = "insert into owner values (13, 'm')";
	TRY(db_nested(c, one_job, &(struct one){good, NO_ARGS}));
	return conn_changes(c) == 2 ? 0 : ERR_DB;
}

static void nested_failures_are_undone(void **state)
{
	struct fix *f = *state;
	make_tables(f);
	called = 0;
	OK(f, db_write(f->db, f->a, &f->e, nests, NULL));
	assert_string_equal(text(f,
	                         "select group_concat_ids from (select min(name) || max(name) as "
	                         "group_concat_ids from owner where id > 9) as t",
	                         NO_ARGS),
	                    "jm");
	assert_int_equal(number(f, "select count(*) from owner", NO_ARGS), 4);
	assert_int_equal(number(f, "select count(*) from item", NO_ARGS), 3);
	assert_int_equal(called, 13);
}

static err_t hooks_then_refuses(struct conn *c, void *arg)
{
	conn_after_commit(c, count_call, (void *)(uintptr_t)&one);
	TRY(db_exec(c, "delete from item", NO_ARGS, NULL));
	return errs_set(conn_errs(c), *(err_t *)arg, NULL);
}

static void a_refusal_rolls_back(void **state)
{
	struct fix *f = *state;
	make_tables(f);
	called = 0;
	err_t code = ERR_CONFLICT;
	FAILS(f, ERR_CONFLICT, db_write(f->db, f->a, &f->e, hooks_then_refuses, &code));
	assert_int_equal(called, 0);
	assert_int_equal(number(f, "select count(*) from item", NO_ARGS), 3);
}

static err_t changes_job(struct conn *c, void *arg)
{
	i64 n = 0, id = 0;
	struct rows *r;
	TRY(db_exec(c, "update item set n = 1 where id < 3", NO_ARGS, &n));
	if (n != 2)
		return ERR_DB;
	TRY(db_exec(c, "update item set n = 1 where id < 0", NO_ARGS, &n));
	if (n != 0)
		return ERR_DB;
	TRY(db_insert(c, "insert into item (id, n) values (7, 7) returning id", NO_ARGS, &id));
	TRY(db_query(c, "delete from item where id < 3 returning n", NO_ARGS, &r));
	TRY(rows_done(r));
	TRY(db_one_i64(c, "select count(*) from item", NO_ARGS, &n, NULL));
	TRY(db_exec(c, "create table other (id integer)", NO_ARGS, &n));
	*(i64 *)arg = conn_changes(c);
	return id == 7 && n == 0 ? 0 : ERR_DB;
}

static err_t check_refuses(struct conn *c)
{
	i64 n = 0;
	TRY(db_one_i64(c, "select count(*) from owner where name = 'forbidden'", NO_ARGS, &n,
	               NULL));
	return n && conn_changes(c) ? errs_set(conn_errs(c), ERR_FORBIDDEN, NULL) : 0;
}

static void changes_are_counted_and_checked(void **state)
{
	struct fix *f = *state;
	i64 n = 0;
	make_tables(f);
	OK(f, db_write(f->db, f->a, &f->e, changes_job, &n));
	assert_int_equal(n, 5);
	db_commit_check = check_refuses;
	OK(f, write_one(f, "insert into owner values (20, 'allowed')", NO_ARGS));
	FAILS(f, ERR_FORBIDDEN,
	      write_one(f, "insert into owner values (21, 'forbidden')", NO_ARGS));
	assert_int_equal(number(f, "select count(*) from owner where id > 9", NO_ARGS), 1);
}

static err_t returns_nothing(struct conn *c, void *arg)
{
	return db_insert(c, "update owner set name = name where id < 0 returning id", NO_ARGS, arg);
}

static void insert_wants_an_id(void **state)
{
	struct fix *f = *state;
	i64 id;
	make_tables(f);
	FAILS(f, ERR_DB, db_write(f->db, f->a, &f->e, returns_nothing, &id));
}

static void readers_do_not_write(void **state)
{
	struct fix *f = *state;
	make_tables(f);
	struct conn *c = NULL;
	OK(f, db_acquire(f->db, f->a, &f->e, &c));
	assert_false(conn_in_write(c));
	FAILS(f, ERR_DB, db_exec(c, "delete from item", NO_ARGS, NULL));
	i64 n = 0;
	OK(f, db_one_i64(c, "select count(*) from item", NO_ARGS, &n, NULL));
	assert_int_equal(n, 3);
	db_release(c);
}

static void a_snapshot_stands_still(void **state)
{
	struct fix *f = *state;
	make_tables(f);
	struct conn *c = NULL, *c2 = NULL;
	i64 n = 0;
	OK(f, db_acquire(f->db, f->a, &f->e, &c));
	OK(f, db_acquire(f->db, f->a, &f->e, &c2));
	OK(f, db_snapshot(c));
	OK(f, db_snapshot(c));
	OK(f, write_one(f, "insert into owner values (30, 'new')", NO_ARGS));
	OK(f, db_one_i64(c, "select count(*) from owner", NO_ARGS, &n, NULL));
	assert_int_equal(n, 2);
	OK(f, db_one_i64(c2, "select count(*) from owner", NO_ARGS, &n, NULL));
	assert_int_equal(n, 3);
	db_release(c2);
	db_release(c);
	/* the snapshot ended with the release */
	assert_int_equal(number(f, "select count(*) from owner", NO_ARGS), 3);
}

static void urls_are_checked(void **state)
{
	(void)state;
	struct arena *a = arena_new(1024 * 1024);
	struct fix f = {.a = a};
	static const char *const urls[] = {"",
	                                   "mysql://x",
	                                   "sqlite",
	                                   "sqlite:",
	                                   "sqlite:/proc/nowhere/x.db",
	                                   "sqlite:/tmp",
	                                   "postgresql://tripod@%2Fnowhere/x",
	                                   "postgresql://tripod@127.0.0.1:1/x"};
	errs_init(&f.e, a);
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct db *db = NULL;
		err_t rc = db_open(urls[i], NULL, &f.e, &db);
		assert_non_null(f.e.log);
		FAILS(&f, ERR_UNAVAILABLE, rc);
		assert_null(db);
	}
	arena_free(a);
}

static void read_only_takes_no_writes(void **state)
{
	struct fix *f = *state;
	make_tables(f);
	struct db *db = open_again(f, &(struct db_options){.read_only = true});
	FAILS(f, ERR_UNAVAILABLE,
	      db_write(db, f->a, &f->e, one_job, &(struct one){"delete from item", NO_ARGS}));
	struct conn *c = NULL;
	i64 n = 0;
	OK(f, db_acquire(db, f->a, &f->e, &c));
	OK(f, db_one_i64(c, "select count(*) from item", NO_ARGS, &n, NULL));
	db_release(c);
	assert_int_equal(n, 3);
	db_close(db);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, fix_open, fix_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_markers_outside_of_texts),
		cmocka_unit_test(urls_are_checked),
		CASE(markers_in_texts_are_no_markers),
		CASE(values_come_back),
		CASE(sums_and_truths_are_whole_numbers),
		CASE(types_of_values_may_change),
		CASE(many_values),
		CASE(count_of_values_must_fit),
		CASE(one_row_helpers),
		CASE(nested_queries),
		CASE(rows_left_open_are_ended),
		CASE(more_statements_than_are_kept),
		CASE(many_rows_open),
		CASE(unique_names_the_column),
		CASE(references_are_kept),
		CASE(a_failed_statement_dooms_the_write),
		CASE(nested_failures_are_undone),
		CASE(a_refusal_rolls_back),
		CASE(changes_are_counted_and_checked),
		CASE(insert_wants_an_id),
		CASE(readers_do_not_write),
		CASE(a_snapshot_stands_still),
		CASE(read_only_takes_no_writes),
	};
	return cmocka_run_group_tests_name("statements", tests, NULL, NULL);
}
