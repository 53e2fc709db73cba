/* Text: cases in tests/data/text, UTF-8 against a checker of another make, real company names. */
#include "unit/test.h"

#include <jansson.h>
#include <string.h>

#include "base/text.h"
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

static json_t *trim(struct arena *in, const json_t *given)
{
	return json_string(text_trim(in, json_string_value(given)));
}

static json_t *fold(struct arena *in, const json_t *given)
{
	return json_string(text_fold(in, json_string_value(given)));
}

static json_t *company(struct arena *in, const json_t *given)
{
	return json_string(text_company_key(in, json_string_value(given)));
}

static json_t *phone(struct arena *in, const json_t *given)
{
	return json_string(text_phone_key(in, json_string_value(given)));
}

static void test_text_trim(void **state)
{
	(void)state;
	run_cases("text/trim.json", trim);
}

static void test_text_fold(void **state)
{
	(void)state;
	run_cases("text/fold.json", fold);
}

static void test_text_company_key(void **state)
{
	(void)state;
	run_cases("text/company_key.json", company);
}

static void test_text_phone_key(void **state)
{
	(void)state;
	run_cases("text/phone_key.json", phone);
}

static void test_text_every_code_point(void **state)
{
	(void)state;
	for (u32 cp = 1; cp <= 0x10ffff; cp++) {
		char s[5];
		u32 back = 0;
		bool surrogate = cp >= 0xd800 && cp < 0xe000;
		utf8_encode(cp, s);
		size_t n = strlen(s);
		assert_int_equal(utf8_valid(s, n), !surrogate);
		if (surrogate)
			continue;
		assert_int_equal(utf8_decode(s, n, &back), n);
		assert_int_equal(back, cp);
		for (size_t cut = 1; cut < n; cut++)
			assert_false(utf8_valid(s, cut));
	}
}

/* The grammar of RFC 3629, written as ranges instead of arithmetic. */
static bool by_grammar(const u8 *s, size_t n)
{
	static const struct {
		u8 first, last, low, high;
		size_t more;
	} rows[] = {
		{0x00, 0x7f, 0, 0, 0},       {0xc2, 0xdf, 0x80, 0xbf, 1},
		{0xe0, 0xe0, 0xa0, 0xbf, 2}, {0xe1, 0xec, 0x80, 0xbf, 2},
		{0xed, 0xed, 0x80, 0x9f, 2}, {0xee, 0xef, 0x80, 0xbf, 2},
		{0xf0, 0xf0, 0x90, 0xbf, 3}, {0xf1, 0xf3, 0x80, 0xbf, 3},
		{0xf4, 0xf4, 0x80, 0x8f, 3},
	};
	for (size_t i = 0; i < n;) {
		size_t r = 0;
		while (r < ARRAY_LEN(rows) && (s[i] < rows[r].first || s[i] > rows[r].last))
			r++;
		if (r == ARRAY_LEN(rows) || n - i < rows[r].more + 1)
			return false;
		for (size_t k = 1; k <= rows[r].more; k++) {
			u8 low = k == 1 ? rows[r].low : 0x80, high = k == 1 ? rows[r].high : 0xbf;
			if (s[i + k] < low || s[i + k] > high)
				return false;
		}
		i += rows[r].more + 1;
	}
	return true;
}

static void test_text_random_bytes(void **state)
{
	(void)state;
	static const u8 likely[] = {0x00, 'a',  0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0,
	                            0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe5, 0xed,
	                            0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff};
	struct dice d = {5};
	size_t good = 0;
	for (int i = 0; i < 300000; i++) {
		u8 s[8];
		size_t n = roll_below(&d, sizeof s);
		for (size_t k = 0; k < n; k++)
			s[k] = likely[roll_below(&d, sizeof likely)];
		bool want = by_grammar(s, n);
		good += want;
		assert_int_equal(utf8_valid((const char *)s, n), want);
		if (i % 8 == 0) {
			const char *clean = utf8_clean(a, (const char *)s, n);
			assert_true(utf8_valid(clean, strlen(clean)));
			if (want && !memchr(s, 0, n))
				assert_memory_equal(clean, s, n);
		}
	}
	assert_true(good > 10000);
}

static void test_text_counting_and_walking(void **state)
{
	(void)state;
	const char *s = "a华𠮷\xff!", *p = s;
	const u32 want[] = {'a', 0x534e, 0x20bb7, 0xfffd, '!', 0, 0};
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		assert_int_equal(utf8_next(&p), want[i]);
	assert_int_equal(utf8_count("a华𠮷!"), 4);
	assert_int_equal(utf8_count(""), 0);
	assert_string_equal(utf8_head(a, "华为技术", 2), "华为");
	assert_string_equal(utf8_head(a, "华为", 9), "华为");
	assert_string_equal(utf8_head(a, "华为", 0), "");
	assert_string_equal(utf8_clean(a, "a\xe5\x8d", 3), "a\xef\xbf\xbd\xef\xbf\xbd");
	assert_true(is_han(0x4e00) && is_han(0x3007) && is_han(0x20bb7) && is_han(0xf900));
	assert_false(is_han('a') || is_han(0x3042) || is_han(0xff21));
	assert_true(text_eq(NULL, NULL) && text_eq("a", "a"));
	assert_false(text_eq("a", NULL) || text_eq(NULL, "a") || text_eq("a", "b"));
	assert_true(text_begins("华为", "华") && text_begins("a", ""));
	assert_false(text_begins("a", "ab"));
}

/* Folding twice changes nothing, and the fast way gives what the slow one gives. */
static void test_text_fold_random(void **state)
{
	(void)state;
	static const char *const parts[] = {"A",       "Ａ",     "华", "為", " ",  "\u3000", "é",
	                                    "E\u0301", "ß",      "㎏", "（", "．", "İ",      "Σ",
	                                    "ﬃ",       "\u200d", "1",  "ｶﾞ", "①",  "𠮷"};
	struct dice d = {6};
	for (int i = 0; i < 20000; i++) {
		char s[200] = "";
		size_t n = 0, count = roll_below(&d, 12);
		for (size_t k = 0; k < count; k++) {
			const char *part = parts[roll_below(&d, ARRAY_LEN(parts))];
			memcpy(s + n, part, strlen(part));
			n += strlen(part);
		}
		const char *once = text_fold(a, s);
		assert_true(utf8_valid(once, strlen(once)));
		assert_string_equal(text_fold(a, once), once);
		/* A zero-width joiner sends the same text through ICU. */
		assert_string_equal(text_fold(a, arena_printf(a, "%s\u200d", s)), once);
	}
}

static void test_text_company_keys_of_real_names(void **state)
{
	(void)state;
	size_t n, count = 0;
	const char *path = shared_file(a, "cn_companies/company_short_forms_28w.txt");
	const char *text = file_text(a, path, &n);
	struct arena *row = arena_new(16 * 1024 * 1024);
	for (const char *p = text; *p; p += strspn(p, "\r\n")) {
		size_t len = strcspn(p, "\r\n");
		arena_reset(row);
		const char *name = text_trim(row, arena_strndup(row, p, len));
		const char *key = text_company_key(row, name);
		if (name[0] && !key[0])
			fail_msg("no key for %s", name);
		const char *full = arena_printf(row, " %s 有限公司", name);
		if (count++ % 10 == 0 && strcmp(text_company_key(row, full), key) != 0)
			fail_msg("%s and its limited company differ", name);
		p += len;
	}
	arena_free(row);
	assert_true(count > 267000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_trim),
		cmocka_unit_test(test_text_fold),
		cmocka_unit_test(test_text_company_key),
		cmocka_unit_test(test_text_phone_key),
		cmocka_unit_test(test_text_every_code_point),
		cmocka_unit_test(test_text_random_bytes),
		cmocka_unit_test(test_text_counting_and_walking),
		cmocka_unit_test(test_text_fold_random),
		cmocka_unit_test(test_text_company_keys_of_real_names),
	};
	return cmocka_run_group_tests_name("text", tests, set_up, tear_down);
}
