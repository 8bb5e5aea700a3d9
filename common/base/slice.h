/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_BASE_SLICE_H
#define MAILPATH_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes: no owner, no NUL at the end. */
struct slice {
	const char *at;
	size_t len;
};

struct slice slice_of(const char *text);

/* The same bytes; `_nocase` ignores the case of ASCII letters, as DNS names
 * and keywords do. */
bool slice_is(struct slice s, const char *text);
bool slice_is_nocase(struct slice s, const char *text);
bool slice_same_nocase(struct slice a, struct slice b);
bool slice_starts(struct slice s, const char *prefix);

/* Without the blanks, tabs and carriage returns at both ends. */
struct slice slice_trim(struct slice s);

/* Take the next piece off `rest`, up to `mark` or the end; the mark belongs to
 * neither. False when nothing is left: "a," is "a" and "", "" is nothing. A
 * `rest` whose `at` is NULL is used up. */
bool slice_split(struct slice *rest, char mark, struct slice *piece);

/* Take the next run of characters that are neither blank nor tab. */
bool slice_word(struct slice *rest, struct slice *word);

/* A decimal number of at most `max`: digits and nothing else. */
bool slice_number(struct slice s, uint64_t max, uint64_t *number);

/* A copy with a NUL behind it, for functions of others; false when it does not
 * fit or holds a NUL. */
bool slice_copy(struct slice s, char *to, size_t size);

#endif
