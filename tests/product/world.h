/* World: a whole product without HTTP for tests — database of the engine under test, migrated and
 * seeded as the program does it, people who act in it.
 *
 *	struct world *w = *state;
 *	i64 zhang = world_user(w, "zhang", "sales", 0);
 *	world_be(w, zhang);
 *	i64 a = world_add(w, &account_entity, "{\"name\":\"恒力\"}");
 *	json_t *page = world_list(w, &(struct list_query){.e = &account_entity});
 *
 * TRIPOD_TEST_ENGINE says which engine, as in tests/db. */
#ifndef TRIPOD_WORLD_H
#define TRIPOD_WORLD_H

#include "db/db_test.h"

#include "core/actor.h"
#include "core/crud.h"
#include "core/list.h"

struct world {
	struct arena *a;       /* as long as the world */
	struct arena *request; /* since the last world_be() */
	struct db *db;
	const char *url;
	struct ctx cx;
};

/* cmocka set-up and tear-down: *state is a new world, acting as the system. */
int world_open(void **state);
int world_close(void **state);

/* A new request as this user, 0 = the system: what was read before is forgotten. */
void world_be(struct world *w, i64 user);
/* Adds a user; roles "sales,csm". Acts as the system while doing so. */
i64 world_user(struct world *w, const char *login, const char *roles, i64 team);
/* The id of a new record, made by whoever acts now; a refusal fails the test. */
i64 world_add(struct world *w, const struct entity *e, const char *json);
/* {"items":[…],"next":…} */
json_t *world_list(struct world *w, const struct list_query *lq);
json_t *world_json(struct world *w, struct jw *written);

/* Straight into the database, without an event. */
void world_sql(struct world *w, const char *sql, struct args a);
i64 world_number(struct world *w, const char *sql, struct args a);

/* The code is expected; what was recorded is cleared. */
#define WORLD_OK(w, expr) ok_at((expr), &(w)->cx.e, __FILE__, __LINE__)
#define WORLD_FAILS(w, want, expr) fails_at((expr), (want), &(w)->cx.e, __FILE__, __LINE__)

#endif
