/* One row of an import before anything is written: cells to values. Private to the import. */
#ifndef TRIPOD_IMPORT_ROW_H
#define TRIPOD_IMPORT_ROW_H

#include "core/import.h"
#include "core/import_map.h"

/* The zone of dates without one. */
#define IMPORT_ZONE "Asia/Shanghai"

struct import_cell {
	const char *text; /* trimmed; "" when empty or among the map's `empty` */
	const char *bad;  /* the spreadsheet's own error, or NULL */
};

/* What a map value came to. */
struct import_value {
	enum { VALUE_NONE, VALUE_SET, VALUE_REF } kind;
	struct val v;     /* VALUE_SET */
	const char *text; /* VALUE_REF: what to look up */
};

struct import_record {
	bool active;                 /* its `when` holds */
	struct import_value *fields; /* as those of the map's record */
	const char *day;             /* `occurred`, or NULL */
};

struct import_row {
	i64 number;
	size_t index; /* among the rows that were read */
	struct import_cell *cells;
	bool skipped;
	size_t first_error, n_errors; /* field errors in cx->e.fields, see import_row_translate */
	struct import_record *records;
};

/* The cells that the map needs, copied. */
struct import_row *import_row_make(struct arena *a, const struct import_map *m,
                                   const struct table_row *from, const bool *need, size_t n);
/* Values of all fields; asks the lookups for what writing will want. Field errors are added to
 * cx->e under the names of import_error. */
void import_row_translate(struct ctx *cx, const struct import_map *m, struct import_row *row);
/* "name", or "account.name" beside the main record. */
const char *import_field_name(struct arena *a, const struct map_record *r, const char *field);

#endif
