/* Access, throttle, settings and grants on a database of their own. */
#include "db/db_test.h"

#include <string.h>

#include "app/modules.h"

#include "base/hash.h"
#include "core/access.h"
#include "core/crud.h"
#include "core/event.h"
#include "core/roles.h"
#include "core/throttle.h"
#include "core/user_tables.h"

struct house {
	struct arena *a;
	struct db *db;
	struct ctx cx;
	i64 admin, sales;
};

static err_t add_people(struct ctx *cx, void *arg)
{
	struct house *h = arg;
	static char hash[128]; /* made once: it takes its time */
	if (!*hash)
		snprintf(hash, sizeof hash, "%s", password_hash(cx->a, "right and long"));
	static const struct {
		const char *login, *roles;
	} people[] = {{"admin", ",administrator,"}, {"sales", ",sales,"}};
	for (size_t i = 0; i < ARRAY_LEN(people); i++) {
		struct rec *r = rec_new(cx->a, &user_entity);
		rec_set(r, "login", vt(people[i].login));
		rec_set(r, "name", vt(people[i].login));
		rec_set(r, "roles", vt(people[i].roles));
		TRY(crud_insert(cx, r));
		TRY(access_put_password(cx, r->id, hash, false));
		*(i ? &h->sales : &h->admin) = r->id;
	}
	json_t *doc;
	static const char grants[] =
		"{\"format\":1,\"roles\":[{\"code\":\"administrator\",\"grants\":{\"user\":"
		"{\"read\":\"all\",\"update\":\"all\"},\"role\":{\"read\":\"all\",\"update\":\"all\"},"
		"\"setting\":{\"read\":\"all\",\"update\":\"all\"}}},{\"code\":\"sales\",\"grants\":"
		"{\"user\":{\"read\":\"own\"},\"token\":{\"create\":\"own\"}}}]}";
	TRY(json_parse(cx->a, &cx->e, grants, sizeof grants - 1, &doc));
	return roles_seed(cx, doc);
}

static int setup(void **state)
{
	struct arena *a = arena_new(256 * 1024 * 1024);
	struct house *h = ARENA_NEW(a, struct house);
	int applied;
	struct errs e;
	h->a = a;
	errs_init(&e, a);
	clock_freeze(1800000000LL * US_PER_SEC);
	registry_set(app_modules);
	assert_int_equal(db_open(fresh_url(a), NULL, &e, &h->db), 0);
	assert_int_equal(migrate_up(h->db, a, &e, migration_steps, &applied), 0);
	assert_int_equal(grants_start(h->db, &e), 0);
	assert_int_equal(settings_start(h->db), 0);
	assert_int_equal(ctx_begin(&h->cx, h->db, a, "test"), 0);
	h->cx.actor = actor_system();
	h->cx.ip = "10.0.0.9";
	assert_int_equal(ctx_write(&h->cx, add_people, h), 0);
	*state = h;
	return 0;
}

static int teardown(void **state)
{
	struct house *h = *state;
	ctx_end(&h->cx);
	db_close(h->db);
	clock_freeze(0);
	arena_free(h->a);
	return 0;
}

/* As a request begins: the present time, no error, nobody in particular. */
static struct ctx *again(struct house *h)
{
	errs_clear(&h->cx.e);
	h->cx.now = clock_now();
	h->cx.actor = actor_system();
	return &h->cx;
}

static void later(i64 us)
{
	clock_freeze(clock_now() + us);
}

static struct ctx *as(struct house *h, i64 id)
{
	struct ctx *cx = again(h);
	struct actor *ac;
	assert_int_equal(actor_load(cx, id, NULL, &ac), 0);
	cx->actor = ac;
	return cx;
}

static err_t log_in(struct house *h, const char *login, const char *password, struct login *out)
{
	*out = (struct login){.login = login, .password = password};
	return access_login(again(h), out);
}

static i64 count(struct house *h, const char *sql)
{
	i64 n = -1;
	assert_int_equal(db_one_i64(h->cx.c, sql, NO_ARGS, &n, NULL), 0);
	return n;
}

static void session_begins_and_ends(void **state)
{
	struct house *h = *state;
	struct login l;
	struct visitor v;
	assert_int_equal(log_in(h, " SALES ", "right and long", &l), 0); /* folded like a name */
	assert_int_equal(l.user_id, h->sales);
	assert_int_equal(access_by_session(again(h), l.secret, &v), 0);
	assert_string_equal(v.actor->login, "sales");
	assert_string_equal(v.csrf, l.csrf);
	/* The secret itself is nowhere in the database. */
	assert_int_equal(db_one_i64(h->cx.c, "select count(*) from session where token_hash = ?",
	                            ARGS(vt(l.secret)), &(i64){0}, NULL),
	                 0);
	assert_int_equal(count(h, "select count(*) from session"), 1);
	assert_int_equal(count(h, "select count(*) from event where kind = 'session.started'"), 1);
	h->cx.actor = v.actor;
	assert_int_equal(access_logout(&h->cx, &v), 0);
	assert_int_equal(access_by_session(again(h), l.secret, &v), ERR_UNAUTHENTICATED);
}

static void session_idles_out_and_ages_out(void **state)
{
	struct house *h = *state;
	struct login l;
	struct visitor v;
	assert_int_equal(log_in(h, "sales", "right and long", &l), 0);
	later(11 * US_PER_HOUR);
	assert_int_equal(access_by_session(again(h), l.secret, &v), 0);
	assert_true(v.stale);
	assert_int_equal(access_touch(&h->cx, &v), 0);
	assert_int_equal(access_by_session(again(h), l.secret, &v), 0);
	assert_false(v.stale);
	later(11 * US_PER_HOUR);
	assert_int_equal(access_by_session(again(h), l.secret, &v), 0);
	later(2 * US_PER_HOUR);
	assert_int_equal(access_by_session(again(h), l.secret, &v), ERR_UNAUTHENTICATED);
	/* Used every few hours it still ends after its thirty days. */
	assert_int_equal(log_in(h, "sales", "right and long", &l), 0);
	for (int i = 0; i < 30 * 3 - 1; i++) {
		later(8 * US_PER_HOUR);
		assert_int_equal(access_by_session(again(h), l.secret, &v), 0);
		assert_int_equal(access_touch(&h->cx, &v), 0);
	}
	later(8 * US_PER_HOUR + 1);
	assert_int_equal(access_by_session(again(h), l.secret, &v), ERR_UNAUTHENTICATED);
}

static void guessing_is_throttled_and_forgotten(void **state)
{
	struct house *h = *state;
	struct login l;
	for (int i = 0; i < 10; i++)
		assert_int_equal(log_in(h, "sales", "wrong", &l), ERR_LOGIN);
	assert_int_equal(log_in(h, "sales", "right and long", &l), ERR_THROTTLED);
	assert_int_equal(log_in(h, "admin", "right and long", &l),
	                 0); /* others are not locked out */
	later(15 * US_PER_MIN + 1);
	assert_int_equal(log_in(h, "sales", "right and long", &l), 0);
	/* A good one forgets the bad ones before it. */
	for (int i = 0; i < 9; i++)
		assert_int_equal(log_in(h, "sales", "wrong", &l), ERR_LOGIN);
	assert_int_equal(log_in(h, "sales", "right and long", &l), 0);
	assert_int_equal(log_in(h, "sales", "wrong", &l), ERR_LOGIN);
	assert_int_equal(count(h, "select count(*) from event where kind = 'session.refused'"), 20);
}

static void throttle_counts_within_its_window(void **state)
{
	struct house *h = *state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(throttle_take(again(h), "k", 3, US_PER_MIN), 0);
	assert_int_equal(throttle_take(again(h), "k", 3, US_PER_MIN), ERR_THROTTLED);
	assert_string_equal(h->cx.e.params[0].value, "60");
	assert_int_equal(throttle_take(again(h), "other", 3, US_PER_MIN), 0);
	assert_int_equal(throttle_give_back(again(h), "k"), 0);
	assert_int_equal(throttle_take(again(h), "k", 3, US_PER_MIN), 0);
	assert_int_equal(throttle_take(again(h), "k", 3, US_PER_MIN), ERR_THROTTLED);
	later(US_PER_MIN);
	assert_int_equal(throttle_take(again(h), "k", 3, US_PER_MIN), 0);
	assert_int_equal(throttle_clear(again(h), "k"), 0);
	assert_int_equal(count(h, "select count(*) from throttle where key = 'k'"), 0);
}

static err_t disable(struct ctx *cx, void *arg)
{
	struct rec *before;
	TRY(crud_load(cx, &user_entity, *(i64 *)arg, &before));
	struct rec *now = rec_copy(cx->a, before);
	rec_set(now, "active", vi(0));
	return crud_store(cx, before, now);
}

static void disabled_user_is_out_at_once(void **state)
{
	struct house *h = *state;
	struct login l;
	struct visitor v;
	i64 token;
	const char *secret;
	assert_int_equal(log_in(h, "sales", "right and long", &l), 0);
	assert_int_equal(access_token_create(again(h), h->sales, "t", NULL, 0, &token, &secret), 0);
	assert_int_equal(access_by_token(again(h), secret, &v), 0);
	assert_int_equal(ctx_write(as(h, h->admin), disable, &h->sales), 0);
	assert_int_equal(count(h, "select count(*) from session"), 0);
	assert_int_equal(access_by_session(again(h), l.secret, &v), ERR_UNAUTHENTICATED);
	assert_int_equal(access_by_token(again(h), secret, &v), ERR_UNAUTHENTICATED);
	assert_int_equal(log_in(h, "sales", "right and long", &l), ERR_LOGIN);
	/* Somebody must be left who can let others in. */
	assert_int_equal(ctx_write(as(h, h->admin), disable, &h->admin), ERR_INVALID);
	assert_string_equal(h->cx.e.fields[0].field, "active");
}

static void password_is_checked_and_ends_other_sessions(void **state)
{
	struct house *h = *state;
	struct login one, two;
	struct visitor v;
	assert_int_equal(log_in(h, "sales", "right and long", &one), 0);
	assert_int_equal(log_in(h, "sales", "right and long", &two), 0);
	static const char *const weak[] = {"short", "password123", "PASSWORD123", "12345678", ""};
	for (size_t i = 0; i < ARRAY_LEN(weak); i++) {
		assert_int_equal(access_by_session(again(h), one.secret, &v), 0);
		h->cx.actor = v.actor;
		assert_int_equal(access_change_password(&h->cx, &v, "right and long", weak[i]),
		                 ERR_INVALID);
		assert_int_equal(h->cx.e.fields[0].code, ERR_WEAK_PASSWORD);
	}
	assert_int_equal(access_by_session(again(h), one.secret, &v), 0);
	h->cx.actor = v.actor;
	assert_int_equal(access_change_password(&h->cx, &v, "not it", "long enough now"),
	                 ERR_INVALID);
	assert_string_equal(h->cx.e.fields[0].field, "old_password");
	assert_int_equal(access_by_session(again(h), one.secret, &v), 0);
	h->cx.actor = v.actor;
	assert_int_equal(access_change_password(&h->cx, &v, "right and long", "long enough now"),
	                 0);
	assert_int_equal(access_by_session(again(h), one.secret, &v), 0);
	assert_int_equal(access_by_session(again(h), two.secret, &v), ERR_UNAUTHENTICATED);
	assert_int_equal(log_in(h, "sales", "right and long", &two), ERR_LOGIN);
	assert_int_equal(log_in(h, "sales", "long enough now", &two), 0);
	assert_false(two.must_change);
	/* An administrator's choice is for one log-in. */
	assert_int_equal(access_reset_password(as(h, h->admin), h->sales, "given by another"), 0);
	assert_int_equal(log_in(h, "sales", "given by another", &two), 0);
	assert_true(two.must_change);
	assert_int_equal(access_reset_password(as(h, h->sales), h->admin, "given by another"),
	                 ERR_FORBIDDEN);
}

static void token_narrows_and_ends(void **state)
{
	struct house *h = *state;
	struct visitor v;
	i64 id;
	const char *secret;
	assert_int_equal(access_token_create(again(h), h->admin, "n", "user.read",
	                                     clock_now() + US_PER_HOUR, &id, &secret),
	                 0);
	assert_int_equal(access_by_token(again(h), secret, &v), 0);
	assert_int_equal(actor_scope(v.actor, "user.read"), SCOPE_ALL);
	assert_int_equal(actor_scope(v.actor, "user.update"), SCOPE_NONE);
	assert_int_equal(access_by_token(again(h), "tripod_nonsense", &v), ERR_UNAUTHENTICATED);
	later(US_PER_HOUR);
	assert_int_equal(access_by_token(again(h), secret, &v), ERR_UNAUTHENTICATED);
	assert_int_equal(access_token_create(again(h), h->admin, "x", "moon.read", 0, &id, &secret),
	                 ERR_INVALID);
	assert_int_equal(
		access_token_create(again(h), h->admin, "x", "user, *.read", 0, &id, &secret), 0);
	assert_int_equal(access_by_token(again(h), secret, &v), 0);
	assert_int_equal(actor_scope(v.actor, "setting.read"), SCOPE_ALL);
	assert_int_equal(actor_scope(v.actor, "setting.update"), SCOPE_NONE);
	assert_int_equal(access_token_revoke(as(h, h->sales), h->sales, id), ERR_NOT_FOUND);
	assert_int_equal(access_token_revoke(as(h, h->admin), h->admin, id), 0);
	assert_int_equal(access_by_token(again(h), secret, &v), ERR_UNAUTHENTICATED);
}

static json_t *parse(struct house *h, const char *text)
{
	json_t *j;
	assert_int_equal(json_parse(h->a, &h->cx.e, text, strlen(text), &j), 0);
	return j;
}

static void settings_keep_their_bounds(void **state)
{
	struct house *h = *state;
	assert_int_equal(setting_i64(again(h), "session.idle_hours"), 12);
	assert_int_equal(settings_patch(as(h, h->admin), parse(h, "{\"session.idle_hours\":2}")),
	                 0);
	assert_int_equal(setting_i64(again(h), "session.idle_hours"), 2);
	/* All or nothing, and every fault named. */
	assert_int_equal(
		settings_patch(as(h, h->admin), parse(h, "{\"session.idle_hours\":3,\"nope\":1,"
	                                                 "\"password.min_length\":1000}")),
		ERR_INVALID);
	assert_int_equal(h->cx.e.n_fields, 2);
	assert_int_equal(setting_i64(again(h), "session.idle_hours"), 2);
	assert_int_equal(settings_patch(as(h, h->sales), parse(h, "{\"session.idle_hours\":4}")),
	                 ERR_FORBIDDEN);
	assert_int_equal(settings_patch(as(h, h->admin), parse(h, "{\"session.idle_hours\":null}")),
	                 0);
	assert_int_equal(setting_i64(again(h), "session.idle_hours"), 12);
	assert_int_equal(count(h, "select count(*) from event where kind = 'setting.changed'"), 2);
	/* What an older version left behind and no longer fits counts as absent. */
	assert_string_equal(setting_text(again(h), "demo.password"), "");
}

static void grants_change_at_once_and_keep_the_door_open(void **state)
{
	struct house *h = *state;
	assert_int_equal(actor_scope(as(h, h->sales)->actor, "user.update"), SCOPE_NONE);
	assert_int_equal(
		roles_patch(as(h, h->admin), parse(h, "{\"sales\":{\"user.update\":\"own\"}}")), 0);
	assert_int_equal(actor_scope(as(h, h->sales)->actor, "user.update"), SCOPE_OWN);
	assert_int_equal(
		roles_patch(as(h, h->admin), parse(h, "{\"sales\":{\"user.update\":\"none\"}}")),
		0);
	assert_int_equal(actor_scope(as(h, h->sales)->actor, "user.update"), SCOPE_NONE);
	static const char *const bad[] = {
		"{\"pope\":{\"user.read\":\"all\"}}",
		"{\"sales\":{\"moon.read\":\"all\"}}",
		"{\"sales\":{\"user.read\":\"some\"}}",
		"{\"administrator\":{\"role.update\":\"none\"}}",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(roles_patch(as(h, h->admin), parse(h, bad[i])), ERR_INVALID);
	assert_int_equal(roles_patch(as(h, h->sales), parse(h, "{}")), ERR_FORBIDDEN);
	assert_int_equal(actor_scope(as(h, h->admin)->actor, "role.update"), SCOPE_ALL);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(session_begins_and_ends),
		TEST(session_idles_out_and_ages_out),
		TEST(guessing_is_throttled_and_forgotten),
		TEST(throttle_counts_within_its_window),
		TEST(disabled_user_is_out_at_once),
		TEST(password_is_checked_and_ends_other_sessions),
		TEST(token_narrows_and_ends),
		TEST(settings_keep_their_bounds),
		TEST(grants_change_at_once_and_keep_the_door_open),
	};
	hash_init();
	event_check_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
