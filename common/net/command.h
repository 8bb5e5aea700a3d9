/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_NET_COMMAND_H
#define MAILPATH_NET_COMMAND_H

#include "base/fault.h"
#include "base/slice.h"
#include "net/deadline.h"

/* Programs of this machine, without a shell: by absolute path, with PATH, LC_ALL=C and
 * TZ=UTC0 for an environment, /dev/null for standard input, and a process group of
 * their own that ends at the deadline. */

enum { COMMAND_COMPLAINT = 4096 };

struct command_end {
	bool was_killed;			/* by a signal: `code` is its number */
	int code;				/* exit code */
	char complaint[COMMAND_COMPLAINT];	/* the beginning of its standard error */
};

/* Run it; `output` gets its standard output as it comes. False: it could not be run
 * (FAULT_LOCAL, FAULT_PERMISSION), or the deadline struck (FAULT_TIMEOUT). */
bool command_run(const char *const *arguments, const struct deadline *deadline,
		 void (*output)(void *context, struct slice bytes), void *context,
		 struct command_end *end, struct fault *fault);

/* The first of these paths that may be run here, or NULL. */
const char *command_find(const char *const *paths, size_t count);

#endif
