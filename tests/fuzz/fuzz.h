/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_TESTS_FUZZ_H
#define MAILPATH_TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/slice.h"

/* What must hold for any input, in every build. */
#define MUST(condition)                                                            \
	do {                                                                       \
		if (!(condition)) {                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                   \
		}                                                                  \
	} while (0)

/* Is the slice nothing, or a part of the whole? */
static inline int fuzz_is_inside(struct slice part, struct slice whole)
{
	return part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
