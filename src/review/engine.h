/* What the files of this folder share. Not for others: see review.h. */
#ifndef TRIPOD_REVIEW_ENGINE_H
#define TRIPOD_REVIEW_ENGINE_H

#include "core/actor.h"
#include "core/calendar.h"
#include "core/crud.h"
#include "core/event.h"
#include "core/job.h"
#include "core/notify.h"
#include "core/scope.h"
#include "core/setting.h"
#include "core/undo.h"
#include "review/review.h"

extern const struct job_def review_jobs[];
extern const struct entity_hooks absence_hooks;

/* settle.c */
/* Approved together with everything that was added to it. */
bool seat_satisfied(const struct review *rv, const struct seat *s);
bool seat_decided(const struct seat *s);
/* Its parts have the hashes it was decided on. */
bool seat_holds(const struct review *rv, const struct seat *s);
int part_index(const struct review *rv, const char *key);      /* -1 */
u32 seat_parts(const struct review *rv, const struct seat *s); /* 0 made explicit */

/* apply.c: pieces of payloads */
void write_part_keys(const struct review *rv, u32 parts, struct jw *w);
u32 read_part_keys(const struct review *rv, const json_t *keys);
/* {"seat": …} of review.asked and review.seat_added */
void write_seat_made(const struct review *rv, const struct seat *s, struct jw *w);
/* {part: hash} */
void write_hashes(const struct review *rv, const struct seat *s, struct jw *w);
const char *const *place_names(void); /* root before after */

/* store.c */
MUST_USE err_t review_insert(struct ctx *cx, struct review *rv);
MUST_USE err_t review_save(struct ctx *cx, const struct review *rv);
/* Takes the row for this write, then loads it: two verbs never overlap. */
MUST_USE err_t review_take(struct ctx *cx, i64 id, struct review **out);
/* The texts of the parts as they were asked about; only what is new is kept. */
MUST_USE err_t review_keep_parts(struct ctx *cx, const struct review *rv,
                                 const struct review_part *parts, size_t n);
/* Who has to do with it may see it: why is seat, substitute, administrator or copy. */
MUST_USE err_t review_involve(struct ctx *cx, const struct review *rv, i64 user_id, const char *why,
                              bool *first);
/* Appends the event, applies it, settles. Nothing is saved yet. */
MUST_USE err_t review_emit(struct ctx *cx, struct review *rv, const char *kind, struct jw *payload);
/* rows of one condition on "t"; light. */
MUST_USE err_t reviews_where(struct ctx *cx, struct sqlb *where, struct review ***out, size_t *n);
MUST_USE err_t user_name(struct ctx *cx, i64 id, const char **name);

/* people.c */
struct decider {
	i64 user_id, behalf_id;
	bool absent; /* may decide, but is away */
	bool adrift; /* is asked because nobody else can */
};
/* Whoever may decide for a seat now. */
MUST_USE err_t seat_deciders(struct ctx *cx, const struct review *rv, const struct seat *s,
                             struct decider **out, size_t *n);
/* How the actor may decide for it; NULL when not. */
MUST_USE err_t seat_mine(struct ctx *cx, const struct review *rv, const struct seat *s,
                         const struct decider **out);
/* An active user who may decide reviews. */
MUST_USE err_t user_able(struct ctx *cx, i64 id, bool *yes);
/* People for whom the actor stands in today. */
MUST_USE err_t substituted_by(struct ctx *cx, i64 user_id, i64 **out, size_t *n);
MUST_USE err_t role_holders(struct ctx *cx, const char *role, i64 **out, size_t *n);
MUST_USE err_t review_may_see(struct ctx *cx, const struct review *rv, bool *yes);
bool review_administers(const struct ctx *cx);

/* ask.c */
struct moment { /* what was so before a change */
	u64 pending;
	enum review_state state;
};
struct moment review_moment(const struct review *rv);
/* Saves; emits what became of the whole; tells the seats that are pending now and were not, with
 * this kind of notice, and the subject. */
MUST_USE err_t review_conclude(struct ctx *cx, struct review *rv, const struct moment *before,
                               const char *notice);
/* Tells everybody who may decide for the seat. */
MUST_USE err_t tell_seat(struct ctx *cx, const struct review *rv, const struct seat *s,
                         const char *notice, const char *text);
MUST_USE err_t tell_user(struct ctx *cx, const struct review *rv, i64 user_id, const char *notice,
                         const char *text);
/* New hashes and players; emits what that changes. *content: hashes did. */
MUST_USE err_t review_renew(struct ctx *cx, struct review *rv, const struct review_in *in,
                            bool *content);
/* What the subject says now of a review's record. */
MUST_USE err_t review_look(struct ctx *cx, const struct review *rv,
                           const struct review_subject **sub, struct review_in *in);
struct jw payload_new(struct ctx *cx);

#endif
