/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "mail/queue_mta.h"

/* Sendmail: qfID has a message's envelope and header, dfID its body; hfID is a message
 * in quarantine, QfID one that was given up. Local programs have a queue of their own
 * (MSP). */

/* The digits of a queue id, base 60: year, month, day, hour, minute, second in UTC, then
 * numbers that make it unique. */
enum { ID_MIN = 12, ID_PROCESS = 8, ID_MAX = 20 };

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

	if (id.len < ID_MIN || id.len > ID_MAX)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		if (digit60(id.at[i]) < 0)
			return false;
		if (i < 6)
			digits[i] = digit60(id.at[i]);
	}
	if (digits[1] > 11 || digits[2] < 1 || digits[2] > 31 || digits[3] > 23)
		return false;
	/* tm_year counts from 1900: 120, which is 2020, begins the next round. */
	*arrived = queue_time(&utc, (digits[0] < 50 ? 2020 : 1960) + digits[0], (unsigned)digits[1] + 1, (unsigned)digits[2],
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

/* "     100 Tue Nov 24 02:33 <>", or with -v "     100      30228+Nov 24 02:33 <>" and a
 * priority; -1 where there is no body. */
static bool read_details(struct queue_listing *listing, struct slice rest)
{
	static const char weekdays[] = "SunMonTueWedThuFriSat";
	struct slice word, date = rest;
	int64_t printed;
	uint64_t size = 0;
	bool has_size;

	if (!slice_word(&date, &word))
		return false;
	has_size = slice_number(word, INT64_MAX, &size);
	if (!has_size && !slice_is(word, "-1"))
		return false;
	rest = date;
	if (!slice_word(&date, &word))
		return false;
	if (word.len == 3 && memmem(weekdays, sizeof weekdays - 1, word.at, 3) != NULL) {
		if (!queue_date(&listing->clock, &rest, &printed))
			return false;
	} else {
		/* The id tells when it arrived. */
		for (int i = 0; i < 2; i++) {
			if (!slice_word(&date, &word))
				return false;
		}
		if (word.len < 3 || word.at[2] != ':') {
			if (!slice_word(&date, &word))
				return false;
		}
		if (!queue_time_of_day(word, &printed))
			return false;
		rest = date;
	}
	if (has_size)
		listing->message.size = (int64_t)size;
	rest = slice_trim(rest);
	queue_message_from(&listing->message, rest);
	return true;
}

/* What is said of the whole message holds for all, where nothing is said of any of its
 * recipients. */
static void spread_reason(struct queue_message *message, struct slice reason)
{
	for (size_t i = 0; i < message->recipient_count; i++) {
		if (message->recipients[i].reason_len > 0)
			return;
	}
	if (reason.len > 0)
		queue_message_because(message, (struct slice){ "", 0 }, reason);
}

static void end_entry(struct queue_listing *listing)
{
	if (listing->is_open)
		spread_reason(&listing->message, slice_of(listing->reason));
	queue_listing_end(listing);
}

/* "6AO2X8tS000065*     100 Tue Nov 24 02:33 <>", or with a remark instead of all that. */
static bool begin_entry(struct queue_listing *listing, struct slice line)
{
	struct slice id = { line.at, 0 }, rest = line;
	enum queue_place place = listing->place;
	int64_t arrived;

	/* Behind time and number comes the process, in decimal digits. */
	while (id.len < rest.len && id.len < ID_MAX && digit60(rest.at[id.len]) >= 0 &&
	       digit60(rest.at[id.len]) < (id.len < ID_PROCESS ? 60 : 10))
		id.len++;
	rest = (struct slice){ rest.at + id.len, rest.len - id.len };
	/* Locked, too young, load too high, lost. */
	if (slice_starts(rest, "?"))
		place = QUEUE_CORRUPT;
	if (rest.len > 0 && memchr("*-X?", rest.at[0], 4) != NULL)
		rest = (struct slice){ rest.at + 1, rest.len - 1 };
	if (!read_id(id, &arrived))
		return false;
	end_entry(listing);
	queue_listing_begin(listing, place);
	listing->message.arrived = arrived;
	listing->reason[0] = '\0';
	rest = slice_trim(rest);
	if (slice_starts(rest, "(Permission denied)") || slice_starts(rest, "(permission denied)"))
		listing->hides_details = true;
	/* "(no control file)", "(completed)"; or a complaint, and the rest in the next line */
	return rest.len == 0 || rest.at[0] == '(' || slice_starts(rest, "readqf: ") ||
	       read_details(listing, rest);
}

static void take_reason(struct queue_listing *listing, struct slice words)
{
	struct queue_message *message = &listing->message;
	size_t len;

	/* "(---user---)" is who it is sent for. */
	if (words.len < 2 || slice_starts(words, "(---"))
		return;
	words = (struct slice){ words.at + 1, words.len - 2 };
	if (message->recipient_count > 0) {
		queue_message_because_of(message, message->recipient_count - 1, words);
		return;
	}
	len = words.len < QUEUE_EXAMPLE - 1 ? words.len : QUEUE_EXAMPLE - 1;
	memcpy(listing->reason, words.at, len);
	listing->reason[len] = '\0';
}

/* A queue file without a time. */
static bool has_no_control(struct slice *words)
{
	static const char end[] = " (no control file)";
	size_t len = sizeof end - 1;

	if (words->len <= len || memcmp(words->at + words->len - len, end, len) != 0)
		return false;
	words->len -= len;
	return true;
}

/* "  8BITMIME   (Deferred: ...)", or one of both. */
static bool take_remark(struct queue_listing *listing, struct slice words)
{
	struct slice word, rest = words;

	if (words.at[0] != '(') {
		if (!slice_word(&rest, &word) || slice_is(word, "-1") ||
		    slice_number(word, UINT64_MAX, &(uint64_t){ 0 }))
			return false;
		words = slice_trim(rest);
	}
	if (words.len == 0)
		return true;
	if (words.at[0] != '(' || words.at[words.len - 1] != ')')
		return false;
	take_reason(listing, words);
	return true;
}

/* A line that begins with blanks, in a message. */
static bool take_more(struct queue_listing *listing, struct slice line, struct slice words)
{
	has_no_control(&words);
	if (slice_starts(words, "QUARANTINE: ")) {
		listing->message.place = QUEUE_HOLD;
		return true;
	}
	if (line.at[0] == '\t' && words.at[0] != '(') {
		queue_message_to(&listing->message, words, (struct slice){ "", 0 });
		return true;
	}
	return take_remark(listing, words) || read_details(listing, words);
}

/* "            X  (no control file)": no id at all. */
static bool is_stray(struct slice words)
{
	struct slice word;

	return has_no_control(&words) && slice_word(&words, &word) && slice_trim(words).len == 0;
}

static bool read_line(struct queue_listing *listing, struct slice line)
{
	struct slice words = slice_trim(line), number;
	static const char total[] = "Total requests: ";

	listing->needs_end = true;
	if (words.len == 0)
		return true;
	if (slice_starts(words, total)) {
		number = (struct slice){ words.at + sizeof total - 1, words.len - sizeof total + 1 };
		end_entry(listing);
		listing->is_complete = listing->knows_told = true;
		return slice_number(number, UINT64_MAX, &listing->told);
	}
	if (begins_folder(words)) {
		end_entry(listing);
		return true;
	}
	if (slice_starts(words, "-----Q-ID-----"))
		return true;
	/* The flag comes behind a complaint, too. */
	if (listing->is_open && line.len > 1 && memchr("*-X?", line.at[0], 4) != NULL &&
	    line.at[1] == ' ')
		return read_details(listing, (struct slice){ line.at + 1, line.len - 1 });
	if (line.at[0] != ' ' && line.at[0] != '\t')
		return begin_entry(listing, line);
	if (listing->is_open && !(line.at[0] == ' ' && is_stray(words)))
		return take_more(listing, line, words);
	if (!is_stray(words))
		return false;
	end_entry(listing);
	queue_listing_begin(listing, QUEUE_CORRUPT);
	listing->reason[0] = '\0';
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

/* An M in front of S is said of all, one in front of R of this recipient. */
static enum queue_envelope read_envelope(struct slice block, const struct queue_stat *about,
					 struct queue_message *message)
{
	struct slice line, value, reason = { "", 0 }, of_all = { "", 0 };
	uint64_t number;

	/* While it is made, it is empty. */
	if (block.len == 0)
		return QUEUE_ENVELOPE_UNFINISHED;
	if (block.at[0] != 'V')
		return QUEUE_ENVELOPE_CORRUPT;
	while (slice_split(&block, '\n', &line) && block.at != NULL && !slice_is(line, ".")) {
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
			of_all = reason;
			reason.len = 0;
			break;
		case 'R':
			queue_message_to(message, recipient_of(value), reason);
			reason.len = 0;
			break;
		}
	}
	if (message->arrived == QUEUE_UNKNOWN)
		return QUEUE_ENVELOPE_CORRUPT;
	spread_reason(message, of_all);
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
	/* Only with -v is it told why each recipient waits, and not cut at 60 characters. */
	.commands = {
		{ .programs = PROGRAMS, .arguments = { "-bp", "-Am", "-v" }, .place = QUEUE_DEFERRED },
		{ .programs = PROGRAMS, .arguments = { "-bp", "-Am", "-v", "-qQ" }, .place = QUEUE_HOLD },
		{ .programs = PROGRAMS, .arguments = { "-bp", "-Am", "-v", "-qL" }, .place = QUEUE_CORRUPT },
		{ .programs = PROGRAMS, .arguments = { "-bp", "-Ac", "-v" }, .place = QUEUE_MAILDROP,
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
