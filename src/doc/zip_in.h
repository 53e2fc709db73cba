/* Reading parts of a ZIP from outside: capped against bombs, checked by CRC.  Private to src/doc/.
 * Caps: number of entries, bytes inflated in all, and the ratio once a part is large. */
#ifndef TRIPOD_ZIP_IN_H
#define TRIPOD_ZIP_IN_H

#include "doc/table.h"

struct zip_in;
struct zip_part;

/* Closed with the arena. ERR_IMPORT_FILE, ERR_IMPORT_DAMAGED, ERR_IMPORT_BOMB, ERR_TOO_BIG. */
MUST_USE err_t zip_in_open(struct arena *a, struct errs *e, struct doc_input in,
                           struct zip_in **out);
/* *out is NULL when there is no such part. Closed by zip_part_close() or with the arena.
 * ERR_IMPORT_BOMB, ERR_IMPORT_DAMAGED. */
MUST_USE err_t zip_part_open(struct zip_in *z, struct errs *e, const char *name,
                             struct zip_part **out);
/* *got = 0 at the end, when length and CRC were right. */
MUST_USE err_t zip_part_read(void *part, struct errs *e, void *buf, size_t n, size_t *got);
void zip_part_close(struct zip_part *p);
const char *zip_part_name(const struct zip_part *p);
/* Bytes read so far, and as the directory says in all. */
void zip_part_progress(const struct zip_part *p, i64 *done, i64 *total);

#endif
