/* Pinyin (no tones) of Chinese text, for search words and sort keys.
 * Per character all readings (table made from ICU at build time), with a list of phrases whose
 * reading is known (长沙, 重庆, 厦门, 银行, surnames) that is preferred where it matches. */
#ifndef TRIPOD_PINYIN_H
#define TRIPOD_PINYIN_H

#include "base/arena.h"

/* Readings of one character, the likeliest first, ends with NULL; NULL when it has none. Static.
 * lü is "lv", as it is typed, and "lu" after it. */
const char *const *pinyin_of(u32 cp);
/* "hua wei ji shu" for 华为技术; other characters stay, lower case. */
const char *pinyin_full(struct arena *a, const char *s);
/* "hwjs" */
const char *pinyin_initials(struct arena *a, const char *s);
/* Key to order by as a phone book does: pinyin, then the text itself. Bytewise comparable.
 * A text of two or three characters that begins with a surname of the list is read as a name. */
const char *pinyin_sort_key(struct arena *a, const char *s);

/* Words to index for a text: single Han characters, overlapping Han pairs, Latin words and numbers;
 * and from every one of the first 64 characters on, the next four syllables run together
 * ("huaweijishu") and the next eight initials ("hwjs"), in at most 16 combinations of readings.
 * Separated by blanks, no repeats, lower case; a word is plain [a-z0-9] or one or two Han.
 * Only the first 4096 characters of a text are looked at; time and space grow linearly. */
const char *search_words(struct arena *a, const char *s);
/* Words of a query, at most 16: a text fits when each is found among its words, those with prefix
 * (Latin words and numbers) as the head of a word.  A query of signs alone has no words. */
struct query_word {
	const char *word;
	bool prefix;
};
size_t search_query(struct arena *a, const char *q, struct query_word **out);

#endif
