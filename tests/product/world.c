/* A product in one process, made as src/app makes it. */
#include "product/world.h"

#include <stdlib.h>
#include <string.h>

#include "app/modules.h"
#include "base/hash.h"
#include "base/log.h"
#include "core/event.h"
#include "core/user_tables.h"

int world_open(void **state)
{
	struct arena *a = arena_new(ARENA_REQUEST_MAX);
	struct world *w = ARENA_NEW(a, struct world);
	struct errs e;
	errs_init(&e, a);
	w->a = a;
	log_level_set(LOG_ERROR);
	hash_init();
	registry_set(app_modules);
	event_check_install();
	w->url = fresh_url(a);
	ok_at(db_open(w->url, NULL, &e, &w->db), &e, __FILE__, __LINE__);
	ok_at(app_prepare(w->db, a, &e, migration_steps), &e, __FILE__, __LINE__);
	*state = w;
	world_be(w, 0);
	return 0;
}

int world_close(void **state)
{
	struct world *w = *state;
	ctx_end(&w->cx);
	arena_free(w->request);
	db_commit_check = NULL;
	db_close(w->db);
	arena_free(w->a);
	registry_set(no_modules);
	return 0;
}

void world_be(struct world *w, i64 user)
{
	struct actor *ac = NULL;
	ctx_end(&w->cx);
	arena_free(w->request);
	w->request = arena_new(ARENA_REQUEST_MAX);
	WORLD_OK(w, ctx_begin(&w->cx, w->db, w->request, "api"));
	w->cx.actor = actor_system();
	if (user)
		WORLD_OK(w, actor_load(&w->cx, user, NULL, &ac));
	if (ac)
		w->cx.actor = ac;
}

struct add {
	const struct entity *e;
	json_t *body;
	i64 id;
};

static err_t add(struct ctx *cx, void *arg)
{
	struct add *j = arg;
	struct rec *r;
	TRY(crud_create_json(cx, j->e, j->body, &r));
	j->id = r->id;
	return ERR_OK;
}

i64 world_add(struct world *w, const struct entity *e, const char *json)
{
	struct add j = {.e = e};
	WORLD_OK(w, json_parse(w->cx.a, &w->cx.e, json, strlen(json), &j.body));
	err_t rc = ctx_write(&w->cx, add, &j);
	for (size_t i = 0; i < w->cx.e.n_fields; i++)
		print_error("%s: %s\n", w->cx.e.fields[i].field,
		            err_def(w->cx.e.fields[i].code)->name);
	WORLD_OK(w, rc);
	return j.id;
}

i64 world_user(struct world *w, const char *login, const char *roles, i64 team)
{
	world_be(w, 0);
	struct jw j = jw_new(w->cx.a, 4096);
	char *rest = arena_strdup(w->cx.a, roles);
	jw_obj(&j);
	jw_kstr(&j, "login", login);
	jw_kstr(&j, "name", login);
	if (team)
		jw_kint(&j, "team_id", team);
	jw_key(&j, "roles");
	jw_arr(&j);
	for (char *role; (role = strsep(&rest, ","));)
		jw_str(&j, role);
	jw_end_arr(&j);
	jw_end_obj(&j);
	return world_add(w, &user_entity, jw_done(&j));
}

json_t *world_json(struct world *w, struct jw *written)
{
	json_t *j = NULL;
	const char *text = jw_done(written);
	assert_non_null(text);
	WORLD_OK(w, json_parse(w->cx.a, &w->cx.e, text, strlen(text), &j));
	return j;
}

json_t *world_list(struct world *w, const struct list_query *lq)
{
	struct jw out = jw_new(w->cx.a, 16 * 1024 * 1024);
	WORLD_OK(w, list_write(&w->cx, lq, &out));
	return world_json(w, &out);
}

static err_t run(struct ctx *cx, void *arg)
{
	struct one *o = arg;
	event_not_needed(cx, "a test prepares its ground");
	return db_exec(cx->c, o->sql, o->args, NULL);
}

void world_sql(struct world *w, const char *sql, struct args a)
{
	WORLD_OK(w, ctx_write(&w->cx, run, &(struct one){sql, a}));
}

i64 world_number(struct world *w, const char *sql, struct args a)
{
	i64 n = INT64_MIN;
	WORLD_OK(w, db_one_i64(w->cx.c, sql, a, &n, NULL));
	return n;
}
