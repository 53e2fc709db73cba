/* What an event makes of a review: the one place where its facts change. Pure. */
#include <string.h>

#include "base/text.h"
#include "review/engine.h"

static const char *dup(struct arena *a, const json_t *o, const char *key)
{
	const char *s = json_text(o, key);
	return s ? arena_strdup(a, s) : NULL;
}

const char *const *place_names(void)
{
	static const char *const names[] = {"root", "before", "after", NULL};
	return names;
}

static enum seat_place place_by_name(const char *s)
{
	for (int i = 0; s && place_names()[i]; i++)
		if (!strcmp(s, place_names()[i]))
			return (enum seat_place)i;
	return PLACE_ROOT;
}

/* -- pieces -- */

void write_part_keys(const struct review *rv, u32 parts, struct jw *w)
{
	jw_arr(w);
	for (size_t i = 0; i < rv->n_parts; i++)
		if (parts >> i & 1)
			jw_str(w, rv->parts[i].key);
	jw_end_arr(w);
}

u32 read_part_keys(const struct review *rv, const json_t *keys)
{
	u32 parts = 0;
	for (size_t i = 0; i < json_array_size(keys); i++) {
		int k = part_index(rv, json_string_value(json_array_get(keys, i)));
		parts |= k >= 0 ? 1U << k : 0;
	}
	return parts;
}

void write_hashes(const struct review *rv, const struct seat *s, struct jw *w)
{
	jw_obj(w);
	for (size_t i = 0; s->hashes && i < rv->n_parts; i++)
		if (s->hashes[i])
			jw_kstr(w, rv->parts[i].key, s->hashes[i]);
	jw_end_obj(w);
}

static const char **read_hashes(struct arena *a, const struct review *rv, const json_t *o)
{
	const char **h = ARENA_ARRAY(a, REVIEW_PARTS_MAX, const char *);
	for (size_t i = 0; i < rv->n_parts; i++)
		h[i] = dup(a, o, rv->parts[i].key);
	return h;
}

void write_seat_made(const struct review *rv, const struct seat *s, struct jw *w)
{
	jw_obj(w);
	jw_kint(w, "no", s->no);
	jw_kint(w, "step", s->step);
	jw_kstr(w, "place", place_names()[s->place]);
	jw_kint(w, "anchor", s->anchor);
	jw_kstr(w, "who", s->who);
	jw_kstr(w, "role", s->role);
	jw_kint(w, "user_id", s->user_id);
	jw_kint(w, "added_by", s->added_by);
	jw_kstr(w, "hint_zh", s->hint_zh);
	jw_kstr(w, "hint_en", s->hint_en);
	jw_key(w, "parts");
	write_part_keys(rv, s->parts, w);
	if (s->carried) {
		jw_kint(w, "carried", s->carried);
		jw_kint(w, "decided_at", s->decided_at);
		jw_kint(w, "decided_by", s->decided_by);
		jw_kint(w, "behalf_id", s->behalf_id);
		jw_kstr(w, "text", s->text);
		jw_key(w, "hashes");
		write_hashes(rv, s, w);
	}
	jw_end_obj(w);
}

static void make_seat(struct arena *a, struct review *rv, const json_t *o)
{
	if (rv->n == REVIEW_SEATS_MAX)
		return;
	struct seat *s = &rv->seats[rv->n++];
	*s = (struct seat){.no = (int)rv->n,
	                   .step = (int)json_i64(o, "step", 1),
	                   .place = place_by_name(json_text(o, "place")),
	                   .anchor = (int)json_i64(o, "anchor", 0),
	                   .who = dup(a, o, "who"),
	                   .role = dup(a, o, "role"),
	                   .user_id = json_i64(o, "user_id", 0),
	                   .added_by = json_i64(o, "added_by", 0),
	                   .hint_zh = dup(a, o, "hint_zh"),
	                   .hint_en = dup(a, o, "hint_en"),
	                   .carried = (int)json_i64(o, "carried", 0)};
	s->parts = read_part_keys(rv, json_object_get(o, "parts"));
	if (!s->carried)
		return;
	s->state = SEAT_APPROVED;
	s->decided_at = json_i64(o, "decided_at", 0);
	s->decided_by = json_i64(o, "decided_by", 0);
	s->behalf_id = json_i64(o, "behalf_id", 0);
	s->text = dup(a, o, "text");
	s->hashes = read_hashes(a, rv, json_object_get(o, "hashes"));
}

/* -- events -- */

struct fact {
	struct arena *a;
	struct review *rv;
	const json_t *p;
	struct seat *seat; /* the one it names, or NULL */
	i64 actor_id, at;
};

static void asked(const struct fact *f)
{
	struct review *rv = f->rv;
	size_t i;
	const json_t *o;
	rv->state = REVIEW_OPEN;
	rv->round = (int)json_i64(f->p, "round", 1);
	rv->any = json_flag(f->p, "any", false);
	rv->not_asker = json_flag(f->p, "not_asker", false);
	rv->withdraw_open = json_flag(f->p, "withdraw_open", false);
	rv->due_at = json_i64(f->p, "due_at", 0);
	rv->asked_by = f->actor_id;
	rv->asked_at = f->at;
	rv->ended_at = rv->urged_at = 0;
	rv->returned_to = rv->returned_text = NULL;
	rv->n = rv->n_parts = 0;
	json_array_foreach(json_object_get(f->p, "parts"), i, o)
	{
		if (rv->n_parts < REVIEW_PARTS_MAX)
			rv->parts[rv->n_parts++] =
				(struct review_part){.key = dup(f->a, o, "key"),
			                             .label = dup(f->a, o, "label"),
			                             .hash = dup(f->a, o, "hash")};
	}
	json_array_foreach(json_object_get(f->p, "seats"), i, o) make_seat(f->a, rv, o);
}

static void decided(const struct fact *f, enum seat_state state)
{
	struct seat *s = f->seat;
	s->state = state;
	s->decided_at = f->at;
	s->decided_by = f->actor_id;
	s->behalf_id = json_i64(f->p, "behalf_id", 0);
	s->text = dup(f->a, f->p, "text");
	s->hashes = read_hashes(f->a, f->rv, json_object_get(f->p, "hashes"));
}

static void approved(const struct fact *f)
{
	if (f->seat)
		decided(f, SEAT_APPROVED);
}

static void end(const struct fact *f, enum review_state state)
{
	f->rv->state = state;
	f->rv->ended_at = f->at;
}

static void returned(const struct fact *f)
{
	if (!f->seat)
		return;
	decided(f, SEAT_RETURNED);
	end(f, REVIEW_RETURNED);
	f->rv->returned_to = dup(f->a, f->p, "to");
	f->rv->returned_text = dup(f->a, f->p, "text");
}

static void changed(const struct fact *f)
{
	struct review_part now[REVIEW_PARTS_MAX];
	size_t n = 0, i;
	const json_t *o;
	json_array_foreach(json_object_get(f->p, "parts"), i, o)
	{
		if (n < REVIEW_PARTS_MAX)
			now[n++] = (struct review_part){.key = dup(f->a, o, "key"),
			                                .hash = dup(f->a, o, "hash")};
	}
	review_content(f->rv, now, n);
}

static void seat_added(const struct fact *f)
{
	make_seat(f->a, f->rv, json_object_get(f->p, "made"));
}

static void handed(const struct fact *f)
{
	if (!f->seat)
		return;
	f->seat->handed_by = f->actor_id;
	f->seat->handed_from = json_i64(f->p, "from", 0);
	f->seat->user_id = json_i64(f->p, "to", 0);
}

static void assigned(const struct fact *f)
{
	size_t i;
	const json_t *o;
	json_array_foreach(json_object_get(f->p, "seats"), i, o)
	{
		struct seat *s = review_seat(f->rv, (int)json_i64(o, "no", 0));
		if (s)
			s->user_id = json_i64(o, "user_id", 0);
	}
}

static void opined(const struct fact *f)
{
	struct review *rv = f->rv;
	struct opinion *more = ARENA_ARRAY(f->a, rv->n_opinions + 1, struct opinion);
	if (rv->n_opinions)
		memcpy(more, rv->opinions, rv->n_opinions * sizeof *more);
	rv->opinions = more;
	more[rv->n_opinions++] = (struct opinion){.no = (int)json_i64(f->p, "no", 0),
	                                          .round = rv->round,
	                                          .seat = f->seat ? f->seat->no : 0,
	                                          .who = f->seat ? f->seat->who : NULL,
	                                          .author_id = f->actor_id,
	                                          .behalf_id = json_i64(f->p, "behalf_id", 0),
	                                          .at = f->at,
	                                          .part = dup(f->a, f->p, "part"),
	                                          .anchor = dup(f->a, f->p, "anchor"),
	                                          .quote = dup(f->a, f->p, "quote"),
	                                          .must_fix = json_flag(f->p, "must_fix", false),
	                                          .text = dup(f->a, f->p, "text")};
}

static void resolved(const struct fact *f)
{
	i64 no = json_i64(f->p, "no", 0);
	for (size_t i = 0; i < f->rv->n_opinions; i++) {
		struct opinion *o = &f->rv->opinions[i];
		if (o->no != no)
			continue;
		o->resolved_at = f->at;
		o->resolved_by = f->actor_id;
		o->resolution = dup(f->a, f->p, "text");
	}
}

static void withdrawn(const struct fact *f)
{
	end(f, REVIEW_WITHDRAWN);
}

static void superseded(const struct fact *f)
{
	end(f, REVIEW_SUPERSEDED);
}

static void urged(const struct fact *f)
{
	f->rv->urged_at = f->at;
}

static void ended(const struct fact *f)
{
	f->rv->ended_at = f->at;
}

static void reopened(const struct fact *f)
{
	f->rv->ended_at = 0;
}

static const struct {
	const char *kind;
	void (*fn)(const struct fact *f);
} facts[] = {
	{"review.asked", asked},
	{"review.seat_approved", approved},
	{"review.seat_returned", returned},
	{"review.changed", changed},
	{"review.seat_added", seat_added},
	{"review.handed_over", handed},
	{"review.assigned", assigned},
	{"review.opinion_added", opined},
	{"review.opinion_resolved", resolved},
	{"review.withdrawn", withdrawn},
	{"review.superseded", superseded},
	{"review.urged", urged},
	{"review.approved", ended},
	{"review.reopened", reopened},
};

void review_apply(struct arena *a, struct review *rv, const char *kind, const json_t *payload,
                  i64 actor_id, i64 at)
{
	struct fact f = {a,        rv, payload, review_seat(rv, (int)json_i64(payload, "seat", 0)),
	                 actor_id, at};
	for (size_t i = 0; i < ARRAY_LEN(facts); i++)
		if (!strcmp(facts[i].kind, kind))
			facts[i].fn(&f);
	review_settle(rv);
}
