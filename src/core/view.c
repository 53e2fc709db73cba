/* Saved views: fields, what may be saved, the order of tabs, defaults. */
#include "core/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/crud.h"
#include "core/event.h"
#include "core/group.h"
#include "core/roles.h"
#include "core/scope.h"
#include "core/share.h"

enum { TABS_MAX = 200 };

/* clang-format off */
static const struct enum_row layouts[] = {
	{"list", L("列表", "List"), "neutral"},
	{"board", L("阶段看板", "Board of stages"), "neutral"},
	{"node", L("节点看板", "Board of nodes"), "neutral"},
	{"calendar", L("到期日历", "Calendar"), "neutral"},
	{NULL, L(NULL, NULL), NULL},
};

static const struct field view_fields[] = {
	{.name = "name", .type = FT_TEXT, .flags = F_REQUIRED | F_LIST, .max = 60,
	 .label = L("名称", "Name")},
	{.name = "entity", .type = FT_TEXT, .flags = F_REQUIRED | F_LIST | F_NOIMPORT, .max = 40,
	 .label = L("对象类型", "Record kind")},
	{.name = "layout", .type = FT_ENUM, .flags = F_LIST, .values = layouts, .dflt = "list",
	 .label = L("形式", "Shown as")},
	{.name = "share", .type = FT_ENUM, .flags = F_LIST, .values = share_values,
	 .dflt = "personal", .label = L("共享范围", "Shared with")},
	{.name = "team_id", .type = FT_REF, .ref = "team", .label = L("共享团队", "Team")},
	{.name = "filter", .type = FT_LONGTEXT, .max = 20000, .label = L("筛选条件", "Filter"),
	 .help = L("与列表的 filter 参数相同", "As the parameter `filter` of lists")},
	{.name = "q", .type = FT_TEXT, .max = 200, .label = L("搜索", "Search")},
	{.name = "columns", .type = FT_TEXT, .max = 2000, .label = L("列", "Columns"),
	 .help = L("字段名，可带宽度：name:240,owner_id", "Fields, with widths if any: name:240,owner_id")},
	{.name = "sort", .type = FT_TEXT, .max = 200, .label = L("排序", "Sort")},
	{.name = "group_by", .type = FT_TEXT, .max = 80, .label = L("分组", "Grouped by")},
	{.name = "owner_id", .type = FT_REF, .ref = "user", .flags = F_READONLY | F_LIST,
	 .label = L("创建人", "Owner")},
	{.name = NULL},
};

const struct permission view_permissions[] = {
	{"view.share", L("共享视图、设置角色默认视图", "Share views, set the default of a role")},
	{NULL, L(NULL, NULL)},
};
const struct event_kind view_events[] = {
	{"view.default_set", L("默认视图已设置", "Default view set"), false},
	{"view.default_cleared", L("默认视图已取消", "Default view taken back"), false},
	{NULL, L(NULL, NULL), false},
};
/* clang-format on */

/* The first sentence about what a list would refuse becomes the error of the view's field. */
static void blame(struct ctx *cx, struct ctx *tried, const char *field)
{
	const struct errs *e = &tried->e;
	const char *why = e->n_fields ? err_text(cx->a, e->fields[0].code, e->fields[0].params,
	                                         cx->lang)
	                              : err_text(cx->a, e->code, e->params, cx->lang);
	errs_field(&cx->e, field, ERR_RULE, EP({"reason", why}));
}

/* A refusal is the view's fault; anything else, such as a lost database, is not. */
static bool refused(err_t rc)
{
	return rc == ERR_BAD_FILTER || rc == ERR_BAD_REQUEST || rc == ERR_BAD_JSON;
}

static err_t try_list(struct ctx *cx, const struct entity *e, const char *filter, const char *sort,
                      const char *field)
{
	struct ctx quiet = *cx;
	struct list_query lq = {.e = e, .act = "read", .sort = sort};
	errs_init(&quiet.e, cx->a);
	err_t rc = list_query_parse(&quiet, filter, NULL, NULL, &lq);
	if (!rc)
		rc = list_check(&quiet, &lq);
	if (refused(rc)) {
		blame(cx, &quiet, field);
		return ERR_OK;
	}
	if (rc)
		cx->e = quiet.e;
	return rc;
}

static void check_columns(struct ctx *cx, const struct entity *e, const char *columns)
{
	char *rest = arena_strdup(cx->a, columns), *w;
	while ((w = strsep(&rest, ","))) {
		char *width = strchr(w, ':');
		if (width)
			*width++ = '\0';
		const struct field *f = field_by_name(e, w);
		bool known = !strcmp(w, "created_at") || !strcmp(w, "updated_at") ||
		             (!strcmp(w, "number") && e->number_prefix) ||
		             (f && scope_field(cx->actor, f));
		char *end = width;
		long px = width ? strtol(width, &end, 10) : 100;
		if (!known || (width && (end == width || *end)) || px < 40 || px > 2000) {
			errs_field(&cx->e, "columns", ERR_RULE,
			           EP({"reason",
			               arena_printf(cx->a,
			                            cx->lang == LANG_EN ? "There is no column '%s'"
			                                                : "没有列“%s”",
			                            w)}));
			return;
		}
	}
}

static err_t check(struct ctx *cx, struct rec *now, const struct rec *before)
{
	const char *name = rec_text(now, "entity");
	const struct entity *e = name ? entity_by_name(name) : NULL;
	if (before && !rec_same(now, before, field_index(now->e, "entity")))
		errs_field(&cx->e, "entity", ERR_READ_ONLY, NULL);
	if (name && (!e || scope_of(cx->actor, e, "read") == SCOPE_NONE))
		errs_field(&cx->e, "entity", ERR_REF,
		           EP({"what", cx->lang == LANG_EN ? "record kind" : "对象类型"}));
	TRY(share_check(cx, now, before));
	if (!e || errs_any_field(&cx->e))
		return ERR_OK;
	TRY(try_list(cx, e, rec_text(now, "filter"), NULL, "filter"));
	TRY(try_list(cx, e, NULL, rec_text(now, "sort"), "sort"));
	if (rec_text(now, "columns"))
		check_columns(cx, e, rec_text(now, "columns"));
	if (rec_text(now, "group_by")) {
		struct ctx quiet = *cx;
		errs_init(&quiet.e, cx->a);
		if (group_check(&quiet, e, rec_text(now, "group_by")))
			blame(cx, &quiet, "group_by");
	}
	return ERR_OK;
}

static err_t forget(struct ctx *cx, const struct rec *r)
{
	TRY(db_exec(cx->c, "update view_person set default_view = null where default_view = ?",
	            ARGS(vi(r->id)), NULL));
	return db_exec(cx->c, "delete from view_role where view_id = ?", ARGS(vi(r->id)), NULL);
}

static const struct entity_hooks hooks = {.check = check, .removing = forget};

const struct entity view_entity = {
	.name = "view",
	.plural = "views",
	.table = "saved_view",
	.label = L("视图", "View"),
	.label_plural = L("视图", "Views"),
	.title = "name",
	.fields = view_fields,
	.scope = {.owners = {"owner_id"}, .shared = true},
	.hooks = &hooks,
	.default_sort = "name",
};

/* -- tabs -- */

static err_t need_entity(struct ctx *cx, const char *name, const struct entity **e)
{
	*e = name ? entity_by_name(name) : NULL;
	return *e ? ERR_OK : cx_err(cx, ERR_BAD_REQUEST, EP({"reason", "entity"}));
}

/* The actor's own, else the first of the roles' in the order of roles. */
static err_t default_of(struct ctx *cx, const char *entity, i64 *id)
{
	bool found = false;
	*id = 0;
	TRY(db_one_i64(cx->c,
	               "select default_view from view_person where user_id = ? and entity = ?"
	               " and default_view is not null",
	               ARGS(vi(cx->actor->id), vt(entity)), id, &found));
	for (const struct enum_row *r = role_values; !found && r->value; r++)
		if (actor_has_role(cx->actor, r->value))
			TRY(db_one_i64(
				cx->c,
				"select view_id from view_role where role = ? and entity = ?",
				ARGS(vt(r->value), vt(entity)), id, &found));
	return ERR_OK;
}

struct tabs {
	struct rec *r[TABS_MAX];
	size_t n;
};

static err_t gather(struct ctx *cx, const struct rec *r, const char *const *titles, void *arg)
{
	struct tabs *t = arg;
	(void)titles;
	if (t->n == TABS_MAX)
		return ERR_OK;
	struct rec *kept = rec_copy(cx->a, r); /* its texts live as long as the row only */
	for (size_t i = 0; i < entity_field_count(r->e); i++)
		if (r->v[i].type == VAL_TEXT)
			kept->v[i] = vtn(arena_strndup(cx->a, r->v[i].s.p, r->v[i].s.n),
			                 r->v[i].s.n);
	t->r[t->n++] = kept;
	return ERR_OK;
}

static err_t write_tab(struct ctx *cx, struct jw *w, const struct rec *r)
{
	const char *owner;
	bool mine = rec_i64(r, "owner_id") == cx->actor->id, change = false, drop = false;
	TRY(scope_allows(cx, r->e, "update", r->id, &change));
	TRY(scope_allows(cx, r->e, "delete", r->id, &drop));
	TRY(db_one_text(cx->c, "select name from app_user where id = ?",
	                ARGS(vi(rec_i64(r, "owner_id"))), &owner));
	jw_obj(w);
	rec_members(cx, w, r, NULL);
	jw_kstr(w, "owner_name", owner);
	jw_kbool(w, "mine", mine);
	jw_kbool(w, "can_update", change);
	jw_kbool(w, "can_delete", drop);
	jw_key(w, "default_for");
	jw_arr(w);
	struct rows *rows;
	TRY(db_query(cx->c, "select role from view_role where view_id = ? order by role",
	             ARGS(vi(r->id)), &rows));
	while (rows_next(rows))
		jw_str(w, rows_text(rows, 0));
	TRY(rows_done(rows));
	jw_end_arr(w);
	jw_end_obj(w);
	return ERR_OK;
}

err_t views_write(struct ctx *cx, const char *entity, struct jw *w)
{
	const struct entity *e;
	TRY(need_entity(cx, entity, &e));
	struct list_query lq = {.e = &view_entity, .act = "read", .sort = "id"};
	struct tabs *t = ARENA_NEW(cx->a, struct tabs);
	TRY(list_query_parse(cx, arena_printf(cx->a, "{\"entity\":{\"eq\":\"%s\"}}", e->name), NULL,
	                     NULL, &lq));
	TRY(list_each(cx, &lq, gather, t));
	const char *order;
	i64 dflt;
	TRY(db_one_text(cx->c,
	                "select view_order from view_person where user_id = ? and entity = ?",
	                ARGS(vi(cx->actor->id), vt(e->name)), &order));
	TRY(default_of(cx, e->name, &dflt));
	bool seen = false;
	jw_obj(w);
	jw_key(w, "items");
	jw_arr(w);
	for (const char *p = order; p && *p;) {
		char *end;
		i64 id = strtoll(p, &end, 10);
		for (size_t i = 0; i < t->n; i++)
			if (t->r[i] && t->r[i]->id == id) {
				TRY(write_tab(cx, w, t->r[i]));
				seen |= id == dflt;
				t->r[i] = NULL;
			}
		p = *end == ',' ? end + 1 : end + (*end != '\0');
	}
	for (size_t i = 0; i < t->n; i++)
		if (t->r[i]) {
			TRY(write_tab(cx, w, t->r[i]));
			seen |= t->r[i]->id == dflt;
		}
	jw_end_arr(w);
	jw_key(w, "default");
	if (dflt && seen)
		jw_int(w, dflt);
	else
		jw_null(w);
	jw_end_obj(w);
	return ERR_OK;
}

err_t views_order(struct ctx *cx, const char *entity, const json_t *ids)
{
	const struct entity *e;
	size_t i;
	const json_t *id;
	TRY(need_entity(cx, entity, &e));
	struct buf b = buf_new(cx->a, 8192);
	bool good = json_is_array(ids) && json_array_size(ids) <= TABS_MAX;
	if (good)
		json_array_foreach((json_t *)ids, i, id)
		{
			good &= json_is_integer(id);
			buf_printf(&b, "%s%lld", i ? "," : "", (long long)json_integer_value(id));
		}
	if (!good) {
		errs_field(&cx->e, "ids", ERR_TYPE, EP({"want", "[1, 2, …]"}));
		return errs_invalid(&cx->e);
	}
	event_not_needed(cx, "the order of somebody's tabs is nobody else's fact");
	return db_exec(cx->c,
	               "insert into view_person(user_id, entity, view_order) values (?,?,?)"
	               " on conflict (user_id, entity) do update set view_order ="
	               " excluded.view_order",
	               ARGS(vi(cx->actor->id), vt(e->name), vt(buf_str(&b))), NULL);
}

static err_t role_default(struct ctx *cx, const struct rec *r, const char *role, bool on)
{
	bool known = false;
	for (const struct enum_row *row = role_values; row->value; row++)
		known |= !strcmp(row->value, role);
	if (actor_scope(cx->actor, "view.share") != SCOPE_ALL)
		return cx_err(cx, ERR_FORBIDDEN, NULL);
	if (!known)
		errs_field(&cx->e, "role", ERR_REF,
		           EP({"what", cx->lang == LANG_EN ? "role" : "角色"}));
	else if (!text_eq(rec_text(r, "share"), "all"))
		errs_field(&cx->e, "role", ERR_RULE,
		           EP({"reason", cx->lang == LANG_EN ? "Share the view with everybody first"
		                                             : "请先把视图共享给所有人"}));
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	const char *entity = rec_text(r, "entity");
	TRY(db_exec(cx->c, "delete from view_role where role = ? and entity = ?",
	            ARGS(vt(role), vt(entity)), NULL));
	if (on)
		TRY(db_exec(cx->c, "insert into view_role(role, entity, view_id) values (?,?,?)",
		            ARGS(vt(role), vt(entity), vi(r->id)), NULL));
	return event_append(
		cx,
		&(struct event_in){.kind = on ? "view.default_set" : "view.default_cleared",
	                           .entity = "view",
	                           .entity_id = r->id,
	                           .payload = arena_printf(cx->a, "{\"role\":\"%s\"}", role)},
		NULL);
}

err_t view_default(struct ctx *cx, i64 id, const char *role, bool on)
{
	struct rec *r;
	TRY(crud_get(cx, &view_entity, id, "read", &r));
	if (role)
		return role_default(cx, r, role, on);
	event_not_needed(cx, "what somebody's list opens with is nobody else's fact");
	return db_exec(cx->c,
	               "insert into view_person(user_id, entity, default_view) values (?,?,?)"
	               " on conflict (user_id, entity) do update set default_view ="
	               " excluded.default_view",
	               ARGS(vi(cx->actor->id), vt(rec_text(r, "entity")), vref(on ? id : 0)), NULL);
}
