/* tripod describe: what this program runs on. */
#include <stdio.h>

#include "api/describe.h"
#include "app/command.h"

enum { DESCRIPTION_MAX = 64 * 1024 * 1024 };

int cmd_describe(struct run *rn)
{
	struct jw w = jw_new(rn->a, DESCRIPTION_MAX);
	if (!describe(rn->word[0], &w))
		return run_misuse(rn, "describe what?");
	const char *text = jw_done(&w);
	bool written = fwrite(text, 1, w.b.n, stdout) == w.b.n && fputc('\n', stdout) != EOF &&
	               !fflush(stdout);
	return written ? EXIT_DONE : EXIT_REFUSED;
}
