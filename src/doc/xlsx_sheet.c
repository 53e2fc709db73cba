/* The rows of one worksheet's XML. */
#include "doc/xlsx_sheet.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

enum { ROWS_MAX = 1048576 };

enum cell_type { T_NUMBER, T_SHARED, T_INLINE, T_STRING, T_BOOL, T_ERROR, T_DATE };

struct xlsx_sheet {
	struct xml_in *xml;
	const struct xlsx_book *book;
	struct rowbuf row;
	struct buf value; /* text of <v> or <t> */
	i64 number;       /* of the row that is open or was last */
	size_t col, next_col;
	enum cell_type type;
	unsigned style;
	bool in_data, in_row, in_cell, in_v, has_v, formula, content;
	struct xlsx_text text;
};

/* ---- strings ---- */

void xlsx_text_start(struct xlsx_text *t, const char *name)
{
	if (t->phonetic || !strcmp(name, "rPh"))
		t->phonetic++;
	t->in_t = !t->phonetic && !strcmp(name, "t");
}

void xlsx_text_end(struct xlsx_text *t, const char *name)
{
	(void)name;
	t->phonetic -= t->phonetic > 0;
	t->in_t = false;
}

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	                              : -1;
}

/* The code of "_x000D_" at s, or -1. */
static int escape_at(const char *s, size_t n)
{
	if (n < 7 || s[0] != '_' || s[1] != 'x' || s[6] != '_')
		return -1;
	int v = 0;
	for (int i = 2; i < 6; i++) {
		if (hex(s[i]) < 0)
			return -1;
		v = v * 16 + hex(s[i]);
	}
	/* Half a pair or U+0000 cannot be text: it stays as written. */
	return v == 0 || (v >= 0xD800 && v <= 0xDFFF) ? -1 : v;
}

size_t xlsx_unescape(char *s, size_t n)
{
	if (!memmem(s, n, "_x", 2))
		return n;
	size_t to = 0;
	for (size_t i = 0; i < n;) {
		int v = escape_at(s + i, n - i);
		if (v < 0) {
			s[to++] = s[i++];
			continue;
		}
		char u[5];
		utf8_encode((u32)v, u);
		size_t len = strlen(u); /* at most 3, never more than the 7 it replaces */
		memcpy(s + to, u, len);
		to += len;
		i += 7;
	}
	s[to] = '\0';
	return to;
}

/* ---- cells ---- */

/* "BC12" -> 54; false when it is no reference. */
static bool column_of(const char *ref, size_t *col)
{
	size_t c = 0;
	const char *p = ref;
	for (; *p >= 'A' && *p <= 'Z'; p++) {
		c = c * 26 + (size_t)(*p - 'A') + 1;
		if (c > 10 * 1000 * 1000)
			return false;
	}
	*col = c - 1;
	return p > ref;
}

static enum cell_type type_of(const char *t)
{
	static const struct {
		const char *name;
		enum cell_type type;
	} types[] = {{"n", T_NUMBER},   {"s", T_SHARED}, {"inlineStr", T_INLINE},
	             {"str", T_STRING}, {"b", T_BOOL},   {"e", T_ERROR},
	             {"d", T_DATE}};
	for (size_t i = 0; t && i < ARRAY_LEN(types); i++)
		if (!strcmp(t, types[i].name))
			return types[i].type;
	return T_NUMBER;
}

/* A note lives as long as its row: only known errors, so that it needs no memory. */
static const char *error_name(const char *s)
{
	static const char *const names[] = {"#N/A",    "#REF!", "#VALUE!", "#DIV/0!",
	                                    "#NAME?",  "#NUM!", "#NULL!",  "#GETTING_DATA",
	                                    "#SPILL!", "#CALC!"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(s, names[i]))
			return names[i];
	return "#ERROR!";
}

/* t="d": ISO 8601 as strict workbooks write it. */
static enum cell_kind iso_date(char *s, size_t *n)
{
	size_t digits = strspn(s, "0123456789-");
	if (digits == 10 && !s[10])
		return CELL_DATE;
	if (digits != 10 || s[10] != 'T' || strspn(s + 11, "0123456789:") != 8)
		return CELL_TEXT;
	s[10] = ' ';
	*n = 19;
	return CELL_TIME;
}

static void put(struct xlsx_sheet *s, const char *text, size_t n, enum cell_kind kind,
                const char *note)
{
	struct errs *e = xml_errs(s->xml);
	if (kind == CELL_TEXT && !n)
		return;
	if (s->col >= TABLE_COLUMNS_MAX) {
		char row[24], got[24], max[24];
		snprintf(row, sizeof row, "%" PRId64, s->number);
		snprintf(got, sizeof got, "%zu", s->col + 1);
		snprintf(max, sizeof max, "%d", TABLE_COLUMNS_MAX);
		xml_stop(s->xml, errs_set(e, ERR_IMPORT_COLUMNS,
		                          EP({"row", row}, {"got", got}, {"max", max})));
		return;
	}
	if (!rowbuf_add(&s->row, text, n) || !rowbuf_close(&s->row, s->col, kind, note)) {
		xml_stop(s->xml, rowbuf_error(&s->row, e, s->number));
		return;
	}
	s->content = true;
}

static void end_cell(struct xlsx_sheet *s)
{
	const struct xlsx_book *b = s->book;
	size_t n = s->value.n;
	char *v = n ? s->value.p : (char[]){""};
	char num[XLSX_NUMBER_MAX];
	enum cell_kind kind = CELL_TEXT;
	s->in_cell = false;
	if (s->has_v)
		v[n] = '\0';
	if (!s->has_v) {
		/* A formula that nobody calculated has no value; empty would be a lie. */
		if (s->formula)
			put(s, "", 0, CELL_ERROR, "#CALC!");
		return;
	}
	switch (s->type) {
	case T_SHARED: {
		char *end;
		unsigned long i = strtoul(v, &end, 10);
		if (!n || *end || *v == '-' || i >= b->n_strings) {
			xml_damaged(s->xml);
			return;
		}
		put(s, b->strings[i], strlen(b->strings[i]), CELL_TEXT, NULL);
		return;
	}
	case T_INLINE:
	case T_STRING: put(s, v, xlsx_unescape(v, n), CELL_TEXT, NULL); return;
	case T_BOOL:
		if (*v == '1' || *v == 't')
			put(s, "true", 4, CELL_BOOL, NULL);
		else
			put(s, "false", 5, CELL_BOOL, NULL);
		return;
	case T_ERROR: put(s, "", 0, CELL_ERROR, error_name(v)); return;
	case T_DATE:
		kind = iso_date(v, &n);
		put(s, v, n, kind, NULL);
		return;
	case T_NUMBER: break;
	}
	if (!n)
		return;
	enum num_format nf = s->style < b->n_styles ? (enum num_format)b->styles[s->style]
	                                            : NF_NUMBER;
	if (!xlsx_number(v, nf, b->date1904, num, &kind)) {
		xml_damaged(s->xml);
		return;
	}
	put(s, num, strlen(num), kind, NULL);
}

/* ---- elements ---- */

static void start_row(struct xlsx_sheet *s, const char **attrs)
{
	const char *r = xml_attr(attrs, "r");
	char *end = NULL;
	i64 number = r ? strtoll(r, &end, 10) : s->number + 1;
	if (s->in_row || number <= s->number || number > ROWS_MAX || (r && *end)) {
		xml_damaged(s->xml);
		return;
	}
	s->number = number;
	s->in_row = true;
	s->next_col = 0;
	s->content = false;
	rowbuf_reset(&s->row);
}

static void start_cell(struct xlsx_sheet *s, const char **attrs)
{
	const char *r = xml_attr(attrs, "r"), *style = xml_attr(attrs, "s");
	s->col = s->next_col;
	if (r && !column_of(r, &s->col)) {
		xml_damaged(s->xml);
		return;
	}
	s->next_col = s->col + 1;
	s->type = type_of(xml_attr(attrs, "t"));
	s->style = style ? (unsigned)strtoul(style, NULL, 10) : 0;
	s->in_cell = true;
	s->has_v = s->formula = s->in_v = false;
	s->text = (struct xlsx_text){0};
	s->value.n = 0;
}

static void on_start(void *ctx, const char *name, const char **attrs)
{
	struct xlsx_sheet *s = ctx;
	if (s->in_cell) {
		if (s->type == T_INLINE) {
			xlsx_text_start(&s->text, name);
			s->has_v = s->has_v || s->text.in_t;
		}
		s->in_v = !strcmp(name, "v");
		s->has_v = s->has_v || s->in_v;
		s->formula = s->formula || !strcmp(name, "f");
	} else if (s->in_row && !strcmp(name, "c")) {
		start_cell(s, attrs);
	} else if (s->in_data && !strcmp(name, "row")) {
		start_row(s, attrs);
	} else if (!strcmp(name, "sheetData")) {
		s->in_data = true;
	}
}

static void on_end(void *ctx, const char *name)
{
	struct xlsx_sheet *s = ctx;
	if (s->in_cell) {
		s->in_v = false;
		xlsx_text_end(&s->text, name);
		if (!strcmp(name, "c"))
			end_cell(s);
	} else if (s->in_row && !strcmp(name, "row")) {
		s->in_row = false;
		if (s->content)
			xml_pause(s->xml);
	} else if (!strcmp(name, "sheetData")) {
		s->in_data = false;
	}
}

static void on_text(void *ctx, const char *p, size_t n)
{
	struct xlsx_sheet *s = ctx;
	if (!s->in_cell || !(s->in_v || s->text.in_t))
		return;
	buf_write(&s->value, p, n);
	if (buf_over(&s->value)) {
		char row[24], max[24];
		snprintf(row, sizeof row, "%" PRId64, s->number);
		snprintf(max, sizeof max, "%d", TABLE_FIELD_MAX / (1024 * 1024));
		xml_stop(s->xml, errs_set(xml_errs(s->xml), ERR_IMPORT_FIELD,
		                          EP({"row", row}, {"max", max})));
	}
}

static const struct xml_handlers handlers = {.start = on_start, .end = on_end, .text = on_text};

struct xlsx_sheet *xlsx_sheet_open(struct arena *a, const struct xlsx_book *book, xml_read_fn *read,
                                   void *src, const char *part)
{
	struct xlsx_sheet *s = ARENA_NEW(a, struct xlsx_sheet);
	s->book = book;
	s->value = buf_new(a, TABLE_FIELD_MAX);
	rowbuf_init(&s->row, a);
	s->xml = xml_open(a, &handlers, s, read, src, part);
	return s;
}

err_t xlsx_sheet_next(struct xlsx_sheet *s, struct errs *e, const struct table_row **row)
{
	bool end;
	TRY(xml_step(s->xml, e, &end));
	*row = end ? NULL : rowbuf_row(&s->row, s->number);
	return ERR_OK;
}
