/* What the files of this folder share. Not for others: see process.h. */
#ifndef TRIPOD_ENGINE_H
#define TRIPOD_ENGINE_H

#include "core/actor.h"
#include "core/calendar.h"
#include "core/crud.h"
#include "core/event.h"
#include "core/notify.h"
#include "core/scope.h"
#include "core/undo.h"
#include "process/process.h"

/* instance.c */
MUST_USE err_t instance_insert(struct ctx *cx, const struct instance *in, struct node *n);
struct node *instance_node(struct instance *in, i64 node_id);
struct node *instance_by_code(struct instance *in, const char *code); /* newest occurrence */
/* Loads the instance of a node the actor may see: else ERR_NOT_FOUND. */
MUST_USE err_t instance_of_node(struct ctx *cx, i64 node_id, struct instance **in, struct node **n);
MUST_USE err_t node_event(struct ctx *cx, const struct instance *in, const struct node *n,
                          const char *kind, const char *payload);
/* Open or won: a lost or void opportunity stands still until it is opened again. */
bool instance_running(const struct instance *in);
MUST_USE err_t need_running(struct ctx *cx, const struct instance *in); /* else ERR_CONFLICT */
void node_state(struct node *n, const char *state);
/* The label of a state in cx's language. */
const char *state_label(struct ctx *cx, const char *state);
const char *node_title(struct ctx *cx, const struct instance *in, const struct node *n);
/* The same in the language of who will read it. */
const char *node_title_for(struct ctx *cx, const struct instance *in, const struct node *n,
                           i64 user_id);
const char *opportunity_href(struct ctx *cx, const struct instance *in, const struct node *n);
/* Writes dirty nodes. */
MUST_USE err_t instance_save(struct ctx *cx, struct instance *in);

/* due.c: dates of rules */
MUST_USE err_t due_of_rule(struct ctx *cx, const struct instance *in, const struct node *n,
                           const struct date_rule *r, i64 *us);
MUST_USE err_t due_refresh(struct ctx *cx, const struct instance *in, struct node *n);
/* Last day of the quarter a day is in, and its name "2026Q4". */
day_t quarter_end(day_t day);
const char *quarter_name(struct arena *a, day_t day);

/* facts.c: what was handed in, granted and asked. Texts live in cx->a. */
struct facts *facts_new(struct arena *a);
void facts_forget(const struct instance *in); /* after one of these rows was written */
/* Fills *out when something was handed in. */
MUST_USE err_t facts_output(struct ctx *cx, const struct instance *in, const struct node *n,
                            const char *key, struct output_state *out);
/* Was an exception granted for this output? */
MUST_USE err_t facts_granted(struct ctx *cx, const struct instance *in, const struct node *n,
                             const char *key, bool *yes);
/* The newest round of an approval; NULL when it was never asked for. */
MUST_USE err_t facts_review(struct ctx *cx, const struct instance *in, const struct node *n,
                            const char *key, const struct review **out);
MUST_USE err_t facts_name(struct ctx *cx, const struct instance *in, i64 user_id,
                          const char **name); /* NULL when unknown */

/* The working days that hold where the account is. */
MUST_USE err_t instance_calendar(struct ctx *cx, const struct instance *in,
                                 const struct calendar **out);

/* outputs.c, approval.c */
extern const struct output_kind note_kind, document_kind, file_kind, record_kind, approval_kind;

/* approval.c */
extern const struct review_subject node_review;
/* Asks for what is due to be asked, tells of changed content; sets "in review". */
MUST_USE err_t approvals_sync(struct ctx *cx, struct instance *in, struct node *n);
/* Of a node that is not open: nobody is asked any more. */
MUST_USE err_t approvals_end(struct ctx *cx, const struct instance *in, const struct node *n);

/* people.c: ERR_FORBIDDEN unless process_may_work(). */
MUST_USE err_t need_work(struct ctx *cx, const struct instance *in, const struct node *n,
                         bool complete);

/* missing.c */
void missing_write(struct ctx *cx, const struct instance *in, const struct node *n,
                   const struct output_def *o, const struct output_state *st, struct jw *w);
/* Required and absent, or an optional approval that was asked for and is not granted. */
bool missing_holds_up(const struct output_def *o, const struct output_state *st);

/* verbs.c: does n come after `on`, directly or not? */
bool node_depends(const struct playbook *pb, const struct node_def *n, const struct node_def *on);
/* Reopens `to` and lets everything that depends on it wait again. */
MUST_USE err_t reopen(struct ctx *cx, struct instance *in, struct node *from, struct node *to,
                      const char *reason);

/* instance.c: ERR_NODE_STATE in both languages. */
MUST_USE err_t refuse_state(struct ctx *cx, const struct instance *in, const struct node *n,
                            const char *act_zh, const char *act_en);

#endif
