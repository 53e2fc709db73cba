/* Scope: conditions of visibility, made from the entity's scope columns. */
#include "core/scope.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 3 }; /* comment → activity → lead */

struct builder {
	struct ctx *cx;
	struct sqlb *q;
	bool any; /* an alternative was written */
	int depth;
};

static err_t condition(struct builder *b, const struct entity *e, const char *act,
                       const char *alias);

static void or_(struct builder *b)
{
	if (b->any)
		sqlb_add(b->q, " or ");
	b->any = true;
}

static err_t team_users(struct builder *b)
{
	const i64 *ids;
	size_t n;
	TRY(actor_teams(b->cx, &ids, &n));
	if (!n) {
		sqlb_add(b->q, "(0)");
		return ERR_OK;
	}
	sqlb_add(b->q, "(select u.id from app_user u where u.team_id in (");
	for (size_t i = 0; i < n; i++) {
		if (i)
			sqlb_add(b->q, ",");
		sqlb_val(b->q, vi(ids[i]));
	}
	sqlb_add(b->q, "))");
	return ERR_OK;
}

/* The regions a person answers for, with all that lies below them. */
static void my_regions(struct builder *b)
{
	sqlb_add(b->q, "(with recursive mine(id) as (select x.region_id from user_region x"
	               " where x.user_id = ");
	sqlb_val(b->q, vi(b->cx->actor->id));
	sqlb_add(b->q, " union select r.id from region r join mine m on r.parent_id = m.id)"
	               " select id from mine)");
}

static void by_region(struct builder *b, const struct entity *e, const char *alias)
{
	const struct scope_cols *s = &e->scope;
	if (!s->region && !s->account)
		return;
	or_(b);
	if (s->region)
		sqlb_addf(b->q, "%s.%s in ", alias, s->region);
	else
		sqlb_addf(b->q, "%s.%s in (select g.id from account g where g.region_id in ", alias,
		          s->account);
	my_regions(b);
	sqlb_add(b->q, s->region ? "" : ")");
}

/* "col in (select p.id from parent p where … visible …)" */
static err_t by_parent(struct builder *b, const struct entity *parent, const char *alias,
                       const char *col)
{
	char inner[8];
	snprintf(inner, sizeof inner, "p%d", b->depth);
	sqlb_addf(b->q, "%s.%s in (select %s.id from %s %s where %s.deleted_at is null", alias, col,
	          inner, parent->table, inner, inner);
	struct builder sub = {b->cx, b->q, false, b->depth + 1};
	TRY(condition(&sub, parent, "read", inner));
	sqlb_add(b->q, ")");
	return ERR_OK;
}

static err_t by_polymorph(struct builder *b, const char *alias)
{
	for (size_t i = 0; entity_at(i); i++) {
		const struct entity *p = entity_at(i);
		if (!(p->flags & (E_COMMENTS | E_FILES)) || p->scope.polymorphic)
			continue;
		or_(b);
		sqlb_addf(b->q, "(%s.entity = ", alias);
		sqlb_val(b->q, vt(p->name));
		sqlb_add(b->q, " and ");
		TRY(by_parent(b, p, alias, "entity_id"));
		sqlb_add(b->q, ")");
	}
	return ERR_OK;
}

/* Shared with everybody, or with a team the actor belongs to or leads, or one above it. */
static void by_share(struct builder *b, const char *alias)
{
	or_(b);
	sqlb_addf(b->q,
	          "%s.share = 'all' or (%s.share = 'team' and %s.team_id in (with recursive "
	          "up(id) as (select u.team_id from app_user u where u.id = ",
	          alias, alias, alias);
	sqlb_val(b->q, vi(b->cx->actor->id));
	sqlb_add(b->q, " union select l.id from team l where l.manager_id = ");
	sqlb_val(b->q, vi(b->cx->actor->id));
	sqlb_add(b->q, " union select p.parent_id from team p join up on p.id = up.id)"
	               " select id from up))");
}

enum scope scope_of(const struct actor *ac, const struct entity *e, const char *act)
{
	bool reading = !strcmp(act, "read");
	if (reading && ac && (e->flags & E_OPEN_READ))
		return SCOPE_ALL;
	if (reading && (e->flags & E_PARENT_READ))
		return scope_of(ac, entity_by_name(e->scope.parents[0].entity), act);
	return actor_scope_of(ac, e->name, act);
}

bool scope_field(const struct actor *ac, const struct field *f)
{
	if (f->flags & F_HIDDEN)
		return false;
	return actor_field(ac, f) != FIELD_NONE;
}

bool scope_field_write(const struct actor *ac, const struct field *f)
{
	return !(f->flags & (F_HIDDEN | F_READONLY)) && actor_field(ac, f) == FIELD_EDIT;
}

bool scope_sees(const struct actor *ac, const char *entity, const char *field)
{
	const struct entity *e = entity_by_name(entity);
	const struct field *f = e ? field_by_name(e, field) : NULL;
	if (!f)
		panic("no field %s.%s", entity, field);
	return scope_field(ac, f);
}

/* Appends " and (…)"; nothing for scope all. */
static err_t condition(struct builder *b, const struct entity *e, const char *act,
                       const char *alias)
{
	const struct actor *ac = b->cx->actor;
	bool reading = !strcmp(act, "read");
	enum scope s = scope_of(ac, e, act);
	if (s == SCOPE_ALL)
		return ERR_OK;
	sqlb_add(b->q, " and (");
	if (s == SCOPE_NONE || b->depth > DEPTH_MAX) {
		sqlb_add(b->q, "0 = 1)");
		return ERR_OK;
	}
	bool by_parent_only = reading && (e->flags & E_PARENT_READ);
	for (size_t i = 0; !by_parent_only && i < ARRAY_LEN(e->scope.owners) && e->scope.owners[i];
	     i++) {
		or_(b);
		sqlb_addf(b->q, "%s.%s = ", alias, e->scope.owners[i]);
		sqlb_val(b->q, vi(ac->id));
		if (s >= SCOPE_TEAM) {
			or_(b);
			sqlb_addf(b->q, "%s.%s in ", alias, e->scope.owners[i]);
			TRY(team_users(b));
		}
	}
	if (s == SCOPE_REGION && !by_parent_only)
		by_region(b, e, alias);
	if (e->scope.account && !by_parent_only) {
		or_(b);
		sqlb_addf(b->q,
		          "%s.%s in (select m.account_id from account_member m where m.user_id = ",
		          alias, e->scope.account);
		sqlb_val(b->q, vi(ac->id));
		sqlb_add(b->q, ")");
	}
	if (reading && e->scope.people.table) {
		or_(b);
		sqlb_addf(b->q, "%s.id in (select w.%s from %s w where w.user_id = ", alias,
		          e->scope.people.col, e->scope.people.table);
		sqlb_val(b->q, vi(ac->id));
		sqlb_add(b->q, ")");
	}
	/* Seeing the parent lets one read; changing needs a tie of one's own. */
	for (size_t i = 0; reading && i < ARRAY_LEN(e->scope.parents) && e->scope.parents[i].col;
	     i++) {
		or_(b);
		TRY(by_parent(b, entity_by_name(e->scope.parents[i].entity), alias,
		              e->scope.parents[i].col));
	}
	if (reading && e->scope.polymorphic)
		TRY(by_polymorph(b, alias));
	if (reading && e->scope.shared)
		by_share(b, alias);
	if (!b->any)
		sqlb_add(b->q, "0 = 1");
	sqlb_add(b->q, ")");
	return ERR_OK;
}

err_t scope_where(struct ctx *cx, const struct entity *e, const char *act, const char *alias,
                  struct sqlb *q)
{
	struct builder b = {.cx = cx, .q = q};
	return condition(&b, e, act, alias);
}

err_t scope_allows(struct ctx *cx, const struct entity *e, const char *act, i64 id, bool *yes)
{
	struct sqlb *q = sqlb_new(cx->a);
	sqlb_addf(q, "select 1 from %s t where t.deleted_at is null and t.id = ", e->table);
	sqlb_val(q, vi(id));
	TRY(scope_where(cx, e, act, "t", q));
	i64 one = 0;
	return db_one_i64(cx->c, sqlb_text(q), sqlb_args(q), &one, yes);
}
