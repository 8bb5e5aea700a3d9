/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "mail/queue_mta.h"

/* dma: for each recipient QID, which says whom the message is from and to, and MID, the
 * message. When it came, only the time of MID tells, and why it waits, nothing. */

/* "1d.55ca7687c8f0" */
static bool is_id(struct slice id)
{
	size_t points = 0;

	for (size_t i = 0; i < id.len; i++) {
		char c = id.at[i];

		points += c == '.';
		if (c != '.' && !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return id.len >= 3 && points == 1 && id.at[0] != '.' && id.at[id.len - 1] != '.';
}

/* Bounces of its own have no sender; to one that begins with "@" or "<>@" it has added
 * the host's name, as to all without a domain. */
static void take_sender(struct queue_message *message, struct slice sender)
{
	if (slice_starts(sender, "@") || slice_starts(sender, "<>@"))
		sender.len = 0;
	queue_message_from(message, sender);
}

/* ---- mailq ---- */

static bool read_line(struct queue_listing *listing, struct slice line)
{
	struct slice name, rest = line;

	if (slice_is(slice_trim(line), "Mail queue is empty")) {
		listing->says_empty = listing->is_complete = true;
		return true;
	}
	if (slice_is(line, "--")) {
		queue_listing_end(listing);
		/* It stands between two. */
		listing->has_loose_end = true;
		return true;
	}
	if (slice_trim(line).len == 0)
		return true;
	if (!slice_split(&rest, ':', &name))
		return false;
	name = slice_trim(name);
	rest = slice_trim(rest);
	if (slice_is(name, "ID")) {
		queue_listing_begin(listing, QUEUE_DEFERRED);
		listing->has_loose_end = true;
		return is_id(rest);
	}
	if (!listing->is_open)
		return false;
	if (slice_is(name, "From")) {
		take_sender(&listing->message, rest);
		return true;
	}
	if (!slice_is(name, "To"))
		return false;
	queue_message_to(&listing->message, rest, (struct slice){ "", 0 });
	listing->has_loose_end = false;
	return true;
}

static bool recognises(struct slice line)
{
	struct slice name;

	return slice_split(&line, ':', &name) && slice_is(slice_trim(name), "ID") &&
	       is_id(slice_trim(line));
}

/* ---- the spool ---- */

static enum queue_name read_name(const struct queue_file *file, struct queue_told *told)
{
	struct slice id = { file->name.at + 1, file->name.len > 0 ? file->name.len - 1 : 0 };

	told->place = file->folder->place;
	told->is_body_time = true;
	if (slice_starts(file->name, "Q") && is_id(id))
		return QUEUE_NAME_MESSAGE;
	if ((slice_starts(file->name, "M") && is_id(id)) || slice_is(file->name, "flush") ||
	    slice_starts(file->name, "tmp_"))
		return QUEUE_NAME_PART;
	return QUEUE_NAME_STRANGE;
}

static bool body_path(const struct queue_file *file, char path[QUEUE_PATH])
{
	int len = snprintf(path, QUEUE_PATH, "%s/M%.*s", file->folder->path, (int)file->name.len - 1,
			   file->name.at + 1);

	return len > 0 && len < QUEUE_PATH;
}

static enum queue_envelope read_envelope(struct slice block, const struct queue_stat *about,
					 struct queue_message *message)
{
	struct slice line, name;

	/* It is written, or taken away, in this moment; dma lists no such message either. */
	if (block.len == 0 || about->body_size == QUEUE_UNKNOWN)
		return QUEUE_ENVELOPE_UNFINISHED;
	while (slice_split(&block, '\n', &line)) {
		if (!slice_split(&line, ':', &name))
			continue;
		if (slice_is(name, "Sender"))
			take_sender(message, slice_trim(line));
		else if (slice_is(name, "Recipient"))
			queue_message_to(message, slice_trim(line), (struct slice){ "", 0 });
	}
	message->size = about->body_size;
	return message->recipient_count > 0 ? QUEUE_ENVELOPE_READ : QUEUE_ENVELOPE_CORRUPT;
}

static const struct queue_complaint complaints[] = {
	{ "permission denied", QUEUE_FORBIDDEN },
	{ NULL, QUEUE_FAILED },
};

const struct queue_mta queue_dma = {
	.name = "dma",
	.title = "dma",
	.configs = { "/etc/dma/dma.conf" },
	.spools = { "/var/spool/dma" },
	.commands = {
		{ .programs = { "/usr/sbin/dma", "/usr/lib/dma/dma", "/usr/libexec/dma" },
		  .arguments = { "-bp" }, .place = QUEUE_DEFERRED },
	},
	.complaints = complaints,
	.line = read_line,
	.recognises = recognises,
	.spool = {
		.folders = { { ".", QUEUE_DEFERRED, 0, false } },
		.name = read_name,
		.envelope = read_envelope,
		.body_path = body_path,
	},
	.has_no_daemon = true,
	.recipe = "dma's mailq lists the queue for everybody: it has to be setgid mail, as its package "
		  "has it",
};
