/* Contents by hash: keeping, finding, telling their type. */
#include "core/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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

err_t file_keep(struct ctx *cx, const char *path, const char *name, struct stored_file *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return disk(cx, path);
	err_t rc = read_through(cx, fd, name, out);
	close(fd);
	TRY(rc);
	const char *folder, *to = place(cx->a, out->hash, &folder);
	if (access(to, F_OK) == 0) {
		/* Whoever brought it may not have come to the folders yet: they are synced again. */
		unlink(path);
	} else {
		TRY(make_folder(folder, &cx->e));
		if (rename(path, to))
			return disk(cx, to);
	}
	TRY(sync_folder(cx, folder));
	return sync_folder(cx, root);
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
