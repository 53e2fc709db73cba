/* Search tables on both engines. Their rows do not count as changes of data. */
#include "db/fts.h"

#include <string.h>

#include "base/buf.h"
#include "db/impl.h"

enum { WORDS_MAX = 1024 * 1024 };

/* Blank or control character: what both engines take as the end of a word. */
static bool ends_word(char c)
{
	return (c >= 0 && c <= ' ') || c == 0x7f;
}

/* Words with one blank between them: PostgreSQL refuses empty lexemes. */
static const char *one_blank(struct arena *a, const char *words)
{
	if (!words)
		return "";
	char *out = arena_alloc(a, strlen(words) + 1), *to = out;
	for (const char *p = words; *p; p++) {
		if (!ends_word(*p))
			*to++ = *p;
		else if (to > out && to[-1] != ' ')
			*to++ = ' ';
	}
	to -= to > out && to[-1] == ' ';
	*to = '\0';
	return out;
}

static err_t put_sqlite(struct conn *c, const char *table, i64 id, const char *words)
{
	struct arena *a = conn_arena(c);
	const char *was = NULL;
	TRY(db_one_text(c, arena_printf(a, "select words from %s where rowid = ?", table),
	                ARGS(vi(id)), &was));
	if (was && !strcmp(was, words))
		return 0;
	const char *sql = arena_printf(a,
	                               was ? "update %s set words = ? where rowid = ?"
	                                   : "insert into %s (words, rowid) values (?, ?)",
	                               table);
	return db_exec(c, sql, ARGS(vt(words), vi(id)), NULL);
}

static err_t put_postgres(struct conn *c, const char *table, i64 id, const char *words)
{
	const char *sql = arena_printf(conn_arena(c),
	                               "insert into %s as t (id, words) "
	                               "values (?, array_to_tsvector(string_to_array(?, ' '))) "
	                               "on conflict (id) do update set words = excluded.words "
	                               "where t.words <> excluded.words",
	                               table);
	return db_exec(c, sql, ARGS(vi(id), vt(words)), NULL);
}

err_t fts_put(struct conn *c, const char *table, i64 id, const char *words)
{
	i64 changes = c->changes;
	words = one_blank(conn_arena(c), words);
	err_t rc = conn_engine(c) == DB_SQLITE ? put_sqlite(c, table, id, words)
	                                       : put_postgres(c, table, id, words);
	c->changes = changes;
	return rc;
}

err_t fts_add(struct conn *c, const char *table, i64 id, const char *words)
{
	i64 changes = c->changes;
	const char *sql = arena_printf(conn_arena(c),
	                               conn_engine(c) == DB_SQLITE
	                                       ? "insert into %s (rowid, words) values (?, ?)"
	                                       : "insert into %s (id, words) values"
	                                         " (?, array_to_tsvector(string_to_array(?, ' ')))",
	                               table);
	err_t rc = db_exec(c, sql, ARGS(vi(id), vt(one_blank(conn_arena(c), words))), NULL);
	c->changes = changes;
	return rc;
}

err_t fts_delete(struct conn *c, const char *table, i64 id)
{
	i64 changes = c->changes;
	const char *key = conn_engine(c) == DB_SQLITE ? "rowid" : "id";
	err_t rc = db_exec(c,
	                   arena_printf(conn_arena(c), "delete from %s where %s = ?", table, key),
	                   ARGS(vi(id)), NULL);
	c->changes = changes;
	return rc;
}

/* How each engine quotes a word inside of the value that is bound. */
static const struct {
	char quote;
	const char *escaped; /* characters doubled inside */
	const char *prefix, *and;
	const char *key, *match;
} dialects[] = {
	[DB_SQLITE] = {'"', "\"", "*", " AND ", "rowid", " match ?"},
	[DB_POSTGRES] = {'\'', "'\\", ":*", " & ", "id", ".words @@ cast(? as tsquery)"},
};

bool fts_condition(struct arena *a, enum db_engine engine, const char *table, const char *id_column,
                   const struct query_word *words, size_t n, struct fts_cond *out)
{
	struct buf v = buf_new(a, WORDS_MAX), sql = buf_new(a, 1024);
	for (size_t i = 0; i < n; i++) {
		if (!*words[i].word)
			continue;
		if (v.n)
			buf_puts(&v, dialects[engine].and);
		buf_putc(&v, dialects[engine].quote);
		for (const char *p = words[i].word; *p; p++) {
			if (ends_word(*p))
				continue;
			if (strchr(dialects[engine].escaped, *p))
				buf_putc(&v, *p);
			buf_putc(&v, *p);
		}
		buf_putc(&v, dialects[engine].quote);
		if (words[i].prefix)
			buf_puts(&v, dialects[engine].prefix);
	}
	if (!v.n || buf_over(&v))
		return false;
	buf_printf(&sql, "%s in (select %s from %s where %s%s)", id_column, dialects[engine].key,
	           table, table, dialects[engine].match);
	out->sql = buf_str(&sql);
	out->value = vtn(v.p, v.n);
	return true;
}
