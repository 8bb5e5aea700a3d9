/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/tlsa.h"

#include <stdio.h>
#include <string.h>

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_number(struct slice *rest, uint8_t *number)
{
	struct slice word;
	uint64_t value;

	if (!slice_word(rest, &word) || !slice_number(word, UINT8_MAX, &value))
		return false;
	*number = (uint8_t)value;
	return true;
}

bool tlsa_parse(struct slice text, struct tlsa *tlsa)
{
	size_t digits = 0;

	if (!take_number(&text, &tlsa->usage) || !take_number(&text, &tlsa->selector) ||
	    !take_number(&text, &tlsa->matching))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		int value = digit(text.at[i]);

		if (text.at[i] == ' ' || text.at[i] == '\t')
			continue;
		if (value < 0 || digits / 2 == sizeof tlsa->data)
			return false;
		if (digits % 2 == 0)
			tlsa->data[digits / 2] = 0;
		tlsa->data[digits / 2] = (uint8_t)(tlsa->data[digits / 2] << 4 | value);
		digits++;
	}
	tlsa->len = digits / 2;
	return digits > 0 && digits % 2 == 0;
}

bool tlsa_is_usable(const struct tlsa *tlsa)
{
	static const size_t lengths[] = { [1] = 32, [2] = 64 };	/* SHA-256, SHA-512 */

	if ((tlsa->usage != 2 && tlsa->usage != 3) || tlsa->selector > 1 || tlsa->matching > 2)
		return false;
	return tlsa->matching == 0 || tlsa->len == lengths[tlsa->matching];
}

bool tlsa_name(const struct domain *host, unsigned port, struct domain *name)
{
	char label[LABEL_MAX];
	struct domain tcp;

	snprintf(label, sizeof label, "_%u", port);
	return domain_join(&tcp, "_tcp", host) && domain_join(name, label, &tcp);
}
