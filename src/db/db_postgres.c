/* PostgreSQL over libpq.
 *
 * Connections are kept in a pool; readers leave a quarter of it to writers, so a thread that holds
 * a reader while it writes cannot starve. Sessions are read only by default: a write says so in
 * its BEGIN, and a reader that writes is refused as SQLite does.
 *
 * Values are sent in binary with their types named (int8, text, bytea, float8), so that no context
 * has to guess them; a NULL of unknown type takes the type the statement gives it. Results are read
 * by pg_rows.c.
 *
 * Lost connection: a reader outside of a snapshot and a BEGIN are tried once more on a new one;
 * anything else is ERR_UNAVAILABLE. 40001 and 40P01 have the write run again (write.c). */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/log.h"
#include "db/pg.h"

enum { PG_ARENA_MAX = 64 * 1024 * 1024, SMALL_ARGS = 32, NAME_LEN = 24 };

/* A prepared statement on the server; the memory stays with its slot and is used again. */
struct pg_stmt {
	unsigned name;
	char *sql;
	size_t sql_cap;
	Oid *types;
	size_t n, types_cap;
};

struct pg {
	struct conn c;
	struct pg *next;
	PGconn *h;
	struct arena *own;
	struct stmts stmts;
	unsigned last_name;
	bool lost;    /* close it instead of keeping it */
	bool reading; /* counts as a reader in the pool */
	bool locks;   /* holds advisory locks */
};

/* -- errors -- */

static const struct {
	const char *state; /* or the beginning of it */
	enum err_code code;
} states[] = {
	{"23505", ERR_UNIQUE},   {"23503", ERR_REF},         {"40001", ERR_DB_BUSY},
	{"40P01", ERR_DB_BUSY},  {"55P03", ERR_DB_BUSY},     {"57014", ERR_DB_BUSY},
	{"53", ERR_UNAVAILABLE}, {"58030", ERR_UNAVAILABLE}, {"57P", ERR_UNAVAILABLE},
	{"08", ERR_UNAVAILABLE},
};

static bool state_is(const char *state, const char *head)
{
	return state && !strncmp(state, head, strlen(head));
}

/* "unique: t.a, t.b" from «Key (a, b)=(…) already exists.», in whatever language it is said; the
 * values stay out of the log. */
static const char *unique_columns(struct arena *a, const PGresult *r)
{
	const char *table = PQresultErrorField(r, PG_DIAG_TABLE_NAME);
	const char *detail = PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL);
	const char *p = detail ? strchr(detail, '(') : NULL;
	const char *end = p ? strstr(p, ")=(") : NULL;
	struct buf b = buf_new(a, 4096);
	buf_puts(&b, "unique: ");
	while (table && end && p < end) {
		p += strspn(p, "(, ");
		size_t n = strcspn(p, ",");
		if (p + n > end)
			n = (size_t)(end - p);
		buf_printf(&b, "%s%s.", b.n > 8 ? ", " : "", table);
		buf_write(&b, p, n);
		p += n;
	}
	return buf_str(&b);
}

/* libpq reports a write that failed and may still take the connection for sound: reading tells. */
static bool is_gone(PGconn *h)
{
	for (int i = 0; i < 3 && PQstatus(h) != CONNECTION_BAD; i++)
		if (!PQconsumeInput(h))
			return true;
	return PQstatus(h) == CONNECTION_BAD;
}

static err_t pg_fail(struct pg *p, const PGresult *r, const char *sql)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *msg = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	const char *constraint = PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME);
	const char *said = msg && *msg ? msg : PQresultErrorMessage(r);
	enum err_code code = ERR_DB;
	struct errs *e = p->c.e;
	for (size_t i = 0; i < ARRAY_LEN(states) && code == ERR_DB; i++)
		if (state_is(state, states[i].state))
			code = states[i].code;
	bool gone = state ? PQstatus(p->h) == CONNECTION_BAD : is_gone(p->h);
	if (gone || state_is(state, "57P") || state_is(state, "08")) {
		p->lost = true;
		code = ERR_UNAVAILABLE;
	}
	/* the old primary after a fail-over */
	if (p->c.in_write && state_is(state, "25006")) {
		p->lost = true;
		code = ERR_UNAVAILABLE;
	}
	p->c.again = state_is(state, "40001") || state_is(state, "40P01");
	if (code == ERR_UNIQUE)
		return errs_fail(e, code, "%s; constraint %s; in: %.400s", unique_columns(e->a, r),
		                 constraint ? constraint : "?", sql);
	if (code == ERR_REF)
		return errs_fail(e, code, "%s (constraint %s); in: %.400s", said,
		                 constraint ? constraint : "?", sql);
	if (!*said)
		said = PQerrorMessage(p->h);
	return errs_fail(e, code, "%s (%s); in: %.400s", said, state ? state : "no state", sql);
}

/* -- connecting -- */

static void pg_free(struct pg *p)
{
	PQfinish(p->h);
	arena_free(p->own);
}

static err_t pg_new(struct db *db, struct errs *e, struct pg **out)
{
	PGconn *h = pg_dial(db, e);
	if (!h)
		return ERR_UNAVAILABLE;
	struct arena *own = arena_new(PG_ARENA_MAX);
	struct pg *p = ARENA_NEW(own, struct pg);
	p->own = own;
	p->h = h;
	p->c.db = db;
	stmts_init(&p->stmts);
	*out = p;
	return 0;
}

/* The same connection again, with nothing prepared. */
static bool pg_redial(struct pg *p)
{
	struct errs e;
	errs_init(&e, p->c.a);
	PGconn *h = pg_dial(p->c.db, &e);
	if (!h)
		return false;
	PQfinish(p->h);
	p->h = h;
	p->lost = false;
	for (int i = 0; i < p->stmts.n; i++)
		if (p->stmts.slot[i].used)
			stmts_drop(&p->stmts, &p->stmts.slot[i]);
	for (int i = 0; i < p->stmts.n; i++)
		((struct pg_stmt *)p->stmts.slot[i].handle)->name = 0;
	return true;
}

static err_t pg_db_open(struct db *db, struct errs *e)
{
	struct pg_db *d = db->impl = ARENA_NEW(db->a, struct pg_db);
	pthread_condattr_t mono;
	struct pg *p;
	TRY(pg_new(db, e, &p));
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_mutex_init(&d->mu, NULL);
	pthread_cond_init(&d->freed, &mono);
	pthread_cond_init(&d->listened, &mono);
	pthread_condattr_destroy(&mono);
	d->db = db;
	d->idle = p;
	d->open = 1;
	return 0;
}

static void pg_db_close(struct db *db)
{
	struct pg_db *d = db->impl;
	pg_listen_stop(d);
	for (struct pg *p; (p = d->idle);) {
		d->idle = p->next;
		pg_free(p);
	}
	pthread_cond_destroy(&d->freed);
	pthread_cond_destroy(&d->listened);
	pthread_mutex_destroy(&d->mu);
}

/* -- the pool -- */

static bool may_have(const struct pg_db *d, bool reading)
{
	int max = d->db->opt.pool_max;
	if (reading && d->reading >= max - max / 4)
		return false;
	return d->idle || d->open < max;
}

static err_t lend(struct db *db, struct errs *e, bool reading, struct conn **out)
{
	struct pg_db *d = db->impl;
	struct pg *p = NULL;
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += db->opt.busy_timeout_ms / 1000;
	until.tv_nsec += db->opt.busy_timeout_ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&d->mu);
	while (!may_have(d, reading)) {
		if (pthread_cond_timedwait(&d->freed, &d->mu, &until) == ETIMEDOUT &&
		    !may_have(d, reading)) {
			pthread_mutex_unlock(&d->mu);
			return errs_fail(e, ERR_DB_BUSY, "all %d connections are in use",
			                 db->opt.pool_max);
		}
	}
	d->reading += reading;
	if (d->idle) {
		p = d->idle;
		d->idle = p->next;
	} else {
		d->open++;
	}
	pthread_mutex_unlock(&d->mu);
	err_t rc = p ? 0 : pg_new(db, e, &p);
	if (rc) {
		pthread_mutex_lock(&d->mu);
		d->reading -= reading;
		d->open--;
		pthread_cond_broadcast(&d->freed);
		pthread_mutex_unlock(&d->mu);
		return rc;
	}
	p->reading = reading;
	*out = &p->c;
	return 0;
}

static err_t pg_acquire(struct db *db, struct arena *a, struct errs *e, struct conn **out)
{
	(void)a;
	return lend(db, e, true, out);
}

static err_t pg_acquire_writer(struct db *db, struct arena *a, struct errs *e, struct conn **out)
{
	(void)a;
	return lend(db, e, false, out);
}

/* A command without values and rows. */
static err_t command(struct pg *p, const char *sql)
{
	PGresult *r = PQexec(p->h, sql);
	ExecStatusType s = PQresultStatus(r);
	err_t rc = s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK ? 0 : pg_fail(p, r, sql);
	PQclear(r);
	return rc;
}

/* For cleaning up: what fails here has the connection closed. */
static void command_quiet(struct pg *p, const char *sql)
{
	PGresult *r = PQexec(p->h, sql);
	ExecStatusType s = PQresultStatus(r);
	if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK)
		p->lost = true;
	PQclear(r);
}

static void pg_release(struct conn *c)
{
	struct pg *p = (struct pg *)c;
	struct pg_db *d = c->db->impl;
	c->in_snapshot = false;
	if (PQstatus(p->h) == CONNECTION_BAD)
		p->lost = true;
	if (!p->lost && PQtransactionStatus(p->h) != PQTRANS_IDLE)
		command_quiet(p, "rollback");
	if (!p->lost && p->locks)
		command_quiet(p, "select pg_advisory_unlock_all()");
	p->locks = false;
	bool reading = p->reading, lost = p->lost;
	if (lost)
		pg_free(p);
	pthread_mutex_lock(&d->mu);
	d->reading -= reading;
	if (lost) {
		d->open--;
	} else {
		p->next = d->idle;
		d->idle = p;
	}
	pthread_cond_broadcast(&d->freed);
	pthread_mutex_unlock(&d->mu);
}

/* -- statements -- */

static const Oid type_oids[] = {[VAL_NULL] = 0,
                                [VAL_INT] = OID_INT8,
                                [VAL_TEXT] = OID_TEXT,
                                [VAL_BLOB] = OID_BYTEA,
                                [VAL_REAL] = OID_FLOAT8};

static Oid oid_of(const struct val *v)
{
	return type_oids[v->type == VAL_NULL ? (enum val_type)v->i : v->type];
}

/* Can the values be sent with the types it was prepared with? NULLs fit everywhere. */
static bool types_fit(const struct pg_stmt *s, struct args a)
{
	if (s->n != a.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (a.v[i].type != VAL_NULL && s->types[i] != type_oids[a.v[i].type])
			return false;
	return true;
}

static void name_of(unsigned n, char name[NAME_LEN])
{
	snprintf(name, NAME_LEN, "s%u", n);
}

static void deallocate(struct pg *p, struct pg_stmt *s)
{
	char sql[NAME_LEN + 16];
	if (!s->name)
		return;
	snprintf(sql, sizeof sql, "deallocate s%u", s->name);
	command_quiet(p, sql);
	s->name = 0;
}

/* Room for n bytes that the slot may keep for ever: doubled, so it is bounded by the longest. */
static void *grown(struct arena *a, void *old, size_t *cap, size_t n)
{
	if (n <= *cap)
		return old;
	*cap = *cap ? *cap : 256;
	while (*cap < n)
		*cap *= 2;
	return arena_alloc(a, *cap);
}

/* Has the server prepare it; the statement's types are set. */
static err_t prepare(struct pg *p, struct pg_stmt *s, const char *sql)
{
	char name[NAME_LEN];
	int n_params;
	struct arena *a = p->c.a;
	const char *numbered = sql_numbered(a, sql, strlen(sql), &n_params);
	if ((size_t)n_params != s->n)
		return errs_fail(p->c.e, ERR_DB, "%zu values for %d markers; in: %.400s", s->n,
		                 n_params, sql);
	unsigned number = ++p->last_name;
	name_of(number, name);
	PGresult *r = PQprepare(p->h, name, numbered, (int)s->n, s->types);
	err_t rc = PQresultStatus(r) == PGRES_COMMAND_OK ? 0 : pg_fail(p, r, sql);
	PQclear(r);
	if (!rc)
		s->name = number;
	return rc;
}

static void set_types(struct pg *p, struct pg_stmt *s, struct args a, bool keep_known)
{
	size_t cap = s->types_cap;
	Oid *types = grown(p->own, s->types, &cap, a.n * sizeof *types);
	for (size_t i = 0; i < a.n; i++) {
		Oid known = keep_known && i < s->n ? s->types[i] : 0;
		Oid now = oid_of(&a.v[i]);
		types[i] = a.v[i].type == VAL_NULL && known ? known : now;
	}
	s->types = types;
	s->types_cap = cap;
	s->n = a.n;
}

static err_t prepared(struct pg *p, const char *sql, struct args a, struct pg_stmt **out)
{
	size_t n = strlen(sql);
	u64 hash = sql_hash(sql, n);
	struct stmt *slot = stmts_find(&p->stmts, hash, sql);
	struct pg_stmt *s = slot ? slot->handle : NULL;
	if (s && types_fit(s, a)) {
		*out = s;
		return 0;
	}
	if (slot)
		stmts_drop(&p->stmts, slot); /* other types: anew in the same slot */
	else
		slot = stmts_take(&p->stmts);
	if (!slot->handle)
		slot->handle = ARENA_NEW(p->own, struct pg_stmt);
	bool same_text = s;
	s = slot->handle;
	deallocate(p, s);
	set_types(p, s, a, same_text);
	if (!same_text) {
		s->sql = grown(p->own, s->sql, &s->sql_cap, n + 1);
		memcpy(s->sql, sql, n + 1);
	}
	TRY(prepare(p, s, sql));
	stmts_put(&p->stmts, slot, hash, s->sql, s);
	*out = s;
	return 0;
}

/* Values in the server's byte order; words[] holds the numbers. */
struct wire {
	const char *value[SMALL_ARGS];
	int len[SMALL_ARGS], format[SMALL_ARGS];
	u64 word[SMALL_ARGS];
};

static void encode(const struct val *v, const char **value, int *len, int *format, u64 *word)
{
	*format = 1;
	switch (v->type) {
	case VAL_NULL:
		*value = NULL;
		*len = 0;
		return;
	case VAL_REAL:
		memcpy(word, &v->f, sizeof *word);
		*word = htobe64(*word);
		break;
	case VAL_INT: *word = htobe64((u64)v->i); break;
	case VAL_TEXT:
	case VAL_BLOB:
		*value = v->s.n ? v->s.p : "";
		*len = (int)v->s.n;
		return;
	}
	*value = (const char *)word;
	*len = sizeof *word;
}

static PGresult *execute(struct pg *p, const struct pg_stmt *s, struct args a)
{
	char name[NAME_LEN];
	struct wire w;
	const char **value = w.value;
	int *len = w.len, *format = w.format;
	u64 *word = w.word;
	if (a.n > SMALL_ARGS) {
		value = ARENA_ARRAY(p->c.a, a.n, const char *);
		len = ARENA_ARRAY(p->c.a, a.n, int);
		format = ARENA_ARRAY(p->c.a, a.n, int);
		word = ARENA_ARRAY(p->c.a, a.n, u64);
	}
	for (size_t i = 0; i < a.n; i++)
		encode(&a.v[i], &value[i], &len[i], &format[i], &word[i]);
	name_of(s->name, name);
	return PQexecPrepared(p->h, name, (int)a.n, value, len, format, 0);
}

/* A plan that a migration of another process made useless. */
static bool stale_plan(const PGresult *r)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	return state_is(state, "0A000") || state_is(state, "26000");
}

static err_t run_once(struct pg *p, const char *sql, struct args a, PGresult **out)
{
	struct pg_stmt *s;
	TRY(prepared(p, sql, a, &s));
	PGresult *r = execute(p, s, a);
	ExecStatusType status = PQresultStatus(r);
	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
		*out = r;
		return 0;
	}
	bool stale = stale_plan(r);
	err_t rc = pg_fail(p, r, sql);
	if (stale) {
		p->lost = true; /* a new connection knows the new tables */
		p->c.again = true;
	}
	PQclear(r);
	return rc;
}

static err_t run(struct pg *p, const char *sql, struct args a, PGresult **out)
{
	bool first = !p->c.e->code;
	err_t rc = run_once(p, sql, a, out);
	if (rc && p->lost && !p->c.in_write && !p->c.in_snapshot && !p->locks && pg_redial(p)) {
		if (first)
			errs_clear(p->c.e);
		rc = run_once(p, sql, a, out);
	}
	return rc;
}

static i64 rows_changed(PGresult *r)
{
	static const char *const verbs[] = {"INSERT", "UPDATE", "DELETE", "MERGE"};
	const char *status = PQcmdStatus(r);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (!strncmp(status, verbs[i], strlen(verbs[i])))
			return strtoll(PQcmdTuples(r), NULL, 10);
	return 0;
}

static err_t pg_exec(struct conn *c, const char *sql, struct args a, i64 *n)
{
	PGresult *r = NULL;
	TRY(run((struct pg *)c, sql, a, &r));
	*n = rows_changed(r);
	PQclear(r);
	return 0;
}

static err_t pg_query(struct conn *c, const char *sql, struct args a, struct rows **out)
{
	PGresult *res = NULL;
	TRY(run((struct pg *)c, sql, a, &res));
	struct pg_rows *r = ARENA_NEW(c->a, struct pg_rows);
	r->res = res;
	r->n = PQntuples(res);
	r->row = -1;
	c->changes += rows_changed(res);
	rows_opened(&r->r, c);
	*out = &r->r;
	return 0;
}

static err_t pg_script(struct conn *c, const char *sql)
{
	return command((struct pg *)c, sql);
}

/* -- transactions -- */

static err_t pg_begin(struct conn *c)
{
	static const char sql[] = "begin isolation level read committed read write";
	struct pg *p = (struct pg *)c;
	err_t rc = command(p, sql);
	if (rc && p->lost && pg_redial(p)) {
		errs_clear(c->e); /* nothing was sent yet */
		rc = command(p, sql);
	}
	c->in_write = !rc;
	return rc;
}

static err_t pg_commit(struct conn *c)
{
	struct pg *p = (struct pg *)c;
	PGresult *r = PQexec(p->h, "commit");
	err_t rc = 0;
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		rc = pg_fail(p, r, "commit");
	else if (strcmp(PQcmdStatus(r), "COMMIT"))
		rc = errs_fail(c->e, ERR_DB, "the transaction had failed before its commit");
	PQclear(r);
	c->in_write = false;
	return rc;
}

static void pg_rollback(struct conn *c)
{
	struct pg *p = (struct pg *)c;
	c->in_write = false;
	if (PQstatus(p->h) == CONNECTION_BAD)
		p->lost = true;
	else if (PQtransactionStatus(p->h) != PQTRANS_IDLE)
		command_quiet(p, "rollback");
}

static err_t pg_mark(struct conn *c)
{
	return command((struct pg *)c, "savepoint job");
}

static err_t pg_keep(struct conn *c)
{
	return command((struct pg *)c, "release savepoint job");
}

static err_t pg_undo(struct conn *c)
{
	return command((struct pg *)c, "rollback to savepoint job; release savepoint job");
}

static err_t pg_snapshot(struct conn *c)
{
	/* the snapshot is taken with the first statement, so there is one */
	static const char sql[] = "begin isolation level repeatable read read only; select 1";
	struct pg *p = (struct pg *)c;
	err_t rc = command(p, sql);
	if (rc && p->lost && !p->locks && pg_redial(p)) {
		errs_clear(c->e);
		rc = command(p, sql);
	}
	return rc;
}

/* -- the rest -- */

static err_t pg_notify(struct conn *c, const char *channel, const char *payload)
{
	i64 n;
	return pg_exec(c, "select pg_notify(?, ?)", ARGS(vt(channel), vt(payload)), &n);
}

static err_t pg_try_lock(struct conn *c, i64 key, bool *got)
{
	i64 yes = 0;
	TRY(db_one_i64(c, "select pg_try_advisory_lock(?)", ARGS(vi(key)), &yes, NULL));
	*got = yes;
	if (yes)
		((struct pg *)c)->locks = true;
	return 0;
}

static err_t pg_unlock(struct conn *c, i64 key)
{
	i64 was = 0;
	return db_one_i64(c, "select pg_advisory_unlock(?)", ARGS(vi(key)), &was, NULL);
}

const struct db_ops postgres_ops = {
	.open = pg_db_open,
	.close = pg_db_close,
	.acquire = pg_acquire,
	.acquire_writer = pg_acquire_writer,
	.release = pg_release,
	.snapshot = pg_snapshot,
	.begin = pg_begin,
	.commit = pg_commit,
	.rollback = pg_rollback,
	.mark = pg_mark,
	.keep = pg_keep,
	.undo = pg_undo,
	.exec = pg_exec,
	.query = pg_query,
	.script = pg_script,
	.notify = pg_notify,
	.listen = pg_listen,
	.try_lock = pg_try_lock,
	.unlock = pg_unlock,
	PG_ROWS,
};
