/* tripod backup, restore: the whole of an installation in one tar archive — database and kept files
 * — with a manifest that has the hash of every part.
 *
 * SQLite is copied page by page while it is in use; of PostgreSQL every table is read in one
 * repeatable-read transaction (backup_tables.c).  Contents of files never change and are there before
 * a row names them, so those that the copy names are taken after it.  The manifest comes last: an
 * archive without it was not finished. */
#include "app/backup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "core/event.h"
#include "core/files.h"
#include "db/migrate.h"

enum { MANIFEST_MAX = 1 << 30, FILES_AT_ONCE = 1000 };

static const char database_name[] = "database.sqlite", manifest_name[] = "manifest.json";

err_t backup_part(struct backup *b, const char *name, const char *path)
{
	char hash[SHA256_HEX];
	i64 size;
	TRY(tar_add_file(b->tar, &b->cx->e, name, path, hash, &size));
	jw_obj(&b->parts);
	jw_kstr(&b->parts, "name", name);
	jw_kint(&b->parts, "size", size);
	jw_kstr(&b->parts, "sha256", hash);
	jw_end_obj(&b->parts);
	b->n_parts++;
	return ERR_OK;
}

/* -- files -- */

static err_t add_file(struct backup *b, const char *hash)
{
	const char *path = file_find(b->cx, hash);
	/* One that is not there can not be kept; the manifest says so. */
	if (!path) {
		b->n_missing++;
		return ERR_OK;
	}
	b->n_files++;
	return backup_part(b, arena_printf(b->cx->a, "files/%s", hash), path);
}

/* Every hash once, in order: of all columns that hold one. */
static err_t add_files(struct backup *b)
{
	struct ctx *cx = b->cx;
	struct cat_place *where;
	size_t n;
	TRY(catalogue_columns_ending(cx->c, "file_hash", &where, &n));
	struct sqlb *q = sqlb_new(cx->a);
	for (size_t i = 0; i < n; i++)
		sqlb_addf(q, "%sselect %s as h from %s where %s is not null", i ? " union " : "",
		          where[i].column, where[i].table, where[i].column);
	const char *all = sqlb_text(q), *last = "";
	for (;;) {
		struct rows *r;
		const char *hash[FILES_AT_ONCE];
		size_t k = 0;
		TRY(db_query(cx->c,
		             arena_printf(cx->a,
		                          "select h from (%s) x where h > ? order by h limit %d",
		                          all, FILES_AT_ONCE),
		             ARGS(vt(last)), &r));
		while (rows_next(r) && k < FILES_AT_ONCE)
			hash[k++] = rows_dup(r, 0);
		TRY(rows_done(r));
		if (!k)
			return ERR_OK;
		for (size_t i = 0; i < k; i++)
			TRY(add_file(b, hash[i]));
		last = hash[k - 1];
	}
}

/* -- taking -- */

static err_t add_manifest(struct backup *b, int version)
{
	i64 pos;
	const char *head;
	TRY(event_head(b->cx, &pos, &head));
	struct jw w = jw_new(b->cx->a, MANIFEST_MAX);
	jw_obj(&w);
	jw_kint(&w, "format", 1);
	jw_kstr(&w, "engine", b->tables ? "postgresql" : "sqlite");
	jw_kint(&w, "version", version);
	jw_kstr(&w, "taken_at", time_format(b->cx->a, clock_now()));
	jw_kint(&w, "pos", pos);
	jw_kstr(&w, "head", head);
	jw_kint(&w, "files", b->n_files);
	jw_kint(&w, "files_missing", b->n_missing);
	jw_key(&w, "parts");
	jw_end_arr(&b->parts);
	jw_raw(&w, jw_done(&b->parts));
	jw_end_obj(&w);
	return tar_add_text(b->tar, &b->cx->e, manifest_name, jw_done(&w), w.b.n);
}

/* From the copy, or the open snapshot: what is read is of one moment. */
static err_t fill(struct backup *b)
{
	int version;
	TRY(migrate_version(b->cx->db, b->cx->a, &b->cx->e, &version));
	if (b->tables)
		TRY(backup_tables(b));
	TRY(add_files(b));
	return add_manifest(b, version);
}

static err_t take_sqlite(struct run *rn, struct backup *b)
{
	const char *copy = arena_printf(rn->a, "%s.db", rn->word[0]);
	struct ctx cx = {0};
	struct db *db;
	const struct db_options o = {.read_only = true};
	unlink(copy);
	err_t rc = db_backup_sqlite(rn->db, &rn->cx.e, copy);
	if (!rc)
		rc = db_open(arena_printf(rn->a, "sqlite:%s", copy), &o, &rn->cx.e, &db);
	if (!rc) {
		rc = ctx_begin(&cx, db, rn->a, "cli");
		b->cx = &cx;
		if (!rc)
			rc = backup_part(b, database_name, copy);
		if (!rc)
			rc = fill(b);
		if (rc)
			rn->cx.e = cx.e;
		ctx_end(&cx);
		db_close(db);
	}
	for (int i = 0; i < 3; i++)
		unlink(arena_printf(rn->a, "%s%s", copy, i == 0 ? "" : i == 1 ? "-wal" : "-shm"));
	return rc;
}

int cmd_backup(struct run *rn)
{
	struct backup b = {.cx = &rn->cx, .tables = db_engine(rn->db) == DB_POSTGRES};
	struct errs *e = &rn->cx.e;
	b.parts = jw_new(rn->a, MANIFEST_MAX);
	jw_arr(&b.parts);
	err_t rc = files_start(run_files_dir(rn), e);
	if (!rc)
		rc = tar_create(rn->a, e, rn->word[0], &b.tar);
	if (!rc && b.tables) {
		rc = db_snapshot(rn->cx.c);
		if (!rc)
			rc = fill(&b);
	} else if (!rc) {
		rc = take_sqlite(rn, &b);
	}
	if (!rc)
		rc = tar_finish(b.tar, e);
	return rc ? run_refuse(rn, e) : run_wrote(rn, rn->word[0], "parts", b.n_parts);
}

/* -- putting back -- */

/* Reads the archive to its end: every part has the hash that the manifest says. */
static err_t check_archive(struct run *rn, struct errs *e, json_t **manifest)
{
	struct tar_in *t;
	const char *name, *text = NULL;
	i64 size;
	struct jw w = jw_new(rn->a, MANIFEST_MAX);
	jw_arr(&w);
	TRY(tar_open(rn->a, e, rn->word[0], &t));
	for (;;) {
		char hash[SHA256_HEX];
		TRY(tar_next(t, e, &name, &size));
		if (!name)
			break;
		if (!strcmp(name, manifest_name)) {
			TRY(tar_text(t, e, MANIFEST_MAX - 1, &text));
			continue;
		}
		TRY(tar_extract(t, e, NULL, hash));
		jw_obj(&w);
		jw_kstr(&w, "name", name);
		jw_kint(&w, "size", size);
		jw_kstr(&w, "sha256", hash);
		jw_end_obj(&w);
	}
	jw_end_arr(&w);
	json_t *found;
	if (!text)
		return errs_set(e, ERR_BAD_REQUEST, EP({"reason", "the backup was not finished"}));
	TRY(json_parse(rn->a, e, text, strlen(text), manifest));
	const char *parts = jw_done(&w);
	TRY(json_parse(rn->a, e, parts, strlen(parts), &found));
	if (json_i64(*manifest, "format", 0) != 1 ||
	    !json_equal(found, json_object_get(*manifest, "parts")))
		return errs_set(e, ERR_BAD_REQUEST, EP({"reason", "the backup was altered"}));
	return ERR_OK;
}

static err_t put_file(struct run *rn, struct tar_in *t, struct errs *e, const char *name)
{
	struct ctx cx = {.a = rn->a};
	struct stored_file f;
	char hash[SHA256_HEX];
	const char *tmp = arena_printf(rn->a, "%s/restore-%s", files_tmp(), name + 6);
	errs_init(&cx.e, rn->a);
	TRY(tar_extract(t, e, tmp, hash));
	if (strcmp(hash, name + 6) != 0)
		return errs_set(e, ERR_BAD_REQUEST, EP({"reason", "the backup was altered"}));
	err_t rc = file_keep(&cx, tmp, NULL, &f);
	if (rc)
		*e = cx.e;
	return rc;
}

/* The copy takes the place of the target in one step: a failure leaves that as it was. */
static err_t put_sqlite(struct run *rn, struct tar_in *t, struct errs *e)
{
	const char *to = rn->db_url + strlen("sqlite:");
	const char *beside = arena_printf(rn->a, "%s.restoring", to);
	char hash[SHA256_HEX];
	TRY(tar_extract(t, e, beside, hash));
	for (int i = 0; i < 2; i++)
		unlink(arena_printf(rn->a, "%s%s", to, i ? "-wal" : "-shm"));
	return rename(beside, to) ? errs_fail(e, ERR_UNAVAILABLE, "%s: %s", to, strerror(errno))
	                          : ERR_OK;
}

/* Files first: rows never name what is not there. */
static err_t put_back(struct run *rn, struct errs *e, bool files, bool sqlite)
{
	struct tar_in *t;
	const char *name;
	i64 size;
	TRY(tar_open(rn->a, e, rn->word[0], &t));
	for (;;) {
		TRY(tar_next(t, e, &name, &size));
		if (!name)
			return ERR_OK;
		if (files && text_begins(name, "files/"))
			TRY(put_file(rn, t, e, name));
		else if (!files && sqlite && !strcmp(name, database_name))
			TRY(put_sqlite(rn, t, e));
		else if (!files && !sqlite && text_begins(name, "tables/"))
			TRY(restore_table(rn, t, e, name));
	}
}

static err_t not_empty(struct errs *e)
{
	return errs_set(e, ERR_CONFLICT,
	                EP({"reason", "the database is not empty; --force replaces all of it"}));
}

static err_t restore(struct run *rn, struct errs *e)
{
	json_t *manifest;
	bool force = run_option(rn, "--force") != NULL;
	bool sqlite = text_begins(rn->db_url, "sqlite:");
	TRY(check_archive(rn, e, &manifest));
	const char *engine = json_text(manifest, "engine");
	if (!engine || strcmp(engine, sqlite ? "sqlite" : "postgresql") != 0)
		return errs_set(e, ERR_CONFLICT,
		                EP({"reason", arena_printf(rn->a, "the backup is of %s", engine)}));
	struct stat st;
	if (sqlite && !force && !stat(rn->db_url + strlen("sqlite:"), &st) && st.st_size)
		return not_empty(e);
	int version = (int)json_i64(manifest, "version", 0);
	if (!sqlite) {
		bool empty;
		TRY(restore_begin(rn, e, version, force, &empty));
		if (!empty)
			return not_empty(e);
	}
	err_t rc = files_start(run_files_dir(rn), e);
	if (!rc)
		rc = put_back(rn, e, true, sqlite);
	if (!rc)
		rc = put_back(rn, e, false, sqlite);
	if (!sqlite && !rc)
		rc = restore_end(rn, e);
	if (!sqlite)
		db_close(rn->db);
	return rc;
}

int cmd_restore(struct run *rn)
{
	struct errs e;
	errs_init(&e, rn->a);
	if (restore(rn, &e))
		return run_refuse(rn, &e);
	if (!rn->json)
		return EXIT_DONE;
	struct jw w = jw_new(rn->a, 1 << 16);
	jw_obj(&w);
	jw_kstr(&w, "file", rn->word[0]);
	jw_end_obj(&w);
	printf("%s\n", jw_done(&w));
	return EXIT_DONE;
}
