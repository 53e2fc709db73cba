/* tripod user add, token create. */
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "base/hash.h"
#include "base/text.h"
#include "core/access.h"
#include "core/crud.h"
#include "core/user_tables.h"

enum { PASSWORD_MAX = 1024 };

/* The whole of standard input without its last line end; NULL when it is empty or too long. */
static const char *read_password(struct run *rn)
{
	char *p = arena_alloc(rn->a, PASSWORD_MAX + 3);
	size_t n = fread(p, 1, PASSWORD_MAX + 2, stdin);
	if (n && p[n - 1] == '\n')
		n--;
	if (n && p[n - 1] == '\r')
		n--;
	p[n] = '\0';
	return n && n <= PASSWORD_MAX && strlen(p) == n && utf8_valid(p, n) ? p : NULL;
}

struct new_user {
	struct run *rn;
	const char *hash;
	struct rec *r;
};

static err_t add_user(struct ctx *cx, void *arg)
{
	struct new_user *u = arg;
	u->r = rec_new(cx->a, &user_entity);
	const struct field *f = user_entity.fields;
	static const struct {
		const char *field, *option;
	} from[] = {
		{"name", "--name"}, {"roles", "--role"}, {"email", "--email"}, {"lang", "--lang"}};
	struct val v;
	if (field_from_text(cx, f, "login", u->rn->word[0], &v))
		rec_set(u->r, "login", v);
	for (size_t i = 0; i < ARRAY_LEN(from); i++) {
		const char *text = run_option(u->rn, from[i].option);
		f = field_by_name(&user_entity, from[i].field);
		if (text && field_from_text(cx, f, f->name, text, &v))
			rec_set(u->r, f->name, v);
	}
	TRY(crud_insert(cx, u->r));
	TRY(access_put_password(cx, u->r->id, u->hash, false));
	return ERR_OK;
}

int cmd_user_add(struct run *rn)
{
	struct new_user u = {.rn = rn};
	const char *password = read_password(rn);
	if (!password)
		return run_misuse(rn, "no password on standard input (1 to %d bytes of UTF-8)",
		                  PASSWORD_MAX);
	/* Whoever holds the database may choose; a weak one is only spoken of. */
	access_check_password(&rn->cx, "password", rn->word[0], password);
	if (errs_any_field(&rn->cx.e))
		fprintf(stderr, "tripod: note: the password is weak\n");
	errs_clear(&rn->cx.e);
	u.hash = password_hash(rn->a, password);
	if (ctx_write(&rn->cx, add_user, &u))
		return run_refuse(rn, &rn->cx.e);
	if (rn->json)
		printf("{\"id\":%lld}\n", (long long)u.r->id);
	else
		printf("user %s added\n", rn->word[0]);
	return EXIT_DONE;
}

int cmd_token_create(struct run *rn)
{
	const char *login = run_option(rn, "--user"), *name = run_option(rn, "--name");
	const char *secret;
	i64 user = 0, id;
	bool found = false;
	if (db_one_i64(rn->cx.c,
	               "select id from app_user where login = ? and active = 1"
	               " and deleted_at is null",
	               ARGS(vt(login)), &user, &found))
		return run_refuse(rn, &rn->cx.e);
	if (!found)
		(void)cx_err(&rn->cx, ERR_REF,
		             EP({"what", arena_printf(rn->a, "user '%s'", login)}));
	if (!found || access_token_create(&rn->cx, user, name ? name : "command line",
	                                  run_option(rn, "--scope"), 0, &id, &secret))
		return run_refuse(rn, &rn->cx.e);
	if (rn->json)
		printf("{\"id\":%lld,\"token\":\"%s\"}\n", (long long)id, secret);
	else
		printf("%s\n", secret);
	return EXIT_DONE;
}
