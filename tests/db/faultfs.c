/* Each file holds the system's file behind it; everything but write and sync is passed on. */
#include "db/faultfs.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

struct file {
	sqlite3_file base;
	sqlite3_file *real; /* lies behind this struct */
};

static sqlite3_vfs *real_vfs;
static atomic_int armed, countdown, failed, writes, syncs, opened;

static sqlite3_file *real(sqlite3_file *f)
{
	return ((struct file *)f)->real;
}

static bool fails(enum fault kind)
{
	if (armed != (int)kind || countdown-- > 0)
		return false;
	failed++;
	return true;
}

static int f_close(sqlite3_file *f)
{
	opened--;
	return real(f)->pMethods->xClose(real(f));
}

static int f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return real(f)->pMethods->xRead(real(f), p, n, at);
}

static int f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	writes++;
	if (fails(FAULT_FULL))
		return SQLITE_FULL;
	if (fails(FAULT_WRITE))
		return SQLITE_IOERR_WRITE;
	if (fails(FAULT_TORN)) {
		real(f)->pMethods->xWrite(real(f), p, n / 2, at);
		return SQLITE_IOERR_WRITE;
	}
	return real(f)->pMethods->xWrite(real(f), p, n, at);
}

static int f_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return real(f)->pMethods->xTruncate(real(f), size);
}

static int f_sync(sqlite3_file *f, int flags)
{
	syncs++;
	if (fails(FAULT_SYNC))
		return SQLITE_IOERR_FSYNC;
	return real(f)->pMethods->xSync(real(f), flags);
}

static int f_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return real(f)->pMethods->xFileSize(real(f), size);
}

static int f_lock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xLock(real(f), level);
}

static int f_unlock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xUnlock(real(f), level);
}

static int f_reserved(sqlite3_file *f, int *out)
{
	return real(f)->pMethods->xCheckReservedLock(real(f), out);
}

static int f_control(sqlite3_file *f, int op, void *arg)
{
	return real(f)->pMethods->xFileControl(real(f), op, arg);
}

static int f_sector(sqlite3_file *f)
{
	return real(f)->pMethods->xSectorSize(real(f));
}

static int f_traits(sqlite3_file *f)
{
	return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

static int f_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
	return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}

static int f_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	return real(f)->pMethods->xShmLock(real(f), at, n, flags);
}

static void f_shm_barrier(sqlite3_file *f)
{
	real(f)->pMethods->xShmBarrier(real(f));
}

static int f_shm_unmap(sqlite3_file *f, int remove)
{
	return real(f)->pMethods->xShmUnmap(real(f), remove);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = f_close,
	.xRead = f_read,
	.xWrite = f_write,
	.xTruncate = f_truncate,
	.xSync = f_sync,
	.xFileSize = f_size,
	.xLock = f_lock,
	.xUnlock = f_unlock,
	.xCheckReservedLock = f_reserved,
	.xFileControl = f_control,
	.xSectorSize = f_sector,
	.xDeviceCharacteristics = f_traits,
	.xShmMap = f_shm_map,
	.xShmLock = f_shm_lock,
	.xShmBarrier = f_shm_barrier,
	.xShmUnmap = f_shm_unmap,
};

static int v_open(sqlite3_vfs *v, sqlite3_filename name, sqlite3_file *f, int flags, int *out)
{
	(void)v;
	struct file *own = (struct file *)f;
	own->real = (sqlite3_file *)(own + 1);
	own->base.pMethods = NULL;
	int rc = real_vfs->xOpen(real_vfs, name, own->real, flags, out);
	if (!rc) {
		own->base.pMethods = &methods;
		opened++;
	}
	return rc;
}

void faultfs_init(void)
{
	static sqlite3_vfs vfs;
	real_vfs = sqlite3_vfs_find(NULL);
	/* the system's own functions take their data from pAppData, which is copied too */
	vfs = *real_vfs;
	vfs.pNext = NULL;
	vfs.zName = "faultfs";
	vfs.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
	vfs.xOpen = v_open;
	sqlite3_vfs_register(&vfs, 0);
}

void faultfs_arm(enum fault kind, int after)
{
	armed = FAULT_NONE;
	countdown = after;
	failed = writes = syncs = 0;
	armed = (int)kind;
}

int faultfs_failed(void)
{
	return failed;
}

int faultfs_writes(void)
{
	return writes;
}

int faultfs_syncs(void)
{
	return syncs;
}

int faultfs_open(void)
{
	return opened;
}
