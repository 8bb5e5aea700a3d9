/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { ENTRIES = 65536 };	/* bytes of names asked for at once */

bool spool_open(const char *path, int *root, struct fault *fault)
{
	*root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*root >= 0)
		return true;
	return fault_set(fault, errno == EACCES || errno == EPERM ? FAULT_PERMISSION : FAULT_LOCAL,
			 "%s: %s", path, strerror(errno));
}

/* ---- the walk ---- */

struct walk {
	unsigned depth;
	const struct deadline *deadline;
	void (*found)(void *context, const struct spool_entry *entry);
	void *context;
	const char *folder;
	char below[SPOOL_BELOW];
	char *entries[SPOOL_DEPTH + 1];		/* a buffer for each level, made when needed */
	struct fault *fault;
};

static enum spool_outcome fail(struct walk *walk)
{
	bool is_forbidden = errno == EACCES || errno == EPERM;

	fault_set(walk->fault, is_forbidden ? FAULT_PERMISSION : FAULT_LOCAL, "%s%s%s: %s",
		  walk->folder, walk->below[0] != '\0' ? "/" : "", walk->below, strerror(errno));
	return SPOOL_FAILED;
}

static unsigned char type_of(int dir, const struct dirent64 *entry)
{
	struct stat about;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	if (fstatat(dir, entry->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0)
		return DT_UNKNOWN;
	return (unsigned char)IFTODT(about.st_mode);
}

static enum spool_outcome walk_folder(struct walk *walk, int dir, unsigned level);

static enum spool_outcome walk_below(struct walk *walk, int dir, const char *name, unsigned level)
{
	size_t len = strlen(walk->below), room = sizeof walk->below - len;
	enum spool_outcome outcome = SPOOL_DONE;
	int below;

	/* What file systems put into their root. */
	if (level >= walk->depth || strcmp(name, "lost+found") == 0)
		return SPOOL_DONE;
	if ((size_t)snprintf(walk->below + len, room, "%s%s", len > 0 ? "/" : "", name) >= room) {
		walk->below[len] = '\0';
		return SPOOL_DONE;
	}
	below = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (below >= 0) {
		outcome = walk_folder(walk, below, level + 1);
		close(below);
	} else if (errno != ENOENT) {
		outcome = fail(walk);
	}
	walk->below[len] = '\0';
	return outcome;
}

static enum spool_outcome take_entries(struct walk *walk, int dir, unsigned level, ssize_t len)
{
	const char *at = walk->entries[level];

	for (const char *end = at + len; at < end;) {
		const struct dirent64 *item = (const struct dirent64 *)(const void *)at;
		struct spool_entry entry = {
			dir, walk->folder, walk->below, item->d_name, item->d_ino, false,
		};
		unsigned char type;

		at += item->d_reclen;
		if (item->d_name[0] == '.')
			continue;
		type = type_of(dir, item);
		if (type == DT_DIR) {
			enum spool_outcome outcome = walk_below(walk, dir, item->d_name, level);

			if (outcome != SPOOL_DONE)
				return outcome;
			continue;
		}
		entry.is_file = type == DT_REG;
		if (type != DT_UNKNOWN)
			walk->found(walk->context, &entry);
	}
	return SPOOL_DONE;
}

static enum spool_outcome walk_folder(struct walk *walk, int dir, unsigned level)
{
	if (walk->entries[level] == NULL)
		walk->entries[level] = malloc(ENTRIES);
	if (walk->entries[level] == NULL) {
		errno = ENOMEM;
		return fail(walk);
	}
	for (;;) {
		enum spool_outcome outcome;
		ssize_t len;

		if (deadline_passed(walk->deadline)) {
			fault_set(walk->fault, FAULT_TIMEOUT, "%s was not read to its end", walk->folder);
			return SPOOL_FAILED;
		}
		len = getdents64(dir, walk->entries[level], ENTRIES);
		if (len < 0 && errno != ENOENT)
			return fail(walk);
		if (len <= 0)
			return SPOOL_DONE;
		outcome = take_entries(walk, dir, level, len);
		if (outcome != SPOOL_DONE)
			return outcome;
	}
}

enum spool_outcome spool_walk(int root, const char *folder, unsigned depth,
			      const struct deadline *deadline,
			      void (*found)(void *context, const struct spool_entry *entry),
			      void *context, struct fault *fault)
{
	struct walk walk = {
		.depth = depth < SPOOL_DEPTH ? depth : SPOOL_DEPTH, .deadline = deadline,
		.found = found, .context = context, .folder = folder, .fault = fault,
	};
	int dir = openat(root, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	enum spool_outcome outcome;

	if (dir < 0 && errno == ENOENT)
		return SPOOL_MISSING;
	if (dir < 0)
		return fail(&walk);
	outcome = walk_folder(&walk, dir, 0);
	close(dir);
	for (size_t i = 0; i <= SPOOL_DEPTH; i++)
		free(walk.entries[i]);
	return outcome;
}

/* ---- one file ---- */

static enum spool_read outcome_of(int error)
{
	switch (error) {
	case ENOENT:
		return SPOOL_VANISHED;
	case EACCES:
	case EPERM:
		return SPOOL_FORBIDDEN;
	case ELOOP:
	case ENXIO:
		return SPOOL_NO_FILE;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return SPOOL_EXHAUSTED;
	}
	return SPOOL_UNREADABLE;
}

static void describe(const struct stat *stat, struct spool_about *about)
{
	about->size = stat->st_size;
	about->changed = stat->st_mtime;
	about->mode = stat->st_mode;
}

static int open_quietly(int dir, const char *path)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = openat(dir, path, flags | O_NOATIME);

	/* Only the owner may leave no trace. */
	if (fd < 0 && errno == EPERM)
		fd = openat(dir, path, flags);
	return fd;
}

enum spool_read spool_read(int dir, const char *path, bool from_end, char *bytes, size_t size,
			   size_t *len, struct spool_about *about)
{
	enum spool_read outcome = SPOOL_READ;
	struct stat stat;
	int fd = open_quietly(dir, path);

	*len = 0;
	if (fd < 0)
		return outcome_of(errno);
	if (fstat(fd, &stat) != 0) {
		outcome = SPOOL_UNREADABLE;
	} else if (!S_ISREG(stat.st_mode)) {
		outcome = SPOOL_NO_FILE;
	} else {
		off_t skip = from_end && stat.st_size > (off_t)size ? stat.st_size - (off_t)size : 0;
		ssize_t got = pread(fd, bytes, size, skip);

		describe(&stat, about);
		if (got < 0)
			outcome = SPOOL_UNREADABLE;
		else
			*len = (size_t)got;
	}
	close(fd);
	return outcome;
}

enum spool_read spool_stat(int dir, const char *path, struct spool_about *about)
{
	struct stat stat;

	if (fstatat(dir, path, &stat, AT_SYMLINK_NOFOLLOW) != 0)
		return outcome_of(errno);
	describe(&stat, about);
	return S_ISREG(stat.st_mode) ? SPOOL_READ : SPOOL_NO_FILE;
}

bool spool_born(int dir, const char *path, int64_t *born)
{
	struct statx about;

	if (statx(dir, path, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, STATX_BTIME, &about) != 0 ||
	    (about.stx_mask & STATX_BTIME) == 0)
		return false;
	*born = about.stx_btime.tv_sec;
	return true;
}

bool spool_space(int root, struct spool_space *space)
{
	struct statvfs about;

	if (fstatvfs(root, &about) != 0)
		return false;
	*space = (struct spool_space){
		.free = (uint64_t)about.f_bavail * about.f_frsize,
		.size = (uint64_t)about.f_blocks * about.f_frsize,
		.free_inodes = about.f_favail, .inodes = about.f_files,
	};
	return true;
}
