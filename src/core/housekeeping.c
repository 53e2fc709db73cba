/* Housekeeping: what has outlived its use is deleted, every hour. To add something: a row. */
#include "core/housekeeping.h"

#include "base/log.h"
#include "core/event.h"
#include "core/files.h"

enum { BATCH = 5000 };

/* In portions, so that no writer waits long. Each has the limit in time, then the portion. */
static const struct {
	const char *sql;
	i64 days; /* how long it is kept */
} rows[] = {
	{"delete from session where id in"
         " (select id from session where expires_at < ? limit ?)",
         0},
	{"delete from throttle where key in (select key from throttle where until < ? limit ?)", 0},
	{"delete from idempotency where (user_id, key) in"
         " (select user_id, key from idempotency where created_at < ? limit ?)",
         1},
	{"delete from undo_row where id in (select r.id from undo_row r"
         " join undo_entry e on e.id = r.entry_id where e.expires_at < ? limit ?)",
         1},
	{"delete from undo_entry where id in (select e.id from undo_entry e where e.expires_at < ?"
         " and not exists (select 1 from undo_row r where r.entry_id = e.id) limit ?)",
         30},
	{"delete from bulk_run where id in"
         " (select id from bulk_run where created_at < ? limit ?)",
         30},
	{"delete from webhook_delivery where id in (select id from webhook_delivery"
         " where state in ('sent', 'failed') and created_at < ? limit ?)",
         30},
	{"delete from mail where id in (select id from mail where"
         " state in ('sent', 'failed', 'collected') and created_at < ? limit ?)",
         90},
	{"delete from user_link where id in (select id from user_link where expires_at < ? limit ?)",
         30},
};

struct portion {
	const char *sql;
	i64 before, n;
};

static err_t sweep(struct ctx *cx, void *arg)
{
	struct portion *p = arg;
	event_not_needed(cx, "nothing that anybody still reads");
	return db_exec(cx->c, p->sql, ARGS(vi(p->before), vi(BATCH)), &p->n);
}

static err_t clean_up(struct ctx *cx, struct job *j)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct portion p = {rows[i].sql, cx->now - rows[i].days * US_PER_DAY, BATCH};
		while (p.n == BATCH) {
			TRY(ctx_write(cx, sweep, &p));
			TRY(job_prolong(cx, j));
		}
	}
	files_sweep();
	return ERR_OK;
}

/* Contents that no row names any more. */
static err_t sweep_files(struct ctx *cx, struct job *j)
{
	struct files_swept swept;
	TRY(files_sweep_orphans(cx, &swept));
	if (swept.refused)
		LOG(WARN, "orphaned files are left", LS("why", swept.refused));
	struct jw w = jw_new(cx->a, 4096);
	jw_obj(&w);
	jw_kint(&w, "named", swept.named);
	jw_kint(&w, "removed", swept.removed);
	jw_kint(&w, "bytes", swept.bytes);
	jw_kstr(&w, "refused", swept.refused);
	jw_end_obj(&w);
	j->result = jw_done(&w);
	return ERR_OK;
}

/* clang-format off */
const struct job_def housekeeping_jobs[] = {
	{"house.clean_up", L("清理过期数据", "Delete what has expired"), .every_us = US_PER_HOUR,
	 .lease_us = 10 * US_PER_MIN, .attempts = 3, .backoff_us = US_PER_MIN, .handler = clean_up},
	{"house.sweep_files", L("清理无主文件", "Delete files that nothing refers to"),
	 .every_us = US_PER_DAY, .lease_us = US_PER_HOUR, .attempts = 3, .backoff_us = US_PER_HOUR,
	 .handler = sweep_files},
	{.name = NULL},
};
/* clang-format on */
