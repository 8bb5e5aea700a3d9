/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_FILTER_H
#define MAILPATH_MAIL_FILTER_H

#include "base/fault.h"
#include "base/text.h"

/* What is said to a content filter, and what it answers: rspamd by HTTP (/checkv2), and
 * SpamAssassin's spamd by its own protocol (SPAMC/1.5). */

enum { FILTER_SYMBOLS = 32, FILTER_REPLY_MAX = 1 << 20 };

enum filter_outcome {
	FILTER_CLEAN,
	FILTER_SUSPICIOUS,	/* it is let in, but marked or delayed */
	FILTER_SPAM,		/* it is refused */
};

struct filter_symbol {
	char name[80];		/* foreign, as all words here */
	double score;
	char text[160];		/* its sentence; "": the filter has none */
};

struct filter_verdict {
	enum filter_outcome outcome;
	double score, limit;	/* and from where on it is spam */
	char action[40];	/* the filter's word for the outcome */
	struct filter_symbol symbols[FILTER_SYMBOLS];	/* the most costly first */
	size_t symbol_count;
	unsigned symbols_left_out;
};

/* Who hands the message over, as far as that was told; the others are NULL. Its reverse
 * name is taken to be `helo`: whether it is, others tell. */
struct filter_envelope {
	const char *ip, *helo;
	const char *from;		/* "" is <> */
	const char *const *to;
	size_t to_count;
};

/* Is it what rspamd says? If not, the fault tells what came. */
bool filter_rspamd_parse(struct slice json, struct filter_verdict *verdict, struct fault *fault);

/* What stands before the message: spamd knows of who hands it over from its header. */
void filter_spamd_request(const struct filter_envelope *envelope, const char *date, uint64_t size,
			  struct text *request);

/* A whole reply to that. */
bool filter_spamd_parse(struct slice reply, struct filter_verdict *verdict, struct fault *fault);

#endif
