/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_TESTS_CONTENT_PRINT_H
#define MAILPATH_TESTS_CONTENT_PRINT_H

#include "base/text.h"
#include "mail/content.h"

/* All that was found in a message, as text, to be compared. */
static inline void content_print(const struct content *content, struct text *text)
{
	for (size_t i = 0; i < content->note_count; i++) {
		const struct content_note *note = &content->notes[i];

		text_add(text, "%d line %llu x%llu part \"%s\" about \"%s\" (%s)\n", (int)note->fault,
			 (unsigned long long)note->line, (unsigned long long)note->count, note->part, note->about,
			 note->why != NULL ? note->why : "");
	}
	for (int i = 0; i < CONTENT_FAULTS; i++)
		text_add(text, "%llu ", (unsigned long long)content->totals[i]);
	text_add(text, "\n%llu %llu %llu %llu %llu %llu %llu\n", (unsigned long long)content->bytes,
		 (unsigned long long)content->size, (unsigned long long)content->lines,
		 (unsigned long long)content->crlf_lines, (unsigned long long)content->lf_lines,
		 (unsigned long long)content->longest, (unsigned long long)content->header_size);
	text_add(text, "%u %u %u %u %llu\n", content->fields, content->parts, content->depth,
		 content->attachments, (unsigned long long)content->attachment_max);
	for (size_t i = 0; i < content->file_count; i++)
		text_add(text, "%s \"%s\" \"%s\" %llu\n", content->files[i].part, content->files[i].name,
			 content->files[i].type, (unsigned long long)content->files[i].size);
	text_add(text, "%s %d %lld %d %lld\n", content->from.text, content->has_date, (long long)content->date,
		 content->has_received, (long long)content->received);
	for (size_t i = 0; i < content->signature_count; i++)
		text_add(text, "%s %s %d %d\n", content->signatures[i].domain.text, content->signatures[i].selector,
			 content->signatures[i].covers_from, content->signatures[i].covers_unsubscribe);
	text_add(text, "%d %d %d\n", content->has_unsubscribe, content->has_unsubscribe_https,
		 content->has_unsubscribe_post);
}

/* The same message, cut into blocks of `step` bytes. */
static inline void content_read(struct content *content, struct slice message, size_t step)
{
	for (size_t at = 0; at < message.len; at += step)
		content_feed(content, (struct slice){ message.at + at,
				      message.len - at < step ? message.len - at : step });
	content_finish(content);
}

#endif
