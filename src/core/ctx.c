/* Context: begin, end, and the one way to write. */
#include "core/ctx.h"

#include <string.h>

#include "base/buf.h"
#include "core/custom.h"

err_t ctx_begin(struct ctx *cx, struct db *db, struct arena *a, const char *via)
{
	*cx = (struct ctx){.a = a, .db = db, .now = clock_now(), .via = via};
	errs_init(&cx->e, a);
	TRY(db_acquire(db, a, &cx->e, &cx->c));
	return customs_refresh(cx);
}

void ctx_end(struct ctx *cx)
{
	if (cx->c)
		db_release(cx->c);
	cx->c = NULL;
}

struct write_job {
	struct ctx *cx;
	err_t (*fn)(struct ctx *cx, void *arg);
	void *arg;
};

static err_t run_job(struct conn *c, void *arg)
{
	struct write_job *j = arg;
	struct conn *reading = j->cx->c;
	j->cx->c = c;
	err_t rc = j->fn(j->cx, j->arg);
	j->cx->c = reading;
	return rc;
}

err_t ctx_write(struct ctx *cx, err_t (*fn)(struct ctx *cx, void *arg), void *arg)
{
	if (cx->c && conn_in_write(cx->c))
		return fn(cx, arg);
	/* A thread that holds a snapshot while it waits for the writer could deadlock a small
	 * pool: the reading connection is given back first. */
	if (cx->c)
		db_release(cx->c);
	cx->c = NULL;
	struct write_job j = {cx, fn, arg};
	return db_write_then_read(cx->db, cx->a, &cx->e, run_job, &j, &cx->c);
}

enum { SQL_MAX = 256 * 1024 };

struct sqlb *sqlb_new(struct arena *a)
{
	struct sqlb *q = ARENA_NEW(a, struct sqlb);
	q->a = a;
	q->sql = ARENA_NEW(a, struct buf);
	*q->sql = buf_new(a, SQL_MAX);
	return q;
}

void sqlb_add(struct sqlb *q, const char *text)
{
	buf_puts(q->sql, text);
}

/* Most formats here hold nothing but %s: those are copied, only others are printed. */
void sqlb_addf(struct sqlb *q, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	const char *p = fmt;
	while ((p = strchr(p, '%')) && p[1] == 's')
		p += 2;
	if (p) {
		buf_puts(q->sql, arena_vprintf(q->a, fmt, ap));
	} else {
		for (const char *next; (next = strchr(fmt, '%')); fmt = next + 2) {
			buf_write(q->sql, fmt, (size_t)(next - fmt));
			buf_puts(q->sql, va_arg(ap, const char *));
		}
		buf_puts(q->sql, fmt);
	}
	va_end(ap);
}

void sqlb_val(struct sqlb *q, struct val v)
{
	if (q->n == q->cap) {
		size_t cap = q->cap ? q->cap * 2 : 16;
		struct val *n = ARENA_ARRAY(q->a, cap, struct val);
		for (size_t i = 0; i < q->n; i++)
			n[i] = q->v[i];
		q->v = n;
		q->cap = cap;
	}
	q->v[q->n++] = v;
	buf_putc(q->sql, '?');
}

const char *sqlb_text(struct sqlb *q)
{
	return buf_str(q->sql);
}

struct args sqlb_args(const struct sqlb *q)
{
	return (struct args){q->v, q->n};
}
