/* Databases for tests: a file in a folder of its own, or a database of its own in a cluster. */
#include "db/db_test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static char folder[64];
static int n_made;

bool on_postgres(void)
{
	const char *s = getenv("TRIPOD_TEST_ENGINE");
	if (!s || (strcmp(s, "sqlite") && strcmp(s, "postgres")))
		fail_msg("TRIPOD_TEST_ENGINE is neither sqlite nor postgres");
	return !strcmp(s, "postgres");
}

PGconn *plain_pg(const char *url)
{
	PGconn *h = PQconnectdb(url);
	if (PQstatus(h) != CONNECTION_OK)
		fail_msg("%s: %s", url, PQerrorMessage(h));
	return h;
}

static void plain_exec(PGconn *h, const char *sql)
{
	PGresult *r = PQexec(h, sql);
	ExecStatusType s = PQresultStatus(r);
	if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(h));
	PQclear(r);
}

static const char *cluster(void)
{
	const char *url = getenv("TRIPOD_PG");
	if (!url || !*url)
		fail_msg("TRIPOD_PG is not set: run this through tools/pg-test run");
	return url;
}

static void remove_made(void)
{
	if (*folder) {
		DIR *d = opendir(folder);
		for (struct dirent *f; d && (f = readdir(d));) {
			char path[400];
			snprintf(path, sizeof path, "%s/%s", folder, f->d_name);
			if (*f->d_name != '.')
				unlink(path);
		}
		if (d)
			closedir(d);
		rmdir(folder);
	}
	const char *url = getenv("TRIPOD_PG");
	PGconn *h = n_made && url ? PQconnectdb(url) : NULL;
	if (h) {
		char sql[100];
		snprintf(sql, sizeof sql, "drop database if exists t_%d with (force)",
		         (int)getpid());
		PQclear(PQexec(h, sql));
	}
	PQfinish(h);
}

const char *fresh_url(struct arena *a)
{
	static bool armed;
	if (!armed)
		atexit(remove_made);
	armed = true;
	if (!on_postgres()) {
		if (!*folder) {
			snprintf(folder, sizeof folder, "/tmp/tripod-db-XXXXXX");
			assert_non_null(mkdtemp(folder));
		}
		static int n;
		return arena_printf(a, "sqlite:%s/%d.db", folder, ++n);
	}
	/* one database per program: emptying it is quicker than making another */
	const char *base = cluster();
	if (!n_made++) {
		PGconn *h = plain_pg(base);
		/* Words in another order than their bytes, as most companies' databases have it. */
		plain_exec(h, arena_printf(a,
		                           "create database t_%d template template0 "
		                           "locale_provider icu icu_locale 'zh-Hans-CN'",
		                           (int)getpid()));
		PQfinish(h);
	}
	const char *slash = strrchr(base, '/');
	const char *query = strchr(base, '?');
	const char *url = arena_printf(a, "%.*st_%d%s", (int)(slash + 1 - base), base,
	                               (int)getpid(), query ? query : "");
	PGconn *h = plain_pg(url);
	plain_exec(h, "set client_min_messages = error; drop schema public cascade; "
	              "create schema public");
	PQfinish(h);
	return url;
}

int fix_open(void **state)
{
	struct arena *a = arena_new(ARENA_REQUEST_MAX);
	struct fix *f = ARENA_NEW(a, struct fix);
	log_level_set(LOG_ERROR);
	f->a = a;
	errs_init(&f->e, a);
	f->url = fresh_url(a);
	ok_at(db_open(f->url, NULL, &f->e, &f->db), &f->e, __FILE__, __LINE__);
	*state = f;
	return 0;
}

int fix_close(void **state)
{
	struct fix *f = *state;
	db_commit_check = NULL;
	db_close(f->db);
	arena_free(f->a);
	return 0;
}

struct db *open_again(struct fix *f, const struct db_options *o)
{
	struct db *db = NULL;
	OK(f, db_open(f->url, o, &f->e, &db));
	return db;
}

void ok_at(err_t rc, const struct errs *e, const char *file, int line)
{
	if (!rc)
		return;
	print_error("%s:%d: %s: %s (%s:%d)\n", file, line, err_def((enum err_code)rc)->name,
	            e->log ? e->log : "", e->file ? e->file : "?", e->line);
	_fail(file, line);
}

void fails_at(err_t rc, err_t want, struct errs *e, const char *file, int line)
{
	if (rc != want) {
		print_error("%s:%d: wanted %s, got %s: %s\n", file, line,
		            err_def((enum err_code)want)->name, err_def((enum err_code)rc)->name,
		            e->log ? e->log : "");
		_fail(file, line);
	}
	errs_clear(e);
}

static err_t script_job(struct conn *c, void *arg)
{
	return db_script(c, arg);
}

void script(struct fix *f, const char *sql)
{
	OK(f, db_write(f->db, f->a, &f->e, script_job, arena_strdup(f->a, sql)));
}

err_t one_job(struct conn *c, void *arg)
{
	struct one *o = arg;
	return db_exec(c, o->sql, o->args, NULL);
}

err_t write_one(struct fix *f, const char *sql, struct args a)
{
	return db_write(f->db, f->a, &f->e, one_job, &(struct one){sql, a});
}

i64 number(struct fix *f, const char *sql, struct args a)
{
	struct conn *c = NULL;
	i64 n = INT64_MIN;
	OK(f, db_acquire(f->db, f->a, &f->e, &c));
	err_t rc = db_one_i64(c, sql, a, &n, NULL);
	db_release(c);
	OK(f, rc);
	return n;
}

const char *text(struct fix *f, const char *sql, struct args a)
{
	struct conn *c = NULL;
	const char *s = NULL;
	OK(f, db_acquire(f->db, f->a, &f->e, &c));
	err_t rc = db_one_text(c, sql, a, &s);
	db_release(c);
	OK(f, rc);
	return s;
}

void kill_backends(struct fix *f)
{
	PGconn *h = plain_pg(f->url);
	plain_exec(h, "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
	              "where datname = current_database() and pid <> pg_backend_pid()");
	PQfinish(h);
}
