/* Cases in data files: tests/data/<module>/<file>.json is an array of {name, given, want}.
 *
 *	static json_t *fold(struct arena *a, const json_t *given)
 *	{
 *		return json_string(text_fold(a, json_string_value(given)));
 *	}
 *	...
 *	run_cases("text/fold.json", fold);
 *
 * Every case runs; those that differ are printed with what was given, wanted and got, and the test
 * fails at the end.  A file without cases, or a case with an unknown member, fails too. */
#ifndef TRIPOD_UNIT_CASES_H
#define TRIPOD_UNIT_CASES_H

#include "base/json.h"

/* got() answers with a new reference. */
void run_cases(const char *file, json_t *(*got)(struct arena *a, const json_t *given));
/* The whole of a file; its absence fails the test. */
const char *file_text(struct arena *a, const char *path, size_t *n);
/* A file of the shared data sets: $TRIPOD_SHARED/data, or ../shared/data, or ../../shared/data.
 * Its absence fails the test. */
const char *shared_file(struct arena *a, const char *name);

/* fn must end the process by a panic: tried in a child process. */
void must_panic(void (*fn)(void));

/* Random numbers that are the same in every run. */
struct dice {
	u64 state;
};
u64 roll(struct dice *d);
/* 0 … n - 1 */
u64 roll_below(struct dice *d, u64 n);

#endif
