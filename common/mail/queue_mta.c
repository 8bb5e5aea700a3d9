/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/queue_mta.h"

#include <string.h>

const struct queue_mta *const queue_mtas[] = {
	&queue_postfix, &queue_exim, &queue_sendmail, &queue_opensmtpd, &queue_nullmailer,
	&queue_dma, NULL,
};

const struct queue_mta *queue_mta_find(const char *name)
{
	for (size_t i = 0; queue_mtas[i] != NULL; i++) {
		if (strcmp(queue_mtas[i]->name, name) == 0)
			return queue_mtas[i];
	}
	return NULL;
}

/* A line, and those that go on it; empty ones and comments between them do not count. */
static bool next_line(struct slice *rest, struct text *whole)
{
	struct slice line;

	text_truncate(whole, 0);
	while (slice_split(rest, '\n', &line)) {
		struct slice trimmed = slice_trim(line);

		if (trimmed.len > 0 && trimmed.at[0] != '#') {
			if (whole->len > 0)
				text_add_char(whole, ' ');
			text_add_slice(whole, trimmed);
		}
		if (whole->len > 0 && (rest->len == 0 || memchr(" \t\r\n#", rest->at[0], 5) == NULL))
			return true;
	}
	return whole->len > 0;
}

static bool take_flag(struct slice line, const char *name, struct text *value)
{
	bool is_set = slice_is(line, name);

	if (!is_set && slice_starts(line, "no_"))
		line = (struct slice){ line.at + 3, line.len - 3 };
	else if (!is_set && slice_starts(line, "not_"))
		line = (struct slice){ line.at + 4, line.len - 4 };
	if (!slice_is(line, name))
		return false;
	text_truncate(value, 0);
	text_add(value, "%s", is_set ? "true" : "false");
	return true;
}

bool queue_setting(struct slice config, const char *name, struct text *value)
{
	struct text whole = { 0 };
	bool was_found = false;

	while (next_line(&config, &whole)) {
		struct slice line = text_slice(&whole), key;

		if (memchr(line.at, '=', line.len) == NULL) {
			was_found = take_flag(line, name, value) || was_found;
			continue;
		}
		slice_split(&line, '=', &key);
		if (!slice_is(slice_trim(key), name))
			continue;
		text_truncate(value, 0);
		text_add_slice(value, slice_trim(line));
		was_found = true;
	}
	text_release(&whole);
	return was_found;
}
