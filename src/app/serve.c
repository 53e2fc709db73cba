/* tripod serve: the server, from start to a graceful end. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "app/command.h"
#include "base/log.h"
#include "base/text.h"
#include "core/courier.h"
#include "core/files.h"
#include "core/job.h"
#include "core/sealer.h"

static bool is_loopback(const char *listen)
{
	return text_begins(listen, "127.") || text_begins(listen, "[::1]") ||
	       text_begins(listen, "localhost:");
}

static bool number_option(const struct run *rn, const char *name, int *out)
{
	const char *s = run_option(rn, name);
	char *end;
	*out = 0;
	if (!s)
		return true;
	long n = strtol(s, &end, 10);
	*out = (int)n;
	return *s && !*end && n > 0 && n <= 1024;
}

static int wait_for_end(void)
{
	sigset_t set;
	int got;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigwait(&set, &got);
	return got;
}

enum { JOB_THREADS = 2 };

/* What works without being asked, then the server; in the other order at the end. */
static err_t start(struct run *rn, const struct api_options *o, struct api_server **s)
{
	struct errs *e = &rn->cx.e;
	TRY(files_start(run_files_dir(rn), e));
	err_t rc = sealer_start(rn->db, e);
	if (!rc)
		rc = job_runner_start(rn->db, JOB_THREADS, e);
	if (!rc)
		rc = courier_start(rn->db, e);
	if (!rc)
		rc = api_start(rn->db, o, e, s);
	if (rc) {
		courier_stop();
		job_runner_stop();
		sealer_stop();
	}
	return rc;
}

int cmd_serve(struct run *rn)
{
	const char *listen = run_option(rn, "--listen"), *at = run_option(rn, "--test-clock");
	struct api_options o = {.listen = listen ? listen : "127.0.0.1:8080",
	                        .test_clock = at != NULL,
	                        .behind_proxy = run_option(rn, "--behind-proxy") != NULL};
	i64 us = 0;
	if (!number_option(rn, "--threads", &o.threads) ||
	    !number_option(rn, "--workers", &o.workers))
		return run_misuse(rn, "--threads and --workers are numbers from 1 to 1024");
	if (at && (!time_parse(at, &us) || !is_loopback(o.listen)))
		return run_misuse(rn, "--test-clock takes an RFC 3339 time, on a loopback address");
	if (at)
		clock_freeze(us);
	/* Threads started from here on leave these signals to us. */
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	struct api_server *s;
	if (start(rn, &o, &s))
		return run_refuse(rn, &rn->cx.e);
	/* Waiting needs no connection. */
	ctx_end(&rn->cx);
	LOG(INFO, "listening", LS("address", o.listen), LI("port", api_port(s)));
	int sig = wait_for_end();
	LOG(INFO, "stopping", LI("signal", sig));
	api_stop(s);
	courier_stop();
	job_runner_stop();
	sealer_stop();
	LOG(INFO, "stopped");
	return EXIT_DONE;
}
