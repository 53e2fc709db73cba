/* Errors: what went wrong, once, where it arose.
 *
 * Functions return err_t (0 = ok, must be used).  The detail is recorded in a struct errs at
 * the place where it arises; callers only pass the code on.  Three kinds, never mixed:
 * a refusal (4xx: sentence for the user in both languages), a failure of the surroundings
 * (5xx: request id to the user, detail to the log), a bug (panic).
 *
 * To add an error: one row in base/errors.def.  Nothing else.
 *
 * Input checks gather all field errors first:
 *	errs_field(e, "name", ERR_REQUIRED, NULL);
 *	errs_field(e, "amount_fen", ERR_TOO_SMALL, EP({"min", "0"}));
 *	if (errs_any_field(e)) return errs_invalid(e);
 */
#ifndef TRIPOD_ERR_H
#define TRIPOD_ERR_H

#include "base/arena.h"

typedef int err_t;

enum err_code {
	ERR_OK = 0,
#define ERROR(id, status, code, zh, en) id,
#include "base/errors.def"
#undef ERROR
	ERR_COUNT
};

/* Values for the {placeholders} of a sentence; the list ends with a NULL key. */
struct err_param {
	const char *key;
	const char *value;
};
#define EP(...) ((const struct err_param[]){__VA_ARGS__, {NULL, NULL}})

struct err_field {
	const char *field;
	enum err_code code;
	const struct err_param *params; /* in the arena */
};

struct errs {
	struct arena *a;
	enum err_code code;
	const struct err_param *params;
	struct err_field *fields;
	size_t n_fields, cap_fields;
	const char *extra; /* JSON members to add to the answer, without braces, or NULL */
	const char *log;   /* for the log only */
	const char *file;  /* where it arose */
	int line;
};

struct err_def {
	const char *name; /* ERR_NOT_FOUND */
	int status;       /* HTTP */
	const char *code; /* not_found: what clients see */
	struct label text;
};

/* Row of the table; c must be a valid code. */
const struct err_def *err_def(enum err_code c);
/* The code whose client name is `code`, or ERR_OK. */
enum err_code err_by_code(const char *code);

void errs_init(struct errs *e, struct arena *a);
/* Forgets what was recorded, for a retry. */
void errs_clear(struct errs *e);
/* Records and returns the code. The first error wins; a later one is not recorded. */
err_t errs_set_at(struct errs *e, const char *file, int line, enum err_code c,
                  const struct err_param *params);
#ifndef __clang_analyzer__
#define errs_set(e, code, params) errs_set_at((e), __FILE__, __LINE__, (code), (params))
#else /* which reads one file at a time: it cannot know that the code comes back */
#define errs_set(e, code, params) \
	((void)errs_set_at((e), __FILE__, __LINE__, (code), (params)), (err_t)(code))
#endif
/* As errs_set, with a text for the log only (SQL message, errno). */
err_t errs_fail_at(struct errs *e, const char *file, int line, enum err_code c, const char *fmt,
                   ...) PRINTF_LIKE(5, 6);
#define errs_fail(e, code, ...) errs_fail_at((e), __FILE__, __LINE__, (code), __VA_ARGS__)
/* Adds a field error; name and params are copied. */
void errs_field(struct errs *e, const char *field, enum err_code c, const struct err_param *params);
bool errs_any_field(const struct errs *e);
/* ERR_INVALID with the gathered fields. */
err_t errs_invalid(struct errs *e);
/* The sentence of code c with its placeholders filled. */
const char *err_text(struct arena *a, enum err_code c, const struct err_param *params,
                     enum lang lang);

#define TRY(expr)                      \
	do {                           \
		err_t try_rc = (expr); \
		if (try_rc)            \
			return try_rc; \
	} while (0)

#endif
