/* Playbook definitions: what is refused and where, what is written reads back, what differs.
 * Cases are tests/data/playbook/base.json with one value put in or taken out. */
#include "unit/test.h"

#include <string.h>

#include "app/modules.h"
#include "process/playbook.h"
#include "unit/cases.h"

static json_t *read(struct arena *a, const char *path)
{
	size_t n;
	struct errs e;
	json_t *j = NULL;
	errs_init(&e, a);
	const char *text = file_text(a, path, &n);
	if (json_parse(a, &e, text, n, &j))
		fail_msg("%s: %s", path, err_text(a, e.code, e.params, LANG_EN));
	return j;
}

/* Puts `value` (taken over) at a path such as /stages/0/code; NULL takes the member out. */
static void put(json_t *doc, const char *path, json_t *value)
{
	for (;;) {
		char word[64];
		size_t n = strcspn(path + 1, "/");
		assert_true(n && n < sizeof word);
		memcpy(word, path + 1, n);
		word[n] = '\0';
		path += n + 1;
		size_t i = (size_t)strtoul(word, NULL, 10);
		if (*path) {
			doc = json_is_array(doc) ? json_array_get(doc, i)
			                         : json_object_get(doc, word);
			assert_non_null(doc);
		} else if (json_is_array(doc)) {
			assert_int_equal(json_array_set_new(doc, i, value), 0);
			return;
		} else {
			assert_int_equal(value ? json_object_set_new(doc, word, value)
			                       : json_object_del(doc, word),
			                 0);
			return;
		}
	}
}

static json_t *parse_case(struct arena *a, const json_t *given)
{
	json_t *doc = json_deep_copy(read(a, "tests/data/playbook/base.json"));
	put(doc, json_text(given, "at"), json_incref(json_object_get(given, "value")));
	struct errs e;
	struct playbook *pb = NULL;
	errs_init(&e, a);
	err_t rc = playbook_parse(a, &e, doc, &pb);
	assert_true(rc ? rc == ERR_PLAYBOOK : pb != NULL);
	json_t *got = json_string(rc ? e.params[0].value : "ok");
	json_decref(doc);
	return got;
}

static void test_playbook_refusals_name_the_place(void **state)
{
	(void)state;
	run_cases("playbook/parse.json", parse_case);
}

static struct playbook *parse(struct arena *a, const json_t *doc)
{
	struct errs e;
	struct playbook *pb = NULL;
	errs_init(&e, a);
	if (playbook_parse(a, &e, doc, &pb))
		fail_msg("%s", err_text(a, e.code, e.params, LANG_EN));
	return pb;
}

static json_t *written(struct arena *a, const struct playbook *pb)
{
	struct errs e;
	json_t *j = NULL;
	struct jw w = jw_new(a, 16 * 1024 * 1024);
	errs_init(&e, a);
	playbook_write(pb, &w);
	const char *text = jw_done(&w);
	assert_int_equal(json_parse(a, &e, text, strlen(text), &j), ERR_OK);
	return j;
}

static const char *difference(struct arena *a, const json_t *x, const json_t *y)
{
	struct jw w = jw_new(a, 16 * 1024 * 1024);
	playbook_diff(parse(a, x), parse(a, y), &w);
	return jw_done(&w);
}

#define SAME "{\"added\":[],\"removed\":[],\"changed\":[],\"stages\":[]}"

/* The shipped playbook and the small one: nothing is lost by writing, and writing is stable. */
static void test_playbook_written_reads_back(void **state)
{
	static const char *const files[] = {"seed/playbook.json", "tests/data/playbook/base.json"};
	struct arena *a = *state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		json_t *doc = read(a, files[i]), *once = written(a, parse(a, doc));
		assert_string_equal(difference(a, doc, once), SAME);
		assert_true(json_equal(once, written(a, parse(a, once))));
		assert_true(json_equal(json_object_get(doc, "phases"),
		                       json_object_get(once, "phases")));
	}
}

/* The shape that scripts rely on: design, command line. */
static void test_playbook_written_has_the_contract_shape(void **state)
{
	struct arena *a = *state;
	json_t *doc = written(a, parse(a, read(a, "seed/playbook.json"))), *s, *n;
	size_t i, k, nodes = 0;
	static const char *const members[] = {"code",        "name",  "gate",
	                                      "owner_roles", "limit", "outputs"};
	assert_true(json_is_integer(json_object_get(doc, "version")));
	assert_int_equal(json_array_size(json_object_get(doc, "stages")), 6);
	json_array_foreach(json_object_get(doc, "stages"), i, s)
	{
		assert_non_null(json_text(s, "code"));
		assert_non_null(json_object_get(s, "name"));
		json_array_foreach(json_object_get(s, "nodes"), k, n)
		{
			nodes++;
			for (size_t m = 0; m < ARRAY_LEN(members); m++)
				assert_non_null(json_object_get(n, members[m]));
			assert_true(json_is_boolean(json_object_get(n, "gate")));
		}
	}
	assert_int_equal(nodes, 28);
}

/* One change of each member of a node, each seen and named. */
static void test_playbook_diff_names_what_changed(void **state)
{
	static const struct {
		const char *at, *value, *want;
	} cases[] = {
		{"/stages/1/nodes/0/gate", "false", "gate"},
		{"/stages/1/nodes/0/wins", "false", "wins"},
		{"/stages/1/nodes/0/limit/offset", "3", "limit"},
		{"/stages/1/nodes/0/limit/fallback/offset", "3", "limit"},
		{"/stages/1/nodes/0/starts",
	         "{\"anchor\":\"plan_date\",\"offset\":1,\"unit\":\"working_days\"}", "starts"},
		{"/stages/1/nodes/1/recurrence/blocking", "true", "recurrence"},
		{"/stages/1/nodes/0/owner_roles", "[\"csm\"]", "owner_roles"},
		{"/stages/1/nodes/0/contributing_roles", "[\"csm\"]", "contributing_roles"},
		{"/stages/1/nodes/0/after", "[\"A.1\"]", "after"},
		{"/stages/1/nodes/0/name", "{\"zh\":\"签\",\"en\":\"S\"}", "name"},
		{"/stages/1/nodes/0/guidance", "{\"zh\":\"签\",\"en\":\"S\"}", "guidance"},
		{"/stages/1/nodes/0/outputs/0/required", "false", "outputs"},
		{"/stages/0/nodes/1/outputs/0/check/min", "2", "outputs"},
		{"/stages/0/nodes/1/outputs/0/check/where/kind", "[\"call\"]", "outputs"},
	};
	struct arena *a = *state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *base = read(a, "tests/data/playbook/base.json"), *value;
		json_t *changed = json_deep_copy(base);
		struct errs e;
		errs_init(&e, a);
		assert_int_equal(json_parse(a, &e, cases[i].value, strlen(cases[i].value), &value),
		                 ERR_OK);
		put(changed, cases[i].at, json_incref(value));
		const char *code = strstr(cases[i].at, "/stages/0")  ? "A.2"
		                   : strstr(cases[i].at, "/nodes/1") ? "B.2"
		                                                     : "B.1";
		assert_string_equal(
			difference(a, base, changed),
			arena_printf(a,
		                     "{\"added\":[],\"removed\":[],\"changed\":[{"
		                     "\"code\":\"%s\",\"what\":[\"%s\"]}],\"stages\":[]}",
		                     code, cases[i].want));
		json_decref(changed);
	}
}

static void test_playbook_diff_of_nodes_and_stages(void **state)
{
	struct arena *a = *state;
	json_t *base = read(a, "tests/data/playbook/base.json"), *other = json_deep_copy(base);
	put(other, "/stages/1/nodes/1/code", json_string("B.9"));
	put(other, "/stages/1/name", json_pack("{s:s,s:s}", "zh", "签", "en", "S"));
	assert_string_equal(difference(a, base, other),
	                    "{\"added\":[\"B.9\"],\"removed\":[\"B.2\"],\"changed\":[],"
	                    "\"stages\":[{\"code\":\"B\",\"what\":[\"name\"]}]}");
	put(other, "/phases", NULL);
	put(other, "/stages/1/code", json_string("C"));
	assert_string_equal(difference(a, base, other),
	                    "{\"added\":[\"B.9\"],\"removed\":[\"B.2\"],"
	                    "\"changed\":[{\"code\":\"B.1\",\"what\":[\"stage\"]}],"
	                    "\"stages\":[{\"code\":\"B\",\"what\":[\"removed\"]},"
	                    "{\"code\":\"C\",\"what\":[\"added\"]}]}");
	json_decref(other);
}

static int begin(void **state)
{
	*state = arena_new(ARENA_REQUEST_MAX);
	return 0;
}

static int end(void **state)
{
	arena_free(*state);
	return 0;
}

int main(void)
{
	registry_set(app_modules);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_playbook_refusals_name_the_place),
		cmocka_unit_test_setup_teardown(test_playbook_written_reads_back, begin, end),
		cmocka_unit_test_setup_teardown(test_playbook_written_has_the_contract_shape, begin,
	                                        end),
		cmocka_unit_test_setup_teardown(test_playbook_diff_names_what_changed, begin, end),
		cmocka_unit_test_setup_teardown(test_playbook_diff_of_nodes_and_stages, begin, end),
	};
	int failed = cmocka_run_group_tests_name("playbook", tests, NULL, NULL);
	registry_set(no_modules);
	return failed;
}
