/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_PLUGINS_TARGETS_H
#define MAILPATH_PLUGINS_TARGETS_H

#include "frame.h"

/* What a plugin is told to look at: addresses, networks, names, mail domains;
 * and the addresses and domains that this comes to. */

enum source_kind {
	SOURCE_NETWORK,		/* an address or a CIDR block */
	SOURCE_NAME,		/* a host: all its addresses */
	SOURCE_MX,		/* a mail domain: all addresses of all its MX */
	SOURCE_DOMAIN,		/* a domain as such */
};

struct source {
	enum source_kind kind;
	const char *word;		/* as the user wrote it; borrowed */
	struct network network;		/* SOURCE_NETWORK */
	struct domain name;		/* the others */
};

struct target {
	struct ip ip;			/* version 0: a domain */
	bool is_private;		/* nobody sees it: not to be asked about */
	uint32_t source;		/* number of its source */
};

struct targets {
	struct source *sources;
	size_t source_count;
	struct target *at;
	size_t count;
	unsigned limit;			/* so many at most, and */
	bool is_cut;			/* there were more */
	struct text *files;		/* what the words of files point into */
	size_t file_count;
};

/* Add what -H says: an address, a CIDR block or a name. */
bool targets_add_host(struct targets *targets, const char *word, struct fault *fault);
bool targets_add_name(struct targets *targets, enum source_kind kind, const char *word,
		      struct fault *fault);

/* Add the lines of a file, each as -H would. */
bool targets_add_file(struct targets *targets, const char *path, const struct deadline *deadline,
		      struct fault *fault);

/* More than `max` (0: 1024)? Then it is wrong usage. Names may still turn out to
 * have more addresses than that: then some are left out, and a finding. */
bool targets_check(struct targets *targets, unsigned max, struct fault *fault);

/* Find all addresses. What cannot be found, and addresses that are not public,
 * become findings. Each target stands once. */
void targets_resolve(struct targets *targets, struct frame *frame);

/* The target as text. */
enum { TARGET_TEXT = DOMAIN_MAX + 1 };
void target_print(const struct targets *targets, const struct target *target,
		  char text[TARGET_TEXT]);

void targets_release(struct targets *targets);

#endif
