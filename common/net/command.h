/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_NET_COMMAND_H
#define MAILPATH_NET_COMMAND_H

#include "base/fault.h"
#include "base/slice.h"
#include "net/deadline.h"

/* Programs of this machine, without a shell: by absolute path, with PATH, LC_ALL=C and
 * what is named for an environment, and a process group of their own that ends at the
 * deadline. */

struct command {
	const char *const *arguments;	/* the program's path first; NULL ends them */
	const char *variable;		/* of its environment, "TZ=UTC0"; or NULL */
	struct slice input;		/* its standard input, at most COMMAND_INPUT bytes; nothing:
					 * /dev/null */
};

enum { COMMAND_INPUT = 4096 };

enum { COMMAND_COMPLAINT = 4096 };

struct command_end {
	bool was_killed;			/* by a signal: `code` is its number */
	int code;				/* exit code */
	char complaint[COMMAND_COMPLAINT];	/* the beginning of its standard error */
};

/* Run it; `output` gets its standard output as it comes. False: it could not be run
 * (FAULT_LOCAL, FAULT_PERMISSION), or the deadline struck (FAULT_TIMEOUT). */
bool command_run(const struct command *command, const struct deadline *deadline,
		 void (*output)(void *context, struct slice bytes), void *context,
		 struct command_end *end, struct fault *fault);

/* The first of these paths that may be run here, or NULL. */
const char *command_find(const char *const *paths, size_t count);

#endif
