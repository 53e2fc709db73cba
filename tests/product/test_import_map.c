/* Import maps: every mistake is named by its place; columns are found in a file.
 * Cases are the members of a map of leads, put over one that is right. */
#include "unit/test.h"

#include <string.h>

#include "app/modules.h"
#include "core/actor.h"
#include "core/import.h"
#include "core/import_map.h"
#include "unit/cases.h"

static const char right[] = "{\"version\":1,\"entity\":\"lead\",\"records\":[{\"entity\":\"lead\","
			    "\"key\":[\"company_name\"],\"fields\":{\"company_name\":\"公司\"}}]}";

static struct ctx make_ctx(struct arena *a)
{
	struct ctx cx = {.a = a, .actor = actor_system(), .lang = LANG_EN};
	errs_init(&cx.e, a);
	return cx;
}

static json_t *json(struct arena *a, const char *text)
{
	struct errs e;
	json_t *j = NULL;
	errs_init(&e, a);
	assert_int_equal(json_parse(a, &e, text, strlen(text), &j), ERR_OK);
	return j;
}

static json_t *parse_case(struct arena *a, const json_t *given)
{
	struct ctx cx = make_ctx(a);
	struct import_map *m = NULL;
	json_t *doc = json_deep_copy(json(a, right));
	/* "fields" and "key" stand for those of the only record. */
	json_t *record = json_array_get(json_object_get(doc, "records"), 0), *v;
	const char *name;
	json_object_foreach((json_t *)(uintptr_t)given, name, v) json_object_set(
		!strcmp(name, "fields") || !strcmp(name, "key") ? record : doc, name, v);
	err_t rc = import_map_parse(&cx, doc, lookups_new(a), &m);
	json_t *got;
	if (rc) {
		assert_int_equal(rc, ERR_IMPORT_MAP);
		got = json_string(cx.e.params[0].value);
	} else {
		got = json_string("ok");
	}
	json_decref(doc);
	return got;
}

static void test_import_map_names_the_place_of_a_mistake(void **state)
{
	(void)state;
	run_cases("import/map.json", parse_case);
}

static struct import_map *parse(struct ctx *cx, const char *text)
{
	struct import_map *m = NULL;
	err_t rc = import_map_parse(cx, json(cx->a, text), lookups_new(cx->a), &m);
	if (rc)
		fail_msg("%s", err_text(cx->a, cx->e.code, cx->e.params, LANG_EN));
	return m;
}

static void test_import_map_keeps_what_it_says(void **state)
{
	struct ctx cx = make_ctx(*state);
	const struct import_map *m = parse(
		&cx,
		"{\"version\":1,\"entity\":\"lead\",\"file\":{\"sheet\":2,\"header_row\":3},"
		"\"empty\":[\"-\"],\"records\":[{\"entity\":\"lead\","
		"\"key\":[\"phone\",\"company_name\"],\"fields\":{\"company_name\":{\"template\":"
		"\"{{{省}}}{名}\"},\"phone\":{\"first\":[\"手机\",\"电话\"]},\"budget_fen\":"
		"{\"column\":\"预算\",\"scale\":\"10000\"},\"source\":{\"const\":\"exhibition\","
		"\"only\":\"create\"}}}]}");
	const struct map_record *r = &m->records[0];
	assert_int_equal(m->sheet_number, 2);
	assert_int_equal(m->how.title_row, 3);
	assert_string_equal(m->empty[0], "-");
	assert_int_equal(r->n_fields, 4);
	/* What names a record leads the key, wherever it stands in it. */
	assert_string_equal(r->fields[r->lead].f->name, "company_name");
	const struct map_value *v = &r->fields[0];
	assert_int_equal(v->n_pieces, 4);
	assert_string_equal(v->pieces[0].text, "{");
	assert_string_equal(v->pieces[1].col.header, "省");
	assert_string_equal(v->pieces[2].text, "}");
	assert_int_equal(r->fields[1].n_cols, 2);
	assert_int_equal(r->fields[2].format, FMT_MONEY);
	assert_string_equal(r->fields[2].scale, "10000");
	assert_true(r->fields[3].only_create);
	assert_false(r->numbered);
}

static void test_import_map_finds_columns_and_names_the_missing_one(void **state)
{
	struct ctx cx = make_ctx(*state);
	static const char *const titles[] = {"别的", "公 司", "公司"};
	struct table_reader file = {.columns = titles, .n_columns = 3};
	bool *need;
	struct import_map *m = parse(&cx, right);
	assert_int_equal(import_map_bind(&cx, m, &file, &need), ERR_OK);
	/* Compared without blanks; the first of two equal headers counts. */
	assert_int_equal(m->records[0].fields[0].cols[0].at, 1);
	assert_true(!need[0] && need[1] && !need[2]);
	file.n_columns = 1;
	assert_int_equal(import_map_bind(&cx, m, &file, &need), ERR_IMPORT_MAP);
	assert_string_equal(cx.e.params[0].value, "the file has no column \"公司\"");
}

static void test_import_suggestion_goes_by_the_records_number(void **state)
{
	struct ctx cx = make_ctx(*state);
	static const char *const exported[] = {"编号", "公司名称", "状态", "Created at"},
				 *const foreign[] = {"公司名称", "电话"},
				 *const contacts[] = {"Name", "Record"};
	json_t *map;
	struct table_reader file = {.columns = exported, .n_columns = 4};
	assert_int_equal(import_suggest(&cx, entity_by_name("lead"), &file, &map), ERR_OK);
	struct jw w = jw_new(cx.a, 4096);
	jw_json(&w, json_object_get(json_array_get(json_object_get(map, "records"), 0), "key"));
	assert_string_equal(jw_done(&w), "[\"number\"]");
	file = (struct table_reader){.columns = foreign, .n_columns = 2};
	assert_int_equal(import_suggest(&cx, entity_by_name("lead"), &file, &map), ERR_OK);
	w = jw_new(cx.a, 4096);
	jw_json(&w, json_object_get(json_array_get(json_object_get(map, "records"), 0), "key"));
	assert_string_equal(jw_done(&w), "[\"company_name\",\"phone\"]");
	file = (struct table_reader){.columns = contacts, .n_columns = 2};
	assert_int_equal(import_suggest(&cx, entity_by_name("contact"), &file, &map), ERR_OK);
	w = jw_new(cx.a, 4096);
	jw_json(&w, json_object_get(json_array_get(json_object_get(map, "records"), 0), "key"));
	assert_string_equal(jw_done(&w), "[\"id\"]");
	assert_string_equal(import_suggest_field(&cx, entity_by_name("lead"), "Number"), "number");
	assert_null(import_suggest_field(&cx, entity_by_name("lead"), "Record"));
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
		cmocka_unit_test(test_import_map_names_the_place_of_a_mistake),
		cmocka_unit_test_setup_teardown(test_import_map_keeps_what_it_says, begin, end),
		cmocka_unit_test_setup_teardown(
			test_import_map_finds_columns_and_names_the_missing_one, begin, end),
		cmocka_unit_test_setup_teardown(test_import_suggestion_goes_by_the_records_number,
	                                        begin, end),
	};
	int failed = cmocka_run_group_tests_name("import_map", tests, NULL, NULL);
	registry_set(no_modules);
	return failed;
}
