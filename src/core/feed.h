/* Feed: events as people see them — the history of a record, the timeline of an account or
 * opportunity, and whether an event may be shown to somebody at all. */
#ifndef TRIPOD_FEED_H
#define TRIPOD_FEED_H

#include "core/event.h"
#include "core/record.h"

/* What is looked for in the whole log; what is 0 or NULL does not limit. */
struct feed_filter {
	i64 actor_id;
	const char *kind;   /* "lead.created", or "lead." for all of them */
	const char *entity; /* what it is about */
	i64 entity_id;
	i64 from, to;     /* instants: from <= occurred_at < to */
	const char *text; /* stands in what the person is shown of the event */
};

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
/* Needs event.read for all. ERR_FORBIDDEN. */
MUST_USE err_t feed_search(struct ctx *cx, const struct feed_filter *f, const struct feed_page *p,
                           struct jw *w);
MUST_USE err_t feed_timeline(struct ctx *cx, const struct rec *r, const struct feed_page *p,
                             struct jw *w);

extern const struct permission feed_permissions[];

#endif
