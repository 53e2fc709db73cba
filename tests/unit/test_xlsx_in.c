/* XLSX in: every kind of cell, several sheets, and everything that must be refused. */
#include "unit/test.h"

#include "base/json.h"
#include "doc/xlsx_number.h"
#include "unit/table_read.h"
#include "unit/zip_make.h"

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

/* ---- numbers ---- */

static void test_xlsx_numbers_read_as_a_person_reads_them(void **state)
{
	static const char *const kinds[] = {[CELL_NUMBER] = "number",
	                                    [CELL_DATE] = "date",
	                                    [CELL_TIME] = "time",
	                                    [CELL_TEXT] = "text"};
	json_t *cases = json_load_file("tests/data/doc/xlsx_number.json", 0, NULL);
	(void)state;
	assert_true(json_array_size(cases) > 40);
	for (size_t i = 0; i < json_array_size(cases); i++) {
		json_t *c = json_array_get(cases, i);
		const char *code = json_text(c, "code"), *want = json_text(c, "text");
		enum num_format nf = code ? num_format_code(code)
		                          : num_format_builtin((unsigned)json_i64(c, "id", 0));
		char got[XLSX_NUMBER_MAX];
		enum cell_kind kind;
		bool ok = xlsx_number(json_text(c, "v"), nf, json_flag(c, "d1904", false), got,
		                      &kind);
		assert_int_equal(ok, want != NULL);
		if (!want)
			continue;
		assert_string_equal(got, want);
		assert_string_equal(kinds[kind], json_text(c, "kind"));
	}
	json_decref(cases);
}

static void test_xlsx_column_letters_of_titles(void **state)
{
	struct table_reader *r;
	struct doc_input in = book_make(a, DATA("<row><c r='AB1'><v>1</v></c></row>"), 0);
	(void)state;
	assert_int_equal(table_open(a, &e, in, &(struct table_read){.title_row = -1}, &r), ERR_OK);
	assert_string_equal(r->columns[25], "Z");
	assert_string_equal(r->columns[27], "AB");
}

/* ---- cells ---- */

static void test_xlsx_every_kind_of_cell(void **state)
{
	static const struct {
		const char *xml;
		const char *text;
		enum cell_kind kind;
	} cases[] = {
		{"<c t='s'><v>0</v></c>", "零", CELL_TEXT},
		{"<c t='s'><v>1</v></c>", "一 b ", CELL_TEXT},
		{"<c t='s'><v>2</v></c>", "", CELL_EMPTY},
		{"<c t='inlineStr'><is><t>&lt;a&gt;&#20013;</t></is></c>", "<a>中", CELL_TEXT},
		{"<c t='inlineStr'><is><r><t>a</t></r><r><t>b</t></r></is></c>", "ab", CELL_TEXT},
		{"<c t='inlineStr'/>", "", CELL_EMPTY},
		{"<c t='inlineStr'><is><t>a_x000D_\nb_x005F_x000D__xD800__x12</t></is></c>",
	         "a\r\nb_x000D__xD800__x12", CELL_TEXT},
		{"<c t='str'><f>A1&amp;B1</f><v>a b</v></c>", "a b", CELL_TEXT},
		{"<c><f>1+1</f><v>2</v></c>", "2", CELL_NUMBER},
		{"<c><f>1+1</f></c>", "", CELL_ERROR},
		{"<c t='n'><v>3.50</v></c>", "3.5", CELL_NUMBER},
		{"<c s='1'><v>45000</v></c>", "2023-03-15", CELL_DATE},
		{"<c s='2'><v>45000.5</v></c>", "2023-03-15 12:00:00", CELL_TIME},
		{"<c s='99'><v>45000</v></c>", "45000", CELL_NUMBER},
		{"<c t='b'><v>1</v></c>", "true", CELL_BOOL},
		{"<c t='b'><v>0</v></c>", "false", CELL_BOOL},
		{"<c t='e'><v>#N/A</v></c>", "", CELL_ERROR},
		{"<c t='d'><v>2026-11-23</v></c>", "2026-11-23", CELL_DATE},
		{"<c t='d'><v>2026-11-23T08:30:00.000</v></c>", "2026-11-23 08:30:00", CELL_TIME},
		{"<c s='1'/>", "", CELL_EMPTY},
		{"<x:c t='s'><x:v>0</x:v></x:c>", "零", CELL_TEXT},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct grid g;
		const char *xml = arena_printf(
			a,
			"<worksheet xmlns:x='u'><sheetData><row r='1'><c><v>1</v></c>%s</row>"
			"</sheetData></worksheet>",
			cases[i].xml);
		assert_int_equal(read_grid(a, &e, book_make(a, xml, 0), (struct table_read){0}, &g),
		                 ERR_OK);
		assert_int_equal(g.n[0] > 1 ? g.kinds[0][1] : CELL_EMPTY, cases[i].kind);
		assert_string_equal(g.n[0] > 1 ? g.cells[0][1] : "", cases[i].text);
	}
}

static void test_xlsx_error_says_which(void **state)
{
	struct table_reader *r;
	const struct table_row *row;
	(void)state;
	assert_int_equal(table_open(a, &e,
	                            book_make(a, DATA("<row><c t='e'><v>#DIV/0!</v></c></row>"), 0),
	                            &(struct table_read){.title_row = -1}, &r),
	                 ERR_OK);
	assert_int_equal(table_next(r, &e, &row), ERR_OK);
	assert_string_equal(row->cells[0].note, "#DIV/0!");
}

static void test_xlsx_sparse_rows_and_columns(void **state)
{
	struct grid g;
	(void)state;
	struct doc_input in = book_make(
		a,
		DATA("<row r='3'><c r='C3'><v>1</v></c><c r='E3'><v>2</v></c><c r='XFD3' s='1'/></row>"
	             "<row r='4'/><row r='5'><c r='A5' s='1'/></row>"
	             "<row><c><v>4</v></c><c r='D6'><v>5</v></c><c><v>6</v></c></row>"),
		0);
	assert_int_equal(read_grid(a, &e, in, (struct table_read){0}, &g), ERR_OK);
	assert_int_equal(g.rows, 2);
	assert_int_equal(g.numbers[0], 3);
	assert_int_equal(g.n[0], 5);
	assert_string_equal(g.cells[0][2], "1");
	assert_int_equal(g.kinds[0][3], CELL_EMPTY);
	assert_int_equal(g.numbers[1], 6);
	assert_string_equal(g.cells[1][4], "6");
}

/* ---- sheets ---- */

static struct doc_input three_sheets(const char *pr)
{
	const struct zip_entry parts[] = {
		{"_rels/.rels", ROOT_RELS, 0},
		{"xl/_rels/workbook.xml.rels", BOOK_RELS, 0},
		{"xl/workbook.xml",
	         arena_printf(a,
	                      BOOK("%s", SHEET("藏", "r1", "state='hidden'") SHEET("图", "r5", "")
	                                         SHEET("乙", "r4", "") SHEET("甲", "r1", "")),
	                      pr),
	         0},
		{"xl/styles.xml", STYLES, 0},
		{"xl/strings.xml", STRINGS, 0},
		{"XL/Worksheets/a.xml", DATA("<row><c><v>1</v></c></row>"), 0},
		{"xl/worksheets/b.xml", DATA("<row><c s='1'><v>366</v></c></row>"), 0}};
	return zip_make(a, parts, ARRAY_LEN(parts));
}

static void test_xlsx_sheets_are_listed_and_chosen(void **state)
{
	const char *const *names;
	size_t n;
	struct grid g;
	(void)state;
	struct doc_input in = three_sheets("");
	assert_int_equal(table_sheets(a, &e, in, &names, &n), ERR_OK);
	assert_int_equal(n, 2);
	assert_string_equal(names[0], "乙");
	assert_string_equal(names[1], "甲");
	assert_int_equal(read_grid(a, &e, in, (struct table_read){0}, &g), ERR_OK);
	assert_string_equal(g.r->sheet, "乙");
	assert_string_equal(g.cells[0][0], "1900-12-31");
	assert_int_equal(read_grid(a, &e, in, (struct table_read){.sheet = "甲"}, &g), ERR_OK);
	assert_string_equal(g.cells[0][0], "1");
	assert_int_equal(read_grid(a, &e, in, (struct table_read){.sheet = "丙"}, &g),
	                 ERR_IMPORT_SHEET);
	assert_string_equal(param_of(&e, "sheets"), "乙, 甲");
	assert_int_equal(table_sheets(a, &e, DOC_BYTES("a,b\n", 4), &names, &n), ERR_OK);
	assert_int_equal(n, 0);
}

static void test_xlsx_days_from_1904(void **state)
{
	struct grid g;
	(void)state;
	assert_int_equal(read_grid(a, &e, three_sheets("<workbookPr date1904='1'/>"),
	                           (struct table_read){0}, &g),
	                 ERR_OK);
	assert_string_equal(g.cells[0][0], "1905-01-01");
}

/* ---- refused ---- */

static void refuse(struct doc_input in, enum err_code code)
{
	struct grid g;
	errs_clear(&e);
	assert_int_equal(read_grid(a, &e, in, (struct table_read){0}, &g), code);
	for (int lang = 0; lang < LANG_COUNT; lang++)
		assert_non_null(err_text(a, e.code, e.params, (enum lang)lang));
}

static void test_xlsx_refuses_bad_sheets(void **state)
{
	static const struct {
		const char *xml;
		enum err_code code;
	} cases[] = {
		{"<!DOCTYPE x [<!ENTITY a 'b'>]>" DATA("<row/>"), ERR_IMPORT_DTD},
		{"<!DOCTYPE x SYSTEM 'file:///etc/passwd'>" DATA("<row/>"), ERR_IMPORT_DTD},
		{DATA("<row><c r='BXBYN1'><v>1</v></c></row>"), ERR_IMPORT_COLUMNS},
		{DATA("<row><c r='ZZZZZZZZZZZZZZZZ1'><v>1</v></c></row>"), ERR_IMPORT_DAMAGED},
		{DATA("<row><c r='1'><v>1</v></c></row>"), ERR_IMPORT_DAMAGED},
		{DATA("<row r='2'/><row r='2'/>"), ERR_IMPORT_DAMAGED},
		{DATA("<row r='1048577'/>"), ERR_IMPORT_DAMAGED},
		{DATA("<row r='-1'/>"), ERR_IMPORT_DAMAGED},
		{DATA("<row><c t='s'><v>3</v></c></row>"), ERR_IMPORT_DAMAGED},
		{DATA("<row><c t='s'><v>-1</v></c></row>"), ERR_IMPORT_DAMAGED},
		{DATA("<row><c><v>1,5</v></c></row>"), ERR_IMPORT_DAMAGED},
		{DATA("<row><c><v>&a;</v></c></row>"), ERR_IMPORT_DAMAGED},
		{"<worksheet><sheetData><row><c><v>1</v></c></row>", ERR_IMPORT_DAMAGED},
		{"PK", ERR_IMPORT_DAMAGED},
		{DATA(""), ERR_IMPORT_EMPTY},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		refuse(book_make(a, cases[i].xml, 0), cases[i].code);
	assert_string_equal(param_of(&e, "row"), "");
	refuse(book_make(a, cases[2].xml, 0), ERR_IMPORT_COLUMNS);
	assert_string_equal(param_of(&e, "got"), "1337792");
}

/* head, then n times body, then tail */
static struct doc_input repeated(const char *head, const char *body, size_t n, const char *tail)
{
	struct buf b = buf_new(a, (size_t)1 << 30);
	buf_puts(&b, head);
	for (size_t i = 0; i < n; i++)
		buf_puts(&b, body);
	buf_puts(&b, tail);
	return book_make(a, b.p, b.n);
}

static void test_xlsx_refuses_bombs(void **state)
{
	(void)state;
	/* 20 MB of one letter: 1,000 to 1. */
	char *x = arena_alloc(a, 20 << 20);
	memset(x, 'x', 20 << 20);
	x[(20 << 20) - 1] = '\0';
	refuse(repeated("<worksheet><sheetData><row><c t='str'><v>", x, 1, "</v></c></row>"),
	       ERR_IMPORT_FIELD);
	refuse(repeated("<worksheet><a>", x, 1, "</a></worksheet>"), ERR_IMPORT_BOMB);
	refuse(repeated("<worksheet><!--", x, 1, "--></worksheet>"), ERR_IMPORT_DAMAGED);
	refuse(repeated("<worksheet a='", x, 1, "'/>"), ERR_IMPORT_DAMAGED);
	refuse(repeated("", "<a>", 100000, ""), ERR_IMPORT_DAMAGED);
	x[1 << 20] = '\0';
	refuse(repeated("<worksheet><sheetData><row>",
	                arena_printf(a, "<c t='str'><v>%s</v></c>", x), 5, "</row>"),
	       ERR_IMPORT_ROW);
}

static void test_xlsx_refuses_a_file_that_unpacks_too_large(void **state)
{
	size_t n = (size_t)TABLE_INFLATE_MAX + 1;
	char *zeros = arena_alloc(a, n);
	(void)state;
	refuse(book_make(a, zeros, n), ERR_IMPORT_BOMB);
}

static void test_xlsx_refuses_too_many_parts(void **state)
{
	struct zip_entry *parts = ARENA_ARRAY(a, 10001, struct zip_entry);
	(void)state;
	for (size_t i = 0; i < 10001; i++)
		parts[i] = (struct zip_entry){arena_printf(a, "%zu", i), "x", 1};
	refuse(zip_make(a, parts, 10001), ERR_IMPORT_BOMB);
}

static void test_xlsx_refuses_other_files(void **state)
{
	static const struct zip_entry docx[] = {
		{"_rels/.rels",
	         "<Relationships><Relationship Id='r' Type='" REL_NS
	         "/officeDocument' Target='word/document.xml'/></Relationships>",
	         0},
		{"word/document.xml", "<document/>", 0}};
	static const struct zip_entry other[] = {{"a.txt", "a", 0}};
	static const char locked[] = "\xD0\xCF\x11\xE0"
				     "....E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";
	(void)state;
	refuse(zip_make(a, docx, 2), ERR_IMPORT_WORKBOOK);
	refuse(zip_make(a, other, 1), ERR_IMPORT_WORKBOOK);
	refuse(DOC_PATH(shared_file(a, "cn_companies/sse_gplist_2025-12.xls")), ERR_IMPORT_XLS);
	char *padded = arena_alloc(a, 20000);
	memcpy(padded, locked, 4);
	memcpy(padded + 4090, locked, sizeof locked - 1);
	refuse(DOC_BYTES(padded, 20000), ERR_IMPORT_PASSWORD);
}

static void test_xlsx_refuses_truncated_and_damaged(void **state)
{
	(void)state;
	FILE *f = fopen(shared_file(a, "tender_notices/shandong_intention_data.xlsx"), "rb");
	assert_non_null(f);
	char *data = arena_alloc(a, 20000);
	size_t n = fread(data, 1, 20000, f);
	fclose(f);
	assert_int_equal(n, 17075);
	for (size_t cut = 1; cut < n - 10; cut += 997)
		refuse(DOC_BYTES(data, n - cut), ERR_IMPORT_DAMAGED);
	/* A flipped byte somewhere in the packed sheet: by CRC or by XML, never silently. */
	size_t caught = 0, tries = 0;
	for (size_t at = 3000; at < 12000; at += 331, tries++) {
		struct grid g;
		errs_clear(&e);
		data[at] ^= 0x40;
		err_t rc = read_grid(a, &e, DOC_BYTES(data, n), (struct table_read){0}, &g);
		caught += rc != ERR_OK;
		assert_true(rc == ERR_OK || rc == ERR_IMPORT_DAMAGED);
		data[at] ^= 0x40;
	}
	assert_true(caught >= tries - 2); /* the theme part is never read */
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(test_xlsx_numbers_read_as_a_person_reads_them),
		T(test_xlsx_column_letters_of_titles),
		T(test_xlsx_every_kind_of_cell),
		T(test_xlsx_error_says_which),
		T(test_xlsx_sparse_rows_and_columns),
		T(test_xlsx_sheets_are_listed_and_chosen),
		T(test_xlsx_days_from_1904),
		T(test_xlsx_refuses_bad_sheets),
		T(test_xlsx_refuses_bombs),
		T(test_xlsx_refuses_a_file_that_unpacks_too_large),
		T(test_xlsx_refuses_too_many_parts),
		T(test_xlsx_refuses_other_files),
		T(test_xlsx_refuses_truncated_and_damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
