/* Notifications: what one person is told, made in the transaction of the event that causes it.
 *
 * What a person can be told about stands in the modules' tables of kinds.  Each person chooses for
 * each kind: shown in the product, by e-mail at once, in a digest, or not by e-mail; where he chose
 * nothing the company's choice holds, then the row's (notice_prefs.h).  notify_user() is the one
 * door: it writes the notice and what is to be mailed (mail.h).
 *
 * To add a kind: a row in the module's table, then notify_user() with its code. */
#ifndef TRIPOD_NOTIFY_H
#define TRIPOD_NOTIFY_H

#include "core/entity.h"

enum notice_mail { NOTICE_NO_MAIL, NOTICE_AT_ONCE, NOTICE_IN_DIGEST };
enum notice_off {
	NOTICE_OFF_BY_PERSON,  /* everybody chooses for himself */
	NOTICE_OFF_BY_COMPANY, /* the administrator may silence it, a person may not */
	NOTICE_OFF_BY_NOBODY,  /* always shown in the product; e-mail may be chosen */
};

struct notice_kind {
	const char *code; /* mention, node_overdue, … */
	struct label label;
	enum notice_mail mail; /* unless somebody chose otherwise; in the product it is shown */
	enum notice_off off;
	bool urgent; /* its e-mail does not wait for the end of quiet hours */
};

struct notice {
	i64 user_id;
	const char *kind; /* code of a notice_kind */
	const char *entity;
	i64 entity_id;
	const char *title, *body; /* ready to read, in the receiver's language: notice_lang() */
	const char *href; /* path in the UI: notices of one kind and place are shown as one */
};

/* One notice for one person, as he wants it; the actor is not told what he did himself, who is
 * disabled is told nothing, and an import, which brings the past, tells nobody.
 * Panics on a kind that no module declares. */
MUST_USE err_t notify_user(struct ctx *cx, const struct notice *n);

/* The language of who will read a notice: its texts are made in that, not in the actor's. */
enum lang notice_lang(struct ctx *cx, i64 user_id);

/* Row i of all modules, NULL at the end. */
const struct notice_kind *notice_kind_at(size_t i);
const struct notice_kind *notice_kind_find(const char *code); /* or NULL */

struct notice_page {
	i64 before; /* notice number the page begins below; 0 = the newest */
	int limit;
	const char *kind; /* of this kind alone; or NULL */
	bool unread;
};

/* {"items":[{id,kind,kind_label,title,body,href,created_at,read,repeats}],"next":…,"unread":n} of
 * the actor, newest first. What repeats (same kind and place, all read or all unread) is one item
 * with the newest text. */
MUST_USE err_t notices_write(struct ctx *cx, const struct notice_page *p, struct jw *w);
/* Marks the notice `id` and what it repeats as read, 0 = all (of a kind, unless NULL). */
MUST_USE err_t notices_read(struct ctx *cx, i64 id, const char *kind);

#endif
