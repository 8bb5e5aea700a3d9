/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "mail/queue_mta.h"

/* OpenSMTPD: queue/HH/MESSAGE/message, and beside it a file of text for each recipient
 * (envelope), which is what it counts. */

enum { ENVELOPE_ID = 16 };

static bool is_hexadecimal(struct slice word, size_t len)
{
	for (size_t i = 0; i < word.len; i++) {
		char c = word.at[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return word.len == len;
}

/* "@" is the null sender. */
static void take_sender(struct queue_message *message, struct slice sender)
{
	if (slice_is(sender, "@"))
		sender.len = 0;
	queue_message_from(message, sender);
}

/* ---- smtpctl show queue ---- */

enum field {
	FIELD_ID, FIELD_SOURCE, FIELD_TYPE, FIELD_FLAGS, FIELD_SENDER, FIELD_RECIPIENT, FIELD_DESTINATION,
	FIELD_CREATED, FIELD_EXPIRES, FIELD_TRIED, FIELD_TRIES, FIELD_STATE, FIELD_DELAY, FIELDS,
};

static bool read_line(struct queue_listing *listing, struct slice line)
{
	struct slice fields[FIELDS], rest = line;
	uint64_t created;

	for (size_t i = 0; i < FIELDS; i++) {
		if (!slice_split(&rest, '|', &fields[i]))
			return false;
	}
	if (!is_hexadecimal(fields[FIELD_ID], ENVELOPE_ID) ||
	    !slice_number(fields[FIELD_CREATED], INT64_MAX, &created))
		return false;
	queue_listing_begin(listing, QUEUE_DEFERRED);
	listing->message.arrived = (int64_t)created;
	take_sender(&listing->message, fields[FIELD_SENDER]);
	/* What is left is the error, whatever is in it. */
	queue_message_to(&listing->message, fields[FIELD_DESTINATION], slice_trim(rest));
	queue_listing_end(listing);
	/* Without the daemon, smtpctl reads the files for itself. */
	if (slice_is(fields[FIELD_STATE], "offline"))
		listing->says_down = true;
	return true;
}

static bool recognises(struct slice line)
{
	struct slice id;

	return slice_split(&line, '|', &id) && is_hexadecimal(id, ENVELOPE_ID);
}

/* ---- the spool ---- */

static enum queue_name read_name(const struct queue_file *file, struct queue_told *told)
{
	told->place = file->folder->place;
	if (slice_is(file->name, "message"))
		return QUEUE_NAME_PART;
	return is_hexadecimal(file->name, ENVELOPE_ID) ? QUEUE_NAME_MESSAGE : QUEUE_NAME_STRANGE;
}

static bool body_path(const struct queue_file *file, char path[QUEUE_PATH])
{
	int len = snprintf(path, QUEUE_PATH, "%s/%.*s/message", file->folder->path, (int)file->below.len,
			   file->below.at);

	return len > 0 && len < QUEUE_PATH;
}

static enum queue_envelope read_envelope(struct slice block, const struct queue_stat *about,
					 struct queue_message *message)
{
	struct slice line, name, address = { "", 0 }, reason = { "", 0 };
	uint64_t created;
	bool has_version = false;

	/* What is being written lies elsewhere, so an empty file is none. */
	while (slice_split(&block, '\n', &line)) {
		if (!slice_split(&line, ':', &name))
			continue;
		line = slice_trim(line);
		if (slice_is(name, "version"))
			has_version = true;
		else if (slice_is(name, "ctime") && slice_number(line, INT64_MAX, &created))
			message->arrived = (int64_t)created;
		else if (slice_is(name, "sender"))
			take_sender(message, line);
		else if (slice_is(name, "dest"))
			address = line;
		else if (slice_is(name, "errorline"))
			reason = line;
	}
	if (!has_version)
		return QUEUE_ENVELOPE_CORRUPT;
	/* A bounce has none. */
	if (!message->has_sender)
		queue_message_from(message, (struct slice){ "", 0 });
	queue_message_to(message, address, reason);
	message->size = about->body_size;
	return QUEUE_ENVELOPE_READ;
}

/* ---- smtpctl show status: "MTA paused" ---- */

static bool paused(struct slice status, struct text *what)
{
	struct slice line, name;

	while (slice_split(&status, '\n', &line)) {
		if (!slice_word(&line, &name) || !slice_is(slice_trim(line), "paused"))
			continue;
		text_add(what, "%s", what->len > 0 ? ", " : "");
		text_add_foreign(what, name);
	}
	return what->len > 0;
}

static const struct queue_complaint complaints[] = {
	{ "need root privileges", QUEUE_FORBIDDEN },
	{ "permission denied", QUEUE_FORBIDDEN },
	{ "smtpd doesn't seem to be running", QUEUE_DOWN },
	{ NULL, QUEUE_FAILED },
};

const struct queue_mta queue_opensmtpd = {
	.name = "opensmtpd",
	.title = "OpenSMTPD",
	.configs = { "/etc/smtpd.conf", "/etc/opensmtpd/smtpd.conf", "/etc/mail/smtpd.conf" },
	.spools = { "/var/spool/smtpd" },
	.commands = {
		{ .programs = { "/usr/sbin/smtpctl", "/usr/local/sbin/smtpctl" },
		  .arguments = { "show", "queue" }, .place = QUEUE_DEFERRED },
	},
	.complaints = complaints,
	.status = { .programs = { "/usr/sbin/smtpctl", "/usr/local/sbin/smtpctl" },
		    .arguments = { "show", "status" } },
	.paused = paused,
	.line = read_line,
	.listing_tells_reasons = true,
	.recognises = recognises,
	.spool = {
		.folders = {
			{ "queue", QUEUE_DEFERRED, 2, false },
			{ "corrupt", QUEUE_CORRUPT, 2, false },
		},
		.name = read_name,
		.envelope = read_envelope,
		.tells_reasons = true,
		.body_path = body_path,
	},
	.signs = {
		{ QUEUE_LIFE_SOCKET, "/run/smtpd.sock", NULL },
		{ QUEUE_LIFE_SOCKET, "/var/run/smtpd.sock", NULL },
	},
	.recipe = "smtpctl wants root: run check_mailqueue by sudo with fixed arguments (see "
		  "check_mailqueue(1))",
};
