/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_TESTS_FUZZ_QUEUE_H
#define MAILPATH_TESTS_FUZZ_QUEUE_H

#include "fuzz.h"
#include "mail/queue_mta.h"

/* What must hold for each mail server's parsers, with whatever bytes. The first byte
 * says which of them gets the rest. */

static void queue_must_be_sound(const struct queue_message *message)
{
	MUST(message->place < QUEUE_PLACES);
	MUST(message->size >= QUEUE_UNKNOWN && message->arrived >= QUEUE_UNKNOWN);
	MUST(message->failed || (size_t)message->sender + message->sender_len <= message->words.len);
	for (size_t i = 0; i < message->recipient_count; i++) {
		const struct queue_recipient *recipient = &message->recipients[i];

		MUST(message->failed ||
		     ((size_t)recipient->address + recipient->address_len <= message->words.len &&
		      (size_t)recipient->reason + recipient->reason_len <= message->words.len));
	}
}

struct queue_fuzz_found {
	uint64_t messages, recipients;
};

static void queue_fuzz_found(void *context, struct queue_message *message)
{
	struct queue_fuzz_found *found = context;

	queue_must_be_sound(message);
	found->messages++;
	found->recipients += message->recipient_count;
}

static struct queue_fuzz_found queue_fuzz_listing(const struct queue_mta *mta, struct slice bytes,
						  size_t step, bool *is_whole)
{
	const struct queue_clock clock = { 1795485600, 3600 };
	struct queue_listing listing;
	struct queue_fuzz_found found = { 0 };
	struct fault fault = { 0 };

	queue_listing_open(&listing, mta, &clock, QUEUE_DEFERRED, queue_fuzz_found, &found);
	for (size_t at = 0; at < bytes.len; at += step) {
		size_t len = bytes.len - at < step ? bytes.len - at : step;

		queue_listing_feed(&listing, (struct slice){ bytes.at + at, len });
	}
	*is_whole = queue_listing_close(&listing, &fault);
	MUST(*is_whole || fault.text[0] != '\0');
	MUST(found.messages == listing.messages);
	queue_listing_release(&listing);
	return found;
}

static void queue_fuzz_name(const struct queue_mta *mta, struct slice name)
{
	for (size_t i = 0; i < QUEUE_FOLDERS && mta->spool.folders[i].path != NULL; i++) {
		const struct queue_file file = { &mta->spool.folders[i], { "8", i % 2 }, name, 0xA9C487 };
		struct queue_told told = { .arrived = QUEUE_UNKNOWN };
		char path[QUEUE_PATH];

		if (mta->spool.name(&file, &told) != QUEUE_NAME_MESSAGE)
			continue;
		MUST(told.place < QUEUE_PLACES && told.arrived >= QUEUE_UNKNOWN);
		if (mta->spool.body_path != NULL && mta->spool.body_path(&file, path))
			MUST(strlen(path) < QUEUE_PATH && strstr(path, "..") == NULL);
		if (mta->spool.log_path != NULL && mta->spool.log_path(&file, path))
			MUST(strlen(path) < QUEUE_PATH && strstr(path, "..") == NULL);
	}
}

static void queue_fuzz(const struct queue_mta *mta, const uint8_t *data, size_t size)
{
	struct slice bytes = { (const char *)data + 1, size > 0 ? size - 1 : 0 };
	const struct queue_stat about = { 1000, 0100700, 300, 1795485600 };
	struct queue_message message = { 0 };
	struct queue_fuzz_found whole, pieces;
	bool is_whole, is_whole_in_pieces;

	queue_message_clear(&message, QUEUE_DEFERRED);
	switch (size > 0 ? data[0] % 4 : 4) {
	case 0:		/* where it is cut makes no difference */
		whole = queue_fuzz_listing(mta, bytes, bytes.len + 1, &is_whole);
		pieces = queue_fuzz_listing(mta, bytes, 7, &is_whole_in_pieces);
		MUST(whole.messages == pieces.messages && whole.recipients == pieces.recipients);
		MUST(is_whole == is_whole_in_pieces);
		break;
	case 1:
		if (mta->spool.envelope != NULL) {
			mta->spool.envelope(bytes, &about, &message);
			queue_must_be_sound(&message);
		}
		break;
	case 2:
		if (mta->spool.log != NULL) {
			queue_message_to(&message, slice_of("a@client.test"), (struct slice){ "", 0 });
			mta->spool.log(bytes, &message);
			queue_must_be_sound(&message);
		}
		break;
	case 3:
		queue_fuzz_name(mta, bytes);
		break;
	}
	queue_message_release(&message);
}

#endif
