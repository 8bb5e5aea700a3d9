/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
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

bool process_is_root(void)
{
	return geteuid() == 0;
}

/* All of it, and the end of who writes it. */
static int read_child(int fd, pid_t pid, struct text *output)
{
	char bytes[8192];
	ssize_t got;
	int status;

	while ((got = read(fd, bytes, sizeof bytes)) != 0) {
		if (got > 0)
			text_add_slice(output, (struct slice){ bytes, (size_t)got });
		else if (errno != EINTR)
			break;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

enum process_part process_split(struct text *output, int *code, struct fault *fault)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0) {
		fault_set(fault, FAULT_LOCAL, "%s", strerror(errno));
		return PROCESS_ALONE;
	}
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		/* Rather nothing is printed than in the wrong place. */
		if (dup2(ends[1], STDOUT_FILENO) < 0)
			close(STDOUT_FILENO);
		close(ends[1]);
		return PROCESS_CHILD;
	}
	close(ends[1]);
	if (pid > 0)
		*code = read_child(ends[0], pid, output);
	else
		fault_set(fault, FAULT_LOCAL, "%s", strerror(errno));
	close(ends[0]);
	return pid > 0 ? PROCESS_PARENT : PROCESS_ALONE;
}

/* Give up all capabilities: who has none and is user 0 owns root's files, no more. */
static bool drop_capabilities(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0, 0, 0 } };

	return syscall(SYS_capset, &header, none) == 0;
}

/* Has somebody dropped them before? */
static bool has_capabilities(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct own[_LINUX_CAPABILITY_U32S_3] = { { 0, 0, 0 } };

	return syscall(SYS_capget, &header, own) == 0 && own[0].effective != 0;
}

bool process_become_owner(int fd, struct fault *fault)
{
	struct stat about;

	if (!process_is_root() || !has_capabilities())
		return true;
	if (fstat(fd, &about) != 0)
		return fault_set(fault, FAULT_LOCAL, "%s", strerror(errno));
	if (setgroups(1, &about.st_gid) != 0 ||
	    setresgid(about.st_gid, about.st_gid, about.st_gid) != 0 ||
	    setresuid(about.st_uid, about.st_uid, about.st_uid) != 0 ||
	    (about.st_uid == 0 && !drop_capabilities()))
		return fault_set(fault, FAULT_LOCAL, "cannot become its owner: %s", strerror(errno));
	return true;
}

long process_utc_offset(void)
{
	time_t now = time(NULL);
	struct tm local;

	return localtime_r(&now, &local) != NULL ? local.tm_gmtoff : 0;
}

static long offset_at(int64_t time)
{
	time_t when = (time_t)time;
	struct tm local;

	return localtime_r(&when, &local) != NULL ? local.tm_gmtoff : 0;
}

bool process_utc_offset_at(int64_t time, long *offset, int64_t *changed, long *before)
{
	int64_t day = 86400, after = time, earlier;

	*offset = offset_at(time);
	for (earlier = time - day; earlier > time - 366 * day; earlier -= day) {
		if (offset_at(earlier) != *offset)
			break;
		after = earlier;
	}
	*before = offset_at(earlier);
	if (*before == *offset)
		return false;
	while (after - earlier > 1) {
		int64_t middle = earlier + (after - earlier) / 2;

		if (offset_at(middle) == *offset)
			after = middle;
		else
			earlier = middle;
	}
	*changed = after;
	return true;
}

bool process_random(void *to, size_t size)
{
	return getrandom(to, size, 0) == (ssize_t)size;
}
