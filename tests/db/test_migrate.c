/* Migrations on both engines: from nothing, again, by two at once, changed, newer, failing. */
#include <pthread.h>
#include <string.h>

#include "base/log.h"
#include "db/db_test.h"
#include "migrations/steps.h"

static const struct col owner_cols[] = {
	{"id", COL_ID, COL_PRIMARY, NULL, NULL},
	{"name", COL_TEXT, COL_NOT_NULL | COL_UNIQUE, NULL, NULL},
	{0},
};
static const struct col item_cols[] = {
	{"id", COL_ID, COL_PRIMARY, NULL, NULL}, {"owner_id", COL_ID, COL_NOT_NULL, "owner", NULL},
	{"n", COL_INT, COL_NOT_NULL, NULL, "0"}, {"done", COL_BOOL, COL_NOT_NULL, NULL, "0"},
	{"price", COL_MONEY, 0, NULL, NULL},     {"made_at", COL_TIME, 0, NULL, NULL},
	{"due", COL_DATE, 0, NULL, NULL},        {"note", COL_TEXT, COL_NOT_NULL, NULL, "''"},
	{"data", COL_JSON, 0, NULL, NULL},       {"file", COL_BLOB, 0, NULL, NULL},
	{"ratio", COL_REAL, 0, NULL, "0.5"},     {0},
};
static const struct col tag_cols[] = {
	{"item_id", COL_ID, 0, "item", NULL},
	{"tag", COL_TEXT, 0, NULL, NULL},
	{"at", COL_TIME, 0, NULL, NULL},
	{0},
};
static const struct col setting_cols[] = {
	{"code", COL_TEXT, COL_PRIMARY, NULL, NULL},
	{"value", COL_TEXT, 0, NULL, NULL},
	{0},
};
static const struct col added = {"color", COL_TEXT, COL_NOT_NULL, NULL, "'red'"};
static const struct col added_unique = {"code", COL_TEXT, COL_UNIQUE, NULL, NULL};
static const struct col added_ref = {"parent_id", COL_ID, 0, "item", NULL};

static const struct mig_op tables[] = {
	{.kind = OP_CREATE_TABLE, .table = "owner", .cols = owner_cols},
	{.kind = OP_CREATE_TABLE, .table = "item", .cols = item_cols},
	{.kind = OP_CREATE_TABLE, .table = "tag", .cols = tag_cols, .expr = "item_id, tag"},
	{.kind = OP_CREATE_TABLE, .table = "setting", .cols = setting_cols},
	{.kind = OP_CREATE_INDEX, .name = "item_owner", .table = "item", .expr = "owner_id, n"},
	{.kind = OP_CREATE_UNIQUE,
         .name = "item_open",
         .table = "item",
         .expr = "owner_id",
         .where = "done = 0"},
	{.kind = OP_SQL},
};
static const struct mig_op more[] = {
	{.kind = OP_ADD_COLUMN, .table = "item", .cols = &added},
	{.kind = OP_ADD_COLUMN, .table = "item", .cols = &added_unique},
	{.kind = OP_ADD_COLUMN, .table = "item", .cols = &added_ref},
	{.kind = OP_DROP_INDEX, .name = "item_owner", .table = "item"},
	{.kind = OP_DROP_TABLE, .table = "setting"},
	{.kind = OP_SQL,
         .sqlite = "insert into owner (name) values ('sqlite'); "
                   "insert into owner (name) values ('both')"},
	{.kind = OP_SQL,
         .postgres = "insert into owner (name) values ('postgres'); "
                     "insert into owner (name) values ('both')"},
	{.kind = OP_SQL},
};
static const struct mig_op more_changed[] = {
	{.kind = OP_ADD_COLUMN, .table = "item", .cols = &added},
	{.kind = OP_SQL},
};
static const struct mig_op broken[] = {
	{.kind = OP_CREATE_TABLE, .table = "half", .cols = owner_cols},
	{.kind = OP_SQL, .sqlite = "insert into nowhere values (1)", .postgres = "select 1/0"},
	{.kind = OP_SQL},
};

static const struct mig_step steps[] = {{1, "tables", tables}, {2, "more", more}, {0}};
static const struct mig_step first_only[] = {{1, "tables", tables}, {0}};
static const struct mig_step changed[] = {{1, "tables", tables}, {2, "more", more_changed}, {0}};
static const struct mig_step breaks[] = {
	{1, "tables", tables}, {2, "more", more}, {3, "breaks", broken}, {0}};

static int up(struct fix *f, const struct mig_step *list)
{
	int applied = -1;
	OK(f, migrate_up(f->db, f->a, &f->e, list, &applied));
	return applied;
}

static int version(struct fix *f)
{
	int n = -1;
	OK(f, migrate_version(f->db, f->a, &f->e, &n));
	return n;
}

static void from_nothing_and_again(void **state)
{
	struct fix *f = *state;
	assert_int_equal(version(f), 0);
	assert_int_equal(up(f, steps), 2);
	assert_int_equal(version(f), 2);
	assert_int_equal(up(f, steps), 0);
	assert_int_equal(number(f, "select count(*) from owner", NO_ARGS), 2);
	assert_string_equal(text(f, "select name from owner where name <> 'both'", NO_ARGS),
	                    on_postgres() ? "postgres" : "sqlite");
	assert_true(number(f, "select min(applied_at) from schema_step", NO_ARGS) > 0);
}

static void a_step_later(void **state)
{
	struct fix *f = *state;
	assert_int_equal(up(f, first_only), 1);
	OK(f, write_one(f, "insert into owner (id, name) values (5, 'kept')", NO_ARGS));
	OK(f, write_one(f, "insert into item (owner_id) values (5)", NO_ARGS));
	assert_int_equal(up(f, steps), 1);
	assert_string_equal(text(f, "select color from item where owner_id = 5", NO_ARGS), "red");
}

static void tables_are_as_described(void **state)
{
	struct fix *f = *state;
	struct conn *c = NULL;
	struct cat_col *cols;
	size_t n;
	static const struct cat_col want[] = {
		{"id", COL_INT, true},      {"owner_id", COL_INT, true},
		{"n", COL_INT, true},       {"done", COL_INT, true},
		{"price", COL_INT, false},  {"made_at", COL_INT, false},
		{"due", COL_TEXT, false},   {"note", COL_TEXT, true},
		{"data", COL_TEXT, false},  {"file", COL_BLOB, false},
		{"ratio", COL_REAL, false}, {"color", COL_TEXT, true},
		{"code", COL_TEXT, false},  {"parent_id", COL_INT, false},
	};
	up(f, steps);
	OK(f, db_acquire(f->db, f->a, &f->e, &c));
	OK(f, catalogue_columns(c, "item", &cols, &n));
	assert_int_equal(n, ARRAY_LEN(want));
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(cols[i].name, want[i].name);
		assert_int_equal(cols[i].type, want[i].type);
		assert_int_equal(cols[i].not_null, want[i].not_null);
	}
	OK(f, catalogue_columns(c, "setting", &cols, &n));
	assert_int_equal(n, 0);
	OK(f, catalogue_columns(c, "tag", &cols, &n));
	assert_int_equal(n, 3);
	assert_true(cols[0].not_null && cols[1].not_null && !cols[2].not_null);
	db_release(c);
}

static err_t insert_owner(struct conn *c, void *arg)
{
	return db_insert(c, "insert into owner (name) values (?) returning id", ARGS(vt("auto")),
	                 arg);
}

static void what_tables_refuse(void **state)
{
	struct fix *f = *state;
	i64 id = 0;
	up(f, steps);
	OK(f, db_write(f->db, f->a, &f->e, insert_owner, &id));
	assert_true(id > 0);
	OK(f, write_one(f, "insert into item (owner_id, code) values (?, 'a')", ARGS(vi(id))));
	/* unique index over open ones only */
	FAILS(f, ERR_UNIQUE, write_one(f, "insert into item (owner_id) values (?)", ARGS(vi(id))));
	OK(f, write_one(f, "insert into item (owner_id, done) values (?, 1)", ARGS(vi(id))));
	OK(f, write_one(f, "insert into item (owner_id, done) values (?, 1)", ARGS(vi(id))));
	/* a unique column that was added later */
	err_t rc = write_one(f, "insert into item (owner_id, done, code) values (?, 1, 'a')",
	                     ARGS(vi(id)));
	assert_true(db_unique_on(&f->e, "item", "code"));
	FAILS(f, ERR_UNIQUE, rc);
	FAILS(f, ERR_REF, write_one(f, "insert into item (owner_id) values (999)", NO_ARGS));
	FAILS(f, ERR_REF,
	      write_one(f,
	                "insert into item (owner_id, done, parent_id) "
	                "values (?, 1, 999)",
	                ARGS(vi(id))));
	FAILS(f, ERR_DB,
	      write_one(f, "insert into item (owner_id, done, n) values (?, 1, ?)",
	                ARGS(vi(id), vt("text"))));
	OK(f,
	   write_one(f, "insert into tag (item_id, tag) select min(id), 't' from item", NO_ARGS));
	FAILS(f, ERR_UNIQUE,
	      write_one(f, "insert into tag (item_id, tag) select min(id), 't' from item",
	                NO_ARGS));
	FAILS(f, ERR_DB,
	      write_one(f,
	                "insert into tag (item_id, tag) select min(id), null "
	                "from item",
	                NO_ARGS));
}

static void a_changed_step_is_refused(void **state)
{
	struct fix *f = *state;
	int applied;
	up(f, steps);
	FAILS(f, ERR_CONFLICT, migrate_up(f->db, f->a, &f->e, changed, &applied));
	assert_int_equal(applied, 0);
	assert_int_equal(up(f, steps), 0);
}

static void a_newer_database_is_refused(void **state)
{
	struct fix *f = *state;
	int applied;
	up(f, steps);
	FAILS(f, ERR_CONFLICT, migrate_up(f->db, f->a, &f->e, first_only, &applied));
}

static void a_failing_step_leaves_nothing(void **state)
{
	struct fix *f = *state;
	int applied = 0;
	struct conn *c = NULL;
	struct cat_col *cols;
	size_t n;
	log_level_set((enum log_level)(LOG_ERROR + 1));
	err_t rc = migrate_up(f->db, f->a, &f->e, breaks, &applied);
	assert_non_null(f->e.log);
	FAILS(f, ERR_DB, rc);
	assert_int_equal(applied, 2);
	assert_int_equal(version(f), 2);
	OK(f, db_acquire(f->db, f->a, &f->e, &c));
	OK(f, catalogue_columns(c, "half", &cols, &n));
	db_release(c);
	assert_int_equal(n, 0);
	assert_int_equal(up(f, steps), 0);
}

struct racer {
	pthread_t thread;
	struct db *db;
	pthread_barrier_t *start;
	int applied;
	err_t rc;
};

static void *race(void *arg)
{
	struct racer *r = arg;
	struct arena *a = arena_new(ARENA_REQUEST_MAX);
	struct errs e;
	errs_init(&e, a);
	pthread_barrier_wait(r->start);
	r->rc = migrate_up(r->db, a, &e, steps, &r->applied);
	arena_free(a);
	return NULL;
}

/* Each with connections of its own, as processes have. */
static void several_at_once_migrate_once(void **state)
{
	struct fix *f = *state;
	struct racer r[4];
	pthread_barrier_t start;
	int sum = 0;
	pthread_barrier_init(&start, NULL, ARRAY_LEN(r));
	for (size_t i = 0; i < ARRAY_LEN(r); i++) {
		r[i] = (struct racer){.db = open_again(f, NULL), .start = &start};
		assert_int_equal(pthread_create(&r[i].thread, NULL, race, &r[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(r); i++) {
		pthread_join(r[i].thread, NULL);
		assert_int_equal(r[i].rc, 0);
		sum += r[i].applied;
		db_close(r[i].db);
	}
	pthread_barrier_destroy(&start);
	assert_int_equal(sum, 2);
	assert_int_equal(number(f, "select count(*) from owner", NO_ARGS), 2);
}

/* A program that runs on while another one migrates. */
static void statements_survive_a_migration(void **state)
{
	struct fix *f = *state;
	struct db *old = f->db;
	up(f, first_only);
	OK(f, write_one(f, "insert into owner (id, name) values (100, 'a')", NO_ARGS));
	static const char all[] = "select * from item where owner_id = ?";
	static const char put[] = "insert into item (owner_id, done) values (?, 1) returning *";
	(void)text(f, all, ARGS(vi(100)));
	OK(f, write_one(f, put, ARGS(vi(100))));
	f->db = open_again(f, NULL);
	assert_int_equal(up(f, steps), 1);
	db_close(f->db);
	f->db = old;
	assert_non_null(text(f, all, ARGS(vi(100))));
	OK(f, write_one(f, put, ARGS(vi(100))));
	assert_int_equal(number(f, "select count(*) from item where color = 'red'", NO_ARGS), 2);
}

/* The product's own list: a word that one engine reserves shows here. */
static void the_shipped_steps(void **state)
{
	struct fix *f = *state;
	int n = 0;
	while (migration_steps[n].number)
		n++;
	assert_int_equal(up(f, migration_steps), n);
	assert_int_equal(up(f, migration_steps), 0);
	/* every table has the columns the list gives it, on either engine */
	struct conn *c = NULL;
	OK(f, db_acquire(f->db, f->a, &f->e, &c));
	for (const struct mig_step *s = migration_steps; s->number; s++)
		for (const struct mig_op *op = s->ops; op->kind != OP_SQL; op++) {
			struct cat_col *cols;
			size_t n_cols, k = 0;
			if (op->kind != OP_CREATE_TABLE)
				continue;
			OK(f, catalogue_columns(c, op->table, &cols, &n_cols));
			for (; op->cols[k].name && k < n_cols; k++)
				assert_string_equal(cols[k].name, op->cols[k].name);
			assert_null(op->cols[k].name);
		}
	db_release(c);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, fix_open, fix_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(from_nothing_and_again),         CASE(a_step_later),
		CASE(tables_are_as_described),        CASE(what_tables_refuse),
		CASE(a_changed_step_is_refused),      CASE(a_newer_database_is_refused),
		CASE(a_failing_step_leaves_nothing),  CASE(several_at_once_migrate_once),
		CASE(statements_survive_a_migration), CASE(the_shipped_steps),
	};
	return cmocka_run_group_tests_name("migrate", tests, NULL, NULL);
}
