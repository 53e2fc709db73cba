/* Dates: when a node is due and when it may begin. */
#include "process/engine.h"

/* Due at the end of the day: one second before the next begins. */
static i64 end_of(day_t d)
{
	return time_at(d + 1, 0, COMPANY_ZONE) - US_PER_SEC;
}

day_t quarter_end(day_t day)
{
	int y, m, d;
	day_to_ymd(day, &y, &m, &d);
	int last = ((m - 1) / 3 + 1) * 3;
	day_t first_of_next = last == 12 ? day_from_ymd(y + 1, 1, 1) : day_from_ymd(y, last + 1, 1);
	return first_of_next - 1;
}

const char *quarter_name(struct arena *a, day_t day)
{
	int y, m, d;
	day_to_ymd(day, &y, &m, &d);
	return arena_printf(a, "%dQ%d", y, (m - 1) / 3 + 1);
}

static day_t date_field(const struct rec *opp, const char *field)
{
	const char *s = rec_text(opp, field);
	return s ? day_parse(s) : DAY_NONE;
}

static day_t anchor_day(struct ctx *cx, const struct instance *in, const struct node *n,
                        enum anchor anchor)
{
	switch (anchor) {
	case ANCHOR_NODE_START:
		return n->started_at ? day_of(n->started_at, COMPANY_ZONE) : DAY_NONE;
	case ANCHOR_PLANNED_GO_LIVE: return date_field(in->opp, "planned_go_live_on");
	case ANCHOR_CONTRACT_END: return date_field(in->opp, "contract_end_on");
	case ANCHOR_PLAN_DATE: return n->plan_on ? day_parse(n->plan_on) : DAY_NONE;
	case ANCHOR_QUARTER_END:
		return quarter_end(day_of(n->started_at ? n->started_at : cx->now, COMPANY_ZONE));
	case ANCHOR_NONE: break;
	}
	return DAY_NONE;
}

/* The day a rule names; DAY_NONE when its anchor has no date. */
static err_t rule_day(struct ctx *cx, const struct instance *in, const struct node *n,
                      const struct date_rule *r, day_t *out)
{
	*out = DAY_NONE;
	if (r->anchor == ANCHOR_NONE)
		return ERR_OK;
	day_t day = anchor_day(cx, in, n, r->anchor);
	if (day == DAY_NONE)
		return r->fallback ? rule_day(cx, in, n, r->fallback, out) : ERR_OK;
	if (!r->working_days) {
		*out = day + r->offset;
		return ERR_OK;
	}
	const struct calendar *cal;
	TRY(instance_calendar(cx, in, &cal));
	/* A start on a day off counts from the next working day. */
	if (r->anchor == ANCHOR_NODE_START)
		day = calendar_add(cal, day, 0);
	*out = calendar_add(cal, day, r->offset);
	return ERR_OK;
}

err_t due_of_rule(struct ctx *cx, const struct instance *in, const struct node *n,
                  const struct date_rule *r, i64 *us)
{
	day_t day;
	TRY(rule_day(cx, in, n, r, &day));
	*us = day == DAY_NONE ? 0 : end_of(day);
	return ERR_OK;
}

err_t due_refresh(struct ctx *cx, const struct instance *in, struct node *n)
{
	i64 due;
	TRY(due_of_rule(cx, in, n, &n->def->limit, &due));
	if (due != n->due_at) {
		n->due_at = due;
		n->dirty = true;
	}
	return ERR_OK;
}
