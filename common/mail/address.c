/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/address.h"

#include <stdio.h>
#include <string.h>

#include "base/domain.h"
#include "base/text.h"

/* Bytes that would end the address on its line, or are no characters. */
static bool is_sayable(struct slice word)
{
	for (size_t at = 0; at < word.len;) {
		uint32_t number;
		size_t len = text_utf8((struct slice){ word.at + at, word.len - at }, &number);

		if (len == 0 || number <= ' ' || number == 0x7f || number == '<' || number == '>')
			return false;
		at += len;
	}
	return true;
}

static bool is_ascii(struct slice word)
{
	for (size_t i = 0; i < word.len; i++) {
		if ((unsigned char)word.at[i] > 0x7f)
			return false;
	}
	return true;
}

/* [192.0.2.1] */
static bool is_literal(struct slice domain)
{
	return domain.len > 2 && domain.at[0] == '[' && domain.at[domain.len - 1] == ']';
}

bool address_parse(struct slice word, struct address *address, struct fault *fault)
{
	struct slice local = { word.at, word.len }, said;
	struct domain domain;

	while (local.len > 0 && local.at[local.len - 1] != '@')
		local.len--;
	if (local.len < 2 || local.len == word.len)
		return fault_set(fault, FAULT_USAGE, "it is no address: it lacks %s",
				 local.len == 0 ? "an @" : local.len == 1 ? "a name before the @"
									  : "a domain behind the @");
	said = (struct slice){ word.at + local.len, word.len - local.len };
	if (!is_sayable(word))
		return fault_set(fault, FAULT_USAGE, "it is no address: that is name@domain alone, without blanks, "
				 "< and >");
	if (!is_literal(said) && !domain_parse(said, &domain, fault))
		return fault_prefix(fault, "its domain is none: ");
	address->needs_utf8 = !is_ascii(local);
	if (!address->needs_utf8 && !is_ascii(said))
		said = slice_of(domain.text);
	if (local.len + said.len > ADDRESS_MAX)
		return fault_set(fault, FAULT_USAGE, "it is longer than %d octets", ADDRESS_MAX);
	snprintf(address->text, sizeof address->text, "%.*s%.*s", (int)local.len, local.at,
		 (int)said.len, said.at);
	return true;
}
