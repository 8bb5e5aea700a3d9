/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_RDNS_H
#define MAILPATH_MAIL_RDNS_H

#include "base/dns.h"

/* Has an address a name that leads back to it (RFC 8601 3, "iprev"), and who runs the
 * zone in which that name stands? */

enum {
	RDNS_NAMES_MAX = 10,	/* names that are looked at; more are counted (RFC 8601 3) */
	RDNS_ALIASES_MAX = 8,
};

enum rdns_iprev {		/* RFC 8601 2.7.3 */
	RDNS_PASS,		/* one of its names leads back to it */
	RDNS_FAIL,		/* it has names, and none of them does */
	RDNS_TEMPERROR,		/* it cannot be told */
	RDNS_PERMERROR,		/* it has no name */
};

enum rdns_why {
	RDNS_CONFIRMED,		/* pass */
	RDNS_NXDOMAIN,		/* permerror: there is no such reverse name */
	RDNS_NODATA,		/* permerror: there is one, without a PTR record */
	RDNS_ELSEWHERE,		/* fail: names lead to other addresses */
	RDNS_UNRESOLVED,	/* fail: no name has an address of this family */
	RDNS_NO_NAME,		/* fail: what stands there are no host names */
	RDNS_BOGUS,		/* temperror: DNSSEC rejects an answer */
	RDNS_LAME,		/* temperror: the zone is delegated to servers that do not
				 * answer */
	RDNS_UNANSWERED,	/* temperror: `missing` has no answer */
};

enum rdns_name_kind {
	RDNS_NAME_UNKNOWN,	/* its addresses are not known */
	RDNS_NAME_CONFIRMED,
	RDNS_NAME_ELSEWHERE,
	RDNS_NAME_MISSING,	/* no such name */
	RDNS_NAME_NO_ADDRESS,	/* none of the family of the address */
	RDNS_NAME_NO_HOST,	/* bytes that no host name has */
};

struct rdns_name {
	enum rdns_name_kind kind;
	struct slice name;		/* as the record has it; the struct rdns_found's */
	struct domain host;		/* the same; "" where it is no host name */
	struct dns_question addresses;	/* A, or AAAA */
};

/* Who runs a zone; "" and nothing where that is not known. */
struct rdns_owner {
	struct domain zone;
	struct slice server, contact;	/* the first two words of the SOA record */
	struct dns_question question;	/* what they point into */
};

struct rdns_found {
	struct ip ip;
	enum rdns_iprev iprev;
	enum rdns_why why;
	struct domain reverse;			/* the name that is asked for the PTR records */
	struct domain aliases[RDNS_ALIASES_MAX];	/* where it leads: RFC 2317 */
	size_t alias_count;
	struct dns_question pointers;
	size_t pointer_count;			/* all PTR records */
	struct rdns_name names[RDNS_NAMES_MAX];	/* sorted */
	size_t name_count;
	struct rdns_owner owner;		/* of the zone of the PTR records; where that is
						 * LAME, of the one above */
	struct domain lame;			/* LAME: what is delegated so */
	const struct dns_question *missing;	/* TEMPERROR: what has no answer */
};

/* Find out; run in rounds (base/dns_rounds.h). What `found` holds is overwritten, not
 * released, and must not be moved. */
void rdns_find(const struct ip *ip, struct resolver *resolver, struct rdns_found *found);

/* Harmless on a zeroed struct. */
void rdns_release(struct rdns_found *found);

/* The name where the PTR records stand: the reverse name, or where its aliases end. */
const struct domain *rdns_end(const struct rdns_found *found);

/* 25.2.0.192.in-addr.arpa (RFC 1035 3.5), or 32 nibbles in ip6.arpa (RFC 3596 2.5). */
void rdns_reverse_name(const struct ip *ip, struct domain *name);

/* Is the zone that of a registry, so that nobody was given the network by name? */
bool rdns_is_registry(const struct domain *zone);

/* Does such a name stand in the reverse tree itself? Then a dot was forgotten behind a
 * PTR record. */
bool rdns_is_reverse(const struct domain *name);

/* "hostmaster@example.org" from the contact of a SOA record (RFC 1035 8), as foreign
 * text. */
void rdns_print_contact(struct slice contact, struct text *text);

/* "pass", "fail", "temperror", "permerror" */
const char *rdns_iprev_word(enum rdns_iprev iprev);
/* "confirmed", "nxdomain", ...; for UNANSWERED, how that ended. */
const char *rdns_why_word(const struct rdns_found *found);

#endif
