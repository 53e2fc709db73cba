/* Working-day calendars: arithmetic, and the copy in memory. */
#include "core/calendar.h"

#include <pthread.h>
#include <string.h>

#include "core/setting.h"

/* -- arithmetic -- */

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

int calendar_halves(const struct calendar *c, day_t day)
{
	const struct calendar_day *e = entry(c, day);
	if (e)
		return e->halves;
	return c->weekend & 1u << day_weekday(day) ? 0 : 2;
}

bool calendar_works(const struct calendar *c, day_t day)
{
	return calendar_halves(c, day) > 0;
}

day_t calendar_add(const struct calendar *c, day_t day, int n)
{
	int step = n < 0 ? -1 : 1;
	if (!n)
		while (!calendar_works(c, day))
			day++;
	for (int left = 2 * (n < 0 ? -n : n); left > 0;) {
		day += step;
		left -= calendar_halves(c, day);
	}
	return day;
}

int calendar_between(const struct calendar *c, day_t from, day_t to)
{
	if (to < from)
		return -calendar_between(c, to, from);
	int halves = 0;
	for (day_t d = from + 1; d <= to; d++)
		halves += calendar_halves(c, d);
	return (halves + 1) / 2;
}

/* -- all in memory: a few calendars of some 40 rows a year, and the regions that name one -- */

struct kept {
	i64 id, parent_id;
	const char *code;
	struct calendar cal; /* with the days of what it rests on */
	bool merged;
};

struct place {
	i64 id, parent_id, calendar_id;
};

static struct {
	pthread_mutex_t lock;
	struct arena *a;
	struct kept *cals;
	struct place *places;
	size_t n_cals, n_places;
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

static const struct calendar monday_to_friday = {.weekend = 1u << 6 | 1u << 7};

static unsigned weekend_of(const char *set)
{
	unsigned w = 0;
	for (; set && *set; set++)
		if (*set >= '1' && *set <= '7')
			w |= 1u << (*set - '0');
	return w;
}

static struct kept *kept_by_id(i64 id)
{
	for (size_t i = 0; i < state.n_cals; i++)
		if (state.cals[i].id == id)
			return &state.cals[i];
	return NULL;
}

static err_t read_days(struct ctx *cx, struct kept *k)
{
	i64 n = 0;
	TRY(db_one_i64(
		cx->c,
		"select count(*) from calendar_day where calendar_id = ? and deleted_at is null",
		ARGS(vi(k->id)), &n, NULL));
	k->cal.days = ARENA_ARRAY(state.a, (size_t)n + 1, struct calendar_day);
	struct rows *r;
	TRY(db_query(
		cx->c,
		"select day, work from calendar_day where calendar_id = ? and deleted_at is null"
		" order by day",
		ARGS(vi(k->id)), &r));
	while (rows_next(r) && k->cal.n < (size_t)n) {
		const char *work = rows_text(r, 1);
		k->cal.days[k->cal.n++] = (struct calendar_day){day_parse(rows_text(r, 0)),
		                                                !strcmp(work, "full")   ? 2
		                                                : !strcmp(work, "half") ? 1
		                                                                        : 0};
	}
	return rows_done(r);
}

/* Days of both in order; its own win. */
static void rest_on(struct kept *k, int depth)
{
	if (k->merged || depth > 16)
		return;
	k->merged = true;
	struct kept *p = k->parent_id ? kept_by_id(k->parent_id) : NULL;
	if (!p)
		return;
	rest_on(p, depth + 1);
	struct calendar own = k->cal;
	k->cal.days = ARENA_ARRAY(state.a, own.n + p->cal.n + 1, struct calendar_day);
	k->cal.n = 0;
	for (size_t i = 0, j = 0; i < own.n || j < p->cal.n;) {
		bool mine = j >= p->cal.n || (i < own.n && own.days[i].day <= p->cal.days[j].day);
		if (mine && j < p->cal.n && own.days[i].day == p->cal.days[j].day)
			j++;
		k->cal.days[k->cal.n++] = mine ? own.days[i++] : p->cal.days[j++];
	}
}

static err_t read_calendars(struct ctx *cx)
{
	i64 n = 0;
	TRY(db_one_i64(cx->c, "select count(*) from calendar where deleted_at is null", NO_ARGS, &n,
	               NULL));
	state.cals = ARENA_ARRAY(state.a, (size_t)n + 1, struct kept);
	state.n_cals = 0;
	struct rows *r;
	TRY(db_query(cx->c,
	             "select id, parent_id, code, weekend from calendar where deleted_at is null",
	             NO_ARGS, &r));
	while (rows_next(r) && state.n_cals < (size_t)n)
		state.cals[state.n_cals++] =
			(struct kept){.id = rows_i64(r, 0),
		                      .parent_id = rows_i64(r, 1),
		                      .code = arena_strdup(state.a, rows_text(r, 2)),
		                      .cal = {.weekend = weekend_of(rows_text(r, 3))}};
	TRY(rows_done(r));
	for (size_t i = 0; i < state.n_cals; i++)
		TRY(read_days(cx, &state.cals[i]));
	for (size_t i = 0; i < state.n_cals; i++)
		rest_on(&state.cals[i], 0);
	return ERR_OK;
}

static err_t read_places(struct ctx *cx)
{
	i64 n = 0;
	TRY(db_one_i64(cx->c, "select count(*) from region", NO_ARGS, &n, NULL));
	state.places = ARENA_ARRAY(state.a, (size_t)n + 1, struct place);
	state.n_places = 0;
	struct rows *r;
	TRY(db_query(cx->c, "select id, parent_id, calendar_id from region order by id", NO_ARGS,
	             &r));
	while (rows_next(r) && state.n_places < (size_t)n)
		state.places[state.n_places++] = (struct place){rows_i64(r, 0), rows_i64(r, 1),
		                                                rows_i64(r, 2)};
	return rows_done(r);
}

/* Holding the lock. */
static err_t refresh(struct ctx *cx)
{
	if (state.fresh)
		return ERR_OK;
	if (!state.a)
		state.a = arena_new(16 * 1024 * 1024);
	arena_reset(state.a);
	state.n_cals = state.n_places = 0;
	TRY(read_calendars(cx));
	TRY(read_places(cx));
	state.fresh = true;
	return ERR_OK;
}

static const struct calendar *by_code(const char *code)
{
	for (size_t i = 0; i < state.n_cals; i++)
		if (!strcmp(state.cals[i].code, code))
			return &state.cals[i].cal;
	return &monday_to_friday;
}

static const struct calendar *copy(struct ctx *cx, const struct calendar *c)
{
	struct calendar *mine = arena_memdup(cx->a, c, sizeof *c);
	mine->days = arena_memdup(cx->a, c->days, c->n * sizeof *c->days);
	return mine;
}

err_t calendar_load(struct ctx *cx, const char *code, const struct calendar **out)
{
	pthread_mutex_lock(&state.lock);
	err_t rc = refresh(cx);
	if (!rc)
		*out = copy(cx, by_code(code));
	pthread_mutex_unlock(&state.lock);
	return rc;
}

static const struct place *place_by_id(i64 id)
{
	size_t lo = 0, hi = state.n_places;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (state.places[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < state.n_places && state.places[lo].id == id ? &state.places[lo] : NULL;
}

err_t calendar_of_region(struct ctx *cx, i64 region_id, const struct calendar **out)
{
	const char *company = setting_text(cx, "calendar.company");
	pthread_mutex_lock(&state.lock);
	err_t rc = refresh(cx);
	const struct kept *k = NULL;
	for (int depth = 0; !rc && !k && region_id && depth < 16; depth++) {
		const struct place *p = place_by_id(region_id);
		k = p && p->calendar_id ? kept_by_id(p->calendar_id) : NULL;
		region_id = p ? p->parent_id : 0;
	}
	if (!rc)
		*out = copy(cx, k ? &k->cal : by_code(company));
	pthread_mutex_unlock(&state.lock);
	return rc;
}

err_t calendar_latest(struct ctx *cx, day_t day, int n, day_t *out)
{
	pthread_mutex_lock(&state.lock);
	err_t rc = refresh(cx);
	*out = calendar_add(&monday_to_friday, day, n);
	for (size_t i = 0; !rc && i < state.n_cals; i++) {
		day_t d = calendar_add(&state.cals[i].cal, day, n);
		*out = d > *out ? d : *out;
	}
	pthread_mutex_unlock(&state.lock);
	return rc;
}
