/* Groups: one grouped statement over what a list would find, folded into days, months and years. */
#include "core/group.h"

#include <string.h>

#include "base/text.h"
#include "core/scope.h"

enum { MONEY_MAX = 6, TITLES_AT_ONCE = 200 };

enum unit { AS_IT_IS, DAY, MONTH, QUARTER, YEAR };

/* Moments are grouped by the quarter of an hour in SQL, which every time zone keeps whole. */
static const i64 quarter_hour = 900LL * US_PER_SEC;

struct sum {
	const char *field, *currency;
	i64 fen;
};

struct group {
	struct val v; /* the key: code, id, "2026-03", or NULL */
	i64 by;       /* whose words the code is told in */
	const char *label;
	i64 count;
	struct sum *sums;
	size_t n_sums;
};

struct grouping {
	struct ctx *cx;
	const struct list_query *lq;
	const struct field *f;
	enum unit unit;
	const char *zone;
	const struct field *money[MONEY_MAX];
	size_t n_money;
	bool currency;
	struct group *g;
	size_t n;
	bool more;
	struct group all;
};

static const struct field system_fields[] = {
	{.name = "created_at", .type = FT_TIME},
	{.name = "updated_at", .type = FT_TIME},
	{.name = "created_by", .type = FT_REF, .ref = "user"},
	{.name = NULL},
};

static err_t bad_by(struct ctx *cx, const char *by)
{
	const char *why = arena_printf(
		cx->a, cx->lang == LANG_EN ? "one cannot group by '%s'" : "不能按“%s”分组", by);
	errs_field(&cx->e, "by", ERR_RULE, EP({"reason", why}));
	return cx_err(cx, ERR_BAD_REQUEST, EP({"reason", why}));
}

static bool unit_of(const char *s, enum unit *u)
{
	static const char *const names[] = {"", "day", "month", "quarter", "year"};
	for (size_t i = 1; i < ARRAY_LEN(names); i++)
		if (!strcmp(s, names[i])) {
			*u = (enum unit)i;
			return true;
		}
	return false;
}

static err_t parse_by(struct ctx *cx, const struct entity *e, const char *by, struct grouping *g)
{
	if (!by || !*by)
		return bad_by(cx, "");
	const char *colon = strchr(by, ':');
	const char *name = colon ? arena_strndup(cx->a, by, (size_t)(colon - by)) : by;
	const struct field *f = field_by_name(e, name);
	if (f && !scope_field(cx->actor, f))
		return bad_by(cx, by);
	for (const struct field *s = system_fields; !f && s->name; s++)
		if (!strcmp(s->name, name))
			f = s;
	if (!f)
		return bad_by(cx, by);
	bool civil = f->type == FT_DATE || f->type == FT_TIME;
	g->unit = civil ? MONTH : AS_IT_IS;
	if (colon && (!civil || !unit_of(colon + 1, &g->unit)))
		return bad_by(cx, by);
	if (!civil && f->type != FT_ENUM && f->type != FT_REF && f->type != FT_BOOL &&
	    f->type != FT_TEXT)
		return bad_by(cx, by);
	g->f = f;
	return ERR_OK;
}

err_t group_check(struct ctx *cx, const struct entity *e, const char *by)
{
	struct grouping g = {.cx = cx};
	return parse_by(cx, e, by, &g);
}

/* -- reading -- */

static const char *cut_day(struct arena *a, const char *day, enum unit u)
{
	switch (u) {
	case MONTH: return arena_strndup(a, day, 7);
	case YEAR: return arena_strndup(a, day, 4);
	case QUARTER:
		return arena_printf(a, "%.4s-Q%d", day,
		                    ((day[5] - '0') * 10 + (day[6] - '0') + 2) / 3);
	default: return arena_strdup(a, day);
	}
}

static struct val key_of(const struct grouping *g, const struct rows *r)
{
	struct arena *a = g->cx->a;
	if (rows_null(r, 0))
		return vnull();
	if (g->f->type == FT_TIME) {
		day_t day = day_of(rows_i64(r, 0) * quarter_hour, g->zone);
		return vt(cut_day(a, day_format(a, day), g->unit));
	}
	if (g->f->type == FT_DATE)
		return vt(cut_day(a, rows_text(r, 0), g->unit));
	if (g->f->type == FT_REF || g->f->type == FT_BOOL)
		return vi(rows_i64(r, 0));
	return vt(rows_dup(r, 0));
}

static void add_sum(struct grouping *g, struct group *to, const struct field *f,
                    const char *currency, i64 fen)
{
	for (size_t i = 0; i < to->n_sums; i++)
		if (!strcmp(to->sums[i].field, f->name) &&
		    text_eq(to->sums[i].currency, currency)) {
			to->sums[i].fen += fen;
			return;
		}
	struct sum *wider = ARENA_ARRAY(g->cx->a, to->n_sums + 1, struct sum);
	if (to->n_sums)
		memcpy(wider, to->sums, to->n_sums * sizeof *wider);
	wider[to->n_sums++] = (struct sum){f->name, arena_strdup(g->cx->a, currency), fen};
	to->sums = wider;
}

static void add_row(struct grouping *g, struct group *to, const struct rows *r)
{
	const char *currency = g->currency ? rows_text(r, 3) : NULL;
	to->count += rows_i64(r, 1);
	for (size_t i = 0; i < g->n_money; i++)
		if (!rows_null(r, 4 + (int)i))
			add_sum(g, to, g->money[i], currency ? currency : "CNY",
			        rows_i64(r, 4 + (int)i));
}

static const char *statement(struct grouping *g, struct sqlb *q)
{
	struct arena *a = g->cx->a;
	const char *col = field_sql(g->cx, g->f, "t");
	const char *key = g->f->type == FT_TIME
	                          ? arena_printf(a, "%s / %lld", col, (long long)quarter_hour)
	                  : g->f->type == FT_DATE && g->unit == YEAR
	                          ? arena_printf(a, "substr(%s, 1, 4)", col)
	                  : g->f->type == FT_DATE && g->unit != DAY
	                          ? arena_printf(a, "substr(%s, 1, 7)", col)
	                          : col;
	sqlb_addf(q, "select %s, count(*), %s, %s", key,
	          g->f->words ? arena_printf(a, "max(t.%s)", g->f->words->by) : "null",
	          g->currency ? "t.currency" : "null");
	for (size_t i = 0; i < g->n_money; i++)
		sqlb_addf(q, ", cast(sum(%s) as bigint)", field_sql(g->cx, g->money[i], "t"));
	sqlb_addf(q, " from %s t", g->lq->e->table);
	return key;
}

static err_t read_groups(struct grouping *g)
{
	struct sqlb *q = sqlb_new(g->cx->a);
	const char *key = statement(g, q);
	TRY(list_where(g->cx, g->lq, q));
	sqlb_addf(q, " group by %s%s order by 1", key, g->currency ? ", t.currency" : "");
	struct rows *r;
	TRY(db_query(g->cx->c, sqlb_text(q), sqlb_args(q), &r));
	g->g = ARENA_ARRAY(g->cx->a, GROUPS_MAX, struct group);
	while (rows_next(r)) {
		struct val v = key_of(g, r);
		add_row(g, &g->all, r);
		/* Rows come in the order of the key: an equal one is the last. */
		if (!g->n || !val_same(&g->g[g->n - 1].v, &v)) {
			if (g->n == GROUPS_MAX) {
				g->more = true;
				continue;
			}
			g->g[g->n++] = (struct group){.v = v, .by = rows_i64(r, 2)};
		}
		add_row(g, &g->g[g->n - 1], r);
	}
	return rows_done(r);
}

/* -- names -- */

static err_t name_refs(struct grouping *g)
{
	const struct entity *e = entity_by_name(g->f->ref);
	const struct field *t = field_by_name(e, e->title);
	for (size_t from = 0; from < g->n; from += TITLES_AT_ONCE) {
		struct sqlb *q = sqlb_new(g->cx->a);
		sqlb_addf(q, "select id, %s, %s from %s where id in (0", t->name,
		          t->words ? t->words->by : "null", e->table);
		for (size_t i = from; i < g->n && i < from + TITLES_AT_ONCE; i++)
			if (g->g[i].v.type == VAL_INT) {
				sqlb_add(q, ",");
				sqlb_val(q, g->g[i].v);
			}
		sqlb_add(q, ")");
		struct rows *r;
		TRY(db_query(g->cx->c, sqlb_text(q), sqlb_args(q), &r));
		while (rows_next(r)) {
			struct val v = rows_val(r, 1);
			const char *words = field_words(g->cx, t, &v, rows_i64(r, 2));
			for (size_t i = from; i < g->n; i++)
				if (g->g[i].v.type == VAL_INT && g->g[i].v.i == rows_i64(r, 0))
					g->g[i].label = words ? words : rows_dup(r, 1);
		}
		TRY(rows_done(r));
	}
	return ERR_OK;
}

static err_t name_groups(struct grouping *g)
{
	if (g->f->type == FT_REF)
		TRY(name_refs(g));
	for (size_t i = 0; i < g->n; i++) {
		struct group *one = &g->g[i];
		if (one->v.type == VAL_NULL)
			one->label = g->cx->lang == LANG_EN ? "(empty)" : "（空）";
		else if (!one->label && g->f->type == FT_REF)
			one->label = arena_printf(g->cx->a, "#%lld", (long long)one->v.i);
		else if (!one->label && g->unit == AS_IT_IS) {
			const char *words = field_words(g->cx, g->f, &one->v, one->by);
			one->label = words ? words
			                   : field_to_text(g->cx->a, g->f, &one->v, g->cx->lang);
		} else if (!one->label) {
			one->label = one->v.s.p;
		}
	}
	return ERR_OK;
}

/* Where a code stands in the list that people know. */
static int place(const struct grouping *g, const struct group *one)
{
	const struct enum_row *row = g->f->values;
	if (!row && g->f->words && g->f->words->choices)
		row = g->f->words->choices(g->cx);
	int i = 0;
	for (; row && row->value; row++, i++)
		if (one->v.type == VAL_TEXT && !strcmp(row->value, one->v.s.p))
			return i;
	return i;
}

/* Words as in their list, days as in the calendar, people and texts by how many there are; what is
 * empty comes last. */
static void put_in_order(struct grouping *g)
{
	bool by_count = g->f->type == FT_REF || (g->f->type == FT_TEXT && !g->f->words);
	int *at = ARENA_ARRAY(g->cx->a, g->n + 1, int);
	for (size_t i = 0; i < g->n; i++)
		at[i] = place(g, &g->g[i]);
	for (size_t i = 1; i < g->n; i++)
		for (size_t k = i; k > 0; k--) {
			struct group *a = &g->g[k - 1], *b = &g->g[k];
			bool empty_a = a->v.type == VAL_NULL, empty_b = b->v.type == VAL_NULL;
			bool swap = empty_a != empty_b ? empty_a
			            : by_count         ? a->count < b->count
			                               : at[k - 1] > at[k];
			if (!swap)
				break;
			struct group other = *a;
			int other_at = at[k - 1];
			*a = *b;
			*b = other;
			at[k - 1] = at[k];
			at[k] = other_at;
		}
}

/* -- writing -- */

static void write_value(const struct grouping *g, struct jw *w, const struct val *v)
{
	if (v->type == VAL_NULL)
		jw_null(w);
	else if (v->type == VAL_INT && g->f->type == FT_BOOL)
		jw_bool(w, v->i);
	else if (v->type == VAL_INT)
		jw_int(w, v->i);
	else
		jw_strn(w, v->s.p, v->s.n);
}

/* First day of the group, and of the one after it. */
static void days_of(const struct grouping *g, const char *key, day_t *from, day_t *until)
{
	int y = (key[0] - '0') * 1000 + (key[1] - '0') * 100 + (key[2] - '0') * 10 + key[3] - '0';
	int m = g->unit == MONTH     ? (key[5] - '0') * 10 + key[6] - '0'
	        : g->unit == QUARTER ? (key[6] - '0') * 3 - 2
	                             : 1;
	*from = g->unit == DAY ? day_parse(key) : day_from_ymd(y, m, 1);
	*until = g->unit == DAY ? *from + 1
	                        : day_add_months(*from, g->unit == MONTH     ? 1
	                                                : g->unit == QUARTER ? 3
	                                                                     : 12);
}

static void write_filter(const struct grouping *g, struct jw *w, const struct val *v)
{
	jw_obj(w);
	jw_key(w, g->f->name);
	jw_obj(w);
	if (v->type == VAL_NULL) {
		jw_kbool(w, "is_null", true);
	} else if (g->unit == AS_IT_IS) {
		jw_key(w, "eq");
		write_value(g, w, v);
	} else {
		day_t from, until;
		struct arena *a = g->cx->a;
		bool civil = g->f->type == FT_DATE;
		days_of(g, v->s.p, &from, &until);
		jw_kstr(w, "ge",
		        civil ? day_format(a, from) : time_format(a, time_at(from, 0, g->zone)));
		jw_kstr(w, "lt",
		        civil ? day_format(a, until) : time_format(a, time_at(until, 0, g->zone)));
	}
	jw_end_obj(w);
	jw_end_obj(w);
}

static void write_sums(struct jw *w, const struct group *one)
{
	jw_key(w, "sums");
	jw_arr(w);
	for (size_t i = 0; i < one->n_sums; i++) {
		jw_obj(w);
		jw_kstr(w, "field", one->sums[i].field);
		jw_kstr(w, "currency", one->sums[i].currency);
		jw_kint(w, "amount_fen", one->sums[i].fen);
		jw_end_obj(w);
	}
	jw_end_arr(w);
}

static void write_all(const struct grouping *g, const char *by, struct jw *w)
{
	jw_obj(w);
	jw_kstr(w, "by", by);
	jw_key(w, "items");
	jw_arr(w);
	for (size_t i = 0; i < g->n; i++) {
		const struct group *one = &g->g[i];
		jw_obj(w);
		jw_key(w, "value");
		write_value(g, w, &one->v);
		jw_kstr(w, "label", one->label);
		jw_kint(w, "count", one->count);
		write_sums(w, one);
		jw_key(w, "filter");
		write_filter(g, w, &one->v);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	jw_kint(w, "count", g->all.count);
	write_sums(w, &g->all);
	jw_kbool(w, "more", g->more);
	jw_end_obj(w);
}

err_t group_write(struct ctx *cx, const struct list_query *lq, const char *by, struct jw *w)
{
	struct grouping g = {
		.cx = cx, .lq = lq, .zone = cx->actor->zone ? cx->actor->zone : "Asia/Shanghai"};
	TRY(parse_by(cx, lq->e, by, &g));
	for (const struct field *f = lq->e->fields; f->name; f++) {
		if (!scope_field(cx->actor, f))
			continue;
		if (f->type == FT_MONEY && g.n_money < MONEY_MAX)
			g.money[g.n_money++] = f;
		g.currency |= !strcmp(f->name, "currency");
	}
	TRY(read_groups(&g));
	TRY(name_groups(&g));
	put_in_order(&g);
	write_all(&g, by, w);
	return ERR_OK;
}
