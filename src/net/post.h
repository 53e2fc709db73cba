/* Posts: a few HTTP POSTs at once, to addresses that strangers chose.
 *
 * Nothing is followed or read beyond what was asked: no redirects, no proxy, no cookies, http and
 * https alone, an answer cut at POST_ANSWER_MAX. The address that is connected to is looked at
 * itself, after the name was resolved, so a name that points elsewhere the second time helps
 * nobody. */
#ifndef TRIPOD_POST_H
#define TRIPOD_POST_H

#include "base/arena.h"

enum { POST_ANSWER_MAX = 16 * 1024, POST_HEADERS = 6 };

struct post {
	/* set by the caller; all outlive the post */
	const char *url;
	const char *body;                  /* JSON */
	const char *headers[POST_HEADERS]; /* "Name: value", up to NULL */
	bool inside;                       /* addresses inside a network are allowed */
	int timeout_s;
	void *arg;
	/* the outcome */
	int status;        /* 0: no answer */
	const char *error; /* why there is none, in English; else NULL */
	const char *answer;
	bool answer_cut, refused; /* refused: an address inside a network */
	i64 us;
	void *impl;
};

struct posts;
struct posts *posts_new(struct arena *a);
/* p lives until posts_next() gave it back. */
void posts_add(struct posts *ps, struct post *p);
int posts_running(const struct posts *ps);
/* Works for at most `ms` and gives one that has ended; NULL when none has. */
struct post *posts_next(struct posts *ps, int ms);
void posts_free(struct posts *ps);

#endif
