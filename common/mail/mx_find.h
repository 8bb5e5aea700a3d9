/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_MX_FIND_H
#define MAILPATH_MAIL_MX_FIND_H

#include "base/dns.h"

/* Where a domain takes its mail (RFC 5321 5.1), and whether that leads anywhere. */

enum { MX_HOSTS_MAX = 40 };	/* more are counted, and not looked at */

enum mx_kind {
	MX_UNKNOWN,	/* the DNS did not say */
	MX_LISTED,	/* there are MX records */
	MX_NULL,	/* one, and it is ".": the domain takes no mail (RFC 7505) */
	MX_IMPLICIT,	/* none, but the domain has an address, which takes its place */
	MX_NONE,	/* neither */
};

enum mx_host_kind {
	MX_HOST_UNKNOWN,	/* no address is known, and a question has no answer */
	MX_HOST_GOOD,		/* it has an address that others can reach */
	MX_HOST_NULL,		/* "." beside others (RFC 7505 3 forbids it) */
	MX_HOST_ADDRESS,	/* an address where a name must stand (RFC 1035 3.3.9) */
	MX_HOST_NO_NAME,	/* bytes that no host name has */
	MX_HOST_MISSING,	/* no such name */
	MX_HOST_NO_ADDRESS,	/* the name has no address */
	MX_HOST_PRIVATE,	/* nobody outside can see any of its addresses */
};

struct mx_host {
	enum mx_host_kind kind;
	uint16_t preference;
	struct slice name;		/* as the record has it; the struct mx_found's */
	struct domain host;		/* the same; "" where it is no host name */
	struct domain end;		/* where its aliases lead: itself where there are none */
	bool is_alias;			/* RFC 2181 10.3 forbids it */
	bool is_alias_secure;		/* each of them has the AD bit, or there are none */
	struct dns_question addresses[2];	/* A, AAAA */
};

struct mx_found {
	enum mx_kind kind;
	struct dns_question exchangers;	/* the MX question */
	struct mx_host *hosts;		/* the preferred first; the domain itself where
					 * there is no MX */
	size_t count, left_out;
};

/* Find them; run in rounds (base/dns_rounds.h). What DNSSEC rejects is marked so
 * (mail/dnssec.h). False: there is no memory. The caller releases it in any case;
 * `domain` must live as long. */
bool mx_find(const struct domain *domain, struct resolver *resolver, struct mx_found *found);

/* Harmless on a zeroed struct. */
void mx_release(struct mx_found *found);

#endif
