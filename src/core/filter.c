/* Filters: JSON conditions over an entity's fields become SQL with bound values.
 *
 *	{"stage_code":{"eq":"3"}, "or":[{"amount_fen":{"ge":100}}, {"owner_id":{"is_null":true}}]}
 * Members of one object are joined by "and".  Fields and operators come from the tables only. */
#include <string.h>

#include "base/text.h"
#include "core/list.h"
#include "core/scope.h"

enum { FILTER_DEPTH = 8, FILTER_TERMS = 200, IN_MAX = 500 };

struct filter {
	struct ctx *cx;
	const struct entity *e;
	const char *alias;
	struct sqlb *q;
	int depth, terms;
};

/* What every record has besides its fields. */
static const struct field system_fields[] = {
	{.name = "id", .type = FT_INT},
	{.name = "version", .type = FT_INT},
	{.name = "created_at", .type = FT_TIME},
	{.name = "updated_at", .type = FT_TIME},
	{.name = "deleted_at", .type = FT_TIME},
	{.name = "created_by", .type = FT_REF, .ref = "user"},
	{.name = "updated_by", .type = FT_REF, .ref = "user"},
	{.name = "deleted_by", .type = FT_REF, .ref = "user"},
	{.name = "number", .type = FT_TEXT},
	{.name = NULL},
};

const struct field *filter_field(const struct ctx *cx, const struct entity *e, const char *name)
{
	const struct field *f = field_by_name(e, name);
	if (f)
		return scope_field(cx->actor, f) ? f : NULL;
	for (f = system_fields; f->name; f++)
		if (!strcmp(f->name, name))
			return strcmp(name, "number") || e->number_prefix ? f : NULL;
	return NULL;
}

/* `field` is the field of the condition, NULL when it stands above one. */
static err_t bad(struct filter *fl, const char *field, const char *zh, const char *en)
{
	if (field && !fl->cx->e.n_fields)
		errs_field(&fl->cx->e, field, ERR_RULE,
		           EP({"reason", fl->cx->lang == LANG_EN ? en : zh}));
	return cx_err(fl->cx, ERR_BAD_FILTER, EP({"reason", fl->cx->lang == LANG_EN ? en : zh}));
}

static err_t bad_of(struct filter *fl, const char *field, const char *zh, const char *en)
{
	return bad(fl, field, arena_printf(fl->cx->a, "“%s”%s", field, zh),
	           arena_printf(fl->cx->a, "%s %s", field, en));
}

static err_t one_value(struct filter *fl, const struct field *f, const json_t *j)
{
	struct val v;
	struct field plain = *f;
	/* A filter may ask for any value of the type; bounds and lists are for storing. */
	plain.flags = 0;
	plain.check = NULL;
	plain.min = INT64_MIN;
	plain.max = INT64_MAX;
	if (f->type == FT_ENUM && json_is_string(j) && *json_string_value(j) &&
	    !enum_row(f, json_string_value(j)))
		return field_from_json(fl->cx, f, f->name, j, &v) ? ERR_OK
		                                                  : errs_invalid(&fl->cx->e);
	if (f->type == FT_ENUM || f->type == FT_SET || f->type == FT_EMAIL || f->type == FT_PHONE ||
	    f->type == FT_URL || f->type == FT_LONGTEXT)
		plain.type = FT_TEXT;
	if (!field_from_json(fl->cx, &plain, f->name, j, &v))
		return bad_of(fl, f->name, "的值不对", "has a wrong value");
	sqlb_val(fl->q, v);
	return ERR_OK;
}

static err_t in_list(struct filter *fl, const struct field *f, const json_t *j)
{
	size_t n = json_array_size(j), i;
	const json_t *item;
	if (!json_is_array(j) || n > IN_MAX)
		return bad_of(fl, f->name, arena_printf(fl->cx->a, "应为列表，最多 %d 项", IN_MAX),
		              arena_printf(fl->cx->a, "takes a list of at most %d", IN_MAX));
	sqlb_add(fl->q, "(");
	json_array_foreach((json_t *)j, i, item)
	{
		if (i)
			sqlb_add(fl->q, ",");
		TRY(one_value(fl, f, item));
	}
	sqlb_add(fl->q, ")");
	return ERR_OK;
}

static const char *like_pattern(struct arena *a, const char *s, bool anywhere)
{
	struct buf b = buf_new(a, 64 * 1024);
	if (anywhere)
		buf_putc(&b, '%');
	for (; *s; s++) {
		if (strchr("%_\\", *s))
			buf_putc(&b, '\\');
		buf_putc(&b, (char)(*s >= 'A' && *s <= 'Z' ? *s + 32 : *s));
	}
	buf_putc(&b, '%');
	return buf_str(&b);
}

static const struct {
	const char *op, *sql;
} compare[] = {{"eq", "="}, {"ne", "<>"}, {"lt", "<"}, {"le", "<="}, {"gt", ">"}, {"ge", ">="}};

static err_t term(struct filter *fl, const struct field *f, const char *op, const json_t *j)
{
	struct sqlb *q = fl->q;
	const char *col = field_sql(fl->cx, f, fl->alias);
	bool text = f->type != FT_INT && f->type != FT_MONEY && f->type != FT_BP &&
	            f->type != FT_BOOL && f->type != FT_TIME && f->type != FT_REF;
	if (++fl->terms > FILTER_TERMS)
		return bad(fl, NULL, "条件过多", "too many conditions");
	if (!strcmp(op, "is_null")) {
		if (!json_is_boolean(j))
			return bad_of(fl, f->name, "的 is_null 应为 true 或 false",
			              "is_null takes true or false");
		sqlb_addf(q, "%s is %snull", col, json_is_true(j) ? "" : "not ");
		return ERR_OK;
	}
	if (!strcmp(op, "in") || !strcmp(op, "nin")) {
		bool not_in = op[0] == 'n';
		if (json_is_array(j) && !json_array_size(j)) {
			sqlb_add(q, not_in ? "1 = 1" : "0 = 1");
			return ERR_OK;
		}
		sqlb_addf(q, not_in ? "(%s is null or %s not in " : "(%s in ", col, col);
		TRY(in_list(fl, f, j));
		sqlb_add(q, ")");
		return ERR_OK;
	}
	if (!strcmp(op, "between")) {
		if (!json_is_array(j) || json_array_size(j) != 2)
			return bad_of(fl, f->name, "的 between 需要两个值",
			              "between takes two values");
		sqlb_addf(q, "(%s >= ", col);
		TRY(one_value(fl, f, json_array_get(j, 0)));
		sqlb_addf(q, " and %s <= ", col);
		TRY(one_value(fl, f, json_array_get(j, 1)));
		sqlb_add(q, ")");
		return ERR_OK;
	}
	if (!strcmp(op, "contains") || !strcmp(op, "begins")) {
		const char *s = json_string_value(j);
		if (!s || !text)
			return bad_of(fl, f->name, arena_printf(fl->cx->a, "不支持 %s", op),
			              arena_printf(fl->cx->a, "does not take %s", op));
		if (f->type == FT_SET)
			s = arena_printf(fl->cx->a, ",%s,", s);
		sqlb_addf(q, "lower(%s) like ", col);
		sqlb_val(q, vt(like_pattern(fl->cx->a, s, op[0] == 'c')));
		sqlb_add(q, " escape '\\'");
		return ERR_OK;
	}
	for (size_t i = 0; i < ARRAY_LEN(compare); i++) {
		if (strcmp(op, compare[i].op) != 0)
			continue;
		if (json_is_null(j) && i < 2) {
			sqlb_addf(q, "%s is %snull", col, i ? "not " : "");
			return ERR_OK;
		}
		/* "not equal" includes what is empty: that is what a person means. */
		sqlb_addf(q, i == 1 ? "(%s is null or %s <> " : "(%s %s ", col,
		          i == 1 ? col : compare[i].sql);
		TRY(one_value(fl, f, j));
		sqlb_add(q, ")");
		return ERR_OK;
	}
	return bad_of(fl, f->name, arena_printf(fl->cx->a, "没有运算符 %s", op),
	              arena_printf(fl->cx->a, "has no operator '%s'", op));
}

static err_t object(struct filter *fl, const json_t *o);

static err_t list_of(struct filter *fl, const json_t *arr, const char *joint)
{
	size_t i;
	const json_t *item;
	if (!json_is_array(arr) || !json_array_size(arr))
		return bad(fl, NULL, "and 和 or 应为条件列表", "and/or take a list of conditions");
	sqlb_add(fl->q, "(");
	json_array_foreach((json_t *)arr, i, item)
	{
		if (i)
			sqlb_add(fl->q, joint);
		TRY(object(fl, item));
	}
	sqlb_add(fl->q, ")");
	return ERR_OK;
}

static err_t member(struct filter *fl, const char *key, const json_t *j)
{
	if (!strcmp(key, "and"))
		return list_of(fl, j, " and ");
	if (!strcmp(key, "or"))
		return list_of(fl, j, " or ");
	if (!strcmp(key, "not")) {
		/* A condition on an empty value is not met, so its opposite is. */
		sqlb_add(fl->q, "not coalesce(");
		TRY(object(fl, j));
		sqlb_add(fl->q, ", 0 = 1)");
		return ERR_OK;
	}
	const struct field *f = filter_field(fl->cx, fl->e, key);
	if (!f) {
		errs_field(&fl->cx->e, key, ERR_UNKNOWN_FIELD, NULL);
		return bad(fl, key, arena_printf(fl->cx->a, "没有字段“%s”", key),
		           arena_printf(fl->cx->a, "%s has no field '%s'", fl->e->name, key));
	}
	if (!json_is_object(j)) /* {"stage":"x"} is short for eq */
		return term(fl, f, "eq", j);
	if (!json_object_size(j))
		return bad_of(fl, key, "缺少运算符", "has no operator");
	const char *op;
	json_t *v;
	bool first = true;
	sqlb_add(fl->q, "(");
	json_object_foreach((json_t *)j, op, v)
	{
		if (!first)
			sqlb_add(fl->q, " and ");
		first = false;
		TRY(term(fl, f, op, v));
	}
	sqlb_add(fl->q, ")");
	return ERR_OK;
}

static err_t object(struct filter *fl, const json_t *o)
{
	if (!json_is_object(o))
		return bad(fl, NULL, "每个条件应是一个对象", "a condition is an object");
	if (++fl->depth > FILTER_DEPTH)
		return bad(fl, NULL, "嵌套过深", "nested too deeply");
	sqlb_add(fl->q, json_object_size(o) ? "(" : "(1 = 1");
	const char *key;
	json_t *j;
	bool first = true;
	json_object_foreach((json_t *)o, key, j)
	{
		if (!first)
			sqlb_add(fl->q, " and ");
		first = false;
		TRY(member(fl, key, j));
	}
	sqlb_add(fl->q, ")");
	fl->depth--;
	return ERR_OK;
}

err_t filter_where(struct ctx *cx, const struct entity *e, const char *alias, const json_t *filter,
                   struct sqlb *q)
{
	if (!filter || (json_is_object(filter) && !json_object_size(filter)))
		return ERR_OK;
	struct filter fl = {.cx = cx, .e = e, .alias = alias, .q = q};
	sqlb_add(q, " and ");
	return object(&fl, filter);
}
