/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "mail/queue_mta.h"

/* Postfix: one file a message, in a folder that says how far it is. */

enum { SHORT_USEC = 5, LONG_USEC = 4, LONG_SECONDS = 6 };

/* Digits of long queue ids: those of base 52, of which inode numbers use 51. */
static int digit52(char c)
{
	static const char digits[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

static bool number52(struct slice digits, int64_t *number)
{
	*number = 0;
	for (size_t i = 0; i < digits.len; i++) {
		int digit = digit52(digits.at[i]);

		if (digit < 0 || *number > INT64_MAX / 52 - 52)
			return false;
		*number = *number * 52 + digit;
	}
	return digits.len > 0;
}

static bool number16(struct slice digits, uint64_t *number)
{
	*number = 0;
	for (size_t i = 0; i < digits.len; i++) {
		char c = digits.at[i];

		if (*number >> 60 != 0 || !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F')))
			return false;
		*number = *number << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'A' + 10);
	}
	return digits.len > 0;
}

/* A long id: seconds, microseconds, 'z', inode number. */
static bool read_long(struct slice name, int64_t *seconds, int64_t *usec)
{
	size_t mark = name.len;
	int64_t inode;

	while (mark > 0 && name.at[mark - 1] != 'z')
		mark--;
	if (mark < LONG_SECONDS + LONG_USEC + 1)
		return false;
	mark--;
	return number52((struct slice){ name.at, mark - LONG_USEC }, seconds) &&
	       number52((struct slice){ name.at + mark - LONG_USEC, LONG_USEC }, usec) &&
	       number52((struct slice){ name.at + mark + 1, name.len - mark - 1 }, &inode);
}

/* A short id: microseconds and inode number. */
static bool read_short(struct slice name, uint64_t *usec, uint64_t *inode)
{
	return name.len > SHORT_USEC && number16((struct slice){ name.at, SHORT_USEC }, usec) &&
	       number16((struct slice){ name.at + SHORT_USEC, name.len - SHORT_USEC }, inode);
}

static enum queue_name read_name(const struct queue_file *file, struct queue_told *told)
{
	uint64_t short_usec, inode;
	int64_t usec;

	told->place = file->folder->place;
	if (read_short(file->name, &short_usec, &inode)) {
		/* A file that was copied here from elsewhere has another number, and was not
		 * born when the message arrived. */
		told->is_born_then = inode == file->inode;
		return QUEUE_NAME_MESSAGE;
	}
	return read_long(file->name, &told->arrived, &usec) ? QUEUE_NAME_MESSAGE : QUEUE_NAME_STRANGE;
}

/* The log of a message's deferrals is in a folder by the first hexadecimal digit of
 * the microseconds. */
static bool log_path(const struct queue_file *file, char path[QUEUE_PATH])
{
	uint64_t short_usec, inode;
	int64_t seconds, usec;
	char hash[SHORT_USEC + 4];
	int len;

	if (file->folder->place == QUEUE_DEFERRED && file->below.len > 0) {
		len = snprintf(path, QUEUE_PATH, "defer/%.*s/%.*s", (int)file->below.len,
			       file->below.at, (int)file->name.len, file->name.at);
		return len < QUEUE_PATH;
	}
	if (read_short(file->name, &short_usec, &inode))
		usec = (int64_t)short_usec;
	else if (!read_long(file->name, &seconds, &usec))
		return false;
	snprintf(hash, sizeof hash, "%05X", (unsigned)usec & 0xfffff);
	len = snprintf(path, QUEUE_PATH, "defer/%c/%.*s", hash[0], (int)file->name.len, file->name.at);
	return len < QUEUE_PATH;
}

/* ---- a queue file: records of a type, a length in groups of 7 bits, and data ---- */

static bool next_record(struct slice *rest, char *type, struct slice *data)
{
	size_t len = 0, at = 1;

	for (unsigned shift = 0;; shift += 7) {
		unsigned char byte;

		if (at >= rest->len || shift > 28)
			return false;
		byte = (unsigned char)rest->at[at++];
		len |= (size_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			break;
	}
	if (len > rest->len - at)
		return false;
	*type = rest->at[0];
	*data = (struct slice){ rest->at + at, len };
	*rest = (struct slice){ rest->at + at + len, rest->len - at - len };
	return true;
}

/* "   1788    629 ...": the first number. */
static int64_t first_number(struct slice data)
{
	struct slice word;
	uint64_t number;

	if (!slice_word(&data, &word) || !slice_number(word, INT64_MAX, &number))
		return QUEUE_UNKNOWN;
	return (int64_t)number;
}

static void take_record(char type, struct slice data, struct queue_message *message)
{
	struct slice nothing = { "", 0 };

	switch (type) {
	case 'C':
		message->size = first_number(data);
		break;
	case 'T':
		if (message->arrived == QUEUE_UNKNOWN)
			message->arrived = first_number(data);
		break;
	case 'S':
		queue_message_from(message, data);
		break;
	case 'R':
		queue_message_to(message, data, nothing);
		break;
	}
}

static enum queue_envelope read_envelope(struct slice block, const struct queue_stat *about,
					 struct queue_message *message)
{
	/* What cleanup and postdrop begin a file with. */
	static const char first_types[] = "CcTAFSWVrp";
	struct slice data;
	char type;

	/* Postfix marks a whole file by this bit. */
	if ((about->mode & 0100) == 0)
		return QUEUE_ENVELOPE_UNFINISHED;
	if (block.len == 0 || block.at[0] == '\0' || strchr(first_types, block.at[0]) == NULL)
		return QUEUE_ENVELOPE_CORRUPT;
	if (!next_record(&block, &type, &data))
		return QUEUE_ENVELOPE_CORRUPT;
	do
		take_record(type, data, message);
	while (next_record(&block, &type, &data));
	if (message->size <= 0)
		message->size = about->size;
	return QUEUE_ENVELOPE_READ;
}

static void read_log(struct slice log, struct queue_message *message)
{
	struct slice line, recipient = { "", 0 };

	while (slice_split(&log, '\n', &line)) {
		if (slice_starts(line, "recipient="))
			recipient = (struct slice){ line.at + 10, line.len - 10 };
		else if (slice_starts(line, "reason=") && log.at != NULL)
			queue_message_because(message, recipient,
					      (struct slice){ line.at + 7, line.len - 7 });
	}
}

/* ---- postqueue -j: an object a line ---- */

static struct slice string_of(json_t *object, const char *key)
{
	json_t *string = json_object_get(object, key);

	if (!json_is_string(string))
		return (struct slice){ "", 0 };
	return (struct slice){ json_string_value(string), json_string_length(string) };
}

static int64_t number_of(json_t *object, const char *key)
{
	json_t *number = json_object_get(object, key);

	if (!json_is_integer(number) || json_integer_value(number) < 0)
		return QUEUE_UNKNOWN;
	return json_integer_value(number);
}

static bool take_object(struct queue_listing *listing, json_t *object)
{
	json_t *recipients = json_object_get(object, "recipients"), *recipient;
	struct queue_message *message = &listing->message;
	enum queue_place place = QUEUE_INCOMING;
	size_t i;

	while (place < QUEUE_PLACES &&
	       !slice_is(string_of(object, "queue_name"), queue_place_word(place)))
		place++;
	if (place == QUEUE_PLACES || !json_is_string(json_object_get(object, "queue_id")) ||
	    !json_is_array(recipients))
		return false;
	queue_listing_begin(listing, place);
	message->arrived = number_of(object, "arrival_time");
	message->size = number_of(object, "message_size");
	if (json_is_string(json_object_get(object, "sender")))
		queue_message_from(message, string_of(object, "sender"));
	json_array_foreach(recipients, i, recipient)
		queue_message_to(message, string_of(recipient, "address"),
				 string_of(recipient, "delay_reason"));
	queue_listing_end(listing);
	return true;
}

static bool read_json(struct queue_listing *listing, struct slice line)
{
	json_error_t error;
	json_t *object = json_loadb(line.at, line.len, JSON_ALLOW_NUL, &error);
	bool good = object != NULL && take_object(listing, object);

	json_decref(object);
	return good;
}

/* ---- postqueue -p, and mailq: a table for people ---- */

/* "0DABAA9C496*    1488 Tue Nov 24 01:59:45  src@signed.test" */
static bool begin_entry(struct queue_listing *listing, struct slice line)
{
	struct slice id, size, rest = line;
	enum queue_place place = QUEUE_DEFERRED;
	int64_t seconds, usec, arrived;
	uint64_t bytes, number, inode;

	if (!slice_word(&rest, &id) || !slice_word(&rest, &size) ||
	    !slice_number(size, INT64_MAX, &bytes) || !queue_date(&listing->clock, &rest, &arrived))
		return false;
	for (; id.len > 0 && strchr("*!#", id.at[id.len - 1]) != NULL; id.len--) {
		if (id.at[id.len - 1] == '*')
			place = QUEUE_ACTIVE;
		else if (id.at[id.len - 1] == '!')
			place = QUEUE_HOLD;
	}
	if (!read_short(id, &number, &inode)) {
		if (!read_long(id, &seconds, &usec))
			return false;
		arrived = seconds;
	}
	queue_listing_begin(listing, place);
	listing->message.arrived = arrived;
	listing->message.size = (int64_t)bytes;
	listing->reason[0] = '\0';
	queue_message_from(&listing->message, slice_trim(rest));
	return true;
}

static void keep_reason(struct queue_listing *listing, struct slice reason)
{
	size_t len = reason.len < QUEUE_EXAMPLE - 1 ? reason.len : QUEUE_EXAMPLE - 1;

	memcpy(listing->reason, reason.at, len);
	listing->reason[len] = '\0';
}

/* "-- 34 Kbytes in 18 Requests." */
static bool take_sum(struct queue_listing *listing, struct slice line)
{
	struct slice word, rest = line;

	for (unsigned i = 0; i < 5; i++) {
		if (!slice_word(&rest, &word))
			return false;
		if (i == 4 && !slice_number(word, UINT64_MAX, &listing->told))
			return false;
	}
	queue_listing_end(listing);
	listing->knows_told = listing->is_complete = true;
	return slice_starts(slice_trim(rest), "Request");
}

/* "-Queue ID-  --Size-- ...": with long ids, more dashes. */
static bool is_head(struct slice line)
{
	size_t dashes = 0;

	while (dashes < line.len && line.at[dashes] == '-')
		dashes++;
	return dashes > 0 && slice_starts((struct slice){ line.at + dashes, line.len - dashes }, "Queue ID-");
}

static bool read_table(struct queue_listing *listing, struct slice line)
{
	struct slice words = slice_trim(line);

	if (words.len == 0) {
		queue_listing_end(listing);
		return true;
	}
	if (is_head(line))
		return listing->messages == 0 && !listing->is_open;
	if (slice_is(words, "Mail queue is empty")) {
		listing->says_empty = listing->is_complete = true;
		return true;
	}
	if (slice_starts(line, "-- "))
		return take_sum(listing, line);
	/* A reason of more than 76 characters begins at the left. */
	if (line.at[0] != ' ' && line.at[0] != '\t' && (line.at[0] != '(' || !listing->is_open))
		return begin_entry(listing, line);
	if (!listing->is_open)
		return false;
	if (words.at[0] == '(' && words.at[words.len - 1] == ')')
		keep_reason(listing, (struct slice){ words.at + 1, words.len - 2 });
	else
		queue_message_to(&listing->message, words, slice_of(listing->reason));
	return true;
}

static bool read_line(struct queue_listing *listing, struct slice line)
{
	struct slice words = slice_trim(line);

	if (words.len > 0 && words.at[0] == '{')
		return read_json(listing, words);
	/* A table of some messages has a last line; see take_sum(). */
	listing->needs_end = true;
	return read_table(listing, line);
}

static bool recognises(struct slice line)
{
	return slice_starts(line, "{\"queue_name\"") || slice_starts(line, "{\"queue_id\"") ||
	       is_head(line) || slice_starts(line, "Mail queue is empty");
}

static const struct queue_complaint complaints[] = {
	{ "mail system is down", QUEUE_DOWN },
	{ "not allowed to view the mail queue", QUEUE_FORBIDDEN },
	{ "unauthorized configuration directory", QUEUE_FORBIDDEN },
	{ "permission denied", QUEUE_FORBIDDEN },
	/* Warnings of a main.cf that Postfix lives with. */
	{ "overriding earlier entry", QUEUE_HARMLESS },
	{ "unused parameter", QUEUE_HARMLESS },
	{ "undefined parameter", QUEUE_HARMLESS },
	{ NULL, QUEUE_FAILED },
};

const struct queue_mta queue_postfix = {
	.name = "postfix",
	.title = "Postfix",
	.configs = { "/etc/postfix/main.cf" },
	.spools = { "/var/spool/postfix" },
	.commands = {
		{ .programs = { "/usr/sbin/postqueue", "/usr/local/sbin/postqueue" },
		  .arguments = { "-j" }, .place = QUEUE_DEFERRED, .config_option = "-c" },
	},
	.complaints = complaints,
	.line = read_line,
	.listing_tells_reasons = true,
	.recognises = recognises,
	.spool = {
		.folders = {
			{ "incoming", QUEUE_INCOMING, 4, true },
			{ "active", QUEUE_ACTIVE, 4, false },
			{ "deferred", QUEUE_DEFERRED, 4, false },
			{ "hold", QUEUE_HOLD, 4, false },
			{ "maildrop", QUEUE_MAILDROP, 4, true },
			{ "corrupt", QUEUE_CORRUPT, 4, false },
		},
		.name = read_name,
		.envelope = read_envelope,
		.tells_reasons = true,
		.log_path = log_path,
		.log = read_log,
	},
	.signs = { { QUEUE_LIFE_LOCK, "pid/master.pid", NULL } },
	.recipe = "let the monitoring user list the queue: authorized_mailq_users in main.cf (and "
		  "alternate_config_directories, for another --config-dir); or read it by sudo -u postfix "
		  "with fixed arguments: see \"Privileges\" in check_mailqueue(1)",
};
