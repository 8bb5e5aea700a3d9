/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_NET_SPOOL_H
#define MAILPATH_NET_SPOOL_H

#include "base/fault.h"
#include "base/slice.h"
#include "net/deadline.h"

/* Folders with very many files that come and go: walked by name, opened no more than is
 * needed. Nothing that is not a regular file is opened, and no link followed. */

/* The folder that all paths below count from; needs no right but to pass through it. */
bool spool_open(const char *path, int *root, struct fault *fault);

enum { SPOOL_DEPTH = 8, SPOOL_BELOW = 256, SPOOL_NAME = 256 };

struct spool_entry {
	int dir;		/* the folder it is in, open while the walk is there */
	const char *folder;	/* the one that is walked, as it was named */
	const char *below;	/* where in it the entry is: "8", "" */
	const char *name;
	uint64_t inode;
	bool is_file;		/* a regular one */
};

enum spool_outcome {
	SPOOL_DONE,
	SPOOL_MISSING,		/* there is no such folder */
	SPOOL_FAILED,		/* the fault tells: FAULT_PERMISSION, FAULT_TIMEOUT, FAULT_LOCAL */
};

/* Each entry of a folder and of those down to `depth` below, but names that begin with a
 * dot. What vanishes meanwhile was never there. */
enum spool_outcome spool_walk(int root, const char *folder, unsigned depth,
			      const struct deadline *deadline,
			      void (*found)(void *context, const struct spool_entry *entry),
			      void *context, struct fault *fault);

struct spool_about {
	int64_t size;
	int64_t changed;	/* mtime, seconds since 1970 */
	unsigned mode;
};

enum spool_read {
	SPOOL_READ,
	SPOOL_VANISHED,
	SPOOL_FORBIDDEN,
	SPOOL_NO_FILE,		/* a link, a folder, a FIFO */
	SPOOL_UNREADABLE,
	SPOOL_EXHAUSTED,	/* there is no descriptor or no memory for it: nothing is known */
};

/* The first `size` bytes of a file, or with `from_end` its last ones. */
enum spool_read spool_read(int dir, const char *path, bool from_end, char *bytes, size_t size,
			   size_t *len, struct spool_about *about);
enum spool_read spool_stat(int dir, const char *path, struct spool_about *about);
/* When it came to be, seconds since 1970; false: this file system does not know. */
bool spool_born(int dir, const char *path, int64_t *born);

struct spool_space {
	uint64_t free, size;			/* bytes; what users other than root may fill */
	uint64_t free_inodes, inodes;		/* 0: the file system has no such limit */
};
bool spool_space(int root, struct spool_space *space);

/* ---- work on many files, on all cores ---- */

struct spool_pool;

/* So many workers that the machine is used, and no more than `most`; 1 means that the
 * caller's own thread works. */
size_t spool_workers(size_t most);

/* `work` is called for each file that is added, by the worker with this number; `tag` is
 * what was said when it was added. NULL: no memory. */
struct spool_pool *spool_pool_open(size_t workers,
				   void (*work)(void *context, size_t worker,
						const struct spool_entry *entry, uintptr_t tag),
				   void *context);
/* The entry's file is worked on, soon or now. */
void spool_pool_add(struct spool_pool *pool, const struct spool_entry *entry, uintptr_t tag);
/* Wait until all is done. False: some files were not worked on, for want of a
 * descriptor. */
bool spool_pool_close(struct spool_pool *pool);

#endif
