/* Activities, tasks, comments, attachments: fields. */
#include "domain/work/work_rules.h"

static const struct enum_row activity_kinds[] = {
	{"visit", L("拜访", "Visit"), "success"}, {"call", L("电话", "Call"), "info"},
	{"meeting", L("会议", "Meeting"), "info"}, {"mail", L("邮件", "Mail"), "neutral"},
	{"note", L("记录", "Note"), "neutral"},    {NULL, {NULL, NULL}, NULL},
};

static const struct field activity_fields[] = {
	{.name = "kind", .type = FT_ENUM, .flags = F_REQUIRED | F_LIST, .values = activity_kinds,
	 .dflt = "visit", .label = L("类型", "Kind")},
	{.name = "subject", .type = FT_TEXT, .flags = F_REQUIRED | F_SEARCH | F_LIST, .max = 200,
	 .label = L("主题", "Subject")},
	{.name = "content", .type = FT_LONGTEXT, .flags = F_SEARCH, .label = L("内容", "Content")},
	{.name = "happened_at", .type = FT_TIME, .flags = F_LIST, .label = L("时间", "Happened at")},
	{.name = "minutes", .type = FT_INT, .max = 10080, .label = L("时长（分钟）", "Minutes")},
	{.name = "place", .type = FT_TEXT, .max = 200, .label = L("地点", "Place")},
	{.name = "account_id", .type = FT_REF, .ref = "account", .flags = F_LIST,
	 .label = L("客户", "Account")},
	{.name = "opportunity_id", .type = FT_REF, .ref = "opportunity", .flags = F_LIST,
	 .label = L("商机", "Opportunity")},
	{.name = "lead_id", .type = FT_REF, .ref = "lead", .label = L("线索", "Lead")},
	{.name = "contact_id", .type = FT_REF, .ref = "contact", .flags = F_LIST,
	 .label = L("联系人", "Contact")},
	{.name = "owner_id", .type = FT_REF, .ref = "user", .flags = F_LIST,
	 .label = L("执行人", "By")},
	{.name = "external_key", .type = FT_TEXT, .flags = F_NOFORM | F_KEY, .max = 120,
	 .label = L("外部编号", "External key")},
	{.name = NULL},
};

const struct entity activity_entity = {
	.name = "activity",
	.plural = "activities",
	.table = "activity",
	.label = L("活动", "Activity"),
	.label_plural = L("活动", "Activities"),
	.title = "subject",
	.fields = activity_fields,
	.scope = {.owners = {"owner_id"},
	          .account = "account_id",
	          .parents = {{"account_id", "account"},
	                      {"opportunity_id", "opportunity"},
	                      {"lead_id", "lead"}}},
	.flags = E_COMMENTS | E_FILES | E_SEARCH,
	.hooks = &activity_hooks,
	.default_sort = "-happened_at",
};

static const struct enum_row task_states[] = {
	{"open", L("待办", "Open"), "info"},
	{"done", L("已完成", "Done"), "success"},
	{"cancelled", L("已取消", "Cancelled"), "neutral"},
	{NULL, {NULL, NULL}, NULL},
};

static const struct field task_fields[] = {
	{.name = "title", .type = FT_TEXT, .flags = F_REQUIRED | F_SEARCH | F_LIST, .max = 200,
	 .label = L("任务", "Task")},
	{.name = "description", .type = FT_LONGTEXT, .label = L("说明", "Description")},
	{.name = "state", .type = FT_ENUM, .flags = F_LIST, .values = task_states, .dflt = "open",
	 .label = L("状态", "State")},
	{.name = "due_on", .type = FT_DATE, .flags = F_LIST, .label = L("截止日期", "Due on")},
	{.name = "assignee_id", .type = FT_REF, .ref = "user", .flags = F_LIST,
	 .label = L("执行人", "Assignee")},
	{.name = "owner_id", .type = FT_REF, .ref = "user", .label = L("创建人", "Created for")},
	{.name = "account_id", .type = FT_REF, .ref = "account", .flags = F_LIST,
	 .label = L("客户", "Account")},
	{.name = "opportunity_id", .type = FT_REF, .ref = "opportunity",
	 .label = L("商机", "Opportunity")},
	{.name = "lead_id", .type = FT_REF, .ref = "lead", .label = L("线索", "Lead")},
	{.name = "done_at", .type = FT_TIME, .flags = F_READONLY | F_NOFORM,
	 .label = L("完成时间", "Done at")},
	{.name = NULL},
};

const struct entity task_entity = {
	.name = "task",
	.plural = "tasks",
	.table = "task",
	.label = L("任务", "Task"),
	.label_plural = L("任务", "Tasks"),
	.title = "title",
	.fields = task_fields,
	.scope = {.owners = {"owner_id", "assignee_id"},
	          .account = "account_id",
	          .parents = {{"account_id", "account"},
	                      {"opportunity_id", "opportunity"},
	                      {"lead_id", "lead"}}},
	.flags = E_COMMENTS | E_FILES | E_SEARCH,
	.hooks = &task_hooks,
	.default_sort = "due_on",
};

static const struct field comment_fields[] = {
	{.name = "entity", .type = FT_TEXT, .flags = F_REQUIRED | F_NOIMPORT, .max = 40,
	 .label = L("对象类型", "Record kind")},
	{.name = "entity_id", .type = FT_INT, .flags = F_REQUIRED | F_NOIMPORT,
	 .label = L("对象编号", "Record id")},
	{.name = "body", .type = FT_LONGTEXT, .flags = F_REQUIRED | F_LIST, .max = 4000,
	 .label = L("评论", "Comment")},
	{.name = "mentions", .type = FT_TEXT, .flags = F_NOFORM, .max = 400,
	 .label = L("提到的人", "Mentions"),
	 .help = L("用户编号，以逗号分隔", "User ids, separated by commas")},
	{.name = "owner_id", .type = FT_REF, .ref = "user", .flags = F_READONLY | F_LIST,
	 .label = L("作者", "Author")},
	{.name = NULL},
};

const struct entity comment_entity = {
	.name = "comment",
	.plural = "comments",
	.table = "comment",
	.label = L("评论", "Comment"),
	.label_plural = L("评论", "Comments"),
	.title = "body",
	.fields = comment_fields,
	.scope = {.owners = {"owner_id"}, .polymorphic = true},
	.hooks = &comment_hooks,
	.default_sort = "id",
};

static const struct field attachment_fields[] = {
	{.name = "name", .type = FT_TEXT, .flags = F_REQUIRED | F_LIST, .max = 255,
	 .label = L("文件名", "File name")},
	{.name = "entity", .type = FT_TEXT, .flags = F_REQUIRED | F_READONLY, .max = 40,
	 .label = L("对象类型", "Record kind")},
	{.name = "entity_id", .type = FT_INT, .flags = F_REQUIRED | F_READONLY,
	 .label = L("对象编号", "Record id")},
	{.name = "file_hash", .type = FT_TEXT, .flags = F_REQUIRED | F_READONLY, .max = 64,
	 .label = L("文件指纹（SHA-256）", "File hash (SHA-256)")},
	{.name = "size", .type = FT_INT, .flags = F_REQUIRED | F_READONLY | F_LIST,
	 .max = 9007199254740991LL, .label = L("大小（字节）", "Size (bytes)")},
	{.name = "media_type", .type = FT_TEXT, .flags = F_REQUIRED | F_READONLY, .max = 120,
	 .label = L("文件类型", "Media type")},
	{.name = "revision", .type = FT_INT, .flags = F_READONLY | F_LIST, .dflt = "1",
	 .max = 1000000, .label = L("版本", "Version")},
	{.name = "series", .type = FT_INT, .flags = F_READONLY, .max = 9007199254740991LL,
	 .label = L("版本组", "Version series")},
	{.name = "note", .type = FT_TEXT, .max = 300, .label = L("说明", "Note")},
	{.name = "owner_id", .type = FT_REF, .ref = "user", .flags = F_READONLY | F_LIST,
	 .label = L("上传人", "Uploaded by")},
	{.name = NULL},
};

const struct entity attachment_entity = {
	.name = "attachment",
	.plural = "attachments",
	.table = "attachment",
	.label = L("附件", "Attachment"),
	.label_plural = L("附件", "Attachments"),
	.title = "name",
	.fields = attachment_fields,
	.scope = {.owners = {"owner_id"}, .polymorphic = true},
	.flags = E_NO_CREATE,
	.hooks = &attachment_hooks,
	.default_sort = "-id",
};

static const struct event_kind events[] = {
	{"comment.mentioned", L("在评论中提到", "Mentioned in a comment"), false},
	{"task.done", L("任务已完成", "Task done"), true},
	{NULL, {NULL, NULL}, false},
};

const struct module work_module = {
	.name = "work",
	.entities = (const struct entity *const[]){&activity_entity, &task_entity, &comment_entity,
                                               &attachment_entity, NULL},
	.events = events,
};
