/* What a whole instance was handed in, granted and asked: read at once on first use.
 *
 * A page of an opportunity looks at some sixty outputs; one statement for all of them costs what
 * one for each of them would have cost.  Whoever writes such a row calls facts_forget(). */
#include <string.h>

#include "base/text.h"
#include "process/engine.h"

struct handed_in {
	i64 node_id;
	const char *key;
	struct output_state state;
};

struct granted {
	i64 node_id;
	const char *key;
};

struct person {
	i64 id;
	const char *name;
};

struct facts {
	bool known;
	struct handed_in *outputs;
	struct granted *grants;
	struct review **reviews; /* the newest round of each */
	size_t n_outputs, n_grants, n_reviews;
	struct person people[16];
	size_t n_people;
	const struct calendar *calendar;
};

struct facts *facts_new(struct arena *a)
{
	return ARENA_NEW(a, struct facts);
}

void facts_forget(const struct instance *in)
{
	*in->facts = (struct facts){.calendar = in->facts->calendar};
}

/* Room for one more of an array that doubles in the arena. */
static void *grown(struct arena *a, void *p, size_t n, size_t size)
{
	if (n & (n - 1) || n == 1) /* 0 and powers of two from 2 on are full */
		return p;
	char *more = arena_alloc(a, (n ? 2 * n : 2) * size);
	if (n)
		memcpy(more, p, n * size);
	return more;
}

static err_t read_outputs(struct ctx *cx, i64 opportunity_id, struct facts *f)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             "select o.node_id, o.key, o.id, o.version, o.title, o.body, o.content_hash,"
	             " o.attachment_id, o.updated_at, o.updated_by, a.name from output o"
	             " left join attachment a on a.id = o.attachment_id"
	             " where o.opportunity_id = ? and o.deleted_at is null",
	             ARGS(vi(opportunity_id)), &r));
	while (rows_next(r)) {
		f->outputs = grown(cx->a, f->outputs, f->n_outputs, sizeof *f->outputs);
		struct handed_in *h = &f->outputs[f->n_outputs++];
		*h = (struct handed_in){.node_id = rows_i64(r, 0),
		                        .key = rows_dup(r, 1),
		                        .state = {.present = true,
		                                  .output_id = rows_i64(r, 2),
		                                  .version = rows_i64(r, 3),
		                                  .title = rows_dup(r, 4),
		                                  .body = rows_dup(r, 5),
		                                  .hash = rows_dup(r, 6),
		                                  .attachment_id = rows_i64(r, 7),
		                                  .changed_at = rows_i64(r, 8),
		                                  .changed_by = rows_i64(r, 9)}};
		h->state.detail = rows_null(r, 10) ? h->state.title : rows_dup(r, 10);
	}
	return rows_done(r);
}

static err_t read_grants(struct ctx *cx, i64 opportunity_id, struct facts *f)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             "select node_id, item from exception_request where opportunity_id = ?"
	             " and kind = 'override' and state = 'approved'",
	             ARGS(vi(opportunity_id)), &r));
	while (rows_next(r)) {
		f->grants = grown(cx->a, f->grants, f->n_grants, sizeof *f->grants);
		f->grants[f->n_grants++] = (struct granted){rows_i64(r, 0), rows_dup(r, 1)};
	}
	return rows_done(r);
}

static err_t know(struct ctx *cx, const struct instance *in)
{
	struct facts *f = in->facts;
	if (f->known)
		return ERR_OK;
	TRY(read_outputs(cx, in->opp->id, f));
	TRY(read_grants(cx, in->opp->id, f));
	TRY(review_of_opportunity(cx, "node", in->opp->id, &f->reviews, &f->n_reviews));
	f->known = true;
	return ERR_OK;
}

err_t facts_output(struct ctx *cx, const struct instance *in, const struct node *n, const char *key,
                   struct output_state *out)
{
	TRY(know(cx, in));
	const struct facts *f = in->facts;
	for (size_t i = 0; i < f->n_outputs; i++)
		if (f->outputs[i].node_id == n->id && !strcmp(f->outputs[i].key, key))
			*out = f->outputs[i].state;
	return ERR_OK;
}

err_t facts_granted(struct ctx *cx, const struct instance *in, const struct node *n,
                    const char *key, bool *yes)
{
	TRY(know(cx, in));
	const struct facts *f = in->facts;
	*yes = false;
	for (size_t i = 0; i < f->n_grants; i++)
		*yes |= f->grants[i].node_id == n->id && text_eq(f->grants[i].key, key);
	return ERR_OK;
}

err_t facts_review(struct ctx *cx, const struct instance *in, const struct node *n, const char *key,
                   const struct review **out)
{
	TRY(know(cx, in));
	const struct facts *f = in->facts;
	*out = NULL;
	for (size_t i = 0; i < f->n_reviews; i++)
		if (f->reviews[i]->entity_id == n->id && !strcmp(f->reviews[i]->key, key))
			*out = f->reviews[i];
	return ERR_OK;
}

err_t facts_name(struct ctx *cx, const struct instance *in, i64 user_id, const char **name)
{
	struct facts *f = in->facts;
	for (size_t i = 0; i < f->n_people; i++)
		if (f->people[i].id == user_id) {
			*name = f->people[i].name;
			return ERR_OK;
		}
	*name = NULL;
	TRY(db_one_text(cx->c, "select name from app_user where id = ?", ARGS(vi(user_id)), name));
	if (f->n_people < ARRAY_LEN(f->people))
		f->people[f->n_people++] = (struct person){user_id, *name};
	return ERR_OK;
}

err_t instance_calendar(struct ctx *cx, const struct instance *in, const struct calendar **out)
{
	struct facts *f = in->facts;
	if (!f->calendar) {
		i64 region = 0;
		TRY(db_one_i64(cx->c, "select region_id from account where id = ?",
		               ARGS(vi(rec_i64(in->opp, "account_id"))), &region, NULL));
		TRY(calendar_of_region(cx, region, &f->calendar));
	}
	*out = f->calendar;
	return ERR_OK;
}
