/* The 18-character unified social credit code of Chinese organisations, GB 32100-2015. */
#ifndef TRIPOD_CREDIT_CODE_H
#define TRIPOD_CREDIT_CODE_H

#include "base/base.h"

enum { CREDIT_CODE_CHARS = 18 };

/* 18 characters of the standard's alphabet (digits and capitals without I O S V Z), of which the
 * last is the check character of the others.  Whether the code was ever issued is not known. */
bool credit_code_valid(const char *s);
/* The check character for the first 17 of a code; '\0' when one is not of the alphabet. */
char credit_code_check(const char *first);

#endif
