/* JSON: what the reader takes, the writer writes so that it reads back equal; any bytes given to
 * the writer as text come out as valid JSON. */
#include "base/json.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void must_parse(struct arena *a, const char *text, json_t **out)
{
	struct errs e;
	errs_init(&e, a);
	if (json_parse(a, &e, text, strlen(text), out))
		panic("our own JSON does not parse: %s", text);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct arena *a = arena_new(256 * 1024 * 1024);
	struct errs e;
	errs_init(&e, a);
	json_t *first = NULL, *second = NULL;
	if (!json_parse(a, &e, (const char *)data, size, &first)) {
		struct jw w = jw_new(a, 64 * 1024 * 1024);
		jw_json(&w, first);
		must_parse(a, jw_done(&w), &second);
		if (!json_equal(first, second))
			panic("JSON changed on its way through the writer");
	}
	/* The reader refuses U+0000, which valid JSON may hold. */
	if (!memchr(data, 0, size)) {
		struct jw w = jw_new(a, 64 * 1024 * 1024);
		jw_obj(&w);
		jw_key(&w, "text");
		jw_strn(&w, (const char *)data, size);
		jw_end_obj(&w);
		must_parse(a, jw_done(&w), &second);
	}
	arena_free(a);
	return 0;
}
