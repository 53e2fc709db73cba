/* Import maps: JSON to structs, with every mistake named by its place. */
#include "core/import_map.h"

#include <string.h>

#include "base/text.h"
#include "core/import.h"
#include "core/scope.h"

struct parser {
	struct ctx *cx;
	struct import_map *m;
	struct lookups *lookups;
};

static err_t bad(struct ctx *cx, const char *path, const char *zh, const char *en)
{
	bool english = cx->lang == LANG_EN;
	return cx_err(cx, ERR_IMPORT_MAP,
	              EP({"reason", arena_printf(cx->a, english ? "%s: %s" : "%s：%s", path,
	                                         english ? en : zh)}));
}

static const char *sub(struct ctx *cx, const char *path, const char *key)
{
	return *path ? arena_printf(cx->a, "%s.%s", path, key) : key;
}

static const char *nth(struct ctx *cx, const char *path, size_t i)
{
	return arena_printf(cx->a, "%s[%zu]", path, i);
}

/* -- plain pieces -- */

/* An object with these keys only. */
static err_t object(struct ctx *cx, const char *path, const json_t *o, const char *const *known)
{
	if (!json_is_object(o))
		return bad(cx, path, "应为对象", "must be an object");
	const char *key;
	json_t *v;
	json_object_foreach((json_t *)o, key, v)
	{
		size_t i = 0;
		while (known[i] && strcmp(known[i], key) != 0)
			i++;
		if (!known[i])
			return bad(cx, sub(cx, path, key), "未知的键", "unknown key");
	}
	return ERR_OK;
}

static err_t text_of(struct ctx *cx, const char *path, const json_t *j, const char **out)
{
	if (!json_is_string(j))
		return bad(cx, path, "应为文本", "must be a text");
	*out = json_string_value(j);
	return ERR_OK;
}

/* An optional text member. */
static err_t member(struct ctx *cx, const char *path, const json_t *o, const char *key,
                    const char **out)
{
	const json_t *j = json_object_get(o, key);
	return j ? text_of(cx, sub(cx, path, key), j, out) : ERR_OK;
}

/* A list of texts, up to NULL. */
static err_t texts_of(struct ctx *cx, const char *path, const json_t *j, const char *const **out)
{
	if (!json_is_array(j))
		return bad(cx, path, "应为列表", "must be a list");
	const char **list = ARENA_ARRAY(cx->a, json_array_size(j) + 1, const char *);
	for (size_t i = 0; i < json_array_size(j); i++)
		TRY(text_of(cx, nth(cx, path, i), json_array_get(j, i), &list[i]));
	*out = list;
	return ERR_OK;
}

/* Text, number or truth value as the text that a cell would hold. */
static err_t scalar_of(struct ctx *cx, const char *path, const json_t *j, const char **out)
{
	if (json_is_string(j)) {
		*out = json_string_value(j);
	} else if (json_is_number(j) || json_is_boolean(j)) {
		struct jw w = jw_new(cx->a, 256);
		jw_json(&w, j);
		*out = jw_done(&w);
	} else {
		return bad(cx, path, "应为文本、数字或真假值",
		           "must be a text, number or truth value");
	}
	return ERR_OK;
}

static struct map_column column(struct ctx *cx, const char *header)
{
	return (struct map_column){.header = header, .key = import_header_key(cx->a, header)};
}

/* -- conditions -- */

static err_t cond(struct ctx *cx, const char *path, const json_t *j, struct map_cond *c)
{
	static const char *const known[] = {"column", "empty", "in", "not_in", NULL};
	const char *header = NULL;
	TRY(object(cx, path, j, known));
	TRY(member(cx, path, j, "column", &header));
	if (!header || json_object_size(j) != 2)
		return bad(cx, path, "需要 column 和 empty、in、not_in 之一",
		           "needs column and one of empty, in, not_in");
	c->col = column(cx, header);
	const json_t *empty = json_object_get(j, "empty"), *in = json_object_get(j, "in"),
		     *not_in = json_object_get(j, "not_in");
	if (empty) {
		if (!json_is_boolean(empty))
			return bad(cx, sub(cx, path, "empty"), "应为真假值",
			           "must be true or false");
		c->test = json_is_true(empty) ? COND_EMPTY : COND_NOT_EMPTY;
		return ERR_OK;
	}
	c->test = in ? COND_IN : COND_NOT_IN;
	return texts_of(cx, sub(cx, path, in ? "in" : "not_in"), in ? in : not_in, &c->texts);
}

static err_t conds(struct ctx *cx, const char *path, const json_t *j, struct map_conds *out)
{
	if (!j)
		return ERR_OK;
	if (!json_is_array(j))
		return bad(cx, path, "应为列表", "must be a list");
	out->n = json_array_size(j);
	out->c = ARENA_ARRAY(cx->a, out->n + 1, struct map_cond);
	for (size_t i = 0; i < out->n; i++)
		TRY(cond(cx, nth(cx, path, i), json_array_get(j, i), &out->c[i]));
	return ERR_OK;
}

/* -- values: where they come from -- */

static err_t template(struct ctx *cx, const char *path, const char *s, struct map_value *v)
{
	v->source = SRC_TEMPLATE;
	v->pieces = ARENA_ARRAY(cx->a, strlen(s) + 1, struct map_piece);
	struct buf text = buf_new(cx->a, 64 * 1024);
	while (*s) {
		if ((s[0] == '{' && s[1] == '{') || (s[0] == '}' && s[1] == '}')) {
			buf_putc(&text, *s);
			s += 2;
			continue;
		}
		const char *end = *s == '{' ? strchr(s, '}') : NULL;
		if (!end) {
			if (*s == '{')
				return bad(cx, path, "模板里的 { 没有对应的 }",
				           "the template has a { without }");
			buf_putc(&text, *s++);
			continue;
		}
		if (text.n) {
			v->pieces[v->n_pieces++].text = buf_str(&text);
			text = buf_new(cx->a, 64 * 1024);
		}
		v->pieces[v->n_pieces++].col =
			column(cx, arena_strndup(cx->a, s + 1, (size_t)(end - s - 1)));
		s = end + 1;
	}
	if (text.n)
		v->pieces[v->n_pieces++].text = buf_str(&text);
	return ERR_OK;
}

static err_t columns(struct ctx *cx, const char *path, const json_t *j, struct map_value *v)
{
	const char *const *list;
	TRY(texts_of(cx, path, j, &list));
	v->source = SRC_FIRST;
	v->cols = ARENA_ARRAY(cx->a, json_array_size(j) + 1, struct map_column);
	for (; *list; list++)
		v->cols[v->n_cols++] = column(cx, *list);
	return ERR_OK;
}

static err_t constant(struct ctx *cx, const char *path, const json_t *j, struct map_value *v)
{
	v->source = SRC_CONST;
	if (json_is_null(j)) {
		v->clear = true;
		return ERR_OK;
	}
	if (json_is_array(j)) {
		v->list = j;
		if (!v->f || v->f->type != FT_SET)
			return bad(cx, path, "此字段只有一个值", "this field holds one value only");
		return ERR_OK;
	}
	return scalar_of(cx, path, j, &v->text);
}

static err_t source(struct ctx *cx, const char *path, const json_t *j, struct map_value *v)
{
	static const char *const sources[] = {"column", "first", "template", "const"};
	const json_t *found = NULL;
	const char *name = "";
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		const json_t *o = json_object_get(j, sources[i]);
		if (o && found)
			return bad(cx, path, "来源只能有一个", "has more than one source");
		if (o) {
			found = o;
			name = sources[i];
		}
	}
	if (!found)
		return bad(cx, path, "缺少 column、first、template 或 const",
		           "needs column, first, template or const");
	path = sub(cx, path, name);
	const char *s = NULL;
	switch (*name) {
	case 'f': return columns(cx, path, found, v);
	case 't': TRY(text_of(cx, path, found, &s)); return template(cx, path, s, v);
	case 'c':
		if (name[2] == 'n')
			return constant(cx, path, found, v);
		TRY(text_of(cx, path, found, &s));
	}
	v->source = SRC_COLUMN;
	v->cols = ARENA_NEW(cx->a, struct map_column);
	v->cols[v->n_cols++] = column(cx, s);
	return ERR_OK;
}

/* -- values: steps -- */

static err_t one_of(struct ctx *cx, const char *path, const json_t *o, const char *key,
                    const char *const *words, int *out)
{
	const char *s = NULL;
	TRY(member(cx, path, o, key, &s));
	*out = -1;
	if (!s)
		return ERR_OK;
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], s)) {
			*out = i;
			return ERR_OK;
		}
	return bad(cx, sub(cx, path, key), "没有这种取值", "has no such value");
}

static err_t translations(struct ctx *cx, const char *path, const json_t *j, struct map_value *v)
{
	const json_t *o = json_object_get(j, "values");
	static const char *const words[] = {"keep", "empty", "error", NULL};
	int otherwise;
	TRY(one_of(cx, path, j, "otherwise", words, &otherwise));
	if (!o)
		return otherwise < 0 ? ERR_OK
		                     : bad(cx, sub(cx, path, "otherwise"), "只能和 values 一起用",
		                           "goes only with values");
	v->otherwise = otherwise == 1   ? OTHERWISE_EMPTY
	               : otherwise == 2 ? OTHERWISE_ERROR
	                                : OTHERWISE_KEEP;
	path = sub(cx, path, "values");
	if (!json_is_object(o))
		return bad(cx, path, "应为对象", "must be an object");
	v->has_values = true;
	v->pairs = ARENA_ARRAY(cx->a, json_object_size(o) + 1, struct map_pair);
	const char *from;
	json_t *to;
	json_object_foreach((json_t *)o, from, to)
	{
		struct map_pair *p = &v->pairs[v->n_pairs++];
		p->from = from;
		if (!json_is_null(to))
			TRY(scalar_of(cx, sub(cx, path, from), to, &p->to));
	}
	return ERR_OK;
}

static enum import_format format_of_type(enum field_type t)
{
	switch (t) {
	case FT_INT: return FMT_INT;
	case FT_MONEY: return FMT_MONEY;
	case FT_DATE: return FMT_DATE;
	case FT_BOOL: return FMT_BOOL;
	case FT_URL: return FMT_URL;
	case FT_ENUM:
	case FT_SET:
	case FT_TIME:
	case FT_BP: return FMT_FIELD;
	default: return FMT_TEXT;
	}
}

static bool fits(enum field_type t, enum import_format f)
{
	switch (t) {
	case FT_INT:
	case FT_MONEY:
	case FT_BP:
	case FT_BOOL: return import_format_gives(f) == VAL_INT;
	case FT_DATE:
	case FT_TIME: return f == FMT_DATE || f == FMT_DATE_DMY || f == FMT_DATE_MDY;
	default: return true;
	}
}

static err_t formatted(struct ctx *cx, const char *path, const json_t *j, struct map_value *v)
{
	const char *name = NULL;
	TRY(member(cx, path, j, "format", &name));
	v->format = !v->f ? FMT_DATE : format_of_type(v->f->type);
	if (name) {
		if (!import_format_by_name(name, &v->format))
			return bad(cx, sub(cx, path, "format"), "没有这种格式", "no such format");
		if (!v->f ? !fits(FT_DATE, v->format) : !fits(v->f->type, v->format))
			return bad(cx, sub(cx, path, "format"), "此格式不适合该字段",
			           "this format does not fit the field");
	}
	v->scale = "1";
	TRY(member(cx, path, j, "scale", &v->scale));
	bool number = v->format == FMT_INT || v->format == FMT_DECIMAL || v->format == FMT_MONEY;
	struct val probe;
	if (json_object_get(j, "scale") &&
	    (!number || !import_read(cx->a, FMT_DECIMAL, "1", v->scale, &probe)))
		return bad(cx, sub(cx, path, "scale"), "应为文本形式的数字，且只用于数字和金额",
		           "must be a number as text, for numbers and amounts only");
	return ERR_OK;
}

static err_t reference(struct parser *p, const char *path, const json_t *j,
                       const struct entity *own, struct map_value *v)
{
	static const char *const known[] = {"entity", "by", "missing", NULL};
	static const char *const missing[] = {"error", "empty", NULL};
	struct ctx *cx = p->cx;
	const json_t *o = json_object_get(j, "ref");
	if (!o) {
		if (v->f && v->f->type == FT_REF && !v->clear)
			return bad(cx, path, "关联字段需要 ref", "a reference needs `ref`");
		return ERR_OK;
	}
	path = sub(cx, path, "ref");
	const char *entity = NULL, *by = NULL;
	int may_miss;
	TRY(object(cx, path, o, known));
	TRY(member(cx, path, o, "entity", &entity));
	TRY(member(cx, path, o, "by", &by));
	TRY(one_of(cx, path, o, "missing", missing, &may_miss));
	const struct entity *e = entity ? entity_by_name(entity) : NULL;
	if (!e || !v->f || v->f->type != FT_REF || strcmp(v->f->ref, entity) != 0)
		return bad(cx, path, "该字段不关联这种记录",
		           "the field does not refer to that entity");
	int field = by ? field_index(e, by) : -1;
	if (field < 0 || !scope_field(cx->actor, &e->fields[field]) ||
	    (e->fields[field].flags & F_CUSTOM) ||
	    format_of_type(e->fields[field].type) != FMT_TEXT || e->fields[field].type == FT_REF)
		return bad(cx, sub(cx, path, "by"), "没有这个文本字段",
		           "there is no such text field");
	v->ref_may_miss = may_miss == 1;
	v->own = e == own;
	v->ref = lookup_of(cx, p->lookups, e, field, false);
	return ERR_OK;
}

static err_t value(struct parser *p, const char *path, const json_t *j, const struct entity *own,
                   struct map_value *v)
{
	static const char *const known[] = {"column", "first",     "template", "const",  "clean",
	                                    "values", "otherwise", "default",  "format", "scale",
	                                    "ref",    "only",      NULL};
	static const char *const clean[] = {"name", NULL}, *const only[] = {"create", NULL};
	struct ctx *cx = p->cx;
	int flag;
	v->path = path;
	if (json_is_string(j)) {
		const char *header = json_string_value(j);
		json_t *o = json_object();
		arena_defer(cx->a, (void (*)(void *))json_decref, o);
		json_object_set_new(o, "column", json_string(header));
		j = o;
	}
	TRY(object(cx, path, j, known));
	TRY(source(cx, path, j, v));
	TRY(one_of(cx, path, j, "clean", clean, &flag));
	v->clean = flag == 0;
	TRY(translations(cx, path, j, v));
	const json_t *dflt = json_object_get(j, "default");
	if (dflt)
		TRY(scalar_of(cx, sub(cx, path, "default"), dflt, &v->dflt));
	TRY(formatted(cx, path, j, v));
	TRY(reference(p, path, j, own, v));
	TRY(one_of(cx, path, j, "only", only, &flag));
	v->only_create = flag == 0;
	return ERR_OK;
}

/* -- records -- */

static err_t fields(struct parser *p, const char *path, const json_t *o, struct map_record *r)
{
	struct ctx *cx = p->cx;
	if (!json_is_object(o))
		return bad(cx, path, "应为对象", "must be an object");
	r->fields = ARENA_ARRAY(cx->a, json_object_size(o) + 1, struct map_value);
	const char *name;
	json_t *j;
	json_object_foreach((json_t *)o, name, j)
	{
		const char *where = sub(cx, path, name);
		struct map_value *v = &r->fields[r->n_fields++];
		v->field = field_index(r->e, name);
		v->f = v->field >= 0 ? &r->e->fields[v->field] : import_record_key(r->e);
		if (v->field < 0 && strcmp(v->f->name, name) != 0)
			return bad(cx, where, "没有这个字段", "there is no such field");
		if (v->field >= 0 && !import_takes(cx, v->f))
			return bad(cx, where, "此字段不能导入", "this field cannot be imported");
		TRY(value(p, where, j, r->e, v));
	}
	return ERR_OK;
}

static err_t key(struct parser *p, const char *path, const json_t *o, struct map_record *r)
{
	struct ctx *cx = p->cx;
	const char *const *names;
	TRY(texts_of(cx, path, o, &names));
	r->key = ARENA_ARRAY(cx->a, json_array_size(o) + 1, int);
	for (; *names; names++) {
		size_t i = 0;
		while (i < r->n_fields && strcmp(r->fields[i].f->name, *names) != 0)
			i++;
		if (i == r->n_fields)
			return bad(cx, sub(cx, path, *names), "不在 fields 里",
			           "is not among the fields");
		if (r->fields[i].own || r->fields[i].clear || r->fields[i].list)
			return bad(cx, sub(cx, path, *names), "不能用作键", "cannot be a key");
		r->key[r->n_key++] = (int)i;
		r->numbered |= r->fields[i].field < 0;
	}
	for (size_t i = 0; i < r->n_fields; i++)
		if (r->fields[i].field < 0 && (!r->numbered || r->n_key > 1))
			return bad(cx, path, "记录的编号只能单独作为键",
			           "the number of a record is a key, alone");
	if (!r->n_key)
		return bad(cx, path, "至少要有一个字段", "needs a field");
	/* What names a record leads: it tells most of them apart, and it is indexed. */
	r->lead = -1;
	for (size_t i = 0; i < r->n_key; i++) {
		const struct map_value *v = &r->fields[r->key[i]];
		if (v->ref || v->field < 0 || format_of_type(v->f->type) != FMT_TEXT ||
		    (v->f->flags & F_CUSTOM))
			continue;
		if (r->lead < 0 || (r->e->title && !strcmp(v->f->name, r->e->title)))
			r->lead = r->key[i];
	}
	if (r->lead >= 0)
		r->key_lookup = lookup_of(cx, p->lookups, r->e, r->fields[r->lead].field, true);
	return ERR_OK;
}

static err_t record(struct parser *p, const char *path, const json_t *o, bool alone,
                    struct map_record *r)
{
	static const char *const known[] = {"entity",   "main",   "when", "key",
	                                    "occurred", "fields", NULL};
	struct ctx *cx = p->cx;
	const char *entity = NULL;
	TRY(object(cx, path, o, known));
	TRY(member(cx, path, o, "entity", &entity));
	r->e = entity ? entity_by_name(entity) : NULL;
	if (!r->e)
		return bad(cx, sub(cx, path, "entity"), "没有这种记录", "there is no such entity");
	r->main = json_flag(o, "main", alone);
	TRY(conds(cx, sub(cx, path, "when"), json_object_get(o, "when"), &r->when));
	TRY(fields(p, sub(cx, path, "fields"), json_object_get(o, "fields"), r));
	TRY(key(p, sub(cx, path, "key"), json_object_get(o, "key"), r));
	const json_t *occurred = json_object_get(o, "occurred");
	if (occurred) {
		r->occurred = ARENA_NEW(cx->a, struct map_value);
		TRY(value(p, sub(cx, path, "occurred"), occurred, r->e, r->occurred));
	}
	r->born = -1;
	for (size_t i = 0; r->e->born && i < r->n_fields; i++)
		if (!strcmp(r->fields[i].f->name, r->e->born))
			r->born = r->fields[i].field;
	return ERR_OK;
}

/* -- the whole -- */

static err_t file(struct ctx *cx, const json_t *o, struct import_map *m)
{
	static const char *const known[] = {"encoding", "delimiter", "sheet", "header_row", NULL};
	static const char *const delimiters[] = {"auto", ",", ";", "\t", NULL};
	if (!o)
		return ERR_OK;
	int delimiter;
	TRY(object(cx, "file", o, known));
	TRY(member(cx, "file", o, "encoding", &m->how.encoding));
	TRY(one_of(cx, "file", o, "delimiter", delimiters, &delimiter));
	if (delimiter > 0)
		m->how.separator = *delimiters[delimiter];
	const json_t *sheet = json_object_get(o, "sheet"), *row = json_object_get(o, "header_row");
	if (json_is_integer(sheet))
		m->sheet_number = json_integer_value(sheet);
	else if (sheet)
		TRY(text_of(cx, "file.sheet", sheet, &m->how.sheet));
	if (json_is_integer(row))
		m->how.title_row = json_integer_value(row);
	if ((row && m->how.title_row < 1) || (json_is_integer(sheet) && m->sheet_number < 1))
		return bad(cx, "file", "工作表和标题行从 1 数起",
		           "sheets and header rows count from 1");
	return ERR_OK;
}

err_t import_map_parse(struct ctx *cx, const json_t *doc, struct lookups *lookups,
                       struct import_map **out)
{
	static const char *const known[] = {"version", "entity", "about",   "file",
	                                    "empty",   "skip",   "records", NULL};
	struct import_map *m = ARENA_NEW(cx->a, struct import_map);
	struct parser p = {cx, m, lookups};
	const char *entity = NULL;
	m->lookups = lookups;
	TRY(object(cx, "", doc, known));
	if (json_i64(doc, "version", 0) != 1)
		return bad(cx, "version", "应为 1", "must be 1");
	TRY(member(cx, "", doc, "entity", &entity));
	m->e = entity ? entity_by_name(entity) : NULL;
	if (!m->e)
		return bad(cx, "entity", "没有这种记录", "there is no such entity");
	TRY(member(cx, "", doc, "about", &m->about));
	TRY(file(cx, json_object_get(doc, "file"), m));
	const json_t *empty = json_object_get(doc, "empty"),
		     *records = json_object_get(doc, "records");
	static const char *const none[] = {NULL};
	m->empty = none;
	if (empty)
		TRY(texts_of(cx, "empty", empty, &m->empty));
	TRY(conds(cx, "skip", json_object_get(doc, "skip"), &m->skip));
	if (!json_is_array(records) || !json_array_size(records))
		return bad(cx, "records", "应为列表，且不能为空", "must be a list and not empty");
	m->n_records = json_array_size(records);
	m->records = ARENA_ARRAY(cx->a, m->n_records, struct map_record);
	size_t mains = 0;
	for (size_t i = 0; i < m->n_records; i++) {
		TRY(record(&p, nth(cx, "records", i), json_array_get(records, i), m->n_records == 1,
		           &m->records[i]));
		if (m->records[i].main) {
			mains++;
			m->main = i;
		}
	}
	if (mains != 1 || m->records[m->main].e != m->e)
		return bad(cx, "records", "须有且只有一条 main，且与 entity 一致",
		           "needs exactly one main entry, of the map's entity");
	*out = m;
	return ERR_OK;
}

/* -- the file -- */

/* A file of wrong rows is UTF-8 with its mark, whatever the file was that they came from. */
static bool has_utf8_mark(struct doc_input file)
{
	char head[3] = {0};
	if (file.path) {
		FILE *f = fopen(file.path, "rb");
		size_t n = f ? fread(head, 1, sizeof head, f) : 0;
		if (f)
			fclose(f);
		return n == sizeof head && !memcmp(head, "\xef\xbb\xbf", n);
	}
	return file.n >= sizeof head && !memcmp(file.data, "\xef\xbb\xbf", sizeof head);
}

err_t import_map_open(struct ctx *cx, struct arena *a, const struct import_map *m,
                      struct doc_input file, const char *encoding, struct table_reader **out)
{
	struct table_read how = m ? m->how : (struct table_read){0};
	if (encoding && strcmp(encoding, "auto") != 0)
		how.encoding = encoding;
	else if (has_utf8_mark(file))
		how.encoding = NULL;
	if (m && m->sheet_number) {
		const char *const *names;
		size_t n, at = (size_t)m->sheet_number - 1;
		TRY(table_sheets(a, &cx->e, file, &names, &n));
		/* A workbook of wrong rows has that one sheet only. */
		how.sheet = !n ? NULL : at < n ? names[at] : names[0];
	}
	return table_open(a, &cx->e, file, &how, out);
}

/* -- columns of a file -- */

struct binder {
	struct ctx *cx;
	const char *const *keys;
	size_t n;
	bool *need;
};

static err_t bind_column(struct binder *b, struct map_column *c)
{
	for (c->at = 0; c->at < b->n; c->at++)
		if (!strcmp(b->keys[c->at], c->key)) {
			b->need[c->at] = true;
			return ERR_OK;
		}
	bool english = b->cx->lang == LANG_EN;
	return cx_err(b->cx, ERR_IMPORT_MAP,
	              EP({"reason", arena_printf(b->cx->a,
	                                         english ? "the file has no column \"%s\""
	                                                 : "文件中没有“%s”这一列",
	                                         c->header)}));
}

static err_t bind_conds(struct binder *b, struct map_conds *c)
{
	for (size_t i = 0; i < c->n; i++)
		TRY(bind_column(b, &c->c[i].col));
	return ERR_OK;
}

static err_t bind_value(struct binder *b, struct map_value *v)
{
	for (size_t i = 0; i < v->n_cols; i++)
		TRY(bind_column(b, &v->cols[i]));
	for (size_t i = 0; i < v->n_pieces; i++)
		if (!v->pieces[i].text)
			TRY(bind_column(b, &v->pieces[i].col));
	return ERR_OK;
}

err_t import_map_bind(struct ctx *cx, struct import_map *m, const struct table_reader *r,
                      bool **need)
{
	const char **keys = ARENA_ARRAY(cx->a, r->n_columns + 1, const char *);
	struct binder b = {cx, keys, r->n_columns, ARENA_ARRAY(cx->a, r->n_columns + 1, bool)};
	for (size_t i = 0; i < r->n_columns; i++)
		keys[i] = import_header_key(cx->a, r->columns[i]);
	TRY(bind_conds(&b, &m->skip));
	for (size_t i = 0; i < m->n_records; i++) {
		struct map_record *rec = &m->records[i];
		TRY(bind_conds(&b, &rec->when));
		if (rec->occurred)
			TRY(bind_value(&b, rec->occurred));
		for (size_t k = 0; k < rec->n_fields; k++)
			TRY(bind_value(&b, &rec->fields[k]));
	}
	*need = b.need;
	return ERR_OK;
}
