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

day_t day_from_ymd(int y, int m, int d); /* DAY_NONE when there is no such day */
void day_to_ymd(day_t day, int *y, int *m, int *d);
int day_weekday(day_t day); /* 1 = Monday … 7 = Sunday */
/* "yyyy-mm-dd", exactly; DAY_NONE otherwise. Years 1900–2199. */
day_t day_parse(const char *s);
const char *day_format(struct arena *a, day_t day);
/* Last day of the month is kept: 01-31 + 1 month = 02-28/29. */
day_t day_add_months(day_t day, int months);

/* RFC 3339 with zone ("…Z" or ±hh:mm), fraction of up to 9 digits (cut to us).
 * false when it is not one. */
bool time_parse(const char *s, i64 *us);
/* "2026-11-23T08:00:00Z", with a fraction only when there is one. */
const char *time_format(struct arena *a, i64 us);

/* Offset from UTC of an IANA zone at an instant, in microseconds, by ICU.
 * Unknown zone: false. */
bool zone_offset(const char *zone, i64 us, i64 *offset);
bool zone_valid(const char *zone);
day_t day_of(i64 us, const char *zone);
/* Instant at which a civil day begins in the zone, plus minutes. */
i64 time_at(day_t day, int minutes, const char *zone);

#endif
