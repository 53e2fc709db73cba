/* Sets of words in a text. */
#include "core/set.h"

#include <string.h>

bool set_has(const char *set, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = set; p && (p = strstr(p, word)); p += n)
		if (p > set && p[-1] == ',' && p[n] == ',')
			return true;
	return false;
}
