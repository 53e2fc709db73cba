/* Inside of the database module: what db.c and the engines share. Not for other floors. */
#ifndef TRIPOD_DB_IMPL_H
#define TRIPOD_DB_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "db/db.h"

struct hook {
	struct hook *next;
	void (*fn)(void *);
	void *arg;
};

/* A notification of this write: the same one is not sent twice. */
struct note_sent {
	struct note_sent *next;
	const char *channel, *payload;
};

/* A connection; an engine's own struct begins with it. */
struct conn {
	struct db *db;
	struct arena *a;
	struct arena *whole; /* lives as long as the job or the reading, whatever conn_use() says */
	struct errs *e;
	bool in_write, in_snapshot;
	bool again;   /* the engine asks for this write to be run again */
	err_t failed; /* first failed statement of this write: nothing more is run */
	i64 changes;
	void *slot;
	struct hook *hooks, **hooks_end;
	struct note_sent *sent; /* in this write, newest first */
	struct rows *open;      /* rows not yet done, newest first */
};

/* Rows being read; an engine's own struct begins with it. */
struct rows {
	struct conn *c;
	struct rows *next, *prev;
	bool closed;
	err_t rc;
};

/* What an engine can do. Errors are recorded in c->e by the engine. */
struct db_ops {
	bool one_writer; /* writers are grouped on one connection */
	err_t (*open)(struct db *db, struct errs *e);
	void (*close)(struct db *db);
	err_t (*acquire)(struct db *db, struct arena *a, struct errs *e, struct conn **out);
	err_t (*acquire_writer)(struct db *db, struct arena *a, struct errs *e, struct conn **out);
	void (*release)(struct conn *c);
	err_t (*snapshot)(struct conn *c);
	err_t (*begin)(struct conn *c);
	err_t (*commit)(struct conn *c);
	void (*rollback)(struct conn *c);
	/* "savepoint", "release" and "rollback to" for db_nested and grouped jobs. */
	err_t (*mark)(struct conn *c);
	err_t (*keep)(struct conn *c);
	err_t (*undo)(struct conn *c); /* fails when the whole transaction is gone */
	err_t (*exec)(struct conn *c, const char *sql, struct args a, i64 *n);
	/* "insert … returning ID" of one row; NULL: by query. */
	err_t (*insert)(struct conn *c, const char *sql, struct args a, i64 *id);
	err_t (*query)(struct conn *c, const char *sql, struct args a, struct rows **out);
	err_t (*script)(struct conn *c, const char *sql);
	err_t (*notify)(struct conn *c, const char *channel, const char *payload);
	err_t (*listen)(struct db *db, const char *channel);
	err_t (*backup)(struct db *db, struct errs *e, const char *to_path);
	err_t (*try_lock)(struct conn *c, i64 key, bool *got);
	err_t (*unlock)(struct conn *c, i64 key);
	/* rows */
	bool (*next)(struct rows *r);
	void (*done)(struct rows *r);
	int (*columns)(const struct rows *r);
	const char *(*name)(const struct rows *r, int col);
	bool (*null)(const struct rows *r, int col);
	i64 (*i64)(const struct rows *r, int col);
	double (*f64)(const struct rows *r, int col);
	const char *(*text)(const struct rows *r, int col);
	size_t (*len)(const struct rows *r, int col);
	struct val (*val)(const struct rows *r, int col);
};

struct wjob;
struct listener;
struct hub;

struct db {
	const struct db_ops *ops;
	enum db_engine engine;
	struct arena *a;   /* under mu */
	const char *where; /* path or connection string */
	struct db_options opt;
	u64 serial; /* never used twice in a process */
	atomic_bool closing;
	atomic_int readers;
	pthread_mutex_t mu;
	/* writers, under mu */
	pthread_cond_t idle;
	int writers;
	bool leading;
	struct wjob *queue, **queue_end;
	struct hub *hub;
	void *impl; /* the engine's */
};

extern const struct db_ops sqlite_ops, postgres_ops;

/* db.c */
void conn_begin(struct conn *c, struct arena *a, struct errs *e);
void rows_opened(struct rows *r, struct conn *c);
/* Ends what was left open, newest first, down to `stop` (not included; NULL = all). */
void rows_close_until(struct conn *c, const struct rows *stop);
u64 sql_hash(const char *sql, size_t n);
/* `?` to `$1`, `$2` … outside of literals, quoted names and comments. */
const char *sql_numbered(struct arena *a, const char *sql, size_t n, int *n_params);

/* notify.c: listeners of a database and, on request, a thread that delivers. */
struct hub *hub_new(struct db *db);
void hub_add(struct hub *h, const char *channel, void (*fn)(void *, const char *), void *arg);
/* Calls the listeners of a channel (NULL: of all) on this thread. */
void hub_deliver(struct hub *h, const char *channel, const char *payload);
/* Queues for the hub's own thread, which the first call of hub_start began. */
void hub_start(struct hub *h);
void hub_post(struct hub *h, const char *channel, const char *payload);
void hub_free(struct hub *h);

/* stmts.c: prepared statements of a connection by text, the least recently used goes first. */
enum { STMT_SLOTS = 256, STMT_BUCKETS = 512 };

struct stmt {
	u64 hash;
	u64 used; /* tick of the last use */
	const char *sql;
	void *handle;
	int next;  /* in the bucket, -1 at the end */
	bool busy; /* rows are being read from it */
};

struct stmts {
	struct stmt slot[STMT_SLOTS];
	int bucket[STMT_BUCKETS];
	int n;
	u64 tick;
};

void stmts_init(struct stmts *s);
/* The statement with this text, or NULL. */
struct stmt *stmts_find(struct stmts *s, u64 hash, const char *sql);
/* A slot to fill: a fresh one, or the oldest that is not busy, unlinked, its handle and sql still
 * in it for disposal. NULL when all are busy. Fill it, then stmts_put(). */
struct stmt *stmts_take(struct stmts *s);
void stmts_put(struct stmts *s, struct stmt *st, u64 hash, const char *sql, void *handle);
/* Unlinks; the slot is free for stmts_take. */
void stmts_drop(struct stmts *s, struct stmt *st);

#endif
