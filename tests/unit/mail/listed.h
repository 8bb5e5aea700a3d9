/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_TESTS_LISTED_H
#define MAILPATH_TESTS_LISTED_H

#include <stdio.h>

#include "base/text.h"
#include "mail/queue_mta.h"
#include "unit.h"

/* A queue as a listing tells it: a line for each message, of place, arrival, size, '*' for
 * frozen, sender, and each recipient with its reason. */

struct listed {
	struct text lines;
	struct queue_tally tally;
	uint64_t messages, bad_lines;
	bool is_whole, hides_details;
	struct fault fault;
};

static inline void listed_add_message(struct text *lines, const struct queue_message *message)
{
	text_add(lines, "%s %lld %lld%s <", queue_place_word(message->place),
		 (long long)message->arrived, (long long)message->size, message->is_frozen ? "*" : "");
	text_add_slice(lines, queue_message_sender(message));
	text_add(lines, "%s", message->has_sender ? ">" : "?");
	for (size_t i = 0; i < message->recipient_count; i++) {
		text_add_char(lines, ' ');
		text_add_slice(lines, queue_message_recipient(message, i));
		if (queue_message_reason(message, i).len == 0)
			continue;
		text_add_char(lines, '(');
		text_add_slice(lines, queue_message_reason(message, i));
		text_add_char(lines, ')');
	}
	text_add_char(lines, '\n');
}

static inline void listed_found(void *context, struct queue_message *message)
{
	struct listed *listed = context;

	listed_add_message(&listed->lines, message);
	queue_tally_count(&listed->tally, message->place, message->arrived);
	queue_tally_weigh(&listed->tally, message);
}

/* All at once, or in small pieces. */
static inline void listed_read(struct listed *listed, const struct queue_mta *mta,
			       enum queue_place place, int64_t utc_offset, struct slice text, size_t step)
{
	const struct queue_clock clock = { 1795545000, utc_offset };	/* 2026-11-24 18:30:00 */
	struct queue_listing listing;

	*listed = (struct listed){ .messages = 0 };
	queue_tally_open(&listed->tally);
	queue_listing_open(&listing, mta, &clock, place, listed_found, listed);
	for (size_t at = 0; at < text.len; at += step)
		queue_listing_feed(&listing, (struct slice){ text.at + at,
				   text.len - at < step ? text.len - at : step });
	listed->is_whole = queue_listing_close(&listing, &listed->fault);
	listed->messages = listing.messages;
	listed->bad_lines = listing.bad_lines;
	listed->hides_details = listing.hides_details;
	queue_listing_release(&listing);
}

static inline void listed_release(struct listed *listed)
{
	text_release(&listed->lines);
	queue_tally_release(&listed->tally);
}

/* A file of tests/data/queue. */
static inline void listed_file(const char *name, struct text *text)
{
	const char *srcdir = getenv("srcdir");
	char path[4096], part[4096];
	FILE *file;
	size_t got;

	snprintf(path, sizeof path, "%s/tests/data/queue/%s", srcdir != NULL ? srcdir : ".", name);
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s cannot be read (is srcdir set?)", path);
	while ((got = fread(part, 1, sizeof part, file)) > 0)
		text_add_slice(text, (struct slice){ part, got });
	fclose(file);
	ck_assert(!text_failed(text));
}

#endif
