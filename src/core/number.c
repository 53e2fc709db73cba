/* Record numbers: one counter row per series and year. */
#include "core/number.h"

#include "core/actor.h"

err_t number_next(struct ctx *cx, const char *series, const char *prefix, const char **out)
{
	int y, m, d;
	day_to_ymd(day_of(cx->now, "Asia/Shanghai"), &y, &m, &d);
	i64 n = 0;
	TRY(db_one_i64(cx->c,
	               "insert into numbering(series, year, last) values (?, ?, 1)"
	               " on conflict (series, year) do update set last = numbering.last + 1"
	               " returning last",
	               ARGS(vt(series), vi(y)), &n, NULL));
	*out = arena_printf(cx->a, "%s%d-%06lld", prefix, y, (long long)n);
	return ERR_OK;
}
