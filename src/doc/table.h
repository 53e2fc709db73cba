/* Tables in and out: rows of text from CSV and XLSX files, typed rows to CSV, XLSX and ndjson.
 *
 * Reading:
 *	struct table_reader *r;
 *	const struct table_row *row;
 *	TRY(table_open(a, e, DOC_PATH("in.xlsx"), &(struct table_read){0}, &r));
 *	... r->columns[0 … r->n_columns-1] are the titles ...
 *	for (;;) {
 *		TRY(table_next(r, e, &row));
 *		if (!row)
 *			break;
 *		use(row->number, table_cell(row, 2)->text);
 *	}
 *
 * The format is seen from the content, never from the name.  One row is in memory at a time.
 * All text is valid UTF-8 without U+0000.  Nothing is guessed silently: what cannot be read
 * exactly is refused with the row.
 *
 * Writing:
 *	struct table_writer *w;
 *	TRY(table_writer_new(a, e, TABLE_XLSX, file, &(struct table_write){.zone = "Asia/Shanghai"},
 *	                     columns, n, &w));
 *	TRY(table_write_row(w, e, (struct table_value[]){tv_text("华为"), tv_int(3)}));
 *	TRY(table_write_end(w, e)); */
#ifndef TRIPOD_TABLE_H
#define TRIPOD_TABLE_H

#include <stdio.h>

#include "base/err.h"

enum {
	TABLE_COLUMNS_MAX = 2000,
	TABLE_FIELD_MAX = 1024 * 1024,        /* bytes of one cell */
	TABLE_ROW_MAX = 4 * 1024 * 1024,      /* bytes of one row */
	TABLE_FILE_MAX = 200 * 1024 * 1024,   /* bytes of a file, as it lies on the disk */
	TABLE_INFLATE_MAX = 300 * 1024 * 1024 /* bytes inflated from one workbook */
};

enum table_format { TABLE_CSV, TABLE_XLSX, TABLE_NDJSON };
/* "csv", "xlsx", "ndjson"; false when it is none of them. */
bool table_format_by_name(const char *name, enum table_format *out);

/* A file, or bytes in memory that outlive the reader. */
struct doc_input {
	const char *path;
	const void *data;
	size_t n;
};
#define DOC_PATH(p) ((struct doc_input){.path = (p)})
#define DOC_BYTES(d, len) ((struct doc_input){.data = (d), .n = (len)})

/* What the file says about a cell. CSV knows only empty and text. */
enum cell_kind {
	CELL_EMPTY,
	CELL_TEXT,
	CELL_NUMBER, /* "-1234.5": no exponent, no separators, at most 15 significant digits */
	CELL_DATE,   /* "yyyy-mm-dd" */
	CELL_TIME,   /* "yyyy-mm-dd hh:mm:ss", civil time without a zone */
	CELL_BOOL,   /* "true", "false" */
	CELL_ERROR   /* text is empty, note is the error of the spreadsheet: "#N/A" */
};

struct cell {
	const char *text; /* never NULL */
	const char *note; /* CELL_ERROR only */
	size_t n;         /* bytes of text */
	enum cell_kind kind;
};

/* Lives until the next call of table_next(). */
struct table_row {
	i64 number; /* as a spreadsheet counts: the title row is mostly 1 */
	const struct cell *cells;
	size_t n; /* may be more or fewer than there are titles */
};

/* Cell i, or an empty one beyond the end of the row. */
const struct cell *table_cell(const struct table_row *row, size_t i);

/* How to read. All zero is right for nearly every file. */
struct table_read {
	const char *encoding; /* "auto" (NULL), "utf-8", "gb18030", "utf-16le", "utf-16be" */
	char separator;       /* ',' ';' '\t'; 0 = seen from the first line */
	const char *sheet;    /* NULL = the first that is not hidden */
	i64 title_row; /* 0 = first row with content; -1 = no titles, they become A, B, … */
};

struct table_reader {
	enum table_format format;
	const char *encoding; /* CSV: what it was read as; XLSX: NULL */
	char separator;       /* CSV */
	const char *sheet;    /* XLSX: the name of the sheet that is read */
	const char *const *columns;
	size_t n_columns;
	i64 title_row;                /* its number; 0 when there is none */
	i64 done, total;              /* bytes, for a progress bar: done / total */
	struct arena *a;              /* the reader's own */
	const void *ops;              /* the format's */
	void *state;                  /* the format's */
	const struct table_row *held; /* read already, not yet handed out */
};

/* Opens, recognises and reads up to the titles. The reader closes itself with the arena.
 * ERR_TOO_BIG {max} · ERR_IMPORT_FILE (cannot be opened) · ERR_IMPORT_EMPTY · ERR_ENUM (encoding)
 * ERR_IMPORT_XLS (old binary or HTML .xls) · ERR_IMPORT_PASSWORD · ERR_IMPORT_BOMB
 * ERR_IMPORT_DTD {part} · ERR_IMPORT_DAMAGED {part} · ERR_IMPORT_WORKBOOK (a ZIP, but no workbook)
 * ERR_IMPORT_SHEET {sheet, sheets}, and all that table_next() may answer. */
MUST_USE err_t table_open(struct arena *a, struct errs *e, struct doc_input in,
                          const struct table_read *how, struct table_reader **out);
/* The next row that has content (rows without any are passed over); NULL at the end.
 * ERR_IMPORT_ENCODING {row, encoding} · ERR_IMPORT_QUOTE {row} · ERR_IMPORT_AFTER_QUOTE {row}
 * ERR_IMPORT_COLUMNS {row, got, max} · ERR_IMPORT_FIELD {row, max} · ERR_IMPORT_ROW {row, max}
 * ERR_IMPORT_BOMB · ERR_IMPORT_DTD {part} · ERR_IMPORT_DAMAGED {part}.
 * After an error the reader is only good for closing. */
MUST_USE err_t table_next(struct table_reader *r, struct errs *e, const struct table_row **row);
/* Frees all it holds; not needed when the arena goes anyway. */
void table_close(struct table_reader *r);

/* Names of the sheets that are not hidden; none for CSV. Errors as table_open(). */
MUST_USE err_t table_sheets(struct arena *a, struct errs *e, struct doc_input in,
                            const char *const **names, size_t *n);

/* ---- writing ---- */

enum column_type {
	COLUMN_TEXT,
	COLUMN_INT,
	COLUMN_DECIMAL, /* exact text: "12.50" */
	COLUMN_MONEY,   /* fen; written in yuan with two decimals, in ndjson as whole fen */
	COLUMN_DATE,    /* text yyyy-mm-dd */
	COLUMN_TIME /* UTC microseconds; written as civil time of the zone, in ndjson as RFC 3339 */
};

struct table_column {
	const char *key;   /* of the ndjson member */
	const char *title; /* of the column */
	enum column_type type;
	int width; /* characters; 0 = by type and title */
};

struct table_value {
	bool set; /* false writes an empty cell */
	const char *s;
	i64 i;
};
static inline struct table_value tv_null(void)
{
	return (struct table_value){0};
}
/* For COLUMN_TEXT, COLUMN_DECIMAL and COLUMN_DATE; NULL is an empty cell. */
static inline struct table_value tv_text(const char *s)
{
	return (struct table_value){.set = s != NULL, .s = s};
}
/* For COLUMN_INT, COLUMN_MONEY and COLUMN_TIME. */
static inline struct table_value tv_int(i64 i)
{
	return (struct table_value){.set = true, .i = i};
}

struct table_write {
	const char *zone;   /* IANA; needed when a column is COLUMN_TIME */
	const char *sheet;  /* XLSX: name of the sheet; NULL = "Sheet1" */
	const char *tmpdir; /* XLSX: NULL = TMPDIR or /tmp */
	bool no_bom;        /* CSV: the BOM is there by default, spreadsheets need it for Chinese */
	char separator;     /* CSV: 0 = ',' */
};

struct table_writer {
	struct arena *a;   /* the writer's own */
	struct arena *row; /* reset after every row */
	FILE *out;
	struct table_write how;
	const struct table_column *cols;
	size_t n_cols;
	i64 rows; /* written, without the titles */
	const void *ops;
	void *state;
};

/* Writes the titles. `out` stays the caller's: open for writing, not sought, not closed.
 * Everything is copied but `out`.  In CSV a text that a spreadsheet would take for a formula
 * (begins with = + - @ TAB CR and is not a plain number) gets a leading apostrophe, which
 * table_next() takes off again; in XLSX text is text.
 * ERR_UNAVAILABLE when the surroundings fail (disk full). */
MUST_USE err_t table_writer_new(struct arena *a, struct errs *e, enum table_format format,
                                FILE *out, const struct table_write *how,
                                const struct table_column *cols, size_t n_cols,
                                struct table_writer **w);
/* One value per column, of its type; text is valid UTF-8.  A text over the 32,767 characters
 * that a workbook's cell can hold is cut there and ends with "…".
 * ERR_EXPORT_ROWS {max} (XLSX: 1,048,575) · ERR_UNAVAILABLE. */
MUST_USE err_t table_write_row(struct table_writer *w, struct errs *e,
                               const struct table_value *values);
/* Completes and flushes. */
MUST_USE err_t table_write_end(struct table_writer *w, struct errs *e);

#endif
