/* Clock, civil dates and RFC 3339.  Zones are in zone.c. */
#include "base/time.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static _Atomic i64 frozen_at; /* 0: not frozen */

static i64 read_clock(clockid_t id)
{
	struct timespec ts;
	if (clock_gettime(id, &ts))
		panic("clock_gettime failed");
	return (i64)ts.tv_sec * US_PER_SEC + ts.tv_nsec / 1000;
}

i64 clock_now(void)
{
	i64 us = frozen_at;
	return us ? us : read_clock(CLOCK_REALTIME);
}

void clock_freeze(i64 us)
{
	frozen_at = us;
}

bool clock_is_frozen(void)
{
	return frozen_at != 0;
}

i64 clock_mono(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

static bool leap(int y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int month_days(int y, int m)
{
	static const u8 days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return m == 2 && leap(y) ? 29 : days[m - 1];
}

/* Years are counted from March, so that the leap day is the last of its year:
 * 400 years have 146097 days, and the days before month m (March = 0) are (153
 * m + 2) / 5. */
day_t day_from_ymd(int y, int m, int d)
{
	if (y < 1 || y > 9999 || m < 1 || m > 12 || d < 1 || d > month_days(y, m))
		return DAY_NONE;
	if (m < 3)
		y--;
	int mp = (m + 9) % 12;
	int era = y / 400, yoe = y % 400;
	int doy = (153 * mp + 2) / 5 + d - 1;
	int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

/* a / b and a % b rounded down, b > 0. */
static i64 floor_div(i64 a, i64 b)
{
	return a / b - (a % b < 0);
}

static i64 floor_mod(i64 a, i64 b)
{
	return a - floor_div(a, b) * b;
}

void day_to_ymd(day_t day, int *y, int *m, int *d)
{
	i64 z = (i64)day + 719468;
	i64 era = floor_div(z, 146097);
	int doe = (int)floor_mod(z, 146097);
	int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int mp = (5 * doy + 2) / 153;
	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = (int)(era * 400) + yoe + (*m <= 2);
}

int day_weekday(day_t day)
{
	return (int)floor_mod((i64)day + 3, 7) + 1; /* 1970-01-01 was a Thursday */
}

/* n digits at s as a number; -1 when one is not a digit. Stops at the end of
 * the text. */
static int digits(const char *s, int n)
{
	int v = 0;
	for (int i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		v = v * 10 + (s[i] - '0');
	}
	return v;
}

/* The date at the head of s, which is followed by anything. */
static day_t parse_head(const char *s)
{
	if (strnlen(s, 10) < 10 || s[4] != '-' || s[7] != '-')
		return DAY_NONE;
	return day_from_ymd(digits(s, 4), digits(s + 5, 2), digits(s + 8, 2));
}

day_t day_parse(const char *s)
{
	day_t day = parse_head(s);
	if (day == DAY_NONE || s[10])
		return DAY_NONE;
	int y = digits(s, 4);
	return y < 1900 || y > 2199 ? DAY_NONE : day;
}

/* n digits of v, leading zeros; these two are the most frequent texts of all answers. */
static char *put_digits(char *p, int v, int n)
{
	for (int i = n; i--; v /= 10)
		p[i] = (char)('0' + v % 10);
	return p + n;
}

static char *put_day(char *p, day_t day)
{
	int y, m, d;
	day_to_ymd(day, &y, &m, &d);
	p = put_digits(p, y, 4);
	*p++ = '-';
	p = put_digits(p, m, 2);
	*p++ = '-';
	return put_digits(p, d, 2);
}

const char *day_format(struct arena *a, day_t day)
{
	char *s = arena_alloc(a, sizeof "yyyy-mm-dd");
	put_day(s, day);
	return s;
}

day_t day_add_months(day_t day, int months)
{
	int y, m, d;
	day_to_ymd(day, &y, &m, &d);
	i64 total = (i64)y * 12 + (m - 1) + months;
	i64 year = floor_div(total, 12);
	if (year < 1 || year > 9999)
		return DAY_NONE;
	m = (int)floor_mod(total, 12) + 1;
	int last = month_days((int)year, m);
	return day_from_ymd((int)year, m, d < last ? d : last);
}

/* ".5" … ".123456789" at *s as microseconds; advances. */
static bool parse_fraction(const char **s, i64 *us)
{
	*us = 0;
	if (**s != '.')
		return true;
	i64 unit = 100000;
	int n = 0;
	for ((*s)++; **s >= '0' && **s <= '9'; (*s)++, n++) {
		*us += unit * (**s - '0');
		unit /= 10;
	}
	return n >= 1 && n <= 9;
}

/* "Z" or "±hh:mm" up to the end, as microseconds east of UTC. */
static bool parse_offset(const char *s, i64 *us)
{
	*us = 0;
	if ((*s == 'Z' || *s == 'z') && !s[1])
		return true;
	if ((*s != '+' && *s != '-') || strnlen(s, 7) != 6 || s[3] != ':')
		return false;
	int h = digits(s + 1, 2), m = digits(s + 4, 2);
	if (h < 0 || h > 23 || m < 0 || m > 59)
		return false;
	*us = (h * US_PER_HOUR + m * US_PER_MIN) * (*s == '-' ? -1 : 1);
	return true;
}

bool time_parse(const char *s, i64 *us)
{
	day_t day = parse_head(s);
	if (day == DAY_NONE || strnlen(s, 19) < 19)
		return false;
	if ((s[10] != 'T' && s[10] != 't') || s[13] != ':' || s[16] != ':')
		return false;
	int h = digits(s + 11, 2), m = digits(s + 14, 2), sec = digits(s + 17, 2);
	if (h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 60)
		return false;
	const char *p = s + 19;
	i64 fraction, offset;
	if (!parse_fraction(&p, &fraction) || !parse_offset(p, &offset))
		return false;
	i64 whole = day * US_PER_DAY + h * US_PER_HOUR + m * US_PER_MIN - offset;
	/* A leap second ends a day of UTC, and counts as the first second of the
   * next. */
	if (sec == 60 && floor_mod(whole, US_PER_DAY) != US_PER_DAY - US_PER_MIN)
		return false;
	*us = whole + (i64)sec * US_PER_SEC + fraction;
	return true;
}

const char *time_format(struct arena *a, i64 us)
{
	i64 sec = floor_div(us, US_PER_SEC);
	int fraction = (int)floor_mod(us, US_PER_SEC);
	int in_day = (int)floor_mod(sec, 86400);
	char *s = arena_alloc(a, sizeof "yyyy-mm-ddThh:mm:ss.ffffffZ");
	char *p = put_day(s, (day_t)floor_div(sec, 86400));
	*p++ = 'T';
	p = put_digits(p, in_day / 3600, 2);
	*p++ = ':';
	p = put_digits(p, in_day / 60 % 60, 2);
	*p++ = ':';
	p = put_digits(p, in_day % 60, 2);
	if (fraction) {
		*p++ = '.';
		p = fraction % 1000 ? put_digits(p, fraction, 6)
		                    : put_digits(p, fraction / 1000, 3);
	}
	*p = 'Z';
	return s;
}
