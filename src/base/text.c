/* Text: UTF-8 walking, folding, keys for comparing companies and telephone
 * numbers. */
#include "base/text.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/buf.h"

size_t utf8_decode(const char *p, size_t n, u32 *cp)
{
	const u8 *s = (const u8 *)p;
	if (!n)
		return 0;
	if (s[0] < 0x80) {
		*cp = s[0];
		return 1;
	}
	size_t len;
	u32 least, c;
	if (s[0] >= 0xc2 && s[0] < 0xe0) {
		len = 2;
		least = 0x80;
		c = s[0] & 0x1f;
	} else if (s[0] >= 0xe0 && s[0] < 0xf0) {
		len = 3;
		least = 0x800;
		c = s[0] & 0x0f;
	} else if (s[0] >= 0xf0 && s[0] < 0xf5) {
		len = 4;
		least = 0x10000;
		c = s[0] & 0x07;
	} else {
		return 0;
	}
	if (n < len)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*cp = c;
	return len;
}

bool utf8_valid(const char *s, size_t n)
{
	size_t i = 0;
	while (i < n) {
		u32 cp;
		size_t len = utf8_decode(s + i, n - i, &cp);
		if (!len)
			return false;
		i += len;
	}
	return true;
}

const char *utf8_clean(struct arena *a, const char *s, size_t n)
{
	if (utf8_valid(s, n))
		return arena_strndup(a, s, n);
	struct buf b = buf_new(a, 3 * n);
	for (size_t i = 0, len; i < n; i += len) {
		u32 cp;
		len = utf8_decode(s + i, n - i, &cp);
		if (len) {
			buf_write(&b, s + i, len);
		} else {
			buf_puts(&b, "\xef\xbf\xbd");
			len = 1;
		}
	}
	return buf_str(&b);
}

size_t utf8_count(const char *s)
{
	size_t n = 0;
	for (; *s; s++)
		n += ((u8)*s & 0xc0) != 0x80;
	return n;
}

u32 utf8_next(const char **s)
{
	u32 cp;
	if (!**s)
		return 0;
	size_t len = utf8_decode(*s, strnlen(*s, 4), &cp);
	if (!len) {
		++*s;
		return 0xfffd;
	}
	*s += len;
	return cp;
}

void utf8_encode(u32 cp, char out[5])
{
	static const u8 lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t len = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	for (size_t i = len; i-- > 1; cp >>= 6)
		out[i] = (char)(0x80 | (cp & 0x3f));
	out[0] = (char)(lead[len] | cp);
	out[len] = '\0';
}

const char *utf8_head(struct arena *a, const char *s, size_t n)
{
	const char *end = s;
	while (n-- && *end)
		utf8_next(&end);
	return arena_strndup(a, s, (size_t)(end - s));
}

bool is_han(u32 cp)
{
	return (cp >= 0x4e00 && cp <= 0x9fff) || (cp >= 0x3400 && cp <= 0x4dbf) || cp == 0x3007 ||
	       (cp >= 0xf900 && cp <= 0xfaff) || (cp >= 0x20000 && cp <= 0x3ffff);
}

/* Blanks, and marks that cannot be seen. */
static bool is_blank(u32 cp)
{
	return cp == ' ' || (cp >= '\t' && cp <= '\r') || cp == 0xa0 || cp == 0x3000 ||
	       (cp >= 0x2000 && cp <= 0x200b) || cp == 0x202f || cp == 0x205f || cp == 0x2028 ||
	       cp == 0x2029 || cp == 0xfeff;
}

const char *text_trim(struct arena *a, const char *s)
{
	const char *from = NULL, *to = s;
	for (const char *p = s; *p;) {
		const char *at = p;
		if (is_blank(utf8_next(&p)))
			continue;
		if (!from)
			from = at;
		to = p;
	}
	return from ? arena_strndup(a, from, (size_t)(to - from)) : "";
}

const char *text_line(struct arena *a, const char *s)
{
	s = text_trim(a, s);
	if (!strpbrk(s, "\r\n\t\v\f"))
		return s;
	char *out = arena_strdup(a, s), *to = out;
	for (const char *p = s; *p;) {
		size_t n = strspn(p, " \r\n\t\v\f");
		bool folds = n > strspn(p, " ");
		if (folds)
			*to++ = ' ';
		for (; !folds && n; n--)
			*to++ = *p++;
		p += n;
		if (*p)
			*to++ = *p++;
	}
	*to = '\0';
	return out;
}

/* NFKC with case folding; also takes out soft hyphens, zero-width marks and the like. */
static const char *nfkc_casefold(struct arena *a, const char *s)
{
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *norm = unorm2_getNFKCCasefoldInstance(&status);
	size_t n = strlen(s);
	if (U_FAILURE(status))
		panic("ICU: %s", u_errorName(status));
	if (n > INT32_MAX / 32)
		panic("text of %zu bytes is too long to fold", n);
	UChar *from = ARENA_ARRAY(a, n + 1, UChar);
	i32 from_len, to_len, cap = (i32)n * 2 + 32;
	u_strFromUTF8WithSub(from, (i32)n + 1, &from_len, s, (i32)n, 0xfffd, NULL, &status);
	UChar *to = ARENA_ARRAY(a, (size_t)cap, UChar);
	to_len = unorm2_normalize(norm, from, from_len, to, cap, &status);
	if (status == U_BUFFER_OVERFLOW_ERROR) { /* one character may become eighteen */
		status = U_ZERO_ERROR;
		to = ARENA_ARRAY(a, (size_t)to_len + 1, UChar);
		to_len = unorm2_normalize(norm, from, from_len, to, to_len + 1, &status);
	}
	char *out = arena_alloc(a, (size_t)to_len * 3 + 1);
	u_strToUTF8(out, to_len * 3 + 1, NULL, to, to_len, &status);
	if (U_FAILURE(status))
		panic("ICU: %s", u_errorName(status));
	return out;
}

/* Folding leaves a character as it is, or is a matter of ASCII: nearly all of our text. */
static bool folds_simply(const char *s)
{
	while (*s) {
		u32 cp = utf8_next(&s);
		if (cp >= 0x80 && !(cp >= 0x4e00 && cp <= 0x9fff))
			return false;
	}
	return true;
}

const char *text_fold(struct arena *a, const char *s)
{
	if (!folds_simply(s))
		s = nfkc_casefold(a, s);
	size_t n = strlen(s);
	char *out = arena_alloc(a, n + 1);
	char *to = out;
	bool gap = false;
	for (const char *p = s; *p;) {
		const char *at = p;
		if (is_blank(utf8_next(&p))) {
			gap = true;
			continue;
		}
		if (gap && to > out)
			*to++ = ' ';
		gap = false;
		if (*at >= 'A' && *at <= 'Z') {
			*to++ = (char)(*at - 'A' + 'a');
		} else {
			memcpy(to, at, (size_t)(p - at));
			to += p - at;
		}
	}
	*to = '\0';
	return out;
}

/* Ends of company names that say only their legal form, longest first within each group. */
static const char *const han_tails[] = {
	"股份有限责任公司", "有限责任公司", "股份有限公司", "集团有限公司", "特殊普通合伙",
	"股份公司",         "有限公司",     "集团公司",     "控股公司",     "合伙企业",
	"有限合伙",         "普通合伙",     "总公司",       "公司",         "集团",
};
static const char *const latin_tails[] = {
	"co",   "coltd",       "company", "ltd",     "limited",  "inc", "incorporated",
	"corp", "corporation", "llc",     "llp",     "plc",      "lp",  "gmbh",
	"ag",   "kg",          "sa",      "srl",     "spa",      "bv",  "nv",
	"ab",   "oy",          "as",      "pte",     "pty",      "kk",  "sas",
	"sarl", "group",       "the",     "holding", "holdings",
};

/* Branches are companies of their own name: 某某公司上海分公司 keeps its end. */
static const char *const kept_ends[] = {"分公司", "子公司"};

static bool ends_with(const char *s, size_t n, const char *tail)
{
	size_t t = strlen(tail);
	return n >= t && !memcmp(s + n - t, tail, t);
}

/* Length of s without one legal form at its end, which takes up the rest of a word in Latin text
 * (Texaco keeps its co); n when there is none or nothing would remain. */
static size_t without_tail(const char *s, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(kept_ends); i++)
		if (ends_with(s, n, kept_ends[i]))
			return n;
	for (size_t i = 0; i < ARRAY_LEN(han_tails); i++) {
		size_t t = strlen(han_tails[i]);
		if (ends_with(s, n, han_tails[i]))
			return n > t ? n - t : n;
	}
	for (size_t i = 0; i < ARRAY_LEN(latin_tails); i++) {
		size_t t = strlen(latin_tails[i]);
		if (ends_with(s, n, latin_tails[i]) && n > t + 1 &&
		    (s[n - t - 1] == ' ' || (u8)s[n - t - 1] >= 0x80))
			return n - t;
	}
	return n;
}

const char *text_company_key(struct arena *a, const char *s)
{
	const char *folded = text_fold(a, s);
	char *words = arena_alloc(a, strlen(folded) + 1);
	size_t n = 0;
	/* Points and apostrophes vanish inside a word (L.L.C.), other marks part words. */
	for (const char *p = folded; *p;) {
		const char *at = p;
		u32 cp = utf8_next(&p);
		if (u_isalnum((UChar32)cp) || u_charType((UChar32)cp) == U_NON_SPACING_MARK) {
			memcpy(words + n, at, (size_t)(p - at));
			n += (size_t)(p - at);
		} else if (cp != '.' && cp != '\'' && cp != 0x2019 && n && words[n - 1] != ' ') {
			words[n++] = ' ';
		}
	}
	if (!n)
		return folded; /* nothing but marks: they are its name */
	for (size_t shorter;; n = shorter) {
		while (words[n - 1] == ' ')
			n--;
		shorter = without_tail(words, n);
		if (shorter == n)
			break;
	}
	char *out = arena_alloc(a, n + 1);
	char *to = out;
	for (size_t i = 0; i < n; i++)
		if (words[i] != ' ')
			*to++ = words[i];
	return out;
}

const char *text_phone_key(struct arena *a, const char *s)
{
	const char *p = text_fold(a, s);
	char *out = arena_alloc(a, strlen(p) + 1);
	char *to = out;
	while (*p == ' ' || *p == '(')
		p++;
	bool plus = *p == '+';
	for (; *p; p++)
		if (*p >= '0' && *p <= '9')
			*to++ = *p;
	if (plus && text_begins(out, "86"))
		return out + 2;
	return text_begins(out, "0086") ? out + 4 : out;
}

bool text_eq(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

bool text_begins(const char *s, const char *head)
{
	return !strncmp(s, head, strlen(head));
}
