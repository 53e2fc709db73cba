/* Files: contents kept by their SHA-256 in one folder, shared by all processes.
 *
 * A content is there once, whoever uploaded it, and never changes; which record it belongs to and
 * who may see it is said by rows (entity attachment).  FOLDER/ab/cdef… : the first two digits name
 * the folder.  FOLDER/tmp holds uploads on their way.
 *
 * A hash is kept in a column whose name ends with "file_hash", and nowhere else: a content that no
 * such column of any table names is an orphan, and is removed a day after it was last brought. */
#ifndef TRIPOD_FILES_H
#define TRIPOD_FILES_H

#include "base/hash.h"
#include "core/ctx.h"

/* Once at start; makes the folder. ERR_UNAVAILABLE. */
MUST_USE err_t files_start(const char *folder, struct errs *e);
const char *files_tmp(void); /* for the server's uploads: the same file system */

struct stored_file {
	char hash[SHA256_HEX];
	i64 size;
	const char *type; /* by content, then by name where the content does not tell */
};

/* Takes the file at `path` over: it is moved, also over the same content, which is fresh again then
 * and has a day until a row must name it. On return it is durable. ERR_UNAVAILABLE when the disk refuses. */
MUST_USE err_t file_keep(struct ctx *cx, const char *path, const char *name,
                         struct stored_file *out);
/* Where a content is; NULL when `hash` is none or it is not there. */
const char *file_find(struct ctx *cx, const char *hash);
/* Removes uploads that a killed process left on their way more than a day ago, by the disk's clock. */
void files_sweep(void);
struct files_swept {
	i64 named, removed, bytes; /* files that rows name; orphans, and their size */
	const char *refused;       /* why nothing was removed, or NULL: English, for the log */
};
/* Removes the contents that no row of this database names and that nobody brought for a day, by the
 * disk's clock. Refuses when another database uses the folder too, or when this one names nothing
 * of what is there: then it is not this database's folder. */
MUST_USE err_t files_sweep_orphans(struct ctx *cx, struct files_swept *out);
/* Media type from the first bytes and the name. Static text. */
const char *file_type(const void *head, size_t n, const char *name);

#endif
