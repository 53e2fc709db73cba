/* Writing and reading tar archives. */
#include "doc/tar.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 512, CHUNK = 128 * BLOCK, NAME_MAX_BYTES = 99 };

/* Where the fields of a header are. */
enum {
	AT_MODE = 100,
	AT_UID = 108,
	AT_GID = 116,
	AT_SIZE = 124,
	AT_TIME = 136,
	AT_SUM = 148,
	AT_TYPE = 156,
	AT_MAGIC = 257
};

struct tar_out {
	struct arena *a;
	FILE *f;
	const char *path, *under_way;
	char *buf;
};

struct tar_in {
	struct arena *a;
	FILE *f;
	i64 left; /* of the member, with its padding */
	i64 size;
	char *buf;
};

static err_t disk(struct errs *e, const char *path)
{
	return errs_fail(e, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
}

static void close_out(void *arg)
{
	struct tar_out *t = arg;
	if (t->f)
		fclose(t->f);
	if (t->under_way)
		unlink(t->under_way);
}

err_t tar_create(struct arena *a, struct errs *e, const char *path, struct tar_out **out)
{
	struct tar_out *t = ARENA_NEW(a, struct tar_out);
	*t = (struct tar_out){.a = a, .path = arena_strdup(a, path)};
	if (access(path, F_OK) == 0)
		return errs_set(e, ERR_CONFLICT, EP({"reason", "the file exists"}));
	t->under_way = arena_printf(a, "%s.part", path);
	t->buf = arena_alloc(a, CHUNK);
	t->f = fopen(t->under_way, "wb");
	if (!t->f)
		return disk(e, t->under_way);
	arena_defer(a, close_out, t);
	*out = t;
	return ERR_OK;
}

static void octal(char *at, int digits, i64 v)
{
	for (int i = digits - 1; i >= 0; i--, v /= 8)
		at[i] = (char)('0' + v % 8);
}

static unsigned sum_of(const char *h)
{
	unsigned sum = 0;
	for (int i = 0; i < BLOCK; i++)
		sum += i >= AT_SUM && i < AT_SUM + 8 ? ' ' : (u8)h[i];
	return sum;
}

static err_t header(struct tar_out *t, struct errs *e, const char *name, i64 size)
{
	char h[BLOCK] = {0};
	if (strlen(name) > NAME_MAX_BYTES)
		panic("tar: name '%s' is too long", name);
	memcpy(h, name, strlen(name));
	memcpy(h + AT_MODE, "0000640", 7);
	memcpy(h + AT_UID, "0000000", 7);
	memcpy(h + AT_GID, "0000000", 7);
	if (size >> 33) {
		h[AT_SIZE] = (char)0x80;
		for (int i = 0; i < 8; i++)
			h[AT_SIZE + 11 - i] = (char)(size >> (8 * i));
	} else {
		octal(h + AT_SIZE, 11, size);
	}
	memcpy(h + AT_TIME, "00000000000", 11);
	h[AT_TYPE] = '0';
	memcpy(h + AT_MAGIC, "ustar\00000", 8);
	octal(h + AT_SUM, 6, sum_of(h));
	h[AT_SUM + 7] = ' ';
	return fwrite(h, 1, BLOCK, t->f) == BLOCK ? ERR_OK : disk(e, t->under_way);
}

static err_t pad(struct tar_out *t, struct errs *e, i64 size)
{
	static const char zeros[BLOCK];
	size_t n = (size_t)((BLOCK - size % BLOCK) % BLOCK);
	return fwrite(zeros, 1, n, t->f) == n ? ERR_OK : disk(e, t->under_way);
}

/* A file that grows meanwhile is taken up to where it ended when it was begun. */
static err_t copy_in(struct tar_out *t, struct errs *e, FILE *f, const char *path, i64 size,
                     char hash[SHA256_HEX])
{
	struct sha256_state s;
	sha256_begin(&s);
	for (i64 left = size; left > 0;) {
		size_t n = fread(t->buf, 1, left < CHUNK ? (size_t)left : CHUNK, f);
		if (!n)
			return errs_fail(e, ERR_UNAVAILABLE, "%s became shorter", path);
		sha256_add(&s, t->buf, n);
		if (fwrite(t->buf, 1, n, t->f) != n)
			return disk(e, t->under_way);
		left -= (i64)n;
	}
	sha256_end(&s, hash);
	return pad(t, e, size);
}

err_t tar_add_file(struct tar_out *t, struct errs *e, const char *name, const char *path,
                   char hash[SHA256_HEX], i64 *size)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return disk(e, path);
	fseeko(f, 0, SEEK_END);
	i64 n = ftello(f);
	rewind(f);
	err_t rc = n < 0 ? disk(e, path) : header(t, e, name, n);
	if (!rc)
		rc = copy_in(t, e, f, path, n, hash);
	fclose(f);
	if (size)
		*size = n;
	return rc;
}

err_t tar_add_text(struct tar_out *t, struct errs *e, const char *name, const char *text, size_t n)
{
	TRY(header(t, e, name, (i64)n));
	if (fwrite(text, 1, n, t->f) != n)
		return disk(e, t->under_way);
	return pad(t, e, (i64)n);
}

err_t tar_finish(struct tar_out *t, struct errs *e)
{
	static const char zeros[2 * BLOCK];
	bool ok = fwrite(zeros, 1, sizeof zeros, t->f) == sizeof zeros && !fflush(t->f) &&
	          !fsync(fileno(t->f));
	if (fclose(t->f))
		ok = false;
	t->f = NULL;
	if (!ok || rename(t->under_way, t->path))
		return disk(e, t->under_way);
	t->under_way = NULL;
	return ERR_OK;
}

/* -- reading -- */

static void close_in(void *arg)
{
	fclose(arg);
}

static err_t no_archive(struct errs *e, const char *why)
{
	return errs_set(e, ERR_BAD_REQUEST, EP({"reason", why}));
}

err_t tar_open(struct arena *a, struct errs *e, const char *path, struct tar_in **out)
{
	struct tar_in *t = ARENA_NEW(a, struct tar_in);
	*t = (struct tar_in){.a = a, .f = fopen(path, "rb")};
	if (!t->f)
		return disk(e, path);
	arena_defer(a, close_in, t->f);
	t->buf = arena_alloc(a, CHUNK);
	*out = t;
	return ERR_OK;
}

static i64 number(const char *s, int n)
{
	i64 v = 0;
	if ((u8)*s & 0x80) {
		for (int i = n - 8; i < n; i++)
			v = (i64)((u64)v << 8 | (u8)s[i]);
		return v;
	}
	for (int i = 0; i < n && s[i] >= '0' && s[i] <= '7'; i++)
		v = v * 8 + (s[i] - '0');
	return v;
}

err_t tar_next(struct tar_in *t, struct errs *e, const char **name, i64 *size)
{
	char h[BLOCK];
	*name = NULL;
	if (t->left && fseeko(t->f, t->left, SEEK_CUR))
		return disk(e, "archive");
	t->left = 0;
	if (fread(h, 1, BLOCK, t->f) != BLOCK)
		return no_archive(e, "the archive is cut off");
	if (!*h)
		return ERR_OK;
	if (memcmp(h + AT_MAGIC, "ustar", 5) != 0 || number(h + AT_SUM, 8) != sum_of(h) ||
	    h[AT_TYPE] != '0')
		return no_archive(e, "this is no backup");
	*name = arena_strndup(t->a, h, strnlen(h, NAME_MAX_BYTES));
	*size = t->size = number(h + AT_SIZE, 12);
	if (t->size < 0)
		return no_archive(e, "this is no backup");
	t->left = (t->size + BLOCK - 1) / BLOCK * BLOCK;
	return ERR_OK;
}

static err_t read_on(struct tar_in *t, struct errs *e, i64 *left, size_t *n)
{
	*n = fread(t->buf, 1, *left < CHUNK ? (size_t)*left : CHUNK, t->f);
	*left -= (i64)*n;
	t->left -= (i64)*n;
	return *n ? ERR_OK : no_archive(e, "the archive is cut off");
}

err_t tar_extract(struct tar_in *t, struct errs *e, const char *to, char hash[SHA256_HEX])
{
	FILE *out = to ? fopen(to, "wb") : NULL;
	struct sha256_state s;
	err_t rc = ERR_OK;
	if (to && !out)
		return disk(e, to);
	sha256_begin(&s);
	for (i64 left = t->size; left > 0 && !rc;) {
		size_t n;
		rc = read_on(t, e, &left, &n);
		sha256_add(&s, t->buf, n);
		if (!rc && out && fwrite(t->buf, 1, n, out) != n)
			rc = disk(e, to);
	}
	sha256_end(&s, hash);
	if (out && !rc && (fflush(out) || fsync(fileno(out))))
		rc = disk(e, to);
	if (out && fclose(out) && !rc)
		rc = disk(e, to);
	return rc;
}

err_t tar_text(struct tar_in *t, struct errs *e, i64 max, const char **text)
{
	if (t->size > max)
		return no_archive(e, "a part is too large");
	char *out = arena_alloc(t->a, (size_t)t->size + 1);
	size_t got = 0, n;
	for (i64 left = t->size; left > 0; got += n) {
		TRY(read_on(t, e, &left, &n));
		memcpy(out + got, t->buf, n);
	}
	out[got] = '\0';
	*text = out;
	return ERR_OK;
}
