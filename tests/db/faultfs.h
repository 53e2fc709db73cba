/* A SQLite file layer that fails on demand: the n-th write, sync, or any growth of a file.
 * For tests of what is left after a full disk or a broken one. Wraps the system's layer. */
#ifndef TRIPOD_FAULTFS_H
#define TRIPOD_FAULTFS_H

#include "base/base.h"

enum fault { FAULT_NONE, FAULT_WRITE, FAULT_SYNC, FAULT_FULL, FAULT_TORN };

/* Registers "faultfs"; once. */
void faultfs_init(void);
/* The operation number `after` (0 = the next) of its kind fails, and all that follow until the next
 * call. FAULT_FULL counts writes, answers "disk full"; FAULT_TORN writes half of it first. */
void faultfs_arm(enum fault kind, int after);
/* Since faultfs_arm: how many failed; and how many there were of writes, syncs, open files now. */
int faultfs_failed(void);
int faultfs_writes(void);
int faultfs_syncs(void);
int faultfs_open(void);

#endif
