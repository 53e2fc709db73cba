/* My work and the board (P8): open nodes, opinions asked for and tasks of one person; the
 * opportunities of everybody one may see, by stage. */
#include <string.h>

#include "base/text.h"
#include "core/list.h"
#include "core/search.h"
#include "process/engine.h"

enum { WORK_MAX = 200, CARDS_MAX = 50 };

struct counts {
	int today, overdue, reviews;
};

/* overdue, today, week, later, none: the groups of the list. */
static const char *due_group(struct ctx *cx, i64 due, struct counts *k)
{
	if (!due)
		return "none";
	day_t today = day_of(cx->now, COMPANY_ZONE), day = day_of(due, COMPANY_ZONE);
	if (due < cx->now) {
		k->overdue++;
		return "overdue";
	}
	if (day == today) {
		k->today++;
		return "today";
	}
	return day <= today + 7 - day_weekday(today) ? "week" : "later";
}

/* cal: the working days that hold for it; NULL = the company's. */
static err_t write_due(struct ctx *cx, i64 due, const struct calendar *cal, struct counts *k,
                       struct jw *w)
{
	jw_kstr(w, "due_at", due ? time_format(cx->a, due) : NULL);
	jw_kstr(w, "due_group", due_group(cx, due, k));
	if (!due)
		return ERR_OK;
	if (!cal)
		TRY(calendar_of_region(cx, 0, &cal));
	jw_kint(w, "days_left",
	        calendar_between(cal, day_of(cx->now, COMPANY_ZONE), day_of(due, COMPANY_ZONE)));
	return ERR_OK;
}

static void write_ref(struct jw *w, const char *key, i64 id, const char *name)
{
	jw_key(w, key);
	if (!id) {
		jw_null(w);
		return;
	}
	jw_obj(w);
	jw_kint(w, "id", id);
	jw_kstr(w, "name", name);
	jw_end_obj(w);
}

/* " and (owner is me, or nobody and I hold the role)" */
static void mine(struct ctx *cx, const char *owner, const char *role, struct sqlb *q)
{
	sqlb_addf(q, " and (%s = ", owner);
	sqlb_val(q, vi(cx->actor->id));
	for (const char *p = cx->actor->roles; p && *p && p[1]; p = strchr(p + 1, ',')) {
		sqlb_addf(q, " or (%s is null and %s = ", owner, role);
		sqlb_val(q, vtn(arena_strndup(cx->a, p + 1, strcspn(p + 1, ",")),
		                strcspn(p + 1, ",")));
		sqlb_add(q, ")");
	}
	sqlb_add(q, ")");
}

struct open_node {
	i64 id, opportunity_id;
	struct instance *in; /* shared by the nodes of one opportunity */
	const char *account;
};

/* Read once per opportunity, though it may have several open nodes. */
static err_t read_instance(struct ctx *cx, struct open_node *open, size_t i)
{
	struct open_node *o = &open[i];
	for (size_t k = 0; k < i; k++)
		if (open[k].opportunity_id == o->opportunity_id) {
			o->in = open[k].in;
			o->account = open[k].account;
			return ERR_OK;
		}
	TRY(process_load(cx, o->opportunity_id, &o->in));
	return db_one_text(cx->c, "select name from account where id = ?",
	                   ARGS(vi(rec_i64(o->in->opp, "account_id"))), &o->account);
}

static err_t my_nodes(struct ctx *cx, struct counts *k, struct jw *w)
{
	struct sqlb *q = sqlb_new(cx->a);
	sqlb_add(q, "select n.id, t.id from node n join opportunity t on t.id = n.opportunity_id"
	            " where n.state in ('active', 'in_review', 'returned') and t.deleted_at is null"
	            " and t.outcome in ('open', 'won')");
	mine(cx, "n.owner_id", "n.owner_role", q);
	TRY(scope_where(cx, entity_by_name("opportunity"), "read", "t", q));
	sqlb_addf(q,
	          " order by case when n.due_at is null then 1 else 0 end, n.due_at, n.id limit %d",
	          WORK_MAX);
	struct rows *r;
	TRY(db_query(cx->c, sqlb_text(q), sqlb_args(q), &r));
	struct open_node *open = ARENA_ARRAY(cx->a, WORK_MAX, struct open_node);
	size_t n_open = 0;
	while (rows_next(r) && n_open < WORK_MAX)
		open[n_open++] = (struct open_node){.id = rows_i64(r, 0),
		                                    .opportunity_id = rows_i64(r, 1)};
	TRY(rows_done(r));
	for (size_t i = 0; i < n_open; i++) {
		TRY(read_instance(cx, open, i));
		struct instance *in = open[i].in;
		const struct node *n = instance_node(in, open[i].id);
		if (!n)
			continue;
		jw_obj(w);
		jw_kstr(w, "kind", "node");
		jw_kint(w, "id", n->id);
		jw_kstr(w, "code", n->def->code);
		jw_kstr(w, "title", label_in(n->def->name, cx->lang));
		jw_kstr(w, "state", n->state);
		jw_kbool(w, "gate", n->def->gate);
		jw_kint(w, "rework", n->rework);
		write_ref(w, "account", rec_i64(in->opp, "account_id"), open[i].account);
		write_ref(w, "opportunity", in->opp->id, rec_title(in->opp));
		int missing = 0;
		jw_key(w, "missing");
		jw_arr(w);
		TRY(process_missing(cx, in, n, w, &missing));
		jw_end_arr(w);
		jw_kstr(w, "verb", missing ? "hand_in" : "complete");
		const struct calendar *cal;
		TRY(instance_calendar(cx, in, &cal));
		TRY(write_due(cx, n->due_at, cal, k, w));
		jw_kstr(w, "href", opportunity_href(cx, in, n));
		jw_end_obj(w);
	}
	return ERR_OK;
}

/* A node's approval is called by its node and what is decided. */
static err_t write_review_title(struct ctx *cx, const struct review *rv, struct jw *w)
{
	struct rows *r;
	const char *code = NULL;
	const struct playbook *pb = NULL;
	if (!strcmp(rv->entity, "node")) {
		i64 playbook_id = 0;
		TRY(db_query(cx->c, "select code, playbook_id from node where id = ?",
		             ARGS(vi(rv->entity_id)), &r));
		if (rows_next(r)) {
			code = rows_dup(r, 0);
			playbook_id = rows_i64(r, 1);
		}
		TRY(rows_done(r));
		if (code)
			TRY(playbook_get(cx, playbook_id, &pb));
	}
	const struct node_def *n = pb ? playbook_node(pb, code) : NULL;
	const struct output_def *o = n ? playbook_output(n, rv->key) : NULL;
	if (code)
		jw_kstr(w, "code", code);
	jw_kstr(w, "title", o ? label_in(o->label, cx->lang) : label_in(rv->title, cx->lang));
	return ERR_OK;
}

static err_t my_reviews(struct ctx *cx, struct counts *k, struct jw *w)
{
	struct review_waiting *list;
	size_t n;
	TRY(review_my(cx, &list, &n));
	for (size_t i = 0; i < n; i++) {
		const struct review_waiting *x = &list[i];
		const struct review *rv = x->rv;
		k->reviews++;
		jw_obj(w);
		jw_kstr(w, "kind", "review");
		jw_kint(w, "id", rv->id);
		TRY(write_review_title(cx, rv, w));
		write_ref(w, "account", rv->account_id, x->account);
		write_ref(w, "opportunity", rv->opportunity_id, x->opportunity);
		jw_kstr(w, "asked_at", time_format(cx->a, rv->asked_at));
		jw_kstr(w, "asked_by", x->asker);
		write_ref(w, "on_behalf_of", x->behalf_id, x->behalf);
		jw_kbool(w, "adrift", x->adrift);
		jw_kint(w, "round", rv->round);
		jw_kstr(w, "verb", "decide");
		TRY(write_due(cx, rv->due_at, NULL, k, w));
		jw_kstr(w, "href", rv->href);
		jw_end_obj(w);
	}
	return ERR_OK;
}

static err_t my_exceptions(struct ctx *cx, struct counts *k, struct jw *w)
{
	enum scope s = actor_scope(cx->actor, "node.skip");
	if (s == SCOPE_NONE)
		return ERR_OK;
	struct sqlb *q = sqlb_new(cx->a);
	sqlb_add(
		q,
		"select x.id, x.kind, x.reason, n.code, t.id, t.name, a.id, a.name, u.name"
		" from exception_request x join node n on n.id = x.node_id"
		" join opportunity t on t.id = x.opportunity_id join account a on a.id = t.account_id"
		" left join app_user u on u.id = x.owner_id"
		" where x.state = 'pending' and t.deleted_at is null and x.owner_id <> ");
	sqlb_val(q, vi(cx->actor->id));
	sqlb_add(q, " and (x.approver_id is null or x.approver_id = ");
	sqlb_val(q, vi(cx->actor->id));
	sqlb_add(q, ")");
	TRY(scope_where(cx, entity_by_name("opportunity"), "read", "t", q));
	sqlb_addf(q, " order by x.id limit %d", WORK_MAX);
	struct rows *r;
	TRY(db_query(cx->c, sqlb_text(q), sqlb_args(q), &r));
	while (rows_next(r)) {
		k->reviews++;
		jw_obj(w);
		jw_kstr(w, "kind", "exception");
		jw_kint(w, "id", rows_i64(r, 0));
		jw_kstr(w, "code", rows_text(r, 3));
		const struct enum_row *row = enum_row(field_by_name(&exception_entity, "kind"),
		                                      rows_text(r, 1));
		jw_kstr(w, "title", row ? label_in(row->label, cx->lang) : rows_text(r, 1));
		jw_kstr(w, "note", rows_text(r, 2));
		jw_kstr(w, "asked_by", rows_text(r, 8));
		write_ref(w, "account", rows_i64(r, 6), rows_text(r, 7));
		write_ref(w, "opportunity", rows_i64(r, 4), rows_text(r, 5));
		jw_kstr(w, "verb", "decide");
		jw_kstr(w, "due_group", "today");
		jw_kstr(w, "href",
		        arena_printf(cx->a, "/opportunities/%lld?node=%s&exception=%lld",
		                     (long long)rows_i64(r, 4), rows_text(r, 3),
		                     (long long)rows_i64(r, 0)));
		jw_end_obj(w);
	}
	return rows_done(r);
}

static err_t my_tasks(struct ctx *cx, struct counts *k, struct jw *w)
{
	struct rows *r;
	TRY(db_query(
		cx->c,
		"select t.id, t.title, t.due_on, a.id, a.name, o.id, o.name, t.version from task t"
		" left join account a on a.id = t.account_id"
		" left join opportunity o on o.id = t.opportunity_id"
		" where t.assignee_id = ? and t.state = 'open' and t.deleted_at is null"
		" order by case when t.due_on is null then 1 else 0 end, t.due_on, t.id limit 200",
		ARGS(vi(cx->actor->id)), &r));
	err_t rc = ERR_OK;
	while (!rc && rows_next(r)) {
		const char *due_on = rows_text(r, 2);
		day_t due = due_on ? day_parse(due_on) : DAY_NONE;
		jw_obj(w);
		jw_kstr(w, "kind", "task");
		jw_kint(w, "id", rows_i64(r, 0));
		jw_kint(w, "version", rows_i64(r, 7));
		jw_kstr(w, "title", rows_text(r, 1));
		write_ref(w, "account", rows_i64(r, 3), rows_text(r, 4));
		write_ref(w, "opportunity", rows_i64(r, 5), rows_text(r, 6));
		jw_kstr(w, "verb", "finish");
		rc = write_due(cx,
		               due == DAY_NONE ? 0 : time_at(due + 1, 0, COMPANY_ZONE) - US_PER_SEC,
		               NULL, k, w);
		jw_kstr(w, "href", arena_printf(cx->a, "/tasks/%lld", (long long)rows_i64(r, 0)));
		jw_end_obj(w);
	}
	err_t rc2 = rows_done(r);
	return rc ? rc : rc2;
}

static err_t todays_meetings(struct ctx *cx, struct jw *w)
{
	day_t today = day_of(cx->now, COMPANY_ZONE);
	struct rows *r;
	TRY(db_query(
		cx->c,
		"select t.id, t.kind, t.subject, t.happened_at, a.id, a.name, t.place from activity t"
		" left join account a on a.id = t.account_id"
		" where t.owner_id = ? and t.happened_at >= ? and t.happened_at < ?"
		" and t.deleted_at is null order by t.happened_at limit 50",
		ARGS(vi(cx->actor->id), vi(time_at(today, 0, COMPANY_ZONE)),
	             vi(time_at(today + 1, 0, COMPANY_ZONE))),
		&r));
	jw_key(w, "meetings");
	jw_arr(w);
	while (rows_next(r)) {
		jw_obj(w);
		jw_kint(w, "id", rows_i64(r, 0));
		jw_kstr(w, "kind", rows_text(r, 1));
		jw_kstr(w, "subject", rows_text(r, 2));
		jw_kstr(w, "happened_at", time_format(cx->a, rows_i64(r, 3)));
		write_ref(w, "account", rows_i64(r, 4), rows_text(r, 5));
		jw_kstr(w, "place", rows_text(r, 6));
		jw_end_obj(w);
	}
	jw_end_arr(w);
	return rows_done(r);
}

static err_t unread(struct ctx *cx, struct jw *w)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             "select id, kind, title, body, href, created_at from notification"
	             " where user_id = ? and read_at is null order by id desc limit 50",
	             ARGS(vi(cx->actor->id)), &r));
	jw_key(w, "unread");
	jw_arr(w);
	while (rows_next(r)) {
		jw_obj(w);
		jw_kint(w, "id", rows_i64(r, 0));
		jw_kstr(w, "kind", rows_text(r, 1));
		jw_kstr(w, "title", rows_text(r, 2));
		jw_kstr(w, "body", rows_text(r, 3));
		jw_kstr(w, "href", rows_text(r, 4));
		jw_kstr(w, "created_at", time_format(cx->a, rows_i64(r, 5)));
		jw_end_obj(w);
	}
	jw_end_arr(w);
	return rows_done(r);
}

err_t process_my_work(struct ctx *cx, struct jw *w)
{
	struct counts k = {0};
	jw_obj(w);
	jw_key(w, "items");
	jw_arr(w);
	TRY(my_reviews(cx, &k, w));
	TRY(my_exceptions(cx, &k, w));
	TRY(my_nodes(cx, &k, w));
	TRY(my_tasks(cx, &k, w));
	jw_end_arr(w);
	jw_key(w, "counts");
	jw_obj(w);
	jw_kint(w, "today", k.today);
	jw_kint(w, "reviews", k.reviews);
	jw_kint(w, "overdue", k.overdue);
	jw_end_obj(w);
	TRY(todays_meetings(cx, w));
	TRY(unread(cx, w));
	jw_end_obj(w);
	return ERR_OK;
}

/* -- the board -- */

/* A column: a stage, or one node of it. */
struct column {
	const char *stage, *node; /* node NULL: the whole stage */
	const char *key;
	struct label name;
};

static err_t board_where(struct ctx *cx, const struct column *c, const json_t *filter,
                         const char *text, struct sqlb *q)
{
	const struct entity *e = entity_by_name("opportunity");
	sqlb_add(
		q,
		" where t.deleted_at is null and t.outcome in ('open', 'won') and t.stage_code = ");
	sqlb_val(q, vt(c->stage));
	if (c->node) {
		sqlb_add(q, " and t.node_code = ");
		sqlb_val(q, vt(c->node));
	}
	TRY(scope_where(cx, e, "read", "t", q));
	TRY(filter_where(cx, e, "t", filter, q));
	return text && *text ? search_where(cx, e, "t", text, q) : ERR_OK;
}

/* null for whoever may not see what was added up. */
static void write_sum(struct jw *w, const char *key, i64 sum, bool seen)
{
	jw_key(w, key);
	if (seen)
		jw_int(w, sum);
	else
		jw_null(w);
}

static err_t write_totals(struct ctx *cx, const struct column *c, const json_t *filter,
                          const char *text, struct jw *w)
{
	struct sqlb *q = sqlb_new(cx->a);
	sqlb_add(q,
	         "select count(*), cast(coalesce(sum(t.amount_fen), 0) as bigint),"
	         " cast(coalesce(sum(t.amount_fen / 10000 * coalesce(t.probability_bp, 10000)), 0)"
	         " as bigint), cast(coalesce(sum(case when t.node_due_at < ");
	sqlb_val(q, vi(cx->now));
	sqlb_add(q, " then 1 else 0 end), 0) as bigint) from opportunity t");
	TRY(board_where(cx, c, filter, text, q));
	struct rows *r;
	TRY(db_query(cx->c, sqlb_text(q), sqlb_args(q), &r));
	if (rows_next(r)) {
		jw_kint(w, "count", rows_i64(r, 0));
		bool amount = scope_sees(cx->actor, "opportunity", "amount_fen");
		write_sum(w, "amount_fen", rows_i64(r, 1), amount);
		write_sum(w, "weighted_fen", rows_i64(r, 2),
		          amount && scope_sees(cx->actor, "opportunity", "probability_bp"));
		jw_kint(w, "late", rows_i64(r, 3));
	}
	return rows_done(r);
}

static err_t write_cards(struct ctx *cx, const struct playbook *pb, const struct column *c,
                         const json_t *filter, const char *text, struct jw *w)
{
	struct sqlb *q = sqlb_new(cx->a);
	sqlb_add(
		q,
		"select t.id, t.version, t.name, t.amount_fen, t.currency, t.node_code, t.node_due_at,"
		" a.id, a.name, a.grade, s.id, s.name, c.id, c.name, m.id, m.name, n.started_at,"
		" t.number, t.outcome"
		" from opportunity t join account a on a.id = t.account_id"
		" left join app_user s on s.id = coalesce(t.sales_id, t.owner_id)"
		" left join app_user c on c.id = t.technical_id"
		" left join app_user m on m.id = t.csm_id"
		" left join node n on n.opportunity_id = t.id and n.code = t.node_code"
		" and n.occurrence = 1");
	TRY(board_where(cx, c, filter, text, q));
	sqlb_addf(q,
	          " order by case when t.node_due_at is null then 1 else 0 end, t.node_due_at, t.id"
	          " limit %d",
	          CARDS_MAX);
	struct rows *r;
	TRY(db_query(cx->c, sqlb_text(q), sqlb_args(q), &r));
	jw_key(w, "cards");
	jw_arr(w);
	while (rows_next(r)) {
		const char *code = rows_text(r, 5);
		const struct node_def *n = code ? playbook_node(pb, code) : NULL;
		i64 due = rows_i64(r, 6), started = rows_i64(r, 16);
		jw_obj(w);
		jw_kint(w, "id", rows_i64(r, 0));
		jw_kint(w, "version", rows_i64(r, 1));
		jw_kstr(w, "number", rows_text(r, 17));
		jw_kstr(w, "name", rows_text(r, 2));
		jw_key(w, "amount_fen");
		if (rows_null(r, 3) || !scope_sees(cx->actor, "opportunity", "amount_fen"))
			jw_null(w);
		else
			jw_int(w, rows_i64(r, 3));
		jw_kstr(w, "currency", rows_text(r, 4));
		jw_kstr(w, "outcome", rows_text(r, 18));
		jw_kstr(w, "node", code);
		jw_kstr(w, "node_name", n ? label_in(n->name, cx->lang) : NULL);
		jw_kstr(w, "due_at", due ? time_format(cx->a, due) : NULL);
		jw_kbool(w, "late", due && due < cx->now);
		if (due && started && due > started)
			jw_kint(w, "used_percent", (cx->now - started) * 100 / (due - started));
		if (started)
			jw_kint(w, "days", (cx->now - started) / US_PER_DAY);
		write_ref(w, "account", rows_i64(r, 7), rows_text(r, 8));
		jw_kstr(w, "grade",
		        scope_sees(cx->actor, "account", "grade") ? rows_text(r, 9) : NULL);
		write_ref(w, "sales", rows_i64(r, 10), rows_text(r, 11));
		write_ref(w, "technical", rows_i64(r, 12), rows_text(r, 13));
		write_ref(w, "csm", rows_i64(r, 14), rows_text(r, 15));
		jw_end_obj(w);
	}
	jw_end_arr(w);
	return rows_done(r);
}

static err_t write_column(struct ctx *cx, const struct playbook *pb, const struct column *c,
                          const json_t *filter, const char *text, struct jw *w)
{
	jw_obj(w);
	jw_kstr(w, "code", c->node ? c->node : c->stage);
	jw_kstr(w, "key", c->key);
	jw_kstr(w, "name", label_in(c->name, cx->lang));
	TRY(write_totals(cx, c, filter, text, w));
	TRY(write_cards(cx, pb, c, filter, text, w));
	jw_end_obj(w);
	return ERR_OK;
}

static err_t write_columns(struct ctx *cx, const struct playbook *pb, const char *stage,
                           const json_t *filter, const char *text, struct jw *w)
{
	bool known = !stage;
	for (size_t i = 0; i < pb->n_stages; i++) {
		const struct stage_def *s = &pb->stages[i];
		struct column c = {s->code, NULL, s->key, s->name};
		if (!stage)
			TRY(write_column(cx, pb, &c, filter, text, w));
		if (!text_eq(stage, s->code))
			continue;
		known = true;
		for (int k = s->first; k < s->first + s->count; k++) {
			c.node = c.key = pb->nodes[k].code;
			c.name = pb->nodes[k].name;
			TRY(write_column(cx, pb, &c, filter, text, w));
		}
	}
	return known ? ERR_OK : cx_err(cx, ERR_BAD_REQUEST, EP({"reason", "stage"}));
}

err_t process_board(struct ctx *cx, const char *stage, const json_t *filter, const char *text,
                    struct jw *w)
{
	const struct playbook *pb;
	TRY(playbook_current(cx, &pb));
	jw_obj(w);
	jw_key(w, "columns");
	jw_arr(w);
	TRY(write_columns(cx, pb, stage, filter, text, w));
	jw_end_arr(w);
	jw_key(w, "stages");
	jw_arr(w);
	for (size_t i = 0; i < pb->n_stages; i++) {
		jw_obj(w);
		jw_kstr(w, "code", pb->stages[i].code);
		jw_kstr(w, "name", label_in(pb->stages[i].name, cx->lang));
		jw_end_obj(w);
	}
	jw_end_arr(w);
	jw_end_obj(w);
	return ERR_OK;
}
