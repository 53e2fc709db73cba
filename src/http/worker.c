/* Workers: threads that run HTTP_SLOW handlers while the connection is suspended.
 * The queue is bounded; a job is the connection itself, so nothing is allocated. */
#include <string.h>

#include "http/impl.h"

static void *worker_main(void *arg)
{
	struct http_server *s = arg;
	struct jobs *j = &s->jobs;
	pthread_mutex_lock(&j->mu);
	for (;;) {
		while (!j->head && !j->closing)
			pthread_cond_wait(&j->some, &j->mu);
		struct conn *c = j->head;
		if (!c)
			break;
		j->head = c->next_job;
		if (!j->head)
			j->tail = NULL;
		j->n--;
		pthread_mutex_unlock(&j->mu);
		c->run(c);
		MHD_resume_connection(c->mc); /* c is no longer ours */
		pthread_mutex_lock(&j->mu);
	}
	pthread_mutex_unlock(&j->mu);
	return NULL;
}

err_t workers_start(struct http_server *s, struct errs *e)
{
	struct jobs *j = &s->jobs;
	j->max = s->cfg.worker_queue;
	j->threads = ARENA_ARRAY(s->a, (size_t)s->cfg.workers, pthread_t);
	for (; j->n_threads < s->cfg.workers; j->n_threads++) {
		int rc = pthread_create(&j->threads[j->n_threads], NULL, worker_main, s);
		if (rc)
			return errs_fail(e, ERR_INTERNAL, "thread: %s", strerror(rc));
		pthread_setname_np(j->threads[j->n_threads], "http-worker");
	}
	return ERR_OK;
}

bool worker_submit(struct conn *c, void (*run)(struct conn *c))
{
	c->run = run;
	struct jobs *j = &c->s->jobs;
	pthread_mutex_lock(&j->mu);
	bool room = j->n < j->max && !j->closing;
	if (room) {
		/* Before a worker can see the job, or it might resume too early. */
		MHD_suspend_connection(c->mc);
		c->next_job = NULL;
		if (j->tail)
			j->tail->next_job = c;
		else
			j->head = c;
		j->tail = c;
		j->n++;
		pthread_cond_signal(&j->some);
	}
	pthread_mutex_unlock(&j->mu);
	return room;
}

void workers_stop(struct http_server *s, bool abandon)
{
	struct jobs *j = &s->jobs;
	pthread_mutex_lock(&j->mu);
	j->closing = true;
	pthread_cond_broadcast(&j->some);
	pthread_mutex_unlock(&j->mu);
	for (int i = 0; i < j->n_threads && !abandon; i++)
		pthread_join(j->threads[i], NULL);
}
