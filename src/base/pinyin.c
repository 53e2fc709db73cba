/* Pinyin: looking up readings, and texts spelled out.  The table is made by tools/pinyin_table.c. */
#include "base/pinyin.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>

#include "base/buf.h"
#include "base/spell.h"
#include "base/text.h"

enum { PHRASE_CHARS = 4, SYLLABLE_LETTERS = 6, NAME_CHARS = 3 };

struct rare {
	u32 cp;
	u16 at;
};

/* A text with fixed readings: places in the pool. */
struct fixed {
	const char *text;
	u16 at[PHRASE_CHARS];
};

#include "base/pinyin_table.h"

enum { BEGINS_PHRASE = 0x8000 };

static int by_cp(const void *key, const void *row)
{
	u32 cp = *(const u32 *)key, other = ((const struct rare *)row)->cp;
	return (cp > other) - (cp < other);
}

const char *const *pinyin_of(u32 cp)
{
	if (cp >= PLAIN_FIRST && cp <= PLAIN_LAST) {
		u16 at = plain[cp - PLAIN_FIRST] & ~BEGINS_PHRASE;
		return at ? &pool[at] : NULL;
	}
	if (cp < PLAIN_LAST && cp != 0x3007)
		return NULL;
	const struct rare *r = bsearch(&cp, rare, ARRAY_LEN(rare), sizeof *rare, by_cp);
	return r ? &pool[r->at] : NULL;
}

struct span {
	const char *p;
	size_t n;
};

static int by_span(const void *key, const void *row)
{
	const struct span *s = key;
	const char *text = ((const struct fixed *)row)->text;
	int c = strncmp(s->p, text, s->n);
	return c ? c : -(text[s->n] != '\0');
}

/* The longest phrase that begins with item i gets its readings. Its length, or 0. */
static size_t fix_phrase(const char *text, struct spelled *item, size_t left)
{
	u32 cp = item->cp;
	if (cp < PLAIN_FIRST || cp > PLAIN_LAST || !(plain[cp - PLAIN_FIRST] & BEGINS_PHRASE))
		return 0;
	for (size_t n = left < PHRASE_CHARS ? left : PHRASE_CHARS; n >= 2; n--) {
		struct span s = {text + item->from, item[n - 1].to - item->from};
		const struct fixed *f = bsearch(&s, phrases, ARRAY_LEN(phrases), sizeof *phrases,
		                                by_span);
		if (!f)
			continue;
		for (size_t k = 0; k < n; k++)
			item[k].readings = &pool[f->at[k]];
		return n;
	}
	return 0;
}

size_t spell(struct arena *a, const char *folded, struct spelled **out)
{
	size_t n = utf8_count(folded), i = 0;
	struct spelled *items = ARENA_ARRAY(a, n + 1, struct spelled);
	for (const char *p = folded; *p && i < n; i++) {
		items[i].from = (u32)(p - folded);
		items[i].cp = utf8_next(&p);
		items[i].to = (u32)(p - folded);
		items[i].readings = pinyin_of(items[i].cp);
	}
	n = i;
	for (i = 0; i < n;) {
		size_t phrase = fix_phrase(folded, &items[i], n - i);
		items[i].in_phrase = phrase > 0;
		i += phrase ? phrase : 1;
	}
	*out = items;
	return n;
}

/* A text of two or three Chinese characters may be a person: 单伟 is read shan wei. */
static void fix_surname(const char *folded, struct spelled *items, size_t n)
{
	if (n < 2 || n > NAME_CHARS || items[0].in_phrase)
		return;
	for (size_t i = 0; i < n; i++)
		if (!items[i].readings)
			return;
	struct span s = {folded, items[0].to};
	const struct fixed *f = bsearch(&s, surnames, ARRAY_LEN(surnames), sizeof *surnames,
	                                by_span);
	if (f)
		items[0].readings = &pool[f->at[0]];
}

const char *pinyin_full(struct arena *a, const char *s)
{
	enum { APART, LETTER, SYLLABLE } last = APART;
	const char *folded = text_fold(a, s);
	struct spelled *items;
	size_t n = spell(a, folded, &items);
	fix_surname(folded, items, n);
	struct buf b = buf_new(a, n * (SYLLABLE_LETTERS + 2) + 1);
	for (size_t i = 0; i < n; i++) {
		if (items[i].readings) {
			if (last != APART)
				buf_putc(&b, ' ');
			buf_puts(&b, items[i].readings[0]);
			last = SYLLABLE;
			continue;
		}
		bool letter = u_isalnum((UChar32)items[i].cp);
		if (letter && last == SYLLABLE)
			buf_putc(&b, ' ');
		buf_write(&b, folded + items[i].from, items[i].to - items[i].from);
		last = letter ? LETTER : APART;
	}
	return buf_str(&b);
}

const char *pinyin_initials(struct arena *a, const char *s)
{
	const char *folded = text_fold(a, s);
	struct spelled *items;
	size_t n = spell(a, folded, &items);
	fix_surname(folded, items, n);
	struct buf b = buf_new(a, strlen(folded) + 1);
	for (size_t i = 0; i < n; i++) {
		if (items[i].readings)
			buf_putc(&b, items[i].readings[0][0]);
		else if (u_isalnum((UChar32)items[i].cp))
			buf_write(&b, folded + items[i].from, items[i].to - items[i].from);
	}
	return buf_str(&b);
}

const char *pinyin_sort_key(struct arena *a, const char *s)
{
	/* The mark between is below the blank: zhang, zhang san, zhangjiagang. */
	return arena_printf(a, "%s\x01%s", pinyin_full(a, s), text_fold(a, s));
}

static int by_syllable(const void *key, const void *row)
{
	const struct span *s = key;
	const char *text = row;
	int c = strncmp(s->p, text, s->n);
	return c ? c : -(text[s->n] != '\0');
}

bool is_syllable(const char *p, size_t n)
{
	struct span s = {p, n};
	return n && n <= SYLLABLE_LETTERS &&
	       bsearch(&s, syllables, ARRAY_LEN(syllables), sizeof *syllables, by_syllable);
}
