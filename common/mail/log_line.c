/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/log_line.h"

#include <string.h>

const struct log_mta *const log_mtas[] = {
	&log_postfix, &log_exim, &log_sendmail, &log_opensmtpd, NULL,
};

const char *log_kind_word(enum log_kind kind)
{
	static const char *const words[LOG_KINDS] = {
		[LOG_OTHER] = "other", [LOG_SENT] = "sent", [LOG_DEFERRED] = "deferred",
		[LOG_BOUNCED] = "bounced", [LOG_REJECTED] = "rejected",
		[LOG_AUTH_FAILED] = "auth_failed", [LOG_PERMISSION] = "permission",
		[LOG_TLS_FAILED] = "tls_failed",
	};

	return words[kind];
}

/* ---- what the parsers share */

size_t log_find(struct slice s, const char *part)
{
	const char *at = s.len > 0 ? memmem(s.at, s.len, part, strlen(part)) : NULL;

	return at != NULL ? (size_t)(at - s.at) : s.len;
}

bool log_has(struct slice s, const char *part)
{
	return log_find(s, part) < s.len;
}

struct slice log_from(struct slice s, size_t at)
{
	return (struct slice){ s.at + at, s.len - at };
}

bool log_behind(struct slice s, const char *part, struct slice *rest)
{
	size_t at = log_find(s, part);

	if (at == s.len)
		return false;
	*rest = log_from(s, at + strlen(part));
	return true;
}

static bool is_address(struct slice s)
{
	if (slice_starts(s, "IPv6:"))
		s = log_from(s, 5);
	for (size_t i = 0; i < s.len; i++) {
		if (strchr("0123456789abcdefABCDEF.:", s.at[i]) == NULL || s.at[i] == '\0')
			return false;
	}
	return s.len >= 2 && s.len <= 45;
}

struct slice log_client(struct slice s)
{
	struct slice rest = s, address;

	while (log_behind(rest, "[", &rest)) {
		address = (struct slice){ rest.at, log_find(rest, "]") };
		if (address.len < rest.len && is_address(address))
			return address;
	}
	return (struct slice){ "", 0 };
}

bool log_is_permission(struct slice s)
{
	return log_has(s, "ermission denied");
}

/* ---- the line */

static bool is_program(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '/' || c == '-' || c == '_' || c == '.' || c == '@'))
			return false;
	}
	return s.len > 0;
}

/* "HOST PROGRAM[PID]: TEXT" */
static bool read_header(struct slice rest, struct log_line *line)
{
	struct slice word, tail;
	size_t end;

	if (!slice_word(&rest, &word) || !slice_word(&rest, &word))
		return false;
	if (word.at[word.len - 1] != ':')
		return false;
	word.len--;
	end = log_find(word, "[");
	tail = log_from(word, end);
	word.len = end;
	if (!is_program(word) || (tail.len > 0 && tail.at[tail.len - 1] != ']'))
		return false;
	line->program = word;
	line->text = slice_trim(rest);
	return true;
}

static const struct log_mta *mta_of(const struct log_line *line)
{
	for (size_t i = 0; log_mtas[i] != NULL; i++) {
		if (log_mtas[i]->is_its(line))
			return log_mtas[i];
	}
	return NULL;
}

bool log_line_parse(struct slice bytes, struct log_line *line)
{
	struct slice rest;
	size_t used;

	if (!log_stamp_parse(bytes, &line->stamp, &used))
		return false;
	rest = log_from(bytes, used);
	/* Exim's own file has no header: "2026-11-24 16:02:11 1xVuth-00000c-09 => ..." */
	if (read_header(rest, line) && (bytes.at[10] != ' ' || !line->stamp.has_year || mta_of(line) != NULL))
		return true;
	line->program = (struct slice){ "", 0 };
	line->text = slice_trim(rest);
	return true;
}

void log_event_parse(const struct log_line *line, struct log_event *event)
{
	*event = (struct log_event){ .mta = mta_of(line), .count = 1, .reason = { "", 0 },
				     .client = { "", 0 } };
	if (event->mta != NULL)
		event->mta->parse(line, event);
	if (event->is_permission)
		event->means = "local_problem";
}
