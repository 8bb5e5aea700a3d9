/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MONITOR_REDACT_H
#define MAILPATH_MONITOR_REDACT_H

#include "base/text.h"

struct result;

/* --redact: who and where becomes a placeholder, and the same thing the same one, so that a
 * diagnosis can still be followed by those who are not to know whose it is.
 *
 *   [address-1]  an IP address, also 192-0-2-1. Not: of this machine's loopback, 0.0.0.0, ::,
 *                and what blocklists answer (127.0.0.0/8)
 *   [name-1]     a host or domain name: labels with dots between, one of them, but the first,
 *                of letters; the words of redact_learn(); who a certificate is for (O=, L=)
 *   [user-1]     what stands before the @ of a mail address
 *   [path-1]     an absolute path that is not known to all
 *   [link-1]     a URL of a host that is not public; of those that are, the query goes
 *   [key-1]      a long run of letters and digits: a public key, a digest, a token
 *
 * What ends in "..." was cut off: such a beginning of a name is left out. When in doubt,
 * it is replaced; a text that was redacted has nothing more to redact. */
enum redact_kind {
	REDACT_ADDRESS, REDACT_NAME, REDACT_USER, REDACT_PATH, REDACT_LINK, REDACT_KEY, REDACT_KINDS,
};

enum { REDACT_TREES = REDACT_KINDS + 2 };

/* What was seen. A zeroed one has seen nothing. */
struct redact {
	void *seen[REDACT_TREES];	/* of tsearch(3); after the kinds: names that are not public,
					 * and those that are */
	size_t counts[REDACT_TREES];
	/* Is this name known to everybody, and no secret of anybody's? May be NULL. */
	bool (*is_public)(struct slice name);
	bool failed;			/* there was no memory for something */
};

/* Add the text, redacted. To learn all there is before the first word is said (a name that
 * is cut off may stand before the whole one), do it twice. */
void redact_text(struct redact *redact, struct slice text, struct text *out);

/* This word is a name though it has no dot. Ignored: more than a word, and words that name
 * nobody ("mail", "localhost", "postmaster"). */
void redact_learn(struct redact *redact, struct slice word);

void redact_release(struct redact *redact);

/* All texts of a judged result, its data and its trace. */
void redact_result(struct result *result, bool (*is_public)(struct slice name));

#endif
