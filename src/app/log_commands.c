/* tripod audit verify, events export: the event log from the console. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "app/xes.h"
#include "core/event.h"

enum { EXPORT_BATCH = 500 };

static void print_verdict(struct run *rn, const struct event_verdict *v)
{
	struct jw w = jw_new(rn->a, 1 << 16);
	jw_obj(&w);
	jw_kbool(&w, "ok", v->ok);
	jw_kint(&w, "events", v->events);
	jw_kint(&w, "unsealed", v->unsealed);
	jw_kstr(&w, "head", v->head);
	if (!v->ok) {
		jw_kstr(&w, "reason", v->reason);
		jw_kint(&w, "broken_pos", v->broken_pos);
		jw_kint(&w, "broken_seq", v->broken_seq);
	}
	jw_end_obj(&w);
	if (rn->json)
		printf("%s\n", jw_done(&w));
	else
		printf("%lld events sealed, %lld not yet; head %s\n", (long long)v->events,
		       (long long)v->unsealed, v->head);
}

int cmd_audit_verify(struct run *rn)
{
	struct event_verdict v;
	if (event_verify(&rn->cx, run_option(rn, "--head"), &v))
		return run_refuse(rn, &rn->cx.e);
	print_verdict(rn, &v);
	if (v.ok)
		return EXIT_DONE;
	if (!strcmp(v.reason, "head_not_found"))
		fprintf(stderr, "tripod: the chain is whole but that head is not in it\n");
	else
		fprintf(stderr, "tripod: event seq %lld (position %lld): %s\n",
		        (long long)v.broken_seq, (long long)v.broken_pos, v.reason);
	return EXIT_REFUSED;
}

static void write_event(struct jw *w, const struct event_row *e)
{
	jw_obj(w);
	jw_kint(w, "seq", e->seq);
	jw_kint(w, "pos", e->pos);
	jw_kstr(w, "occurred_at", time_format(w->b.a, e->occurred_at));
	jw_kstr(w, "recorded_at", time_format(w->b.a, e->recorded_at));
	jw_kstr(w, "kind", e->kind);
	jw_kint(w, "actor_id", e->actor_id);
	jw_kstr(w, "actor", e->actor_name);
	jw_kstr(w, "via", e->via);
	jw_kstr(w, "entity", e->entity);
	jw_kint(w, "entity_id", e->entity_id);
	jw_kint(w, "account_id", e->account_id);
	jw_kint(w, "opportunity_id", e->opportunity_id);
	jw_key(w, "payload");
	jw_raw(w, e->payload);
	jw_end_obj(w);
}

/* Each batch in memory of its own, so a long log needs no more than a short one. */
static err_t export_to(struct run *rn, FILE *out, i64 *count)
{
	struct arena *all = rn->cx.a;
	struct arena *a = arena_child(all);
	i64 after = 0;
	size_t n = 1;
	err_t rc = ERR_OK;
	while (!rc && n) {
		struct event_row *e;
		ctx_end(&rn->cx);
		arena_reset(a);
		rc = db_acquire(rn->db, a, &rn->cx.e, &rn->cx.c);
		rn->cx.a = a;
		if (!rc)
			rc = event_read(&rn->cx, after, EXPORT_BATCH, &e, &n);
		for (size_t i = 0; !rc && i < n; i++) {
			struct jw w = jw_new(a, 64 * 1024 * 1024);
			write_event(&w, &e[i]);
			fprintf(out, "%s\n", jw_done(&w));
			after = e[i].pos;
			++*count;
		}
		rn->cx.a = all;
	}
	ctx_end(&rn->cx);
	arena_free(a);
	return rc;
}

int cmd_events_export(struct run *rn)
{
	const char *format = run_option(rn, "--format"), *path = run_option(rn, "--out");
	bool xes = format && !strcmp(format, "xes");
	if (format && !xes && strcmp(format, "ndjson") != 0)
		return run_misuse(rn, "--format ndjson or xes");
	FILE *out = path ? fopen(path, "w") : stdout;
	if (!out) {
		(void)cx_fail(&rn->cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
		return run_refuse(rn, &rn->cx.e);
	}
	i64 events = 0;
	err_t rc = xes ? xes_write(&rn->cx, out, &events) : export_to(rn, out, &events);
	bool written = !ferror(out) && !fflush(out);
	if (path && fclose(out))
		written = false;
	if (!rc && !written)
		rc = cx_fail(&rn->cx, ERR_UNAVAILABLE, "not all could be written");
	if (rc)
		return run_refuse(rn, &rn->cx.e);
	return run_wrote(rn, path, "events", events);
}
