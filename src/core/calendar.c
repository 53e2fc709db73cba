/* Working-day calendar: arithmetic, and the copy in memory. */
#include "core/calendar.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "core/event.h"

/* clang-format off */
const struct event_kind calendar_events[] = {
	{"calendar.imported", L("已导入工作日历", "Working-day calendar imported"), false},
	{NULL, L(NULL, NULL), false},
};
const struct permission calendar_permissions[] = {
	{"calendar.read", L("查看工作日历", "See the working-day calendar")},
	{"calendar.update", L("修改工作日历", "Change the working-day calendar")},
	{NULL, L(NULL, NULL)},
};
/* clang-format on */

static const struct calendar_day *entry(const struct calendar *c, day_t day)
{
	size_t lo = 0, hi = c->n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (c->days[mid].day == day)
			return &c->days[mid];
		if (c->days[mid].day < day)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

bool calendar_works(const struct calendar *c, day_t day)
{
	const struct calendar_day *e = entry(c, day);
	return e ? e->working : day_weekday(day) <= 5;
}

day_t calendar_add(const struct calendar *c, day_t day, int n)
{
	int step = n < 0 ? -1 : 1;
	if (!n)
		while (!calendar_works(c, day))
			day++;
	for (; n; n -= step) {
		do
			day += step;
		while (!calendar_works(c, day));
	}
	return day;
}

int calendar_between(const struct calendar *c, day_t from, day_t to)
{
	if (to < from)
		return -calendar_between(c, to, from);
	int n = 0;
	for (day_t d = from + 1; d <= to; d++)
		n += calendar_works(c, d);
	return n;
}

/* -- the table in memory: small (some 40 rows a year), read whole -- */

static struct {
	pthread_mutex_t lock;
	struct arena *a;
	struct calendar cal;
	char name[32];
	bool fresh;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void on_changed(void *arg, const char *payload)
{
	(void)arg;
	(void)payload;
	pthread_mutex_lock(&state.lock);
	state.fresh = false;
	pthread_mutex_unlock(&state.lock);
}

err_t calendar_start(struct db *db, struct errs *e)
{
	(void)e;
	on_changed(NULL, NULL);
	return db_listen(db, "calendar", on_changed, NULL);
}

static err_t read_all(struct ctx *cx, struct arena *a, const char *name, struct calendar *out)
{
	i64 n = 0;
	TRY(db_one_i64(cx->c, "select count(*) from calendar_day where calendar = ?",
	               ARGS(vt(name)), &n, NULL));
	out->days = ARENA_ARRAY(a, (size_t)n + 1, struct calendar_day);
	out->n = 0;
	struct rows *r;
	TRY(db_query(cx->c, "select day, working from calendar_day where calendar = ? order by day",
	             ARGS(vt(name)), &r));
	while (rows_next(r) && out->n < (size_t)n)
		out->days[out->n++] = (struct calendar_day){day_parse(rows_text(r, 0)),
		                                            rows_i64(r, 1) != 0};
	return rows_done(r);
}

err_t calendar_load(struct ctx *cx, const char *name, const struct calendar **out)
{
	struct calendar *copy = ARENA_NEW(cx->a, struct calendar);
	pthread_mutex_lock(&state.lock);
	err_t rc = ERR_OK;
	if (!state.fresh || strcmp(state.name, name) != 0) {
		if (!state.a)
			state.a = arena_new(4 * 1024 * 1024);
		arena_reset(state.a);
		rc = read_all(cx, state.a, name, &state.cal);
		state.fresh = !rc;
		snprintf(state.name, sizeof state.name, "%s", name);
	}
	if (!rc) {
		copy->n = state.cal.n;
		copy->days = arena_memdup(cx->a, state.cal.days, state.cal.n * sizeof *copy->days);
	}
	pthread_mutex_unlock(&state.lock);
	*out = copy;
	return rc;
}

/* -- import -- */

static err_t put_day(struct ctx *cx, const char *name, day_t day, bool working, const char *label)
{
	return db_exec(cx->c,
	               "insert into calendar_day(calendar, day, working, name) values (?, ?, ?, ?)"
	               " on conflict (calendar, day) do update set working = excluded.working,"
	               " name = excluded.name",
	               ARGS(vt(name), vt(day_format(cx->a, day)), vi(working), vt(label)), NULL);
}

static err_t bad(struct ctx *cx, const char *what)
{
	return cx_err(cx, ERR_BAD_REQUEST, EP({"reason", what}));
}

static err_t put_holiday(struct ctx *cx, const char *name, const json_t *h)
{
	day_t from = day_parse(json_text(h, "from")), to = day_parse(json_text(h, "to"));
	const char *label = json_text(json_object_get(h, "name"), "zh");
	if (from == DAY_NONE || to == DAY_NONE || to < from || to - from > 60)
		return bad(cx, "calendar: from/to");
	for (day_t d = from; d <= to; d++)
		TRY(put_day(cx, name, d, false, label));
	size_t i;
	json_t *m;
	json_array_foreach(json_object_get(h, "makeup"), i, m)
	{
		day_t d = json_string_value(m) ? day_parse(json_string_value(m)) : DAY_NONE;
		if (d == DAY_NONE)
			return bad(cx, "calendar: makeup");
		TRY(put_day(cx, name, d, true, label));
	}
	return ERR_OK;
}

struct import {
	const char *name;
	const json_t *doc;
};

static err_t import(struct ctx *cx, void *arg)
{
	struct import *im = arg;
	size_t i, k;
	json_t *year, *h;
	json_array_foreach(json_object_get(im->doc, "years"), i, year)
	{
		json_array_foreach(json_object_get(year, "holidays"), k, h)
			TRY(put_holiday(cx, im->name, h));
	}
	TRY(event_append(cx,
	                 &(struct event_in){.kind = "calendar.imported",
	                                    .entity = "calendar",
	                                    .payload = arena_printf(cx->a, "{\"years\":%zu}", i)},
	                 NULL));
	return db_notify(cx->c, "calendar", "");
}

err_t calendar_import(struct ctx *cx, const char *name, const json_t *doc)
{
	struct import im = {name, doc};
	if (!json_is_array(json_object_get(doc, "years")))
		return bad(cx, "calendar: years");
	return ctx_write(cx, import, &im);
}
