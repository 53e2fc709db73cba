/* Scope against the rules of core/scope.h read plainly: random people, roles, grants, team trees,
 * account teams and owners; lists, totals, search, single records, the bin and the feed agree with
 * them for everybody. */
#include "product/world.h"

#include <string.h>

#include "core/event.h"
#include "core/feed.h"
#include "core/scope.h"
#include "core/search.h"
#include "core/set.h"
#include "domain/account/account.h"
#include "domain/lead/lead.h"
#include "domain/opportunity/opportunity.h"
#include "domain/work/work.h"
#include "unit/cases.h"

enum { ROUNDS = 200, USERS = 12, TEAMS = 6, ROLES = 5, PER_KIND = 24, THINGS = 8 * PER_KIND };
enum kind { ACCOUNT, CONTACT, LEAD, OPPORTUNITY, ACTIVITY, TASK, COMMENT, ATTACHMENT, KINDS };
enum act { READ, UPDATE, DELETE, ACTS };

static const char *const act_names[ACTS] = {"read", "update", "delete"};
static const char *const roles[ROLES] = {"sales", "sales_manager", "csm", "legal",
                                         "technical_lead"};

/* What is asked of the tables: owners, account, and the parents in the order of `via`. The last
 * two columns are the parent by name. */
static const struct {
	const char *name, *columns;
	const struct entity *e;
	bool searched;
} kinds[KINDS] = {
	[ACCOUNT] = {"account", "owner_id, 0, 0, 0, id, 0, 0, 0, '', 0", &account_entity, true},
	[CONTACT] = {"contact", "owner_id, 0, 0, 0, account_id, account_id, 0, 0, '', 0",
                     &contact_entity, true},
	[LEAD] = {"lead", "owner_id, 0, 0, 0, account_id, 0, 0, 0, '', 0", &lead_entity, true},
	[OPPORTUNITY] = {"opportunity",
                         "owner_id, sales_id, technical_id, csm_id, account_id, 0, 0, 0, '', 0",
                         &opportunity_entity, true},
	[ACTIVITY] = {"activity",
                      "owner_id, 0, 0, 0, account_id, account_id, opportunity_id, lead_id, '', 0",
                      NULL, true},
	[TASK] =
		{"task",
                 "owner_id, assignee_id, 0, 0, account_id, account_id, opportunity_id, lead_id, '', 0",
                 NULL, true},
	[COMMENT] = {"comment", "owner_id, 0, 0, 0, 0, 0, 0, 0, entity, entity_id", NULL, false},
	[ATTACHMENT] = {"attachment", "owner_id, 0, 0, 0, 0, 0, 0, 0, entity, entity_id", NULL,
                        false},
};

struct thing {
	enum kind kind;
	i64 id, owners[4], account, parents[3];
	enum kind parent_kind;
	i64 parent_id;
	bool deleted;
};

struct fuzz {
	struct world *w;
	struct dice d;
	i64 user[USERS], team[TEAMS], id[KINDS][PER_KIND];
	enum scope grant[ROLES][KINDS][ACTS];
	/* the tables, as read at the beginning of a round */
	struct thing thing[THINGS];
	size_t n;
	struct {
		i64 id, team, roles;
	} person[USERS];
	struct {
		i64 id, parent, manager;
		bool deleted;
	} node[TEAMS];
	bool member[PER_KIND][USERS]; /* of account_member, by index */
	/* who asks */
	size_t me;
	bool my_team[TEAMS];
};

static const struct entity *entity_of(enum kind k)
{
	return entity_by_name(kinds[k].name);
}

/* -- a house of random people and records -- */

static i64 pick(struct fuzz *f, const i64 *ids, size_t n)
{
	return roll_below(&f->d, 4) ? ids[roll_below(&f->d, n)] : 0;
}

static i64 insert(struct ctx *cx, const char *sql, struct args a)
{
	i64 id = 0;
	ok_at(db_insert(cx->c, sql, a, &id), &cx->e, __FILE__, __LINE__);
	return id;
}

static i64 insert_thing(struct ctx *cx, struct fuzz *f, enum kind k)
{
	struct val owner = vref(pick(f, f->user, USERS));
	i64 account = pick(f, f->id[ACCOUNT], PER_KIND), lead = pick(f, f->id[LEAD], PER_KIND);
	i64 opportunity = pick(f, f->id[OPPORTUNITY], PER_KIND);
	enum kind on = (enum kind)roll_below(&f->d, TASK + 1);
	i64 sure = f->id[ACCOUNT][roll_below(&f->d, PER_KIND)];
	i64 on_id = f->id[on][roll_below(&f->d, PER_KIND)];
#define T "(created_at, updated_at, "
	switch (k) {
	case ACCOUNT:
		return insert(cx,
		              "insert into account" T "name, name_key, owner_id)"
		              " values (1, 1, '共同客户', '', ?) returning id",
		              ARGS(owner));
	case CONTACT:
		return insert(cx,
		              "insert into contact" T "name, owner_id, account_id)"
		              " values (1, 1, '共同联系人', ?, ?) returning id",
		              ARGS(owner, vi(sure)));
	case LEAD:
		return insert(
			cx,
			"insert into lead" T "company_name, company_key, status, owner_id,"
			" account_id) values (1, 1, '共同线索', '', 'new', ?, ?) returning id",
			ARGS(owner, vref(account)));
	case OPPORTUNITY:
		return insert(cx,
		              "insert into opportunity" T
		              "name, owner_id, account_id, sales_id, technical_id, csm_id)"
		              " values (1, 1, '共同商机', ?, ?, ?, ?, ?) returning id",
		              ARGS(owner, vi(sure), vref(pick(f, f->user, USERS)),
		                   vref(pick(f, f->user, USERS)), vref(pick(f, f->user, USERS))));
	case ACTIVITY:
		return insert(
			cx,
			"insert into activity" T
			"kind, subject, happened_at, owner_id, account_id, opportunity_id, lead_id)"
			" values (1, 1, 'call', '共同活动', 1, ?, ?, ?, ?) returning id",
			ARGS(owner, vref(account), vref(opportunity), vref(lead)));
	case TASK:
		return insert(
			cx,
			"insert into task" T
			"title, state, owner_id, assignee_id, account_id, opportunity_id, lead_id)"
			" values (1, 1, '共同任务', 'open', ?, ?, ?, ?, ?) returning id",
			ARGS(owner, vref(pick(f, f->user, USERS)), vref(account), vref(opportunity),
		             vref(lead)));
	case COMMENT:
		return insert(cx,
		              "insert into comment" T "body, owner_id, entity, entity_id)"
		              " values (1, 1, '共同评论', ?, ?, ?) returning id",
		              ARGS(owner, vt(kinds[on].name), vi(on_id)));
	case ATTACHMENT:
		return insert(
			cx,
			"insert into attachment" T
			"name, file_hash, size, media_type, owner_id, entity, entity_id)"
			" values (1, 1, '共同文件', '', 1, 'text/plain', ?, ?, ?) returning id",
			ARGS(owner, vt(kinds[on].name), vi(on_id)));
	case KINDS: break;
	}
	return 0;
}

static err_t fill(struct ctx *cx, void *arg)
{
	struct fuzz *f = arg;
	event_not_needed(cx, "a test prepares its ground");
	for (int i = 0; i < TEAMS; i++)
		f->team[i] = insert(cx,
		                    "insert into team" T "name, parent_id, manager_id)"
		                    " values (1, 1, 'T', ?, ?) returning id",
		                    ARGS(vref(i ? pick(f, f->team, (size_t)i) : 0),
		                         vref(pick(f, f->user, USERS))));
	/* Contacts come after accounts and so on: what a kind refers to is there. */
	for (enum kind k = 0; k < KINDS; k++)
		for (int i = 0; i < PER_KIND; i++) {
			f->id[k][i] = insert_thing(cx, f, k);
			struct rec *r;
			TRY(crud_load(cx, entity_of(k), f->id[k][i], &r));
			TRY(crud_index(cx, r));
		}
	return ERR_OK;
}

static void new_grants(struct fuzz *f)
{
	struct world *w = f->w;
	struct errs e;
	errs_init(&e, w->a);
	for (size_t r = 0; r < ROLES; r++)
		for (size_t k = 0; k < KINDS; k++)
			for (size_t a = 0; a < ACTS; a++) {
				enum scope s = f->grant[r][k][a] =
					(enum scope)roll_below(&f->d, SCOPE_ALL + 1);
				const char *code = arena_printf(w->a, "%s.%s", kinds[k].name,
				                                act_names[a]);
				world_sql(
					w,
					"delete from role_grant where role = ? and permission = ?",
					ARGS(vt(roles[r]), vt(code)));
				world_sql(w,
				          "insert into role_grant(role, permission, scope) values"
				          " (?, ?, ?)",
				          ARGS(vt(roles[r]), vt(code), vt(scope_name(s))));
			}
	ok_at(grants_start(w->db, &e), &e, __FILE__, __LINE__);
}

static int open_house(void **state)
{
	int rc = world_open(state);
	struct world *w = *state;
	struct fuzz *f = ARENA_NEW(w->a, struct fuzz);
	f->w = w;
	f->d = (struct dice){2026};
	for (size_t i = 0; i < USERS; i++)
		f->user[i] = world_user(w, arena_printf(w->a, "user%zu", i), "sales", 0);
	world_be(w, 0);
	WORLD_OK(w, ctx_write(&w->cx, fill, f));
	*state = f;
	return rc;
}

static int close_house(void **state)
{
	void *w = ((struct fuzz *)*state)->w;
	return world_close(&w);
}

/* A few things happen between two rounds. */
static void stir(struct fuzz *f)
{
	struct world *w = f->w;
	struct dice *d = &f->d;
	for (int i = 0; i < 6; i++) {
		enum kind k = (enum kind)roll_below(d, KINDS);
		i64 id = f->id[k][roll_below(d, PER_KIND)];
		world_sql(w,
		          arena_printf(w->cx.a,
		                       "update %s set owner_id = ?, deleted_at = ? where id = ?",
		                       kinds[k].name),
		          ARGS(vref(pick(f, f->user, USERS)), vref(!roll_below(d, 4)), vi(id)));
	}
	i64 who = f->user[roll_below(d, USERS)], where = f->id[ACCOUNT][roll_below(d, PER_KIND)];
	world_sql(w, "delete from account_member where account_id = ? and user_id = ?",
	          ARGS(vi(where), vi(who)));
	if (roll_below(d, 3))
		world_sql(w,
		          "insert into account_member(account_id, user_id, role, added_at)"
		          " values (?, ?, 'sales', 1)",
		          ARGS(vi(where), vi(who)));
	i64 several = (i64)roll_below(d, 1 << ROLES);
	struct buf b = buf_new(w->cx.a, 1000);
	for (int r = 0; r < ROLES; r++)
		if (several >> r & 1)
			buf_printf(&b, ",%s", roles[r]);
	if (b.n)
		buf_putc(&b, ',');
	world_sql(w, "update app_user set roles = ?, team_id = ? where id = ?",
	          ARGS(vt(buf_str(&b)), vref(pick(f, f->team, TEAMS)),
	               vi(f->user[roll_below(d, USERS)])));
	size_t t = roll_below(d, TEAMS);
	world_sql(w, "update team set manager_id = ?, parent_id = ?, deleted_at = ? where id = ?",
	          ARGS(vref(pick(f, f->user, USERS)), vref(t ? pick(f, f->team, t) : 0),
	               vref(!roll_below(d, 5)), vi(f->team[t])));
}

/* -- the rules, read plainly -- */

static size_t index_of(const i64 *ids, size_t n, i64 id)
{
	size_t i = 0;
	while (i < n && ids[i] != id)
		i++;
	return i;
}

static enum kind kind_named(const char *name)
{
	enum kind k = 0;
	while (k < KINDS && strcmp(kinds[k].name, name) != 0)
		k++;
	return k;
}

static struct rows *ask(struct fuzz *f, const char *sql)
{
	struct rows *r;
	WORLD_OK(f->w, db_query(f->w->cx.c, sql, NO_ARGS, &r));
	return r;
}

static void read_people(struct fuzz *f)
{
	struct rows *r = ask(f, "select id, team_id, roles from app_user");
	while (rows_next(r)) {
		size_t i = index_of(f->user, USERS, rows_i64(r, 0));
		if (i == USERS)
			continue;
		f->person[i].id = rows_i64(r, 0);
		f->person[i].team = rows_i64(r, 1);
		f->person[i].roles = 0;
		for (int k = 0; k < ROLES; k++)
			if (set_has(rows_text(r, 2), roles[k]))
				f->person[i].roles |= 1 << k;
	}
	WORLD_OK(f->w, rows_done(r));
	r = ask(f, "select id, parent_id, manager_id, deleted_at is not null from team");
	while (rows_next(r)) {
		size_t i = index_of(f->team, TEAMS, rows_i64(r, 0));
		f->node[i].id = rows_i64(r, 0);
		f->node[i].parent = rows_i64(r, 1);
		f->node[i].manager = rows_i64(r, 2);
		f->node[i].deleted = rows_i64(r, 3);
	}
	WORLD_OK(f->w, rows_done(r));
	memset(f->member, 0, sizeof f->member);
	r = ask(f, "select account_id, user_id from account_member");
	while (rows_next(r))
		f->member[index_of(f->id[ACCOUNT], PER_KIND, rows_i64(r, 0))]
			 [index_of(f->user, USERS, rows_i64(r, 1))] = true;
	WORLD_OK(f->w, rows_done(r));
}

static void read_things(struct fuzz *f)
{
	f->n = 0;
	for (enum kind k = 0; k < KINDS; k++) {
		struct rows *r = ask(
			f, arena_printf(f->w->cx.a, "select id, %s, deleted_at is not null from %s",
		                        kinds[k].columns, kinds[k].name));
		while (rows_next(r)) {
			struct thing *t = &f->thing[f->n++];
			assert_true(f->n <= THINGS);
			*t = (struct thing){.kind = k, .id = rows_i64(r, 0)};
			for (int i = 0; i < 4; i++)
				t->owners[i] = rows_i64(r, 1 + i);
			t->account = rows_i64(r, 5);
			for (int i = 0; i < 3; i++)
				t->parents[i] = rows_i64(r, 6 + i);
			t->parent_kind = kind_named(rows_text(r, 9));
			t->parent_id = rows_i64(r, 10);
			t->deleted = rows_i64(r, 11);
		}
		WORLD_OK(f->w, rows_done(r));
	}
}

/* Teams one belongs to or leads, and all below; a dissolved team leads nowhere. */
static void find_my_teams(struct fuzz *f)
{
	memset(f->my_team, 0, sizeof f->my_team);
	for (int again = 0; again < TEAMS + 1; again++)
		for (size_t i = 0; i < TEAMS; i++) {
			size_t up = index_of(f->team, TEAMS, f->node[i].parent);
			bool mine = f->node[i].id == f->person[f->me].team ||
			            f->node[i].manager == f->person[f->me].id;
			if (!f->node[i].deleted && (mine || (up < TEAMS && f->my_team[up])))
				f->my_team[i] = true;
		}
}

static const struct thing *find(const struct fuzz *f, enum kind k, i64 id)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->thing[i].kind == k && f->thing[i].id == id)
			return &f->thing[i];
	return NULL;
}

static bool may(const struct fuzz *f, const struct thing *t, enum act act);

static bool sees_parent(const struct fuzz *f, enum kind k, i64 id)
{
	const struct thing *p = id ? find(f, k, id) : NULL;
	return p && !p->deleted && may(f, p, READ);
}

/* Whatever state the thing itself is in. */
static bool may(const struct fuzz *f, const struct thing *t, enum act act)
{
	static const enum kind via[3] = {ACCOUNT, OPPORTUNITY, LEAD};
	enum scope s = SCOPE_NONE;
	for (int r = 0; r < ROLES; r++)
		if (f->person[f->me].roles >> r & 1 && f->grant[r][t->kind][act] > s)
			s = f->grant[r][t->kind][act];
	if (s == SCOPE_NONE || s == SCOPE_ALL)
		return s == SCOPE_ALL;
	for (int i = 0; i < 4; i++) {
		size_t who = index_of(f->user, USERS, t->owners[i]);
		if (who == f->me)
			return true;
		size_t team = who < USERS ? index_of(f->team, TEAMS, f->person[who].team) : TEAMS;
		/* Nobody here has regions: the wider scope gives what the narrower gives. */
		if ((s == SCOPE_TEAM || s == SCOPE_REGION) && team < TEAMS && f->my_team[team])
			return true;
	}
	if (t->account && f->member[index_of(f->id[ACCOUNT], PER_KIND, t->account)][f->me])
		return true;
	for (int i = 0; i < 3 && act == READ; i++)
		if (sees_parent(f, via[i], t->parents[i]))
			return true;
	return act == READ && t->parent_kind < KINDS &&
	       sees_parent(f, t->parent_kind, t->parent_id);
}

/* -- what the product says -- */

static bool has_id(const json_t *items, i64 id)
{
	size_t i;
	const json_t *x;
	json_array_foreach(items, i, x) if (json_i64(x, "id", 0) == id) return true;
	return false;
}

/* The items are exactly what may be seen of a kind. */
static void same(const struct fuzz *f, enum kind k, const json_t *items, enum act act,
                 enum act also, bool deleted, const char *where)
{
	size_t n = 0;
	for (size_t i = 0; i < f->n; i++) {
		const struct thing *t = &f->thing[i];
		if (t->kind != k || t->deleted != deleted)
			continue;
		bool want = may(f, t, act) && may(f, t, also);
		n += want;
		if (want != has_id(items, t->id))
			fail_msg("%s: user %lld %s %s %lld", where, (long long)f->person[f->me].id,
			         want ? "misses" : "is shown", kinds[k].name, (long long)t->id);
	}
	assert_int_equal(json_array_size(items), n);
}

static void check_lists(struct fuzz *f, enum kind k)
{
	struct list_query lq = {.e = entity_of(k), .limit = 200, .count = true};
	json_t *page = world_list(f->w, &lq), *items = json_object_get(page, "items");
	same(f, k, items, READ, READ, false, "list");
	assert_int_equal(json_i64(page, "total", -1), json_array_size(items));
	lq.act = "update";
	same(f, k, json_object_get(world_list(f->w, &lq), "items"), READ, UPDATE, false,
	     "list to update");
	lq.act = NULL;
	lq.deleted = true;
	same(f, k, json_object_get(world_list(f->w, &lq), "items"), DELETE, DELETE, true, "bin");
	if (!kinds[k].searched)
		return;
	lq.deleted = false;
	lq.q = "共同";
	same(f, k, json_object_get(world_list(f->w, &lq), "items"), READ, READ, false,
	     "list with words");
}

static void check_search(struct fuzz *f)
{
	struct world *w = f->w;
	struct jw out = jw_new(w->cx.a, 16 * 1024 * 1024);
	WORLD_OK(w, search_all(&w->cx, "gongtong", 200, &out));
	json_t *groups = json_object_get(world_json(w, &out), "groups"), *g;
	for (enum kind k = 0; k < KINDS; k++) {
		size_t i;
		json_t *items = NULL;
		json_array_foreach(groups, i, g) if (!strcmp(json_text(g, "entity"), kinds[k].name))
			items = json_object_get(g, "items");
		if (kinds[k].searched)
			same(f, k, items, READ, READ, false, "search");
		else
			assert_null(items);
	}
}

static void check_one(struct fuzz *f, const struct thing *t)
{
	struct world *w = f->w;
	const struct entity *e = entity_of(t->kind);
	struct rec *r;
	bool yes, sees = !t->deleted && may(f, t, READ);
	for (enum act a = 0; a < ACTS; a++) {
		WORLD_OK(w, scope_allows(&w->cx, e, act_names[a], t->id, &yes));
		assert_int_equal(yes, !t->deleted && may(f, t, a));
		err_t want = !sees ? ERR_NOT_FOUND : may(f, t, a) ? ERR_OK : ERR_FORBIDDEN;
		WORLD_FAILS(w, want, crud_get(&w->cx, e, t->id, act_names[a], &r));
	}
	WORLD_OK(w, feed_visible(&w->cx, e->name, t->id, 0, &yes));
	assert_int_equal(yes, may(f, t, READ));
}

static void test_scope_is_the_same_everywhere(void **state)
{
	struct fuzz *f = *state;
	size_t seen = 0, hidden = 0;
	for (int i = 0; i < ROUNDS; i++) {
		world_be(f->w, 0);
		if (i % 40 == 0)
			new_grants(f);
		stir(f);
		f->me = roll_below(&f->d, USERS);
		world_be(f->w, f->user[f->me]);
		read_people(f);
		read_things(f);
		find_my_teams(f);
		for (enum kind k = 0; k < KINDS; k++)
			check_lists(f, k);
		check_search(f);
		for (int k = 0; k < 5; k++)
			check_one(f, &f->thing[roll_below(&f->d, f->n)]);
		for (size_t k = 0; k < f->n; k++)
			*(may(f, &f->thing[k], READ) ? &seen : &hidden) += 1;
	}
	/* The dice were neither too kind nor too harsh to prove anything. */
	assert_in_range(seen * 100 / (seen + hidden), 15, 85);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scope_is_the_same_everywhere),
	};
	return cmocka_run_group_tests_name("scope", tests, open_house, close_house);
}
