/* Contents that are kept: synced before they are named, folders after; what the disk refuses leaves
 * nothing; what a killed process left is swept. The linker puts our fsync and rename in between. */
#include "product/world.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/files.h"

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);

static char order[256];
static int fail_at; /* the n-th of these calls fails; 0: none */

/* F: sync of a file, D: of a folder, R: rename. */
static bool note(char what)
{
	size_t n = strlen(order);
	order[n] = what;
	order[n + 1] = '\0';
	errno = EIO;
	return (int)n + 1 == fail_at;
}

int __wrap_fsync(int fd)
{
	struct stat st;
	fstat(fd, &st);
	return note(S_ISDIR(st.st_mode) ? 'D' : 'F') ? -1 : __real_fsync(fd);
}

int __wrap_rename(const char *from, const char *to)
{
	return note('R') ? -1 : __real_rename(from, to);
}

static const char *folder;

static int files_open(void **state)
{
	int rc = world_open(state);
	struct world *w = *state;
	char name[] = "/tmp/tripod-files-XXXXXX";
	folder = arena_strdup(w->a, mkdtemp(name));
	order[0] = '\0';
	fail_at = 0;
	WORLD_OK(w, files_start(folder, &w->cx.e));
	return rc;
}

static int files_close(void **state)
{
	struct world *w = *state;
	const char *const rm[] = {"rm -rf ", folder};
	assert_int_equal(system(arena_printf(w->a, "%s%s", rm[0], rm[1])), 0);
	return world_close(state);
}

static const char *upload(struct world *w, const char *text)
{
	const char *path = arena_printf(w->a, "%s/up", files_tmp());
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	order[0] = '\0';
	return path;
}

static void kept_files_are_synced_then_named_then_their_folders(void **state)
{
	struct world *w = *state;
	struct stored_file f, g;
	WORLD_OK(w, file_keep(&w->cx, upload(w, "one"), "a.txt", &f));
	assert_string_equal(order, "FRDD");
	assert_non_null(file_find(&w->cx, f.hash));
	/* There already, perhaps by somebody who has not synced the folders yet; and fresh again. */
	const char *path = upload(w, "one");
	WORLD_OK(w, file_keep(&w->cx, path, "b.txt", &g));
	assert_string_equal(order, "FRDD");
	assert_string_equal(f.hash, g.hash);
	assert_int_equal(access(path, F_OK), -1);
}

static void kept_files_that_the_disk_refuses_are_not_acknowledged(void **state)
{
	struct world *w = *state;
	struct stored_file f;
	for (fail_at = 1; fail_at <= 4; fail_at++) {
		const char *text = arena_printf(w->a, "refused %d", fail_at);
		WORLD_FAILS(w, ERR_UNAVAILABLE, file_keep(&w->cx, upload(w, text), "a.txt", &f));
		assert_int_equal(strlen(order), fail_at);
		if (fail_at <= 2)
			assert_null(file_find(&w->cx, f.hash));
	}
	fail_at = 0;
	WORLD_OK(w, file_keep(&w->cx, upload(w, "refused 4"), "a.txt", &f));
	assert_string_equal(order, "FRDD");
}

static void left_uploads_are_swept_after_a_day(void **state)
{
	struct world *w = *state;
	struct stored_file f;
	WORLD_OK(w, file_keep(&w->cx, upload(w, "kept"), "a.txt", &f));
	const char *fresh = upload(w, "on its way"), *old = arena_printf(w->a, "%s.old", fresh);
	int fd = open(old, O_WRONLY | O_CREAT, 0600);
	struct timespec at[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - 25 * 60 * 60}};
	assert_int_equal(futimens(fd, at), 0);
	close(fd);
	files_sweep();
	assert_int_equal(access(old, F_OK), -1);
	assert_int_equal(access(fresh, F_OK), 0);
	assert_non_null(file_find(&w->cx, f.hash));
}

static void age(const char *path)
{
	struct timespec at[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - 25 * 60 * 60}};
	int fd = open(path, O_WRONLY);
	assert_int_equal(futimens(fd, at), 0);
	close(fd);
}

static void keep(struct world *w, const char *text, bool old, struct stored_file *f)
{
	WORLD_OK(w, file_keep(&w->cx, upload(w, text), "a.txt", f));
	if (old)
		age(file_find(&w->cx, f->hash));
}

static struct files_swept sweep(struct world *w)
{
	struct files_swept swept;
	world_be(w, 0);
	WORLD_OK(w, files_sweep_orphans(&w->cx, &swept));
	return swept;
}

static void attach(struct world *w, const struct stored_file *f)
{
	world_sql(w,
	          "insert into attachment(created_at, updated_at, entity, entity_id, name,"
	          " file_hash, size, media_type) values (1, 1, 'lead', 1, 'a', ?, 1, 'x')",
	          ARGS(vt(f->hash)));
}

static void orphaned_contents_are_removed_and_no_others(void **state)
{
	struct world *w = *state;
	struct stored_file named, upload_of_import, wrong_rows, orphan, fresh, again;
	keep(w, "named", true, &named);
	keep(w, "an import", true, &upload_of_import);
	keep(w, "its wrong rows", true, &wrong_rows);
	keep(w, "orphan", true, &orphan);
	keep(w, "orphan of today", false, &fresh);
	keep(w, "orphan brought again", true, &again);
	keep(w, "orphan brought again", false, &again);
	attach(w, &named);
	world_sql(w,
	          "insert into import_run(created_at, updated_at, entity, file_name, file_hash,"
	          " errors_file_hash, state) values (1, 1, 'lead', 'a', ?, ?, 'failed')",
	          ARGS(vt(upload_of_import.hash), vt(wrong_rows.hash)));
	struct files_swept swept = sweep(w);
	assert_null(swept.refused);
	assert_int_equal(swept.named, 3);
	assert_int_equal(swept.removed, 1);
	assert_int_equal(swept.bytes, strlen("orphan"));
	assert_null(file_find(&w->cx, orphan.hash));
	const struct stored_file *left[] = {&named, &upload_of_import, &wrong_rows, &fresh, &again};
	for (size_t i = 0; i < ARRAY_LEN(left); i++)
		assert_non_null(file_find(&w->cx, left[i]->hash));
	assert_int_equal(sweep(w).removed, 0);
}

static void orphans_stay_in_a_folder_that_is_not_ours_alone(void **state)
{
	struct world *w = *state;
	struct stored_file orphan, named;
	keep(w, "orphan", true, &orphan);
	/* No row names anything here: it is somebody else's folder. */
	assert_non_null(sweep(w).refused);
	keep(w, "named", true, &named);
	attach(w, &named);
	const char *sign = arena_printf(w->a, "%s/used-by-0123456789abcdef", folder);
	close(open(sign, O_WRONLY | O_CREAT, 0600));
	struct files_swept swept = sweep(w);
	assert_non_null(swept.refused);
	assert_int_equal(swept.removed, 0);
	assert_non_null(file_find(&w->cx, orphan.hash));
	unlink(sign);
	assert_int_equal(sweep(w).removed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(kept_files_are_synced_then_named_then_their_folders,
	                                        files_open, files_close),
		cmocka_unit_test_setup_teardown(
			kept_files_that_the_disk_refuses_are_not_acknowledged, files_open,
			files_close),
		cmocka_unit_test_setup_teardown(orphaned_contents_are_removed_and_no_others,
	                                        files_open, files_close),
		cmocka_unit_test_setup_teardown(orphans_stay_in_a_folder_that_is_not_ours_alone,
	                                        files_open, files_close),
		cmocka_unit_test_setup_teardown(left_uploads_are_swept_after_a_day, files_open,
	                                        files_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
