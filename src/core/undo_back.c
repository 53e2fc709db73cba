/* Undo, taking back: all records as they were before an act, or none. */
#include <string.h>

#include "core/actor.h"
#include "core/crud.h"
#include "core/event.h"
#include "core/scope.h"
#include "core/undo_kept.h"

/* clang-format off */
const struct permission undo_permissions[] = {
	{"undo.use", L("撤销操作", "Undo actions")},
	{NULL, L(NULL, NULL)},
};
const struct event_kind undo_events[] = {
	{"undo.done", L("操作已撤销", "Action undone"), true},
	{NULL, L(NULL, NULL), false},
};
/* What can be undone, as people call it. */
static const struct {
	const char *kind;
	struct label label;
} kinds[] = {
	{"bulk_edit", L("批量修改", "Bulk edit")},
	{"bulk_assign", L("批量分配", "Bulk assignment")},
	{"bulk_tag", L("批量打标签", "Bulk tagging")},
	{"bulk_delete", L("批量删除", "Bulk deletion")},
	{"delete", L("删除", "Deletion")},
	{"merge", L("合并", "Merge")},
	{"advance", L("推进阶段", "Stage move")},
	{"handover", L("工作交接", "Hand-over")},
};
/* clang-format on */

struct entry {
	i64 id, user_id, n, seq, created_at, expires_at, undone_at;
	const char *kind, *entity, *title, *user;
};

#define ENTRY_COLUMNS                                                                           \
	"select e.id, e.user_id, e.n, e.seq, e.created_at, e.expires_at, e.undone_at, e.kind,"  \
	" e.entity, e.title, u.name from undo_entry e left join app_user u on u.id = e.user_id" \
	" where "

static struct entry read_entry(const struct rows *r)
{
	return (struct entry){.id = rows_i64(r, 0),
	                      .user_id = rows_i64(r, 1),
	                      .n = rows_i64(r, 2),
	                      .seq = rows_i64(r, 3),
	                      .created_at = rows_i64(r, 4),
	                      .expires_at = rows_i64(r, 5),
	                      .undone_at = rows_i64(r, 6),
	                      .kind = rows_dup(r, 7),
	                      .entity = rows_dup(r, 8),
	                      .title = rows_dup(r, 9),
	                      .user = rows_dup(r, 10)};
}

static bool sees_all(const struct ctx *cx)
{
	return actor_scope(cx->actor, "undo.use") == SCOPE_ALL;
}

static err_t load(struct ctx *cx, i64 id, struct entry *out)
{
	struct rows *r;
	TRY(db_query(cx->c, ENTRY_COLUMNS "e.id = ?", ARGS(vi(id)), &r));
	bool found = rows_next(r);
	if (found)
		*out = read_entry(r);
	TRY(rows_done(r));
	found = found && (sees_all(cx) || (cx->actor->id && out->user_id == cx->actor->id));
	return found ? ERR_OK : cx_err(cx, ERR_NOT_FOUND, NULL);
}

static err_t load_rows(struct ctx *cx, i64 id, struct undo_row **out, size_t *n)
{
	i64 count = 0;
	TRY(db_one_i64(cx->c, "select count(*) from undo_row where entry_id = ?", ARGS(vi(id)),
	               &count, NULL));
	*out = ARENA_ARRAY(cx->a, (size_t)count + 1, struct undo_row);
	*n = 0;
	struct rows *r;
	TRY(db_query(cx->c,
	             "select entity, entity_id, act, version, was from undo_row"
	             " where entry_id = ? order by id desc",
	             ARGS(vi(id)), &r));
	while (rows_next(r) && *n < (size_t)count)
		(*out)[(*n)++] = (struct undo_row){.entity = rows_dup(r, 0),
		                                   .entity_id = rows_i64(r, 1),
		                                   .act = rows_dup(r, 2),
		                                   .version = rows_i64(r, 3),
		                                   .before = rows_dup(r, 4)};
	return rows_done(r);
}

/* -- did it move on? -- */

struct moved {
	struct jw w;
	i64 n;
	const char *title, *who, *when; /* of the first */
};

static err_t tell_moved(struct ctx *cx, struct moved *m, const struct entity *e, i64 id,
                        const char *title, const char *who, i64 when)
{
	bool seen = false;
	TRY(scope_allows(cx, e, "read", id, &seen));
	const char *nobody = cx->lang == LANG_EN ? "The system" : "系统";
	who = who ? who : nobody;
	title = seen && title && *title ? title
	                                : arena_printf(cx->a, "%s #%lld",
	                                               label_in(e->label, cx->lang), (long long)id);
	jw_obj(&m->w);
	jw_kstr(&m->w, "entity", e->name);
	jw_kint(&m->w, "id", id);
	jw_kstr(&m->w, "title", title);
	jw_kstr(&m->w, "who", who);
	jw_kstr(&m->w, "when", time_format(cx->a, when));
	jw_end_obj(&m->w);
	if (!m->n++) {
		m->title = title;
		m->who = who;
		m->when = time_format(cx->a, when);
	}
	return ERR_OK;
}

/* The newest fact that `where` finds: whose it was. */
static err_t last_act(struct ctx *cx, const char *where, struct args args, const char **who,
                      i64 *when, bool *found)
{
	struct rows *r;
	*who = NULL;
	TRY(db_query(cx->c,
	             arena_printf(cx->a,
	                          "select u.name, e.recorded_at from event e"
	                          " left join app_user u on u.id = e.actor_id where %s"
	                          " order by e.seq desc limit 1",
	                          where),
	             args, &r));
	*found = rows_next(r);
	if (*found) {
		*who = rows_dup(r, 0);
		*when = rows_i64(r, 1);
	}
	return rows_done(r);
}

static err_t look(struct ctx *cx, const struct entry *en, const struct undo_row *row,
                  struct moved *m)
{
	const char *who;
	i64 when = cx->now;
	bool found;
	if (!strcmp(row->act, "watched")) {
		const struct entity *e = entity_by_name("opportunity");
		struct rec *r;
		TRY(last_act(cx,
		             "e.opportunity_id = ? and e.seq > ? and e.actor_id is not null and"
		             " e.entity in ('node', 'output', 'approval', 'review', 'exception')",
		             ARGS(vi(row->entity_id), vi(en->seq)), &who, &when, &found));
		TRY(undo_stored(cx, e, row->entity_id, &r));
		return found ? tell_moved(cx, m, e, row->entity_id, r ? rec_title(r) : NULL, who,
		                          when)
		             : ERR_OK;
	}
	const struct entity *e = row->entity ? entity_by_name(row->entity) : NULL;
	if (!e)
		return ERR_OK;
	struct rec *now;
	TRY(undo_stored(cx, e, row->entity_id, &now));
	if (now && now->version == row->version &&
	    (now->deleted_at != 0) == !strcmp(row->act, "removed"))
		return ERR_OK;
	TRY(last_act(cx, "e.entity = ? and e.entity_id = ?", ARGS(vt(e->name), vi(row->entity_id)),
	             &who, &when, &found));
	return tell_moved(cx, m, e, row->entity_id, now ? rec_title(now) : NULL, who, when);
}

static err_t need_unmoved(struct ctx *cx, const struct entry *en, const struct undo_row *rows,
                          size_t n)
{
	struct moved m = {.w = jw_new(cx->a, 4 * 1024 * 1024)};
	jw_arr(&m.w);
	for (size_t i = 0; i < n; i++)
		TRY(look(cx, en, &rows[i], &m));
	jw_end_arr(&m.w);
	if (!m.n)
		return ERR_OK;
	err_t rc = cx_err(cx, ERR_UNDO_MOVED,
	                  EP({"n", arena_printf(cx->a, "%lld", (long long)m.n)}, {"title", m.title},
	                     {"who", m.who}, {"when", m.when}));
	cx->e.extra = arena_printf(cx->a, "\"moved\":%s", jw_done(&m.w));
	return rc;
}

/* -- back -- */

static err_t member_back(struct ctx *cx, const struct undo_row *row, const json_t *was)
{
	bool joined = !strcmp(row->act, "joined");
	i64 user = json_i64(was, "user_id", 0), n = 0;
	const char *role = json_text(was, "role");
	if (joined)
		TRY(db_exec(cx->c,
		            "delete from account_member where account_id = ? and user_id = ?",
		            ARGS(vi(row->entity_id), vi(user)), &n));
	else
		TRY(db_exec(
			cx->c,
			"insert into account_member(account_id, user_id, role, added_at, added_by)"
			" values (?,?,?,?,?) on conflict (account_id, user_id) do nothing",
			ARGS(vi(row->entity_id), vi(user), vt(role ? role : ""), vi(cx->now),
		             vref(cx->actor->id)),
			&n));
	if (!n)
		return ERR_OK;
	return event_append(
		cx,
		&(struct event_in){
			.kind = joined ? "account.member_removed" : "account.member_added",
			.entity = "account",
			.entity_id = row->entity_id,
			.account_id = row->entity_id,
			.payload = arena_printf(cx->a, "{\"user_id\":%lld,\"role\":\"%s\"}",
	                                        (long long)user, joined ? "" : role)},
		NULL);
}

static err_t values_back(struct ctx *cx, const struct rec *now, const json_t *was)
{
	struct rec *then = rec_copy(cx->a, now);
	const char *name;
	json_t *j;
	json_object_foreach((json_t *)was, name, j)
	{
		int i = field_index(now->e, name);
		if (i < 0) /* a field that is no more */
			continue;
		then->v[i] = json_is_integer(j)  ? vi(json_integer_value(j))
		             : json_is_string(j) ? vt(json_string_value(j))
		                                 : vnull();
	}
	return crud_put(cx, now, then);
}

static err_t row_back(struct ctx *cx, const struct undo_row *row, i64 *n)
{
	json_t *was = NULL;
	if (row->before)
		TRY(json_parse(cx->a, &cx->e, row->before, strlen(row->before), &was));
	if (!strcmp(row->act, "joined") || !strcmp(row->act, "left"))
		return member_back(cx, row, was);
	const struct entity *e = row->entity ? entity_by_name(row->entity) : NULL;
	struct rec *now;
	if (!e)
		return ERR_OK;
	(*n)++;
	if (!strcmp(row->act, "removed")) {
		TRY(crud_bring_back(cx, e, row->entity_id, &now));
		return was ? values_back(cx, now, was) : ERR_OK;
	}
	TRY(crud_load(cx, e, row->entity_id, &now));
	if (strcmp(row->act, "made") != 0)
		return values_back(cx, now, was);
	/* Nodes and rounds have no bin: their tables are read whole. */
	return e->flags & E_NO_CREATE ? crud_unmake(cx, now) : crud_take_away(cx, now);
}

struct back {
	i64 id;
	struct undone *out;
};

static err_t back(struct ctx *cx, void *arg)
{
	struct back *b = arg;
	struct entry en = {0};
	struct undo_row *rows;
	size_t n;
	i64 taken = 0;
	*b->out = (struct undone){0};
	TRY(load(cx, b->id, &en));
	/* Whoever comes second finds it taken. */
	TRY(db_exec(cx->c,
	            "update undo_entry set undone_at = ?, undone_by = ?"
	            " where id = ? and undone_at is null",
	            ARGS(vi(cx->now), vref(cx->actor->id), vi(en.id)), &taken));
	if (!taken)
		return cx_err(cx, ERR_UNDO_DONE, NULL);
	if (en.expires_at <= cx->now)
		return cx_err(cx, ERR_UNDO_EXPIRED,
		              EP({"when", time_format(cx->a, en.expires_at)}));
	TRY(load_rows(cx, en.id, &rows, &n));
	TRY(need_unmoved(cx, &en, rows, n));
	for (size_t i = 0; i < n; i++)
		TRY(row_back(cx, &rows[i], &b->out->n));
	b->out->kind = en.kind;
	struct jw w = jw_new(cx->a, 4096);
	jw_obj(&w);
	jw_kint(&w, "undo_id", en.id);
	jw_kstr(&w, "act", en.kind);
	jw_kstr(&w, "of", en.entity);
	jw_kint(&w, "n", b->out->n);
	jw_end_obj(&w);
	return event_append(cx, &(struct event_in){.kind = "undo.done", .payload = jw_done(&w)},
	                    NULL);
}

err_t undo_do(struct ctx *cx, i64 id, struct undone *out)
{
	struct back b = {id, out};
	return ctx_write(cx, back, &b);
}

/* -- the list -- */

static void write_entry(struct ctx *cx, struct jw *w, const struct entry *en)
{
	const struct entity *e = en->entity ? entity_by_name(en->entity) : NULL;
	const char *label = en->kind;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (!strcmp(kinds[i].kind, en->kind))
			label = label_in(kinds[i].label, cx->lang);
	jw_obj(w);
	jw_kint(w, "id", en->id);
	jw_kstr(w, "kind", en->kind);
	jw_kstr(w, "label", label);
	jw_kstr(w, "entity", en->entity);
	jw_kstr(w, "entity_label", e ? label_in(e->label, cx->lang) : NULL);
	jw_kint(w, "n", en->n);
	jw_kstr(w, "title", en->title);
	jw_kstr(w, "at", time_format(cx->a, en->created_at));
	jw_kstr(w, "expires_at", time_format(cx->a, en->expires_at));
	jw_kstr(w, "undone_at", en->undone_at ? time_format(cx->a, en->undone_at) : NULL);
	jw_kstr(w, "state",
	        en->undone_at               ? "undone"
	        : en->expires_at <= cx->now ? "expired"
	                                    : "open");
	jw_key(w, "user");
	jw_obj(w);
	jw_kint(w, "id", en->user_id);
	jw_kstr(w, "name", en->user);
	jw_end_obj(w);
	jw_end_obj(w);
}

err_t undo_list(struct ctx *cx, bool all, struct jw *w)
{
	bool everybody = all && sees_all(cx);
	struct rows *r;
	TRY(db_query(cx->c, ENTRY_COLUMNS "(? = 1 or e.user_id = ?) order by e.id desc limit 100",
	             ARGS(vi(everybody), vi(cx->actor->id)), &r));
	jw_obj(w);
	jw_key(w, "items");
	jw_arr(w);
	while (rows_next(r)) {
		struct entry en = read_entry(r);
		write_entry(cx, w, &en);
	}
	jw_end_arr(w);
	jw_end_obj(w);
	return rows_done(r);
}
