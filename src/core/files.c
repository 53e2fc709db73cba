/* Contents by hash: keeping, finding, telling their type. */
#include "core/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db/migrate.h"

static struct arena *life;
static const char *root, *tmp;

static err_t make_folder(const char *path, struct errs *e)
{
	if (mkdir(path, 0750) && errno != EEXIST)
		return errs_fail(e, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
	return ERR_OK;
}

err_t files_start(const char *folder, struct errs *e)
{
	arena_free(life);
	life = arena_new(1 << 20);
	root = arena_strdup(life, folder);
	tmp = arena_printf(life, "%s/tmp", folder);
	for (char *p = arena_strdup(life, folder), *s = p + 1; *s; s++)
		if (*s == '/') {
			*s = '\0';
			TRY(make_folder(p, e));
			*s = '/';
		}
	TRY(make_folder(root, e));
	return make_folder(tmp, e);
}

const char *files_tmp(void)
{
	return tmp;
}

/* -- types -- */

/* clang-format off */
static const struct {
	const char *bytes;
	size_t n, at;
	const char *type;
} signatures[] = {
	{"%PDF-", 5, 0, "application/pdf"},
	{"\x89PNG\r\n\x1a\n", 8, 0, "image/png"},
	{"\xff\xd8\xff", 3, 0, "image/jpeg"},
	{"GIF87a", 6, 0, "image/gif"},
	{"GIF89a", 6, 0, "image/gif"},
	{"WEBP", 4, 8, "image/webp"},
	{"BM", 2, 0, "image/bmp"},
	{"II*\0", 4, 0, "image/tiff"},
	{"MM\0*", 4, 0, "image/tiff"},
	{"PK\x03\x04", 4, 0, "application/zip"},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, 0, "application/x-ole-storage"},
	{"\x1f\x8b", 2, 0, "application/gzip"},
	{"7z\xbc\xaf\x27\x1c", 6, 0, "application/x-7z-compressed"},
	{"Rar!\x1a\x07", 6, 0, "application/vnd.rar"},
	{"ftyp", 4, 4, "video/mp4"},
	{"ID3", 3, 0, "audio/mpeg"},
	{"OggS", 4, 0, "audio/ogg"},
	{"WAVE", 4, 8, "audio/wav"},
};

/* What a container or a text is, by the end of its name. */
static const struct {
	const char *of, *end, *type;
} by_name[] = {
	{"application/zip", ".docx",
	 "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
	{"application/zip", ".xlsx",
	 "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	{"application/zip", ".pptx",
	 "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
	{"application/x-ole-storage", ".doc", "application/msword"},
	{"application/x-ole-storage", ".xls", "application/vnd.ms-excel"},
	{"application/x-ole-storage", ".ppt", "application/vnd.ms-powerpoint"},
	{"text/plain", ".csv", "text/csv"},
	{"text/plain", ".md", "text/markdown"},
	{"text/plain", ".json", "application/json"},
};
/* clang-format on */

static bool ends(const char *name, const char *end)
{
	size_t n = name ? strlen(name) : 0, k = strlen(end);
	return n >= k && !strcasecmp(name + n - k, end);
}

/* Text of UTF-8 or GB18030: nothing below a blank but line ends, tabs and form feeds. */
static bool looks_like_text(const u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < 0x20 && !strchr("\t\n\r\f", p[i]))
			return false;
	return !memchr(p, 0, n);
}

const char *file_type(const void *head, size_t n, const char *name)
{
	const char *type = NULL;
	for (size_t i = 0; i < ARRAY_LEN(signatures) && !type; i++)
		if (n >= signatures[i].at + signatures[i].n &&
		    !memcmp((const char *)head + signatures[i].at, signatures[i].bytes,
		            signatures[i].n))
			type = signatures[i].type;
	if (!type)
		type = looks_like_text(head, n) ? "text/plain" : "application/octet-stream";
	for (size_t i = 0; i < ARRAY_LEN(by_name); i++)
		if (!strcmp(type, by_name[i].of) && ends(name, by_name[i].end))
			return by_name[i].type;
	return type;
}

/* -- keeping -- */

static err_t disk(struct ctx *cx, const char *path)
{
	return cx_fail(cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
}

static err_t read_through(struct ctx *cx, int fd, const char *name, struct stored_file *out)
{
	struct sha256_state s;
	u8 *buf = arena_alloc(cx->a, 64 * 1024);
	sha256_begin(&s);
	out->size = 0;
	for (;;) {
		ssize_t n = read(fd, buf, 64 * 1024);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return disk(cx, "upload");
		if (!n)
			break;
		if (!out->size)
			out->type = file_type(buf, (size_t)n < 512 ? (size_t)n : 512, name);
		sha256_add(&s, buf, (size_t)n);
		out->size += n;
	}
	if (!out->size)
		out->type = "text/plain";
	sha256_end(&s, out->hash);
	return fsync(fd) ? disk(cx, "upload") : ERR_OK;
}

static const char *place(struct arena *a, const char *hash, const char **folder)
{
	*folder = arena_printf(a, "%s/%.2s", root, hash);
	return arena_printf(a, "%s/%s", *folder, hash + 2);
}

static err_t sync_folder(struct ctx *cx, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return disk(cx, path);
	int rc = fsync(fd);
	close(fd);
	return rc ? disk(cx, path) : ERR_OK;
}

/* Keepers share it, the sweeper has it alone: what is being brought is not taken away. */
static int lock_house(struct ctx *cx, int how)
{
	int fd = open(arena_printf(cx->a, "%s/lock", root), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	while (fd >= 0 && flock(fd, how))
		if (errno != EINTR) {
			close(fd);
			return -1;
		}
	return fd;
}

static err_t move_in(struct ctx *cx, const char *path, const char *hash)
{
	const char *folder, *to = place(cx->a, hash, &folder);
	TRY(make_folder(folder, &cx->e));
	if (rename(path, to))
		return disk(cx, to);
	/* Whoever brought it before may not have come to the folders yet. */
	TRY(sync_folder(cx, folder));
	return sync_folder(cx, root);
}

err_t file_keep(struct ctx *cx, const char *path, const char *name, struct stored_file *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return disk(cx, path);
	err_t rc = read_through(cx, fd, name, out);
	close(fd);
	TRY(rc);
	int lock = lock_house(cx, LOCK_SH);
	if (lock < 0)
		return disk(cx, root);
	rc = move_in(cx, path, out->hash);
	close(lock);
	return rc;
}

const char *file_find(struct ctx *cx, const char *hash)
{
	const char *folder;
	if (strlen(hash) != SHA256_HEX - 1 || strspn(hash, "0123456789abcdef") != SHA256_HEX - 1)
		return NULL;
	const char *path = place(cx->a, hash, &folder);
	return access(path, R_OK) == 0 ? path : NULL;
}

void files_sweep(void)
{
	DIR *d = opendir(tmp);
	time_t before = time(NULL) - 24 * 60 * 60;
	struct dirent *entry;
	struct stat st;
	while (d && (entry = readdir(d)))
		if (!fstatat(dirfd(d), entry->d_name, &st, 0) && S_ISREG(st.st_mode) &&
		    st.st_mtime < before)
			(void)unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
}

/* -- orphans -- */

enum { FOLDERS = 256, ASKED_AT_ONCE = 200, ORPHAN_AGE_S = 24 * 60 * 60 };

/* One folder's files: which are named by a row. */
struct blobs {
	char (*hash)[SHA256_HEX];
	bool *named;
	size_t n;
};

static bool is_hash_part(const char *s, size_t n)
{
	return strlen(s) == n && strspn(s, "0123456789abcdef") == n;
}

static err_t list_blobs(struct ctx *cx, int folder, struct blobs *b)
{
	size_t cap = 0;
	struct dirent *entry;
	DIR *d = opendir(arena_printf(cx->a, "%s/%02x", root, (unsigned)folder));
	*b = (struct blobs){0};
	while (d && (entry = readdir(d))) {
		if (!is_hash_part(entry->d_name, SHA256_HEX - 3))
			continue;
		if (b->n == cap) {
			cap = cap ? cap * 2 : 64;
			char(*more)[SHA256_HEX] = arena_alloc(cx->a, cap * sizeof *more);
			if (b->n)
				memcpy(more, b->hash, b->n * sizeof *more);
			b->hash = more;
		}
		snprintf(b->hash[b->n++], SHA256_HEX, "%02x%s", (unsigned)folder, entry->d_name);
	}
	if (d)
		closedir(d);
	b->named = ARENA_ARRAY(cx->a, b->n + 1, bool);
	return ERR_OK;
}

static int by_hash(const void *a, const void *b)
{
	return strcmp(a, b);
}

static err_t mark_named(struct ctx *cx, const struct cat_place *where, struct blobs *b)
{
	for (size_t from = 0; from < b->n; from += ASKED_AT_ONCE) {
		struct sqlb *q = sqlb_new(cx->a);
		struct rows *r;
		sqlb_addf(q, "select distinct %s from %s where %s in (", where->column,
		          where->table, where->column);
		for (size_t i = 0; i < ASKED_AT_ONCE; i++) {
			size_t k = from + i < b->n ? from + i : b->n - 1;
			sqlb_add(q, i ? "," : "");
			sqlb_val(q, vt(b->hash[k]));
		}
		sqlb_add(q, ")");
		TRY(db_query(cx->c, sqlb_text(q), sqlb_args(q), &r));
		while (rows_next(r)) {
			const void *at = bsearch(rows_text(r, 0), b->hash, b->n, sizeof *b->hash,
			                         by_hash);
			if (at)
				b->named[((const char(*)[SHA256_HEX])at) -
				         (const char(*)[SHA256_HEX])b->hash] = true;
		}
		TRY(rows_done(r));
	}
	return ERR_OK;
}

static err_t look_through(struct ctx *cx, int folder, const struct cat_place *where, size_t n,
                          struct blobs *b)
{
	TRY(list_blobs(cx, folder, b));
	if (!b->n)
		return ERR_OK;
	qsort(b->hash, b->n, sizeof *b->hash, by_hash);
	for (size_t i = 0; i < n; i++)
		TRY(mark_named(cx, &where[i], b));
	return ERR_OK;
}

/* FOLDER/used-by-…, one file for each database that ever swept here. Its first event tells one
 * database from another. *others: not ours. */
static err_t sign_folder(struct ctx *cx, bool *others)
{
	const char *first = NULL, *mine = NULL;
	*others = false;
	TRY(db_one_text(cx->c, "select hash from event where pos = 1", NO_ARGS, &first));
	if (first) {
		mine = arena_printf(cx->a, "used-by-%.16s", first);
		int fd = open(arena_printf(cx->a, "%s/%s", root, mine),
		              O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
		if (fd < 0)
			return disk(cx, root);
		close(fd);
	}
	struct dirent *entry;
	DIR *d = opendir(root);
	while (d && (entry = readdir(d)))
		*others |= !strncmp(entry->d_name, "used-by-", 8) &&
		           (!mine || strcmp(entry->d_name, mine) != 0);
	if (d)
		closedir(d);
	return ERR_OK;
}

/* What was brought within a day has its row still to come. */
static void remove_old(struct ctx *cx, const char *hash, struct files_swept *out)
{
	const char *folder, *path = place(cx->a, hash, &folder);
	struct stat st;
	if (stat(path, &st) || st.st_mtime > time(NULL) - ORPHAN_AGE_S || unlink(path))
		return;
	out->removed++;
	out->bytes += st.st_size;
}

static err_t in_memory_of_its_own(struct ctx *cx, err_t (*fn)(struct ctx *cx, void *arg), void *arg)
{
	struct arena *whole = cx->a;
	cx->a = arena_child(whole);
	conn_use(cx->c, cx->a);
	err_t rc = fn(cx, arg);
	conn_use(cx->c, whole);
	arena_free(cx->a);
	cx->a = whole;
	return rc;
}

struct sweeping {
	const struct cat_place *where;
	size_t n;
	int folder;
	bool remove;
	struct files_swept *out;
};

static err_t sweep_folder(struct ctx *cx, void *arg)
{
	struct sweeping *s = arg;
	struct blobs b;
	TRY(look_through(cx, s->folder, s->where, s->n, &b));
	for (size_t i = 0; i < b.n; i++) {
		s->out->named += b.named[i] && !s->remove;
		if (s->remove && !b.named[i])
			remove_old(cx, b.hash[i], s->out);
	}
	return ERR_OK;
}

err_t files_sweep_orphans(struct ctx *cx, struct files_swept *out)
{
	struct sweeping s = {.out = out};
	struct cat_place *where;
	bool others;
	*out = (struct files_swept){0};
	TRY(catalogue_columns_ending(cx->c, "file_hash", &where, &s.n));
	s.where = where;
	TRY(sign_folder(cx, &others));
	for (s.folder = 0; s.folder < FOLDERS; s.folder++)
		TRY(in_memory_of_its_own(cx, sweep_folder, &s));
	out->refused = others        ? "another database keeps its files in this folder too"
	               : !out->named ? "no file of this folder is named by this database"
	                             : NULL;
	s.remove = true;
	for (s.folder = 0; !out->refused && s.folder < FOLDERS; s.folder++) {
		int lock = lock_house(cx, LOCK_EX);
		if (lock < 0)
			return disk(cx, root);
		err_t rc = in_memory_of_its_own(cx, sweep_folder, &s);
		close(lock);
		if (rc)
			return rc;
	}
	return ERR_OK;
}
