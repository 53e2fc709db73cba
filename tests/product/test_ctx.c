/* Writing by a context: what is durable is answered as done. */
#include "product/world.h"

#include "core/event.h"
#include "core/user_tables.h"

enum { POOL = 4 };

struct busy {
	struct ctx *cx;
	struct conn *taken[POOL];
	int n;
};

/* A write, while others take every connection that readers may have. */
static err_t write_while_all_read(struct ctx *cx, void *arg)
{
	struct busy *b = arg;
	struct errs e;
	errs_init(&e, cx->a);
	event_not_needed(cx, "a test writes");
	TRY(db_exec(cx->c, "update team set name = 'after' where id = 1", NO_ARGS, NULL));
	while (b->n < POOL && !db_acquire(cx->db, cx->a, &e, &b->taken[b->n]))
		b->n++;
	return ERR_OK;
}

static void test_durable_write_is_done_though_the_pool_is_empty(void **state)
{
	struct world *w = *state;
	struct arena *a = arena_new(1 << 20);
	struct errs e;
	struct db *db;
	struct ctx cx;
	struct busy b = {0};
	const char *name;
	errs_init(&e, a);
	world_be(w, 0);
	world_add(w, &team_entity, "{\"name\":\"before\",\"code\":\"t\"}");
	WORLD_OK(w, db_open(w->url, &(struct db_options){.pool_max = POOL, .busy_timeout_ms = 50},
	                    &e, &db));
	WORLD_OK(w, ctx_begin(&cx, db, a, "api"));
	cx.actor = actor_system();
	ok_at(ctx_write(&cx, write_while_all_read, &b), &cx.e, __FILE__, __LINE__);
	assert_true(b.n >= POOL - 1);
	ok_at(db_one_text(cx.c, "select name from team where id = 1", NO_ARGS, &name), &cx.e,
	      __FILE__, __LINE__);
	assert_string_equal(name, "after");
	/* And it gives back what it took: a second write finds its connection. */
	while (b.n)
		db_release(b.taken[--b.n]);
	ok_at(ctx_write(&cx, write_while_all_read, &b), &cx.e, __FILE__, __LINE__);
	while (b.n)
		db_release(b.taken[--b.n]);
	ctx_end(&cx);
	db_close(db);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durable_write_is_done_though_the_pool_is_empty),
	};
	return cmocka_run_group_tests_name("ctx", tests, world_open, world_close);
}
