/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "mail/queue_mta.h"

/* nullmailer: one file a message: the sender, the recipients, an empty line, the
 * message. Its name is the time of arrival and a process. Why a message waits stands in
 * no file. */

/* "1795487595.39" */
static bool read_id(struct slice name, int64_t *arrived)
{
	struct slice seconds, process;
	uint64_t number, unused;

	if (!slice_split(&name, '.', &seconds) || !slice_split(&name, '.', &process) || name.at != NULL ||
	    !slice_number(seconds, INT64_MAX, &number) || !slice_number(process, UINT32_MAX, &unused))
		return false;
	*arrived = (int64_t)number;
	return true;
}

/* ---- mailq ---- */

/* "2026-11-24 02:12:51 295 bytes from <s@client.test>" */
static bool begin_entry(struct queue_listing *listing, struct slice line)
{
	struct slice date, hour, size, word, rest = line, part;
	uint64_t parts[3], bytes;
	int64_t second;

	if (!slice_word(&rest, &date) || !slice_word(&rest, &hour) || !slice_word(&rest, &size) ||
	    !slice_word(&rest, &word) || !slice_is(word, "bytes"))
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (!slice_split(&date, '-', &part) || !slice_number(part, 9999, &parts[i]))
			return false;
	}
	if (parts[1] < 1 || parts[1] > 12 || parts[2] < 1 || parts[2] > 31 ||
	    !queue_time_of_day(hour, &second) || !slice_number(size, INT64_MAX, &bytes))
		return false;
	queue_listing_begin(listing, QUEUE_DEFERRED);
	listing->has_loose_end = true;
	listing->message.arrived = queue_time(&listing->clock, (int64_t)parts[0], (unsigned)parts[1],
					      (unsigned)parts[2], second);
	listing->message.size = (int64_t)bytes;
	if (slice_word(&rest, &word) && slice_is(word, "from"))
		queue_message_from(&listing->message, slice_trim(rest));
	return true;
}

static bool read_line(struct queue_listing *listing, struct slice line)
{
	struct slice words = slice_trim(line);

	if (words.len == 0)
		return true;
	if (line.at[0] != ' ' && line.at[0] != '\t')
		return begin_entry(listing, line);
	if (!listing->is_open || !slice_starts(words, "to "))
		return false;
	queue_message_to(&listing->message, (struct slice){ words.at + 3, words.len - 3 },
			 (struct slice){ "", 0 });
	/* A message without a recipient is cut. */
	listing->has_loose_end = false;
	return true;
}

static bool recognises(struct slice line)
{
	return line.len > 20 && line.at[4] == '-' && line.at[7] == '-' && line.at[10] == ' ' &&
	       memmem(line.at, line.len, " bytes from ", 12) != NULL;
}

/* ---- the spool ---- */

static enum queue_name read_name(const struct queue_file *file, struct queue_told *told)
{
	told->place = file->folder->place;
	return read_id(file->name, &told->arrived) ? QUEUE_NAME_MESSAGE : QUEUE_NAME_STRANGE;
}

static enum queue_envelope read_envelope(struct slice block, const struct queue_stat *about,
					 struct queue_message *message)
{
	struct slice line, nothing = { "", 0 };

	if (!slice_split(&block, '\n', &line) || block.at == NULL)
		return QUEUE_ENVELOPE_CORRUPT;
	queue_message_from(message, line);
	while (slice_split(&block, '\n', &line) && line.len > 0)
		queue_message_to(message, line, nothing);
	message->size = about->size;
	return message->recipient_count > 0 ? QUEUE_ENVELOPE_READ : QUEUE_ENVELOPE_CORRUPT;
}

static const struct queue_complaint complaints[] = {
	{ "permission denied", QUEUE_FORBIDDEN },
	/* All that it says when it lost its setuid bit. */
	{ "cannot change directory to queue", QUEUE_FORBIDDEN },
	{ "cannot open queue directory", QUEUE_FORBIDDEN },
	{ NULL, QUEUE_FAILED },
};

const struct queue_mta queue_nullmailer = {
	.name = "nullmailer",
	.title = "nullmailer",
	.configs = { "/etc/nullmailer/remotes", "/etc/nullmailer/me" },
	.spools = { "/var/spool/nullmailer" },
	.commands = {
		{ .programs = { "/usr/bin/mailq", "/usr/local/bin/mailq" }, .place = QUEUE_DEFERRED },
	},
	.complaints = complaints,
	.line = read_line,
	.recognises = recognises,
	.spool = {
		.folders = { { "queue", QUEUE_DEFERRED, 0, false } },
		.name = read_name,
		.envelope = read_envelope,
	},
	.signs = { { QUEUE_LIFE_FIFO, "trigger", NULL } },
	.recipe = "nullmailer's mailq lists the queue for everybody: it has to be setuid mail, as its "
		  "package has it",
};
