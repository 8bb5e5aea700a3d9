/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/log_tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "mail/queue.h"

/* The text, as far as it fits, between two characters. */
static void keep_example(char example[LOG_EXAMPLE], struct slice text)
{
	size_t len = 0, step;

	while (len < text.len && text.at[len] != '\0') {
		step = text_utf8(log_from(text, len), &(uint32_t){ 0 });
		step = step > 0 ? step : 1;
		if (len + step >= LOG_EXAMPLE)
			break;
		len += step;
	}
	memcpy(example, text.at, len);
	example[len] = '\0';
}

static void count_cause(struct log_causes *causes, const char *reason, uint64_t count,
			struct slice text)
{
	size_t i = 0;

	while (i < causes->count && strcmp(causes->at[i].reason, reason) != 0)
		i++;
	if (i == LOG_CAUSES)
		return;			/* there are fewer reasons than that */
	if (i == causes->count) {
		causes->at[causes->count++] = (struct log_cause){ .reason = reason };
		keep_example(causes->at[i].example, text);
	}
	causes->at[i].count += count;
}

static void count_reason(struct log_tally *tally, const struct log_event *event,
			 struct reply_memo *memo)
{
	const char *reason = event->means;

	if (reason == NULL && event->reason.len == 0)
		return;
	if (event->kind != LOG_REJECTED && event->kind != LOG_DEFERRED && event->kind != LOG_BOUNCED)
		return;
	if (reason == NULL)
		reason = reply_memo_reason(memo, event->reason);
	count_cause(event->kind == LOG_REJECTED ? &tally->refusals : &tally->deliveries, reason,
		    event->count, event->reason);
	if (event->kind != LOG_REJECTED && queue_is_self_inflicted(reason))
		tally->self_inflicted += event->count;
}

static void count_kind(struct log_tally *tally, enum log_kind kind, uint64_t count, struct slice text)
{
	if (tally->kinds[kind] == 0 && kind != LOG_OTHER && kind != LOG_SENT)
		keep_example(tally->examples[kind], text);
	tally->kinds[kind] += count;
}

void log_tally_count(struct log_tally *tally, const struct log_line *line,
		     const struct log_event *event, struct reply_memo *memo)
{
	tally->lines++;
	for (size_t i = 0; i < LOG_MTAS && log_mtas[i] != NULL; i++)
		tally->mta_lines[i] += log_mtas[i] == event->mta;
	if (event->mta == NULL)
		return;
	count_kind(tally, event->kind, event->count, line->text);
	if (event->is_permission)
		count_kind(tally, LOG_PERMISSION, 1, event->reason);
	if (event->kind == LOG_AUTH_FAILED && event->client.len > 0)
		frequent_add(&tally->clients, event->client, tally->lines);
	count_reason(tally, event, memo);
}

uint64_t log_tally_known(const struct log_tally *tally)
{
	uint64_t known = 0;

	for (size_t i = 0; i < LOG_MTAS; i++)
		known += tally->mta_lines[i];
	return known;
}

static int by_count(const void *a, const void *b)
{
	const struct log_cause *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->reason, y->reason);
}

void log_causes_sort(struct log_causes *causes)
{
	qsort(causes->at, causes->count, sizeof causes->at[0], by_count);
}

void log_tally_release(struct log_tally *tally)
{
	frequent_release(&tally->clients);
	*tally = (struct log_tally){ 0 };
}
