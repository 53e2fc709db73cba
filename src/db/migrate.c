/* The migrator: which steps are there, which are missing, each missing one in its transaction.
 *
 * A first look needs no lock, so a start with nothing to do costs one query. Otherwise every step
 * takes the lock (SQLite: the write transaction itself), reads the table again and does nothing
 * when another process was quicker. */
#include "db/migrate.h"

#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"

enum { STEP_TEXT_MAX = 4 * 1024 * 1024, BUSY_TRIES = 12 };

/* Any number, the same in all processes: "tripod" */
#define MIGRATE_LOCK "128039246360420"

static bool last_op(const struct mig_op *op)
{
	return op->kind == OP_SQL && !op->sqlite && !op->postgres;
}

static const char *step_text(struct arena *a, enum db_engine engine, const struct mig_step *s)
{
	struct buf b = buf_new(a, STEP_TEXT_MAX);
	for (const struct mig_op *op = s->ops; !last_op(op); op++) {
		const char *sql = ddl_print(a, engine, op);
		if (*sql) {
			buf_puts(&b, sql);
			buf_puts(&b, ";\n");
		}
	}
	if (buf_over(&b))
		panic("step %d is over %d bytes", s->number, STEP_TEXT_MAX);
	return buf_str(&b);
}

static const char *checksum(struct arena *a, const char *text)
{
	char hex[SHA256_HEX];
	sha256_hex(text, strlen(text), hex);
	return arena_strdup(a, hex);
}

/* The rows of schema_step against the list; *last is the newest applied step. */
static err_t compare(struct conn *c, const struct mig_step *steps, int *last)
{
	struct arena *a = conn_arena(c);
	struct rows *r;
	*last = 0;
	TRY(db_query(c, "select number, checksum from schema_step order by number", NO_ARGS, &r));
	while (rows_next(r)) {
		int number = (int)rows_i64(r, 0);
		const struct mig_step *s = &steps[*last];
		if (!s->number)
			return errs_set(conn_errs(c), ERR_CONFLICT,
			                EP({"reason",
			                    arena_printf(a,
			                                 "the database is newer than this program "
			                                 "(step %d)",
			                                 number)}));
		const char *sum = checksum(a, step_text(a, conn_engine(c), s));
		if (s->number != number || strcmp(sum, rows_text(r, 1)))
			return errs_set(conn_errs(c), ERR_CONFLICT,
			                EP({"reason",
			                    arena_printf(a, "step %d (%s) is not what was applied",
			                                 s->number, s->name)}));
		*last = number;
	}
	return rows_done(r);
}

/* Compares when there is something to compare with. */
static err_t look(struct conn *c, const struct mig_step *steps, int *last)
{
	struct cat_col *cols;
	size_t n;
	*last = 0;
	TRY(catalogue_columns(c, "schema_step", &cols, &n));
	return n ? compare(c, steps, last) : 0;
}

struct step_job {
	const struct mig_step *steps, *step;
	bool done;
};

static const struct mig_op step_table = {
	.kind = OP_CREATE_TABLE,
	.table = "schema_step",
	.cols = (const struct col[]){{"number", COL_INT, COL_PRIMARY, NULL, NULL},
                                     {"name", COL_TEXT, COL_NOT_NULL, NULL, NULL},
                                     {"checksum", COL_TEXT, COL_NOT_NULL, NULL, NULL},
                                     {"applied_at", COL_TIME, COL_NOT_NULL, NULL, NULL},
                                     {0}},
};

static err_t apply(struct conn *c, void *arg)
{
	struct step_job *j = arg;
	struct arena *a = conn_arena(c);
	const struct mig_step *s = j->step;
	struct cat_col *cols;
	size_t n;
	int last;
	j->done = false;
	if (conn_engine(c) == DB_POSTGRES)
		TRY(db_script(c, "select pg_advisory_xact_lock(" MIGRATE_LOCK ")"));
	TRY(catalogue_columns(c, "schema_step", &cols, &n));
	if (!n)
		TRY(db_script(c, ddl_print(a, conn_engine(c), &step_table)));
	TRY(compare(c, j->steps, &last));
	if (last >= s->number)
		return 0;
	if (last != s->number - 1)
		panic("steps have a gap before number %d", s->number);
	const char *text = step_text(a, conn_engine(c), s);
	if (*text)
		TRY(db_script(c, text));
	/* As a script: the record of a step is not a change of data (conn_changes). */
	TRY(db_script(c,
	              arena_printf(a,
	                           "insert into schema_step (number, name, checksum, applied_at) "
	                           "values (%d, '%s', '%s', %lld)",
	                           s->number, s->name, checksum(a, text), (long long)clock_now())));
	j->done = true;
	return 0;
}

static err_t apply_step(struct db *db, struct arena *a, struct errs *e, struct step_job *j)
{
	/* another process may be in a long step of its own */
	for (int tries = 1;; tries++) {
		err_t rc = db_write(db, a, e, apply, j);
		if (rc != ERR_DB_BUSY || tries == BUSY_TRIES)
			return rc;
		errs_clear(e);
	}
}

static err_t look_once(struct db *db, struct arena *a, struct errs *e, const struct mig_step *steps,
                       int *last)
{
	struct conn *c;
	TRY(db_acquire(db, a, e, &c));
	err_t rc = look(c, steps, last);
	db_release(c);
	return rc;
}

err_t migrate_up(struct db *db, struct arena *a, struct errs *e, const struct mig_step *steps,
                 int *applied)
{
	int last = 0;
	*applied = 0;
	hash_init();
	for (int i = 0; steps[i].number; i++) {
		if (steps[i].number != i + 1)
			panic("migration %d stands in place %d", steps[i].number, i + 1);
		if (strchr(steps[i].name, '\''))
			panic("the name of migration %d holds a quote", steps[i].number);
	}
	struct arena *tmp = arena_child(a);
	err_t rc = look_once(db, tmp, e, steps, &last);
	for (const struct mig_step *s = steps + last; !rc && s->number; s++) {
		struct step_job j = {.steps = steps, .step = s};
		rc = apply_step(db, tmp, e, &j);
		if (rc) {
			LOG(ERROR, "a migration failed", LI("step", s->number), LS("name", s->name),
			    LS("why", e->log ? e->log : err_def((enum err_code)rc)->code));
		} else if (j.done) {
			LOG(INFO, "migrated", LI("step", s->number), LS("name", s->name));
			++*applied;
		}
	}
	arena_free(tmp);
	return rc;
}

err_t migrate_version(struct db *db, struct arena *a, struct errs *e, int *number)
{
	struct conn *c;
	struct cat_col *cols;
	size_t n;
	i64 last = 0;
	TRY(db_acquire(db, a, e, &c));
	err_t rc = catalogue_columns(c, "schema_step", &cols, &n);
	if (!rc && n)
		rc = db_one_i64(c, "select coalesce(max(number), 0) from schema_step", NO_ARGS,
		                &last, NULL);
	db_release(c);
	*number = (int)last;
	return rc;
}
