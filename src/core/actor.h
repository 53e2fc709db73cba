/* Actor: who acts, and what for — roles, grants, scopes.
 *
 * A permission is "entity.act" or a module's own word; a role grants it with a scope.
 * Several roles: the widest scope wins.  An API token may narrow what its user may do.
 * Grants are kept in memory per process and reloaded when any process changes them. */
#ifndef TRIPOD_ACTOR_H
#define TRIPOD_ACTOR_H

#include "core/ctx.h"

enum scope { SCOPE_NONE, SCOPE_OWN, SCOPE_TEAM, SCOPE_REGION, SCOPE_ALL };

/* What a person may do with one field of a record: see scope_field(). */
enum field_access { FIELD_NONE, FIELD_READ, FIELD_EDIT };

struct grants;
struct entity;
struct field;

struct actor {
	i64 id; /* 0 = the system itself */
	const char *login, *name;
	enum lang lang;
	const char *zone;
	const char *roles;  /* ",sales,csm," */
	const char *tokens; /* NULL, or ",lead.read,account.*," when acting by a narrowed token */
	i64 team_id;
	bool system; /* may everything: commands, jobs, imports on the server */
	const struct grants *grants;
	/* teams led or belonged to, with all below; read on first use */
	const i64 *teams;
	size_t n_teams;
	bool teams_known;
	struct arena *a;   /* the actor's own */
	u8 **field_access; /* per entity and field 1 + access, 0 = not asked yet; on first use */
};

/* Must be called once per database before actors are made. */
MUST_USE err_t grants_start(struct db *db, struct errs *e);
/* After role_grant changed, inside the write: every process reloads. */
MUST_USE err_t grants_changed(struct ctx *cx);

/* ERR_NOT_FOUND when there is no such active user. tokens as in the struct. */
MUST_USE err_t actor_load(struct ctx *cx, i64 user_id, const char *tokens, struct actor **out);
/* ERR_INVALID with ERR_REF on `field` unless there is such an active user. */
MUST_USE err_t actor_need_user(struct ctx *cx, const char *field, i64 user_id);
/* From a row that was already read (log-in path). */
struct actor *actor_make(struct ctx *cx, i64 id, const char *login, const char *name,
                         const char *lang, const char *zone, const char *roles, i64 team_id,
                         const char *tokens);
const struct actor *actor_system(void);
bool actor_has_role(const struct actor *ac, const char *role);
enum scope actor_scope(const struct actor *ac, const char *permission);
/* Scope of "entity.act". */
enum scope actor_scope_of(const struct actor *ac, const char *entity, const char *act);
/* The widest of what the actor's roles may do with a field: what table field_right says of role,
 * entity and field; else all, but nothing without the field's read_permission. */
enum field_access actor_field(const struct actor *ac, const struct field *f);
const char *field_access_name(enum field_access a); /* none read edit */
bool field_access_by_name(const char *s, enum field_access *out);
/* ERR_FORBIDDEN unless the permission is granted with any scope. */
MUST_USE err_t actor_need(struct ctx *cx, const char *permission);
/* The actor's teams, loading them on first use. */
MUST_USE err_t actor_teams(struct ctx *cx, const i64 **ids, size_t *n);
const char *scope_name(enum scope s); /* none own team region all */
enum scope scope_by_name(const char *s);

#endif
