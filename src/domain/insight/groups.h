/* Groups of a metric: one for each combination of dimension keys. Pure. */
#ifndef TRIPOD_GROUPS_H
#define TRIPOD_GROUPS_H

#include "domain/insight/insight.h"

enum { GROUP_DIMS = 3 };

struct group {
	const char *key[GROUP_DIMS];  /* id or code; NULL = none */
	const char *name[GROUP_DIMS]; /* what people read */
	const char *currency;
	i64 num, den, n;
	i64 *owners;
	size_t n_owners, cap_owners;
	struct survival *days;
	size_t n_days, cap_days;
};

struct groups {
	struct arena *a;
	size_t dims;
	struct group **all;
	size_t n, cap;
	struct group **slot; /* hash table */
	size_t slots;
};

struct groups *groups_new(struct arena *a, size_t dims);
/* Texts are copied. */
struct group *group_of(struct groups *g, const char *const key[GROUP_DIMS], const char *currency);
/* Each owner counts once. */
void group_owner(struct groups *g, struct group *to, i64 id);
void group_survival(struct groups *g, struct group *to, i64 day, i64 over, i64 censored);
/* By name, none last, then by currency. */
void groups_sort(struct groups *g);

#endif
