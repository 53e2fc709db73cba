/* Pinyin (no tones) of Chinese text, for search words and sort keys.
 * Per character all readings (table made from ICU at build time), with a list of phrases whose
 * reading is known (长沙, 重庆, 厦门, 银行, surnames) that is preferred where it matches. */
#ifndef TRIPOD_PINYIN_H
#define TRIPOD_PINYIN_H

#include "base/arena.h"

/* Readings of one character, ends with NULL; NULL when it has none. Static. */
const char *const *pinyin_of(u32 cp);
/* "hua wei ji shu" for 华为技术; other characters stay, lower case. */
const char *pinyin_full(struct arena *a, const char *s);
/* "hwjs" */
const char *pinyin_initials(struct arena *a, const char *s);
/* Key to order by as a phone book does: pinyin, then the text itself. Bytewise comparable. */
const char *pinyin_sort_key(struct arena *a, const char *s);

/* Words to index for a text: single Han characters, overlapping Han pairs, Latin words and numbers,
 * syllables of each reading run together ("huawei"), initials (all readings of the first 8
 * characters, capped at 16 combinations). Separated by blanks, no repeats, lower case.
 * Pairs of Han are written as they are; every word is plain [a-z0-9] or Han. */
const char *search_words(struct arena *a, const char *s);
/* Words of a query: each must be found; *prefix[i] is true for Latin words (match as a prefix). */
struct query_word {
	const char *word;
	bool prefix;
};
size_t search_query(struct arena *a, const char *q, struct query_word **out);

#endif
