/* Settings: declared by modules, kept as JSON text, cached per process. */
#include "core/setting.h"

#include <pthread.h>
#include <string.h>

#include "core/actor.h"
#include "core/event.h"

enum { SETTINGS_MAX = 512 };

const struct event_kind setting_events[] = {
	{"setting.changed", L("设置已修改", "Setting changed"), false},
	{NULL, L(NULL, NULL), false},
};
const struct permission setting_permissions[] = {
	{"setting.read", L("查看设置", "See settings")},
	{"setting.update", L("修改设置", "Change settings")},
	{NULL, L(NULL, NULL)},
};

/* Values that differ from their defaults; replaced under the lock. */
static struct {
	pthread_mutex_t lock;
	struct arena *a;
	struct val v[SETTINGS_MAX]; /* VAL_NULL = default */
	bool stale;
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER, .stale = true};

const struct setting_def *setting_at(size_t i)
{
	for (const struct module *const *m = registry_modules(); m && *m; m++)
		for (const struct setting_def *s = (*m)->settings; s && s->f.name; s++)
			if (!i--)
				return s;
	return NULL;
}

static int position(const char *name)
{
	const struct setting_def *s;
	for (int i = 0; (s = setting_at((size_t)i)); i++)
		if (!strcmp(s->f.name, name))
			return i;
	return -1;
}

static void on_changed(void *arg, const char *payload)
{
	(void)arg;
	(void)payload;
	pthread_mutex_lock(&cache.lock);
	cache.stale = true;
	pthread_mutex_unlock(&cache.lock);
}

err_t settings_start(struct db *db)
{
	on_changed(NULL, NULL);
	return db_listen(db, "setting", on_changed, NULL);
}

static bool from_stored(struct ctx *cx, const struct setting_def *s, const char *text,
                        struct val *out)
{
	struct ctx quiet = *cx;
	errs_init(&quiet.e, cx->a);
	json_t *j;
	return !json_parse(cx->a, &quiet.e, text, strlen(text), &j) &&
	       field_from_json(&quiet, &s->f, s->f.name, j, out);
}

/* Reads all rows when something changed. A value that no longer fits its row counts as absent. */
static err_t refresh(struct ctx *cx)
{
	pthread_mutex_lock(&cache.lock);
	bool stale = cache.stale;
	cache.stale = false;
	pthread_mutex_unlock(&cache.lock);
	if (!stale)
		return ERR_OK;
	struct arena *a = arena_new(16 * 1024 * 1024);
	struct val *v = ARENA_ARRAY(a, SETTINGS_MAX, struct val);
	struct rows *r;
	err_t rc = db_query(cx->c, "select name, value from setting", NO_ARGS, &r);
	if (!rc) {
		while (rows_next(r)) {
			int i = position(rows_text(r, 0));
			if (i < 0 || i >= SETTINGS_MAX ||
			    !from_stored(cx, setting_at((size_t)i), rows_text(r, 1), &v[i]))
				continue;
			if (v[i].type == VAL_TEXT)
				v[i] = vt(arena_strdup(a, v[i].s.p));
		}
		rc = rows_done(r);
	}
	pthread_mutex_lock(&cache.lock);
	struct arena *old = a;
	if (rc) {
		cache.stale = true;
	} else {
		old = cache.a;
		cache.a = a;
		memcpy(cache.v, v, sizeof cache.v);
	}
	pthread_mutex_unlock(&cache.lock);
	arena_free(old);
	return rc;
}

static struct val default_of(struct ctx *cx, const struct setting_def *s)
{
	struct val v = vnull();
	if (s->f.dflt && !field_from_text(cx, &s->f, s->f.name, s->f.dflt, &v))
		panic("setting '%s' has a bad default", s->f.name);
	return v;
}

static struct val value_at(struct ctx *cx, int i)
{
	/* Without the database the last known values, at worst the defaults, go on. */
	if (cx->c && refresh(cx))
		errs_clear(&cx->e);
	pthread_mutex_lock(&cache.lock);
	struct val v = cache.v[i];
	if (v.type == VAL_TEXT)
		v = vt(arena_strdup(cx->a, v.s.p));
	pthread_mutex_unlock(&cache.lock);
	return v.type == VAL_NULL ? default_of(cx, setting_at((size_t)i)) : v;
}

static struct val value_of(struct ctx *cx, const char *name)
{
	int i = position(name);
	if (i < 0)
		panic("setting '%s' is not declared", name);
	return value_at(cx, i);
}

i64 setting_i64(struct ctx *cx, const char *name)
{
	struct val v = value_of(cx, name);
	if (v.type != VAL_INT)
		panic("setting '%s' is no number", name);
	return v.i;
}

const char *setting_text(struct ctx *cx, const char *name)
{
	struct val v = value_of(cx, name);
	return v.type == VAL_TEXT ? v.s.p : "";
}

void setting_write(struct ctx *cx, const struct setting_def *s, struct jw *w)
{
	struct ctx plain = {.a = w->b.a};
	errs_init(&plain.e, w->b.a);
	jw_obj(w);
	jw_kstr(w, "name", s->f.name);
	jw_kstr(w, "type", field_type_name(s->f.type));
	jw_kstr(w, "unit", s->unit);
	bool secret = s->f.flags & F_HIDDEN;
	if (cx) {
		struct val v = value_of(cx, s->f.name);
		jw_key(w, "value");
		if (secret)
			jw_null(w);
		else
			field_to_json(w, &s->f, &v);
		if (secret)
			jw_kbool(w, "is_set", v.type != VAL_NULL);
	}
	jw_kbool(w, "secret", secret);
	struct val d = default_of(&plain, s);
	jw_key(w, "default");
	field_to_json(w, &s->f, &d);
	jw_key(w, "min");
	if (s->f.max)
		jw_int(w, s->f.min);
	else
		jw_null(w);
	jw_key(w, "max");
	if (s->f.max)
		jw_int(w, s->f.max);
	else
		jw_null(w);
	jw_key(w, "enum");
	jw_arr(w);
	for (const struct enum_row *e = s->f.values; e && e->value; e++) {
		jw_obj(w);
		jw_kstr(w, "value", e->value);
		jw_klabel(w, "label", e->label);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	jw_klabel(w, "label", s->f.label);
	jw_klabel(w, "help", s->f.help);
	jw_end_obj(w);
}

static const char *as_json(struct ctx *cx, const struct field *f, const struct val *v)
{
	struct jw w = jw_new(cx->a, 64 * 1024);
	field_to_json(&w, f, v);
	return jw_done(&w);
}

static err_t put_one(struct ctx *cx, const struct setting_def *s, const struct val *now, bool reset)
{
	struct val was = value_of(cx, s->f.name);
	if (!reset && val_same(&was, now))
		return ERR_OK;
	const char *text = as_json(cx, &s->f, now);
	if (reset)
		TRY(db_exec(cx->c, "delete from setting where name = ?", ARGS(vt(s->f.name)),
		            NULL));
	else
		TRY(db_exec(cx->c,
		            "insert into setting(name, value, updated_at, updated_by)"
		            " values (?, ?, ?, ?) on conflict (name) do update set"
		            " value = excluded.value, updated_at = excluded.updated_at,"
		            " updated_by = excluded.updated_by",
		            ARGS(vt(s->f.name), vt(text), vi(cx->now), vref(cx->actor->id)), NULL));
	struct jw w = jw_new(cx->a, 64 * 1024);
	jw_obj(&w);
	jw_kstr(&w, "name", s->f.name);
	/* A secret goes in and never comes out: the log is read by more people than may set it. */
	if (!(s->f.flags & F_HIDDEN)) {
		jw_key(&w, "old");
		field_to_json(&w, &s->f, &was);
		jw_key(&w, "new");
		field_to_json(&w, &s->f, now);
	}
	jw_end_obj(&w);
	return event_append(cx,
	                    &(struct event_in){.kind = "setting.changed",
	                                       .entity = "setting",
	                                       .payload = jw_done(&w)},
	                    NULL);
}

static err_t patch(struct ctx *cx, void *arg)
{
	const char *name;
	json_t *j;
	json_object_foreach((json_t *)arg, name, j)
	{
		int i = position(name);
		if (i < 0) {
			errs_field(&cx->e, name, ERR_UNKNOWN_FIELD, NULL);
			continue;
		}
		const struct setting_def *s = setting_at((size_t)i);
		struct val v = default_of(cx, s);
		bool reset = json_is_null(j);
		if (reset || field_from_json(cx, &s->f, name, j, &v))
			TRY(put_one(cx, s, &v, reset));
	}
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	return db_notify(cx->c, "setting", "");
}

err_t settings_patch(struct ctx *cx, const json_t *body)
{
	TRY(actor_need(cx, "setting.update"));
	TRY(ctx_write(cx, patch, (void *)(uintptr_t)body));
	/* The notice that all processes get may come a moment later; the answer shows it now. */
	on_changed(NULL, NULL);
	return ERR_OK;
}
