/* What only SQLite has to answer for: its file after faults, grouped commits, threads' connections,
 * backup, a second process. */
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/db_test.h"
#include "db/faultfs.h"

enum { ROWS_AT_ONCE = 20, PAD = 3000 };

/* Pairs of rows: half of a write would show as a pair of one. */
static const char pairs[] = "create table pair (job bigint not null, half bigint not null, "
			    "pad text, primary key (job, half)); "
			    "create table counter (id integer primary key, n bigint not null); "
			    "insert into counter values (1, 0)";

static int faulty_open(void **state)
{
	struct arena *a = arena_new(ARENA_REQUEST_MAX);
	struct fix *f = ARENA_NEW(a, struct fix);
	f->a = a;
	errs_init(&f->e, a);
	f->url = fresh_url(a);
	faultfs_arm(FAULT_NONE, 0);
	f->db = open_again(f, &(struct db_options){.vfs = "faultfs"});
	script(f, pairs);
	*state = f;
	return 0;
}

static err_t pair_job(struct conn *c, void *arg)
{
	const i64 *job = arg;
	static char pad[PAD];
	memset(pad, 'p', sizeof pad);
	for (int half = 0; half < 2; half++)
		TRY(db_exec(c, "insert into pair (job, half, pad) values (?, ?, ?)",
		            ARGS(vi(*job), vi(half), vtn(pad, sizeof pad)), NULL));
	return db_exec(c, "update counter set n = n + 1 where id = 1", NO_ARGS, NULL);
}

static err_t write_pair(struct fix *f, i64 job)
{
	return db_write(f->db, f->a, &f->e, pair_job, &job);
}

/* The file as a new process would find it: whole, what was acknowledged is there, and no halves. */
static void file_is_sound(struct fix *f, const bool *acked, int n)
{
	struct db *was = f->db;
	f->db = open_again(f, NULL);
	assert_string_equal(text(f, "select integrity_check from pragma_integrity_check", NO_ARGS),
	                    "ok");
	assert_int_equal(number(f,
	                        "select count(*) from (select job from pair group by job "
	                        "having count(*) <> 2) as t",
	                        NO_ARGS),
	                 0);
	assert_int_equal(number(f, "select n - (select count(distinct job) from pair) from counter",
	                        NO_ARGS),
	                 0);
	for (int i = 0; i < n; i++)
		if (acked[i])
			assert_int_equal(
				number(f, "select count(*) from pair where job = ?", ARGS(vi(i))),
				2);
	db_close(f->db);
	f->db = was;
}

/* Every write of the disk in turn is the one that fails. The refused job comes again when there is
 * room and must then succeed on the same connections. */
static void faults_leave_nothing_half(void **state)
{
	struct fix *f = *state;
	static const enum fault kinds[] = {FAULT_WRITE, FAULT_SYNC, FAULT_FULL, FAULT_TORN};
	bool acked[4096] = {false};
	int job = 0, hit = 0;
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
		for (int after = 0; after < 12; after++) {
			faultfs_arm(kinds[k], after);
			for (int i = 0; i < 6; i++, job++) {
				err_t rc = write_pair(f, job);
				acked[job] = !rc;
				if (rc)
					FAILS(f, ERR_UNAVAILABLE, rc);
			}
			bool failed = faultfs_failed() > 0;
			hit += failed;
			faultfs_arm(FAULT_NONE, 0);
			/* reading went on all the time */
			(void)number(f, "select count(*) from pair", NO_ARGS);
			OK(f, write_pair(f, job));
			acked[job++] = true;
			file_is_sound(f, acked, job);
		}
	/* the faults did happen */
	assert_true(hit > 30);
}

/* Dying right after a fault: what is in the file is copied away before anything else is written. */
static void faults_then_death(void **state)
{
	struct fix *f = *state;
	bool acked[64] = {false};
	const char *path = f->url + strlen("sqlite:");
	for (int after = 0; after < 10; after++) {
		faultfs_arm(after % 2 ? FAULT_TORN : FAULT_SYNC, after);
		for (int i = 0; i < 3; i++) {
			int job = after * 3 + i;
			acked[job] = !write_pair(f, job);
			errs_clear(&f->e);
		}
		/* a copy of file and log is what a dead process leaves; locks and index are gone */
		const char *copy = arena_printf(f->a, "%s.copy", path);
		static const char *const tails[] = {"", "-wal"};
		for (size_t t = 0; t < ARRAY_LEN(tails); t++) {
			char buf[4096];
			FILE *in = fopen(arena_printf(f->a, "%s%s", path, tails[t]), "r");
			FILE *out = fopen(arena_printf(f->a, "%s%s", copy, tails[t]), "w");
			for (size_t n; in && (n = fread(buf, 1, sizeof buf, in));)
				fwrite(buf, 1, n, out);
			if (in)
				fclose(in);
			fclose(out);
		}
		faultfs_arm(FAULT_NONE, 0);
		struct fix g = *f;
		g.url = arena_printf(f->a, "sqlite:%s", copy);
		file_is_sound(&g, acked, after * 3 + 3);
		unlink(copy);
		unlink(arena_printf(f->a, "%s-wal", copy));
		unlink(arena_printf(f->a, "%s-shm", copy));
	}
}

static void an_unwritable_place_is_said(void **state)
{
	struct fix *f = *state;
	faultfs_arm(FAULT_FULL, 0);
	FAILS(f, ERR_UNAVAILABLE,
	      db_backup_sqlite(f->db, &f->e, arena_printf(f->a, "%s.backup", f->url + 7)));
	faultfs_arm(FAULT_NONE, 0);
	struct stat st;
	assert_int_equal(stat(arena_printf(f->a, "%s.backup", f->url + 7), &st), -1);
	assert_int_equal(stat(arena_printf(f->a, "%s.backup.part", f->url + 7), &st), -1);
	FAILS(f, ERR_UNAVAILABLE, db_backup_sqlite(f->db, &f->e, "/proc/nowhere/b.db"));
}

struct crowd {
	struct fix *f;
	atomic_int next, refused;
	int jobs;
	bool acked[4096];
};

static void *crowd_run(void *arg)
{
	struct crowd *w = arg;
	for (int job; (job = w->next++) < w->jobs;) {
		struct arena *a = arena_new(1024 * 1024);
		struct errs e;
		errs_init(&e, a);
		i64 j = job;
		err_t rc = db_write(w->f->db, a, &e, pair_job, &j);
		w->acked[job] = !rc;
		w->refused += rc != 0;
		arena_free(a);
	}
	return NULL;
}

static void crowd(struct crowd *w, int threads)
{
	pthread_t t[64];
	for (int i = 0; i < threads; i++)
		assert_int_equal(pthread_create(&t[i], NULL, crowd_run, w), 0);
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
}

static void one_writer_syncs_once_a_commit(void **state)
{
	struct fix *f = *state;
	OK(f, write_pair(f, 0));
	faultfs_arm(FAULT_NONE, 0);
	for (int i = 1; i <= 20; i++)
		OK(f, write_pair(f, i));
	/* and now and then for a checkpoint */
	assert_in_range(faultfs_syncs(), 20, 24);
}

static void many_writers_share_commits(void **state)
{
	struct fix *f = *state;
	struct crowd *w = ARENA_NEW(f->a, struct crowd);
	w->f = f;
	w->jobs = 600;
	OK(f, write_pair(f, 5000));
	faultfs_arm(FAULT_NONE, 0);
	crowd(w, 32);
	assert_int_equal(w->refused, 0);
	assert_int_equal(number(f, "select count(*) from pair", NO_ARGS), 1202);
	print_message("600 writes by 32 threads: %d syncs\n", faultfs_syncs());
	assert_true(faultfs_syncs() < 300);
	file_is_sound(f, w->acked, w->jobs);
}

/* Whole groups are lost to faults that come and go; who was told yes is there, and nobody else. */
static void *disturb(void *arg)
{
	atomic_bool *stop = arg;
	for (unsigned i = 0; !*stop; i++) {
		faultfs_arm((enum fault)(FAULT_WRITE + i % 4), (int)(i % 7));
		usleep(3000);
		faultfs_arm(FAULT_NONE, 0);
		usleep(5000);
	}
	faultfs_arm(FAULT_NONE, 0);
	return NULL;
}

static void groups_survive_faults(void **state)
{
	struct fix *f = *state;
	struct crowd *w = ARENA_NEW(f->a, struct crowd);
	atomic_bool stop = false;
	pthread_t t;
	w->f = f;
	w->jobs = 1500;
	assert_int_equal(pthread_create(&t, NULL, disturb, &stop), 0);
	crowd(w, 16);
	stop = true;
	pthread_join(t, NULL);
	int yes = 0;
	for (int i = 0; i < w->jobs; i++)
		yes += w->acked[i];
	print_message("%d of %d writes acknowledged under faults\n", yes, w->jobs);
	assert_true(yes < w->jobs);
	assert_int_equal(number(f, "select n from counter", NO_ARGS), yes);
	OK(f, write_pair(f, w->jobs));
	file_is_sound(f, w->acked, w->jobs);
}

static void no_group_means_a_commit_each(void **state)
{
	struct fix *f = *state;
	db_close(f->db);
	f->db = open_again(f, &(struct db_options){.vfs = "faultfs", .no_group_commit = true});
	struct crowd *w = ARENA_NEW(f->a, struct crowd);
	w->f = f;
	w->jobs = 60;
	faultfs_arm(FAULT_NONE, 0);
	crowd(w, 8);
	assert_true(faultfs_syncs() >= 60);
	file_is_sound(f, w->acked, w->jobs);
}

static void *read_and_end(void *arg)
{
	(void)number(arg, "select count(*) from pair", NO_ARGS);
	assert_true(faultfs_open() > 0);
	return NULL;
}

static void a_threads_connections_end_with_it(void **state)
{
	struct fix *f = *state;
	OK(f, write_pair(f, 1));
	(void)number(f, "select count(*) from pair", NO_ARGS);
	int before = faultfs_open();
	for (int i = 0; i < 5; i++) {
		pthread_t t;
		assert_int_equal(pthread_create(&t, NULL, read_and_end, f), 0);
		pthread_join(t, NULL);
		assert_int_equal(faultfs_open(), before);
	}
	db_close(f->db);
	assert_int_equal(faultfs_open(), 0);
	f->db = open_again(f, &(struct db_options){.vfs = "faultfs"});
}

/* More databases and connections than a thread keeps. */
static void a_thread_reads_many_databases(void **state)
{
	struct fix *f = *state;
	struct fix g[6];
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_LEN(g); i++) {
			g[i] = *f;
			g[i].url = fresh_url(f->a);
			g[i].db = open_again(&g[i], &(struct db_options){.vfs = "faultfs"});
			script(&g[i], pairs);
			OK(f, write_pair(&g[i], (i64)i));
		}
		for (size_t i = 0; i < ARRAY_LEN(g); i++) {
			struct conn *c[8];
			for (size_t k = 0; k < ARRAY_LEN(c); k++)
				OK(f, db_acquire(g[i].db, f->a, &f->e, &c[k]));
			for (size_t k = 0; k < ARRAY_LEN(c); k++)
				db_release(c[k]);
			assert_int_equal(number(&g[i], "select max(job) from pair", NO_ARGS), i);
		}
		for (size_t i = 0; i < ARRAY_LEN(g); i++)
			db_close(g[i].db);
	}
}

static atomic_bool backed_up;

static void *write_on(void *arg)
{
	struct crowd *w = arg;
	for (i64 job = 1000; !backed_up; job++) {
		struct arena *a = arena_new(1024 * 1024);
		struct errs e;
		errs_init(&e, a);
		if (db_write(w->f->db, a, &e, pair_job, &job))
			w->refused++;
		w->next++;
		arena_free(a);
	}
	return NULL;
}

static void a_backup_while_writing(void **state)
{
	struct fix *f = *state;
	struct crowd *w = ARENA_NEW(f->a, struct crowd);
	pthread_t t;
	w->f = f;
	for (int i = 0; i < 200; i++)
		OK(f, write_pair(f, i));
	backed_up = false;
	assert_int_equal(pthread_create(&t, NULL, write_on, w), 0);
	for (int i = 0; i < 3; i++) {
		while (w->next < i * 5)
			usleep(1000);
		const char *to = arena_printf(f->a, "%s.backup", f->url + 7);
		OK(f, db_backup_sqlite(f->db, &f->e, to));
		struct fix g = *f;
		bool all[200];
		memset(all, 1, sizeof all);
		g.url = arena_printf(f->a, "sqlite:%s", to);
		file_is_sound(&g, all, 200);
	}
	backed_up = true;
	pthread_join(t, NULL);
	assert_int_equal(w->refused, 0);
}

static void another_process_writes(void **state)
{
	struct fix *f = *state;
	sqlite3 *other;
	assert_int_equal(sqlite3_open(f->url + 7, &other), 0);
	db_close(f->db);
	f->db = open_again(f, &(struct db_options){.busy_timeout_ms = 50, .vfs = "faultfs"});
	assert_int_equal(sqlite3_exec(other, "begin immediate", 0, 0, 0), 0);
	FAILS(f, ERR_DB_BUSY, write_pair(f, 1));
	struct crowd *w = ARENA_NEW(f->a, struct crowd);
	w->f = f;
	w->jobs = 8;
	crowd(w, 8);
	assert_int_equal(w->refused, 8);
	assert_int_equal(sqlite3_exec(other, "commit", 0, 0, 0), 0);
	OK(f, write_pair(f, 1));
	sqlite3_close(other);
}

static void the_file_is_its_owners(void **state)
{
	struct fix *f = *state;
	struct stat st;
	struct fix g = *f;
	g.url = arena_printf(f->a, "%s-deep/a/b/x.db", f->url);
	g.db = open_again(&g, NULL);
	script(&g, pairs);
	const char *path = g.url + 7;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(arena_printf(f->a, "%s-wal", path), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	db_close(g.db);
	unlink(path);
	for (int i = 0; i < 3; i++) {
		char *slash = strrchr(arena_strdup(f->a, path), '/');
		path = arena_strndup(f->a, path, strlen(path) - strlen(slash));
		assert_int_equal(rmdir(path), 0);
	}
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, faulty_open, fix_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(faults_leave_nothing_half),     CASE(faults_then_death),
		CASE(an_unwritable_place_is_said),   CASE(one_writer_syncs_once_a_commit),
		CASE(many_writers_share_commits),    CASE(groups_survive_faults),
		CASE(no_group_means_a_commit_each),  CASE(a_threads_connections_end_with_it),
		CASE(a_thread_reads_many_databases), CASE(a_backup_while_writing),
		CASE(another_process_writes),        CASE(the_file_is_its_owners),
	};
	faultfs_init();
	return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}
