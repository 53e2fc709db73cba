/* Entities and fields: the tables that the whole house reads.
 *
 * A row of `struct field` gives validation, JSON, SQL columns, filters, sort, import and export,
 * history, forms, OpenAPI and TypeScript types.  To add a field: one row here (in the owner's
 * *_tables.c) and one migration step.  To add an entity: one `struct entity` in a module's list
 * and one migration step (docs/adding-an-entity.md).
 *
 * Every entity's table has, besides its fields, the columns of RECORD_COLS (migrations/cols.h):
 * id, version, created_at, created_by, updated_at, updated_by, deleted_at, deleted_by, sort_key;
 * and `number` when it has a number_prefix. */
#ifndef TRIPOD_ENTITY_H
#define TRIPOD_ENTITY_H

#include "base/json.h"
#include "core/ctx.h"

enum field_type {
	FT_TEXT,     /* one line */
	FT_LONGTEXT, /* several lines */
	FT_INT,
	FT_MONEY, /* int64 fen; the record's `currency` field names the unit */
	FT_BP,    /* basis points */
	FT_BOOL,
	FT_DATE, /* yyyy-mm-dd */
	FT_TIME, /* UTC us inside, RFC 3339 outside */
	FT_ENUM, /* one of `values` */
	FT_SET,  /* several of `values`: stored ",a,b," */
	FT_REF,  /* id of a record of entity `ref` */
	FT_EMAIL,
	FT_PHONE,
	FT_URL,
	FT_TYPES
};

enum field_flags {
	F_REQUIRED = 1 << 0,
	F_READONLY = 1 << 1, /* kept by the system: refused from outside, shown */
	F_SEARCH = 1 << 2,   /* its words go into search */
	F_LIST = 1 << 3,     /* a default column of lists */
	F_NOFORM = 1 << 4,   /* not in the generated form */
	F_NOIMPORT = 1 << 5,
	F_UNIQUE = 1 << 6,    /* the database has a unique index on it */
	F_HIDDEN = 1 << 7,    /* never leaves the server */
	F_PHONE_KEY = 1 << 8, /* tail of the number is searchable */
	F_KEY = 1 << 9,       /* may be an upsert key of imports */
	F_IMPORT = 1 << 10,   /* read-only, but imports may set it */
	F_CUSTOM =
		1 << 11, /* added by an administrator: lives in column `custom`, see field_sql() */
	F_RETIRED = 1 << 12, /* of those: taken out of use, kept for old records */
};

struct enum_row {
	const char *value;
	struct label label;
	const char *tone; /* neutral, info, success, warning, danger */
};

struct rec;

/* What stored codes are called where the words are no row of `values`: the stages and nodes of the
 * playbook version that an opportunity walks.  Records come with them in the member `labels`. */
struct field_words {
	const char *by; /* FT_REF field of the same entity: whose words */
	/* What `code` is called there in the person's language; NULL when it has no name. */
	const char *(*say)(struct ctx *cx, i64 by, const char *code);
	/* The codes that can be chosen today, in order and up to a NULL value: filters offer them.
	 * NULL when there are none. */
	const struct enum_row *(*choices)(struct ctx *cx);
};

struct field {
	const char *name;
	enum field_type type;
	unsigned flags;
	struct label label;
	i64 min,
		max; /* length of text in characters, or bounds of numbers; max 0 = the type's default */
	const struct enum_row *values;   /* FT_ENUM, FT_SET: up to a NULL value */
	const char *ref;                 /* FT_REF: entity */
	const struct field_words *words; /* FT_TEXT: names of codes, or NULL */
	const char *dflt;                /* as text, or NULL */
	const char *group;               /* heading in forms: a key of groups[] */
	struct label help;
	/* A permission of some module, or NULL. Without it the field does not exist for a person: not
	 * in lists, records, filters, history, forms, imports or exports (see scope_field()). */
	const char *read_permission;
	int place; /* F_CUSTOM: its place among the entity's added fields */
	/* Extra check of one value: the error code, or ERR_OK. v is not NULL. */
	enum err_code (*check)(const struct val *v);
};

enum entity_flags {
	E_COMMENTS = 1 << 0, /* takes comments */
	E_FILES = 1 << 1,    /* takes attachments */
	E_SEARCH = 1 << 2,   /* has <table>_fts */
	E_NO_DELETE = 1 << 3,
	E_NO_CREATE = 1 << 4,   /* made by verbs of their own, not by POST */
	E_OPEN_READ = 1 << 5,   /* lists such as industries: everybody logged in reads them */
	E_PARENT_READ = 1 << 6, /* read by whoever sees its first parent: no grant of its own */
	E_MERGE = 1 << 9,       /* two of them can be made one: core/merge.h */
};

/* Whose record is it? All columns may be NULL. See core/scope.h. */
struct scope_cols {
	const char *owners[4]; /* columns holding users */
	const char *account;   /* column with the account; "id" for the account itself */
	const char *region;    /* column with its region; without one its account's counts */
	struct {
		const char *col, *entity;
	} parents[3];     /* seen by whoever sees the parent */
	bool polymorphic; /* columns `entity` and `entity_id` name the parent */
	/* Columns `share` and `team_id` say who reads it besides its owner: see core/share.h. */
	bool shared;
	/* A table of user_id and `col`: who is named there sees the record. */
	struct {
		const char *table, *col;
	} people;
};

struct entity_hooks {
	/* Rules over several fields; adds field errors to cx->e, may set derived fields of `now`.
	 * before is NULL on creation. */
	err_t (*check)(struct ctx *cx, struct rec *now, const struct rec *before);
	/* After the row was written, in the same transaction. */
	err_t (*saved)(struct ctx *cx, const struct rec *now, const struct rec *before);
	/* Before it goes to the recycle bin. */
	err_t (*removing)(struct ctx *cx, const struct rec *r);
};

struct entity {
	const char *name;   /* lead */
	const char *plural; /* leads: the API path */
	const char *table;  /* lead */
	struct label label, label_plural;
	const char *number_prefix; /* "L" → L2026-000001, or NULL */
	const char *title;         /* field that names a record */
	/* Up to a NULL name. While the program runs, fields that administrators add stand behind those
	 * of the table; one keeps its place for ever (core/custom.h). */
	const struct field *_Atomic fields;
	struct scope_cols scope;
	unsigned flags;
	const struct entity_hooks *hooks; /* or NULL */
	const char *default_sort;         /* "-created_at" */
	/* Takes added fields: the entity itself, which must not be const then; its table has a column
	 * `custom`. NULL: none. */
	struct entity *custom;
	const char *born; /* date field: when a record of the past that is imported came to be */
};

/* -- the registry: filled once at start from the explicit list in src/app/modules.c -- */

struct permission {
	const char *code; /* "playbook.publish" */
	struct label label;
};

struct event_kind {
	const char *kind; /* "node.completed" */
	struct label label;
	bool data_point; /* one of the 埋点 */
};

struct setting_def;
struct job_def;
struct metric_def;
struct notice_kind;
struct output_kind;
struct review_subject;

struct module {
	const char *name;
	const struct entity *const *entities; /* up to NULL; or NULL */
	const struct permission *permissions; /* up to a NULL code; or NULL */
	const struct event_kind *events;      /* up to a NULL kind; or NULL */
	/* What a fact of these is about beside its record, in the person's language, or NULL: the
	 * node that a payload names by its code. Or no function. */
	const char *(*about)(struct ctx *cx, i64 opportunity_id, const json_t *payload);
	const struct setting_def *settings; /* up to a NULL name; or NULL */
	const struct job_def *jobs;         /* up to a NULL name; or NULL */
	const struct notice_kind *notices;  /* up to a NULL code; or NULL: core/notify.h */
	const struct metric_def *metrics;   /* up to a NULL code; or NULL */
	const struct output_kind *const *output_kinds; /* up to NULL; or NULL: see src/process */
	/* up to NULL; or NULL: see src/review */
	const struct review_subject *const *review_subjects;
};

/* modules ends with NULL and lives for ever. Panics on a doubled name, an unknown ref or a label
 * missing in a language, or a field apart that search or a key would give away. */
void registry_set(const struct module *const *modules);
const struct module *const *registry_modules(void);

const struct entity *entity_by_name(const char *name);   /* or NULL */
const struct entity *entity_by_plural(const char *name); /* or NULL */
const struct entity *entity_at(size_t i);                /* NULL at the end */
size_t entity_count(void);
size_t entity_field_count(const struct entity *e);
enum { CUSTOM_MAX = 40 }; /* fields that may be added to one entity */
/* How many of them stand in its table; added ones come after those. */
size_t entity_base_count(const struct entity *e);
/* Of entity_columns(): the record's own, a column per field of the table, and `custom`. */
int entity_column_count(const struct entity *e);
/* How many values a record of it has room for: its fields, and those that may still be added. */
size_t entity_slots(const struct entity *e);
/* Whose field is it: *at is the entity's place as in entity_at(), *i the field's among its fields.
 * NULL for a field that stands in no entity's table. */
const struct entity *entity_of_field(const struct field *f, size_t *at, size_t *i);
/* The fields that administrators added, n of them, from now on; what was there before stays
 * readable to whoever holds it. One caller at a time (core/custom.c). */
void entity_customs(const struct entity *e, const struct field *added, size_t n);
/* The field as an SQL expression: "t.name", or for an added one what `custom` holds under it. */
const char *field_sql(const struct ctx *cx, const struct field *f, const char *alias);
int field_index(const struct entity *e, const char *name); /* -1 when absent */
const struct field *field_by_name(const struct entity *e, const char *name);
const char *field_type_name(enum field_type t); /* "text", "money", … as in /meta */
const struct enum_row *enum_row(const struct field *f, const char *value);
/* Declared kinds and <entity>.created|updated|deleted|restored|merged. NULL when unknown. */
const struct event_kind *event_kind_find(const char *kind);
const struct event_kind *event_kind_at(size_t i);
/* "account.read" … for every entity, and the modules' own. NULL code at the end. */
const struct permission *permission_at(size_t i);
bool permission_known(const char *code);
/* "select <columns> from <table> t" with the columns in the order of rec_read(). Static. */
const char *entity_columns(const struct entity *e);

#endif
