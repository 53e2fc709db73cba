/* Arena: blocks in a list, bump allocation, deferred calls, children. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 4096, LARGEST_STEP = 1024 * 1024 };

struct block {
	struct block *next;
	size_t size;
	size_t used;
	alignas(max_align_t) u8 data[];
};

struct deferred {
	struct deferred *next;
	void (*fn)(void *);
	void *arg;
};

struct arena {
	struct block *first; /* kept over resets */
	struct block *cur;
	struct deferred *deferred;
	struct arena *parent;
	struct arena *children, *next_sibling, *prev_sibling;
	size_t used, reserved, max;
};

void panic(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("tripod: panic: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	abort();
}

static struct block *block_new(struct arena *a, size_t size)
{
	if (size > a->max - a->reserved)
		panic("arena over its cap of %zu bytes (wanted %zu more)", a->max, size);
	struct block *b = malloc(sizeof *b + size);
	if (!b)
		panic("out of memory (%zu bytes)", size);
	b->next = NULL;
	b->size = size;
	b->used = 0;
	a->reserved += size;
	return b;
}

struct arena *arena_new(size_t max)
{
	struct arena *a = calloc(1, sizeof *a);
	if (!a)
		panic("out of memory");
	a->max = max < FIRST_BLOCK ? FIRST_BLOCK : max;
	a->first = a->cur = block_new(a, FIRST_BLOCK);
	return a;
}

struct arena *arena_child(struct arena *parent)
{
	struct arena *a = arena_new(parent->max);
	a->parent = parent;
	a->next_sibling = parent->children;
	if (parent->children)
		parent->children->prev_sibling = a;
	parent->children = a;
	return a;
}

void arena_reset(struct arena *a)
{
	while (a->deferred) {
		struct deferred *d = a->deferred;
		a->deferred = d->next;
		d->fn(d->arg);
	}
	for (struct arena *c = a->children, *next_child; c; c = next_child) {
		next_child = c->next_sibling;
		c->parent = NULL;
		arena_free(c);
	}
	a->children = NULL;
	for (struct block *b = a->first->next, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	a->first->next = NULL;
	a->first->used = 0;
	a->cur = a->first;
	a->used = 0;
	a->reserved = a->first->size;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	arena_reset(a);
	if (a->parent) {
		if (a->prev_sibling)
			a->prev_sibling->next_sibling = a->next_sibling;
		else
			a->parent->children = a->next_sibling;
		if (a->next_sibling)
			a->next_sibling->prev_sibling = a->prev_sibling;
	}
	free(a->first);
	free(a);
}

void *arena_raw(struct arena *a, size_t n)
{
	size_t align = alignof(max_align_t);
	if (n > a->max)
		panic("arena asked for %zu bytes, cap %zu", n, a->max);
	n = (n + align - 1) & ~(align - 1);
	if (a->cur->size - a->cur->used < n) {
		size_t step = a->cur->size * 2;
		if (step > LARGEST_STEP)
			step = LARGEST_STEP;
		struct block *b = block_new(a, n > step ? n : step);
		a->cur->next = b;
		a->cur = b;
	}
	void *p = a->cur->data + a->cur->used;
	a->cur->used += n;
	a->used += n;
	return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
	return memset(arena_raw(a, n), 0, n);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t n;
	if (__builtin_mul_overflow(count, size, &n))
		panic("arena_array overflow: %zu * %zu", count, size);
	return arena_alloc(a, n);
}

void *arena_memdup(struct arena *a, const void *p, size_t n)
{
	void *q = arena_raw(a, n);
	if (n)
		memcpy(q, p, n);
	return q;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *q = arena_raw(a, n + 1);
	if (n)
		memcpy(q, s, n);
	q[n] = '\0';
	return q;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	if (!fmt)
		panic("arena_printf without a format");
	va_copy(again, ap);
	char few[256]; /* most are short: formatted once */
	int n = vsnprintf(few, sizeof few, fmt, ap);
	if (n < 0)
		panic("bad format '%s'", fmt);
	char *s = arena_raw(a, (size_t)n + 1);
	if ((size_t)n < sizeof few)
		memcpy(s, few, (size_t)n + 1);
	else
		vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	return s;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

void arena_defer(struct arena *a, void (*fn)(void *), void *arg)
{
	struct deferred *d = arena_alloc(a, sizeof *d);
	d->fn = fn;
	d->arg = arg;
	d->next = a->deferred;
	a->deferred = d;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}
