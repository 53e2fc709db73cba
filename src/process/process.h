/* The process engine (P1–P5, P8): opportunities walk the nodes of a playbook.
 *
 * An opportunity is pinned to the playbook version that was current when it began.  All its nodes
 * exist from the start; a node is waiting, active, in_review (handed in, opinions outstanding),
 * returned (active again, rework counted), done or skipped.  A node becomes active when all nodes
 * it comes after are done or skipped and its start date is reached.  It can be completed when
 * every required output is there.  Gates refuse with the exact list of what is missing.
 *
 * Output kinds are registered: this floor knows note, document, file, record, approval; the tools
 * of single stages add theirs from their own folder and are never included here.
 *
 * Approvals are reviews (src/review) by the policy that the playbook gives.
 *
 * Owns: node, output, exception_request.  Reads opportunity; writes its stage_code,
 * node_code, node_due_at, outcome and closed_on. */
#ifndef TRIPOD_PROCESS_H
#define TRIPOD_PROCESS_H

#include "core/record.h"
#include "process/playbook.h"
#include "review/review.h"

extern const struct module process_module;
extern const struct entity node_entity, output_entity, exception_entity, playbook_entity;

/* For fields with codes of stages and nodes, beside a playbook_id. */
extern const struct field_words stage_words, node_words;
/* The stage or node that a fact's payload names; see struct module. */
const char *process_about(struct ctx *cx, i64 opportunity_id, const json_t *payload);

struct node {
	i64 id, version, owner_id;
	const struct node_def *def;
	int occurrence;
	const char *state;
	const char *owner_role;
	i64 started_at, due_at, starts_at, finished_at;
	const char *plan_on, *period, *skip_reason;
	int rework;
	bool dirty; /* to be written */
};

/* One opportunity with its playbook and nodes in order, in memory. */
struct instance {
	struct rec *opp;
	const struct playbook *pb;
	struct node *nodes;
	size_t n;
	struct facts *facts; /* facts.c */
};

bool node_open(const struct node *n); /* active, in_review, returned */
bool node_past(const struct node *n); /* done, skipped */

/* -- output kinds -- */

struct output_state {
	bool present;
	bool overridden;    /* an approved exception stands for it */
	const char *detail; /* what is there, or why it is missing: in cx's language */
	i64 output_id, attachment_id, version;
	const char *title, *body, *hash;
	i64 changed_at, changed_by;
	/* approvals */
	const struct review *review; /* the newest round, without opinions; or NULL */
	const char *opinion;         /* said with the last decision */
};

struct output_kind {
	const char *code;
	struct label label;
	MUST_USE err_t (*look)(struct ctx *cx, const struct instance *in, const struct node *n,
	                       const struct output_def *o, struct output_state *out);
};

/* Those of all modules (struct module.output_kinds). */
const struct output_kind *output_kind_find(const char *code);
const struct output_kind *output_kind_at(size_t i);
/* State of one output: its kind's look, then exceptions. */
MUST_USE err_t output_look(struct ctx *cx, const struct instance *in, const struct node *n,
                           const struct output_def *o, struct output_state *out);

/* -- the life of an instance -- */

/* Nodes of a new opportunity; the first become active. Emits process.started. An imported one
 * begins at its node_code: nodes before it are skipped with the reason "imported". */
MUST_USE err_t process_begin(struct ctx *cx, const struct rec *opp);
/* Loads without a look at scope. */
MUST_USE err_t process_load(struct ctx *cx, i64 opportunity_id, struct instance **out);
/* Activates what can be, moves due dates, asks for approvals, writes stage and node of the
 * opportunity. After every change. */
MUST_USE err_t process_sync(struct ctx *cx, struct instance *in);
/* After the opportunity's own fields changed (people, dates). */
MUST_USE err_t process_opportunity_changed(struct ctx *cx, const struct rec *now,
                                           const struct rec *before);

/* -- verbs; each is one write, by somebody who may: see process_may_work() -- */

/* ERR_GATE with extra `missing:[…]`; ERR_NODE_STATE when it is not open. */
MUST_USE err_t node_complete(struct ctx *cx, i64 node_id);
/* Back to an earlier node (its code), which is reopened; what depends on it waits again. */
MUST_USE err_t node_return(struct ctx *cx, i64 node_id, const char *to_code, const char *reason);
/* A waiting node before its date. */
MUST_USE err_t node_start(struct ctx *cx, i64 node_id);
MUST_USE err_t node_plan(struct ctx *cx, i64 node_id, const char *plan_on);
/* To another person whoever may work on it: a hand-over was let in by another door. */
MUST_USE err_t node_hand_over(struct ctx *cx, i64 node_id, i64 user_id);
MUST_USE err_t node_assign(struct ctx *cx, i64 node_id, i64 user_id);

struct hand_in {
	const char *key, *title, *body;
	i64 attachment_id;
	i64 version; /* of the output that is replaced; 0 = whatever is there */
};
/* A note, document or file for a node. */
MUST_USE err_t node_hand_in(struct ctx *cx, i64 node_id, const struct hand_in *in, i64 *output_id);
/* Asks for an optional approval, or again for one that was returned or withdrawn. */
MUST_USE err_t approval_ask(struct ctx *cx, i64 node_id, const char *key);
/* kind: skip (the node) or override (output `item`). approver_id 0: any sales manager or process
 * owner. */
MUST_USE err_t exception_ask(struct ctx *cx, i64 node_id, const char *kind, const char *item,
                             const char *reason, i64 approver_id, i64 *id);
MUST_USE err_t exception_decide(struct ctx *cx, i64 exception_id, const char *decision,
                                const char *opinion);
/* Completes what can be completed until the current stage is left; ERR_GATE lists what stands in
 * the way and nothing changes. *undo_id: takes it back (core/undo.h) as long as nobody acted on the
 * process since. */
MUST_USE err_t process_advance(struct ctx *cx, i64 opportunity_id, const char *to_stage,
                               i64 *undo_id);
/* outcome: lost or void with a reason, or open again. */
MUST_USE err_t process_close(struct ctx *cx, i64 opportunity_id, const char *outcome,
                             const char *reason);

/* May the actor hand in for, or complete, this node? */
MUST_USE err_t process_may_work(struct ctx *cx, const struct instance *in, const struct node *n,
                                bool complete, bool *yes);
/* May the actor decide as `role` on this opportunity? */
MUST_USE err_t process_may_play(struct ctx *cx, const struct instance *in, const char *role,
                                bool *yes);
/* The person who plays a role on an opportunity; 0 when it is anybody who holds it. */
MUST_USE err_t process_player(struct ctx *cx, const struct rec *opp, const char *role, i64 *user);

/* -- showing -- */

/* GET …/path: stages, nodes, outputs, what is missing, next action. */
MUST_USE err_t process_path(struct ctx *cx, i64 opportunity_id, struct jw *w);
/* GET /my/work */
MUST_USE err_t process_my_work(struct ctx *cx, struct jw *w);
/* GET /board: columns by stage with counts and cards; lq-like parameters: filter JSON. */
MUST_USE err_t process_board(struct ctx *cx, const char *stage, const json_t *filter, const char *q,
                             struct jw *w);
/* Members "missing":[…] for all nodes given. */
MUST_USE err_t process_missing(struct ctx *cx, const struct instance *in, const struct node *n,
                               struct jw *w, int *count);

/* -- the clock (P5): due soon, overdue, escalated, dates reached; each once -- */
MUST_USE err_t process_tick(struct ctx *cx, i64 *changed);

#endif
