/* XLSX reader: the workbook's small parts whole, its strings in memory, the sheet as a stream.
 * Formulas give the value they had when saved; of merged cells the first holds the value; hidden
 * sheets are not offered; nothing outside the file is ever looked up. */
#include <string.h>

#include "doc/table_ops.h"
#include "doc/xlsx_sheet.h"
#include "doc/zip_in.h"

enum {
	SHEETS_MAX = 1024,
	RELS_MAX = 4096,
	NAME_MAX_BYTES = 1024, /* of a sheet, part or relation */
	STYLES_MAX = 65536,
	STRINGS_MAX = 2 * 1024 * 1024,
	STRINGS_BYTES_MAX = 64 * 1024 * 1024,
	STRING_BLOCK = 1024 * 1024
};

struct rel {
	const char *id, *type, *target;
};

struct sheet_ref {
	const char *name, *rel;
};

/* One part being read, with what is gathered from all of them. */
struct xlsx {
	struct arena *a;
	struct zip_in *zip;
	struct xml_in *xml; /* of the part that runs */
	struct xlsx_book book;

	struct rel *rels;
	size_t n_rels;
	struct sheet_ref *sheets;
	size_t n_sheets;

	u8 *styles;
	u8 *custom; /* format of the ids from 164 on: 1 + enum num_format */
	bool in_cell_xfs;

	const char **strings;
	size_t cap_strings, string_bytes;
	char *block;
	size_t block_left;
	struct buf si;
	struct xlsx_text text;
	bool in_si;

	struct zip_part *part;
	struct xlsx_sheet *sheet;
};

/* A copy of an attribute; stops the parser when it is missing or absurdly long. */
static const char *keep(struct xlsx *x, const char *s)
{
	if (!s || strlen(s) > NAME_MAX_BYTES) {
		xml_damaged(x->xml);
		return "";
	}
	return arena_strdup(x->a, s);
}

static void ignore_end(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
}

/* ---- relations ---- */

static void rels_start(void *ctx, const char *name, const char **attrs)
{
	struct xlsx *x = ctx;
	if (strcmp(name, "Relationship") != 0)
		return;
	/* Links to the outside are of no use here and may be many. */
	const char *mode = xml_attr(attrs, "TargetMode");
	if (mode && !strcmp(mode, "External"))
		return;
	if (x->n_rels == RELS_MAX) {
		xml_damaged(x->xml);
		return;
	}
	x->rels[x->n_rels++] = (struct rel){.id = keep(x, xml_attr(attrs, "Id")),
	                                    .type = keep(x, xml_attr(attrs, "Type")),
	                                    .target = keep(x, xml_attr(attrs, "Target"))};
}

static const struct xml_handlers rels_handlers = {.start = rels_start, .end = ignore_end};

/* The last word of the type: transitional and strict workbooks differ in what is before it. */
static bool is_type(const struct rel *r, const char *type)
{
	const char *slash = strrchr(r->type, '/');
	return slash && !strcmp(slash + 1, type);
}

static const struct rel *rel_of_type(const struct xlsx *x, const char *type)
{
	for (size_t i = 0; i < x->n_rels; i++)
		if (is_type(&x->rels[i], type))
			return &x->rels[i];
	return NULL;
}

/* Target as a name in the ZIP: absolute, or from the folder of `from`. */
static const char *part_name(struct arena *a, const char *from, const char *target)
{
	if (*target == '/')
		return target + 1;
	const char *slash = strrchr(from, '/');
	size_t dir = slash ? (size_t)(slash - from) : 0;
	for (;;) {
		if (!strncmp(target, "./", 2)) {
			target += 2;
		} else if (!strncmp(target, "../", 3)) {
			target += 3;
			while (dir && from[dir - 1] != '/')
				dir--;
			dir -= dir > 0;
		} else {
			break;
		}
	}
	return dir ? arena_printf(a, "%.*s/%s", (int)dir, from, target) : arena_strdup(a, target);
}

/* ---- reading one part ---- */

/* Missing parts are an error when needed, else nothing happens. */
static err_t read_part(struct xlsx *x, struct errs *e, const struct xml_handlers *h,
                       const char *name, bool needed)
{
	struct zip_part *p;
	bool end;
	TRY(zip_part_open(x->zip, e, name, &p));
	if (!p)
		return needed ? errs_set(e, ERR_IMPORT_DAMAGED, EP({"part", name})) : ERR_OK;
	x->xml = xml_open(x->a, h, x, zip_part_read, p, zip_part_name(p));
	TRY(xml_step(x->xml, e, &end));
	zip_part_close(p);
	return ERR_OK;
}

static err_t read_rels(struct xlsx *x, struct errs *e, const char *part)
{
	const char *slash = strrchr(part, '/');
	int dir = slash ? (int)(slash - part) + 1 : 0;
	x->n_rels = 0;
	return read_part(x, e, &rels_handlers,
	                 arena_printf(x->a, "%.*s_rels/%s.rels", dir, part, part + dir), false);
}

/* ---- workbook ---- */

static void book_start(void *ctx, const char *name, const char **attrs)
{
	struct xlsx *x = ctx;
	if (!strcmp(name, "workbookPr")) {
		const char *v = xml_attr(attrs, "date1904");
		x->book.date1904 = v && (*v == '1' || *v == 't');
	} else if (!strcmp(name, "sheet")) {
		const char *state = xml_attr(attrs, "state");
		if (state && strcmp(state, "visible") != 0)
			return;
		if (x->n_sheets == SHEETS_MAX) {
			xml_damaged(x->xml);
			return;
		}
		x->sheets[x->n_sheets++] = (struct sheet_ref){
			.name = keep(x, xml_attr(attrs, "name")),
			.rel = keep(x, xml_attr(attrs, "id")),
		};
	}
}

static const struct xml_handlers book_handlers = {.start = book_start, .end = ignore_end};

static const struct rel *rel_by_id(const struct xlsx *x, const char *id)
{
	for (size_t i = 0; i < x->n_rels; i++)
		if (!strcmp(x->rels[i].id, id))
			return &x->rels[i];
	return NULL;
}

/* Sheets of charts and dialogs have no rows. */
static void drop_other_sheets(struct xlsx *x)
{
	size_t n = 0;
	for (size_t i = 0; i < x->n_sheets; i++) {
		const struct rel *r = rel_by_id(x, x->sheets[i].rel);
		if (r && is_type(r, "worksheet"))
			x->sheets[n++] = x->sheets[i];
	}
	x->n_sheets = n;
}

/* Opens the ZIP, finds the workbook part and reads its sheets and relations. */
static err_t open_book(struct xlsx *x, struct errs *e, struct doc_input in, const char **book)
{
	x->rels = ARENA_ARRAY(x->a, RELS_MAX, struct rel);
	x->sheets = ARENA_ARRAY(x->a, SHEETS_MAX, struct sheet_ref);
	TRY(zip_in_open(x->a, e, in, &x->zip));
	TRY(read_rels(x, e, ""));
	const struct rel *r = rel_of_type(x, "officeDocument");
	*book = r ? part_name(x->a, "", r->target) : "xl/workbook.xml";
	struct zip_part *p;
	TRY(zip_part_open(x->zip, e, *book, &p));
	if (!p)
		return errs_set(e, ERR_IMPORT_WORKBOOK, NULL);
	zip_part_close(p);
	TRY(read_part(x, e, &book_handlers, *book, true));
	TRY(read_rels(x, e, *book));
	drop_other_sheets(x);
	/* A text document and a workbook without a single visible table look the same here. */
	return x->n_sheets ? ERR_OK : errs_set(e, ERR_IMPORT_WORKBOOK, NULL);
}

/* ---- styles ---- */

static unsigned number_attr(const char **attrs, const char *name)
{
	const char *s = xml_attr(attrs, name);
	return s ? (unsigned)strtoul(s, NULL, 10) : 0;
}

static void styles_start(void *ctx, const char *name, const char **attrs)
{
	struct xlsx *x = ctx;
	if (!strcmp(name, "numFmt")) {
		unsigned id = number_attr(attrs, "numFmtId");
		const char *code = xml_attr(attrs, "formatCode");
		if (id < STYLES_MAX && code)
			x->custom[id] = (u8)(1 + num_format_code(code));
	} else if (!strcmp(name, "cellXfs")) {
		x->in_cell_xfs = true;
	} else if (!strcmp(name, "xf") && x->in_cell_xfs && x->book.n_styles < STYLES_MAX) {
		unsigned id = number_attr(attrs, "numFmtId");
		bool custom = id < STYLES_MAX && x->custom[id];
		x->styles[x->book.n_styles++] = (u8)(custom ? x->custom[id] - 1
		                                            : (int)num_format_builtin(id));
	}
}

static void styles_end(void *ctx, const char *name)
{
	struct xlsx *x = ctx;
	if (!strcmp(name, "cellXfs"))
		x->in_cell_xfs = false;
}

static const struct xml_handlers styles_handlers = {.start = styles_start, .end = styles_end};

/* ---- shared strings ---- */

static void add_string(struct xlsx *x)
{
	size_t n = x->si.n ? xlsx_unescape(x->si.p, x->si.n) : 0;
	x->string_bytes += n + 1;
	if (x->book.n_strings == STRINGS_MAX || x->string_bytes > STRINGS_BYTES_MAX) {
		xml_stop(x->xml, errs_set(xml_errs(x->xml), ERR_IMPORT_BOMB, NULL));
		return;
	}
	if (x->book.n_strings == x->cap_strings) {
		size_t cap = x->cap_strings ? x->cap_strings * 2 : 1024;
		const char **p = ARENA_ARRAY(x->a, cap, const char *);
		if (x->cap_strings)
			memcpy(p, x->strings, x->cap_strings * sizeof *p);
		x->strings = p;
		x->cap_strings = cap;
	}
	if (n + 1 > x->block_left) {
		x->block_left = n + 1 > STRING_BLOCK ? n + 1 : STRING_BLOCK;
		x->block = arena_alloc(x->a, x->block_left);
	}
	if (n)
		memcpy(x->block, x->si.p, n);
	x->block[n] = '\0';
	x->strings[x->book.n_strings++] = x->block;
	x->block += n + 1;
	x->block_left -= n + 1;
}

static void strings_start(void *ctx, const char *name, const char **attrs)
{
	struct xlsx *x = ctx;
	(void)attrs;
	if (x->in_si) {
		xlsx_text_start(&x->text, name);
	} else if (!strcmp(name, "si")) {
		x->in_si = true;
		x->text = (struct xlsx_text){0};
		x->si.n = 0;
	}
}

static void strings_end(void *ctx, const char *name)
{
	struct xlsx *x = ctx;
	if (!x->in_si)
		return;
	xlsx_text_end(&x->text, name);
	if (!strcmp(name, "si")) {
		x->in_si = false;
		add_string(x);
	}
}

static void strings_text(void *ctx, const char *s, size_t n)
{
	struct xlsx *x = ctx;
	if (!x->in_si || !x->text.in_t)
		return;
	buf_write(&x->si, s, n);
	if (buf_over(&x->si))
		xml_stop(x->xml, errs_set(xml_errs(x->xml), ERR_IMPORT_BOMB, NULL));
}

static const struct xml_handlers strings_handlers = {
	.start = strings_start, .end = strings_end, .text = strings_text};

/* ---- the reader ---- */

static err_t read_related(struct xlsx *x, struct errs *e, const struct xml_handlers *h,
                          const char *book, const char *type)
{
	const struct rel *r = rel_of_type(x, type);
	return r ? read_part(x, e, h, part_name(x->a, book, r->target), true) : ERR_OK;
}

static err_t choose_sheet(struct xlsx *x, struct errs *e, const char *name,
                          const struct sheet_ref **out)
{
	struct buf all = buf_new(x->a, 4096);
	for (size_t i = 0; i < x->n_sheets; i++) {
		if (!name || !strcmp(name, x->sheets[i].name)) {
			*out = &x->sheets[i];
			return ERR_OK;
		}
		buf_printf(&all, "%s%s", i ? ", " : "", x->sheets[i].name);
	}
	return errs_set(e, ERR_IMPORT_SHEET, EP({"sheet", name}, {"sheets", buf_str(&all)}));
}

static err_t xlsx_next(struct table_reader *r, struct errs *e, const struct table_row **row)
{
	struct xlsx *x = r->state;
	TRY(xlsx_sheet_next(x->sheet, e, row));
	zip_part_progress(x->part, &r->done, &r->total);
	return ERR_OK;
}

static const struct reader_ops xlsx_ops = {.next = xlsx_next};

err_t xlsx_open(struct table_reader *r, struct errs *e, struct doc_input in,
                const struct table_read *how)
{
	struct xlsx *x = ARENA_NEW(r->a, struct xlsx);
	const char *book;
	const struct sheet_ref *chosen = NULL;
	x->a = r->a;
	TRY(open_book(x, e, in, &book));
	TRY(choose_sheet(x, e, how->sheet, &chosen));
	x->custom = ARENA_ARRAY(r->a, STYLES_MAX, u8);
	x->styles = ARENA_ARRAY(r->a, STYLES_MAX, u8);
	x->si = buf_new(r->a, TABLE_FIELD_MAX);
	TRY(read_related(x, e, &styles_handlers, book, "styles"));
	TRY(read_related(x, e, &strings_handlers, book, "sharedStrings"));
	x->book.styles = x->styles;
	x->book.strings = x->strings;

	const char *name = part_name(r->a, book, rel_by_id(x, chosen->rel)->target);
	TRY(zip_part_open(x->zip, e, name, &x->part));
	if (!x->part)
		return errs_set(e, ERR_IMPORT_DAMAGED, EP({"part", name}));
	x->sheet = xlsx_sheet_open(r->a, &x->book, zip_part_read, x->part, name);
	r->format = TABLE_XLSX;
	r->sheet = chosen->name;
	r->ops = &xlsx_ops;
	r->state = x;
	return ERR_OK;
}

err_t xlsx_sheets(struct arena *a, struct errs *e, struct doc_input in, const char *const **names,
                  size_t *n)
{
	struct xlsx *x = ARENA_NEW(a, struct xlsx);
	const char *book;
	x->a = a;
	TRY(open_book(x, e, in, &book));
	const char **list = ARENA_ARRAY(a, x->n_sheets, const char *);
	for (size_t i = 0; i < x->n_sheets; i++)
		list[i] = x->sheets[i].name;
	*names = list;
	*n = x->n_sheets;
	return ERR_OK;
}
