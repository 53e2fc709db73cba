/* Runs of imports: their rows, their threads, what is told of them. */
#include "core/import_runs.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "core/actor.h"
#include "core/event.h"
#include "core/files.h"
#include "core/import_map.h"

enum {
	RUN_ARENA_MAX = 1 << 30,
	RESULT_MAX = 8 * 1024 * 1024,
	TOLD_ERRORS = 500,
	LIST_MAX = 50,
	PLACE_WAIT_S = 1
};
#define LOCK_OF(id) ((i64)0x696d7000000000LL + (id)) /* advisory: "imp" */

/* A run of this process. */
struct running {
	bool taken, ended;
	pthread_t thread;
	struct import_progress progress;
	struct db *db;
	struct arena *a;
	i64 id, user_id;
	const char *tokens, *zone;
	enum lang lang;
	const struct entity *e;
	const char *file_name, *path;
	struct import_choice choice;
	bool dry_run;
	struct conn *lock; /* PostgreSQL: tells other processes that somebody does it */
	struct errs lock_errs;
};

static struct {
	pthread_mutex_t mu;
	pthread_cond_t one_ended;
	struct running run[IMPORT_RUNS_MAX];
} house = {.mu = PTHREAD_MUTEX_INITIALIZER, .one_ended = PTHREAD_COND_INITIALIZER};

/* -- rows -- */

static err_t quiet_write(struct ctx *cx, const char *sql, struct args a)
{
	event_not_needed(cx, "the bookkeeping of an import; what it brings is told by its rows");
	return db_exec(cx->c, sql, a, NULL);
}

struct adding {
	const struct entity *e;
	const char *name, *hash;
	i64 id;
};

static err_t add(struct ctx *cx, void *arg)
{
	struct adding *ad = arg;
	event_not_needed(cx, "an upload that nothing was made of yet");
	i64 me = cx->actor->id;
	return db_insert(cx->c,
	                 "insert into import_run(version, created_at, created_by, updated_at,"
	                 " updated_by, entity, file_name, file_hash, state, owner_id)"
	                 " values (1, ?, ?, ?, ?, ?, ?, ?, 'uploaded', ?) returning id",
	                 ARGS(vi(cx->now), vref(me), vi(cx->now), vref(me), vt(ad->e->name),
	                      vt(ad->name), vt(ad->hash), vref(me)),
	                 &ad->id);
}

err_t import_file_add(struct ctx *cx, const struct entity *e, const char *file_name,
                      const char *hash, i64 *id)
{
	struct adding ad = {e, file_name, hash, 0};
	TRY(ctx_write(cx, add, &ad));
	*id = ad.id;
	return ERR_OK;
}

static bool sees_all(const struct ctx *cx)
{
	return actor_scope(cx->actor, "import.run") == SCOPE_ALL;
}

err_t import_file_get(struct ctx *cx, i64 id, struct import_file *out)
{
	struct rows *r;
	TRY(db_query(cx->c,
	             "select entity, file_name, file_hash, state, owner_id from import_run"
	             " where id = ? and deleted_at is null",
	             ARGS(vi(id)), &r));
	bool found = rows_next(r) && (sees_all(cx) || rows_i64(r, 4) == cx->actor->id);
	if (found)
		*out = (struct import_file){.id = id,
		                            .e = entity_by_name(rows_text(r, 0)),
		                            .file_name = rows_dup(r, 1),
		                            .hash = rows_dup(r, 2),
		                            .state = rows_dup(r, 3),
		                            .owner_id = rows_i64(r, 4)};
	TRY(rows_done(r));
	if (!found || !out->e)
		return cx_err(cx, ERR_NOT_FOUND, NULL);
	out->path = file_find(cx, out->hash);
	return ERR_OK;
}

static err_t need_content(struct ctx *cx, const struct import_file *f)
{
	return f->path ? ERR_OK
	               : cx_err(cx, ERR_IMPORT_FILE,
	                        EP({"reason", cx->lang == LANG_EN ? "it is no longer kept"
	                                                          : "文件已不再保存"}));
}

/* -- looking -- */

static void write_cells(struct jw *w, const struct table_row *row, size_t n)
{
	enum { SHOWN = 200 };
	jw_key(w, "cells");
	jw_arr(w);
	for (size_t i = 0; i < n; i++) {
		const struct cell *c = table_cell(row, i);
		jw_str(w, utf8_head(w->b.a, c->kind == CELL_ERROR ? c->note : c->text, SHOWN));
	}
	jw_end_arr(w);
}

err_t import_file_look(struct ctx *cx, const struct import_file *f, const struct import_look *how,
                       struct jw *w)
{
	struct table_reader *t;
	const struct table_row *row;
	const char *const *sheets;
	size_t n;
	TRY(need_content(cx, f));
	const struct table_read read = {
		.encoding = how->encoding, .sheet = how->sheet, .title_row = how->title_row};
	TRY(table_sheets(cx->a, &cx->e, DOC_PATH(f->path), &sheets, &n));
	TRY(table_open(cx->a, &cx->e, DOC_PATH(f->path), &read, &t));
	jw_obj(w);
	jw_kstr(w, "format", t->format == TABLE_XLSX ? "xlsx" : "csv");
	jw_kstr(w, "encoding", t->encoding);
	jw_kstr(w, "separator",
	        t->format == TABLE_XLSX ? NULL : arena_strndup(cx->a, &t->separator, 1));
	jw_key(w, "sheets");
	jw_arr(w);
	for (size_t i = 0; i < n; i++)
		jw_str(w, sheets[i]);
	jw_end_arr(w);
	jw_kstr(w, "sheet", t->sheet);
	jw_kint(w, "title_row", t->title_row);
	jw_key(w, "columns");
	jw_arr(w);
	for (size_t i = 0; i < t->n_columns; i++) {
		jw_obj(w);
		jw_kstr(w, "name", t->columns[i]);
		jw_kstr(w, "field", import_suggest_field(cx, f->e, t->columns[i]));
		jw_end_obj(w);
	}
	jw_end_arr(w);
	json_t *map = NULL;
	if (import_suggest(cx, f->e, t, &map))
		errs_clear(&cx->e);
	jw_key(w, "map");
	if (map)
		jw_json(w, map);
	else
		jw_null(w);
	jw_key(w, "sample");
	jw_arr(w);
	for (int i = 0; i < IMPORT_PREVIEW_ROWS; i++) {
		TRY(table_next(t, &cx->e, &row));
		if (!row)
			break;
		jw_obj(w);
		jw_kint(w, "number", row->number);
		write_cells(w, row, t->n_columns);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	jw_end_obj(w);
	table_close(t);
	return ERR_OK;
}

/* -- trying the first rows -- */

static struct import_in input(const struct import_file *f, const struct import_choice *c)
{
	return (struct import_in){.e = f->e,
	                          .name = f->file_name,
	                          .file = DOC_PATH(f->path),
	                          .map = c->map,
	                          .duplicates = c->duplicates,
	                          .partial = c->partial};
}

static void write_row_errors(struct jw *w, const struct import_result *r, i64 row)
{
	jw_key(w, "errors");
	jw_arr(w);
	for (size_t i = 0; i < r->n_errors; i++) {
		const struct import_error *e = &r->errors[i];
		if (e->row != row)
			continue;
		jw_obj(w);
		jw_key(w, "column");
		if (e->column < 0)
			jw_null(w);
		else
			jw_int(w, e->column);
		jw_kstr(w, "field", *e->field ? e->field : NULL);
		jw_kstr(w, "code", err_def(e->code)->code);
		jw_kstr(w, "message", e->message);
		jw_end_obj(w);
	}
	jw_end_arr(w);
}

err_t import_file_preview(struct ctx *cx, const struct import_file *f,
                          const struct import_choice *c, struct jw *w)
{
	struct import_result *r;
	struct import_map *m;
	struct table_reader *t;
	const struct table_row *row;
	TRY(need_content(cx, f));
	struct import_in in = input(f, c);
	in.limit = IMPORT_PREVIEW_ROWS;
	TRY(import_run(cx, &in, &r));
	TRY(import_map_parse(cx, r->map, lookups_new(cx->a), &m));
	TRY(import_map_open(cx, cx->a, m, in.file, NULL, &t));
	jw_obj(w);
	jw_kint(w, "created", r->created);
	jw_kint(w, "updated", r->updated);
	jw_kint(w, "skipped", r->skipped);
	jw_kint(w, "failed", r->failed);
	jw_key(w, "columns");
	jw_arr(w);
	for (size_t i = 0; i < t->n_columns; i++)
		jw_str(w, t->columns[i]);
	jw_end_arr(w);
	jw_key(w, "rows");
	jw_arr(w);
	for (size_t i = 0; i < r->n_outcomes; i++) {
		TRY(table_next(t, &cx->e, &row));
		if (!row)
			break;
		jw_obj(w);
		jw_kint(w, "number", row->number);
		jw_kstr(w, "state", r->outcomes[i].state);
		write_cells(w, row, t->n_columns);
		write_row_errors(w, r, row->number);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	jw_end_obj(w);
	table_close(t);
	return ERR_OK;
}

/* -- what became of a run -- */

struct ending {
	const struct running *run;
	const struct import_result *r; /* NULL when it was refused as a whole */
	const char *state, *result, *errors_file;
};

static err_t end(struct ctx *cx, void *arg)
{
	const struct ending *en = arg;
	const struct import_result none = {0}, *r = en->r ? en->r : &none;
	return quiet_write(cx,
	                   "update import_run set state = ?, total = ?, created = ?, updated = ?,"
	                   " skipped = ?, failed = ?, progress = 100, errors = ?,"
	                   " errors_file_hash = ?, finished_at = ?,"
	                   " updated_at = ?, version = version + 1 where id = ?",
	                   ARGS(vt(en->state), vi(r->rows), vi(r->created), vi(r->updated),
	                        vi(r->skipped), vi(r->failed), vt(en->result), vt(en->errors_file),
	                        vi(clock_now()), vi(clock_now()), vi(en->run->id)));
}

/* The workbook of wrong rows, kept like any file. NULL when it cannot be made: the run itself
 * stands. */
static const char *keep_errors(struct ctx *cx, const struct import_in *in,
                               const struct import_result *r)
{
	const char *path = arena_printf(cx->a, "%s/errors-%s.xlsx", files_tmp(),
	                                random_token(cx->a, 12));
	FILE *f = fopen(path, "wb");
	err_t rc = f ? import_errors_file(cx, in, r, TABLE_XLSX, f)
	             : cx_fail(cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
	if (f && fclose(f) && !rc)
		rc = cx_fail(cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
	struct stored_file stored;
	if (!rc)
		rc = file_keep(cx, path, "errors.xlsx", &stored);
	if (!rc)
		return arena_strdup(cx->a, stored.hash);
	LOG(ERROR, "no workbook of wrong rows", LS("why", cx->e.log ? cx->e.log : ""));
	errs_clear(&cx->e);
	unlink(path);
	return NULL;
}

/* {"dry_run":…, "written":…, "errors":[…], "also":{…}, "problem":{…}} */
static const char *result_json(struct ctx *cx, const struct running *run,
                               const struct import_result *r)
{
	struct jw w = jw_new(cx->a, RESULT_MAX);
	jw_obj(&w);
	jw_kbool(&w, "dry_run", run->dry_run);
	jw_key(&w, "result");
	if (r) {
		struct import_result told = *r;
		if (told.n_errors > TOLD_ERRORS)
			told.n_errors = TOLD_ERRORS;
		import_result_write(cx, &told, &w);
	} else {
		jw_null(&w);
	}
	jw_key(&w, "problem");
	if (!r) {
		jw_obj(&w);
		jw_kstr(&w, "code", err_def(cx->e.code)->code);
		jw_kstr(&w, "message", err_text(cx->a, cx->e.code, cx->e.params, cx->lang));
		jw_end_obj(&w);
	} else {
		jw_null(&w);
	}
	jw_end_obj(&w);
	return jw_done(&w);
}

static err_t carry_out(struct ctx *cx, struct running *run)
{
	struct import_result *r = NULL;
	struct actor *actor;
	TRY(actor_load(cx, run->user_id, run->tokens, &actor));
	cx->actor = actor;
	cx->lang = run->lang;
	const struct import_file f = {.e = run->e, .file_name = run->file_name, .path = run->path};
	struct import_in in = input(&f, &run->choice);
	in.dry_run = run->dry_run;
	in.progress = &run->progress;
	err_t rc = import_run(cx, &in, &r);
	struct ending en = {.run = run, .r = rc ? NULL : r};
	en.errors_file = !rc && r->n_errors ? keep_errors(cx, &in, r) : NULL;
	en.result = result_json(cx, run, en.r);
	en.state = rc == ERR_IMPORT_CANCELLED ? "cancelled"
	           : rc                       ? "failed"
	           : run->dry_run             ? "checked"
	           : r->written               ? "done"
	                                      : "failed";
	errs_clear(&cx->e);
	return ctx_write(cx, end, &en);
}

/* Before the row says that it runs, so that whoever reads that finds it held. *got false: another
 * process does it. */
static err_t lock_run(struct ctx *cx, struct running *run, bool *got)
{
	*got = true;
	if (db_engine(run->db) == DB_SQLITE)
		return ERR_OK;
	errs_init(&run->lock_errs, run->a);
	err_t rc = db_acquire(run->db, run->a, &run->lock_errs, &run->lock);
	if (!rc)
		rc = db_try_lock(run->lock, LOCK_OF(run->id), got);
	return rc ? cx_fail(cx, (enum err_code)rc, "lock of an import: %s",
	                    run->lock_errs.log ? run->lock_errs.log : "")
	          : ERR_OK;
}

static void unlock_run(struct running *run)
{
	if (run->lock)
		db_release(run->lock); /* and with it the lock */
	run->lock = NULL;
}

static void *thread(void *arg)
{
	struct running *run = arg;
	struct ctx cx;
	err_t rc = ctx_begin(&cx, run->db, run->a, "import");
	if (!rc)
		rc = carry_out(&cx, run);
	if (rc)
		LOG(ERROR, "an import could not be finished", LI("import", run->id),
		    LS("code", err_def((enum err_code)rc)->code),
		    LS("why", cx.e.log ? cx.e.log : ""));
	unlock_run(run);
	ctx_end(&cx);
	pthread_mutex_lock(&house.mu);
	run->ended = true;
	pthread_cond_broadcast(&house.one_ended);
	pthread_mutex_unlock(&house.mu);
	return NULL;
}

/* -- starting and stopping -- */

/* With the mutex held. */
static struct running *running_here(i64 id)
{
	for (size_t i = 0; i < IMPORT_RUNS_MAX; i++) {
		struct running *r = &house.run[i];
		if (r->taken && !r->ended && r->id == id)
			return r;
	}
	return NULL;
}

/* With the mutex held: a free place or NULL, those that ended given back. */
static struct running *free_place(void)
{
	struct running *found = NULL;
	for (size_t i = 0; i < IMPORT_RUNS_MAX; i++) {
		struct running *r = &house.run[i];
		if (r->taken && r->ended) {
			pthread_join(r->thread, NULL);
			arena_free(r->a);
			memset(r, 0, sizeof *r);
		}
		if (!r->taken)
			found = r;
	}
	return found;
}

/* A place of ours, or NULL. One that told how it ended is about to be free: worth a moment. */
static struct running *take_place(void)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PLACE_WAIT_S;
	struct running *r;
	pthread_mutex_lock(&house.mu);
	while (!(r = free_place()))
		if (pthread_cond_timedwait(&house.one_ended, &house.mu, &until))
			break;
	if (r)
		r->taken = true;
	pthread_mutex_unlock(&house.mu);
	return r;
}

/* Is it done by some process? SQLite has but one. What was read of the run before this was asked
 * may be older than the answer: it may have ended in between. */
static err_t is_alive(struct ctx *cx, i64 id, bool *alive)
{
	pthread_mutex_lock(&house.mu);
	*alive = running_here(id) != NULL;
	pthread_mutex_unlock(&house.mu);
	if (*alive || db_engine(cx->db) == DB_SQLITE)
		return ERR_OK;
	bool got;
	TRY(db_try_lock(cx->c, LOCK_OF(id), &got));
	*alive = !got;
	return got ? db_unlock(cx->c, LOCK_OF(id)) : ERR_OK;
}

static bool under_way(const char *state)
{
	return !strcmp(state, "checking") || !strcmp(state, "running");
}

struct beginning {
	const struct import_file *f;
	const struct import_choice *c;
	const char *state;
	i64 changed;
};

static const char *options_json(struct ctx *cx, const struct import_choice *c)
{
	static const char *const names[] = {"update", "skip", "create"};
	return arena_printf(cx->a, "{\"duplicates\":\"%s\",\"partial\":%s}", names[c->duplicates],
	                    c->partial ? "true" : "false");
}

static err_t begin(struct ctx *cx, void *arg)
{
	struct beginning *b = arg;
	struct jw w = jw_new(cx->a, RESULT_MAX);
	if (b->c->map)
		jw_json(&w, b->c->map);
	event_not_needed(cx, "an import begins; its end is told");
	return db_exec(
		cx->c,
		"update import_run set state = ?, map = ?, options = ?, errors = null,"
		" errors_file_hash = null, finished_at = null, progress = 0, total = 0, created = 0, updated = 0,"
		" skipped = 0, failed = 0, updated_at = ?, version = version + 1"
		" where id = ? and state = ?",
		ARGS(vt(b->state), vt(b->c->map ? jw_done(&w) : NULL), vt(options_json(cx, b->c)),
	             vi(cx->now), vi(b->f->id), vt(b->f->state)),
		&b->changed);
}

static err_t conflict(struct ctx *cx, const char *zh, const char *en)
{
	return cx_err(cx, ERR_CONFLICT, EP({"reason", cx->lang == LANG_EN ? en : zh}));
}

/* The map is read against the file, so that its mistakes are answered now. */
static err_t check_map(struct ctx *cx, const struct import_file *f, const struct import_choice *c)
{
	struct import_map *m;
	struct table_reader *t;
	bool *need;
	json_t *map = (json_t *)c->map;
	if (!map) {
		TRY(import_map_open(cx, cx->a, NULL, DOC_PATH(f->path), NULL, &t));
		TRY(import_suggest(cx, f->e, t, &map));
	}
	TRY(import_map_parse(cx, map, lookups_new(cx->a), &m));
	TRY(import_map_open(cx, cx->a, m, DOC_PATH(f->path), NULL, &t));
	TRY(import_map_bind(cx, m, t, &need));
	table_close(t);
	return ERR_OK;
}

static void fill_place(struct ctx *cx, struct running *r, const struct import_file *f,
                       const struct import_choice *c, bool dry_run)
{
	struct errs quiet;
	r->taken = true;
	r->a = arena_new(RUN_ARENA_MAX);
	r->db = cx->db;
	r->id = f->id;
	r->user_id = cx->actor->id;
	r->tokens = cx->actor->tokens ? arena_strdup(r->a, cx->actor->tokens) : NULL;
	r->lang = cx->lang;
	r->e = f->e;
	r->file_name = arena_strdup(r->a, f->file_name);
	r->path = arena_strdup(r->a, f->path);
	r->choice = *c;
	r->dry_run = dry_run;
	r->progress.cancel = false;
	r->progress.rows = r->progress.done = r->progress.total = 0;
	if (!c->map)
		return;
	struct jw w = jw_new(r->a, RESULT_MAX);
	jw_json(&w, c->map);
	json_t *copy;
	errs_init(&quiet, r->a);
	if (json_parse(r->a, &quiet, jw_done(&w), w.b.n, &copy))
		panic("a map that was read cannot be read again");
	r->choice.map = copy;
}

err_t import_file_start(struct ctx *cx, const struct import_file *f, const struct import_choice *c,
                        bool dry_run)
{
	bool alive = false;
	TRY(need_content(cx, f));
	if (under_way(f->state))
		TRY(is_alive(cx, f->id, &alive));
	if (alive)
		return conflict(cx, "该导入正在进行", "this import is under way");
	if (!strcmp(f->state, "done"))
		return conflict(cx, "该文件已导入", "this file was imported");
	TRY(check_map(cx, f, c));
	struct running *r = take_place();
	if (!r)
		return cx_err(cx, ERR_DB_BUSY, NULL);
	pthread_mutex_lock(&house.mu);
	fill_place(cx, r, f, c, dry_run);
	pthread_mutex_unlock(&house.mu);
	struct beginning b = {f, c, dry_run ? "checking" : "running", 0};
	bool got = false;
	err_t rc = lock_run(cx, r, &got);
	if (!rc && got)
		rc = ctx_write(cx, begin, &b);
	if (!rc && !b.changed)
		rc = conflict(cx, "该导入正在进行", "this import is under way");
	pthread_mutex_lock(&house.mu);
	if (!rc && pthread_create(&r->thread, NULL, thread, r))
		rc = cx_fail(cx, ERR_UNAVAILABLE, "no thread for an import");
	if (rc) {
		unlock_run(r);
		arena_free(r->a);
		memset(r, 0, sizeof *r);
		pthread_cond_broadcast(&house.one_ended);
	}
	pthread_mutex_unlock(&house.mu);
	return rc;
}

err_t import_file_cancel(struct ctx *cx, const struct import_file *f)
{
	pthread_mutex_lock(&house.mu);
	struct running *r = running_here(f->id);
	if (r)
		r->progress.cancel = true;
	pthread_mutex_unlock(&house.mu);
	return r ? ERR_OK : conflict(cx, "该导入没有在进行", "this import is not under way");
}

void import_runs_stop(void)
{
	for (size_t i = 0; i < IMPORT_RUNS_MAX; i++) {
		struct running *r = &house.run[i];
		pthread_mutex_lock(&house.mu);
		bool taken = r->taken;
		r->progress.cancel = true;
		pthread_mutex_unlock(&house.mu);
		if (!taken)
			continue;
		pthread_join(r->thread, NULL);
		arena_free(r->a);
		memset(r, 0, sizeof *r);
	}
}

/* -- telling -- */

/* Rows and percent of one that runs here; false when it does not. */
static bool progress_here(i64 id, i64 *rows, i64 *percent)
{
	pthread_mutex_lock(&house.mu);
	struct running *r = running_here(id);
	if (r) {
		i64 total = r->progress.total;
		*rows = r->progress.rows;
		*percent = total ? r->progress.done * 99 / total : 0;
	}
	pthread_mutex_unlock(&house.mu);
	return r != NULL;
}

static void member_json(struct jw *w, const char *key, const char *text)
{
	jw_key(w, key);
	if (text)
		jw_raw(w, text);
	else
		jw_null(w);
}

static err_t parse_result(struct ctx *cx, const char *text, json_t **out)
{
	*out = NULL;
	return text ? json_parse(cx->a, &cx->e, text, strlen(text), out) : ERR_OK;
}

err_t import_file_write(struct ctx *cx, const struct import_file *f, struct jw *w)
{
	struct rows *r;
	/* First whether somebody does it, then what became of it: not the other way round, as it
	 * may end in between. */
	i64 rows_here = 0, percent_here = 0;
	bool here = under_way(f->state) && progress_here(f->id, &rows_here, &percent_here);
	bool alive = true;
	if (under_way(f->state) && !here)
		TRY(is_alive(cx, f->id, &alive));
	TRY(db_query(
		cx->c,
		"select total, created, updated, skipped, failed, progress, map, options, errors,"
		" created_at, finished_at, state, errors_file_hash from import_run where id = ?",
		ARGS(vi(f->id)), &r));
	i64 n[6] = {0}, created_at = 0, finished_at = 0;
	const char *map = NULL, *options = NULL, *result = NULL, *state = f->state;
	bool has_errors_file = false;
	if (rows_next(r)) {
		for (int i = 0; i < 6; i++)
			n[i] = rows_i64(r, i);
		map = rows_dup(r, 6);
		options = rows_dup(r, 7);
		result = rows_dup(r, 8);
		created_at = rows_i64(r, 9);
		finished_at = rows_i64(r, 10);
		state = rows_dup(r, 11);
		has_errors_file = !rows_null(r, 12);
	}
	TRY(rows_done(r));
	json_t *told;
	TRY(parse_result(cx, result, &told));
	if (here && under_way(state)) {
		n[0] = rows_here;
		n[5] = percent_here;
	}
	jw_obj(w);
	jw_kint(w, "id", f->id);
	jw_kstr(w, "entity", f->e->name);
	jw_kstr(w, "file_name", f->file_name);
	/* Whoever did it is gone: nothing was written, it may be started again. */
	jw_kstr(w, "state", !alive && under_way(state) ? "failed" : state);
	static const char *const names[] = {"rows",    "created", "updated",
	                                    "skipped", "failed",  "progress"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		jw_kint(w, names[i], n[i]);
	const json_t *res = json_object_get(told, "result");
	jw_kbool(w, "written", json_flag(res, "written", false));
	jw_kbool(w, "dry_run", json_flag(told, "dry_run", false));
	static const char *const parts[] = {"errors", "also"};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const json_t *j = json_object_get(res, parts[i]);
		jw_key(w, parts[i]);
		if (j)
			jw_json(w, j);
		else
			jw_raw(w, i ? "{}" : "[]");
	}
	jw_key(w, "problem");
	if (json_is_object(json_object_get(told, "problem")))
		jw_json(w, json_object_get(told, "problem"));
	else
		jw_null(w);
	jw_kbool(w, "has_errors_file", has_errors_file);
	member_json(w, "map", map);
	member_json(w, "options", options);
	jw_kstr(w, "created_at", time_format(cx->a, created_at));
	jw_kstr(w, "finished_at", finished_at ? time_format(cx->a, finished_at) : NULL);
	jw_end_obj(w);
	return ERR_OK;
}

err_t import_files_list(struct ctx *cx, struct jw *w)
{
	struct import_file f[LIST_MAX];
	i64 ids[LIST_MAX];
	size_t n = 0;
	struct rows *r;
	TRY(db_query(
		cx->c,
		"select id from import_run where deleted_at is null and (owner_id = ? or 1 = ?)"
		" order by id desc limit 50",
		ARGS(vi(cx->actor->id), vi(sees_all(cx))), &r));
	while (rows_next(r) && n < LIST_MAX)
		ids[n++] = rows_i64(r, 0);
	TRY(rows_done(r));
	jw_obj(w);
	jw_key(w, "items");
	jw_arr(w);
	for (size_t i = 0; i < n; i++) {
		TRY(import_file_get(cx, ids[i], &f[i]));
		TRY(import_file_write(cx, &f[i], w));
	}
	jw_end_arr(w);
	jw_end_obj(w);
	return ERR_OK;
}

err_t import_file_errors(struct ctx *cx, const struct import_file *f, const char **path)
{
	const char *hash;
	TRY(db_one_text(cx->c, "select errors_file_hash from import_run where id = ?",
	                ARGS(vi(f->id)), &hash));
	*path = hash ? file_find(cx, hash) : NULL;
	return ERR_OK;
}
