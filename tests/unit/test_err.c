/* Errors: the table is complete, the first error wins, sentences are filled. */
#include "unit/test.h"

#include <string.h>

#include "base/err.h"

static struct arena *a;
static struct errs e;

static int set_up(void **state)
{
	(void)state;
	a = arena_new(16 * 1024 * 1024);
	errs_init(&e, a);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

/* The {names} of a sentence must stand in the other language too. */
static void same_names(const char *from, const char *to, const char *which)
{
	for (const char *p = from; (p = strchr(p, '{')); p++) {
		const char *end = strchr(p, '}');
		assert_non_null(end);
		if (!strstr(to, arena_strndup(a, p, (size_t)(end - p) + 1)))
			fail_msg("%s: %.*s is in one language only", which, (int)(end - p) + 1, p);
	}
}

static void test_err_table_is_complete_and_unique(void **state)
{
	(void)state;
	for (int i = 1; i < ERR_COUNT; i++) {
		const struct err_def *d = err_def((enum err_code)i);
		assert_true(d->status >= 400 && d->status < 600);
		assert_true(d->text.zh && d->text.zh[0] && d->text.en && d->text.en[0]);
		same_names(d->text.zh, d->text.en, d->name);
		same_names(d->text.en, d->text.zh, d->name);
		assert_int_equal(strspn(d->code, "abcdefghijklmnopqrstuvwxyz0123456789_"),
		                 strlen(d->code));
		assert_int_equal(err_by_code(d->code), i);
	}
	assert_int_equal(err_by_code("no_such_code"), ERR_OK);
}

static void test_err_first_one_wins(void **state)
{
	(void)state;
	assert_int_equal(errs_set(&e, ERR_NOT_FOUND, NULL), ERR_NOT_FOUND);
	assert_int_equal(errs_fail(&e, ERR_DB, "disk %d", 1), ERR_DB);
	assert_int_equal(e.code, ERR_NOT_FOUND);
	assert_null(e.log);
	errs_clear(&e);
	assert_int_equal(errs_fail(&e, ERR_DB, "disk %d", 1), ERR_DB);
	assert_int_equal(e.code, ERR_DB);
	assert_string_equal(e.log, "disk 1");
	assert_non_null(strstr(e.file, "test_err.c"));
}

static void test_err_fields_are_gathered_with_copies(void **state)
{
	(void)state;
	char name[8] = "name", min[4] = "8";
	assert_false(errs_any_field(&e));
	for (int i = 0; i < 20; i++)
		errs_field(&e, name, ERR_TOO_SMALL, EP({"min", min}));
	memset(name, 'x', 4);
	min[0] = '9';
	assert_true(errs_any_field(&e));
	assert_int_equal(e.n_fields, 20);
	assert_int_equal(errs_invalid(&e), ERR_INVALID);
	assert_string_equal(e.fields[19].field, "name");
	assert_string_equal(err_text(a, e.fields[0].code, e.fields[0].params, LANG_EN),
	                    "Must be at least 8");
}

static void test_err_sentences_in_both_languages(void **state)
{
	(void)state;
	const struct err_param *p = EP({"who", "王芳"}, {"when", "今天 {x}"});
	assert_string_equal(err_text(a, ERR_VERSION, p, LANG_ZH),
	                    "王芳 于 今天 {x} 修改了此记录，请核对后再保存");
	assert_string_equal(err_text(a, ERR_VERSION, p, LANG_EN),
	                    "王芳 changed this record at 今天 {x}; compare before saving");
	assert_string_equal(err_text(a, ERR_TOO_LONG, NULL, LANG_EN), "At most  characters");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_err_table_is_complete_and_unique, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(test_err_first_one_wins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_err_fields_are_gathered_with_copies, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(test_err_sentences_in_both_languages, set_up,
	                                        tear_down),
	};
	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
