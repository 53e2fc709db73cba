/* Records: one row of an entity in memory, read from SQL, checked from JSON or text, written as JSON.
 *
 * The values stand in the order of the entity's fields.  A record lives in the arena it was read
 * into. */
#ifndef TRIPOD_RECORD_H
#define TRIPOD_RECORD_H

#include "base/json.h"
#include "core/entity.h"

#define REC_SYSTEM_COLUMNS \
	"t.id, t.version, t.created_at, t.created_by, t.updated_at, t.updated_by, t.deleted_at"
enum { REC_SYSTEM_N = 8 }; /* those and the number */

struct rec {
	const struct entity *e;
	i64 id, version;
	i64 created_at, created_by, updated_at, updated_by, deleted_at;
	const char *number;
	const char *sort_key; /* of a record about to be inserted, if it is known; else NULL */
	const char *custom;   /* column `custom` as it was read, or NULL */
	struct val *v;        /* one per field, entity_slots() in all */
};

/* An empty record with every field NULL or its default. */
struct rec *rec_new(struct arena *a, const struct entity *e);
struct rec *rec_copy(struct arena *a, const struct rec *r);
/* From a row whose columns are entity_columns(e), beginning at column `col`; texts are copied. */
struct rec *rec_read(struct arena *a, const struct entity *e, const struct rows *r, int col);

/* The values of added fields out of a text of column `custom`, each at its place in v, which has
 * entity_slots(e) places. */
void custom_values(struct arena *a, const struct entity *e, const char *text, struct val *v);
/* The text of column `custom` for a record; NULL when no added field has a value. Members that this
 * process knows no field for stay. */
const char *custom_text(struct arena *a, const struct rec *r);

/* By field name; panics on a name that the entity does not have. */
const char *rec_text(const struct rec *r, const char *field); /* NULL when NULL */
i64 rec_i64(const struct rec *r, const char *field);          /* 0 when NULL */
bool rec_null(const struct rec *r, const char *field);
void rec_set(struct rec *r, const char *field, struct val v);
/* The field that names the record; "" when empty. */
const char *rec_title(const struct rec *r);
/* What column sort_key holds for a title: records are ordered by it, and found by it, since it is
 * indexed and titles are not. */
const char *rec_sort_key(struct arena *a, const char *title);
bool rec_same(const struct rec *a, const struct rec *b, int field);
bool val_same(const struct val *a, const struct val *b);

/* Checks one JSON value against a field's row and converts it. Field errors go to cx->e under
 * `name`; returns false then. JSON null gives VAL_NULL (ERR_REQUIRED when required). */
bool field_from_json(struct ctx *cx, const struct field *f, const char *name, const json_t *j,
                     struct val *out);
/* The same from text, as imports and filters have it: "2026-03-05", "12.50" (money in yuan when
 * money_in_yuan), "是", "true", enum value or its label in either language. */
bool field_from_text(struct ctx *cx, const struct field *f, const char *name, const char *text,
                     struct val *out);
/* "Expected a list", in the person's words for a JSON type (JSON_TRUE: yes or no); false. */
bool field_wrong_type(struct ctx *cx, const char *name, json_type want);
/* The checks of one value that is not NULL: length, bounds, enum, the field's own. Field errors go
 * to cx->e under `name`; returns false then. */
bool field_check(struct ctx *cx, const struct field *f, const char *name, const struct val *v);
/* Lays the members of `o` over `r`; gathers all field errors in cx->e (unknown, read-only, type,
 * length, enum …). References are checked by crud. creating: required fields are demanded.
 * allow_readonly: callers inside the house. */
void rec_from_json(struct ctx *cx, struct rec *r, const json_t *o, bool creating);
/* The checks on lengths, bounds and required fields of a record made in C. */
void rec_check(struct ctx *cx, const struct rec *r);

/* A cell as JSON (the same form the API takes). */
void field_to_json(struct jw *w, const struct field *f, const struct val *v);
/* A cell as text for exports and history: money as yuan, enum as label. */
const char *field_to_text(struct arena *a, const struct field *f, const struct val *v,
                          enum lang lang);
/* What a code is called, for fields with words: `by` is the value of words->by. NULL for other
 * fields, for NULL, and for a code without a name. */
const char *field_words(struct ctx *cx, const struct field *f, const struct val *v, i64 by);
/* The same for a field of a record. */
const char *rec_words(struct ctx *cx, const struct rec *r, int field);
/* Members of the record that the actor may see, without the braces; `only` limits to the named
 * fields (NULL-terminated list, id and version always) or is NULL. */
void rec_members(struct ctx *cx, struct jw *w, const struct rec *r, const char *const *only);

#endif
