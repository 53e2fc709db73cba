/* Due dates against naive counting, day by day, over three years of the shipped calendar: the days
 * are read from seed/calendar-cn.json here, and counted with dates as people write them. */
#include "product/world.h"

#include <string.h>

#include "process/engine.h"
#include "unit/cases.h"

enum { FIRST = 2024, LAST = 2026, DAYS_MAX = 366 * 5, REACH = 25 };

/* The naive calendar: every day from 2023 to 2027 in a row, and whether people work. */
struct naive {
	struct {
		int y, m, d;
		bool works;
		const char *text;
	} day[DAYS_MAX];
	int n;
};

static int days_in(int y, int m)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return days[m - 1] + (m == 2 && (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)));
}

static int place(const struct naive *c, const char *text)
{
	int i = 0;
	while (i < c->n && strcmp(c->day[i].text, text) != 0)
		i++;
	return i;
}

static json_t *seed(struct world *w)
{
	size_t n;
	json_t *doc = NULL;
	const char *text = file_text(w->a, "seed/calendar-cn.json", &n);
	WORLD_OK(w, json_parse(w->a, &w->cx.e, text, n, &doc));
	return doc;
}

static struct naive *make_naive(struct world *w)
{
	struct naive *c = ARENA_NEW(w->a, struct naive);
	int weekday = 7; /* 2023-01-01 was a Sunday */
	for (int y = FIRST - 1; y <= LAST + 1; y++)
		for (int m = 1; m <= 12; m++)
			for (int d = 1; d <= days_in(y, m); d++) {
				c->day[c->n].y = y;
				c->day[c->n].m = m;
				c->day[c->n].d = d;
				c->day[c->n].works = weekday <= 5;
				c->day[c->n++].text = arena_printf(w->a, "%04d-%02d-%02d", y, m, d);
				weekday = weekday % 7 + 1;
			}
	json_t *year, *h, *day;
	size_t i, k, x;
	json_array_foreach(json_object_get(seed(w), "years"), i, year)
	{
		json_array_foreach(json_object_get(year, "holidays"), k, h)
		{
			int to = place(c, json_text(h, "to"));
			for (int p = place(c, json_text(h, "from")); p <= to && p < c->n; p++)
				c->day[p].works = false;
			json_array_foreach(json_object_get(h, "makeup"), x, day)
			{
				int p = place(c, json_string_value(day));
				if (p < c->n)
					c->day[p].works = true;
			}
		}
	}
	return c;
}

static int naive_add(const struct naive *c, int from, int n)
{
	if (!n)
		while (!c->day[from].works)
			from++;
	while (n > 0)
		n -= c->day[++from].works;
	while (n < 0)
		n += c->day[--from].works;
	return from;
}

static void test_due_calendar_counts_as_by_hand(void **state)
{
	struct world *w = *state;
	struct naive *c = make_naive(w);
	const struct calendar *cal;
	WORLD_OK(w, calendar_load(&w->cx, "cn", &cal));
	assert_true(cal->n > 3 * 30);
	for (int i = 0; i < c->n; i++) {
		if (c->day[i].y < FIRST || c->day[i].y > LAST)
			continue;
		day_t day = day_parse(c->day[i].text);
		assert_int_equal(calendar_works(cal, day), c->day[i].works);
		for (int n = -REACH; n <= REACH; n++) {
			day_t got = calendar_add(cal, day, n);
			int want = naive_add(c, i, n);
			if (got != day_parse(c->day[want].text))
				fail_msg("%s and %d working days: %s, not %s", c->day[i].text, n,
				         day_format(w->cx.a, got), c->day[want].text);
			int between = 0;
			for (int k = i; k < want; k++)
				between += c->day[k + 1].works;
			for (int k = want; k < i; k++)
				between -= c->day[k + 1].works;
			assert_int_equal(calendar_between(cal, day, got), between);
		}
	}
}

/* A start at any hour of a day in China, also where another day is written in Greenwich. */
static void test_due_of_a_start_is_the_end_of_the_day(void **state)
{
	static const struct {
		int hour, minute;
	} hours[] = {{0, 0}, {0, 1}, {7, 59}, {8, 0}, {12, 30}, {23, 59}};
	struct world *w = *state;
	struct naive *c = make_naive(w);
	struct node_def def = {.code = "x"};
	struct node node = {.def = &def};
	struct instance in = {.opp = rec_new(w->cx.a, entity_by_name("opportunity")),
	                      .facts = facts_new(w->cx.a),
	                      .nodes = &node,
	                      .n = 1};
	for (int i = 0; i < c->n; i++) {
		if (c->day[i].y < FIRST || c->day[i].y > LAST)
			continue;
		struct dice d = {(u64)i};
		size_t at = roll_below(&d, ARRAY_LEN(hours));
		int limit = 1 + (int)roll_below(&d, 15);
		i64 due = 0, started = 0, want_us = 0;
		assert_true(
			time_parse(arena_printf(w->cx.a, "%sT%02d:%02d:00+08:00", c->day[i].text,
		                                hours[at].hour, hours[at].minute),
		                   &started));
		def.limit = (struct date_rule){ANCHOR_NODE_START, limit, true, NULL};
		node.started_at = started;
		WORLD_OK(w, due_of_rule(&w->cx, &in, &node, &def.limit, &due));
		/* begun on a day off, it counts from the next working day */
		int want = naive_add(c, naive_add(c, i, 0), limit);
		assert_true(time_parse(
			arena_printf(w->cx.a, "%sT23:59:59+08:00", c->day[want].text), &want_us));
		if (due != want_us)
			fail_msg("begun %s, %d days: due %s, not %s", c->day[i].text, limit,
			         time_format(w->cx.a, due), c->day[want].text);
	}
}

/* A few that were counted with a finger on the printed calendar. */
static void test_due_dates_around_holidays(void **state)
{
	static const struct {
		const char *start;
		int limit;
		const char *due;
	} cases[] = {
		{"2024-09-30", 1, "2024-10-08"}, /* the week of the national holiday */
		{"2024-09-28", 1, "2024-09-30"}, /* Saturday; Sunday is a make-up day */
		{"2025-01-27", 1, "2025-02-05"}, /* before the Spring Festival */
		{"2025-01-25", 2, "2025-02-05"}, /* Saturday off, Sunday worked */
		{"2026-02-13", 2, "2026-02-24"}, /* Friday; Saturday is worked */
		{"2026-04-30", 3, "2026-05-08"}, /* to the fifth, the ninth is worked */
		{"2026-03-02", 5, "2026-03-09"},
	};
	struct world *w = *state;
	const struct calendar *cal;
	WORLD_OK(w, calendar_load(&w->cx, "cn", &cal));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		day_t from = calendar_add(cal, day_parse(cases[i].start), 0);
		assert_string_equal(day_format(w->cx.a, calendar_add(cal, from, cases[i].limit)),
		                    cases[i].due);
	}
}

static void test_due_quarters_end(void **state)
{
	struct world *w = *state;
	struct naive *c = make_naive(w);
	static const char *const ends[] = {"03-31", "06-30", "09-30", "12-31"};
	for (int i = 0; i < c->n; i++) {
		const char *want = arena_printf(w->cx.a, "%d-%s", c->day[i].y,
		                                ends[(c->day[i].m - 1) / 3]);
		day_t day = day_parse(c->day[i].text);
		assert_string_equal(day_format(w->cx.a, quarter_end(day)), want);
		assert_string_equal(
			quarter_name(w->cx.a, day),
			arena_printf(w->cx.a, "%dQ%d", c->day[i].y, (c->day[i].m + 2) / 3));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_due_calendar_counts_as_by_hand),
		cmocka_unit_test(test_due_of_a_start_is_the_end_of_the_day),
		cmocka_unit_test(test_due_dates_around_holidays),
		cmocka_unit_test(test_due_quarters_end),
	};
	return cmocka_run_group_tests_name("due", tests, world_open, world_close);
}
