/* Small ZIP files and workbooks made in memory, whole or broken on purpose. */
#ifndef TRIPOD_TEST_ZIP_MAKE_H
#define TRIPOD_TEST_ZIP_MAKE_H

#include <string.h>
#include <zip.h>

#include "doc/table.h"

struct zip_entry {
	const char *name;
	const char *text;
	size_t n; /* 0: text ends with NUL */
};

static inline struct doc_input zip_make(struct arena *a, const struct zip_entry *e, size_t n)
{
	zip_source_t *src = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_t *z = zip_open_from_source(src, ZIP_TRUNCATE, NULL);
	assert_non_null(z);
	zip_source_keep(src);
	for (size_t i = 0; i < n; i++) {
		size_t len = e[i].n ? e[i].n : strlen(e[i].text);
		zip_source_t *part = zip_source_buffer(z, e[i].text, len, 0);
		assert_true(zip_file_add(z, e[i].name, part, ZIP_FL_ENC_UTF_8) >= 0);
	}
	assert_int_equal(zip_close(z), 0);
	assert_int_equal(zip_source_open(src), 0);
	zip_source_seek(src, 0, SEEK_END);
	size_t size = (size_t)zip_source_tell(src);
	zip_source_seek(src, 0, SEEK_SET);
	char *data = arena_alloc(a, size);
	assert_int_equal(zip_source_read(src, data, size), size);
	zip_source_close(src);
	zip_source_free(src);
	return DOC_BYTES(data, size);
}

#define REL_NS "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define BOOK_RELS                                                                              \
	"<Relationships>"                                                                      \
	"<Relationship Id='r1' Type='" REL_NS "/worksheet' Target='worksheets/a.xml'/>"        \
	"<Relationship Id='r2' Type='" REL_NS "/styles' Target='/xl/styles.xml'/>"             \
	"<Relationship Id='r3' Type='" REL_NS "/sharedStrings' Target='../xl/strings.xml'/>"   \
	"<Relationship Id='r4' Type='" REL_NS "/worksheet' Target='./worksheets/b.xml'/>"      \
	"<Relationship Id='r5' Type='" REL_NS "/chartsheet' Target='chartsheets/c.xml'/>"      \
	"<Relationship Id='r6' Type='" REL_NS "/hyperlink' TargetMode='External' Target='x'/>" \
	"</Relationships>"
#define ROOT_RELS                                            \
	"<Relationships><Relationship Id='r1' Type='" REL_NS \
	"/officeDocument' Target='xl/workbook.xml'/></Relationships>"
#define BOOK(pr, sheets) \
	"<workbook xmlns:r='" REL_NS "'>" pr "<sheets>" sheets "</sheets></workbook>"
#define SHEET(name, id, more) "<sheet name='" name "' sheetId='1' r:id='" id "' " more "/>"
#define STYLES                                                                            \
	"<styleSheet><numFmts><numFmt numFmtId='164' formatCode='yyyy&quot;年&quot;m'/>" \
	"</numFmts><cellStyleXfs><xf numFmtId='14'/></cellStyleXfs>"                      \
	"<cellXfs><xf numFmtId='0'/><xf numFmtId='164'/><xf numFmtId='22'/></cellXfs></styleSheet>"
#define STRINGS                                                                                     \
	"<sst><si><t>零</t></si><si><r><t>一</t></r><r><rPr/><t xml:space='preserve'> b </t></r>" \
	"<rPh sb='0' eb='1'><t>yi</t></rPh></si><si/></sst>"
#define DATA(rows) "<worksheet><sheetData>" rows "</sheetData></worksheet>"

/* A workbook of one sheet. */
static inline struct doc_input book_make(struct arena *a, const char *sheet, size_t n)
{
	const struct zip_entry e[] = {{"_rels/.rels", ROOT_RELS, 0},
	                              {"xl/_rels/workbook.xml.rels", BOOK_RELS, 0},
	                              {"xl/workbook.xml", BOOK("", SHEET("甲", "r1", "")), 0},
	                              {"xl/styles.xml", STYLES, 0},
	                              {"xl/strings.xml", STRINGS, 0},
	                              {"xl/worksheets/a.xml", sheet, n}};
	return zip_make(a, e, ARRAY_LEN(e));
}

#endif
