/* Throttle: at most so many attempts per key within a window; shared by all processes. */
#ifndef TRIPOD_THROTTLE_H
#define TRIPOD_THROTTLE_H

#include "core/ctx.h"

/* Counts one attempt. ERR_THROTTLED {seconds} when `max` were made within the window that the
 * first of them began; refused ones do not count. Call it before the work, so that attempts made
 * at the same time cannot slip through together. */
MUST_USE err_t throttle_take(struct ctx *cx, const char *key, i64 max, i64 window_us);
/* The attempt was a good one: forget the key's count, or only give the one back. */
MUST_USE err_t throttle_clear(struct ctx *cx, const char *key);
MUST_USE err_t throttle_give_back(struct ctx *cx, const char *key);

#endif
