/* Rules of activities, tasks, comments and attachments, for the tables of this folder only. */
#ifndef TRIPOD_WORK_RULES_H
#define TRIPOD_WORK_RULES_H

#include "domain/work/work.h"

extern const struct entity_hooks activity_hooks, task_hooks, comment_hooks, attachment_hooks;

#endif
