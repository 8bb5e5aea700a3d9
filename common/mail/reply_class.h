/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_REPLY_CLASS_H
#define MAILPATH_MAIL_REPLY_CLASS_H

#include "base/slice.h"
#include "mail/reply_index.h"

/* What a refusal means: from a reply, a deferral of a queue, a line of a log or a
 * bounce to a reason of the catalogue. */

struct reply_class {
	const char *reason;	/* an id of the catalogue; "unclassified" where nothing
				 * says what it means: a wrong reason is worse than none */
	struct slice list;	/* the blocklist that the text names ("zen.spamhaus.org"), or empty */
	struct slice url;	/* the first http or https URL in it, or empty */
};

/* The text as it came: "550 5.7.1 Relay access denied", or lines joined by '\n',
 * each with or without its code ("550-5.7.26 ..."), or what a mail server wrote
 * about it ("host mx[192.0.2.1] said: 450 4.7.25 ... (in reply to RCPT TO
 * command)", "connect to mx[192.0.2.1]:25: Connection timed out"). Words count
 * before codes, and codes mean what the receiver means by them (RFC 5321 4.2,
 * 3463, 5248, 7372). The slices point into the text. */
struct reply_class reply_classify(struct slice text);

/* Only the reason, for very many texts: the index is filled when it is used first (a
 * struct for each thread). */
const char *reply_reason(struct slice text, struct reply_index *index);

#endif
