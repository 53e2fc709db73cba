/* Undo, noting: what an act changes while it runs. Taking back is in undo_back.c. */
#include "core/undo.h"

#include <string.h>

#include "core/actor.h"
#include "core/crud.h"
#include "core/event.h"
#include "core/undo_kept.h"

/* clang-format off */
const struct setting_def undo_settings[] = {
	{.f = {.name = "undo.hours", .type = FT_INT, .min = 1, .max = 720, .dflt = "72",
	       .label = L("操作可撤销的时长", "How long an action can be undone"),
	       .help = L("批量修改、合并、删除、推进阶段与交接在此时长内可以撤销",
	                 "Bulk edits, merges, deletions, stage moves and hand-overs can be undone that long")},
	 .unit = "hours"},
	{.f = {.name = NULL}},
};
/* clang-format on */

enum touch_kind { TOUCHED, MADE, JOINED, LEFT, WATCHED };

struct touch {
	enum touch_kind kind;
	const struct entity *e;
	i64 id, user_id;
	const char *role;
	const struct rec *before;
	struct touch *next, *chain; /* in order; of one bucket */
};

enum { BUCKETS = 1024 };

struct undo {
	struct touch *first, **last;
	struct touch *bucket[BUCKETS];
};

static struct touch **bucket_of(struct undo *u, const struct entity *e, i64 id)
{
	return &u->bucket[((size_t)id * 31 + strlen(e->name)) % BUCKETS];
}

static const struct touch *find(struct undo *u, const struct entity *e, i64 id)
{
	for (struct touch *t = *bucket_of(u, e, id); t; t = t->chain)
		if (t->e == e && t->id == id && t->kind <= MADE)
			return t;
	return NULL;
}

static void add(struct ctx *cx, struct touch t)
{
	struct undo *u = cx->undo;
	struct touch *one = arena_memdup(cx->a, &t, sizeof t);
	*u->last = one;
	u->last = &one->next;
	if (t.e) {
		struct touch **b = bucket_of(u, t.e, t.id);
		one->chain = *b;
		*b = one;
	}
}

void undo_touch_rec(struct ctx *cx, const struct rec *before)
{
	if (cx->undo && !find(cx->undo, before->e, before->id))
		add(cx, (struct touch){.kind = TOUCHED,
		                       .e = before->e,
		                       .id = before->id,
		                       .before = rec_copy(cx->a, before)});
}

err_t undo_touch(struct ctx *cx, const struct entity *e, i64 id)
{
	struct rec *r;
	if (!cx->undo || find(cx->undo, e, id))
		return ERR_OK;
	TRY(crud_load(cx, e, id, &r));
	undo_touch_rec(cx, r);
	return ERR_OK;
}

void undo_made(struct ctx *cx, const struct entity *e, i64 id)
{
	if (cx->undo)
		add(cx, (struct touch){.kind = MADE, .e = e, .id = id});
}

void undo_member(struct ctx *cx, i64 account_id, i64 user_id, const char *role, bool joined)
{
	if (cx->undo)
		add(cx, (struct touch){.kind = joined ? JOINED : LEFT,
		                       .id = account_id,
		                       .user_id = user_id,
		                       .role = arena_strdup(cx->a, role)});
}

void undo_watch(struct ctx *cx, i64 opportunity_id)
{
	if (cx->undo)
		add(cx, (struct touch){.kind = WATCHED, .id = opportunity_id});
}

/* -- the end of an act -- */

err_t undo_stored(struct ctx *cx, const struct entity *e, i64 id, struct rec **out)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             arena_printf(cx->a, "select %s from %s t where t.id = ?", entity_columns(e),
	                          e->table),
	             ARGS(vi(id)), &r));
	*out = rows_next(r) ? rec_read(cx->a, e, r, 0) : NULL;
	return rows_done(r);
}

/* The values that differ, as they are stored: {"owner_id":3,"name":"…"}; NULL when none does. */
static const char *difference(struct ctx *cx, const struct rec *before, const struct rec *now)
{
	struct jw w = jw_new(cx->a, 4 * 1024 * 1024);
	bool any = false;
	jw_obj(&w);
	for (int i = 0; before->e->fields[i].name; i++) {
		const struct val *v = &before->v[i];
		if (rec_same(before, now, i))
			continue;
		any = true;
		jw_key(&w, before->e->fields[i].name);
		if (v->type == VAL_INT)
			jw_int(&w, v->i);
		else if (v->type == VAL_TEXT)
			jw_strn(&w, v->s.p, v->s.n);
		else
			jw_null(&w);
	}
	jw_end_obj(&w);
	return any ? jw_done(&w) : NULL;
}

/* One noted thing as a row; *row.act stays NULL when nothing came of it. */
static err_t weigh(struct ctx *cx, const struct touch *t, struct undo_row *row)
{
	*row = (struct undo_row){.entity = t->e ? t->e->name : NULL, .entity_id = t->id};
	if (t->kind == WATCHED) {
		row->act = "watched";
		return ERR_OK;
	}
	if (t->kind == JOINED || t->kind == LEFT) {
		struct jw w = jw_new(cx->a, 4096);
		jw_obj(&w);
		jw_kint(&w, "user_id", t->user_id);
		jw_kstr(&w, "role", t->role);
		jw_end_obj(&w);
		row->before = jw_done(&w);
		row->act = t->kind == JOINED ? "joined" : "left";
		return ERR_OK;
	}
	struct rec *now;
	TRY(undo_stored(cx, t->e, t->id, &now));
	if (!now)
		return ERR_OK;
	row->version = now->version;
	if (t->kind == MADE) {
		row->act = now->deleted_at ? NULL : "made";
		return ERR_OK;
	}
	row->before = difference(cx, t->before, now);
	if (now->deleted_at)
		row->act = "removed";
	else if (row->before)
		row->act = "changed";
	return ERR_OK;
}

struct act {
	const struct undo_act *what;
	err_t (*fn)(struct ctx *cx, void *arg);
	void *arg;
	i64 id;
};

/* Of the one record the act names, else the first of its kind that was noted. */
static const char *title_of(const struct undo_act *what, const struct undo *u)
{
	if (what->title)
		return what->title;
	for (const struct touch *t = u->first; t; t = t->next)
		if (t->before && (!what->e || what->e == t->e))
			return rec_title(t->before);
	return NULL;
}

static err_t add_entry(struct ctx *cx, struct act *a, const struct undo *u)
{
	if (a->id)
		return ERR_OK;
	i64 until = cx->now + setting_i64(cx, "undo.hours") * US_PER_HOUR;
	return db_insert(cx->c,
	                 "insert into undo_entry(user_id, kind, entity, title, n, seq, created_at,"
	                 " expires_at) values (?,?,?,?,0,0,?,?) returning id",
	                 ARGS(vref(cx->actor->id), vt(a->what->kind),
	                      vt(a->what->e ? a->what->e->name : NULL), vt(title_of(a->what, u)),
	                      vi(cx->now), vi(until)),
	                 &a->id);
}

static err_t keep(struct ctx *cx, struct act *a, struct undo *u)
{
	i64 n = 0;
	for (const struct touch *t = u->first; t; t = t->next) {
		struct undo_row row;
		TRY(weigh(cx, t, &row));
		if (!row.act)
			continue;
		TRY(add_entry(cx, a, u));
		TRY(db_exec(cx->c,
		            "insert into undo_row(entry_id, entity, entity_id, act, version, was)"
		            " values (?,?,?,?,?,?)",
		            ARGS(vi(a->id), vt(row.entity), vi(row.entity_id), vt(row.act),
		                 vi(row.version), vt(row.before)),
		            NULL));
		n += t->kind <= MADE && (!a->what->e || a->what->e == t->e);
	}
	if (!a->id)
		return ERR_OK;
	return db_exec(cx->c,
	               "update undo_entry set n = n + ?, seq = (select max(seq) from event)"
	               " where id = ?",
	               ARGS(vi(n), vi(a->id)), NULL);
}

static err_t run(struct ctx *cx, void *arg)
{
	struct act *a = arg;
	struct undo u = {.last = &u.first};
	a->id = a->what->entry;
	cx->undo = &u;
	err_t rc = a->fn(cx, a->arg);
	cx->undo = NULL;
	return rc ? rc : keep(cx, a, &u);
}

err_t undo_run(struct ctx *cx, const struct undo_act *what, err_t (*fn)(struct ctx *cx, void *arg),
               void *arg, i64 *undo_id)
{
	*undo_id = 0;
	if (cx->undo)
		return fn(cx, arg);
	struct act a = {what, fn, arg, 0};
	TRY(ctx_write(cx, run, &a));
	*undo_id = a.id;
	return ERR_OK;
}
