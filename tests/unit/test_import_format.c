/* Formats of import maps: what each reads and gives, what it refuses. */
#include "unit/test.h"

#include <string.h>

#include "core/import_format.h"
#include "unit/cases.h"

/* null: it cannot be read so. */
static json_t *read_one(struct arena *a, const json_t *given)
{
	enum import_format f;
	const char *name = json_text(given, "format"), *scale = json_text(given, "scale");
	struct val v;
	if (!import_format_by_name(name, &f))
		fail_msg("no format '%s'", name);
	if (!import_read(a, f, scale ? scale : "1", json_text(given, "text"), &v))
		return json_null();
	assert_int_equal(v.type, import_format_gives(f));
	return v.type == VAL_INT ? json_integer(v.i) : json_string(v.s.p);
}

static json_t *header(struct arena *a, const json_t *given)
{
	return json_string(import_header_key(a, json_string_value(given)));
}

static json_t *name(struct arena *a, const json_t *given)
{
	return json_string(import_clean_name(a, json_string_value(given)));
}

static void test_import_formats_read_what_they_name(void **state)
{
	(void)state;
	run_cases("import/format.json", read_one);
}

static void test_import_headers_are_compared_folded(void **state)
{
	(void)state;
	run_cases("import/header_key.json", header);
}

static void test_import_names_are_tidied(void **state)
{
	(void)state;
	run_cases("import/clean_name.json", name);
}

static void test_import_format_names(void **state)
{
	(void)state;
	enum import_format f;
	assert_true(import_format_by_name("date:dmy", &f));
	assert_int_equal(f, FMT_DATE_DMY);
	assert_false(import_format_by_name("date:ymd", &f));
	/* The empty name stands for "none named" and is no format. */
	assert_false(import_format_by_name("", &f));
}

/* A text without blanks at its ends is handed back as it is. */
static void test_import_trim_copies_only_what_it_must(void **state)
{
	(void)state;
	struct arena *a = arena_new(1 << 16);
	static const char clean[] = "a b";
	assert_ptr_equal(import_trim(a, clean, 3), clean);
	assert_string_equal(import_trim(a, " a b\t", 5), "a b");
	assert_string_equal(import_trim(a, "", 0), "");
	assert_string_equal(import_trim(a, "\u3000甲\u00a0", strlen("\u3000甲\u00a0")), "甲");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_import_formats_read_what_they_name),
		cmocka_unit_test(test_import_headers_are_compared_folded),
		cmocka_unit_test(test_import_names_are_tidied),
		cmocka_unit_test(test_import_format_names),
		cmocka_unit_test(test_import_trim_copies_only_what_it_must),
	};
	return cmocka_run_group_tests_name("import_format", tests, NULL, NULL);
}
