/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "mail/queue_mta.h"

/* Sendmail: qfID has a message's envelope and header, dfID its body; hfID is a message
 * in quarantine, QfID one that was given up. Local programs have a queue of their own
 * (MSP). */

/* The digits of a queue id, base 60: year, month, day, hour, minute, second in UTC, then
 * numbers that make it unique. */
static int digit60(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'x' ? c - 'a' + 36 : -1;
}

/* When a message with this id arrived. The year is known but for 60 years. */
static bool read_id(struct slice id, int64_t *arrived)
{
	const struct queue_clock utc = { 0, 0 };
	int digits[6];

	if (id.len < 12 || id.len > 20)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		if (digit60(id.at[i]) < 0)
			return false;
		if (i < 6)
			digits[i] = digit60(id.at[i]);
	}
	if (digits[1] > 11 || digits[2] < 1 || digits[2] > 31 || digits[3] > 23)
		return false;
	/* tm_year counts from 1900: 120 is 2020, and 0 of the next round. */
	*arrived = queue_time(&utc, 2020 + digits[0], (unsigned)digits[1] + 1, (unsigned)digits[2],
			      digits[3] * 3600 + digits[4] * 60 + digits[5]);
	return true;
}

/* ---- mailq ---- */

/* "(4 requests)" behind a folder's name, or "is empty". */
static bool begins_folder(struct slice words)
{
	return words.len > 0 && words.at[0] == '/' &&
	       (memmem(words.at, words.len, " is empty", 9) != NULL ||
		memmem(words.at, words.len, " request", 8) != NULL);
}

/* "6AO2X8tS000065*     100 Tue Nov 24 02:33 <>", or with a remark instead of all that. */
static bool begin_entry(struct queue_listing *listing, struct slice line)
{
	struct slice id, word, rest = line;
	int64_t arrived, printed;
	uint64_t size;

	if (!slice_word(&rest, &id))
		return false;
	while (id.len > 0 && strchr("*-X?", id.at[id.len - 1]) != NULL)
		id.len--;
	if (!read_id(id, &arrived))
		return false;
	queue_listing_begin(listing, listing->place);
	listing->message.arrived = arrived;
	listing->reason[0] = '\0';
	rest = slice_trim(rest);
	/* "(Permission denied)", "(no control file)", "(job completed)" */
	if (rest.len == 0 || rest.at[0] == '(') {
		listing->hides_details = true;
		return true;
	}
	if (!slice_word(&rest, &word) || !slice_number(word, INT64_MAX, &size) ||
	    !queue_date(&listing->clock, &rest, &printed))
		return false;
	listing->message.size = (int64_t)size;
	queue_message_from(&listing->message, slice_trim(rest));
	return true;
}

static bool take_reason(struct queue_listing *listing, struct slice words)
{
	size_t len = words.len > 2 ? words.len - 2 : 0;

	if (len > QUEUE_EXAMPLE - 1)
		len = QUEUE_EXAMPLE - 1;
	memcpy(listing->reason, words.at + 1, len);
	listing->reason[len] = '\0';
	return true;
}

static bool read_line(struct queue_listing *listing, struct slice line)
{
	struct slice words = slice_trim(line), number;
	static const char total[] = "Total requests: ", quarantine[] = "QUARANTINE: ";

	listing->needs_end = true;
	if (words.len == 0)
		return true;
	if (slice_starts(words, total)) {
		number = (struct slice){ words.at + sizeof total - 1, words.len - sizeof total + 1 };
		queue_listing_end(listing);
		listing->is_complete = listing->knows_told = true;
		return slice_number(number, UINT64_MAX, &listing->told);
	}
	if (begins_folder(words)) {
		queue_listing_end(listing);
		return true;
	}
	if (slice_starts(words, "-----Q-ID-----"))
		return true;
	if (slice_starts(words, quarantine))
		return listing->is_open;
	if (line.at[0] != ' ' && line.at[0] != '\t')
		return begin_entry(listing, line);
	if (!listing->is_open)
		return false;
	if (words.at[0] == '(')
		return take_reason(listing, words);
	queue_message_to(&listing->message, words, slice_of(listing->reason));
	return true;
}

static bool recognises(struct slice line)
{
	return begins_folder(slice_trim(line)) || slice_starts(slice_trim(line), "-----Q-ID-----");
}

/* ---- the spool ---- */

static enum queue_name read_name(const struct queue_file *file, struct queue_told *told)
{
	static const struct {
		const char *prefix;
		enum queue_name name;
		enum queue_place place;
	} kinds[] = {
		{ "qf", QUEUE_NAME_MESSAGE, QUEUE_DEFERRED }, { "hf", QUEUE_NAME_MESSAGE, QUEUE_HOLD },
		{ "Qf", QUEUE_NAME_MESSAGE, QUEUE_CORRUPT }, { "df", QUEUE_NAME_PART, 0 },
		{ "xf", QUEUE_NAME_PART, 0 }, { "tf", QUEUE_NAME_PART, 0 }, { "nf", QUEUE_NAME_PART, 0 },
		{ "lf", QUEUE_NAME_PART, 0 },
	};
	struct slice id = { file->name.at + 2, file->name.len > 2 ? file->name.len - 2 : 0 };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (!slice_starts(file->name, kinds[i].prefix))
			continue;
		if (!read_id(id, &told->arrived))
			return QUEUE_NAME_STRANGE;
		told->place = kinds[i].place == QUEUE_DEFERRED ? file->folder->place : kinds[i].place;
		return kinds[i].name;
	}
	/* What the daemon puts there for itself. */
	return slice_is(file->name, "sendmail.pid") || slice_is(file->name, "sm-client.pid") ?
	       QUEUE_NAME_PART : QUEUE_NAME_STRANGE;
}

/* dfID, in the same folder, or in df beside qf. */
static bool body_path(const struct queue_file *file, char path[QUEUE_PATH])
{
	struct slice below = file->below;
	bool is_split = below.len >= 2 && memcmp(below.at + below.len - 2, "qf", 2) == 0;
	int len;

	if (is_split)
		below.len -= 2;
	len = snprintf(path, QUEUE_PATH, "%s/%.*s%s%s%.*s", file->folder->path, (int)below.len, below.at,
		       is_split ? "df/" : below.len > 0 ? "/" : "", "df", (int)file->name.len - 2,
		       file->name.at + 2);
	return len > 0 && len < QUEUE_PATH;
}

/* "RPFD:<user@host>": flags and a colon before the address. */
static struct slice recipient_of(struct slice line)
{
	const char *colon = memchr(line.at, ':', line.len);

	if (colon == NULL || memchr(line.at, '@', (size_t)(colon - line.at)) != NULL)
		return line;
	return (struct slice){ colon + 1, line.len - (size_t)(colon - line.at) - 1 };
}

static enum queue_envelope read_envelope(struct slice block, const struct queue_stat *about,
					 struct queue_message *message)
{
	struct slice line, value, reason = { "", 0 };
	uint64_t number;

	/* While it is made, it is empty. */
	if (block.len == 0)
		return QUEUE_ENVELOPE_UNFINISHED;
	if (block.at[0] != 'V')
		return QUEUE_ENVELOPE_CORRUPT;
	while (slice_split(&block, '\n', &line) && !slice_is(line, ".")) {
		value = (struct slice){ line.at + 1, line.len > 0 ? line.len - 1 : 0 };
		switch (line.len > 0 ? line.at[0] : 0) {
		case 'T':
			if (slice_number(value, INT64_MAX, &number))
				message->arrived = (int64_t)number;
			break;
		case 'M':
			reason = value;
			break;
		case 'S':
			queue_message_from(message, value);
			break;
		case 'R':
			queue_message_to(message, recipient_of(value), reason);
			break;
		}
	}
	message->size = about->body_size;
	return QUEUE_ENVELOPE_READ;
}

static const struct queue_complaint complaints[] = {
	{ "permission denied", QUEUE_FORBIDDEN },
	{ "requires special privileges", QUEUE_FORBIDDEN },
	{ "you are not permitted to see the queue", QUEUE_FORBIDDEN },
	{ NULL, QUEUE_FAILED },
};

#define PROGRAMS { "/usr/libexec/sendmail/sendmail", "/usr/lib/sm.bin/sendmail", \
		   "/usr/sbin/sendmail.sendmail", "/usr/sbin/sendmail-mta", "/usr/sbin/sendmail" }

/* Its program lists this queue along with the other one. */
static const struct queue_mta client = {
	.name = "sendmail",
	.title = "Sendmail's queue of local programs",
	.spools = { "/var/spool/mqueue-client" },
	.spool = {
		.folders = { { ".", QUEUE_MAILDROP, 2, false } },
		.name = read_name,
		.envelope = read_envelope,
		.tells_reasons = true,
		.body_path = body_path,
	},
	.has_no_daemon = true,
};

const struct queue_mta queue_sendmail = {
	.name = "sendmail",
	.title = "Sendmail",
	.configs = { "/etc/mail/sendmail.cf" },
	.spools = { "/var/spool/mqueue" },
	.commands = {
		{ .programs = PROGRAMS, .arguments = { "-bp", "-Am" }, .place = QUEUE_DEFERRED },
		{ .programs = PROGRAMS, .arguments = { "-bp", "-Am", "-qQ" }, .place = QUEUE_HOLD },
		{ .programs = PROGRAMS, .arguments = { "-bp", "-Ac" }, .place = QUEUE_MAILDROP,
		  .needs = "/etc/mail/submit.cf" },
	},
	.complaints = complaints,
	.also = &client,
	.line = read_line,
	.listing_tells_reasons = true,
	.recognises = recognises,
	.spool = {
		.folders = { { ".", QUEUE_DEFERRED, 2, false } },
		.name = read_name,
		.envelope = read_envelope,
		.tells_reasons = true,
		.body_path = body_path,
	},
	.signs = {
		{ QUEUE_LIFE_PID, "/run/sendmail/mta/sendmail.pid", "sendmail" },
		{ QUEUE_LIFE_PID, "/run/sendmail.pid", "sendmail" },
	},
	.recipe = "the queue is root's: run check_mailqueue by sudo with fixed arguments (see "
		  "check_mailqueue(1))",
};
