/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_NET_DNS_PACKET_H
#define MAILPATH_NET_DNS_PACKET_H

#include "base/dns.h"

/* DNS messages as bytes: ldns builds and reads them, we judge them. Pure: no
 * sockets here, so that it can be fuzzed. */

enum {
	DNS_PACKET_QUESTION = 512,	/* room for any question */
	DNS_PACKET_UDP = 1232,		/* what we offer to receive over UDP (EDNS) */
};

/* Write a recursive question for `name`, with the type of `question` and its wish
 * not to be checked; its length, or 0 if it cannot be built. */
size_t dns_packet_ask(uint8_t to[DNS_PACKET_QUESTION], uint16_t id, const struct domain *name,
		      const struct dns_question *question, bool with_edns);

enum dns_packet_kind {
	DNS_PACKET_FOREIGN,	/* no answer to this question: go on waiting */
	DNS_PACKET_ANSWER,	/* `status` and what belongs to it */
	DNS_PACKET_TRUNCATED,	/* ask by TCP */
	DNS_PACKET_NO_EDNS,	/* the server does not understand EDNS */
	DNS_PACKET_ALIAS,	/* the name is an alias whose end is not here: ask `alias` */
};

struct dns_packet {
	enum dns_packet_kind kind;
	enum dns_status status;		/* FOUND, NODATA, NXDOMAIN, SERVFAIL, REFUSED, GARBLED */
	const char *detail;		/* of SERVFAIL and REFUSED: what RFC 8914 calls it */
	bool is_bogus;			/* SERVFAIL, because DNSSEC rejects what there is */
	struct dns_records *records;	/* the caller's, with one user */
	uint32_t ttl;
	bool authenticated;
	struct domain alias;
};

/* Read what came as an answer to this question. The caller has compared the id. */
void dns_packet_read(const uint8_t *bytes, size_t len, const struct domain *name,
		     enum dns_type type, struct dns_packet *packet);

#endif
