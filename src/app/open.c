/* The database of a command: opened, migrated, seeded. */
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "app/modules.h"
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
