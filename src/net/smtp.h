/* SMTP by libcurl: one server, one connection at a time, many letters over it. */
#ifndef TRIPOD_SMTP_H
#define TRIPOD_SMTP_H

#include "base/arena.h"

enum smtp_security { SMTP_PLAIN, SMTP_STARTTLS, SMTP_TLS };

struct smtp_server {
	const char *host;
	int port;
	enum smtp_security security;
	const char *login, *password; /* NULL or empty: none */
	int timeout_s;                /* of one letter, connecting included */
};

enum smtp_verdict {
	SMTP_SENT,    /* the server took it */
	SMTP_LATER,   /* 4xx: this letter again, later */
	SMTP_NEVER,   /* 5xx about this letter: not again */
	SMTP_NO_LINE, /* no connection, no TLS, no log-in: no letter would go now */
};

struct smtp;
/* s and its texts outlive the handle. */
struct smtp *smtp_open(struct arena *a, const struct smtp_server *s);
/* message: as letter_write() made it. *why: the server's code and what it means, in the arena. */
enum smtp_verdict smtp_send(struct smtp *m, const char *from, const char *to, const char *message,
                            const char **why);
void smtp_close(struct smtp *m);

#endif
