/* Formats of import maps: numbers, amounts, dates, names as other programs write them. */
#include "core/import_format.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/money.h"
#include "base/text.h"
#include "base/time.h"

enum { CELL_MAX = 2 * 1024 * 1024 };

static const struct {
	const char *name;
	enum val_type gives;
} formats[FMT_COUNT] = {
	[FMT_FIELD] = {"", VAL_TEXT},
	[FMT_TEXT] = {"text", VAL_TEXT},
	[FMT_INT] = {"int", VAL_INT},
	[FMT_DECIMAL] = {"decimal", VAL_TEXT},
	[FMT_MONEY] = {"money", VAL_INT},
	[FMT_CN_MONEY] = {"cn_money", VAL_INT},
	[FMT_CN_CURRENCY] = {"cn_money_currency", VAL_TEXT},
	[FMT_DATE] = {"date", VAL_TEXT},
	[FMT_DATE_DMY] = {"date:dmy", VAL_TEXT},
	[FMT_DATE_MDY] = {"date:mdy", VAL_TEXT},
	[FMT_YEAR] = {"year", VAL_INT},
	[FMT_BOOL] = {"bool", VAL_INT},
	[FMT_URL] = {"url", VAL_TEXT},
	[FMT_SLUG] = {"slug", VAL_TEXT},
	[FMT_LOGIN] = {"login", VAL_TEXT},
};

bool import_format_by_name(const char *name, enum import_format *out)
{
	for (int i = FMT_FIELD + 1; i < FMT_COUNT; i++)
		if (!strcmp(formats[i].name, name)) {
			*out = (enum import_format)i;
			return true;
		}
	return false;
}

enum val_type import_format_gives(enum import_format f)
{
	return formats[f].gives;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* -- text -- */

static bool is_ascii(const char *s)
{
	for (; *s; s++)
		if ((u8)*s >= 0x80)
			return false;
	return true;
}

/* Full-width letters, digits and signs. */
static u32 narrow(u32 cp)
{
	return cp >= 0xff01 && cp <= 0xff5e ? cp - 0xfee0 : cp;
}

static const char *narrowed(struct arena *a, const char *s)
{
	if (is_ascii(s))
		return s;
	struct buf b = buf_new(a, CELL_MAX);
	while (*s) {
		char c[5];
		utf8_encode(narrow(utf8_next(&s)), c);
		buf_puts(&b, c);
	}
	return buf_str(&b);
}

const char *import_trim(struct arena *a, const char *s, size_t n)
{
	if (!n)
		return "";
	if (s[0] > ' ' && s[n - 1] > ' ')
		return s;
	return text_trim(a, s);
}

const char *import_header_key(struct arena *a, const char *s)
{
	char *key = arena_strdup(a, text_fold(a, s)), *to = key;
	for (const char *p = key; *p; p++)
		if (*p != ' ')
			*to++ = *p;
	*to = '\0';
	return key;
}

static bool is_blank(u32 cp)
{
	return cp == ' ' || cp == '\t' || cp == '\r' || cp == '\n' || cp == 0x3000 || cp == 0xa0 ||
	       cp == 0xfeff;
}

/* A character of Chinese writing, its signs and full-width forms among them. */
static bool is_chinese(u32 cp)
{
	return (cp >= 0x2e80 && cp <= 0x9fff) || (cp >= 0xff00 && cp <= 0xffef);
}

/* Writes a bracket full-width where it touches a Chinese character. */
static void widen(u32 *c, size_t n, u32 bracket, u32 wide)
{
	u32 before = 0; /* as it was read */
	for (size_t i = 0; i < n; i++) {
		u32 was = c[i];
		if (was == bracket && (is_chinese(before) || (i + 1 < n && is_chinese(c[i + 1]))))
			c[i] = wide;
		before = was;
	}
}

const char *import_clean_name(struct arena *a, const char *s)
{
	u32 *c = ARENA_ARRAY(a, strlen(s) + 1, u32);
	size_t n = 0;
	bool gap = false;
	while (*s) {
		u32 cp = utf8_next(&s);
		if (is_blank(cp)) {
			gap = true;
			continue;
		}
		cp = narrow(cp);
		if (gap && n && !is_chinese(c[n - 1]) && !is_chinese(cp))
			c[n++] = ' ';
		gap = false;
		c[n++] = cp;
	}
	widen(c, n, '(', 0xff08);
	widen(c, n, ')', 0xff09);
	char *out = arena_alloc(a, n * 4 + 1), *to = out;
	for (size_t i = 0; i < n; i++) {
		char one[5];
		utf8_encode(c[i], one);
		size_t len = strlen(one);
		memcpy(to, one, len);
		to += len;
	}
	*to = '\0';
	return out;
}

/* Small Latin letters and digits, anything else one `part`; empty when nothing is left. */
static const char *latin_words(struct arena *a, const char *s, char part)
{
	char *out = arena_alloc(a, strlen(s) + 1), *to = out;
	bool gap = false;
	for (; *s; s++) {
		char c = *s >= 'A' && *s <= 'Z' ? (char)(*s - 'A' + 'a') : *s;
		if (!is_digit(c) && !(c >= 'a' && c <= 'z')) {
			gap = true;
			continue;
		}
		if (gap && to > out)
			*to++ = part;
		gap = false;
		*to++ = c;
	}
	*to = '\0';
	return out;
}

/* The first of several addresses. */
static const char *web_address(struct arena *a, const char *s)
{
	static const char *const ends[] = {"、", ",",  "，", ";",      "；",    " ",
	                                   "\t", "\r", "\n", "\u3000", "\u00a0"};
	size_t n = strlen(s);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		const char *p = strstr(s, ends[i]);
		if (p && (size_t)(p - s) < n)
			n = (size_t)(p - s);
	}
	s = arena_strndup(a, s, n);
	bool whole = text_begins(s, "http://") || text_begins(s, "https://");
	return whole || !*s ? s : arena_printf(a, "http://%s", s);
}

/* -- numbers -- */

static bool read_int(const char *s, const char *scale, i64 unit, bool round, i64 *out)
{
	bool exact;
	return decimal_times(s, scale, unit, out, &exact) && (exact || round);
}

static bool take(const char **s, const char *word)
{
	if (!text_begins(*s, word))
		return false;
	*s += strlen(word);
	return true;
}

/* "5,000(万元人民币)": an amount with its unit in words. */
static bool chinese_money(struct arena *a, const char *s, i64 *minor, const char **currency)
{
	static const struct {
		const char *word, *code;
	} currencies[] = {{"人民币", "CNY"}, {"美元", "USD"}, {"日元", "JPY"},
	                  {"欧元", "EUR"},   {"港元", "HKD"}, {"港币", "HKD"}};
	size_t n = strspn(s, "0123456789,.");
	const char *number = arena_strndup(a, s, n);
	s += n;
	while (*s == ' ' || *s == '\t')
		s++;
	take(&s, "(");
	bool yi = take(&s, "亿"), wan = !yi && take(&s, "万"), yuan = take(&s, "元");
	bool named = false;
	*currency = "CNY";
	for (size_t i = 0; i < ARRAY_LEN(currencies) && !named; i++) {
		named = take(&s, currencies[i].word);
		if (named)
			*currency = currencies[i].code;
	}
	take(&s, ")");
	i64 unit = yi ? 100000000 : wan ? 10000 : yuan || named ? 1 : 10000;
	return n && !*s && read_int(number, "1", unit * 100, true, minor);
}

/* -- dates -- */

/* Up to four digits. */
static bool part_of_date(const char **s, int *value, int *digits)
{
	*value = *digits = 0;
	for (; is_digit(**s) && *digits < 5; (*s)++, (*digits)++)
		*value = *value * 10 + (**s - '0');
	return *digits > 0 && *digits < 5;
}

static bool divider(const char **s, const char *word)
{
	if (**s == '-' || **s == '/' || **s == '.') {
		(*s)++;
		return true;
	}
	return take(s, word);
}

/* order: the place of year, month and day among the three. */
static bool read_date(const char *s, const int order[3], day_t *out)
{
	int v[3], digits[3];
	bool year_first = order[0] == 0;
	if (year_first && strspn(s, "0123456789") == 8 && !s[8]) {
		int all = 0;
		for (const char *p = s; *p; p++)
			all = all * 10 + (*p - '0');
		*out = day_from_ymd(all / 10000, all / 100 % 100, all % 100);
		return *out != DAY_NONE;
	}
	if (!part_of_date(&s, &v[0], &digits[0]) || !divider(&s, "年") ||
	    !part_of_date(&s, &v[1], &digits[1]) || !divider(&s, "月") ||
	    !part_of_date(&s, &v[2], &digits[2]))
		return false;
	take(&s, "日");
	if (*s && !((*s == ' ' || *s == 'T') && is_digit(s[1])))
		return false;
	int y = v[order[0]];
	if (digits[order[0]] == 2 && !year_first)
		y += y > 68 ? 1900 : 2000;
	else if (digits[order[0]] != 4)
		return false;
	*out = day_from_ymd(y, v[order[1]], v[order[2]]);
	return *out != DAY_NONE;
}

static bool read_day(struct arena *a, enum import_format f, const char *s, struct val *out)
{
	static const int ymd[] = {0, 1, 2}, dmy[] = {2, 1, 0}, mdy[] = {2, 0, 1};
	day_t day;
	if (!read_date(s, f == FMT_DATE_DMY ? dmy : f == FMT_DATE_MDY ? mdy : ymd, &day))
		return false;
	const char *text = day_format(a, day);
	*out = vt(text);
	return day_parse(text) != DAY_NONE; /* the years that fields take */
}

static bool read_year(const char *s, i64 *year)
{
	int y, m, d;
	static const int ymd[] = {0, 1, 2};
	day_t day;
	if (strspn(s, "0123456789") == 4 && !s[4])
		return decimal_scaled(s, 1, year);
	if (!read_date(s, ymd, &day))
		return false;
	day_to_ymd(day, &y, &m, &d);
	*year = y;
	return true;
}

static bool read_bool(struct arena *a, const char *s, i64 *out)
{
	static const char *const words[][2] = {
		{"false", "true"}, {"no", "yes"}, {"n", "y"}, {"0", "1"}, {"否", "是"}};
	s = text_fold(a, s);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		for (int k = 0; k < 2; k++)
			if (!strcmp(s, words[i][k])) {
				*out = k;
				return true;
			}
	return false;
}

bool import_read(struct arena *a, enum import_format f, const char *scale, const char *text,
                 struct val *out)
{
	const char *s = f == FMT_TEXT || f == FMT_URL ? text : narrowed(a, text);
	const char *t = NULL;
	i64 i = 0;
	bool ok = true;
	switch (f) {
	case FMT_INT: ok = read_int(s, scale, 1, false, &i); break;
	case FMT_MONEY: ok = read_int(s, scale, 100, true, &i); break;
	case FMT_CN_MONEY: ok = chinese_money(a, s, &i, &t); break;
	case FMT_CN_CURRENCY: ok = chinese_money(a, s, &i, &t); break;
	case FMT_YEAR: ok = read_year(s, &i); break;
	case FMT_BOOL: ok = read_bool(a, s, &i); break;
	case FMT_DATE:
	case FMT_DATE_DMY:
	case FMT_DATE_MDY: return read_day(a, f, s, out);
	case FMT_DECIMAL: t = decimal_product(a, s, scale); break;
	case FMT_URL: t = web_address(a, s); break;
	case FMT_SLUG: t = latin_words(a, s, '-'); break;
	case FMT_LOGIN: t = latin_words(a, s, '.'); break;
	default: t = import_trim(a, s, strlen(s));
	}
	if (formats[f].gives == VAL_INT) {
		*out = vi(i);
		return ok;
	}
	*out = vt(t);
	return ok && t && *t;
}
