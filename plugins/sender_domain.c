/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sender_domain.h"

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

void sender_add_absent(const struct sender *sender, struct frame *frame,
		       const struct sender_part *part, const char *what)
{
	struct text text = { 0 };

	text_add(&text, "%s", what);
	sender_add(sender, frame, sender->is_named ? STATE_WARNING : STATE_OK, "not_published",
		   part->name, NULL, &text);
}

json_t *sender_json(struct slice bytes)
{
	struct text marked = { 0 }, plain = { 0 };
	json_t *json;

	text_add_foreign_most(&marked, bytes, JSON_TEXT_MAX);
	text_add_marked(&plain, text_str(&marked), TEXT_PLAIN);
	json = json_string(text_str(&plain));
	text_release(&marked);
	text_release(&plain);
	return json;
}
