/* Pinyin and search words: cases in tests/data/pinyin, every character, limits. */
#include "unit/test.h"

#include <string.h>

#include "base/pinyin.h"
#include "base/text.h"
#include "base/time.h"
#include "unit/cases.h"

static struct arena *a;

static int set_up(void **state)
{
	(void)state;
	a = arena_new(256 * 1024 * 1024);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static json_t *full(struct arena *in, const json_t *given)
{
	return json_string(pinyin_full(in, json_string_value(given)));
}

static json_t *initials(struct arena *in, const json_t *given)
{
	return json_string(pinyin_initials(in, json_string_value(given)));
}

static json_t *words(struct arena *in, const json_t *given)
{
	return json_string(search_words(in, json_string_value(given)));
}

static json_t *query(struct arena *in, const json_t *given)
{
	struct query_word *q;
	size_t n = search_query(in, json_string_value(given), &q);
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list,
		                      json_sprintf("%s%s", q[i].word, q[i].prefix ? "*" : ""));
	return list;
}

/* What both search engines do with words and a query. */
static bool finds(struct arena *in, const char *text, const char *asked)
{
	struct query_word *q;
	const char *all = arena_printf(in, " %s ", search_words(in, text));
	size_t n = search_query(in, asked, &q);
	for (size_t i = 0; i < n; i++)
		if (!strstr(all, arena_printf(in, " %s%s", q[i].word, q[i].prefix ? "" : " ")))
			return false;
	return n > 0;
}

static json_t *found(struct arena *in, const json_t *given)
{
	return json_boolean(finds(in, json_string_value(json_array_get(given, 0)),
	                          json_string_value(json_array_get(given, 1))));
}

static void test_pinyin_full(void **state)
{
	(void)state;
	run_cases("pinyin/full.json", full);
}

static void test_pinyin_initials(void **state)
{
	(void)state;
	run_cases("pinyin/initials.json", initials);
}

static void test_search_words(void **state)
{
	(void)state;
	run_cases("pinyin/search_words.json", words);
}

static void test_search_query(void **state)
{
	(void)state;
	run_cases("pinyin/query.json", query);
}

static void test_search_finds(void **state)
{
	(void)state;
	run_cases("pinyin/found.json", found);
}

static void test_pinyin_every_character_has_a_reading(void **state)
{
	(void)state;
	size_t n = 0;
	for (u32 cp = 0x4e00; cp <= 0x9fa5; cp++, n++) {
		const char *const *r = pinyin_of(cp);
		assert_non_null(r);
		assert_non_null(r[0]);
		for (size_t i = 0; r[i]; i++) {
			size_t len = strlen(r[i]);
			assert_true(len >= 1 && len <= 6);
			assert_int_equal(strspn(r[i], "abcdefghijklmnopqrstuvwxyz"), len);
			for (size_t k = 0; k < i; k++)
				assert_string_not_equal(r[i], r[k]);
		}
	}
	assert_int_equal(n, 20902);
	assert_null(pinyin_of('a'));
	assert_null(pinyin_of(0x3042));
	assert_null(pinyin_of(0x10ffff));
	assert_string_equal(pinyin_of(0x3007)[0], "ling");
}

static void test_pinyin_all_readings(void **state)
{
	(void)state;
	const char *const *r = pinyin_of(0x4e50); /* 乐 */
	assert_string_equal(r[0], "le");
	assert_string_equal(r[1], "yue");
	assert_string_equal(r[2], "lao");
	assert_null(r[3]);
	r = pinyin_of(0x5973); /* 女 */
	assert_string_equal(r[0], "nv");
	assert_string_equal(r[1], "nu");
}

static void test_pinyin_sorts_as_a_phone_book(void **state)
{
	(void)state;
	static const char *const sorted[] = {
		"360公司", "阿里巴巴", "Acme", "长沙", "重庆",   "华为", "华为技术", "乐高",   "李",
		"里",      "李安",     "连城", "单伟", "曾国藩", "张",   "张家港",   "张三丰", "赵",
	};
	for (size_t i = 1; i < ARRAY_LEN(sorted); i++)
		if (strcmp(pinyin_sort_key(a, sorted[i - 1]), pinyin_sort_key(a, sorted[i])) >= 0)
			fail_msg("%s is not before %s", sorted[i - 1], sorted[i]);
}

/* A real short name is found by its characters, its letters and its initials. */
static void test_search_finds_real_names(void **state)
{
	(void)state;
	size_t n, row = 0, tried = 0;
	const char *path = shared_file(a, "cn_companies/company_short_forms_28w.txt");
	const char *text = file_text(a, path, &n);
	struct arena *in = arena_new(16 * 1024 * 1024);
	for (const char *p = text; *p; p += strspn(p, "\r\n"), row++) {
		size_t len = strcspn(p, "\r\n");
		const char *line = p;
		p += len;
		if (row < 3 || row % 20 != 0 || !len)
			continue;
		arena_reset(in);
		const char *name = arena_strndup(in, line, len);
		char *run = arena_strdup(in, pinyin_full(in, name)), *to = run;
		for (const char *c = run; *c; c++)
			if (*c != ' ')
				*to++ = *c;
		*to = '\0';
		const char *asked[] = {name, run, pinyin_initials(in, name)};
		bool only_han = true;
		for (const char *c = name; *c;)
			only_han = is_han(utf8_next(&c)) && only_han;
		for (size_t i = 0; only_han && i < ARRAY_LEN(asked); i++, tried++)
			if (!finds(in, name, asked[i]))
				fail_msg("%s is not found by %s among %s", name, asked[i],
				         search_words(in, name));
	}
	arena_free(in);
	assert_true(tried > 30000);
}

static const char *repeated(const char *s, size_t times)
{
	struct buf b = buf_new(a, 64 * 1024 * 1024);
	while (times--)
		buf_puts(&b, s);
	return buf_str(&b);
}

static void test_search_long_texts_stay_small(void **state)
{
	(void)state;
	/* Characters with many readings each, a thousand times over. */
	const char *worst = repeated("乐重单参差和薄", 100000);
	size_t before = arena_used(a);
	const char *all = search_words(a, worst);
	assert_true(strlen(all) < 64 * 1024);
	assert_true(arena_used(a) - before < 8 * 1024 * 1024);
	char *s = arena_alloc(a, 3 * 20000 + 1), *to = s;
	for (u32 cp = 0x4e00; cp < 0x4e00 + 20000; cp++, to += 3)
		utf8_encode(cp, to);
	all = search_words(a, s);
	assert_true(strlen(all) > 4096 && strlen(all) < 128 * 1024);
	assert_true(strlen(search_words(a, repeated("x", 1000000))) <= 63);
	struct query_word *q;
	assert_int_equal(search_query(a, s, &q), 16);
}

static void test_search_words_are_plain(void **state)
{
	(void)state;
	const char *all = search_words(a,
	                               "Ünïcödé, 'quoted\" AND (x OR y) * ％ 华为；--ДЖ かな\x01");
	assert_string_equal(all, "unicode quoted and x or y 华 华为 huawei hw 为 wei w");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pinyin_full),
		cmocka_unit_test(test_pinyin_initials),
		cmocka_unit_test(test_search_words),
		cmocka_unit_test(test_search_query),
		cmocka_unit_test(test_search_finds),
		cmocka_unit_test(test_pinyin_every_character_has_a_reading),
		cmocka_unit_test(test_pinyin_all_readings),
		cmocka_unit_test(test_pinyin_sorts_as_a_phone_book),
		cmocka_unit_test(test_search_finds_real_names),
		cmocka_unit_test(test_search_long_texts_stay_small),
		cmocka_unit_test(test_search_words_are_plain),
	};
	return cmocka_run_group_tests_name("pinyin", tests, set_up, tear_down);
}
