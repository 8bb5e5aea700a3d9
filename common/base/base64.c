/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Up to three octets as four characters (RFC 4648 section 4). */
static void encode_group(const unsigned char *octets, size_t count, char group[4])
{
	unsigned bits = (unsigned)octets[0] << 16;

	bits |= count > 1 ? (unsigned)octets[1] << 8 : 0;
	bits |= count > 2 ? (unsigned)octets[2] : 0;
	group[0] = alphabet[bits >> 18];
	group[1] = alphabet[bits >> 12 & 63];
	group[2] = count > 1 ? alphabet[bits >> 6 & 63] : '=';
	group[3] = count > 2 ? alphabet[bits & 63] : '=';
}

void base64_add(struct text *text, struct slice bytes)
{
	const unsigned char *octets = (const unsigned char *)bytes.at;
	char groups[256];
	size_t used = 0;

	for (size_t i = 0; i < bytes.len; i += 3) {
		encode_group(octets + i, bytes.len - i, groups + used);
		used += 4;
		if (used == sizeof groups) {
			text_add_slice(text, (struct slice){ groups, used });
			used = 0;
		}
	}
	text_add_slice(text, (struct slice){ groups, used });
	/* It may have been a secret. */
	explicit_bzero(groups, sizeof groups);
}

/* 64: none. */
static unsigned value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0') + 52;
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* How many octets stand in these four characters; 0: it is no such group, or
 * the bits behind the last octet are not zero (3.5), so that what stands for
 * the same octets is the same. */
static size_t decode_group(const char group[4], bool is_last, char octets[3])
{
	size_t padding = 0;
	unsigned bits = 0;

	if (is_last && group[3] == '=')
		padding = group[2] == '=' ? 2 : 1;
	for (size_t i = 0; i < 4 - padding; i++) {
		unsigned value = value_of(group[i]);

		if (value > 63)
			return 0;
		bits |= value << (18 - 6 * i);
	}
	if ((bits & ((1U << 8 * padding) - 1)) != 0)
		return 0;
	octets[0] = (char)(bits >> 16);
	octets[1] = (char)(bits >> 8);
	octets[2] = (char)bits;
	return 3 - padding;
}

bool base64_decode(struct slice encoded, struct text *bytes)
{
	char octets[3];

	if (encoded.len % 4 != 0)
		return false;
	/* Only what is right as a whole is appended. */
	for (size_t i = 0; i < encoded.len; i += 4) {
		if (decode_group(encoded.at + i, i + 4 == encoded.len, octets) == 0)
			return false;
	}
	for (size_t i = 0; i < encoded.len; i += 4) {
		size_t count = decode_group(encoded.at + i, i + 4 == encoded.len, octets);

		text_add_slice(bytes, (struct slice){ octets, count });
	}
	return true;
}
