/* tripod describe: the tables as JSON. OpenAPI is made in openapi.c. */
#include "api/describe.h"

#include <string.h>

#include "api/measure.h"
#include "core/job.h"
#include "domain/insight/insight.h"
#include "process/process.h"

static void describe_permissions(struct jw *w)
{
	for (size_t i = 0; permission_at(i); i++) {
		jw_obj(w);
		jw_kstr(w, "code", permission_at(i)->code);
		jw_klabel(w, "label", permission_at(i)->label);
		jw_end_obj(w);
	}
}

static void describe_errors(struct jw *w)
{
	for (int i = 1; i < ERR_COUNT; i++) {
		const struct err_def *d = err_def((enum err_code)i);
		jw_obj(w);
		jw_kstr(w, "code", d->code);
		jw_kint(w, "status", d->status);
		jw_klabel(w, "label", d->text);
		jw_end_obj(w);
	}
}

static void describe_events(struct jw *w)
{
	for (size_t i = 0; event_kind_at(i); i++) {
		const struct event_kind *k = event_kind_at(i);
		jw_obj(w);
		jw_kstr(w, "kind", k->kind);
		jw_klabel(w, "label", k->label);
		jw_kbool(w, "data_point", k->data_point);
		jw_end_obj(w);
	}
}

static void describe_jobs(struct jw *w)
{
	for (size_t i = 0; job_def_at(i); i++) {
		const struct job_def *d = job_def_at(i);
		jw_obj(w);
		jw_kstr(w, "name", d->name);
		jw_klabel(w, "label", d->label);
		jw_kint(w, "every_seconds", d->every_us / US_PER_SEC);
		jw_kint(w, "attempts", d->attempts);
		jw_end_obj(w);
	}
}

static void describe_outputs(struct jw *w)
{
	for (size_t i = 0; output_kind_at(i); i++) {
		jw_obj(w);
		jw_kstr(w, "code", output_kind_at(i)->code);
		jw_klabel(w, "label", output_kind_at(i)->label);
		jw_end_obj(w);
	}
}

static void describe_settings(struct jw *w)
{
	for (size_t i = 0; setting_at(i); i++)
		setting_write(NULL, setting_at(i), w);
}

static void describe_metrics(struct jw *w)
{
	for (size_t i = 0; metric_at(i); i++) {
		const struct metric_def *m = metric_at(i);
		jw_obj(w);
		jw_kstr(w, "code", m->code);
		jw_kstr(w, "unit", m->unit);
		jw_klabel(w, "label", m->label);
		jw_klabel(w, "help", m->help);
		jw_key(w, "dimensions");
		jw_arr(w);
		for (size_t k = 0; metric_dimension(m, k); k++)
			jw_str(w, metric_dimension(m, k));
		jw_end_arr(w);
		jw_end_obj(w);
	}
	/* What the process tells of itself at /metrics. */
	for (const struct measure_def *m = measures; m->name; m++) {
		jw_obj(w);
		jw_kstr(w, "name", m->name);
		jw_kstr(w, "type", m->type);
		jw_kstr(w, "unit", m->unit);
		jw_klabel(w, "label", m->label);
		jw_end_obj(w);
	}
}

static void describe_all_entities(struct jw *w)
{
	describe_entities(w, NULL);
}

static const struct {
	const char *what;
	void (*fn)(struct jw *w);
} lists[] = {
	{"permissions", describe_permissions},
	{"errors", describe_errors},
	{"events", describe_events},
	{"settings", describe_settings},
	{"metrics", describe_metrics},
	{"entities", describe_all_entities},
	{"jobs", describe_jobs},
	{"outputs", describe_outputs},
};

bool describe(const char *what, struct jw *w)
{
	if (!strcmp(what, "openapi")) {
		describe_openapi(w);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (!strcmp(what, lists[i].what)) {
			jw_arr(w);
			lists[i].fn(w);
			jw_end_arr(w);
			return true;
		}
	return false;
}
