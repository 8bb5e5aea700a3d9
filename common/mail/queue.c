/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "mail/reasons.h"

static const char *const places[QUEUE_PLACES] = {
	[QUEUE_INCOMING] = "incoming", [QUEUE_ACTIVE] = "active",
	[QUEUE_DEFERRED] = "deferred", [QUEUE_HOLD] = "hold",
	[QUEUE_MAILDROP] = "maildrop", [QUEUE_CORRUPT] = "corrupt",
};

const char *queue_place_word(enum queue_place place)
{
	return places[place];
}

bool queue_is_self_inflicted(const char *reason)
{
	const struct reason *row = mail_reasons;

	while (row->id != NULL && strcmp(row->id, reason) != 0)
		row++;
	return row->metric != NULL && strcmp(row->metric, "self_inflicted") == 0;
}

/* ---- one message ---- */

void queue_message_clear(struct queue_message *message, enum queue_place place)
{
	message->place = place;
	message->is_frozen = message->knows_frozen = message->has_sender = false;
	message->arrived = message->size = QUEUE_UNKNOWN;
	text_truncate(&message->words, 0);
	message->sender = message->sender_len = 0;
	message->recipient_count = 0;
	message->failed = false;
}

void queue_message_release(struct queue_message *message)
{
	text_release(&message->words);
	free(message->recipients);
	*message = (struct queue_message){ 0 };
}

static void keep(struct queue_message *message, struct slice word, uint32_t *at, uint32_t *len)
{
	*at = (uint32_t)message->words.len;
	*len = (uint32_t)word.len;
	if (word.len > UINT32_MAX / 2 || message->words.len > UINT32_MAX / 2) {
		message->failed = true;
		*len = 0;
		return;
	}
	text_add_slice(&message->words, word);
	if (text_failed(&message->words)) {
		message->failed = true;
		*at = *len = 0;
	}
}

static struct slice kept(const struct queue_message *message, uint32_t at, uint32_t len)
{
	if (len == 0)
		return (struct slice){ "", 0 };
	return (struct slice){ message->words.at + at, len };
}

static struct slice without_brackets(struct slice address)
{
	if (address.len >= 2 && address.at[0] == '<' && address.at[address.len - 1] == '>')
		return (struct slice){ address.at + 1, address.len - 2 };
	return address;
}

void queue_message_from(struct queue_message *message, struct slice sender)
{
	sender = without_brackets(sender);
	if (slice_is_nocase(sender, "MAILER-DAEMON"))
		sender.len = 0;
	message->has_sender = true;
	keep(message, sender, &message->sender, &message->sender_len);
}

void queue_message_to(struct queue_message *message, struct slice address, struct slice reason)
{
	struct queue_recipient recipient = { 0 }, *grown;

	grown = grow(message->recipients, message->recipient_count, sizeof *grown);
	if (grown == NULL) {
		message->failed = true;
		return;
	}
	message->recipients = grown;
	keep(message, without_brackets(address), &recipient.address, &recipient.address_len);
	keep(message, reason, &recipient.reason, &recipient.reason_len);
	grown[message->recipient_count++] = recipient;
}

void queue_message_because(struct queue_message *message, struct slice address,
			   struct slice reason)
{
	bool was_found = false;
	uint32_t at, len;

	address = without_brackets(address);
	keep(message, reason, &at, &len);
	for (size_t i = 0; i < message->recipient_count; i++) {
		struct queue_recipient *recipient = &message->recipients[i];

		if (address.len > 0 &&
		    !slice_same_nocase(queue_message_recipient(message, i), address))
			continue;
		recipient->reason = at;
		recipient->reason_len = len;
		was_found = true;
	}
	if (!was_found)
		queue_message_to(message, (struct slice){ "", 0 }, reason);
}

void queue_message_because_of(struct queue_message *message, size_t number, struct slice reason)
{
	struct queue_recipient *recipient = &message->recipients[number];

	keep(message, reason, &recipient->reason, &recipient->reason_len);
}

struct slice queue_message_sender(const struct queue_message *message)
{
	return kept(message, message->sender, message->sender_len);
}

struct slice queue_message_recipient(const struct queue_message *message, size_t number)
{
	const struct queue_recipient *recipient = &message->recipients[number];

	return kept(message, recipient->address, recipient->address_len);
}

struct slice queue_message_reason(const struct queue_message *message, size_t number)
{
	const struct queue_recipient *recipient = &message->recipients[number];

	return kept(message, recipient->reason, recipient->reason_len);
}

struct slice queue_domain_of(struct slice address)
{
	for (size_t i = address.len; i > 0; i--) {
		if (address.at[i - 1] == '@')
			return (struct slice){ address.at + i, address.len - i };
	}
	return (struct slice){ "", 0 };
}

static bool sender_passes(const char *wanted, const struct queue_message *message)
{
	struct slice sender = queue_message_sender(message);

	if (wanted[0] == '\0' || strcmp(wanted, "<>") == 0)
		return message->has_sender && sender.len == 0;
	if (wanted[0] == '@')
		wanted++;
	return slice_is_nocase(strchr(wanted, '@') == NULL ? queue_domain_of(sender) : sender,
			       wanted);
}

bool queue_filter_passes(const struct queue_filter *filter, const struct queue_message *message)
{
	const char *domain = filter->recipient_domain;

	if (filter->sender != NULL && !sender_passes(filter->sender, message))
		return false;
	if (domain == NULL)
		return true;
	if (domain[0] == '@')
		domain++;
	for (size_t i = 0; i < message->recipient_count; i++) {
		if (slice_is_nocase(queue_domain_of(queue_message_recipient(message, i)), domain))
			return true;
	}
	return false;
}

/* ---- what reasons mean ---- */

void queue_message_classify(struct queue_message *message, struct reply_memo *memo)
{
	for (size_t i = 0; i < message->recipient_count; i++) {
		struct queue_recipient *recipient = &message->recipients[i];
		struct slice reason = queue_message_reason(message, i);

		recipient->class = reason.len > 0 ? reply_memo_reason(memo, reason) : NULL;
	}
}

/* ---- all of them ---- */

void queue_tally_open(struct queue_tally *tally)
{
	*tally = (struct queue_tally){ 0 };
	for (size_t i = 0; i < QUEUE_PLACES; i++)
		tally->places[i].oldest = QUEUE_UNKNOWN;
	tally->frozen.oldest = QUEUE_UNKNOWN;
}

void queue_tally_release(struct queue_tally *tally)
{
	frequent_release(&tally->domains);
	frequent_release(&tally->senders);
}

static void age(struct queue_count *count, int64_t arrived)
{
	if (arrived == QUEUE_UNKNOWN)
		return;
	count->aged++;
	if (count->oldest == QUEUE_UNKNOWN || arrived < count->oldest)
		count->oldest = arrived;
}

void queue_tally_count(struct queue_tally *tally, enum queue_place place, int64_t arrived)
{
	tally->places[place].messages++;
	age(&tally->places[place], arrived);
}

static void add_count(struct queue_count *to, const struct queue_count *from)
{
	to->messages += from->messages;
	to->bytes += from->bytes;
	to->sized += from->sized;
	to->aged += from->aged;
	if (from->oldest != QUEUE_UNKNOWN && (to->oldest == QUEUE_UNKNOWN || from->oldest < to->oldest))
		to->oldest = from->oldest;
}

void queue_tally_add(struct queue_tally *to, const struct queue_tally *from)
{
	for (size_t i = 0; i < QUEUE_PLACES; i++)
		add_count(&to->places[i], &from->places[i]);
	add_count(&to->frozen, &from->frozen);
	to->known_frozen += from->known_frozen;
}

void queue_tally_weigh(struct queue_tally *tally, const struct queue_message *message)
{
	struct queue_count *count = &tally->places[message->place];

	if (message->size != QUEUE_UNKNOWN) {
		count->bytes += (uint64_t)message->size;
		count->sized++;
	}
	if (message->knows_frozen)
		tally->known_frozen++;
	if (message->is_frozen) {
		tally->frozen.messages++;
		age(&tally->frozen, message->arrived);
	}
}

static struct queue_cause *cause_of(struct queue_tally *tally, const char *reason)
{
	size_t i = 0;

	while (i < tally->cause_count && strcmp(tally->causes[i].reason, reason) != 0)
		i++;
	if (i == QUEUE_CAUSES)
		return NULL;		/* there are fewer reasons than that */
	if (i == tally->cause_count)
		tally->causes[tally->cause_count++] = (struct queue_cause){ .reason = reason };
	return &tally->causes[i];
}

/* The text; what does not fit is cut between two characters, which is shown. */
static void keep_example(struct queue_cause *cause, struct slice text)
{
	size_t len = 0, step, most = text.len < QUEUE_EXAMPLE ? QUEUE_EXAMPLE : QUEUE_EXAMPLE - 3;

	while (len < text.len && text.at[len] != '\0') {
		step = text_utf8((struct slice){ text.at + len, text.len - len }, &(uint32_t){ 0 });
		step = step > 0 ? step : 1;
		if (len + step >= most)
			break;
		len += step;
	}
	memcpy(cause->example, text.at, len);
	memcpy(cause->example + len, "...", most < QUEUE_EXAMPLE ? 3 : 0);
	cause->example[len + (most < QUEUE_EXAMPLE ? 3 : 0)] = '\0';
}

static void count_cause(struct queue_tally *tally, const char *reason, struct slice text,
			bool *is_own_fault)
{
	struct queue_cause *cause = cause_of(tally, reason);

	if (cause == NULL || cause->last == tally->looked_into)
		return;
	if (cause->messages++ == 0)
		keep_example(cause, text);
	cause->last = tally->looked_into;
	*is_own_fault = *is_own_fault || queue_is_self_inflicted(reason);
}

void queue_tally_look(struct queue_tally *tally, const struct queue_message *message)
{
	bool is_own_fault = false;

	tally->looked_into++;
	if (message->has_sender && message->sender_len == 0)
		tally->bounces++;
	else if (message->has_sender)
		frequent_add(&tally->senders, queue_message_sender(message), tally->looked_into);
	for (size_t i = 0; i < message->recipient_count; i++) {
		struct slice domain = queue_domain_of(queue_message_recipient(message, i));

		if (domain.len > 0)
			frequent_add(&tally->domains, domain, tally->looked_into);
		if (message->recipients[i].class != NULL)
			count_cause(tally, message->recipients[i].class,
				    queue_message_reason(message, i), &is_own_fault);
	}
	if (is_own_fault)
		tally->self_inflicted++;
}

struct queue_count queue_tally_total(const struct queue_tally *tally)
{
	struct queue_count total = { .oldest = QUEUE_UNKNOWN };

	for (size_t i = 0; i < QUEUE_CORRUPT; i++)
		add_count(&total, &tally->places[i]);
	return total;
}
