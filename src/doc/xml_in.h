/* XML from outside, read as a stream: no DTD, no entities of its own, depth and token size capped.
 * Private to src/doc/.
 *
 * Names come without their prefix ("x:row" is "row"): workbooks of some programs have them. */
#ifndef TRIPOD_XML_IN_H
#define TRIPOD_XML_IN_H

#include "base/err.h"

struct xml_in;

/* Handlers get the ctx of xml_open(). They may call xml_pause() and xml_stop(). */
struct xml_handlers {
	void (*start)(void *ctx, const char *name, const char **attrs);
	void (*end)(void *ctx, const char *name);
	void (*text)(void *ctx, const char *s, size_t n);
};
/* *got = 0 is the end. */
typedef err_t xml_read_fn(void *src, struct errs *e, void *buf, size_t n, size_t *got);

/* part: the name in messages. Freed with the arena. */
struct xml_in *xml_open(struct arena *a, const struct xml_handlers *h, void *ctx, xml_read_fn *read,
                        void *src, const char *part);
/* Parses until a handler pauses or the text ends (*end).
 * ERR_IMPORT_DTD {part}, ERR_IMPORT_DAMAGED {part}, and what `read` and xml_stop() say. */
MUST_USE err_t xml_step(struct xml_in *x, struct errs *e, bool *end);
/* From start to end, for parts that are read whole. */
MUST_USE err_t xml_run(struct arena *a, struct errs *e, const struct xml_handlers *h, void *ctx,
                       xml_read_fn *read, void *src, const char *part);

/* xml_step() returns after this handler. */
void xml_pause(struct xml_in *x);
/* xml_step() returns this error after this handler; the first one counts. */
void xml_stop(struct xml_in *x, err_t rc);
/* Where a handler records its error: that of the step that runs. */
struct errs *xml_errs(struct xml_in *x);
/* Stops with ERR_IMPORT_DAMAGED {part}. */
void xml_damaged(struct xml_in *x);
/* Value of an attribute by its name without prefix, or NULL. */
const char *xml_attr(const char **attrs, const char *name);

#endif
