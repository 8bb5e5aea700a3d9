/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sender_domain.h"

#include <string.h>

#include "lookups.h"
#include "monitor/output.h"

enum { JSON_TEXT_MAX = 65535 };	/* of one text: all that a TXT record can hold */

/* "s1._domainkey", or with the domain where there are several. */
void sender_subject(const struct sender *sender, const char *detail, struct text *subject)
{
	if (detail != NULL)
		text_add(subject, "%s%s", detail, sender->is_alone ? "" : ".");
	if (detail == NULL || !sender->is_alone)
		text_add(subject, "%s", sender->domain.text);
}

struct finding *sender_add(const struct sender *sender, struct frame *frame, enum state state,
			   const char *reason, const char *stage, const char *detail,
			   struct text *text)
{
	struct text subject = { 0 };
	struct finding *finding;

	sender_subject(sender, detail, &subject);
	finding = result_add(&frame->result, state, reason, stage, text_str(&subject), text);
	text_release(&subject);
	return finding;
}

void sender_measure(const struct sender *sender, struct frame *frame, const char *label,
		    const char *detail, double value)
{
	struct text subject = { 0 };

	if (detail == NULL && sender->is_alone) {
		result_measure(&frame->result, label, value);
		return;
	}
	sender_subject(sender, detail, &subject);
	result_measure_of(&frame->result, label, text_str(&subject), value);
	text_release(&subject);
}

struct finding *sender_add_absent(const struct sender *sender, struct frame *frame,
				  const struct sender_part *part, const char *what)
{
	struct text text = { 0 };

	text_add(&text, "%s", what);
	return sender_add(sender, frame, sender->is_named ? STATE_WARNING : STATE_OK, "not_published",
			  part->name, NULL, &text);
}

bool sender_has_said(const struct frame *frame, const char *reason, const char *subject)
{
	for (size_t i = 0; i < frame->result.finding_count; i++) {
		const struct finding *finding = &frame->result.findings[i];

		if (strcmp(finding->reason->id, reason) == 0 && strcmp(finding->subject, subject) == 0)
			return true;
	}
	return false;
}

bool sender_add_unanswered(struct frame *frame, const char *stage,
			   const struct dns_question *question)
{
	const char *reason = question->is_bogus ? "dnssec_bogus" : "dns_temporary";
	struct text text = { 0 };

	if (dns_is_answered(question))
		return false;
	if (sender_has_said(frame, reason, question->name.text))
		return true;
	if (!question->is_bogus) {
		lookup_add_failure(frame, stage, question, STATE_UNKNOWN);
		return true;
	}
	text_add(&text, "whoever validates DNSSEC does not get its %s record: %s",
		 dns_type_word(question->type), question->detail);
	result_add(&frame->result, STATE_CRITICAL, reason, stage, question->name.text, &text);
	return true;
}

json_t *sender_json(struct slice bytes)
{
	return output_foreign_json(bytes, JSON_TEXT_MAX);
}

const char *sender_tilde_words(const struct text *record)
{
	return strchr(text_str(record), '~') != NULL ? " (a tilde stands before all)" : "";
}
