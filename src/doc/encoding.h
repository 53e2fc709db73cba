/* Text of a file as UTF-8: recognised, decoded as a stream, strict.  Private to src/doc/.
 *
 * auto: a BOM decides; else UTF-8 when the whole file is valid UTF-8; else GB18030.  A file that is
 * mostly valid UTF-8 with a few broken bytes is treated as broken UTF-8: as GB18030 it would
 * "decode" into nonsense. */
#ifndef TRIPOD_ENCODING_H
#define TRIPOD_ENCODING_H

#include <stdio.h>

#include "base/err.h"

struct text_in;

enum { TEXT_IN_BAD = -1, TEXT_IN_IO = -2, TEXT_IN_MIN = 64 };

/* f stands at its beginning and can be rewound; it stays open until the arena goes.
 * encoding: NULL or a name of struct table_read. ERR_ENUM {value, allowed}. */
MUST_USE err_t text_in_open(struct arena *a, struct errs *e, FILE *f, const char *encoding,
                            struct text_in **out);
/* At most n (>= TEXT_IN_MIN) bytes of whole characters, without BOM and U+0000.
 * 0 = end, TEXT_IN_BAD = the next bytes are no text in this encoding, TEXT_IN_IO = errno. */
i64 text_in_read(struct text_in *t, char *dst, size_t n);
/* What it is read as: "UTF-8", "GB18030", "UTF-16LE", "UTF-16BE". */
const char *text_in_encoding(const struct text_in *t);
/* Bytes of the file taken so far. */
i64 text_in_done(const struct text_in *t);

#endif
