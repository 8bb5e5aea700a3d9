/* SPDX-License-Identifier: GPL-3.0-or-later */

/* walk names|stat|read|logs FOLDER LOGS [END]: the least that looking through a queue
 * can cost on one core. The names of all files below the folder; with stat, fstatat()
 * of each; with read, its first 4096 bytes; with logs, and those of the file that is
 * called so below LOGS. With END, only names that end so count, and their logs have
 * names without it. It judges nothing: something to compare with, no tool. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENTRIES = 1 << 18, FIRST = 4096 };

static enum { NAMES, STAT, READ, LOGS } what;
static const char *only = "";		/* names that end so */
static unsigned long files, bytes;

static void read_file(int dir, const char *name)
{
	static char first[FIRST];
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME);
	ssize_t got = fd >= 0 ? read(fd, first, sizeof first) : 0;

	if (got > 0)
		bytes += (unsigned long)got;
	if (fd >= 0)
		close(fd);
}

static void take(int dir, int logs, const char *name)
{
	size_t len = strlen(name), tail = strlen(only);
	struct stat about;
	char log[256];

	if (len < tail || strcmp(name + len - tail, only) != 0)
		return;
	files++;
	if (what == STAT && fstatat(dir, name, &about, AT_SYMLINK_NOFOLLOW) == 0)
		bytes += (unsigned long)about.st_size;
	if (what == READ || what == LOGS)
		read_file(dir, name);
	if (what != LOGS)
		return;
	snprintf(log, sizeof log, "%.*s", (int)(len - tail), name);
	read_file(logs, log);
}

static void walk(int dir, int logs)
{
	char *entries = malloc(ENTRIES);
	ssize_t len;

	while ((len = getdents64(dir, entries, ENTRIES)) > 0) {
		for (ssize_t at = 0; at < len;) {
			struct dirent64 *entry = (struct dirent64 *)(void *)(entries + at);
			int below, below_logs;

			at += entry->d_reclen;
			if (entry->d_name[0] == '.')
				continue;
			if (entry->d_type != DT_DIR) {
				take(dir, logs, entry->d_name);
				continue;
			}
			below = openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			below_logs = openat(logs, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			walk(below, below_logs);
			close(below);
			close(below_logs);
		}
	}
	free(entries);
}

int main(int argc, char **argv)
{
	static const char *const words[] = { "names", "stat", "read", "logs" };
	int dir, logs;

	if (argc < 4)
		return 2;
	while (strcmp(argv[1], words[what]) != 0) {
		if (what++ == LOGS)
			return 2;
	}
	dir = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	logs = open(argv[3], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (argc > 4)
		only = argv[4];
	walk(dir, logs);
	printf("%lu files, %lu bytes\n", files, bytes);
	return 0;
}
