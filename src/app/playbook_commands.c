/* tripod playbook show, check, import, diff, publish. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "base/json.h"
#include "process/playbook.h"

enum { FILE_MAX = 8 * 1024 * 1024, SHOWN_MAX = 16 * 1024 * 1024 };

/* -- playbooks from the command line: a file, or the number of a version -- */

static err_t read_file(struct arena *a, struct errs *e, const char *path, json_t **doc)
{
	FILE *f = fopen(path, "rb");
	char *text = arena_alloc(a, FILE_MAX);
	size_t n = f ? fread(text, 1, FILE_MAX, f) : 0;
	bool bad = !f || ferror(f);
	int why = errno;
	if (f)
		(void)fclose(f);
	if (bad)
		return errs_fail(e, ERR_UNAVAILABLE, "%s: %s", path, strerror(why));
	if (n == FILE_MAX)
		return errs_set(e, ERR_TOO_BIG, EP({"max", arena_printf(a, "%d", FILE_MAX)}));
	return json_parse(a, e, text, n, doc);
}

static bool version_number(const char *s, i64 *n)
{
	*n = 0;
	for (const char *p = s; *p; p++) {
		if (*p < '0' || *p > '9' || p - s > 8)
			return false;
		*n = *n * 10 + (*p - '0');
	}
	return *s != '\0';
}

/* A number is always a version; a file of that name is meant by ./7. */
static err_t find(struct run *rn, const char *word, const struct playbook **out)
{
	struct ctx *cx = &rn->cx;
	i64 n;
	json_t *doc;
	struct playbook *pb = NULL;
	if (!word)
		return playbook_current(cx, out);
	if (version_number(word, &n))
		return playbook_by_revision(cx, n, out);
	TRY(read_file(cx->a, &cx->e, word, &doc));
	TRY(playbook_parse(cx->a, &cx->e, doc, &pb));
	*out = pb;
	return ERR_OK;
}

/* -- showing -- */

static const char *limit_text(struct arena *a, const struct date_rule *r)
{
	static const char *const anchors[] = {[ANCHOR_NONE] = "no limit",
	                                      [ANCHOR_NODE_START] = "start",
	                                      [ANCHOR_PLANNED_GO_LIVE] = "go-live",
	                                      [ANCHOR_PLAN_DATE] = "plan date",
	                                      [ANCHOR_CONTRACT_END] = "contract end",
	                                      [ANCHOR_QUARTER_END] = "quarter end"};
	if (!r->offset)
		return anchors[r->anchor];
	return arena_printf(a, "%s %+d %sdays", anchors[r->anchor], r->offset,
	                    r->working_days ? "working " : "");
}

static void print_node(struct run *rn, const struct node_def *n)
{
	printf("  %-5s%s %s (%s", n->code, n->gate ? "*" : " ", n->name.en,
	       limit_text(rn->a, &n->limit));
	for (const char *const *p = n->owner_roles; *p; p++)
		printf("%s%s", p == n->owner_roles ? "; " : ", ", *p);
	printf(")\n");
	for (size_t i = 0; i < n->n_outputs; i++)
		printf("          %s %s: %s\n", n->outputs[i].required ? "-" : "?",
		       n->outputs[i].kind, n->outputs[i].label.en);
}

int cmd_playbook_show(struct run *rn)
{
	const struct playbook *pb;
	i64 n;
	if (rn->n_words > 1 || (rn->n_words && !version_number(rn->word[0], &n)))
		return run_misuse(rn, "which version?");
	if (find(rn, rn->word[0], &pb))
		return run_refuse(rn, &rn->cx.e);
	if (rn->json) {
		struct jw w = jw_new(rn->a, SHOWN_MAX);
		playbook_write(pb, &w);
		printf("%s\n", jw_done(&w));
		return EXIT_DONE;
	}
	printf("version %d: %s\n", pb->revision, pb->name.en);
	for (size_t i = 0; i < pb->n_stages; i++) {
		const struct stage_def *s = &pb->stages[i];
		printf("%s %s\n", s->code, s->name.en);
		for (int k = 0; k < s->count; k++)
			print_node(rn, &pb->nodes[s->first + k]);
	}
	printf("* gate   - required   ? optional\n");
	return EXIT_DONE;
}

int cmd_playbook_diff(struct run *rn)
{
	const struct playbook *a, *b;
	if (rn->n_words < 1 || rn->n_words > 2)
		return run_misuse(rn, "one or two versions or files");
	const char *from = rn->n_words == 2 ? rn->word[0] : NULL;
	if (find(rn, from, &a) || find(rn, rn->word[rn->n_words - 1], &b))
		return run_refuse(rn, &rn->cx.e);
	struct jw w = jw_new(rn->a, SHOWN_MAX);
	playbook_diff(a, b, &w);
	const char *text = jw_done(&w);
	if (rn->json) {
		printf("%s\n", text);
		return EXIT_DONE;
	}
	json_t *d, *item, *what;
	const char *list;
	size_t i, k;
	if (json_parse(rn->a, &rn->cx.e, text, strlen(text), &d))
		return run_refuse(rn, &rn->cx.e);
	json_object_foreach(d, list, item)
	{
		const json_t *entry;
		json_array_foreach(item, i, entry)
		{
			const char *code = json_string_value(entry);
			printf("%s %s", list, code ? code : json_text(entry, "code"));
			json_array_foreach(json_object_get(entry, "what"), k, what)
				printf("%s%s", k ? ", " : ": ", json_string_value(what));
			printf("\n");
		}
	}
	return EXIT_DONE;
}

int cmd_playbook_check(struct run *rn)
{
	struct errs e;
	json_t *doc;
	struct playbook *pb;
	errs_init(&e, rn->a);
	if (rn->n_words != 1)
		return run_misuse(rn, "which file?");
	if (read_file(rn->a, &e, rn->word[0], &doc) || playbook_parse(rn->a, &e, doc, &pb))
		return run_refuse(rn, &e);
	if (rn->json)
		printf("{\"ok\":true,\"stages\":%zu,\"nodes\":%zu}\n", pb->n_stages, pb->n_nodes);
	else
		printf("valid: %zu stages, %zu nodes\n", pb->n_stages, pb->n_nodes);
	return EXIT_DONE;
}

/* -- changing -- */

static int report(struct run *rn, int version, const char *state)
{
	if (rn->json)
		printf("{\"version\":%d,\"state\":\"%s\"}\n", version, state);
	else
		printf("version %d is %s\n", version,
		       !strcmp(state, "draft")
		               ? "a draft: `tripod playbook publish` makes it current"
		               : "published");
	return EXIT_DONE;
}

int cmd_playbook_import(struct run *rn)
{
	struct ctx *cx = &rn->cx;
	const struct playbook *pb;
	json_t *doc;
	i64 id;
	if (rn->n_words != 1)
		return run_misuse(rn, "which file?");
	if (read_file(cx->a, &cx->e, rn->word[0], &doc) || playbook_import(cx, doc, &id) ||
	    playbook_get(cx, id, &pb))
		return run_refuse(rn, &cx->e);
	return report(rn, pb->revision, "draft");
}

int cmd_playbook_publish(struct run *rn)
{
	const struct playbook *pb;
	i64 n;
	if (rn->n_words != 1 || !version_number(rn->word[0], &n))
		return run_misuse(rn, "which version?");
	if (find(rn, rn->word[0], &pb) || playbook_publish(&rn->cx, pb->id))
		return run_refuse(rn, &rn->cx.e);
	return report(rn, pb->revision, "published");
}
