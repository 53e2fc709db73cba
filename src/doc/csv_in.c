/* CSV reader (RFC 4180 and what programs really write), one row at a time.
 *
 * Separator , ; or TAB; lines end with LF, CRLF or CR, the last one need not end; a quoted field
 * may hold separators, line breaks and doubled quotes.  A quote inside an unquoted field is an
 * ordinary character (37°36'37.8"N); text after a closing quote is refused. */
#include "doc/encoding.h"
#include "doc/rowbuf.h"
#include "doc/table_ops.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { CHUNK = 64 * 1024 };

struct csv {
	struct text_in *in;
	char sep;
	bool after_cr; /* a LF that comes now belongs to the line end before */
	char buf[CHUNK];
	size_t at, n;
	i64 record;
	struct rowbuf row;
};

static err_t fail(const struct csv *c, struct errs *e, enum err_code code)
{
	char row[24];
	snprintf(row, sizeof row, "%" PRId64, c->record);
	return errs_set(e, code, EP({"row", row}, {"encoding", text_in_encoding(c->in)}));
}

/* More bytes; c->at == c->n afterwards means the end. */
static err_t more(struct csv *c, struct errs *e)
{
	i64 got = text_in_read(c->in, c->buf, sizeof c->buf);
	c->at = 0;
	c->n = got > 0 ? (size_t)got : 0;
	if (got == TEXT_IN_BAD)
		return fail(c, e, ERR_IMPORT_ENCODING);
	if (got == TEXT_IN_IO)
		return errs_fail(e, ERR_UNAVAILABLE, "read: %s", strerror(errno));
	return ERR_OK;
}

/* The separator that the first line with content uses most. */
static char recognise_separator(const struct csv *c)
{
	static const char seps[] = {',', ';', '\t'};
	size_t count[ARRAY_LEN(seps)] = {0}, best = 0;
	bool quoted = false, any = false;
	for (size_t i = c->at; i < c->n; i++) {
		char ch = c->buf[i];
		if (ch == '"')
			quoted = !quoted;
		else if (!quoted && (ch == '\n' || ch == '\r') && any)
			break;
		any = any || (ch != '\n' && ch != '\r');
		for (size_t s = 0; !quoted && s < ARRAY_LEN(seps); s++)
			count[s] += ch == seps[s];
	}
	for (size_t s = 1; s < ARRAY_LEN(seps); s++)
		if (count[s] > count[best])
			best = s;
	return seps[best];
}

/* Counts on without keeping, so that the answer can say how many columns there are. */
static err_t too_many_columns(struct csv *c, struct errs *e)
{
	size_t got = TABLE_COLUMNS_MAX + 1, seen = 0;
	bool quoted = false;
	for (;; c->at++) {
		if (c->at == c->n) {
			TRY(more(c, e));
			if (!c->n)
				break;
		}
		char ch = c->buf[c->at];
		if (ch == '"')
			quoted = !quoted;
		if (!quoted && (ch == '\n' || ch == '\r'))
			break;
		got += !quoted && ch == c->sep;
		if (++seen > TABLE_ROW_MAX)
			break;
	}
	char row[24], num[24], max[24];
	snprintf(row, sizeof row, "%" PRId64, c->record);
	snprintf(num, sizeof num, "%zu", got);
	snprintf(max, sizeof max, "%d", TABLE_COLUMNS_MAX);
	return errs_set(e, ERR_IMPORT_COLUMNS, EP({"row", row}, {"got", num}, {"max", max}));
}

/* Our own export guards formulas with an apostrophe: '=1+1 is the text =1+1. */
static bool is_guarded(const char *s, size_t n)
{
	size_t i = 0;
	while (i < n && s[i] == '\'')
		i++;
	return i && i < n && csv_is_formula(s + i);
}

static bool end_field(struct csv *c, size_t col)
{
	struct rowbuf *rb = &c->row;
	size_t n = rowbuf_open_size(rb);
	if (n > 1 && rb->text.p[rb->start] == '\'' && is_guarded(rb->text.p + rb->start, n))
		rb->start++;
	return rowbuf_close(rb, col, CELL_TEXT, NULL);
}

static size_t plain_run(const char *p, size_t n, char sep)
{
	size_t i = 0;
	while (i < n && p[i] != sep && p[i] != '\n' && p[i] != '\r')
		i++;
	return i;
}

enum state { FIELD_START, PLAIN, QUOTED, QUOTE_IN_QUOTED };

/* One record into c->row; *end when there is none. */
static err_t read_record(struct csv *c, struct errs *e, bool *end)
{
	enum state st = FIELD_START;
	size_t col = 0;
	bool begun = false;
	c->record++;
	rowbuf_reset(&c->row);
	for (;;) {
		if (c->at == c->n) {
			TRY(more(c, e));
			if (!c->n)
				break;
		}
		const char *p = c->buf + c->at;
		if (c->after_cr) {
			c->after_cr = false;
			if (*p == '\n') {
				c->at++;
				continue;
			}
		}
		begun = true;
		size_t left = c->n - c->at, run = 0;
		if (st == QUOTED) {
			const char *q = memchr(p, '"', left);
			run = q ? (size_t)(q - p) : left;
			if (!run) {
				st = QUOTE_IN_QUOTED;
				c->at++;
				continue;
			}
		} else if (st == QUOTE_IN_QUOTED && *p == '"') {
			st = QUOTED;
			run = 1;
		} else if (st == FIELD_START && *p == '"') {
			st = QUOTED;
			c->at++;
			continue;
		} else {
			run = plain_run(p, left, c->sep);
			if (run && st == QUOTE_IN_QUOTED)
				return fail(c, e, ERR_IMPORT_AFTER_QUOTE);
		}
		if (run) {
			if (st == FIELD_START)
				st = PLAIN;
			if (!rowbuf_add(&c->row, p, run))
				return rowbuf_error(&c->row, e, c->record);
			c->at += run;
			continue;
		}
		c->at++;
		if (!end_field(c, col++))
			return rowbuf_error(&c->row, e, c->record);
		st = FIELD_START;
		if (*p != c->sep) {
			c->after_cr = *p == '\r';
			return ERR_OK;
		}
		if (col == TABLE_COLUMNS_MAX)
			return too_many_columns(c, e);
	}
	*end = !begun;
	if (st == QUOTED)
		return fail(c, e, ERR_IMPORT_QUOTE);
	if (begun && !end_field(c, col))
		return rowbuf_error(&c->row, e, c->record);
	return ERR_OK;
}

static err_t csv_next(struct table_reader *r, struct errs *e, const struct table_row **row)
{
	struct csv *c = r->state;
	bool end = false;
	TRY(read_record(c, e, &end));
	r->done = text_in_done(c->in);
	*row = end ? NULL : rowbuf_row(&c->row, c->record);
	return ERR_OK;
}

static const struct reader_ops csv_ops = {.next = csv_next};

err_t csv_open(struct table_reader *r, struct errs *e, struct doc_input in,
               const struct table_read *how)
{
	FILE *f;
	struct csv *c = ARENA_NEW(r->a, struct csv);
	TRY(doc_stream(r->a, e, in, &f, &r->total));
	TRY(text_in_open(r->a, e, f, how->encoding, &c->in));
	rowbuf_init(&c->row, r->a);
	c->record = 1; /* for a message about the first bytes */
	TRY(more(c, e));
	c->record = 0;
	c->sep = how->separator ? how->separator : recognise_separator(c);
	r->format = TABLE_CSV;
	r->encoding = text_in_encoding(c->in);
	r->separator = c->sep;
	r->ops = &csv_ops;
	r->state = c;
	return ERR_OK;
}
