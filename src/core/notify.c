/* Notifications: the door, and the list of what a person was told. */
#include "core/notify.h"

#include <string.h>

#include "core/actor.h"
#include "core/event.h"
#include "core/mail.h"
#include "core/notice_prefs.h"

const struct notice_kind *notice_kind_at(size_t i)
{
	for (const struct module *const *m = registry_modules(); m && *m; m++)
		for (const struct notice_kind *k = (*m)->notices; k && k->code; k++)
			if (!i--)
				return k;
	return NULL;
}

const struct notice_kind *notice_kind_find(const char *code)
{
	const struct notice_kind *k;
	for (size_t i = 0; (k = notice_kind_at(i)); i++)
		if (!strcmp(k->code, code))
			return k;
	return NULL;
}

err_t notify_user(struct ctx *cx, const struct notice *n)
{
	bool own = cx->actor && cx->actor->id == n->user_id;
	const struct notice_kind *k = notice_kind_find(n->kind);
	if (!k)
		panic("notice kind '%s' is not declared", n->kind);
	if (!n->user_id || own || !strcmp(cx->via, "import"))
		return ERR_OK;
	struct receiver to;
	TRY(receiver_load(cx, n->user_id, k, &to));
	if (!to.there)
		return ERR_OK;
	TRY(mail_notice(cx, n, k, &to));
	if (!to.in_app)
		return ERR_OK;
	TRY(db_exec(cx->c,
	            "insert into notification(user_id, kind, entity, entity_id, title, body, href,"
	            " created_at) values (?,?,?,?,?,?,?,?)",
	            ARGS(vi(n->user_id), vt(n->kind), vt(n->entity), vref(n->entity_id),
	                 vt(n->title), vt(n->body), vt(n->href), vi(cx->now)),
	            NULL));
	return db_notify(cx->c, "notification", arena_printf(cx->a, "%lld", (long long)n->user_id));
}

enum lang notice_lang(struct ctx *cx, i64 user_id)
{
	const char *lang = NULL;
	/* A failure ends the transaction: the next statement says so. */
	if (db_one_text(cx->c, "select lang from app_user where id = ?", ARGS(vi(user_id)), &lang))
		return LANG_ZH;
	return lang && !strcmp(lang, "en") ? LANG_EN : LANG_ZH;
}

/* -- the list -- */

static void write_item(struct ctx *cx, const struct rows *r, struct jw *w)
{
	const struct notice_kind *k = notice_kind_find(rows_text(r, 1));
	jw_obj(w);
	jw_kint(w, "id", rows_i64(r, 0));
	jw_kstr(w, "kind", rows_text(r, 1));
	jw_kstr(w, "kind_label", k ? label_in(k->label, cx->lang) : rows_text(r, 1));
	jw_kstr(w, "title", rows_text(r, 2));
	jw_kstr(w, "body", rows_text(r, 3));
	jw_kstr(w, "href", rows_text(r, 4));
	jw_kstr(w, "created_at", time_format(cx->a, rows_i64(r, 5)));
	jw_kbool(w, "read", !rows_null(r, 6));
	jw_kint(w, "repeats", rows_i64(r, 7));
	jw_end_obj(w);
}

err_t notices_write(struct ctx *cx, const struct notice_page *p, struct jw *w)
{
	struct sqlb *q = sqlb_new(cx->a);
	i64 last = 0, unread = 0;
	int n = 0;
	sqlb_add(q,
	         "select n.id, n.kind, n.title, n.body, n.href, n.created_at, n.read_at, g.n"
	         " from (select max(id) as id, count(*) as n from notification where user_id = ");
	sqlb_val(q, vi(cx->actor->id));
	if (p->kind) {
		sqlb_add(q, " and kind = ");
		sqlb_val(q, vt(p->kind));
	}
	if (p->unread)
		sqlb_add(q, " and read_at is null");
	/* What leads nowhere repeats nothing. */
	sqlb_add(q, " group by kind, coalesce(href, cast(id as text)),"
	            " case when read_at is null then 0 else 1 end");
	if (p->before) {
		sqlb_add(q, " having max(id) < ");
		sqlb_val(q, vi(p->before));
	}
	sqlb_addf(q, ") g join notification n on n.id = g.id order by n.id desc limit %d",
	          p->limit + 1);
	struct rows *r;
	TRY(db_query(cx->c, sqlb_text(q), sqlb_args(q), &r));
	jw_obj(w);
	jw_key(w, "items");
	jw_arr(w);
	while (rows_next(r) && ++n <= p->limit) {
		write_item(cx, r, w);
		last = rows_i64(r, 0);
	}
	TRY(rows_done(r));
	jw_end_arr(w);
	jw_kstr(w, "next", n > p->limit ? arena_printf(cx->a, "%lld", (long long)last) : NULL);
	TRY(db_one_i64(cx->c,
	               "select count(*) from notification where user_id = ? and read_at is null",
	               ARGS(vi(cx->actor->id)), &unread, NULL));
	jw_kint(w, "unread", unread);
	jw_end_obj(w);
	return ERR_OK;
}

struct reading {
	i64 id;
	const char *kind;
};

static err_t mark(struct ctx *cx, void *arg)
{
	const struct reading *rd = arg;
	event_not_needed(cx, "reading a notice is nobody else's fact");
	if (!rd->id)
		return db_exec(cx->c,
		               "update notification set read_at = ? where user_id = ?"
		               " and read_at is null and (? = '' or kind = ?)",
		               ARGS(vi(cx->now), vi(cx->actor->id), vt(rd->kind ? rd->kind : ""),
		                    vt(rd->kind ? rd->kind : "")),
		               NULL);
	return db_exec(cx->c,
	               "update notification set read_at = ? where user_id = ? and read_at is null"
	               " and (id = ? or (id < ? and kind ="
	               " (select kind from notification where id = ? and user_id = ?) and href ="
	               " (select href from notification where id = ? and user_id = ?)))",
	               ARGS(vi(cx->now), vi(cx->actor->id), vi(rd->id), vi(rd->id), vi(rd->id),
	                    vi(cx->actor->id), vi(rd->id), vi(cx->actor->id)),
	               NULL);
}

err_t notices_read(struct ctx *cx, i64 id, const char *kind)
{
	struct reading rd = {id, kind};
	return ctx_write(cx, mark, &rd);
}
