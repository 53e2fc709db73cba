/* Insight (T4): the numbers of dashboards, command line and KPI, from the same queries.
 *
 * A metric is a row of metrics.c; a dimension is a row of dimensions in query.c.  Numbers count
 * what the actor may read: the scope is in every query.  Periods are civil days of the company's
 * zone, both ends included: closed opportunities by closed_on, leads by creation, nodes by the day
 * they fell due.  Fractions are 0 to 1, durations civil days, amounts whole minor units; amounts
 * of different currencies are never added: each currency has its own rows. */
#ifndef TRIPOD_INSIGHT_H
#define TRIPOD_INSIGHT_H

#include "base/json.h"
#include "core/entity.h"

enum metric_base { BASE_OPPORTUNITY, BASE_LEAD, BASE_NODE, BASES };

enum metric_kind {
	METRIC_RATIO,    /* num / den */
	METRIC_SUM,      /* num, an amount */
	METRIC_PER_HEAD, /* num by the number of owners, an amount */
	METRIC_KM        /* median of durations, those that are not over yet counted as such */
};

struct metric_def {
	const char *code, *unit; /* fraction, minor, days */
	struct label label, help;
	enum metric_base base;
	enum metric_kind kind;
	const char *where; /* " and …" besides the base's own, or NULL */
	/* SQL over the base's tables, for one record: what num and den sum up. With METRIC_KM num
	 * is the duration and den whether it is over. */
	const char *num, *den;
	/* Fields that the answer tells of, "opportunity.amount_fen,…": all must be seen. Or NULL. */
	const char *reads;
};

extern const struct module insight_module;

const struct metric_def *metric_find(const char *code); /* or NULL */
const struct metric_def *metric_at(size_t i);           /* NULL at the end */
/* Code of the i-th dimension that fits the metric; NULL at the end. */
const char *metric_dimension(const struct metric_def *m, size_t i);

struct metric_query {
	const char *from, *to; /* yyyy-mm-dd or NULL */
	const char *by;        /* "owner,quarter" or NULL; at most 3 */
};
/* {code, unit, rows:[{by:{DIM:name}, keys:{DIM:id or code}, currency?, value, n}]} ordered by
 * dimension; value null where there is nothing to divide by. n: records behind the value (owners
 * with amount_per_head). ERR_BAD_REQUEST {reason} for an unknown dimension or date. Needs
 * metric.read; ERR_FORBIDDEN when the person may not see a field that the metric counts by, and a
 * dimension of such a field does not exist for him. */
MUST_USE err_t metric_write(struct ctx *cx, const struct metric_def *m,
                            const struct metric_query *q, struct jw *w);

/* Kaplan–Meier: the first day by which half are over; -1 when that day is not reached yet. */
struct survival {
	i64 day, over, censored; /* how many ended, or were seen last, on that day */
};
i64 survival_median(struct survival *s, size_t n);

#endif
