/* What a table format gives to table.c.  Private to src/doc/. */
#ifndef TRIPOD_TABLE_OPS_H
#define TRIPOD_TABLE_OPS_H

#include "base/time.h"
#include "doc/table.h"

struct reader_ops {
	/* The next row of the file, blank or not; NULL at the end. */
	err_t (*next)(struct table_reader *r, struct errs *e, const struct table_row **row);
};

struct writer_ops {
	err_t (*begin)(struct table_writer *w, struct errs *e);
	err_t (*row)(struct table_writer *w, struct errs *e, const struct table_value *values);
	err_t (*end)(struct table_writer *w, struct errs *e);
};

/* Each fills r->ops, r->state and what it recognised. */
err_t csv_open(struct table_reader *r, struct errs *e, struct doc_input in,
               const struct table_read *how);
err_t xlsx_open(struct table_reader *r, struct errs *e, struct doc_input in,
                const struct table_read *how);
/* Names of the visible sheets, in the arena of a. */
err_t xlsx_sheets(struct arena *a, struct errs *e, struct doc_input in, const char *const **names,
                  size_t *n);

extern const struct writer_ops csv_writer_ops, xlsx_writer_ops, ndjson_writer_ops;

/* The input as a stream, closed with the arena. ERR_IMPORT_FILE, ERR_TOO_BIG. */
err_t doc_stream(struct arena *a, struct errs *e, struct doc_input in, FILE **f, i64 *size);

/* Civil day and second of the day in the zone; false when there is no such zone. */
bool civil_time(const char *zone, i64 us, day_t *day, int *second);

/* True when a spreadsheet would take this text for a formula. */
bool csv_is_formula(const char *s);

#endif
