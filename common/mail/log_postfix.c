/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/log_line.h"

#include <string.h>

/* Postfix: "postfix/smtp[12]: 42E9AA980C7: to=<a@b>, relay=..., status=sent (...)".
 * syslog_name may be another, and have parts: "postfix-out/smtp",
 * "postfix/submission/smtpd". */

static struct slice daemon_of(struct slice program)
{
	const char *slash = memrchr(program.at, '/', program.len);

	return slash != NULL ? log_from(program, (size_t)(slash + 1 - program.at)) : (struct slice){ "", 0 };
}

static bool is_its(const struct log_line *line)
{
	static const char *const daemons[] = {
		"smtp", "smtpd", "cleanup", "qmgr", "local", "virtual", "pipe", "lmtp", "bounce",
		"error", "postscreen", "pickup", NULL,
	};
	struct slice daemon;

	if (line->program.len == 0)
		return false;
	if (slice_starts(line->program, "postfix"))
		return true;
	daemon = daemon_of(line->program);
	for (size_t i = 0; daemon.len > 0 && daemons[i] != NULL; i++) {
		if (slice_is(daemon, daemons[i]))
			return true;
	}
	return false;
}

/* Behind "<address>"; a quoted local part may hold whatever. */
static struct slice skip_address(struct slice s)
{
	size_t at = 0;

	if (s.len > 0 && s.at[0] == '"') {
		for (at = 1; at < s.len && s.at[at] != '"'; at++)
			at += s.at[at] == '\\' && at + 1 < s.len;
	}
	while (at < s.len && s.at[at] != '>')
		at++;
	return log_from(s, at);
}

/* "sent (250 2.0.0 Ok)": the text in the outer parentheses */
static struct slice in_parentheses(struct slice s)
{
	size_t from = log_find(s, "(");
	const char *last;

	if (from == s.len)
		return (struct slice){ "", 0 };
	s = log_from(s, from + 1);
	last = memrchr(s.at, ')', s.len);
	return last != NULL ? (struct slice){ s.at, (size_t)(last - s.at) } : s;
}

static void read_delivery(struct slice daemon, struct slice rest, struct log_event *event)
{
	rest = skip_address(rest);
	if (slice_starts(rest, ">, orig_to=<"))
		rest = skip_address(log_from(rest, strlen(">, orig_to=<")));
	if (!log_behind(rest, ", status=", &rest))
		return;
	if (slice_starts(rest, "sent "))
		event->kind = LOG_SENT;
	else if (slice_starts(rest, "deferred "))
		event->kind = LOG_DEFERRED;
	else if (slice_starts(rest, "bounced "))
		event->kind = LOG_BOUNCED;
	else
		return;		/* deliverable and undeliverable are probes of addresses */
	if (event->kind == LOG_SENT)
		return;
	event->reason = in_parentheses(rest);
	/* What another server says of permissions is none of ours. */
	event->is_permission = !slice_is(daemon, "smtp") && !slice_is(daemon, "lmtp") &&
			       log_is_permission(event->reason);
}

/* "RCPT from unknown[192.0.2.1]: 554 5.7.1 <a@b>: Relay access denied; from=<...> ..." and
 * "header Subject: x from unknown[192.0.2.1]; from=<> ... helo=<h>: 5.7.1 text" */
static void read_reject(struct slice rest, struct log_event *event)
{
	bool is_content = slice_starts(rest, "header ") || slice_starts(rest, "body ") ||
			  slice_starts(rest, "mime-header ") || slice_starts(rest, "nested-header ");
	struct slice tail;

	event->kind = LOG_REJECTED;
	if (is_content) {
		/* Its text is what a stranger wrote; ours is behind it. */
		if (log_behind(rest, "]; from=<", &tail)) {
			struct slice head = { rest.at, (size_t)(tail.at - rest.at) };

			rest = tail;
			while (log_behind(head, " from ", &tail))
				head = tail;
			event->client = log_client(head);
		}
		while (log_behind(rest, ">: ", &tail))
			rest = tail;
		event->reason = rest;
		return;
	}
	if (!log_behind(rest, " from ", &rest))
		return;
	event->client = log_client(rest);
	if (!log_behind(rest, "]: ", &tail) && log_behind(rest, "]:", &tail))
		log_behind(tail, ": ", &tail);
	else if (!log_behind(rest, "]: ", &tail))
		tail = rest;
	event->reason = (struct slice){ tail.at, log_find(tail, "; from=<") };
}

static bool read_message(struct slice daemon, struct slice text, struct log_event *event)
{
	size_t colon = log_find(text, ": ");
	struct slice rest;

	/* The queue's id, or NOQUEUE. */
	if (colon == 0 || colon > 32 || colon == text.len || memchr(text.at, ' ', colon) != NULL)
		return false;
	rest = log_from(text, colon + 2);
	if (slice_starts(rest, "to=<"))
		read_delivery(daemon, log_from(rest, 4), event);
	else if (slice_starts(rest, "reject: "))
		read_reject(log_from(rest, strlen("reject: ")), event);
	else if (slice_starts(rest, "milter-reject: "))
		read_reject(log_from(rest, strlen("milter-reject: ")), event);
	else if (slice_starts(rest, "from=<") && log_has(skip_address(log_from(rest, 6)), ", status=expired"))
		event->kind = LOG_BOUNCED;
	return true;
}

static void parse(const struct log_line *line, struct log_event *event)
{
	struct slice text = line->text, rest;

	if (slice_starts(text, "warning: ") || slice_starts(text, "fatal: ") ||
	    slice_starts(text, "error: ") || slice_starts(text, "panic: ")) {
		if (log_behind(text, ": SASL ", &rest) && log_has(rest, " authentication failed")) {
			event->kind = LOG_AUTH_FAILED;
			event->client = log_client(text);
		} else if (log_is_permission(text)) {
			event->kind = LOG_PERMISSION;
			event->reason = text;
		} else if (log_has(text, "disabling TLS support")) {
			event->kind = LOG_TLS_FAILED;
			event->reason = text;
		}
		return;
	}
	if (slice_starts(text, "SSL_accept error") || slice_starts(text, "SSL_connect error")) {
		event->kind = LOG_TLS_FAILED;
		event->reason = text;
		event->client = log_client(text);
		return;
	}
	read_message(daemon_of(line->program), text, event);
}

const struct log_mta log_postfix = {
	"postfix", "Postfix", { "/var/log/mail.log", "/var/log/maillog", "/var/log/mail" }, is_its, parse,
};
