/* Arena: alignment, zeroing, growth, cap, deferred calls, children. */
#include "unit/test.h"

#include <string.h>

#include "base/arena.h"
#include "unit/cases.h"

enum { MB = 1024 * 1024 };

static void test_arena_memory_is_aligned_and_zero(void **state)
{
	(void)state;
	struct arena *a = arena_new(MB);
	for (size_t n = 1; n < 300; n++) {
		u8 *p = arena_alloc(a, n);
		assert_int_equal((uintptr_t)p % sizeof(void *), 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, n);
	}
	arena_free(a);
}

static void test_arena_reset_gives_zeroed_memory_again(void **state)
{
	(void)state;
	struct arena *a = arena_new(MB);
	memset(arena_alloc(a, 1000), 0xff, 1000);
	memset(arena_alloc(a, 100000), 0xff, 100000);
	arena_reset(a);
	assert_int_equal(arena_used(a), 0);
	const u8 *p = arena_alloc(a, 1000);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(p[i], 0);
	arena_free(a);
}

static void count(void *arg)
{
	int *n = arg;
	++*n;
}

static void test_arena_reset_runs_deferred_calls_of_children_too(void **state)
{
	(void)state;
	int n = 0;
	struct arena *a = arena_new(MB);
	arena_defer(a, count, &n);
	struct arena *first = arena_child(a), *second = arena_child(a);
	arena_defer(first, count, &n);
	arena_defer(second, count, &n);
	arena_free(first);
	assert_int_equal(n, 1);
	arena_reset(a);
	assert_int_equal(n, 3);
	arena_reset(a);
	assert_int_equal(n, 3);
	arena_free(a);
}

static void test_arena_texts_are_copies(void **state)
{
	(void)state;
	struct arena *a = arena_new(MB);
	char s[] = "线索 lead";
	char *d = arena_strdup(a, s);
	char *part = arena_strndup(a, s, 6);
	s[0] = 'x';
	assert_string_equal(d, "线索 lead");
	assert_string_equal(part, "线索");
	assert_null(arena_strdup(a, NULL));
	assert_string_equal(arena_printf(a, "%s-%05d", part, 42), "线索-00042");
	arena_free(a);
}

static void over_cap(void)
{
	struct arena *a = arena_new(64 * 1024);
	for (int i = 0; i < 100; i++)
		arena_alloc(a, 1024);
}

static void array_overflow(void)
{
	struct arena *a = arena_new(MB);
	arena_array(a, SIZE_MAX / 2, 16);
}

static void test_arena_over_its_cap_ends_the_process(void **state)
{
	(void)state;
	must_panic(over_cap);
	must_panic(array_overflow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arena_memory_is_aligned_and_zero),
		cmocka_unit_test(test_arena_reset_gives_zeroed_memory_again),
		cmocka_unit_test(test_arena_reset_runs_deferred_calls_of_children_too),
		cmocka_unit_test(test_arena_texts_are_copies),
		cmocka_unit_test(test_arena_over_its_cap_ends_the_process),
	};
	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
