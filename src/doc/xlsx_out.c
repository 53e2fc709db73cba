/* XLSX writer: one sheet, rows go to a temporary file as they come, so memory stays constant. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "base/buf.h"
#include "base/money.h"
#include "base/text.h"
#include "doc/table_ops.h"

enum {
	DATA_ROWS_MAX = 1048575, /* a sheet holds 1,048,576, the titles take one */
	CELL_CHARS_MAX = 32767,
	SHEET_CHARS_MAX = 31,
	WIDTH_MIN = 8,
	WIDTH_MAX = 60,
	COPY = 64 * 1024
};
/* Larger whole numbers are not exact in a cell: they are written as text. */
#define EXACT_MAX ((i64)999999999999999)
#define DAYS_1900_TO_1970 25569

struct xlsx_out {
	lxw_workbook *book;
	lxw_worksheet *sheet;
	lxw_format *formats[COLUMN_TIME + 1];
	char *path; /* of the temporary file */
};

static err_t failed(struct errs *e, lxw_error rc)
{
	return errs_fail(e, ERR_UNAVAILABLE, "xlsx: %s (%s)", lxw_strerror(rc), strerror(errno));
}

static void clean_up(void *arg)
{
	struct xlsx_out *x = arg;
	if (x->book)
		lxw_workbook_free(x->book);
	x->book = NULL;
	if (x->path)
		unlink(x->path);
	x->path = NULL;
}

/* ---- text ---- */

/* "_x000D_" would be read as the character it names: its first sign is written as one, too. */
static bool is_escape(const char *s)
{
	return s[0] == '_' && s[1] == 'x' && strspn(s + 2, "0123456789abcdefABCDEF") >= 4 &&
	       s[6] == '_';
}

/* One character as it goes into a cell; returns what to write. */
static const char *cell_char(const char **s, char own[5])
{
	const char *at = *s;
	u32 c = utf8_next(s);
	if (is_escape(at))
		return "_x005F_";
	if (c == '\r') { /* a cell's line break is LF */
		*s += **s == '\n';
		return "\n";
	}
	if (c == 0xFFFE || c == 0xFFFF) /* not allowed in XML */
		return "\xEF\xBF\xBD";
	memcpy(own, at, (size_t)(*s - at));
	own[*s - at] = '\0';
	return own;
}

/* UTF-16 units, which is how a spreadsheet counts. */
static size_t utf16_count(const char *s)
{
	size_t n = 0;
	for (u32 c; (c = utf8_next(&s));)
		n += c > 0xFFFF ? 2 : 1;
	return n;
}

/* What fits into a cell and into XML: at most 32,767 units. */
static const char *cell_text(struct arena *a, const char *s)
{
	if (strlen(s) <= CELL_CHARS_MAX && !strpbrk(s, "\r_\xEF")) /* U+FFFE begins with EF */
		return s;
	struct buf b = buf_new(a, TABLE_ROW_MAX);
	size_t units = 0, fit = 0;
	while (*s && units <= CELL_CHARS_MAX) {
		char own[5];
		const char *c = cell_char(&s, own);
		units += utf16_count(c);
		if (units <= CELL_CHARS_MAX)
			buf_puts(&b, c);
		if (units < CELL_CHARS_MAX)
			fit = b.n; /* one is left for the mark of the cut */
	}
	if (units > CELL_CHARS_MAX) {
		b.n = fit;
		buf_puts(&b, "…");
	}
	return buf_str(&b);
}

/* Han characters are twice as wide. */
static int text_width(const char *s)
{
	int w = 0;
	for (u32 c; (c = utf8_next(&s));)
		w += c >= 0x2E80 ? 2 : 1;
	return w;
}

/* A name that a spreadsheet accepts. */
static const char *sheet_name(struct arena *a, const char *s)
{
	char *name = arena_strdup(a, utf8_head(a, s, SHEET_CHARS_MAX));
	for (char *p = name; *p; p++)
		if (strchr("[]:*?/\\'", *p))
			*p = ' ';
	return *name ? name : "Sheet1";
}

/* ---- begin ---- */

static void make_formats(struct xlsx_out *x)
{
	static const char *const codes[] = {
		[COLUMN_TEXT] = "@",          [COLUMN_INT] = "0",
		[COLUMN_DECIMAL] = "General", [COLUMN_MONEY] = "#,##0.00",
		[COLUMN_DATE] = "yyyy-mm-dd", [COLUMN_TIME] = "yyyy-mm-dd hh:mm:ss"};
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		x->formats[i] = workbook_add_format(x->book);
		format_set_num_format(x->formats[i], codes[i]);
		format_set_align(x->formats[i], LXW_ALIGN_VERTICAL_TOP);
	}
}

static int column_width(const struct table_column *c)
{
	static const int by_type[] = {
		[COLUMN_TEXT] = 20,  [COLUMN_INT] = 10,  [COLUMN_DECIMAL] = 12,
		[COLUMN_MONEY] = 16, [COLUMN_DATE] = 12, [COLUMN_TIME] = 20};
	int w = text_width(c->title) + 2;
	if (w < by_type[c->type])
		w = by_type[c->type];
	w = c->width ? c->width : w;
	return w < WIDTH_MIN ? WIDTH_MIN : w > WIDTH_MAX ? WIDTH_MAX : w;
}

static lxw_error write_titles(struct table_writer *w, struct xlsx_out *x)
{
	lxw_format *head = workbook_add_format(x->book);
	format_set_bold(head);
	format_set_bg_color(head, 0xE8EEF7);
	format_set_bottom(head, LXW_BORDER_THIN);
	format_set_align(head, LXW_ALIGN_VERTICAL_CENTER);
	lxw_error rc = LXW_NO_ERROR;
	for (size_t i = 0; i < w->n_cols && !rc; i++) {
		lxw_col_t col = (lxw_col_t)i;
		rc = worksheet_set_column(x->sheet, col, col, column_width(&w->cols[i]), NULL);
		if (!rc)
			rc = worksheet_write_string(x->sheet, 0, col,
			                            cell_text(w->row, w->cols[i].title), head);
	}
	worksheet_freeze_panes(x->sheet, 1, 0);
	return rc;
}

static err_t xlsx_begin(struct table_writer *w, struct errs *e)
{
	struct xlsx_out *x = ARENA_NEW(w->a, struct xlsx_out);
	const char *dir = w->how.tmpdir ? w->how.tmpdir : getenv("TMPDIR");
	char *tmpdir = arena_strdup(w->a, dir && *dir ? dir : "/tmp");
	w->state = x;
	arena_defer(w->a, clean_up, x);
	char *path = arena_printf(w->a, "%s/tripod-XXXXXX", tmpdir);
	int fd = mkstemp(path);
	if (fd < 0)
		return errs_fail(e, ERR_UNAVAILABLE, "%s: %s", tmpdir, strerror(errno));
	close(fd);
	x->path = path;
	lxw_workbook_options opt = {.constant_memory = LXW_TRUE, .tmpdir = tmpdir};
	x->book = workbook_new_opt(path, &opt);
	if (!x->book)
		return failed(e, LXW_ERROR_CREATING_TMPFILE);
	x->sheet = workbook_add_worksheet(x->book,
	                                  sheet_name(w->a, w->how.sheet ? w->how.sheet : ""));
	if (!x->sheet)
		return failed(e, LXW_ERROR_CREATING_TMPFILE);
	make_formats(x);
	lxw_error rc = write_titles(w, x);
	return rc ? failed(e, rc) : ERR_OK;
}

/* ---- rows ---- */

/* A decimal becomes a number when that is exact, else it stays text. */
static bool exact_number(const char *s, double *out)
{
	size_t digits = 0;
	for (const char *p = s + (*s == '-'); *p; p++) {
		if (*p >= '0' && *p <= '9')
			digits++;
		else if (*p != '.')
			return false;
	}
	char *end;
	*out = strtod(s, &end);
	return digits && digits <= 15 && !*end;
}

static bool serial(const struct table_writer *w, enum column_type type, const struct table_value *v,
                   double *out)
{
	day_t day;
	int second = 0;
	if (type == COLUMN_TIME) {
		if (!civil_time(w->how.zone, v->i, &day, &second))
			return false;
	} else {
		day = day_parse(v->s);
		if (day == DAY_NONE)
			return false;
	}
	*out = day + DAYS_1900_TO_1970 + second / 86400.0;
	return *out > 60; /* before, the calendar of spreadsheets is wrong by a day */
}

static lxw_error put_value(struct table_writer *w, lxw_row_t row, lxw_col_t col,
                           const struct table_value *v)
{
	struct xlsx_out *x = w->state;
	enum column_type type = w->cols[col].type;
	const char *text = NULL;
	double num = 0;
	switch (type) {
	case COLUMN_TEXT: text = cell_text(w->row, v->s); break;
	case COLUMN_DECIMAL:
		if (!exact_number(v->s, &num))
			text = v->s;
		break;
	case COLUMN_INT:
		num = (double)v->i;
		if (v->i > EXACT_MAX || v->i < -EXACT_MAX)
			text = arena_printf(w->row, "%lld", (long long)v->i);
		break;
	case COLUMN_MONEY:
		num = (double)v->i / 100.0;
		if (v->i > EXACT_MAX || v->i < -EXACT_MAX)
			text = money_format(w->row, v->i);
		break;
	case COLUMN_DATE:
		if (!serial(w, type, v, &num))
			text = v->s;
		break;
	case COLUMN_TIME:
		if (!serial(w, type, v, &num))
			text = time_format(w->row, v->i);
		break;
	}
	if (text)
		return *text ? worksheet_write_string(x->sheet, row, col, text, x->formats[type])
		             : LXW_NO_ERROR;
	return worksheet_write_number(x->sheet, row, col, num, x->formats[type]);
}

static err_t xlsx_row(struct table_writer *w, struct errs *e, const struct table_value *values)
{
	if (w->rows >= DATA_ROWS_MAX)
		return errs_set(e, ERR_EXPORT_ROWS, EP({"max", "1048575"}));
	for (size_t i = 0; i < w->n_cols; i++) {
		if (!values[i].set)
			continue;
		lxw_error rc = put_value(w, (lxw_row_t)(w->rows + 1), (lxw_col_t)i, &values[i]);
		if (rc)
			return failed(e, rc);
	}
	return ERR_OK;
}

static err_t copy_out(struct table_writer *w, struct errs *e, const char *path)
{
	char buf[COPY];
	size_t n;
	FILE *f = fopen(path, "rb");
	if (!f)
		return errs_fail(e, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
	while ((n = fread(buf, 1, sizeof buf, f)) > 0 && fwrite(buf, 1, n, w->out) == n)
		;
	bool bad = ferror(f) || ferror(w->out);
	fclose(f);
	return bad ? errs_fail(e, ERR_UNAVAILABLE, "copy: %s", strerror(errno)) : ERR_OK;
}

static err_t xlsx_end(struct table_writer *w, struct errs *e)
{
	struct xlsx_out *x = w->state;
	lxw_workbook *book = x->book;
	x->book = NULL; /* closing frees it, also when it fails */
	lxw_error rc = workbook_close(book);
	if (rc)
		return failed(e, rc);
	TRY(copy_out(w, e, x->path));
	clean_up(x);
	return ERR_OK;
}

const struct writer_ops xlsx_writer_ops = {.begin = xlsx_begin, .row = xlsx_row, .end = xlsx_end};
