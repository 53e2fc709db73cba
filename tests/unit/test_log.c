/* Log: one line of JSON per call, levels, cut values, many threads. */
#include "unit/test.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/time.h"
#include "unit/cases.h"

static struct arena *a;

static int set_up(void **state)
{
	(void)state;
	a = arena_new(64 * 1024 * 1024);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(a);
	log_level_set(LOG_INFO);
	clock_freeze(0);
	return 0;
}

/* What fn writes to standard error. */
static const char *captured(void (*fn)(void))
{
	char path[] = "/tmp/test_log_XXXXXX";
	int fd = mkstemp(path), kept = dup(STDERR_FILENO);
	size_t n;
	assert_true(fd >= 0 && kept >= 0);
	dup2(fd, STDERR_FILENO);
	fn();
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(fd);
	const char *text = file_text(a, path, &n);
	unlink(path);
	return text;
}

static json_t *parsed(const char *line, size_t n)
{
	struct errs e;
	json_t *j;
	errs_init(&e, a);
	if (json_parse(a, &e, line, n, &j))
		fail_msg("not JSON: %.*s", (int)n, line);
	return j;
}

static void one_line(void)
{
	LOG(INFO, "listening", LS("address", "127.0.0.1\n\"\xff华"), LI("port", 8080),
	    LS("none", NULL));
}

static void test_log_line_is_one_json_object(void **state)
{
	(void)state;
	i64 us;
	assert_true(time_parse("2026-11-23T08:00:00Z", &us));
	clock_freeze(us);
	const char *text = captured(one_line);
	const char *end = strchr(text, '\n');
	assert_non_null(end);
	assert_string_equal(end, "\n");
	const json_t *j = parsed(text, strlen(text));
	assert_string_equal(json_text(j, "time"), "2026-11-23T08:00:00Z");
	assert_string_equal(json_text(j, "level"), "info");
	assert_string_equal(json_text(j, "msg"), "listening");
	assert_string_equal(json_text(j, "address"), "127.0.0.1\n\"\xef\xbf\xbd华");
	assert_int_equal(json_i64(j, "port", 0), 8080);
	assert_string_equal(json_text(j, "none"), "");
}

static void all_levels(void)
{
	LOG(DEBUG, "d");
	LOG(INFO, "i");
	LOG(WARN, "w");
	LOG(ERROR, "e");
}

static size_t lines(const char *s)
{
	size_t n = 0;
	for (; *s; s++)
		n += *s == '\n';
	return n;
}

static void test_log_levels(void **state)
{
	(void)state;
	assert_int_equal(lines(captured(all_levels)), 3);
	log_level_set(LOG_DEBUG);
	assert_int_equal(lines(captured(all_levels)), 4);
	log_level_set(LOG_ERROR);
	const char *text = captured(all_levels);
	assert_string_equal(json_text(parsed(text, strlen(text)), "msg"), "e");
}

static void long_value(void)
{
	LOG(INFO, "long",
	    LS("v", arena_strdup(a, file_text(a, "tests/unit/test_log.c", &(size_t){0}))),
	    LS("han", "\xe5\x8d\x8e"));
}

static void test_log_values_are_cut(void **state)
{
	(void)state;
	const char *text = captured(long_value);
	const json_t *j = parsed(text, strlen(text));
	assert_int_equal(strlen(json_text(j, "v")), 2048);
}

static void han_over_the_cut(void)
{
	char v[3001] = "x";
	for (size_t i = 1; i + 3 <= 3000; i += 3)
		memcpy(v + i, "华", 3);
	LOG(INFO, "han", LS("v", v));
}

static void test_log_cut_keeps_characters_whole(void **state)
{
	(void)state;
	const char *text = captured(han_over_the_cut);
	const char *v = json_text(parsed(text, strlen(text)), "v");
	assert_int_equal(strlen(v), 1 + 682 * 3);
	assert_null(strstr(v, "\xef\xbf\xbd"));
}

static void *write_many(void *arg)
{
	(void)arg;
	for (int i = 0; i < 200; i++)
		LOG(INFO, "from a thread", LI("i", i), LS("text", "一些文字"));
	return NULL;
}

static void from_threads(void)
{
	pthread_t t[4];
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, write_many, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		pthread_join(t[i], NULL);
}

static void test_log_lines_of_threads_do_not_mix(void **state)
{
	(void)state;
	const char *text = captured(from_threads);
	assert_int_equal(lines(text), 800);
	for (const char *p = text, *end; *p; p = end + 1) {
		end = strchr(p, '\n');
		assert_string_equal(json_text(parsed(p, (size_t)(end - p)), "text"), "一些文字");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_log_line_is_one_json_object, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(test_log_levels, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_log_values_are_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_log_cut_keeps_characters_whole, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(test_log_lines_of_threads_do_not_mix, set_up,
	                                        tear_down),
	};
	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
