/* Activities, tasks, comments, attachments: rules. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/crud.h"
#include "core/event.h"
#include "core/notify.h"
#include "core/scope.h"
#include "core/set.h"
#include "domain/work/work_rules.h"

/* A record about an opportunity or a contact belongs to its account as well, so that the account
 * team finds it. */
static err_t fill_account(struct ctx *cx, struct rec *now, const char *column, const char *table)
{
	if (!rec_null(now, "account_id") || rec_null(now, column))
		return ERR_OK;
	i64 account = 0;
	TRY(db_one_i64(cx->c, arena_printf(cx->a, "select account_id from %s where id = ?", table),
	               ARGS(vi(rec_i64(now, column))), &account, NULL));
	rec_set(now, "account_id", vref(account));
	return ERR_OK;
}

static err_t activity_check(struct ctx *cx, struct rec *now, const struct rec *before)
{
	(void)before;
	if (rec_null(now, "happened_at"))
		rec_set(now, "happened_at", vi(cx->occurred_at ? cx->occurred_at : cx->now));
	TRY(fill_account(cx, now, "opportunity_id", "opportunity"));
	return fill_account(cx, now, "contact_id", "contact");
}

const struct entity_hooks activity_hooks = {activity_check, NULL, NULL};

static err_t task_check(struct ctx *cx, struct rec *now, const struct rec *before)
{
	if (rec_null(now, "state"))
		rec_set(now, "state", vt("open"));
	if (rec_null(now, "assignee_id") && cx->actor->id)
		rec_set(now, "assignee_id", vi(cx->actor->id));
	bool done = text_eq(rec_text(now, "state"), "done");
	bool was = before && text_eq(rec_text(before, "state"), "done");
	if (done != was)
		rec_set(now, "done_at", done ? vi(cx->now) : vnull());
	return fill_account(cx, now, "opportunity_id", "opportunity");
}

static err_t task_saved(struct ctx *cx, const struct rec *now, const struct rec *before)
{
	bool done = text_eq(rec_text(now, "state"), "done");
	if (done && (!before || !text_eq(rec_text(before, "state"), "done"))) {
		i64 account, opportunity;
		TRY(crud_belongs(cx, now, &account, &opportunity));
		TRY(event_append(cx,
		                 &(struct event_in){.kind = "task.done",
		                                    .entity = "task",
		                                    .entity_id = now->id,
		                                    .account_id = account,
		                                    .opportunity_id = opportunity},
		                 NULL));
	}
	i64 assignee = rec_i64(now, "assignee_id");
	if (before && assignee == rec_i64(before, "assignee_id"))
		return ERR_OK;
	return notify_user(cx, &(struct notice){.user_id = assignee,
	                                        .kind = "task_assigned",
	                                        .entity = "task",
	                                        .entity_id = now->id,
	                                        .title = rec_text(now, "title"),
	                                        .href = arena_printf(cx->a, "/tasks/%lld",
	                                                             (long long)now->id)});
}

const struct entity_hooks task_hooks = {task_check, task_saved, NULL};

/* -- comments -- */

/* A comment hangs on a record that takes comments and that its author may see. */
static err_t comment_check(struct ctx *cx, struct rec *now, const struct rec *before)
{
	if (before && (!rec_same(now, before, field_index(now->e, "entity")) ||
	               !rec_same(now, before, field_index(now->e, "entity_id"))))
		errs_field(&cx->e, "entity_id", ERR_READ_ONLY, NULL);
	const char *name = rec_text(now, "entity");
	const struct entity *parent = name ? entity_by_name(name) : NULL;
	bool seen = false;
	if (parent && (parent->flags & E_COMMENTS))
		TRY(scope_allows(cx, parent, "read", rec_i64(now, "entity_id"), &seen));
	if (name && !seen)
		errs_field(&cx->e, "entity_id", ERR_REF,
		           EP({"what", parent ? label_in(parent->label, cx->lang) : name}));
	return ERR_OK;
}

static err_t mention(struct ctx *cx, const struct rec *now, i64 user_id)
{
	i64 account, opportunity;
	TRY(crud_belongs(cx, now, &account, &opportunity));
	TRY(event_append(cx,
	                 &(struct event_in){.kind = "comment.mentioned",
	                                    .entity = "comment",
	                                    .entity_id = now->id,
	                                    .account_id = account,
	                                    .opportunity_id = opportunity,
	                                    .payload = arena_printf(cx->a, "{\"user_id\":%lld}",
	                                                            (long long)user_id)},
	                 NULL));
	const struct entity *parent = entity_by_name(rec_text(now, "entity"));
	return notify_user(
		cx,
		&(struct notice){.user_id = user_id,
	                         .kind = "mention",
	                         .entity = "comment",
	                         .entity_id = now->id,
	                         .title = arena_printf(cx->a, "%s: %s", cx->actor->name,
	                                               utf8_head(cx->a, rec_text(now, "body"), 80)),
	                         .href = arena_printf(cx->a, "/%s/%lld", parent->plural,
	                                              (long long)rec_i64(now, "entity_id"))});
}

/* A notice quotes the comment: only who may read the record it hangs on gets one. */
static err_t may_read(struct ctx *cx, const struct rec *now, i64 user_id, bool *yes)
{
	const struct entity *parent = entity_by_name(rec_text(now, "entity"));
	struct ctx theirs = *cx;
	struct actor *ac;
	struct rec *r;
	*yes = false;
	errs_init(&theirs.e, cx->a);
	err_t rc = actor_load(&theirs, user_id, NULL, &ac);
	if (!rc) {
		theirs.actor = ac;
		rc = crud_get(&theirs, parent, rec_i64(now, "entity_id"), "read", &r);
	}
	if (rc == ERR_NOT_FOUND || rc == ERR_FORBIDDEN)
		return ERR_OK;
	if (rc) {
		cx->e = theirs.e;
		return rc;
	}
	*yes = true;
	return ERR_OK;
}

/* Tells each person named in "3,17" once; who does not exist or may not read it is passed over. */
static err_t comment_saved(struct ctx *cx, const struct rec *now, const struct rec *before)
{
	const char *old = before ? rec_text(before, "mentions") : NULL;
	const char *ids = rec_text(now, "mentions");
	for (const char *p = ids; p && *p;) {
		char *end;
		i64 id = strtoll(p, &end, 10);
		if (end == p)
			break;
		const char *word = arena_printf(cx->a, "%lld", (long long)id);
		bool reads;
		TRY(may_read(cx, now, id, &reads));
		if (reads && !(old && set_has(arena_printf(cx->a, ",%s,", old), word)))
			TRY(mention(cx, now, id));
		p = *end == ',' ? end + 1 : end;
	}
	return ERR_OK;
}

const struct entity_hooks comment_hooks = {comment_check, comment_saved, NULL};

static err_t attachment_check(struct ctx *cx, struct rec *now, const struct rec *before)
{
	const struct entity *parent = entity_by_name(rec_text(now, "entity"));
	bool seen = false;
	if (!before && parent && (parent->flags & E_FILES))
		TRY(scope_allows(cx, parent, "read", rec_i64(now, "entity_id"), &seen));
	if (!before && !seen)
		errs_field(&cx->e, "entity_id", ERR_REF,
		           EP({"what", parent ? label_in(parent->label, cx->lang) : "?"}));
	return ERR_OK;
}

const struct entity_hooks attachment_hooks = {attachment_check, NULL, NULL};
