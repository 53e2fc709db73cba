/* Search words: what is indexed for a text, and what a query asks for.  The two must agree:
 * a query word is found among the words of every text that a person would expect.
 *
 * Words that begin at each character of a text: the character, its pair with the next, four
 * syllables run together and eight initials.  A query in letters matches the head of a word, so
 * "hua", "huawei" and "hw" all find 华为; what is longer than four syllables is cut to fit. */
#include <string.h>
#include <unicode/unorm2.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/pinyin.h"
#include "base/spell.h"
#include "base/text.h"

enum {
	TEXT_CHARS = 4096,   /* of a text are looked at */
	SPELLED_TOKENS = 64, /* at its head are indexed by pinyin too */
	QUERY_CHARS = 200,
	QUERY_WORDS = 16,
	WORD_BYTES = 63, /* longer Latin words are cut, in text and query alike */
	SYLLABLES = 4,
	INITIALS = 8,
	COMBINATIONS = 16, /* of the readings in one word */
	INNER_WORD = 16,   /* a Latin word up to this long counts as a syllable: TCL科技 */
	ALL_WORDS_MAX = 1024 * 1024,
};

/* A Chinese character, or a Latin word or number. */
struct token {
	const char *text;
	u32 n;
	bool han;
	bool after_blank;
	const char *const *readings;
};

/* The plain letter under an accent, or 0. */
static char base_letter(u32 cp)
{
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *nfc = unorm2_getNFCInstance(&status);
	UChar parts[8];
	if (cp < 0x80)
		return (char)cp;
	/* Twice at most: ǖ is ü and a macron. */
	for (int depth = 0; depth < 3; depth++) {
		i32 n = unorm2_getRawDecomposition(nfc, (UChar32)cp, parts, ARRAY_LEN(parts),
		                                   &status);
		if (U_FAILURE(status) || n < 1)
			return 0;
		cp = parts[0];
		if (cp < 0x80)
			return (char)cp;
	}
	return 0;
}

static bool is_mark(u32 cp)
{
	return cp >= 0x300 && cp <= 0x36f;
}

static bool plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static size_t tokens_of(struct arena *a, const char *s, size_t chars_max, struct token **out)
{
	const char *folded = text_fold(a, utf8_head(a, s, chars_max));
	struct spelled *items;
	size_t n = spell(a, folded, &items), count = 0;
	struct token *t = ARENA_ARRAY(a, n + 1, struct token);
	char *letters = arena_alloc(a, n + 1);
	bool in_word = false, blank = false;
	for (size_t i = 0; i < n; i++) {
		u32 cp = items[i].cp;
		if (is_mark(cp))
			continue;
		if (is_han(cp)) {
			t[count++] = (struct token){.text = folded + items[i].from,
			                            .n = items[i].to - items[i].from,
			                            .han = true,
			                            .after_blank = blank,
			                            .readings = items[i].readings};
			in_word = blank = false;
			continue;
		}
		char c = base_letter(cp);
		if (!plain(c)) {
			in_word = false;
			blank = blank || cp == ' ';
			continue;
		}
		if (!in_word)
			t[count++] = (struct token){.text = letters, .after_blank = blank};
		in_word = true;
		blank = false;
		struct token *word = &t[count - 1];
		if (word->n < WORD_BYTES) {
			*letters++ = c;
			word->n++;
		}
	}
	*out = t;
	return count;
}

/* Words without repeats, parted by blanks. */
struct words {
	struct buf b;
	struct place {
		u32 at, n;
	} * slots;
	size_t cap, used;
};

static struct place *slot_of(const struct words *w, const char *p, size_t n)
{
	size_t i = fnv1a(p, n) & (w->cap - 1);
	while (w->slots[i].n && (w->slots[i].n != n || memcmp(w->b.p + w->slots[i].at, p, n) != 0))
		i = (i + 1) & (w->cap - 1);
	return &w->slots[i];
}

static void grow(struct words *w)
{
	struct words bigger = *w;
	bigger.cap = w->cap ? w->cap * 2 : 128;
	bigger.slots = ARENA_ARRAY(w->b.a, bigger.cap, struct place);
	for (size_t i = 0; i < w->cap; i++)
		if (w->slots[i].n)
			*slot_of(&bigger, w->b.p + w->slots[i].at, w->slots[i].n) = w->slots[i];
	*w = bigger;
}

static void add_word(struct words *w, const char *p, size_t n)
{
	if (w->used * 2 >= w->cap)
		grow(w);
	struct place *slot = slot_of(w, p, n);
	if (slot->n)
		return;
	if (w->b.n)
		buf_putc(&w->b, ' ');
	*slot = (struct place){(u32)w->b.n, (u32)n};
	w->used++;
	buf_write(&w->b, p, n);
}

/* The ways a token may stand in a spelled word. */
struct choices {
	const char *text[COMBINATIONS];
	size_t n[COMBINATIONS];
	size_t count;
};

static bool choose(const struct token *t, bool initials, struct choices *c)
{
	c->count = 0;
	if (!t->han) {
		c->text[0] = t->text;
		c->n[0] = t->n;
		c->count = t->n <= INNER_WORD;
		return c->count > 0;
	}
	for (size_t i = 0; t->readings && t->readings[i] && c->count < COMBINATIONS; i++) {
		const char *r = t->readings[i];
		bool known = false;
		for (size_t k = 0; k < c->count && initials; k++)
			known = known || c->text[k][0] == r[0];
		if (known)
			continue;
		c->text[c->count] = r;
		c->n[c->count++] = initials ? 1 : strlen(r);
	}
	return c->count > 0;
}

/* One word per combination of readings of the tokens from t on; the first token's readings vary
 * first, for a query is compared from its head. */
static void add_spelled(struct words *w, const struct token *t, size_t left, bool initials)
{
	struct choices c[INITIALS];
	size_t most = initials ? INITIALS : SYLLABLES, n = 0, total = 1;
	if (left < most)
		most = left;
	while (n < most && choose(&t[n], initials, &c[n]))
		total *= c[n++].count;
	if (!n || (!t[0].han && (n < 2 || !t[1].han || t[1].after_blank)))
		return; /* a Latin word by itself is indexed as it is */
	for (size_t k = 0; k < total && k < COMBINATIONS; k++) {
		char word[INITIALS * INNER_WORD];
		size_t len = 0, rest = k;
		for (size_t i = 0; i < n; i++) {
			size_t pick = rest % c[i].count;
			rest /= c[i].count;
			memcpy(word + len, c[i].text[pick], c[i].n[pick]);
			len += c[i].n[pick];
		}
		add_word(w, word, len < WORD_BYTES ? len : WORD_BYTES);
	}
}

const char *search_words(struct arena *a, const char *s)
{
	struct token *t;
	size_t n = tokens_of(a, s, TEXT_CHARS, &t);
	struct words w = {.b = buf_new(a, ALL_WORDS_MAX)};
	for (size_t i = 0; i < n; i++) {
		add_word(&w, t[i].text, t[i].n);
		if (i + 1 < n && t[i].han && t[i + 1].han) {
			char pair[8];
			memcpy(pair, t[i].text, t[i].n);
			memcpy(pair + t[i].n, t[i + 1].text, t[i + 1].n);
			add_word(&w, pair, t[i].n + t[i + 1].n);
		}
		if (i < SPELLED_TOKENS) {
			add_spelled(&w, &t[i], n - i, false);
			add_spelled(&w, &t[i], n - i, true);
		}
	}
	return buf_str(&w.b);
}

/* The shortest head of a word that is SYLLABLES syllables in some reading of it, since no indexed
 * word need be longer; or its initials, or the whole. */
static size_t fitting(const char *p, size_t n)
{
	u64 ends = 1; /* bit i: the first i letters are k syllables */
	for (int k = 0; k < SYLLABLES; k++) {
		u64 next = 0;
		for (size_t i = 0; i < n; i++)
			for (size_t len = 1; ends >> i & 1 && len <= 6 && i + len <= n; len++)
				if (is_syllable(p + i, len))
					next |= (u64)1 << (i + len);
		ends = next;
	}
	if (ends)
		return (size_t)__builtin_ctzll(ends);
	return n > INITIALS && strspn(p, "abcdefghjklmnopqrstwxyz") >= n ? INITIALS : n;
}

static void add_query(struct query_word *q, size_t *count, const char *word, bool prefix)
{
	for (size_t i = 0; i < *count; i++)
		if (!strcmp(q[i].word, word))
			return;
	if (*count < QUERY_WORDS)
		q[(*count)++] = (struct query_word){.word = word, .prefix = prefix};
}

size_t search_query(struct arena *a, const char *s, struct query_word **out)
{
	struct token *t;
	size_t n = tokens_of(a, s, QUERY_CHARS, &t), count = 0;
	struct query_word *q = ARENA_ARRAY(a, QUERY_WORDS, struct query_word);
	for (size_t i = 0; i < n; i++) {
		if (!t[i].han) {
			size_t len = fitting(t[i].text, t[i].n);
			add_query(q, &count, arena_strndup(a, t[i].text, len), true);
			continue;
		}
		/* A blank parts what was asked; in a text it does not, names are written with them. */
		bool next = i + 1 < n && t[i + 1].han && !t[i + 1].after_blank;
		bool previous = i && t[i - 1].han && !t[i].after_blank;
		if (next)
			add_query(q, &count,
			          arena_printf(a, "%.*s%.*s", (int)t[i].n, t[i].text,
			                       (int)t[i + 1].n, t[i + 1].text),
			          false);
		else if (!previous)
			add_query(q, &count, arena_strndup(a, t[i].text, t[i].n), false);
	}
	*out = q;
	return count;
}
