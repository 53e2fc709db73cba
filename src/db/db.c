/* The database contract above its engines: opening by URL, connections, statements, rows. */
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/log.h"
#include "db/impl.h"

enum {
	DB_ARENA_MAX = 16 * 1024 * 1024,
	POOL_MAX = 16,
	BUSY_MS = 5000,
	NOTE_MAX = 8000,
	NOTES_ALIKE = 16,
	CLOSE_MS = 10000
};

static atomic_uint_fast64_t last_serial;

struct val vt(const char *s)
{
	return vtn(s, s ? strlen(s) : 0);
}

struct val vtn(const char *s, size_t n)
{
	if (!s)
		return (struct val){.type = VAL_NULL, .i = VAL_TEXT};
	return (struct val){.type = VAL_TEXT, .s = {s, n}};
}

struct val vb(const void *p, size_t n)
{
	if (!p && !n)
		return (struct val){.type = VAL_NULL, .i = VAL_BLOB};
	return (struct val){.type = VAL_BLOB, .s = {p, n}};
}

/* -- text of statements -- */

u64 sql_hash(const char *sql, size_t n)
{
	u64 h = 0x9e3779b97f4a7c15u ^ n;
	for (; n >= 8; sql += 8, n -= 8) {
		u64 w;
		memcpy(&w, sql, 8);
		h = (h ^ w) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	u64 w = 0;
	memcpy(&w, sql, n);
	h = (h ^ w) * 0xff51afd7ed558ccdu;
	return h ^ h >> 32;
}

/* Length of the quoted text, name or comment that begins at p, 0 when none does. */
static size_t opaque(const char *p, const char *end)
{
	const char *q = p + 1;
	if (*p == '\'' || *p == '"') {
		/* a doubled quote reads as two texts side by side, which does as well */
		q = memchr(q, *p, (size_t)(end - q));
		return q ? (size_t)(q + 1 - p) : (size_t)(end - p);
	}
	if (*p == '-' && q < end && *q == '-') {
		q = memchr(p, '\n', (size_t)(end - p));
		return q ? (size_t)(q - p) : (size_t)(end - p);
	}
	if (*p == '/' && q < end && *q == '*') {
		q = memmem(p + 2, (size_t)(end - p - 2), "*/", 2);
		return q ? (size_t)(q + 2 - p) : (size_t)(end - p);
	}
	return 0;
}

const char *sql_numbered(struct arena *a, const char *sql, size_t n, int *n_params)
{
	struct buf b = buf_new(a, 16 * 1024 * 1024);
	const char *end = sql + n;
	*n_params = 0;
	while (sql < end) {
		size_t skip = opaque(sql, end);
		if (skip) {
			buf_write(&b, sql, skip);
			sql += skip;
		} else if (*sql == '?') {
			buf_printf(&b, "$%d", ++*n_params);
			sql++;
		} else {
			buf_putc(&b, *sql++);
		}
	}
	return buf_str(&b);
}

/* -- opening and closing -- */

static void db_drop(struct db *db)
{
	hub_free(db->hub);
	pthread_cond_destroy(&db->idle);
	pthread_mutex_destroy(&db->mu);
	arena_free(db->a);
}

err_t db_open(const char *url, const struct db_options *o, struct errs *e, struct db **out)
{
	static const struct {
		const char *head;
		size_t cut; /* of the head, before the engine sees it */
		enum db_engine engine;
		const struct db_ops *ops;
	} schemes[] = {
		{"sqlite:", 7, DB_SQLITE, &sqlite_ops},
		{"postgresql://", 0, DB_POSTGRES, &postgres_ops},
		{"postgres://", 0, DB_POSTGRES, &postgres_ops},
	};
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		if (strncmp(url, schemes[i].head, strlen(schemes[i].head)))
			continue;
		struct arena *a = arena_new(DB_ARENA_MAX);
		struct db *db = ARENA_NEW(a, struct db);
		db->a = a;
		db->serial = ++last_serial;
		db->ops = schemes[i].ops;
		db->engine = schemes[i].engine;
		db->where = arena_strdup(a, url + schemes[i].cut);
		if (o)
			db->opt = *o;
		if (!db->opt.pool_max)
			db->opt.pool_max = POOL_MAX;
		if (!db->opt.busy_timeout_ms)
			db->opt.busy_timeout_ms = BUSY_MS;
		pthread_mutex_init(&db->mu, NULL);
		pthread_cond_init(&db->idle, NULL);
		db->queue_end = &db->queue;
		db->hub = hub_new(db);
		err_t rc = db->ops->open(db, e);
		if (rc) {
			db_drop(db);
			return rc;
		}
		*out = db;
		return 0;
	}
	return errs_fail(e, ERR_UNAVAILABLE,
	                 "a database is named sqlite:PATH or postgresql://..., not '%.20s'", url);
}

void db_close(struct db *db)
{
	if (!db)
		return;
	pthread_mutex_lock(&db->mu);
	db->closing = true;
	while (db->writers)
		pthread_cond_wait(&db->idle, &db->mu);
	pthread_mutex_unlock(&db->mu);
	for (int ms = 0; db->readers; ms++) {
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		if (ms == CLOSE_MS) {
			/* a leak at the end is better than their memory taken away */
			LOG(ERROR, "a database is not closed: somebody still reads",
			    LI("readers", db->readers));
			return;
		}
	}
	db->ops->close(db);
	db_drop(db);
}

enum db_engine db_engine(const struct db *db)
{
	return db->engine;
}

/* -- connections -- */

void conn_begin(struct conn *c, struct arena *a, struct errs *e)
{
	c->a = c->whole = a;
	c->e = e;
	c->again = false;
	c->failed = 0;
	c->changes = 0;
	c->slot = NULL;
	c->hooks = NULL;
	c->hooks_end = &c->hooks;
	c->sent = NULL;
}

err_t db_acquire(struct db *db, struct arena *a, struct errs *e, struct conn **out)
{
	db->readers++;
	err_t rc = db->closing ? errs_fail(e, ERR_UNAVAILABLE, "the database is being closed")
	                       : db->ops->acquire(db, a, e, out);
	if (rc)
		db->readers--;
	else
		conn_begin(*out, a, e);
	return rc;
}

void db_release(struct conn *c)
{
	if (!c)
		return;
	struct db *db = c->db;
	rows_close_until(c, NULL);
	db->ops->release(c);
	db->readers--;
}

err_t db_snapshot(struct conn *c)
{
	if (c->in_write || c->in_snapshot)
		return 0;
	TRY(c->db->ops->snapshot(c));
	c->in_snapshot = true;
	return 0;
}

struct arena *conn_arena(struct conn *c)
{
	return c->a;
}

struct arena *conn_use(struct conn *c, struct arena *a)
{
	struct arena *before = c->a;
	rows_close_until(c, NULL);
	c->a = a;
	return before;
}

struct arena *conn_whole(struct conn *c)
{
	return c->whole;
}

struct errs *conn_errs(struct conn *c)
{
	return c->e;
}

enum db_engine conn_engine(const struct conn *c)
{
	return c->db->engine;
}

bool conn_in_write(const struct conn *c)
{
	return c->in_write;
}

void **conn_slot(struct conn *c)
{
	return &c->slot;
}

i64 conn_changes(struct conn *c)
{
	return c->changes;
}

void conn_after_commit(struct conn *c, void (*fn)(void *), void *arg)
{
	if (!c->in_write)
		panic("conn_after_commit outside a write");
	struct hook *h = ARENA_NEW(c->whole, struct hook);
	h->fn = fn;
	h->arg = arg;
	*c->hooks_end = h;
	c->hooks_end = &h->next;
}

/* -- statements -- */

/* Refuses what comes after a failed statement; remembers the failure of this one. */
static err_t doomed(struct conn *c, err_t rc)
{
	if (rc && c->in_write && !c->failed)
		c->failed = rc;
	return rc;
}

err_t db_exec(struct conn *c, const char *sql, struct args a, i64 *n_changed)
{
	TRY(c->failed);
	i64 n = 0;
	TRY(doomed(c, c->db->ops->exec(c, sql, a, &n)));
	c->changes += n;
	if (n_changed)
		*n_changed = n;
	return 0;
}

err_t db_query(struct conn *c, const char *sql, struct args a, struct rows **out)
{
	TRY(c->failed);
	return doomed(c, c->db->ops->query(c, sql, a, out));
}

err_t db_script(struct conn *c, const char *sql)
{
	TRY(c->failed);
	return doomed(c, c->db->ops->script(c, sql));
}

err_t db_one_i64(struct conn *c, const char *sql, struct args a, i64 *out, bool *found)
{
	struct rows *r;
	TRY(db_query(c, sql, a, &r));
	bool got = rows_next(r);
	if (got)
		*out = rows_i64(r, 0);
	if (found)
		*found = got;
	return rows_done(r);
}

err_t db_one_text(struct conn *c, const char *sql, struct args a, const char **out)
{
	struct rows *r;
	TRY(db_query(c, sql, a, &r));
	*out = rows_next(r) ? rows_dup(r, 0) : NULL;
	return rows_done(r);
}

err_t db_insert(struct conn *c, const char *sql, struct args a, i64 *id)
{
	bool found;
	TRY(c->failed);
	if (c->db->ops->insert)
		return doomed(c, c->db->ops->insert(c, sql, a, id));
	TRY(db_one_i64(c, sql, a, id, &found));
	if (!found)
		return doomed(c, errs_fail(c->e, ERR_DB, "no id came back from: %s", sql));
	return 0;
}

bool db_unique_on(const struct errs *e, const char *table, const char *column)
{
	static const char head[] = "unique: ";
	if (e->code != ERR_UNIQUE || !e->log || strncmp(e->log, head, sizeof head - 1))
		return false;
	size_t nt = strlen(table), nc = strlen(column);
	for (const char *p = e->log + sizeof head - 1; *p && *p != ';';) {
		size_t n = strcspn(p, ",;");
		if (n == nt + 1 + nc && !memcmp(p, table, nt) && p[nt] == '.' &&
		    !memcmp(p + nt + 1, column, nc))
			return true;
		p += n;
		p += strspn(p, ", ");
	}
	return false;
}

/* -- rows -- */

void rows_opened(struct rows *r, struct conn *c)
{
	r->c = c;
	r->next = c->open;
	if (c->open)
		c->open->prev = r;
	c->open = r;
}

bool rows_next(struct rows *r)
{
	return !r->closed && !r->rc && r->c->db->ops->next(r);
}

err_t rows_done(struct rows *r)
{
	if (r->closed)
		return r->rc;
	r->closed = true;
	r->c->db->ops->done(r);
	if (r->prev)
		r->prev->next = r->next;
	else
		r->c->open = r->next;
	if (r->next)
		r->next->prev = r->prev;
	return doomed(r->c, r->rc);
}

void rows_close_until(struct conn *c, const struct rows *stop)
{
	while (c->open && c->open != stop)
		(void)!rows_done(c->open);
}

int rows_columns(const struct rows *r)
{
	return r->c->db->ops->columns(r);
}

const char *rows_name(const struct rows *r, int col)
{
	return r->c->db->ops->name(r, col);
}

bool rows_null(const struct rows *r, int col)
{
	return r->c->db->ops->null(r, col);
}

i64 rows_i64(const struct rows *r, int col)
{
	return r->c->db->ops->i64(r, col);
}

double rows_f64(const struct rows *r, int col)
{
	return r->c->db->ops->f64(r, col);
}

const char *rows_text(const struct rows *r, int col)
{
	return r->c->db->ops->text(r, col);
}

size_t rows_len(const struct rows *r, int col)
{
	return r->c->db->ops->len(r, col);
}

struct val rows_val(const struct rows *r, int col)
{
	return r->c->db->ops->val(r, col);
}

const char *rows_dup(const struct rows *r, int col)
{
	const char *s = rows_text(r, col);
	return s ? arena_strndup(r->c->a, s, rows_len(r, col)) : NULL;
}

/* -- notifications, backup, locks -- */

static bool plain_word(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");
	return n && !s[n] && n < 60;
}

/* Remembers what this write sends; true when the like was sent among the last few. */
static bool sent_before(struct conn *c, const char *channel, const char *payload)
{
	int looked = 0;
	for (const struct note_sent *n = c->sent; n && looked < NOTES_ALIKE; n = n->next, looked++)
		if (!strcmp(n->channel, channel) && !strcmp(n->payload, payload))
			return true;
	struct note_sent *n = ARENA_NEW(c->whole, struct note_sent);
	*n = (struct note_sent){c->sent, arena_strdup(c->whole, channel),
	                        arena_strdup(c->whole, payload)};
	c->sent = n;
	return false;
}

err_t db_notify(struct conn *c, const char *channel, const char *payload)
{
	TRY(c->failed);
	if (!plain_word(channel) || strlen(payload) >= NOTE_MAX)
		return doomed(
			c, errs_fail(c->e, ERR_DB, "notification '%s' is not sendable", channel));
	if (c->in_write && sent_before(c, channel, payload))
		return 0;
	return doomed(c, c->db->ops->notify(c, channel, payload));
}

err_t db_listen(struct db *db, const char *channel, void (*fn)(void *arg, const char *payload),
                void *arg)
{
	if (!plain_word(channel))
		panic("channel '%s' is not a plain word", channel);
	hub_add(db->hub, channel, fn, arg);
	return db->ops->listen(db, channel);
}

err_t db_backup_sqlite(struct db *db, struct errs *e, const char *to_path)
{
	if (!db->ops->backup)
		return errs_set(e, ERR_CONFLICT,
		                EP({"reason", "PostgreSQL is backed up with its own tools"}));
	return db->ops->backup(db, e, to_path);
}

err_t db_try_lock(struct conn *c, i64 key, bool *got)
{
	return c->db->ops->try_lock(c, key, got);
}

err_t db_unlock(struct conn *c, i64 key)
{
	return c->db->ops->unlock(c, key);
}
