/* tripod seed --demo: the company's records in the order in which they came about. */
#include "app/seed_demo.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "core/access.h"
#include "core/actor.h"
#include "core/crud.h"
#include "core/event.h"
#include "core/files.h"
#include "core/user_tables.h"
#include "domain/account/account.h"
#include "domain/lead/lead.h"
#include "domain/opportunity/opportunity.h"
#include "domain/solution/solution.h"
#include "domain/work/work.h"

enum {
	MINUTE = 60,
	EARLY = 7 * MINUTE + 30,
	MORNING = 9 * MINUTE,
	FOUNDED = -930,      /* day on which people and products were entered */
	READ_AFTER_DAYS = 4, /* older notifications have been read */
	STEPS_MAX = 20000,
	STEP_ARENA_MAX = 64 * 1024 * 1024,
};

/* -- people and products -- */

static err_t add_team(struct demo *d, const struct step *s)
{
	struct rec *r;
	TRY(demo_record(d, &team_entity, s->row, &r));
	rec_set(r, "code", vt(json_text(s->row, "key")));
	TRY(crud_insert(d->cx, r));
	keys_put(d, &d->teams, json_text(s->row, "key"), r->id);
	return ERR_OK;
}

static err_t add_user(struct demo *d, const struct step *s)
{
	struct rec *r;
	TRY(demo_record(d, &user_entity, s->row, &r));
	TRY(crud_insert(d->cx, r));
	TRY(access_put_password(d->cx, r->id, d->hash, false));
	keys_put(d, &d->users, json_text(s->row, "login"), r->id);
	return ERR_OK;
}

static err_t change(struct demo *d, const struct entity *e, i64 id, const char *field, struct val v)
{
	struct rec *before, *now;
	TRY(crud_load(d->cx, e, id, &before));
	now = rec_copy(d->cx->a, before);
	rec_set(now, field, v);
	return crud_store(d->cx, before, now);
}

static err_t name_manager(struct demo *d, const struct step *s)
{
	return change(d, &team_entity, keys_get(&d->teams, json_text(s->row, "key")), "manager_id",
	              vi(keys_get(&d->users, json_text(s->row, "manager"))));
}

static err_t add_product(struct demo *d, const struct step *s)
{
	struct rec *r;
	TRY(demo_record(d, &product_entity, s->row, &r));
	TRY(crud_insert(d->cx, r));
	keys_put(d, &d->products, json_text(s->row, "code"), r->id);
	return ERR_OK;
}

/* -- accounts, contacts -- */

static err_t add_account(struct demo *d, const struct step *s)
{
	struct rec *r;
	TRY(demo_record(d, &account_entity, s->row, &r));
	i64 year = json_i64(s->row, "founded_year", 0);
	if (year)
		rec_set(r, "founded_on", vt(arena_printf(d->cx->a, "%lld-01-01", (long long)year)));
	TRY(crud_insert(d->cx, r));
	keys_put(d, &d->accounts, json_text(s->row, "key"), r->id);
	size_t i;
	json_t *login;
	json_array_foreach(json_object_get(s->row, "team"), i, login)
	{
		const char *name = json_string_value(login);
		const json_t *roles = json_object_get(demo_find(d->doc_users, "login", name),
		                                      "roles");
		TRY(account_add_member(d->cx, r->id, keys_get(&d->users, name),
		                       json_string_value(json_array_get(roles, 0))));
	}
	return ERR_OK;
}

static err_t add_contact(struct demo *d, const struct step *s)
{
	struct rec *r;
	TRY(demo_record(d, &contact_entity, s->row, &r));
	TRY(crud_insert(d->cx, r));
	keys_put(d, &d->contacts, json_text(s->row, "key"), r->id);
	return ERR_OK;
}

/* -- leads -- */

static err_t load_lead(struct demo *d, const json_t *row, struct rec **before, struct rec **now)
{
	i64 id = 0;
	TRY(db_one_i64(d->cx->c, "select id from lead where external_key = ?",
	               ARGS(vt(json_text(row, "key"))), &id, NULL));
	TRY(crud_load(d->cx, &lead_entity, id, before));
	*now = rec_copy(d->cx->a, *before);
	return ERR_OK;
}

static err_t add_lead(struct demo *d, const struct step *s)
{
	struct rec *r;
	TRY(demo_record(d, &lead_entity, s->row, &r));
	rec_set(r, "external_key", vt(json_text(s->row, "key")));
	return crud_insert(d->cx, r);
}

static err_t contact_lead(struct demo *d, const struct step *s)
{
	struct rec *before, *now;
	TRY(load_lead(d, s->row, &before, &now));
	rec_set(now, "status", vt("contacted"));
	rec_set(now, "first_contact_on", vt(demo_date(d, json_i64(s->row, "first_contact", 0))));
	return crud_store(d->cx, before, now);
}

static err_t settle_lead(struct demo *d, const struct step *s)
{
	struct rec *before, *now;
	TRY(load_lead(d, s->row, &before, &now));
	rec_set(now, "status", vt(json_text(s->row, "status")));
	rec_set(now, "reject_reason", vt(json_text(s->row, "reject_reason")));
	return crud_store(d->cx, before, now);
}

static err_t convert_lead(struct demo *d, const struct step *s)
{
	struct rec *before, *now;
	TRY(load_lead(d, s->row, &before, &now));
	const char *account = json_text(s->row, "account");
	const json_t *opp = demo_find(d->doc_opportunities, "account", account);
	i64 opp_id = opp ? keys_get(&d->opportunities, json_text(opp, "key")) : 0;
	json_t *body = json_object();
	arena_defer(d->cx->a, (void (*)(void *))json_decref, body);
	json_object_set_new(body, "account_id", json_integer(keys_get(&d->accounts, account)));
	json_object_set_new(body, "opportunity_id", json_integer(opp_id));
	json_object_set_new(body, "contacts", json_array());
	if (!opp_id)
		json_object_set_new(body, "opportunity", json_null());
	struct lead_result res;
	return lead_convert(d->cx, before->id, body, &res);
}

static void plan_lead(struct demo *d, const json_t *row)
{
	i64 created = json_i64(row, "created", 0);
	const char *owner = json_text(row, "owner"), *status = json_text(row, "status");
	demo_step(d, demo_time(d, created, MORNING + 20), add_lead, owner, row)->given = true;
	const json_t *first = json_object_get(row, "first_contact");
	i64 day = json_is_integer(first) ? json_integer_value(first) : created;
	i64 t = demo_time(d, day, MORNING + 90);
	if (json_is_integer(first))
		demo_step(d, t, contact_lead, owner, row)->given = true;
	if (!strcmp(status, "converted")) {
		const json_t *opp = demo_find(d->doc_opportunities, "account",
		                              json_text(row, "account"));
		i64 made = opp ? demo_time(d, json_i64(opp, "created", 0), 12 * MINUTE) : 0;
		demo_step(d, made > t ? made : t + 4 * US_PER_HOUR, convert_lead, owner, row)
			->given = true;
	} else if (strcmp(status, "new") != 0 && strcmp(status, "contacted") != 0) {
		demo_step(d, t + 3 * US_PER_DAY, settle_lead, owner, row)->given = true;
	}
}

/* -- everyday work -- */

static err_t add_activity(struct demo *d, const struct step *s)
{
	struct rec *r;
	TRY(demo_record(d, &activity_entity, s->row, &r));
	rec_set(r, "happened_at",
	        vi(demo_done_time(d, json_i64(s->row, "at", 0),
	                          (int)json_i64(s->row, "hour", 9) * MINUTE)));
	return crud_insert(d->cx, r);
}

static err_t add_task(struct demo *d, const struct step *s)
{
	struct rec *r;
	TRY(demo_record(d, &task_entity, s->row, &r));
	TRY(crud_insert(d->cx, r));
	if (json_object_get(s->row, "done"))
		keys_put(d, &d->tasks, json_text(s->row, "title"), r->id);
	return ERR_OK;
}

static err_t finish_task(struct demo *d, const struct step *s)
{
	return change(d, &task_entity, keys_get(&d->tasks, json_text(s->row, "title")), "state",
	              vt("done"));
}

/* "@login" becomes "@name"; the ids of those named go into `mentions`. */
static err_t add_comment(struct demo *d, const struct step *s)
{
	struct buf body = buf_new(d->cx->a, 64 * 1024), ids = buf_new(d->cx->a, 1024);
	for (const char *p = json_text(s->row, "text"); *p;) {
		size_t n = *p == '@' ? strspn(p + 1, "abcdefghijklmnopqrstuvwxyz") : 0;
		const char *login = arena_strndup(d->cx->a, p + 1, n);
		const json_t *user = n ? demo_find(d->doc_users, "login", login) : NULL;
		if (!user) {
			buf_putc(&body, *p++);
			continue;
		}
		buf_printf(&body, "@%s", json_text(user, "name"));
		buf_printf(&ids, "%s%lld", ids.n ? "," : "", (long long)keys_get(&d->users, login));
		p += n + 1;
	}
	struct rec *r = rec_new(d->cx->a, &comment_entity);
	rec_set(r, "entity", vt("opportunity"));
	rec_set(r, "entity_id", vi(keys_get(&d->opportunities, json_text(s->row, "opportunity"))));
	rec_set(r, "body", vt(buf_str(&body)));
	if (ids.n)
		rec_set(r, "mentions", vt(buf_str(&ids)));
	return crud_insert(d->cx, r);
}

static void plan_activity(struct demo *d, const json_t *row)
{
	i64 at = json_i64(row, "at", 0);
	i64 t = demo_done_time(d, at, (int)json_i64(row, "hour", 9) * MINUTE + 5);
	/* What lies ahead was entered the day before. */
	if (t > d->now)
		t = demo_time(d, -1, 18 * MINUTE);
	demo_step(d, t, add_activity, json_text(row, "owner"), row)->given = true;
}

static void plan_task(struct demo *d, const json_t *row)
{
	const char *who = json_text(row, "assignee");
	i64 t = demo_time(d, json_i64(row, "created", 0), MORNING + 75);
	demo_step(d, t, add_task, who, row)->given = true;
	if (json_object_get(row, "done")) {
		i64 done = demo_done_time(d, json_i64(row, "done", 0), 16 * MINUTE);
		demo_step(d, done > t ? done : t + US_PER_HOUR, finish_task, who, row);
	}
}

static void plan_comment(struct demo *d, const json_t *row)
{
	demo_step(d,
	          demo_time(d, json_i64(row, "at", 0), (int)json_i64(row, "hour", 9) * MINUTE + 35),
	          add_comment, json_text(row, "by"), row);
}

/* -- the plan -- */

static void plan_team(struct demo *d, const json_t *row)
{
	demo_step(d, demo_time(d, FOUNDED, MORNING), add_team, NULL, row);
	demo_step(d, demo_time(d, FOUNDED, MORNING + 20), name_manager, NULL, row);
}

static void plan_user(struct demo *d, const json_t *row)
{
	demo_step(d, demo_time(d, FOUNDED, MORNING + 10), add_user, NULL, row);
}

static void plan_product(struct demo *d, const json_t *row)
{
	demo_step(d, demo_time(d, FOUNDED, MORNING + 30), add_product, "admin", row)->given = true;
}

static void plan_account(struct demo *d, const json_t *row)
{
	demo_step(d, demo_done_time(d, json_i64(row, "created", 0), EARLY), add_account,
	          json_text(row, "owner"), row)
		->given = true;
}

static void plan_contact(struct demo *d, const json_t *row)
{
	const json_t *acc = demo_find(d->doc_accounts, "key", json_text(row, "account"));
	demo_step(d, demo_done_time(d, json_i64(acc, "created", 0), EARLY + 15), add_contact,
	          json_text(row, "owner"), row)
		->given = true;
}

/* Reminders, and nodes whose day has come, as the server would have done it every morning. */
static err_t morning(struct demo *d, const struct step *s)
{
	(void)s;
	i64 changed;
	return process_tick(d->cx, &changed);
}

static err_t load_list(struct demo *d, const char *name, const json_t **out)
{
	const json_t *doc;
	TRY(seed_doc(d->cx, arena_printf(d->a, "demo/%s.json", name), &doc));
	*out = json_object_get(doc, name);
	return json_is_array(*out) ? ERR_OK : cx_fail(d->cx, ERR_INTERNAL, "seed/demo/%s", name);
}

static err_t plan_list(struct demo *d, const char *name,
                       void (*plan)(struct demo *d, const json_t *row))
{
	const json_t *list, *row;
	size_t i;
	TRY(load_list(d, name, &list));
	json_array_foreach((json_t *)list, i, row) plan(d, row);
	return ERR_OK;
}

/* In an order in which, at the same moment, what is referred to comes first. */
static err_t plan_all(struct demo *d)
{
	const json_t *doc;
	TRY(seed_doc(d->cx, "demo/users.json", &doc));
	d->password = json_text(doc, "password");
	TRY(seed_doc(d->cx, "demo/texts.json", &d->texts));
	TRY(load_list(d, "users", &d->doc_users));
	TRY(load_list(d, "accounts", &d->doc_accounts));
	TRY(load_list(d, "contacts", &d->doc_contacts));
	TRY(load_list(d, "opportunities", &d->doc_opportunities));
	TRY(plan_list(d, "teams", plan_team));
	TRY(plan_list(d, "users", plan_user));
	TRY(plan_list(d, "products", plan_product));
	TRY(plan_list(d, "accounts", plan_account));
	TRY(plan_list(d, "contacts", plan_contact));
	TRY(plan_list(d, "leads", plan_lead));
	i64 first = 0;
	size_t i;
	const json_t *row;
	json_array_foreach((json_t *)d->doc_opportunities, i, row)
	{
		i64 day = json_i64(row, "created", 0);
		first = day < first ? day : first;
	}
	for (i64 day = first; day <= 0; day++)
		demo_step(d, demo_time(d, day, 7 * MINUTE), morning, NULL, NULL);
	TRY(plan_list(d, "activities", plan_activity));
	TRY(demo_walks(d));
	TRY(plan_list(d, "tasks", plan_task));
	TRY(plan_list(d, "comments", plan_comment));
	demo_step(d, d->now, morning, NULL, NULL);
	return ERR_OK;
}

static int by_time(const void *a, const void *b)
{
	const struct step *x = a, *y = b;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* -- playing it -- */

static err_t become(struct demo *d, const struct step *s)
{
	d->cx->actor = actor_system();
	if (!s->who)
		return ERR_OK;
	struct actor *ac;
	TRY(actor_load(d->cx, keys_get(&d->users, s->who), NULL, &ac));
	ac->system = s->given;
	d->cx->actor = ac;
	return ERR_OK;
}

static err_t play(struct demo *d, const struct step *s)
{
	d->cx->now = s->at;
	d->cx->via = s->who ? "ui" : "job";
	TRY(become(d, s));
	return s->fn(d, s);
}

static const char *row_text(struct arena *a, const json_t *row)
{
	struct jw w = jw_new(a, 1 << 20);
	if (row)
		jw_json(&w, row);
	else
		jw_null(&w);
	return jw_done(&w);
}

static err_t play_all(struct demo *d)
{
	struct arena *all = d->cx->a, *a = arena_child(all);
	err_t rc = ERR_OK;
	qsort(d->steps, d->n, sizeof *d->steps, by_time);
	for (size_t i = 0; !rc && i < d->n; i++) {
		const struct step *s = &d->steps[i];
		d->cx->a = a;
		rc = play(d, s);
		d->cx->a = all;
		if (rc)
			LOG(ERROR, "seed step refused", LS("at", time_format(all, s->at)),
			    LS("who", s->who), LS("node", s->node ? s->node->code : ""),
			    LS("row", row_text(all, s->row)));
		else
			arena_reset(a);
	}
	return rc;
}

/* People have looked at what they were told, but for the last days. */
static err_t read_old_notices(struct ctx *cx, i64 now)
{
	return db_exec(cx->c,
	               "update notification set read_at = created_at + ? where created_at < ?",
	               ARGS(vi(3 * US_PER_HOUR), vi(now - READ_AFTER_DAYS * US_PER_DAY)), NULL);
}

static err_t mark_as_demo(struct demo *d)
{
	json_t *body = json_object();
	arena_defer(d->a, (void (*)(void *))json_decref, body);
	json_object_set_new(body, "demo.password", json_string(d->password));
	return settings_patch(d->cx, body);
}

static err_t refuse_filled(struct ctx *cx)
{
	static const char *const tables[] = {"app_user", "team", "account", "lead", "product"};
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		i64 n = 0;
		TRY(db_one_i64(cx->c, arena_printf(cx->a, "select count(*) from %s", tables[i]),
		               NO_ARGS, &n, NULL));
		if (n)
			return cx_err(cx, ERR_CONFLICT,
			              EP({"reason", "the database already has records; the demo is "
			                            "only loaded into an empty one"}));
	}
	return ERR_OK;
}

struct load {
	const char *hash;
};

static err_t load(struct ctx *cx, void *arg)
{
	const struct load *l = arg;
	struct demo *d = ARENA_NEW(cx->a, struct demo);
	i64 now = cx->now;
	*d = (struct demo){
		.cx = cx, .a = cx->a, .hash = l->hash, .now = now, .today = day_of(now, DEMO_ZONE)};
	d->cap = STEPS_MAX;
	d->steps = ARENA_ARRAY(cx->a, d->cap, struct step);
	cx->lang = LANG_ZH;
	TRY(refuse_filled(cx));
	TRY(calendar_load(cx, "cn", &d->cal));
	TRY(playbook_current(cx, &d->pb));
	TRY(plan_all(d));
	TRY(play_all(d));
	cx->now = now;
	cx->actor = actor_system();
	cx->via = "cli";
	TRY(read_old_notices(cx, now));
	return mark_as_demo(d);
}

static bool number(const char *s, i64 max, i64 *out)
{
	char *end;
	*out = strtoll(s, &end, 10);
	return *s && !*end && *out >= 0 && *out <= max;
}

int cmd_seed(struct run *rn)
{
	const char *scale = run_option(rn, "--scale"), *seed = run_option(rn, "--seed");
	const char *at = run_option(rn, "--test-clock");
	i64 n_scale = 0, n_seed = 1, us;
	if (rn->n_words || !run_option(rn, "--demo"))
		return run_misuse(rn, "--demo is needed");
	if ((scale && !number(scale, 10000, &n_scale)) ||
	    (seed && !number(seed, INT64_MAX, &n_seed)))
		return run_misuse(rn, "--scale and --seed are whole numbers");
	if (at && !time_parse(at, &us))
		return run_misuse(rn, "--test-clock takes an RFC 3339 time");
	if (at)
		rn->cx.now = us;
	const json_t *doc;
	if (seed_doc(&rn->cx, "demo/users.json", &doc) || refuse_filled(&rn->cx))
		return run_refuse(rn, &rn->cx.e);
	/* One hash for all: they share the password, and hashing is slow on purpose. */
	struct load l = {.hash = password_hash(rn->a, json_text(doc, "password"))};
	if (files_start(run_files_dir(rn), &rn->cx.e) || ctx_write(&rn->cx, load, &l) ||
	    (n_scale && demo_scale(&rn->cx, (int)n_scale, (u64)n_seed)))
		return run_refuse(rn, &rn->cx.e);
	if (rn->json)
		printf("{\"demo\":true}\n");
	else
		printf("the demo company is there; its log-ins are on the log-in page\n");
	return EXIT_DONE;
}
