/* Makes base/pinyin_table.h at build time: the readings of every Chinese character from ICU and
 * base/pinyin_readings.def, and the phrases of base/pinyin_phrases.def in order.
 *	pinyin_table OUT
 * Ends with 1 and a line on standard error when a row of the lists is wrong or a character of
 * U+4E00–U+9FA5 has no reading. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

enum {
	FIRST = 0x3400, /* the plain table; rarer characters are in a sorted list */
	LAST = 0x9fff,
	MUST_FIRST = 0x4e00,
	MUST_LAST = 0x9fa5,
	READINGS_MAX = 8,
	SYLLABLE = 8,
	SETS_MAX = 8192,
	RARE_MAX = 1024,
	PHRASES_MAX = 8192,
	PHRASE_CHARS = 4,
};

struct set {
	char syllable[READINGS_MAX][SYLLABLE];
	int n;
};

struct row {
	const char *text, *reading;
};

static const struct row listed[] = {
#define READINGS(c, r) {c, r},
#include "base/pinyin_readings.def"
#undef READINGS
};
static const struct row phrases[] = {
#define PHRASE(t, r) {t, r},
#define SURNAME(c, r)
#include "base/pinyin_phrases.def"
#undef PHRASE
#undef SURNAME
};
static const struct row surnames[] = {
#define PHRASE(t, r)
#define SURNAME(c, r) {c, r},
#include "base/pinyin_phrases.def"
#undef PHRASE
#undef SURNAME
};
enum { N_LISTED = sizeof listed / sizeof *listed, N_PHRASES = sizeof phrases / sizeof *phrases };
enum { N_SURNAMES = sizeof surnames / sizeof *surnames };

static struct set pool[SETS_MAX]; /* distinct sets of readings */
static int pool_at[SETS_MAX];     /* where each begins in the written pool */
static int n_pool;
static uint16_t plain[LAST - FIRST + 1]; /* number of the set + 1 */
static bool begins_phrase[LAST - FIRST + 1];
static struct {
	uint32_t cp;
	int set;
} rare[RARE_MAX];
static int n_rare;

static void fail(const char *what, const char *which)
{
	fprintf(stderr, "pinyin_table: %s: %s\n", what, which);
	exit(1);
}

static void check(UErrorCode status, const char *what)
{
	if (U_FAILURE(status))
		fail(what, u_errorName(status));
}

static uint32_t code_point(const char **s)
{
	const uint8_t *p = (const uint8_t *)*s;
	int more = p[0] < 0x80 ? 0 : p[0] < 0xe0 ? 1 : p[0] < 0xf0 ? 2 : 3;
	uint32_t cp = more ? p[0] & (0x3fu >> more) : p[0];
	for (int i = 1; i <= more; i++)
		cp = cp << 6 | (p[i] & 0x3f);
	*s += more + 1;
	return cp;
}

static bool has(const struct set *s, const char *syllable)
{
	for (int i = 0; i < s->n; i++)
		if (!strcmp(s->syllable[i], syllable))
			return true;
	return false;
}

static void add(struct set *s, const char *syllable, size_t len)
{
	char text[SYLLABLE] = "";
	if (!len || len >= SYLLABLE || strspn(syllable, "abcdefghijklmnopqrstuvwxyz") < len)
		fail("not a syllable", syllable);
	memcpy(text, syllable, len);
	if (has(s, text))
		return;
	if (s->n == READINGS_MAX)
		fail("too many readings", text);
	memcpy(s->syllable[s->n++], text, SYLLABLE);
}

static void add_all(struct set *s, const char *readings)
{
	while (*readings) {
		size_t len = strcspn(readings, " ");
		add(s, readings, len);
		readings += len;
		readings += *readings == ' ';
	}
}

static int pooled(const struct set *s)
{
	for (int i = 0; i < n_pool; i++)
		if (!memcmp(&pool[i], s, sizeof *s))
			return i;
	if (n_pool == SETS_MAX)
		fail("too many", "sets of readings");
	pool[n_pool] = *s;
	return n_pool++;
}

static UTransliterator *open_rules(const char *id)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar name[32];
	u_charsToUChars(id, name, (int32_t)strlen(id) + 1);
	UTransliterator *t = utrans_openU(name, -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
	check(status, id);
	return t;
}

/* The first syllable ICU gives for a character, without tones, ü as v; "" when it knows none. */
static void from_icu(const UTransliterator *t, uint32_t cp, char out[SYLLABLE])
{
	UErrorCode status = U_ZERO_ERROR;
	UChar text[64], parts[64];
	int32_t n = 0, limit;
	U16_APPEND_UNSAFE(text, n, cp);
	limit = n;
	utrans_transUChars(t, text, &n, 64, 0, &limit, &status);
	const UNormalizer2 *nfd = unorm2_getNFDInstance(&status);
	n = unorm2_normalize(nfd, text, n, parts, 64, &status);
	check(status, "transliterate");
	int len = 0;
	out[0] = '\0';
	for (int32_t i = 0; i < n && parts[i] != ' '; i++) {
		if (parts[i] == 0x308 && len && out[len - 1] == 'u')
			out[len - 1] = 'v';
		else if (parts[i] >= 'a' && parts[i] <= 'z' && len < SYLLABLE - 1)
			out[len++] = (char)parts[i];
		else if (parts[i] < 0x300 || parts[i] > 0x36f)
			break; /* not Latin: unknown to ICU */
		out[len] = '\0';
	}
}

/* lü is typed lv by most and lu by some. */
static void add_typed_variants(struct set *s)
{
	for (int i = 0, n = s->n; i < n; i++) {
		char text[SYLLABLE];
		memcpy(text, s->syllable[i], SYLLABLE);
		char *v = strchr(text, 'v');
		if (v) {
			*v = 'u';
			add(s, text, strlen(text));
		}
	}
}

static void put(uint32_t cp, struct set *s)
{
	add_typed_variants(s);
	int number = pooled(s);
	if (cp >= FIRST && cp <= LAST) {
		plain[cp - FIRST] = (uint16_t)(number + 1);
		return;
	}
	if (n_rare == RARE_MAX)
		fail("too many", "rare characters");
	rare[n_rare].cp = cp;
	rare[n_rare++].set = number;
}

static void read_characters(void)
{
	UTransliterator *usual = open_rules("Han-Latin"), *names = open_rules("Han-Latin/Names");
	static const char *in_list[LAST + 1];
	for (int i = 0; i < N_LISTED; i++) {
		const char *p = listed[i].text;
		uint32_t cp = code_point(&p);
		if (*p)
			fail("not one character", listed[i].text);
		if (cp >= FIRST && cp <= LAST) {
			in_list[cp] = listed[i].reading;
			continue;
		}
		struct set s = {.n = 0};
		if (n_rare && rare[n_rare - 1].cp >= cp)
			fail("not in order", listed[i].text);
		add_all(&s, listed[i].reading);
		put(cp, &s);
	}
	for (uint32_t cp = FIRST; cp <= LAST; cp++) {
		struct set s = {.n = 0};
		char text[SYLLABLE];
		if (in_list[cp])
			add_all(&s, in_list[cp]);
		from_icu(usual, cp, text);
		if (text[0])
			add(&s, text, strlen(text));
		from_icu(names, cp, text);
		if (text[0])
			add(&s, text, strlen(text));
		if (s.n) {
			put(cp, &s);
		} else if (cp >= MUST_FIRST && cp <= MUST_LAST) {
			snprintf(text, sizeof text, "%04x", (unsigned)cp);
			fail("no reading for U+", text);
		}
	}
	utrans_close(usual);
	utrans_close(names);
}

static const struct set *set_of(uint32_t cp)
{
	return cp >= FIRST && cp <= LAST && plain[cp - FIRST] ? &pool[plain[cp - FIRST] - 1] : NULL;
}

/* Numbers of the one-syllable sets of a phrase; its length in characters. */
static int resolve(const struct row *r, int sets[PHRASE_CHARS])
{
	int n = 0;
	const char *reading = r->reading;
	for (const char *p = r->text; *p; n++) {
		const struct set *all = set_of(code_point(&p));
		struct set one = {.n = 0};
		size_t len = strcspn(reading, " ");
		if (n == PHRASE_CHARS || !len)
			fail("characters and syllables differ", r->text);
		add(&one, reading, len);
		if (!all || !has(all, one.syllable[0]))
			fail("not a listed reading", r->text);
		sets[n] = pooled(&one);
		reading += len;
		reading += *reading == ' ';
	}
	if (*reading)
		fail("characters and syllables differ", r->text);
	return n;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->text, ((const struct row *)b)->text);
}

static void write_rows(FILE *f, const char *name, const struct row *rows, int n)
{
	static struct row sorted[PHRASES_MAX];
	if (n > PHRASES_MAX)
		fail("too many", name);
	memcpy(sorted, rows, (size_t)n * sizeof *rows);
	qsort(sorted, (size_t)n, sizeof *sorted, by_text);
	fprintf(f, "static const struct fixed %s[] = {\n", name);
	for (int i = 0; i < n; i++) {
		int sets[PHRASE_CHARS];
		if (i && !strcmp(sorted[i].text, sorted[i - 1].text))
			fail("listed twice", sorted[i].text);
		int chars = resolve(&sorted[i], sets);
		fprintf(f, "\t{\"%s\", {", sorted[i].text);
		for (int k = 0; k < chars; k++)
			fprintf(f, "%d%s", pool_at[sets[k]], k + 1 < chars ? ", " : "}},\n");
	}
	fprintf(f, "};\n");
}

/* Gives every set its place; the pool begins with a NULL, so that 0 means none. */
static void lay_out(void)
{
	int at = 1;
	for (int i = 0; i < n_pool; i++) {
		pool_at[i] = at;
		at += pool[i].n + 1;
	}
	if (at >= 0x8000)
		fail("too many", "syllables");
}

static void write_pool(FILE *f)
{
	fprintf(f, "static const char *const pool[] = {\n\tNULL,\n");
	for (int i = 0; i < n_pool; i++) {
		fputc('\t', f);
		for (int k = 0; k < pool[i].n; k++)
			fprintf(f, "\"%s\", ", pool[i].syllable[k]);
		fprintf(f, "NULL,\n");
	}
	fprintf(f, "};\n");
}

static void write_characters(FILE *f)
{
	fprintf(f, "enum { PLAIN_FIRST = 0x%x, PLAIN_LAST = 0x%x };\n", FIRST, LAST);
	fprintf(f, "static const u16 plain[] = {\n");
	for (int i = 0; i <= LAST - FIRST; i++) {
		int at = plain[i] ? pool_at[plain[i] - 1] : 0;
		fprintf(f, "%d,%c", at | (begins_phrase[i] ? 0x8000 : 0),
		        i % 16 == 15 ? '\n' : ' ');
	}
	fprintf(f, "};\nstatic const struct rare rare[] = {\n");
	for (int i = 0; i < n_rare; i++)
		fprintf(f, "\t{0x%x, %d},\n", (unsigned)rare[i].cp, pool_at[rare[i].set]);
	fprintf(f, "};\n");
}

static int by_syllable(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void write_syllables(FILE *f)
{
	static char all[SETS_MAX * READINGS_MAX][SYLLABLE];
	size_t n = 0;
	for (int i = 0; i < n_pool; i++)
		for (int k = 0; k < pool[i].n; k++)
			memcpy(all[n++], pool[i].syllable[k], SYLLABLE);
	qsort(all, n, sizeof *all, by_syllable);
	fprintf(f, "static const char syllables[][%d] = {\n", SYLLABLE);
	for (size_t i = 0; i < n; i++)
		if (!i || strcmp(all[i], all[i - 1]))
			fprintf(f, "\t\"%s\",\n", all[i]);
	fprintf(f, "};\n");
}

int main(int argc, char **argv)
{
	if (argc != 2)
		fail("usage", "pinyin_table OUT");
	read_characters();
	int sets[PHRASE_CHARS];
	for (int i = 0; i < N_SURNAMES; i++)
		if (resolve(&surnames[i], sets) != 1)
			fail("a surname of one character is wanted", surnames[i].text);
	for (int i = 0; i < N_PHRASES; i++) {
		const char *p = phrases[i].text;
		uint32_t first = code_point(&p);
		if (resolve(&phrases[i], sets) < 2)
			fail("a phrase of two characters is wanted", phrases[i].text);
		begins_phrase[first - FIRST] = true;
	}
	FILE *f = fopen(argv[1], "w");
	if (!f)
		fail("cannot write", argv[1]);
	lay_out();
	fprintf(f, "/* Made by pinyin_table; do not edit. */\n");
	write_pool(f);
	write_characters(f);
	write_syllables(f);
	write_rows(f, "phrases", phrases, N_PHRASES);
	write_rows(f, "surnames", surnames, N_SURNAMES);
	if (fclose(f))
		fail("cannot write", argv[1]);
	return 0;
}
