/* What each person chose to be told, and when he wants to be left alone. */
#include "core/notice_prefs.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "core/actor.h"
#include "core/event.h"
#include "core/mail.h"
#include "core/record.h"

enum { DAY_MINUTES = 24 * 60, QUIET_FROM = 22 * 60, QUIET_TO = 8 * 60, DIGEST_AT = 9 * 60 };

/* clang-format off */
const struct event_kind notice_events[] = {
	{"notice.chosen", L("通知偏好已修改", "Notification choices changed"), false},
	{NULL, L(NULL, NULL), false},
};
const struct permission notice_permissions[] = {
	{"notice.defaults", L("设置公司默认的通知方式", "Set the company's notification defaults")},
	{NULL, L(NULL, NULL)},
};
static const struct enum_row mails[] = {
	[NOTICE_NO_MAIL] = {"off", L("不发", "Off"), NULL},
	[NOTICE_AT_ONCE] = {"once", L("即时", "At once"), NULL},
	[NOTICE_IN_DIGEST] = {"digest", L("汇总", "Digest"), NULL},
	{NULL, L(NULL, NULL), NULL},
};
/* clang-format on */

static bool mail_by_name(const char *s, enum notice_mail *out)
{
	for (size_t i = 0; s && mails[i].value; i++)
		if (!strcmp(mails[i].value, s)) {
			*out = (enum notice_mail)i;
			return true;
		}
	return false;
}

/* -- times -- */

i64 quiet_until(const struct quiet *q, const char *zone, i64 now)
{
	if (!q->on || q->from == q->to)
		return now;
	day_t day = day_of(now, zone);
	i64 from = time_at(day, q->from, zone), to = time_at(day, q->to, zone);
	if (q->from < q->to)
		return now >= from && now < to ? to : now;
	if (now >= from)
		return time_at(day + 1, q->to, zone);
	return now < to ? to : now;
}

i64 digest_time(const struct rhythm *r, const char *zone, i64 now)
{
	for (day_t day = day_of(now, zone);; day++) {
		i64 at = time_at(day, r->at, zone);
		if (at > now && (!r->weekly || day_weekday(day) == r->day))
			return at;
	}
}

/* -- reading -- */

/* Own rows over the company's over the tables' defaults. */
static void choose(struct receiver *out, const struct notice_kind *k, const struct rows *r, int col)
{
	bool own = k->off == NOTICE_OFF_BY_PERSON;
	out->in_app = true;
	out->mail = k->mail;
	for (int i = 1; i >= 0; i--) { /* the company's, then the person's */
		int at = col + 2 * i;
		if (!rows_null(r, at) && k->off != NOTICE_OFF_BY_NOBODY && (i || own))
			out->in_app = rows_i64(r, at) != 0;
		(void)mail_by_name(rows_text(r, at + 1), &out->mail);
	}
}

#define HOURS                                                                                    \
	"coalesce(p.quiet, z.quiet), coalesce(p.quiet_from, z.quiet_from), coalesce(p.quiet_to," \
	" z.quiet_to), coalesce(p.digest, z.digest), coalesce(p.digest_day, z.digest_day),"      \
	" coalesce(p.digest_at, z.digest_at)"

static void read_hours(const struct rows *r, int col, struct quiet *q, struct rhythm *d)
{
	bool set = !rows_null(r, col);
	q->on = set && rows_i64(r, col);
	q->from = set ? (int)rows_i64(r, col + 1) : QUIET_FROM;
	q->to = set ? (int)rows_i64(r, col + 2) : QUIET_TO;
	set = !rows_null(r, col + 3);
	d->weekly = set && !strcmp(rows_text(r, col + 3), "weekly");
	d->day = set ? (int)rows_i64(r, col + 4) : 1;
	d->at = set ? (int)rows_i64(r, col + 5) : DIGEST_AT;
}

err_t receiver_load(struct ctx *cx, i64 user_id, const struct notice_kind *k, struct receiver *out)
{
	struct rows *r;
	*out = (struct receiver){.zone = "Asia/Shanghai"};
	TRY(db_query(cx->c,
	             "select u.lang, u.zone, u.name, u.email, o.in_app, o.mail, c.in_app,"
	             " c.mail, " HOURS " from app_user u"
	             " left join notice_choice o on o.user_id = u.id and o.kind = ?"
	             " left join notice_choice c on c.user_id = 0 and c.kind = ?"
	             " left join notice_person p on p.user_id = u.id"
	             " left join notice_person z on z.user_id = 0"
	             " where u.id = ? and u.active = 1 and u.deleted_at is null",
	             ARGS(vt(k->code), vt(k->code), vi(user_id)), &r));
	if (rows_next(r)) {
		out->there = true;
		out->lang = text_eq(rows_text(r, 0), "en") ? LANG_EN : LANG_ZH;
		out->zone = rows_dup(r, 1);
		out->name = rows_dup(r, 2);
		out->email = rows_dup(r, 3);
		choose(out, k, r, 4);
		read_hours(r, 8, &out->quiet, &out->digest);
	}
	return rows_done(r);
}

/* -- showing -- */

static void write_minutes(struct jw *w, const char *key, int m)
{
	char text[16];
	snprintf(text, sizeof text, "%02d:%02d", m / 60 % 24, m % 60);
	jw_kstr(w, key, text);
}

static err_t write_kind(struct ctx *cx, struct jw *w, const struct notice_kind *k, i64 user_id)
{
	struct rows *r;
	struct receiver now, base;
	bool own = false;
	TRY(db_query(cx->c,
	             "select o.in_app, o.mail, c.in_app, c.mail, null, null from"
	             " (select 1 as one) x"
	             " left join notice_choice o on o.user_id = ? and o.kind = ?"
	             " left join notice_choice c on c.user_id = 0 and c.kind = ?",
	             ARGS(vi(user_id), vt(k->code), vt(k->code)), &r));
	if (rows_next(r)) {
		own = !rows_null(r, 1);
		choose(&now, k, r, 0);
		choose(&base, k, r, 2);
		if (!user_id)
			base = (struct receiver){.in_app = true, .mail = k->mail};
	}
	TRY(rows_done(r));
	jw_obj(w);
	jw_kstr(w, "code", k->code);
	jw_klabel(w, "label", k->label);
	jw_kbool(w, "in_app", now.in_app);
	jw_kstr(w, "mail", mails[now.mail].value);
	jw_kbool(w, "own", own);
	jw_kbool(w, "fixed",
	         k->off == NOTICE_OFF_BY_NOBODY || (user_id && k->off == NOTICE_OFF_BY_COMPANY));
	jw_kbool(w, "urgent", k->urgent);
	jw_key(w, "base");
	jw_obj(w);
	jw_kbool(w, "in_app", base.in_app);
	jw_kstr(w, "mail", mails[base.mail].value);
	jw_end_obj(w);
	jw_end_obj(w);
	return ERR_OK;
}

err_t notice_prefs_write(struct ctx *cx, i64 user_id, struct jw *w)
{
	const struct notice_kind *k;
	struct quiet q = {0};
	struct rhythm d = {0};
	struct rows *r;
	const char *email = NULL;
	jw_obj(w);
	jw_key(w, "kinds");
	jw_arr(w);
	for (size_t i = 0; (k = notice_kind_at(i)); i++)
		TRY(write_kind(cx, w, k, user_id));
	jw_end_arr(w);
	TRY(db_query(cx->c,
	             "select " HOURS " from (select 1 as one) x"
	             " left join notice_person p on p.user_id = ?"
	             " left join notice_person z on z.user_id = 0",
	             ARGS(vi(user_id)), &r));
	if (rows_next(r))
		read_hours(r, 0, &q, &d);
	TRY(rows_done(r));
	TRY(db_one_text(cx->c, "select email from app_user where id = ?", ARGS(vi(user_id)),
	                &email));
	jw_key(w, "quiet");
	jw_obj(w);
	jw_kbool(w, "on", q.on);
	write_minutes(w, "from", q.from);
	write_minutes(w, "to", q.to);
	jw_end_obj(w);
	jw_key(w, "digest");
	jw_obj(w);
	jw_kstr(w, "rhythm", d.weekly ? "weekly" : "daily");
	jw_kint(w, "day", d.day);
	write_minutes(w, "at", d.at);
	jw_end_obj(w);
	jw_kstr(w, "email", email);
	jw_kbool(w, "mail_ready", mail_ready(cx));
	jw_end_obj(w);
	return ERR_OK;
}

/* -- changing -- */

static void wrong(struct ctx *cx, const char *name, const char *value, const char *allowed)
{
	errs_field(&cx->e, name, ERR_ENUM, EP({"value", value ? value : ""}, {"allowed", allowed}));
}

/* "22:30" → minutes; -1 with a field error. */
static int minutes_of(struct ctx *cx, const char *name, const json_t *j)
{
	const char *s = json_is_string(j) ? json_string_value(j) : "";
	if (strlen(s) == 5 && s[2] == ':' && strspn(s, "0123456789:") == 5 &&
	    strrchr(s, ':') == s + 2) {
		int h = (s[0] - '0') * 10 + s[1] - '0', m = (s[3] - '0') * 10 + s[4] - '0';
		if (h < 24 && m < 60)
			return h * 60 + m;
	}
	wrong(cx, name, s, "00:00 – 23:59");
	return -1;
}

static err_t put_kind(struct ctx *cx, i64 user_id, const char *code, const json_t *j)
{
	const struct notice_kind *k = notice_kind_find(code);
	const char *name = arena_printf(cx->a, "kinds.%s", code);
	if (!k) {
		errs_field(&cx->e, name, ERR_UNKNOWN_FIELD, NULL);
		return ERR_OK;
	}
	if (json_is_null(j))
		return db_exec(cx->c, "delete from notice_choice where user_id = ? and kind = ?",
		               ARGS(vi(user_id), vt(code)), NULL);
	const json_t *in_app = json_object_get(j, "in_app");
	const char *mail = json_text(j, "mail");
	enum notice_mail m;
	if (!json_is_object(j) || !json_is_boolean(in_app)) {
		field_wrong_type(cx, arena_printf(cx->a, "%s.in_app", name), JSON_TRUE);
		return ERR_OK;
	}
	if (!mail_by_name(mail, &m)) {
		wrong(cx, arena_printf(cx->a, "%s.mail", name), mail, "off, once, digest");
		return ERR_OK;
	}
	bool fixed = k->off == NOTICE_OFF_BY_NOBODY || (user_id && k->off == NOTICE_OFF_BY_COMPANY);
	if (fixed && json_is_false(in_app)) {
		errs_field(&cx->e, arena_printf(cx->a, "%s.in_app", name), ERR_RULE,
		           EP({"reason", cx->lang == LANG_EN ? "This kind cannot be turned off"
		                                             : "这类通知不能关闭"}));
		return ERR_OK;
	}
	return db_exec(cx->c,
	               "insert into notice_choice(user_id, kind, in_app, mail) values (?, ?, ?, ?)"
	               " on conflict (user_id, kind) do update set in_app = excluded.in_app,"
	               " mail = excluded.mail",
	               ARGS(vi(user_id), vt(code), vi(json_is_true(in_app)), vt(mail)), NULL);
}

static err_t put_quiet(struct ctx *cx, i64 user_id, const json_t *j)
{
	if (json_is_null(j))
		return db_exec(cx->c,
		               "update notice_person set quiet = null, quiet_from = null,"
		               " quiet_to = null where user_id = ?",
		               ARGS(vi(user_id)), NULL);
	int from = minutes_of(cx, "quiet.from", json_object_get(j, "from"));
	int to = minutes_of(cx, "quiet.to", json_object_get(j, "to"));
	if (!json_is_boolean(json_object_get(j, "on")))
		field_wrong_type(cx, "quiet.on", JSON_TRUE);
	if (errs_any_field(&cx->e))
		return ERR_OK;
	return db_exec(
		cx->c,
		"update notice_person set quiet = ?, quiet_from = ?, quiet_to = ?"
		" where user_id = ?",
		ARGS(vi(json_is_true(json_object_get(j, "on"))), vi(from), vi(to), vi(user_id)),
		NULL);
}

static err_t put_digest(struct ctx *cx, i64 user_id, const json_t *j)
{
	if (json_is_null(j))
		return db_exec(cx->c,
		               "update notice_person set digest = null, digest_day = null,"
		               " digest_at = null where user_id = ?",
		               ARGS(vi(user_id)), NULL);
	const char *rhythm = json_text(j, "rhythm");
	i64 day = json_i64(j, "day", 1);
	int at = minutes_of(cx, "digest.at", json_object_get(j, "at"));
	if (!text_eq(rhythm, "daily") && !text_eq(rhythm, "weekly"))
		wrong(cx, "digest.rhythm", rhythm, "daily, weekly");
	if (day < 1 || day > 7)
		wrong(cx, "digest.day", arena_printf(cx->a, "%lld", (long long)day), "1 – 7");
	if (errs_any_field(&cx->e))
		return ERR_OK;
	return db_exec(cx->c,
	               "update notice_person set digest = ?, digest_day = ?, digest_at = ?"
	               " where user_id = ?",
	               ARGS(vt(rhythm), vi(day), vi(at), vi(user_id)), NULL);
}

struct patch {
	i64 user_id;
	const json_t *body;
};

static err_t patch(struct ctx *cx, void *arg)
{
	const struct patch *p = arg;
	const json_t *kinds = json_object_get(p->body, "kinds");
	const json_t *quiet = json_object_get(p->body, "quiet");
	const json_t *digest = json_object_get(p->body, "digest");
	const char *code;
	json_t *j;
	TRY(db_exec(
		cx->c,
		"insert into notice_person(user_id) values (?) on conflict (user_id) do nothing",
		ARGS(vi(p->user_id)), NULL));
	json_object_foreach((json_t *)(uintptr_t)kinds, code, j)
		TRY(put_kind(cx, p->user_id, code, j));
	if (quiet)
		TRY(put_quiet(cx, p->user_id, quiet));
	if (digest)
		TRY(put_digest(cx, p->user_id, digest));
	if (errs_any_field(&cx->e))
		return errs_invalid(&cx->e);
	struct jw w = jw_new(cx->a, 256 * 1024);
	jw_json(&w, p->body);
	return event_append(cx,
	                    &(struct event_in){.kind = "notice.chosen",
	                                       .entity = p->user_id ? "user" : "setting",
	                                       .entity_id = p->user_id,
	                                       .payload = jw_done(&w)},
	                    NULL);
}

err_t notice_prefs_patch(struct ctx *cx, i64 user_id, const json_t *body)
{
	struct patch p = {user_id, body};
	return ctx_write(cx, patch, &p);
}
