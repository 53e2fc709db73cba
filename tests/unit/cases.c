/* Cases in data files, shared data, dice: what unit tests of every module use. */
#include "unit/test.h"

#include "unit/cases.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_file(void *f)
{
	fclose(f);
}

const char *file_text(struct arena *a, const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	if (!f || fstat(fileno(f), &st))
		fail_msg("cannot read %s", path);
	arena_defer(a, close_file, f);
	char *text = arena_alloc(a, (size_t)st.st_size + 1);
	*n = fread(text, 1, (size_t)st.st_size, f);
	if (*n != (size_t)st.st_size)
		fail_msg("cannot read %s to its end", path);
	return text;
}

static void check_case(const char *file, const json_t *c)
{
	const char *key;
	json_t *v;
	json_object_foreach((json_t *)(uintptr_t)c, key, v)
	{
		(void)v;
		if (strcmp(key, "name") != 0 && strcmp(key, "given") != 0 &&
		    strcmp(key, "want") != 0)
			fail_msg("%s: a case has the member '%s'", file, key);
	}
	if (!json_text(c, "name") || !json_object_get(c, "given") || !json_object_get(c, "want"))
		fail_msg("%s: a case needs name, given and want", file);
}

static const char *shown(struct arena *a, const json_t *j)
{
	struct jw w = jw_new(a, 1024 * 1024);
	jw_json(&w, j);
	const char *text = jw_done(&w);
	return text ? text : "(long)";
}

static void forget(void *j)
{
	json_decref(j);
}

void run_cases(const char *file, json_t *(*got)(struct arena *a, const json_t *given))
{
	struct arena *a = arena_new(64 * 1024 * 1024);
	struct errs e;
	json_t *list, *c;
	size_t n, i, wrong = 0;
	errs_init(&e, a);
	const char *path = arena_printf(a, "tests/data/%s", file);
	const char *text = file_text(a, path, &n);
	if (json_parse(a, &e, text, n, &list))
		fail_msg("%s: %s", path, err_text(a, e.code, e.params, LANG_EN));
	if (!json_array_size(list))
		fail_msg("%s: no cases", path);
	json_array_foreach(list, i, c)
	{
		check_case(path, c);
		const json_t *want = json_object_get(c, "want");
		json_t *have = got(a, json_object_get(c, "given"));
		arena_defer(a, forget, have);
		if (json_equal(have, want))
			continue;
		wrong++;
		print_error("%s: %s\n   given %s\n  wanted %s\n     got %s\n", file,
		            json_text(c, "name"), shown(a, json_object_get(c, "given")),
		            shown(a, want), have ? shown(a, have) : "nothing");
	}
	arena_free(a);
	if (wrong)
		fail_msg("%s: %zu of %zu cases are wrong", file, wrong, i);
}

const char *shared_file(struct arena *a, const char *name)
{
	const char *dirs[] = {getenv("TRIPOD_SHARED"), "../shared", "../../shared"};
	struct stat st;
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		if (!dirs[i])
			continue;
		const char *path = arena_printf(a, "%s/data/%s", dirs[i], name);
		if (!stat(path, &st))
			return path;
	}
	fail_msg("no %s: set TRIPOD_SHARED to the folder that holds data/", name);
	return NULL;
}

void must_panic(void (*fn)(void))
{
	int status;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* splitmix64 */
u64 roll(struct dice *d)
{
	u64 z = d->state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

u64 roll_below(struct dice *d, u64 n)
{
	return roll(d) % n;
}
