/* Structured log: one JSON object per line on standard error.
 *	LOG(INFO, "listening", LS("address", addr), LI("port", port));
 * No secrets: names of fields are fixed in the call, values are cut at 2 KB. */
#ifndef TRIPOD_LOG_H
#define TRIPOD_LOG_H

#include "base/base.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
	const char *key;
	const char *s; /* or NULL: take i */
	i64 i;
};
/* clang-format off */
static inline const char *log_text(const char *s)
{
	return s ? s : "";
}
#define LS(k, v) {.key = (k), .s = log_text(v)}
#define LI(k, v) {.key = (k), .i = (v)}
/* clang-format on */

/* Lines below this level are dropped; LOG_INFO at the start. */
void log_level_set(enum log_level l);
/* One write to standard error, so that lines of threads and processes do not mix. */
void log_write(enum log_level l, const char *msg, const struct log_field *f, size_t n);
#define LOG(level, msg, ...)                                                              \
	log_write(LOG_##level, (msg), (const struct log_field[]){{0}, ##__VA_ARGS__} + 1, \
	          sizeof((const struct log_field[]){{0}, ##__VA_ARGS__}) /                \
	                          sizeof(struct log_field) -                              \
	                  1)

#endif
