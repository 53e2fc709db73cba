/* Text: cleaning, folding and the keys of search always give valid UTF-8, whatever comes in, and
 * doing it twice changes nothing. */
#include <string.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static const char *stable(struct arena *a, const char *what,
                          const char *(*fn)(struct arena *, const char *), const char *s)
{
	const char *once = fn(a, s);
	if (!utf8_valid(once, strlen(once)))
		panic("%s gave invalid UTF-8", what);
	const char *twice = fn(a, once);
	if (strcmp(once, twice))
		panic("%s twice: '%s' became '%s'", what, once, twice);
	return once;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct arena *a = arena_new(64 * 1024 * 1024);
	const char *clean = utf8_clean(a, (const char *)data, size);
	if (!utf8_valid(clean, strlen(clean)))
		panic("utf8_clean gave invalid UTF-8");
	size_t n = 0;
	for (const char *p = clean; *p; n++)
		utf8_next(&p);
	if (n != utf8_count(clean))
		panic("utf8_count %zu, steps %zu", utf8_count(clean), n);
	stable(a, "text_trim", text_trim, clean);
	stable(a, "text_fold", text_fold, clean);
	const char *phone = text_phone_key(a, clean);
	if (phone && strspn(phone, "0123456789") != strlen(phone))
		panic("a telephone key holds more than digits: %s", phone);
	const char *company = text_company_key(a, clean);
	if (!utf8_valid(company, strlen(company)))
		panic("text_company_key gave invalid UTF-8");
	arena_free(a);
	return 0;
}
