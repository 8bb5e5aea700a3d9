/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_BASE_DNS_ROUNDS_H
#define MAILPATH_BASE_DNS_ROUNDS_H

#include "base/dns.h"

/* Asking in rounds. Code that asks one thing after the other, and code that
 * knows nothing of other code, can still share their waits: all of it is run
 * again and again over this resolver. A question whose answer is known gets it;
 * any other is noted and comes back DNS_UNFINISHED, so that what follows from it
 * is left for the next run. Between two runs, all that was noted is asked at
 * once. The waits are as many as the longest chain, and each question is asked
 * once:
 *
 *	do {
 *		look(&rounds.resolver);
 *	} while (dns_rounds_ask(&rounds));
 *
 * The last run had all its answers. So has one that left `open` as it was: what it
 * found can be kept, and it need not be run again. */
struct dns_rounds {
	struct resolver resolver;	/* for what is run; first, and it alone is used */
	struct resolver *below;		/* what is asked between the runs */
	struct dns_question *questions;	/* the first `known` have been asked */
	size_t count, known;
	size_t open;			/* answers so far that were left for the next run */
	unsigned rounds;		/* waits so far */
	bool failed;			/* there was no memory for something */
};

void dns_rounds_open(struct dns_rounds *rounds, struct resolver *below);

/* Ask what was noted since the last time; false: nothing was. */
bool dns_rounds_ask(struct dns_rounds *rounds);

/* Harmless on a zeroed struct. */
void dns_rounds_release(struct dns_rounds *rounds);

#endif
