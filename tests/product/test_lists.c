/* Lists against a naive reading of the whole table: random filters, orders and page sizes; the
 * pages laid end to end hold exactly the rows that match, once each, in order. */
#include "product/world.h"

#include <string.h>

#include "domain/lead/lead.h"
#include "unit/cases.h"

enum { ROWS = 160, ROUNDS = 120, SORTS_MAX = 3, TERMS_MAX = 3 };

/* One row as SQL has it: values of the fields, sort_key last. */
struct row {
	struct rec *r;
	const char *sort_key;
};

struct table {
	struct world *w;
	struct row row[ROWS + 8];
	size_t n;
	struct dice d;
};

/* -- data with many equal and empty values -- */

static const char *word(struct dice *d)
{
	static const char *const words[] = {"甲",  "乙",  "丙", "alpha", "Beta", "gamma",
	                                    "a-b", "a_b", "ab", "10",    "9",    "Ä"};
	return words[roll_below(d, ARRAY_LEN(words))];
}

static void maybe(struct jw *j, struct dice *d, const char *key, const char *value)
{
	if (roll_below(d, 3))
		jw_kstr(j, key, value);
}

static void add_leads(struct table *t)
{
	static const char *const sources[] = {"tender", "referral", "exhibition"};
	static const char *const days[] = {"2026-01-09", "2026-01-10", "2025-12-31"};
	struct dice *d = &t->d;
	for (int i = 0; i < ROWS; i++) {
		clock_freeze((1800000000LL + (i64)roll_below(d, 4)) * US_PER_SEC);
		world_be(t->w, 0);
		struct jw j = jw_new(t->w->cx.a, 8192);
		jw_obj(&j);
		jw_kstr(&j, "company_name", word(d));
		maybe(&j, d, "contact_name", word(d));
		maybe(&j, d, "title", word(d));
		maybe(&j, d, "source", sources[roll_below(d, 3)]);
		maybe(&j, d, "first_contact_on", days[roll_below(d, 3)]);
		maybe(&j, d, "need", word(d));
		if (roll_below(d, 2))
			jw_kint(&j, "budget_fen", (i64)roll_below(d, 5) * 1000000007);
		jw_end_obj(&j);
		world_add(t->w, &lead_entity, jw_done(&j));
		if (!roll_below(d, 10))
			world_sql(
				t->w,
				"update lead set deleted_at = 1 where id = (select max(id) from lead)",
				NO_ARGS);
	}
}

static void read_table(struct table *t)
{
	struct world *w = t->w;
	struct rows *r;
	world_be(w, 0);
	WORLD_OK(w, db_query(w->cx.c,
	                     arena_printf(w->a,
	                                  "select %s, t.sort_key from lead t"
	                                  " where t.deleted_at is null",
	                                  entity_columns(&lead_entity)),
	                     NO_ARGS, &r));
	int at = entity_column_count(&lead_entity);
	while (rows_next(r)) {
		assert_true(t->n < ARRAY_LEN(t->row));
		t->row[t->n].r = rec_read(w->a, &lead_entity, r, 0);
		t->row[t->n++].sort_key = arena_strdup(w->a, rows_text(r, at));
	}
	WORLD_OK(w, rows_done(r));
	assert_true(t->n > ROWS / 2);
}

static int open_table(void **state)
{
	int rc = world_open(state);
	struct world *w = *state;
	struct table *t = ARENA_NEW(w->a, struct table);
	*t = (struct table){.w = w, .d = {4711}};
	add_leads(t);
	read_table(t);
	*state = t;
	return rc;
}

static int close_table(void **state)
{
	void *w = ((struct table *)*state)->w;
	return world_close(&w);
}

/* -- the naive reading -- */

struct sort {
	const char *name;
	bool desc;
};

static struct val value(const struct row *row, const char *name)
{
	if (!strcmp(name, "id"))
		return vi(row->r->id);
	if (!strcmp(name, "created_at"))
		return vi(row->r->created_at);
	if (!strcmp(name, "number"))
		return vt(row->r->number);
	return row->r->v[field_index(&lead_entity, name)];
}

static int compare_val(const struct val *a, const struct val *b)
{
	if (a->type == VAL_NULL || b->type == VAL_NULL)
		return (a->type != VAL_NULL) - (b->type != VAL_NULL);
	if (a->type == VAL_INT)
		return (a->i > b->i) - (a->i < b->i);
	return strcmp(a->s.p, b->s.p);
}

static const struct sort *order; /* of the round, for qsort */
static size_t n_order;

static int compare_rows(const void *pa, const void *pb)
{
	const struct row *const *a = pa, *const *b = pb;
	for (size_t i = 0; i < n_order; i++) {
		bool title = !strcmp(order[i].name, "company_name");
		struct val va = title ? vt((*a)->sort_key) : value(*a, order[i].name);
		struct val vb_ = title ? vt((*b)->sort_key) : value(*b, order[i].name);
		int c = compare_val(&va, &vb_);
		if (c)
			return order[i].desc ? -c : c;
	}
	return 0;
}

/* A condition of the round: op on a field with a value of some row, perhaps turned round. */
struct term {
	const char *field, *op;
	bool negated;
	struct val v;
};

static bool holds(const struct term *t, const struct row *row)
{
	struct val v = value(row, t->field);
	bool null = v.type == VAL_NULL, yes;
	int c = null ? 0 : compare_val(&v, &t->v);
	if (!strcmp(t->op, "is_null"))
		yes = null;
	else if (!strcmp(t->op, "ne"))
		yes = null || c;
	else if (!strcmp(t->op, "nin"))
		yes = null || c;
	else
		yes = !null && (!strcmp(t->op, "eq") || !strcmp(t->op, "in") ? !c
		                : !strcmp(t->op, "lt")                       ? c < 0
		                : !strcmp(t->op, "le")                       ? c <= 0
		                : !strcmp(t->op, "gt")                       ? c > 0
		                                                             : c >= 0);
	return yes != t->negated;
}

/* -- one round -- */

static const char *const sortable[] = {
	"id",     "created_at", "number",           "company_name", "contact_name", "title",
	"status", "source",     "first_contact_on", "budget_fen",   "owner_id",     "phone"};
static const char *const filterable[] = {"company_name", "contact_name", "title",
                                         "source",       "budget_fen",   "first_contact_on"};
static const char *const ops[] = {"eq", "ne", "lt", "le", "gt", "ge", "in", "nin", "is_null"};

static struct term random_term(struct table *t)
{
	struct dice *d = &t->d;
	struct term x = {.field = filterable[roll_below(d, ARRAY_LEN(filterable))],
	                 .op = ops[roll_below(d, ARRAY_LEN(ops))],
	                 .negated = !roll_below(d, 4)};
	do
		x.v = value(&t->row[roll_below(d, t->n)], x.field);
	while (x.v.type == VAL_NULL);
	return x;
}

static void put_value(struct jw *j, const struct val *v)
{
	if (v->type == VAL_INT)
		jw_int(j, v->i);
	else
		jw_str(j, v->s.p);
}

static void put_term(struct jw *j, const struct term *x)
{
	bool many = !strcmp(x->op, "in") || !strcmp(x->op, "nin");
	jw_obj(j);
	if (x->negated) {
		jw_key(j, "not");
		jw_obj(j);
	}
	jw_key(j, x->field);
	jw_obj(j);
	jw_key(j, x->op);
	if (many)
		jw_arr(j);
	if (!strcmp(x->op, "is_null"))
		jw_bool(j, true);
	else
		put_value(j, &x->v);
	if (many)
		jw_end_arr(j);
	jw_end_obj(j);
	if (x->negated)
		jw_end_obj(j);
	jw_end_obj(j);
}

struct round {
	struct term term[TERMS_MAX];
	size_t n_terms;
	bool any; /* or instead of and */
	struct sort sort[SORTS_MAX + 1];
	size_t n_sort;
	const char *sort_text, *filter_text;
	const struct row *want[ROWS + 8];
	size_t n_want;
};

static void make_filter(struct table *t, struct round *r)
{
	struct jw j = jw_new(t->w->cx.a, 65536);
	r->n_terms = roll_below(&t->d, TERMS_MAX + 1);
	r->any = roll_below(&t->d, 2);
	if (!r->n_terms)
		return;
	jw_obj(&j);
	jw_key(&j, r->any ? "or" : "and");
	jw_arr(&j);
	for (size_t i = 0; i < r->n_terms; i++) {
		r->term[i] = random_term(t);
		put_term(&j, &r->term[i]);
	}
	jw_end_arr(&j);
	jw_end_obj(&j);
	r->filter_text = jw_done(&j);
}

static void make_sort(struct table *t, struct round *r)
{
	struct buf b = buf_new(t->w->cx.a, 4096);
	size_t n = 1 + roll_below(&t->d, SORTS_MAX);
	for (size_t i = 0; i < n; i++) {
		struct sort s = {sortable[roll_below(&t->d, ARRAY_LEN(sortable))],
		                 roll_below(&t->d, 2)};
		buf_printf(&b, "%s%s%s", i ? "," : "", s.desc ? "-" : "", s.name);
		r->sort[r->n_sort++] = s;
	}
	/* What makes the order total runs the way of the last key. */
	r->sort[r->n_sort] = (struct sort){"id", r->sort[r->n_sort - 1].desc};
	r->n_sort++;
	r->sort_text = buf_str(&b);
}

static void make_want(struct table *t, struct round *r)
{
	for (size_t i = 0; i < t->n; i++) {
		size_t hit = 0;
		for (size_t k = 0; k < r->n_terms; k++)
			hit += holds(&r->term[k], &t->row[i]);
		if (!r->n_terms || (r->any ? hit > 0 : hit == r->n_terms))
			r->want[r->n_want++] = &t->row[i];
	}
	order = r->sort;
	n_order = r->n_sort;
	qsort(r->want, r->n_want, sizeof r->want[0], compare_rows);
}

static void walk(struct table *t, struct round *r)
{
	struct world *w = t->w;
	size_t got = 0;
	const char *cursor = NULL;
	int limit = 1 + (int)roll_below(&t->d, 60);
	do {
		struct list_query lq = {.e = &lead_entity,
		                        .sort = r->sort_text,
		                        .limit = limit,
		                        .cursor = cursor,
		                        .count = true};
		WORLD_OK(w, list_query_parse(&w->cx, r->filter_text, NULL, "exact", &lq));
		json_t *page = world_list(w, &lq), *items = json_object_get(page, "items"), *x;
		assert_int_equal(json_i64(page, "total", -1), r->n_want);
		size_t i;
		json_array_foreach(items, i, x)
		{
			i64 id = json_i64(x, "id", 0);
			if (got >= r->n_want || r->want[got]->r->id != id)
				fail_msg("sort %s, filter %s, limit %d: row %zu is %lld, not %lld",
				         r->sort_text, r->filter_text ? r->filter_text : "", limit,
				         got, (long long)id,
				         got < r->n_want ? (long long)r->want[got]->r->id : 0);
			got++;
		}
		cursor = json_text(page, "next");
		assert_true(!cursor || json_array_size(items) == (size_t)limit);
	} while (cursor);
	assert_int_equal(got, r->n_want);
}

static void test_list_pages_hold_every_row_once_in_order(void **state)
{
	struct table *t = *state;
	for (int i = 0; i < ROUNDS; i++) {
		world_be(t->w, 0);
		struct round *r = ARENA_NEW(t->w->cx.a, struct round);
		make_filter(t, r);
		make_sort(t, r);
		make_want(t, r);
		walk(t, r);
	}
}

static i64 total(struct world *w, const char *filter)
{
	struct list_query lq = {.e = &lead_entity};
	WORLD_OK(w, list_query_parse(&w->cx, filter, "1", "exact", &lq));
	return json_i64(world_list(w, &lq), "total", -1);
}

static void test_list_empty_sets_and_negations(void **state)
{
	struct table *t = *state;
	struct world *w = t->w;
	world_be(w, 0);
	assert_int_equal(total(w, "{\"source\":{\"in\":[]}}"), 0);
	assert_int_equal(total(w, "{\"source\":{\"nin\":[]}}"), t->n);
	assert_int_equal(total(w, "{\"not\":{\"source\":{\"in\":[]}}}"), t->n);
	assert_int_equal(total(w, "{\"not\":{\"source\":{\"eq\":\"tender\"}}}"),
	                 total(w, "{\"source\":{\"ne\":\"tender\"}}"));
	assert_int_equal(total(w, "{\"not\":{\"budget_fen\":{\"gt\":0}}}"),
	                 (i64)t->n - total(w, "{\"budget_fen\":{\"gt\":0}}"));
}

/* What /meta says of a column holds in lists: long texts and sets give no order. */
static void test_list_refuses_orders_it_cannot_keep(void **state)
{
	static const char *const refused[] = {"need", "-need", "company_key", "nothing", "name;id"};
	struct table *t = *state;
	struct world *w = t->w;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct jw j = jw_new(w->cx.a, 1 << 20);
		struct list_query lq = {.e = &lead_entity, .sort = refused[i]};
		WORLD_FAILS(w, ERR_BAD_REQUEST, list_write(&w->cx, &lq, &j));
	}
}

/* A cursor is good for its own order only, and nothing else than a cursor is one. */
static void test_list_refuses_foreign_cursors(void **state)
{
	struct table *t = *state;
	struct world *w = t->w;
	world_be(w, 0);
	struct list_query lq = {.e = &lead_entity, .sort = "budget_fen", .limit = 3};
	const char *cursor = json_text(world_list(w, &lq), "next");
	const char *const bad[] = {cursor, "", "x", "W10", "bnVsbA"};
	assert_non_null(cursor);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct jw j = jw_new(w->cx.a, 1 << 20);
		struct list_query other = {
			.e = &lead_entity, .sort = i ? "budget_fen" : "title", .cursor = bad[i]};
		WORLD_FAILS(w, ERR_BAD_CURSOR, list_write(&w->cx, &other, &j));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_pages_hold_every_row_once_in_order),
		cmocka_unit_test(test_list_empty_sets_and_negations),
		cmocka_unit_test(test_list_refuses_orders_it_cannot_keep),
		cmocka_unit_test(test_list_refuses_foreign_cursors),
	};
	return cmocka_run_group_tests_name("lists", tests, open_table, close_table);
}
