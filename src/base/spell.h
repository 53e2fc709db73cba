/* Texts with the readings of their characters: what pinyin.c shares with search_words.c. */
#ifndef TRIPOD_SPELL_H
#define TRIPOD_SPELL_H

#include "base/arena.h"

struct spelled {
	u32 cp;
	u32 from, to;                /* bytes in the text */
	const char *const *readings; /* NULL when it is no character with readings */
	bool in_phrase;              /* a phrase of the list begins here */
};

/* One item for each code point of a text made by text_fold(); a phrase has one reading. */
size_t spell(struct arena *a, const char *folded, struct spelled **out);
/* The n letters at p are one syllable of pinyin. */
bool is_syllable(const char *p, size_t n);

#endif
