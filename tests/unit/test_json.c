/* JSON: what is refused, what the writer gives, random trees there and back. */
#include "unit/test.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "unit/cases.h"

static struct arena *a;
static struct errs e;

static int set_up(void **state)
{
	(void)state;
	a = arena_new(512 * 1024 * 1024);
	errs_init(&e, a);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static json_t *parse(const char *text, size_t n)
{
	json_t *j;
	if (json_parse(a, &e, text, n, &j))
		fail_msg("%.*s: %s", (int)n, text, err_text(a, e.code, e.params, LANG_EN));
	return j;
}

static json_t *refused(struct arena *in, const json_t *given)
{
	json_t *j;
	const char *text = json_string_value(given);
	errs_clear(&e);
	if (!json_parse(a, &e, text, strlen(text), &j))
		return json_string("taken");
	assert_null(j);
	assert_int_equal(e.code, ERR_BAD_JSON);
	int line, column;
	const char *why = err_text(in, e.code, e.params, LANG_EN);
	assert_int_equal(
		sscanf(why, "The body is not valid JSON: line %d, column %d: ", &line, &column), 2);
	return json_sprintf("%d:%d", line, column);
}

static void test_json_refusals(void **state)
{
	(void)state;
	run_cases("json/refused.json", refused);
}

static void test_json_refuses_broken_bytes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t n;
	} rows[] =
		{
			{"\"\xff\"", 3},       {"\"\xe5\x8d\"", 4}, {"\"\xed\xa0\x80\"", 5},
			{"\"\xc0\x80\"", 4},   {"\"a\0b\"", 5},     {"1\0", 2},
			{"\xef\xbb\xbf{}", 5}, /* a byte order mark is not JSON */
		};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *j;
		errs_clear(&e);
		assert_int_equal(json_parse(a, &e, rows[i].text, rows[i].n, &j), ERR_BAD_JSON);
		const char *why = err_text(a, e.code, e.params, LANG_ZH);
		assert_true(utf8_valid(why, strlen(why)));
	}
}

/* n arrays in each other, with brackets in strings that do not count. */
static const char *nested(size_t n)
{
	struct buf b = buf_new(a, 1024 * 1024);
	for (size_t i = 0; i < n; i++)
		buf_puts(&b, i + 1 < n ? "[\"[[\\\"[{\"," : "[");
	for (size_t i = 0; i < n; i++)
		buf_putc(&b, ']');
	return buf_str(&b);
}

static void test_json_depth_is_capped(void **state)
{
	(void)state;
	json_t *j;
	parse(nested(JSON_DEPTH_MAX), strlen(nested(JSON_DEPTH_MAX)));
	const char *deep = nested(JSON_DEPTH_MAX + 1);
	assert_int_equal(json_parse(a, &e, deep, strlen(deep), &j), ERR_BAD_JSON);
	size_t n = 1000000;
	char *brackets = arena_alloc(a, n);
	memset(brackets, '[', n);
	assert_int_equal(json_parse(a, &e, brackets, n, &j), ERR_BAD_JSON);
}

static void test_json_size_is_capped(void **state)
{
	(void)state;
	json_t *j;
	size_t n = (size_t)JSON_SIZE_MAX + 1;
	char *blanks = arena_alloc(a, n);
	memset(blanks, ' ', n);
	assert_int_equal(json_parse(a, &e, blanks, n, &j), ERR_BAD_JSON);
}

static void test_json_typed_looks(void **state)
{
	(void)state;
	const char *text = "{\"s\":\"x\",\"i\":9223372036854775807,\"b\":true,\"n\":null}";
	const json_t *j = parse(text, strlen(text));
	assert_string_equal(json_text(j, "s"), "x");
	assert_null(json_text(j, "i"));
	assert_null(json_text(j, "none"));
	assert_true(json_i64(j, "i", 0) == INT64_MAX);
	assert_int_equal(json_i64(j, "s", 5), 5);
	assert_int_equal(json_i64(j, "n", 6), 6);
	assert_true(json_flag(j, "b", false));
	assert_true(json_flag(j, "none", true));
	assert_false(json_flag(j, "i", false));
	assert_null(json_text(NULL, "s"));
}

static void test_json_writer_places_commas(void **state)
{
	(void)state;
	struct jw w = jw_new(a, 1000);
	jw_obj(&w);
	jw_kint(&w, "id", 7);
	jw_kstr(&w, "name", "华为");
	jw_kstr(&w, "none", NULL);
	jw_kbool(&w, "yes", true);
	jw_key(&w, "list");
	jw_arr(&w);
	jw_arr(&w);
	jw_end_arr(&w);
	jw_obj(&w);
	jw_end_obj(&w);
	jw_raw(&w, "{\"r\":1}");
	jw_real(&w, 0.1);
	jw_strn(&w, "abcdef", 3);
	jw_end_arr(&w);
	jw_key(&w, "");
	jw_null(&w);
	jw_end_obj(&w);
	assert_string_equal(jw_done(&w), "{\"id\":7,\"name\":\"华为\",\"none\":null,\"yes\":true,"
	                                 "\"list\":[[],{},{\"r\":1},0.1,\"abc\"],\"\":null}");
	assert_int_equal(w.b.n, strlen(buf_str(&w.b)));
}

static const char *as_text(const char *s, size_t n)
{
	struct jw w = jw_new(a, 1000);
	jw_strn(&w, s, n);
	return jw_done(&w);
}

static void test_json_writer_has_sentences_in_both_languages(void **state)
{
	(void)state;
	struct jw w = jw_new(a, 4096);
	jw_obj(&w);
	jw_klabel(&w, "a", (struct label)L("客户", "Account"));
	jw_klabel(&w, "b", (struct label){NULL, NULL});
	jw_end_obj(&w);
	assert_string_equal(jw_done(&w), "{\"a\":{\"zh\":\"客户\",\"en\":\"Account\"},\"b\":null}");
}

static void test_json_writer_escapes(void **state)
{
	(void)state;
	assert_string_equal(as_text("\"\\/\b\f\n\r\t\x01\x1f\x7f", 11),
	                    "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\"");
	assert_string_equal(as_text("a\0b", 3), "\"a\\u0000b\"");
	assert_string_equal(as_text("\xff华\xe5\x8d", 6),
	                    "\"\xef\xbf\xbd华\xef\xbf\xbd\xef\xbf\xbd\"");
}

static const char *real(double v)
{
	struct jw w = jw_new(a, 100);
	jw_real(&w, v);
	return jw_done(&w);
}

static void test_json_writer_reals(void **state)
{
	(void)state;
	assert_string_equal(real(0.1), "0.1");
	assert_string_equal(real(1), "1.0");
	assert_string_equal(real(-0.0), "-0.0");
	assert_string_equal(real(1e22), "1e+22");
	assert_string_equal(real(0.1 + 0.2), "0.30000000000000004");
	assert_string_equal(real(NAN), "null");
	assert_string_equal(real(-INFINITY), "null");
	const double hard[] = {DBL_MAX, DBL_MIN, DBL_TRUE_MIN, 5e-324, 9007199254740993.0, 1.0 / 3};
	for (size_t i = 0; i < ARRAY_LEN(hard); i++)
		assert_true(strtod(real(hard[i]), NULL) == hard[i]);
}

static void test_json_writer_over_its_maximum_gives_nothing(void **state)
{
	(void)state;
	struct jw w = jw_new(a, 10);
	jw_str(&w, "0123456789");
	assert_null(jw_done(&w));
	struct jw fits = jw_new(a, 12);
	jw_str(&fits, "0123456789");
	assert_string_equal(jw_done(&fits), "\"0123456789\"");
}

static void value_without_key(void)
{
	struct jw w = jw_new(a, 100);
	jw_obj(&w);
	jw_int(&w, 1);
}

static void key_in_a_list(void)
{
	struct jw w = jw_new(a, 100);
	jw_arr(&w);
	jw_key(&w, "k");
}

static void key_without_value(void)
{
	struct jw w = jw_new(a, 100);
	jw_obj(&w);
	jw_key(&w, "k");
	jw_end_obj(&w);
}

static void wrong_end(void)
{
	struct jw w = jw_new(a, 100);
	jw_arr(&w);
	jw_end_obj(&w);
}

static void one_end_too_many(void)
{
	struct jw w = jw_new(a, 100);
	jw_arr(&w);
	jw_end_arr(&w);
	jw_end_arr(&w);
}

static void not_finished(void)
{
	struct jw w = jw_new(a, 100);
	jw_arr(&w);
	jw_done(&w);
}

static void nothing_written(void)
{
	struct jw w = jw_new(a, 100);
	jw_done(&w);
}

static void two_documents(void)
{
	struct jw w = jw_new(a, 100);
	jw_int(&w, 1);
	jw_int(&w, 2);
}

static void too_deep(void)
{
	struct jw w = jw_new(a, 1000);
	for (int i = 0; i < JW_DEPTH_MAX; i++)
		jw_arr(&w);
}

static void test_json_writer_misuse_ends_the_process(void **state)
{
	(void)state;
	void (*const misuse[])(void) = {value_without_key, key_in_a_list,    key_without_value,
	                                wrong_end,         one_end_too_many, not_finished,
	                                nothing_written,   two_documents,    too_deep};
	for (size_t i = 0; i < ARRAY_LEN(misuse); i++)
		must_panic(misuse[i]);
}

static json_t *random_text(struct dice *d)
{
	char s[200];
	size_t n = 0, count = roll_below(d, 30);
	while (count--) {
		/* Every length of UTF-8, and controls; never U+0000, nor surrogates. */
		static const u32 ends[] = {0x20, 0x80, 0x800, 0xd800, 0x10ffff};
		u32 cp = 1 + (u32)roll_below(d, ends[roll_below(d, ARRAY_LEN(ends))] - 1);
		if (cp >= 0xd800 && cp < 0xe000)
			cp = '"';
		utf8_encode(cp, s + n);
		n += strlen(s + n);
	}
	return json_stringn(s, n);
}

static json_t *random_tree(struct dice *d, int depth)
{
	u64 kind = roll_below(d, depth > 5 ? 6 : 9), n = roll_below(d, 6);
	u64 bits = roll(d);
	double v;
	switch (kind) {
	case 0: return json_null();
	case 1: return json_boolean(bits & 1);
	case 2: return json_integer((i64)(bits >> (roll(d) & 63)));
	case 3: return json_integer((i64)bits);
	case 4:
		memcpy(&v, &bits, sizeof v);
		return isfinite(v) ? json_real(v) : json_real((double)(i64)bits / 7);
	case 5: return random_text(d);
	case 6: {
		json_t *list = json_array();
		while (n--)
			json_array_append_new(list, random_tree(d, depth + 1));
		return list;
	}
	default: {
		json_t *o = json_object();
		while (n--) {
			json_t *key = random_text(d);
			json_object_set_new(o, json_string_value(key), random_tree(d, depth + 1));
			json_decref(key);
		}
		return o;
	}
	}
}

static void test_json_random_trees_read_back_equal(void **state)
{
	(void)state;
	struct dice d = {8};
	size_t bytes = 0;
	for (int i = 0; i < 4000; i++) {
		json_t *tree = random_tree(&d, 0);
		arena_reset(a);
		errs_init(&e, a);
		struct jw w = jw_new(a, 64 * 1024 * 1024);
		jw_json(&w, tree);
		const char *text = jw_done(&w);
		bytes += w.b.n;
		if (!json_equal(parse(text, w.b.n), tree))
			fail_msg("changed on its way: %s", text);
		json_decref(tree);
	}
	assert_true(bytes > 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_refusals),
		cmocka_unit_test(test_json_refuses_broken_bytes),
		cmocka_unit_test(test_json_depth_is_capped),
		cmocka_unit_test(test_json_size_is_capped),
		cmocka_unit_test(test_json_typed_looks),
		cmocka_unit_test(test_json_writer_places_commas),
		cmocka_unit_test(test_json_writer_has_sentences_in_both_languages),
		cmocka_unit_test(test_json_writer_escapes),
		cmocka_unit_test(test_json_writer_reals),
		cmocka_unit_test(test_json_writer_over_its_maximum_gives_nothing),
		cmocka_unit_test(test_json_writer_misuse_ends_the_process),
		cmocka_unit_test(test_json_random_trees_read_back_equal),
	};
	return cmocka_run_group_tests_name("json", tests, set_up, tear_down);
}
