/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_NET_LOG_FILE_H
#define MAILPATH_NET_LOG_FILE_H

#include <stdint.h>

#include "base/fault.h"
#include "base/slice.h"
#include "net/deadline.h"

/* A log and what was rotated away of it, read line by line, from the moment on that is
 * wanted: found by bisection, so that a log of 10 GB costs what is wanted of it. */

/* Faults do not name the file: who calls knows it. */

/* Longer lines are cut. */
enum { LOG_LINE_MAX = 8192 };

enum log_form { LOG_PLAIN, LOG_GZIP, LOG_XZ, LOG_UNREADABLE };

struct log_source {
	char *path;			/* owned */
	int fd;				/* or -1: not opened yet */
	enum log_form form;
	bool is_input;			/* standard input: read once, from the front */
	int64_t size;			/* as it was when it was opened; what comes later is not read */
	int64_t written;		/* last, seconds since 1970 (mtime) */
	uint64_t device, inode;
	uint64_t bytes_read;		/* from the disk */
};

/* The log itself, then what was rotated away of it ("mail.log.1", "mail.log.2.gz",
 * "mail.log-20261123.xz"), the youngest first. */
struct log_chain {
	struct log_source *at;
	size_t count;
	bool is_missing;		/* the log itself is not there */
};

/* Find the log and its rotated files, and open the log. "-" is standard input. False: the
 * fault tells; FAULT_USAGE: there is no such log. A log that has just been rotated away and not begun again is no fault, but missing. */
bool log_chain_open(const char *path, struct log_chain *chain, struct fault *fault);
void log_chain_close(struct log_chain *chain);

/* Open a rotated one; harmless if it is open. False: the fault tells. `is_again`: it is
 * one that has been opened before, under another name (it was rotated meanwhile). */
bool log_source_open(struct log_chain *chain, size_t number, bool *is_again, struct fault *fault);

/* What reading takes from its caller. */
struct log_wants {
	/* When a line was written; false: it does not tell. */
	bool (*time)(void *context, struct slice line, int64_t *time);
	/* A line, without its end, that begins at byte `at`; false: no more. */
	bool (*line)(void *context, struct slice line, int64_t at);
	void *context;
	const struct deadline *deadline;
};

/* The byte from which all lines of `since` and later follow, and few before; by bisection
 * (0 of what is compressed). False: the deadline has passed, or it cannot be read. */
bool log_source_find(struct log_source *source, const struct log_wants *wants, int64_t since,
		     int64_t *from, struct fault *fault);

/* All lines from a byte on where one begins. */
bool log_source_read(struct log_source *source, const struct log_wants *wants, int64_t from,
		     struct fault *fault);

/* The one that was written last of those that are there, or NULL. */
const char *log_newest(const char *const *paths, size_t count);

/* The time of the first line that tells one, and of the last; not of what is compressed.
 * False: none does within the first, or last, MiB. */
bool log_source_first(struct log_source *source, const struct log_wants *wants, int64_t *time);
bool log_source_last(struct log_source *source, const struct log_wants *wants, int64_t *time);

#endif
