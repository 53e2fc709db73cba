/* Buffer: growth, maximum, numbers. */
#include "unit/test.h"

#include <string.h>

#include "base/buf.h"

static struct arena *a;

static int set_up(void **state)
{
	(void)state;
	a = arena_new(16 * 1024 * 1024);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static void test_buf_grows_and_keeps_what_was_written(void **state)
{
	(void)state;
	struct buf b = buf_new(a, 1024 * 1024);
	assert_string_equal(buf_str(&b), "");
	for (int i = 0; i < 10000; i++)
		buf_printf(&b, "%d,", i % 10);
	assert_int_equal(b.n, 20000);
	assert_false(buf_over(&b));
	assert_int_equal(strlen(buf_str(&b)), 20000);
	for (size_t i = 0; i < 10000; i++)
		assert_int_equal(b.p[2 * i], '0' + i % 10);
}

static void test_buf_stops_at_its_maximum(void **state)
{
	(void)state;
	struct buf b = buf_new(a, 10);
	buf_puts(&b, "0123456789");
	assert_false(buf_over(&b));
	buf_putc(&b, 'x');
	assert_true(buf_over(&b));
	assert_string_equal(buf_str(&b), "0123456789");
	struct buf c = buf_new(a, 10);
	buf_printf(&c, "%d", 12345);
	buf_printf(&c, "%s", "123456");
	assert_true(buf_over(&c));
	buf_putc(&c, 'x'); /* would fit, but comes after what did not */
	assert_string_equal(buf_str(&c), "12345");
}

static void test_buf_takes_bytes_with_zeros(void **state)
{
	(void)state;
	struct buf b = buf_new(a, 100);
	buf_write(&b, "a\0b", 3);
	buf_write(&b, "", 0);
	assert_int_equal(b.n, 3);
	assert_memory_equal(b.p, "a\0b", 4);
}

static void test_buf_writes_numbers_to_their_ends(void **state)
{
	(void)state;
	struct buf b = buf_new(a, 200);
	const i64 v[] = {0, 7, -7, INT64_MAX, INT64_MIN};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		buf_i64(&b, v[i]);
		buf_putc(&b, ' ');
	}
	assert_string_equal(buf_str(&b), "0 7 -7 9223372036854775807 -9223372036854775808 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buf_grows_and_keeps_what_was_written),
		cmocka_unit_test(test_buf_stops_at_its_maximum),
		cmocka_unit_test(test_buf_takes_bytes_with_zeros),
		cmocka_unit_test(test_buf_writes_numbers_to_their_ends),
	};
	return cmocka_run_group_tests_name("buf", tests, set_up, tear_down);
}
