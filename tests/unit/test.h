/* What a unit test includes first: cmocka with the headers it wants before it. */
#ifndef TRIPOD_UNIT_TEST_H
#define TRIPOD_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
