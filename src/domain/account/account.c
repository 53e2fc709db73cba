/* Accounts: rules, team, group tree, duplicates. */
#include "domain/account/account.h"

#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "core/crud.h"
#include "core/event.h"
#include "core/scope.h"
#include "core/undo.h"
#include "domain/account/account_rules.h"

enum { TREE_DEPTH = 20 };

enum err_code currency_check(const struct val *v)
{
	return currency_valid(v->s.p) ? ERR_OK : ERR_MONEY;
}

/* A group must not contain itself, at any depth. */
static err_t check_no_cycle(struct ctx *cx, const struct rec *now)
{
	i64 up = rec_i64(now, "parent_id");
	for (int i = 0; up && i < TREE_DEPTH; i++) {
		if (up == now->id) {
			errs_field(&cx->e, "parent_id", ERR_CYCLE, NULL);
			return ERR_OK;
		}
		i64 next = 0;
		TRY(db_one_i64(cx->c, "select parent_id from account where id = ?", ARGS(vi(up)),
		               &next, NULL));
		up = next;
	}
	if (up)
		errs_field(&cx->e, "parent_id", ERR_CYCLE, NULL);
	return ERR_OK;
}

static err_t account_check(struct ctx *cx, struct rec *now, const struct rec *before)
{
	const char *name = rec_text(now, "name");
	if (name && (!before || !text_eq(name, rec_text(before, "name"))))
		rec_set(now, "name_key", vt(text_company_key(cx->a, name)));
	if (before && now->id && rec_i64(now, "parent_id") != rec_i64(before, "parent_id"))
		TRY(check_no_cycle(cx, now));
	return ERR_OK;
}

/* The owner is on the team, so that scope and team never disagree. */
static err_t account_saved(struct ctx *cx, const struct rec *now, const struct rec *before)
{
	i64 owner = rec_i64(now, "owner_id");
	if (!owner || (before && owner == rec_i64(before, "owner_id")))
		return ERR_OK;
	return account_add_member(cx, now->id, owner, "owner");
}

static err_t account_removing(struct ctx *cx, const struct rec *r)
{
	i64 n = 0;
	TRY(db_one_i64(
		cx->c,
		"select count(*) from opportunity where account_id = ? and deleted_at is null",
		ARGS(vi(r->id)), &n, NULL));
	if (n)
		return cx_err(cx, ERR_IN_USE,
		              EP({"n", arena_printf(cx->a, "%lld", (long long)n)},
		                 {"what", cx->lang == LANG_EN ? "opportunities" : "商机"}));
	return ERR_OK;
}

const struct entity_hooks account_hooks = {account_check, account_saved, account_removing};

static err_t contact_check(struct ctx *cx, struct rec *now, const struct rec *before)
{
	(void)before;
	i64 boss = rec_i64(now, "reports_to_id");
	if (boss && boss == now->id)
		errs_field(&cx->e, "reports_to_id", ERR_CYCLE, NULL);
	return ERR_OK;
}

const struct entity_hooks contact_hooks = {contact_check, NULL, NULL};

/* -- team -- */

static err_t member_event(struct ctx *cx, const char *kind, i64 account_id, i64 user_id,
                          const char *role)
{
	return event_append(cx,
	                    &(struct event_in){.kind = kind,
	                                       .entity = "account",
	                                       .entity_id = account_id,
	                                       .account_id = account_id,
	                                       .payload = arena_printf(
						       cx->a, "{\"user_id\":%lld,\"role\":\"%s\"}",
						       (long long)user_id, role)},
	                    NULL);
}

err_t account_add_member(struct ctx *cx, i64 account_id, i64 user_id, const char *role)
{
	i64 n = 0;
	TRY(db_exec(cx->c,
	            "insert into account_member(account_id, user_id, role, added_at, added_by)"
	            " values (?, ?, ?, ?, ?) on conflict (account_id, user_id) do nothing",
	            ARGS(vi(account_id), vi(user_id), vt(role), vi(cx->now), vref(cx->actor->id)),
	            &n));
	if (!n)
		return ERR_OK;
	undo_member(cx, account_id, user_id, role, true);
	return member_event(cx, "account.member_added", account_id, user_id, role);
}

err_t account_remove_member(struct ctx *cx, i64 account_id, i64 user_id)
{
	i64 n = 0;
	const char *role;
	TRY(db_one_text(cx->c,
	                "select role from account_member where account_id = ? and user_id = ?",
	                ARGS(vi(account_id), vi(user_id)), &role));
	TRY(db_exec(cx->c, "delete from account_member where account_id = ? and user_id = ?",
	            ARGS(vi(account_id), vi(user_id)), &n));
	if (n)
		undo_member(cx, account_id, user_id, role ? role : "", false);
	return n ? member_event(cx, "account.member_removed", account_id, user_id, "")
	         : cx_err(cx, ERR_NOT_FOUND, NULL);
}

err_t account_members(struct ctx *cx, i64 account_id, struct jw *w)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             "select u.id, u.name, u.title, m.role, m.added_at from account_member m"
	             " join app_user u on u.id = m.user_id where m.account_id = ?"
	             " order by m.added_at, u.id",
	             ARGS(vi(account_id)), &r));
	jw_obj(w);
	jw_key(w, "items");
	jw_arr(w);
	while (rows_next(r)) {
		jw_obj(w);
		jw_key(w, "user");
		jw_obj(w);
		jw_kint(w, "id", rows_i64(r, 0));
		jw_kstr(w, "name", rows_text(r, 1));
		jw_kstr(w, "title", rows_text(r, 2));
		jw_end_obj(w);
		jw_kstr(w, "role", rows_text(r, 3));
		jw_kstr(w, "added_at", time_format(cx->a, rows_i64(r, 4)));
		jw_end_obj(w);
	}
	jw_end_arr(w);
	jw_end_obj(w);
	return rows_done(r);
}

/* -- overview -- */

static err_t write_group(struct ctx *cx, const char *key, const char *column, i64 value,
                         struct jw *w)
{
	struct sqlb *q = sqlb_new(cx->a);
	sqlb_addf(
		q,
		"select t.id, t.name, t.grade from account t where t.deleted_at is null and t.%s = ",
		column);
	sqlb_val(q, vi(value));
	TRY(scope_where(cx, &account_entity, "read", "t", q));
	sqlb_add(q, " order by t.sort_key, t.id limit 200");
	struct rows *r;
	TRY(db_query(cx->c, sqlb_text(q), sqlb_args(q), &r));
	jw_key(w, key);
	jw_arr(w);
	while (rows_next(r)) {
		jw_obj(w);
		jw_kint(w, "id", rows_i64(r, 0));
		jw_kstr(w, "name", rows_text(r, 1));
		jw_kstr(w, "grade",
		        scope_sees(cx->actor, "account", "grade") ? rows_text(r, 2) : NULL);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	return rows_done(r);
}

err_t account_overview(struct ctx *cx, i64 account_id, struct jw *w)
{
	struct rec *r;
	TRY(crud_get(cx, &account_entity, account_id, "read", &r));
	jw_obj(w);
	bool group = scope_sees(cx->actor, "account", "parent_id");
	TRY(write_group(cx, "parents", "id", group ? rec_i64(r, "parent_id") : 0, w));
	TRY(write_group(cx, "children", "parent_id", group ? account_id : 0, w));
	struct sqlb *q = sqlb_new(cx->a);
	sqlb_add(
		q,
		"select t.outcome, t.currency, count(*), cast(sum(coalesce(t.amount_fen, 0)) as bigint)"
		" from opportunity t where t.deleted_at is null and t.account_id = ");
	sqlb_val(q, vi(account_id));
	TRY(scope_where(cx, entity_by_name("opportunity"), "read", "t", q));
	sqlb_add(q, " group by t.outcome, t.currency order by t.outcome, t.currency");
	struct rows *rows;
	TRY(db_query(cx->c, sqlb_text(q), sqlb_args(q), &rows));
	jw_key(w, "totals");
	jw_arr(w);
	while (rows_next(rows)) {
		if (!scope_sees(cx->actor, "opportunity", "outcome"))
			continue;
		jw_obj(w);
		jw_kstr(w, "outcome", rows_text(rows, 0));
		jw_kstr(w, "currency", rows_text(rows, 1));
		jw_kint(w, "count", rows_i64(rows, 2));
		jw_key(w, "amount_fen");
		if (scope_sees(cx->actor, "opportunity", "amount_fen"))
			jw_int(w, rows_i64(rows, 3));
		else
			jw_null(w);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	jw_end_obj(w);
	return rows_done(rows);
}

err_t account_duplicates(struct ctx *cx, const char *name, const char *credit_code, struct jw *w)
{
	bool sees_code = scope_sees(cx->actor, "account", "credit_code");
	struct sqlb *q = sqlb_new(cx->a);
	sqlb_add(q, "select t.id, t.name, t.credit_code, u.name from account t"
	            " left join app_user u on u.id = t.owner_id"
	            " where t.deleted_at is null and (t.credit_code = ");
	sqlb_val(q, vt(credit_code && *credit_code && sees_code ? credit_code : "-"));
	sqlb_add(q, " or t.name_key = ");
	sqlb_val(q, vt(name && *name ? text_company_key(cx->a, name) : "-"));
	sqlb_add(q, ")");
	TRY(scope_where(cx, &account_entity, "read", "t", q));
	sqlb_add(q, " order by t.id limit 10");
	struct rows *r;
	TRY(db_query(cx->c, sqlb_text(q), sqlb_args(q), &r));
	jw_obj(w);
	jw_key(w, "items");
	jw_arr(w);
	while (rows_next(r)) {
		jw_obj(w);
		jw_kint(w, "id", rows_i64(r, 0));
		jw_kstr(w, "name", rows_text(r, 1));
		jw_kstr(w, "credit_code", sees_code ? rows_text(r, 2) : NULL);
		jw_kstr(w, "owner", rows_text(r, 3));
		jw_end_obj(w);
	}
	jw_end_arr(w);
	jw_end_obj(w);
	return rows_done(r);
}
