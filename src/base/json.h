/* JSON: strict reading through jansson, writing by an append-only writer.
 *
 * Reading rejects duplicate keys, invalid UTF-8, U+0000, trailing text; depth and size are capped.
 * The tree belongs to the arena.
 *
 * Writing:
 *	struct jw w = jw_new(a, 1 << 20);
 *	jw_obj(&w);
 *	jw_key(&w, "id");   jw_int(&w, 7);
 *	jw_kstr(&w, "name", "华为");      // key and value in one
 *	jw_key(&w, "tags"); jw_arr(&w); jw_str(&w, "a"); jw_end_arr(&w);
 *	jw_end_obj(&w);
 *	const char *text = jw_done(&w);
 * Commas are placed by the writer; misuse (value without key, unbalanced ends) panics.
 * Text that is not UTF-8 is written with U+FFFD in its place: the output is always JSON. */
#ifndef TRIPOD_JSON_H
#define TRIPOD_JSON_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

enum { JSON_DEPTH_MAX = 64, JSON_SIZE_MAX = 64 * 1024 * 1024, JW_DEPTH_MAX = 128 };

/* Any JSON value, not only objects: the caller checks the type.  *out is NULL on error.
 * ERR_BAD_JSON {reason} with line and column. */
MUST_USE err_t json_parse(struct arena *a, struct errs *e, const char *text, size_t n,
                          json_t **out);

struct jw {
	struct buf b;
	u64 has_item[JW_DEPTH_MAX / 64]; /* bit per depth: a comma is needed */
	u64 in_obj[JW_DEPTH_MAX / 64];   /* bit per depth: values need keys */
	int depth;
	bool after_key;
};

struct jw jw_new(struct arena *a, size_t max);
void jw_obj(struct jw *w);
void jw_end_obj(struct jw *w);
void jw_arr(struct jw *w);
void jw_end_arr(struct jw *w);
void jw_key(struct jw *w, const char *key);
void jw_str(struct jw *w, const char *s); /* NULL writes null */
void jw_strn(struct jw *w, const char *s, size_t n);
void jw_int(struct jw *w, i64 v);
void jw_bool(struct jw *w, bool v);
void jw_null(struct jw *w);
/* Shortest text that reads back equal, with a point or an exponent; NaN and infinities write null. */
void jw_real(struct jw *w, double v);
/* Already valid JSON. */
void jw_raw(struct jw *w, const char *json);
/* A jansson tree. */
void jw_json(struct jw *w, const json_t *j);
static inline void jw_kstr(struct jw *w, const char *k, const char *s)
{
	jw_key(w, k);
	jw_str(w, s);
}
static inline void jw_kint(struct jw *w, const char *k, i64 v)
{
	jw_key(w, k);
	jw_int(w, v);
}
static inline void jw_kbool(struct jw *w, const char *k, bool v)
{
	jw_key(w, k);
	jw_bool(w, v);
}
/* A sentence in both languages: {"zh":…,"en":…}; null when it has none. */
void jw_klabel(struct jw *w, const char *k, struct label l);
/* The text, w->b.n bytes, as long as the arena lives; NULL when it went over the maximum. */
const char *jw_done(struct jw *w);

/* Typed looks into a parsed object: NULL or the default when absent or of another type. */
const char *json_text(const json_t *o, const char *key);
i64 json_i64(const json_t *o, const char *key, i64 dflt);
bool json_flag(const json_t *o, const char *key, bool dflt);

#endif
