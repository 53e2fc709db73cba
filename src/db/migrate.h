/* Migrations: one list of numbered steps for both engines.
 *
 * A step is made of operations on column descriptions; the module prints each engine's DDL.
 * A new installation runs the same list from the first step: there is no second init file.
 * Each step and its number are one transaction; the number is read again under lock.
 * A released step is frozen: its printed DDL is check-summed and compared.
 *
 * To add a migration: append a row to steps[] in migrations/steps.c (see docs/adding-a-migration.md). */
#ifndef TRIPOD_MIGRATE_H
#define TRIPOD_MIGRATE_H

#include "db/db.h"

enum col_type {
	COL_ID,
	COL_INT,
	COL_BOOL,
	COL_MONEY,
	COL_TIME,
	COL_DATE,
	COL_TEXT,
	COL_JSON,
	COL_BLOB,
	COL_REAL
};

enum col_flags {
	COL_NOT_NULL = 1 << 0,
	/* COL_ID: generated identity. PostgreSQL does not count an explicitly given id as used. */
	COL_PRIMARY = 1 << 1,
	COL_UNIQUE = 1 << 2,
};

struct col {
	const char *name;
	enum col_type type;
	unsigned flags;
	const char *ref; /* table whose id this refers to, or NULL */
	const char *
		dflt; /* SQL literal that both engines take, or NULL; a new NOT NULL column needs one */
};

enum mig_op_kind {
	OP_CREATE_TABLE,
	OP_ADD_COLUMN,
	OP_CREATE_INDEX,
	OP_CREATE_UNIQUE,
	OP_DROP_INDEX,
	OP_DROP_TABLE,
	OP_CREATE_FTS, /* search table for the words of an entity's rows, see db/fts.h */
	OP_SQL
};

struct mig_op {
	enum mig_op_kind kind;
	const char *table;      /* or index name's table */
	const struct col *cols; /* CREATE_TABLE: up to a NULL name; ADD_COLUMN: one */
	const char *name;       /* index name */
	/* Index columns "owner_id, deleted_at"; or primary key columns of a table without id. */
	const char *expr;
	const char *where;  /* partial index, or NULL */
	const char *sqlite; /* OP_SQL: both dialects side by side; NULL = nothing to do there */
	const char *postgres;
};

struct mig_step {
	int number;               /* 1, 2, 3 … without gaps */
	const char *name;         /* "accounts and contacts" */
	const struct mig_op *ops; /* up to a row with kind OP_SQL and no text */
};

/* The program's own list, in migrations/steps.c; ends with number 0. */
extern const struct mig_step migration_steps[];

/* Brings the database to the last of `steps` (ends with number 0). Safe with several processes
 * starting at once. *applied counts the steps run now.
 * ERR_DB with the step in the log; ERR_CONFLICT when the database is newer than the list, or a
 * released step differs from what was applied. */
MUST_USE err_t migrate_up(struct db *db, struct arena *a, struct errs *e,
                          const struct mig_step *steps, int *applied);

/* Number of the last step that was applied; 0 for an empty database. */
MUST_USE err_t migrate_version(struct db *db, struct arena *a, struct errs *e, int *number);

/* What an engine is told for an operation, statements separated by ';'; "" for nothing. */
const char *ddl_print(struct arena *a, enum db_engine engine, const struct mig_op *op);

/* The catalogue as it is: for comparing with descriptors after migrating. */
struct cat_col {
	const char *name;
	enum col_type type; /* INT for every integer kind, TEXT for every text kind */
	bool not_null;
};
struct cat_place {
	const char *table, *column;
};
/* Every column of every table whose name is `ending` or ends with "_" and it, by name. */
MUST_USE err_t catalogue_columns_ending(struct conn *c, const char *ending, struct cat_place **out,
                                        size_t *n);
/* Names of all tables, in order; those that search keeps for itself left out. */
MUST_USE err_t catalogue_tables(struct conn *c, const char *const **names, size_t *n);
/* In the order of the table; n = 0 when there is no such table. */
MUST_USE err_t catalogue_columns(struct conn *c, const char *table, struct cat_col **cols,
                                 size_t *n);

#endif
