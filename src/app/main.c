/* tripod: reads the command line, prepares what the command needs, runs it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "app/modules.h"
#include "base/hash.h"
#include "base/json.h"
#include "core/actor.h"
#include "core/event.h"
#include "core/sealer.h"

enum { ARENA_COMMAND_MAX = 1 << 30 };

/* clang-format off */
static const struct option serve_options[] = {
	{"--listen", true}, {"--test-clock", true}, {"--files", true}, {"--behind-proxy", false},
	{"--threads", true}, {"--workers", true}, {NULL, false},
};
static const struct option user_add_options[] = {
	{"--name", true}, {"--role", true}, {"--password-stdin", false}, {"--email", true},
	{"--lang", true}, {NULL, false},
};
static const struct option token_options[] = {
	{"--user", true}, {"--scope", true}, {"--name", true}, {NULL, false},
};
static const struct option verify_options[] = {{"--head", true}, {NULL, false}};
static const struct option import_options[] = {
	{"--map", true}, {"--dry-run", false}, {"--errors", true}, {"--encoding", true},
	{"--partial", false}, {NULL, false},
};
static const struct option export_options[] = {
	{"--format", true}, {"--out", true}, {"--filter", true}, {"--sort", true}, {"--q", true},
	{"--fields", true}, {NULL, false},
};
static const struct option metric_options[] = {
	{"--from", true}, {"--to", true}, {"--by", true}, {NULL, false},
};
static const struct option log_options[] = {{"--format", true}, {"--out", true}, {NULL, false}};

static const struct option backup_options[] = {{"--files", true}, {NULL, false}};
static const struct option restore_options[] = {
	{"--files", true}, {"--force", false}, {NULL, false}};
static const struct option seed_options[] = {
	{"--demo", false}, {"--scale", true}, {"--seed", true}, {"--files", true},
	{"--test-clock", true}, {NULL, false},
};

static const struct command commands[] = {
	{"serve", cmd_serve, NEEDS_DB, serve_options,
	 "[--listen 127.0.0.1:8080] [--files DIR] [--behind-proxy] [--test-clock TIME]",
	 "migrate, then serve API and web UI"},
	{"migrate", cmd_migrate, NEEDS_DB, NULL, "", "bring the database up to date"},
	{"seed", cmd_seed, NEEDS_DB, seed_options, "--demo [--scale N] [--seed S] [--files DIR] [--test-clock TIME]",
	 "fill an empty database with the demo company"},
	{"user add", cmd_user_add, NEEDS_DB, user_add_options,
	 "LOGIN --name NAME --role ROLE[,ROLE] --password-stdin [--email E] [--lang zh|en]",
	 "add a user; the password is read from standard input"},
	{"token create", cmd_token_create, NEEDS_DB, token_options,
	 "--user LOGIN [--scope account.read,lead.*] [--name NAME]",
	 "make an API token and print it, this once"},
	{"import", cmd_import, NEEDS_DB, import_options,
	 "ENTITY FILE [--map MAP.json] [--dry-run] [--errors OUT] [--encoding auto] [--partial]",
	 "take in the rows of a CSV or XLSX file; all or nothing unless --partial"},
	{"export", cmd_export, NEEDS_DB, export_options,
	 "ENTITY --format csv|xlsx|ndjson [--filter JSON] [--sort S] [--q TEXT] [--fields F,F] [--out FILE]",
	 "the records of an entity, to standard output by default"},
	{"metrics", cmd_metrics, NEEDS_DB, metric_options,
	 "[CODE…] [--from DATE] [--to DATE] [--by DIM[,DIM]]", "the numbers of the dashboards"},
	{"audit verify", cmd_audit_verify, NEEDS_DB, verify_options, "[--head HASH]",
	 "prove that the event log was not altered"},
	{"events export", cmd_events_export, NEEDS_DB, log_options,
	 "[--format ndjson|xes] [--out FILE]",
	 "the event log: one JSON object per line, or a trace per opportunity for process mining"},
	{"playbook show", cmd_playbook_show, NEEDS_DB, NULL, "[VERSION]",
	 "stages and nodes of the current playbook, or of a version"},
	{"playbook check", cmd_playbook_check, NEEDS_NOTHING, NULL, "FILE",
	 "whether a file is a valid playbook"},
	{"playbook import", cmd_playbook_import, NEEDS_DB, NULL, "FILE",
	 "keep a file as the next version, as draft"},
	{"playbook diff", cmd_playbook_diff, NEEDS_DB, NULL, "VERSION|FILE [VERSION|FILE]",
	 "what differs; with one, between the current playbook and it"},
	{"playbook publish", cmd_playbook_publish, NEEDS_DB, NULL, "VERSION",
	 "begin new opportunities on it; running ones keep theirs"},
	{"backup", cmd_backup, NEEDS_DB, backup_options, "FILE [--files DIR]",
	 "database and files as one archive, while in use"},
	{"restore", cmd_restore, NEEDS_NOTHING, restore_options, "FILE [--files DIR] [--force]",
	 "put a backup into an empty --db; with --force in the place of what is there"},
	{"describe", cmd_describe, NEEDS_NOTHING, NULL,
	 "openapi|permissions|errors|events|settings|entities|metrics|jobs|outputs",
	 "print the tables this program runs on, as JSON"},
	{NULL, NULL, NEEDS_NOTHING, NULL, NULL, NULL},
};
/* clang-format on */

static int help(FILE *to)
{
	fprintf(to, "usage: tripod COMMAND [options]\n\n"
	            "  --db URL   sqlite:PATH or postgresql://…; else TRIPOD_DB, else "
	            "sqlite:var/tripod.db\n"
	            "  --json     one JSON document on standard output\n\n");
	for (const struct command *c = commands; c->name; c++)
		fprintf(to, "  tripod %s %s\n      %s\n", c->name, c->usage, c->help);
	return to == stderr ? EXIT_USAGE : EXIT_DONE;
}

/* The command whose words come first among what is no option; the longest name wins. */
static const struct command *find_command(struct run *rn)
{
	const struct command *best = NULL;
	int best_words = 0;
	for (const struct command *c = commands; c->name; c++) {
		const char *p = c->name;
		int k = 0;
		bool same = true;
		while (same && *p) {
			size_t n = strcspn(p, " ");
			same = k < rn->n_words && strlen(rn->word[k]) == n &&
			       !strncmp(rn->word[k], p, n);
			p += n + (p[n] == ' ');
			k++;
		}
		if (same && k > best_words) {
			best = c;
			best_words = k;
		}
	}
	for (int i = best_words; best && i <= rn->n_words; i++)
		rn->word[i - best_words] = i < rn->n_words ? rn->word[i] : NULL;
	rn->n_words -= best_words;
	return best;
}

static const struct option *find_option(const struct option *o, const char *s, size_t n)
{
	for (; o && o->name; o++)
		if (strlen(o->name) == n && !strncmp(o->name, s, n))
			return o;
	return NULL;
}

/* Options may stand anywhere, so whether one takes a value must be known before the command is:
 * a name means the same in every command. */
static const struct option *any_option(const char *s, size_t n)
{
	static const struct option common[] = {
		{"--db", true}, {"--json", false}, {"--help", false}, {NULL, false}};
	const struct option *o = find_option(common, s, n);
	for (const struct command *c = commands; !o && c->name; c++)
		o = find_option(c->options, s, n);
	return o;
}

/* EXIT_DONE to go on. */
static int read_words(struct run *rn, int argc, char **argv)
{
	bool only_words = false;
	/* Known before anything can be wrong: what is refused is told as JSON too. */
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		rn->json |= !strcmp(argv[i], "--json");
	for (int i = 1; i < argc; i++) {
		const char *s = argv[i];
		if (rn->n_words == WORDS_MAX || rn->n_opts == WORDS_MAX)
			return run_misuse(rn, "too many words");
		if (only_words || s[0] != '-' || !s[1]) {
			rn->word[rn->n_words++] = s;
			continue;
		}
		if (!strcmp(s, "--")) {
			only_words = true;
			continue;
		}
		size_t n = strcspn(s, "=");
		const struct option *o = any_option(s, n);
		if (!o)
			return run_misuse(rn, "unknown option %s", s);
		const char *value = s[n] ? s + n + 1 : o->takes_value ? argv[++i] : "";
		if (!value || (s[n] && !o->takes_value))
			return run_misuse(rn, "%s %s", o->name,
			                  value ? "takes no value" : "needs a value");
		rn->opt[rn->n_opts].name = o->name;
		rn->opt[rn->n_opts++].value = value;
	}
	return EXIT_DONE;
}

static int check_options(struct run *rn)
{
	static const char *const common[] = {"--db", "--json", "--help"};
	for (int i = 0; i < rn->n_opts; i++) {
		const char *name = rn->opt[i].name;
		bool ok = find_option(rn->cmd->options, name, strlen(name)) != NULL;
		for (size_t k = 0; k < ARRAY_LEN(common); k++)
			ok |= !strcmp(name, common[k]);
		if (!ok)
			return run_misuse(rn, "%s is no option of %s", name, rn->cmd->name);
	}
	return EXIT_DONE;
}

/* Holds what was given against the usage line, before anything is opened: options outside of
 * brackets must be there, other words are counted ("[FILE]" may be there, "…" many times). */
static int check_usage(struct run *rn)
{
	int words = 0, may = 0;
	bool many = false;
	char *copy = arena_strdup(rn->a, rn->cmd->usage), *save = NULL;
	int depth = 0;
	bool value = false; /* of the option before */
	for (char *t = strtok_r(copy, " ", &save); t; t = strtok_r(NULL, " ", &save)) {
		bool inside = depth > 0 || *t == '[', is_value = value;
		const char *name = *t == '[' ? t + 1 : t;
		for (const char *p = t; *p; p++)
			depth += (*p == '[') - (*p == ']');
		size_t n = strcspn(name, "]");
		const struct option *o = find_option(rn->cmd->options, name, n);
		value = o && o->takes_value;
		if (o && !inside && !run_option(rn, o->name))
			return run_misuse(rn, "%s is needed", o->name);
		if (o || is_value)
			continue;
		words += !inside;
		may++;
		many |= strstr(t, "…") != NULL;
	}
	if (rn->n_words < words)
		return run_misuse(rn, "something is missing");
	return rn->n_words > may && !many ? run_misuse(rn, "what is '%s'?", rn->word[may])
	                                  : EXIT_DONE;
}

static int run_command(struct run *rn)
{
	struct errs e;
	errs_init(&e, rn->a);
	if (rn->cmd->needs == NEEDS_NOTHING)
		return rn->cmd->fn(rn);
	if (run_open(rn, &e))
		return run_refuse(rn, &e);
	sealer_once(rn->db);
	err_t rc = ctx_begin(&rn->cx, rn->db, rn->a, "cli");
	rn->cx.actor = actor_system();
	rn->cx.lang = LANG_EN;
	int code = rc ? run_refuse(rn, &rn->cx.e) : rn->cmd->fn(rn);
	ctx_end(&rn->cx);
	sealer_once(rn->db);
	db_close(rn->db);
	return code;
}

int tripod_main(int argc, char **argv, const struct module *const *modules,
                const struct mig_step *steps)
{
	/* At a limit of file size a write fails, and is answered; the process need not die of it. */
	signal(SIGXFSZ, SIG_IGN);
	hash_init();
	registry_set(modules);
	event_check_install();
	struct arena *a = arena_new(ARENA_COMMAND_MAX);
	struct run *rn = ARENA_NEW(a, struct run);
	rn->a = a;
	rn->steps = steps;
	int code = read_words(rn, argc, argv);
	if (!code && run_option(rn, "--help")) {
		code = help(stdout);
	} else if (!code && !rn->n_words) {
		code = rn->json ? run_misuse(rn, "which command? See tripod --help") : help(stderr);
	} else if (!code) {
		const char *db = run_option(rn, "--db");
		rn->db_url = db ? db : getenv("TRIPOD_DB");
		if (!rn->db_url || !*rn->db_url)
			rn->db_url = "sqlite:var/tripod.db";
		rn->cmd = find_command(rn);
		code = !rn->cmd ? run_misuse(rn, "unknown command '%s'; see tripod --help",
		                             rn->word[0])
		                : check_options(rn);
		if (!code)
			code = check_usage(rn);
		if (!code)
			code = run_command(rn);
	}
	arena_free(a);
	registry_set(no_modules);
	return code;
}
