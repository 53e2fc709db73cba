/* Lists: one statement with scope, filter, search, keyset condition, order and joins for the
 * expanded references. */
#include "core/list.h"

#include <sodium.h>
#include <string.h>

#include "base/text.h"
#include "core/scope.h"
#include "core/search.h"

struct expanded {
	const struct field *f; /* the reference */
	const struct entity *target;
	const char *member; /* "owner" */
};

struct sort_key {
	const char *name; /* as asked */
	const char *col;  /* "t.sort_key" */
	bool desc;
	bool nullable;
	bool is_int;
};

struct plan {
	struct ctx *cx;
	const struct list_query *lq;
	struct expanded x[LIST_EXPAND_MAX];
	size_t n_x;
	struct sort_key s[LIST_SORT_MAX + 1];
	size_t n_s;
	const char **only; /* NULL-terminated, or NULL */
	int limit;
};

/* The parameter stands in the list of wrong fields too, so that programs need not read sentences. */
static err_t bad_parameter(struct ctx *cx, const char *name, const char *what)
{
	errs_field(&cx->e, name, ERR_RULE, EP({"reason", what}));
	return cx_err(cx, ERR_BAD_REQUEST, EP({"reason", what}));
}

err_t list_query_parse(struct ctx *cx, const char *filter_json, const char *limit,
                       const char *count, struct list_query *lq)
{
	if (filter_json && *filter_json) {
		json_t *j;
		struct errs inner;
		errs_init(&inner, cx->a);
		if (json_parse(cx->a, &inner, filter_json, strlen(filter_json), &j)) {
			errs_field(&cx->e, "filter", ERR_BAD_JSON, inner.params);
			return cx_err(cx, ERR_BAD_FILTER, EP({"reason", "JSON"}));
		}
		lq->filter = j;
	}
	if (limit) {
		char *end;
		long n = strtol(limit, &end, 10);
		if (*end || n < 1 || n > LIST_LIMIT_MAX)
			return bad_parameter(cx, "limit", "limit: 1–200");
		lq->limit = (int)n;
	}
	if (count && strcmp(count, "exact") != 0)
		return bad_parameter(cx, "count", "count=exact");
	lq->count = count != NULL;
	return ERR_OK;
}

/* -- what was asked, checked against the tables -- */

static const char *next_word(char **rest)
{
	char *w = strsep(rest, ",");
	return w && *w ? w : NULL;
}

static err_t plan_expand(struct plan *p, const char *expand)
{
	char *rest = arena_strdup(p->cx->a, expand ? expand : "");
	while (rest) {
		const char *w = next_word(&rest);
		if (!w)
			continue;
		const char *col = arena_printf(p->cx->a, "%s_id", w);
		const struct field *f = field_by_name(p->lq->e, col);
		if (!f)
			f = field_by_name(p->lq->e, w); /* decided_by */
		static const struct field by[] = {
			{.name = "created_by", .type = FT_REF, .ref = "user"},
			{.name = "updated_by", .type = FT_REF, .ref = "user"},
			{.name = "deleted_by", .type = FT_REF, .ref = "user"},
		};
		for (size_t i = 0; !f && i < ARRAY_LEN(by); i++)
			if (!strcmp(w, by[i].name))
				f = &by[i];
		if (!f || f->type != FT_REF || !scope_field(p->cx->actor, f) ||
		    p->n_x == LIST_EXPAND_MAX)
			return bad_parameter(p->cx, "expand",
			                     arena_printf(p->cx->a, "expand=%s", w));
		const char *member = f->name[0] && strstr(f->name, "_by")
		                             ? arena_printf(p->cx->a, "%s_user", w)
		                             : w;
		p->x[p->n_x++] = (struct expanded){f, entity_by_name(f->ref), member};
	}
	return ERR_OK;
}

static err_t plan_fields(struct plan *p, const char *fields)
{
	if (!fields || !*fields)
		return ERR_OK;
	size_t n = 1;
	for (const char *s = fields; *s; s++)
		n += *s == ',';
	p->only = ARENA_ARRAY(p->cx->a, n + 1, const char *);
	char *rest = arena_strdup(p->cx->a, fields);
	size_t k = 0;
	while (rest) {
		const char *w = next_word(&rest);
		/* What the person may not see is left out; what nobody has is a mistake. */
		if (w && !filter_field(p->cx, p->lq->e, w) && !field_by_name(p->lq->e, w))
			return bad_parameter(p->cx, "fields",
			                     arena_printf(p->cx->a, "fields=%s", w));
		if (w)
			p->only[k++] = w;
	}
	return ERR_OK;
}

static err_t add_sort(struct plan *p, const char *w)
{
	struct sort_key k = {.desc = *w == '-'};
	k.name = k.desc ? w + 1 : w;
	const struct entity *e = p->lq->e;
	static const char *const plain[] = {"id", "version", "created_at", "updated_at",
	                                    "deleted_at"};
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		if (!strcmp(k.name, plain[i])) {
			k.col = arena_printf(p->cx->a, "t.%s", plain[i]);
			k.is_int = true;
			k.nullable = i == 4;
		}
	if (!k.col && !strcmp(k.name, "number") && e->number_prefix)
		k.col = "t.number";
	const struct field *f = k.col ? NULL : field_by_name(e, k.name);
	/* Long texts would not fit a cursor, and sets have no order that means anything. */
	if (f && scope_field(p->cx->actor, f) && f->type != FT_LONGTEXT && f->type != FT_SET) {
		bool title = e->title && !strcmp(e->title, f->name);
		k.col = title ? "t.sort_key" : field_sql(p->cx, f, "t");
		k.nullable = !title && (f->flags & (F_REQUIRED | F_CUSTOM)) != F_REQUIRED;
		k.is_int = f->type == FT_INT || f->type == FT_MONEY || f->type == FT_BP ||
		           f->type == FT_BOOL || f->type == FT_TIME || f->type == FT_REF;
	}
	if (!k.col || p->n_s == LIST_SORT_MAX)
		return bad_parameter(p->cx, "sort", arena_printf(p->cx->a, "sort=%s", k.name));
	p->s[p->n_s++] = k;
	return ERR_OK;
}

static err_t plan_sort(struct plan *p, const char *sort)
{
	/* The order that nobody asked for must not fail for whoever may not see its field. */
	const char *dflt = p->lq->e->default_sort;
	const struct field *f = dflt ? field_by_name(p->lq->e, dflt + (*dflt == '-')) : NULL;
	if ((!sort || !*sort) && f && !scope_field(p->cx->actor, f))
		sort = "-id";
	char *rest = arena_strdup(p->cx->a, sort && *sort            ? sort
	                                    : p->lq->e->default_sort ? p->lq->e->default_sort
	                                                             : "-id");
	while (rest) {
		const char *w = next_word(&rest);
		if (w)
			TRY(add_sort(p, w));
	}
	/* The id makes the order total; it runs the way of the last key. */
	bool desc = p->n_s ? p->s[p->n_s - 1].desc : true;
	if (!p->n_s || strcmp(p->s[p->n_s - 1].name, "id") != 0)
		p->s[p->n_s++] = (struct sort_key){"id", "t.id", desc, false, true};
	return ERR_OK;
}

static err_t plan_make(struct ctx *cx, const struct list_query *lq, struct plan *p)
{
	*p = (struct plan){.cx = cx, .lq = lq, .limit = lq->limit ? lq->limit : 50};
	TRY(plan_expand(p, lq->expand));
	TRY(plan_fields(p, lq->fields));
	return plan_sort(p, lq->sort);
}

/* -- cursor: the sort values of the last row, as base64 of a JSON array with the sort before -- */

static const char *sort_text(struct plan *p)
{
	struct buf b = buf_new(p->cx->a, 4096);
	for (size_t i = 0; i < p->n_s; i++)
		buf_printf(&b, "%s%s,", p->s[i].desc ? "-" : "", p->s[i].name);
	return buf_str(&b);
}

static const char *cursor_make(struct plan *p, const struct val *v)
{
	struct jw w = jw_new(p->cx->a, 64 * 1024);
	jw_arr(&w);
	jw_str(&w, sort_text(p));
	for (size_t i = 0; i < p->n_s; i++)
		if (v[i].type == VAL_INT)
			jw_int(&w, v[i].i);
		else if (v[i].type == VAL_TEXT)
			jw_strn(&w, v[i].s.p, v[i].s.n);
		else
			jw_null(&w);
	jw_end_arr(&w);
	const char *text = jw_done(&w);
	size_t n = strlen(text),
	       cap = sodium_base64_encoded_len(n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	char *out = arena_alloc(p->cx->a, cap);
	sodium_bin2base64(out, cap, (const u8 *)text, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return out;
}

static err_t cursor_read(struct plan *p, struct val *v)
{
	const char *c = p->lq->cursor;
	size_t n = strlen(c), len = 0;
	u8 *bin = arena_alloc(p->cx->a, n + 1);
	json_t *j;
	struct errs inner;
	errs_init(&inner, p->cx->a);
	if (n > 8192 ||
	    sodium_base642bin(bin, n, c, n, NULL, &len, NULL,
	                      sodium_base64_VARIANT_URLSAFE_NO_PADDING) ||
	    json_parse(p->cx->a, &inner, (const char *)bin, len, &j) ||
	    json_array_size(j) != p->n_s + 1 ||
	    !text_eq(json_string_value(json_array_get(j, 0)), sort_text(p)))
		return cx_err(p->cx, ERR_BAD_CURSOR, NULL);
	for (size_t i = 0; i < p->n_s; i++) {
		const json_t *x = json_array_get(j, i + 1);
		bool fits = json_is_null(x)  ? p->s[i].nullable
		            : p->s[i].is_int ? json_is_integer(x)
		                             : json_is_string(x);
		if (!fits)
			return cx_err(p->cx, ERR_BAD_CURSOR, NULL);
		v[i] = json_is_null(x)  ? vnull()
		       : p->s[i].is_int ? vi(json_integer_value(x))
		                        : vt(json_string_value(x));
	}
	return ERR_OK;
}

/* Rows after the cursor, NULL being the smallest value:
 * (a after va) or (a = va and ((b after vb) or (b = vb and …))) */
static void after_cursor(struct plan *p, struct sqlb *q, const struct val *v, size_t i)
{
	const struct sort_key *k = &p->s[i];
	bool last = i + 1 == p->n_s, null = v[i].type == VAL_NULL;
	sqlb_add(q, "(");
	if (null) {
		sqlb_addf(q, k->desc ? "0 = 1" : "%s is not null", k->col);
	} else {
		sqlb_addf(q, "%s %s ", k->col, k->desc ? "<" : ">");
		sqlb_val(q, v[i]);
		if (k->nullable && k->desc)
			sqlb_addf(q, " or %s is null", k->col);
	}
	if (!last) {
		sqlb_addf(q, null ? " or (%s is null and " : " or (%s = ", k->col);
		if (!null) {
			sqlb_val(q, v[i]);
			sqlb_add(q, " and ");
		}
		after_cursor(p, q, v, i + 1);
		sqlb_add(q, ")");
	}
	sqlb_add(q, ")");
}

err_t list_where(struct ctx *cx, const struct list_query *lq, struct sqlb *q)
{
	sqlb_addf(q, " where t.deleted_at is %s", lq->deleted ? "not null" : "null");
	if (lq->deleted) { /* what went with another is listed as that one */
		sqlb_add(q, " and t.id not in (select b.entity_id from bin_along b where b.entity"
		            " = ");
		sqlb_val(q, vt(lq->e->name));
		sqlb_add(q, ")");
	}
	TRY(scope_where(cx, lq->e, lq->deleted ? "delete" : "read", "t", q));
	if (lq->act && strcmp(lq->act, "read") != 0)
		TRY(scope_where(cx, lq->e, lq->act, "t", q));
	TRY(filter_where(cx, lq->e, "t", lq->filter, q));
	return lq->q && *lq->q ? search_where(cx, lq->e, "t", lq->q, q) : ERR_OK;
}

err_t list_check(struct ctx *cx, const struct list_query *lq)
{
	struct plan p;
	TRY(plan_make(cx, lq, &p));
	return list_where(cx, lq, sqlb_new(cx->a));
}

static void order_by(struct plan *p, struct sqlb *q)
{
	sqlb_add(q, " order by ");
	for (size_t i = 0; i < p->n_s; i++)
		sqlb_addf(q, "%s%s %s%s", i ? ", " : "", p->s[i].col, p->s[i].desc ? "desc" : "asc",
		          !p->s[i].nullable ? ""
		          : p->s[i].desc    ? " nulls last"
		                            : " nulls first");
}

static err_t after_the_cursor(struct plan *p, struct sqlb *q)
{
	struct val v[LIST_SORT_MAX + 1];
	TRY(cursor_read(p, v));
	/* The bound on the first key alone lets an index begin in the right place. */
	if (!p->s[0].nullable && p->n_s > 1) {
		sqlb_addf(q, " and %s %s ", p->s[0].col, p->s[0].desc ? "<=" : ">=");
		sqlb_val(q, v[0]);
	}
	sqlb_add(q, " and ");
	after_cursor(p, q, v, 0);
	return ERR_OK;
}

static const struct field *title_of(const struct expanded *x)
{
	return field_by_name(x->target, x->target->title);
}

/* The title of an expanded record from two columns: the field, and whose words it is told in. */
static const char *expanded_title(struct plan *p, const struct rows *r, int col, size_t i)
{
	col += 2 * (int)i;
	struct val v = rows_val(r, col);
	const char *words = field_words(p->cx, title_of(&p->x[i]), &v, rows_i64(r, col + 1));
	return words ? words : rows_text(r, col);
}

/* A page is found by its ids first: what must be sorted is then narrow, and whole rows and their
 * references are read for those on the page only. */
static err_t build(struct plan *p, struct sqlb *q, bool paged)
{
	const struct entity *e = p->lq->e;
	sqlb_addf(q, "select %s", entity_columns(e));
	for (size_t i = 0; i < p->n_x; i++) {
		const struct field *t = title_of(&p->x[i]);
		sqlb_addf(q, ", x%zu.%s", i, t->name);
		if (t->words)
			sqlb_addf(q, ", x%zu.%s", i, t->words->by);
		else
			sqlb_add(q, ", null");
	}
	for (size_t i = 0; i < p->n_s; i++)
		sqlb_addf(q, ", %s", p->s[i].col);
	if (paged) {
		sqlb_addf(q, " from (select t.id from %s t", e->table);
		TRY(list_where(p->cx, p->lq, q));
		if (p->lq->cursor)
			TRY(after_the_cursor(p, q));
		order_by(p, q);
		sqlb_addf(q, " limit %d) page join %s t on t.id = page.id", p->limit + 1, e->table);
	} else {
		sqlb_addf(q, " from %s t", e->table);
	}
	for (size_t i = 0; i < p->n_x; i++)
		sqlb_addf(q, " left join %s x%zu on x%zu.id = %s", p->x[i].target->table, i, i,
		          field_sql(p->cx, p->x[i].f, "t"));
	if (!paged)
		TRY(list_where(p->cx, p->lq, q));
	order_by(p, q);
	return ERR_OK;
}

/* -- writing -- */

static bool member_wanted(const struct plan *p, const char *name)
{
	if (!p->only)
		return true;
	for (const char **o = p->only; *o; o++)
		if (!strcmp(*o, name))
			return true;
	return false;
}

static void write_expanded(struct plan *p, struct jw *w, const struct rows *r,
                           const struct val *added)
{
	int col = entity_column_count(p->lq->e);
	for (size_t i = 0; i < p->n_x; i++) {
		jw_key(w, p->x[i].member);
		int at = field_index(p->lq->e, p->x[i].f->name);
		i64 id = 0;
		if (at >= 0 && (p->lq->e->fields[at].flags & F_CUSTOM))
			id = added && added[at].type == VAL_INT ? added[at].i : 0;
		else if (at >= 0)
			id = rows_i64(r, REC_SYSTEM_N + at);
		else
			id = rows_i64(r, !strcmp(p->x[i].f->name, "created_by") ? 3 : 5);
		if (!id) {
			jw_null(w);
			continue;
		}
		jw_obj(w);
		jw_kint(w, "id", id);
		jw_kstr(w, "name", expanded_title(p, r, col, i));
		jw_end_obj(w);
	}
}

/* What codes of the row are called: as rec_members() has it. */
static void write_labels(struct plan *p, struct jw *w, const struct rows *r)
{
	const struct entity *e = p->lq->e;
	bool begun = false;
	int col = REC_SYSTEM_N;
	for (const struct field *f = e->fields; f->name; f++, col++) {
		if (!f->words || !member_wanted(p, f->name) || !scope_field(p->cx->actor, f))
			continue;
		if (!begun) {
			jw_key(w, "labels");
			jw_obj(w);
			begun = true;
		}
		struct val v = rows_val(r, col);
		i64 by = rows_i64(r, REC_SYSTEM_N + field_index(e, f->words->by));
		jw_kstr(w, f->name, field_words(p->cx, f, &v, by));
	}
	if (begun)
		jw_end_obj(w);
}

/* Of the row's added fields, each at its place; NULL when the row has none. */
static const struct val *added_values(struct plan *p, const struct rows *r)
{
	const struct entity *e = p->lq->e;
	int at = entity_column_count(e) - 1;
	if (!e->custom || rows_null(r, at))
		return NULL;
	struct val *v = ARENA_ARRAY(p->cx->a, entity_slots(e) + 1, struct val);
	custom_values(p->cx->a, e, rows_text(r, at), v);
	return v;
}

/* Straight from the row to JSON: lists are the most frequent answer, no record is built. */
static void write_row(struct plan *p, struct jw *w, const struct rows *r)
{
	const struct entity *e = p->lq->e;
	const struct field *first = e->fields;
	const struct val *added = added_values(p, r);
	jw_obj(w);
	jw_kint(w, "id", rows_i64(r, 0));
	jw_kint(w, "version", rows_i64(r, 1));
	if (e->number_prefix)
		jw_kstr(w, "number", rows_text(r, 7));
	int col = REC_SYSTEM_N;
	for (const struct field *f = first; f->name; f++, col++) {
		if (!member_wanted(p, f->name) || !scope_field(p->cx->actor, f))
			continue;
		struct val v = !(f->flags & F_CUSTOM) ? rows_val(r, col)
		               : added                ? added[f - first]
		                                      : vnull();
		jw_key(w, f->name);
		field_to_json(w, f, &v);
	}
	static const struct {
		const char *name;
		int col;
		bool time;
	} sys[] = {{"created_at", 2, true},
	           {"created_by", 3, false},
	           {"updated_at", 4, true},
	           {"updated_by", 5, false},
	           {"deleted_at", 6, true}};
	for (size_t i = 0; i < ARRAY_LEN(sys); i++) {
		if (rows_null(r, sys[i].col) || !member_wanted(p, sys[i].name))
			continue;
		jw_key(w, sys[i].name);
		if (sys[i].time)
			jw_str(w, time_format(w->b.a, rows_i64(r, sys[i].col)));
		else
			jw_int(w, rows_i64(r, sys[i].col));
	}
	write_labels(p, w, r);
	write_expanded(p, w, r, added);
	jw_end_obj(w);
}

static struct val keep(struct arena *a, struct val v)
{
	return v.type == VAL_TEXT ? vtn(arena_strndup(a, v.s.p, v.s.n), v.s.n) : v;
}

err_t list_write(struct ctx *cx, const struct list_query *lq, struct jw *w)
{
	struct plan p;
	TRY(plan_make(cx, lq, &p));
	struct sqlb *q = sqlb_new(cx->a);
	TRY(build(&p, q, true));
	struct rows *r;
	TRY(db_query(cx->c, sqlb_text(q), sqlb_args(q), &r));
	int sort_at = entity_column_count(lq->e) + 2 * (int)p.n_x;
	struct val last[LIST_SORT_MAX + 1];
	int n = 0;
	bool more = false;
	jw_obj(w);
	jw_key(w, "items");
	jw_arr(w);
	while (rows_next(r)) {
		if (n == p.limit) {
			more = true;
			break;
		}
		write_row(&p, w, r);
		if (++n == p.limit)
			for (size_t i = 0; i < p.n_s; i++)
				last[i] = keep(cx->a, rows_val(r, sort_at + (int)i));
	}
	TRY(rows_done(r));
	jw_end_arr(w);
	jw_kstr(w, "next", more ? cursor_make(&p, last) : NULL);
	if (lq->count) {
		struct sqlb *cq = sqlb_new(cx->a);
		sqlb_addf(cq, "select count(*) from %s t", lq->e->table);
		TRY(list_where(cx, lq, cq));
		i64 total = 0;
		TRY(db_one_i64(cx->c, sqlb_text(cq), sqlb_args(cq), &total, NULL));
		jw_kint(w, "total", total);
	}
	jw_end_obj(w);
	return ERR_OK;
}

err_t list_each(struct ctx *cx, const struct list_query *lq,
                err_t (*fn)(struct ctx *cx, const struct rec *r, const char *const *titles,
                            void *arg),
                void *arg)
{
	struct plan p;
	TRY(plan_make(cx, lq, &p));
	struct sqlb *q = sqlb_new(cx->a);
	TRY(build(&p, q, false));
	struct rows *r;
	TRY(db_query(cx->c, sqlb_text(q), sqlb_args(q), &r));
	int titles_at = entity_column_count(lq->e);
	struct arena *row = arena_child(cx->a);
	err_t rc = ERR_OK;
	while (!rc && rows_next(r)) {
		arena_reset(row);
		const char *titles[LIST_EXPAND_MAX] = {NULL};
		for (size_t i = 0; i < p.n_x; i++)
			titles[i] = expanded_title(&p, r, titles_at, i);
		rc = fn(cx, rec_read(row, lq->e, r, 0), titles, arg);
	}
	err_t rc2 = rows_done(r);
	arena_free(row);
	return rc ? rc : rc2;
}

err_t list_write_one(struct ctx *cx, const struct rec *r, const char *expand, const char *fields,
                     struct jw *w)
{
	struct list_query lq = {.e = r->e, .expand = expand, .fields = fields};
	struct plan p;
	TRY(plan_make(cx, &lq, &p));
	jw_obj(w);
	rec_members(cx, w, r, p.only);
	for (size_t i = 0; i < p.n_x; i++) {
		int at = field_index(r->e, p.x[i].f->name);
		i64 id = at >= 0 ? (r->v[at].type == VAL_INT ? r->v[at].i : 0)
		         : !strcmp(p.x[i].f->name, "created_by") ? r->created_by
		                                                 : r->updated_by;
		jw_key(w, p.x[i].member);
		if (!id) {
			jw_null(w);
			continue;
		}
		const char *title;
		TRY(db_one_text(cx->c,
		                arena_printf(cx->a, "select %s from %s where id = ?",
		                             p.x[i].target->title, p.x[i].target->table),
		                ARGS(vi(id)), &title));
		jw_obj(w);
		jw_kint(w, "id", id);
		jw_kstr(w, "name", title);
		jw_end_obj(w);
	}
	jw_end_obj(w);
	return ERR_OK;
}
