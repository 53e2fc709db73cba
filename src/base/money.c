/* Money: 128-bit products, decimal text read without floating point. */
#include "base/money.h"

#include <string.h>

#include "base/buf.h"

__extension__ typedef __int128 wide;

static bool narrow(wide v, i64 *out)
{
	*out = (i64)v;
	return v >= INT64_MIN && v <= INT64_MAX;
}

bool mul_div(i64 a, i64 b, i64 c, i64 *out)
{
	if (!c)
		return false;
	wide p = (wide)a * b, d = c;
	if (d < 0) {
		p = -p;
		d = -d;
	}
	wide q = p / d, rest = p % d;
	if (rest < 0)
		rest = -rest;
	if (rest >= d - rest)
		q += p < 0 ? -1 : 1;
	return narrow(q, out);
}

bool money_bp(i64 fen, i64 bp, i64 *out)
{
	return mul_div(fen, bp, 10000, out);
}

struct decimal {
	wide digits; /* below 10^19, with the sign */
	int places;  /* digits after the point, as written */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "-1,234.50": a sign, digits (in groups of three once there is a comma), a point with digits. */
static bool read_decimal(const char *s, struct decimal *d)
{
	enum { DIGITS_MAX = 19 };
	bool minus = *s == '-';
	if (*s == '-' || *s == '+')
		s++;
	int n = 0, group = 0;
	bool commas = false;
	*d = (struct decimal){0};
	if (!is_digit(*s))
		return false;
	for (; is_digit(*s) || *s == ','; s++) {
		if (*s == ',') {
			if (group > 3 || (commas && group != 3) || !is_digit(s[1]))
				return false;
			commas = true;
			group = 0;
			continue;
		}
		group++;
		d->digits = d->digits * 10 + (*s - '0');
		n += d->digits != 0;
		if (n > DIGITS_MAX)
			return false;
	}
	if (commas && group != 3)
		return false;
	if (*s == '.') {
		size_t len = strspn(s + 1, "0123456789");
		if (!len || s[1 + len])
			return false;
		for (size_t i = 1; i <= len; i++) {
			d->digits = d->digits * 10 + (s[i] - '0');
			n += d->digits != 0;
			if (n > DIGITS_MAX)
				return false;
			d->places++;
		}
		s += 1 + len;
	}
	if (minus)
		d->digits = -d->digits;
	return !*s;
}

bool money_parse(const char *s, i64 *fen)
{
	struct decimal d;
	if (!read_decimal(s, &d) || d.places > 2)
		return false;
	static const int scale[] = {100, 10, 1};
	return narrow(d.digits * scale[d.places], fen);
}

const char *money_format(struct arena *a, i64 fen)
{
	u64 u = fen < 0 ? 0 - (u64)fen : (u64)fen;
	return arena_printf(a, "%s%llu.%02u", fen < 0 ? "-" : "", (unsigned long long)(u / 100),
	                    (unsigned)(u % 100));
}

bool decimal_scaled(const char *s, i64 scale, i64 *out)
{
	struct decimal d;
	if (!read_decimal(s, &d))
		return false;
	wide v = d.digits * scale;
	for (; d.places; d.places--) {
		if (v % 10)
			return false;
		v /= 10;
	}
	return narrow(v, out);
}

static bool product(const char *s, const char *scale, i64 unit, struct decimal *d)
{
	struct decimal x, y;
	if (!read_decimal(s, &x) || !read_decimal(scale, &y))
		return false;
	d->places = x.places + y.places;
	return !__builtin_mul_overflow(x.digits, y.digits, &d->digits) &&
	       !__builtin_mul_overflow(d->digits, (wide)unit, &d->digits);
}

bool decimal_times(const char *s, const char *scale, i64 unit, i64 *out, bool *exact)
{
	struct decimal d;
	if (!product(s, scale, unit, &d))
		return false;
	*exact = true;
	/* Only the last digit that is cut decides, so all but it may be cut first. */
	for (; d.places > 1; d.places--) {
		*exact &= d.digits % 10 == 0;
		d.digits /= 10;
	}
	if (d.places) {
		int last = (int)(d.digits % 10);
		*exact &= last == 0;
		d.digits = d.digits / 10 + (last >= 5) - (last <= -5);
	}
	return narrow(d.digits, out);
}

const char *decimal_product(struct arena *a, const char *s, const char *scale)
{
	struct decimal d;
	if (!product(s, scale, 1, &d))
		return NULL;
	for (; d.places && d.digits % 10 == 0; d.places--)
		d.digits /= 10;
	bool minus = d.digits < 0;
	char text[64], *p = text + sizeof text;
	*--p = '\0';
	for (int i = 0; d.digits || i <= d.places; i++) {
		int digit = (int)(d.digits % 10);
		if (i && i == d.places)
			*--p = '.';
		*--p = (char)('0' + (digit < 0 ? -digit : digit));
		d.digits /= 10;
	}
	if (minus)
		*--p = '-';
	return arena_strdup(a, p);
}

bool currency_valid(const char *c)
{
	return strspn(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3 && !c[3];
}
