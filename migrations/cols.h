/* Column lists that steps share, and short words for writing them.
 * A released step never changes: that includes these macros. */
#ifndef TRIPOD_MIGRATION_COLS_H
#define TRIPOD_MIGRATION_COLS_H

#include "db/migrate.h"

#define NN COL_NOT_NULL
#define COL(name_, type_)                            \
	{                                            \
		.name = (name_), .type = COL_##type_ \
	}
#define COL_N(name_, type_)                                       \
	{                                                         \
		.name = (name_), .type = COL_##type_, .flags = NN \
	}
#define COL_D(name_, type_, dflt_)                                                 \
	{                                                                          \
		.name = (name_), .type = COL_##type_, .flags = NN, .dflt = (dflt_) \
	}
#define COL_R(name_, ref_)                                      \
	{                                                       \
		.name = (name_), .type = COL_INT, .ref = (ref_) \
	}
#define COL_RN(name_, ref_)                                                  \
	{                                                                    \
		.name = (name_), .type = COL_INT, .flags = NN, .ref = (ref_) \
	}
#define COL_PK                                                     \
	{                                                          \
		.name = "id", .type = COL_ID, .flags = COL_PRIMARY \
	}

/* What every entity's table has (core/entity.h). sort_key orders by the title as a phone book. */
#define RECORD_COLS                                                                            \
	COL_PK, COL_D("version", INT, "1"), COL_N("created_at", TIME), COL("created_by", INT), \
		COL_N("updated_at", TIME), COL("updated_by", INT), COL("deleted_at", TIME),    \
		COL("deleted_by", INT), COL_D("sort_key", TEXT, "''")
#define COLS_END             \
	{                    \
		.name = NULL \
	}

#define TABLE(table_, ...)                                                               \
	{                                                                                \
		.kind = OP_CREATE_TABLE, .table = (table_), .cols = (const struct col[]) \
		{                                                                        \
			__VA_ARGS__, COLS_END                                            \
		}                                                                        \
	}
#define TABLE_PK(table_, pk_, ...)                                         \
	{                                                                  \
		.kind = OP_CREATE_TABLE, .table = (table_), .expr = (pk_), \
		.cols = (const struct col[])                               \
		{                                                          \
			__VA_ARGS__, COLS_END                              \
		}                                                          \
	}
#define INDEX(table_, name_, expr_)                                                          \
	{                                                                                    \
		.kind = OP_CREATE_INDEX, .table = (table_), .name = (name_), .expr = (expr_) \
	}
#define INDEX_WHERE(table_, name_, expr_, where_)                                             \
	{                                                                                     \
		.kind = OP_CREATE_INDEX, .table = (table_), .name = (name_), .expr = (expr_), \
		.where = (where_)                                                             \
	}
#define UNIQUE(table_, name_, expr_)                                                          \
	{                                                                                     \
		.kind = OP_CREATE_UNIQUE, .table = (table_), .name = (name_), .expr = (expr_) \
	}
#define UNIQUE_WHERE(table_, name_, expr_, where_)                                             \
	{                                                                                      \
		.kind = OP_CREATE_UNIQUE, .table = (table_), .name = (name_), .expr = (expr_), \
		.where = (where_)                                                              \
	}
#define OPS_END                \
	{                      \
		.kind = OP_SQL \
	}

#endif
