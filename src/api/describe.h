/* The program describes itself: what it runs on, as JSON. */
#ifndef TRIPOD_DESCRIBE_H
#define TRIPOD_DESCRIBE_H

#include "api/api.h"

/* openapi permissions errors events settings entities metrics; false for another word. */
bool describe(const char *what, struct jw *w);
void describe_openapi(struct jw *w);
/* The entities as in /meta; `can` only for somebody. */
void describe_entities(struct jw *w, struct ctx *cx);

#endif
