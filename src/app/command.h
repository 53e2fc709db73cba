/* Commands: `tripod NAME …`.
 *
 * To add one: a function here's table in main.c gets a row.  A command returns its exit code:
 * 0 = all done, 1 = refused (the reason on standard error), 2 = wrong use. */
#ifndef TRIPOD_COMMAND_H
#define TRIPOD_COMMAND_H

#include "core/entity.h"

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, WORDS_MAX = 64 };

struct option {
	const char *name; /* "--listen" */
	bool takes_value;
};

struct mig_step;

struct run {
	struct arena *a;
	const struct command *cmd;
	const char *db_url;
	const struct mig_step *steps;
	bool json;
	const char *word[WORDS_MAX + 1]; /* what stands beside options, without the command */
	int n_words;
	struct {
		const char *name, *value;
	} opt[WORDS_MAX];
	int n_opts;
	struct db *db; /* open, migrated and seeded when the command needs one */
	struct ctx cx; /* of the system itself, with NEEDS_DB */
};

enum needs {
	NEEDS_NOTHING,
	NEEDS_DB, /* migrated, seeded, rn->cx begun */
};

struct command {
	const char *name; /* "user add" */
	int (*fn)(struct run *rn);
	enum needs needs;
	const struct option *options; /* up to a NULL name; or NULL. --db and --json always */
	/* What follows the name; also checked: "FILE --user LOGIN [--name NAME]" wants one word and
	 * --user. */
	const char *usage;
	const char *help;
};

/* Value of an option, or NULL; "" for one without value. */
const char *run_option(const struct run *rn, const char *name);
/* Refusal with the recorded error; with --json also on standard output. Returns EXIT_REFUSED. */
int run_refuse(struct run *rn, struct errs *e);
/* Wrong use: a line on standard error and how it is used; with --json also on standard output,
 * code "usage". Returns EXIT_USAGE. */
int run_misuse(struct run *rn, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* What was written to `file`, with --json; nothing when it went to standard output (NULL). Returns
 * EXIT_DONE. */
int run_wrote(struct run *rn, const char *file, const char *what, i64 n);
/* Opens the database of --db, migrates it and loads the seed when it is empty. */
MUST_USE err_t run_open(struct run *rn, struct errs *e);

/* The program: `tripod` is this with the shipped modules and migrations (tripod.c). */
int tripod_main(int argc, char **argv, const struct module *const *modules,
                const struct mig_step *steps);
/* Where files are kept: --files, else the folder `files` beside the SQLite file, else var/files. */
const char *run_files_dir(struct run *rn);

int cmd_serve(struct run *rn);
int cmd_migrate(struct run *rn);
int cmd_user_add(struct run *rn);
int cmd_token_create(struct run *rn);
int cmd_describe(struct run *rn);
int cmd_audit_verify(struct run *rn);
int cmd_events_export(struct run *rn);
int cmd_import(struct run *rn);
int cmd_export(struct run *rn);
int cmd_metrics(struct run *rn);
int cmd_playbook_show(struct run *rn);
int cmd_playbook_check(struct run *rn);
int cmd_playbook_import(struct run *rn);
int cmd_playbook_diff(struct run *rn);
int cmd_playbook_publish(struct run *rn);
int cmd_seed(struct run *rn);
int cmd_backup(struct run *rn);
int cmd_restore(struct run *rn);

#endif
