/* Calendars from the form of seed/calendar-cn.json: years, their holidays, make-up and half days. */
#include "core/actor.h"
#include "core/calendar.h"
#include "core/crud.h"
#include "core/event.h"

struct import {
	const char *code;
	const json_t *doc;
	i64 calendar_id, days;
};

static err_t put_day(struct ctx *cx, struct import *im, day_t day, const char *work,
                     const char *label)
{
	i64 id = 0;
	TRY(db_one_i64(cx->c,
	               "select id from calendar_day where calendar_id = ? and day = ?"
	               " and deleted_at is null",
	               ARGS(vi(im->calendar_id), vt(day_format(cx->a, day))), &id, NULL));
	im->days++;
	if (id)
		return db_exec(
			cx->c,
			"update calendar_day set work = ?, name = ?, updated_at = ?, updated_by = ?,"
			" version = version + 1 where id = ?",
			ARGS(vt(work), vt(label), vi(cx->now), vref(cx->actor->id), vi(id)), NULL);
	return db_exec(
		cx->c,
		"insert into calendar_day(calendar_id, day, work, name, created_at, created_by,"
		" updated_at, updated_by, sort_key) values (?,?,?,?,?,?,?,?,?)",
		ARGS(vi(im->calendar_id), vt(day_format(cx->a, day)), vt(work), vt(label),
	             vi(cx->now), vref(cx->actor->id), vi(cx->now), vref(cx->actor->id),
	             vt(day_format(cx->a, day))),
		NULL);
}

static err_t bad(struct ctx *cx, const char *what)
{
	errs_field(&cx->e, what, ERR_RULE,
	           EP({"reason", cx->lang == LANG_EN ? "must be a day as yyyy-mm-dd, in order"
	                                             : "须为 yyyy-mm-dd 的日期，且先后有序"}));
	return errs_invalid(&cx->e);
}

/* The days listed under `key` of a holiday. */
static err_t put_list(struct ctx *cx, struct import *im, const json_t *h, const char *key,
                      const char *work, const char *label)
{
	size_t i;
	json_t *m;
	json_array_foreach(json_object_get(h, key), i, m)
	{
		day_t d = json_string_value(m) ? day_parse(json_string_value(m)) : DAY_NONE;
		if (d == DAY_NONE)
			return bad(cx, key);
		TRY(put_day(cx, im, d, work, label));
	}
	return ERR_OK;
}

static err_t put_holiday(struct ctx *cx, struct import *im, const json_t *h)
{
	const char *first = json_text(h, "from"), *last = json_text(h, "to");
	const char *label = json_text(json_object_get(h, "name"), "zh");
	day_t from = first ? day_parse(first) : DAY_NONE, to = last ? day_parse(last) : DAY_NONE;
	bool span = first || last;
	if (span && (from == DAY_NONE || to == DAY_NONE || to < from || to - from > 60))
		return bad(cx, "from");
	for (day_t d = from; span && d <= to; d++)
		TRY(put_day(cx, im, d, "off", label));
	TRY(put_list(cx, im, h, "half", "half", label));
	return put_list(cx, im, h, "makeup", "full", label);
}

static err_t made(struct ctx *cx, struct import *im)
{
	TRY(db_one_i64(cx->c, "select id from calendar where code = ? and deleted_at is null",
	               ARGS(vt(im->code)), &im->calendar_id, NULL));
	if (im->calendar_id)
		return ERR_OK;
	const json_t *name = json_object_get(im->doc, "name");
	struct rec *r = rec_new(cx->a, &calendar_entity);
	rec_set(r, "code", vt(im->code));
	rec_set(r, "name", vt(json_text(name, "zh") ? json_text(name, "zh") : im->code));
	rec_set(r, "name_en", vt(json_text(name, "en")));
	rec_set(r, "source", vt(json_text(json_object_get(im->doc, "source"), "zh")));
	rec_check(cx, r);
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	TRY(crud_insert(cx, r));
	im->calendar_id = r->id;
	return ERR_OK;
}

static err_t import(struct ctx *cx, void *arg)
{
	struct import *im = arg;
	size_t i, k;
	json_t *year, *h;
	TRY(made(cx, im));
	json_array_foreach(json_object_get(im->doc, "years"), i, year)
	{
		json_array_foreach(json_object_get(year, "holidays"), k, h)
			TRY(put_holiday(cx, im, h));
	}
	TRY(event_append(
		cx,
		&(struct event_in){.kind = "calendar.imported",
	                           .entity = "calendar",
	                           .entity_id = im->calendar_id,
	                           .payload = arena_printf(cx->a, "{\"years\":%zu,\"days\":%lld}",
	                                                   i, (long long)im->days)},
		NULL));
	return db_notify(cx->c, "calendar", "");
}

err_t calendar_import(struct ctx *cx, const char *code, const json_t *doc, i64 *days)
{
	struct import im = {.code = code, .doc = doc};
	if (!json_is_array(json_object_get(doc, "years"))) {
		errs_field(&cx->e, "years", ERR_REQUIRED, NULL);
		return errs_invalid(&cx->e);
	}
	TRY(ctx_write(cx, import, &im));
	if (days)
		*days = im.days;
	return ERR_OK;
}
