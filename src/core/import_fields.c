/* What an import may set, and what it knows a record by. */
#include "core/import.h"
#include "core/import_map.h"
#include "core/scope.h"

bool import_takes(const struct ctx *cx, const struct field *f)
{
	if ((f->flags & (F_HIDDEN | F_NOIMPORT)) || actor_field(cx->actor, f) != FIELD_EDIT)
		return false;
	return !(f->flags & F_READONLY) || (f->flags & F_IMPORT);
}

/* -- what stands for a record itself -- */

const struct field import_number = {
	.name = "number", .type = FT_TEXT, .label = L("编号", "Number"), .max = 100};
const struct field import_id = {
	.name = "id", .type = FT_INT, .label = L("记录号", "Record"), .min = 1, .max = INT64_MAX};

const struct field *import_record_key(const struct entity *e)
{
	return e->number_prefix ? &import_number : &import_id;
}
