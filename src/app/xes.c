/* tripod events export --format xes: the log for process mining, XES of IEEE 1849-2016.
 *
 * A trace per opportunity, named by its number.  What happens to a node is an event of the node's
 * activity, with the transition of the standard life cycle; everything else is named by its kind. */
#include "app/xes.h"

#include <string.h>

#include "base/buf.h"
#include "core/entity.h"

static const char head[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	"<log xes.version=\"1849.2016\" xes.features=\"\" xmlns=\"http://www.xes-standard.org/\">\n"
	"<extension name=\"Concept\" prefix=\"concept\""
	" uri=\"http://www.xes-standard.org/concept.xesext\"/>\n"
	"<extension name=\"Time\" prefix=\"time\""
	" uri=\"http://www.xes-standard.org/time.xesext\"/>\n"
	"<extension name=\"Organizational\" prefix=\"org\""
	" uri=\"http://www.xes-standard.org/org.xesext\"/>\n"
	"<extension name=\"Lifecycle\" prefix=\"lifecycle\""
	" uri=\"http://www.xes-standard.org/lifecycle.xesext\"/>\n"
	"<global scope=\"trace\">\n<string key=\"concept:name\" value=\"\"/>\n</global>\n"
	"<global scope=\"event\">\n<string key=\"concept:name\" value=\"\"/>\n"
	"<date key=\"time:timestamp\" value=\"1970-01-01T00:00:00Z\"/>\n</global>\n"
	"<classifier name=\"Activity\" keys=\"concept:name\"/>\n"
	"<string key=\"lifecycle:model\" value=\"standard\"/>\n";

static const struct {
	const char *kind, *transition;
} moves[] = {
	{"node.started", "start"},      {"node.completed", "complete"},
	{"node.returned", "ate_abort"}, {"node.skipped", "manualskip"},
	{"node.assigned", "reassign"},  {"node.planned", "schedule"},
};

static void string_of(struct buf *b, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	buf_printf(b, "<string key=\"%s\" value=\"", key);
	buf_xml(b, value);
	buf_puts(b, "\"/>\n");
}

static void write_event(struct buf *b, const struct rows *r)
{
	const char *kind = rows_text(r, 0), *code = rows_text(r, 3), *transition = NULL;
	for (size_t i = 0; i < ARRAY_LEN(moves); i++)
		if (!strcmp(kind, moves[i].kind))
			transition = moves[i].transition;
	buf_puts(b, "<event>\n");
	string_of(b, "concept:name", transition && code ? code : kind);
	buf_printf(b, "<date key=\"time:timestamp\" value=\"%s\"/>\n",
	           time_format(b->a, rows_i64(r, 1)));
	string_of(b, "org:resource", rows_text(r, 2));
	string_of(b, "lifecycle:transition", transition);
	string_of(b, "kind", kind);
	buf_puts(b, "</event>\n");
}

struct trace {
	i64 id;
	const char *number, *name;
};

static err_t next_trace(struct ctx *cx, i64 after, struct trace *t)
{
	struct rows *r;
	*t = (struct trace){0};
	TRY(db_query(cx->c,
	             "select id, number, name from opportunity where id > ? order by id limit 1",
	             ARGS(vi(after)), &r));
	if (rows_next(r))
		*t = (struct trace){rows_i64(r, 0), rows_dup(r, 1), rows_dup(r, 2)};
	return rows_done(r);
}

static err_t write_trace(struct ctx *cx, const struct trace *t, FILE *out, i64 *count)
{
	enum { EVENT_MAX = 1 << 20 };
	struct rows *r;
	struct buf b = buf_new(cx->a, EVENT_MAX);
	buf_puts(&b, "<trace>\n");
	string_of(&b, "concept:name", t->number);
	string_of(&b, "name", t->name);
	fputs(buf_str(&b), out);
	TRY(db_query(cx->c,
	             "select e.kind, e.occurred_at, u.name, n.code from event e"
	             " left join app_user u on u.id = e.actor_id"
	             " left join node n on e.entity = 'node' and n.id = e.entity_id"
	             " where e.opportunity_id = ? and e.pos is not null"
	             " order by e.occurred_at, e.pos",
	             ARGS(vi(t->id)), &r));
	for (; rows_next(r); ++*count) {
		b.n = 0;
		write_event(&b, r);
		fputs(buf_str(&b), out);
	}
	fputs("</trace>\n", out);
	return rows_done(r);
}

err_t xes_write(struct ctx *cx, FILE *out, i64 *count)
{
	struct arena *all = cx->a, *a = arena_child(all);
	struct trace t = {0};
	err_t rc;
	fputs(head, out);
	do {
		i64 after = t.id;
		arena_reset(a);
		cx->a = a;
		conn_use(cx->c, a);
		rc = next_trace(cx, after, &t);
		if (!rc && t.id)
			rc = write_trace(cx, &t, out, count);
	} while (!rc && t.id);
	cx->a = all;
	conn_use(cx->c, all);
	arena_free(a);
	fputs("</log>\n", out);
	return rc;
}
