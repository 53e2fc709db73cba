/* Search: the words of any text are plain and without repeats, a query asks for plain words, and a
 * text of Chinese characters alone is found by itself, by its letters and by its initials. */
#include <string.h>

#include "base/pinyin.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* n bytes: [a-z0-9]+ or one or two characters. */
static bool is_plain(const char *p, size_t n)
{
	if (n && strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789") >= n)
		return true;
	const char *end = p + n;
	int han = 0;
	while (p < end && is_han(utf8_next(&p)))
		han++;
	return p == end && (han == 1 || han == 2);
}

static void check_words(struct arena *a, const char *all)
{
	const char *fence = arena_printf(a, " %s ", all);
	for (const char *p = all; *p;) {
		size_t n = strcspn(p, " ");
		if (!is_plain(p, n))
			panic("not a plain word: '%.*s' among %s", (int)n, p, all);
		const char *word = arena_printf(a, " %.*s ", (int)n, p);
		if (strstr(strstr(fence, word) + 1, word))
			panic("twice:%samong %s", word, all);
		p += n + (p[n] == ' ');
	}
}

static bool finds(struct arena *a, const char *all, const char *asked)
{
	struct query_word *q;
	const char *fence = arena_printf(a, " %s ", all);
	size_t n = search_query(a, asked, &q);
	for (size_t i = 0; i < n; i++) {
		if (!is_plain(q[i].word, strlen(q[i].word)))
			panic("a query asks for '%s'", q[i].word);
		if (!strstr(fence, arena_printf(a, " %s%s", q[i].word, q[i].prefix ? "" : " ")))
			return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct arena *a = arena_new(256 * 1024 * 1024);
	if (size > 2000)
		size = 2000;
	const char *text = utf8_clean(a, (const char *)data, size);
	const char *all = search_words(a, text);
	check_words(a, all);
	const char *full = pinyin_full(a, text), *key = pinyin_sort_key(a, text);
	if (!utf8_valid(full, strlen(full)) || !utf8_valid(key, strlen(key)))
		panic("pinyin gave invalid UTF-8");
	bool spelled = text[0] != '\0' && utf8_count(text) <= 20;
	for (const char *p = text; *p && spelled;) {
		u32 cp = utf8_next(&p);
		spelled = cp >= 0x4e00 && cp <= 0x9fa5;
	}
	if (!finds(a, all, text) && utf8_count(text) < 100)
		panic("%s is not found by itself among %s", text, all);
	if (spelled && !finds(a, all, pinyin_initials(a, text)))
		panic("%s is not found by its initials among %s", text, all);
	arena_free(a);
	return 0;
}
