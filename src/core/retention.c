/* Rules of retention, their preview, and the job that obeys them. */
#include "core/retention.h"

#include <string.h>

#include "core/actor.h"
#include "core/event.h"
#include "db/fts.h"

enum { BATCH = 500, BATCHES_MAX = 1000 };

#define DAYS(name_, dflt_, zh_, en_)                                \
	{                                                           \
		{.name = "retention." name_ "_days",                \
		 .type = FT_INT,                                    \
		 .dflt = (dflt_),                                   \
		 .min = 0,                                          \
		 .max = 36500,                                      \
		 .label = L(zh_, en_),                              \
		 .help = L("0 表示永久保留", "0 = kept for ever")}, \
			"days"                                      \
	}

const struct setting_def retention_settings[] = {
	DAYS("notification", "365", "通知保留", "Notifications are kept for"),
	DAYS("job", "30", "已结束的后台任务保留", "Finished jobs are kept for"),
	DAYS("session", "30", "不再使用的登录会话保留", "Log-ins not used any more are kept for"),
	DAYS("recycle_bin", "0", "回收站中的记录保留", "Records in the recycle bin are kept for"),
	DAYS("login_payload", "0", "登录日志中的账号与地址保留",
             "Logins and addresses in the log of log-ins are kept for"),
	{{.name = NULL}, NULL},
};

/* clang-format off */
const struct event_kind retention_events[] = {
	{"retention.applied", L("已按保留期清理", "Kept long enough: removed"), false},
	{"record.purged", L("已从回收站彻底删除", "Deleted from the recycle bin for good"), false},
	{NULL, L(NULL, NULL), false},
};
/* clang-format on */

enum act { PURGE_ROWS, PURGE_RECORDS, ERASE_PAYLOAD };
static const char *const act_names[] = {"purge", "purge_record", "erase"};

/* where: rows of `table` that are due, with one marker for the limit in time. */
static const struct rule {
	const char *code, *table, *where, *age;
	struct label label;
	enum act act;
} rules[] = {
	{"notification", "notification", "created_at < ?", "created_at", L("通知", "Notifications"),
         PURGE_ROWS},
	{"job", "job", "state in ('done', 'failed') and finished_at < ?", "finished_at",
         L("已结束的后台任务", "Finished jobs"), PURGE_ROWS},
	{"session", "session", "seen_at < ?", "seen_at",
         L("不再使用的登录会话", "Log-ins not used any more"), PURGE_ROWS},
	{"recycle_bin", NULL, "deleted_at < ?", "deleted_at",
         L("回收站", "Records in the recycle bin"), PURGE_RECORDS},
	{"login_payload", "event",
         "kind in ('session.started', 'session.refused', 'session.ended') and erased = 0"
         " and occurred_at < ?",
         "occurred_at", L("登录日志的内容", "Content of the log of log-ins"), ERASE_PAYLOAD},
};

static i64 days_of(struct ctx *cx, const struct rule *r)
{
	return setting_i64(cx, arena_printf(cx->a, "retention.%s_days", r->code));
}

/* Those whose removal tears no hole: people and lists of words stay for their names. */
static bool can_go(const struct entity *e)
{
	return !(e->flags & (E_NO_DELETE | E_OPEN_READ)) && strcmp(e->name, "user") != 0;
}

/* -- preview -- */

static err_t count_in(struct ctx *cx, const char *table, const struct rule *r, i64 before, i64 *n,
                      i64 *oldest)
{
	struct rows *rows;
	TRY(db_query(cx->c,
	             arena_printf(cx->a, "select count(*), min(%s) from %s where %s", r->age, table,
	                          r->where),
	             ARGS(vi(before)), &rows));
	if (rows_next(rows)) {
		*n += rows_i64(rows, 0);
		i64 at = rows_i64(rows, 1);
		if (at && (!*oldest || at < *oldest))
			*oldest = at;
	}
	return rows_done(rows);
}

static err_t write_rule(struct ctx *cx, const struct rule *r, i64 days, struct jw *w)
{
	i64 n = 0, oldest = 0, before = cx->now - days * US_PER_DAY;
	if (days && r->table)
		TRY(count_in(cx, r->table, r, before, &n, &oldest));
	for (size_t i = 0; days && !r->table && entity_at(i); i++)
		if (can_go(entity_at(i)))
			TRY(count_in(cx, entity_at(i)->table, r, before, &n, &oldest));
	jw_obj(w);
	jw_kstr(w, "code", r->code);
	jw_kstr(w, "label", label_in(r->label, cx->lang));
	jw_kstr(w, "setting", arena_printf(cx->a, "retention.%s_days", r->code));
	jw_kstr(w, "act", act_names[r->act]);
	jw_kint(w, "days", days);
	jw_kint(w, "due", n);
	jw_kstr(w, "oldest", oldest ? time_format(cx->a, oldest) : NULL);
	jw_end_obj(w);
	return ERR_OK;
}

err_t retention_write(struct ctx *cx, const char *rule, i64 days, struct jw *w)
{
	bool found = !rule;
	TRY(actor_need(cx, "setting.read"));
	jw_obj(w);
	jw_key(w, "items");
	jw_arr(w);
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		bool this_one = rule && !strcmp(rule, rules[i].code);
		found |= this_one;
		TRY(write_rule(cx, &rules[i], this_one ? days : days_of(cx, &rules[i]), w));
	}
	jw_end_arr(w);
	jw_end_obj(w);
	return found ? ERR_OK : cx_err(cx, ERR_NOT_FOUND, NULL);
}

/* -- obeying -- */

struct portion {
	const struct rule *r;
	const struct entity *e; /* PURGE_RECORDS */
	i64 before, after, seen, gone;
};

static err_t tell_applied(struct ctx *cx, const struct portion *p)
{
	return event_append(
		cx,
		&(struct event_in){.kind = "retention.applied",
	                           .entity = "setting",
	                           .payload = arena_printf(cx->a, "{\"rule\":\"%s\",\"n\":%lld}",
	                                                   p->r->code, (long long)p->gone)},
		NULL);
}

static err_t purge_rows(struct ctx *cx, void *arg)
{
	struct portion *p = arg;
	p->gone = 0;
	event_not_needed(cx, "there may be none");
	TRY(db_exec(cx->c,
	            arena_printf(cx->a,
	                         "delete from %s where id in (select id from %s where %s limit %d)",
	                         p->r->table, p->r->table, p->r->where, BATCH),
	            ARGS(vi(p->before)), &p->gone));
	p->seen = p->gone;
	return p->gone ? tell_applied(cx, p) : ERR_OK;
}

static err_t ids_due(struct ctx *cx, const char *table, const char *key, const struct portion *p,
                     i64 **ids, size_t *n)
{
	struct rows *r;
	*ids = ARENA_ARRAY(cx->a, BATCH, i64);
	*n = 0;
	TRY(db_query(cx->c,
	             arena_printf(cx->a,
	                          "select %s from %s where %s and %s > ? order by %s limit %d", key,
	                          table, p->r->where, key, key, BATCH),
	             ARGS(vi(p->before), vi(p->after)), &r));
	while (rows_next(r) && *n < BATCH)
		(*ids)[(*n)++] = rows_i64(r, 0);
	return rows_done(r);
}

static err_t erase_payloads(struct ctx *cx, void *arg)
{
	struct portion *p = arg;
	i64 *ids;
	size_t n;
	event_not_needed(cx, "there may be none");
	TRY(ids_due(cx, "event", "seq", p, &ids, &n));
	for (size_t i = 0; i < n; i++)
		TRY(event_erase(cx, ids[i], "retention"));
	p->gone = p->seen = (i64)n;
	if (n)
		p->after = ids[n - 1];
	return n ? tell_applied(cx, p) : ERR_OK;
}

struct purging {
	const struct entity *e;
	i64 id;
	struct ctx *cx;
};

/* What hangs on a record by its kind and number: comments, files. */
static err_t purge_parts(struct ctx *cx, const struct purging *g)
{
	const struct entity *part;
	for (size_t i = 0; (part = entity_at(i)); i++) {
		if (!part->scope.polymorphic)
			continue;
		if (part->flags & E_SEARCH) {
			struct rows *r;
			i64 ids[BATCH];
			size_t n = 0;
			TRY(db_query(
				cx->c,
				arena_printf(cx->a,
			                     "select id from %s where entity = ? and entity_id = ?",
			                     part->table),
				ARGS(vt(g->e->name), vi(g->id)), &r));
			while (rows_next(r) && n < BATCH)
				ids[n++] = rows_i64(r, 0);
			TRY(rows_done(r));
			for (size_t k = 0; k < n; k++)
				TRY(fts_delete(cx->c, arena_printf(cx->a, "%s_fts", part->table),
				               ids[k]));
		}
		TRY(db_exec(cx->c,
		            arena_printf(cx->a, "delete from %s where entity = ? and entity_id = ?",
		                         part->table),
		            ARGS(vt(g->e->name), vi(g->id)), NULL));
	}
	return ERR_OK;
}

static err_t purge_one(struct conn *c, void *arg)
{
	const struct purging *g = arg;
	struct ctx *cx = g->cx;
	(void)c;
	TRY(purge_parts(cx, g));
	if (g->e->flags & E_SEARCH)
		TRY(fts_delete(cx->c, arena_printf(cx->a, "%s_fts", g->e->table), g->id));
	TRY(db_exec(cx->c, arena_printf(cx->a, "delete from %s where id = ?", g->e->table),
	            ARGS(vi(g->id)), NULL));
	return event_append(cx,
	                    &(struct event_in){.kind = "record.purged",
	                                       .entity = g->e->name,
	                                       .entity_id = g->id,
	                                       .payload = "{\"reason\":\"retention\"}"},
	                    NULL);
}

/* One that others still refer to stays, and goes when they have gone. */
static err_t purge_records(struct ctx *cx, void *arg)
{
	struct portion *p = arg;
	i64 *ids;
	size_t n;
	p->gone = 0;
	event_not_needed(cx, "there may be none");
	TRY(ids_due(cx, p->e->table, "id", p, &ids, &n));
	for (size_t i = 0; i < n; i++) {
		struct purging g = {p->e, ids[i], cx};
		err_t rc = db_nested(cx->c, purge_one, &g);
		if (rc && rc != ERR_REF)
			return rc;
		errs_clear(&cx->e);
		p->gone += !rc;
	}
	p->seen = (i64)n;
	if (n)
		p->after = ids[n - 1];
	return p->gone ? tell_applied(cx, p) : ERR_OK;
}

static err_t obey_rule(struct ctx *cx, struct job *j, struct portion *p, i64 *gone)
{
	static err_t (*const acts[])(struct ctx *, void *) = {
		[PURGE_ROWS] = purge_rows,
		[PURGE_RECORDS] = purge_records,
		[ERASE_PAYLOAD] = erase_payloads,
	};
	p->seen = BATCH;
	for (int i = 0; p->seen == BATCH && i < BATCHES_MAX; i++) {
		TRY(ctx_write(cx, acts[p->r->act], p));
		*gone += p->gone;
		TRY(job_prolong(cx, j));
	}
	return ERR_OK;
}

static err_t obey(struct ctx *cx, struct job *j)
{
	struct jw w = jw_new(cx->a, 1 << 16);
	jw_obj(&w);
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		i64 days = days_of(cx, &rules[i]), gone = 0;
		struct portion p = {.r = &rules[i], .before = cx->now - days * US_PER_DAY};
		if (!days)
			continue;
		if (rules[i].act != PURGE_RECORDS)
			TRY(obey_rule(cx, j, &p, &gone));
		for (size_t k = 0; rules[i].act == PURGE_RECORDS && entity_at(k); k++) {
			p.e = entity_at(k);
			p.after = 0;
			if (can_go(p.e))
				TRY(obey_rule(cx, j, &p, &gone));
		}
		jw_kint(&w, rules[i].code, gone);
	}
	jw_end_obj(&w);
	j->result = jw_done(&w);
	return ERR_OK;
}

/* clang-format off */
const struct job_def retention_jobs[] = {
	{"retention.obey", L("按保留期清理", "Remove what was kept long enough"), .every_us = US_PER_DAY,
	 .lease_us = US_PER_HOUR, .attempts = 3, .backoff_us = US_PER_HOUR, .handler = obey},
	{.name = NULL},
};
/* clang-format on */
