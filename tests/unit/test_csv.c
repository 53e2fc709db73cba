/* CSV in: the torture cases, dialects, encodings, everything that must be refused. */
#include "unit/test.h"

#include "base/json.h"
#include "base/text.h"
#include "unit/table_read.h"

static struct arena *a;
static struct errs e;

static int begin(void **state)
{
	(void)state;
	a = arena_new((size_t)1 << 30);
	errs_init(&e, a);
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

/* ---- csv_torture ---- */

static const char *slurp(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	char *buf = arena_alloc(a, 1 << 20);
	*n = fread(buf, 1, 1 << 20, f);
	fclose(f);
	return buf;
}

static void torture(const char *name)
{
	size_t n;
	json_t *want;
	struct grid g;
	const char *json = slurp(shared_file(a, arena_printf(a, "csv_torture/json/%s.json", name)),
	                         &n);
	assert_int_equal(json_parse(a, &e, json, n, &want), ERR_OK);
	const char *csv = shared_file(a, arena_printf(a, "csv_torture/csvs/%s.csv", name));
	assert_int_equal(read_grid(a, &e, DOC_PATH(csv), (struct table_read){0}, &g), ERR_OK);
	bool single = json_is_object(want); /* location_coordinates has no array */
	size_t rows = single ? 1 : json_array_size(want);
	assert_int_equal(g.rows, rows + 1);
	for (size_t i = 0; i < rows; i++) {
		json_t *o = single ? want : json_array_get(want, i);
		assert_int_equal(g.n[i + 1], json_object_size(o));
		for (size_t c = 0; c < g.n[i + 1]; c++) {
			const char *title = g.cells[0][c], *text = json_text(o, title);
			assert_non_null(text);
			/* Its README: this number differs upstream. */
			if (single && !strcmp(title, "Contact Phone Number"))
				text = "2095257564";
			assert_string_equal(g.cells[i + 1][c], text);
		}
	}
}

static void test_csv_torture(void **state)
{
	static const char *const names[] = {
		"comma_in_quotes", "empty",         "empty_crlf",
		"escaped_quotes",  "json",          "location_coordinates",
		"newlines",        "newlines_crlf", "quotes_and_newlines",
		"simple",          "simple_crlf",   "utf8"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		torture(names[i]);
}

/* ---- dialects: text in, "a|b/c|d" out ---- */

static const char *flat(const struct grid *g)
{
	struct buf b = buf_new(a, 1 << 20);
	for (size_t i = 0; i < g->rows; i++) {
		buf_puts(&b, i ? "/" : "");
		for (size_t c = 0; c < g->n[i]; c++)
			buf_printf(&b, "%s%s", c ? "|" : "", g->cells[i][c]);
	}
	return buf_str(&b);
}

static void expect(const char *csv, size_t n, const char *want)
{
	struct grid g;
	assert_int_equal(read_grid(a, &e, DOC_BYTES(csv, n), (struct table_read){0}, &g), ERR_OK);
	assert_string_equal(flat(&g), want);
}
#define EXPECT(csv, want) expect((csv), sizeof(csv) - 1, (want))

static void test_csv_dialects(void **state)
{
	(void)state;
	EXPECT("a,b\n1,2", "a|b/1|2");
	EXPECT("a;b\r\n1,5;2\r\n", "a|b/1,5|2");
	EXPECT("a\tb\r1\t2\r", "a|b/1|2");
	EXPECT("\xEF\xBB\xBF"
	       "a,b\n",
	       "a|b");
	EXPECT("a\n\n\nb\n", "a/b"); /* blank lines are passed over */
	EXPECT("a,b,\n,,\n1,,\n", "a|b|/1||");
	EXPECT("\"a;a;a;a\",b\n", "a;a;a;a|b"); /* quoted separators do not count */
	EXPECT("\"a\",\"\"\"\"\n", "a|\"");
	EXPECT("a \"b\" c, \"d\"\n", "a \"b\" c| \"d\"");
	EXPECT("\"a\r\nb\",c\r\nd", "a\r\nb|c/d");
	EXPECT("\"\",a", "|a");
	EXPECT("a,\"'=1+1\",'x,''=2,'-5,'-b\n", "a|=1+1|'x|'=2|'-5|-b");
}

static void test_csv_row_numbers_count_as_a_spreadsheet_does(void **state)
{
	struct grid g;
	static const char csv[] = "t\n\n\"a\nb\"\nc\n";
	(void)state;
	assert_int_equal(
		read_grid(a, &e, DOC_BYTES(csv, sizeof csv - 1), (struct table_read){0}, &g),
		ERR_OK);
	assert_int_equal(g.rows, 3);
	assert_int_equal(g.numbers[1], 3);
	assert_int_equal(g.numbers[2], 4);
}

static void test_csv_titles(void **state)
{
	static const char csv[] = "导出时间 2026\n\n名称,金额,\n华为,1,2\n";
	struct table_reader *r;
	const struct table_row *row;
	(void)state;
	struct doc_input in = DOC_BYTES(csv, sizeof csv - 1);
	assert_int_equal(
		table_open(a, &e, in, &(struct table_read){.title_row = 3, .separator = ','}, &r),
		ERR_OK);
	assert_int_equal(r->title_row, 3);
	assert_int_equal(r->n_columns, 2);
	assert_string_equal(r->columns[1], "金额");
	assert_string_equal(r->encoding, "UTF-8");
	assert_int_equal(table_next(r, &e, &row), ERR_OK);
	assert_int_equal(row->number, 4);
	assert_string_equal(table_cell(row, 2)->text, "2");
	assert_string_equal(table_cell(row, 99)->text, "");
	assert_int_equal(table_next(r, &e, &row), ERR_OK);
	assert_null(row);
	table_close(r);
	assert_int_equal(table_open(a, &e, in, &(struct table_read){.title_row = -1}, &r), ERR_OK);
	assert_string_equal(r->columns[0], "A");
	assert_int_equal(table_next(r, &e, &row), ERR_OK);
	assert_int_equal(row->number, 1);
}

/* ---- encodings ---- */

static void test_csv_encodings(void **state)
{
	(void)state;
	EXPECT("\xFF\xFE"
	       "a\0,\0-N\n\0=\xD8\x00\xDE",
	       "a|中/\xF0\x9F\x98\x80");
	EXPECT("\xFE\xFF"
	       "\0a\0,N-\0\n\xD8=\xDE\x00",
	       "a|中/\xF0\x9F\x98\x80");
	EXPECT("\xD6\xD0\xCE\xC4,a\n", "中文|a");       /* GBK */
	EXPECT("\xD6\xD0,\x82\x30\x88\x30\n", "中|㓩"); /* four bytes */
	EXPECT("\x84\x31\x95\x33\xD6\xD0\n", "中");     /* BOM of GB18030 */
}

static void test_csv_gbk_named_or_seen(void **state)
{
	struct grid g;
	const char *path = shared_file(a, "cn_companies/baostock_stock_basic.gbk.csv");
	(void)state;
	for (int named = 0; named < 2; named++) {
		assert_int_equal(read_grid(a, &e, DOC_PATH(path),
		                           (struct table_read){.encoding = named ? "GBK" : NULL},
		                           &g),
		                 ERR_OK);
		assert_string_equal(g.r->encoding, "GB18030");
		assert_int_equal(g.rows, 4733);
		assert_string_equal(g.cells[1][1], "上证综合指数");
	}
}

/* A character that lies over the end of a read must come out whole. */
static void test_csv_pieces_do_not_matter(void **state)
{
	(void)state;
	size_t cap = 400 * 1024;
	for (size_t shift = 0; shift < 5; shift++) {
		struct buf gb = buf_new(a, cap), utf = buf_new(a, cap);
		for (size_t i = 0; i < shift; i++) {
			buf_putc(&gb, 'x');
			buf_putc(&utf, 'x');
		}
		while (gb.n < 100 * 1024) {
			buf_puts(&gb, "\xD6\xD0\x82\x30\x88\x30\xCE\xC4");
			buf_puts(&utf, "中㓩文");
		}
		struct grid g, h;
		assert_int_equal(
			read_grid(a, &e, DOC_BYTES(gb.p, gb.n), (struct table_read){0}, &g),
			ERR_OK);
		assert_int_equal(
			read_grid(a, &e, DOC_BYTES(utf.p, utf.n), (struct table_read){0}, &h),
			ERR_OK);
		assert_string_equal(g.cells[0][0], utf.p);
		assert_string_equal(h.cells[0][0], utf.p);
	}
}

/* ---- refused ---- */

static void refuse(const char *csv, size_t n, const char *encoding, enum err_code code,
                   const char *row)
{
	struct grid g;
	errs_clear(&e);
	assert_int_equal(
		read_grid(a, &e, DOC_BYTES(csv, n), (struct table_read){.encoding = encoding}, &g),
		code);
	assert_int_equal(e.code, code);
	assert_string_equal(param_of(&e, "row"), row);
	/* The sentences name what they promise. */
	for (int lang = 0; lang < LANG_COUNT; lang++)
		assert_null(strchr(err_text(a, e.code, e.params, (enum lang)lang), '{'));
}
#define REFUSE(csv, encoding, code, row) refuse((csv), sizeof(csv) - 1, (encoding), (code), (row))

static void test_csv_refuses_broken_quotes(void **state)
{
	(void)state;
	REFUSE("a,b\n1,\"2\n3,4\n", NULL, ERR_IMPORT_QUOTE, "2");
	REFUSE("a,b\n1,2\n\"3\"x,4\n", NULL, ERR_IMPORT_AFTER_QUOTE, "3");
	REFUSE("a,b\n\"3\" ,4\n", NULL, ERR_IMPORT_AFTER_QUOTE, "2");
}

static void test_csv_refuses_what_is_no_text(void **state)
{
	(void)state;
	REFUSE("a,b\n1,\xD6\xD0\n", "utf-8", ERR_IMPORT_ENCODING, "2");
	REFUSE("a\nb\nc\xFF\n", NULL, ERR_IMPORT_ENCODING, "3");
	REFUSE("a\nb\xD6", "gb18030", ERR_IMPORT_ENCODING, "2");
	REFUSE("\xFF\xFE"
	       "a\0\n\0\x00\xDC"
	       "b\0",
	       NULL, ERR_IMPORT_ENCODING, "2");
	REFUSE("\xFF\xFE"
	       "a\0\n\0b",
	       NULL, ERR_IMPORT_ENCODING, "2");
	REFUSE("\xFF\xFE"
	       "a\0\n\0\x3D\xD8",
	       NULL, ERR_IMPORT_ENCODING, "2");
	REFUSE("a\nb\0c\n", NULL, ERR_IMPORT_ENCODING, "2");
	REFUSE("\x89PNG\r\n\x1A\n\0\0\0\rIHDR", NULL, ERR_IMPORT_ENCODING, "3");
	/* One broken byte in a UTF-8 file must not make nonsense of it as GB18030. */
	REFUSE("名称,地址\n华为技术有限公司,深\xE5\x9C\n", NULL, ERR_IMPORT_ENCODING, "2");
	assert_string_equal(param_of(&e, "encoding"), "UTF-8");
	REFUSE("a\n", "latin-1", ERR_ENUM, "");
	REFUSE("", NULL, ERR_IMPORT_EMPTY, "");
	REFUSE("\n\n,,\n", NULL, ERR_IMPORT_EMPTY, "");
	REFUSE("<html><table>", NULL, ERR_IMPORT_XLS, "");
	REFUSE("\xEF\xBB\xBF\n<?xml version=\"1.0\"?><Workbook>", NULL, ERR_IMPORT_XLS, "");
}

static void test_csv_limits(void **state)
{
	(void)state;
	size_t cap = 6 << 20;
	struct buf b = buf_new(a, cap);
	buf_puts(&b, "a\n");
	for (int i = 0; i < 999999; i++)
		buf_putc(&b, ',');
	buf_puts(&b, "\nb\n");
	refuse(b.p, b.n, NULL, ERR_IMPORT_COLUMNS, "2");
	assert_string_equal(param_of(&e, "got"), "1000000");
	b.n = 0;
	for (int i = 0; i < TABLE_COLUMNS_MAX - 1; i++)
		buf_puts(&b, "x,");
	struct grid g;
	errs_clear(&e);
	assert_int_equal(read_grid(a, &e, DOC_BYTES(b.p, b.n), (struct table_read){0}, &g), ERR_OK);
	assert_int_equal(g.n[0], TABLE_COLUMNS_MAX);

	char *x = arena_alloc(a, cap);
	memset(x, 'x', cap);
	refuse(x, TABLE_FIELD_MAX + 1, NULL, ERR_IMPORT_FIELD, "1");
	errs_clear(&e);
	assert_int_equal(
		read_grid(a, &e, DOC_BYTES(x, TABLE_FIELD_MAX), (struct table_read){0}, &g),
		ERR_OK);
	for (size_t i = 0; i < cap; i += TABLE_FIELD_MAX)
		x[i] = ',';
	refuse(x, cap, NULL, ERR_IMPORT_ROW, "1");
}

static void test_csv_no_such_file(void **state)
{
	struct grid g;
	(void)state;
	assert_int_equal(
		read_grid(a, &e, DOC_PATH("tests/data/none.csv"), (struct table_read){0}, &g),
		ERR_IMPORT_FILE);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(test_csv_torture),
		T(test_csv_dialects),
		T(test_csv_row_numbers_count_as_a_spreadsheet_does),
		T(test_csv_titles),
		T(test_csv_encodings),
		T(test_csv_gbk_named_or_seen),
		T(test_csv_pieces_do_not_matter),
		T(test_csv_refuses_broken_quotes),
		T(test_csv_refuses_what_is_no_text),
		T(test_csv_limits),
		T(test_csv_no_such_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
