/* Notifications: what one person is told, made in the transaction of the event that causes it. */
#ifndef TRIPOD_NOTIFY_H
#define TRIPOD_NOTIFY_H

#include "core/ctx.h"

struct notice {
	i64 user_id;
	const char
		*kind; /* mention, node_assigned, node_due_soon, node_overdue, approval_asked, … */
	const char *entity;
	i64 entity_id;
	const char *title, *body; /* ready to read */
	const char *href;         /* path in the UI */
};

/* One row for one person; the actor is not told what they did themselves, and an import, which
 * brings the past, tells nobody. */
MUST_USE err_t notify_user(struct ctx *cx, const struct notice *n);

#endif
