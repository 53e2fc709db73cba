/* Import maps in memory (docs/import-maps.md): parsed, checked against the entities, and bound to
 * the columns of one file. Made once per import, read for every row. */
#ifndef TRIPOD_IMPORT_MAP_H
#define TRIPOD_IMPORT_MAP_H

#include "base/json.h"
#include "core/entity.h"
#include "core/import_format.h"
#include "core/import_lookup.h"
#include "doc/table.h"

/* A column by its header; `at` is its place in the file, once bound. */
struct map_column {
	const char *header, *key;
	size_t at;
};

struct map_cond {
	struct map_column col;
	enum { COND_EMPTY, COND_NOT_EMPTY, COND_IN, COND_NOT_IN } test;
	const char *const *texts; /* up to NULL */
};

struct map_conds {
	struct map_cond *c;
	size_t n;
};

/* A piece of a template: fixed text, or a column when text is NULL. */
struct map_piece {
	const char *text;
	struct map_column col;
};

struct map_pair {
	const char *from, *to; /* to NULL: no value */
};

struct map_value {
	const char *path;      /* in the map, for errors */
	const struct field *f; /* NULL for `occurred` */
	int field;             /* its index; -1 for import_number and import_id */
	enum { SRC_COLUMN, SRC_FIRST, SRC_TEMPLATE, SRC_CONST } source;
	struct map_column *cols; /* SRC_COLUMN, SRC_FIRST */
	size_t n_cols;
	struct map_piece *pieces; /* SRC_TEMPLATE */
	size_t n_pieces;
	const char *text;   /* SRC_CONST: as text; NULL with clear or list */
	bool clear;         /* SRC_CONST null */
	const json_t *list; /* SRC_CONST several codes */
	bool clean;
	struct map_pair *pairs;
	size_t n_pairs;
	bool has_values;
	enum { OTHERWISE_KEEP, OTHERWISE_EMPTY, OTHERWISE_ERROR } otherwise;
	const char *dflt;
	enum import_format format; /* never FMT_FIELD but for enum, set and time */
	const char *scale;
	struct lookup *ref; /* NULL: the value itself */
	bool ref_may_miss;
	bool own; /* a ref to the entity of its own record: rows further down count */
	bool only_create;
};

struct map_record {
	const struct entity *e;
	bool main;
	struct map_conds when;
	int *key; /* indexes into fields of the map record */
	size_t n_key;
	bool numbered;              /* the key is the record's own number or id: it must be there */
	struct lookup *key_lookup;  /* of the key's leading field; NULL when none is a text */
	int lead;                   /* that field, among `fields` */
	struct map_value *occurred; /* or NULL */
	struct map_value *fields;
	size_t n_fields;
	int born; /* field whose day is the creation's when there is no `occurred`; or -1 */
};

struct import_map {
	const struct entity *e;
	const char *about;
	struct table_read how;
	i64 sheet_number;         /* from 1; 0 = by name or the first */
	const char *const *empty; /* up to NULL */
	struct map_conds skip;
	struct map_record *records;
	size_t n_records;
	size_t main;
	struct lookups *lookups;
};

/* What every record has beside its fields, as keys of maps: its number, or its id where records
 * have none.  A row that names one is about that record and no other. */
extern const struct field import_number, import_id;
/* Whichever the entity has. */
const struct field *import_record_key(const struct entity *e);

/* ERR_IMPORT_MAP {reason} with the place in the JSON. The map keeps what it needs of `doc`. */
MUST_USE err_t import_map_parse(struct ctx *cx, const json_t *doc, struct lookups *lookups,
                                struct import_map **out);
/* Opens a file as the map says; m may be NULL. encoding: instead of the map's, NULL or "auto" for
 * what the map says. Errors as table_open(). */
MUST_USE err_t import_map_open(struct ctx *cx, struct arena *a, const struct import_map *m,
                               struct doc_input file, const char *encoding,
                               struct table_reader **out);
/* Finds the columns of a file; need[i] is set for each column that is read.
 * ERR_IMPORT_MAP for one that the file lacks. */
MUST_USE err_t import_map_bind(struct ctx *cx, struct import_map *m, const struct table_reader *r,
                               bool **need);

#endif
