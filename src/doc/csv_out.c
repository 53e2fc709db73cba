/* CSV writer: RFC 4180, CRLF, quotes only where needed, formulas guarded. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/money.h"
#include "doc/table_ops.h"

/* "-12.5", "+8613800138000": a spreadsheet only makes a number of it. */
static bool is_plain_number(const char *s)
{
	s += *s == '-' || *s == '+';
	size_t whole = strspn(s, "0123456789");
	s += whole;
	if (*s == '.') {
		size_t frac = strspn(s + 1, "0123456789");
		whole = frac ? whole : 0;
		s += 1 + frac;
	}
	return whole && !*s;
}

bool csv_is_formula(const char *s)
{
	return *s && strchr("=+-@\t\r", *s) && !is_plain_number(s);
}

static void put_text(struct table_writer *w, const char *s)
{
	char special[] = {'"', '\r', '\n', w->how.separator, '\0'};
	/* Apostrophes that are there already get one more, so that reading takes off just ours. */
	bool guard = csv_is_formula(s + strspn(s, "'"));
	bool quote = guard || s[strcspn(s, special)] || *s == ' ' ||
	             (*s && s[strlen(s) - 1] == ' ');
	if (quote)
		putc('"', w->out);
	if (guard)
		putc('\'', w->out);
	while (*s) {
		size_t n = strcspn(s, "\"");
		fwrite(s, 1, n, w->out);
		s += n;
		if (*s) {
			fputs("\"\"", w->out);
			s++;
		}
	}
	if (quote)
		putc('"', w->out);
}

static err_t put_time(struct table_writer *w, struct errs *e, i64 us)
{
	day_t day;
	int sec, y, m, d;
	if (!civil_time(w->how.zone, us, &day, &sec))
		return errs_fail(e, ERR_INTERNAL, "no zone '%s'", w->how.zone);
	day_to_ymd(day, &y, &m, &d);
	fprintf(w->out, "%04d-%02d-%02d %02d:%02d:%02d", y, m, d, sec / 3600, sec / 60 % 60,
	        sec % 60);
	return ERR_OK;
}

static err_t put_value(struct table_writer *w, struct errs *e, enum column_type type,
                       const struct table_value *v)
{
	if (!v->set)
		return ERR_OK;
	switch (type) {
	case COLUMN_TEXT: put_text(w, v->s); return ERR_OK;
	case COLUMN_DECIMAL:
	case COLUMN_DATE: fputs(v->s, w->out); return ERR_OK;
	case COLUMN_INT: fprintf(w->out, "%" PRId64, v->i); return ERR_OK;
	case COLUMN_MONEY: fputs(money_format(w->row, v->i), w->out); return ERR_OK;
	case COLUMN_TIME: return put_time(w, e, v->i);
	}
	return ERR_OK;
}

static err_t end_line(struct table_writer *w, struct errs *e)
{
	fputs("\r\n", w->out);
	return ferror(w->out) ? errs_fail(e, ERR_UNAVAILABLE, "write: %s", strerror(errno))
	                      : ERR_OK;
}

static err_t csv_begin(struct table_writer *w, struct errs *e)
{
	if (!w->how.separator)
		w->how.separator = ',';
	if (!w->how.no_bom)
		fputs("\xEF\xBB\xBF", w->out);
	for (size_t i = 0; i < w->n_cols; i++) {
		if (i)
			putc(w->how.separator, w->out);
		put_text(w, w->cols[i].title);
	}
	return end_line(w, e);
}

static err_t csv_row(struct table_writer *w, struct errs *e, const struct table_value *values)
{
	bool any = false;
	for (size_t i = 0; i < w->n_cols; i++) {
		if (i)
			putc(w->how.separator, w->out);
		any = any || values[i].set;
		TRY(put_value(w, e, w->cols[i].type, &values[i]));
	}
	/* One empty cell alone would be an empty line. */
	if (w->n_cols == 1 && !any)
		fputs("\"\"", w->out);
	return end_line(w, e);
}

static err_t csv_end(struct table_writer *w, struct errs *e)
{
	(void)w;
	(void)e;
	return ERR_OK;
}

const struct writer_ops csv_writer_ops = {.begin = csv_begin, .row = csv_row, .end = csv_end};
