/* Thousands of review verbs by random people, on random policies, while content changes and people
 * go away, come back, lose and get their place.  After every step a reference written here, which
 * knows nothing of the engine's rules, says whether "approved" is allowed and who may decide; the
 * log alone gives the state of the tables again. */
#include "unit/test.h"

#include <string.h>

#include "app/modules.h"
#include "base/text.h"
#include "product/world.h"
#include "review/engine.h"

enum { USERS = 9, ASKER = 0, ADMIN = 7, LOOKER = 8, PARTS = 3, STEPS = 2500, SEATS = 24 };
static const char *const roles[USERS] = {"sales", "sales",   "csm",           "csm",      "legal",
                                         "legal", "finance", "administrator", "executive"};
/* Who may decide reviews at all by the shipped roles: everybody but the executive. */

/* -- the subject -- */

static int content[PARTS];
static struct review_policy policy;
static struct review_seat_in asked[6];

static const char *hash_of(struct arena *a, int part)
{
	return arena_printf(a, "content %d of part %d", content[part], part);
}

static err_t look(struct ctx *cx, struct review_in *in)
{
	struct review_part *p = ARENA_ARRAY(cx->a, PARTS, struct review_part);
	for (int i = 0; i < PARTS; i++)
		p[i] = (struct review_part){.key = arena_printf(cx->a, "p%d", i),
		                            .label = "部分",
		                            .hash = hash_of(cx->a, i),
		                            .text = hash_of(cx->a, i)};
	in->parts = p;
	in->n = PARTS;
	in->policy = policy;
	in->about = (struct review_about){.title = {"随机评审", "A random review"}};
	return ERR_OK;
}

static i64 user_id[USERS];

static err_t may_ask(struct ctx *cx, i64 id, const char *key, bool *yes)
{
	(void)id;
	(void)key;
	*yes = cx->actor->id == user_id[ASKER];
	return ERR_OK;
}

static err_t may_see(struct ctx *cx, i64 id, const char *key, bool *yes)
{
	(void)cx;
	(void)id;
	(void)key;
	*yes = true;
	return ERR_OK;
}

static err_t places(struct ctx *cx, i64 id, const char *key, struct review_place **out, size_t *n)
{
	(void)id;
	(void)key;
	*out = ARENA_NEW(cx->a, struct review_place);
	**out = (struct review_place){"before", "之前"};
	*n = 1;
	return ERR_OK;
}

static const struct review_subject random_subject = {.entity = "random",
                                                     .label = L("随机", "Random"),
                                                     .look = look,
                                                     .may_ask = may_ask,
                                                     .may_see = may_see,
                                                     .places = places};
static const struct module random_module = {
	.name = "random",
	.review_subjects = (const struct review_subject *const[]){&random_subject, NULL}};

/* -- chance, the same every time -- */

static u64 seed;

static int chance(int n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (int)((seed >> 33) % (u64)n);
}

/* -- the reference: what was done, and what that allows -- */

static bool active[USERS];
static int stand_in[USERS]; /* -1: there */

struct ref_seat {
	int step, root, user; /* user -1: whoever holds the role */
	const char *role;
	int owner; /* the seat it was added to, -1 */
	bool part[PARTS];
	bool approved;
	int on[PARTS]; /* content it was approved on */
};

static struct {
	struct ref_seat seat[SEATS];
	int n;
	bool open;
} ref;

static bool present(int u)
{
	return active[u] && stand_in[u] < 0;
}

/* Follows who stands in for whom to somebody who is not away. */
static int last_of(int u)
{
	while (stand_in[u] >= 0)
		u = stand_in[u];
	return u;
}

static bool decides(int u)
{
	return active[u] && u != LOOKER;
}

static bool sits(const struct ref_seat *s, int u)
{
	return s->user >= 0 ? s->user == u : active[u] && !strcmp(roles[u], s->role);
}

static bool barred(int u)
{
	return policy.not_asker && u == ASKER;
}

/* By oneself or as the one who stands in. */
static bool may_regularly(const struct ref_seat *s, int u)
{
	if (!decides(u) || barred(u))
		return false;
	for (int v = 0; v < USERS; v++)
		if (sits(s, v) && (u == v || (stand_in[v] >= 0 && last_of(v) == u && !barred(v))))
			return true;
	return false;
}

static bool somebody_is_there(const struct ref_seat *s)
{
	for (int u = 0; u < USERS; u++)
		if (may_regularly(s, u) && (present(u) || !sits(s, u)))
			return true;
	return false;
}

static bool may(const struct ref_seat *s, int u)
{
	return may_regularly(s, u) ||
	       (!somebody_is_there(s) && u == ADMIN && active[ADMIN] && !barred(ADMIN));
}

static bool good(int i)
{
	const struct ref_seat *s = &ref.seat[i];
	for (int p = 0; p < PARTS; p++)
		if (s->part[p] && s->on[p] != content[p])
			return false;
	for (int k = 0; k < ref.n; k++)
		if (ref.seat[k].owner == i && !good(k))
			return false;
	return s->approved;
}

static bool allowed(void)
{
	for (int step = 1; step <= 6; step++) {
		int seats = 0, agreed = 0;
		for (int i = 0; i < ref.n; i++)
			if (ref.seat[i].owner < 0 && ref.seat[i].step == step) {
				seats++;
				agreed += good(i);
			}
		if (seats && agreed < (policy.any ? 1 : seats))
			return false;
	}
	return true;
}

/* -- the engine beside it -- */

static struct world *w;
static i64 subject, now_us;

static void be(int u)
{
	world_be(w, u < 0 ? 0 : user_id[u]);
	w->cx.now = now_us;
}

static int index_of(i64 id)
{
	for (int u = 0; u < USERS; u++)
		if (user_id[u] == id)
			return u;
	return -1;
}

static struct review *newest(void)
{
	struct review *rv;
	WORLD_OK(w, review_latest(&w->cx, "random", subject, "", &rv));
	return rv;
}

static err_t ask_job(struct ctx *cx, void *arg)
{
	struct review_in in = {.entity = "random", .id = subject, .key = ""};
	TRY(look(cx, &in));
	return review_ask(cx, &in, NULL, arg);
}

static err_t sync_job(struct ctx *cx, void *arg)
{
	struct review_in in = {.entity = "random", .id = subject, .key = ""};
	(void)arg;
	event_not_needed(cx, "nothing may have changed");
	TRY(look(cx, &in));
	return review_sync(cx, &in);
}

/* A round begins: those whose approval stood in a returned one keep it. */
static void ref_ask(const struct review *rv)
{
	ref.n = (int)policy.n;
	ref.open = true;
	for (int i = 0; i < ref.n; i++) {
		const struct review_seat_in *in = &asked[i];
		struct ref_seat *s = &ref.seat[i];
		bool kept = rv->seats[i].carried != 0;
		/* What is kept must have been good, and was not what sent it back. */
		if (kept)
			assert_true(good(i));
		*s = (struct ref_seat){.step = in->step,
		                       .owner = -1,
		                       .user = in->role ? -1 : index_of(in->user_id),
		                       .role = in->role,
		                       .approved = kept};
		for (int p = 0; p < PARTS; p++) {
			s->part[p] = !in->parts || in->parts >> p & 1;
			s->on[p] = content[p];
		}
	}
}

static void begin(void)
{
	static const char *const some[] = {"sales", "csm", "legal", "finance"};
	i64 id;
	subject++;
	memset(&ref, 0, sizeof ref);
	policy = (struct review_policy){.any = chance(2),
	                                .not_asker = chance(4) == 0,
	                                .withdraw_open = chance(2),
	                                .seats = asked,
	                                .n = (size_t)chance(4) + 1};
	bool ordered = chance(2);
	for (size_t i = 0; i < policy.n; i++) {
		bool role = chance(2);
		asked[i] = (struct review_seat_in){
			.role = role ? some[chance(4)] : NULL,
			.user_id = role ? 0 : user_id[(i * 2 + (size_t)chance(2)) % 8],
			.step = ordered ? (int)i + 1 - chance(2) : 1,
			.parts = (u32)chance(8)};
		asked[i].step = asked[i].step < 1 ? 1 : asked[i].step;
	}
	be(ASKER);
	WORLD_OK(w, ctx_write(&w->cx, ask_job, &id));
	ref_ask(newest());
}

/* -- acts -- */

static bool pending(const struct review *rv, int i)
{
	return rv->state == REVIEW_OPEN && rv->seats[i].state == SEAT_PENDING;
}

static bool synced(const struct review *rv)
{
	for (int p = 0; p < PARTS; p++)
		if (!text_eq(rv->parts[p].hash, hash_of(w->cx.a, p)))
			return false;
	return true;
}

static void refused(err_t rc)
{
	static const enum err_code words[] = {ERR_NOT_REVIEWER, ERR_CONFLICT,  ERR_INVALID,
	                                      ERR_FORBIDDEN,    ERR_THROTTLED, ERR_STALE_APPROVAL,
	                                      ERR_NOT_FOUND};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (rc == (err_t)words[i]) {
			errs_clear(&w->cx.e);
			return;
		}
	WORLD_OK(w, rc);
}

static void approve(int u, struct review *rv, int i)
{
	struct review_verdict v = {.review_id = rv->id, .seat = i + 1, .text = "同意"};
	bool blocked = review_blocked(rv, &rv->seats[i]), was = pending(rv, i), up = synced(rv);
	err_t rc = review_approve(&w->cx, &v);
	if (!rc) {
		assert_true(was && up && !blocked);
		assert_true(may(&ref.seat[i], u));
		ref.seat[i].approved = true;
		memcpy(ref.seat[i].on, content, sizeof content);
		return;
	}
	/* Whoever may and is asked gets through. */
	assert_false(was && up && !blocked && may(&ref.seat[i], u));
	refused(rc);
}

static void give_back(int u, struct review *rv, int i)
{
	struct review_verdict v = {.review_id = rv->id,
	                           .seat = i + 1,
	                           .text = chance(3) ? "要改" : NULL,
	                           .to = chance(3)   ? NULL
	                                 : chance(2) ? "before"
	                                             : "nowhere"};
	err_t rc = review_return(&w->cx, &v);
	if (rc) {
		refused(rc);
		return;
	}
	assert_true(may(&ref.seat[i], u));
	ref.seat[i].approved = false;
	ref.open = false;
}

static void add(int u, struct review *rv, int i)
{
	static const char *const where[] = {"before", "after", "parallel"};
	int to = chance(USERS), k = chance(3);
	struct review_addition ad = {
		.review_id = rv->id, .seat = i + 1, .place = where[k], .user_id = user_id[to]};
	if (ref.n == SEATS)
		return;
	err_t rc = review_add(&w->cx, &ad);
	if (rc) {
		refused(rc);
		return;
	}
	assert_true(may(&ref.seat[i], u) && decides(to) && !barred(to));
	struct ref_seat *s = &ref.seat[ref.n++];
	*s = ref.seat[i];
	s->user = to;
	s->role = NULL;
	s->approved = false;
	s->owner = k == 2 ? ref.seat[i].owner : i;
}

static void hand_over(int u, struct review *rv, int i)
{
	int to = chance(USERS);
	err_t rc = review_hand_over(&w->cx, rv->id, i + 1, user_id[to], NULL);
	if (rc) {
		refused(rc);
		return;
	}
	assert_true(may(&ref.seat[i], u) && decides(to) && !barred(to));
	ref.seat[i].user = to;
}

static void withdraw(int u, struct review *rv)
{
	err_t rc = review_withdraw(&w->cx, rv->id, NULL);
	if (rc) {
		refused(rc);
		return;
	}
	assert_true(u == ASKER || u == ADMIN);
	ref.open = false;
	for (int i = 0; i < ref.n; i++)
		ref.seat[i].approved = false;
}

static void opine(struct review *rv, int i)
{
	struct opinion_in in = {.review_id = rv->id,
	                        .seat = i + 1,
	                        .part = chance(2) ? "p1" : NULL,
	                        .text = "这里要改",
	                        .severity = chance(2) ? "must_fix" : "advice"};
	refused(review_opine(&w->cx, &in));
}

static void resolve(struct review *rv)
{
	if (rv->n_opinions)
		refused(review_resolve(&w->cx, rv->id, rv->opinions[chance((int)rv->n_opinions)].no,
		                       "已改"));
}

static void ask_again(int u, struct review *rv)
{
	i64 id;
	bool standing = rv->state == REVIEW_APPROVED;
	err_t rc = review_ask_again(&w->cx, rv->id, NULL, &id);
	if (rc) {
		refused(rc);
		return;
	}
	assert_true(u == ASKER && rv->state != REVIEW_OPEN);
	struct review *next = newest();
	for (size_t i = 0; i < next->n; i++)
		if (next->seats[i].carried)
			assert_false(standing || rv->state == REVIEW_WITHDRAWN);
	ref_ask(next);
}

static void change_content(void)
{
	content[chance(PARTS)] = chance(3);
	/* Sometimes whoever changes it forgets to tell. */
	if (chance(5))
		WORLD_OK(w, ctx_write(&w->cx, sync_job, NULL));
}

static void change_people(void)
{
	int u = chance(USERS);
	be(-1);
	if (chance(2)) {
		if (u == ADMIN || u == ASKER)
			return;
		active[u] = !active[u];
		world_sql(w, "update app_user set active = ? where id = ?",
		          ARGS(vi(active[u]), vi(user_id[u])));
	} else if (stand_in[u] >= 0) {
		stand_in[u] = -1;
		world_sql(w, "delete from absence where user_id = ?", ARGS(vi(user_id[u])));
	} else if (u + 1 < USERS) {
		stand_in[u] = u + 1 + chance(USERS - u - 1);
		world_sql(w,
		          "insert into absence(created_at, updated_at, user_id, starts_on, ends_on,"
		          " substitute_id) values (1, 1, ?, '2000-01-01', '2099-12-31', ?)",
		          ARGS(vi(user_id[u]), vi(user_id[stand_in[u]])));
	}
}

/* -- what must hold after every step -- */

static void check_approved(void)
{
	bool yes;
	WORLD_OK(w, review_is_approved(&w->cx, "random", subject, "", &yes));
	if (yes)
		assert_true(allowed());
}

/* Open: somebody is asked, and each who is asked is a person who can act. */
static void check_way_out(const struct review *rv)
{
	int asked_now = 0;
	if (rv->state != REVIEW_OPEN)
		return;
	for (size_t i = 0; i < rv->n; i++) {
		struct decider *d;
		size_t n, found = 0;
		if (rv->seats[i].state != SEAT_PENDING)
			continue;
		asked_now++;
		WORLD_OK(w, seat_deciders(&w->cx, rv, &rv->seats[i], &d, &n));
		for (int u = 0; u < USERS; u++)
			found += may(&ref.seat[i], u);
		assert_true(found > 0);
		assert_int_equal(n, found);
		for (size_t k = 0; k < n; k++)
			assert_true(may(&ref.seat[i], index_of(d[k].user_id)));
	}
	assert_true(asked_now > 0);
}

#define SAME(a, b, field) assert_int_equal((a)->field, (b)->field)
#define SAME_TEXT(a, b, field) assert_true(text_eq((a)->field, (b)->field))

static void same_seat(const struct review *rv, const struct seat *a, const struct seat *b)
{
	SAME(a, b, no);
	SAME(a, b, step);
	SAME(a, b, state);
	SAME(a, b, place);
	SAME(a, b, anchor);
	SAME(a, b, parts);
	SAME(a, b, user_id);
	SAME(a, b, decided_at);
	SAME(a, b, decided_by);
	SAME(a, b, behalf_id);
	SAME(a, b, added_by);
	SAME(a, b, handed_by);
	SAME(a, b, handed_from);
	SAME(a, b, carried);
	SAME_TEXT(a, b, who);
	SAME_TEXT(a, b, role);
	SAME_TEXT(a, b, text);
	for (size_t i = 0; i < rv->n_parts; i++)
		assert_true(
			text_eq(a->hashes ? a->hashes[i] : NULL, b->hashes ? b->hashes[i] : NULL));
}

/* The log of the thread alone gives what the tables hold. */
static void check_replay(const struct review *rv)
{
	struct rows *r;
	struct review *log = ARENA_NEW(w->cx.a, struct review);
	WORLD_OK(w, db_query(w->cx.c,
	                     "select e.kind, e.payload, e.actor_id, e.occurred_at from event e"
	                     " join review t on t.id = e.entity_id where e.entity = 'review'"
	                     " and t.thread_id = ? order by e.seq",
	                     ARGS(vi(rv->thread_id)), &r));
	while (rows_next(r)) {
		json_t *p;
		WORLD_OK(w, json_parse(w->cx.a, &w->cx.e, rows_text(r, 1), rows_len(r, 1), &p));
		review_apply(w->cx.a, log, rows_dup(r, 0), p, rows_i64(r, 2), rows_i64(r, 3));
	}
	WORLD_OK(w, rows_done(r));
	SAME(log, rv, round);
	SAME(log, rv, state);
	SAME(log, rv, any);
	SAME(log, rv, not_asker);
	SAME(log, rv, withdraw_open);
	SAME(log, rv, asked_by);
	SAME(log, rv, asked_at);
	SAME(log, rv, ended_at);
	SAME(log, rv, urged_at);
	SAME(log, rv, n_parts);
	SAME(log, rv, n);
	SAME(log, rv, n_opinions);
	SAME_TEXT(log, rv, returned_to);
	SAME_TEXT(log, rv, returned_text);
	for (size_t i = 0; i < rv->n_parts; i++)
		SAME_TEXT(&log->parts[i], &rv->parts[i], hash);
	for (size_t i = 0; i < rv->n; i++)
		same_seat(rv, &log->seats[i], &rv->seats[i]);
	for (size_t i = 0; i < rv->n_opinions; i++) {
		const struct opinion *a = &log->opinions[i], *b = &rv->opinions[i];
		SAME(a, b, no);
		SAME(a, b, round);
		SAME(a, b, seat);
		SAME(a, b, author_id);
		SAME(a, b, must_fix);
		SAME(a, b, resolved_at);
		SAME(a, b, resolved_by);
		SAME_TEXT(a, b, text);
		SAME_TEXT(a, b, who);
	}
}

static void act(int u)
{
	struct review *rv = newest();
	int i = chance((int)rv->n), what = chance(100);
	/* Mostly on a seat that is asked. */
	for (int k = 0; k < 3 && !pending(rv, i); k++)
		i = chance((int)rv->n);
	if (what < 40)
		approve(u, rv, i);
	else if (what < 47)
		give_back(u, rv, i);
	else if (what < 55)
		add(u, rv, i);
	else if (what < 60)
		hand_over(u, rv, i);
	else if (what < 63)
		withdraw(u, rv);
	else if (what < 66)
		refused(review_urge(&w->cx, rv->id, NULL));
	else if (what < 71)
		opine(rv, i);
	else if (what < 78)
		resolve(rv);
	else if (what < 86)
		ask_again(u, rv);
	else
		change_content();
}

static const struct module *all_modules[80];

static void random_verbs_keep_the_policy(u64 begin_with)
{
	size_t n = 0;
	int approved = 0;
	for (; app_modules[n]; n++)
		all_modules[n] = app_modules[n];
	all_modules[n] = &random_module;
	all_modules[n + 1] = NULL;
	registry_set(all_modules);
	seed = begin_with;
	subject = 0;
	now_us = w->cx.now;
	for (int u = 0; u < USERS; u++) {
		active[u] = true;
		stand_in[u] = -1;
		user_id[u] = world_user(w, arena_printf(w->a, "u%d", u), roles[u], 0);
	}
	begin();
	for (int step = 0; step < STEPS; step++) {
		now_us += (i64)chance(90) * US_PER_MIN;
		int u = chance(USERS);
		if (!chance(25))
			change_people();
		if (!active[u])
			continue;
		be(u);
		act(u);
		const struct review *rv = newest();
		approved += rv->state == REVIEW_APPROVED;
		check_approved();
		check_way_out(rv);
		if (!chance(20))
			check_replay(rv);
		if ((rv->state == REVIEW_APPROVED && !chance(12)) || rv->n > SEATS - 4 ||
		    !chance(150)) {
			check_replay(rv);
			begin();
		}
	}
	/* The walk came to what it is about. */
	assert_true(approved > STEPS / 50);
	assert_true(subject > 10);
}

static void test_random_verbs_never_reach_what_the_policy_forbids(void **state)
{
	w = *state;
	random_verbs_keep_the_policy(20260302);
}

static void test_random_verbs_with_another_seed(void **state)
{
	w = *state;
	random_verbs_keep_the_policy(77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_random_verbs_never_reach_what_the_policy_forbids, world_open,
			world_close),
		cmocka_unit_test_setup_teardown(test_random_verbs_with_another_seed, world_open,
	                                        world_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
