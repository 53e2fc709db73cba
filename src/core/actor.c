/* Actor: roles to grants to scopes. */
#include "core/actor.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "core/entity.h"
#include "core/set.h"

/* An immutable picture of tables role_grant and field_right; replaced as a whole. Old pictures are kept until the
 * last actor that points at them has gone, counted by refs. */
struct grants {
	struct arena *a;
	struct grant {
		const char *role, *permission;
		enum scope scope;
	} * row;
	size_t n;
	struct field_rule {
		const char *role, *entity, *field;
		enum field_access access;
	} * rule;
	size_t n_rules;
	int refs;
};

static struct {
	pthread_mutex_t lock;
	struct db *db;
	struct grants *now;
	bool stale;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const char *const scope_names[] = {"none", "own", "team", "region", "all"};

const char *scope_name(enum scope s)
{
	return scope_names[s];
}

enum scope scope_by_name(const char *s)
{
	for (int i = SCOPE_NONE; i <= SCOPE_ALL; i++)
		if (s && !strcmp(s, scope_names[i]))
			return (enum scope)i;
	return SCOPE_NONE;
}

static void grants_unref(void *p)
{
	struct grants *g = p;
	pthread_mutex_lock(&state.lock);
	bool last = --g->refs == 0;
	pthread_mutex_unlock(&state.lock);
	if (last)
		arena_free(g->a);
}

static const char *const access_names[] = {"none", "read", "edit"};

const char *field_access_name(enum field_access a)
{
	return access_names[a];
}

bool field_access_by_name(const char *s, enum field_access *out)
{
	for (int i = 0; i < 3; i++)
		if (s && !strcmp(s, access_names[i])) {
			*out = (enum field_access)i;
			return true;
		}
	return false;
}

/* Few: only what differs from the default. Ordered by role, entity, field. */
static err_t rules_read(struct ctx *cx, struct grants *g)
{
	size_t cap = 64;
	g->rule = ARENA_ARRAY(g->a, cap, struct field_rule);
	struct rows *r;
	TRY(db_query(cx->c,
	             "select role, entity, field, access from field_right"
	             " order by role, entity, field",
	             NO_ARGS, &r));
	while (rows_next(r)) {
		if (g->n_rules == cap) {
			struct field_rule *bigger = ARENA_ARRAY(g->a, cap * 2, struct field_rule);
			memcpy(bigger, g->rule, cap * sizeof *bigger);
			g->rule = bigger;
			cap *= 2;
		}
		struct field_rule *to = &g->rule[g->n_rules++];
		*to = (struct field_rule){arena_strdup(g->a, rows_text(r, 0)),
		                          arena_strdup(g->a, rows_text(r, 1)),
		                          arena_strdup(g->a, rows_text(r, 2)), FIELD_NONE};
		/* A word that this program does not know hides the field. */
		if (!field_access_by_name(rows_text(r, 3), &to->access))
			to->access = FIELD_NONE;
	}
	return rows_done(r);
}

static err_t grants_read(struct ctx *cx, struct grants **out)
{
	struct arena *a = arena_new(16 * 1024 * 1024);
	struct grants *g = ARENA_NEW(a, struct grants);
	*g = (struct grants){.a = a, .refs = 1};
	size_t cap = 256;
	g->row = ARENA_ARRAY(a, cap, struct grant);
	struct rows *r;
	err_t rc = db_query(
		cx->c, "select role, permission, scope from role_grant order by role, permission",
		NO_ARGS, &r);
	if (rc) {
		arena_free(a);
		return rc;
	}
	while (rows_next(r)) {
		if (g->n == cap) {
			struct grant *bigger = ARENA_ARRAY(a, cap * 2, struct grant);
			memcpy(bigger, g->row, cap * sizeof *bigger);
			g->row = bigger;
			cap *= 2;
		}
		g->row[g->n++] = (struct grant){arena_strdup(a, rows_text(r, 0)),
		                                arena_strdup(a, rows_text(r, 1)),
		                                scope_by_name(rows_text(r, 2))};
	}
	rc = rows_done(r);
	if (!rc)
		rc = rules_read(cx, g);
	if (rc) {
		arena_free(a);
		return rc;
	}
	*out = g;
	return ERR_OK;
}

static void on_changed(void *arg, const char *payload)
{
	(void)arg;
	(void)payload;
	pthread_mutex_lock(&state.lock);
	state.stale = true;
	pthread_mutex_unlock(&state.lock);
}

err_t grants_start(struct db *db, struct errs *e)
{
	(void)e;
	pthread_mutex_lock(&state.lock);
	struct grants *old = state.now;
	state.db = db;
	state.now = NULL;
	state.stale = true;
	pthread_mutex_unlock(&state.lock);
	if (old)
		grants_unref(old);
	return db_listen(db, "grants", on_changed, NULL);
}

static void changed_here(void *arg)
{
	on_changed(arg, NULL);
}

err_t grants_changed(struct ctx *cx)
{
	/* This process knows before the writer is answered; the others are told. */
	conn_after_commit(cx->c, changed_here, NULL);
	return db_notify(cx->c, "grants", "");
}

/* The current picture with a reference tied to the arena; NULL when it cannot be read. */
static const struct grants *grants_now(struct ctx *cx)
{
	pthread_mutex_lock(&state.lock);
	bool stale = state.stale || !state.now;
	state.stale = false;
	pthread_mutex_unlock(&state.lock);
	if (stale) {
		struct grants *g;
		if (grants_read(cx, &g)) {
			on_changed(NULL, NULL);
			return NULL;
		}
		pthread_mutex_lock(&state.lock);
		struct grants *old = state.now;
		state.now = g;
		pthread_mutex_unlock(&state.lock);
		if (old)
			grants_unref(old);
	}
	pthread_mutex_lock(&state.lock);
	struct grants *g = state.now;
	if (g)
		g->refs++;
	pthread_mutex_unlock(&state.lock);
	if (g)
		arena_defer(cx->a, grants_unref, g);
	return g;
}

struct actor *actor_make(struct ctx *cx, i64 id, const char *login, const char *name,
                         const char *lang, const char *zone, const char *roles, i64 team_id,
                         const char *tokens)
{
	struct actor *ac = ARENA_NEW(cx->a, struct actor);
	*ac = (struct actor){.id = id,
	                     .login = arena_strdup(cx->a, login),
	                     .name = arena_strdup(cx->a, name),
	                     .lang = lang && !strcmp(lang, "en") ? LANG_EN : LANG_ZH,
	                     .zone = zone ? arena_strdup(cx->a, zone) : "Asia/Shanghai",
	                     .roles = roles ? arena_strdup(cx->a, roles) : "",
	                     .tokens = arena_strdup(cx->a, tokens),
	                     .team_id = team_id,
	                     .a = cx->a,
	                     .grants = grants_now(cx)};
	return ac;
}

err_t actor_load(struct ctx *cx, i64 user_id, const char *tokens, struct actor **out)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             "select login, name, lang, zone, roles, team_id from app_user"
	             " where id = ? and active = 1 and deleted_at is null",
	             ARGS(vi(user_id)), &r));
	*out = NULL;
	if (rows_next(r))
		*out = actor_make(cx, user_id, rows_dup(r, 0), rows_dup(r, 1), rows_dup(r, 2),
		                  rows_dup(r, 3), rows_dup(r, 4), rows_i64(r, 5), tokens);
	TRY(rows_done(r));
	return *out ? ERR_OK : cx_err(cx, ERR_NOT_FOUND, NULL);
}

err_t actor_need_user(struct ctx *cx, const char *field, i64 user_id)
{
	bool known = false;
	i64 one;
	TRY(db_one_i64(cx->c,
	               "select 1 from app_user where id = ? and active = 1 and deleted_at is null",
	               ARGS(vi(user_id)), &one, &known));
	if (known)
		return ERR_OK;
	errs_field(&cx->e, field, ERR_REF, EP({"what", cx->lang == LANG_EN ? "user" : "用户"}));
	return errs_invalid(&cx->e);
}

const struct actor *actor_system(void)
{
	static const struct actor system = {.login = "system",
	                                    .name = "系统",
	                                    .roles = "",
	                                    .zone = "Asia/Shanghai",
	                                    .system = true};
	return &system;
}

bool actor_has_role(const struct actor *ac, const char *role)
{
	return set_has(ac->roles, role);
}

/* ",lead.read,account.*," takes the permission? "*" as entity or act matches any. */
static bool token_takes(const char *tokens, const char *permission)
{
	if (!tokens)
		return true;
	const char *dot = strchr(permission, '.');
	size_t n = dot ? (size_t)(dot - permission) : strlen(permission);
	for (const char *p = tokens; (p = strchr(p, ',')) && p[1]; p++) {
		const char *t = p + 1, *end = strchr(t, ',');
		if (!end)
			break;
		const char *tdot = memchr(t, '.', (size_t)(end - t));
		size_t tn = tdot ? (size_t)(tdot - t) : (size_t)(end - t);
		bool entity = (tn == 1 && *t == '*') || (tn == n && !memcmp(t, permission, n));
		if (!entity)
			continue;
		if (!tdot)
			return true;
		const char *act = tdot + 1;
		size_t an = (size_t)(end - act);
		if ((an == 1 && *act == '*') ||
		    (dot && strlen(dot + 1) == an && !memcmp(act, dot + 1, an)))
			return true;
	}
	return false;
}

/* Is `role`, rn characters of a list, before, at or after `name`? */
static int role_order(const char *name, const char *role, size_t rn)
{
	int d = strncmp(name, role, rn);
	return !d && name[rn] ? 1 : d;
}

/* What one role grants. Rows are ordered by role, permission. */
static enum scope role_scope(const struct grants *g, const char *role, size_t rn,
                             const char *permission)
{
	size_t lo = 0, hi = g->n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct grant *gr = &g->row[mid];
		int d = role_order(gr->role, role, rn);
		if (!d)
			d = strcmp(gr->permission, permission);
		if (!d)
			return gr->scope;
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return SCOPE_NONE;
}

enum scope actor_scope(const struct actor *ac, const char *permission)
{
	if (!ac)
		return SCOPE_NONE;
	if (ac->system)
		return SCOPE_ALL;
	if (!ac->grants || !token_takes(ac->tokens, permission))
		return SCOPE_NONE;
	enum scope best = SCOPE_NONE;
	for (const char *p = ac->roles; p && *p && p[1]; p = strchr(p + 1, ',')) {
		enum scope s = role_scope(ac->grants, p + 1, strcspn(p + 1, ","), permission);
		if (s > best)
			best = s;
	}
	return best;
}

/* -- fields -- */

static const struct field_rule *rule_of(const struct grants *g, const char *role, size_t rn,
                                        const char *entity, const char *field)
{
	size_t lo = 0, hi = g->n_rules;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct field_rule *fr = &g->rule[mid];
		int d = role_order(fr->role, role, rn);
		if (!d)
			d = strcmp(fr->entity, entity);
		if (!d)
			d = strcmp(fr->field, field);
		if (!d)
			return fr;
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static enum field_access widest(const struct actor *ac, const struct entity *e,
                                const struct field *f)
{
	enum field_access best = FIELD_NONE;
	const char *need = f->read_permission;
	if (need && !token_takes(ac->tokens, need))
		return FIELD_NONE;
	bool any = false;
	for (const char *p = ac->roles; p && *p && p[1]; p = strchr(p + 1, ',')) {
		const char *role = p + 1;
		size_t rn = strcspn(role, ",");
		const struct field_rule *fr = rule_of(ac->grants, role, rn, e->name, f->name);
		enum field_access a = fr ? fr->access
		                      : !need || role_scope(ac->grants, role, rn, need)
		                              ? FIELD_EDIT
		                              : FIELD_NONE;
		if (a > best)
			best = a;
		any = true;
	}
	return any || need ? best : FIELD_EDIT;
}

enum field_access actor_field(const struct actor *ac, const struct field *f)
{
	if (!ac)
		return f->read_permission ? FIELD_NONE : FIELD_EDIT;
	if (ac->system)
		return FIELD_EDIT;
	if (!ac->grants)
		return FIELD_NONE;
	if (!ac->grants->n_rules && !f->read_permission)
		return FIELD_EDIT;
	size_t i, of;
	const struct entity *e = entity_of_field(f, &of, &i);
	if (!e)
		return FIELD_EDIT; /* what every record has: times, people */
	/* The actor is the request's own; only this cache of it changes. */
	struct actor *own = (struct actor *)(uintptr_t)ac;
	if (!own->field_access)
		own->field_access = ARENA_ARRAY(own->a, entity_count(), u8 *);
	if (!own->field_access[of])
		own->field_access[of] = ARENA_ARRAY(own->a, entity_slots(e) + 1, u8);
	u8 *known = &own->field_access[of][i];
	if (!*known)
		*known = (u8)(1 + widest(ac, e, f));
	return (enum field_access)(*known - 1);
}

enum scope actor_scope_of(const struct actor *ac, const char *entity, const char *act)
{
	char code[128];
	snprintf(code, sizeof code, "%s.%s", entity, act);
	return actor_scope(ac, code);
}

err_t actor_need(struct ctx *cx, const char *permission)
{
	if (!permission_known(permission))
		panic("unknown permission '%s'", permission);
	return actor_scope(cx->actor, permission) != SCOPE_NONE ? ERR_OK
	                                                        : cx_err(cx, ERR_FORBIDDEN, NULL);
}

err_t actor_teams(struct ctx *cx, const i64 **ids, size_t *n)
{
	/* The actor is the request's own; only this cache of it changes. */
	struct actor *ac = (struct actor *)(uintptr_t)cx->actor;
	if (!ac->teams_known) {
		struct rows *r;
		TRY(db_query(
			cx->c,
			"with recursive mine(id) as ("
			" select id from team where deleted_at is null and (id = ? or manager_id = ?)"
			" union"
			" select t.id from team t join mine m on t.parent_id = m.id"
			"  where t.deleted_at is null)"
			" select id from mine",
			ARGS(vref(ac->team_id), vi(ac->id)), &r));
		size_t cap = 16;
		i64 *t = ARENA_ARRAY(cx->a, cap, i64);
		size_t k = 0;
		while (rows_next(r)) {
			if (k == cap) {
				i64 *bigger = ARENA_ARRAY(cx->a, cap * 2, i64);
				memcpy(bigger, t, cap * sizeof *t);
				t = bigger;
				cap *= 2;
			}
			t[k++] = rows_i64(r, 0);
		}
		TRY(rows_done(r));
		ac->teams = t;
		ac->n_teams = k;
		ac->teams_known = true;
	}
	*ids = ac->teams;
	*n = ac->n_teams;
	return ERR_OK;
}
