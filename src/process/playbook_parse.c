/* Reading and checking a playbook definition. */
#include <string.h>

#include "core/roles.h"
#include "process/process.h"

enum { NODES_MAX = 200, STAGES_MAX = 30, OUTPUTS_MAX = 40, WORDS_MAX = 20, SEATS_MAX = 20 };

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

/* A member that is there must be of its type: "false" would be as good as true. */
static err_t read_flag(struct reader *rd, const json_t *o, const char *key, bool dflt, bool *out)
{
	const json_t *v = json_object_get(o, key);
	if (v && !json_is_boolean(v))
		return bad(rd, arena_printf(rd->a, "%s is true or false", key));
	*out = v ? json_is_true(v) : dflt;
	return ERR_OK;
}

static err_t read_text(struct reader *rd, const json_t *o, const char *key, size_t max,
                       const char **out)
{
	const char *s = json_text(o, key);
	if (!s || !*s || strlen(s) > max)
		return bad(rd,
		           arena_printf(rd->a, "%s is a text of 1 to %zu characters", key, max));
	*out = arena_strdup(rd->a, s);
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
	static const char *const keys[] = {"zh", "en", NULL};
	if (l)
		TRY(only_keys(rd, l, keys));
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

static err_t read_roles(struct reader *rd, const json_t *o, const char *key,
                        const char *const **out)
{
	TRY(read_words(rd, o, key, out));
	for (const char *const *p = *out; *p; p++) {
		const struct enum_row *r = role_values;
		while (r->value && strcmp(r->value, *p) != 0)
			r++;
		if (!r->value)
			return bad(rd, arena_printf(rd->a, "%s: no role '%s'", key, *p));
	}
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
	const json_t *number = json_object_get(o, "offset");
	i64 offset = json_integer_value(number);
	const char *unit = json_text(o, "unit");
	if (!json_is_integer(number) || offset < -3650 || offset > 3650)
		return bad(rd, "offset is a whole number of days, -3650 to 3650");
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

/* {"entity":E, "fields":[…]} of the opportunity or its account, or a count of records of E. */
static err_t read_check(struct reader *rd, const char *key, const json_t *check)
{
	static const char *const keys[] = {"entity", "fields", "of", "min", "where", NULL};
	rd->where = arena_printf(rd->a, "%s.check", rd->where);
	TRY(only_keys(rd, check, keys));
	const char *name = json_text(check, "entity"), *of = json_text(check, "of"), *field;
	const struct entity *e = name ? entity_by_name(name) : NULL;
	const json_t *fields = json_object_get(check, "fields");
	const json_t *min = json_object_get(check, "min"), *where = json_object_get(check, "where");
	if (!e)
		return bad(rd, arena_printf(rd->a, "%s: no entity '%s'", key, name ? name : ""));
	if (fields && (of || min || where || !json_array_size(fields)))
		return bad(rd, "fields is a list that stands alone");
	for (size_t i = 0; i < json_array_size(fields); i++) {
		const char *f = json_string_value(json_array_get(fields, i));
		if (!f || !field_by_name(e, f))
			return bad(rd, arena_printf(rd->a, "%s has no such field", name));
	}
	if (fields && strcmp(name, "opportunity") != 0 && strcmp(name, "account") != 0)
		return bad(rd, "fields are of the opportunity or the account");
	if (fields)
		return ERR_OK;
	if (!of || (strcmp(of, "account") != 0 && strcmp(of, "opportunity") != 0) ||
	    field_index(e, arena_printf(rd->a, "%s_id", of)) < 0)
		return bad(rd, arena_printf(rd->a, "of is account or opportunity, one that %s has",
		                            name));
	if (min && (!json_is_integer(min) || json_integer_value(min) < 1))
		return bad(rd, "min is 1 or more");
	if (where && !json_is_object(where))
		return bad(rd, "where is {field: [values]}");
	json_t *values;
	json_object_foreach((json_t *)(uintptr_t)where, field, values)
	{
		const struct field *f = field_by_name(e, field);
		if (!f || !json_array_size(values))
			return bad(rd, arena_printf(rd->a, "where.%s", field));
		for (size_t i = 0; i < json_array_size(values); i++) {
			const char *v = json_string_value(json_array_get(values, i));
			if (!v || (f->values && !enum_row(f, v)))
				return bad(rd,
				           arena_printf(rd->a, "where.%s: no such value", field));
		}
	}
	return ERR_OK;
}

static err_t read_choice(struct reader *rd, const json_t *o, const char *key, const char *no,
                         const char *yes, bool *out)
{
	const json_t *v = json_object_get(o, key);
	const char *s = json_string_value(v);
	*out = s && !strcmp(s, yes);
	if (v && !*out && (!s || strcmp(s, no) != 0))
		return bad(rd, arena_printf(rd->a, "policy: %s is %s or %s", key, no, yes));
	return ERR_OK;
}

static err_t read_seat(struct reader *rd, const json_t *o, const struct output_def *out, int step,
                       struct approval_seat *s)
{
	static const char *const keys[] = {"role", "step", "parts", "hint", NULL};
	const char *const *parts, *role = json_text(o, "role");
	TRY(only_keys(rd, o, keys));
	const struct enum_row *r = role_values;
	while (role && r->value && strcmp(r->value, role) != 0)
		r++;
	if (!role || !r->value)
		return bad(rd, arena_printf(rd->a, "%s: no role '%s'", out->key, role ? role : ""));
	s->role = r->value;
	TRY(read_label(rd, o, "hint", false, &s->hint));
	const json_t *n = json_object_get(o, "step");
	s->step = n ? (int)json_integer_value(n) : step;
	if (s->step < 1 || s->step > SEATS_MAX)
		return bad(rd, arena_printf(rd->a, "%s: step is 1 to %d", out->key, SEATS_MAX));
	TRY(read_words(rd, o, "parts", &parts));
	for (; *parts; parts++) {
		size_t i = 0;
		while (out->of[i] && strcmp(out->of[i], *parts) != 0)
			i++;
		if (!out->of[i])
			return bad(rd,
			           arena_printf(rd->a, "%s: '%s' is not in of", out->key, *parts));
		s->parts |= 1U << i;
	}
	return ERR_OK;
}

static err_t read_policy(struct reader *rd, const json_t *o, struct output_def *out)
{
	static const char *const keys[] = {"order",    "rule",  "not_asker", "withdraw",
	                                   "deadline", "seats", NULL};
	struct approval_policy *p = &out->policy;
	const json_t *seats = json_object_get(o, "seats"), *days = json_object_get(o, "deadline");
	TRY(only_keys(rd, o, keys));
	TRY(read_choice(rd, o, "order", "parallel", "ordered", &p->ordered));
	TRY(read_choice(rd, o, "rule", "all", "any", &p->any));
	TRY(read_choice(rd, o, "withdraw", "undecided", "open", &p->withdraw_open));
	TRY(read_flag(rd, o, "not_asker", false, &p->not_asker));
	p->deadline = (int)json_integer_value(days);
	if (days && !json_is_null(days) && (p->deadline < 1 || p->deadline > 365))
		return bad(rd,
		           arena_printf(rd->a, "%s: deadline is 1 to 365 working days", out->key));
	p->n = json_array_size(seats);
	if (!p->n || p->n > SEATS_MAX)
		return bad(rd, arena_printf(rd->a, "%s: seats is a list of 1 to %d", out->key,
		                            SEATS_MAX));
	struct approval_seat *list = ARENA_ARRAY(rd->a, p->n, struct approval_seat);
	for (size_t i = 0; i < p->n; i++)
		TRY(read_seat(rd, json_array_get(seats, i), out, p->ordered ? (int)i + 1 : 1,
		              &list[i]));
	p->seats = list;
	return ERR_OK;
}

/* One output or several: "2.3/report" or ["2.3/report", …]. */
static err_t read_of(struct reader *rd, const json_t *o, struct output_def *out)
{
	const char *const *words, *one;
	if (json_is_string(json_object_get(o, "of"))) {
		const char **list = ARENA_ARRAY(rd->a, 2, const char *);
		TRY(read_text(rd, o, "of", 100, &one));
		list[0] = one;
		out->of = list;
		return ERR_OK;
	}
	TRY(read_words(rd, o, "of", &words));
	out->of = *words ? words : NULL;
	return ERR_OK;
}

static err_t read_output(struct reader *rd, const json_t *o, struct output_def *out)
{
	static const char *const keys[] = {"key", "kind",   "label", "hint", "required",
	                                   "of",  "policy", "check", NULL};
	TRY(only_keys(rd, o, keys));
	TRY(read_text(rd, o, "key", 60, &out->key));
	TRY(read_text(rd, o, "kind", 60, &out->kind));
	if (!output_kind_find(out->kind))
		return bad(rd, arena_printf(rd->a, "%s: no kind '%s'", out->key, out->kind));
	TRY(read_flag(rd, o, "required", true, &out->required));
	TRY(read_label(rd, o, "label", true, &out->label));
	TRY(read_label(rd, o, "hint", false, &out->hint));
	TRY(read_of(rd, o, out));
	const json_t *policy = json_object_get(o, "policy");
	out->check = json_object_get(o, "check");
	bool approval = !strcmp(out->kind, "approval"), record = !strcmp(out->kind, "record");
	if (approval && (!out->of || !policy))
		return bad(rd, arena_printf(rd->a, "approval %s needs of and policy", out->key));
	if (!approval && (out->of || policy))
		return bad(rd,
		           arena_printf(rd->a, "%s: of and policy are for approvals", out->key));
	if (approval)
		TRY(read_policy(rd, policy, out));
	if (record != !!out->check)
		return bad(rd,
		           arena_printf(rd->a, "%s: a record has a check, and only it", out->key));
	return record ? read_check(rd, out->key, out->check) : ERR_OK;
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
	TRY(read_flag(rd, r, "blocking", true, &n->blocking));
	return read_anchor(rd, json_text(r, "until"), &n->recurs_until);
}

static err_t read_node(struct reader *rd, const json_t *o, struct node_def *n)
{
	static const char *const keys[] = {
		"code",     "name",   "gate",  "owner_roles", "contributing_roles",
		"after",    "starts", "limit", "recurrence",  "outputs",
		"guidance", "wins",   NULL};
	TRY(read_text(rd, o, "code", 20, &n->code));
	const char *where = arena_printf(rd->a, "nodes.%s", n->code);
	rd->where = where;
	TRY(only_keys(rd, o, keys));
	TRY(read_flag(rd, o, "gate", false, &n->gate));
	TRY(read_flag(rd, o, "wins", false, &n->wins));
	TRY(read_label(rd, o, "name", true, &n->name));
	TRY(read_label(rd, o, "guidance", false, &n->guidance));
	TRY(read_roles(rd, o, "owner_roles", &n->owner_roles));
	TRY(read_roles(rd, o, "contributing_roles", &n->contributing_roles));
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
		rd->where = where;
		TRY(read_output(rd, json_array_get(outs, i), &defs[i]));
		rd->where = where;
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
                      const struct output_def *o, const char *of)
{
	const char *slash = strchr(of, '/');
	const struct node_def *target =
		slash ? playbook_node(pb, arena_strndup(rd->a, of, (size_t)(slash - of))) : NULL;
	const struct output_def *t = target ? playbook_output(target, slash + 1) : NULL;
	/* Of records those whose content is fields. */
	bool counted = t && !strcmp(t->kind, "record") && !json_object_get(t->check, "fields");
	if (!t || !strcmp(t->kind, "approval") || counted || target->position > n->position)
		return bad(rd, arena_printf(rd->a, "%s: of '%s' is no earlier output to approve",
		                            o->key, of));
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
		if (!progress) {
			size_t i = 0;
			while (mark[i] == SEEN)
				i++;
			rd->where = arena_printf(rd->a, "nodes.%s", pb->nodes[i].code);
			return bad(rd, "after: the nodes wait for each other");
		}
	}
	return ERR_OK;
}

static err_t read_stage(struct reader *rd, const json_t *o, struct playbook *pb,
                        struct stage_def *s, struct node_def *nodes)
{
	static const char *const keys[] = {"code", "key", "name", "nodes", NULL};
	const json_t *list = json_object_get(o, "nodes"), *n;
	size_t k;
	TRY(only_keys(rd, o, keys));
	TRY(read_text(rd, o, "code", 20, &s->code));
	TRY(read_text(rd, o, "key", 60, &s->key));
	TRY(read_label(rd, o, "name", true, &s->name));
	for (const struct stage_def *before = pb->stages; before < s; before++)
		if (!strcmp(before->code, s->code) || !strcmp(before->key, s->key))
			return bad(rd, "this code or key stands twice");
	const char *where = rd->where;
	if (!json_array_size(list) || pb->n_nodes + json_array_size(list) > NODES_MAX)
		return bad(rd,
		           arena_printf(rd->a, "nodes is a list, of at most %d in all", NODES_MAX));
	s->first = (int)pb->n_nodes;
	s->count = (int)json_array_size(list);
	json_array_foreach(list, k, n)
	{
		struct node_def *nd = &nodes[pb->n_nodes];
		rd->where = where;
		TRY(read_node(rd, n, nd));
		if (playbook_node(pb, nd->code))
			return bad(rd, "this code stands twice");
		nd->stage = (int)(s - pb->stages);
		nd->position = (int)++pb->n_nodes;
	}
	return ERR_OK;
}

/* Kept as they are: for display only. */
static err_t read_phases(struct reader *rd, const json_t *doc, struct playbook *pb)
{
	static const char *const keys[] = {"code", "name", "stages", NULL};
	const json_t *o;
	size_t i;
	rd->where = "playbook";
	pb->phases = json_object_get(doc, "phases");
	if (pb->phases && !json_is_array(pb->phases))
		return bad(rd, "phases is a list");
	json_array_foreach(pb->phases, i, o)
	{
		const char *code, *const *words;
		struct label name;
		rd->where = arena_printf(rd->a, "phases.%zu", i);
		TRY(only_keys(rd, o, keys));
		TRY(read_text(rd, o, "code", 20, &code));
		TRY(read_label(rd, o, "name", true, &name));
		TRY(read_words(rd, o, "stages", &words));
		for (; *words; words++) {
			size_t k = 0;
			while (k < pb->n_stages && strcmp(pb->stages[k].code, *words) != 0)
				k++;
			if (k == pb->n_stages)
				return bad(rd, arena_printf(rd->a, "no stage '%s'", *words));
		}
	}
	return ERR_OK;
}

static err_t check_approvals(struct reader *rd, const struct playbook *pb)
{
	for (const struct node_def *n = pb->nodes; n < pb->nodes + pb->n_nodes; n++) {
		rd->where = arena_printf(rd->a, "nodes.%s", n->code);
		for (size_t k = 0; k < n->n_outputs; k++)
			for (const char *const *of = n->outputs[k].of; of && *of; of++)
				TRY(check_of(rd, pb, n, &n->outputs[k], *of));
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
	i64 version = json_i64(doc, "version", 0);
	if (version < 1 || version > 1000000)
		return bad(&rd, "version is a number from 1");
	pb->revision = (int)version;
	TRY(read_label(&rd, doc, "name", true, &pb->name));
	const json_t *stages = json_object_get(doc, "stages");
	pb->n_stages = json_array_size(stages);
	if (!pb->n_stages || pb->n_stages > STAGES_MAX)
		return bad(&rd, arena_printf(a, "stages is a list of 1 to %d", STAGES_MAX));
	struct stage_def *sd = ARENA_ARRAY(a, pb->n_stages, struct stage_def);
	struct node_def *nodes = ARENA_ARRAY(a, NODES_MAX, struct node_def);
	pb->stages = sd;
	pb->nodes = nodes;
	for (size_t i = 0; i < pb->n_stages; i++) {
		rd.where = arena_printf(a, "stages.%zu", i);
		TRY(read_stage(&rd, json_array_get(stages, i), pb, &sd[i], nodes));
	}
	TRY(check_after(&rd, pb));
	TRY(check_approvals(&rd, pb));
	TRY(read_phases(&rd, doc, pb));
	*out = pb;
	return ERR_OK;
}
