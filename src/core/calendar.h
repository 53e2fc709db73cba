/* Working-day calendars (P4): weekends, public holidays, half days and make-up days are data.
 *
 * A calendar says which weekdays are free; its days say otherwise: off, half or full. A calendar
 * may rest on another, whose days count where it has none of its own. A region names the calendar
 * that holds there; without one the region above it decides, and at last the company's (setting
 * calendar.company). A half day counts as half a working day, and work is due at its end.
 * All are kept in memory per process and read again when any process changes one. */
#ifndef TRIPOD_CALENDAR_H
#define TRIPOD_CALENDAR_H

#include "base/json.h"
#include "core/ctx.h"
#include "core/entity.h"

/* The company's zone; one place until a region has its own. */
#define COMPANY_ZONE "Asia/Shanghai"

/* One calendar with what it rests on: exceptions to its weekend, ordered by day. Pure data. */
struct calendar {
	struct calendar_day {
		day_t day;
		int halves; /* 0 off, 1 half a working day, 2 a whole one */
	} * days;
	size_t n;
	unsigned weekend; /* bit 1 << weekday, Monday = 1 */
};

bool calendar_works(const struct calendar *c, day_t day); /* at least half */
int calendar_halves(const struct calendar *c, day_t day); /* 0, 1, 2 */
/* The day on which n working days after `day` are over (n > 0), or with which n begin before it
 * (n < 0); n = 0: the day itself or, when nobody works, the next on which somebody does. */
day_t calendar_add(const struct calendar *c, day_t day, int n);
/* Working days in (from, to], a begun half counted whole; negative when to is before from. */
int calendar_between(const struct calendar *c, day_t from, day_t to);

MUST_USE err_t calendar_start(struct db *db, struct errs *e);
/* By code, in cx's arena; an unknown code works Monday to Friday. */
MUST_USE err_t calendar_load(struct ctx *cx, const char *code, const struct calendar **out);
/* What holds in a region; 0 = the company's. */
MUST_USE err_t calendar_of_region(struct ctx *cx, i64 region_id, const struct calendar **out);
/* The latest of calendar_add(…, day, n) over all calendars in use. */
MUST_USE err_t calendar_latest(struct ctx *cx, day_t day, int n, day_t *out);
/* Days in the form of seed/calendar-cn.json into a calendar, made if there is none of the code;
 * replaces days that are there. Appends calendar.imported. ERR_INVALID names what is wrong.
 * *days: how many were set; may be NULL. */
MUST_USE err_t calendar_import(struct ctx *cx, const char *code, const json_t *doc, i64 *days);

/* calendar_tables.c */
extern const struct entity calendar_entity, calendar_day_entity;
extern const struct module calendar_module;

#endif
