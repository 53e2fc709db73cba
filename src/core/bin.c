/* Recycle bin: what goes with a record, found by the scope columns of all entities. */
#include "core/bin.h"

#include <string.h>

#include "core/crud.h"

enum { DEPTH_MAX = 8 };

typedef err_t remove_fn(struct ctx *cx, const struct rec *r);

struct taking {
	const struct rec *root;
	remove_fn *fn;
	int depth;
};

static bool is_parent(const struct entity *child, size_t i, const struct entity *e)
{
	return i < ARRAY_LEN(child->scope.parents) && child->scope.parents[i].col &&
	       !strcmp(child->scope.parents[i].entity, e->name);
}

/* "and no other parent of it lives" */
static void no_other(struct sqlb *q, const struct entity *child, size_t at, const struct entity *e)
{
	for (size_t i = 0; i < ARRAY_LEN(child->scope.parents) && child->scope.parents[i].col;
	     i++) {
		const struct entity *p = entity_by_name(child->scope.parents[i].entity);
		bool above = !strcmp(p->name, "account") && strcmp(e->name, "account") != 0;
		if (i == at || above)
			continue;
		sqlb_addf(q,
		          " and not exists (select 1 from %s p where p.id = t.%s and p.deleted_at"
		          " is null)",
		          p->table, child->scope.parents[i].col);
	}
}

static err_t take(struct ctx *cx, struct taking *t, const struct rec *r);

/* One by one, since what hangs on one may be another of them. Events want the parent to be there
 * still: so what hangs on a record goes before it does. */
static err_t take_these(struct ctx *cx, struct taking *t, const struct entity *child,
                        struct sqlb *q)
{
	for (;;) {
		struct rec *r;
		i64 id;
		bool found;
		TRY(db_one_i64(cx->c, sqlb_text(q), sqlb_args(q), &id, &found));
		if (!found)
			return ERR_OK;
		TRY(crud_load(cx, child, id, &r));
		t->depth++;
		TRY(take(cx, t, r));
		t->depth--;
		TRY(t->fn(cx, r));
		TRY(db_exec(cx->c,
		            "insert into bin_along(entity, entity_id, by_entity, by_id)"
		            " values (?, ?, ?, ?)",
		            ARGS(vt(child->name), vi(r->id), vt(t->root->e->name), vi(t->root->id)),
		            NULL));
	}
}

static err_t take(struct ctx *cx, struct taking *t, const struct rec *r)
{
	if (t->depth > DEPTH_MAX)
		return cx_fail(cx, ERR_INTERNAL, "records hang on each other more than %d deep",
		               DEPTH_MAX);
	for (size_t k = 0; entity_at(k); k++) {
		const struct entity *child = entity_at(k);
		for (size_t i = 0; i < ARRAY_LEN(child->scope.parents); i++) {
			if (!is_parent(child, i, r->e))
				continue;
			struct sqlb *q = sqlb_new(cx->a);
			sqlb_addf(q, "select t.id from %s t where t.deleted_at is null and t.%s = ",
			          child->table, child->scope.parents[i].col);
			sqlb_val(q, vi(r->id));
			no_other(q, child, i, r->e);
			sqlb_add(q, " limit 1");
			TRY(take_these(cx, t, child, q));
		}
		if (!child->scope.polymorphic)
			continue;
		struct sqlb *q = sqlb_new(cx->a);
		sqlb_addf(q, "select t.id from %s t where t.deleted_at is null and t.entity = ",
		          child->table);
		sqlb_val(q, vt(r->e->name));
		sqlb_add(q, " and t.entity_id = ");
		sqlb_val(q, vi(r->id));
		sqlb_add(q, " limit 1");
		TRY(take_these(cx, t, child, q));
	}
	return ERR_OK;
}

err_t bin_take_along(struct ctx *cx, const struct rec *r, remove_fn *fn)
{
	struct taking t = {.root = r, .fn = fn};
	return take(cx, &t, r);
}

err_t bin_bring_along(struct ctx *cx, const struct entity *e, i64 id,
                      err_t (*fn)(struct ctx *cx, const struct entity *e, i64 id))
{
	/* What went last was above the others. */
	for (;;) {
		struct rows *r;
		TRY(db_query(cx->c,
		             "select id, entity, entity_id from bin_along where by_entity = ?"
		             " and by_id = ? order by id desc limit 1",
		             ARGS(vt(e->name), vi(id)), &r));
		bool more = rows_next(r);
		i64 row = more ? rows_i64(r, 0) : 0, child = more ? rows_i64(r, 2) : 0;
		const struct entity *ce = more ? entity_by_name(rows_text(r, 1)) : NULL;
		TRY(rows_done(r));
		if (!more)
			return ERR_OK;
		TRY(db_exec(cx->c, "delete from bin_along where id = ?", ARGS(vi(row)), NULL));
		if (ce)
			TRY(fn(cx, ce, child));
	}
}

err_t bin_forget(struct ctx *cx, const struct entity *e, i64 id)
{
	return db_exec(cx->c, "delete from bin_along where entity = ? and entity_id = ?",
	               ARGS(vt(e->name), vi(id)), NULL);
}

static err_t needs(struct ctx *cx, const struct entity *p, i64 id)
{
	i64 one;
	bool gone = false;
	TRY(db_one_i64(cx->c,
	               arena_printf(cx->a,
	                            "select 1 from %s where id = ? and deleted_at is not null",
	                            p->table),
	               ARGS(vi(id)), &one, &gone));
	if (!gone)
		return ERR_OK;
	const char *what = label_in(p->label, cx->lang);
	return cx_err(cx, ERR_CONFLICT,
	              EP({"reason",
	                  arena_printf(cx->a,
	                               cx->lang == LANG_EN ? "it belongs to a deleted %s; restore "
	                                                     "that first"
	                                                   : "所属%s在回收站中，请先恢复%s",
	                               what, what)}));
}

err_t bin_needs_parents(struct ctx *cx, const struct rec *r)
{
	const struct entity *e = r->e;
	for (size_t i = 0; i < ARRAY_LEN(e->scope.parents) && e->scope.parents[i].col; i++)
		if (!rec_null(r, e->scope.parents[i].col))
			TRY(needs(cx, entity_by_name(e->scope.parents[i].entity),
			          rec_i64(r, e->scope.parents[i].col)));
	const struct entity *p = e->scope.polymorphic ? entity_by_name(rec_text(r, "entity"))
	                                              : NULL;
	return p ? needs(cx, p, rec_i64(r, "entity_id")) : ERR_OK;
}
