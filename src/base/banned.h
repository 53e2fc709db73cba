/* Functions that must not be used outside base/: their use does not compile.
 * Memory belongs to arenas, text is bounded, time comes from our clock.
 * The build forces this header into every file of ours outside base/. */
#ifndef TRIPOD_BANNED_H
#define TRIPOD_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat sprintf vsprintf gets strtok
#pragma GCC poison localtime gmtime ctime asctime mktime
#pragma GCC poison atoi atol atoll

#endif
