/* Errors: the table and the recorder. */
#include "base/err.h"

#include <string.h>

#include "base/buf.h"

static const struct err_def defs[ERR_COUNT] = {
	[ERR_OK] = {"ERR_OK", 200, "ok", L("成功", "OK")},
#define ERROR(id, status_, code_, zh_, en_) [id] = {#id, status_, code_, L(zh_, en_)},
#include "base/errors.def"
#undef ERROR
};

const struct err_def *err_def(enum err_code c)
{
	if (c >= ERR_COUNT)
		panic("unknown error code %d", (int)c);
	return &defs[c];
}

enum err_code err_by_code(const char *code)
{
	for (int i = 1; i < ERR_COUNT; i++)
		if (!strcmp(defs[i].code, code))
			return (enum err_code)i;
	return ERR_OK;
}

void errs_init(struct errs *e, struct arena *a)
{
	*e = (struct errs){.a = a};
}

void errs_clear(struct errs *e)
{
	errs_init(e, e->a);
}

static const struct err_param *copy_params(struct arena *a, const struct err_param *p)
{
	if (!p)
		return NULL;
	size_t n = 0;
	while (p[n].key)
		n++;
	struct err_param *q = ARENA_ARRAY(a, n + 1, struct err_param);
	for (size_t i = 0; i < n; i++) {
		q[i].key = arena_strdup(a, p[i].key);
		q[i].value = arena_strdup(a, p[i].value ? p[i].value : "");
	}
	return q;
}

err_t errs_set_at(struct errs *e, const char *file, int line, enum err_code c,
                  const struct err_param *params)
{
	if (e->code == ERR_OK) {
		e->code = c;
		e->params = copy_params(e->a, params);
		e->file = file;
		e->line = line;
	}
	return (err_t)c;
}

err_t errs_fail_at(struct errs *e, const char *file, int line, enum err_code c, const char *fmt,
                   ...)
{
	if (e->code == ERR_OK) {
		va_list ap;
		va_start(ap, fmt);
		e->log = arena_vprintf(e->a, fmt, ap);
		va_end(ap);
	}
	return errs_set_at(e, file, line, c, NULL);
}

void errs_field(struct errs *e, const char *field, enum err_code c, const struct err_param *params)
{
	if (e->n_fields == e->cap_fields) {
		size_t cap = e->cap_fields ? e->cap_fields * 2 : 8;
		struct err_field *f = ARENA_ARRAY(e->a, cap, struct err_field);
		if (e->n_fields)
			memcpy(f, e->fields, e->n_fields * sizeof *f);
		e->fields = f;
		e->cap_fields = cap;
	}
	e->fields[e->n_fields++] = (struct err_field){
		.field = arena_strdup(e->a, field), .code = c, .params = copy_params(e->a, params)};
}

bool errs_any_field(const struct errs *e)
{
	return e->n_fields > 0;
}

err_t errs_invalid(struct errs *e)
{
	return errs_set(e, ERR_INVALID, NULL);
}

const char *err_text(struct arena *a, enum err_code c, const struct err_param *params,
                     enum lang lang)
{
	struct buf b = buf_new(a, 64 * 1024);
	const char *s = label_in(err_def(c)->text, lang);
	while (*s) {
		const char *close = *s == '{' ? strchr(s, '}') : NULL;
		if (!close) {
			buf_putc(&b, *s++);
			continue;
		}
		size_t n = (size_t)(close - s - 1);
		for (const struct err_param *p = params; p && p->key; p++)
			if (strlen(p->key) == n && !memcmp(p->key, s + 1, n))
				buf_puts(&b, p->value);
		s = close + 1;
	}
	return buf_str(&b);
}
