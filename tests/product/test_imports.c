/* Imports in one process: what is told of a run at the moment when it ends. */
#include "product/world.h"

#include <string.h>

#include "core/import_runs.h"
#include "domain/lead/lead.h"

static i64 add_run(struct world *w, const char *state)
{
	i64 id;
	WORLD_OK(w, import_file_add(&w->cx, &lead_entity, "a.csv", "0", &id));
	world_sql(w, "update import_run set state = ? where id = ?", ARGS(vt(state), vi(id)));
	return id;
}

static const char *told(struct world *w, const struct import_file *f)
{
	struct jw out = jw_new(w->cx.a, 64 * 1024);
	WORLD_OK(w, import_file_write(&w->cx, f, &out));
	return json_text(world_json(w, &out), "state");
}

static void test_import_that_ends_while_it_is_read_is_done(void **state)
{
	struct world *w = *state;
	struct import_file f;
	static const char *const begun[] = {"checking", "running"}, *const ends[] = {"checked",
	                                                                             "done"};
	for (size_t i = 0; i < ARRAY_LEN(begun); i++) {
		world_be(w, 0);
		i64 id = add_run(w, begun[i]);
		WORLD_OK(w, import_file_get(&w->cx, id, &f));
		assert_string_equal(f.state, begun[i]);
		world_sql(w, "update import_run set state = ? where id = ?",
		          ARGS(vt(ends[i]), vi(id)));
		assert_string_equal(told(w, &f), ends[i]);
	}
}

static void test_import_that_nobody_does_has_failed(void **state)
{
	struct world *w = *state;
	struct import_file f;
	world_be(w, 0);
	WORLD_OK(w, import_file_get(&w->cx, add_run(w, "running"), &f));
	assert_string_equal(told(w, &f), "failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_import_that_ends_while_it_is_read_is_done),
		cmocka_unit_test(test_import_that_nobody_does_has_failed),
	};
	return cmocka_run_group_tests_name("imports", tests, world_open, world_close);
}
