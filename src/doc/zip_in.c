/* Reading parts of a ZIP from outside. */
#include "doc/zip_in.h"

#include <string.h>
#include <zip.h>

#include "doc/table_ops.h"

enum {
	ENTRIES_MAX = 10000,
	RATIO_MAX = 250, /* a sheet of equal rows reaches about 100, a bomb 1,000 */
	RATIO_FROM = 16 * 1024 * 1024
};

struct zip_in {
	struct arena *a;
	zip_t *zip;
	u64 inflated;
};

struct zip_part {
	struct zip_in *z;
	zip_file_t *file;
	const char *name;
	u64 done, size, packed;
};

static void close_zip(void *zip)
{
	zip_discard(zip);
}

static err_t damaged(struct errs *e, const char *part)
{
	return errs_set(e, ERR_IMPORT_DAMAGED, EP({"part", part}));
}

err_t zip_in_open(struct arena *a, struct errs *e, struct doc_input in, struct zip_in **out)
{
	FILE *f;
	i64 size;
	TRY(doc_stream(a, e, in, &f, &size)); /* size and readable, said as elsewhere */
	struct zip_in *z = ARENA_NEW(a, struct zip_in);
	z->a = a;
	int code = 0;
	if (in.path) {
		z->zip = zip_open(in.path, ZIP_RDONLY | ZIP_CHECKCONS, &code);
	} else {
		zip_source_t *src = zip_source_buffer_create(in.data, in.n, 0, NULL);
		z->zip = src ? zip_open_from_source(src, ZIP_RDONLY | ZIP_CHECKCONS, NULL) : NULL;
		if (!z->zip)
			zip_source_free(src);
	}
	if (!z->zip)
		return damaged(e, "zip");
	arena_defer(a, close_zip, z->zip);
	if (zip_get_num_entries(z->zip, 0) > ENTRIES_MAX)
		return errs_set(e, ERR_IMPORT_BOMB, NULL);
	*out = z;
	return ERR_OK;
}

static void close_deferred(void *part)
{
	zip_part_close(part);
}

err_t zip_part_open(struct zip_in *z, struct errs *e, const char *name, struct zip_part **out)
{
	*out = NULL;
	zip_int64_t i = zip_name_locate(z->zip, name, ZIP_FL_NOCASE);
	if (i < 0)
		return ERR_OK;
	zip_stat_t st;
	const zip_uint64_t want = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
	if (zip_stat_index(z->zip, (zip_uint64_t)i, 0, &st) || (st.valid & want) != want)
		return damaged(e, name);
	if (st.size > TABLE_INFLATE_MAX - z->inflated)
		return errs_set(e, ERR_IMPORT_BOMB, NULL);
	zip_file_t *file = zip_fopen_index(z->zip, (zip_uint64_t)i, 0);
	if (!file)
		return damaged(e, name);
	struct zip_part *p = ARENA_NEW(z->a, struct zip_part);
	*p = (struct zip_part){.z = z,
	                       .file = file,
	                       .name = arena_strdup(z->a, name),
	                       .size = st.size,
	                       .packed = st.comp_size};
	arena_defer(z->a, close_deferred, p);
	*out = p;
	return ERR_OK;
}

err_t zip_part_read(void *part, struct errs *e, void *buf, size_t n, size_t *got)
{
	struct zip_part *p = part;
	zip_int64_t r = zip_fread(p->file, buf, n);
	if (r < 0)
		return damaged(e, p->name);
	p->done += (u64)r;
	p->z->inflated += (u64)r;
	/* The directory may lie about the size: what came out counts. */
	if (p->z->inflated > TABLE_INFLATE_MAX ||
	    (p->done > RATIO_FROM && p->done / RATIO_MAX > p->packed))
		return errs_set(e, ERR_IMPORT_BOMB, NULL);
	*got = (size_t)r;
	return ERR_OK;
}

void zip_part_close(struct zip_part *p)
{
	if (p->file)
		zip_fclose(p->file);
	p->file = NULL;
}

const char *zip_part_name(const struct zip_part *p)
{
	return p->name;
}

void zip_part_progress(const struct zip_part *p, i64 *done, i64 *total)
{
	*done = (i64)p->done;
	*total = (i64)p->size;
}
