/* XLSX of 100,000 rows of 15 columns, out and in again: memory stays within the budget of 64 MB.
 * A process of its own, so that nothing else counts. */
#include "unit/test.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "base/time.h"
#include "doc/table.h"

enum { ROWS = 100000, COLS = 15, BUDGET_MB = 64 };

/* Freed memory that the sanitizer keeps back is not ours. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1";
}

static long peak_kb(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static void test_xlsx_hundred_thousand_rows_in_little_memory(void **state)
{
	static const char *const titles[COLS] = {
		"编号", "客户名称", "行业", "地区",     "负责人",   "阶段",     "来源", "等级",
		"金额", "数量",     "税率", "签约日期", "创建时间", "修改时间", "备注"};
	static const enum column_type types[COLS] = {
		[8] = COLUMN_MONEY, [9] = COLUMN_INT,   [10] = COLUMN_DECIMAL,
		[11] = COLUMN_DATE, [12] = COLUMN_TIME, [13] = COLUMN_TIME};
	struct table_column cols[COLS];
	struct table_value row[COLS];
	struct arena *a = arena_new(1 << 20);
	struct errs e;
	char path[] = "/tmp/tripod-memory-XXXXXX";
	FILE *f = fdopen(mkstemp(path), "wb");
	(void)state;
	errs_init(&e, a);
	for (size_t i = 0; i < COLS; i++)
		cols[i] = (struct table_column){.key = "k", .title = titles[i], .type = types[i]};
	long before = peak_kb();
	i64 t0 = clock_mono();
	struct table_writer *w;
	assert_int_equal(table_writer_new(a, &e, TABLE_XLSX, f,
	                                  &(struct table_write){.zone = "Asia/Shanghai"}, cols,
	                                  COLS, &w),
	                 ERR_OK);
	for (i64 i = 0; i < ROWS; i++) {
		char name[64];
		snprintf(name, sizeof name, "苏州第%d精密机械有限公司", (int)i);
		for (size_t c = 0; c < COLS; c++)
			row[c] = types[c] == COLUMN_TEXT ? tv_text(c == 1 ? name : "智能制造，华东")
			         : types[c] == COLUMN_DECIMAL ? tv_text("0.13")
			         : types[c] == COLUMN_DATE    ? tv_text("2026-11-23")
			                                      : tv_int(i * 1000003);
		assert_int_equal(table_write_row(w, &e, row), ERR_OK);
	}
	assert_int_equal(table_write_end(w, &e), ERR_OK);
	fclose(f);
	i64 t1 = clock_mono();
	long after_out = peak_kb();

	struct table_reader *r;
	const struct table_row *got;
	i64 rows = 0;
	assert_int_equal(table_open(a, &e, DOC_PATH(path), &(struct table_read){0}, &r), ERR_OK);
	for (;; rows++) {
		assert_int_equal(table_next(r, &e, &got), ERR_OK);
		if (!got)
			break;
		assert_int_equal(got->n, COLS);
	}
	assert_int_equal(rows, ROWS);
	print_message("out %d ms, in %d ms; peak %ld MB before, %ld MB out, %ld MB in\n",
	              (int)((t1 - t0) / 1000), (int)((clock_mono() - t1) / 1000), before / 1024,
	              after_out / 1024, peak_kb() / 1024);
	assert_true(after_out < BUDGET_MB * 1024);
	assert_true(peak_kb() < BUDGET_MB * 1024);
	remove(path);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xlsx_hundred_thousand_rows_in_little_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
