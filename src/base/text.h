/* Text: UTF-8 checks, folding for comparing and searching, lengths a person would count. */
#ifndef TRIPOD_TEXT_H
#define TRIPOD_TEXT_H

#include "base/arena.h"

/* Strict: no overlong forms, surrogates, or code points over U+10FFFF. U+0000 is valid. */
bool utf8_valid(const char *s, size_t n);
/* Length of the valid sequence at p (n bytes there), its code point in *cp; 0 when invalid. */
size_t utf8_decode(const char *p, size_t n, u32 *cp);
/* A copy with every byte that is not part of valid UTF-8 replaced by U+FFFD. */
const char *utf8_clean(struct arena *a, const char *s, size_t n);
/* Code points; s is valid UTF-8. */
size_t utf8_count(const char *s);
/* Next code point, advances *s; 0 at the end; U+FFFD for a byte that is not UTF-8. */
u32 utf8_next(const char **s);
/* NUL terminated; cp is a code point. */
void utf8_encode(u32 cp, char out[5]);
/* First n code points. */
const char *utf8_head(struct arena *a, const char *s, size_t n);
/* A Chinese character of any block, and 〇. */
bool is_han(u32 cp);

/* Without blanks at the ends (ASCII, U+3000, NBSP, BOM, …). */
const char *text_trim(struct arena *a, const char *s);
/* The same as one line: line breaks and tabs, with the blanks around them, become one blank. */
const char *text_line(struct arena *a, const char *s);
/* For comparing names: NFKC, case folded, full-width to half-width, runs of blanks to one, trimmed. */
const char *text_fold(struct arena *a, const char *s);
/* For finding the same company: text_fold without blanks, punctuation, and legal-form tails
 * (有限公司, 有限责任公司, 股份有限公司, 集团, co ltd, inc …). 分公司 stays: a branch is not its
 * mother. Never empty unless s is blank. */
const char *text_company_key(struct arena *a, const char *s);
/* Digits only (full-width ones too); a leading +86/0086 is dropped. */
const char *text_phone_key(struct arena *a, const char *s);
bool text_eq(const char *a, const char *b); /* NULL equals NULL */
bool text_begins(const char *s, const char *head);

#endif
