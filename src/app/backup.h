/* Inside of backup and restore: what their two files share. */
#ifndef TRIPOD_BACKUP_H
#define TRIPOD_BACKUP_H

#include "app/command.h"
#include "base/json.h"
#include "doc/tar.h"

struct backup {
	struct ctx *cx; /* reads one moment of the database */
	struct tar_out *tar;
	bool tables; /* PostgreSQL: the tables one by one */
	struct jw parts;
	i64 n_parts, n_files, n_missing;
};
/* A file becomes part `name`, with its hash in the manifest. */
MUST_USE err_t backup_part(struct backup *b, const char *name, const char *path);

/* backup_tables.c, PostgreSQL: each table is part tables/NAME, lines of JSON: the names of its
 * columns, then the rows, each an array. */
MUST_USE err_t backup_tables(struct backup *b);
/* Opens the target (rn->db), which must hold no tables; with force those that it has go. Makes the
 * schema of that version and empties it of what that put there. */
MUST_USE err_t restore_begin(struct run *rn, struct errs *e, int version, bool force, bool *empty);
MUST_USE err_t restore_table(struct run *rn, struct tar_in *t, struct errs *e, const char *name);
/* Numbers go on behind those that are there. */
MUST_USE err_t restore_end(struct run *rn, struct errs *e);

#endif
