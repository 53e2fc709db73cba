/* Sets of words as they are stored: ",sales,csm,", empty or NULL for none. */
#ifndef TRIPOD_SET_H
#define TRIPOD_SET_H

#include "base/base.h"

/* The set holds `word`. */
bool set_has(const char *set, const char *word);

#endif
