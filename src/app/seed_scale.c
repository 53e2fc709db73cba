/* Many records without a story (seed --scale): 2,000 leads, 200 accounts and 200 opportunities with
 * all their nodes for each unit, and their events, sealed.
 *
 * The ordinary doors would take hours for a million, so rows are written straight, as those doors
 * would have left them: numbers, sort keys, search words, team, chained log.  What happens to an
 * opportunity is thrown by dice that begin with the seed, from its first day to today.  Each unit
 * is one transaction. */
#include <string.h>

#include "app/seed_demo.h"
#include "base/hash.h"
#include "base/pinyin.h"
#include "base/text.h"
#include "core/actor.h"
#include "core/crud.h"
#include "core/event.h"
#include "core/number.h"
#include "core/seal.h"
#include "core/search.h"
#include "domain/account/account.h"
#include "domain/lead/lead.h"
#include "domain/opportunity/opportunity.h"

enum {
	LEADS = 2000, /* of a unit; every tenth became an account and an opportunity */
	PER_ACCOUNT = 10,
	SPAN_DAYS = 3 * 365,
	LOST_PERCENT = 9, /* at each node before signing */
	UNIT_ARENA_MAX = 1 << 30,
	VALUES_MAX = 4096, /* of one statement */
	NODES_MAX = 64,
};

/* Rows of one table that go in by one statement. */
struct rows_in {
	const char *table, *columns;
	size_t width, at_once;
	const char *sql; /* for at_once rows */
	struct val *v;
	size_t n; /* rows waiting */
};

struct person {
	i64 id, manager_id;
};

struct people {
	struct person *row;
	size_t n;
};

struct bulk {
	struct ctx *cx;
	struct arena *a; /* of the whole */
	u64 dice;
	i64 now, total, done;
	i64 lead_id, account_id, opportunity_id, node_id;
	i64 pos, seq;
	char head[SHA256_HEX];
	const json_t *words;
	const struct playbook *pb;
	struct people sales, technical, csm;
	i64 *products, *industries, *regions;
	size_t n_products;
	struct rows_in events, nodes, members;
	const char *insert[3]; /* statements of the three entities */
};

static u64 roll(struct bulk *b)
{
	u64 z = b->dice += 0x9E3779B97F4A7C15u;
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

static size_t below(struct bulk *b, size_t n)
{
	return (size_t)(roll(b) % n);
}

static const char *word(struct bulk *b, const char *list)
{
	const json_t *l = json_object_get(b->words, list);
	return json_string_value(json_array_get(l, below(b, json_array_size(l))));
}

/* -- rows by the dozen -- */

static const char *insert_sql(struct arena *a, const struct rows_in *r, size_t n)
{
	struct buf q = buf_new(a, 1 << 20);
	buf_printf(&q, "insert into %s(%s) values ", r->table, r->columns);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < r->width; k++)
			buf_puts(&q, k ? ",?" : i ? "),(?" : "(?");
	buf_puts(&q, ")");
	return buf_str(&q);
}

static struct rows_in rows_in(struct bulk *b, const char *table, const char *columns)
{
	struct rows_in r = {.table = table, .columns = columns, .width = 1};
	for (const char *p = columns; *p; p++)
		r.width += *p == ',';
	r.at_once = VALUES_MAX / r.width < 40 ? VALUES_MAX / r.width : 40;
	r.v = ARENA_ARRAY(b->a, r.at_once * r.width, struct val);
	r.sql = insert_sql(b->a, &r, r.at_once);
	return r;
}

static err_t flush(struct bulk *b, struct rows_in *r)
{
	if (!r->n)
		return ERR_OK;
	const char *sql = r->n == r->at_once ? r->sql : insert_sql(b->cx->a, r, r->n);
	size_t n = r->n * r->width;
	r->n = 0;
	return db_exec(b->cx->c, sql, (struct args){r->v, n}, NULL);
}

/* The texts must live until the flush: they are in the unit's arena. */
static err_t add_row(struct bulk *b, struct rows_in *r, const struct val *v)
{
	memcpy(&r->v[r->n++ * r->width], v, r->width * sizeof *v);
	return r->n == r->at_once ? flush(b, r) : ERR_OK;
}

/* -- the log -- */

static err_t tell(struct bulk *b, const char *kind, const char *entity, i64 id, i64 account_id,
                  i64 opportunity_id, i64 actor_id, i64 at, const char *payload)
{
	struct event_row e = {.pos = ++b->pos,
	                      .seq = ++b->seq,
	                      .occurred_at = at,
	                      .recorded_at = at,
	                      .actor_id = actor_id,
	                      .kind = kind,
	                      .entity = entity,
	                      .entity_id = id,
	                      .account_id = account_id,
	                      .opportunity_id = opportunity_id,
	                      .via = "ui"};
	char *payload_hash = arena_alloc(b->cx->a, SHA256_HEX);
	char *hash = arena_alloc(b->cx->a, SHA256_HEX);
	sha256_hex(payload, strlen(payload), payload_hash);
	seal_hash(b->head, &e, payload_hash, hash);
	memcpy(b->head, hash, SHA256_HEX);
	return add_row(b, &b->events,
	               (const struct val[]){vi(e.seq), vi(e.pos), vi(at), vi(at), vref(actor_id),
	                                    vt(kind), vt(entity), vref(id), vref(account_id),
	                                    vref(opportunity_id), vt("ui"), vt(payload),
	                                    vt(payload_hash), vt(hash)});
}

/* -- records -- */

static const char *entity_sql(struct arena *a, const struct entity *e)
{
	struct rows_in r = {.table = e->table};
	struct buf cols = buf_new(a, 64 * 1024);
	buf_puts(&cols, "id, version, created_at, created_by, updated_at, updated_by, sort_key,"
	                " number");
	r.width = 8;
	for (size_t i = 0; i < entity_base_count(e); i++, r.width++)
		buf_printf(&cols, ", %s", e->fields[i].name);
	r.columns = buf_str(&cols);
	return insert_sql(a, &r, 1);
}

static const char *created_payload(struct bulk *b, const struct rec *r)
{
	struct jw w = jw_new(b->cx->a, 1 << 20);
	jw_obj(&w);
	jw_kint(&w, "version", 1);
	jw_kstr(&w, "number", r->number);
	jw_kstr(&w, "title", rec_title(r));
	jw_key(&w, "values");
	jw_obj(&w);
	for (int i = 0; r->e->fields[i].name; i++)
		if (r->v[i].type != VAL_NULL && !(r->e->fields[i].flags & F_HIDDEN)) {
			jw_key(&w, r->e->fields[i].name);
			field_to_json(&w, &r->e->fields[i], &r->v[i]);
		}
	jw_end_obj(&w);
	jw_end_obj(&w);
	return jw_done(&w);
}

static err_t put(struct bulk *b, struct rec *r, const char *sql, i64 at, i64 by, i64 account_id,
                 i64 opportunity_id)
{
	struct ctx *cx = b->cx;
	size_t n = entity_base_count(r->e);
	struct val *v = ARENA_ARRAY(cx->a, n + 8, struct val);
	cx->now = at;
	TRY(number_next(cx, r->e->name, r->e->number_prefix, &r->number));
	v[0] = vi(r->id);
	v[1] = vi(1);
	v[2] = v[4] = vi(at);
	v[3] = v[5] = vref(by);
	v[6] = vt(rec_sort_key(cx->a, rec_title(r)));
	v[7] = vt(r->number);
	memcpy(v + 8, r->v, n * sizeof *v);
	TRY(db_exec(cx->c, sql, (struct args){v, n + 8}, NULL));
	TRY(search_put(cx, r));
	return tell(b, arena_printf(cx->a, "%s.created", r->e->name), r->e->name, r->id, account_id,
	            opportunity_id, by, at, created_payload(b, r));
}

/* -- one customer -- */

struct deal {
	i64 at;
	const char *company, *brand, *place;
	size_t place_index, kind_index;
	const struct person *sales, *technical, *csm;
	const char *source;
	i64 lead_id, account_id, opportunity_id;
	i64 amount_fen;
};

static const char *day_text(struct bulk *b, i64 us)
{
	return day_format(b->cx->a, day_of(us, DEMO_ZONE));
}

static void name_company(struct bulk *b, struct deal *d)
{
	const json_t *places = json_object_get(b->words, "places");
	const json_t *kinds = json_object_get(b->words, "kinds");
	d->place_index = below(b, json_array_size(places));
	d->kind_index = below(b, json_array_size(kinds));
	d->place = json_string_value(json_array_get(places, d->place_index));
	d->brand = arena_printf(b->cx->a, "%s%s%s", word(b, "words_a"), word(b, "words_b"),
	                        below(b, 2) ? word(b, "words_b") : "");
	d->company = arena_printf(b->cx->a, "%s%s%s", d->place, d->brand,
	                          json_text(json_array_get(kinds, d->kind_index), "suffix"));
}

static err_t put_account(struct bulk *b, struct deal *d)
{
	struct rec *r = rec_new(b->cx->a, &account_entity);
	static const char *const grades[] = {"A", "B", "B", "C", "C", "C"};
	r->id = d->account_id = ++b->account_id;
	rec_set(r, "name", vt(d->company));
	rec_set(r, "short_name", vt(arena_printf(b->cx->a, "%s%s", d->place, d->brand)));
	rec_set(r, "name_key", vt(text_company_key(b->cx->a, d->company)));
	rec_set(r, "industry_id", vref(b->industries[d->kind_index]));
	rec_set(r, "region_id", vref(b->regions[d->place_index]));
	rec_set(r, "headcount", vi(50 + (i64)below(b, 4000)));
	rec_set(r, "revenue_fen", vi((5 + (i64)below(b, 400)) * 1000000000));
	rec_set(r, "grade", vt(grades[below(b, ARRAY_LEN(grades))]));
	rec_set(r, "source", vt(d->source));
	rec_set(r, "status", vt("prospect"));
	rec_set(r, "owner_id", vi(d->sales->id));
	TRY(put(b, r, b->insert[1], d->at, d->sales->id, d->account_id, 0));
	const struct {
		i64 user;
		const char *role;
	} team[] = {{d->sales->id, "owner"},
	            {d->technical->id, "technical_consultant"},
	            {d->csm->id, "csm"}};
	for (size_t i = 0; i < ARRAY_LEN(team); i++) {
		TRY(add_row(b, &b->members,
		            (const struct val[]){vi(d->account_id), vi(team[i].user),
		                                 vt(team[i].role), vi(d->at), vi(d->sales->id)}));
		TRY(tell(b, "account.member_added", "account", d->account_id, d->account_id, 0,
		         d->sales->id, d->at,
		         arena_printf(b->cx->a, "{\"user_id\":%lld,\"role\":\"%s\"}",
		                      (long long)team[i].user, team[i].role)));
	}
	return ERR_OK;
}

static err_t put_lead(struct bulk *b, struct deal *d, const char *status)
{
	struct arena *a = b->cx->a;
	struct rec *r = rec_new(a, &lead_entity);
	bool pool = !strcmp(status, "new") && !below(b, 4);
	i64 owner = pool ? 0 : d->sales->id;
	r->id = d->lead_id = ++b->lead_id;
	rec_set(r, "company_name", vt(d->company));
	rec_set(r, "company_key", vt(text_company_key(a, d->company)));
	rec_set(r, "contact_name",
	        vt(arena_printf(a, "%s%s", word(b, "surnames"), word(b, "given"))));
	rec_set(r, "title", vt(word(b, "titles")));
	rec_set(r, "phone",
	        vt(arena_printf(a, "123%08llu", (unsigned long long)roll(b) % 100000000)));
	rec_set(r, "email", vt(arena_printf(a, "s%lld@company.example", (long long)r->id)));
	rec_set(r, "source", vt(d->source));
	rec_set(r, "industry_id", vref(b->industries[d->kind_index]));
	rec_set(r, "region_id", vref(b->regions[d->place_index]));
	rec_set(r, "status", vt(status));
	rec_set(r, "need", vt(word(b, "needs")));
	rec_set(r, "budget_fen", vi((10 + (i64)below(b, 300)) * 1000000));
	rec_set(r, "owner_id", vref(owner));
	if (strcmp(status, "new") != 0)
		rec_set(r, "first_contact_on", vt(day_text(b, d->at)));
	if (!strcmp(status, "rejected"))
		rec_set(r, "reject_reason", vt("两年内无信息化预算"));
	if (d->account_id) {
		rec_set(r, "account_id", vi(d->account_id));
		rec_set(r, "opportunity_id", vi(b->opportunity_id + 1));
		rec_set(r, "converted_at", vi(d->at));
	}
	TRY(put(b, r, b->insert[0], d->at, owner, d->account_id, 0));
	if (!d->account_id)
		return ERR_OK;
	return tell(b, "lead.converted", "lead", r->id, d->account_id, b->opportunity_id + 1, owner,
	            d->at,
	            arena_printf(a,
	                         "{\"account_id\":%lld,\"opportunity_id\":%lld,"
	                         "\"source\":\"%s\"}",
	                         (long long)d->account_id, (long long)b->opportunity_id + 1,
	                         d->source));
}

/* -- what became of an opportunity -- */

struct fate {
	struct {
		const char *state;
		i64 started_at, due_at, starts_at, finished_at, owner_id;
	} node[NODES_MAX];
	const char *outcome;
	i64 closed_at, go_live, contract_end;
	int current; /* node */
};

static i64 player(const struct deal *d, const char *role)
{
	return !strcmp(role, "sales")                  ? d->sales->id
	       : !strcmp(role, "technical_consultant") ? d->technical->id
	       : !strcmp(role, "csm")                  ? d->csm->id
	       : !strcmp(role, "sales_manager")        ? d->sales->manager_id
	                                               : 0;
}

static i64 rule_time(const struct date_rule *r, const struct fate *f, i64 started_at)
{
	i64 days = r->working_days ? r->offset * 7 / 5 + 1 : r->offset;
	i64 from = r->anchor == ANCHOR_PLANNED_GO_LIVE ? f->go_live
	           : r->anchor == ANCHOR_CONTRACT_END  ? f->contract_end
	           : r->anchor == ANCHOR_QUARTER_END   ? started_at + 60 * US_PER_DAY
	           : r->anchor == ANCHOR_NODE_START    ? started_at
	           : r->fallback                       ? rule_time(r->fallback, f, started_at)
	                                               : 0;
	if (r->anchor == ANCHOR_PLAN_DATE)
		return from;
	return from ? from + days * US_PER_DAY : 0;
}

/* The moment at which everything before a node was done; 0 = not yet. */
static i64 ready_at(const struct bulk *b, const struct fate *f, const struct node_def *n, i64 t)
{
	for (const char *const *p = n->after; *p; p++) {
		const struct node_def *before = playbook_node(b->pb, *p);
		i64 done = f->node[before - b->pb->nodes].finished_at;
		if (!done && before->blocking)
			return 0;
		t = done > t ? done : t;
	}
	return t;
}

static void live(struct bulk *b, const struct deal *d, struct fate *f)
{
	*f = (struct fate){.outcome = "open", .current = -1};
	for (size_t i = 0; i < b->pb->n_nodes; i++) {
		const struct node_def *n = &b->pb->nodes[i];
		i64 start = f->closed_at && strcmp(f->outcome, "won") != 0
		                    ? 0
		                    : ready_at(b, f, n, d->at);
		i64 days = 1 + (i64)below(b, n->stage < 4 ? 20 : 30);
		u64 luck = roll(b) % 100;
		f->node[i].state = "waiting";
		f->node[i].owner_id = player(d, n->owner_roles[0]);
		if (start && n->starts.anchor != ANCHOR_NONE) {
			i64 from = rule_time(&n->starts, f, start);
			if (from > b->now) {
				f->node[i].starts_at = from;
				start = 0;
			} else if (from > start) {
				start = from;
			}
		}
		if (!start || start > b->now)
			continue;
		f->node[i].state = "active";
		f->node[i].started_at = start;
		f->node[i].due_at = rule_time(&n->limit, f, start);
		i64 done = start + days * US_PER_DAY;
		if (done > b->now)
			continue;
		if (strcmp(f->outcome, "open") == 0 && luck < LOST_PERCENT) {
			f->outcome = "lost";
			f->closed_at = done;
			continue;
		}
		f->node[i].state = "done";
		f->node[i].finished_at = done;
		if (n->wins) {
			f->outcome = "won";
			f->closed_at = done;
			f->go_live = done + 100 * US_PER_DAY;
			f->contract_end = done + 465 * US_PER_DAY;
		}
	}
	for (size_t i = b->pb->n_nodes; i-- > 0;)
		if (b->pb->nodes[i].blocking && strcmp(f->node[i].state, "done") != 0)
			f->current = (int)i;
	if (f->current < 0)
		f->current = (int)b->pb->n_nodes - 1;
}

static err_t put_opportunity(struct bulk *b, struct deal *d, const struct fate *f)
{
	struct arena *a = b->cx->a;
	struct rec *r = rec_new(a, &opportunity_entity);
	const struct node_def *at = &b->pb->nodes[f->current];
	bool won = !strcmp(f->outcome, "won"), lost = !strcmp(f->outcome, "lost");
	r->id = d->opportunity_id = ++b->opportunity_id;
	d->amount_fen = (20 + (i64)below(b, 600)) * 1000000;
	rec_set(r, "name", vt(arena_printf(a, "%s%s %s", d->place, d->brand, word(b, "subjects"))));
	rec_set(r, "account_id", vi(d->account_id));
	rec_set(r, "amount_fen", vi(d->amount_fen));
	rec_set(r, "source", vt(d->source));
	rec_set(r, "product_id", vref(b->products[below(b, b->n_products)]));
	rec_set(r, "owner_id", vi(d->sales->id));
	rec_set(r, "sales_id", vi(d->sales->id));
	rec_set(r, "technical_id", vi(d->technical->id));
	rec_set(r, "csm_id", vi(d->csm->id));
	rec_set(r, "stage_code", vt(b->pb->stages[at->stage].code));
	rec_set(r, "node_code", vt(at->code));
	rec_set(r, "node_due_at", vref(f->node[f->current].due_at));
	rec_set(r, "outcome", vt(f->outcome));
	rec_set(r, "engaged_on", vt(day_text(b, d->at)));
	rec_set(r, "expected_sign_on", vt(day_text(b, d->at + 110 * US_PER_DAY)));
	rec_set(r, "lead_id", vi(d->lead_id));
	rec_set(r, "playbook_id", vi(b->pb->id));
	if (f->closed_at)
		rec_set(r, "closed_on", vt(day_text(b, f->closed_at)));
	if (lost)
		rec_set(r, "lost_reason", vt("客户预算推迟"));
	if (won) {
		rec_set(r, "planned_go_live_on", vt(day_text(b, f->go_live)));
		rec_set(r, "contract_end_on", vt(day_text(b, f->contract_end)));
	}
	return put(b, r, b->insert[2], d->at, d->sales->id, d->account_id, d->opportunity_id);
}

static err_t node_told(struct bulk *b, const struct deal *d, const struct node_def *n, i64 node_id,
                       const char *kind, i64 actor, i64 at, bool late)
{
	return tell(b, kind, "node", node_id, d->account_id, d->opportunity_id, actor, at,
	            arena_printf(b->cx->a, "{\"code\":\"%s\",\"late\":%s,\"rework\":0}", n->code,
	                         late ? "true" : "false"));
}

static err_t tell_outcome(struct bulk *b, const struct deal *d, const struct fate *f)
{
	bool won = !strcmp(f->outcome, "won");
	const char *payload =
		won ? arena_printf(b->cx->a, "{\"amount_fen\":%lld}", (long long)d->amount_fen)
		    : "{\"outcome\":\"lost\",\"from\":\"open\",\"reason\":\"客户预算推迟\"}";
	if (!f->closed_at)
		return ERR_OK;
	return tell(b, won ? "process.won" : "process.closed", "opportunity", d->opportunity_id,
	            d->account_id, d->opportunity_id, d->sales->id, f->closed_at, payload);
}

static err_t put_nodes(struct bulk *b, const struct deal *d, const struct fate *f)
{
	TRY(tell(b, "process.started", "opportunity", d->opportunity_id, d->account_id,
	         d->opportunity_id, d->sales->id, d->at,
	         arena_printf(b->cx->a, "{\"playbook_id\":%lld,\"revision\":%d}",
	                      (long long)b->pb->id, b->pb->revision)));
	for (size_t i = 0; i < b->pb->n_nodes; i++) {
		const struct node_def *n = &b->pb->nodes[i];
		i64 id = ++b->node_id, started = f->node[i].started_at;
		i64 done = f->node[i].finished_at, due = f->node[i].due_at;
		i64 owner = f->node[i].owner_id;
		/* What is late already was told about at the time. */
		i64 told = due && due < b->now;
		TRY(add_row(b, &b->nodes,
		            (const struct val[]){vi(id),
		                                 vi(d->at),
		                                 vi(d->sales->id),
		                                 vi(done      ? done
		                                    : started ? started
		                                              : d->at),
		                                 vi(d->sales->id),
		                                 vi(d->opportunity_id),
		                                 vi(d->account_id),
		                                 vi(b->pb->id),
		                                 vt(n->code),
		                                 vt(b->pb->stages[n->stage].code),
		                                 vi(n->position),
		                                 vt(f->node[i].state),
		                                 vref(owner),
		                                 vt(n->owner_roles[0]),
		                                 vref(started),
		                                 vref(due),
		                                 vref(f->node[i].starts_at),
		                                 vref(done),
		                                 vref(done ? owner : 0),
		                                 vi(n->gate),
		                                 vi(told),
		                                 vi(told),
		                                 vi(told)}));
		if (started)
			TRY(node_told(b, d, n, id, "node.started", owner, started, false));
		if (done)
			TRY(node_told(b, d, n, id, "node.completed", owner, done,
			              due && done > due));
	}
	return tell_outcome(b, d, f);
}

/* -- a unit -- */

static const char *status_of(struct bulk *b)
{
	static const char *const statuses[] = {"new",     "new",       "contacted", "contacted",
	                                       "nurture", "qualified", "rejected",  "contacted"};
	return statuses[below(b, ARRAY_LEN(statuses))];
}

static err_t one_lead(struct bulk *b, i64 i)
{
	struct deal d = {.source = word(b, "sources")};
	i64 day = SPAN_DAYS - i * SPAN_DAYS / b->total;
	d.at = b->now - day * US_PER_DAY - (i64)(roll(b) % (u64)(9 * US_PER_HOUR));
	d.sales = &b->sales.row[below(b, b->sales.n)];
	d.technical = &b->technical.row[below(b, b->technical.n)];
	d.csm = &b->csm.row[below(b, b->csm.n)];
	name_company(b, &d);
	if (i % PER_ACCOUNT)
		return put_lead(b, &d, status_of(b));
	struct fate f;
	live(b, &d, &f);
	TRY(put_account(b, &d));
	TRY(put_lead(b, &d, "converted"));
	TRY(put_opportunity(b, &d, &f));
	return put_nodes(b, &d, &f);
}

static err_t unit(struct ctx *cx, void *arg)
{
	struct bulk *b = arg;
	event_not_needed(cx, "the events are written here");
	for (i64 i = b->done; i < b->done + LEADS; i++)
		TRY(one_lead(b, i));
	TRY(flush(b, &b->members));
	TRY(flush(b, &b->nodes));
	return flush(b, &b->events);
}

/* -- before and after -- */

static err_t people_of(struct bulk *b, const char *role, struct people *out)
{
	struct rows *r;
	out->row = ARENA_ARRAY(b->a, 64, struct person);
	TRY(db_query(b->cx->c, "select id, manager_id from app_user where roles like ? order by id",
	             ARGS(vt(arena_printf(b->a, "%%,%s,%%", role))), &r));
	while (out->n < 64 && rows_next(r))
		out->row[out->n++] = (struct person){rows_i64(r, 0), rows_i64(r, 1)};
	return rows_done(r);
}

static err_t ids_by_code(struct bulk *b, const char *table, const json_t *list, const char *member,
                         i64 **out)
{
	size_t i;
	json_t *j;
	*out = ARENA_ARRAY(b->a, json_array_size(list), i64);
	json_array_foreach((json_t *)list, i, j) TRY(db_one_i64(
		b->cx->c, arena_printf(b->a, "select id from %s where code = ?", table),
		ARGS(vt(member ? json_text(j, member) : json_string_value(j))), &(*out)[i], NULL));
	return ERR_OK;
}

static err_t read_products(struct bulk *b)
{
	struct rows *r;
	b->products = ARENA_ARRAY(b->a, 256, i64);
	TRY(db_query(b->cx->c, "select id from product where kind = 'base' order by id", NO_ARGS,
	             &r));
	while (b->n_products < 256 && rows_next(r))
		b->products[b->n_products++] = rows_i64(r, 0);
	return rows_done(r);
}

static err_t newest(struct bulk *b, const char *table, const char *column, i64 *id)
{
	return db_one_i64(b->cx->c,
	                  arena_printf(b->a, "select coalesce(max(%s), 0) from %s", column, table),
	                  NO_ARGS, id, NULL);
}

static err_t prepare(struct bulk *b)
{
	const json_t *doc;
	const char *head;
	i64 sealed = 1;
	TRY(seed_doc(b->cx, "demo/texts.json", &doc));
	b->words = json_object_get(doc, "scale");
	TRY(playbook_current(b->cx, &b->pb));
	TRY(people_of(b, "sales", &b->sales));
	TRY(people_of(b, "technical_consultant", &b->technical));
	TRY(people_of(b, "csm", &b->csm));
	TRY(read_products(b));
	TRY(ids_by_code(b, "industry", json_object_get(b->words, "kinds"), "industry",
	                &b->industries));
	TRY(ids_by_code(b, "region", json_object_get(b->words, "place_regions"), NULL,
	                &b->regions));
	TRY(newest(b, "lead", "id", &b->lead_id));
	TRY(newest(b, "account", "id", &b->account_id));
	TRY(newest(b, "opportunity", "id", &b->opportunity_id));
	TRY(newest(b, "node", "id", &b->node_id));
	TRY(newest(b, "event", "seq", &b->seq));
	while (sealed)
		TRY(event_seal(b->cx, 1000, &sealed));
	TRY(event_head(b->cx, &b->pos, &head));
	snprintf(b->head, sizeof b->head, "%s", head);
	b->insert[0] = entity_sql(b->a, &lead_entity);
	b->insert[1] = entity_sql(b->a, &account_entity);
	b->insert[2] = entity_sql(b->a, &opportunity_entity);
	b->events = rows_in(b, "event",
	                    "seq, pos, occurred_at, recorded_at, actor_id, kind, entity, entity_id,"
	                    " account_id, opportunity_id, via, payload, payload_hash, hash");
	b->nodes = rows_in(b, "node",
	                   "id, created_at, created_by, updated_at, updated_by, opportunity_id,"
	                   " account_id, playbook_id, code, stage_code, position, state, owner_id,"
	                   " owner_role, started_at, due_at, starts_at, finished_at, finished_by,"
	                   " gate, due_soon_noted, overdue_noted, escalated");
	b->members = rows_in(b, "account_member", "account_id, user_id, role, added_at, added_by");
	return ERR_OK;
}

/* PostgreSQL counts on from the numbers that were given here. */
static err_t count_on(struct ctx *cx, void *arg)
{
	(void)arg;
	static const char *const keys[][2] = {{"lead", "id"},
	                                      {"account", "id"},
	                                      {"opportunity", "id"},
	                                      {"node", "id"},
	                                      {"event", "seq"}};
	event_not_needed(cx, "changes no row");
	for (size_t i = 0; conn_engine(cx->c) == DB_POSTGRES && i < ARRAY_LEN(keys); i++) {
		i64 last;
		TRY(db_one_i64(cx->c,
		               arena_printf(cx->a,
		                            "select setval(pg_get_serial_sequence('%s', '%s'),"
		                            " (select max(%s) from %s))",
		                            keys[i][0], keys[i][1], keys[i][1], keys[i][0]),
		               NO_ARGS, &last, NULL));
	}
	return ERR_OK;
}

err_t demo_scale(struct ctx *cx, int scale, u64 seed)
{
	struct arena *all = cx->a, *a = arena_new(UNIT_ARENA_MAX);
	struct bulk *b = ARENA_NEW(all, struct bulk);
	i64 now = cx->now;
	*b = (struct bulk){.cx = cx,
	                   .a = all,
	                   .dice = seed,
	                   .total = (i64)scale * LEADS,
	                   .now = time_at(day_of(now, DEMO_ZONE), 18 * 60, DEMO_ZONE) - US_PER_DAY};
	err_t rc = prepare(b);
	for (; !rc && b->done < b->total; b->done += LEADS) {
		ctx_end(cx);
		arena_reset(a);
		cx->a = a;
		rc = ctx_write(cx, unit, b);
	}
	ctx_end(cx);
	cx->a = all;
	cx->now = now;
	if (!rc)
		rc = ctx_write(cx, count_on, NULL);
	arena_free(a);
	return rc;
}
