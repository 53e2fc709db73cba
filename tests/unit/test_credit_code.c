/* Credit codes: cases, and every code of the lists of real companies. */
#include "unit/test.h"

#include <string.h>

#include "base/credit_code.h"
#include "unit/table_read.h"

static json_t *valid(struct arena *a, const json_t *given)
{
	(void)a;
	return json_boolean(credit_code_valid(json_string_value(given)));
}

static void test_credit_code_cases(void **state)
{
	(void)state;
	run_cases("credit_code/codes.json", valid);
}

/* Rows of a list whose code, in the given column, fails. */
static size_t failures(const char *name, size_t column, size_t rows_wanted)
{
	struct arena *a = arena_new(256 * 1024 * 1024);
	struct errs e;
	struct grid g;
	size_t failed = 0;
	errs_init(&e, a);
	const char *path = shared_file(a, arena_printf(a, "cn_companies/%s", name));
	assert_int_equal(read_grid(a, &e, DOC_PATH(path), (struct table_read){0}, &g), ERR_OK);
	assert_int_equal(g.rows - 1, rows_wanted);
	for (size_t i = 1; i < g.rows; i++)
		failed += !credit_code_valid(g.cells[i][column]);
	arena_free(a);
	return failed;
}

static void test_credit_code_registrations_all_pass(void **state)
{
	(void)state;
	assert_int_equal(failures("enterprise_registration_2019_zhejiang.csv", 1, 4336), 0);
	assert_int_equal(failures("enterprise_registration_2019_jiangsu.csv", 1, 4949), 0);
}

static void test_credit_code_shaanxi_has_four_typing_errors(void **state)
{
	(void)state;
	assert_int_equal(failures("shaanxi_tech_sme_list.as-text.csv", 1, 4382), 4);
}

/* One wrong character is always seen, two neighbours swapped too: what the weights are for. */
static void test_credit_code_sees_single_errors(void **state)
{
	(void)state;
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	static const char good[] = "91330783MA2E696E3C";
	for (size_t i = 0; i < CREDIT_CODE_CHARS; i++) {
		char code[] = "91330783MA2E696E3C";
		for (const char *c = alphabet; *c; c++) {
			code[i] = *c;
			assert_int_equal(credit_code_valid(code), *c == good[i]);
		}
		code[i] = good[i];
		if (i + 1 < CREDIT_CODE_CHARS && good[i] != good[i + 1]) {
			code[i] = good[i + 1];
			code[i + 1] = good[i];
			assert_false(credit_code_valid(code));
		}
	}
	assert_int_equal(credit_code_check(good), 'C');
	assert_int_equal(credit_code_check("9133078"), '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_credit_code_cases),
		cmocka_unit_test(test_credit_code_registrations_all_pass),
		cmocka_unit_test(test_credit_code_shaanxi_has_four_typing_errors),
		cmocka_unit_test(test_credit_code_sees_single_errors),
	};
	return cmocka_run_group_tests_name("credit_code", tests, NULL, NULL);
}
