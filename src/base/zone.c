/* Time zones: the list of a zone's offset changes is read from ICU once and
 * kept for ever, in a list that is only added to; so looking up needs no lock.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#include "base/time.h"

enum { NAME_MAX_CHARS = 64 };

struct change {
	i64 from; /* instant, us */
	i64 offset;
};

struct zone {
	struct zone *next;
	struct change *changes; /* the first holds from the beginning of time */
	size_t n;
	char name[NAME_MAX_CHARS];
};

static struct zone *_Atomic zones;
static pthread_mutex_t adding = PTHREAD_MUTEX_INITIALIZER;

/* The name for ICU; false when it is not a zone of the IANA list. */
static bool known(const char *name, UChar out[NAME_MAX_CHARS])
{
	size_t n = strnlen(name, NAME_MAX_CHARS);
	UErrorCode status = U_ZERO_ERROR;
	UChar canonical[NAME_MAX_CHARS];
	UBool is_system = false;
	if (!n || n == NAME_MAX_CHARS)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((u8)name[i] >= 0x80)
			return false;
	u_charsToUChars(name, out, (i32)n + 1);
	ucal_getCanonicalTimeZoneID(out, (i32)n, canonical, NAME_MAX_CHARS, &is_system, &status);
	return U_SUCCESS(status) && is_system;
}

static i64 icu_offset(UCalendar *cal, double ms)
{
	UErrorCode status = U_ZERO_ERROR;
	ucal_setMillis(cal, ms, &status);
	i64 v = ucal_get(cal, UCAL_ZONE_OFFSET, &status);
	v += ucal_get(cal, UCAL_DST_OFFSET, &status);
	if (U_FAILURE(status))
		panic("ICU calendar: %s", u_errorName(status));
	return v * 1000;
}

static struct zone *load(const char *name)
{
	UChar id[NAME_MAX_CHARS];
	UErrorCode status = U_ZERO_ERROR;
	if (!known(name, id))
		return NULL;
	UCalendar *cal = ucal_open(id, -1, "en_US", UCAL_GREGORIAN, &status);
	if (U_FAILURE(status))
		panic("ICU calendar: %s", u_errorName(status));
	struct zone *z = calloc(1, sizeof *z);
	size_t cap = 16;
	struct change *c = calloc(cap, sizeof *c);
	if (!z || !c)
		panic("out of memory");
	/* 1850-01-01 … 2250-01-01: before the first change of any zone, past our last
   * date. */
	double ms = -3786825600000.0;
	c[z->n++] = (struct change){.from = INT64_MIN, .offset = icu_offset(cal, ms)};
	for (;;) {
		ucal_setMillis(cal, ms, &status);
		if (!ucal_getTimeZoneTransitionDate(cal, UCAL_TZ_TRANSITION_NEXT, &ms, &status) ||
		    U_FAILURE(status) || ms > 8835955200000.0)
			break;
		i64 offset = icu_offset(cal, ms);
		if (offset == c[z->n - 1].offset)
			continue; /* only the name of the time changed */
		if (z->n == cap) {
			cap *= 2;
			c = realloc(c, cap * sizeof *c);
			if (!c)
				panic("out of memory");
		}
		c[z->n++] = (struct change){.from = (i64)ms * 1000, .offset = offset};
	}
	ucal_close(cal);
	z->changes = c;
	memcpy(z->name, name, strlen(name));
	return z;
}

static const struct zone *lookup(const char *name)
{
	for (struct zone *z = zones; z; z = z->next)
		if (!strcmp(z->name, name))
			return z;
	return NULL;
}

static const struct zone *find(const char *name)
{
	const struct zone *z = lookup(name);
	if (z)
		return z;
	pthread_mutex_lock(&adding);
	z = lookup(name);
	if (!z) {
		struct zone *fresh = load(name);
		if (fresh) {
			fresh->next = zones;
			zones = fresh;
		}
		z = fresh;
	}
	pthread_mutex_unlock(&adding);
	return z;
}

static const struct zone *must_find(const char *name)
{
	const struct zone *z = find(name);
	if (!z)
		panic("unknown time zone '%s'", name);
	return z;
}

/* The change in force at an instant. */
static const struct change *at(const struct zone *z, i64 us)
{
	size_t lo = 0, hi = z->n;
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (z->changes[mid].from <= us)
			lo = mid;
		else
			hi = mid;
	}
	return &z->changes[lo];
}

bool zone_valid(const char *zone)
{
	return find(zone) != NULL;
}

bool zone_offset(const char *zone, i64 us, i64 *offset)
{
	const struct zone *z = find(zone);
	if (z)
		*offset = at(z, us)->offset;
	return z != NULL;
}

day_t day_of(i64 us, const char *zone)
{
	i64 local = us + at(must_find(zone), us)->offset;
	return (day_t)(local / US_PER_DAY - (local % US_PER_DAY < 0));
}

i64 time_at(day_t day, int minutes, const char *zone)
{
	const struct zone *z = must_find(zone);
	i64 wall = day * US_PER_DAY + minutes * US_PER_MIN;
	const struct change *before = at(z, wall - US_PER_DAY);
	const struct change *after = at(z, wall + US_PER_DAY);
	i64 t = wall - before->offset;
	if (at(z, t) == before || before == after)
		return t;
	i64 u = wall - after->offset;
	return u >= after->from ? u : after->from;
}
