/* Personal data (PIPL): all that is kept about one person, given out as a file, erased for good.
 *
 * A person is a contact, or the contact of a lead; the same person is found in other contacts and
 * leads by telephone, mobile, e-mail and WeChat.  Erasing empties the personal fields of those
 * records, what was written about them, and the payloads of their events: the log stays provable
 * (event_erase).  Companies, deals and amounts stay.  Needs privacy.manage. */
#ifndef TRIPOD_PRIVACY_H
#define TRIPOD_PRIVACY_H

#include "core/crud.h"

/* {"person":{entity,id,title},"records":[{entity,id,title,role,values}],"events":[…],"n_events"};
 * role: person, or part (what hangs on one). whole: with values and events. ERR_NOT_FOUND. */
MUST_USE err_t privacy_write(struct ctx *cx, const char *entity, i64 id, bool whole, struct jw *w);
/* The same given out: appends personal.exported. */
MUST_USE err_t privacy_export(struct ctx *cx, const char *entity, i64 id, struct jw *w);
/* reason goes into the log. *n: records changed. ERR_NOT_FOUND · ERR_INVALID (reason). */
MUST_USE err_t privacy_erase(struct ctx *cx, const char *entity, i64 id, const char *reason,
                             i64 *n);

extern const struct module privacy_module;

#endif
