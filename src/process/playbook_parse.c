/* Reading and checking a playbook definition. */
#include <string.h>

#include "process/playbook.h"

enum { NODES_MAX = 200, STAGES_MAX = 30, OUTPUTS_MAX = 40, WORDS_MAX = 20 };

struct reader {
	struct arena *a;
	struct errs *e;
	const char *where; /* for the message */
};

static err_t bad(struct reader *rd, const char *what)
{
	return errs_set(rd->e, ERR_PLAYBOOK,
	                EP({"reason", arena_printf(rd->a, "%s: %s", rd->where, what)}));
}

static err_t only_keys(struct reader *rd, const json_t *o, const char *const *keys)
{
	const char *k;
	json_t *v;
	if (!json_is_object(o))
		return bad(rd, "object expected");
	json_object_foreach((json_t *)o, k, v)
	{
		const char *const *p = keys;
		while (*p && strcmp(*p, k) != 0)
			p++;
		if (!*p)
			return bad(rd, arena_printf(rd->a, "unknown key '%s'", k));
	}
	return ERR_OK;
}

static err_t read_label(struct reader *rd, const json_t *o, const char *key, bool required,
                        struct label *out)
{
	const json_t *l = json_object_get(o, key);
	const char *zh = json_text(l, "zh"), *en = json_text(l, "en");
	if (!l && !required) {
		*out = (struct label){"", ""};
		return ERR_OK;
	}
	if (!zh || !en || !*zh || !*en)
		return bad(rd, arena_printf(rd->a, "%s needs zh and en", key));
	*out = (struct label){arena_strdup(rd->a, zh), arena_strdup(rd->a, en)};
	return ERR_OK;
}

static err_t read_words(struct reader *rd, const json_t *o, const char *key,
                        const char *const **out)
{
	const json_t *arr = json_object_get(o, key);
	size_t n = json_array_size(arr), i;
	const json_t *item;
	if (arr && (!json_is_array(arr) || n > WORDS_MAX))
		return bad(rd, arena_printf(rd->a, "%s is a list of words", key));
	const char **w = ARENA_ARRAY(rd->a, n + 1, const char *);
	json_array_foreach((json_t *)arr, i, item)
	{
		if (!json_is_string(item))
			return bad(rd, arena_printf(rd->a, "%s is a list of words", key));
		w[i] = arena_strdup(rd->a, json_string_value(item));
	}
	*out = w;
	return ERR_OK;
}

static const struct {
	const char *name;
	enum anchor anchor;
} anchors[] = {
	{"node_start", ANCHOR_NODE_START},   {"planned_go_live", ANCHOR_PLANNED_GO_LIVE},
	{"plan_date", ANCHOR_PLAN_DATE},     {"contract_end", ANCHOR_CONTRACT_END},
	{"quarter_end", ANCHOR_QUARTER_END},
};

static err_t read_anchor(struct reader *rd, const char *s, enum anchor *out)
{
	for (size_t i = 0; s && i < ARRAY_LEN(anchors); i++)
		if (!strcmp(s, anchors[i].name)) {
			*out = anchors[i].anchor;
			return ERR_OK;
		}
	return bad(rd, arena_printf(rd->a, "unknown anchor '%s'", s ? s : ""));
}

static err_t read_rule(struct reader *rd, const json_t *o, struct date_rule *out)
{
	*out = (struct date_rule){0};
	if (!o || json_is_null(o))
		return ERR_OK;
	static const char *const keys[] = {"anchor", "offset", "unit", "fallback", NULL};
	TRY(only_keys(rd, o, keys));
	TRY(read_anchor(rd, json_text(o, "anchor"), &out->anchor));
	i64 offset = json_i64(o, "offset", 0);
	const char *unit = json_text(o, "unit");
	if (offset < -3650 || offset > 3650)
		return bad(rd, "offset out of range");
	if (!unit || (strcmp(unit, "working_days") != 0 && strcmp(unit, "calendar_days") != 0))
		return bad(rd, "unit is working_days or calendar_days");
	out->offset = (int)offset;
	out->working_days = !strcmp(unit, "working_days");
	const json_t *fb = json_object_get(o, "fallback");
	if (fb) {
		struct date_rule *f = ARENA_NEW(rd->a, struct date_rule);
		TRY(read_rule(rd, fb, f));
		out->fallback = f;
	}
	return ERR_OK;
}

static err_t read_output(struct reader *rd, const json_t *o, struct output_def *out)
{
	static const char *const keys[] = {"key", "kind",      "label", "hint", "required",
	                                   "of",  "approvers", "check", NULL};
	TRY(only_keys(rd, o, keys));
	const char *key = json_text(o, "key"), *kind = json_text(o, "kind");
	if (!key || !*key || strlen(key) > 60 || !kind || !*kind)
		return bad(rd, "an output needs key and kind");
	out->key = arena_strdup(rd->a, key);
	out->kind = arena_strdup(rd->a, kind);
	out->required = json_flag(o, "required", true);
	out->of = arena_strdup(rd->a, json_text(o, "of"));
	TRY(read_label(rd, o, "label", true, &out->label));
	TRY(read_label(rd, o, "hint", false, &out->hint));
	TRY(read_words(rd, o, "approvers", &out->approvers));
	out->check = json_object_get(o, "check");
	bool approval = !strcmp(kind, "approval");
	if (approval && (!out->of || !*out->approvers))
		return bad(rd, arena_printf(rd->a, "approval %s needs of and approvers", key));
	if (!strcmp(kind, "record") && !out->check)
		return bad(rd, arena_printf(rd->a, "record %s needs check", key));
	return ERR_OK;
}

static err_t read_recurrence(struct reader *rd, const json_t *o, struct node_def *n)
{
	const json_t *r = json_object_get(o, "recurrence");
	n->blocking = true;
	if (!r || json_is_null(r))
		return ERR_OK;
	static const char *const keys[] = {"every", "until", "blocking", NULL};
	TRY(only_keys(rd, r, keys));
	const char *every = json_text(r, "every");
	if (!every || strcmp(every, "quarter") != 0)
		return bad(rd, "recurrence is every quarter");
	n->recurs = true;
	n->blocking = json_flag(r, "blocking", true);
	return read_anchor(rd, json_text(r, "until"), &n->recurs_until);
}

static err_t read_node(struct reader *rd, const json_t *o, struct node_def *n)
{
	static const char *const keys[] = {
		"code",     "name",   "gate",  "owner_roles", "contributing_roles",
		"after",    "starts", "limit", "recurrence",  "outputs",
		"guidance", "wins",   NULL};
	const char *code = json_text(o, "code");
	if (!code || !*code || strlen(code) > 20)
		return bad(rd, "a node needs a code");
	rd->where = arena_printf(rd->a, "nodes.%s", code);
	TRY(only_keys(rd, o, keys));
	n->code = arena_strdup(rd->a, code);
	n->gate = json_flag(o, "gate", false);
	n->wins = json_flag(o, "wins", false);
	TRY(read_label(rd, o, "name", true, &n->name));
	TRY(read_label(rd, o, "guidance", false, &n->guidance));
	TRY(read_words(rd, o, "owner_roles", &n->owner_roles));
	TRY(read_words(rd, o, "contributing_roles", &n->contributing_roles));
	TRY(read_words(rd, o, "after", &n->after));
	TRY(read_rule(rd, json_object_get(o, "limit"), &n->limit));
	TRY(read_rule(rd, json_object_get(o, "starts"), &n->starts));
	TRY(read_recurrence(rd, o, n));
	if (!*n->owner_roles)
		return bad(rd, "owner_roles is empty");
	const json_t *outs = json_object_get(o, "outputs");
	n->n_outputs = json_array_size(outs);
	if (!n->n_outputs || n->n_outputs > OUTPUTS_MAX)
		return bad(rd, "a node needs outputs");
	struct output_def *defs = ARENA_ARRAY(rd->a, n->n_outputs, struct output_def);
	for (size_t i = 0; i < n->n_outputs; i++) {
		TRY(read_output(rd, json_array_get(outs, i), &defs[i]));
		for (size_t k = 0; k < i; k++)
			if (!strcmp(defs[k].key, defs[i].key))
				return bad(rd, arena_printf(rd->a, "output %s stands twice",
				                            defs[i].key));
	}
	n->outputs = defs;
	return ERR_OK;
}

const struct node_def *playbook_node(const struct playbook *pb, const char *code)
{
	for (size_t i = 0; i < pb->n_nodes; i++)
		if (!strcmp(pb->nodes[i].code, code))
			return &pb->nodes[i];
	return NULL;
}

const struct output_def *playbook_output(const struct node_def *n, const char *key)
{
	for (size_t i = 0; i < n->n_outputs; i++)
		if (!strcmp(n->outputs[i].key, key))
			return &n->outputs[i];
	return NULL;
}

bool role_in(const char *const *roles, const char *role)
{
	for (; *roles; roles++)
		if (!strcmp(*roles, role))
			return true;
	return false;
}

/* "2.3/report" names an output that can be approved, of this node or an earlier one. */
static err_t check_of(struct reader *rd, const struct playbook *pb, const struct node_def *n,
                      const struct output_def *o)
{
	const char *slash = strchr(o->of, '/');
	const struct node_def *target =
		slash ? playbook_node(pb, arena_strndup(rd->a, o->of, (size_t)(slash - o->of)))
		      : NULL;
	const struct output_def *t = target ? playbook_output(target, slash + 1) : NULL;
	if (!t || !strcmp(t->kind, "approval") || !strcmp(t->kind, "record") ||
	    target->position > n->position)
		return bad(rd, arena_printf(rd->a, "%s: of '%s' is no earlier output to approve",
		                            o->key, o->of));
	return ERR_OK;
}

/* "after" leads only to nodes that exist, and never in a ring. */
static err_t check_after(struct reader *rd, const struct playbook *pb)
{
	enum { NEW, OPEN, SEEN };
	u8 *mark = arena_alloc(rd->a, pb->n_nodes);
	/* Kahn-like: a node is seen when all before it are; no progress means a ring. */
	for (size_t left = pb->n_nodes; left;) {
		size_t progress = 0;
		for (size_t i = 0; i < pb->n_nodes; i++) {
			const struct node_def *n = &pb->nodes[i];
			rd->where = arena_printf(rd->a, "nodes.%s", n->code);
			bool ready = mark[i] == NEW;
			for (const char *const *p = n->after; *p && ready; p++) {
				const struct node_def *b = playbook_node(pb, *p);
				if (!b)
					return bad(rd,
					           arena_printf(rd->a, "after: no node '%s'", *p));
				ready = mark[b - pb->nodes] == SEEN;
			}
			if (ready) {
				mark[i] = SEEN;
				progress++;
				left--;
			}
		}
		if (!progress)
			return bad(rd, "after: the nodes wait for each other");
	}
	return ERR_OK;
}

err_t playbook_parse(struct arena *a, struct errs *e, const json_t *doc, struct playbook **out)
{
	struct reader rd = {a, e, "playbook"};
	static const char *const keys[] = {"format", "version", "name", "phases", "stages", NULL};
	TRY(only_keys(&rd, doc, keys));
	if (json_i64(doc, "format", 0) != 1)
		return bad(&rd, "format is 1");
	struct playbook *pb = ARENA_NEW(a, struct playbook);
	pb->revision = (int)json_i64(doc, "version", 0);
	TRY(read_label(&rd, doc, "name", true, &pb->name));
	const json_t *stages = json_object_get(doc, "stages");
	pb->n_stages = json_array_size(stages);
	if (!pb->n_stages || pb->n_stages > STAGES_MAX)
		return bad(&rd, "stages");
	struct stage_def *sd = ARENA_ARRAY(a, pb->n_stages, struct stage_def);
	struct node_def *nodes = ARENA_ARRAY(a, NODES_MAX, struct node_def);
	pb->stages = sd;
	pb->nodes = nodes;
	size_t i, k;
	json_t *s, *n;
	json_array_foreach((json_t *)stages, i, s)
	{
		static const char *const stage_keys[] = {"code", "key", "name", "nodes", NULL};
		rd.where = arena_printf(a, "stages.%zu", i);
		TRY(only_keys(&rd, s, stage_keys));
		sd[i].code = arena_strdup(a, json_text(s, "code"));
		sd[i].key = arena_strdup(a, json_text(s, "key"));
		sd[i].first = (int)pb->n_nodes;
		if (!sd[i].code || !sd[i].key)
			return bad(&rd, "a stage needs code and key");
		TRY(read_label(&rd, s, "name", true, &sd[i].name));
		json_array_foreach(json_object_get(s, "nodes"), k, n)
		{
			if (pb->n_nodes == NODES_MAX)
				return bad(&rd, "too many nodes");
			struct node_def *nd = &nodes[pb->n_nodes];
			TRY(read_node(&rd, n, nd));
			if (playbook_node(pb, nd->code))
				return bad(&rd, "this code stands twice");
			nd->stage = (int)i;
			nd->position = (int)pb->n_nodes + 1;
			pb->n_nodes++;
		}
		sd[i].count = (int)pb->n_nodes - sd[i].first;
		if (!sd[i].count)
			return bad(&rd, "a stage without nodes");
	}
	TRY(check_after(&rd, pb));
	for (i = 0; i < pb->n_nodes; i++)
		for (k = 0; k < nodes[i].n_outputs; k++)
			if (!strcmp(nodes[i].outputs[k].kind, "approval")) {
				rd.where = arena_printf(a, "nodes.%s", nodes[i].code);
				TRY(check_of(&rd, pb, &nodes[i], &nodes[i].outputs[k]));
			}
	*out = pb;
	return ERR_OK;
}
