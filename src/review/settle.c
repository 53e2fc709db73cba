/* States of seats and review from what was decided: pure rules, see review.h. */
#include <string.h>

#include "base/text.h"
#include "review/engine.h"

const char *review_state_name(enum review_state s)
{
	static const char *const names[] = {"open", "approved", "returned", "withdrawn",
	                                    "superseded"};
	return names[s];
}

const char *seat_state_name(enum seat_state s)
{
	static const char *const names[] = {"waiting", "pending", "approved", "returned", "moot"};
	return names[s];
}

struct seat *review_seat(struct review *rv, int no)
{
	return no >= 1 && (size_t)no <= rv->n ? &rv->seats[no - 1] : NULL;
}

int part_index(const struct review *rv, const char *key)
{
	for (size_t i = 0; i < rv->n_parts; i++)
		if (text_eq(rv->parts[i].key, key))
			return (int)i;
	return -1;
}

u32 seat_parts(const struct review *rv, const struct seat *s)
{
	return s->parts ? s->parts : (u32)((1ULL << rv->n_parts) - 1);
}

bool seat_decided(const struct seat *s)
{
	return s->state == SEAT_APPROVED || s->state == SEAT_RETURNED;
}

bool seat_holds(const struct review *rv, const struct seat *s)
{
	u32 parts = seat_parts(rv, s);
	if (!s->hashes)
		return false;
	for (size_t i = 0; i < rv->n_parts; i++)
		if (parts >> i & 1 &&
		    (!rv->parts[i].hash || !text_eq(s->hashes[i], rv->parts[i].hash)))
			return false;
	return true;
}

/* -- order -- */

static const struct seat *anchor_of(const struct review *rv, const struct seat *s)
{
	return &rv->seats[s->anchor - 1];
}

/* A seat is added to an earlier one, so this ends. */
bool seat_satisfied(const struct review *rv, const struct seat *s)
{
	if (s->state != SEAT_APPROVED)
		return false;
	for (const struct seat *c = s + 1; c < rv->seats + rv->n; c++)
		if (c->anchor == s->no && !seat_satisfied(rv, c))
			return false;
	return true;
}

static bool befores_satisfied(const struct review *rv, const struct seat *s)
{
	for (const struct seat *c = s + 1; c < rv->seats + rv->n; c++)
		if (c->anchor == s->no && c->place == PLACE_BEFORE && !seat_satisfied(rv, c))
			return false;
	return true;
}

static bool step_satisfied(const struct review *rv, int step)
{
	bool any = false, all = true;
	for (const struct seat *s = rv->seats; s < rv->seats + rv->n; s++) {
		if (s->place != PLACE_ROOT || s->step != step)
			continue;
		bool yes = seat_satisfied(rv, s);
		any |= yes;
		all &= yes;
	}
	return rv->any ? any : all;
}

/* All that comes before the seat, but for what was added in front of it. */
static bool reached(const struct review *rv, const struct seat *s)
{
	if (s->place == PLACE_BEFORE)
		return reached(rv, anchor_of(rv, s));
	if (s->place == PLACE_AFTER) {
		const struct seat *a = anchor_of(rv, s);
		return a->state == SEAT_APPROVED && befores_satisfied(rv, a);
	}
	for (const struct seat *r = rv->seats; r < rv->seats + rv->n; r++)
		if (r->place == PLACE_ROOT && r->step < s->step && !step_satisfied(rv, r->step))
			return false;
	return true;
}

static int root_step(const struct review *rv, const struct seat *s)
{
	while (s->place != PLACE_ROOT)
		s = anchor_of(rv, s);
	return s->step;
}

void review_settle(struct review *rv)
{
	bool ended = rv->state != REVIEW_OPEN && rv->state != REVIEW_APPROVED, all = true;
	for (const struct seat *s = rv->seats; s < rv->seats + rv->n; s++)
		all &= s->place != PLACE_ROOT || step_satisfied(rv, s->step);
	if (!ended)
		rv->state = all ? REVIEW_APPROVED : REVIEW_OPEN;
	for (struct seat *s = rv->seats; s < rv->seats + rv->n; s++) {
		if (seat_decided(s))
			continue;
		if (ended || step_satisfied(rv, root_step(rv, s)))
			s->state = SEAT_MOOT;
		else if (reached(rv, s) && befores_satisfied(rv, s))
			s->state = SEAT_PENDING;
		else
			s->state = SEAT_WAITING;
	}
}

/* -- content -- */

u64 review_content(struct review *rv, const struct review_part *parts, size_t n)
{
	u64 again = 0;
	for (size_t i = 0; i < rv->n_parts; i++) {
		rv->parts[i].hash = NULL;
		for (size_t k = 0; k < n; k++)
			if (text_eq(parts[k].key, rv->parts[i].key))
				rv->parts[i].hash = parts[k].hash;
	}
	for (size_t i = 0; i < rv->n; i++) {
		struct seat *s = &rv->seats[i];
		if (s->state != SEAT_APPROVED || seat_holds(rv, s))
			continue;
		s->state = SEAT_WAITING;
		s->hashes = NULL;
		s->text = NULL;
		s->decided_at = s->decided_by = s->behalf_id = 0;
		s->carried = 0;
		again |= 1ULL << i;
	}
	return again;
}

bool review_stands(const struct review *rv, const struct review_part *parts, size_t n)
{
	struct review now = *rv;
	review_content(&now, parts, n);
	review_settle(&now);
	return now.state == REVIEW_APPROVED;
}

const struct opinion *review_blocked(const struct review *rv, const struct seat *s)
{
	for (size_t i = 0; i < rv->n_opinions; i++) {
		const struct opinion *o = &rv->opinions[i];
		if (o->must_fix && !o->resolved_at && text_eq(o->who, s->who))
			return o;
	}
	return NULL;
}
