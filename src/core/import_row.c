/* Rows of an import: conditions, sources, steps, types. */
#include "core/import_row.h"

#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "core/record.h"

enum { TEMPLATE_MAX = 2 * 1024 * 1024 };

static const char *const no_text = "";

static bool listed(const char *const *list, const char *s)
{
	for (; *list; list++)
		if (!strcmp(*list, s))
			return true;
	return false;
}

struct import_row *import_row_make(struct arena *a, const struct import_map *m,
                                   const struct table_row *from, const bool *need, size_t n)
{
	struct import_row *row = ARENA_NEW(a, struct import_row);
	row->number = from->number;
	row->cells = ARENA_ARRAY(a, n + 1, struct import_cell);
	for (size_t i = 0; i < n; i++) {
		struct import_cell *c = &row->cells[i];
		c->text = no_text;
		if (!need[i])
			continue;
		const struct cell *cell = table_cell(from, i);
		if (cell->kind == CELL_ERROR)
			c->bad = arena_strdup(a, cell->note);
		if (!cell->n)
			continue;
		const char *s = import_trim(a, cell->text, cell->n);
		if (listed(m->empty, s))
			continue;
		c->text = s == cell->text ? arena_memdup(a, s, cell->n + 1) : s;
	}
	return row;
}

static bool holds(const struct import_row *row, const struct map_cond *c)
{
	const char *s = row->cells[c->col.at].text;
	switch (c->test) {
	case COND_EMPTY: return !*s;
	case COND_NOT_EMPTY: return *s;
	case COND_IN: return listed(c->texts, s);
	default: return !listed(c->texts, s);
	}
}

const char *import_field_name(struct arena *a, const struct map_record *r, const char *field)
{
	return r->main ? field : arena_printf(a, "%s.%s", r->e->name, field);
}

/* -- sources -- */

/* A cell's text; *bad when the spreadsheet has an error there. */
static const char *cell_text(const struct import_row *row, const struct map_column *c,
                             const char **bad)
{
	const struct import_cell *cell = &row->cells[c->at];
	if (cell->bad)
		*bad = cell->bad;
	return cell->text;
}

static const char *filled(struct arena *a, const struct import_row *row, const struct map_value *v,
                          const char **bad)
{
	struct buf b = buf_new(a, TEMPLATE_MAX);
	bool any = false, columns = false;
	for (size_t i = 0; i < v->n_pieces; i++) {
		const struct map_piece *p = &v->pieces[i];
		const char *s = p->text ? p->text : cell_text(row, &p->col, bad);
		columns |= !p->text;
		any |= !p->text && *s;
		buf_puts(&b, s);
	}
	return columns && !any ? "" : buf_str(&b);
}

static const char *source_text(struct arena *a, const struct import_row *row,
                               const struct map_value *v, const char **bad)
{
	switch (v->source) {
	case SRC_CONST: return v->text ? v->text : "";
	case SRC_TEMPLATE: return filled(a, row, v, bad);
	default:
		for (size_t i = 0; i < v->n_cols; i++) {
			const char *s = cell_text(row, &v->cols[i], bad);
			if (*s || i + 1 == v->n_cols)
				return s;
		}
		return "";
	}
}

/* -- types -- */

/* "35 %" or whole basis points. */
static bool read_bp(struct arena *a, const char *s, i64 *bp)
{
	size_t n = strlen(s);
	bool exact, percent = n && s[n - 1] == '%';
	const char *number = percent ? text_trim(a, arena_strndup(a, s, n - 1)) : s;
	return decimal_times(number, "1", percent ? 100 : 1, bp, &exact) && exact;
}

/* "hh:mm" or "hh:mm:ss" as minutes and seconds. */
static bool read_clock(const char *s, i64 *seconds)
{
	int part[3] = {0};
	for (int i = 0; i < 3; i++) {
		if (!(s[0] >= '0' && s[0] <= '9'))
			return false;
		while (*s >= '0' && *s <= '9' && part[i] < 100)
			part[i] = part[i] * 10 + (*s++ - '0');
		if (!*s || *s != ':') {
			*seconds = part[0] * 3600 + part[1] * 60 + part[2];
			return i >= 1 && !*s && part[0] < 24 && part[1] < 60 && part[2] < 60;
		}
		s++;
	}
	return false;
}

/* RFC 3339, or a date with or without a time of day in the company's zone; noon without. */
static bool read_time(struct arena *a, const char *s, i64 *us)
{
	struct val day;
	i64 seconds = 12 * 3600;
	if (time_parse(s, us))
		return true;
	if (!import_read(a, FMT_DATE, "1", s, &day))
		return false;
	const char *clock = strpbrk(s, " T");
	if (clock && !read_clock(clock + 1, &seconds))
		return false;
	*us = time_at(day_parse(day.s.p), (int)(seconds / 60), IMPORT_ZONE) +
	      seconds % 60 * US_PER_SEC;
	return true;
}

static const char *wanted(enum import_format format, const struct field *f, enum lang lang)
{
	static const struct label number = L("数字", "a number"),
				  whole = L("整数", "a whole number"),
				  amount = L("金额", "an amount"), date = L("日期", "a date"),
				  truth = L("是或否", "yes or no"),
				  address = L("网址", "a web address"),
				  latin = L("含字母或数字的文本",
	                                    "text with Latin letters or digits"),
				  percent = L("百分比", "a percentage"), time = L("时间", "a time"),
				  text = L("文本", "text");
	const struct label *l = &text;
	switch (format) {
	case FMT_INT:
	case FMT_YEAR: l = &whole; break;
	case FMT_DECIMAL: l = &number; break;
	case FMT_MONEY:
	case FMT_CN_MONEY:
	case FMT_CN_CURRENCY: l = &amount; break;
	case FMT_DATE:
	case FMT_DATE_DMY:
	case FMT_DATE_MDY: l = &date; break;
	case FMT_BOOL: l = &truth; break;
	case FMT_URL: l = &address; break;
	case FMT_SLUG:
	case FMT_LOGIN: l = &latin; break;
	default: l = f && f->type == FT_BP ? &percent : f && f->type == FT_TIME ? &time : &text;
	}
	return label_in(*l, lang);
}

static void unreadable(struct ctx *cx, const struct map_value *v, const char *name,
                       const char *text)
{
	errs_field(&cx->e, name, ERR_IMPORT_CELL,
	           EP({"value", utf8_head(cx->a, text, 80)},
	              {"want", wanted(v->format, v->f, cx->lang)}));
}

/* The text as a value of the field. */
static bool typed(struct ctx *cx, const struct map_value *v, const char *name, const char *text,
                  struct val *out)
{
	const struct field *f = v->f;
	if (v->format == FMT_FIELD && (f->type == FT_ENUM || f->type == FT_SET))
		return field_from_text(cx, f, name, text, out);
	bool ok;
	if (v->format == FMT_FIELD) {
		i64 i = 0;
		ok = f->type == FT_BP ? read_bp(cx->a, text, &i) : read_time(cx->a, text, &i);
		*out = vi(i);
	} else {
		ok = import_read(cx->a, v->format, v->scale, text, out);
	}
	if (!ok) {
		unreadable(cx, v, name, text);
		return false;
	}
	switch (f->type) {
	case FT_INT:
	case FT_MONEY:
	case FT_BP:
	case FT_BOOL: break;
	case FT_TIME:
		if (out->type == VAL_TEXT)
			*out = vi(time_at(day_parse(out->s.p), 12 * 60, IMPORT_ZONE));
		break;
	case FT_ENUM:
	case FT_SET: return field_from_text(cx, f, name, out->s.p, out);
	default:
		if (out->type == VAL_INT)
			*out = vt(arena_printf(cx->a, "%lld", (long long)out->i));
	}
	return field_check(cx, f, name, out);
}

/* -- one value -- */

/* After all steps but ref and type: the text, "" for none; false with a field error. */
static bool stepped(struct ctx *cx, const struct import_row *row, const struct map_value *v,
                    const char *name, const char **out)
{
	const char *bad = NULL, *s = source_text(cx->a, row, v, &bad);
	if (bad && !*s) {
		unreadable(cx, v, name, bad);
		return false;
	}
	if (v->clean && *s)
		s = import_clean_name(cx->a, s);
	if (v->has_values && *s) {
		size_t i = 0;
		while (i < v->n_pairs && strcmp(v->pairs[i].from, s) != 0)
			i++;
		if (i < v->n_pairs) {
			s = v->pairs[i].to ? v->pairs[i].to : "";
		} else if (v->otherwise == OTHERWISE_ERROR) {
			errs_field(&cx->e, name, ERR_IMPORT_VALUE,
			           EP({"value", utf8_head(cx->a, s, 80)}));
			return false;
		} else if (v->otherwise == OTHERWISE_EMPTY) {
			s = "";
		}
	}
	*out = !*s && v->dflt ? v->dflt : s;
	return true;
}

static void translate(struct ctx *cx, const struct import_row *row, const struct map_record *r,
                      const struct map_value *v, struct import_value *out)
{
	const char *name = import_field_name(cx->a, r, v->f->name), *s;
	out->kind = VALUE_NONE;
	if (v->clear || v->list) {
		out->kind = VALUE_SET;
		out->v = vnull();
		if (v->list && !field_from_json(cx, v->f, name, v->list, &out->v))
			out->kind = VALUE_NONE;
		return;
	}
	if (!stepped(cx, row, v, name, &s) || !*s)
		return;
	if (!v->ref) {
		if (typed(cx, v, name, s, &out->v))
			out->kind = VALUE_SET;
		return;
	}
	struct val text;
	if (!import_read(cx->a, v->format, v->scale, s, &text)) {
		unreadable(cx, v, name, s);
		return;
	}
	out->text = text.type == VAL_TEXT ? text.s.p
	                                  : arena_printf(cx->a, "%lld", (long long)text.i);
	out->kind = VALUE_REF;
	lookup_want(v->ref, out->text);
}

static const char *day_occurred(struct ctx *cx, const struct import_row *row,
                                const struct map_record *r)
{
	const char *name = import_field_name(cx->a, r, "occurred"), *s;
	struct val v;
	if (!stepped(cx, row, r->occurred, name, &s) || !*s)
		return NULL;
	if (!import_read(cx->a, r->occurred->format, "1", s, &v)) {
		unreadable(cx, r->occurred, name, s);
		return NULL;
	}
	if (day_parse(v.s.p) > day_of(cx->now, IMPORT_ZONE))
		errs_field(&cx->e, name, ERR_IMPORT_FUTURE, EP({"value", v.s.p}));
	return v.s.p;
}

void import_row_translate(struct ctx *cx, const struct import_map *m, struct import_row *row)
{
	for (size_t i = 0; i < m->skip.n; i++)
		if (holds(row, &m->skip.c[i])) {
			row->skipped = true;
			return;
		}
	row->first_error = cx->e.n_fields;
	row->records = ARENA_ARRAY(cx->a, m->n_records, struct import_record);
	for (size_t i = 0; i < m->n_records; i++) {
		const struct map_record *r = &m->records[i];
		struct import_record *rec = &row->records[i];
		rec->active = true;
		for (size_t k = 0; k < r->when.n; k++)
			rec->active &= holds(row, &r->when.c[k]);
		if (!rec->active)
			continue;
		rec->fields = ARENA_ARRAY(cx->a, r->n_fields, struct import_value);
		for (size_t k = 0; k < r->n_fields; k++)
			translate(cx, row, r, &r->fields[k], &rec->fields[k]);
		if (r->occurred)
			rec->day = day_occurred(cx, row, r);
		const struct import_value *key = r->key_lookup ? &rec->fields[r->lead] : NULL;
		if (key && key->kind == VALUE_SET && key->v.type == VAL_TEXT)
			lookup_want(r->key_lookup, key->v.s.p);
	}
	row->n_errors = cx->e.n_fields - row->first_error;
}
