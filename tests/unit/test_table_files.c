/* Real files: every one is read to the row counts of its README, the workbooks cell by cell. */
#include "unit/test.h"

#include "unit/table_read.h"

static struct arena *a;
static struct errs e;

static int begin(void **state)
{
	(void)state;
	a = arena_new((size_t)1 << 31);
	errs_init(&e, a);
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static void test_table_files_have_their_rows(void **state)
{
	static const struct {
		const char *file;
		size_t columns, rows;
		const char *encoding;
	} files[] = {
		{"cn_companies/baostock_stock_basic.gbk.csv", 6, 4732, "GB18030"},
		{"cn_companies/enterprise_registration_2019_zhejiang.csv", 10, 4336, "UTF-8"},
		{"cn_companies/enterprise_registration_2019_jiangsu.csv", 10, 4949, "UTF-8"},
		{"cn_companies/szse_a_share_list_2025-12.xlsx", 22, 2880, NULL},
		{"cn_companies/shaanxi_tech_sme_list.xlsx", 4, 4382, NULL},
		{"cn_companies/sse_gplist_2025-12.as-text.csv", 6, 1700, "UTF-8"},
		{"maven_crm/accounts.csv", 7, 85, "UTF-8"},
		{"maven_crm/products.csv", 3, 7, "UTF-8"},
		{"maven_crm/sales_teams.csv", 3, 35, "UTF-8"},
		{"maven_crm/sales_pipeline.csv", 8, 4394, "UTF-8"},
		{"maven_crm/data_dictionary.csv", 3, 21, NULL},
		{"olist_funnel/olist_marketing_qualified_leads_dataset.csv", 4, 3987, "UTF-8"},
		{"olist_funnel/olist_closed_deals_dataset.csv", 14, 336, "UTF-8"},
		{"tender_notices/shandong_intention_data.xlsx", 9, 79, NULL},
		{"tender_notices/purchase_intentions_4ef25c0a.xlsx", 14, 44, NULL},
		{"nps_bank/NPStimeseries.csv", 0, 5000, "UTF-8"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct table_reader *r;
		const struct table_row *row;
		size_t rows = 0;
		assert_int_equal(table_open(a, &e, DOC_PATH(shared_file(a, files[i].file)),
		                            &(struct table_read){0}, &r),
		                 ERR_OK);
		if (files[i].encoding)
			assert_string_equal(r->encoding, files[i].encoding);
		if (files[i].columns)
			assert_int_equal(r->n_columns, files[i].columns);
		for (;; rows++) {
			assert_int_equal(table_next(r, &e, &row), ERR_OK);
			if (!row)
				break;
			/* A line that fell apart would show here; a short one is allowed to be. */
			assert_true(row->n <= r->n_columns);
		}
		assert_int_equal(rows, files[i].rows);
		assert_int_equal(r->done, r->total);
		table_close(r);
	}
}

static void test_table_file_with_bom_and_no_titles(void **state)
{
	struct table_reader *r;
	const struct table_row *row;
	size_t rows = 0;
	const char *first = NULL;
	(void)state;
	assert_int_equal(
		table_open(a, &e,
	                   DOC_PATH(shared_file(a, "cn_companies/company_short_forms_28w.txt")),
	                   &(struct table_read){.title_row = -1}, &r),
		ERR_OK);
	for (;; rows++) {
		assert_int_equal(table_next(r, &e, &row), ERR_OK);
		if (!row)
			break;
		if (!first)
			first = arena_strdup(a, row->cells[0].text);
	}
	/* A signature and a date stand before the names; the blank line is passed over. */
	assert_int_equal(rows, 267397 + 2);
	assert_true((u8)first[0] != 0xEF || (u8)first[1] != 0xBB);
}

static void test_table_workbooks_equal_their_text(void **state)
{
	static const char *const books[] = {"cn_companies/szse_a_share_list_2025-12",
	                                    "cn_companies/shaanxi_tech_sme_list",
	                                    "tender_notices/shandong_intention_data",
	                                    "tender_notices/purchase_intentions_4ef25c0a"};
	(void)state;
	for (size_t b = 0; b < ARRAY_LEN(books); b++) {
		struct grid x, t;
		const char *xlsx = shared_file(a, arena_printf(a, "%s.xlsx", books[b]));
		const char *text = shared_file(a, arena_printf(a, "%s.as-text.csv", books[b]));
		assert_int_equal(read_grid(a, &e, DOC_PATH(xlsx), (struct table_read){0}, &x),
		                 ERR_OK);
		assert_int_equal(read_grid(a, &e, DOC_PATH(text), (struct table_read){0}, &t),
		                 ERR_OK);
		assert_int_equal(x.rows, t.rows);
		for (size_t i = 0; i < x.rows; i++)
			for (size_t c = 0; c < x.n[i] || c < t.n[i]; c++)
				assert_string_equal(c < x.n[i] ? x.cells[i][c] : "",
				                    c < t.n[i] ? t.cells[i][c] : "");
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(test_table_files_have_their_rows),
		T(test_table_file_with_bom_and_no_titles),
		T(test_table_workbooks_equal_their_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
