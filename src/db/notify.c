/* Listeners of a database, and the thread that calls them where the engine has none (SQLite).
 *
 * Listeners are only ever added, so the list may be walked without the lock once its head was
 * read. Notes wait in one arena while the thread delivers those of the other. */
#include <string.h>

#include "db/impl.h"

enum { NOTES_MAX = 8192, NOTES_BYTES = 128 * 1024 * 1024 };

struct listener {
	struct listener *next;
	const char *channel;
	void (*fn)(void *, const char *);
	void *arg;
};

struct note {
	struct note *next;
	const char *channel, *payload;
};

struct hub {
	pthread_mutex_t mu;
	pthread_cond_t wake;
	pthread_t thread;
	bool started, stop, missed;
	struct arena *a; /* the listeners */
	struct listener *listeners;
	struct arena *filling, *delivering;
	struct note *notes, **notes_end;
	size_t n;
};

struct hub *hub_new(struct db *db)
{
	struct hub *h = ARENA_NEW(db->a, struct hub);
	pthread_mutex_init(&h->mu, NULL);
	pthread_cond_init(&h->wake, NULL);
	h->a = arena_new(1024 * 1024);
	h->notes_end = &h->notes;
	return h;
}

void hub_add(struct hub *h, const char *channel, void (*fn)(void *, const char *), void *arg)
{
	pthread_mutex_lock(&h->mu);
	struct listener *l = ARENA_NEW(h->a, struct listener);
	*l = (struct listener){
		.next = h->listeners, .channel = arena_strdup(h->a, channel), .fn = fn, .arg = arg};
	h->listeners = l;
	pthread_mutex_unlock(&h->mu);
}

void hub_deliver(struct hub *h, const char *channel, const char *payload)
{
	pthread_mutex_lock(&h->mu);
	struct listener *l = h->listeners;
	pthread_mutex_unlock(&h->mu);
	for (; l; l = l->next)
		if (!channel || !strcmp(l->channel, channel))
			l->fn(l->arg, payload);
}

static void *hub_run(void *arg)
{
	struct hub *h = arg;
	pthread_mutex_lock(&h->mu);
	while (!h->stop) {
		if (!h->notes && !h->missed) {
			pthread_cond_wait(&h->wake, &h->mu);
			continue;
		}
		struct note *n = h->notes;
		bool missed = h->missed;
		struct arena *a = h->filling;
		h->filling = h->delivering;
		h->delivering = a;
		h->notes = NULL;
		h->notes_end = &h->notes;
		h->n = 0;
		h->missed = false;
		pthread_mutex_unlock(&h->mu);
		for (; n; n = n->next)
			hub_deliver(h, n->channel, n->payload);
		if (missed)
			hub_deliver(h, NULL, "");
		arena_reset(a);
		pthread_mutex_lock(&h->mu);
	}
	pthread_mutex_unlock(&h->mu);
	return NULL;
}

void hub_start(struct hub *h)
{
	pthread_mutex_lock(&h->mu);
	if (!h->started) {
		h->filling = arena_new(NOTES_BYTES);
		h->delivering = arena_new(NOTES_BYTES);
		if (pthread_create(&h->thread, NULL, hub_run, h))
			panic("cannot start the notification thread");
		h->started = true;
	}
	pthread_mutex_unlock(&h->mu);
}

void hub_post(struct hub *h, const char *channel, const char *payload)
{
	pthread_mutex_lock(&h->mu);
	if (h->n >= NOTES_MAX) {
		h->missed = true;
	} else if (h->started) {
		struct note *n = ARENA_NEW(h->filling, struct note);
		n->channel = arena_strdup(h->filling, channel);
		n->payload = arena_strdup(h->filling, payload);
		*h->notes_end = n;
		h->notes_end = &n->next;
		h->n++;
		pthread_cond_signal(&h->wake);
	}
	pthread_mutex_unlock(&h->mu);
}

void hub_free(struct hub *h)
{
	pthread_mutex_lock(&h->mu);
	h->stop = true;
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->mu);
	if (h->started) {
		pthread_join(h->thread, NULL);
		arena_free(h->filling);
		arena_free(h->delivering);
	}
	pthread_cond_destroy(&h->wake);
	pthread_mutex_destroy(&h->mu);
	arena_free(h->a);
}
