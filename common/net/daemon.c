/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

/* The kernel's list of locks has the file's numbers: for who may not open it. It is
 * silent about processes that are not seen from here, so it can only say yes. */
static enum daemon_life find_lock(int root, const char *path)
{
	enum daemon_life life = DAEMON_UNKNOWN;
	char line[256], wanted[64];
	struct stat about;
	FILE *locks;

	if (fstatat(root, path, &about, AT_SYMLINK_NOFOLLOW) != 0)
		return DAEMON_UNKNOWN;
	locks = fopen("/proc/locks", "re");
	if (locks == NULL)
		return DAEMON_UNKNOWN;
	snprintf(wanted, sizeof wanted, " %02x:%02x:%llu ", major(about.st_dev), minor(about.st_dev),
		 (unsigned long long)about.st_ino);
	while (life == DAEMON_UNKNOWN && fgets(line, sizeof line, locks) != NULL) {
		if (strstr(line, "FLOCK") != NULL && strstr(line, wanted) != NULL)
			life = DAEMON_ALIVE;
	}
	fclose(locks);
	return life;
}

enum daemon_life daemon_by_lock(int root, const char *path)
{
	int fd = openat(root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	enum daemon_life life = DAEMON_UNKNOWN;

	if (fd < 0)
		return errno == EACCES || errno == EPERM ? find_lock(root, path) : DAEMON_UNKNOWN;
	if (flock(fd, LOCK_SH | LOCK_NB) == 0)
		life = DAEMON_DEAD;		/* and the lock goes with the descriptor */
	else if (errno == EWOULDBLOCK)
		life = DAEMON_ALIVE;
	close(fd);
	return life;
}

/* A small file's content as a string; false: it cannot be read. */
static bool read_line(int root, const char *path, char *line, size_t size)
{
	int fd = openat(root, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return false;
	got = read(fd, line, size - 1);
	close(fd);
	if (got <= 0)
		return false;
	line[got] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return true;
}

enum daemon_life daemon_by_pid(int root, const char *path, const char *command)
{
	char line[64], comm[64], process[64];
	char *end;
	long pid;

	if (!read_line(root, path, line, sizeof line))
		return DAEMON_UNKNOWN;
	pid = strtol(line, &end, 10);
	if (pid <= 1 || end == line)
		return DAEMON_UNKNOWN;
	if (kill((pid_t)pid, 0) != 0 && errno == ESRCH)
		return DAEMON_DEAD;
	snprintf(process, sizeof process, "/proc/%ld/comm", pid);
	if (!read_line(AT_FDCWD, process, comm, sizeof comm))
		return DAEMON_UNKNOWN;
	/* Another program may have got the number since. */
	return strncmp(comm, command, strlen(command)) == 0 ? DAEMON_ALIVE : DAEMON_DEAD;
}

enum daemon_life daemon_by_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	enum daemon_life life = DAEMON_UNKNOWN;
	int fd;

	if ((size_t)snprintf(address.sun_path, sizeof address.sun_path, "%s", path) >=
	    sizeof address.sun_path)
		return DAEMON_UNKNOWN;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return DAEMON_UNKNOWN;
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 || errno == EAGAIN)
		life = DAEMON_ALIVE;
	else if (errno == ECONNREFUSED)
		life = DAEMON_DEAD;
	close(fd);
	return life;
}

enum daemon_life daemon_by_fifo(int root, const char *path)
{
	struct stat about;
	int fd;

	if (fstatat(root, path, &about, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISFIFO(about.st_mode))
		return DAEMON_UNKNOWN;
	fd = openat(root, path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENXIO ? DAEMON_DEAD : DAEMON_UNKNOWN;
	close(fd);
	return DAEMON_ALIVE;
}
