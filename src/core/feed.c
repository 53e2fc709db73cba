/* Events as items of history and timeline. */
#include "core/feed.h"

#include <string.h>

#include "core/scope.h"

/* clang-format off */
const struct permission feed_permissions[] = {
	{"event.read", L("查看事件日志", "See the event log")},
	{"audit.verify", L("校验事件日志", "Verify the event log")},
	{NULL, L(NULL, NULL)},
};
/* clang-format on */

err_t feed_visible(struct ctx *cx, const char *entity, i64 entity_id, i64 actor_id, bool *yes)
{
	const struct entity *e = entity ? entity_by_name(entity) : NULL;
	*yes = false;
	if (!e || !entity_id) {
		*yes = (cx->actor->id && actor_id == cx->actor->id) ||
		       actor_scope(cx->actor, "event.read") == SCOPE_ALL;
		return ERR_OK;
	}
	struct sqlb *q = sqlb_new(cx->a);
	sqlb_addf(q, "select 1 from %s t where t.id = ", e->table);
	sqlb_val(q, vi(entity_id));
	TRY(scope_where(cx, e, "read", "t", q));
	i64 one;
	return db_one_i64(cx->c, sqlb_text(q), sqlb_args(q), &one, yes);
}

/* -- changes -- */

/* The stored JSON back to a value, for its text; what the field no longer takes has none. */
static const char *text_of(struct ctx *cx, const struct field *f, const json_t *j, i64 by)
{
	struct ctx quiet = *cx;
	errs_init(&quiet.e, cx->a);
	struct val v = vnull();
	if (!f || json_is_null(j) || !field_from_json(&quiet, f, f->name, j, &v))
		return json_is_string(j) ? json_string_value(j) : NULL;
	const char *words = field_words(&quiet, f, &v, by);
	if (f->type != FT_REF)
		return words ? words : field_to_text(cx->a, f, &v, cx->lang);
	const struct entity *target = entity_by_name(f->ref);
	const char *title = NULL;
	if (db_one_text(quiet.c,
	                arena_printf(cx->a, "select %s from %s where id = ?", target->title,
	                             target->table),
	                ARGS(v), &title))
		return NULL;
	return title;
}

/* Whose words the record's codes are told in; 0 when nobody's. */
static i64 whose_words(struct ctx *cx, const struct entity *e, i64 id, const struct field *f)
{
	struct ctx quiet = *cx;
	errs_init(&quiet.e, cx->a);
	i64 by = 0;
	return db_one_i64(quiet.c,
	                  arena_printf(cx->a, "select coalesce(%s, 0) from %s where id = ?",
	                               f->words->by, e->table),
	                  ARGS(vi(id)), &by, NULL)
	               ? 0
	               : by;
}

static void write_change(struct ctx *cx, struct jw *w, const struct entity *e, i64 id,
                         const char *name, const json_t *was, const json_t *now)
{
	const struct field *f = e ? field_by_name(e, name) : NULL;
	if (f && !scope_field(cx->actor, f))
		return;
	i64 by = f && f->words ? whose_words(cx, e, id, f) : 0;
	jw_obj(w);
	jw_kstr(w, "field", name);
	jw_kstr(w, "label", f ? label_in(f->label, cx->lang) : name);
	jw_key(w, "old");
	jw_json(w, was);
	jw_key(w, "new");
	jw_json(w, now);
	jw_kstr(w, "old_text", text_of(cx, f, was, by));
	jw_kstr(w, "new_text", text_of(cx, f, now, by));
	jw_end_obj(w);
}

static void write_changes(struct ctx *cx, struct jw *w, const struct entity *e, i64 id,
                          const json_t *p)
{
	const char *name;
	json_t *j;
	jw_key(w, "changes");
	jw_arr(w);
	json_object_foreach(json_object_get(p, "values"), name, j)
		write_change(cx, w, e, id, name, json_null(), j);
	json_object_foreach(json_object_get(p, "changes"), name, j)
		write_change(cx, w, e, id, name, json_array_get(j, 0), json_array_get(j, 1));
	jw_end_arr(w);
}

/* What an event of its own kind tells, without the members that are fields he may not see. */
static void write_payload(struct ctx *cx, struct jw *w, const struct entity *e, const json_t *p)
{
	const char *name;
	json_t *j;
	jw_obj(w);
	json_object_foreach((json_t *)p, name, j)
	{
		const struct field *f = e ? field_by_name(e, name) : NULL;
		if (f && !scope_field(cx->actor, f))
			continue;
		jw_key(w, name);
		jw_json(w, j);
	}
	jw_end_obj(w);
}

/* -- pages -- */

#define FEED_COLUMNS                                                                                 \
	"select e.seq, e.occurred_at, e.kind, e.entity, e.entity_id, e.actor_id, u.name, e.payload," \
	" e.via, e.opportunity_id from event e left join app_user u on u.id = e.actor_id where "

struct item {
	i64 seq, at, entity_id, actor_id, opportunity_id;
	const char *kind, *entity, *actor, *payload, *via;
};

static const char *about(struct ctx *cx, const struct item *it, const json_t *payload)
{
	for (const struct module *const *m = registry_modules(); *m; m++) {
		const struct event_kind *k = (*m)->about ? (*m)->events : NULL;
		for (; k && k->kind; k++)
			if (!strcmp(k->kind, it->kind))
				return (*m)->about(cx, it->opportunity_id, payload);
	}
	return NULL;
}

static void write_item(struct ctx *cx, struct jw *w, const struct item *it)
{
	const struct event_kind *k = event_kind_find(it->kind);
	const struct entity *e = it->entity ? entity_by_name(it->entity) : NULL;
	struct errs quiet;
	json_t *p = NULL;
	errs_init(&quiet, cx->a);
	if (json_parse(cx->a, &quiet, it->payload, strlen(it->payload), &p))
		p = NULL;
	jw_obj(w);
	jw_kint(w, "seq", it->seq);
	jw_kstr(w, "at", time_format(cx->a, it->at));
	jw_kstr(w, "kind", it->kind);
	jw_kstr(w, "label", k ? label_in(k->label, cx->lang) : it->kind);
	jw_key(w, "actor");
	if (it->actor_id) {
		jw_obj(w);
		jw_kint(w, "id", it->actor_id);
		jw_kstr(w, "name", it->actor);
		jw_end_obj(w);
	} else {
		jw_null(w);
	}
	jw_kstr(w, "via", it->via);
	jw_kstr(w, "entity", it->entity);
	jw_key(w, "entity_id");
	if (it->entity_id)
		jw_int(w, it->entity_id);
	else
		jw_null(w);
	jw_kstr(w, "title", json_text(p, "title"));
	jw_kstr(w, "about", about(cx, it, p));
	jw_key(w, "payload");
	if (json_is_object(p) && !json_object_get(p, "values") && !json_object_get(p, "changes"))
		write_payload(cx, w, e, p);
	else
		jw_null(w);
	write_changes(cx, w, e, it->entity_id, p);
	jw_end_obj(w);
}

/* What one page saw already: records repeat. */
struct seen {
	const char *entity;
	i64 id;
	bool yes;
};

static err_t visible(struct ctx *cx, const struct item *it, struct seen *s, size_t *n, bool *yes)
{
	for (size_t i = 0; i < *n; i++)
		if (it->entity && s[i].id == it->entity_id && !strcmp(s[i].entity, it->entity)) {
			*yes = s[i].yes;
			return ERR_OK;
		}
	TRY(feed_visible(cx, it->entity, it->entity_id, it->actor_id, yes));
	if (it->entity && it->entity_id)
		s[(*n)++] = (struct seen){it->entity, it->entity_id, *yes};
	return ERR_OK;
}

/* Whose events: those with this id in column `col`, and about this kind when `entity` is given. */
struct whose {
	const char *col, *entity;
	i64 id;
	const struct feed_filter *filter; /* instead of these */
};

/* % and _ stand for themselves. */
static const char *like_text(struct arena *a, const char *text)
{
	struct buf b = buf_new(a, 4096);
	buf_putc(&b, '%');
	for (; *text; text++) {
		if (*text == '%' || *text == '_' || *text == '\\')
			buf_putc(&b, '\\');
		buf_putc(&b, *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text);
	}
	buf_putc(&b, '%');
	return buf_str(&b);
}

static void limit_to(struct sqlb *q, const struct feed_filter *f)
{
	const struct {
		const char *sql;
		bool on;
		struct val v;
	} conds[] = {
		{" and e.actor_id = ", f->actor_id != 0, vi(f->actor_id)},
		{" and e.entity = ", f->entity != NULL, vt(f->entity)},
		{" and e.entity_id = ", f->entity_id != 0, vi(f->entity_id)},
		{" and e.occurred_at >= ", f->from != 0, vi(f->from)},
		{" and e.occurred_at < ", f->to != 0, vi(f->to)},
	};
	sqlb_add(q, "1 = 1");
	for (size_t i = 0; i < ARRAY_LEN(conds); i++)
		if (conds[i].on) {
			sqlb_add(q, conds[i].sql);
			sqlb_val(q, conds[i].v);
		}
	size_t n = f->kind ? strlen(f->kind) : 0;
	if (n && f->kind[n - 1] == '.') {
		sqlb_add(q, " and e.kind >= ");
		sqlb_val(q, vt(f->kind));
		sqlb_add(q, " and e.kind < ");
		sqlb_val(q, vt(arena_printf(q->a, "%.*s/", (int)n - 1, f->kind)));
	} else if (n) {
		sqlb_add(q, " and e.kind = ");
		sqlb_val(q, vt(f->kind));
	}
	if (f->text) {
		sqlb_add(q, " and lower(e.payload) like ");
		sqlb_val(q, vt(like_text(q->a, f->text)));
		sqlb_add(q, " escape '\\'");
	}
}

/* The text stands in what is shown, and not only in a field that the person may not read. */
static bool shows(struct ctx *cx, const struct item *it, const char *text)
{
	struct jw w = jw_new(cx->a, 1 << 24);
	write_item(cx, &w, it);
	const char *s = jw_done(&w);
	return s && strcasestr(s, text);
}

/* What lies below event `before` (0 = the newest), at most n_max items. */
static err_t read_items(struct ctx *cx, const struct whose *of, i64 before, int n_max,
                        struct item *it, int *n)
{
	struct sqlb *q = sqlb_new(cx->a);
	if (of->filter) {
		sqlb_add(q, FEED_COLUMNS);
		limit_to(q, of->filter);
	} else {
		sqlb_addf(q, FEED_COLUMNS "e.%s = ", of->col);
		sqlb_val(q, vi(of->id));
	}
	if (of->entity) {
		sqlb_add(q, " and e.entity = ");
		sqlb_val(q, vt(of->entity));
	}
	if (before) {
		sqlb_add(q, " and e.seq < ");
		sqlb_val(q, vi(before));
	}
	sqlb_addf(q, " order by e.seq desc limit %d", n_max);
	struct rows *r;
	*n = 0;
	TRY(db_query(cx->c, sqlb_text(q), sqlb_args(q), &r));
	while (rows_next(r) && *n < n_max)
		it[(*n)++] = (struct item){.seq = rows_i64(r, 0),
		                           .at = rows_i64(r, 1),
		                           .kind = rows_dup(r, 2),
		                           .entity = rows_dup(r, 3),
		                           .entity_id = rows_i64(r, 4),
		                           .actor_id = rows_i64(r, 5),
		                           .actor = rows_dup(r, 6),
		                           .payload = rows_dup(r, 7),
		                           .via = rows_dup(r, 8),
		                           .opportunity_id = rows_i64(r, 9)};
	return rows_done(r);
}

/* A page is full unless the end is reached: what the person may not see leaves no gap. Who may see
 * next to nothing of a long log gets a shorter page after LOOKS readings. */
static err_t write_page(struct ctx *cx, const struct whose *of, const struct feed_page *p,
                        bool check, struct jw *w)
{
	enum { LOOKS = 8, LEAST = 50 };
	int step = check && p->limit < LEAST ? LEAST : p->limit;
	struct item *it = ARENA_ARRAY(cx->a, (size_t)step + 1, struct item);
	struct seen *seen = ARENA_ARRAY(cx->a, (size_t)step * LOOKS, struct seen);
	size_t n_seen = 0;
	i64 before = p->before;
	int written = 0;
	bool more = true;
	jw_obj(w);
	jw_key(w, "items");
	jw_arr(w);
	for (int look = 0; more && written < p->limit && look < LOOKS; look++) {
		int n;
		TRY(read_items(cx, of, before, step + 1, it, &n));
		more = n > step;
		for (int i = 0; i < n && i < step; i++) {
			if (written == p->limit) {
				more = true;
				break;
			}
			bool yes = true;
			if (check)
				TRY(visible(cx, &it[i], seen, &n_seen, &yes));
			if (of->filter && of->filter->text)
				yes = shows(cx, &it[i], of->filter->text);
			if (yes) {
				write_item(cx, w, &it[i]);
				written++;
			}
			before = it[i].seq;
		}
	}
	jw_end_arr(w);
	jw_kstr(w, "next", more ? arena_printf(cx->a, "%lld", (long long)before) : NULL);
	jw_end_obj(w);
	return ERR_OK;
}

err_t feed_search(struct ctx *cx, const struct feed_filter *f, const struct feed_page *p,
                  struct jw *w)
{
	if (actor_scope(cx->actor, "event.read") != SCOPE_ALL)
		return cx_err(cx, ERR_FORBIDDEN, NULL);
	return write_page(cx, &(struct whose){.filter = f}, p, false, w);
}

err_t feed_history(struct ctx *cx, const struct rec *r, const struct feed_page *p, struct jw *w)
{
	return write_page(cx, &(struct whose){"entity_id", r->e->name, r->id, NULL}, p, false, w);
}

err_t feed_timeline(struct ctx *cx, const struct rec *r, const struct feed_page *p, struct jw *w)
{
	bool account = !strcmp(r->e->name, "account");
	if (!account && strcmp(r->e->name, "opportunity") != 0)
		return feed_history(cx, r, p, w);
	return write_page(
		cx, &(struct whose){account ? "account_id" : "opportunity_id", NULL, r->id, NULL},
		p, true, w);
}
