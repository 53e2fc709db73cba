/* Time: instants are UTC microseconds since 1970 (i64), days are civil dates in the company's zone.
 * Never mixed: an instant becomes a date only through a zone. No localtime() anywhere. */
#ifndef TRIPOD_TIME_H
#define TRIPOD_TIME_H

#include "base/arena.h"
#include "base/err.h"

enum { US_PER_SEC = 1000000 };
#define US_PER_MIN ((i64)60 * US_PER_SEC)
#define US_PER_HOUR ((i64)60 * US_PER_MIN)
#define US_PER_DAY ((i64)24 * US_PER_HOUR)

/* Now by the system, or by the test clock once it was set. */
i64 clock_now(void);
/* Freezes time at `us`; only `serve --test-clock` and tests call it. 0 = back to the system's. */
void clock_freeze(i64 us);
bool clock_is_frozen(void);
/* Monotonic microseconds, for durations and time-outs; never frozen. */
i64 clock_mono(void);

/* A civil date as days since 1970-01-01 (may be negative). */
typedef i32 day_t;
#define DAY_NONE INT32_MIN

/* DAY_NONE when there is no such day; years 1–9999, Gregorian throughout. */
day_t day_from_ymd(int y, int m, int d);
void day_to_ymd(day_t day, int *y, int *m, int *d);
int day_weekday(day_t day); /* 1 = Monday … 7 = Sunday */
/* "yyyy-mm-dd", exactly; DAY_NONE otherwise. Years 1900–2199. */
day_t day_parse(const char *s);
const char *day_format(struct arena *a, day_t day);
/* Cut to the end of a shorter month: 01-31 + 1 month = 02-28/29. DAY_NONE outside years 1–9999. */
day_t day_add_months(day_t day, int months);

/* RFC 3339 with zone ("…Z" or ±hh:mm), fraction of up to 9 digits (cut to us).
 * false when it is not one. */
bool time_parse(const char *s, i64 *us);
/* "2026-11-23T08:00:00Z"; a fraction (3 digits, or 6) only when there is one. */
const char *time_format(struct arena *a, i64 us);

/* Zones are IANA names ("Asia/Shanghai"), known by ICU; a zone is looked up once per process, then
 * without a lock.  Names from outside are checked with zone_valid(); an unknown zone makes
 * zone_offset() false and is a bug (panic) in day_of() and time_at(). */
bool zone_valid(const char *zone);
/* Offset from UTC at an instant, in microseconds, east positive. */
bool zone_offset(const char *zone, i64 us, i64 *offset);
/* The civil date in the zone at an instant. */
day_t day_of(i64 us, const char *zone);
/* The instant at which clocks in the zone show 00:00 of the day plus minutes (may be over 24 h).
 * A time that summer time skips: the moment of the jump; one that comes twice: the first. */
i64 time_at(day_t day, int minutes, const char *zone);

#endif
