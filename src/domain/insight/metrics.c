/* The metrics. To add one: a row here; a new table to count in is a base in query.c. */
#include <string.h>

#include "domain/insight/insight.h"

/* A civil date as a day number, in integers on both engines (Fliegel and Van Flandern). */
#define Y(d) "cast(substr(" d ",1,4) as integer)"
#define M(d) "cast(substr(" d ",6,2) as integer)"
#define D(d) "cast(substr(" d ",9,2) as integer)"
#define A(d) "((14-" M(d) ")/12)"
#define YY(d) "(" Y(d) "+4800-" A(d) ")"
#define DAY_NUMBER(d)                                                                 \
	"(" D(d) "+(153*(" M(d) "+12*" A(d) "-3)+2)/5+365*" YY(d) "+" YY(d) "/4-" YY( \
		d) "/100+" YY(d) "/400-32045-2440588)"

/* Days of instants are {day:…} in SQL here; query.c puts in the company's zone. */
#define SIGNED_ON DAY_NUMBER("w.closed_on")

#define CLOSED "opportunity.outcome,opportunity.closed_on"

/* clang-format off */
static const struct metric_def metrics[] = {
	{"win_rate", "fraction", L("赢单率", "Win rate"),
	 L("赢单数 ÷ 已关闭的商机数（赢单与丢单）", "Won, of all that were won or lost"),
	 BASE_OPPORTUNITY, METRIC_RATIO, NULL, "case when t.outcome = 'won' then 1 else 0 end", "1",
	 CLOSED},
	{"won_amount", "minor", L("签约金额", "Amount won"),
	 L("赢单商机的金额合计", "Amounts of the opportunities won"),
	 BASE_OPPORTUNITY, METRIC_SUM, " and t.outcome = 'won'", "coalesce(t.amount_fen, 0)", "1",
	 CLOSED ",opportunity.amount_fen"},
	{"amount_per_head", "minor", L("人均签约金额", "Amount won per head"),
	 L("签约金额 ÷ 期内有商机关闭的负责人数", "Amount won, by the owners who closed anything"),
	 BASE_OPPORTUNITY, METRIC_PER_HEAD, NULL,
	 "case when t.outcome = 'won' then coalesce(t.amount_fen, 0) else 0 end", "1",
	 CLOSED ",opportunity.amount_fen,opportunity.owner_id"},
	{"cycle_days_mean", "days", L("平均成交周期", "Mean sales cycle"),
	 L("从开始接触到赢单的平均天数", "Mean days from engagement to close, won only"),
	 BASE_OPPORTUNITY, METRIC_RATIO, " and t.outcome = 'won' and t.engaged_on is not null",
	 DAY_NUMBER("t.closed_on") "-" DAY_NUMBER("t.engaged_on"), "1",
	 CLOSED ",opportunity.engaged_on"},
	{"lead_conversion_rate", "fraction", L("线索转化率", "Lead conversion rate"),
	 L("已转化的线索 ÷ 全部线索", "Leads converted, of all leads"),
	 BASE_LEAD, METRIC_RATIO, NULL, "case when t.status = 'converted' then 1 else 0 end", "1",
	 "lead.status"},
	{"lead_cycle_days_mean", "days", L("线索转化周期", "Mean lead cycle"),
	 L("从线索产生到签约的平均天数", "Mean days from lead to signing, signed only"),
	 BASE_LEAD, METRIC_RATIO, " and w.id is not null", SIGNED_ON "-{day:t.created_at}", "1",
	 "lead.opportunity_id," CLOSED},
	{"lead_cycle_days_km_median", "days",
	 L("线索转化周期中位数（含未成交）", "Median lead cycle, open leads counted"),
	 L("Kaplan–Meier 估计；未成交的线索按删失处理", "Kaplan–Meier estimate; open leads are censored"),
	 BASE_LEAD, METRIC_KM, NULL,
	 "case when w.id is not null then " SIGNED_ON " when t.status = 'rejected' then"
	 " {day:t.updated_at} else {today} end - {day:t.created_at}",
	 "case when w.id is not null then 1 else 0 end", "lead.status,lead.opportunity_id," CLOSED},
	{"compliance_rate", "fraction", L("流程合规率", "Process compliance"),
	 L("带齐输出物完成的节点 ÷ 到期的节点；历史导入与获准跳过的不计",
	   "Nodes done with their outputs, of nodes due; imported history and approved skips left out"),
	 BASE_NODE, METRIC_RATIO, NULL,
	 "case when t.state = 'done' and not exists (select 1 from exception_request x where"
	 " x.node_id = t.id and x.kind = 'override' and x.state = 'approved') then 1 else 0 end", "1",
	 NULL},
	{.code = NULL},
};

static const struct permission permissions[] = {
	{"metric.read", L("查看指标", "See metrics")},
	{NULL, {NULL, NULL}},
};
/* clang-format on */

const struct module insight_module = {
	.name = "insight", .permissions = permissions, .metrics = metrics};

const struct metric_def *metric_at(size_t i)
{
	for (const struct module *const *m = registry_modules(); *m; m++)
		for (const struct metric_def *d = (*m)->metrics; d && d->code; d++)
			if (!i--)
				return d;
	return NULL;
}

const struct metric_def *metric_find(const char *code)
{
	for (size_t i = 0; metric_at(i); i++)
		if (!strcmp(metric_at(i)->code, code))
			return metric_at(i);
	return NULL;
}
