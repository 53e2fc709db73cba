/* Tables: recognises the format, finds the titles, hands out rows; the writers' common part. */
#include "doc/table.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "doc/table_ops.h"

/* A reader or writer never needs more; what comes from a file is capped well before. */
enum { READER_ARENA = 384 * 1024 * 1024, WRITER_ARENA = 64 * 1024 * 1024, HEAD = 4096 };

static const char *const format_names[] = {
	[TABLE_CSV] = "csv", [TABLE_XLSX] = "xlsx", [TABLE_NDJSON] = "ndjson"};

bool table_format_by_name(const char *name, enum table_format *out)
{
	for (size_t i = 0; i < ARRAY_LEN(format_names); i++) {
		if (strcmp(name, format_names[i]) == 0) {
			*out = (enum table_format)i;
			return true;
		}
	}
	return false;
}

/* ---- input ---- */

static void free_arena(void *a)
{
	arena_free(a);
}

enum content { CONTENT_CSV, CONTENT_ZIP, CONTENT_OLE, CONTENT_HTML };

static enum content recognise(const char *p, size_t n)
{
	static const struct {
		const char *magic;
		enum content content;
	} magics[] = {
		{"PK\3\4", CONTENT_ZIP},
		{"PK\5\6", CONTENT_ZIP},
		{"\xD0\xCF\x11\xE0", CONTENT_OLE},
		/* Many web systems hand out HTML or XML under the name .xls. */
		{"<html", CONTENT_HTML},
		{"<table", CONTENT_HTML},
		{"<!doctype", CONTENT_HTML},
		{"<?xml", CONTENT_HTML},
		{"<meta", CONTENT_HTML},
		{"<style", CONTENT_HTML},
	};
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < ARRAY_LEN(magics); i++) {
			size_t len = strlen(magics[i].magic);
			if (n >= len && !strncasecmp(p, magics[i].magic, len))
				return magics[i].content;
		}
		if (n >= 3 && !memcmp(p, "\xEF\xBB\xBF", 3)) {
			p += 3;
			n -= 3;
		}
		while (n && strchr(" \t\r\n", *p) && *p) {
			p++;
			n--;
		}
	}
	return CONTENT_CSV;
}

/* An encrypted workbook lies in the same container as the old format. */
static bool ole_is_encrypted(FILE *f)
{
	static const char name[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";
	enum { N = sizeof name };
	char buf[HEAD + N];
	size_t keep = 0, got;
	rewind(f);
	while ((got = fread(buf + keep, 1, HEAD, f)) > 0) {
		if (memmem(buf, keep + got, name, N))
			return true;
		size_t n = keep + got;
		keep = n < N ? n : N;
		memmove(buf, buf + n - keep, keep);
	}
	return false;
}

static err_t recognise_input(struct arena *a, struct errs *e, struct doc_input in,
                             enum content *content)
{
	FILE *f = NULL;
	i64 size;
	char head[HEAD];
	TRY(doc_stream(a, e, in, &f, &size));
	size_t n = fread(head, 1, sizeof head, f);
	*content = recognise(head, n);
	if (*content == CONTENT_HTML)
		return errs_set(e, ERR_IMPORT_XLS, NULL);
	if (*content == CONTENT_OLE)
		return errs_set(e, ole_is_encrypted(f) ? ERR_IMPORT_PASSWORD : ERR_IMPORT_XLS,
		                NULL);
	return ERR_OK;
}

/* ---- reading ---- */

static const struct cell empty_cell = {.text = "", .kind = CELL_EMPTY};

const struct cell *table_cell(const struct table_row *row, size_t i)
{
	return i < row->n ? &row->cells[i] : &empty_cell;
}

static bool is_blank(const struct table_row *row)
{
	for (size_t i = 0; i < row->n; i++)
		if (row->cells[i].kind != CELL_EMPTY)
			return false;
	return true;
}

err_t table_next(struct table_reader *r, struct errs *e, const struct table_row **row)
{
	const struct reader_ops *ops = r->ops;
	*row = r->held;
	r->held = NULL;
	if (*row)
		return ERR_OK;
	do {
		TRY(ops->next(r, e, row));
	} while (*row && is_blank(*row));
	return ERR_OK;
}

/* A, B … Z, AA: how a spreadsheet names its columns. */
static const char *column_letters(struct arena *a, size_t i)
{
	char s[8];
	size_t at = sizeof s - 1;
	s[at] = '\0';
	for (i++; i; i = (i - 1) / 26)
		s[--at] = (char)('A' + (i - 1) % 26);
	return arena_strdup(a, s + at);
}

static err_t read_titles(struct table_reader *r, struct errs *e, i64 title_row)
{
	const struct table_row *row;
	do {
		TRY(table_next(r, e, &row));
	} while (row && title_row > 0 && row->number < title_row);
	if (!row)
		return errs_set(e, ERR_IMPORT_EMPTY, NULL);
	size_t n = row->n;
	while (n && row->cells[n - 1].kind == CELL_EMPTY && title_row >= 0)
		n--;
	const char **titles = ARENA_ARRAY(r->a, n, const char *);
	for (size_t i = 0; i < n; i++)
		titles[i] = title_row < 0 ? column_letters(r->a, i)
		                          : arena_strdup(r->a, row->cells[i].text);
	r->columns = titles;
	r->n_columns = n;
	r->title_row = title_row < 0 ? 0 : row->number;
	if (title_row < 0)
		r->held = row;
	return ERR_OK;
}

err_t table_open(struct arena *a, struct errs *e, struct doc_input in, const struct table_read *how,
                 struct table_reader **out)
{
	enum content content;
	struct arena *own = arena_new(READER_ARENA);
	struct table_reader *r = ARENA_NEW(own, struct table_reader);
	r->a = own;
	arena_defer(a, free_arena, own);
	TRY(recognise_input(own, e, in, &content));
	TRY((content == CONTENT_ZIP ? xlsx_open : csv_open)(r, e, in, how));
	TRY(read_titles(r, e, how->title_row));
	*out = r;
	return ERR_OK;
}

void table_close(struct table_reader *r)
{
	/* The empty arena itself goes with its owner. */
	arena_reset(r->a);
}

err_t table_sheets(struct arena *a, struct errs *e, struct doc_input in, const char *const **names,
                   size_t *n)
{
	enum content content;
	struct arena *own = arena_new(READER_ARENA);
	*n = 0;
	*names = NULL;
	err_t rc = recognise_input(own, e, in, &content);
	if (!rc && content == CONTENT_ZIP) {
		const char *const *inner;
		rc = xlsx_sheets(own, e, in, &inner, n);
		const char **copy = ARENA_ARRAY(a, *n, const char *);
		for (size_t i = 0; i < *n; i++)
			copy[i] = arena_strdup(a, inner[i]);
		*names = copy;
	}
	arena_free(own);
	return rc;
}

/* ---- writing ---- */

bool civil_time(const char *zone, i64 us, day_t *day, int *second)
{
	i64 offset;
	if (!zone || !zone_offset(zone, us, &offset))
		return false;
	i64 local = us + offset, in_day = local % US_PER_DAY;
	if (in_day < 0)
		in_day += US_PER_DAY;
	*day = (day_t)((local - in_day) / US_PER_DAY);
	*second = (int)(in_day / US_PER_SEC);
	return true;
}

err_t table_writer_new(struct arena *a, struct errs *e, enum table_format format, FILE *out,
                       const struct table_write *how, const struct table_column *cols,
                       size_t n_cols, struct table_writer **res)
{
	static const struct writer_ops *const ops[] = {[TABLE_CSV] = &csv_writer_ops,
	                                               [TABLE_XLSX] = &xlsx_writer_ops,
	                                               [TABLE_NDJSON] = &ndjson_writer_ops};
	struct arena *own = arena_new(WRITER_ARENA);
	arena_defer(a, free_arena, own);
	struct table_writer *w = ARENA_NEW(own, struct table_writer);
	struct table_column *copy = ARENA_ARRAY(own, n_cols, struct table_column);
	for (size_t i = 0; i < n_cols; i++) {
		copy[i] = cols[i];
		copy[i].key = arena_strdup(own, cols[i].key);
		copy[i].title = arena_strdup(own, cols[i].title);
	}
	*w = (struct table_writer){.a = own,
	                           .row = arena_child(own),
	                           .out = out,
	                           .how = {.zone = arena_strdup(own, how->zone),
	                                   .sheet = arena_strdup(own, how->sheet),
	                                   .tmpdir = arena_strdup(own, how->tmpdir),
	                                   .no_bom = how->no_bom,
	                                   .separator = how->separator},
	                           .cols = copy,
	                           .n_cols = n_cols,
	                           .ops = ops[format]};
	*res = w;
	return ops[format]->begin(w, e);
}

err_t table_write_row(struct table_writer *w, struct errs *e, const struct table_value *values)
{
	const struct writer_ops *ops = w->ops;
	arena_reset(w->row);
	TRY(ops->row(w, e, values));
	w->rows++;
	return ERR_OK;
}

err_t table_write_end(struct table_writer *w, struct errs *e)
{
	const struct writer_ops *ops = w->ops;
	TRY(ops->end(w, e));
	if (fflush(w->out) || ferror(w->out))
		return errs_fail(e, ERR_UNAVAILABLE, "write: %s", strerror(errno));
	return ERR_OK;
}
