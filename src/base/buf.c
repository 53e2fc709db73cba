/* Growing buffer: doubles inside the arena, never beyond its maximum. */
#include "base/buf.h"

#include <stdio.h>
#include <string.h>

struct buf buf_new(struct arena *a, size_t max)
{
	return (struct buf){.a = a, .max = max};
}

bool buf_grow(struct buf *b, size_t n)
{
	if (b->over)
		return false;
	if (n > b->max - b->n) {
		b->over = true;
		return false;
	}
	size_t want = b->n + n + 1;
	size_t cap = b->cap ? b->cap : 64;
	while (cap < want)
		cap *= 2;
	char *p = arena_raw(b->a, cap);
	if (b->n)
		memcpy(p, b->p, b->n);
	b->p = p;
	b->cap = cap;
	return true;
}

void buf_write(struct buf *b, const void *p, size_t n)
{
	if (!n || !buf_room(b, n))
		return;
	memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}

void buf_xml(struct buf *b, const char *s)
{
	for (; s && *s; s++)
		switch (*s) {
		case '&': buf_puts(b, "&amp;"); break;
		case '<': buf_puts(b, "&lt;"); break;
		case '>': buf_puts(b, "&gt;"); break;
		case '"': buf_puts(b, "&quot;"); break;
		case '\t':
		case '\n':
		case '\r': buf_printf(b, "&#%d;", *s); break;
		default:
			if ((u8)*s >= 0x20)
				buf_putc(b, *s);
		}
}

void buf_puts(struct buf *b, const char *s)
{
	buf_write(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0)
		panic("bad format '%s'", fmt);
	if (buf_room(b, (size_t)n)) {
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
	va_end(ap);
}

void buf_i64(struct buf *b, i64 v)
{
	char tmp[24];
	size_t i = sizeof tmp;
	u64 u = v < 0 ? 0 - (u64)v : (u64)v;
	do {
		tmp[--i] = (char)('0' + u % 10);
		u /= 10;
	} while (u);
	if (v < 0)
		tmp[--i] = '-';
	buf_write(b, tmp + i, sizeof tmp - i);
}

const char *buf_str(struct buf *b)
{
	return b->p ? b->p : "";
}
