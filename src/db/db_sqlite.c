/* SQLite: the only user of sqlite3.h.
 *
 * One file, WAL, synchronous=FULL: a commit that returned is on the disk. One connection writes;
 * every thread that reads keeps connections of its own, closed when the thread or the database
 * ends. A connection is used by one thread at a time, so SQLite's own mutexes are off.
 *
 * Text and blobs are bound in place where the statement runs to its end inside the call, and
 * copied by SQLite where rows are read later. */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "db/impl.h"

enum { LITE_ARENA_MAX = 16 * 1024 * 1024, CACHED_DBS = 4, CACHED_LINKS = 4 };

struct lite {
	struct conn c;
	struct lite *next; /* among the idle ones of a thread */
	sqlite3 *h;
	struct arena *own;
	struct stmts stmts;
};

struct lite_rows {
	struct rows r;
	sqlite3_stmt *h;
	struct stmt *st; /* NULL: not from the table, finalised when done */
	bool pending;    /* a row was read ahead */
	bool end;
};

struct lite_db {
	struct lite *writer;
};

/* -- errors -- */

static enum err_code lite_code(int rc)
{
	if (rc == SQLITE_READONLY) /* a reader that writes, not a disk that cannot */
		return ERR_DB;
	switch (rc & 0xff) {
	case SQLITE_CONSTRAINT:
		switch (rc) {
		case SQLITE_CONSTRAINT_UNIQUE:
		case SQLITE_CONSTRAINT_PRIMARYKEY:
		case SQLITE_CONSTRAINT_ROWID: return ERR_UNIQUE;
		case SQLITE_CONSTRAINT_FOREIGNKEY:
		case SQLITE_CONSTRAINT_TRIGGER: /* on delete restrict */ return ERR_REF;
		default: return ERR_DB;
		}
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return ERR_DB_BUSY;
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY: return ERR_UNAVAILABLE;
	default: return ERR_DB;
	}
}

static err_t lite_fail(struct errs *e, sqlite3 *h, int rc, const char *sql)
{
	static const char unique[] = "UNIQUE constraint failed: ";
	const char *msg = h ? sqlite3_errmsg(h) : sqlite3_errstr(rc);
	enum err_code code = lite_code(rc);
	if (code == ERR_UNIQUE && !strncmp(msg, unique, sizeof unique - 1))
		return errs_fail(e, code, "unique: %s; in: %.400s", msg + sizeof unique - 1, sql);
	return errs_fail(e, code, "%s (%d); in: %.400s", msg, rc, sql);
}

/* -- connections -- */

static err_t pragmas(struct lite *l, struct errs *e, const struct db_options *o, bool writer)
{
	static const char *const both[] = {"pragma foreign_keys=on", "pragma cache_size=-16000",
	                                   "pragma trusted_schema=off"};
	static const char *const writing[] = {"pragma journal_mode=wal", "pragma synchronous=full",
	                                      "pragma journal_size_limit=67108864",
	                                      "pragma secure_delete=fast"};
	/* Not for the writer: what a long savepoint keeps would all be in memory, in a list that
	 * each statement walks. */
	static const char *const reading[] = {"pragma query_only=on", "pragma temp_store=memory"};
	const struct {
		const char *const *sql;
		size_t n;
	} lists[] = {
		{both, ARRAY_LEN(both)},
		{writer ? writing : reading, writer ? ARRAY_LEN(writing) : ARRAY_LEN(reading)}};
	sqlite3_extended_result_codes(l->h, 1);
	sqlite3_busy_timeout(l->h, o->busy_timeout_ms);
	sqlite3_db_config(l->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		for (size_t k = 0; k < lists[i].n; k++) {
			int rc = sqlite3_exec(l->h, lists[i].sql[k], NULL, NULL, NULL);
			if (rc)
				return lite_fail(e, l->h, rc, lists[i].sql[k]);
		}
	return 0;
}

static void lite_free(struct lite *l)
{
	for (int i = 0; i < l->stmts.n; i++)
		sqlite3_finalize(l->stmts.slot[i].handle);
	int rc = sqlite3_close(l->h);
	if (rc)
		LOG(ERROR, "a SQLite connection did not close", LS("why", sqlite3_errstr(rc)));
	arena_free(l->own);
}

static err_t lite_open(struct db *db, struct errs *e, bool writer, struct lite **out)
{
	struct arena *own = arena_new(LITE_ARENA_MAX);
	struct lite *l = ARENA_NEW(own, struct lite);
	l->own = own;
	l->c.db = db;
	stmts_init(&l->stmts);
	int flags = SQLITE_OPEN_NOMUTEX |
	            (db->opt.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
	int rc = sqlite3_open_v2(db->where, &l->h, flags, db->opt.vfs);
	err_t err = rc ? errs_fail(e, ERR_UNAVAILABLE, "%s: %s", db->where,
	                           l->h ? sqlite3_errmsg(l->h) : sqlite3_errstr(rc))
	               : pragmas(l, e, &db->opt, writer);
	if (err) {
		lite_free(l);
		return err;
	}
	*out = l;
	return 0;
}

/* Creates the folders above the file, and the file for its owner only. */
static err_t make_file(struct arena *a, const char *path, struct errs *e)
{
	char *p = arena_strdup(a, path);
	for (char *s = p + 1; *s; s++) {
		if (*s != '/')
			continue;
		*s = '\0';
		if (mkdir(p, 0750) && errno != EEXIST)
			return errs_fail(e, ERR_UNAVAILABLE, "%s: %s", p, strerror(errno));
		*s = '/';
	}
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return errs_fail(e, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
	close(fd);
	return 0;
}

static err_t lite_db_open(struct db *db, struct errs *e)
{
	struct lite_db *d = db->impl = ARENA_NEW(db->a, struct lite_db);
	if (!*db->where)
		return errs_fail(e, ERR_UNAVAILABLE, "sqlite: a path is missing");
	if (!db->opt.read_only) {
		TRY(make_file(db->a, db->where, e));
		return lite_open(db, e, true, &d->writer);
	}
	struct lite *probe;
	TRY(lite_open(db, e, false, &probe));
	lite_free(probe);
	return 0;
}

/* -- readers: a few idle connections per thread and database --
 * A thread takes and gives back without a lock. db_close comes when nobody reads any more, and
 * closes what the threads kept; all of them are listed for that. A slot with serial 0 is free, and
 * that is written last, so its thread may fill it at once. */

struct cached {
	atomic_uint_fast64_t serial; /* of the database */
	struct lite *idle;
	int n;
};

struct thread_cache {
	struct thread_cache *next, **at;
	struct cached slot[CACHED_DBS];
};

static pthread_mutex_t threads_mu = PTHREAD_MUTEX_INITIALIZER;
static struct thread_cache *threads; /* under threads_mu */
static _Thread_local struct thread_cache mine;
static pthread_key_t at_thread_end;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

static void close_idle(struct cached *k)
{
	for (struct lite *l; (l = k->idle);) {
		k->idle = l->next;
		lite_free(l);
	}
	k->n = 0;
	k->serial = 0;
}

static void thread_ends(void *arg)
{
	struct thread_cache *t = arg;
	pthread_mutex_lock(&threads_mu);
	for (int i = 0; i < CACHED_DBS; i++)
		close_idle(&t->slot[i]);
	*t->at = t->next;
	if (t->next)
		t->next->at = t->at;
	t->at = NULL;
	pthread_mutex_unlock(&threads_mu);
}

static void make_key(void)
{
	if (pthread_key_create(&at_thread_end, thread_ends))
		panic("no thread key left");
}

static void list_thread(void)
{
	if (mine.at)
		return;
	pthread_once(&key_once, make_key);
	pthread_mutex_lock(&threads_mu);
	mine.next = threads;
	mine.at = &threads;
	if (threads)
		threads->at = &mine.next;
	threads = &mine;
	pthread_mutex_unlock(&threads_mu);
	pthread_setspecific(at_thread_end, &mine);
}

/* The slot of a database, else a free one, else NULL. */
static struct cached *slot_of(u64 serial)
{
	struct cached *unused = NULL;
	for (int i = 0; i < CACHED_DBS; i++) {
		u64 has = mine.slot[i].serial;
		if (has == serial)
			return &mine.slot[i];
		if (!has)
			unused = &mine.slot[i];
	}
	return unused;
}

static err_t lite_acquire(struct db *db, struct arena *a, struct errs *e, struct conn **out)
{
	(void)a;
	struct cached *k = slot_of(db->serial);
	struct lite *l;
	if (k && k->idle) {
		l = k->idle;
		k->idle = l->next;
		k->n--;
	} else {
		TRY(lite_open(db, e, false, &l));
	}
	*out = &l->c;
	return 0;
}

static void lite_db_close(struct db *db)
{
	struct lite_db *d = db->impl;
	pthread_mutex_lock(&threads_mu);
	for (struct thread_cache *t = threads; t; t = t->next)
		for (int i = 0; i < CACHED_DBS; i++)
			if (t->slot[i].serial == db->serial)
				close_idle(&t->slot[i]);
	pthread_mutex_unlock(&threads_mu);
	if (d->writer)
		lite_free(d->writer);
}

static err_t lite_acquire_writer(struct db *db, struct arena *a, struct errs *e, struct conn **out)
{
	(void)a;
	(void)e;
	*out = &((struct lite_db *)db->impl)->writer->c;
	return 0;
}

/* -- statements -- */

static err_t compile(struct lite *l, const char *sql, size_t n, sqlite3_stmt **out)
{
	const char *tail;
	int rc = sqlite3_prepare_v3(l->h, sql, (int)n + 1, SQLITE_PREPARE_PERSISTENT, out, &tail);
	if (rc)
		return lite_fail(l->c.e, l->h, rc, sql);
	if (!*out || tail[strspn(tail, " \t\n;")]) {
		sqlite3_finalize(*out);
		return errs_fail(l->c.e, ERR_DB, "one statement is wanted: %s", sql);
	}
	return 0;
}

/* A statement ready to bind. *st is NULL when it is not from the table: finalise it. */
static err_t prepared(struct lite *l, const char *sql, sqlite3_stmt **h, struct stmt **st)
{
	size_t n = strlen(sql);
	u64 hash = sql_hash(sql, n);
	*st = stmts_find(&l->stmts, hash, sql);
	if (*st && !(*st)->busy) {
		*h = (*st)->handle;
		return 0;
	}
	bool in_use = *st;
	*st = NULL;
	TRY(compile(l, sql, n, h));
	if (in_use)
		return 0;
	*st = stmts_take(&l->stmts);
	if (*st) {
		sqlite3_finalize((*st)->handle);
		stmts_put(&l->stmts, *st, hash, sqlite3_sql(*h), *h);
	}
	return 0;
}

static void let_go(sqlite3_stmt *h, struct stmt *st)
{
	if (!st) {
		sqlite3_finalize(h);
		return;
	}
	sqlite3_reset(h);
	st->busy = false;
}

static err_t bind(struct lite *l, sqlite3_stmt *h, struct args a, sqlite3_destructor_type keep)
{
	int rc = 0;
	if (a.n != (size_t)sqlite3_bind_parameter_count(h))
		return errs_fail(l->c.e, ERR_DB, "%zu values for %d markers; in: %.400s", a.n,
		                 sqlite3_bind_parameter_count(h), sqlite3_sql(h));
	for (size_t i = 0; i < a.n && !rc; i++) {
		const struct val *v = &a.v[i];
		int at = (int)i + 1;
		switch (v->type) {
		case VAL_NULL: rc = sqlite3_bind_null(h, at); break;
		case VAL_INT: rc = sqlite3_bind_int64(h, at, v->i); break;
		case VAL_REAL: rc = sqlite3_bind_double(h, at, v->f); break;
		case VAL_TEXT:
			rc = sqlite3_bind_text64(h, at, v->s.p, v->s.n, keep, SQLITE_UTF8);
			break;
		case VAL_BLOB:
			rc = v->s.n ? sqlite3_bind_blob64(h, at, v->s.p, v->s.n, keep)
			            : sqlite3_bind_zeroblob(h, at, 0);
			break;
		}
	}
	return rc ? lite_fail(l->c.e, l->h, rc, sqlite3_sql(h)) : 0;
}

/* Rows changed by the statement that ended since `before`; SQLite counts them at its end. */
static i64 changed_since(struct lite *l, i64 before)
{
	return sqlite3_total_changes64(l->h) == before ? 0 : sqlite3_changes64(l->h);
}

/* Prepared, unlike sqlite3_exec(): this ends every GET. */
static void end_snapshot(struct lite *l)
{
	sqlite3_stmt *h;
	struct stmt *st;
	if (prepared(l, "commit", &h, &st)) {
		sqlite3_exec(l->h, "rollback", NULL, NULL, NULL);
		return;
	}
	sqlite3_step(h);
	let_go(h, st);
}

static void lite_release(struct conn *c)
{
	struct lite *l = (struct lite *)c;
	struct lite_db *d = c->db->impl;
	if (l == d->writer)
		return;
	if (c->in_snapshot) {
		c->in_snapshot = false;
		end_snapshot(l);
	}
	list_thread();
	struct cached *k = slot_of(c->db->serial);
	if (!k || k->n >= CACHED_LINKS || !sqlite3_get_autocommit(l->h)) {
		lite_free(l);
		return;
	}
	k->serial = c->db->serial;
	l->next = k->idle;
	k->idle = l;
	k->n++;
}

/* Runs to the end; rows are passed over. */
static err_t run_text(struct lite *l, const char *sql, struct args a, i64 *n)
{
	sqlite3_stmt *h;
	struct stmt *st;
	TRY(prepared(l, sql, &h, &st));
	err_t err = bind(l, h, a, SQLITE_STATIC);
	if (!err) {
		i64 before = sqlite3_total_changes64(l->h);
		int rc;
		while ((rc = sqlite3_step(h)) == SQLITE_ROW)
			;
		if (rc != SQLITE_DONE)
			err = lite_fail(l->c.e, l->h, rc, sql);
		else
			*n = changed_since(l, before);
	}
	let_go(h, st);
	return err;
}

static err_t lite_exec(struct conn *c, const char *sql, struct args a, i64 *n)
{
	return run_text((struct lite *)c, sql, a, n);
}

static void step(struct lite *l, struct lite_rows *r)
{
	i64 before = sqlite3_total_changes64(l->h);
	int rc = sqlite3_step(r->h);
	l->c.changes += changed_since(l, before);
	r->pending = rc == SQLITE_ROW;
	r->end = rc != SQLITE_ROW;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		r->r.rc = lite_fail(l->c.e, l->h, rc, sqlite3_sql(r->h));
}

static err_t lite_query(struct conn *c, const char *sql, struct args a, struct rows **out)
{
	struct lite *l = (struct lite *)c;
	sqlite3_stmt *h;
	struct stmt *st;
	TRY(prepared(l, sql, &h, &st));
	err_t err = bind(l, h, a, SQLITE_TRANSIENT);
	if (err) {
		let_go(h, st);
		return err;
	}
	struct lite_rows *r = ARENA_NEW(c->a, struct lite_rows);
	r->h = h;
	r->st = st;
	if (st)
		st->busy = true;
	/* The first step runs all changes of an `… returning`, and finds what is wrong. */
	step(l, r);
	if (r->r.rc) {
		let_go(h, st);
		return r->r.rc;
	}
	rows_opened(&r->r, c);
	*out = &r->r;
	return 0;
}

/* The row id is known without "returning", which SQLite does by a trigger: that would open a
 * savepoint for the statement, at which FTS5 writes out all that it has gathered. */
static err_t lite_insert(struct conn *c, const char *sql, struct args a, i64 *id)
{
	struct lite *l = (struct lite *)c;
	i64 n = 0;
	const char *tail = strstr(sql, " returning ");
	if (!tail || strstr(sql, "on conflict"))
		return errs_fail(c->e, ERR_DB, "no plain insert … returning id: %s", sql);
	TRY(run_text(l, arena_strndup(c->a, sql, (size_t)(tail - sql)), a, &n));
	if (n != 1)
		return errs_fail(c->e, ERR_DB, "no id came back from: %s", sql);
	c->changes++;
	*id = sqlite3_last_insert_rowid(l->h);
	return 0;
}

static err_t lite_script(struct conn *c, const char *sql)
{
	struct lite *l = (struct lite *)c;
	int rc = sqlite3_exec(l->h, sql, NULL, NULL, NULL);
	return rc ? lite_fail(c->e, l->h, rc, sql) : 0;
}

/* -- transactions -- */

static err_t lite_begin(struct conn *c)
{
	i64 n;
	TRY(run_text((struct lite *)c, "begin immediate", NO_ARGS, &n));
	c->in_write = true;
	return 0;
}

static err_t lite_commit(struct conn *c)
{
	i64 n;
	TRY(run_text((struct lite *)c, "commit", NO_ARGS, &n));
	c->in_write = false;
	return 0;
}

static void lite_rollback(struct conn *c)
{
	struct lite *l = (struct lite *)c;
	c->in_write = false;
	/* a full disk or a failed write may have rolled back by itself */
	if (!sqlite3_get_autocommit(l->h))
		sqlite3_exec(l->h, "rollback", NULL, NULL, NULL);
}

static err_t lite_mark(struct conn *c)
{
	i64 n;
	return run_text((struct lite *)c, "savepoint job", NO_ARGS, &n);
}

static err_t lite_keep(struct conn *c)
{
	i64 n;
	return run_text((struct lite *)c, "release job", NO_ARGS, &n);
}

static err_t lite_undo(struct conn *c)
{
	struct lite *l = (struct lite *)c;
	int rc = sqlite3_get_autocommit(l->h) ? SQLITE_IOERR : 0;
	if (!rc)
		rc = sqlite3_exec(l->h, "rollback to job; release job", NULL, NULL, NULL);
	return rc ? errs_fail(c->e, lite_code(rc), "the transaction is gone (%d)", rc) : 0;
}

static err_t lite_snapshot(struct conn *c)
{
	struct lite *l = (struct lite *)c;
	i64 n;
	TRY(run_text(l, "begin", NO_ARGS, &n));
	/* a deferred transaction takes its snapshot with the first read */
	err_t err = run_text(l, "select 1 from sqlite_schema limit 1", NO_ARGS, &n);
	if (err)
		sqlite3_exec(l->h, "rollback", NULL, NULL, NULL);
	return err;
}

/* -- rows -- */

static sqlite3_stmt *of(const struct rows *r)
{
	return ((const struct lite_rows *)r)->h;
}

static bool lite_next(struct rows *rows)
{
	struct lite_rows *r = (struct lite_rows *)rows;
	if (r->end)
		return false;
	if (r->pending) {
		r->pending = false;
		return true;
	}
	step((struct lite *)rows->c, r);
	r->pending = false;
	return !r->end;
}

static void lite_done(struct rows *rows)
{
	struct lite_rows *r = (struct lite_rows *)rows;
	struct lite *l = (struct lite *)rows->c;
	i64 before = sqlite3_total_changes64(l->h);
	let_go(r->h, r->st);
	if (r->st)
		sqlite3_clear_bindings(r->h);
	l->c.changes += changed_since(l, before);
}

static int lite_columns(const struct rows *r)
{
	return sqlite3_column_count(of(r));
}

static const char *lite_name(const struct rows *r, int col)
{
	return sqlite3_column_name(of(r), col);
}

static bool lite_null(const struct rows *r, int col)
{
	return sqlite3_column_type(of(r), col) == SQLITE_NULL;
}

static i64 lite_i64(const struct rows *r, int col)
{
	return sqlite3_column_int64(of(r), col);
}

static double lite_f64(const struct rows *r, int col)
{
	return sqlite3_column_double(of(r), col);
}

static const char *lite_text(const struct rows *r, int col)
{
	return (const char *)sqlite3_column_text(of(r), col);
}

static size_t lite_len(const struct rows *r, int col)
{
	return (size_t)sqlite3_column_bytes(of(r), col);
}

static struct val lite_val(const struct rows *r, int col)
{
	sqlite3_stmt *h = of(r);
	switch (sqlite3_column_type(h, col)) {
	case SQLITE_INTEGER: return vi(sqlite3_column_int64(h, col));
	case SQLITE_FLOAT: return vf(sqlite3_column_double(h, col));
	case SQLITE_TEXT: {
		const char *p = (const char *)sqlite3_column_text(h, col);
		return vtn(p, (size_t)sqlite3_column_bytes(h, col));
	}
	case SQLITE_BLOB: {
		const void *p = sqlite3_column_blob(h, col);
		return vb(p ? p : "", (size_t)sqlite3_column_bytes(h, col));
	}
	default: return vnull();
	}
}

/* -- the rest -- */

struct note_arg {
	struct hub *hub;
	const char *channel, *payload;
};

static void post(void *arg)
{
	struct note_arg *n = arg;
	hub_post(n->hub, n->channel, n->payload);
}

static err_t lite_notify(struct conn *c, const char *channel, const char *payload)
{
	if (!c->in_write) {
		hub_post(c->db->hub, channel, payload);
		return 0;
	}
	struct note_arg *n = ARENA_NEW(c->whole, struct note_arg);
	n->hub = c->db->hub;
	n->channel = arena_strdup(c->whole, channel);
	n->payload = arena_strdup(c->whole, payload);
	conn_after_commit(c, post, n);
	return 0;
}

static err_t lite_listen(struct db *db, const char *channel)
{
	(void)channel;
	hub_start(db->hub);
	return 0;
}

/* Copies all pages in one step, inside one read transaction: in WAL mode writers go on meanwhile.
 * The copy gets its name when it is whole and on the disk. */
static err_t copy_pages(struct lite *from, struct errs *e, const char *part)
{
	sqlite3 *to = NULL;
	int rc = sqlite3_open_v2(part, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
	                         from->c.db->opt.vfs);
	sqlite3_backup *b = rc ? NULL : sqlite3_backup_init(to, "main", from->h, "main");
	if (b) {
		sqlite3_backup_step(b, -1);
		rc = sqlite3_backup_finish(b);
	} else if (!rc) {
		rc = sqlite3_errcode(to);
	}
	/* a single file, without a log beside it */
	if (!rc)
		rc = sqlite3_exec(to, "pragma journal_mode=delete", NULL, NULL, NULL);
	err_t err = rc ? errs_fail(e, lite_code(rc), "backup to %s: %s", part, sqlite3_errmsg(to))
	               : 0;
	sqlite3_close(to);
	return err;
}

static err_t sync_path(struct errs *e, const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);
	int rc = fd < 0 ? -1 : fsync(fd);
	err_t err = rc ? errs_fail(e, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno)) : 0;
	if (fd >= 0)
		close(fd);
	return err;
}

static err_t lite_backup(struct db *db, struct errs *e, const char *to_path)
{
	struct lite *from;
	TRY(lite_open(db, e, false, &from));
	const char *part = arena_printf(e->a, "%s.part", to_path);
	unlink(part);
	int fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	err_t rc = fd < 0 ? errs_fail(e, ERR_UNAVAILABLE, "%s: %s", part, strerror(errno)) : 0;
	if (fd >= 0)
		close(fd);
	if (!rc)
		rc = copy_pages(from, e, part);
	lite_free(from);
	if (!rc)
		rc = sync_path(e, part, O_RDWR);
	if (!rc && rename(part, to_path))
		rc = errs_fail(e, ERR_UNAVAILABLE, "%s: %s", to_path, strerror(errno));
	if (!rc) {
		const char *slash = strrchr(to_path, '/');
		rc = sync_path(e,
		               slash ? arena_strndup(e->a, to_path, (size_t)(slash + 1 - to_path))
		                     : ".",
		               O_RDONLY | O_DIRECTORY);
	}
	if (rc)
		unlink(part);
	return rc;
}

/* One process owns a SQLite database. */
static err_t lite_try_lock(struct conn *c, i64 key, bool *got)
{
	(void)c;
	(void)key;
	*got = true;
	return 0;
}

static err_t lite_unlock(struct conn *c, i64 key)
{
	(void)c;
	(void)key;
	return 0;
}

const struct db_ops sqlite_ops = {
	.one_writer = true,
	.open = lite_db_open,
	.close = lite_db_close,
	.acquire = lite_acquire,
	.acquire_writer = lite_acquire_writer,
	.release = lite_release,
	.snapshot = lite_snapshot,
	.begin = lite_begin,
	.commit = lite_commit,
	.rollback = lite_rollback,
	.mark = lite_mark,
	.keep = lite_keep,
	.undo = lite_undo,
	.exec = lite_exec,
	.insert = lite_insert,
	.query = lite_query,
	.script = lite_script,
	.notify = lite_notify,
	.listen = lite_listen,
	.backup = lite_backup,
	.try_lock = lite_try_lock,
	.unlock = lite_unlock,
	.next = lite_next,
	.done = lite_done,
	.columns = lite_columns,
	.name = lite_name,
	.null = lite_null,
	.i64 = lite_i64,
	.f64 = lite_f64,
	.text = lite_text,
	.len = lite_len,
	.val = lite_val,
};
