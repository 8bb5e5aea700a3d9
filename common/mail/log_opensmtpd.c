/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/log_line.h"

#include <string.h>

/* OpenSMTPD: "smtpd[36]: 9c4c83277434f2f2 mta delivery evpid=... result="Ok" stat="250 ..."" */

static bool is_its(const struct log_line *line)
{
	return slice_is(line->program, "smtpd");
}

/* The value of a key, without its quotes. */
static struct slice value_of(struct slice s, const char *key)
{
	struct slice value;

	if (!log_behind(s, key, &value))
		return (struct slice){ "", 0 };
	if (value.len > 0 && value.at[0] == '"') {
		value = log_from(value, 1);
		if (value.len > 0 && value.at[value.len - 1] == '"')
			value.len--;
	}
	return value;
}

static void read_delivery(struct slice rest, bool is_local, struct log_event *event)
{
	struct slice result = value_of(rest, " result=");

	if (slice_starts(result, "Ok"))
		event->kind = LOG_SENT;
	else if (slice_starts(result, "TempFail"))
		event->kind = LOG_DEFERRED;
	else if (slice_starts(result, "PermFail"))
		event->kind = LOG_BOUNCED;
	else
		return;
	if (event->kind == LOG_SENT)
		return;
	event->reason = value_of(result, " stat=");
	event->is_permission = is_local && log_is_permission(event->reason);
}

static void read_refusal(struct slice rest, struct log_event *event)
{
	struct slice command = value_of(rest, "command="), result = value_of(rest, " result=");

	/* A login that fails has a line of its own. */
	if (command.len >= 4 && slice_is_nocase((struct slice){ command.at, 4 }, "AUTH"))
		return;
	if (!slice_starts(result, "4") && !slice_starts(result, "5"))
		return;
	event->kind = LOG_REJECTED;
	event->reason = result;
}

/* Newer versions tell from where. */
static void read_login(struct slice rest, struct log_event *event)
{
	struct slice address;

	if (log_has(rest, " result=ok"))
		return;
	event->kind = LOG_AUTH_FAILED;
	if (log_behind(rest, " address=", &address))
		event->client = (struct slice){ address.at, log_find(address, " ") };
}

static void parse(const struct log_line *line, struct log_event *event)
{
	struct slice text = line->text, rest, word;

	if (log_is_permission(text) &&
	    (slice_starts(text, "warn: ") || slice_starts(text, "fatal: ") || slice_starts(text, "error: "))) {
		event->kind = LOG_PERMISSION;
		event->reason = text;
		return;
	}
	/* The session comes first. */
	rest = text;
	if (!slice_word(&rest, &word) || word.len != 16)
		return;
	rest = slice_trim(rest);
	if (slice_starts(rest, "mta delivery ") || slice_starts(rest, "mda delivery "))
		read_delivery(rest, rest.at[1] == 'd', event);
	else if (slice_starts(rest, "smtp failed-command "))
		read_refusal(rest, event);
	else if (slice_starts(rest, "smtp authentication "))
		read_login(rest, event);
	else if (slice_starts(rest, "smtp disconnected ") || slice_starts(rest, "mta error ") ||
		 slice_starts(rest, "mta disconnected ")) {
		struct slice reason = value_of(rest, "reason=");

		if (log_has(reason, "SSL routines") || log_has(reason, "handshake failed") ||
		    log_has(reason, "certificate verif")) {
			event->kind = LOG_TLS_FAILED;
			event->reason = reason;
		}
	}
}

const struct log_mta log_opensmtpd = {
	"opensmtpd", "OpenSMTPD", { "/var/log/mail.log", "/var/log/maillog" }, is_its, parse,
};
