/* Added fields: fields that administrators give an entity while the house runs.
 *
 * A definition is a record of entity `custom_field`, so its history, rights and API are those of
 * every record.  Every process keeps the definitions as rows of `struct field` behind those of the
 * entity's table and reads them again when any process changed one: forms, lists, filters, sort,
 * search, import, export, history, rights and descriptions then treat them as any other field.
 * Names begin with "cf_"; values live in column `custom` of the entity's table, a JSON object.
 * A field keeps its name, its type and its place for ever; one that is retired is shown on old
 * records and written no more.  docs/decisions/008-added-fields.md says why it is so. */
#ifndef TRIPOD_CUSTOM_H
#define TRIPOD_CUSTOM_H

#include "core/entity.h"
#include "core/job.h"

/* Once per database, after migrating. */
MUST_USE err_t customs_start(struct db *db);
/* Reads the definitions when they changed; nearly always a comparison of two numbers. */
MUST_USE err_t customs_refresh(struct ctx *cx);

extern const struct entity custom_field_entity;
extern const struct job_def custom_jobs[];

#endif
