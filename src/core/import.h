/* Import: rows of somebody else's file become records, by a map (docs/import-maps.md).
 *
 * All or nothing in one transaction, unless partial takes the good rows.  Rows go through the
 * same rules as everything that people enter: rights, field checks, hooks, events.  A row whose
 * record is there already and equal writes nothing.
 *
 *	struct import_result *r;
 *	TRY(import_run(cx, &(struct import_in){.e = e, .file = DOC_PATH("in.csv"), .map = map}, &r));
 *	import_result_write(cx, r, &w); */
#ifndef TRIPOD_IMPORT_H
#define TRIPOD_IMPORT_H

#include <stdatomic.h>
#include <stdio.h>

#include "base/json.h"
#include "core/entity.h"
#include "doc/table.h"

enum { IMPORT_ERRORS_MAX = 20000, IMPORT_PREVIEW_ROWS = 100 };

/* What to do with a row whose main record is there already. */
enum import_duplicates { IMPORT_UPDATE, IMPORT_SKIP, IMPORT_CREATE };

/* Looked at and set by other threads while the import runs. */
struct import_progress {
	_Atomic i64 rows, done, total; /* rows read; bytes read of all */
	_Atomic bool cancel;
};

struct import_in {
	const struct entity *e; /* the map's must be the same */
	const char *name;       /* of the file, for the log; or NULL */
	struct doc_input file;
	const json_t *map;    /* NULL: import_suggest() */
	const char *encoding; /* instead of the map's; NULL or "auto": as the map says */
	enum import_duplicates duplicates;
	bool dry_run;                     /* everything is tried, nothing stays */
	bool partial;                     /* wrong rows are left out, the others stay */
	i64 limit;                        /* dry run of the first rows only; 0 = all */
	struct import_progress *progress; /* or NULL */
};

struct import_error {
	i64 row; /* as a spreadsheet counts */
	const char
		*field; /* "" for the row; "account.name" for a record that is not the main one */
	i64 column;     /* of the file, from 0; -1 when no single one is to blame */
	enum err_code code;
	const char *message; /* in cx's language */
};

struct import_count {
	const struct entity *e;
	i64 created, updated, unchanged;
};

struct import_result {
	const struct entity *e;
	const json_t *map;    /* that was used */
	const char *encoding; /* how a CSV was read; NULL for a workbook */
	bool written;
	i64 rows, created, updated, skipped, failed;
	struct import_error *errors; /* in the order of rows; at most IMPORT_ERRORS_MAX */
	size_t n_errors;
	const char *
		*unmapped; /* titles of columns that nothing is read from, when no map was given */
	size_t n_unmapped;
	struct import_count *also; /* entities beside the main one */
	size_t n_also;
	/* With a limit only: what would become of each row that was read. */
	struct import_outcome {
		i64 row;
		const char *state; /* create, update, skip, error */
	} * outcomes;
	size_t n_outcomes;
};

/* Needs import.run and, by row, create or update of the entities. ERR_OK also when rows were
 * wrong: then `failed` says how many, and nothing is written unless partial.
 * ERR_FORBIDDEN · ERR_IMPORT_MAP {reason} · ERR_IMPORT_CANCELLED · what table_next() may answer;
 * nothing is written then. */
MUST_USE err_t import_run(struct ctx *cx, const struct import_in *in, struct import_result **out);

/* {rows, created, updated, skipped, failed, written, errors:[{row, field, code, message}],
 * unmapped:[title], also} */
void import_result_write(struct ctx *cx, const struct import_result *r, struct jw *w);

/* The wrong rows with all their columns and one that says why, to be mended and imported again. */
MUST_USE err_t import_errors_file(struct ctx *cx, const struct import_in *in,
                                  const struct import_result *r, enum table_format format,
                                  FILE *out);

/* A map by the headers: name of the field or its label in either language. ERR_IMPORT_MAP when
 * what names a record is not among the columns. */
MUST_USE err_t import_suggest(struct ctx *cx, const struct entity *e, const struct table_reader *r,
                              json_t **map);
/* The field that a header means by itself, "number" or "id" (docs/import-maps.md), or NULL. */
const char *import_suggest_field(struct ctx *cx, const struct entity *e, const char *header);
/* May this field be set by an import? */
bool import_takes(const struct ctx *cx, const struct field *f);
/* An empty workbook with a column for every such field, titled in cx's language. */
MUST_USE err_t import_template(struct ctx *cx, const struct entity *e, FILE *out);

extern const struct permission import_permissions[];
extern const struct event_kind import_events[];

#endif
