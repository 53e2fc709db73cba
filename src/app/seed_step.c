/* What the demo company is made with: keys, days, steps, and records from rows. */
#include <stddef.h>
#include <string.h>

#include "app/seed_demo.h"
#include "base/text.h"

/* -- keys, days -- */

void keys_put(struct demo *d, struct keys *k, const char *key, i64 id)
{
	if (k->n == ARRAY_LEN(k->row))
		panic("seed/demo: too many keys");
	k->row[k->n].key = arena_strdup(d->a, key);
	k->row[k->n++].id = id;
}

i64 keys_get(const struct keys *k, const char *key)
{
	for (size_t i = 0; key && i < k->n; i++)
		if (!strcmp(k->row[i].key, key))
			return k->row[i].id;
	return 0;
}

const json_t *demo_find(const json_t *list, const char *member, const char *value)
{
	size_t i;
	const json_t *row;
	json_array_foreach((json_t *)list, i,
	                   row) if (value && text_eq(json_text(row, member), value)) return row;
	return NULL;
}

i64 demo_time(const struct demo *d, i64 rel, int minutes)
{
	return time_at(d->today + (day_t)rel, minutes, DEMO_ZONE);
}

i64 demo_done_time(const struct demo *d, i64 rel, int minutes)
{
	day_t day = d->today + (day_t)rel;
	if (rel < 0 && !calendar_works(d->cal, day))
		day = calendar_add(d->cal, day, -1);
	return time_at(day, minutes, DEMO_ZONE);
}

const char *demo_date(const struct demo *d, i64 rel)
{
	return day_format(d->cx->a, d->today + (day_t)rel);
}

struct step *demo_step(struct demo *d, i64 at, err_t (*fn)(struct demo *d, const struct step *s),
                       const char *who, const json_t *row)
{
	if (d->n == d->cap)
		panic("seed/demo: too many steps");
	struct step *s = &d->steps[d->n];
	*s = (struct step){
		.at = at < d->now ? at : d->now, .fn = fn, .who = who, .row = row, .order = d->n};
	d->n++;
	return s;
}

/* -- a record from a row -- */

/* Members that name a record by key. Of one entity, or of all. */
static const struct {
	const char *entity, *member, *field;
	size_t keys;
} refs[] = {
	{"team", "parent", "parent_id", offsetof(struct demo, teams)},
	{"user", "team", "team_id", offsetof(struct demo, teams)},
	{"account", "parent", "parent_id", offsetof(struct demo, accounts)},
	{NULL, "manager", "manager_id", offsetof(struct demo, users)},
	{NULL, "owner", "owner_id", offsetof(struct demo, users)},
	{NULL, "assignee", "assignee_id", offsetof(struct demo, users)},
	{NULL, "sales", "sales_id", offsetof(struct demo, users)},
	{NULL, "account", "account_id", offsetof(struct demo, accounts)},
	{NULL, "opportunity", "opportunity_id", offsetof(struct demo, opportunities)},
	{NULL, "contact", "contact_id", offsetof(struct demo, contacts)},
	{NULL, "reports_to", "reports_to_id", offsetof(struct demo, contacts)},
	{NULL, "product", "product_id", offsetof(struct demo, products)},
};
static const struct {
	const char *member, *field;
} days[] = {
	{"due", "due_on"},
	{"expected_sign", "expected_sign_on"},
};
/* Set later, by what leads to them. */
static const struct {
	const char *entity, *field;
} later[] = {
	{"team", "manager_id"},    {"lead", "account_id"},          {"lead", "status"},
	{"lead", "reject_reason"}, {"opportunity", "outcome"},      {"opportunity", "lost_reason"},
	{"task", "state"},         {"opportunity", "technical_id"}, {"opportunity", "csm_id"},
};

static bool comes_later(const struct entity *e, const char *field)
{
	for (size_t i = 0; i < ARRAY_LEN(later); i++)
		if (!strcmp(later[i].entity, e->name) && !strcmp(later[i].field, field))
			return true;
	return false;
}

static const char *ref_field(struct demo *d, const struct entity *e, const char *member,
                             const struct keys **k)
{
	for (size_t i = 0; i < ARRAY_LEN(refs); i++)
		if (!strcmp(refs[i].member, member) &&
		    (!refs[i].entity || !strcmp(refs[i].entity, e->name)) &&
		    field_index(e, refs[i].field) >= 0) {
			*k = (const struct keys *)((const char *)d + refs[i].keys);
			return refs[i].field;
		}
	return NULL;
}

/* Industries and regions are known by their codes. */
static err_t set_by_code(struct demo *d, struct rec *r, const char *field, const char *table,
                         const json_t *row, const char *member)
{
	const char *code = json_text(row, member);
	i64 id = 0;
	if (!code || field_index(r->e, field) < 0)
		return ERR_OK;
	TRY(db_one_i64(d->cx->c, arena_printf(d->cx->a, "select id from %s where code = ?", table),
	               ARGS(vt(code)), &id, NULL));
	rec_set(r, field, vref(id));
	return ERR_OK;
}

static void set_member(struct demo *d, struct rec *r, const char *member, const json_t *j)
{
	const struct keys *k;
	const char *field = json_is_string(j) ? ref_field(d, r->e, member, &k) : NULL;
	if (field && !comes_later(r->e, field)) {
		i64 id = keys_get(k, json_string_value(j));
		if (!id)
			panic("seed/demo: %s '%s' is not known", member, json_string_value(j));
		rec_set(r, field, vi(id));
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(days); i++)
		if (!strcmp(days[i].member, member) && field_index(r->e, days[i].field) >= 0)
			rec_set(r, days[i].field, vt(demo_date(d, json_integer_value(j))));
	const struct field *f = field_by_name(r->e, member);
	struct val v;
	if (f && !json_is_null(j) && f->type != FT_REF && !comes_later(r->e, member) &&
	    field_from_json(d->cx, f, member, j, &v))
		rec_set(r, member, v);
}

err_t demo_record(struct demo *d, const struct entity *e, const json_t *row, struct rec **out)
{
	struct rec *r = rec_new(d->cx->a, e);
	const char *member;
	json_t *j;
	json_object_foreach((json_t *)row, member, j) set_member(d, r, member, j);
	TRY(set_by_code(d, r, "industry_id", "industry", row, "industry_code"));
	TRY(set_by_code(d, r, "region_id", "region", row, "region_code"));
	*out = r;
	return errs_any_field(&d->cx->e) ? errs_invalid(&d->cx->e) : ERR_OK;
}
