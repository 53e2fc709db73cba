/* Time: cases in tests/data/time, every day of three centuries, the clock. */
#include "unit/test.h"

#include <pthread.h>
#include <string.h>

#include "base/time.h"
#include "unit/cases.h"

static const char *text_at(const json_t *given, size_t i)
{
	return json_string_value(json_array_get(given, i));
}

static json_t *rfc3339(struct arena *a, const json_t *given)
{
	i64 us;
	return time_parse(json_string_value(given), &us) ? json_string(time_format(a, us))
	                                                 : json_null();
}

static json_t *days(struct arena *a, const json_t *given)
{
	day_t day = day_parse(json_string_value(given));
	return day == DAY_NONE ? json_null()
	                       : json_sprintf("%s %d", day_format(a, day), day_weekday(day));
}

static json_t *months(struct arena *a, const json_t *given)
{
	int n = (int)json_integer_value(json_array_get(given, 1));
	return json_string(day_format(a, day_add_months(day_parse(text_at(given, 0)), n)));
}

static json_t *zones(struct arena *a, const json_t *given)
{
	const char *zone = text_at(given, 0);
	i64 us, offset;
	assert_true(time_parse(text_at(given, 1), &us));
	assert_int_equal(zone_valid(zone), zone_offset(zone, us, &offset));
	if (!zone_valid(zone))
		return json_null();
	return json_pack("[sI]", day_format(a, day_of(us, zone)),
	                 (json_int_t)(offset / US_PER_MIN));
}

static json_t *wall_clock(struct arena *a, const json_t *given)
{
	int minutes = (int)json_integer_value(json_array_get(given, 2));
	i64 us = time_at(day_parse(text_at(given, 1)), minutes, text_at(given, 0));
	return json_string(time_format(a, us));
}

static void test_time_rfc3339(void **state)
{
	(void)state;
	run_cases("time/rfc3339.json", rfc3339);
}

static void test_time_days(void **state)
{
	(void)state;
	run_cases("time/days.json", days);
}

static void test_time_months(void **state)
{
	(void)state;
	run_cases("time/months.json", months);
}

static void test_time_zones(void **state)
{
	(void)state;
	run_cases("time/zones.json", zones);
}

static void test_time_at_wall_clock(void **state)
{
	(void)state;
	run_cases("time/time_at.json", wall_clock);
}

/* Walks the calendar by its rules and compares with the arithmetic. */
static void test_time_every_day_of_three_centuries(void **state)
{
	(void)state;
	struct arena *a = arena_new(1024 * 1024);
	day_t day = day_parse("1900-01-01");
	int weekday = 1; /* a Monday */
	for (int y = 1900; y < 2200; y++) {
		bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
		const int last[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
		for (int m = 1; m <= 12; m++) {
			for (int d = 1; d <= last[m - 1]; d++, day++, weekday = weekday % 7 + 1) {
				int yy, mm, dd;
				arena_reset(a);
				assert_int_equal(day_from_ymd(y, m, d), day);
				day_to_ymd(day, &yy, &mm, &dd);
				assert_true(yy == y && mm == m && dd == d);
				assert_int_equal(day_weekday(day), weekday);
				assert_int_equal(day_parse(day_format(a, day)), day);
			}
			assert_int_equal(day_from_ymd(y, m, last[m - 1] + 1), DAY_NONE);
		}
	}
	assert_int_equal(day, day_parse("2199-12-31") + 1);
	arena_free(a);
}

static void test_time_random_instants_read_back(void **state)
{
	(void)state;
	struct dice d = {3};
	struct arena *a = arena_new(1024 * 1024);
	i64 first = day_parse("1900-01-01") * US_PER_DAY,
	    last = day_parse("2199-12-31") * US_PER_DAY;
	for (int i = 0; i < 50000; i++) {
		i64 us = first + (i64)roll_below(&d, (u64)(last - first)), back;
		us -= i % 3 ? us % 1000 : 0;
		arena_reset(a);
		assert_true(time_parse(time_format(a, us), &back));
		assert_true(back == us);
	}
	arena_free(a);
}

/* The start of a day lies in that day, and the moment before it in an earlier one. */
static void test_time_days_begin_where_zones_say(void **state)
{
	(void)state;
	static const char *const names[] = {"Asia/Shanghai", "America/New_York",
	                                    "America/Sao_Paulo", "Europe/London", "Asia/Kathmandu"};
	struct dice d = {4};
	for (size_t z = 0; z < ARRAY_LEN(names); z++) {
		for (int i = 0; i < 5000; i++) {
			day_t day = day_parse("1950-01-01") + (day_t)roll_below(&d, 50000);
			i64 us = time_at(day, 0, names[z]);
			assert_int_equal(day_of(us, names[z]), day);
			assert_int_equal(day_of(us - 1, names[z]), day - 1);
		}
	}
}

static void test_time_clock_freezes_and_runs_on(void **state)
{
	(void)state;
	i64 real = clock_now(), us;
	assert_true(real > day_parse("2024-01-01") * US_PER_DAY);
	assert_false(clock_is_frozen());
	assert_true(time_parse("2020-02-29T12:00:00Z", &us));
	clock_freeze(us);
	assert_true(clock_is_frozen());
	assert_true(clock_now() == us && clock_now() == us);
	i64 mono = clock_mono();
	while (clock_mono() == mono) /* runs although the clock stands */
		;
	clock_freeze(0);
	assert_false(clock_is_frozen());
	assert_true(clock_now() >= real);
}

static void unknown_zone(void)
{
	day_of(0, "Mars/Olympus");
}

static void test_time_unknown_zone_is_a_bug(void **state)
{
	(void)state;
	must_panic(unknown_zone);
}

static void *look_up(void *arg)
{
	static const char *const names[] = {"Europe/Paris", "Europe/Berlin", "Asia/Tokyo",
	                                    "Australia/Sydney"};
	i64 *sum = arg, offset;
	for (size_t i = 0; i < 400; i++) {
		if (!zone_offset(names[i % ARRAY_LEN(names)], 0, &offset))
			return NULL;
		*sum += offset / US_PER_HOUR;
	}
	return arg;
}

static void test_time_zones_from_many_threads(void **state)
{
	(void)state;
	pthread_t t[4];
	i64 sums[4] = {0};
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, look_up, &sums[i]), 0);
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		pthread_join(t[i], NULL);
		assert_int_equal(sums[i], 100 * (1 + 1 + 9 + 10));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time_rfc3339),
		cmocka_unit_test(test_time_days),
		cmocka_unit_test(test_time_months),
		cmocka_unit_test(test_time_zones),
		cmocka_unit_test(test_time_at_wall_clock),
		cmocka_unit_test(test_time_every_day_of_three_centuries),
		cmocka_unit_test(test_time_random_instants_read_back),
		cmocka_unit_test(test_time_days_begin_where_zones_say),
		cmocka_unit_test(test_time_clock_freezes_and_runs_on),
		cmocka_unit_test(test_time_unknown_zone_is_a_bug),
		cmocka_unit_test(test_time_zones_from_many_threads),
	};
	return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
