/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_NET_FILE_H
#define MAILPATH_NET_FILE_H

#include "base/fault.h"
#include "base/text.h"
#include "net/deadline.h"

/* Read a whole file, at most `limit` bytes, without a byte order mark; "-" is
 * standard input. Waits for pipes, but not past the deadline. Faults name the
 * file, never its content. */
bool file_read(const char *path, size_t limit, const struct deadline *deadline,
	       struct text *content, struct fault *fault);

/* The same without keeping it: its bytes, in blocks, whatever they are. A false of
 * `take`, which sets the fault, ends it. */
typedef bool file_taker(void *context, struct slice bytes, struct fault *fault);
bool file_feed(const char *path, const struct deadline *deadline, file_taker *take, void *context,
	       struct fault *fault);

/* May others than its owner and group read it? A secret would be none. */
bool file_is_exposed(const char *path);

/* Write a file that appears whole or not at all: beside it, then rename(2). What
 * is there already and no regular file (a device, a link) stays as it is. */
bool file_replace(const char *path, struct slice content, struct fault *fault);

#endif
