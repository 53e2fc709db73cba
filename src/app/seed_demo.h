/* The demo company: what the files that load it share. See seed/demo/README.md.
 *
 * The load is a list of steps, each an act of one person at one moment of the past: it is put in
 * order of time, then played with the clock of the context set to that moment.  So the log, the
 * numbers, due dates, reminders and notifications come out as if the company had worked with the
 * product all along, and every gate was asked. */
#ifndef TRIPOD_SEED_DEMO_H
#define TRIPOD_SEED_DEMO_H

#include "app/command.h"
#include "base/json.h"
#include "core/calendar.h"
#include "core/record.h"
#include "process/process.h"

#define DEMO_ZONE "Asia/Shanghai"

/* Ids by the keys that the files use. */
struct keys {
	struct {
		const char *key;
		i64 id;
	} row[1024];
	size_t n;
};

struct demo;
struct walk;

struct step {
	i64 at;
	err_t (*fn)(struct demo *d, const struct step *s);
	const char *who; /* login; NULL: the system itself */
	bool given;      /* a record of the files: rights are not asked, only rules */
	const json_t *row;
	struct walk *walk;
	const struct node_def *node;
	const struct output_def *output;
	int n;
	size_t order;
};

struct demo {
	struct ctx *cx;  /* in the write */
	struct arena *a; /* lives as long as the load */
	const char *password, *hash;
	i64 now;
	day_t today;
	const struct calendar *cal;
	const struct playbook *pb;
	struct keys teams, users, products, accounts, contacts, opportunities, tasks;
	const json_t *doc_users, *doc_accounts, *doc_contacts, *doc_opportunities, *texts;
	struct step *steps;
	size_t n, cap;
};

/* -- seed_step.c -- */

/* A step of row's person; later than now becomes now. */
struct step *demo_step(struct demo *d, i64 at, err_t (*fn)(struct demo *d, const struct step *s),
                       const char *who, const json_t *row);
/* Minutes after midnight on the day `rel` days from today. */
i64 demo_time(const struct demo *d, i64 rel, int minutes);
/* The same for something that is done on that day: a day off moves back to a working day. */
i64 demo_done_time(const struct demo *d, i64 rel, int minutes);
/* "yyyy-mm-dd" of a day relative to today. */
const char *demo_date(const struct demo *d, i64 rel);
void keys_put(struct demo *d, struct keys *k, const char *key, i64 id);
i64 keys_get(const struct keys *k, const char *key); /* 0 when unknown or NULL */
/* Element of a list whose `member` is `value`; NULL when there is none. */
const json_t *demo_find(const json_t *list, const char *member, const char *value);
/* A record from a row: members that are fields, and references by key. */
MUST_USE err_t demo_record(struct demo *d, const struct entity *e, const json_t *row,
                           struct rec **out);

/* -- seed_walk.c -- */

/* The steps of all opportunities. */
MUST_USE err_t demo_walks(struct demo *d);

/* -- seed_text.c -- */

/* A text with its {placeholders} filled for an opportunity. */
const char *demo_fill(struct demo *d, const json_t *opportunity, const char *text);
/* 86000000 fen → "捌拾陆万元整" */
const char *demo_capital(struct arena *a, i64 fen);

/* -- seed_scale.c -- */

/* Many records without a story, fast, the same for the same seed. Only with seed --scale. */
MUST_USE err_t demo_scale(struct ctx *cx, int scale, u64 seed);

/* seed.c: a file of seed/, parsed. Panics when it is not in the program. */
MUST_USE err_t seed_doc(struct ctx *cx, const char *file, const json_t **out);

#endif
