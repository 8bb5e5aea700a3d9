/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_TESTS_EXACT_H
#define MAILPATH_TESTS_EXACT_H

#include <stdlib.h>
#include <string.h>

#include "base/slice.h"

/* The bytes in a heap block with nothing behind them, so that AddressSanitizer
 * sees what a literal's NUL would hide. Free `at` when done. */
static inline struct slice exact(const void *bytes, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);

	if (len > 0)
		memcpy(copy, bytes, len);
	return (struct slice){ copy, len };
}

static inline struct slice exact_text(const char *text)
{
	return exact(text, strlen(text));
}

static inline void exact_free(struct slice s)
{
	free((char *)s.at);
}

#endif
