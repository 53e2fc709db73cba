/* tar archives, as every tar reads them (POSIX ustar; sizes over 8 GiB in base 256): plain files with
 * names of up to 99 bytes, one after the other, nothing else.
 *
 *	struct tar_out *t;
 *	TRY(tar_create(a, e, "x.tar", &t));
 *	TRY(tar_add_file(t, e, "files/ab", path, hash));
 *	TRY(tar_add_text(t, e, "manifest.json", text, n));
 *	TRY(tar_finish(t, e));
 *
 * All answer ERR_UNAVAILABLE when the disk refuses, with the path in the log. */
#ifndef TRIPOD_TAR_H
#define TRIPOD_TAR_H

#include "base/err.h"
#include "base/hash.h"

struct tar_out;
/* Must not exist yet. Begun under another name beside it, which tar_finish() changes. */
MUST_USE err_t tar_create(struct arena *a, struct errs *e, const char *path, struct tar_out **out);
/* hash gets the SHA-256 of what was written; size may be NULL. */
MUST_USE err_t tar_add_file(struct tar_out *t, struct errs *e, const char *name, const char *path,
                            char hash[SHA256_HEX], i64 *size);
MUST_USE err_t tar_add_text(struct tar_out *t, struct errs *e, const char *name, const char *text,
                            size_t n);
/* Ends, syncs and names it. Without it nothing is left. */
MUST_USE err_t tar_finish(struct tar_out *t, struct errs *e);

struct tar_in;
MUST_USE err_t tar_open(struct arena *a, struct errs *e, const char *path, struct tar_in **out);
/* The next member; *name NULL at the end. ERR_BAD_REQUEST {reason} for what is no such archive. */
MUST_USE err_t tar_next(struct tar_in *t, struct errs *e, const char **name, i64 *size);
/* The content of the member goes to `to` (NULL: nowhere), and its SHA-256 to hash. */
MUST_USE err_t tar_extract(struct tar_in *t, struct errs *e, const char *to, char hash[SHA256_HEX]);
/* A member of at most max bytes as text in the arena. */
MUST_USE err_t tar_text(struct tar_in *t, struct errs *e, i64 max, const char **text);

#endif
