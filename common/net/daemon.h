/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_NET_DAEMON_H
#define MAILPATH_NET_DAEMON_H

#include <stddef.h>

/* Does a program live? Looked at from outside, without a message to it. Paths count
 * from the folder `root` (AT_FDCWD: none), or are absolute. */

enum daemon_life {
	DAEMON_UNKNOWN,		/* nothing here tells */
	DAEMON_ALIVE,
	DAEMON_DEAD,
};

/* It holds a lock (flock) on a file as long as it lives. */
enum daemon_life daemon_by_lock(int root, const char *path);
/* It wrote its process number into a file; `command` is what its process is called. */
enum daemon_life daemon_by_pid(int root, const char *path, const char *command);
/* It listens on a stream socket (an absolute path). */
enum daemon_life daemon_by_socket(const char *path);
/* It has a FIFO open for reading. */
enum daemon_life daemon_by_fifo(int root, const char *path);

#endif
