/* Numbers of a workbook. */
#include "doc/xlsx_number.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/time.h"

enum { SECONDS_PER_DAY = 86400, SERIAL_END = 2958466 /* 10000-01-01 */ };

/* More than a double ever needs. */
static const char zeros[] = "000000000000000000000000000000000000000000000000000000000000000000"
			    "000000000000000000000000000000000000000000000000000000000000000000"
			    "000000000000000000000000000000000000000000000000000000000000000000"
			    "000000000000000000000000000000000000000000000000000000000000000000"
			    "000000000000000000000000000000000000000000000000000000000000000000";

enum num_format num_format_builtin(unsigned id)
{
	/* 27–36 and 50–58 are dates of the East Asian versions. */
	static const struct {
		unsigned from, to;
		enum num_format nf;
	} ranges[] = {
		{14, 17, NF_DATE},  {18, 21, NF_CLOCK}, {22, 22, NF_DATETIME}, {27, 31, NF_DATE},
		{32, 35, NF_CLOCK}, {36, 36, NF_DATE},  {45, 45, NF_CLOCK},    {46, 46, NF_ELAPSED},
		{47, 47, NF_CLOCK}, {50, 54, NF_DATE},  {55, 56, NF_CLOCK},    {57, 58, NF_DATE},
	};
	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		if (id >= ranges[i].from && id <= ranges[i].to)
			return ranges[i].nf;
	return NF_NUMBER;
}

enum num_format num_format_code(const char *s)
{
	bool date = false, clock = false, month = false, elapsed = false;
	if (!strcasecmp(s, "general") || !strcasecmp(s, "standard"))
		return NF_NUMBER;
	for (; *s && *s != ';'; s++) {
		const char *close;
		switch (tolower((unsigned char)*s)) {
		case '"':
			close = strchr(s + 1, '"');
			s = close ? close : s + strlen(s) - 1;
			break;
		case '[':
			/* [h] [mm] [ss] count on; all else is a colour, a condition or a locale. */
			elapsed = elapsed || (strchr("hHmMsS", s[1]) && s[1] &&
			                      s[1 + strspn(s + 1, "hHmMsS")] == ']');
			close = strchr(s, ']');
			s = close ? close : s + strlen(s) - 1;
			break;
		case '\\':
		case '_':
		case '*': s += s[1] != '\0'; break;
		case 'y':
		case 'd': date = true; break;
		case 'h':
		case 's': clock = true; break;
		case 'm':
			month = true; /* or minutes, beside hours or seconds */
			break;
		default: break;
		}
	}
	if (elapsed)
		return NF_ELAPSED;
	if (date)
		return clock ? NF_DATETIME : NF_DATE;
	if (clock)
		return NF_CLOCK;
	return month ? NF_DATE : NF_NUMBER;
}

/* Fixed notation, 15 significant digits, no useless zeros: what a spreadsheet shows. */
static void format_number(double d, char *out)
{
	char sci[40], digits[16];
	snprintf(sci, sizeof sci, "%.14e", fabs(d));
	snprintf(digits, sizeof digits, "%c%.14s", sci[0], sci + 2);
	int e10 = (int)strtol(strchr(sci, 'e') + 1, NULL, 10);
	size_t keep = sizeof digits - 1;
	while (keep > 1 && digits[keep - 1] == '0')
		keep--;
	digits[keep] = '\0';
	const char *sign = d < 0 ? "-" : "";
	int n = (int)keep, whole = e10 + 1;
	if (whole <= 0)
		snprintf(out, XLSX_NUMBER_MAX, "%s0.%.*s%s", sign, -whole, zeros, digits);
	else if (whole >= n)
		snprintf(out, XLSX_NUMBER_MAX, "%s%s%.*s", sign, digits, whole - n, zeros);
	else
		snprintf(out, XLSX_NUMBER_MAX, "%s%.*s.%s", sign, whole, digits, digits + whole);
	if (d == 0)
		snprintf(out, XLSX_NUMBER_MAX, "0");
}

/* Already as we would write it: nothing to convert. */
static bool is_plain(const char *v)
{
	const char *s = v + (*v == '-');
	size_t whole = strspn(s, "0123456789");
	const char *frac = s + whole;
	if (!whole || (whole > 1 && *s == '0'))
		return false;
	size_t n = *frac == '.' ? strspn(frac + 1, "0123456789") : 0;
	if (*frac == '.')
		frac += 1 + n;
	return !*frac && whole + n <= 15 && (!n || frac[-1] != '0') && strcmp(v, "-0") != 0 &&
	       (n || !strchr(v, '.'));
}

static bool serial_to_day(i64 serial, bool date1904, int *y, int *m, int *d)
{
	if (!date1904 && serial == 60) {
		/* The day that never was; kept so that the reader can say so. */
		*y = 1900;
		*m = 2;
		*d = 29;
		return true;
	}
	day_t base = date1904 ? day_from_ymd(1904, 1, 1)
	                      : day_from_ymd(1899, 12, serial < 60 ? 31 : 30);
	day_to_ymd(base + (day_t)serial, y, m, d);
	return date1904 || serial >= 1;
}

bool xlsx_number(const char *v, enum num_format nf, bool date1904, char out[XLSX_NUMBER_MAX],
                 enum cell_kind *kind)
{
	*kind = CELL_NUMBER;
	if (nf == NF_NUMBER && is_plain(v)) {
		snprintf(out, XLSX_NUMBER_MAX, "%s", v);
		return true;
	}
	char *end;
	double d = strtod(v, &end);
	if (end == v || *end || !isfinite(d) || strpbrk(v, "xXpP"))
		return false;
	if (nf == NF_NUMBER || d < 0 || d >= SERIAL_END) {
		format_number(d, out);
		return true;
	}
	i64 seconds = llround(d * SECONDS_PER_DAY);
	i64 day = nf == NF_DATE ? (i64)d : seconds / SECONDS_PER_DAY;
	i64 in_day = seconds % SECONDS_PER_DAY;
	int y, m, dd, hh = (int)(in_day / 3600), mm = (int)(in_day / 60 % 60),
		      ss = (int)(in_day % 60);
	if (nf == NF_ELAPSED) {
		*kind = CELL_TEXT;
		snprintf(out, XLSX_NUMBER_MAX, "%" PRId64 ":%02d:%02d", seconds / 3600, mm, ss);
	} else if (nf == NF_CLOCK || !serial_to_day(day, date1904, &y, &m, &dd)) {
		*kind = CELL_TEXT;
		snprintf(out, XLSX_NUMBER_MAX, "%02d:%02d:%02d", hh, mm, ss);
	} else if (nf == NF_DATE) {
		*kind = CELL_DATE;
		snprintf(out, XLSX_NUMBER_MAX, "%04d-%02d-%02d", y, m, dd);
	} else {
		*kind = CELL_TIME;
		snprintf(out, XLSX_NUMBER_MAX, "%04d-%02d-%02d %02d:%02d:%02d", y, m, dd, hh, mm,
		         ss);
	}
	return true;
}
