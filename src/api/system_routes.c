/* The process itself: alive, ready, measured; and its clock, in tests. */
#include "api/measure.h"
#include "api/tables.h"
#include "core/job.h"

enum { METRICS_MAX = 8 * 1024 * 1024 };

static err_t send_state(struct api *q, const char *state)
{
	struct jw w = api_json(q);
	jw_obj(&w);
	jw_kstr(&w, "status", state);
	jw_end_obj(&w);
	return api_send(q, &w);
}

/* The dispatcher needs a connection, so an answer means that the process can read. */
static err_t get_healthz(struct api *q)
{
	return send_state(q, "ok");
}

static err_t get_readyz(struct api *q)
{
	i64 one = 0;
	TRY(db_one_i64(q->cx.c, "select count(*) from role_grant", NO_ARGS, &one, NULL));
	if (q->server->stopping || !one)
		return cx_err(&q->cx, ERR_UNAVAILABLE, NULL);
	return send_state(q, "ready");
}

static err_t get_metrics(struct api *q)
{
	struct buf b = buf_new(q->cx.a, METRICS_MAX);
	TRY(measure_write(&q->cx, q->server, &b));
	http_body(q->rs, 200, "text/plain; version=0.0.4; charset=utf-8", buf_str(&b), b.n);
	q->raw = true;
	return ERR_OK;
}

static err_t post_clock(struct api *q)
{
	if (!q->server->o.test_clock)
		return cx_err(&q->cx, ERR_NOT_FOUND, NULL);
	const char *now = api_text(q, "now", true);
	i64 us;
	if (now && !time_parse(now, &us))
		errs_field(&q->cx.e, "now", ERR_TIME, NULL);
	if (errs_any_field(&q->cx.e))
		return errs_invalid(&q->cx.e);
	clock_freeze(us);
	TRY(job_runner_settle(&q->cx));
	struct jw w = api_json(q);
	jw_obj(&w);
	jw_kstr(&w, "now", time_format(q->cx.a, us));
	jw_end_obj(&w);
	return api_send(q, &w);
}

static const enum err_code unavailable[] = {ERR_UNAVAILABLE, ERR_OK};
static const enum err_code clock_errors[] = {ERR_INVALID, ERR_NOT_FOUND, ERR_OK};

/* clang-format off */
const struct api_route system_routes[] = {
	{"GET", "/healthz", get_healthz, NULL, API_PUBLIC, 200, NULL, "@State", unavailable, NULL,
	 L("进程是否存活", "Is the process alive")},
	{"GET", "/readyz", get_readyz, NULL, API_PUBLIC, 200, NULL, "@State", unavailable, NULL,
	 L("是否可以接受请求", "Does it take requests")},
	{"GET", "/metrics", get_metrics, NULL, API_PUBLIC, 200, NULL, "@Text", unavailable, NULL,
	 L("运行指标（Prometheus）", "Measurements for Prometheus")},
	{"POST", "/api/v1/test/clock", post_clock, NULL,
	 API_PUBLIC | API_OWN_WRITE | HTTP_SLOW, 200,
	 "{'type':'object','required':['now'],'properties':{'now':{'type':'string',"
	 "'format':'date-time'}}}",
	 "{'type':'object','required':['now'],'properties':{'now':{'type':'string',"
	 "'format':'date-time'}}}",
	 clock_errors, NULL, L("拨动测试时钟（仅测试）", "Move the clock (tests only)")},
	{.method = NULL},
};
/* clang-format on */
