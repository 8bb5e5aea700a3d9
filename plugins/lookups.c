/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lookups.h"

#include <stdlib.h>

void lookup_add_failure(struct frame *frame, const char *stage,
			const struct dns_question *question, enum state if_gone)
{
	bool is_one_family = frame->settings.only_v4 != frame->settings.only_v6;
	bool is_answered = dns_is_answered(question);
	struct text text = { 0 };

	if (question->status == DNS_UNFINISHED)
		return;
	if (is_answered)
		text_add(&text, question->status == DNS_NXDOMAIN
					? "there is no such name in the DNS"
					: "the name has no address%s",
			 is_one_family ? " of the family that was asked for" : "");
	else
		text_add(&text, "asking for its %s record gave: %s%s%s",
			 dns_type_word(question->type), dns_status_word(question->status),
			 question->detail != NULL ? ", " : "",
			 question->detail != NULL ? question->detail : "");
	result_add(&frame->result, is_answered ? if_gone : STATE_UNKNOWN,
		   is_answered ? "dns_no_host" : "dns_temporary", stage, question->name.text, &text);
}

static int by_preference(const void *a, const void *b)
{
	const struct exchanger *x = a, *y = b;

	return (x->preference > y->preference) - (x->preference < y->preference);
}

/* One MX record; false, and a finding: it names no host. */
static bool take(struct frame *frame, const char *stage, const struct dns_question *question,
		 const struct dns_record *record, enum state if_gone, struct exchanger *exchanger)
{
	struct text text = { 0 };
	struct fault fault;

	exchanger->preference = record->preference;
	if (record->data.len == 0 && dns_count(question) == 1) {
		text_add(&text, "its only MX is \".\": it takes no mail");
		result_add(&frame->result, if_gone, "null_mx", stage, question->name.text, &text);
		return false;
	}
	if (domain_parse(record->data, &exchanger->host, &fault))
		return true;
	text_add(&text, "its MX \"");
	text_add_foreign(&text, record->data);
	text_add(&text, "\" is no host name: %s", fault.text);
	result_add(&frame->result, if_gone, "dns_no_host", stage, question->name.text, &text);
	return false;
}

struct exchanger *lookup_exchangers(struct frame *frame, const char *stage,
				    const struct dns_question *question, enum state if_gone,
				    size_t *count)
{
	struct exchanger *exchangers = calloc(dns_count(question) + 1, sizeof *exchangers);

	*count = 0;
	if (exchangers == NULL) {
		frame->result.failed = true;
		return NULL;
	}
	if (question->status == DNS_NODATA)
		exchangers[(*count)++].host = question->name;
	else if (question->status != DNS_FOUND)
		lookup_add_failure(frame, stage, question, if_gone);
	for (size_t i = 0; i < dns_count(question); i++)
		*count += take(frame, stage, question, &question->records->at[i], if_gone,
			       &exchangers[*count]);
	qsort(exchangers, *count, sizeof *exchangers, by_preference);
	return exchangers;
}
