/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/reply_memo.h"

#include "mail/reply_class.h"

const char *reply_memo_reason(struct reply_memo *memo, struct slice text)
{
	uint64_t hash = 14695981039346656037u;
	size_t place;

	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.at[i]) * 1099511628211u;
	place = (hash ^ hash >> 32) % (sizeof memo->at / sizeof memo->at[0]);
	if (memo->at[place].reason == NULL || memo->at[place].hash != hash) {
		memo->at[place].hash = hash;
		memo->at[place].reason = reply_classify(text).reason;
	}
	return memo->at[place].reason;
}
