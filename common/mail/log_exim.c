/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/log_line.h"

#include <string.h>

/* Exim: its own file, "2026-11-24 18:05:41 1xVuth-00000c-09 => a@b R=... T=...", and the
 * same by syslog, where it may have its own time stamp again. */

static bool is_word_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* 1xVuth-00000c-09, or since 4.97 1xVuth-0000000000c-0009: how long */
static size_t id_length(struct slice s)
{
	static const unsigned char parts[2][3] = { { 6, 6, 2 }, { 6, 11, 4 } };

	for (size_t form = 0; form < 2; form++) {
		size_t at = 0;
		bool good = true;

		for (size_t part = 0; good && part < 3; part++) {
			for (unsigned i = 0; good && i < parts[form][part]; i++, at++)
				good = at < s.len && is_word_char(s.at[at]);
			if (good && part < 2)
				good = at < s.len && s.at[at++] == '-';
		}
		if (good && (at == s.len || s.at[at] == ' '))
			return at;
	}
	return 0;
}

/* "[1234] ", which log_selector = +pid puts in front */
static struct slice skip_pid(struct slice s)
{
	size_t end;

	if (s.len == 0 || s.at[0] != '[')
		return s;
	end = log_find(s, "] ");
	return end < s.len && end <= 8 ? log_from(s, end + 2) : s;
}

static bool is_its(const struct log_line *line)
{
	static const char *const beginnings[] = {
		"exim ", "H=", "Start queue run", "End queue run", "TLS error", "SMTP ", "no host name",
		"no IP address", "unexpected disconnection", "rejected ", "refused ", "daemon: ",
		"Exim ", "pid ", NULL,
	};
	struct slice text;

	if (line->program.len > 0)
		return slice_starts(line->program, "exim");
	/* Its own file: a time with a blank in the middle, and no header. */
	if (!line->stamp.has_year)
		return false;
	text = skip_pid(line->text);
	if (id_length(text) > 0 || log_has(text, " authenticator failed for "))
		return true;
	for (size_t i = 0; beginnings[i] != NULL; i++) {
		if (slice_starts(text, beginnings[i]))
			return true;
	}
	return log_is_permission(text) || log_has(text, " rejected ");
}

/* What the other server said, of "SMTP error from remote mail server after RCPT TO:<a@b>:
 * 550 ..." */
static struct slice words_of_other(struct slice reason)
{
	struct slice rest;

	if (log_behind(reason, "error from remote mail", &rest) && log_behind(rest, " after ", &rest) &&
	    log_behind(rest, ": ", &rest))
		return rest;
	return reason;
}

static void read_failure(struct slice rest, enum log_kind kind, struct log_event *event)
{
	event->kind = kind;
	if (log_behind(rest, ": ", &event->reason)) {
		event->is_permission = log_is_permission(event->reason) &&
				       !log_has(event->reason, "error from remote mail");
		if (slice_starts(event->reason, "TLS session: ") ||
		    slice_starts(event->reason, "TLS session failure"))
			event->means = "tls_failed";
		event->reason = words_of_other(event->reason);
	}
}

static void read_reject(struct slice text, size_t at, struct log_event *event)
{
	struct slice rest = log_from(text, at);

	event->kind = LOG_REJECTED;
	event->client = log_client(text);
	if (!log_behind(rest, ": ", &event->reason))
		event->reason = text;
}

static void parse(const struct log_line *line, struct log_event *event)
{
	static const struct {
		const char *mark;
		enum log_kind kind;
	} arrows[] = {
		{ "=> ", LOG_SENT }, { "-> ", LOG_SENT }, { ">> ", LOG_SENT }, { "== ", LOG_DEFERRED },
		{ "** ", LOG_BOUNCED }, { "<= ", LOG_OTHER }, { "*> ", LOG_OTHER }, { NULL, LOG_OTHER },
	};
	struct log_stamp again;
	struct slice text = line->text;
	size_t used, length, at;

	if (line->program.len > 0 && log_stamp_parse(text, &again, &used))
		text = slice_trim(log_from(text, used));
	text = skip_pid(text);
	length = id_length(text);
	if (length > 0 && length < text.len) {
		text = log_from(text, length + 1);
		text = skip_pid(text);
	}
	for (size_t i = 0; length > 0 && arrows[i].mark != NULL; i++) {
		if (!slice_starts(text, arrows[i].mark))
			continue;
		if (arrows[i].kind == LOG_DEFERRED || arrows[i].kind == LOG_BOUNCED)
			read_failure(log_from(text, 3), arrows[i].kind, event);
		else
			event->kind = arrows[i].kind;
		return;
	}
	if (log_has(text, " authenticator failed for ")) {
		event->kind = LOG_AUTH_FAILED;
		event->client = log_client(text);
	} else if (log_has(text, "TLS error on connection") || log_has(text, "TLS session failure")) {
		event->kind = LOG_TLS_FAILED;
		event->reason = text;
		event->client = log_client(text);
	} else if (log_has(text, "error from remote mail")) {
		return;		/* the delivery has a line of its own */
	} else if (slice_starts(text, "rejected ") || slice_starts(text, "temporarily rejected ")) {
		read_reject(text, 0, event);
	} else if ((at = log_find(text, " rejected ")) < text.len) {
		read_reject(text, at, event);
	} else if (log_is_permission(text)) {
		event->kind = LOG_PERMISSION;
		event->reason = text;
	}
}

const struct log_mta log_exim = {
	"exim", "Exim", { "/var/log/exim4/mainlog", "/var/log/exim/mainlog", "/var/log/exim/main.log" },
	is_its, parse,
};
