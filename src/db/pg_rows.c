/* Results of PostgreSQL. They come whole and as text: libpq ends each cell with a NUL, statements may
 * be nested while one is read, and a numeric (the sum of bigint) reads as a whole number. */
#include <stdlib.h>
#include <string.h>

#include "db/pg.h"

static const struct pg_rows *of(const struct rows *r)
{
	return (const struct pg_rows *)r;
}

bool pg_next(struct rows *rows)
{
	struct pg_rows *r = (struct pg_rows *)rows;
	if (r->row + 1 >= r->n)
		return false;
	r->row++;
	return true;
}

void pg_done(struct rows *rows)
{
	PQclear(((struct pg_rows *)rows)->res);
}

int pg_columns(const struct rows *r)
{
	return PQnfields(of(r)->res);
}

const char *pg_name(const struct rows *r, int col)
{
	return PQfname(of(r)->res, col);
}

bool pg_null(const struct rows *r, int col)
{
	return PQgetisnull(of(r)->res, of(r)->row, col);
}

static const char *raw(const struct rows *r, int col)
{
	return PQgetvalue(of(r)->res, of(r)->row, col);
}

static Oid type_at(const struct rows *r, int col)
{
	return PQftype(of(r)->res, col);
}

i64 pg_i64(const struct rows *r, int col)
{
	const char *s = raw(r, col);
	if (type_at(r, col) == OID_BOOL)
		return *s == 't';
	return strtoll(s, NULL, 10);
}

double pg_f64(const struct rows *r, int col)
{
	if (type_at(r, col) == OID_BOOL)
		return *raw(r, col) == 't';
	return strtod(raw(r, col), NULL);
}

static int nibble(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* "\x0aff" */
static const char *unhex(const struct rows *r, int col)
{
	const char *s = raw(r, col) + 2;
	size_t n = (size_t)PQgetlength(of(r)->res, of(r)->row, col) / 2 - 1;
	char *out = arena_alloc(r->c->a, n + 1);
	for (size_t i = 0; i < n; i++)
		out[i] = (char)(nibble(s[2 * i]) << 4 | nibble(s[2 * i + 1]));
	return out;
}

const char *pg_text(const struct rows *r, int col)
{
	if (pg_null(r, col))
		return NULL;
	switch (type_at(r, col)) {
	case OID_BOOL: return *raw(r, col) == 't' ? "1" : "0";
	case OID_BYTEA: return unhex(r, col);
	default: return raw(r, col);
	}
}

size_t pg_len(const struct rows *r, int col)
{
	size_t n = (size_t)PQgetlength(of(r)->res, of(r)->row, col);
	return n && type_at(r, col) == OID_BYTEA ? n / 2 - 1 : n;
}

struct val pg_val(const struct rows *r, int col)
{
	if (pg_null(r, col))
		return vnull();
	switch (type_at(r, col)) {
	case OID_NUMERIC:
		/* a sum of whole numbers has no point, an average has one */
		if (strchr(raw(r, col), '.'))
			return vf(pg_f64(r, col));
		return vi(pg_i64(r, col));
	case OID_BOOL:
	case OID_INT2:
	case OID_INT4:
	case OID_INT8:
	case OID_OID: return vi(pg_i64(r, col));
	case OID_FLOAT4:
	case OID_FLOAT8: return vf(pg_f64(r, col));
	case OID_BYTEA: return vb(unhex(r, col), pg_len(r, col));
	default: return vtn(raw(r, col), pg_len(r, col));
	}
}
