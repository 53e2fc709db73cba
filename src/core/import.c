/* The import: reads batches of rows, writes them, takes back what fails.
 *
 * Most rows are right, and those that are not mostly show it before anything is written.  So the
 * first pass has no savepoints, which cost much.  When a row fails after it had written something,
 * the pass is made again with care: each batch in a savepoint, and the rows of a batch that falls
 * once more in one each.  References to rows further down are filled in at the end; when one
 * cannot be, and the good rows are to stay, another pass leaves out the rows that turned out to be
 * wrong: so a row is there wholly or not at all. */
#include "core/import.h"

#include <stdlib.h>
#include <string.h>

#include "core/actor.h"
#include "core/event.h"
#include "core/import_job.h"
#include "core/number.h"

enum { BATCH_ROWS = 200, BATCH_BYTES = 4 * 1024 * 1024, PASSES_MAX = 20 };

/* What a savepoint takes back when it fails. */
struct mark {
	size_t n_errors, n_deferred;
	i64 created, updated, skipped, failed;
	struct import_count *also;
};

/* -- errors of rows -- */

static bool fatal(err_t rc)
{
	return rc && err_def((enum err_code)rc)->status >= 500;
}

static void add_error(struct import_job *j, struct import_error e)
{
	struct import_result *r = j->res;
	if (r->n_errors == IMPORT_ERRORS_MAX)
		return;
	if (r->n_errors == j->cap_errors) {
		size_t cap = j->cap_errors ? j->cap_errors * 2 : 64;
		struct import_error *more = ARENA_ARRAY(j->a, cap, struct import_error);
		if (r->n_errors)
			memcpy(more, r->errors, r->n_errors * sizeof *more);
		r->errors = more;
		j->cap_errors = cap;
	}
	r->errors[r->n_errors++] = e;
}

/* The column that a field is read from, when it is only one. */
static i64 column_of(const struct import_job *j, const char *field)
{
	for (size_t i = 0; i < j->m->n_records; i++) {
		const struct map_record *r = &j->m->records[i];
		size_t n = strlen(r->e->name);
		const char *name = field;
		if (!r->main) {
			if (strncmp(field, r->e->name, n) != 0 || field[n] != '.')
				continue;
			name = field + n + 1;
		}
		for (size_t k = 0; k <= r->n_fields; k++) {
			const struct map_value *v = k < r->n_fields ? &r->fields[k] : r->occurred;
			const char *own = k < r->n_fields ? v->f->name : "occurred";
			if (!v || strcmp(own, name) != 0)
				continue;
			if (v->n_cols)
				return (i64)v->cols[0].at;
			for (size_t p = 0; p < v->n_pieces; p++)
				if (!v->pieces[p].text)
					return (i64)v->pieces[p].col.at;
		}
	}
	return -1;
}

static void row_error(struct import_job *j, i64 row, const char *field, enum err_code code,
                      const struct err_param *params)
{
	struct import_error e = {.row = row, .code = code};
	e.field = arena_strdup(j->a, field);
	e.column = *field ? column_of(j, field) : -1;
	e.message = err_text(j->a, code, params, j->cx->lang);
	add_error(j, e);
}

/* Moves what cx->e gathered for a row to the result, and clears it. */
static void row_failed(struct import_job *j, i64 row, err_t rc)
{
	struct errs *e = &j->cx->e;
	j->res->failed++;
	for (size_t i = 0; i < e->n_fields; i++)
		row_error(j, row, e->fields[i].field, e->fields[i].code, e->fields[i].params);
	if (!e->n_fields)
		row_error(j, row, "", e->code ? e->code : (enum err_code)rc, e->params);
	errs_clear(e);
}

/* Only a preview wants to know it of each row. */
static void outcome(struct import_job *j, const struct import_row *row, const char *state)
{
	if (j->in->limit)
		j->res->outcomes[row->index].state = state;
}

/* -- savepoints -- */

static struct mark mark(struct import_job *j)
{
	const struct import_result *r = j->res;
	struct mark m = {r->n_errors, j->n_deferred, r->created, r->updated,
	                 r->skipped,  r->failed,     NULL};
	m.also = arena_memdup(j->batch, r->also, (r->n_also + 1) * sizeof *r->also);
	lookups_mark(j->m->lookups);
	return m;
}

static void back_to(struct import_job *j, const struct mark *m)
{
	struct import_result *r = j->res;
	r->n_errors = m->n_errors;
	j->n_deferred = m->n_deferred;
	r->created = m->created;
	r->updated = m->updated;
	r->skipped = m->skipped;
	r->failed = m->failed;
	memcpy(r->also, m->also, r->n_also * sizeof *r->also);
	lookups_undo(j->m->lookups);
}

/* -- writing rows -- */

/* A row that an earlier pass, or its cells, showed to be wrong. */
static bool wrong_already(struct import_job *j, const struct import_row *row)
{
	bool found = false;
	for (; j->at_known < j->n_known && j->known[j->at_known].row <= row->number; j->at_known++)
		if (j->known[j->at_known].row == row->number) {
			add_error(j, j->known[j->at_known]);
			found = true;
		}
	j->res->failed += found;
	return found;
}

/* Did the row fail before it had touched the database? Then the others may stand. */
static bool failed_cleanly(struct import_job *j, err_t rc, i64 changes)
{
	return rc != ERR_UNIQUE && rc != ERR_REF && rc != ERR_VERSION &&
	       conn_changes(j->cx->c) == changes;
}

/* A row was written without an error: what it came to is seen from the counts. */
static err_t counted(struct import_job *j, const struct import_row *row)
{
	i64 created = j->res->created, updated = j->res->updated;
	TRY(import_write_row(j, row));
	outcome(j, row,
	        j->res->created > created   ? "create"
	        : j->res->updated > updated ? "update"
	                                    : "skip");
	return ERR_OK;
}

static err_t write_batch(struct conn *c, void *arg)
{
	struct import_job *j = arg;
	for (size_t i = 0; i < j->n_rows; i++) {
		struct import_row *row = j->rows[i];
		if (!row)
			continue;
		i64 changes = conn_changes(c);
		size_t n_deferred = j->n_deferred;
		i64 skipped = j->res->skipped;
		err_t rc = counted(j, row);
		if (!rc)
			continue;
		if (fatal(rc))
			return rc;
		if (!failed_cleanly(j, rc, changes)) {
			j->fallen = true;
			return rc;
		}
		j->n_deferred = n_deferred;
		j->res->skipped = skipped;
		row_failed(j, row->number, rc);
		outcome(j, row, "error");
	}
	return ERR_OK;
}

struct one_row {
	struct import_job *j;
	const struct import_row *row;
};

static err_t write_alone(struct conn *c, void *arg)
{
	const struct one_row *o = arg;
	(void)c;
	return counted(o->j, o->row);
}

/* The rows of a batch that fell, each for itself. They are translated anew: writing had put ids
 * in the place of refs. */
static err_t write_singly(struct import_job *j)
{
	struct ctx *cx = j->cx;
	for (size_t i = 0; i < j->n_rows; i++) {
		if (!j->rows[i])
			continue;
		import_row_translate(cx, j->m, j->rows[i]);
		TRY(lookups_fetch(cx, j->m->lookups));
		struct mark m = mark(j);
		struct one_row o = {j, j->rows[i]};
		err_t rc = db_nested(cx->c, write_alone, &o);
		if (fatal(rc))
			return rc;
		if (rc) {
			back_to(j, &m);
			row_failed(j, o.row->number, rc);
			outcome(j, o.row, "error");
		}
	}
	return ERR_OK;
}

static err_t do_batch(struct import_job *j)
{
	struct ctx *cx = j->cx;
	for (size_t i = 0; i < j->n_rows; i++) {
		struct import_row *row = j->rows[i];
		bool drop = wrong_already(j, row);
		if (!drop) {
			import_row_translate(cx, j->m, row);
			outcome(j, row, row->skipped ? "skip" : "error");
			if (row->skipped)
				j->res->skipped++;
			else if (row->n_errors)
				row_failed(j, row->number, ERR_INVALID);
			drop = row->skipped || row->n_errors;
		}
		if (drop)
			j->rows[i] = NULL;
	}
	TRY(lookups_fetch(cx, j->m->lookups));
	struct mark m = mark(j);
	j->fallen = false;
	err_t rc = j->careful ? db_nested(cx->c, write_batch, j) : write_batch(cx->c, j);
	if (!rc || !j->fallen)
		return rc;
	if (!j->careful) {
		j->careful = j->again = true;
		return rc;
	}
	j->fallen = false;
	errs_clear(&cx->e);
	back_to(j, &m);
	return write_singly(j);
}

/* -- rows further down -- */

struct filling {
	struct import_job *j;
	const struct deferred *d;
	i64 id;
	bool changed;
};

static err_t fill_alone(struct conn *c, void *arg)
{
	struct filling *f = arg;
	(void)c;
	return import_fill(f->j, f->d, f->id, &f->changed);
}

static err_t settle(struct import_job *j, const struct deferred *d)
{
	struct ctx *cx = j->cx;
	struct filling f = {.j = j, .d = d};
	struct found found;
	const char *name = import_field_name(cx->a, d->r, d->v->f->name);
	TRY(lookup_get(cx, d->v->ref, d->text, &found));
	const struct err_param *params = EP({"what", label_in(d->r->e->label, cx->lang)},
	                                    {"value", d->text});
	err_t rc = ERR_INVALID;
	if (found.ambiguous) {
		errs_field(&cx->e, name, ERR_IMPORT_REF_MANY, params);
	} else if (found.id) {
		f.id = found.id;
		rc = db_nested(cx->c, fill_alone, &f);
	} else if (d->v->ref_may_miss || j->in->limit) {
		return ERR_OK;
	} else {
		errs_field(&cx->e, name, ERR_IMPORT_REF, params);
	}
	if (fatal(rc))
		return rc;
	if (rc) {
		row_failed(j, d->row, rc);
		j->again = j->in->partial;
	} else if (f.changed && d->outcome == WAS_UNCHANGED) {
		struct import_count *c = d->r->main ? NULL : import_count_of(j->res, d->r->e);
		(*(c ? &c->unchanged : &j->res->skipped))--;
		(*(c ? &c->updated : &j->res->updated))++;
	}
	return ERR_OK;
}

static void next_batch(struct import_job *j)
{
	arena_reset(j->batch);
	lookups_batch(j->m->lookups, j->batch);
	j->n_rows = 0;
	errs_init(&j->cx->e, j->batch);
}

static err_t settle_all(struct import_job *j)
{
	for (size_t from = 0; from < j->n_deferred; from += BATCH_ROWS) {
		size_t n = j->n_deferred - from < BATCH_ROWS ? j->n_deferred - from : BATCH_ROWS;
		next_batch(j);
		for (size_t i = 0; i < n; i++)
			lookup_want(j->deferred[from + i].v->ref, j->deferred[from + i].text);
		TRY(lookups_fetch(j->cx, j->m->lookups));
		for (size_t i = 0; i < n; i++)
			TRY(settle(j, &j->deferred[from + i]));
	}
	return ERR_OK;
}

/* -- a pass over the file -- */

static err_t open_file(struct import_job *j, struct arena *a)
{
	return import_map_open(j->cx, a, j->m, j->in->file, j->in->encoding, &j->reader);
}

static err_t progress(struct import_job *j)
{
	struct import_progress *p = j->in->progress;
	if (!p)
		return ERR_OK;
	p->rows = j->res->rows;
	p->done = j->reader->done;
	p->total = j->reader->total;
	return p->cancel ? cx_err(j->cx, ERR_IMPORT_CANCELLED, NULL) : ERR_OK;
}

static err_t all_rows(struct import_job *j)
{
	struct ctx *cx = j->cx;
	const struct table_row *from = NULL;
	j->rows = ARENA_ARRAY(j->pass, BATCH_ROWS, struct import_row *);
	do {
		next_batch(j);
		while (j->n_rows < BATCH_ROWS && arena_used(j->batch) < BATCH_BYTES &&
		       (!j->in->limit || j->res->rows < j->in->limit)) {
			TRY(table_next(j->reader, &cx->e, &from));
			if (!from)
				break;
			j->rows[j->n_rows++] = import_row_make(j->batch, j->m, from, j->need,
			                                       j->reader->n_columns);
			j->rows[j->n_rows - 1]->index = (size_t)j->res->rows++;
			if (j->in->limit)
				j->res->outcomes[j->res->n_outcomes++].row = from->number;
		}
		TRY(progress(j));
		if (j->n_rows)
			TRY(do_batch(j));
	} while (from && j->n_rows);
	return settle_all(j);
}

static err_t tell(struct import_job *j)
{
	const struct import_result *r = j->res;
	i64 written = r->created + r->updated;
	for (size_t i = 0; i < r->n_also; i++)
		written += r->also[i].created + r->also[i].updated;
	if (!written)
		return ERR_OK;
	struct jw w = jw_new(j->batch, 64 * 1024);
	jw_obj(&w);
	jw_kstr(&w, "entity", r->e->name);
	jw_kstr(&w, "file", j->in->name);
	jw_kint(&w, "rows", r->rows);
	jw_kint(&w, "created", r->created);
	jw_kint(&w, "updated", r->updated);
	jw_kint(&w, "skipped", r->skipped);
	jw_kint(&w, "failed", r->failed);
	jw_end_obj(&w);
	return event_append(j->cx,
	                    &(struct event_in){.kind = "import.completed", .payload = jw_done(&w)},
	                    NULL);
}

static void begin_pass(struct import_job *j)
{
	struct import_result *r = j->res;
	r->rows = r->created = r->updated = r->skipped = r->failed = 0;
	r->n_errors = r->n_outcomes = 0;
	for (size_t i = 0; i < r->n_also; i++)
		r->also[i] = (struct import_count){.e = r->also[i].e};
	j->n_deferred = j->cap_deferred = j->at_known = 0;
	j->again = j->fallen = false;
	lookups_clear(j->m->lookups);
}

static int by_row(const void *a, const void *b)
{
	const struct import_error *x = a, *y = b;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* The job of one transaction. What is not to stay is rolled back by an error that nobody sees. */
static err_t pass(struct ctx *cx, void *arg)
{
	struct import_job *j = arg;
	struct arena *whole = cx->a;
	begin_pass(j);
	j->pass = arena_child(whole);
	j->batch = arena_child(j->pass);
	conn_use(cx->c, j->batch);
	cx->a = j->batch;
	event_not_needed(cx, "rows that are there already");
	/* Numbers of a savepoint that is taken back would be given out twice. */
	cx->numbers = j->careful ? NULL : ARENA_NEW(j->pass, struct number_stock);
	err_t rc = open_file(j, j->pass);
	if (!rc)
		rc = all_rows(j); /* of the columns that prepare() bound */
	if (j->res->n_errors)
		qsort(j->res->errors, j->res->n_errors, sizeof *j->res->errors, by_row);
	j->res->written = !rc && !j->in->dry_run && !j->in->limit && !j->again &&
	                  (!j->res->failed || j->in->partial);
	if (!rc && j->res->written)
		rc = numbers_return(cx);
	cx->numbers = NULL;
	if (!rc)
		rc = j->res->written ? tell(j) : ERR_IMPORT_REJECTED;
	else if (j->fallen && !fatal(rc))
		rc = ERR_IMPORT_REJECTED; /* as passes() knows it */
	/* What is said about a failure outlives the batch. */
	struct errs e = cx->e;
	errs_init(&cx->e, whole);
	if (rc == ERR_IMPORT_REJECTED)
		rc = errs_set(
			&cx->e, ERR_IMPORT_REJECTED,
			EP({"failed", arena_printf(whole, "%lld", (long long)j->res->failed)}));
	else if (rc)
		rc = errs_set(&cx->e, e.code ? e.code : (enum err_code)rc, e.params);
	cx->e.log = e.log ? arena_strdup(whole, e.log) : NULL;
	conn_use(cx->c, whole);
	cx->a = whole;
	arena_free(j->pass);
	return rc;
}

/* Errors of this pass are kept for the next one, which leaves those rows out. */
static void remember_wrong(struct import_job *j)
{
	j->known = arena_memdup(j->a, j->res->errors, j->res->n_errors * sizeof *j->known);
	j->n_known = j->res->n_errors;
}

static err_t passes(struct import_job *j)
{
	struct ctx *cx = j->cx;
	for (int i = 0; i < PASSES_MAX; i++) {
		err_t rc = ctx_write(cx, pass, j);
		if (!rc || rc != ERR_IMPORT_REJECTED)
			return rc;
		errs_clear(&cx->e);
		if (!j->again)
			return ERR_OK;
		if (!j->fallen)
			remember_wrong(j);
	}
	return cx_err(cx, ERR_IMPORT_REJECTED,
	              EP({"failed", arena_printf(cx->a, "%lld", (long long)j->res->failed)}));
}

/* -- the whole -- */

static void count_entities(struct import_job *j)
{
	struct import_result *r = j->res;
	r->also = ARENA_ARRAY(j->a, j->m->n_records + 1, struct import_count);
	for (size_t i = 0; i < j->m->n_records; i++) {
		const struct map_record *rec = &j->m->records[i];
		size_t k = 0;
		while (k < r->n_also && r->also[k].e != rec->e)
			k++;
		if (!rec->main && k == r->n_also)
			r->also[r->n_also++].e = rec->e;
	}
}

/* What a guessed map leaves out is told: nobody wrote it and knows. */
static void note_unmapped(struct import_job *j)
{
	struct import_result *r = j->res;
	r->unmapped = ARENA_ARRAY(j->a, j->reader->n_columns + 1, const char *);
	for (size_t i = 0; i < j->reader->n_columns; i++)
		if (!j->need[i] && *j->reader->columns[i])
			r->unmapped[r->n_unmapped++] = arena_strdup(j->a, j->reader->columns[i]);
}

/* The map is read and held against the file before the first row is. */
static err_t prepare(struct import_job *j)
{
	struct ctx *cx = j->cx;
	json_t *map = (json_t *)j->in->map;
	if (!map) {
		TRY(open_file(j, cx->a));
		TRY(import_suggest(cx, j->in->e, j->reader, &map));
	}
	TRY(import_map_parse(cx, map, lookups_new(cx->a), &j->m));
	if (j->m->e != j->in->e)
		return cx_err(
			cx, ERR_IMPORT_MAP,
			EP({"reason", arena_printf(cx->a,
		                                   cx->lang == LANG_EN ? "it is for %s, not for %s"
		                                                       : "映射用于%s，不用于%s",
		                                   label_in(j->m->e->label, cx->lang),
		                                   label_in(j->in->e->label, cx->lang))}));
	TRY(open_file(j, cx->a));
	TRY(import_map_bind(cx, j->m, j->reader, &j->need));
	if (!j->in->map)
		note_unmapped(j);
	j->res->map = map;
	j->res->encoding = j->reader->encoding;
	j->res->outcomes = ARENA_ARRAY(cx->a, (size_t)j->in->limit + 1, struct import_outcome);
	table_close(j->reader);
	count_entities(j);
	return ERR_OK;
}

err_t import_run(struct ctx *cx, const struct import_in *in, struct import_result **out)
{
	struct import_job *j = ARENA_NEW(cx->a, struct import_job);
	*j = (struct import_job){.cx = cx, .in = in, .a = cx->a};
	j->res = *out = ARENA_NEW(cx->a, struct import_result);
	j->res->e = in->e;
	const char *via = cx->via;
	TRY(actor_need(cx, "import.run"));
	TRY(prepare(j));
	cx->via = "import";
	err_t rc = passes(j);
	cx->via = via;
	if (rc)
		return rc;
	struct import_result *r = j->res;
	if (!r->written && !in->dry_run && !in->limit) {
		/* Nothing of it stayed. */
		r->created = r->updated = 0;
		for (size_t i = 0; i < r->n_also; i++)
			r->also[i] = (struct import_count){.e = r->also[i].e};
	}
	return ERR_OK;
}
