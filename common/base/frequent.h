/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_BASE_FREQUENT_H
#define MAILPATH_BASE_FREQUENT_H

#include "base/slice.h"

/* The most frequent of very many names, in bounded memory: exact as long as no
 * more than FREQUENT_NAMES different ones came; then the rarest are forgotten, and
 * the counts of the others are at most `lost` too low (Misra and Gries, with a
 * subtraction of many at once). A zeroed struct is empty. */

enum { FREQUENT_NAMES = 8192, FREQUENT_NAME_MAX = 255 };

struct frequent_name {
	char *name;
	uint32_t hash;
	uint64_t count;
	uint64_t last;		/* the occasion that counted it last */
};

struct frequent {
	struct frequent_name *at;	/* a hash table, or NULL while empty */
	size_t used;
	uint64_t lost;
	bool failed;			/* there was no memory for something */
};

/* Count a name (cut to FREQUENT_NAME_MAX bytes, ASCII letters as small ones).
 * `occasion` is not 0; on the same one, a name counts once. */
void frequent_add(struct frequent *frequent, struct slice name, uint64_t occasion);

/* The `most` most frequent names, in order (by count, then by name): how many. They
 * are the table's own. */
size_t frequent_list(const struct frequent *frequent, const struct frequent_name **list,
		     size_t most);

void frequent_release(struct frequent *frequent);

#endif
