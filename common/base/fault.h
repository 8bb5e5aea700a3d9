/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_BASE_FAULT_H
#define MAILPATH_BASE_FAULT_H

#include <stdbool.h>

enum fault_kind {
	FAULT_USAGE,		/* what the user wrote cannot be used */
	FAULT_PERMISSION,	/* we may not */
	FAULT_LOCAL,		/* this machine could not: memory, files, sockets */
	FAULT_TIMEOUT,		/* the deadline struck */
	FAULT_NETWORK,		/* the way to the other side failed */
	FAULT_PROTOCOL,		/* what the other side says makes no sense */
};

/* Why something failed: touched only on failure, in words that an operator can
 * be shown as they are (but printed as foreign text: it may quote input). */
struct fault {
	enum fault_kind kind;
	char text[256];
};

/* Always false, so that failing is one line: return fault_set(...). */
bool fault_set(struct fault *fault, enum fault_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Put context in front: "FILE line 3: " before what went wrong there. */
bool fault_prefix(struct fault *fault, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
