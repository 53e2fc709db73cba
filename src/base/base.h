/* Words that every file uses: fixed-width names, attributes, small macros.
 * Floor 0.  Includes nothing of ours. */
#ifndef TRIPOD_BASE_H
#define TRIPOD_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t i64;
typedef int32_t i32;
typedef uint64_t u64;
typedef uint32_t u32;
typedef uint16_t u16;
typedef uint8_t u8;

/* A result that must not be ignored. */
#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define NORETURN __attribute__((noreturn))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

enum lang { LANG_ZH = 0, LANG_EN = 1, LANG_COUNT };

/* A sentence in both languages.  Tables hold these; a missing one fails a test. */
struct label {
	const char *zh;
	const char *en;
};
/* clang-format off */
#define L(zh_, en_) {.zh = (zh_), .en = (en_)}
/* clang-format on */

static inline const char *label_in(struct label l, enum lang lang)
{
	return lang == LANG_EN ? l.en : l.zh;
}

#endif
