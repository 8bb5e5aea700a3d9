/* SPDX-License-Identifier: GPL-3.0-or-later */

/* meter OUTPUT COMMAND [ARG]...: run a command with OUTPUT for what it prints;
 * our own output is one line: wall clock and CPU in microseconds, peak memory in
 * KiB, exit code. Small and static, so that little is measured of itself: a
 * child's peak begins at that of its parent. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
	long long begun, wall;
	struct rusage used;
	int status, fd;
	pid_t child;

	if (argc < 3)
		return 2;
	fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0600);
	begun = now_us();
	child = vfork();
	if (child == 0) {
		dup2(fd, 1);
		dup2(fd, 2);
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &used) != child)
		return 2;
	wall = now_us() - begun;
	printf("%lld %lld %ld %d\n", wall,
	       (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000LL + used.ru_utime.tv_usec +
		       used.ru_stime.tv_usec,
	       used.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 255);
	return 0;
}
