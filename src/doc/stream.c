/* The bytes of an input as a stream: a file, or what is in memory; its size has a limit. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "doc/table_ops.h"

static void close_file(void *f)
{
	fclose(f);
}

err_t doc_stream(struct arena *a, struct errs *e, struct doc_input in, FILE **out, i64 *size)
{
	/* fmemopen() takes no empty buffer; "r" never writes through the pointer. */
	FILE *f = in.path ? fopen(in.path, "rb")
	          : in.n  ? fmemopen((void *)(uintptr_t)in.data, in.n, "rb")
	                  : fopen("/dev/null", "rb");
	if (!f)
		return errs_set(e, ERR_IMPORT_FILE, EP({"reason", strerror(errno)}));
	arena_defer(a, close_file, f);
	i64 n = (i64)in.n;
	if (in.path) {
		n = fseeko(f, 0, SEEK_END) ? -1 : ftello(f);
		rewind(f);
		if (n < 0)
			return errs_set(e, ERR_IMPORT_FILE, EP({"reason", strerror(errno)}));
	}
	char max[24];
	snprintf(max, sizeof max, "%d", TABLE_FILE_MAX);
	if (n > TABLE_FILE_MAX)
		return errs_set(e, ERR_TOO_BIG, EP({"max", max}));
	*size = n;
	*out = f;
	return ERR_OK;
}
