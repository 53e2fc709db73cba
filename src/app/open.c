/* The database of a command: opened, migrated, seeded; copies of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "app/modules.h"
#include "base/json.h"
#include "base/text.h"
#include "core/actor.h"
#include "core/calendar.h"
#include "core/custom.h"
#include "core/setting.h"
#include "core/shape.h"
#include "db/migrate.h"

const char *run_files_dir(struct run *rn)
{
	const char *dir = run_option(rn, "--files");
	if (dir)
		return dir;
	if (!text_begins(rn->db_url, "sqlite:"))
		return "var/files";
	const char *path = rn->db_url + strlen("sqlite:"), *slash = strrchr(path, '/');
	return slash ? arena_printf(rn->a, "%.*s/files", (int)(slash - path), path) : "files";
}

static err_t check_and_seed(struct ctx *cx)
{
	TRY(shape_check(cx));
	return app_seed(cx);
}

err_t app_prepare(struct db *db, struct arena *a, struct errs *e, const struct mig_step *steps)
{
	int applied;
	TRY(migrate_up(db, a, e, steps, &applied));
	TRY(grants_start(db, e));
	TRY(calendar_start(db, e));
	err_t rc = settings_start(db);
	if (!rc)
		rc = customs_start(db);
	if (rc)
		return errs_fail(e, (enum err_code)rc,
		                 "cannot listen for changed settings and fields");
	struct ctx cx;
	rc = ctx_begin(&cx, db, a, "cli");
	cx.actor = actor_system();
	cx.lang = LANG_EN;
	if (!rc)
		rc = check_and_seed(&cx);
	ctx_end(&cx);
	if (rc)
		*e = cx.e;
	return rc;
}

err_t run_open(struct run *rn, struct errs *e)
{
	TRY(db_open(rn->db_url, NULL, e, &rn->db));
	err_t rc = app_prepare(rn->db, rn->a, e, rn->steps);
	if (rc)
		db_close(rn->db);
	return rc;
}

int cmd_migrate(struct run *rn)
{
	int number;
	if (migrate_version(rn->db, rn->a, &rn->cx.e, &number))
		return run_refuse(rn, &rn->cx.e);
	if (rn->json)
		printf("{\"version\":%d}\n", number);
	else
		printf("at step %d\n", number);
	return EXIT_DONE;
}

static int done(struct run *rn, const char *path)
{
	if (!rn->json)
		return EXIT_DONE;
	struct jw w = jw_new(rn->a, 1 << 16);
	jw_obj(&w);
	jw_kstr(&w, "file", path);
	jw_end_obj(&w);
	printf("%s\n", jw_done(&w));
	return EXIT_DONE;
}

int cmd_backup(struct run *rn)
{
	if (access(rn->word[0], F_OK) == 0) {
		(void)cx_err(&rn->cx, ERR_CONFLICT, EP({"reason", "the file exists"}));
		return run_refuse(rn, &rn->cx.e);
	}
	if (db_backup_sqlite(rn->db, &rn->cx.e, rn->word[0]))
		return run_refuse(rn, &rn->cx.e);
	return done(rn, rn->word[0]);
}

/* The copy is opened and written anew into a file beside the target, then takes its name: a
 * failure leaves the target as it was. */
static err_t restore(struct run *rn, const char *from, const char *to, struct errs *e)
{
	struct db *copy;
	const struct db_options o = {.read_only = true};
	if (access(from, R_OK))
		return errs_fail(e, ERR_UNAVAILABLE, "%s: %s", from, strerror(errno));
	TRY(db_open(arena_printf(rn->a, "sqlite:%s", from), &o, e, &copy));
	int version = 0;
	err_t rc = migrate_version(copy, rn->a, e, &version);
	if (!rc && !version)
		rc = errs_set(e, ERR_CONFLICT, EP({"reason", "the file is no backup"}));
	const char *beside = arena_printf(rn->a, "%s.restoring", to);
	if (!rc)
		rc = db_backup_sqlite(copy, e, beside);
	db_close(copy);
	if (rc)
		return rc;
	for (int i = 0; i < 2; i++)
		unlink(arena_printf(rn->a, "%s%s", to, i ? "-wal" : "-shm"));
	if (rename(beside, to))
		return errs_fail(e, ERR_UNAVAILABLE, "%s: %s", to, strerror(errno));
	return ERR_OK;
}

int cmd_restore(struct run *rn)
{
	struct errs e;
	errs_init(&e, rn->a);
	if (!text_begins(rn->db_url, "sqlite:")) {
		(void)errs_set(&e, ERR_CONFLICT, EP({"reason", "for PostgreSQL use pg_restore"}));
		return run_refuse(rn, &e);
	}
	if (restore(rn, rn->word[0], rn->db_url + strlen("sqlite:"), &e))
		return run_refuse(rn, &e);
	return done(rn, rn->word[0]);
}
