/* Unified social credit code: weights 3^i mod 31, as GB 32100-2015 gives them. */
#include "base/credit_code.h"

#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
enum { MODULUS = sizeof alphabet - 1 };

char credit_code_check(const char *first)
{
	int sum = 0, weight = 1;
	for (int i = 0; i < CREDIT_CODE_CHARS - 1; i++) {
		const char *at = first[i] ? strchr(alphabet, first[i]) : NULL;
		if (!at)
			return '\0';
		sum += (int)(at - alphabet) * weight;
		weight = weight * 3 % MODULUS;
	}
	return alphabet[(MODULUS - sum % MODULUS) % MODULUS];
}

bool credit_code_valid(const char *s)
{
	if (strnlen(s, CREDIT_CODE_CHARS + 1) != CREDIT_CODE_CHARS)
		return false;
	char check = credit_code_check(s);
	return check && s[CREDIT_CODE_CHARS - 1] == check;
}
