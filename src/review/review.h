/* Reviews (P7): one engine for every "several parties must agree".
 *
 * A review is one round of asking about a subject: a record of a registered kind (struct
 * review_subject) whose content is cut into parts, each with a hash.  Its seats decide, each on
 * some of the parts.  Seats have steps; those of one step decide side by side, and a step begins
 * when the one before it is satisfied.  Rule "all" (会签): a step needs every seat; "any" (或签):
 * one of them.  A seat that was added before or after another belongs to it: the other one counts
 * only together with it.
 *
 * A decision is bound to the hashes of the parts it was made on.  Whether a review stands is
 * always asked against the parts as they are now (review_is_approved): no way of changing a record
 * gets past that.  review_sync() tells the review that its subject changed: exactly the seats
 * whose parts changed are asked again.
 *
 * Who may decide for a seat is asked when it is decided: its user or a holder of its role; while
 * that person is absent also the substitute (both names are kept); when nobody can, whoever may
 * administer reviews.
 *
 * Every change is an event of the review with all that happened in it: the log alone gives the
 * state (review_apply).  Owns: review, review_seat, review_part, review_opinion, review_person,
 * absence.  docs/reviews.md is the guide. */
#ifndef TRIPOD_REVIEW_H
#define TRIPOD_REVIEW_H

#include "base/json.h"
#include "core/entity.h"

extern const struct module review_module;
extern const struct entity review_entity, absence_entity;

enum { REVIEW_PARTS_MAX = 32, REVIEW_SEATS_MAX = 64 };

/* -- what is decided on -- */

struct review_part {
	const char *key, *label; /* key: a word without comma, unique in the subject */
	const char *hash;        /* NULL: it is not there */
	const char *text;        /* what a reviewer reads, or NULL */
	i64 attachment_id;       /* or 0 */
	const char *href;        /* where it is changed, or NULL */
};

struct review_seat_in {
	const char *role; /* or NULL: user_id alone */
	i64 user_id;      /* the role's player here; 0 = whoever holds the role */
	int step;         /* from 1 */
	u32 parts;        /* bit i = part i; 0 = all */
	struct label hint;
};

struct review_policy {
	bool any;           /* 或签: one seat of a step is enough; else 会签: all */
	bool not_asker;     /* whoever asks never decides, for nobody */
	bool withdraw_open; /* may be withdrawn until it ends; else while nobody decided */
	i64 due_at;         /* 0 = no deadline */
	const struct review_seat_in *seats;
	size_t n;
};

struct review_about {
	struct label title;
	const char *href;
	i64 account_id, opportunity_id; /* or 0 */
	i64 tell;                       /* who is told of decisions besides the asker, or 0 */
};

/* Everything that asking takes. */
struct review_in {
	const char *entity;
	i64 id;
	const char *key; /* which review of the record: "" when there is one */
	struct review_about about;
	struct review_policy policy;
	const struct review_part *parts;
	size_t n;
};

/* Where a review can be returned to (退回指定节点). */
struct review_place {
	const char *code, *name;
};

struct review;

/* A kind of record that can be reviewed: a row in struct module.review_subjects. */
struct review_subject {
	const char *entity;
	struct label label;
	/* Fills all of `in` but entity, id and key. ERR_NOT_FOUND when there is no such review. */
	err_t (*look)(struct ctx *cx, struct review_in *in);
	/* May the actor ask, withdraw and urge? */
	err_t (*may_ask)(struct ctx *cx, i64 id, const char *key, bool *yes);
	/* May the actor see the record? */
	err_t (*may_see)(struct ctx *cx, i64 id, const char *key, bool *yes);
	/* Whether anything can be decided on it now: the refusal; or NULL. */
	err_t (*ready)(struct ctx *cx, i64 id, const char *key);
	/* Places before it, nearest first; or NULL. */
	err_t (*places)(struct ctx *cx, i64 id, const char *key, struct review_place **out,
	                size_t *n);
	/* Its state changed to approved, returned (rv->returned_to, rv->returned_text), withdrawn or,
	 * after a change of content, back to open. In the same transaction. */
	err_t (*decided)(struct ctx *cx, const struct review *rv);
};
const struct review_subject *review_subject_find(const char *entity); /* or NULL */

/* -- a review in memory -- */

enum review_state {
	REVIEW_OPEN,
	REVIEW_APPROVED,
	REVIEW_RETURNED,
	REVIEW_WITHDRAWN,
	REVIEW_SUPERSEDED,
};
enum seat_state {
	SEAT_WAITING, /* for others */
	SEAT_PENDING, /* for its decision */
	SEAT_APPROVED,
	SEAT_RETURNED,
	SEAT_MOOT, /* decided without it */
};
enum seat_place { PLACE_ROOT, PLACE_BEFORE, PLACE_AFTER };

struct seat {
	int no, step;
	enum seat_state state;
	enum seat_place place;
	int anchor; /* seat it stands before or after; 0 */
	u32 parts;
	const char *who;  /* what it was made for, for ever: a role, or "user 7" */
	const char *role; /* or NULL */
	i64 user_id;      /* or 0: any holder of the role */
	const char *hint_zh, *hint_en;
	const char *text; /* said with the decision */
	i64 decided_at, decided_by, behalf_id;
	i64 added_by, handed_by, handed_from;
	int carried;         /* round its approval was given in, 0 = in this one */
	const char **hashes; /* by part, of its decision; NULL = none */
};

struct opinion {
	int no, round, seat;
	const char *who; /* of its seat */
	i64 author_id, behalf_id, at;
	const char *part, *anchor, *quote; /* or NULL */
	bool must_fix;
	const char *text;
	i64 resolved_at, resolved_by;
	const char *resolution;
};

struct review {
	i64 id, thread_id, entity_id, account_id, opportunity_id, asked_by, asked_at, ended_at,
		due_at, tell, urged_at;
	int round;
	enum review_state state;
	const char *entity, *key, *href;
	struct label title;
	bool any, not_asker, withdraw_open;
	const char *returned_to, *returned_text;
	struct review_part parts[REVIEW_PARTS_MAX]; /* key, label, hash */
	size_t n_parts;
	struct seat seats[REVIEW_SEATS_MAX];
	size_t n;
	struct opinion *opinions; /* of all rounds; not in a light one */
	size_t n_opinions;
};

const char *review_state_name(enum review_state s);  /* open … */
const char *seat_state_name(enum seat_state s);      /* waiting … */
struct seat *review_seat(struct review *rv, int no); /* or NULL */
/* Words of the roles and names: "法务（周杰）". */
MUST_USE err_t review_seat_title(struct ctx *cx, const struct seat *s, const char **out);

/* -- settle.c: pure -- */

/* States of seats and review from what was decided. */
void review_settle(struct review *rv);
/* Lays new hashes over the parts; approvals made on others are undone. Returns the seats that are
 * asked again as bits by index. */
u64 review_content(struct review *rv, const struct review_part *parts, size_t n);
/* Would it be approved, were its parts these? */
bool review_stands(const struct review *rv, const struct review_part *parts, size_t n);
/* An opinion that must be dealt with before this seat may approve; or NULL. */
const struct opinion *review_blocked(const struct review *rv, const struct seat *s);

/* -- apply.c: pure: what an event makes of it. Unknown kinds change nothing. A thread's events in
 * their order give the state of its newest round. -- */
void review_apply(struct arena *a, struct review *rv, const char *kind, const json_t *payload,
                  i64 actor_id, i64 at);

/* -- store.c -- */

/* With opinions. ERR_NOT_FOUND. No look at rights. */
MUST_USE err_t review_load(struct ctx *cx, i64 id, struct review **out);
/* The newest round about a record; *out NULL when it was never asked. */
MUST_USE err_t review_latest(struct ctx *cx, const char *entity, i64 id, const char *key,
                             struct review **out);
/* The newest rounds of all records of this entity that belong to an opportunity, without opinions:
 * two statements. */
MUST_USE err_t review_of_opportunity(struct ctx *cx, const char *entity, i64 opportunity_id,
                                     struct review ***out, size_t *n);

/* The question that customer links and gates ask: is it approved as it is now? */
MUST_USE err_t review_is_approved(struct ctx *cx, const char *entity, i64 id, const char *key,
                                  bool *yes);

/* -- verbs: one write each. A refusal: ERR_NOT_FOUND, ERR_NOT_REVIEWER (not one's to decide),
 * ERR_CONFLICT (not in this state), ERR_STALE_APPROVAL (seen what is no longer so), ERR_INVALID. -- */

/* For subjects: asks anew; a round that is open is superseded. An approval that was given on what
 * is still the same stands when the round before was returned or superseded. text: or NULL. */
MUST_USE err_t review_ask(struct ctx *cx, const struct review_in *in, const char *text, i64 *id);
/* For subjects, after any change: who was asked about what changed is asked again, role players
 * are those of now. The newest round; nothing when there is none, or when it has ended. */
MUST_USE err_t review_sync(struct ctx *cx, const struct review_in *in);
/* Would review_sync() have something to tell? Pure. */
bool review_differs(const struct review *rv, const struct review_in *in);
/* For subjects: an open round ends without a decision. */
MUST_USE err_t review_supersede(struct ctx *cx, const char *entity, i64 id, const char *key);

/* By a person, through the subject's look() and may_ask(). */
MUST_USE err_t review_ask_again(struct ctx *cx, i64 review_id, const char *text, i64 *id);

/* seat 0: the actor's own. behalf_id is found by itself. */
struct review_verdict {
	i64 review_id;
	int seat;
	const char *text;     /* approve: optional; return: or an opinion of this round */
	const char *to;       /* return: a place's code, or NULL for the subject's own choice */
	const json_t *hashes; /* {part: hash} that was looked at, or NULL */
};
MUST_USE err_t review_approve(struct ctx *cx, const struct review_verdict *v);
MUST_USE err_t review_return(struct ctx *cx, const struct review_verdict *v);

struct review_addition {
	i64 review_id;
	int seat;          /* whose side it stands at */
	const char *place; /* before, after, parallel */
	i64 user_id;
	const json_t *parts; /* list of keys; NULL = those of the seat */
	const char *text;
};
MUST_USE err_t review_add(struct ctx *cx, const struct review_addition *ad);
MUST_USE err_t review_hand_over(struct ctx *cx, i64 review_id, int seat, i64 user_id,
                                const char *text);
MUST_USE err_t review_withdraw(struct ctx *cx, i64 review_id, const char *text);
/* ERR_THROTTLED within setting review.urge_hours. */
MUST_USE err_t review_urge(struct ctx *cx, i64 review_id, const char *text);
MUST_USE err_t review_copy(struct ctx *cx, i64 review_id, const json_t *user_ids, const char *text);

struct opinion_in {
	i64 review_id;
	int seat;
	const char *part, *anchor, *quote, *text;
	const char *severity; /* must_fix, advice */
};
MUST_USE err_t review_opine(struct ctx *cx, const struct opinion_in *in);
/* By its author, who decides for its seat, or who may ask. */
MUST_USE err_t review_resolve(struct ctx *cx, i64 review_id, int opinion, const char *text);

/* -- showing -- */

/* GET /reviews/{id}; ERR_NOT_FOUND unless the actor may see it. */
MUST_USE err_t review_write(struct ctx *cx, i64 id, struct jw *w);
/* GET /reviews/{id}/compare: this round beside another of its thread; with 0 = the one before. */
MUST_USE err_t review_compare(struct ctx *cx, i64 id, i64 with, struct jw *w);

/* A seat that waits for the actor. */
struct review_waiting {
	struct review *rv; /* light */
	const struct seat *seat;
	i64 behalf_id;
	const char *behalf, *asker, *account, *opportunity;
	bool adrift; /* nobody else can decide: the actor administers reviews */
};
MUST_USE err_t review_my(struct ctx *cx, struct review_waiting **out, size_t *n);

/* -- the clock: due soon, overdue, absent and vanished deciders; each told once -- */
MUST_USE err_t review_tick(struct ctx *cx, i64 *changed);

#endif
