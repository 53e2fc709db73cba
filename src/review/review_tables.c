/* Reviews and absences as entities; events, permissions, settings, subjects. */
#include <string.h>

#include "review/engine.h"

#define RO (F_READONLY | F_NOFORM | F_NOIMPORT)

static const struct enum_row states[] = {
	{"open", L("评审中", "Open"), "warning"},
	{"approved", L("已通过", "Approved"), "success"},
	{"returned", L("已退回", "Returned"), "danger"},
	{"withdrawn", L("已撤回", "Withdrawn"), "neutral"},
	{"superseded", L("已被新一轮取代", "Superseded"), "neutral"},
	{NULL, {NULL, NULL}, NULL},
};

static const struct field review_fields[] = {
	{.name = "title", .type = FT_TEXT, .flags = RO | F_LIST, .label = L("评审事项", "Subject")},
	{.name = "state",
         .type = FT_ENUM,
         .flags = RO | F_LIST,
         .values = states,
         .label = L("状态", "State")},
	{.name = "round", .type = FT_INT, .flags = RO | F_LIST, .label = L("轮次", "Round")},
	{.name = "thread_id", .type = FT_INT, .flags = RO, .label = L("首轮编号", "First round")},
	{.name = "entity", .type = FT_TEXT, .flags = RO, .label = L("对象类型", "Kind of record")},
	{.name = "entity_id", .type = FT_INT, .flags = RO, .label = L("对象编号", "Record")},
	{.name = "key", .type = FT_TEXT, .flags = RO, .label = L("评审项", "Item")},
	{.name = "account_id",
         .type = FT_REF,
         .ref = "account",
         .flags = RO | F_LIST,
         .label = L("客户", "Account")},
	{.name = "opportunity_id",
         .type = FT_REF,
         .ref = "opportunity",
         .flags = RO | F_LIST,
         .label = L("商机", "Opportunity")},
	{.name = "any_one",
         .type = FT_BOOL,
         .flags = RO,
         .label = L("或签（一人同意即可）", "Any one is enough")},
	{.name = "asked_by",
         .type = FT_REF,
         .ref = "user",
         .flags = RO | F_LIST,
         .label = L("提交人", "Asked by")},
	{.name = "asked_at",
         .type = FT_TIME,
         .flags = RO | F_LIST,
         .label = L("提交时间", "Asked at")},
	{.name = "due_at", .type = FT_TIME, .flags = RO | F_LIST, .label = L("期限", "Due")},
	{.name = "ended_at", .type = FT_TIME, .flags = RO, .label = L("结束时间", "Ended at")},
	{.name = "returned_to", .type = FT_TEXT, .flags = RO, .label = L("退回到", "Returned to")},
	{.name = NULL},
};

/* Seen with the account or the opportunity, and by everybody who has to do with it. */
const struct entity review_entity = {
	.name = "review",
	.plural = "reviews",
	.table = "review",
	.label = L("评审", "Review"),
	.label_plural = L("评审", "Reviews"),
	.title = "title",
	.fields = review_fields,
	.scope = {.owners = {"asked_by"},
                  .account = "account_id",
                  .parents = {{"opportunity_id", "opportunity"}},
                  .people = {"review_person", "review_id"}},
	.flags = E_NO_CREATE | E_NO_DELETE | E_COMMENTS,
	.default_sort = "-asked_at",
};

static const struct field absence_fields[] = {
	{.name = "user_id",
         .type = FT_REF,
         .ref = "user",
         .flags = F_LIST,
         .label = L("外出人", "Who is away"),
         .help = L("不填即本人", "Empty: yourself")},
	{.name = "starts_on",
         .type = FT_DATE,
         .flags = F_REQUIRED | F_LIST,
         .label = L("开始日期", "From")},
	{.name = "ends_on",
         .type = FT_DATE,
         .flags = F_REQUIRED | F_LIST,
         .label = L("结束日期", "To")},
	{.name = "substitute_id",
         .type = FT_REF,
         .ref = "user",
         .flags = F_REQUIRED | F_LIST,
         .label = L("代理人", "Substitute"),
         .help = L("外出期间代为评审，记录上两人的名字都会保留",
                   "Decides reviews meanwhile; both names are kept")},
	{.name = "note", .type = FT_TEXT, .flags = F_LIST, .max = 200, .label = L("说明", "Note")},
	{.name = NULL},
};

const struct entity absence_entity = {
	.name = "absence",
	.plural = "absences",
	.table = "absence",
	.label = L("外出与代理", "Absence"),
	.label_plural = L("外出与代理", "Absences"),
	.title = "note",
	.fields = absence_fields,
	.scope = {.owners = {"user_id", "substitute_id"}},
	.hooks = &absence_hooks,
	.default_sort = "-starts_on",
};

static const struct event_kind events[] = {
	{"review.asked", L("提交评审", "Review asked for"), true},
	{"review.seat_approved", L("评审人同意", "Approved by a reviewer"), true},
	{"review.seat_returned", L("评审人退回", "Returned by a reviewer"), true},
	{"review.approved", L("评审通过", "Review approved"), true},
	{"review.returned", L("评审退回", "Review returned"), true},
	{"review.changed", L("评审内容变更", "Reviewed content changed"), true},
	{"review.reopened", L("内容变更，重新评审", "Asked again after a change"), true},
	{"review.seat_added", L("加签", "Reviewer added"), false},
	{"review.handed_over", L("转交评审", "Review handed over"), false},
	{"review.assigned", L("评审人变更", "Reviewer changed with the team"), false},
	{"review.withdrawn", L("撤回评审", "Review withdrawn"), false},
	{"review.superseded", L("评审由新一轮取代", "Review superseded"), false},
	{"review.urged", L("催办评审", "Review urged"), false},
	{"review.copied", L("抄送评审", "Review copied to"), false},
	{"review.opinion_added", L("评审意见", "Opinion given"), true},
	{"review.opinion_resolved", L("意见已处理", "Opinion resolved"), false},
	{"review.due_soon", L("评审即将到期", "Review due soon"), false},
	{"review.overdue", L("评审超时", "Review overdue"), true},
	{"review.adrift", L("无人可评审，转管理员", "Nobody can decide: to the administrators"),
         false},
	{"review.substituted", L("由代理人评审", "A substitute is asked"), false},
	{NULL, {NULL, NULL}, false},
};

/* clang-format off */
static const struct notice_kind notices[] = {
	{"review_asked", L("请您评审", "Your review is asked for"),
	 NOTICE_AT_ONCE, NOTICE_OFF_BY_NOBODY, true},
	{"review_changed", L("内容有变，请重新评审", "Content changed: please review again"),
	 NOTICE_AT_ONCE, NOTICE_OFF_BY_NOBODY, true},
	{"review_urged", L("催您评审", "Your review is urged"),
	 NOTICE_AT_ONCE, NOTICE_OFF_BY_NOBODY, true},
	{"review_substitute", L("请您代为评审", "Please review as substitute"),
	 NOTICE_AT_ONCE, NOTICE_OFF_BY_NOBODY, true},
	{"review_adrift", L("评审无人可办", "Nobody can decide a review"),
	 NOTICE_AT_ONCE, NOTICE_OFF_BY_NOBODY, true},
	{"review_due_soon", L("评审即将到期", "A review is due soon"),
	 NOTICE_IN_DIGEST, NOTICE_OFF_BY_PERSON, false},
	{"review_overdue", L("评审已超时", "A review is overdue"),
	 NOTICE_AT_ONCE, NOTICE_OFF_BY_COMPANY, false},
	{"review_approved", L("评审已通过", "A review passed"),
	 NOTICE_AT_ONCE, NOTICE_OFF_BY_PERSON, false},
	{"review_returned", L("评审被退回", "A review was returned"),
	 NOTICE_AT_ONCE, NOTICE_OFF_BY_COMPANY, false},
	{"review_withdrawn", L("评审已撤回", "A review was withdrawn"),
	 NOTICE_IN_DIGEST, NOTICE_OFF_BY_PERSON, false},
	{"review_opinion", L("评审人提了意见", "A reviewer gave an opinion"),
	 NOTICE_IN_DIGEST, NOTICE_OFF_BY_PERSON, false},
	{"review_resolved", L("您的意见已处理", "Your opinion was dealt with"),
	 NOTICE_IN_DIGEST, NOTICE_OFF_BY_PERSON, false},
	{"review_copied", L("评审抄送给您", "A review was copied to you"),
	 NOTICE_IN_DIGEST, NOTICE_OFF_BY_PERSON, false},
	{"absence_substitute", L("请您代理", "You stand in for somebody"),
	 NOTICE_AT_ONCE, NOTICE_OFF_BY_PERSON, false},
	{.code = NULL},
};
/* clang-format on */

static const struct permission permissions[] = {
	{"review.decide", L("评审", "Decide reviews")},
	{"review.administer",
         L("管理评审：无人可评审时代为决定", "Administer reviews: decide when nobody else can")},
	{NULL, {NULL, NULL}},
};

/* clang-format off */
static const struct setting_def settings[] = {
	{{.name = "review.urge_hours", .type = FT_INT, .dflt = "4", .min = 0, .max = 240,
	  .label = L("两次催办之间至少间隔", "Reviews may be urged again after")}, "hours"},
	{{.name = NULL}, NULL},
};
/* clang-format on */

const struct module review_module = {
	.name = "review",
	.entities = (const struct entity *const[]){&review_entity, &absence_entity, NULL},
	.events = events,
	.permissions = permissions,
	.notices = notices,
	.settings = settings,
	.jobs = review_jobs,
};

const struct review_subject *review_subject_find(const char *entity)
{
	for (const struct module *const *m = registry_modules(); *m; m++)
		for (const struct review_subject *const *s = (*m)->review_subjects; s && *s; s++)
			if (!strcmp((*s)->entity, entity))
				return *s;
	return NULL;
}
