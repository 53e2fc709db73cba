/* JSON: jansson behind stricter doors, and a writer that only appends. */
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void decref(void *j)
{
	json_decref(j);
}

/* The deepest nesting in text, brackets in strings not counted.  jansson itself
 * allows 2048. */
static int nesting(const char *text, size_t n)
{
	int depth = 0, most = 0;
	bool in_string = false;
	for (size_t i = 0; i < n; i++) {
		char c = text[i];
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > most)
				most = depth;
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return most;
}

static err_t bad(struct errs *e, const char *reason)
{
	return errs_set(e, ERR_BAD_JSON, EP({"reason", reason}));
}

err_t json_parse(struct arena *a, struct errs *e, const char *text, size_t n, json_t **out)
{
	*out = NULL;
	if (n > JSON_SIZE_MAX)
		return bad(e, arena_printf(a, "over %d bytes", JSON_SIZE_MAX));
	if (n && memchr(text, 0, n)) /* jansson takes it for the end */
		return bad(e, "U+0000");
	if (nesting(text, n) > JSON_DEPTH_MAX)
		return bad(e, arena_printf(a, "nested deeper than %d", JSON_DEPTH_MAX));
	json_error_t je;
	json_t *j = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &je);
	if (!j) {
		/* jansson quotes the input and cuts at a byte: keep what is whole. */
		const char *why = utf8_clean(a, je.text, strlen(je.text));
		return bad(e, arena_printf(a, "line %d, column %d: %s", je.line, je.column, why));
	}
	arena_defer(a, decref, j);
	*out = j;
	return ERR_OK;
}

struct jw jw_new(struct arena *a, size_t max)
{
	return (struct jw){.b = buf_new(a, max)};
}

static bool bit(const u64 *set, int i)
{
	return set[i / 64] >> (i % 64) & 1;
}

static void bit_put(u64 *set, int i, bool v)
{
	u64 m = (u64)1 << (i % 64);
	set[i / 64] = v ? set[i / 64] | m : set[i / 64] & ~m;
}

/* Before any value: the comma, and a check that a value may stand here. */
static void value(struct jw *w)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (bit(w->in_obj, w->depth))
		panic("json writer: value without key");
	if (bit(w->has_item, w->depth)) {
		if (!w->depth)
			panic("json writer: two documents");
		buf_putc(&w->b, ',');
	}
	bit_put(w->has_item, w->depth, true);
}

static void open(struct jw *w, char c)
{
	value(w);
	if (++w->depth >= JW_DEPTH_MAX)
		panic("json writer: deeper than %d", JW_DEPTH_MAX);
	bit_put(w->has_item, w->depth, false);
	bit_put(w->in_obj, w->depth, c == '{');
	buf_putc(&w->b, c);
}

static void close(struct jw *w, char c)
{
	if (!w->depth || w->after_key || bit(w->in_obj, w->depth) != (c == '}'))
		panic("json writer: '%c' closes nothing", c);
	w->depth--;
	buf_putc(&w->b, c);
}

void jw_obj(struct jw *w)
{
	open(w, '{');
}

void jw_end_obj(struct jw *w)
{
	close(w, '}');
}

void jw_arr(struct jw *w)
{
	open(w, '[');
}

void jw_end_arr(struct jw *w)
{
	close(w, ']');
}

static bool plain(u8 c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void escape(struct buf *b, u8 c)
{
	static const char hex[] = "0123456789abcdef";
	static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	for (const char *p = names; *p; p += 2) {
		if ((u8)*p == c) {
			buf_write(b, (const char[]){'\\', p[1]}, 2);
			return;
		}
	}
	buf_write(b, (const char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
}

/* Length of the beginning that may stand between quotes as it is. */
static size_t clean(const char *s, size_t n)
{
	size_t i = 0;
	while (i < n) {
		u8 c = (u8)s[i];
		u32 cp;
		size_t len;
		if (plain(c))
			i++;
		else if (c > 0xe0 && c < 0xed && n - i > 2 && ((u8)s[i + 1] & 0xc0) == 0x80 &&
		         ((u8)s[i + 2] & 0xc0) == 0x80)
			i += 3; /* nearly all Chinese: here any two continuation bytes do */
		else if (c >= 0x80 && (len = utf8_decode(s + i, n - i, &cp)))
			i += len;
		else
			break;
	}
	return i;
}

/* Quoted text.  Bytes that are not UTF-8 become U+FFFD, so that the output is
 * always JSON. */
static void quoted(struct buf *b, const char *s, size_t n)
{
	buf_putc(b, '"');
	for (;;) {
		size_t ok = clean(s, n);
		buf_write(b, s, ok);
		if (ok == n)
			break;
		if ((u8)s[ok] >= 0x80)
			buf_puts(b, "\xef\xbf\xbd");
		else
			escape(b, (u8)s[ok]);
		s += ok + 1;
		n -= ok + 1;
	}
	buf_putc(b, '"');
}

void jw_key(struct jw *w, const char *key)
{
	if (!bit(w->in_obj, w->depth) || w->after_key)
		panic("json writer: key '%s' outside an object", key);
	if (bit(w->has_item, w->depth))
		buf_putc(&w->b, ',');
	bit_put(w->has_item, w->depth, true);
	quoted(&w->b, key, strlen(key));
	buf_putc(&w->b, ':');
	w->after_key = true;
}

void jw_strn(struct jw *w, const char *s, size_t n)
{
	value(w);
	quoted(&w->b, s, n);
}

void jw_str(struct jw *w, const char *s)
{
	if (s)
		jw_strn(w, s, strlen(s));
	else
		jw_null(w);
}

void jw_int(struct jw *w, i64 v)
{
	value(w);
	buf_i64(&w->b, v);
}

void jw_bool(struct jw *w, bool v)
{
	value(w);
	buf_puts(&w->b, v ? "true" : "false");
}

void jw_null(struct jw *w)
{
	value(w);
	buf_puts(&w->b, "null");
}

void jw_real(struct jw *w, double v)
{
	if (!isfinite(v)) {
		jw_null(w);
		return;
	}
	char s[40];
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(s, sizeof s, "%.*g", digits, v);
		if (strtod(s, NULL) == v)
			break;
	}
	value(w);
	buf_puts(&w->b, s);
	if (!strpbrk(s, ".e"))
		buf_puts(&w->b, ".0"); /* a reader that tells whole numbers apart sees a real */
}

void jw_raw(struct jw *w, const char *json)
{
	value(w);
	buf_puts(&w->b, json);
}

void jw_json(struct jw *w, const json_t *j)
{
	const char *key;
	json_t *v;
	size_t i;
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		jw_obj(w);
		json_object_foreach((json_t *)(uintptr_t)j, key, v)
		{
			jw_key(w, key);
			jw_json(w, v);
		}
		jw_end_obj(w);
		break;
	case JSON_ARRAY:
		jw_arr(w);
		json_array_foreach(j, i, v) jw_json(w, v);
		jw_end_arr(w);
		break;
	case JSON_STRING: jw_strn(w, json_string_value(j), json_string_length(j)); break;
	case JSON_INTEGER: jw_int(w, json_integer_value(j)); break;
	case JSON_REAL: jw_real(w, json_real_value(j)); break;
	case JSON_TRUE:
	case JSON_FALSE: jw_bool(w, json_is_true(j)); break;
	case JSON_NULL: jw_null(w); break;
	}
}

void jw_klabel(struct jw *w, const char *k, struct label l)
{
	jw_key(w, k);
	if (!l.zh) {
		jw_null(w);
		return;
	}
	jw_obj(w);
	jw_kstr(w, "zh", l.zh);
	jw_kstr(w, "en", l.en);
	jw_end_obj(w);
}

const char *jw_done(struct jw *w)
{
	if (w->depth || !bit(w->has_item, 0))
		panic("json writer: document not finished");
	return buf_over(&w->b) ? NULL : buf_str(&w->b);
}

const char *json_text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

i64 json_i64(const json_t *o, const char *key, i64 dflt)
{
	const json_t *v = json_object_get(o, key);
	return json_is_integer(v) ? json_integer_value(v) : dflt;
}

bool json_flag(const json_t *o, const char *key, bool dflt)
{
	const json_t *v = json_object_get(o, key);
	return json_is_boolean(v) ? json_is_true(v) : dflt;
}
