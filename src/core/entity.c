/* The registry of entities, permissions and event kinds: read-only after start. */
#include "core/entity.h"

#include <string.h>

#include "base/buf.h"
#include "core/record.h"

enum { ENTITIES_MAX = 256, KINDS_MAX = 4096, PERMISSIONS_MAX = 2048 };

/* Every list of fields that an entity had since the start. */
struct older {
	const struct field *fields;
	struct older *next;
};

static struct {
	struct arena *a;
	const struct module *const *modules;
	const struct entity *entity[ENTITIES_MAX];
	const struct field *base[ENTITIES_MAX]; /* the table's own */
	size_t n_base[ENTITIES_MAX];
	_Atomic size_t n_fields[ENTITIES_MAX];
	struct older *_Atomic older[ENTITIES_MAX];
	const char *columns[ENTITIES_MAX];
	size_t n;
	struct event_kind kind[KINDS_MAX];
	size_t n_kinds;
	struct permission perm[PERMISSIONS_MAX];
	size_t n_perms;
} reg;

static const char *const type_names[FT_TYPES] = {
	[FT_TEXT] = "text",   [FT_LONGTEXT] = "longtext", [FT_INT] = "int",   [FT_MONEY] = "money",
	[FT_BP] = "bp",       [FT_BOOL] = "bool",         [FT_DATE] = "date", [FT_TIME] = "time",
	[FT_ENUM] = "enum",   [FT_SET] = "set",           [FT_REF] = "ref",   [FT_EMAIL] = "email",
	[FT_PHONE] = "phone", [FT_URL] = "url",
};

const char *field_type_name(enum field_type t)
{
	return type_names[t];
}

static void need_label(struct label l, const char *what, const char *name)
{
	if (!l.zh || !l.en || !*l.zh || !*l.en)
		panic("%s '%s' has no label in both languages", what, name);
}

static void add_kind(const char *kind, struct label label, bool data_point)
{
	need_label(label, "event kind", kind);
	if (reg.n_kinds == KINDS_MAX)
		panic("too many event kinds");
	if (event_kind_find(kind))
		panic("event kind '%s' declared twice", kind);
	reg.kind[reg.n_kinds++] = (struct event_kind){kind, label, data_point};
}

static void add_permission(const char *code, struct label label)
{
	need_label(label, "permission", code);
	if (reg.n_perms == PERMISSIONS_MAX)
		panic("too many permissions");
	if (permission_known(code))
		panic("permission '%s' declared twice", code);
	reg.perm[reg.n_perms++] = (struct permission){code, label};
}

static struct label joined(struct label a, struct label b)
{
	return (struct label){.zh = arena_printf(reg.a, "%s%s", a.zh, b.zh),
	                      .en = arena_printf(reg.a, "%s: %s", a.en, b.en)};
}

/* What every entity has: acts to permit and kinds of events. */
static const struct {
	const char *code;
	struct label label;
} acts[] =
	{
		{"read", L("查看", "read")},
		{"create", L("新建", "create")},
		{"update", L("编辑", "edit")},
		{"delete", L("删除", "delete")},
},
  entity_kinds[] = {
	  {"created", L("已新建", "created")}, {"updated", L("已修改", "changed")},
	  {"deleted", L("已删除", "deleted")}, {"restored", L("已恢复", "restored")},
	  {"merged", L("已合并", "merged")},
};

static void add_entity(const struct entity *e)
{
	if (reg.n == ENTITIES_MAX)
		panic("too many entities");
	if (entity_by_name(e->name) || entity_by_plural(e->plural))
		panic("entity '%s' declared twice", e->name);
	need_label(e->label, "entity", e->name);
	need_label(e->label_plural, "entity", e->name);
	size_t n = 0;
	for (const struct field *f = e->fields; f->name; f++, n++) {
		need_label(f->label, e->name, f->name);
		for (const struct enum_row *r = f->values; r && r->value; r++)
			need_label(r->label, f->name, r->value);
		if ((f->type == FT_ENUM || f->type == FT_SET) && !f->values)
			panic("%s.%s has no values", e->name, f->name);
		if (f->words && (f->type != FT_TEXT || field_index(e, f->words->by) < 0))
			panic("%s.%s has no words", e->name, f->name);
		/* What a field apart holds must not come out by trying values or by the title. */
		if (f->read_permission &&
		    ((f->flags & (F_SEARCH | F_PHONE_KEY | F_UNIQUE | F_KEY | F_REQUIRED)) ||
		     (e->title && !strcmp(e->title, f->name))))
			panic("%s.%s is for some alone but found by all", e->name, f->name);
	}
	reg.entity[reg.n] = e;
	reg.base[reg.n] = e->fields;
	reg.n_base[reg.n] = n;
	reg.n_fields[reg.n] = n;
	struct buf b = buf_new(reg.a, 64 * 1024);
	buf_puts(&b, REC_SYSTEM_COLUMNS);
	buf_puts(&b, e->number_prefix ? ", t.number" : ", null");
	for (const struct field *f = e->fields; f->name; f++)
		buf_printf(&b, ", t.%s", f->name);
	if (e->custom)
		buf_puts(&b, ", t.custom");
	reg.columns[reg.n] = buf_str(&b);
	reg.n++;
	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		add_permission(arena_printf(reg.a, "%s.%s", e->name, acts[i].code),
		               joined(acts[i].label, e->label));
	for (size_t i = 0; i < ARRAY_LEN(entity_kinds); i++)
		add_kind(arena_printf(reg.a, "%s.%s", e->name, entity_kinds[i].code),
		         joined(e->label, entity_kinds[i].label), false);
}

void registry_set(const struct module *const *modules)
{
	for (size_t i = 0; i < reg.n; i++)
		if (reg.entity[i]->custom)
			reg.entity[i]->custom->fields = reg.base[i];
	arena_free(reg.a);
	memset(&reg, 0, sizeof reg);
	reg.a = arena_new(256 * 1024 * 1024);
	reg.modules = modules;
	for (const struct module *const *m = modules; *m; m++) {
		for (const struct entity *const *e = (*m)->entities; e && *e; e++)
			add_entity(*e);
		for (const struct permission *p = (*m)->permissions; p && p->code; p++)
			add_permission(p->code, p->label);
		for (const struct event_kind *k = (*m)->events; k && k->kind; k++)
			add_kind(k->kind, k->label, k->data_point);
	}
	for (size_t i = 0; i < reg.n; i++)
		for (const struct field *f = reg.entity[i]->fields; f->name; f++) {
			if (f->type == FT_REF && !entity_by_name(f->ref))
				panic("%s.%s refers to unknown '%s'", reg.entity[i]->name, f->name,
				      f->ref);
			if (f->read_permission && !permission_known(f->read_permission))
				panic("%s.%s needs unknown permission '%s'", reg.entity[i]->name,
				      f->name, f->read_permission);
		}
}

const struct module *const *registry_modules(void)
{
	return reg.modules;
}

static size_t position(const struct entity *e)
{
	for (size_t i = 0; i < reg.n; i++)
		if (reg.entity[i] == e)
			return i;
	panic("entity '%s' is not registered", e->name);
}

const struct entity *entity_by_name(const char *name)
{
	for (size_t i = 0; i < reg.n; i++)
		if (!strcmp(reg.entity[i]->name, name))
			return reg.entity[i];
	return NULL;
}

const struct entity *entity_by_plural(const char *name)
{
	for (size_t i = 0; i < reg.n; i++)
		if (!strcmp(reg.entity[i]->plural, name))
			return reg.entity[i];
	return NULL;
}

const struct entity *entity_at(size_t i)
{
	return i < reg.n ? reg.entity[i] : NULL;
}

size_t entity_count(void)
{
	return reg.n;
}

size_t entity_base_count(const struct entity *e)
{
	return reg.n_base[position(e)];
}

int entity_column_count(const struct entity *e)
{
	return REC_SYSTEM_N + (int)entity_base_count(e) + (e->custom != NULL);
}

size_t entity_slots(const struct entity *e)
{
	return entity_base_count(e) + (e->custom ? CUSTOM_MAX : 0);
}

static bool stands_in(const struct field *f, const struct field *list, size_t n, size_t *i)
{
	*i = (size_t)((uintptr_t)f - (uintptr_t)list) / sizeof *f;
	return (uintptr_t)f >= (uintptr_t)list && *i < n;
}

const struct entity *entity_of_field(const struct field *f, size_t *at, size_t *i)
{
	for (size_t k = 0; k < reg.n; k++) {
		*at = k;
		if (stands_in(f, reg.base[k], reg.n_base[k], i))
			return reg.entity[k];
		for (const struct older *o = reg.older[k]; o; o = o->next)
			if (stands_in(f, o->fields, reg.n_base[k] + CUSTOM_MAX, i))
				return reg.entity[k];
	}
	return NULL;
}

void entity_customs(const struct entity *e, const struct field *added, size_t n)
{
	size_t at = position(e), base = reg.n_base[at];
	if (!e->custom || n > CUSTOM_MAX)
		panic("%s does not take %zu more fields", e->name, n);
	struct field *all = ARENA_ARRAY(reg.a, base + CUSTOM_MAX + 1, struct field);
	memcpy(all, reg.base[at], base * sizeof *all);
	if (n)
		memcpy(all + base, added, n * sizeof *all);
	struct older *o = ARENA_NEW(reg.a, struct older);
	*o = (struct older){all, reg.older[at]};
	reg.older[at] = o;
	/* Nobody sees a count that the list does not have yet. */
	e->custom->fields = all;
	reg.n_fields[at] = base + n;
}

static bool is_whole(enum field_type t)
{
	return t == FT_INT || t == FT_MONEY || t == FT_BP || t == FT_BOOL || t == FT_TIME ||
	       t == FT_REF;
}

const char *field_sql(const struct ctx *cx, const struct field *f, const char *alias)
{
	if (!(f->flags & F_CUSTOM))
		return arena_printf(cx->a, "%s.%s", alias, f->name);
	bool pg = conn_engine(cx->c) == DB_POSTGRES;
	const char *text = arena_printf(
		cx->a, pg ? "(cast(%s.custom as jsonb) ->> '%s')" : "(%s.custom ->> '%s')", alias,
		f->name);
	if (is_whole(f->type))
		return arena_printf(cx->a, "cast(%s as bigint)", text);
	return pg ? arena_printf(cx->a, "(%s collate \"C\")", text) : text;
}

size_t entity_field_count(const struct entity *e)
{
	return reg.n_fields[position(e)];
}

const char *entity_columns(const struct entity *e)
{
	return reg.columns[position(e)];
}

int field_index(const struct entity *e, const char *name)
{
	for (int i = 0; e->fields[i].name; i++)
		if (!strcmp(e->fields[i].name, name))
			return i;
	return -1;
}

const struct field *field_by_name(const struct entity *e, const char *name)
{
	int i = field_index(e, name);
	return i < 0 ? NULL : &e->fields[i];
}

const struct enum_row *enum_row(const struct field *f, const char *value)
{
	for (const struct enum_row *r = f->values; r && r->value; r++)
		if (!strcmp(r->value, value))
			return r;
	return NULL;
}

const struct event_kind *event_kind_find(const char *kind)
{
	for (size_t i = 0; i < reg.n_kinds; i++)
		if (!strcmp(reg.kind[i].kind, kind))
			return &reg.kind[i];
	return NULL;
}

const struct event_kind *event_kind_at(size_t i)
{
	return i < reg.n_kinds ? &reg.kind[i] : NULL;
}

const struct permission *permission_at(size_t i)
{
	return i < reg.n_perms ? &reg.perm[i] : NULL;
}

bool permission_known(const char *code)
{
	for (size_t i = 0; i < reg.n_perms; i++)
		if (!strcmp(reg.perm[i].code, code))
			return true;
	return false;
}
