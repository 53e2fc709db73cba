/* The tables fit the entities, exactly; and what does not fit stops the start. */
#include "product/world.h"

#include <string.h>

#include "core/shape.h"

/* What a table holds beside its entity's fields: kept by its own code, never shown as a field. */
static const char *const besides[] = {
	"app_user.password_hash", "app_user.password_changed_at",
	"node.overdue_noted",     "node.due_soon_noted",
	"node.escalated",         "playbook.definition",
	"review.title_en",        "review.href",
	"review.not_asker",       "review.withdraw_open",
	"review.urged_at",        "review.tell",
	"review.returned_text",   "review.parts",
	"review.due_soon_noted",  "review.overdue_noted",
};

static bool is_besides(const char *table, const char *column)
{
	char name[128];
	snprintf(name, sizeof name, "%s.%s", table, column);
	for (size_t i = 0; i < ARRAY_LEN(besides); i++)
		if (!strcmp(besides[i], name))
			return true;
	return false;
}

static bool is_record_column(const struct entity *e, const char *column)
{
	static const char *const cols[] = {"id",         "version",    "created_at",
	                                   "created_by", "updated_at", "updated_by",
	                                   "deleted_at", "deleted_by", "sort_key"};
	for (size_t i = 0; i < ARRAY_LEN(cols); i++)
		if (!strcmp(cols[i], column))
			return true;
	if (e->custom && !strcmp(column, "custom"))
		return true;
	return e->number_prefix && !strcmp(column, "number");
}

static void test_shape_of_every_table_is_exactly_its_entity(void **state)
{
	struct world *w = *state;
	size_t extra = 0, i = 0;
	for (const struct entity *e; (e = entity_at(i)); i++) {
		struct cat_col *cols;
		size_t n;
		WORLD_OK(w, catalogue_columns(w->cx.c, e->table, &cols, &n));
		assert_true(n > entity_field_count(e));
		for (size_t k = 0; k < n; k++) {
			if (is_record_column(e, cols[k].name) ||
			    field_index(e, cols[k].name) >= 0 || is_besides(e->table, cols[k].name))
				continue;
			print_error("%s.%s belongs to no field\n", e->table, cols[k].name);
			extra++;
		}
	}
	assert_int_equal(extra, 0);
	assert_true(i >= 15);
	WORLD_OK(w, shape_check(&w->cx));
}

static err_t drop(struct conn *c, void *arg)
{
	return db_script(c, arg);
}

/* Each damage is named. */
static void test_shape_names_what_is_wrong(void **state)
{
	static const struct {
		const char *sql, *named;
	} damages[] = {
		{"alter table contact rename column wechat to wechta", "contact.wechat is missing"},
		{"alter table team rename column manager_id to manager",
	         "team.manager_id is missing"},
		{"drop table lead_fts", "there is no table lead_fts"},
		{"alter table activity rename to activities", "there is no table activity"},
	};
	struct world *w = *state;
	for (size_t i = 0; i < ARRAY_LEN(damages); i++) {
		struct errs e;
		errs_init(&e, w->a);
		char *sql = arena_strdup(w->a, damages[i].sql);
		ok_at(db_write(w->db, w->a, &e, drop, sql), &e, __FILE__, __LINE__);
		world_be(w, 0);
		assert_int_equal(shape_check(&w->cx), ERR_DB);
		if (!strstr(w->cx.e.log, damages[i].named))
			fail_msg("%s\nis not in %s", damages[i].named, w->cx.e.log);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_shape_of_every_table_is_exactly_its_entity,
	                                        world_open, world_close),
		cmocka_unit_test_setup_teardown(test_shape_names_what_is_wrong, world_open,
	                                        world_close),
	};
	return cmocka_run_group_tests_name("shape", tests, NULL, NULL);
}
