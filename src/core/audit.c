/* The event log taken out and proved. */
#include "core/audit.h"

#include <string.h>

#include "base/hash.h"
#include "core/actor.h"

enum { PAGE = 200, PAGE_BYTES = 64 * 1024 * 1024 };

/* clang-format off */
const struct setting_def audit_settings[] = {
	{{.name = "audit.export_rows", .type = FT_INT, .dflt = "50000", .min = 100, .max = 1000000,
	  .label = L("审计导出最多行数", "Rows of an audit export at most")}, NULL},
	{{.name = NULL}, NULL},
};
static const struct table_column columns[] = {
	{"seq", "#", COLUMN_INT, 0}, {"at", "time", COLUMN_TEXT, 0}, {"actor", "who", COLUMN_TEXT, 0},
	{"kind", "kind", COLUMN_TEXT, 0}, {"label", "what", COLUMN_TEXT, 0},
	{"via", "via", COLUMN_TEXT, 0}, {"entity", "record kind", COLUMN_TEXT, 0},
	{"entity_id", "record", COLUMN_INT, 0}, {"title", "title", COLUMN_TEXT, 0},
	{"details", "details", COLUMN_TEXT, 0},
};
/* clang-format on */

struct taking {
	FILE *out;
	struct table_writer *w; /* NULL: ndjson */
	i64 rows, max;
	bool more;
};

static const char *details_of(struct arena *a, const json_t *item)
{
	size_t i;
	json_t *c;
	struct buf b = buf_new(a, 1 << 20);
	json_array_foreach(json_object_get(item, "changes"), i, c)
	{
		const char *was = json_text(c, "old_text"), *now = json_text(c, "new_text");
		buf_printf(&b, "%s%s: %s → %s", b.n ? "; " : "", json_text(c, "label"),
		           was ? was : "–", now ? now : "–");
	}
	if (b.n || !json_is_object(json_object_get(item, "payload")))
		return buf_str(&b);
	struct jw w = jw_new(a, PAGE_BYTES);
	jw_json(&w, json_object_get(item, "payload"));
	return jw_done(&w);
}

static err_t put(struct ctx *cx, struct taking *t, const json_t *item)
{
	t->rows++;
	if (!t->w) {
		struct jw w = jw_new(cx->a, PAGE_BYTES);
		jw_json(&w, item);
		bool ok = fputs(jw_done(&w), t->out) >= 0 && fputc('\n', t->out) >= 0;
		return ok ? ERR_OK : cx_fail(cx, ERR_UNAVAILABLE, "an export could not be written");
	}
	i64 id = json_i64(item, "entity_id", 0);
	return table_write_row(
		t->w, &cx->e,
		(struct table_value[]){
			tv_int(json_i64(item, "seq", 0)), tv_text(json_text(item, "at")),
			tv_text(json_text(json_object_get(item, "actor"), "name")),
			tv_text(json_text(item, "kind")), tv_text(json_text(item, "label")),
			tv_text(json_text(item, "via")), tv_text(json_text(item, "entity")),
			id ? tv_int(id) : tv_null(), tv_text(json_text(item, "title")),
			tv_text(details_of(cx->a, item))});
}

static err_t take_page(struct ctx *cx, const struct feed_filter *f, struct taking *t, i64 *before)
{
	struct jw w = jw_new(cx->a, PAGE_BYTES);
	json_t *page, *item;
	size_t i;
	TRY(feed_search(cx, f, &(struct feed_page){*before, PAGE}, &w));
	const char *text = jw_done(&w);
	TRY(json_parse(cx->a, &cx->e, text, strlen(text), &page));
	const char *next = json_text(page, "next");
	*before = next ? strtoll(next, NULL, 10) : 0;
	json_array_foreach(json_object_get(page, "items"), i, item)
	{
		if (t->rows == t->max) {
			t->more = true;
			break;
		}
		TRY(put(cx, t, item));
	}
	t->more |= t->rows == t->max && next;
	return ERR_OK;
}

/* Who holds it later sees whose it was, and whether it was all. */
static err_t watermark(struct ctx *cx, struct taking *t)
{
	i64 pos;
	const char *head;
	TRY(event_head(cx, &pos, &head));
	if (!t->w) {
		struct jw w = jw_new(cx->a, 1 << 16);
		jw_obj(&w);
		jw_key(&w, "exported");
		jw_obj(&w);
		jw_kstr(&w, "by", cx->actor->name);
		jw_kstr(&w, "at", time_format(cx->a, cx->now));
		jw_kint(&w, "rows", t->rows);
		jw_kbool(&w, "more", t->more);
		jw_kint(&w, "pos", pos);
		jw_kstr(&w, "head", head);
		jw_end_obj(&w);
		jw_end_obj(&w);
		fprintf(t->out, "%s\n", jw_done(&w));
		return fflush(t->out) ? cx_fail(cx, ERR_UNAVAILABLE, "export not written") : ERR_OK;
	}
	const char *details = arena_printf(cx->a,
	                                   cx->lang == LANG_EN
	                                           ? "%lld rows%s; head of the chain at %lld: %s"
	                                           : "共 %lld 行%s；第 %lld 条时的链头：%s",
	                                   (long long)t->rows,
	                                   !t->more              ? ""
	                                   : cx->lang == LANG_EN ? ", more were left out"
	                                                         : "，超出上限的未导出",
	                                   (long long)pos, head);
	TRY(table_write_row(t->w, &cx->e,
	                    (struct table_value[]){
				    tv_null(), tv_text(time_format(cx->a, cx->now)),
				    tv_text(cx->actor->name), tv_text("export.made"),
				    tv_text(cx->lang == LANG_EN ? "Exported by" : "导出人"),
				    tv_null(), tv_null(), tv_null(), tv_null(), tv_text(details)}));
	return table_write_end(t->w, &cx->e);
}

static err_t tell(struct ctx *cx, void *arg)
{
	return event_append(
		cx,
		&(struct event_in){
			.kind = "export.made",
			.payload = arena_printf(cx->a, "{\"entity\":\"event\",\"rows\":%lld}",
	                                        (long long)((struct taking *)arg)->rows)},
		NULL);
}

err_t audit_export(struct ctx *cx, const struct feed_filter *f, enum table_format format, FILE *out,
                   i64 *rows)
{
	struct taking t = {.out = out, .max = setting_i64(cx, "audit.export_rows")};
	struct arena *whole = cx->a;
	i64 before = 0;
	err_t rc = ERR_OK;
	TRY(actor_need(cx, "export.run"));
	if (actor_scope(cx->actor, "event.read") != SCOPE_ALL)
		return cx_err(cx, ERR_FORBIDDEN, NULL);
	if (format == TABLE_CSV)
		TRY(table_writer_new(whole, &cx->e, format, out, &(struct table_write){0}, columns,
		                     ARRAY_LEN(columns), &t.w));
	do {
		cx->a = arena_child(whole);
		conn_use(cx->c, cx->a);
		rc = take_page(cx, f, &t, &before);
		conn_use(cx->c, whole);
		if (!rc)
			arena_free(cx->a);
		cx->a = whole;
	} while (!rc && before && t.rows < t.max);
	TRY(rc);
	TRY(watermark(cx, &t));
	*rows = t.rows;
	return ctx_write(cx, tell, &t);
}

/* -- proof -- */

static bool is_head(const char *s)
{
	return strlen(s) == SHA256_HEX - 1 && strspn(s, "0123456789abcdef") == SHA256_HEX - 1;
}

err_t audit_verify_queue(struct ctx *cx, const char *head, i64 *job)
{
	if (head && !is_head(head)) {
		errs_field(&cx->e, "head", ERR_RULE,
		           EP({"reason", cx->lang == LANG_EN ? "64 digits of 0–9 and a–f"
		                                             : "应为 64 位十六进制数"}));
		return errs_invalid(&cx->e);
	}
	const char *payload = head ? arena_printf(cx->a, "{\"head\":\"%s\"}", head) : NULL;
	return job_queue(cx, "audit.verify", payload, 0, "audit.verify", job);
}

static err_t verify(struct ctx *cx, struct job *j)
{
	json_t *payload = NULL;
	struct event_verdict v;
	if (j->payload)
		TRY(json_parse(cx->a, &cx->e, j->payload, strlen(j->payload), &payload));
	TRY(event_verify(cx, json_text(payload, "head"), &v));
	struct jw w = jw_new(cx->a, 1 << 16);
	jw_obj(&w);
	jw_kbool(&w, "ok", v.ok);
	jw_kint(&w, "events", v.events);
	jw_kint(&w, "unsealed", v.unsealed);
	jw_kstr(&w, "head", v.head);
	jw_kstr(&w, "reason", v.ok ? NULL : v.reason);
	jw_kint(&w, "broken_seq", v.broken_seq);
	jw_end_obj(&w);
	j->result = jw_done(&w);
	return ERR_OK;
}

err_t audit_state_write(struct ctx *cx, struct jw *w)
{
	i64 pos, job = 0;
	const char *head;
	TRY(actor_need(cx, "audit.verify"));
	TRY(event_head(cx, &pos, &head));
	TRY(db_one_i64(cx->c, "select max(id) from job where name = 'audit.verify'", NO_ARGS, &job,
	               NULL));
	jw_obj(w);
	jw_kint(w, "pos", pos);
	jw_kstr(w, "head", head);
	jw_key(w, "last");
	if (job)
		TRY(job_write(cx, job, w));
	else
		jw_null(w);
	jw_end_obj(w);
	return ERR_OK;
}

/* clang-format off */
const struct job_def audit_jobs[] = {
	{"audit.verify", L("校验事件日志", "Verify the event log"), .every_us = 0,
	 .lease_us = US_PER_HOUR, .attempts = 2, .backoff_us = US_PER_MIN, .handler = verify},
	{.name = NULL},
};
/* clang-format on */
