/* Money: cases in tests/data/money, products against 128-bit arithmetic done another way. */
#include "unit/test.h"

#include <string.h>

#include "base/money.h"
#include "unit/cases.h"

__extension__ typedef unsigned __int128 wide;

static i64 number(const json_t *given, size_t i)
{
	return json_integer_value(json_array_get(given, i));
}

static json_t *parse(struct arena *a, const json_t *given)
{
	i64 v;
	(void)a;
	return money_parse(json_string_value(given), &v) ? json_integer(v) : json_null();
}

static json_t *scaled(struct arena *a, const json_t *given)
{
	i64 v;
	(void)a;
	return decimal_scaled(json_string_value(json_array_get(given, 0)), number(given, 1), &v)
	               ? json_integer(v)
	               : json_null();
}

static json_t *format(struct arena *a, const json_t *given)
{
	return json_string(money_format(a, json_integer_value(given)));
}

static json_t *product(struct arena *a, const json_t *given)
{
	i64 v;
	(void)a;
	return mul_div(number(given, 0), number(given, 1), number(given, 2), &v) ? json_integer(v)
	                                                                         : json_null();
}

static json_t *currency(struct arena *a, const json_t *given)
{
	(void)a;
	return json_boolean(currency_valid(json_string_value(given)));
}

static void test_money_parse(void **state)
{
	(void)state;
	run_cases("money/parse.json", parse);
}

static void test_money_decimal_scaled(void **state)
{
	(void)state;
	run_cases("money/scaled.json", scaled);
}

static void test_money_format(void **state)
{
	(void)state;
	run_cases("money/format.json", format);
}

static void test_money_mul_div(void **state)
{
	(void)state;
	run_cases("money/mul_div.json", product);
}

static void test_money_currency(void **state)
{
	(void)state;
	run_cases("money/currency.json", currency);
}

static u64 size_of(i64 v)
{
	return v < 0 ? 0 - (u64)v : (u64)v;
}

/* A number of random length, so that small and wide ones come equally often. */
static i64 any(struct dice *d)
{
	i64 v = (i64)(roll(d) >> roll_below(d, 64));
	return roll_below(d, 2) ? v : (i64)(0 - (u64)v);
}

/* floor((2 |a b| + |c|) / (2 |c|)) with the sign put back is half away from zero. */
static void test_money_mul_div_random(void **state)
{
	(void)state;
	struct dice d = {1};
	for (int i = 0; i < 200000; i++) {
		i64 a = any(&d), b = any(&d), c = any(&d), got = 0;
		if (!c) {
			assert_false(mul_div(a, b, c, &got));
			continue;
		}
		wide q = ((wide)size_of(a) * size_of(b) * 2 + size_of(c)) / ((wide)size_of(c) * 2);
		bool minus = (a < 0) ^ (b < 0) ^ (c < 0);
		bool fits = q <= (wide)INT64_MAX + (minus ? 1 : 0);
		if (mul_div(a, b, c, &got) != fits)
			fail_msg("%lld * %lld / %lld: fits %d", (long long)a, (long long)b,
			         (long long)c, fits);
		if (fits && got != (i64)(minus ? 0 - (u64)q : (u64)q))
			fail_msg("%lld * %lld / %lld is not %lld", (long long)a, (long long)b,
			         (long long)c, (long long)got);
	}
}

static void test_money_shares_of_an_amount(void **state)
{
	(void)state;
	i64 v;
	assert_true(money_bp(10001, 1300, &v));
	assert_int_equal(v, 1300);
	assert_true(money_bp(10004, 1300, &v)); /* 1300.52 */
	assert_int_equal(v, 1301);
	assert_false(money_bp(INT64_MAX, 10001, &v));
}

static void test_money_format_reads_back(void **state)
{
	(void)state;
	struct dice d = {2};
	struct arena *a = arena_new(1024 * 1024);
	for (int i = 0; i < 20000; i++) {
		i64 fen = any(&d) / 10, back;
		arena_reset(a);
		assert_true(money_parse(money_format(a, fen), &back));
		assert_true(back == fen);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_money_parse),
		cmocka_unit_test(test_money_decimal_scaled),
		cmocka_unit_test(test_money_format),
		cmocka_unit_test(test_money_mul_div),
		cmocka_unit_test(test_money_currency),
		cmocka_unit_test(test_money_mul_div_random),
		cmocka_unit_test(test_money_shares_of_an_amount),
		cmocka_unit_test(test_money_format_reads_back),
	};
	return cmocka_run_group_tests_name("money", tests, NULL, NULL);
}
