/* Letters: the text of an e-mail as it goes over the wire (RFC 5322, MIME).
 *
 * Text and HTML as alternatives, both UTF-8 in base64; header words that are not ASCII by
 * RFC 2047; lines end with CRLF. */
#ifndef TRIPOD_LETTER_H
#define TRIPOD_LETTER_H

#include "base/arena.h"

struct letter {
	const char *from_name, *from; /* name may be NULL */
	const char *to_name, *to;
	const char *subject;
	const char *message_id;  /* "<…@…>" */
	const char *thread;      /* "<…@…>" of the thread's beginning, or NULL */
	const char *unsubscribe; /* an address https://…, or NULL */
	const char *lang;        /* zh, en */
	i64 date;                /* UTC us */
	const char *text, *html;
};

/* The whole message, NUL terminated. Control characters in header values become blanks. */
const char *letter_write(struct arena *a, const struct letter *l);
/* One header value, encoded when it has to be. `col`: how much of the line is used. */
const char *letter_words(struct arena *a, const char *s, size_t col);
/* An address that can stand in an envelope: ASCII, one @, no blanks, brackets or control characters. */
bool letter_address(const char *s);

#endif
