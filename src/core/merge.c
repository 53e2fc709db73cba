/* Merging two records: see merge.h. */
#include "core/merge.h"

#include <string.h>

#include "core/actor.h"
#include "core/crud.h"
#include "core/event.h"
#include "core/scope.h"
#include "core/undo.h"

enum { CHAIN_MAX = 20, JSON_MAX = 4 * 1024 * 1024 };

/* -- what refers to a record: one row per column of an entity -- */

struct link {
	const struct entity *e;
	const struct field *f; /* NULL: entity and entity_id name it */
};

static bool link_at(const struct entity *of, size_t *entity, int *field, struct link *out)
{
	const struct entity *e;
	for (; (e = entity_at(*entity)); (*entity)++, *field = 0) {
		if (e->scope.polymorphic && !*field) {
			*field = 1;
			*out = (struct link){e, NULL};
			return true;
		}
		for (int i = *field - (e->scope.polymorphic ? 1 : 0); e->fields[i].name; i++) {
			const struct field *f = &e->fields[i];
			*field = i + 1 + (e->scope.polymorphic ? 1 : 0);
			if (f->type == FT_REF && !strcmp(f->ref, of->name)) {
				*out = (struct link){e, f};
				return true;
			}
		}
	}
	return false;
}

static const char *link_where(struct ctx *cx, const struct link *l)
{
	return l->f ? arena_printf(cx->a, "%s = ? and ? <> ''", l->f->name)
	            : "entity_id = ? and entity = ?";
}

static err_t ids_of(struct ctx *cx, const struct link *l, const struct rec *loser, i64 **ids,
                    size_t *n)
{
	const char *from = arena_printf(cx->a, "from %s where %s and deleted_at is null",
	                                l->e->table, link_where(cx, l));
	i64 count = 0;
	TRY(db_one_i64(cx->c, arena_printf(cx->a, "select count(*) %s", from),
	               ARGS(vi(loser->id), vt(loser->e->name)), &count, NULL));
	*n = 0;
	*ids = ARENA_ARRAY(cx->a, (size_t)count + 1, i64);
	struct rows *r;
	TRY(db_query(cx->c, arena_printf(cx->a, "select id %s order by id", from),
	             ARGS(vi(loser->id), vt(loser->e->name)), &r));
	while (rows_next(r) && *n < (size_t)count)
		(*ids)[(*n)++] = rows_i64(r, 0);
	return rows_done(r);
}

/* One record that refers to the loser refers to the winner; what refers to itself then, to none. */
static err_t move_one(struct ctx *cx, const struct link *l, i64 id, i64 winner)
{
	struct rec *before;
	TRY(crud_load(cx, l->e, id, &before));
	struct rec *now = rec_copy(cx->a, before);
	bool itself = l->f && !strcmp(l->f->ref, l->e->name) && id == winner;
	rec_set(now, l->f ? l->f->name : "entity_id", itself ? vref(0) : vi(winner));
	return crud_put(cx, before, now);
}

static err_t move_links(struct ctx *cx, const struct rec *loser, i64 winner, i64 *moved)
{
	size_t entity = 0;
	int field = 0;
	struct link l;
	*moved = 0;
	while (link_at(loser->e, &entity, &field, &l)) {
		i64 *ids;
		size_t n;
		TRY(ids_of(cx, &l, loser, &ids, &n));
		for (size_t i = 0; i < n; i++)
			if (l.e != loser->e || ids[i] != loser->id)
				TRY(move_one(cx, &l, ids[i], winner));
		*moved += (i64)n;
	}
	return ERR_OK;
}

/* Who was on the loser's team is on the winner's too. */
static err_t move_team(struct ctx *cx, i64 loser, i64 winner)
{
	struct rows *r;
	TRY(db_query(
		cx->c,
		"select user_id, role from account_member m where account_id = ? and not exists"
		" (select 1 from account_member w where w.account_id = ?"
		" and w.user_id = m.user_id) order by user_id",
		ARGS(vi(loser), vi(winner)), &r));
	struct member {
		i64 user;
		const char *role;
		struct member *next;
	} *first = NULL;
	while (rows_next(r)) {
		struct member *m = ARENA_NEW(cx->a, struct member);
		*m = (struct member){rows_i64(r, 0), rows_dup(r, 1), first};
		first = m;
	}
	TRY(rows_done(r));
	for (; first; first = first->next) {
		TRY(db_exec(cx->c,
		            "insert into account_member(account_id, user_id, role, added_at,"
		            " added_by) values (?,?,?,?,?)",
		            ARGS(vi(winner), vi(first->user), vt(first->role), vi(cx->now),
		                 vref(cx->actor->id)),
		            NULL));
		undo_member(cx, winner, first->user, first->role, true);
		TRY(event_append(
			cx,
			&(struct event_in){
				.kind = "account.member_added",
				.entity = "account",
				.entity_id = winner,
				.account_id = winner,
				.payload = arena_printf(cx->a, "{\"user_id\":%lld,\"role\":\"%s\"}",
		                                        (long long)first->user, first->role)},
			NULL));
	}
	return ERR_OK;
}

/* -- the act -- */

struct merge {
	const struct merge_in *in;
	struct rec *out;
};

static bool takable(const struct ctx *cx, const struct field *f)
{
	return !(f->flags & (F_READONLY | F_HIDDEN)) && scope_field(cx->actor, f) &&
	       scope_field_write(cx->actor, f);
}

static bool taken(const struct merge_in *in, const struct rec *w, const struct rec *l, int i)
{
	const struct field *f = &in->e->fields[i];
	if (!in->take)
		return w->v[i].type == VAL_NULL && l->v[i].type != VAL_NULL;
	for (size_t k = 0; k < json_array_size(in->take); k++) {
		const char *name = json_string_value(json_array_get(in->take, k));
		if (name && !strcmp(name, f->name))
			return true;
	}
	return false;
}

static err_t check_in(struct ctx *cx, const struct merge_in *in)
{
	if (in->winner_id == in->loser_id || !in->loser_id)
		errs_field(&cx->e, "loser_id", ERR_REF,
		           EP({"what", label_in(in->e->label, cx->lang)}));
	for (size_t k = 0; k < json_array_size(in->take); k++) {
		const char *name = json_string_value(json_array_get(in->take, k));
		const struct field *f = name ? field_by_name(in->e, name) : NULL;
		if (!f || !scope_field(cx->actor, f))
			errs_field(&cx->e, "take", ERR_UNKNOWN_FIELD, NULL);
		else if (!takable(cx, f))
			errs_field(&cx->e, name, ERR_READ_ONLY, NULL);
	}
	return errs_any_field(&cx->e) ? errs_invalid(&cx->e) : ERR_OK;
}

static err_t two(struct ctx *cx, const struct merge_in *in, struct rec **winner, struct rec **loser)
{
	TRY(crud_get(cx, in->e, in->winner_id, "update", winner));
	TRY(crud_get(cx, in->e, in->loser_id, "delete", loser));
	if (in->winner_version && (*winner)->version != in->winner_version)
		return crud_conflict(cx, *winner, in->winner_version);
	if (in->loser_version && (*loser)->version != in->loser_version)
		return crud_conflict(cx, *loser, in->loser_version);
	return ERR_OK;
}

static err_t tell(struct ctx *cx, const struct rec *winner, const struct rec *loser, i64 moved)
{
	i64 account, opportunity;
	struct jw w = jw_new(cx->a, JSON_MAX);
	jw_obj(&w);
	jw_kint(&w, "version", winner->version);
	jw_kint(&w, "loser_id", loser->id);
	jw_kstr(&w, "loser_number", loser->number);
	jw_kstr(&w, "title", rec_title(loser));
	jw_kint(&w, "moved", moved);
	jw_end_obj(&w);
	TRY(crud_belongs(cx, winner, &account, &opportunity));
	return event_append(
		cx,
		&(struct event_in){.kind = arena_printf(cx->a, "%s.merged", winner->e->name),
	                           .entity = winner->e->name,
	                           .entity_id = winner->id,
	                           .account_id = account,
	                           .opportunity_id = opportunity,
	                           .payload = jw_done(&w)},
		NULL);
}

static err_t merge(struct ctx *cx, void *arg)
{
	struct merge *m = arg;
	const struct merge_in *in = m->in;
	struct rec *winner, *loser, *now;
	i64 moved;
	TRY(check_in(cx, in));
	TRY(two(cx, in, &winner, &loser));
	TRY(move_links(cx, loser, winner->id, &moved));
	if (!strcmp(in->e->name, "account"))
		TRY(move_team(cx, loser->id, winner->id));
	/* The loser goes first: what it has alone may be taken over. */
	TRY(crud_load(cx, in->e, loser->id, &now));
	TRY(crud_take_away(cx, now));
	TRY(crud_load(cx, in->e, winner->id, &winner));
	now = rec_copy(cx->a, winner);
	for (int i = 0; in->e->fields[i].name; i++)
		if (takable(cx, &in->e->fields[i]) && taken(in, winner, loser, i))
			now->v[i] = loser->v[i];
	/* A group does not become its own parent by taking over whose parent it was. */
	for (int i = 0; in->e->fields[i].name; i++)
		if (in->e->fields[i].type == FT_REF && !strcmp(in->e->fields[i].ref, in->e->name) &&
		    now->v[i].type == VAL_INT && now->v[i].i == winner->id)
			now->v[i] = vref(0);
	TRY(crud_store(cx, winner, now));
	TRY(db_exec(cx->c, "delete from merged_into where entity = ? and loser_id = ?",
	            ARGS(vt(in->e->name), vi(loser->id)), NULL));
	TRY(db_exec(cx->c,
	            "insert into merged_into(entity, loser_id, winner_id, merged_at)"
	            " values (?,?,?,?)",
	            ARGS(vt(in->e->name), vi(loser->id), vi(winner->id), vi(cx->now)), NULL));
	m->out = now;
	return tell(cx, now, loser, moved);
}

err_t merge_run(struct ctx *cx, const struct merge_in *in, struct rec **winner, i64 *undo_id)
{
	struct merge m = {.in = in};
	const struct undo_act act = {.kind = "merge", .e = in->e};
	TRY(undo_run(cx, &act, merge, &m, undo_id));
	*winner = m.out;
	return ERR_OK;
}

/* -- side by side -- */

static err_t text_of(struct ctx *cx, const struct field *f, const struct val *v, const char **out)
{
	*out = field_to_text(cx->a, f, v, cx->lang);
	if (f->type != FT_REF || v->type != VAL_INT)
		return ERR_OK;
	const struct entity *t = entity_by_name(f->ref);
	return db_one_text(
		cx->c, arena_printf(cx->a, "select %s from %s where id = ?", t->title, t->table),
		ARGS(*v), out);
}

static err_t write_field(struct ctx *cx, const struct merge_in *in, const struct rec *winner,
                         const struct rec *loser, int i, struct jw *w)
{
	const struct field *f = &in->e->fields[i];
	const struct rec *both[] = {winner, loser};
	static const char *const names[][2] = {{"winner", "winner_text"}, {"loser", "loser_text"}};
	jw_obj(w);
	jw_kstr(w, "field", f->name);
	jw_kstr(w, "label", label_in(f->label, cx->lang));
	for (size_t k = 0; k < ARRAY_LEN(both); k++) {
		const char *text;
		TRY(text_of(cx, f, &both[k]->v[i], &text));
		jw_key(w, names[k][0]);
		field_to_json(w, f, &both[k]->v[i]);
		jw_kstr(w, names[k][1], text);
	}
	jw_kbool(w, "take", takable(cx, f) && taken(in, winner, loser, i));
	jw_kbool(w, "writable", takable(cx, f));
	jw_end_obj(w);
	return ERR_OK;
}

static void write_one(struct jw *w, const char *key, const struct rec *r)
{
	jw_key(w, key);
	jw_obj(w);
	jw_kint(w, "id", r->id);
	jw_kint(w, "version", r->version);
	jw_kstr(w, "number", r->number);
	jw_kstr(w, "title", rec_title(r));
	jw_kstr(w, "created_at", time_format(w->b.a, r->created_at));
	jw_end_obj(w);
}

static err_t write_moves(struct ctx *cx, const struct rec *loser, struct jw *w)
{
	size_t entity = 0;
	int field = 0;
	struct link l;
	jw_key(w, "moves");
	jw_arr(w);
	while (link_at(loser->e, &entity, &field, &l)) {
		i64 *ids;
		size_t n;
		TRY(ids_of(cx, &l, loser, &ids, &n));
		if (!n || l.e->flags & E_NO_CREATE)
			continue; /* nodes and the like go with their opportunity: not worth a line */
		jw_obj(w);
		jw_kstr(w, "entity", l.e->name);
		jw_kstr(w, "label", label_in(l.e->label_plural, cx->lang));
		jw_kint(w, "n", (i64)n);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	return ERR_OK;
}

err_t merge_preview(struct ctx *cx, const struct entity *e, i64 winner_id, i64 loser_id,
                    struct jw *w)
{
	const struct merge_in in = {.e = e, .winner_id = winner_id, .loser_id = loser_id};
	struct rec *winner, *loser;
	TRY(check_in(cx, &in));
	TRY(two(cx, &in, &winner, &loser));
	jw_obj(w);
	write_one(w, "winner", winner);
	write_one(w, "loser", loser);
	jw_key(w, "fields");
	jw_arr(w);
	for (int i = 0; e->fields[i].name; i++)
		if (scope_field(cx->actor, &e->fields[i]) && !rec_same(winner, loser, i))
			TRY(write_field(cx, &in, winner, loser, i, w));
	jw_end_arr(w);
	TRY(write_moves(cx, loser, w));
	jw_end_obj(w);
	return ERR_OK;
}

/* -- the pointer -- */

err_t merge_follow(struct ctx *cx, const struct entity *e, i64 id, err_t rc)
{
	if (rc != ERR_NOT_FOUND || !(e->flags & E_MERGE))
		return rc;
	struct errs kept = cx->e;
	struct rec *r = NULL;
	bool found = true;
	i64 at = id;
	errs_init(&cx->e, cx->a);
	for (int i = 0; found && i < CHAIN_MAX; i++)
		TRY(db_one_i64(
			cx->c,
			"select winner_id from merged_into where entity = ? and loser_id = ?",
			ARGS(vt(e->name), vi(at)), &at, &found));
	err_t seen = at == id ? ERR_NOT_FOUND : crud_get(cx, e, at, "read", &r);
	if (seen) {
		cx->e = kept;
		return rc;
	}
	rc = cx_err(cx, ERR_MERGED, EP({"title", rec_title(r)}));
	cx->e.extra = arena_printf(cx->a, "\"merged_into\":%lld", (long long)at);
	return rc;
}
