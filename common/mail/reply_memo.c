/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/reply_memo.h"

#include "mail/reply_class.h"

static bool is_address(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
		      c == '.' || c == ':'))
			return false;
	}
	return true;
}

/* What makes the same words another text, and means nothing: whose mailbox it is, behind
 * a '<', and an address in brackets. How long. */
static size_t meaningless(struct slice rest, char opening)
{
	enum { FAR = 64 };

	for (size_t i = 0; i < rest.len && i < FAR; i++) {
		char c = rest.at[i];

		if (opening == '<' ? c == '@' : c == ']')
			return opening == '<' || is_address((struct slice){ rest.at, i }) ? i : 0;
		if (c == ' ' || c == '>' || c == '<' || c == '[')
			return 0;
	}
	return 0;
}

const char *reply_memo_reason(struct reply_memo *memo, struct slice text)
{
	uint64_t hash = 14695981039346656037u;
	size_t place;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		hash = (hash ^ (unsigned char)c) * 1099511628211u;
		if (c == '<' || c == '[')
			i += meaningless((struct slice){ text.at + i + 1, text.len - i - 1 }, c);
	}
	place = (hash ^ hash >> 32) % (sizeof memo->at / sizeof memo->at[0]);
	if (memo->at[place].reason == NULL || memo->at[place].hash != hash) {
		memo->at[place].hash = hash;
		memo->at[place].reason = reply_reason(text, &memo->index);
	}
	return memo->at[place].reason;
}
