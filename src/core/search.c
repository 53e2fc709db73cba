/* Search words in and out. */
#include "core/search.h"

#include <string.h>

#include "base/pinyin.h"
#include "base/text.h"
#include "core/scope.h"
#include "db/fts.h"

enum {
	WORDS_MAX = 256 * 1024,
	PHONE_TAIL_MIN = 4,
	LOOKED_AT = 20000, /* hits whose visible fields are read, the newest */
};

static const char *table_of(struct arena *a, const struct entity *e)
{
	return arena_printf(a, "%s_fts", e->table);
}

static void word(struct buf *b, const char *s)
{
	buf_putc(b, ' ');
	buf_puts(b, s);
}

/* A phone number is found by any tail of four digits or more. */
static void phone_words(struct arena *a, struct buf *b, const char *phone)
{
	const char *digits = text_phone_key(a, phone);
	size_t n = strlen(digits);
	for (size_t i = 0; n >= PHONE_TAIL_MIN && i + PHONE_TAIL_MIN <= n; i++)
		word(b, digits + i);
}

/* "L2026-000042" by itself, without the dash, and by its running number. */
static void number_words(struct arena *a, struct buf *b, const char *number)
{
	const char *dash = strchr(number, '-');
	if (!dash)
		return;
	const char *run = dash + 1;
	while (*run == '0')
		run++;
	char *joined = arena_strdup(a, number);
	memmove(joined + (dash - number), dash + 1, strlen(dash));
	word(b, search_words(a, number));
	word(b, text_fold(a, joined));
	word(b, run);
}

/* The words of the fields that `ac` sees. */
static const char *words_of(struct arena *a, const struct actor *ac, const struct rec *r)
{
	struct buf b = buf_new(a, WORDS_MAX);
	for (int i = 0; r->e->fields[i].name; i++) {
		const struct field *f = &r->e->fields[i];
		if (r->v[i].type != VAL_TEXT || !(f->flags & (F_SEARCH | F_PHONE_KEY)) ||
		    actor_field(ac, f) == FIELD_NONE)
			continue;
		if (f->flags & F_PHONE_KEY)
			phone_words(a, &b, r->v[i].s.p);
		else
			word(&b, search_words(a, r->v[i].s.p));
	}
	if (r->number)
		number_words(a, &b, r->number);
	return buf_str(&b);
}

static err_t put(struct ctx *cx, const struct rec *r,
                 err_t (*fn)(struct conn *c, const char *table, i64 id, const char *words))
{
	struct arena *a = arena_child(cx->a);
	const char *words = words_of(a, actor_system(), r);
	err_t rc = fn(cx->c, table_of(a, r->e), r->id, words);
	arena_free(a);
	return rc;
}

err_t search_put(struct ctx *cx, const struct rec *r)
{
	return put(cx, r, fts_put);
}

err_t search_add(struct ctx *cx, const struct rec *r)
{
	return put(cx, r, fts_add);
}

err_t search_remove(struct ctx *cx, const struct entity *e, i64 id)
{
	return fts_delete(cx->c, table_of(cx->a, e), id);
}

/* Has the entity a searchable field that the actor may not see? */
static bool finds_hidden(const struct actor *ac, const struct entity *e)
{
	for (const struct field *f = e->fields; f->name; f++)
		if ((f->flags & (F_SEARCH | F_PHONE_KEY)) && !scope_field(ac, f))
			return true;
	return false;
}

/* Is the word, or with `prefix` a word that begins so, among words parted by blanks? */
static bool has_word(const char *words, const struct query_word *q)
{
	size_t n = strlen(q->word);
	for (const char *p = words; (p = strstr(p, q->word)); p++)
		if ((p == words || p[-1] == ' ') && (q->prefix || !p[n] || p[n] == ' '))
			return true;
	return false;
}

/* The index holds the words of all fields of a record together. For whoever may not see one of
 * them, what it finds is held against the fields he does see; else a hit would tell what the
 * others hold. */
static err_t only_by_visible(struct ctx *cx, const struct entity *e, const char *col,
                             const struct fts_cond *f, const struct query_word *words, size_t n,
                             struct sqlb *q)
{
	struct sqlb *s = sqlb_new(cx->a);
	struct arena *row = arena_child(cx->a);
	const char *mark = strchr(f->sql, '?');
	sqlb_addf(s, "select %s from %s t where t.deleted_at is null and %.*s", entity_columns(e),
	          e->table, (int)(mark - f->sql), f->sql);
	sqlb_val(s, f->value);
	sqlb_add(s, mark + 1);
	TRY(scope_where(cx, e, "read", "t", s));
	sqlb_addf(s, " order by t.id desc limit %d", LOOKED_AT);
	struct rows *r;
	TRY(db_query(cx->c, sqlb_text(s), sqlb_args(s), &r));
	sqlb_addf(q, " and %s in (0", col);
	while (rows_next(r)) {
		arena_reset(row);
		const char *has = words_of(row, cx->actor, rec_read(row, e, r, 0));
		bool all = true;
		for (size_t i = 0; all && i < n; i++)
			all = !*words[i].word || has_word(has, &words[i]);
		if (all)
			sqlb_addf(q, ",%lld", (long long)rows_i64(r, 0));
	}
	sqlb_add(q, ")");
	arena_free(row);
	return rows_done(r);
}

err_t search_where(struct ctx *cx, const struct entity *e, const char *alias, const char *query,
                   struct sqlb *q)
{
	if (!(e->flags & E_SEARCH))
		return cx_err(cx, ERR_BAD_REQUEST, EP({"reason", "q"}));
	struct query_word *words;
	size_t n = search_query(cx->a, query, &words);
	struct fts_cond f;
	bool hidden = finds_hidden(cx->actor, e);
	const char *col = arena_printf(cx->a, "%s.id", alias);
	if (!n || !fts_condition(cx->a, conn_engine(cx->c), table_of(cx->a, e),
	                         hidden ? "t.id" : col, words, n, &f)) {
		sqlb_add(q, " and 0 = 1");
		return ERR_OK;
	}
	if (hidden)
		return only_by_visible(cx, e, col, &f, words, n, q);
	/* The condition holds one marker for its one value. */
	const char *mark = strchr(f.sql, '?');
	sqlb_addf(q, " and %.*s", (int)(mark - f.sql), f.sql);
	sqlb_val(q, f.value);
	sqlb_add(q, mark + 1);
	return ERR_OK;
}

/* What stands in grey beside a hit: the second thing a person would tell them apart by. */
static const struct field *subtitle_field(const struct actor *ac, const struct entity *e)
{
	static const char *const candidates[] = {"contact_name", "title",       "short_name",
	                                         "department",   "credit_code", "series",
	                                         "kind",         "stage_code"};
	for (size_t i = 0; i < ARRAY_LEN(candidates); i++)
		if (field_index(e, candidates[i]) >= 0 && strcmp(candidates[i], e->title) != 0 &&
		    scope_field(ac, field_by_name(e, candidates[i])))
			return field_by_name(e, candidates[i]);
	return NULL;
}

err_t search_all(struct ctx *cx, const char *query, int limit, struct jw *w)
{
	jw_obj(w);
	jw_key(w, "groups");
	jw_arr(w);
	for (size_t i = 0; entity_at(i); i++) {
		const struct entity *e = entity_at(i);
		if (!(e->flags & E_SEARCH) || scope_of(cx->actor, e, "read") == SCOPE_NONE)
			continue;
		const struct field *sub = subtitle_field(cx->actor, e);
		struct sqlb *q = sqlb_new(cx->a);
		sqlb_addf(q,
		          "select t.id, t.%s, %s, %s%s, %s%s from %s t where t.deleted_at is null",
		          e->title, e->number_prefix ? "t.number" : "null", sub ? "t." : "",
		          sub ? sub->name : "null", sub && sub->words ? "t." : "",
		          sub && sub->words ? sub->words->by : "null", e->table);
		TRY(search_where(cx, e, "t", query, q));
		TRY(scope_where(cx, e, "read", "t", q));
		sqlb_addf(q, " order by t.id desc limit %d", limit);
		struct rows *r;
		TRY(db_query(cx->c, sqlb_text(q), sqlb_args(q), &r));
		bool any = false;
		while (rows_next(r)) {
			if (!any) {
				jw_obj(w);
				jw_kstr(w, "entity", e->name);
				jw_kstr(w, "label", label_in(e->label_plural, cx->lang));
				jw_key(w, "items");
				jw_arr(w);
				any = true;
			}
			jw_obj(w);
			jw_kint(w, "id", rows_i64(r, 0));
			jw_kstr(w, "title", rows_text(r, 1));
			jw_kstr(w, "number", rows_text(r, 2));
			struct val v = rows_val(r, 3);
			const char *words = sub ? field_words(cx, sub, &v, rows_i64(r, 4)) : NULL;
			jw_kstr(w, "subtitle", words ? words : rows_text(r, 3));
			jw_end_obj(w);
		}
		TRY(rows_done(r));
		if (any) {
			jw_end_arr(w);
			jw_end_obj(w);
		}
	}
	jw_end_arr(w);
	jw_end_obj(w);
	return ERR_OK;
}
