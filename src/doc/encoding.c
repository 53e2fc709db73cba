/* Recognising and decoding text files. */
#include "doc/encoding.h"

#include <string.h>
#include <strings.h>
#include <unicode/ucnv.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

enum { RAW = 32 * 1024 };

struct encoding {
	const char *names[4]; /* the first is shown; compared without case */
	const char *icu;      /* NULL: UTF-8, checked by us */
	u8 bom[4];
	size_t bom_n;
};

/* UTF-8 is the first, GB18030 the second: see recognise(). */
static const struct encoding encodings[] = {
	{{"UTF-8", "utf8"}, NULL, {0xEF, 0xBB, 0xBF}, 3},
	{{"GB18030", "gbk", "gb2312", "cp936"}, "gb18030", {0x84, 0x31, 0x95, 0x33}, 4},
	{{"UTF-16LE", "utf-16"}, "UTF-16LE", {0xFF, 0xFE}, 2},
	{{"UTF-16BE"}, "UTF-16BE", {0xFE, 0xFF}, 2},
};

struct text_in {
	FILE *f;
	const struct encoding *enc;
	UConverter *conv;
	u8 raw[RAW];
	size_t raw_at, raw_n;
	UChar wide[RAW];
	UChar high; /* first half of a pair, seen at the end of a piece */
	bool eof, bad;
};

/* ---- UTF-8 ---- */

/* Bytes of the sequence at p (2 … 4), 0 when it is none, -1 when it is cut off by the end. */
static int utf8_sequence(const u8 *p, size_t n)
{
	u8 c = p[0];
	int len = c >= 0xC2 && c <= 0xDF   ? 2
	          : c >= 0xE0 && c <= 0xEF ? 3
	          : c >= 0xF0 && c <= 0xF4 ? 4
	                                   : 0;
	if (!len)
		return 0;
	for (int i = 1; i < len; i++) {
		if ((size_t)i >= n)
			return -1;
		u8 lo = 0x80, hi = 0xBF;
		if (i == 1) {
			/* No overlong forms, no surrogates, nothing over U+10FFFF. */
			lo = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : lo;
			hi = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : hi;
		}
		if (p[i] < lo || p[i] > hi)
			return 0;
	}
	return len;
}

/* Length of the valid head of whole characters. */
static size_t utf8_head_size(const u8 *p, size_t n)
{
	size_t i = 0;
	while (i < n) {
		if (p[i] < 0x80) {
			if (!p[i])
				break;
			i++;
			continue;
		}
		int len = utf8_sequence(p + i, n - i);
		if (len <= 0)
			break;
		i += (size_t)len;
	}
	return i;
}

/* ---- recognising ---- */

static size_t fill(struct text_in *t)
{
	/* What is left moves to the front, so that a cut character becomes whole. */
	size_t left = t->raw_n - t->raw_at;
	memmove(t->raw, t->raw + t->raw_at, left);
	t->raw_at = 0;
	t->raw_n = left + fread(t->raw + left, 1, sizeof t->raw - left, t->f);
	t->eof = t->raw_n < sizeof t->raw;
	return t->raw_n;
}

/* Reads the whole file once. */
static const struct encoding *recognise(struct text_in *t)
{
	u64 invalid = 0, long_valid = 0;
	while (fill(t)) {
		while (t->raw_at < t->raw_n) {
			const u8 *p = t->raw + t->raw_at;
			if (*p && *p < 0x80) {
				t->raw_at++;
				continue;
			}
			int len = *p ? utf8_sequence(p, t->raw_n - t->raw_at) : 0;
			if (len < 0 && !t->eof)
				break;
			invalid += len <= 0;
			long_valid += len >= 3;
			t->raw_at += len > 0 ? (size_t)len : 1;
		}
		if (t->eof)
			break;
	}
	/* In Chinese text of GB18030 three bytes in a row are rarely valid UTF-8. */
	return &encodings[invalid && long_valid <= invalid ? 1 : 0];
}

static const struct encoding *by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(encodings); i++)
		for (size_t j = 0; j < ARRAY_LEN(encodings[i].names) && encodings[i].names[j]; j++)
			if (!strcasecmp(name, encodings[i].names[j]))
				return &encodings[i];
	return NULL;
}

static const struct encoding *by_bom(const u8 *p, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(encodings); i++)
		if (n >= encodings[i].bom_n && !memcmp(p, encodings[i].bom, encodings[i].bom_n))
			return &encodings[i];
	return NULL;
}

static void close_converter(void *conv)
{
	ucnv_close(conv);
}

static void restart(struct text_in *t)
{
	rewind(t->f);
	t->raw_at = t->raw_n = 0;
	t->eof = false;
}

err_t text_in_open(struct arena *a, struct errs *e, FILE *f, const char *encoding,
                   struct text_in **out)
{
	struct text_in *t = ARENA_NEW(a, struct text_in);
	t->f = f;
	if (encoding && strcasecmp(encoding, "auto") != 0) {
		t->enc = by_name(encoding);
		if (!t->enc)
			return errs_set(
				e, ERR_ENUM,
				EP({"value", encoding},
			           {"allowed", "auto, utf-8, gb18030, utf-16le, utf-16be"}));
	} else {
		fill(t);
		t->enc = by_bom(t->raw, t->raw_n);
		restart(t);
		if (!t->enc) {
			t->enc = recognise(t);
			restart(t);
		}
	}
	fill(t);
	if (by_bom(t->raw, t->raw_n) == t->enc)
		t->raw_at = t->enc->bom_n;
	if (t->enc->icu) {
		UErrorCode uc = U_ZERO_ERROR;
		t->conv = ucnv_open(t->enc->icu, &uc);
		if (U_FAILURE(uc))
			return errs_fail(e, ERR_INTERNAL, "ucnv_open %s: %s", t->enc->icu,
			                 u_errorName(uc));
		arena_defer(a, close_converter, t->conv);
		ucnv_setToUCallBack(t->conv, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &uc);
	}
	*out = t;
	return ERR_OK;
}

/* ---- decoding ---- */

static i64 read_utf8(struct text_in *t, char *dst, size_t n)
{
	if (!t->eof && t->raw_n - t->raw_at < 4)
		fill(t);
	size_t have = t->raw_n - t->raw_at;
	if (!have)
		return 0;
	size_t good = utf8_head_size(t->raw + t->raw_at, have < n ? have : n);
	if (!good)
		return TEXT_IN_BAD;
	memcpy(dst, t->raw + t->raw_at, good);
	t->raw_at += good;
	return (i64)good;
}

/* UTF-16 from the converter as UTF-8; false at a lone surrogate or U+0000. */
static bool put_wide(struct text_in *t, const UChar *end, char *dst, size_t *n)
{
	size_t at = 0;
	bool ok = true;
	for (const UChar *w = t->wide; ok && w < end; w++) {
		UChar32 c = *w;
		if (t->high) {
			ok = U16_IS_TRAIL(c);
			c = U16_GET_SUPPLEMENTARY(t->high, c);
			t->high = 0;
		} else if (U16_IS_LEAD(c)) {
			t->high = *w;
			continue;
		}
		ok = ok && c && !U_IS_SURROGATE(c);
		if (ok)
			U8_APPEND_UNSAFE(dst, at, c);
	}
	*n = at;
	return ok;
}

static i64 read_wide(struct text_in *t, char *dst, size_t n)
{
	for (;;) {
		if (!t->eof && t->raw_at == t->raw_n)
			fill(t);
		const char *src = (const char *)t->raw + t->raw_at;
		const char *src_end = (const char *)t->raw + t->raw_n;
		/* One UTF-16 unit becomes at most three bytes; the waiting half one more. */
		size_t room = (n - 4) / 3;
		UChar *to = t->wide, *to_end = t->wide + (room < RAW ? room : RAW);
		UErrorCode uc = U_ZERO_ERROR;
		ucnv_toUnicode(t->conv, &to, to_end, &src, src_end, NULL, t->eof, &uc);
		t->raw_at = (size_t)(src - (const char *)t->raw);
		size_t got;
		if (!put_wide(t, to, dst, &got) || (U_FAILURE(uc) && uc != U_BUFFER_OVERFLOW_ERROR))
			t->bad = true;
		if (got)
			return (i64)got;
		if (t->bad || (t->eof && t->raw_at == t->raw_n && to == t->wide && t->high))
			return TEXT_IN_BAD;
		if (t->eof && t->raw_at == t->raw_n && to == t->wide)
			return 0;
	}
}

i64 text_in_read(struct text_in *t, char *dst, size_t n)
{
	if (t->bad)
		return TEXT_IN_BAD;
	i64 got = t->conv ? read_wide(t, dst, n) : read_utf8(t, dst, n);
	if (got <= 0 && ferror(t->f))
		return TEXT_IN_IO;
	return got;
}

const char *text_in_encoding(const struct text_in *t)
{
	return t->enc->names[0];
}

i64 text_in_done(const struct text_in *t)
{
	i64 at = ftello(t->f);
	return at < 0 ? 0 : at - (i64)(t->raw_n - t->raw_at);
}
