/* Numbers of a workbook: which number formats are dates, and what a serial number says.
 * Private to src/doc/. Pure. */
#ifndef TRIPOD_XLSX_NUMBER_H
#define TRIPOD_XLSX_NUMBER_H

#include "doc/table.h"

/* What a number format shows. */
enum num_format { NF_NUMBER, NF_DATE, NF_DATETIME, NF_CLOCK, NF_ELAPSED };

/* A built-in format (id < 164). */
enum num_format num_format_builtin(unsigned id);
/* A format code: yyyy"年"m"月"d"日", [h]:mm, #,##0.00;[Red]… The first section decides. */
enum num_format num_format_code(const char *code);

enum { XLSX_NUMBER_MAX = 400 };

/* The cell's stored text (<v>) as the text that a person would read; false when it is no number.
 * The number 1.0000000000000001E-1 is "0.1"; with a date format 45000.5 is a date and time.
 * date1904: the workbook counts days from 1904. */
bool xlsx_number(const char *v, enum num_format nf, bool date1904, char out[XLSX_NUMBER_MAX],
                 enum cell_kind *kind);

#endif
