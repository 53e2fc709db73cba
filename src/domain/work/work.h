/* Everyday work on records (T1): activities (visit, call, meeting, mail), tasks, comments with
 * @mention, attachments.
 * Owns: activity, task, comment, attachment.  Emits: comment.mentioned, task.done. */
#ifndef TRIPOD_WORK_H
#define TRIPOD_WORK_H

#include "core/record.h"

extern const struct module work_module;
extern struct entity activity_entity, task_entity; /* take added fields */
extern const struct entity comment_entity, attachment_entity;

#endif
