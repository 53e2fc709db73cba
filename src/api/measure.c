/* Measurements in Prometheus' text form: requests by route and status class with their durations,
 * and what the database tells about log, jobs and sessions. */
#include "api/measure.h"

#include <stdatomic.h>
#include <string.h>

#include "base/log.h"
#include "core/event.h"

enum { SLOW_US = 2000000 };

static const i64 bucket_us[] = {1000,   2500,   5000,   10000,   25000,  50000,
                                100000, 250000, 500000, 1000000, 5000000};
enum { BUCKETS = ARRAY_LEN(bucket_us), CLASSES = 5 };

struct series {
	_Atomic u64 status[CLASSES]; /* 1xx … 5xx */
	_Atomic u64 bucket[BUCKETS + 1];
	_Atomic u64 sum_us;
};

static struct {
	struct series *by_route; /* one per route, and one for what no route took */
	size_t n;
	i64 started;
} m;

void api_measure_start(struct arena *a, size_t routes)
{
	m.by_route = ARENA_ARRAY(a, routes + 1, struct series);
	m.n = routes;
	m.started = clock_mono();
}

void api_measure(const struct http_req *rq, const struct http_res *rs, i64 us)
{
	const struct api_bound *b = rq->route ? rq->arg : NULL;
	struct series *s = &m.by_route[b ? (size_t)b->index : m.n];
	size_t k = 0;
	while (k < BUCKETS && us > bucket_us[k])
		k++;
	int class = rs->status / 100;
	s->status[class < 1 || class > 5 ? 4 : class - 1]++;
	s->bucket[k]++;
	s->sum_us += (u64)us;
	if (us > SLOW_US)
		LOG(WARN, "slow request", LS("request_id", rq->request_id),
		    LS("method", rq->method), LS("path", rq->path), LI("us", us));
}

const struct measure_def measures[] = {
	{"tripod_http_requests_total", "counter", "requests",
         L("按路由与状态统计的请求数", "Requests by route and class of status")},
	{"tripod_http_request_duration_seconds", "histogram", "seconds",
         L("按路由统计的处理时间", "Time to answer, by route")},
	{"tripod_events_total", "gauge", "events", L("已封存事件数", "Sealed events in the log")},
	{"tripod_events_unsealed", "gauge", "events",
         L("尚未封存的事件数", "Events that wait for sealing")},
	{"tripod_jobs", "gauge", "jobs", L("按状态统计的后台任务数", "Background jobs by state")},
	{"tripod_sessions", "gauge", "sessions", L("有效登录会话数", "Sessions that are in force")},
	{"tripod_uptime_seconds", "gauge", "seconds",
         L("进程运行时间", "How long the process runs")},
	{NULL, NULL, NULL, L(NULL, NULL)},
};

static void head(struct buf *b, const char *name)
{
	for (const struct measure_def *d = measures; d->name; d++)
		if (!strcmp(d->name, name))
			buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, d->label.en, name,
			           d->type);
}

static void route_labels(struct buf *b, const struct api_server *s, size_t i)
{
	if (i < s->n_bound)
		buf_printf(b, "method=\"%s\",route=\"%s\"", s->bound[i].r->method,
		           s->bound[i].path);
	else
		buf_puts(b, "method=\"\",route=\"other\"");
}

static void write_requests(struct buf *b, const struct api_server *s)
{
	head(b, "tripod_http_requests_total");
	for (size_t i = 0; i <= m.n; i++)
		for (int c = 0; c < CLASSES; c++) {
			u64 n = m.by_route[i].status[c];
			if (!n)
				continue;
			buf_puts(b, "tripod_http_requests_total{");
			route_labels(b, s, i);
			buf_printf(b, ",status=\"%dxx\"} %llu\n", c + 1, (unsigned long long)n);
		}
	head(b, "tripod_http_request_duration_seconds");
	for (size_t i = 0; i <= m.n; i++) {
		u64 total = 0;
		for (size_t k = 0; k <= BUCKETS; k++)
			total += m.by_route[i].bucket[k];
		if (!total)
			continue;
		u64 run = 0;
		for (size_t k = 0; k <= BUCKETS; k++) {
			run += m.by_route[i].bucket[k];
			buf_puts(b, "tripod_http_request_duration_seconds_bucket{");
			route_labels(b, s, i);
			if (k < BUCKETS)
				buf_printf(b, ",le=\"%g\"} %llu\n", (double)bucket_us[k] / 1e6,
				           (unsigned long long)run);
			else
				buf_printf(b, ",le=\"+Inf\"} %llu\n", (unsigned long long)run);
		}
		buf_puts(b, "tripod_http_request_duration_seconds_sum{");
		route_labels(b, s, i);
		buf_printf(b, "} %.6f\ntripod_http_request_duration_seconds_count{",
		           (double)m.by_route[i].sum_us / 1e6);
		route_labels(b, s, i);
		buf_printf(b, "} %llu\n", (unsigned long long)total);
	}
}

static err_t write_one(struct ctx *cx, struct buf *b, const char *name, const char *sql,
                       struct args args)
{
	i64 n = 0;
	TRY(db_one_i64(cx->c, sql, args, &n, NULL));
	head(b, name);
	buf_printf(b, "%s %lld\n", name, (long long)n);
	return ERR_OK;
}

static err_t write_jobs(struct ctx *cx, struct buf *b)
{
	struct rows *r;
	head(b, "tripod_jobs");
	TRY(db_query(cx->c, "select state, count(*) from job group by state", NO_ARGS, &r));
	while (rows_next(r))
		buf_printf(b, "tripod_jobs{state=\"%s\"} %lld\n", rows_text(r, 0),
		           (long long)rows_i64(r, 1));
	return rows_done(r);
}

err_t measure_write(struct ctx *cx, const struct api_server *s, struct buf *b)
{
	i64 pos;
	const char *hash;
	write_requests(b, s);
	TRY(event_head(cx, &pos, &hash));
	head(b, "tripod_events_total");
	buf_printf(b, "tripod_events_total %lld\n", (long long)pos);
	TRY(write_one(cx, b, "tripod_events_unsealed",
	              "select count(*) from event where pos is null", NO_ARGS));
	TRY(write_jobs(cx, b));
	TRY(write_one(cx, b, "tripod_sessions", "select count(*) from session where expires_at > ?",
	              ARGS(vi(cx->now))));
	head(b, "tripod_uptime_seconds");
	buf_printf(b, "tripod_uptime_seconds %.3f\n", (double)(clock_mono() - m.started) / 1e6);
	return ERR_OK;
}
