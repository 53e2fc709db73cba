/* Imports that people start in the UI: an uploaded file, looked at, tried and taken in.
 *
 * The file is kept by its hash; a row of import_run says what became of it.  A run is done by a
 * thread of its own, at most RUNS_MAX at a time in a process; progress is told from memory while
 * it runs here.  States: uploaded, checking (dry run), checked, running, done, failed, cancelled. */
#ifndef TRIPOD_IMPORT_RUNS_H
#define TRIPOD_IMPORT_RUNS_H

#include "core/import.h"

enum { IMPORT_RUNS_MAX = 2 };

struct import_file {
	i64 id, owner_id;
	const struct entity *e;
	const char *file_name, *hash, *path; /* path NULL when the content is gone */
	const char *state;
};

/* Keeps a file that was stored (core/files.h). */
MUST_USE err_t import_file_add(struct ctx *cx, const struct entity *e, const char *file_name,
                               const char *hash, i64 *id);
/* One's own, or anybody's with import.run for all: else ERR_NOT_FOUND. */
MUST_USE err_t import_file_get(struct ctx *cx, i64 id, struct import_file *out);

/* How the file is to be read, where it was not recognised right; zero = as seen. */
struct import_look {
	const char *encoding, *sheet;
	i64 title_row;
};
/* {format, encoding, separator, sheets, sheet, title_row, columns:[{name, field}], map (suggested,
 * or null), sample:[{number, cells}]}: the first rows as they stand in the file. */
MUST_USE err_t import_file_look(struct ctx *cx, const struct import_file *f,
                                const struct import_look *how, struct jw *w);

struct import_choice {
	const json_t *map; /* NULL = the suggested one */
	enum import_duplicates duplicates;
	bool partial;
};
/* {created, updated, skipped, failed, columns, rows:[{number, state, cells, errors:[{column, field,
 * code, message}]}]}: the first rows tried and taken back; state create, update, skip or error. */
MUST_USE err_t import_file_preview(struct ctx *cx, const struct import_file *f,
                                   const struct import_choice *c, struct jw *w);
/* Begins the run (or the dry run). ERR_CONFLICT when one is under way, ERR_DB_BUSY when all
 * threads are taken. Mistakes of the map are answered at once. */
MUST_USE err_t import_file_start(struct ctx *cx, const struct import_file *f,
                                 const struct import_choice *c, bool dry_run);
/* ERR_CONFLICT when none is under way. */
MUST_USE err_t import_file_cancel(struct ctx *cx, const struct import_file *f);
/* The run as an object: id, entity, file_name, state, progress (0–100), rows, created, updated,
 * skipped, failed, written, errors, also, map, options, has_errors_file, problem, times. */
MUST_USE err_t import_file_write(struct ctx *cx, const struct import_file *f, struct jw *w);
/* {items:[…]}: the newest runs that the actor may see, at most 50. */
MUST_USE err_t import_files_list(struct ctx *cx, struct jw *w);
/* Where the workbook of wrong rows is; NULL when there is none. */
MUST_USE err_t import_file_errors(struct ctx *cx, const struct import_file *f, const char **path);

/* Before the database is closed: cancels what runs in this process and waits. */
void import_runs_stop(void);

#endif
