/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_DKIM_FIND_H
#define MAILPATH_MAIL_DKIM_FIND_H

#include "base/dns.h"
#include "mail/dkim_key.h"

/* What is published at the selectors of a domain: TXT at
 * <selector>._domainkey.<domain> (RFC 6376 3.6.2). Beside it goes the question whether
 * the name is an alias, and one for a selector that nobody can have made: what answers
 * to that answers to everything. */

enum {
	DKIM_RECORDS = 8,	/* of one selector that are looked at; there should be one */
	DKIM_ALIASES = 8,	/* of one selector that are followed */
};

enum dkim_state {
	DKIM_UNKNOWN,	/* no usable answer: `why` */
	DKIM_NONE,	/* there is no such record: certainly */
	DKIM_FOUND,
};

struct dkim_selector {
	struct domain name;	/* with the domain */
	enum dkim_state state;
	struct text why;
	struct dns_question answer;		/* the records that the keys point into */
	struct dkim_key keys[DKIM_RECORDS];
	size_t key_count;			/* there may be more records */
	struct domain aliases[DKIM_ALIASES];	/* where CNAMEs lead, one after the other */
	size_t alias_count;
	bool goes_round;	/* they lead back to one of them */
	bool is_dangling;	/* they lead to nothing; then the state is DKIM_NONE */
	bool is_wildcard;	/* any other selector gives the same answer */
};

/* What the selector says that nobody made. */
enum dkim_guard {
	DKIM_GUARD_UNKNOWN,
	DKIM_GUARD_SILENT,	/* nothing: as it should be */
	DKIM_GUARD_TEXT,	/* something that is no key */
	DKIM_GUARD_REVOKED,	/* that it was revoked: no key but the named ones is good */
	DKIM_GUARD_KEY,		/* a key */
};

struct dkim_report {
	struct dkim_selector *selectors;	/* as many, in the order in which they were named */
	size_t count;
	enum dkim_guard guard;
	enum dns_status guard_status;	/* how its question ended */
	bool failed;		/* no memory */
};

/* Look at these selectors, all at once. The nonce makes the name of the guard; in
 * rounds (base/dns_rounds.h) it must be the same in all of them. */
void dkim_find(const struct domain *domain, const struct domain *selectors, size_t count,
	       uint64_t nonce, struct resolver *resolver, struct dkim_report *report);
void dkim_report_release(struct dkim_report *report);

/* Its key that receivers can use, the weakest if there are several; NULL: there is none. */
const struct dkim_key *dkim_weakest_key(const struct dkim_selector *selector);

/* "s1._domainkey.example.org"; false: it would be too long. */
bool dkim_name(const struct domain *selector, const struct domain *domain, struct domain *name);

/* Selectors that are common at large providers, in the order of the alphabet; NULL
 * ends the table. Nothing can be concluded where none of them is there. */
extern const char *const dkim_common_selectors[];

#endif
