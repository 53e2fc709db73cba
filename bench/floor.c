/* Floors that the benchmarks are held against: the same work without the product.
 *
 *	floor http PORT            answers every request with a fixed 1 KB, by the same HTTP library
 *	floor sync FILE N          N appended pages, fdatasync after each
 *	floor commit FILE N        N durable single-row commits, prepared
 *	floor insert FILE ROWS     bare prepared inserts of lead-wide rows in one transaction
 *	floor list FILE SQL N      the statement N times, rows written as JSON
 * Each but http prints one JSON object with count, seconds of wall clock and of CPU. */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/json.h"
#include "http/http.h"

static double wall(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void say(long n, double w0, double c0)
{
	printf("{\"count\":%ld,\"wall\":%.6f,\"cpu\":%.6f}\n", n, wall() - w0, cpu() - c0);
}

static void check(int rc, int want, sqlite3 *db)
{
	if (rc != want)
		panic("sqlite: %s", sqlite3_errmsg(db));
}

static sqlite3 *open_db(const char *path)
{
	sqlite3 *db;
	check(sqlite3_open(path, &db), SQLITE_OK, NULL);
	check(sqlite3_exec(db, "pragma journal_mode=wal; pragma synchronous=full;", NULL, NULL,
	                   NULL),
	      SQLITE_OK, db);
	return db;
}

/* -- http -- */

static char page[1025];

static void answer(struct http_req *rq, struct http_res *rs)
{
	(void)rq;
	http_body(rs, 200, "application/json", page, 1024);
}

static const struct http_route routes[] = {
	{.method = "GET", .path = "/{rest*}", .fn = answer},
	{.method = NULL},
};

static int run_http(const char *port)
{
	struct arena *a = arena_new(1 << 20);
	struct errs e;
	errs_init(&e, a);
	memset(page, 'x', 1024);
	const struct http_route *const tables[] = {routes, NULL};
	struct http_config cfg = {.listen = arena_printf(a, "127.0.0.1:%s", port),
	                          .tables = tables};
	struct http_server *s;
	if (http_start(&cfg, &e, &s))
		panic("cannot listen: %s", e.log ? e.log : "?");
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	int sig;
	sigwait(&set, &sig);
	http_stop(s);
	return 0;
}

/* -- disk and statements -- */

static int run_sync(const char *path, long n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char block[4096] = {0};
	double w = wall(), c = cpu();
	for (long i = 0; i < n; i++)
		if (write(fd, block, sizeof block) != sizeof block || fdatasync(fd))
			panic("cannot write %s", path);
	say(n, w, c);
	return close(fd);
}

static int run_commit(const char *path, long n)
{
	sqlite3 *db = open_db(path);
	sqlite3_stmt *st;
	check(sqlite3_exec(db,
	                   "create table if not exists t(id integer primary key, a text, b int)",
	                   NULL, NULL, NULL),
	      SQLITE_OK, db);
	check(sqlite3_prepare_v2(db, "insert into t(a, b) values (?, ?)", -1, &st, NULL), SQLITE_OK,
	      db);
	double w = wall(), c = cpu();
	for (long i = 0; i < n; i++) {
		sqlite3_bind_text(st, 1, "one row, one commit", -1, SQLITE_STATIC);
		sqlite3_bind_int64(st, 2, i);
		check(sqlite3_step(st), SQLITE_DONE, db);
		sqlite3_reset(st);
	}
	say(n, w, c);
	sqlite3_finalize(st);
	return sqlite3_close(db);
}

static int run_insert(const char *path, long n)
{
	sqlite3 *db = open_db(path);
	sqlite3_stmt *st;
	check(sqlite3_exec(
		      db,
		      "create table lead(id integer primary key, version int, created_at int,"
		      " updated_at int, sort_key text, number text, company_name text,"
		      " company_key text, contact_name text, title text, phone text, email text,"
		      " source text, status text, currency text, owner_id int) strict;"
		      "create index lead_created on lead(created_at, id);"
		      "create index lead_company on lead(company_key);"
		      "create index lead_number on lead(number)",
		      NULL, NULL, NULL),
	      SQLITE_OK, db);
	check(sqlite3_prepare_v2(
		      db,
		      "insert into lead(version, created_at, updated_at, sort_key, number,"
		      " company_name, company_key, contact_name, title, phone, email, source,"
		      " status, currency, owner_id) values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		      -1, &st, NULL),
	      SQLITE_OK, db);
	double w = wall(), c = cpu();
	check(sqlite3_exec(db, "begin", NULL, NULL, NULL), SQLITE_OK, db);
	char name[80];
	for (long i = 0; i < n; i++) {
		snprintf(name, sizeof name, "benchmark company number %ld", i);
		sqlite3_bind_int64(st, 1, 1);
		sqlite3_bind_int64(st, 2, 1700000000000000 + i);
		sqlite3_bind_int64(st, 3, 1700000000000000 + i);
		for (int k = 4; k <= 14; k++)
			sqlite3_bind_text(st, k, name, -1, SQLITE_STATIC);
		sqlite3_bind_int64(st, 15, i % 50);
		check(sqlite3_step(st), SQLITE_DONE, db);
		sqlite3_reset(st);
	}
	check(sqlite3_exec(db, "commit", NULL, NULL, NULL), SQLITE_OK, db);
	say(n, w, c);
	sqlite3_finalize(st);
	return sqlite3_close(db);
}

static void write_rows(sqlite3_stmt *st, struct jw *w)
{
	jw_arr(w);
	while (sqlite3_step(st) == SQLITE_ROW) {
		jw_obj(w);
		for (int i = 0; i < sqlite3_column_count(st); i++) {
			jw_key(w, sqlite3_column_name(st, i));
			if (sqlite3_column_type(st, i) == SQLITE_INTEGER)
				jw_int(w, sqlite3_column_int64(st, i));
			else
				jw_str(w, (const char *)sqlite3_column_text(st, i));
		}
		jw_end_obj(w);
	}
	jw_end_arr(w);
}

static int run_list(const char *path, const char *sql, long n)
{
	sqlite3 *db = open_db(path);
	sqlite3_stmt *st;
	check(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK, db);
	struct arena *a = arena_new(ARENA_REQUEST_MAX);
	double w0 = wall(), c0 = cpu();
	for (long i = 0; i < n; i++) {
		struct jw w = jw_new(a, 16 << 20);
		write_rows(st, &w);
		if (!jw_done(&w))
			panic("too long");
		sqlite3_reset(st);
		arena_reset(a);
	}
	say(n, w0, c0);
	arena_free(a);
	sqlite3_finalize(st);
	return sqlite3_close(db);
}

int main(int argc, char **argv)
{
	hash_init();
	const char *what = argc > 2 ? argv[1] : "";
	long n = argc > 3 ? strtol(argv[argc - 1], NULL, 10) : 0;
	if (!strcmp(what, "http"))
		return run_http(argv[2]);
	if (!strcmp(what, "sync"))
		return run_sync(argv[2], n);
	if (!strcmp(what, "commit"))
		return run_commit(argv[2], n);
	if (!strcmp(what, "insert"))
		return run_insert(argv[2], n);
	if (!strcmp(what, "list") && argc > 4)
		return run_list(argv[2], argv[3], n);
	fprintf(stderr, "usage: floor http|sync|commit|insert|list …\n");
	return 2;
}
