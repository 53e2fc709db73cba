/* Record numbers: one counter row per series and year. */
#include "core/number.h"

#include <string.h>

#include "core/actor.h"

enum { STOCK = 1000 };

static err_t take(struct ctx *cx, const char *series, int year, i64 count, i64 *last)
{
	return db_one_i64(cx->c,
	                  "insert into numbering(series, year, last) values (?, ?, ?)"
	                  " on conflict (series, year) do update"
	                  " set last = numbering.last + excluded.last returning last",
	                  ARGS(vt(series), vi(year), vi(count)), last, NULL);
}

/* Many at once, by an update alone: on SQLite the upsert opens a savepoint for itself, at which
 * FTS5 writes out all that the bulk write has gathered for it. */
static err_t take_many(struct ctx *cx, const char *series, int year, i64 count, i64 *last)
{
	i64 n = 0;
	TRY(db_exec(cx->c, "update numbering set last = last + ? where series = ? and year = ?",
	            ARGS(vi(count), vt(series), vi(year)), &n));
	if (!n)
		return take(cx, series, year, count, last);
	return db_one_i64(cx->c, "select last from numbering where series = ? and year = ?",
	                  ARGS(vt(series), vi(year)), last, NULL);
}

/* From the stock, which is filled when it is empty; a series beyond its places goes without. */
static err_t from_stock(struct ctx *cx, const char *series, int year, i64 *n)
{
	struct number_stock *s = cx->numbers;
	struct number_range *r = NULL;
	for (size_t i = 0; s && !r && i < ARRAY_LEN(s->range); i++)
		if (!s->range[i].series ||
		    (!strcmp(s->range[i].series, series) && s->range[i].year == year))
			r = &s->range[i];
	if (!r)
		return take(cx, series, year, 1, n);
	if (r->next == r->end) {
		i64 last = 0;
		TRY(take_many(cx, series, year, STOCK, &last));
		*r = (struct number_range){series, year, last - STOCK + 1, last + 1};
	}
	*n = r->next++;
	return ERR_OK;
}

err_t number_next(struct ctx *cx, const char *series, const char *prefix, const char **out)
{
	int y, m, d;
	day_to_ymd(day_of(cx->now, "Asia/Shanghai"), &y, &m, &d);
	i64 n = 0;
	TRY(from_stock(cx, series, y, &n));
	*out = arena_printf(cx->a, "%s%d-%06lld", prefix, y, (long long)n);
	return ERR_OK;
}

err_t numbers_return(struct ctx *cx)
{
	for (size_t i = 0; cx->numbers && i < ARRAY_LEN(cx->numbers->range); i++) {
		struct number_range *r = &cx->numbers->range[i];
		if (r->next < r->end)
			TRY(db_exec(cx->c,
			            "update numbering set last = ? where series = ? and year = ?",
			            ARGS(vi(r->next - 1), vt(r->series), vi(r->year)), NULL));
		r->end = r->next;
	}
	return ERR_OK;
}
