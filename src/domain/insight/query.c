/* Metrics asked: SQL from a metric's row and its dimensions, summed up into groups. */
#include <string.h>

#include "base/buf.h"
#include "base/money.h"
#include "core/actor.h"
#include "core/scope.h"
#include "domain/insight/groups.h"
#include "process/playbook.h"

#define ZONE "Asia/Shanghai"

/* -- bases: what is counted, and its day -- */

static const struct {
	const char *entity;
	const char *from;  /* with all that dimensions and metrics need */
	const char *where; /* what counts at all */
	const char *day;   /* whose day the period is about: SQL of a text or a day number */
	bool day_is_text;
	const char *owner;    /* column */
	const char *currency; /* SQL, or NULL */
} bases[BASES] = {
	[BASE_OPPORTUNITY] = {.entity = "opportunity",
                              .from = " from opportunity t"
                                      " left join account a on a.id = t.account_id",
                              .where = " and t.outcome in ('won', 'lost')"
                                       " and t.closed_on is not null",
                              .day = "t.closed_on",
                              .day_is_text = true,
                              .owner = "t.owner_id",
                              .currency = "t.currency"},
	[BASE_LEAD] = {.entity = "lead",
                       .from = " from lead t left join opportunity w on w.id = t.opportunity_id"
                               " and w.deleted_at is null and w.outcome = 'won'"
                               " and w.closed_on is not null",
                       .where = "",
                       .day = "{day:t.created_at}",
                       .owner = "t.owner_id"},
	[BASE_NODE] =
		{.entity = "node",
                 .from = " from node t join opportunity o on o.id = t.opportunity_id"
                         " left join account a on a.id = o.account_id",
                 .where = " and o.deleted_at is null and o.imported = 0 and"
                          " (t.state = 'done' or (t.state <> 'skipped' and t.due_at <= {now}))",
                 .day = "{day:coalesce(t.due_at, t.finished_at, t.updated_at)}",
                 .owner = "t.owner_id"},
};

/* -- dimensions -- */

enum label_of { NAME, ENUM_OF_LEAD, ENUM_OF_ACCOUNT, STAGE, QUARTER, MONTH };

/* sql[base]: the key; NULL where the dimension makes no sense. reads[base]: the field it tells of.
 * table: that the key is an id of. field: of the enum. */
/* clang-format off */
static const struct {
	const char *code;
	const char *sql[BASES], *reads[BASES];
	const char *table;
	enum label_of label;
	const char *field;
} dimensions[] = {
	{"owner", {"t.owner_id", "t.owner_id", "t.owner_id"},
	 {"opportunity.owner_id", "lead.owner_id", NULL}, "app_user", NAME, NULL},
	{"team",
	 {"(select u.team_id from app_user u where u.id = t.owner_id)",
	  "(select u.team_id from app_user u where u.id = t.owner_id)",
	  "(select u.team_id from app_user u where u.id = t.owner_id)"},
	 {"opportunity.owner_id", "lead.owner_id", NULL}, "team", NAME, NULL},
	{"product", {"t.product_id", NULL, "o.product_id"},
	 {"opportunity.product_id", NULL, "opportunity.product_id"}, "product", NAME, NULL},
	{"industry", {"a.industry_id", "t.industry_id", "a.industry_id"},
	 {"account.industry_id", "lead.industry_id", "account.industry_id"}, "industry", NAME, NULL},
	{"source", {"t.source", "t.source", "o.source"},
	 {"opportunity.source", "lead.source", "opportunity.source"}, NULL, ENUM_OF_LEAD, "source"},
	{"grade", {"a.grade", NULL, "a.grade"},
	 {"account.grade", NULL, "account.grade"}, NULL, ENUM_OF_ACCOUNT, "grade"},
	{"stage", {"t.stage_code", NULL, "t.stage_code"},
	 {"opportunity.stage_code", NULL, NULL}, NULL, STAGE, NULL},
	{"quarter", {NULL, NULL, NULL}, {NULL, NULL, NULL}, NULL, QUARTER, NULL},
	{"month", {NULL, NULL, NULL}, {NULL, NULL, NULL}, NULL, MONTH, NULL},
};
/* clang-format on */

static bool fits(size_t d, enum metric_base base)
{
	return dimensions[d].sql[base] || dimensions[d].label >= QUARTER;
}

const char *metric_dimension(const struct metric_def *m, size_t i)
{
	for (size_t d = 0; d < ARRAY_LEN(dimensions); d++)
		if (fits(d, m->base) && !i--)
			return dimensions[d].code;
	return NULL;
}

struct asked {
	struct ctx *cx;
	const struct metric_def *m;
	size_t dim[GROUP_DIMS];
	size_t n;
	day_t from, to;
	i64 offset; /* of the zone; it has had but one since 1992 */
	const struct playbook *playbook;
};

static err_t refuse(struct ctx *cx, const char *zh, const char *en, const char *what)
{
	const char *words = cx->lang == LANG_EN ? en : zh;
	return cx_err(cx, ERR_BAD_REQUEST,
	              EP({"reason", arena_printf(cx->a, "%s: %s", words, what)}));
}

static err_t read_day(struct ctx *cx, const char *s, day_t otherwise, day_t *out)
{
	*out = s ? day_parse(s) : otherwise;
	return *out == DAY_NONE ? refuse(cx, "日期应为 yyyy-mm-dd", "a date is yyyy-mm-dd", s)
	                        : ERR_OK;
}

/* Does the actor see all fields of "lead.status,opportunity.outcome"? */
static bool sees(const struct ctx *cx, const char *fields)
{
	char *copy = arena_strdup(cx->a, fields ? fields : ""), *save = NULL;
	for (char *p = strtok_r(copy, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
		char *dot = strchr(p, '.');
		*dot = '\0';
		if (!scope_sees(cx->actor, p, dot + 1))
			return false;
	}
	return true;
}

static err_t read_dims(struct asked *q, const char *by)
{
	char *copy = arena_strdup(q->cx->a, by ? by : ""), *save = NULL;
	for (char *p = strtok_r(copy, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
		size_t d = 0;
		while (d < ARRAY_LEN(dimensions) && strcmp(dimensions[d].code, p) != 0)
			d++;
		if (d == ARRAY_LEN(dimensions) || !fits(d, q->m->base) || q->n == GROUP_DIMS ||
		    !sees(q->cx, dimensions[d].reads[q->m->base]))
			return refuse(q->cx, "该指标没有这个维度", "no such dimension here", p);
		q->dim[q->n++] = d;
	}
	return ERR_OK;
}

/* -- SQL -- */

/* Writes SQL with {day:EXPR} as a day number, {today} and {now} as values. */
static void expand(struct asked *q, struct sqlb *s, const char *sql)
{
	while (*sql) {
		const char *open = strchr(sql, '{'), *close;
		if (!open || !(close = strchr(open, '}'))) {
			sqlb_add(s, sql);
			return;
		}
		sqlb_addf(s, "%.*s", (int)(open - sql), sql);
		if (!strncmp(open, "{day:", 5))
			sqlb_addf(s, "((%.*s + %lld) / 86400000000)", (int)(close - open - 5),
			          open + 5, (long long)q->offset);
		else if (!strncmp(open, "{now}", 5))
			sqlb_addf(s, "%lld", (long long)q->cx->now);
		else
			sqlb_addf(s, "%lld", (long long)day_of(q->cx->now, ZONE));
		sql = close + 1;
	}
}

static bool by_day(const struct asked *q)
{
	for (size_t i = 0; i < q->n; i++)
		if (dimensions[q->dim[i]].label >= QUARTER)
			return true;
	return false;
}

/* Columns: a key per dimension, day, owner, currency, duration, and the sums num, den, n; grouped
 * by all before the sums. */
static err_t build(struct asked *q, struct sqlb *s)
{
	const struct metric_def *m = q->m;
	size_t n = 0;
	const char *group[GROUP_DIMS + 4];
	const char *day = bases[m->base].day;
	for (size_t i = 0; i < q->n; i++) {
		const char *key = dimensions[q->dim[i]].sql[m->base];
		group[n++] = key ? key : "0";
	}
	group[n++] = by_day(q) ? day : "0";
	group[n++] = m->kind == METRIC_PER_HEAD ? bases[m->base].owner : "0";
	bool amount = m->kind == METRIC_SUM || m->kind == METRIC_PER_HEAD;
	group[n++] = amount ? bases[m->base].currency : "0";
	group[n++] = m->kind == METRIC_KM ? m->num : "0";
	/* Named once inside, so that what is grouped by is the same text in both engines. */
	struct buf names = buf_new(q->cx->a, 256);
	for (size_t i = 0; i < n; i++)
		buf_printf(&names, "%sc%zu", i ? ", " : "", i);
	sqlb_addf(s,
	          "select %s, cast(sum(num) as bigint), cast(sum(den) as bigint), count(*)"
	          " from (select ",
	          buf_str(&names));
	for (size_t i = 0; i < n; i++) {
		expand(q, s, group[i]);
		sqlb_addf(s, " as c%zu, ", i);
	}
	expand(q, s, m->kind == METRIC_KM ? "0" : m->num);
	sqlb_add(s, " as num, ");
	expand(q, s, m->den);
	sqlb_add(s, " as den");
	expand(q, s, bases[m->base].from);
	sqlb_add(s, " where t.deleted_at is null");
	expand(q, s, bases[m->base].where);
	if (m->where)
		expand(q, s, m->where);
	bool text = bases[m->base].day_is_text;
	const day_t bounds[] = {q->from, q->to};
	for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
		sqlb_add(s, " and ");
		expand(q, s, day);
		sqlb_add(s, i ? " <= " : " >= ");
		sqlb_val(s, text ? vt(day_format(q->cx->a, bounds[i])) : vi(bounds[i]));
	}
	TRY(scope_where(q->cx, entity_by_name(bases[m->base].entity), "read", "t", s));
	sqlb_addf(s, ") k group by %s", buf_str(&names));
	return ERR_OK;
}

/* -- names of keys -- */

static const char *period_of(struct asked *q, enum label_of label, day_t day)
{
	int y, m, d;
	day_to_ymd(day, &y, &m, &d);
	return label == QUARTER ? arena_printf(q->cx->a, "%04dQ%d", y, (m + 2) / 3)
	                        : arena_printf(q->cx->a, "%04d-%02d", y, m);
}

static err_t row_name(struct asked *q, const char *table, i64 id, const char **out)
{
	bool english = q->cx->lang == LANG_EN &&
	               (!strcmp(table, "industry") || !strcmp(table, "product"));
	return db_one_text(q->cx->c,
	                   arena_printf(q->cx->a, "select %s from %s where id = ?",
	                                english ? "coalesce(name_en, name)" : "name", table),
	                   ARGS(vi(id)), out);
}

static const char *enum_name(struct asked *q, const char *entity, const char *field,
                             const char *value)
{
	const struct entity *e = entity_by_name(entity);
	const struct enum_row *r = enum_row(field_by_name(e, field), value);
	return r ? label_in(r->label, q->cx->lang) : value;
}

static const char *stage_name(struct asked *q, const char *code)
{
	for (size_t i = 0; q->playbook && i < q->playbook->n_stages; i++)
		if (!strcmp(q->playbook->stages[i].code, code))
			return label_in(q->playbook->stages[i].name, q->cx->lang);
	return code;
}

/* What people read for a key; NULL for none. */
static err_t name_of(struct asked *q, size_t d, const char *key, const char **out)
{
	*out = key;
	i64 id = 0;
	if (!key)
		return ERR_OK;
	switch (dimensions[d].label) {
	case NAME:
		if (!decimal_scaled(key, 1, &id))
			return ERR_OK;
		return row_name(q, dimensions[d].table, id, out);
	case ENUM_OF_LEAD: *out = enum_name(q, "lead", dimensions[d].field, key); break;
	case ENUM_OF_ACCOUNT: *out = enum_name(q, "account", dimensions[d].field, key); break;
	case STAGE: *out = stage_name(q, key); break;
	default: break;
	}
	return ERR_OK;
}

/* -- rows into groups -- */

static const char *key_of(struct asked *q, const struct rows *r, size_t i)
{
	enum label_of label = dimensions[q->dim[i]].label;
	if (label < QUARTER) {
		if (rows_null(r, (int)i))
			return NULL;
		return dimensions[q->dim[i]].table
		               ? arena_printf(q->cx->a, "%lld", (long long)rows_i64(r, (int)i))
		               : rows_dup(r, (int)i);
	}
	day_t day = bases[q->m->base].day_is_text ? day_parse(rows_text(r, (int)q->n))
	                                          : (day_t)rows_i64(r, (int)q->n);
	return period_of(q, label, day);
}

static err_t collect(struct asked *q, struct groups *g)
{
	struct sqlb *s = sqlb_new(q->cx->a);
	struct rows *r;
	bool amount = q->m->kind == METRIC_SUM || q->m->kind == METRIC_PER_HEAD;
	TRY(build(q, s));
	TRY(db_query(q->cx->c, sqlb_text(s), sqlb_args(s), &r));
	while (rows_next(r)) {
		const char *key[GROUP_DIMS] = {NULL};
		int col = (int)q->n + 1;
		for (size_t i = 0; i < q->n; i++)
			key[i] = key_of(q, r, i);
		struct group *to = group_of(g, key, amount ? rows_text(r, col + 1) : NULL);
		i64 num = rows_i64(r, col + 3), den = rows_i64(r, col + 4),
		    n = rows_i64(r, col + 5);
		to->num += num;
		to->den += den;
		to->n += n;
		if (q->m->kind == METRIC_PER_HEAD && !rows_null(r, col))
			group_owner(g, to, rows_i64(r, col));
		if (q->m->kind == METRIC_KM)
			group_survival(g, to, rows_i64(r, col + 2), den, n - den);
	}
	return rows_done(r);
}

static void write_value(struct jw *w, const struct metric_def *m, const struct group *g)
{
	i64 v = g->num;
	jw_key(w, "value");
	switch (m->kind) {
	case METRIC_SUM: jw_int(w, v); break;
	case METRIC_PER_HEAD:
		if (g->n_owners && mul_div(g->num, 1, (i64)g->n_owners, &v))
			jw_int(w, v);
		else
			jw_null(w);
		break;
	case METRIC_KM:
		v = survival_median(g->days, g->n_days);
		if (v < 0)
			jw_null(w);
		else
			jw_int(w, v);
		break;
	default:
		if (g->den)
			jw_real(w, (double)g->num / (double)g->den);
		else
			jw_null(w);
	}
	jw_kint(w, "n", m->kind == METRIC_PER_HEAD ? (i64)g->n_owners : g->n);
}

static void write_row(struct asked *q, struct jw *w, const struct group *g)
{
	jw_obj(w);
	for (int keys = 0; keys < 2; keys++) {
		jw_key(w, keys ? "keys" : "by");
		jw_obj(w);
		for (size_t i = 0; i < q->n; i++)
			jw_kstr(w, dimensions[q->dim[i]].code, keys ? g->key[i] : g->name[i]);
		jw_end_obj(w);
	}
	if (g->currency)
		jw_kstr(w, "currency", g->currency);
	write_value(w, q->m, g);
	jw_end_obj(w);
}

err_t metric_write(struct ctx *cx, const struct metric_def *m, const struct metric_query *mq,
                   struct jw *w)
{
	struct asked q = {.cx = cx, .m = m};
	TRY(actor_need(cx, "metric.read"));
	if (!sees(cx, m->reads))
		return cx_err(cx, ERR_FORBIDDEN, NULL);
	TRY(read_day(cx, mq->from, day_from_ymd(1900, 1, 1), &q.from));
	TRY(read_day(cx, mq->to, day_from_ymd(2199, 12, 31), &q.to));
	if (q.from > q.to)
		return refuse(cx, "开始日期晚于结束日期", "the first day is after the last",
		              arena_printf(cx->a, "%s > %s", mq->from ? mq->from : "1900-01-01",
		                           mq->to ? mq->to : "2199-12-31"));
	TRY(read_dims(&q, mq->by));
	if (!zone_offset(ZONE, cx->now, &q.offset))
		panic("zone %s is not known", ZONE);
	TRY(playbook_current(cx, &q.playbook));
	struct groups *g = groups_new(cx->a, q.n);
	TRY(collect(&q, g));
	/* Without a dimension there is always one answer. */
	if (!q.n && !g->n)
		group_of(g, (const char *[GROUP_DIMS]){NULL}, NULL);
	for (size_t i = 0; i < g->n; i++)
		for (size_t k = 0; k < q.n; k++)
			TRY(name_of(&q, q.dim[k], g->all[i]->key[k], &g->all[i]->name[k]));
	groups_sort(g);
	jw_obj(w);
	jw_kstr(w, "code", m->code);
	jw_kstr(w, "unit", m->unit);
	jw_key(w, "rows");
	jw_arr(w);
	for (size_t i = 0; i < g->n; i++)
		write_row(&q, w, g->all[i]);
	jw_end_arr(w);
	jw_end_obj(w);
	return ERR_OK;
}
