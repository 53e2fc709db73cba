/* The outbox: e-mails as rows, written in the transaction of what they tell of and sent by a job.
 *
 * States: queued → sent, or failed when the server refused it for good or it was tried too often;
 * digest → collected: it waits for the person's next digest and goes out with that one.
 * A letter goes out at least once: when the process dies between the server's yes and the mark, it
 * goes out again under the same Message-ID, which mail programs show once.
 * Without a mail server in the settings nothing is written. */
#ifndef TRIPOD_MAIL_H
#define TRIPOD_MAIL_H

#include "core/job.h"
#include "core/notice_prefs.h"
#include "core/setting.h"

/* Is there a server to send by? */
bool mail_ready(struct ctx *cx);
/* Puts the notice in the outbox, as the receiver wants it. Inside a write. */
MUST_USE err_t mail_notice(struct ctx *cx, const struct notice *n, const struct notice_kind *k,
                           const struct receiver *to);
/* A letter to `address` that says that mail works. ERR_INVALID, ERR_CONFLICT without a server. */
MUST_USE err_t mail_test(struct ctx *cx, const char *address, i64 *id);

struct mail_page {
	const char *state; /* or NULL */
	i64 before;
	int limit;
};
/* {"items":[{id,state,kind,kind_label,address,user,subject,created_at,run_at,sent_at,attempts,
 * error}],"next":…,"counts":{state:n},"ready":bool} */
MUST_USE err_t mail_list(struct ctx *cx, const struct mail_page *p, struct jw *w);
/* Once more from the beginning; ERR_NOT_FOUND, ERR_CONFLICT when it was sent. */
MUST_USE err_t mail_retry(struct ctx *cx, i64 id);
/* What was not sent yet is not sent; ERR_NOT_FOUND. */
MUST_USE err_t mail_delete(struct ctx *cx, i64 id);

/* -- between the files of the outbox -- */

struct mail_item {
	const char *kind, *title, *body, *href;
	i64 at;
};
/* One letter as it will be read: a notice, a digest of several, or a test. */
struct mail_words {
	enum lang lang;
	const char *zone, *company, *site; /* site: address of the UI, or "" */
	const char *name;                  /* of the receiver, or NULL */
	bool digest, test;
	const struct mail_item *items;
	size_t n;
};
const char *mail_subject(struct arena *a, const struct mail_words *m);
const char *mail_text(struct arena *a, const struct mail_words *m);
const char *mail_html(struct arena *a, const struct mail_words *m);

extern const struct setting_def mail_settings[];
extern const struct event_kind mail_events[];
extern const struct permission mail_permissions[];
extern const struct job_def mail_jobs[];

#endif
