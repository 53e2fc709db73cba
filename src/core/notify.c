/* Notifications: rows of table notification; the live feed wakes the browser. */
#include "core/notify.h"

#include <string.h>

#include "core/actor.h"

err_t notify_user(struct ctx *cx, const struct notice *n)
{
	bool own = cx->actor && cx->actor->id == n->user_id;
	if (!n->user_id || own || !strcmp(cx->via, "import"))
		return ERR_OK;
	TRY(db_exec(cx->c,
	            "insert into notification(user_id, kind, entity, entity_id, title, body, href,"
	            " created_at) values (?,?,?,?,?,?,?,?)",
	            ARGS(vi(n->user_id), vt(n->kind), vt(n->entity), vref(n->entity_id),
	                 vt(n->title), vt(n->body), vt(n->href), vi(cx->now)),
	            NULL));
	return db_notify(cx->c, "notification", arena_printf(cx->a, "%lld", (long long)n->user_id));
}
