/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_TESTS_QUEUE_SAMPLE_H
#define MAILPATH_TESTS_QUEUE_SAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "mail/queue_mta.h"
#include "fakes/exact.h"
#include "unit.h"

/* What real mail servers printed and wrote (tests/data/queue), and what is made of it. */

/* 2026-11-24 19:00:00 UTC: the samples are a little older. */
enum { SAMPLE_NOW = 1795546800 };

/* A file below tests/data/queue, in a block of its own: exact_free() it. */
static inline struct slice sample(const char *name)
{
	const char *srcdir = getenv("srcdir");
	struct text content = { 0 };
	char path[4096], part[4096];
	struct slice whole;
	size_t got;
	FILE *file;

	snprintf(path, sizeof path, "%s/tests/data/queue/%s", srcdir != NULL ? srcdir : ".", name);
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s cannot be read (is srcdir set?)", path);
	while ((got = fread(part, 1, sizeof part, file)) > 0)
		text_add_slice(&content, (struct slice){ part, got });
	fclose(file);
	whole = exact(text_str(&content), content.len);
	text_release(&content);
	return whole;
}

/* "deferred 1795544727 295 <s@client.test> <r@closed.test> why, <other@closed.test>": a
 * number that is not known is "-", and so is a sender that is not told. */
static inline void sample_describe(const struct queue_message *message, struct text *text)
{
	struct slice sender = queue_message_sender(message);

	text_add(text, "%s ", queue_place_word(message->place));
	if (message->arrived == QUEUE_UNKNOWN)
		text_add(text, "- ");
	else
		text_add(text, "%lld ", (long long)message->arrived);
	if (message->size == QUEUE_UNKNOWN)
		text_add(text, "-");
	else
		text_add(text, "%lld", (long long)message->size);
	if (message->has_sender)
		text_add(text, " <%.*s>", (int)sender.len, sender.at);
	else
		text_add(text, " -");
	for (size_t i = 0; i < message->recipient_count; i++) {
		struct slice address = queue_message_recipient(message, i);
		struct slice reason = queue_message_reason(message, i);

		text_add(text, "%s <%.*s>", i > 0 ? "," : "", (int)address.len, address.at);
		text_add(text, "%s%.*s", reason.len > 0 ? " " : "", (int)reason.len, reason.at);
	}
}

static inline void sample_found(void *context, struct queue_message *message)
{
	struct text *text = context;

	sample_describe(message, text);
	text_add_char(text, '\n');
}

/* Read a listing, `step` bytes at a time: a line for each message. */
static inline bool sample_list_by(const struct queue_mta *mta, struct slice listing, int64_t utc_offset,
				  size_t step, struct queue_listing *state, struct text *text,
				  struct fault *fault)
{
	struct queue_clock clock = { SAMPLE_NOW, utc_offset };

	queue_listing_open(state, mta, &clock, QUEUE_DEFERRED, sample_found, text);
	for (size_t at = 0; at < listing.len; at += step) {
		size_t len = listing.len - at < step ? listing.len - at : step;

		queue_listing_feed(state, (struct slice){ listing.at + at, len });
	}
	return queue_listing_close(state, fault);
}

static inline bool sample_list(const struct queue_mta *mta, struct slice listing, struct text *text,
			       struct fault *fault)
{
	struct queue_listing state;
	bool is_whole = sample_list_by(mta, listing, 0, listing.len + 1, &state, text, fault);

	queue_listing_release(&state);
	return is_whole;
}

/* A saved listing says this, however it comes. */
static inline void sample_lists_at(const struct queue_mta *mta, const char *name, int64_t utc_offset,
				   const char *wanted)
{
	struct slice listing = sample(name);

	for (size_t step = 1; step <= listing.len + 1; step += step < 20 ? 1 : listing.len) {
		struct queue_listing state;
		struct text text = { 0 };
		struct fault fault = { 0 };
		bool is_whole = sample_list_by(mta, listing, utc_offset, step, &state, &text, &fault);

		ck_assert_msg(is_whole, "%s: %s", name, fault.text);
		ck_assert_str_eq(text_str(&text), wanted);
		queue_listing_release(&state);
		text_release(&text);
	}
	exact_free(listing);
}

static inline void sample_lists(const struct queue_mta *mta, const char *name, const char *wanted)
{
	sample_lists_at(mta, name, 0, wanted);
}

/* Cut at every byte, a listing is never taken for a whole one, except where nobody can
 * tell: there, it holds the first of its messages. */
static inline void sample_cuts(const struct queue_mta *mta, const char *name,
			       bool (*cannot_be_told)(struct slice cut))
{
	struct slice whole = sample(name);
	struct text all = { 0 };
	struct fault fault = { 0 };

	ck_assert_msg(sample_list(mta, whole, &all, &fault), "%s: %s", name, fault.text);
	for (size_t len = 0; len < whole.len; len++) {
		struct slice cut = exact(whole.at, len);
		struct text text = { 0 };
		bool is_whole = sample_list(mta, cut, &text, &fault);

		ck_assert_msg(is_whole == cannot_be_told(cut), "%s cut at %zu is%s whole: ...%.*s", name, len,
			      is_whole ? "" : " not", (int)(len < 60 ? len : 60),
			      cut.at + (len < 60 ? 0 : len - 60));
		ck_assert(!is_whole || text.len <= all.len);
		text_release(&text);
		exact_free(cut);
	}
	text_release(&all);
	exact_free(whole);
}

/* A listing that is no whole one, and why. */
static inline void sample_fails(const struct queue_mta *mta, const char *listing, const char *why)
{
	struct slice bytes = exact_text(listing);
	struct text text = { 0 };
	struct fault fault = { 0 };

	ck_assert_msg(!sample_list(mta, bytes, &text, &fault), "%s", listing);
	ck_assert_msg(strstr(fault.text, why) != NULL, "%s", fault.text);
	text_release(&text);
	exact_free(bytes);
}

/* A queue file says this. */
static inline void sample_reads(const struct queue_mta *mta, struct slice file,
				const struct queue_stat *about, const char *wanted)
{
	struct queue_message message = { 0 };
	struct text text = { 0 };

	queue_message_clear(&message, QUEUE_DEFERRED);
	ck_assert_int_eq(mta->spool.envelope(file, about, &message), QUEUE_ENVELOPE_READ);
	sample_describe(&message, &text);
	ck_assert_str_eq(text_str(&text), wanted);
	text_release(&text);
	queue_message_release(&message);
}

static inline void sample_file_reads(const struct queue_mta *mta, const char *name,
				     const struct queue_stat *about, const char *wanted)
{
	struct slice file = sample(name);

	sample_reads(mta, file, about, wanted);
	exact_free(file);
}

/* A queue file that says nothing, and why. */
static inline void sample_is(const struct queue_mta *mta, const char *content,
			     const struct queue_stat *about, enum queue_envelope verdict)
{
	struct queue_message message = { 0 };
	struct slice file = exact_text(content);

	queue_message_clear(&message, QUEUE_DEFERRED);
	ck_assert_msg(mta->spool.envelope(file, about, &message) == verdict, "%s", content);
	queue_message_release(&message);
	exact_free(file);
}

/* Each of these words, in whatever a program complains of, means something. */
static inline enum queue_failure sample_means(const struct queue_mta *mta, const char *name)
{
	struct slice words = sample(name);
	enum queue_failure means = QUEUE_FAILED;

	for (const struct queue_complaint *c = mta->complaints; c->words != NULL && means == QUEUE_FAILED;
	     c++) {
		for (size_t i = 0; i + strlen(c->words) <= words.len; i++) {
			struct slice here = { words.at + i, strlen(c->words) };

			if (slice_is_nocase(here, c->words))
				means = c->means;
		}
	}
	exact_free(words);
	return means;
}

#endif
