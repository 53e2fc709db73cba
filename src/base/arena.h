/* Arena: memory that belongs to a life time (a request, a job, a row).
 *
 * Everything allocated from an arena goes when the arena is reset or freed; nothing is
 * freed singly.  Other resources (file, statement, json_t) are tied to the arena at the
 * moment of acquiring with arena_defer(), so early returns are safe.
 *
 *	struct arena *a = arena_new(ARENA_REQUEST_MAX);
 *	char *s = arena_printf(a, "%s-%d", name, n);
 *	arena_defer(a, json_decref_cb, j);
 *	...
 *	arena_free(a);          // runs the deferred calls, newest first
 *
 * Not thread safe: one arena belongs to one thread at a time.
 * Going over the cap, or the system having no memory, ends the process with a log line:
 * sizes from outside are checked by the caller before they get here. */
#ifndef TRIPOD_ARENA_H
#define TRIPOD_ARENA_H

#include <stdarg.h>

#include "base/base.h"

struct arena;

enum { ARENA_REQUEST_MAX = 256 * 1024 * 1024 };

/* A new arena that may grow to max bytes. Never NULL. */
struct arena *arena_new(size_t max);
/* A child: freed with its parent, or earlier by arena_free(). For loops over many rows. */
struct arena *arena_child(struct arena *parent);
/* Runs deferred calls, keeps the first block. */
void arena_reset(struct arena *a);
void arena_free(struct arena *a);

/* n zeroed bytes, aligned for any type. Never NULL; n may be 0. */
void *arena_alloc(struct arena *a, size_t n);
/* n bytes that the caller fills, aligned likewise. */
void *arena_raw(struct arena *a, size_t n);
/* count * size with overflow check. */
void *arena_array(struct arena *a, size_t count, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
void *arena_memdup(struct arena *a, const void *p, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
/* fn(arg) when the arena is reset or freed. */
void arena_defer(struct arena *a, void (*fn)(void *), void *arg);
/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *a);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, n, type) ((type *)arena_array((a), (n), sizeof(type)))

/* Ends the process: for what must never happen. Writes one line to standard error. */
NORETURN void panic(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
