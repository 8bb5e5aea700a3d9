/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BLOCK = 64 << 10 };

static bool failed(const char *path, struct fault *fault)
{
	bool is_forbidden = errno == EACCES || errno == EPERM;

	return fault_set(fault, is_forbidden ? FAULT_PERMISSION : FAULT_LOCAL, "%s: %s", path,
			 strerror(errno));
}

/* The byte order mark that some editors put in front of UTF-8. */
static bool drop_mark(struct text *content)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t len = sizeof mark - 1;

	if (content->len >= len && memcmp(content->at, mark, len) == 0) {
		content->len -= len;
		memmove(content->at, content->at + len, content->len + 1);
	}
	return true;
}

/* Give all bytes to `take`. */
static bool feed(int fd, const char *path, const struct deadline *deadline, file_taker *take, void *context,
		 struct fault *fault)
{
	char bytes[FILE_BLOCK];

	for (;;) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		ssize_t got;

		if (deadline_passed(deadline))
			return fault_set(fault, FAULT_TIMEOUT, "%s: still not at its end", path);
		if (poll(&ready, 1, deadline_poll_ms(deadline, INT64_MAX)) <= 0)
			continue;
		got = read(fd, bytes, sizeof bytes);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got < 0)
			return failed(path, fault);
		if (got == 0)
			return true;
		if (!take(context, (struct slice){ bytes, (size_t)got }, fault))
			return fault_prefix(fault, "%s: ", path);
	}
}

bool file_feed(const char *path, const struct deadline *deadline, file_taker *take, void *context,
	       struct fault *fault)
{
	bool is_input = strcmp(path, "-") == 0, good;
	int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return failed(path, fault);
	good = feed(fd, is_input ? "standard input" : path, deadline, take, context, fault);
	if (!is_input)
		close(fd);
	return good;
}

struct gathering {
	struct text *content;
	size_t limit;
};

static bool gather(void *context, struct slice bytes, struct fault *fault)
{
	struct gathering *gathering = context;

	if (gathering->content->len + bytes.len > gathering->limit)
		return fault_set(fault, FAULT_LOCAL, "larger than %zu bytes", gathering->limit);
	text_add_slice(gathering->content, bytes);
	return !text_failed(gathering->content) || fault_set(fault, FAULT_LOCAL, "out of memory");
}

bool file_read(const char *path, size_t limit, const struct deadline *deadline,
	       struct text *content, struct fault *fault)
{
	struct gathering gathering = { content, limit };

	return file_feed(path, deadline, gather, &gathering, fault) && drop_mark(content);
}

bool file_is_exposed(const char *path)
{
	struct stat about;

	return stat(path, &about) == 0 && S_ISREG(about.st_mode) && (about.st_mode & S_IROTH) != 0;
}

static bool write_all(int fd, struct slice content)
{
	while (content.len > 0) {
		ssize_t put = write(fd, content.at, content.len);

		if (put < 0 && errno != EINTR)
			return false;
		if (put > 0)
			content = (struct slice){ content.at + put, content.len - (size_t)put };
	}
	return true;
}

bool file_replace(const char *path, struct slice content, struct fault *fault)
{
	struct text beside = { 0 };
	struct stat about;
	bool good;
	int fd;

	if (lstat(path, &about) == 0 && !S_ISREG(about.st_mode))
		return fault_set(fault, FAULT_LOCAL, "%s: there is something else than a file", path);
	text_add(&beside, "%s.XXXXXX", path);
	if (text_failed(&beside))
		return fault_set(fault, FAULT_LOCAL, "out of memory");
	fd = mkstemp(beside.at);
	good = fd >= 0 && write_all(fd, content) && fchmod(fd, 0644) == 0 && fsync(fd) == 0 &&
	       rename(beside.at, path) == 0;
	if (!good) {
		failed(path, fault);
		if (fd >= 0)
			unlink(beside.at);
	}
	if (fd >= 0)
		close(fd);
	text_release(&beside);
	return good;
}
