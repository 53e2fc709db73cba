/* How each person wants to be told: channels per kind, quiet hours, rhythm of the digest.
 *
 * Rows of user 0 are the company's, which hold for whoever chose nothing. */
#ifndef TRIPOD_NOTICE_PREFS_H
#define TRIPOD_NOTICE_PREFS_H

#include "core/notify.h"

/* Hours of a day as minutes after midnight, in the person's zone. from = to: none. */
struct quiet {
	bool on;
	int from, to;
};
struct rhythm {
	bool weekly;
	int day; /* 1 = Monday, of a weekly one */
	int at;  /* minutes after midnight */
};

/* One person and one kind. */
struct receiver {
	bool there; /* an active person */
	enum lang lang;
	const char *zone, *name, *email; /* email may be NULL */
	bool in_app;
	enum notice_mail mail;
	struct quiet quiet;
	struct rhythm digest;
};
MUST_USE err_t receiver_load(struct ctx *cx, i64 user_id, const struct notice_kind *k,
                             struct receiver *out);

/* When the quiet hours end that `now` is in; now when it is in none. */
i64 quiet_until(const struct quiet *q, const char *zone, i64 now);
/* The first time of the rhythm after now. */
i64 digest_time(const struct rhythm *r, const char *zone, i64 now);

/* user_id 0: the company's. {"kinds":[{code,label,in_app,mail,own,fixed,urgent,base:{…}}],
 * "quiet":{on,from,to},"digest":{rhythm,day,at}}; times as "22:30". */
MUST_USE err_t notice_prefs_write(struct ctx *cx, i64 user_id, struct jw *w);
/* {"kinds":{code:{"in_app":…,"mail":…}|null},"quiet":{…}|null,"digest":{…}|null}: what is named is
 * changed, null = as the company has it. ERR_INVALID with all field errors. Event notice.chosen. */
MUST_USE err_t notice_prefs_patch(struct ctx *cx, i64 user_id, const json_t *body);

extern const struct event_kind notice_events[];
extern const struct permission notice_permissions[];

#endif
