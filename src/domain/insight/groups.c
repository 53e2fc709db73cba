/* Groups of a metric, and the estimate of survival. */
#include "domain/insight/groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"

struct groups *groups_new(struct arena *a, size_t dims)
{
	struct groups *g = ARENA_NEW(a, struct groups);
	*g = (struct groups){.a = a, .dims = dims, .slots = 64, .cap = 32};
	g->slot = ARENA_ARRAY(a, g->slots, struct group *);
	g->all = ARENA_ARRAY(a, g->cap, struct group *);
	return g;
}

static u64 hash_of(const struct groups *g, const char *const key[GROUP_DIMS], const char *currency)
{
	u64 h = currency ? fnv1a(currency, strlen(currency)) : 0;
	for (size_t i = 0; i < g->dims; i++)
		h = h * 31 + (key[i] ? fnv1a(key[i], strlen(key[i])) : 7);
	return h;
}

static struct group **place(const struct groups *g, const char *const key[GROUP_DIMS],
                            const char *currency)
{
	size_t i = hash_of(g, key, currency) & (g->slots - 1);
	for (; g->slot[i]; i = (i + 1) & (g->slots - 1)) {
		bool same = text_eq(g->slot[i]->currency, currency);
		for (size_t k = 0; same && k < g->dims; k++)
			same = text_eq(g->slot[i]->key[k], key[k]);
		if (same)
			break;
	}
	return &g->slot[i];
}

/* A table of twice the size. */
static void grow(struct groups *g)
{
	g->slots *= 2;
	g->slot = ARENA_ARRAY(g->a, g->slots, struct group *);
	for (size_t i = 0; i < g->n; i++)
		*place(g, g->all[i]->key, g->all[i]->currency) = g->all[i];
	struct group **more = ARENA_ARRAY(g->a, g->cap * 2, struct group *);
	memcpy(more, g->all, g->n * sizeof *more);
	g->all = more;
	g->cap *= 2;
}

struct group *group_of(struct groups *g, const char *const key[GROUP_DIMS], const char *currency)
{
	struct group **at = place(g, key, currency);
	if (*at)
		return *at;
	if (g->n == g->cap) {
		grow(g);
		at = place(g, key, currency);
	}
	struct group *to = *at = g->all[g->n++] = ARENA_NEW(g->a, struct group);
	for (size_t i = 0; i < g->dims; i++)
		to->key[i] = key[i] ? arena_strdup(g->a, key[i]) : NULL;
	to->currency = currency ? arena_strdup(g->a, currency) : NULL;
	return to;
}

void group_owner(struct groups *g, struct group *to, i64 id)
{
	for (size_t i = 0; i < to->n_owners; i++)
		if (to->owners[i] == id)
			return;
	if (to->n_owners == to->cap_owners) {
		to->cap_owners = to->cap_owners ? to->cap_owners * 2 : 16;
		i64 *more = ARENA_ARRAY(g->a, to->cap_owners, i64);
		if (to->n_owners)
			memcpy(more, to->owners, to->n_owners * sizeof *more);
		to->owners = more;
	}
	to->owners[to->n_owners++] = id;
}

void group_survival(struct groups *g, struct group *to, i64 day, i64 over, i64 censored)
{
	if (to->n_days == to->cap_days) {
		to->cap_days = to->cap_days ? to->cap_days * 2 : 64;
		struct survival *more = ARENA_ARRAY(g->a, to->cap_days, struct survival);
		if (to->n_days)
			memcpy(more, to->days, to->n_days * sizeof *more);
		to->days = more;
	}
	/* What seems to end before it began was entered late. */
	to->days[to->n_days++] = (struct survival){day < 0 ? 0 : day, over, censored};
}

static int by_day(const void *a, const void *b)
{
	const struct survival *x = a, *y = b;
	return x->day < y->day ? -1 : x->day > y->day;
}

i64 survival_median(struct survival *s, size_t n)
{
	i64 at_risk = 0;
	double left = 1;
	for (size_t i = 0; i < n; i++)
		at_risk += s[i].over + s[i].censored;
	if (n)
		qsort(s, n, sizeof *s, by_day);
	for (size_t i = 0; i < n;) {
		i64 over = 0, gone = 0, day = s[i].day;
		for (; i < n && s[i].day == day; i++) {
			over += s[i].over;
			gone += s[i].over + s[i].censored;
		}
		if (over)
			left *= 1 - (double)over / (double)at_risk;
		/* the tolerance is for products such as 3/4 × 2/3 */
		if (over && left <= 0.5 + 1e-12)
			return day;
		at_risk -= gone;
	}
	return -1;
}

/* Names beyond the dimensions asked for are all NULL. */
static int by_names(const void *a, const void *b)
{
	const struct group *x = *(const struct group *const *)a,
			   *y = *(const struct group *const *)b;
	for (size_t i = 0; i < GROUP_DIMS; i++) {
		if (!x->name[i] != !y->name[i])
			return x->name[i] ? -1 : 1;
		int c = x->name[i] ? strcmp(x->name[i], y->name[i]) : 0;
		if (c)
			return c;
	}
	return x->currency && y->currency ? strcmp(x->currency, y->currency) : 0;
}

void groups_sort(struct groups *g)
{
	if (g->n)
		qsort(g->all, g->n, sizeof *g->all, by_names);
}
