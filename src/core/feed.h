/* Feed: events as people see them — the history of a record, the timeline of an account or
 * opportunity, and whether an event may be shown to somebody at all. */
#ifndef TRIPOD_FEED_H
#define TRIPOD_FEED_H

#include "core/event.h"
#include "core/record.h"

struct feed_page {
	i64 before; /* event number the page begins below; 0 = the newest */
	int limit;
};

/* May the actor see the event? What it is about must be visible to him (deleted records count as
 * they were); events about no record (log-ins, settings) are seen by whoever did them and by those
 * with event.read for all. */
MUST_USE err_t feed_visible(struct ctx *cx, const char *entity, i64 entity_id, i64 actor_id,
                            bool *yes);

/* {"items":[{seq,at,kind,label,actor,entity,entity_id,title,changes:[…]}],"next":cursor|null},
 * newest first. history: events of the record itself; timeline: also of what belongs to it (an
 * account's opportunities, tasks, files …), as far as the actor sees that.
 * changes: {field,label,old,new,old_text,new_text}. */
MUST_USE err_t feed_history(struct ctx *cx, const struct rec *r, const struct feed_page *p,
                            struct jw *w);
MUST_USE err_t feed_timeline(struct ctx *cx, const struct rec *r, const struct feed_page *p,
                             struct jw *w);

extern const struct permission feed_permissions[];

#endif
