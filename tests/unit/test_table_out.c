/* Tables out: what is written is read back equal, as CSV, XLSX and ndjson; failures are told. */
#include "unit/test.h"

#include <dirent.h>
#include <unistd.h>
#include <zip.h>

#include "base/buf.h"
#include "base/money.h"
#include "base/text.h"
#include "base/time.h"
#include "unit/table_read.h"

static struct arena *a;
static struct errs e;
static FILE *out;

static int begin(void **state)
{
	(void)state;
	a = arena_new((size_t)1 << 30);
	errs_init(&e, a);
	out = tmpfile();
	return out ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	fclose(out);
	arena_free(a);
	return 0;
}

static struct doc_input written(void)
{
	fflush(out);
	size_t n = (size_t)ftello(out);
	char *data = arena_alloc(a, n + 1);
	rewind(out);
	assert_int_equal(fread(data, 1, n, out), n);
	return DOC_BYTES(data, n);
}

static const struct table_column columns[] = {
	{.key = "name", .title = "名称", .type = COLUMN_TEXT},
	{.key = "n", .title = "数量", .type = COLUMN_INT},
	{.key = "rate", .title = "税率", .type = COLUMN_DECIMAL},
	{.key = "amount", .title = "金额", .type = COLUMN_MONEY},
	{.key = "day", .title = "日期", .type = COLUMN_DATE},
	{.key = "at", .title = "时间", .type = COLUMN_TIME},
};
enum { N = ARRAY_LEN(columns) };

static void write_all(enum table_format format, const struct table_write *how,
                      const struct table_value (*rows)[N], size_t n)
{
	struct table_writer *w;
	assert_int_equal(table_writer_new(a, &e, format, out, how, columns, N, &w), ERR_OK);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(table_write_row(w, &e, rows[i]), ERR_OK);
	assert_int_equal(w->rows, n);
	assert_int_equal(table_write_end(w, &e), ERR_OK);
}

static const struct table_write shanghai = {.zone = "Asia/Shanghai"};
/* 2026-11-23T08:30:05Z */
#define AN_INSTANT ((i64)1795422605 * 1000000)

static void test_table_csv_bytes(void **state)
{
	(void)state;
	const struct table_value rows[][N] = {
		{tv_text("a,\"b\"\nc"), tv_int(-5), tv_text("0.130"), tv_int(-12345),
	         tv_text("2026-02-28"), tv_int(AN_INSTANT)},
		{tv_text("=1+1"), tv_null(), tv_null(), tv_null(), tv_null(), tv_null()},
		{tv_text("-5"), tv_null(), tv_null(), tv_null(), tv_null(), tv_null()},
		{tv_text("-5+A1"), tv_null(), tv_null(), tv_null(), tv_null(), tv_null()},
		{tv_text("@x"), tv_null(), tv_null(), tv_null(), tv_null(), tv_null()},
		{tv_text("\tx"), tv_null(), tv_null(), tv_null(), tv_null(), tv_null()},
		{tv_text("+86 10"), tv_null(), tv_null(), tv_null(), tv_null(), tv_null()},
	};
	write_all(TABLE_CSV, &shanghai, rows, ARRAY_LEN(rows));
	assert_string_equal(written().data, "\xEF\xBB\xBF名称,数量,税率,金额,日期,时间\r\n"
	                                    "\"a,\"\"b\"\"\nc\",-5,0.130,-123.45,2026-02-28,"
	                                    "2026-11-23 16:30:05\r\n"
	                                    "\"'=1+1\",,,,,\r\n"
	                                    "-5,,,,,\r\n"
	                                    "\"'-5+A1\",,,,,\r\n"
	                                    "\"'@x\",,,,,\r\n"
	                                    "\"'\tx\",,,,,\r\n"
	                                    "\"'+86 10\",,,,,\r\n");
}

static void test_table_ndjson_lines(void **state)
{
	(void)state;
	const struct table_value rows[][N] = {
		{tv_text("=a\"\n"), tv_int(-5), tv_text("0.130"), tv_int(-12345),
	         tv_text("2026-02-28"), tv_int(AN_INSTANT)},
		{tv_null(), tv_null(), tv_null(), tv_null(), tv_null(), tv_null()},
	};
	write_all(TABLE_NDJSON, &shanghai, rows, 2);
	assert_string_equal(written().data,
	                    "{\"name\":\"=a\\\"\\n\",\"n\":-5,\"rate\":\"0.130\",\"amount\":-12345,"
	                    "\"day\":\"2026-02-28\",\"at\":\"2026-11-23T08:30:05Z\"}\n"
	                    "{\"name\":null,\"n\":null,\"rate\":null,\"amount\":null,"
	                    "\"day\":null,\"at\":null}\n");
}

static void expect_cell(const struct table_row *row, size_t i, enum cell_kind kind,
                        const char *text)
{
	assert_int_equal(table_cell(row, i)->kind, kind);
	assert_string_equal(table_cell(row, i)->text, text);
}

static void test_table_xlsx_types(void **state)
{
	struct table_reader *r;
	const struct table_row *row;
	(void)state;
	const struct table_value rows[][N] = {
		{tv_text("=1+1"), tv_int(-5), tv_text("0.130"), tv_int(-12345),
	         tv_text("2026-02-28"), tv_int(AN_INSTANT)},
		/* What a cell cannot hold exactly is text. */
		{tv_text(" a_x000D_b "), tv_int(INT64_MAX), tv_text("1234567890.1234567"),
	         tv_int(INT64_MIN), tv_text("1899-01-01"), tv_int(-3000000000000000)},
		{tv_text(""), tv_null(), tv_null(), tv_null(), tv_null(), tv_null()},
		{tv_text("007"), tv_int(0), tv_text("1e5"), tv_int(1), tv_null(), tv_null()},
	};
	struct table_write how = {
		.zone = "Asia/Shanghai",
		.sheet = "客户[2026]/导出:一二三四五六七八九十一二三四五六七八九十"};
	write_all(TABLE_XLSX, &how, rows, 4);
	assert_int_equal(table_open(a, &e, written(), &(struct table_read){0}, &r), ERR_OK);
	assert_int_equal(utf8_count(r->sheet), 31);
	assert_string_equal(r->columns[3], "金额");
	assert_int_equal(table_next(r, &e, &row), ERR_OK);
	expect_cell(row, 0, CELL_TEXT, "=1+1");
	expect_cell(row, 1, CELL_NUMBER, "-5");
	expect_cell(row, 2, CELL_NUMBER, "0.13");
	expect_cell(row, 3, CELL_NUMBER, "-123.45");
	expect_cell(row, 4, CELL_DATE, "2026-02-28");
	expect_cell(row, 5, CELL_TIME, "2026-11-23 16:30:05");
	assert_int_equal(table_next(r, &e, &row), ERR_OK);
	expect_cell(row, 0, CELL_TEXT, " a_x000D_b ");
	expect_cell(row, 1, CELL_TEXT, "9223372036854775807");
	expect_cell(row, 2, CELL_TEXT, "1234567890.1234567");
	expect_cell(row, 3, CELL_TEXT, money_format(a, INT64_MIN));
	expect_cell(row, 4, CELL_TEXT, "1899-01-01");
	expect_cell(row, 5, CELL_TEXT, "1874-12-07T18:40:00Z");
	assert_int_equal(table_next(r, &e, &row), ERR_OK);
	assert_int_equal(row->number, 5);
	expect_cell(row, 0, CELL_TEXT, "007");
	expect_cell(row, 2, CELL_TEXT, "1e5");
	expect_cell(row, 3, CELL_NUMBER, "0.01");
}

static void test_table_xlsx_long_and_odd_text(void **state)
{
	struct grid g;
	(void)state;
	struct buf b = buf_new(a, 1 << 20), fits = buf_new(a, 1 << 20);
	for (int i = 0; i < 32766; i++)
		buf_puts(&fits, "中");
	for (int i = 0; i < 20000; i++)
		buf_puts(&b, "😀"); /* two units each */
	buf_puts(&fits, "x");
	const struct table_value rows[][N] = {
		{tv_text(buf_str(&fits)), tv_null(), tv_null(), tv_null(), tv_null(), tv_null()},
		{tv_text(buf_str(&b)), tv_null(), tv_null(), tv_null(), tv_null(), tv_null()},
		{tv_text("a\r\nb\rc\x01\x1F\xEF\xBF\xBF\xEF\xBF\xBE，"), tv_null(), tv_null(),
	         tv_null(), tv_null(), tv_null()},
	};
	write_all(TABLE_XLSX, &shanghai, rows, 3);
	assert_int_equal(read_grid(a, &e, written(), (struct table_read){0}, &g), ERR_OK);
	assert_string_equal(g.cells[1][0], buf_str(&fits));
	assert_string_equal(g.cells[2][0],
	                    arena_printf(a, "%s…", utf8_head(a, buf_str(&b), 16383)));
	assert_string_equal(g.cells[3][0], "a\nb\nc\x01\x1F\uFFFD\uFFFD，");
}

/* The look that the format promises, in the file's own words. */
static void test_table_xlsx_head_is_frozen_and_formats_are_there(void **state)
{
	char xml[16384];
	(void)state;
	const struct table_value row[1][N] = {{tv_text("a"), tv_int(1), tv_text("1"), tv_int(1),
	                                       tv_text("2026-01-01"), tv_int(AN_INSTANT)}};
	write_all(TABLE_XLSX, &shanghai, row, 1);
	struct doc_input in = written();
	zip_source_t *src = zip_source_buffer_create(in.data, in.n, 0, NULL);
	zip_t *z = zip_open_from_source(src, ZIP_RDONLY, NULL);
	static const struct {
		const char *part, *text;
	} want[] = {{"xl/worksheets/sheet1.xml", "state=\"frozen\""},
	            {"xl/worksheets/sheet1.xml", "<col "},
	            {"xl/styles.xml", "yyyy-mm-dd hh:mm:ss"},
	            {"xl/styles.xml", "#,##0.00"},
	            {"xl/styles.xml", "<b/>"}};
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		zip_file_t *f = zip_fopen(z, want[i].part, 0);
		xml[zip_fread(f, xml, sizeof xml - 1)] = '\0';
		zip_fclose(f);
		assert_non_null(strstr(xml, want[i].text));
	}
	zip_discard(z);
}

/* ---- round trip ---- */

static u64 seed;

static u64 random_u64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static const char *random_text(void)
{
	static const char *const bits[] = {
		"华为",    "技术", "a", "B ", " ",   ",",  ";",    "\t",   "\"", "\"\"", "'",
		"''",      "=",    "+", "-",  "@",   "\n", "1",    "2.5",  "😀",  "é",    "，",
		"_x0041_", "_x",   "<", "&",  "]]>", "\\", "\x01", "#N/A", "㐂"};
	struct buf b = buf_new(a, 4096);
	for (u64 n = random_u64() % 7; n; n--)
		buf_puts(&b, bits[random_u64() % ARRAY_LEN(bits)]);
	return buf_str(&b);
}

/* As a workbook shows a number: no useless zeros. */
static const char *trimmed(const char *s)
{
	char *t = arena_strdup(a, s);
	size_t n = strlen(t);
	while (strchr(t, '.') && (t[n - 1] == '0' || t[n - 1] == '.')) {
		bool dot = t[n - 1] == '.';
		t[--n] = '\0';
		if (dot)
			break;
	}
	return t;
}

static void round_trip(enum table_format format)
{
	enum { ROWS = 60 };
	struct table_value rows[ROWS][N];
	const char *want[ROWS][N];
	struct grid g;
	for (size_t i = 0; i < ROWS; i++) {
		i64 n = (i64)(random_u64() % 2000000) - 1000000;
		i64 us = (i64)(random_u64() % 4000000000ULL) * 1000000;
		const char *rate = arena_printf(a, "%d.%02d", (int)(random_u64() % 100),
		                                (int)(random_u64() % 100));
		rows[i][0] = tv_text(random_text());
		rows[i][1] = tv_int(n);
		rows[i][2] = tv_text(rate);
		rows[i][3] = tv_int(n * 7919);
		rows[i][4] = tv_text(day_format(a, (day_t)(random_u64() % 60000)));
		rows[i][5] = tv_int(us);
		bool x = format == TABLE_XLSX;
		const char *local = time_format(a, us + 8 * US_PER_HOUR);
		want[i][0] = rows[i][0].s;
		want[i][1] = arena_printf(a, "%d", (int)n);
		want[i][2] = x ? trimmed(rate) : rate;
		want[i][3] = money_format(a, n * 7919);
		want[i][3] = x ? trimmed(want[i][3]) : want[i][3];
		want[i][4] = rows[i][4].s;
		want[i][5] = arena_printf(a, "%.10s %.8s", local, local + 11);
	}
	struct table_write how = {.zone = "Etc/GMT-8",
	                          .separator = ",;\t"[random_u64() % 3],
	                          .no_bom = random_u64() % 2};
	write_all(format, &how, (const struct table_value(*)[N])rows, ROWS);
	assert_int_equal(read_grid(a, &e, written(), (struct table_read){0}, &g), ERR_OK);
	assert_int_equal(g.rows, ROWS + 1);
	for (size_t i = 0; i < ROWS; i++) {
		assert_int_equal(g.numbers[i + 1], i + 2);
		for (size_t c = 0; c < N; c++)
			assert_string_equal(c < g.n[i + 1] ? g.cells[i + 1][c] : "", want[i][c]);
	}
	rewind(out);
	assert_int_equal(ftruncate(fileno(out), 0), 0);
}

static void test_table_round_trips(void **state)
{
	(void)state;
	seed = 88172645463325252ULL;
	for (int i = 0; i < 60; i++) {
		round_trip(TABLE_CSV);
		round_trip(TABLE_XLSX);
	}
}

static void test_table_one_column_with_empty_cells(void **state)
{
	struct table_writer *w;
	struct grid g;
	(void)state;
	assert_int_equal(table_writer_new(a, &e, TABLE_CSV, out,
	                                  &(struct table_write){.no_bom = true}, columns, 1, &w),
	                 ERR_OK);
	assert_int_equal(table_write_row(w, &e, (struct table_value[]){tv_null()}), ERR_OK);
	assert_int_equal(table_write_row(w, &e, (struct table_value[]){tv_text("a")}), ERR_OK);
	assert_int_equal(table_write_end(w, &e), ERR_OK);
	struct doc_input in = written();
	assert_string_equal(in.data, "名称\r\n\"\"\r\na\r\n");
	assert_int_equal(read_grid(a, &e, in, (struct table_read){0}, &g), ERR_OK);
	assert_int_equal(g.numbers[1], 3);
}

/* ---- failures ---- */

static void test_table_full_disk_is_told(void **state)
{
	static const enum table_format formats[] = {TABLE_CSV, TABLE_XLSX, TABLE_NDJSON};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		struct table_writer *w;
		FILE *full = fopen("/dev/full", "wb");
		const struct table_value row[N] = {tv_text("a"), tv_null(), tv_null(),
		                                   tv_null(),    tv_null(), tv_null()};
		errs_clear(&e);
		err_t rc = table_writer_new(a, &e, formats[i], full, &shanghai, columns, N, &w);
		for (int n = 0; n < 10 && !rc; n++)
			rc = table_write_row(w, &e, row);
		if (!rc)
			rc = table_write_end(w, &e);
		assert_int_equal(rc, ERR_UNAVAILABLE);
		fclose(full);
	}
	struct table_writer *w;
	errs_clear(&e);
	assert_int_equal(table_writer_new(a, &e, TABLE_XLSX, out,
	                                  &(struct table_write){.tmpdir = "/none"}, columns, N, &w),
	                 ERR_UNAVAILABLE);
}

static size_t files_in(const char *dir)
{
	size_t n = 0;
	DIR *d = opendir(dir);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void test_table_xlsx_leaves_no_temporary_files(void **state)
{
	char dir[] = "/tmp/tripod-test-XXXXXX";
	(void)state;
	assert_non_null(mkdtemp(dir));
	struct table_write how = {.tmpdir = dir};
	struct table_writer *w;
	for (int complete = 0; complete < 2; complete++) {
		struct arena *own = arena_new(1 << 20);
		assert_int_equal(table_writer_new(own, &e, TABLE_XLSX, out, &how, columns, 2, &w),
		                 ERR_OK);
		assert_int_equal(
			table_write_row(w, &e, (struct table_value[]){tv_text("a"), tv_int(1)}),
			ERR_OK);
		assert_true(files_in(dir) > 0);
		if (complete)
			assert_int_equal(table_write_end(w, &e), ERR_OK);
		arena_free(own);
		assert_int_equal(files_in(dir), 0);
	}
	rmdir(dir);
}

static void test_table_xlsx_row_limit(void **state)
{
	struct table_writer *w;
	(void)state;
	assert_int_equal(table_writer_new(a, &e, TABLE_XLSX, out, &shanghai, columns, 2, &w),
	                 ERR_OK);
	w->rows = 1048574; /* as if they had been written */
	const struct table_value row[] = {tv_text("a"), tv_int(1)};
	assert_int_equal(table_write_row(w, &e, row), ERR_OK);
	assert_int_equal(table_write_row(w, &e, row), ERR_EXPORT_ROWS);
}

static void test_table_format_names(void **state)
{
	enum table_format f;
	(void)state;
	assert_true(table_format_by_name("xlsx", &f) && f == TABLE_XLSX);
	assert_true(table_format_by_name("ndjson", &f) && f == TABLE_NDJSON);
	assert_false(table_format_by_name("xls", &f));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(test_table_csv_bytes),
		T(test_table_ndjson_lines),
		T(test_table_xlsx_types),
		T(test_table_xlsx_long_and_odd_text),
		T(test_table_xlsx_head_is_frozen_and_formats_are_there),
		T(test_table_round_trips),
		T(test_table_one_column_with_empty_cells),
		T(test_table_full_disk_is_told),
		T(test_table_xlsx_leaves_no_temporary_files),
		T(test_table_xlsx_row_limit),
		T(test_table_format_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
