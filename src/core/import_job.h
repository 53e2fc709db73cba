/* An import under way: what its files share. Private to the import. */
#ifndef TRIPOD_IMPORT_JOB_H
#define TRIPOD_IMPORT_JOB_H

#include "core/import_row.h"
#include "core/record.h"

/* A ref to a row further down, waiting for the last row. */
struct deferred {
	i64 row, id;
	const struct map_record *r;
	const struct map_value *v;
	const char *text;
	enum { WAS_CREATED, WAS_UPDATED, WAS_UNCHANGED } outcome;
};

struct import_job {
	struct ctx *cx;
	const struct import_in *in;
	struct arena *a; /* the result's */
	struct import_map *m;
	struct import_result *res;
	/* of one pass */
	struct arena *pass, *batch;
	bool *need;
	struct table_reader *reader;
	struct deferred *deferred;
	size_t n_deferred, cap_deferred;
	size_t cap_errors;
	/* rows found wrong by an earlier pass, in order */
	struct import_error *known;
	size_t n_known, at_known;
	bool again;
	bool careful; /* batches stand in savepoints */
	bool fallen;  /* the batch must be taken back */
	struct import_row **rows;
	size_t n_rows;
};

/* import_write.c: writes the records of a translated row; counts them in the result. Field errors
 * are in cx->e under the names of import_error. */
MUST_USE err_t import_write_row(struct import_job *j, const struct import_row *row);
/* Fills in a ref to a row further down. */
MUST_USE err_t import_fill(struct import_job *j, const struct deferred *d, i64 id, bool *changed);
/* The count of an entity beside the main one. */
struct import_count *import_count_of(struct import_result *r, const struct entity *e);

#endif
