/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_BASE_IP_H
#define MAILPATH_BASE_IP_H

#include "base/slice.h"

/* An address in network byte order: 4 bytes for IPv4, 16 for IPv6. */
struct ip {
	uint8_t version;	/* 4 or 6 */
	uint8_t bytes[16];
};

enum { IP_TEXT = 46 };		/* room for any address as text, and its NUL */

/* RFC 5952's form, or dotted decimal. */
void ip_print(const struct ip *ip, char text[IP_TEXT]);

/* An address as inet_pton(3) reads it. */
bool ip_parse(struct slice s, struct ip *ip);

/* An IPv4 address that is written as an IPv6 one (::ffff:192.0.2.1) becomes what
 * it is. Not so ::ffff:127.x: with that, IPv6 lists are tested (RFC 5782 5). */
void ip_unmap(struct ip *ip);

unsigned ip_bits(const struct ip *ip);	/* 32 or 128 */
bool ip_same(const struct ip *a, const struct ip *b);

/* Are they of one family, and the same in so many leading bits? */
bool ip_shares(const struct ip *a, const struct ip *b, unsigned bits);

/* Why nobody outside can see this address as a sender, in words; NULL when it
 * may be public. Loopback and documentation addresses count as public: lists
 * are tested with them. (RFC 1918, 6598, 3927, 4193, 4291, 1122, 5771) */
const char *ip_not_public(const struct ip *ip);

/* An address and how many of its leading bits are the network's. */
struct network {
	struct ip first;	/* the host bits are 0 */
	unsigned prefix;
};

/* "192.0.2.0/24", "2001:db8::/120", or a bare address, which is a network of
 * one. Bits behind the prefix are cleared. */
bool network_parse(struct slice s, struct network *network);

/* How many addresses; `limit` + 1 stands for all that is larger. */
uint64_t network_size(const struct network *network, uint64_t limit);

/* The address number `n`, counted from 0. */
struct ip network_address(const struct network *network, uint64_t n);

/* A server to talk to. */
struct endpoint {
	struct ip ip;
	uint16_t port;
	uint32_t scope;		/* of a link-local IPv6 address, or 0 */
};

enum { ENDPOINT_TEXT = IP_TEXT + 8 };

/* "192.0.2.1:53", "[2001:db8::1]:53" */
void endpoint_print(const struct endpoint *endpoint, char text[ENDPOINT_TEXT]);

/* ADDR, ADDR:PORT, [ADDR] or [ADDR]:PORT; a bare IPv6 address has no port. */
bool endpoint_parse(struct slice s, uint16_t default_port, struct endpoint *endpoint);

bool endpoint_same(const struct endpoint *a, const struct endpoint *b);

#endif
