/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

void process_harden(void)
{
	const struct rlimit none = { 0, 0 };
	int fd;

	prctl(PR_SET_DUMPABLE, 0);
	/* Who no longer reads our output shall not change our exit code. */
	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_CORE, &none);
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}
