/* Growing text or byte buffer inside an arena, with a maximum given at birth.
 *
 *	struct buf b = buf_new(a, 64 * 1024);
 *	buf_puts(&b, "select ");
 *	buf_printf(&b, "%d", n);
 *	const char *s = buf_str(&b);
 *
 * Going over the maximum sets `over` and drops the rest: check buf_over() once at the end.
 * buf_str() is always NUL terminated and lives as long as the arena. */
#ifndef TRIPOD_BUF_H
#define TRIPOD_BUF_H

#include "base/arena.h"

struct buf {
	struct arena *a;
	char *p;
	size_t n, cap, max;
	bool over;
};

struct buf buf_new(struct arena *a, size_t max);
void buf_puts(struct buf *b, const char *s);
/* As text of XML or HTML, also between double quotes. What XML cannot hold is left out. */
void buf_xml(struct buf *b, const char *s);
void buf_write(struct buf *b, const void *p, size_t n);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_i64(struct buf *b, i64 v);
const char *buf_str(struct buf *b);

/* Makes room for n more bytes and the final NUL: false when they would go over the maximum. */
bool buf_grow(struct buf *b, size_t n);
static inline bool buf_room(struct buf *b, size_t n)
{
	return (!b->over && n < b->cap - b->n && n <= b->max - b->n) || buf_grow(b, n);
}

static inline void buf_putc(struct buf *b, char c)
{
	if (!buf_room(b, 1))
		return;
	b->p[b->n++] = c;
	b->p[b->n] = '\0';
}

static inline bool buf_over(const struct buf *b)
{
	return b->over;
}

#endif
