/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/log_line.h"

#include <string.h>

/* Sendmail: "sendmail[12]: 6AOI61vg000061: to=<a@b>,<c@d>, delay=..., dsn=2.0.0, stat=Sent" */

static bool is_its(const struct log_line *line)
{
	return slice_is(line->program, "sendmail") || slice_starts(line->program, "sm-mta") ||
	       slice_starts(line->program, "sm-msp") ||
	       slice_starts(line->program, "sendmail-") || slice_starts(line->program, "sendmail/");
}

enum { RECIPIENTS_MOST = 10000 };

/* "<a@b>,<c@d>, delay=...": how many */
static uint32_t recipients_of(struct slice to)
{
	uint32_t count = 1;

	for (size_t i = 0; i + 1 < to.len && count < RECIPIENTS_MOST; i++) {
		if (to.at[i] != ',')
			continue;
		if (to.at[i + 1] == ' ')
			break;
		count++;
	}
	return count;
}

static void read_delivery(struct slice to, struct log_event *event)
{
	struct slice dsn = { "", 0 }, stat, head;

	if (!log_behind(to, ", stat=", &stat))
		return;
	log_behind((struct slice){ to.at, to.len - stat.len }, ", dsn=", &dsn);
	if (slice_starts(stat, "Sent"))
		event->kind = LOG_SENT;
	else if (slice_starts(stat, "queued") || slice_starts(stat, "quarantine"))
		return;
	else if (slice_starts(stat, "Deferred") || slice_starts(dsn, "4"))
		event->kind = LOG_DEFERRED;
	else if (slice_starts(dsn, "5"))
		event->kind = LOG_BOUNCED;
	else
		return;
	event->count = recipients_of(to);
	if (event->kind == LOG_SENT)
		return;
	head = (struct slice){ to.at, to.len - stat.len - strlen(", stat=") };
	event->reason = stat;
	if (slice_starts(stat, "Deferred: "))
		event->reason = log_from(stat, strlen("Deferred: "));
	else
		log_behind(head, ", reply=", &event->reason);	/* what the other server said */
	event->is_permission = log_has(head, ", mailer=local") && log_is_permission(stat);
}

static void parse(const struct log_line *line, struct log_event *event)
{
	struct slice text = line->text, rest;
	size_t colon = log_find(text, ": ");

	if (colon < text.len && colon <= 32 && memchr(text.at, ' ', colon) == NULL &&
	    !slice_starts(text, "STARTTLS="))
		text = log_from(text, colon + 2);
	if (slice_starts(text, "to=")) {
		read_delivery(log_from(text, 3), event);
	} else if (slice_starts(text, "from=")) {
		return;
	} else if (slice_starts(text, "ruleset=tls_server") || slice_starts(text, "ruleset=tls_rcpt")) {
		return;		/* of the server that we talk to; "stat=" follows */
	} else if (log_behind(text, ", reject=", &rest)) {
		event->kind = LOG_REJECTED;
		event->reason = rest;
		event->client = log_client(text);
	} else if (slice_starts(text, "<") && log_behind(text, ">... ", &rest)) {
		event->kind = LOG_REJECTED;
		event->reason = rest;
	} else if (slice_starts(text, "AUTH failure")) {
		event->kind = LOG_AUTH_FAILED;
		event->client = log_client(text);
	} else if (slice_starts(text, "STARTTLS=") && log_has(text, ", error: ")) {
		event->kind = LOG_TLS_FAILED;
		event->reason = text;
		event->client = log_client(text);
	} else if (log_is_permission(text)) {
		event->kind = LOG_PERMISSION;
		event->reason = text;
	}
}

const struct log_mta log_sendmail = {
	"sendmail", "Sendmail", { "/var/log/mail.log", "/var/log/maillog" }, is_its, parse,
};
