/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
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

bool process_host_name(char *name, size_t size)
{
	if (gethostname(name, size) != 0)
		return false;
	name[size - 1] = '\0';
	return true;
}

char *process_take_secret(const char *variable)
{
	char *value = secure_getenv(variable), *copy;

	if (value == NULL)
		return NULL;
	copy = strdup(value);
	explicit_bzero(value, strlen(value));
	return copy;
}

bool process_random(void *to, size_t size)
{
	return getrandom(to, size, 0) == (ssize_t)size;
}
