/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_DANE_FIND_H
#define MAILPATH_MAIL_DANE_FIND_H

#include "mail/mx_find.h"

/* The TLSA records of a domain's mail hosts, and whether senders may use them: MX,
 * addresses and TLSA must all be signed (RFC 7672 2). Without a resolver whose AD bit
 * counts, all of it is insecure: the caller knows. */

enum dane_kind {
	DANE_UNKNOWN,		/* a question has no answer: senders wait (2.1.2) */
	DANE_ABSENT,		/* no TLSA records */
	DANE_UNSIGNED,		/* there are, but they are not signed: they count for nothing */
	DANE_UNSIGNED_WAY,	/* they are, but not the addresses, or not the domain's MX */
	DANE_UNUSABLE,		/* signed, and none is of a kind that mail servers use (3.1) */
	DANE_USABLE,
};

struct dane_host {
	enum dane_kind kind;
	const struct mx_host *host;
	struct dns_question questions[2];	/* TLSA: at the end of its aliases, and at its
						 * own name where that is another one */
	const struct dns_question *answer;	/* the one of them that counts */
	size_t usable;
};

struct dane_found {
	struct mx_found mx;
	struct dane_host *hosts;	/* those of `mx` that are host names */
	size_t count;
};

/* Find them; run in rounds. False: there is no memory. The caller releases it in
 * any case. */
bool dane_find(const struct domain *domain, struct resolver *resolver, struct dane_found *found);

/* Harmless on a zeroed struct. */
void dane_release(struct dane_found *found);

#endif
