/* Working-day calendar (P4): weekends, public holidays and make-up days are data.
 *
 * Without an entry Monday to Friday are working days; an entry of table calendar_day overrides its
 * day.  The entries are kept in memory per process and read again when any process changes them. */
#ifndef TRIPOD_CALENDAR_H
#define TRIPOD_CALENDAR_H

#include "base/json.h"
#include "core/ctx.h"
#include "core/entity.h"

/* Exceptions to "Monday to Friday", ordered by day. Pure data. */
struct calendar {
	struct calendar_day {
		day_t day;
		bool working;
	} * days;
	size_t n;
};

bool calendar_works(const struct calendar *c, day_t day);
/* The n-th working day after `day` (n > 0), before it (n < 0); n = 0: the day itself or, when it
 * is none, the next working day. */
day_t calendar_add(const struct calendar *c, day_t day, int n);
/* Working days in (from, to]; negative when to is before from. */
int calendar_between(const struct calendar *c, day_t from, day_t to);

MUST_USE err_t calendar_start(struct db *db, struct errs *e);
/* The company's calendar ("cn"), in cx's arena. */
MUST_USE err_t calendar_load(struct ctx *cx, const char *name, const struct calendar **out);
/* seed/calendar-cn.json into the table; replaces days that are there. Appends calendar.imported. */
MUST_USE err_t calendar_import(struct ctx *cx, const char *name, const json_t *doc);

extern const struct event_kind calendar_events[];
extern const struct permission calendar_permissions[];

#endif
