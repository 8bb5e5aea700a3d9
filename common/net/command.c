/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 100 };	/* for the end of what was killed */

const char *command_find(const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count && paths[i] != NULL; i++) {
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	}
	return NULL;
}

static bool spawn(const struct command *command, int input, int output, int complaint, pid_t *pid)
{
	char *const environment[] = {
		(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)"LC_ALL=C",
		(char *)command->variable, NULL,
	};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int error;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	if (posix_spawn_file_actions_init(&files) != 0)
		return false;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return false;
	}
	posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, complaint, STDERR_FILENO);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	error = posix_spawn(pid, command->arguments[0], &files, &attributes,
			    (char *const *)command->arguments, environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	errno = error;
	return error == 0;
}

/* Keep what fits of the beginning. */
static void keep_complaint(struct command_end *end, const char *bytes, size_t len)
{
	size_t have = strlen(end->complaint), room = sizeof end->complaint - 1 - have;

	for (size_t i = 0; i < len && i < room; i++)
		end->complaint[have + i] = bytes[i] != '\0' ? bytes[i] : '?';
	end->complaint[have + (len < room ? len : room)] = '\0';
}

/* Read both pipes to their ends. False: the deadline struck. */
static bool listen_to(int output_fd, int complaint_fd, const struct deadline *deadline,
		      void (*output)(void *context, struct slice bytes), void *context,
		      struct command_end *end)
{
	struct pollfd ends[] = { { output_fd, POLLIN, 0 }, { complaint_fd, POLLIN, 0 } };
	char bytes[65536];

	while (ends[0].fd >= 0 || ends[1].fd >= 0) {
		if (deadline_passed(deadline))
			return false;
		if (poll(ends, 2, deadline_poll_ms(deadline, INT64_MAX)) <= 0)
			continue;
		for (size_t i = 0; i < 2; i++) {
			ssize_t got;

			if (ends[i].fd < 0 || ends[i].revents == 0)
				continue;
			got = read(ends[i].fd, bytes, sizeof bytes);
			if (got < 0 && errno == EINTR)
				continue;
			if (got <= 0)
				ends[i].fd = -1;
			else if (i == 0)
				output(context, (struct slice){ bytes, (size_t)got });
			else
				keep_complaint(end, bytes, (size_t)got);
		}
	}
	return true;
}

/* Its end, if that comes before the deadline: a program may close its output and go
 * on. */
static bool await(pid_t pid, const struct deadline *deadline, struct command_end *end)
{
	const struct timespec pause = { 0, 1000000 };
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (deadline_passed(deadline))
			return false;
		nanosleep(&pause, NULL);
	}
	end->was_killed = WIFSIGNALED(status);
	end->code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
	return true;
}

static void end_it(pid_t pid)
{
	struct deadline soon = deadline_from(now_us(), PATIENCE_MS);
	struct command_end end = { 0 };

	kill(-pid, SIGKILL);
	await(pid, &soon, &end);
}

/* What it reads: a pipe that holds it all, or nothing. */
static int open_input(struct slice input)
{
	int ends[2];

	if (input.len == 0)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (input.len > COMMAND_INPUT || pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	if (write(ends[1], input.at, input.len) != (ssize_t)input.len) {
		close(ends[0]);
		ends[0] = -1;
	}
	close(ends[1]);
	return ends[0];
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

bool command_run(const struct command *command, const struct deadline *deadline,
		 void (*output)(void *context, struct slice bytes), void *context,
		 struct command_end *end, struct fault *fault)
{
	enum { OUT, OUT_WRITE, ERR, ERR_WRITE, IN };
	int fds[5] = { -1, -1, -1, -1, open_input(command->input) };
	bool good;
	pid_t pid;

	*end = (struct command_end){ 0 };
	good = fds[IN] >= 0 && pipe2(&fds[OUT], O_CLOEXEC) == 0 && pipe2(&fds[ERR], O_CLOEXEC) == 0 &&
	       spawn(command, fds[IN], fds[OUT_WRITE], fds[ERR_WRITE], &pid);
	if (!good)
		fault_set(fault, errno == EACCES || errno == EPERM ? FAULT_PERMISSION : FAULT_LOCAL,
			  "%s: %s", command->arguments[0], strerror(errno));
	/* Its ends are its own: ours would keep it from seeing the end. */
	close_end(&fds[OUT_WRITE]);
	close_end(&fds[ERR_WRITE]);
	close_end(&fds[IN]);
	if (good && (!listen_to(fds[OUT], fds[ERR], deadline, output, context, end) ||
		     !await(pid, deadline, end))) {
		end_it(pid);
		good = fault_set(fault, FAULT_TIMEOUT, "%s was not through", command->arguments[0]);
	}
	close_end(&fds[OUT]);
	close_end(&fds[ERR]);
	return good;
}
