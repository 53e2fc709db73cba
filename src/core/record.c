/* Records: reading rows, checking values, writing JSON. */
#include "core/record.h"

#include <string.h>

#include "base/money.h"
#include "base/pinyin.h"
#include "base/text.h"
#include "core/scope.h"
#include "core/set.h"

enum { SORTED_CHARS = 40 };

struct rec *rec_new(struct arena *a, const struct entity *e)
{
	struct rec *r = ARENA_NEW(a, struct rec);
	r->e = e;
	r->v = ARENA_ARRAY(a, entity_slots(e) + 1, struct val);
	for (size_t i = 0; e->fields[i].name; i++) {
		const struct field *f = &e->fields[i];
		if (!f->dflt || (f->flags & F_RETIRED))
			continue;
		switch (f->type) {
		case FT_INT:
		case FT_MONEY:
		case FT_BP:
		case FT_BOOL: {
			i64 v = 0;
			decimal_scaled(f->dflt, 1, &v);
			r->v[i] = vi(v);
			break;
		}
		default: r->v[i] = vt(f->dflt);
		}
	}
	return r;
}

struct rec *rec_copy(struct arena *a, const struct rec *r)
{
	struct rec *q = arena_memdup(a, r, sizeof *r);
	q->v = arena_memdup(a, r->v, entity_slots(r->e) * sizeof *r->v);
	return q;
}

struct rec *rec_read(struct arena *a, const struct entity *e, const struct rows *rows, int col)
{
	struct rec *r = ARENA_NEW(a, struct rec);
	size_t n = entity_base_count(e);
	r->e = e;
	r->id = rows_i64(rows, col);
	r->version = rows_i64(rows, col + 1);
	r->created_at = rows_i64(rows, col + 2);
	r->created_by = rows_i64(rows, col + 3);
	r->updated_at = rows_i64(rows, col + 4);
	r->updated_by = rows_i64(rows, col + 5);
	r->deleted_at = rows_i64(rows, col + 6);
	r->number = arena_strdup(a, rows_text(rows, col + 7));
	r->v = ARENA_ARRAY(a, entity_slots(e) + 1, struct val);
	if (e->custom && !rows_null(rows, col + REC_SYSTEM_N + (int)n)) {
		r->custom = arena_strdup(a, rows_text(rows, col + REC_SYSTEM_N + (int)n));
		custom_values(a, e, r->custom, r->v);
	}
	for (size_t i = 0; i < n; i++) {
		struct val v = rows_val(rows, col + REC_SYSTEM_N + (int)i);
		if (v.type == VAL_TEXT)
			v = vtn(arena_strndup(a, v.s.p, v.s.n), v.s.n);
		r->v[i] = v;
	}
	return r;
}

void custom_values(struct arena *a, const struct entity *e, const char *text, struct val *v)
{
	struct errs quiet;
	errs_init(&quiet, a);
	json_t *o;
	if (!text || json_parse(a, &quiet, text, strlen(text), &o))
		return;
	for (size_t i = entity_base_count(e); e->fields[i].name; i++) {
		const json_t *j = json_object_get(o, e->fields[i].name);
		if (json_is_integer(j))
			v[i] = vi(json_integer_value(j));
		else if (json_is_string(j))
			v[i] = vt(arena_strdup(a, json_string_value(j)));
	}
}

const char *custom_text(struct arena *a, const struct rec *r)
{
	struct errs quiet;
	errs_init(&quiet, a);
	json_t *was = NULL, *member;
	const char *name;
	bool any = false;
	if (!r->custom && !r->e->fields[entity_base_count(r->e)].name)
		return NULL;
	if (r->custom && json_parse(a, &quiet, r->custom, strlen(r->custom), &was))
		was = NULL;
	struct jw w = jw_new(a, 4 * 1024 * 1024);
	jw_obj(&w);
	json_object_foreach(was, name, member)
	{
		if (field_index(r->e, name) >= 0)
			continue;
		jw_key(&w, name);
		jw_json(&w, member);
		any = true;
	}
	for (size_t i = entity_base_count(r->e); r->e->fields[i].name; i++) {
		const struct val *v = &r->v[i];
		if (v->type == VAL_NULL)
			continue;
		jw_key(&w, r->e->fields[i].name);
		if (v->type == VAL_INT)
			jw_int(&w, v->i);
		else
			jw_strn(&w, v->s.p, v->s.n);
		any = true;
	}
	jw_end_obj(&w);
	return any ? jw_done(&w) : NULL;
}

static int need_index(const struct entity *e, const char *field)
{
	int i = field_index(e, field);
	if (i < 0)
		panic("%s has no field '%s'", e->name, field);
	return i;
}

const char *rec_text(const struct rec *r, const char *field)
{
	const struct val *v = &r->v[need_index(r->e, field)];
	return v->type == VAL_TEXT ? v->s.p : NULL;
}

i64 rec_i64(const struct rec *r, const char *field)
{
	const struct val *v = &r->v[need_index(r->e, field)];
	return v->type == VAL_INT ? v->i : 0;
}

bool rec_null(const struct rec *r, const char *field)
{
	return r->v[need_index(r->e, field)].type == VAL_NULL;
}

void rec_set(struct rec *r, const char *field, struct val v)
{
	r->v[need_index(r->e, field)] = v;
}

const char *rec_title(const struct rec *r)
{
	const char *s = r->e->title ? rec_text(r, r->e->title) : NULL;
	return s ? s : "";
}

bool val_same(const struct val *a, const struct val *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case VAL_NULL: return true;
	case VAL_INT: return a->i == b->i;
	case VAL_REAL: return !(a->f < b->f) && !(a->f > b->f);
	case VAL_TEXT:
	case VAL_BLOB: return a->s.n == b->s.n && !memcmp(a->s.p, b->s.p, a->s.n);
	}
	return false;
}

const char *rec_sort_key(struct arena *a, const char *title)
{
	return pinyin_sort_key(a, utf8_head(a, title, SORTED_CHARS));
}

bool rec_same(const struct rec *a, const struct rec *b, int field)
{
	return val_same(&a->v[field], &b->v[field]);
}

/* -- checking -- */

static i64 default_max(enum field_type t)
{
	switch (t) {
	case FT_LONGTEXT: return 20000;
	case FT_URL:
	case FT_EMAIL: return 254;
	case FT_PHONE: return 40;
	default: return 200;
	}
}

static bool email_ok(const char *s)
{
	const char *at = strchr(s, '@');
	if (!at || at == s || strchr(at + 1, '@') || strpbrk(s, " \t\r\n,;<>\""))
		return false;
	const char *dot = strrchr(at, '.');
	return dot && dot > at + 1 && dot[1];
}

static bool url_ok(const char *s)
{
	size_t n = text_begins(s, "http://") ? 7 : text_begins(s, "https://") ? 8 : 0;
	return n && s[n] && !strchr("/?#:@", s[n]) && !strpbrk(s, " \t\r\n<>\"");
}

static bool phone_ok(const char *s)
{
	size_t digits = 0;
	for (; *s; s++) {
		if (*s >= '0' && *s <= '9')
			digits++;
		else if (!strchr("+-() /.#*x", *s))
			return false;
	}
	return digits >= 3 && digits <= 24;
}

static bool is_text(enum field_type t)
{
	return t == FT_TEXT || t == FT_LONGTEXT || t == FT_EMAIL || t == FT_PHONE || t == FT_URL;
}

static void bounds_error(struct ctx *cx, const char *name, i64 v, i64 min, i64 max)
{
	if (v < min)
		errs_field(&cx->e, name, ERR_TOO_SMALL,
		           EP({"min", arena_printf(cx->a, "%lld", (long long)min)}));
	else
		errs_field(&cx->e, name, ERR_TOO_LARGE,
		           EP({"max", arena_printf(cx->a, "%lld", (long long)max)}));
}

static const char *allowed_values(struct ctx *cx, const struct field *f)
{
	struct buf b = buf_new(cx->a, 4096);
	for (const struct enum_row *r = f->values; r && r->value; r++)
		buf_printf(&b, "%s%s", b.n ? ", " : "", r->value);
	return buf_str(&b);
}

/* The value's own checks, whatever it came from. */
bool field_check(struct ctx *cx, const struct field *f, const char *name, const struct val *v)
{
	size_t before = cx->e.n_fields;
	if (is_text(f->type)) {
		i64 n = (i64)utf8_count(v->s.p);
		i64 max = f->max ? f->max : default_max(f->type);
		if (n > max)
			errs_field(&cx->e, name, ERR_TOO_LONG,
			           EP({"max", arena_printf(cx->a, "%lld", (long long)max)}));
		else if (f->type == FT_EMAIL && !email_ok(v->s.p))
			errs_field(&cx->e, name, ERR_EMAIL, NULL);
		else if (f->type == FT_PHONE && !phone_ok(v->s.p))
			errs_field(&cx->e, name, ERR_PHONE, NULL);
		else if (f->type == FT_URL && !url_ok(v->s.p))
			errs_field(&cx->e, name, ERR_URL, NULL);
	} else if (f->type == FT_INT || f->type == FT_MONEY || f->type == FT_BP) {
		i64 min = f->min, max = f->max;
		if (!max) {
			max = f->type == FT_MONEY ? 900000000000000000LL : 9007199254740991LL;
			if (f->type != FT_MONEY && !min)
				min = 0;
		}
		if (v->i < min || v->i > max)
			bounds_error(cx, name, v->i, min, max);
	} else if (f->type == FT_ENUM) {
		if (!enum_row(f, v->s.p))
			errs_field(&cx->e, name, ERR_ENUM,
			           EP({"value", v->s.p}, {"allowed", allowed_values(cx, f)}));
	}
	if (cx->e.n_fields == before && f->check) {
		enum err_code c = f->check(v);
		if (c != ERR_OK)
			errs_field(&cx->e, name, c,
			           EP({"value", v->type == VAL_TEXT ? v->s.p : ""}));
	}
	return cx->e.n_fields == before;
}

bool field_wrong_type(struct ctx *cx, const char *name, json_type want)
{
	static const struct label words[] = {
		[JSON_ARRAY] = L("列表", "a list"),
		[JSON_STRING] = L("文字", "a text"),
		[JSON_INTEGER] = L("整数", "a whole number"),
		[JSON_TRUE] = L("“是”或“否”", "yes or no"),
	};
	errs_field(&cx->e, name, ERR_TYPE, EP({"want", label_in(words[want], cx->lang)}));
	return false;
}

static bool empty_value(struct ctx *cx, const struct field *f, const char *name, struct val *out)
{
	*out = vnull();
	if (!(f->flags & F_REQUIRED))
		return true;
	errs_field(&cx->e, name, ERR_REQUIRED, NULL);
	return false;
}

/* A JSON array of words → ",a,b," in the order of the field's values. */
static bool set_from_json(struct ctx *cx, const struct field *f, const char *name, const json_t *j,
                          struct val *out)
{
	if (!json_is_array(j))
		return field_wrong_type(cx, name, JSON_ARRAY);
	size_t i;
	const json_t *item;
	json_array_foreach((json_t *)j, i, item)
	{
		const char *s = json_string_value(item);
		if (!s || !enum_row(f, s)) {
			errs_field(&cx->e, name, ERR_ENUM,
			           EP({"value", s ? s : "?"}, {"allowed", allowed_values(cx, f)}));
			return false;
		}
	}
	struct buf b = buf_new(cx->a, 4096);
	for (const struct enum_row *r = f->values; r->value; r++)
		json_array_foreach((json_t *)j, i,
		                   item) if (!strcmp(json_string_value(item), r->value))
		{
			buf_printf(&b, "%s%s,", b.n ? "" : ",", r->value);
			break;
		}
	if (!b.n)
		return empty_value(cx, f, name, out);
	*out = vt(buf_str(&b));
	return true;
}

bool field_from_json(struct ctx *cx, const struct field *f, const char *name, const json_t *j,
                     struct val *out)
{
	if (json_is_null(j))
		return empty_value(cx, f, name, out);
	switch (f->type) {
	case FT_INT:
	case FT_BP:
	case FT_REF:
	case FT_MONEY:
		if (!json_is_integer(j))
			return field_wrong_type(cx, name, JSON_INTEGER);
		*out = vi(json_integer_value(j));
		break;
	case FT_BOOL:
		if (!json_is_boolean(j))
			return field_wrong_type(cx, name, JSON_TRUE);
		*out = vi(json_is_true(j));
		break;
	case FT_SET: return set_from_json(cx, f, name, j, out);
	case FT_DATE: {
		const char *s = json_string_value(j);
		day_t d = s ? day_parse(s) : DAY_NONE;
		if (d == DAY_NONE) {
			errs_field(&cx->e, name, ERR_DATE, NULL);
			return false;
		}
		*out = vt(day_format(cx->a, d));
		break;
	}
	case FT_TIME: {
		i64 us;
		const char *s = json_string_value(j);
		if (!s || !time_parse(s, &us)) {
			errs_field(&cx->e, name, ERR_TIME, NULL);
			return false;
		}
		*out = vi(us);
		break;
	}
	default: {
		const char *s = json_string_value(j);
		if (!s)
			return field_wrong_type(cx, name, JSON_STRING);
		s = f->type == FT_LONGTEXT ? arena_strdup(cx->a, s) : text_line(cx->a, s);
		if (!*s)
			return empty_value(cx, f, name, out);
		*out = vt(s);
	}
	}
	return field_check(cx, f, name, out);
}

static bool bool_word(const char *s, bool *out)
{
	static const char *const yes[] = {"true", "1", "yes", "y", "是", "有", "√"};
	static const char *const no[] = {"false", "0", "no", "n", "否", "无", "×"};
	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		if (!strcmp(s, yes[i])) {
			*out = true;
			return true;
		}
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		if (!strcmp(s, no[i])) {
			*out = false;
			return true;
		}
	return false;
}

/* Enum by its code or its label in either language. */
static const char *enum_from_text(const struct field *f, const char *s)
{
	for (const struct enum_row *r = f->values; r->value; r++)
		if (!strcmp(s, r->value) || !strcmp(s, r->label.zh) || !strcasecmp(s, r->label.en))
			return r->value;
	return NULL;
}

bool field_from_text(struct ctx *cx, const struct field *f, const char *name, const char *text,
                     struct val *out)
{
	const char *s = text ? text_trim(cx->a, text) : "";
	if (!*s)
		return empty_value(cx, f, name, out);
	switch (f->type) {
	case FT_INT:
	case FT_BP:
	case FT_REF: {
		i64 v;
		if (!decimal_scaled(s, 1, &v))
			return field_wrong_type(cx, name, JSON_INTEGER);
		*out = vi(v);
		break;
	}
	case FT_MONEY: {
		i64 fen;
		if (!money_parse(s, &fen)) {
			errs_field(&cx->e, name, ERR_MONEY, NULL);
			return false;
		}
		*out = vi(fen);
		break;
	}
	case FT_BOOL: {
		bool b;
		if (!bool_word(text_fold(cx->a, s), &b))
			return field_wrong_type(cx, name, JSON_TRUE);
		*out = vi(b);
		break;
	}
	case FT_ENUM: {
		const char *v = enum_from_text(f, s);
		*out = vt(v ? v : s);
		break;
	}
	case FT_SET: {
		json_t *arr = json_array();
		arena_defer(cx->a, (void (*)(void *))json_decref, arr);
		char *copy = arena_strdup(cx->a, s), *save = NULL;
		for (char *p = strtok_r(copy, ",;|、", &save); p;
		     p = strtok_r(NULL, ",;|、", &save)) {
			const char *v = enum_from_text(f, text_trim(cx->a, p));
			json_array_append_new(arr, json_string(v ? v : p));
		}
		return set_from_json(cx, f, name, arr, out);
	}
	default: {
		json_t *j = json_string(s);
		arena_defer(cx->a, (void (*)(void *))json_decref, j);
		return field_from_json(cx, f, name, j, out);
	}
	}
	return field_check(cx, f, name, out);
}

/* Shown with every record, set by nobody. */
static bool is_system(const struct entity *e, const char *name)
{
	static const char *const names[] = {"id",         "version",    "created_at", "created_by",
	                                    "updated_at", "updated_by", "deleted_at", "deleted_by"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return e->number_prefix && !strcmp(name, "number");
}

void rec_from_json(struct ctx *cx, struct rec *r, const json_t *o, bool creating)
{
	const char *key;
	json_t *j;
	json_object_foreach((json_t *)o, key, j)
	{
		int i = field_index(r->e, key);
		const struct field *f = i < 0 ? NULL : &r->e->fields[i];
		if (!f && is_system(r->e, key)) {
			errs_field(&cx->e, key, ERR_READ_ONLY, NULL);
		} else if (!f || !scope_field(cx->actor, f)) {
			errs_field(&cx->e, key, ERR_UNKNOWN_FIELD, NULL);
		} else if (!scope_field_write(cx->actor, f)) {
			errs_field(&cx->e, key, ERR_READ_ONLY, NULL);
		} else {
			struct val v;
			if (field_from_json(cx, f, f->name, j, &v))
				r->v[i] = v;
		}
	}
	if (!creating)
		return;
	for (int i = 0; r->e->fields[i].name; i++) {
		const struct field *f = &r->e->fields[i];
		if ((f->flags & F_REQUIRED) && r->v[i].type == VAL_NULL &&
		    !json_object_get(o, f->name))
			errs_field(&cx->e, f->name, ERR_REQUIRED, NULL);
	}
}

void rec_check(struct ctx *cx, const struct rec *r)
{
	for (int i = 0; r->e->fields[i].name; i++) {
		const struct field *f = &r->e->fields[i];
		if (r->v[i].type != VAL_NULL)
			field_check(cx, f, f->name, &r->v[i]);
		else if ((f->flags & (F_REQUIRED | F_CUSTOM)) == F_REQUIRED)
			errs_field(&cx->e, f->name, ERR_REQUIRED, NULL);
	}
}

/* -- writing -- */

static void set_to_json(struct jw *w, const char *set)
{
	jw_arr(w);
	for (const char *p = set + 1, *q; p && (q = strchr(p, ',')); p = q + 1)
		jw_strn(w, p, (size_t)(q - p));
	jw_end_arr(w);
}

void field_to_json(struct jw *w, const struct field *f, const struct val *v)
{
	if (v->type == VAL_NULL) {
		if (f->type == FT_SET) {
			jw_arr(w);
			jw_end_arr(w);
		} else {
			jw_null(w);
		}
		return;
	}
	switch (f->type) {
	case FT_BOOL: jw_bool(w, v->i != 0); break;
	case FT_TIME: jw_str(w, time_format(w->b.a, v->i)); break;
	case FT_SET: set_to_json(w, v->s.p); break;
	default:
		if (v->type == VAL_INT)
			jw_int(w, v->i);
		else
			jw_strn(w, v->s.p, v->s.n);
	}
}

const char *field_to_text(struct arena *a, const struct field *f, const struct val *v,
                          enum lang lang)
{
	if (v->type == VAL_NULL)
		return "";
	switch (f->type) {
	case FT_MONEY: return money_format(a, v->i);
	case FT_BOOL: return lang == LANG_EN ? (v->i ? "yes" : "no") : (v->i ? "是" : "否");
	case FT_TIME: return time_format(a, v->i);
	case FT_ENUM: {
		const struct enum_row *r = enum_row(f, v->s.p);
		return r ? label_in(r->label, lang) : v->s.p;
	}
	case FT_SET: {
		struct buf b = buf_new(a, 4096);
		for (const struct enum_row *r = f->values; r->value; r++)
			if (set_has(v->s.p, r->value))
				buf_printf(&b, "%s%s", b.n ? ", " : "", label_in(r->label, lang));
		return buf_str(&b);
	}
	default: return v->type == VAL_INT ? arena_printf(a, "%lld", (long long)v->i) : v->s.p;
	}
}

static bool wanted(const char *const *only, const char *name)
{
	if (!only)
		return true;
	for (; *only; only++)
		if (!strcmp(*only, name))
			return true;
	return false;
}

const char *field_words(struct ctx *cx, const struct field *f, const struct val *v, i64 by)
{
	return f->words && v->type == VAL_TEXT && by ? f->words->say(cx, by, v->s.p) : NULL;
}

const char *rec_words(struct ctx *cx, const struct rec *r, int field)
{
	const struct field *f = &r->e->fields[field];
	return f->words ? field_words(cx, f, &r->v[field], rec_i64(r, f->words->by)) : NULL;
}

/* {"labels":{"node_code":"2.3 …"}}, for entities that have such fields. */
static void labels_member(struct ctx *cx, struct jw *w, const struct rec *r,
                          const char *const *only)
{
	bool begun = false;
	for (int i = 0; r->e->fields[i].name; i++) {
		const struct field *f = &r->e->fields[i];
		if (!f->words || !wanted(only, f->name) || !scope_field(cx->actor, f))
			continue;
		if (!begun) {
			jw_key(w, "labels");
			jw_obj(w);
			begun = true;
		}
		jw_kstr(w, f->name, rec_words(cx, r, i));
	}
	if (begun)
		jw_end_obj(w);
}

void rec_members(struct ctx *cx, struct jw *w, const struct rec *r, const char *const *only)
{
	jw_kint(w, "id", r->id);
	jw_kint(w, "version", r->version);
	if (r->e->number_prefix)
		jw_kstr(w, "number", r->number);
	for (int i = 0; r->e->fields[i].name; i++) {
		const struct field *f = &r->e->fields[i];
		if (!wanted(only, f->name) || !scope_field(cx->actor, f))
			continue;
		jw_key(w, f->name);
		field_to_json(w, f, &r->v[i]);
	}
	labels_member(cx, w, r, only);
	if (wanted(only, "created_at"))
		jw_kstr(w, "created_at", time_format(w->b.a, r->created_at));
	if (wanted(only, "created_by") && r->created_by)
		jw_kint(w, "created_by", r->created_by);
	if (wanted(only, "updated_at"))
		jw_kstr(w, "updated_at", time_format(w->b.a, r->updated_at));
	if (wanted(only, "updated_by") && r->updated_by)
		jw_kint(w, "updated_by", r->updated_by);
	if (r->deleted_at)
		jw_kstr(w, "deleted_at", time_format(w->b.a, r->deleted_at));
}
