/* Handing over what a person holds. */
#include "domain/handover/handover.h"

#include <string.h>

#include "core/actor.h"
#include "core/crud.h"
#include "core/event.h"
#include "core/notify.h"
#include "core/undo.h"
#include "domain/account/account.h"
#include "process/process.h"

enum { SHOWN = 200, RECEIVERS_MAX = 32 };

enum how { BY_COLUMN, BY_NODE, BY_MEMBER };

/* In the order in which they are handed over: nodes have receivers of their own before they would
 * follow the role on their opportunity; the teams come last, when owners joined them. */
static const struct kind {
	const char *code;
	struct label label;
	const char *entity, *column, *where;
	enum how how;
} kinds[] = {
	{"node", L("未完成的节点", "Open nodes"), "node", "owner_id",
         "t.state not in ('done', 'skipped')", BY_NODE},
	{"exception", L("待批例外", "Pending exceptions"), "exception", "approver_id",
         "t.state = 'pending'", BY_COLUMN},
	{"account", L("客户", "Accounts"), "account", "owner_id", NULL, BY_COLUMN},
	{"contact", L("联系人", "Contacts"), "contact", "owner_id", NULL, BY_COLUMN},
	{"lead", L("线索", "Leads"), "lead", "owner_id", "t.status <> 'converted'", BY_COLUMN},
	{"opportunity", L("商机（负责人）", "Opportunities (owner)"), "opportunity", "owner_id",
         "t.outcome in ('open', 'won')", BY_COLUMN},
	{"opportunity_sales", L("商机（销售）", "Opportunities (sales)"), "opportunity", "sales_id",
         "t.outcome in ('open', 'won')", BY_COLUMN},
	{"opportunity_technical", L("商机（技术顾问）", "Opportunities (technical consultant)"),
         "opportunity", "technical_id", "t.outcome in ('open', 'won')", BY_COLUMN},
	{"opportunity_csm", L("商机（客户成功经理）", "Opportunities (customer success)"),
         "opportunity", "csm_id", "t.outcome in ('open', 'won')", BY_COLUMN},
	{"task", L("未完成的任务", "Open tasks"), "task", "assignee_id", "t.state = 'open'",
         BY_COLUMN},
	{"team", L("所管团队", "Teams led"), "team", "manager_id", NULL, BY_COLUMN},
	{"member", L("客户团队成员", "Account teams"), "account", NULL, NULL, BY_MEMBER},
};

static const struct kind *kind_find(const char *code)
{
	for (size_t i = 0; code && i < ARRAY_LEN(kinds); i++)
		if (!strcmp(kinds[i].code, code))
			return &kinds[i];
	return NULL;
}

struct held {
	i64 id;
	const char *title;
};

static err_t read_held(struct ctx *cx, const struct kind *k, i64 user, struct held **out, size_t *n)
{
	const struct entity *e = entity_by_name(k->entity);
	*n = 0;
	*out = NULL;
	if (!e)
		return ERR_OK;
	const char *from =
		k->how == BY_MEMBER
			? "from account_member m join account t on t.id = m.account_id"
			  " where m.user_id = ? and t.deleted_at is null"
			: arena_printf(cx->a,
	                               "from %s t where t.%s = ? and t.deleted_at is null%s%s",
	                               e->table, k->column, k->where ? " and " : "",
	                               k->where ? k->where : "");
	i64 count = 0;
	TRY(db_one_i64(cx->c, arena_printf(cx->a, "select count(*) %s", from), ARGS(vi(user)),
	               &count, NULL));
	*out = ARENA_ARRAY(cx->a, (size_t)count + 1, struct held);
	struct rows *r;
	TRY(db_query(cx->c,
	             arena_printf(cx->a, "select t.id, t.%s %s order by t.id", e->title, from),
	             ARGS(vi(user)), &r));
	while (rows_next(r) && *n < (size_t)count)
		(*out)[(*n)++] = (struct held){rows_i64(r, 0), rows_dup(r, 1)};
	return rows_done(r);
}

/* -- who may, for whom -- */

static err_t need_right(struct ctx *cx, i64 user, const char **name)
{
	i64 team = 0;
	struct rows *r;
	TRY(actor_need(cx, "handover.run"));
	TRY(db_query(cx->c,
	             "select name, team_id from app_user where id = ? and deleted_at is null",
	             ARGS(vi(user)), &r));
	bool may = rows_next(r);
	if (may) {
		*name = rows_dup(r, 0);
		team = rows_i64(r, 1);
	}
	TRY(rows_done(r));
	if (may && actor_scope(cx->actor, "handover.run") != SCOPE_ALL) {
		const i64 *teams;
		size_t n;
		may = false;
		TRY(actor_teams(cx, &teams, &n));
		for (size_t i = 0; i < n; i++)
			may |= team && teams[i] == team;
	}
	return may ? ERR_OK : cx_err(cx, ERR_NOT_FOUND, NULL);
}

static void write_user(struct jw *w, const char *key, i64 id, const char *name)
{
	jw_key(w, key);
	jw_obj(w);
	jw_kint(w, "id", id);
	jw_kstr(w, "name", name);
	jw_end_obj(w);
}

err_t handover_holdings(struct ctx *cx, i64 user_id, struct jw *w)
{
	const char *name = NULL;
	i64 total = 0;
	TRY(need_right(cx, user_id, &name));
	jw_obj(w);
	write_user(w, "user", user_id, name);
	jw_key(w, "kinds");
	jw_arr(w);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct held *held;
		size_t n;
		TRY(read_held(cx, &kinds[i], user_id, &held, &n));
		if (!n)
			continue;
		total += (i64)n;
		jw_obj(w);
		jw_kstr(w, "kind", kinds[i].code);
		jw_kstr(w, "label", label_in(kinds[i].label, cx->lang));
		jw_kint(w, "n", (i64)n);
		jw_key(w, "records");
		jw_arr(w);
		for (size_t k = 0; k < n && k < SHOWN; k++) {
			jw_obj(w);
			jw_kint(w, "id", held[k].id);
			jw_kstr(w, "title", held[k].title);
			jw_end_obj(w);
		}
		jw_end_arr(w);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	jw_kint(w, "total", total);
	jw_end_obj(w);
	return ERR_OK;
}

/* -- the act -- */

struct moved {
	const struct kind *kind;
	i64 to, n;
};

struct handing {
	i64 from, to;
	const char *from_name, *reason;
	const json_t *kinds, *records;
	struct moved moved[ARRAY_LEN(kinds) * RECEIVERS_MAX];
	size_t n_moved;
	i64 total;
};

/* Who gets it; 0 = it stays. */
static i64 receiver(const struct handing *h, const struct kind *k, i64 id)
{
	for (size_t i = 0; i < json_array_size(h->records); i++) {
		const json_t *one = json_array_get(h->records, i);
		const char *kind = json_text(one, "kind");
		if (kind && !strcmp(kind, k->code) && json_i64(one, "id", 0) == id)
			return json_i64(one, "to", 0);
	}
	const json_t *of_kind = json_object_get(h->kinds, k->code);
	return !of_kind ? h->to : json_is_integer(of_kind) ? json_integer_value(of_kind) : 0;
}

static err_t member_over(struct ctx *cx, i64 account, i64 from, i64 to)
{
	const char *role;
	TRY(db_one_text(cx->c,
	                "select role from account_member where account_id = ? and user_id = ?",
	                ARGS(vi(account), vi(from)), &role));
	TRY(account_add_member(cx, account, to, role ? role : "member"));
	return account_remove_member(cx, account, from);
}

static err_t one_over(struct ctx *cx, const struct handing *h, const struct kind *k, i64 id, i64 to)
{
	if (k->how == BY_MEMBER)
		return member_over(cx, id, h->from, to);
	if (k->how == BY_NODE)
		return node_hand_over(cx, id, to);
	struct rec *before;
	TRY(crud_load(cx, entity_by_name(k->entity), id, &before));
	struct rec *now = rec_copy(cx->a, before);
	rec_set(now, k->column, vi(to));
	return crud_store(cx, before, now);
}

static err_t count(struct ctx *cx, struct handing *h, const struct kind *k, i64 to)
{
	h->total++;
	for (size_t i = 0; i < h->n_moved; i++)
		if (h->moved[i].kind == k && h->moved[i].to == to) {
			h->moved[i].n++;
			return ERR_OK;
		}
	if (h->n_moved == ARRAY_LEN(h->moved))
		return cx_err(cx, ERR_BAD_REQUEST, EP({"reason", "records: too many receivers"}));
	h->moved[h->n_moved++] = (struct moved){k, to, 1};
	return ERR_OK;
}

static err_t check_receiver(struct ctx *cx, const struct handing *h, const char *field, i64 to)
{
	if (to != h->from)
		return actor_need_user(cx, field, to);
	errs_field(
		&cx->e, field, ERR_RULE,
		EP({"reason", cx->lang == LANG_EN ? "this is who hands over" : "不能交接给本人"}));
	return errs_invalid(&cx->e);
}

static err_t check(struct ctx *cx, const struct handing *h)
{
	const char *code;
	json_t *j;
	if (!h->reason || !*h->reason)
		errs_field(&cx->e, "reason", ERR_REQUIRED, NULL);
	json_object_foreach((json_t *)h->kinds, code, j) if (!kind_find(code))
		errs_field(&cx->e, "kinds", ERR_UNKNOWN_FIELD, NULL);
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	TRY(check_receiver(cx, h, "to", h->to));
	json_object_foreach((json_t *)h->kinds, code, j) if (json_is_integer(j))
		TRY(check_receiver(cx, h, "kinds", json_integer_value(j)));
	for (size_t i = 0; i < json_array_size(h->records); i++) {
		const json_t *to = json_object_get(json_array_get(h->records, i), "to");
		if (json_is_integer(to))
			TRY(check_receiver(cx, h, "records", json_integer_value(to)));
	}
	return ERR_OK;
}

/* Each side hears of it once. */
static err_t tell(struct ctx *cx, const struct handing *h)
{
	bool en = cx->lang == LANG_EN;
	i64 told[ARRAY_LEN(h->moved)];
	size_t n_told = 0;
	for (size_t i = 0; i < h->n_moved; i++) {
		i64 to = h->moved[i].to, n = 0;
		bool again = false;
		for (size_t k = 0; k < n_told; k++)
			again |= told[k] == to;
		if (again)
			continue;
		told[n_told++] = to;
		for (size_t k = 0; k < h->n_moved; k++)
			n += h->moved[k].to == to ? h->moved[k].n : 0;
		TRY(notify_user(
			cx, &(struct notice){
				    .user_id = to,
				    .kind = "handover",
				    .entity = "user",
				    .entity_id = h->from,
				    .title = arena_printf(cx->a,
		                                          en ? "%s handed over %lld things to you"
		                                             : "%s 的 %lld 项工作交接给您",
		                                          h->from_name, (long long)n),
				    .body = h->reason,
				    .href = "/work"}));
	}
	return notify_user(cx, &(struct notice){.user_id = h->from,
	                                        .kind = "handover",
	                                        .entity = "user",
	                                        .entity_id = h->from,
	                                        .title = arena_printf(
							cx->a,
							en ? "%lld things were handed over from you"
							   : "您的 %lld 项工作已交接",
							(long long)h->total),
	                                        .body = h->reason,
	                                        .href = "/work"});
}

static err_t report(struct ctx *cx, const struct handing *h, bool people, struct jw *w)
{
	jw_key(w, "moved");
	jw_arr(w);
	for (size_t i = 0; i < h->n_moved; i++) {
		const struct moved *m = &h->moved[i];
		jw_obj(w);
		jw_kstr(w, "kind", m->kind->code);
		jw_kstr(w, "label", label_in(m->kind->label, cx->lang));
		if (people) {
			const char *name;
			TRY(db_one_text(cx->c, "select name from app_user where id = ?",
			                ARGS(vi(m->to)), &name));
			write_user(w, "to", m->to, name);
		} else {
			jw_kint(w, "to", m->to);
		}
		jw_kint(w, "n", m->n);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	return ERR_OK;
}

static err_t hand_over(struct ctx *cx, void *arg)
{
	struct handing *h = arg;
	h->n_moved = 0;
	h->total = 0;
	TRY(check(cx, h));
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct held *held;
		size_t n;
		TRY(read_held(cx, &kinds[i], h->from, &held, &n));
		for (size_t k = 0; k < n; k++) {
			i64 to = receiver(h, &kinds[i], held[k].id);
			if (!to)
				continue;
			TRY(one_over(cx, h, &kinds[i], held[k].id, to));
			TRY(count(cx, h, &kinds[i], to));
		}
	}
	struct jw w = jw_new(cx->a, 1024 * 1024);
	jw_obj(&w);
	jw_kstr(&w, "title", h->from_name);
	jw_kstr(&w, "reason", h->reason);
	jw_kint(&w, "total", h->total);
	TRY(report(cx, h, false, &w));
	jw_end_obj(&w);
	TRY(event_append(cx,
	                 &(struct event_in){.kind = "handover.done",
	                                    .entity = "user",
	                                    .entity_id = h->from,
	                                    .payload = jw_done(&w)},
	                 NULL));
	return h->total ? tell(cx, h) : ERR_OK;
}

err_t handover_run(struct ctx *cx, i64 user_id, const json_t *body, struct jw *w)
{
	struct handing *h = ARENA_NEW(cx->a, struct handing);
	*h = (struct handing){.from = user_id,
	                      .to = json_i64(body, "to", 0),
	                      .reason = json_text(body, "reason"),
	                      .kinds = json_object_get(body, "kinds"),
	                      .records = json_object_get(body, "records")};
	i64 undo_id;
	TRY(need_right(cx, user_id, &h->from_name));
	const struct undo_act act = {.kind = "handover", .title = h->from_name};
	TRY(undo_run(cx, &act, hand_over, h, &undo_id));
	jw_obj(w);
	write_user(w, "from", user_id, h->from_name);
	jw_kstr(w, "reason", h->reason);
	jw_kint(w, "total", h->total);
	jw_key(w, "undo_id");
	if (undo_id)
		jw_int(w, undo_id);
	else
		jw_null(w);
	TRY(report(cx, h, true, w));
	jw_end_obj(w);
	return ERR_OK;
}

/* clang-format off */
static const struct notice_kind notices[] = {
	{"handover", L("工作交接", "Work handed over"), NOTICE_AT_ONCE, NOTICE_OFF_BY_PERSON, false},
	{.code = NULL},
};
static const struct permission permissions[] = {
	{"handover.run", L("工作交接", "Hand over work")},
	{NULL, L(NULL, NULL)},
};
static const struct event_kind events[] = {
	{"handover.done", L("工作已交接", "Work handed over"), true},
	{NULL, L(NULL, NULL), false},
};
/* clang-format on */

const struct module handover_module = {
	.name = "handover", .permissions = permissions, .events = events, .notices = notices};
