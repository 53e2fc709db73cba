/* Inside of the PostgreSQL engine: db_postgres.c, pg_rows.c and pg_listen.c, the only
 * users of libpq. */
#ifndef TRIPOD_DB_PG_H
#define TRIPOD_DB_PG_H

#include <libpq-fe.h>

#include "db/impl.h"

enum { PG_CHANNELS = 32 };

struct pg_db {
	struct db *db;
	pthread_mutex_t mu;
	pthread_cond_t freed; /* a connection came back */
	struct pg *idle;
	int open, reading; /* connections there are; lent to readers */
	/* listening, under mu */
	pthread_cond_t listened;
	pthread_t thread;
	bool started;
	int wake; /* eventfd */
	const char *channels[PG_CHANNELS];
	int n_channels, n_listening; /* wanted; the server was told */
};

/* Numbers of types in the catalogue, fixed for ever. */
enum {
	OID_BOOL = 16,
	OID_BYTEA = 17,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_TEXT = 25,
	OID_OID = 26,
	OID_FLOAT4 = 700,
	OID_FLOAT8 = 701,
	OID_NUMERIC = 1700
};

struct pg_rows {
	struct rows r;
	PGresult *res;
	int row, n;
};

/* pg_rows.c, for the table of functions */
bool pg_next(struct rows *rows);
void pg_done(struct rows *rows);
int pg_columns(const struct rows *r);
const char *pg_name(const struct rows *r, int col);
bool pg_null(const struct rows *r, int col);
i64 pg_i64(const struct rows *r, int col);
double pg_f64(const struct rows *r, int col);
const char *pg_text(const struct rows *r, int col);
size_t pg_len(const struct rows *r, int col);
struct val pg_val(const struct rows *r, int col);
#define PG_ROWS                                                                                    \
	.next = pg_next, .done = pg_done, .columns = pg_columns, .name = pg_name, .null = pg_null, \
	.i64 = pg_i64, .f64 = pg_f64, .text = pg_text, .len = pg_len, .val = pg_val

/* pg_listen.c */
err_t pg_listen(struct db *db, const char *channel);
void pg_listen_stop(struct pg_db *d);

/* db_postgres.c */
/* A new connection to the server, set up as ours are; NULL with the reason in errs. */
PGconn *pg_dial(struct db *db, struct errs *e);

#endif
