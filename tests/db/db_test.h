/* What the tests of src/db share: a database of the engine under test, made anew for each test.
 * TRIPOD_TEST_ENGINE is sqlite or postgres; PostgreSQL is the one that TRIPOD_PG names. */
#ifndef TRIPOD_DB_TEST_H
#define TRIPOD_DB_TEST_H

#include "unit/test.h"

#include <libpq-fe.h>

#include "db/migrate.h"

struct fix {
	struct arena *a;
	struct errs e;
	struct db *db;
	const char *url;
};

bool on_postgres(void);
/* URL of an empty database, in place of the one before; removed at the end of the program. */
const char *fresh_url(struct arena *a);
/* cmocka set-up and tear-down: *state is a struct fix with an open, empty database. */
int fix_open(void **state);
int fix_close(void **state);
/* Another way to the same database, with options. */
struct db *open_again(struct fix *f, const struct db_options *o);
/* A plain connection that the module knows nothing of. */
PGconn *plain_pg(const char *url);

/* The test fails with the reason of the error. */
void ok_at(err_t rc, const struct errs *e, const char *file, int line);
#define OK(f, expr) ok_at((expr), &(f)->e, __FILE__, __LINE__)
/* The code is expected; the record is cleared. */
void fails_at(err_t rc, err_t want, struct errs *e, const char *file, int line);
#define FAILS(f, want, expr) fails_at((expr), (want), &(f)->e, __FILE__, __LINE__)

/* Runs a script in a write. */
void script(struct fix *f, const char *sql);
/* One number, on a reader. */
i64 number(struct fix *f, const char *sql, struct args a);
const char *text(struct fix *f, const char *sql, struct args a);

/* One statement as a job. */
struct one {
	const char *sql;
	struct args args;
};
err_t one_job(struct conn *c, void *arg);
err_t write_one(struct fix *f, const char *sql, struct args a);

/* Every connection of the database's own server processes but `keep` is ended. */
void kill_backends(struct fix *f);

#endif
