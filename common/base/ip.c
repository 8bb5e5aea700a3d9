/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/ip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static int family(const struct ip *ip)
{
	return ip->version == 4 ? AF_INET : AF_INET6;
}

void ip_print(const struct ip *ip, char text[IP_TEXT])
{
	if (inet_ntop(family(ip), ip->bytes, text, IP_TEXT) == NULL)
		snprintf(text, IP_TEXT, "?");
}

bool ip_parse(struct slice s, struct ip *ip)
{
	char text[IP_TEXT];
	struct ip parsed = { 0 };

	if (!slice_copy(s, text, sizeof text))
		return false;
	parsed.version = strchr(text, ':') != NULL ? 6 : 4;
	if (inet_pton(family(&parsed), text, parsed.bytes) != 1)
		return false;
	*ip = parsed;
	return true;
}

unsigned ip_bits(const struct ip *ip)
{
	return ip->version == 4 ? 32 : 128;
}

bool ip_same(const struct ip *a, const struct ip *b)
{
	return a->version == b->version && memcmp(a->bytes, b->bytes, ip_bits(a) / 8) == 0;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return memcmp(a, b, whole) == 0 &&
	       (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

bool ip_shares(const struct ip *a, const struct ip *b, unsigned bits)
{
	return a->version == b->version && same_bits(a->bytes, b->bytes, bits);
}

const char *ip_not_public(const struct ip *ip)
{
	static const struct {
		uint8_t version, bytes[16];
		unsigned prefix;
		const char *why;
	} ranges[] = {
		{ 4, { 10 }, 8, "private (RFC 1918)" },
		{ 4, { 172, 16 }, 12, "private (RFC 1918)" },
		{ 4, { 192, 168 }, 16, "private (RFC 1918)" },
		{ 4, { 100, 64 }, 10, "shared by a carrier's NAT (RFC 6598)" },
		{ 4, { 169, 254 }, 16, "link-local (RFC 3927)" },
		{ 4, { 0 }, 8, "\"this network\" (RFC 1122)" },
		{ 4, { 224 }, 4, "multicast (RFC 5771)" },
		{ 4, { 240 }, 4, "reserved (RFC 1112)" },
		{ 6, { 0xfc }, 7, "unique local (RFC 4193)" },
		{ 6, { 0xfe, 0x80 }, 10, "link-local (RFC 4291)" },
		{ 6, { 0xfe, 0xc0 }, 10, "site-local (RFC 3879)" },
		{ 6, { 0xff }, 8, "multicast (RFC 4291)" },
		{ 6, { 0 }, 128, "the unspecified address (RFC 4291)" },
	};

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		if (ranges[i].version == ip->version &&
		    same_bits(ip->bytes, ranges[i].bytes, ranges[i].prefix))
			return ranges[i].why;
	}
	return NULL;
}

void ip_unmap(struct ip *ip)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct ip plain = { .version = 4 };

	if (ip->version != 6 || memcmp(ip->bytes, mapped, sizeof mapped) != 0 || ip->bytes[12] == 127)
		return;
	memcpy(plain.bytes, ip->bytes + 12, 4);
	*ip = plain;
}

bool network_parse(struct slice s, struct network *network)
{
	struct slice rest = s, address, prefix;
	struct network parsed;
	uint64_t bits;

	if (!slice_split(&rest, '/', &address) || !ip_parse(address, &parsed.first))
		return false;
	bits = ip_bits(&parsed.first);
	if (slice_split(&rest, '/', &prefix) &&
	    (rest.at != NULL || !slice_number(prefix, bits, &bits)))
		return false;
	parsed.prefix = (unsigned)bits;
	for (unsigned bit = parsed.prefix; bit < ip_bits(&parsed.first); bit++)
		parsed.first.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	*network = parsed;
	return true;
}

uint64_t network_size(const struct network *network, uint64_t limit)
{
	unsigned host_bits = ip_bits(&network->first) - network->prefix;

	if (host_bits >= 63 || (uint64_t)1 << host_bits > limit)
		return limit + 1;
	return (uint64_t)1 << host_bits;
}

struct ip network_address(const struct network *network, uint64_t n)
{
	struct ip ip = network->first;

	for (unsigned at = ip_bits(&ip) / 8; at-- > 0 && n > 0; n >>= 8)
		ip.bytes[at] |= (uint8_t)n;
	return ip;
}

void endpoint_print(const struct endpoint *endpoint, char text[ENDPOINT_TEXT])
{
	char address[IP_TEXT];

	ip_print(&endpoint->ip, address);
	snprintf(text, ENDPOINT_TEXT, endpoint->ip.version == 6 ? "[%s]:%u" : "%s:%u", address,
		 (unsigned)endpoint->port);
}

bool endpoint_parse(struct slice s, uint16_t default_port, struct endpoint *endpoint)
{
	struct endpoint parsed = { .port = default_port };
	struct slice address = s, port = { NULL, 0 };
	const char *end;
	uint64_t number;

	if (ip_parse(s, &parsed.ip)) {
		*endpoint = parsed;
		return true;
	}
	if (s.len > 0 && s.at[0] == '[') {
		end = memchr(s.at, ']', s.len);
		if (end == NULL)
			return false;
		address = (struct slice){ s.at + 1, (size_t)(end - s.at) - 1 };
		port = (struct slice){ end + 1, s.len - address.len - 2 };
		if (memchr(address.at, ':', address.len) == NULL ||
		    (port.len > 0 && port.at[0] != ':'))
			return false;
		port = port.len > 0 ? (struct slice){ port.at + 1, port.len - 1 }
				    : (struct slice){ NULL, 0 };
	} else {
		port = s;
		slice_split(&port, ':', &address);
	}
	if (!ip_parse(address, &parsed.ip))
		return false;
	if (port.at != NULL) {
		if (!slice_number(port, UINT16_MAX, &number) || number == 0)
			return false;
		parsed.port = (uint16_t)number;
	}
	*endpoint = parsed;
	return true;
}

bool endpoint_same(const struct endpoint *a, const struct endpoint *b)
{
	return ip_same(&a->ip, &b->ip) && a->port == b->port && a->scope == b->scope;
}
