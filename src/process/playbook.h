/* Playbooks (P1): versioned definitions of stages and nodes. The format is docs/playbook-format.md.
 *
 * A definition is data: the engine knows nothing of single nodes.  A published one never changes,
 * so a parsed one is kept in memory and shared. */
#ifndef TRIPOD_PLAYBOOK_H
#define TRIPOD_PLAYBOOK_H

#include "base/json.h"
#include "core/ctx.h"

enum anchor {
	ANCHOR_NONE,
	ANCHOR_NODE_START,
	ANCHOR_PLANNED_GO_LIVE,
	ANCHOR_PLAN_DATE,
	ANCHOR_CONTRACT_END,
	ANCHOR_QUARTER_END,
};

struct date_rule {
	enum anchor anchor; /* ANCHOR_NONE: there is no rule */
	int offset;
	bool working_days;
	const struct date_rule *fallback; /* or NULL */
};

/* Who decides on an approval, and how (docs/playbook-format.md). */
struct approval_seat {
	const char *role;
	int step;
	u32 parts; /* bit i = of[i]; 0 = all */
	struct label hint;
};

struct approval_policy {
	bool ordered, any, not_asker, withdraw_open;
	int deadline; /* working days, 0 = none */
	const struct approval_seat *seats;
	size_t n;
};

struct output_def {
	const char *key;
	const char *kind; /* note document file record approval, or a domain's own */
	struct label label, hint;
	bool required;
	const char *const *of;         /* approval: "2.3/report", NULL at the end; or NULL */
	struct approval_policy policy; /* approval */
	const json_t *check;           /* record */
};

struct node_def {
	const char *code;
	struct label name, guidance;
	int stage; /* index */
	int position;
	bool gate;
	const char *const *owner_roles, *const *contributing_roles; /* NULL at the end */
	const char *const *after;
	struct date_rule limit, starts;
	bool recurs;   /* every quarter */
	bool blocking; /* an open occurrence holds others up */
	enum anchor recurs_until;
	bool wins; /* its completion makes the opportunity won */
	const struct output_def *outputs;
	size_t n_outputs;
};

struct stage_def {
	const char *code, *key;
	struct label name;
	int first, count; /* nodes */
};

struct playbook {
	i64 id;
	int revision;
	struct label name;
	const struct stage_def *stages;
	size_t n_stages;
	const struct node_def *nodes; /* in order of stages */
	size_t n_nodes;
	const json_t *phases; /* groups of stages, for display; or NULL */
};

/* Checks and reads a definition. ERR_PLAYBOOK {reason} names the place: "nodes.2.3.outputs". */
MUST_USE err_t playbook_parse(struct arena *a, struct errs *e, const json_t *doc,
                              struct playbook **out);
const struct node_def *playbook_node(const struct playbook *pb, const char *code); /* or NULL */
const struct output_def *playbook_output(const struct node_def *n, const char *key);
bool role_in(const char *const *roles, const char *role);

/* The parsed definition of a stored version; lives as long as the process. */
MUST_USE err_t playbook_get(struct ctx *cx, i64 id, const struct playbook **out);
/* The published version new opportunities begin on; ERR_NOT_FOUND when there is none. */
MUST_USE err_t playbook_current(struct ctx *cx, const struct playbook **out);
/* The version of this number; ERR_NOT_FOUND. */
MUST_USE err_t playbook_by_revision(struct ctx *cx, i64 revision, const struct playbook **out);
/* Stores a definition as the next revision, as draft. */
MUST_USE err_t playbook_import(struct ctx *cx, const json_t *doc, i64 *id);
/* Makes a draft the current version and retires the one before. */
MUST_USE err_t playbook_publish(struct ctx *cx, i64 id);
/* In the format of docs/playbook-format.md, every member of every node written out. */
void playbook_write(const struct playbook *pb, struct jw *w);
/* What differs between two, by codes:
 * {added:[node], removed:[node], changed:[{code, what:[member]}], stages:[{code, what:[member]}]};
 * a stage that is only in one of them has "added" or "removed" there. */
void playbook_diff(const struct playbook *a, const struct playbook *b, struct jw *w);

#endif
