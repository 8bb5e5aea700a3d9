/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_REPLY_INDEX_H
#define MAILPATH_MAIL_REPLY_INDEX_H

#include "base/slice.h"

/* Which of the rules can hold for a text at all, found by a word, a name or a code that
 * each of them needs: for those who classify very many texts. */

enum { REPLY_RULES = 1024, REPLY_BUCKETS = 2048, REPLY_ENTRIES = 2048 };

struct reply_set {
	uint64_t bits[REPLY_RULES / 64];
};

/* A zeroed struct is empty, and has to be filled. */
struct reply_index {
	uint16_t buckets[REPLY_BUCKETS];	/* the last entry of each, or 0 */
	struct {
		uint32_t key;
		uint16_t rule, next;
	} entries[REPLY_ENTRIES];
	uint16_t used;				/* of entries; the first one is none */
	struct reply_set others;		/* rules that need nothing that can be found */
};

void reply_index_fill(struct reply_index *index);

/* What a text has, as the rules see it: a word, a name (of a host, a URL, an address), its
 * codes (0: none). Rules that need it are added to the set. */
void reply_index_word(const struct reply_index *index, struct slice word, struct reply_set *set);
void reply_index_name(const struct reply_index *index, struct slice name, struct reply_set *set);
void reply_index_codes(const struct reply_index *index, unsigned code, const unsigned status[3],
		       struct reply_set *set);

#endif
