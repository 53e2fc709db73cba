/* LISTEN: one connection and one thread per database, which calls the listeners.
 * A lost connection is made again with growing pauses; then everybody is told that notes may have
 * been missed. */
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "db/pg.h"

enum { PAUSE_FIRST_MS = 50, PAUSE_LAST_MS = 5000, ALIVE_MS = 30000 };

static void wake(struct pg_db *d)
{
	u64 one = 1;
	if (write(d->wake, &one, sizeof one) < 0)
		LOG(WARN, "the listening thread could not be woken", LI("fd", d->wake));
}

static void slept(struct pg_db *d)
{
	u64 n;
	(void)!read(d->wake, &n, sizeof n);
}

static void told(struct pg_db *d, int n)
{
	pthread_mutex_lock(&d->mu);
	d->n_listening = n;
	pthread_cond_broadcast(&d->listened);
	pthread_mutex_unlock(&d->mu);
}

/* LISTEN for the channels the server does not know yet. */
static bool listen_new(struct pg_db *d, PGconn *h)
{
	pthread_mutex_lock(&d->mu);
	int from = d->n_listening, to = d->n_channels;
	pthread_mutex_unlock(&d->mu);
	for (int i = from; i < to; i++) {
		char sql[96];
		snprintf(sql, sizeof sql, "listen %s", d->channels[i]);
		PGresult *r = PQexec(h, sql);
		bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;
		PQclear(r);
		if (!ok)
			return false;
	}
	if (to > from)
		told(d, to);
	return true;
}

static void deliver(struct pg_db *d, PGconn *h)
{
	for (PGnotify *n; (n = PQnotifies(h));) {
		hub_deliver(d->db->hub, n->relname, n->extra);
		PQfreemem(n);
	}
}

/* A server that is silently gone answers nothing: asked now and then. */
static bool alive(PGconn *h)
{
	PGresult *r = PQexec(h, "select 1");
	bool ok = PQresultStatus(r) == PGRES_TUPLES_OK;
	PQclear(r);
	return ok;
}

/* Until the connection fails or the database closes. */
static void serve(struct pg_db *d, PGconn *h)
{
	while (!d->db->closing && listen_new(d, h)) {
		/* what came together with an answer is already here */
		deliver(d, h);
		struct pollfd p[] = {{.fd = PQsocket(h), .events = POLLIN},
		                     {.fd = d->wake, .events = POLLIN}};
		int n = poll(p, ARRAY_LEN(p), ALIVE_MS);
		if (p[1].revents)
			slept(d);
		if (p[0].revents && !PQconsumeInput(h))
			return;
		if (n == 0 && !alive(h))
			return;
		deliver(d, h);
	}
}

static void *listen_run(void *arg)
{
	struct pg_db *d = arg;
	int pause = PAUSE_FIRST_MS;
	bool before = false;
	struct arena *a = arena_new(1024 * 1024);
	while (!d->db->closing) {
		struct errs e;
		errs_init(&e, a);
		PGconn *h = pg_dial(d->db, &e);
		if (h && listen_new(d, h)) {
			pause = PAUSE_FIRST_MS;
			if (before)
				hub_deliver(d->db->hub, NULL, "");
			before = true;
			serve(d, h);
		}
		PQfinish(h);
		told(d, 0);
		arena_reset(a);
		if (d->db->closing)
			break;
		LOG(WARN, "the listening connection is gone", LI("next_try_ms", pause));
		struct pollfd p = {.fd = d->wake, .events = POLLIN};
		if (poll(&p, 1, pause) > 0)
			slept(d);
		pause = pause * 2 < PAUSE_LAST_MS ? pause * 2 : PAUSE_LAST_MS;
	}
	arena_free(a);
	return NULL;
}

err_t pg_listen(struct db *db, const char *channel)
{
	struct pg_db *d = db->impl;
	pthread_mutex_lock(&db->mu);
	const char *name = arena_strdup(db->a, channel);
	pthread_mutex_unlock(&db->mu);

	pthread_mutex_lock(&d->mu);
	if (d->n_channels == PG_CHANNELS)
		panic("more than %d channels", PG_CHANNELS);
	d->channels[d->n_channels++] = name;
	int mine = d->n_channels;
	if (!d->started) {
		d->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (d->wake < 0 || pthread_create(&d->thread, NULL, listen_run, d))
			panic("cannot start the listening thread");
		d->started = true;
	}
	wake(d);
	/* a server that is away is no failure: the listener hears of it later */
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += 1 + db->opt.busy_timeout_ms / 1000;
	while (d->n_listening < mine)
		if (pthread_cond_timedwait(&d->listened, &d->mu, &until))
			break;
	pthread_mutex_unlock(&d->mu);
	return 0;
}

void pg_listen_stop(struct pg_db *d)
{
	if (!d->started)
		return;
	wake(d);
	pthread_join(d->thread, NULL);
	close(d->wake);
}
