/* The modules, in the order in which lists show them. To add one: a row here. */
#include "app/modules.h"

#include "core/access.h"
#include "core/audit.h"
#include "core/bulk.h"
#include "core/calendar.h"
#include "core/company.h"
#include "core/custom.h"
#include "core/event.h"
#include "core/export.h"
#include "core/feed.h"
#include "core/housekeeping.h"
#include "core/import.h"
#include "core/mail.h"
#include "core/notice_prefs.h"
#include "core/retention.h"
#include "core/roles.h"
#include "core/undo.h"
#include "core/user_link.h"
#include "core/user_regions.h"
#include "core/user_tables.h"
#include "core/view.h"
#include "core/webhook.h"
#include "domain/account/account.h"
#include "domain/handover/handover.h"
#include "domain/insight/insight.h"
#include "domain/lead/lead.h"
#include "domain/opportunity/opportunity.h"
#include "domain/privacy/privacy.h"
#include "domain/reference/reference.h"
#include "domain/solution/solution.h"
#include "domain/work/work.h"
#include "process/process.h"
#include "review/review.h"

static const struct entity *const house_entities[] = {&user_entity, &team_entity,
                                                      &custom_field_entity, NULL};

static const struct module house = {.name = "house",
                                    .entities = house_entities,
                                    .events = user_region_events,
                                    .jobs = custom_jobs};
static const struct module access_module = {.name = "access",
                                            .permissions = access_permissions,
                                            .events = access_events,
                                            .settings = access_settings};
static const struct module settings_module = {
	.name = "settings", .permissions = setting_permissions, .events = setting_events};
static const struct module roles_module = {
	.name = "roles", .permissions = role_permissions, .events = role_events};
static const struct module feed_module = {
	.name = "feed", .permissions = feed_permissions, .events = event_log_events};
static const struct module export_module = {
	.name = "export", .permissions = export_permissions, .events = export_events};
static const struct module import_module = {
	.name = "import", .permissions = import_permissions, .events = import_events};

static const struct module undo_module = {.name = "undo",
                                          .permissions = undo_permissions,
                                          .events = undo_events,
                                          .settings = undo_settings};
static const struct module bulk_module = {
	.name = "bulk", .events = bulk_events, .settings = bulk_settings, .jobs = bulk_jobs};
static const struct entity *const tool_entities[] = {&view_entity, NULL};
static const struct module tools_module = {.name = "tools",
                                           .entities = tool_entities,
                                           .permissions = view_permissions,
                                           .events = view_events};
static const struct module company_module = {.name = "company", .settings = company_settings};
static const struct module links_module = {
	.name = "links", .events = user_link_events, .settings = user_link_settings};
static const struct module audit_module = {
	.name = "audit", .jobs = audit_jobs, .settings = audit_settings};
static const struct module retention_module = {.name = "retention",
                                               .events = retention_events,
                                               .settings = retention_settings,
                                               .jobs = retention_jobs};

static const struct module notice_module = {
	.name = "notice", .permissions = notice_permissions, .events = notice_events};
static const struct module mail_module = {.name = "mail",
                                          .permissions = mail_permissions,
                                          .events = mail_events,
                                          .settings = mail_settings,
                                          .jobs = mail_jobs};

static const struct entity *const webhook_entities[] = {&webhook_entity, NULL};
static const struct module webhook_module = {.name = "webhook",
                                             .entities = webhook_entities,
                                             .events = webhook_events,
                                             .settings = webhook_settings,
                                             .jobs = webhook_jobs,
                                             .notices = webhook_notices};

static const struct module jobs_module = {.name = "jobs",
                                          .permissions = job_permissions,
                                          .events = job_events,
                                          .jobs = housekeeping_jobs};

const struct module *const app_modules[] = {
	&account_module,
	&lead_module,
	&opportunity_module,
	&process_module,
	&review_module,
	&work_module,
	&solution_module,
	&reference_module,
	&house,
	&access_module,
	&roles_module,
	&settings_module,
	&calendar_module,
	&feed_module,
	&import_module,
	&export_module,
	&insight_module,
	&jobs_module,
	&undo_module,
	&bulk_module,
	&handover_module,
	&tools_module,
	&notice_module,
	&mail_module,
	&company_module,
	&links_module,
	&audit_module,
	&retention_module,
	&privacy_module,
	&webhook_module,
	NULL,
};
const struct module *const no_modules[] = {NULL};
