/* Database: one contract over SQLite and PostgreSQL, chosen by URL at run time.
 *
 * - Values are only ever bound: `?` markers in a statement, a struct val for each.
 * - Statements are prepared once per connection and kept; the text is the key.
 * - Abstract column types: id, int (int64), bool (0/1), money (int64 fen), time (int64 UTC us),
 *   date (text yyyy-mm-dd), text, json (text), blob, real.
 * - A reader connection per thread (SQLite) or from a kept pool (PostgreSQL).
 * - Writers go through db_write(): one transaction, retried when the engine asks for it.
 *   On SQLite concurrent writers are grouped: the first to come becomes the leader, begins
 *   IMMEDIATE, runs each waiting job in its own SAVEPOINT and commits once for all.
 *   So a job may run on another thread, and may run twice: it has no effect but its SQL and
 *   what it writes through its own arg.
 *
 *	static err_t rename(struct conn *c, void *arg) {
 *		struct job *j = arg;
 *		return db_exec(c, "update account set name = ? where id = ?",
 *		               ARGS(vt(j->name), vi(j->id)), NULL);
 *	}
 *	TRY(db_write(db, a, e, rename, &job));
 *
 *	struct rows *r;
 *	TRY(db_query(c, "select id, name from account where owner_id = ?", ARGS(vi(me)), &r));
 *	while (rows_next(r)) use(rows_i64(r, 0), rows_text(r, 1));
 *	TRY(rows_done(r));
 */
#ifndef TRIPOD_DB_H
#define TRIPOD_DB_H

#include "base/arena.h"
#include "base/err.h"

struct db;
struct conn;
struct rows;

enum db_engine { DB_SQLITE, DB_POSTGRES };

enum val_type { VAL_NULL, VAL_INT, VAL_TEXT, VAL_BLOB, VAL_REAL };

/* A value to bind or a cell that was read. Text is UTF-8, NUL terminated.
 * A NULL keeps in `i` the type it would have had (VAL_NULL = not known): PostgreSQL wants to know. */
struct val {
	enum val_type type;
	union {
		i64 i;
		double f;
		struct {
			const char *p;
			size_t n;
		} s;
	};
};

static inline struct val vnull(void)
{
	return (struct val){.type = VAL_NULL};
}
static inline struct val vi(i64 v)
{
	return (struct val){.type = VAL_INT, .i = v};
}
static inline struct val vf(double v)
{
	return (struct val){.type = VAL_REAL, .f = v};
}
/* NULL pointer binds SQL NULL. */
struct val vt(const char *s);
struct val vtn(const char *s, size_t n);
struct val vb(const void *p, size_t n);
/* 0 binds NULL: for optional references. */
static inline struct val vref(i64 id)
{
	return id ? vi(id) : (struct val){.type = VAL_NULL, .i = VAL_INT};
}

struct args {
	const struct val *v;
	size_t n;
};
#define ARGS(...)                                         \
	((struct args){(const struct val[]){__VA_ARGS__}, \
	               sizeof((const struct val[]){__VA_ARGS__}) / sizeof(struct val)})
#define NO_ARGS ((struct args){NULL, 0})

struct db_options {
	int pool_max;         /* PostgreSQL connections at most; 0 = 16 */
	int busy_timeout_ms;  /* 0 = 5000 */
	bool no_group_commit; /* tests and benchmarks */
	bool read_only;       /* db_write: ERR_UNAVAILABLE */
	const char *vfs;      /* SQLite file layer, for fault tests; NULL = the system's */
};

/* url: "sqlite:PATH" or "postgresql://…". Creates the SQLite file and its folder.
 * ERR_UNAVAILABLE with the engine's message for the log. */
MUST_USE err_t db_open(const char *url, const struct db_options *o, struct errs *e,
                       struct db **out);
/* All connections closed. Waits for writers that came before it (waiting ones are run) and for
 * acquired readers (10 s, then it logs and leaves them their memory); a db_write or db_acquire that comes meanwhile gets ERR_UNAVAILABLE. */
void db_close(struct db *db);
enum db_engine db_engine(const struct db *db);

/* A connection to read on, for this thread, until db_release. Rows live in `a`, errors go to `e`.
 * One snapshot per statement unless db_snapshot() opened one. It refuses to write.
 * Acquiring again before the release gives a second connection.
 * ERR_DB_BUSY when the pool stays empty, ERR_UNAVAILABLE when the server is gone. */
MUST_USE err_t db_acquire(struct db *db, struct arena *a, struct errs *e, struct conn **out);
void db_release(struct conn *c);
/* Consistent reading over several statements, ended by db_release. */
MUST_USE err_t db_snapshot(struct conn *c);

typedef err_t db_job(struct conn *c, void *arg);
/* Runs fn in one write transaction; commits when it returns 0, else rolls back and returns its
 * code. On return the commit is durable. ERR_DB_BUSY after retries; ERR_UNAVAILABLE when the
 * disk is full or the server is gone. errs is cleared before a retry.
 * A statement that fails dooms the transaction on both engines (as PostgreSQL does by itself):
 * later ones are refused and nothing is committed, whatever fn returns. Use `on conflict`, or
 * db_nested where a failure is expected. Not from inside a job: panics. */
MUST_USE err_t db_write(struct db *db, struct arena *a, struct errs *e, db_job *fn, void *arg);
/* The same, and *reader is then what db_acquire gives.  After a commit on PostgreSQL it is the
 * connection of the write itself: what is durable is not answered as an error because the pool
 * has run empty meanwhile.  When the write was refused and no reader can be had either, *reader is
 * NULL. */
MUST_USE err_t db_write_then_read(struct db *db, struct arena *a, struct errs *e, db_job *fn,
                                  void *arg, struct conn **reader);
/* Inside a write: runs fn in a savepoint. When it fails its rows, after-commit calls and
 * conn_changes() are undone and the code is returned; to go on, errs_clear(conn_errs(c)) first. */
MUST_USE err_t db_nested(struct conn *c, db_job *fn, void *arg);

/* What the connection belongs to now. */
struct arena *conn_arena(struct conn *c);
/* For long loops: rows and results go to `a` from now on, until it is called with the arena that
 * it returned. What must last until the commit stays in the arena of the job (conn_whole).
 * Rows that are still open are ended. */
struct arena *conn_use(struct conn *c, struct arena *a);
struct arena *conn_whole(struct conn *c);
struct errs *conn_errs(struct conn *c);
enum db_engine conn_engine(const struct conn *c);
bool conn_in_write(const struct conn *c);
/* Room for the layer above to hang a per-transaction record on (core/event counts its rows
 * here); reset to NULL when a transaction begins. */
void **conn_slot(struct conn *c);
/* Rows inserted, updated and deleted by this write so far (search tables not counted). */
i64 conn_changes(struct conn *c);
/* Asked inside each job's transaction before it is kept; an error rolls the job back. Set once at
 * start, before the first write; NULL = nothing asked. Debug builds hang a check on it that a
 * transaction which changed rows also appended an event. */
extern err_t (*db_commit_check)(struct conn *c);
/* fn(arg) after this write is durably committed, on the committing thread; not on roll-back.
 * For live feed wake-ups; must not use c nor write. Calls run in the order of registration. */
void conn_after_commit(struct conn *c, void (*fn)(void *), void *arg);

/* Runs a statement without rows. n_changed may be NULL. Bound values need to live only as long as
 * the call, here and in db_query.
 * ERR_UNIQUE on a unique or primary-key clash (see db_unique_on), ERR_REF on a foreign key,
 * ERR_DB otherwise. */
MUST_USE err_t db_exec(struct conn *c, const char *sql, struct args a, i64 *n_changed);
/* True when the recorded ERR_UNIQUE is about this column (perhaps among others): errs.log reads
 * "unique: account.name, account.owner_id; …" on both engines. */
bool db_unique_on(const struct errs *e, const char *table, const char *column);
/* Runs a statement with rows (select, or … returning). It is executed when this returns.
 * rows_done() ends it; what an early return left open is ended with the job or by db_release. */
MUST_USE err_t db_query(struct conn *c, const char *sql, struct args a, struct rows **out);
/* insert … returning id: one row, without `on conflict`; the id is the row's number. */
MUST_USE err_t db_insert(struct conn *c, const char *sql, struct args a, i64 *id);
/* One row with one integer. No row: *out stays as it is and *found is false (found may be NULL). */
MUST_USE err_t db_one_i64(struct conn *c, const char *sql, struct args a, i64 *out, bool *found);
/* One row with one text, copied to the arena; NULL when there is no row or it is NULL. */
MUST_USE err_t db_one_text(struct conn *c, const char *sql, struct args a, const char **out);
/* Several statements separated by ';', nothing bound. For migrations only. */
MUST_USE err_t db_script(struct conn *c, const char *sql);

bool rows_next(struct rows *r);
/* Ends the reading, returns what went wrong if anything did. */
MUST_USE err_t rows_done(struct rows *r);
int rows_columns(const struct rows *r);
const char *rows_name(const struct rows *r, int col);
bool rows_null(const struct rows *r, int col);
i64 rows_i64(const struct rows *r, int col); /* 0 when NULL */
double rows_f64(const struct rows *r, int col);
const char *rows_text(const struct rows *r, int col); /* NULL when NULL; until rows_next */
size_t rows_len(const struct rows *r, int col);
const char *rows_dup(const struct rows *r, int col); /* copy in the arena */
struct val rows_val(const struct rows *r, int col);  /* until rows_next */

/* LISTEN/NOTIFY on PostgreSQL; inside the process on SQLite. Channel is a plain word
 * ([a-z0-9_]), payload under 8000 bytes; in a write it is sent when the commit stands, and an
 * equal one that was sent shortly before is not sent again.
 * The callback runs on a thread of the database module, until db_close. An empty payload also
 * means "some may have been missed": after a reconnection or an overflow. */
MUST_USE err_t db_notify(struct conn *c, const char *channel, const char *payload);
MUST_USE err_t db_listen(struct db *db, const char *channel,
                         void (*fn)(void *arg, const char *payload), void *arg);

/* Consistent copy of a SQLite database while it is in use. PostgreSQL: ERR_CONFLICT. */
MUST_USE err_t db_backup_sqlite(struct db *db, struct errs *e, const char *to_path);

/* A lock held by one process over the whole database until the connection ends or
 * db_unlock: leader election of sealer and scheduler. SQLite: always granted. */
MUST_USE err_t db_try_lock(struct conn *c, i64 key, bool *got);
MUST_USE err_t db_unlock(struct conn *c, i64 key);

#endif
