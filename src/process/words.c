/* Names of stages and nodes for codes that records and facts carry: out of the playbook version
 * that the opportunity walks. */
#include "base/text.h"
#include "core/record.h"
#include "process/process.h"

/* A version that cannot be read has no names; the codes are shown then. */
static const struct playbook *version(struct ctx *cx, i64 id)
{
	struct ctx quiet = *cx;
	const struct playbook *pb = NULL;
	errs_init(&quiet.e, cx->a);
	return id && !playbook_get(&quiet, id, &pb) ? pb : NULL;
}

static const struct playbook *current(struct ctx *cx)
{
	struct ctx quiet = *cx;
	const struct playbook *pb = NULL;
	errs_init(&quiet.e, cx->a);
	return playbook_current(&quiet, &pb) ? NULL : pb;
}

static const char *stage_of(struct ctx *cx, const struct playbook *pb, const char *code)
{
	for (size_t i = 0; pb && i < pb->n_stages; i++)
		if (text_eq(pb->stages[i].code, code))
			return label_in(pb->stages[i].name, cx->lang);
	return NULL;
}

/* "2.3 需求调研": people speak of nodes by both. */
static const char *node_of(struct ctx *cx, const struct playbook *pb, const char *code)
{
	const struct node_def *n = pb ? playbook_node(pb, code) : NULL;
	return n ? arena_printf(cx->a, "%s %s", n->code, label_in(n->name, cx->lang)) : NULL;
}

static const char *say_stage(struct ctx *cx, i64 playbook_id, const char *code)
{
	return stage_of(cx, version(cx, playbook_id), code);
}

static const char *say_node(struct ctx *cx, i64 playbook_id, const char *code)
{
	return node_of(cx, version(cx, playbook_id), code);
}

static const struct enum_row *stage_choices(struct ctx *cx)
{
	const struct playbook *pb = current(cx);
	size_t n = pb ? pb->n_stages : 0;
	struct enum_row *rows = ARENA_ARRAY(cx->a, n + 1, struct enum_row);
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct enum_row){pb->stages[i].code, pb->stages[i].name, NULL};
	rows[n] = (struct enum_row){NULL, {NULL, NULL}, NULL};
	return rows;
}

static const struct enum_row *node_choices(struct ctx *cx)
{
	const struct playbook *pb = current(cx);
	size_t n = pb ? pb->n_nodes : 0;
	struct enum_row *rows = ARENA_ARRAY(cx->a, n + 1, struct enum_row);
	for (size_t i = 0; i < n; i++) {
		const struct node_def *d = &pb->nodes[i];
		struct label both = {arena_printf(cx->a, "%s %s", d->code, d->name.zh),
		                     arena_printf(cx->a, "%s %s", d->code, d->name.en)};
		rows[i] = (struct enum_row){d->code, both, NULL};
	}
	rows[n] = (struct enum_row){NULL, {NULL, NULL}, NULL};
	return rows;
}

const struct field_words stage_words = {"playbook_id", say_stage, stage_choices};
const struct field_words node_words = {"playbook_id", say_node, node_choices};

const char *process_about(struct ctx *cx, i64 opportunity_id, const json_t *payload)
{
	const char *stage = json_text(payload, "stage"), *node = json_text(payload, "code");
	if (!node)
		node = json_text(payload, "node");
	struct ctx quiet = *cx;
	errs_init(&quiet.e, cx->a);
	i64 id = 0;
	if ((!stage && !node) || !opportunity_id ||
	    db_one_i64(quiet.c, "select coalesce(playbook_id, 0) from opportunity where id = ?",
	               ARGS(vi(opportunity_id)), &id, NULL))
		return NULL;
	const struct playbook *pb = version(cx, id);
	return node ? node_of(cx, pb, node) : stage_of(cx, pb, stage);
}
