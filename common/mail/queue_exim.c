/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "mail/queue_mta.h"

/* Exim: ID-H has a message's envelope and header, ID-D its body, and msglog/ID what
 * became of its recipients. An id is seconds, process and fraction: 6-6-2 digits of base
 * 62, since Exim 4.97 6-11-4. */

enum { ID_OLD = 16, ID_NEW = 23, SECONDS = 6 };

static int digit62(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'z' ? c - 'a' + 36 : -1;
}

/* When a message with this id arrived; false: it is none. */
static bool read_id(struct slice id, int64_t *arrived)
{
	size_t second_dash = id.len == ID_OLD ? 13 : 18;

	if (id.len != ID_OLD && id.len != ID_NEW)
		return false;
	*arrived = 0;
	for (size_t i = 0; i < id.len; i++) {
		int digit = digit62(id.at[i]);

		if (i == SECONDS || i == second_dash) {
			if (id.at[i] != '-')
				return false;
			continue;
		}
		if (digit < 0)
			return false;
		if (i < SECONDS)
			*arrived = *arrived * 62 + digit;
	}
	return true;
}

/* ---- exim -bp ---- */

/* "12m", "3.2K" or "322" */
static bool read_size(struct slice word, int64_t *size)
{
	double value = 0, step = 1;
	bool has_point = false;

	for (size_t i = 0; i < word.len; i++) {
		char c = word.at[i];

		if (c == '.' && !has_point && i > 0) {
			has_point = true;
		} else if (c >= '0' && c <= '9' && value < 1e15) {
			value = value * 10 + (c - '0');
			step = has_point ? step * 10 : step;
		} else if (i > 0 && i + 1 == word.len && (c == 'K' || c == 'M' || c == 'G')) {
			value *= c == 'K' ? 1024.0 : c == 'M' ? 1048576.0 : 1073741824.0;
		} else {
			return false;
		}
	}
	*size = (int64_t)(value / step);
	return word.len > 0;
}

static bool is_age(struct slice word)
{
	uint64_t number;

	return word.len > 1 && strchr("mhdw", word.at[word.len - 1]) != NULL &&
	       slice_number((struct slice){ word.at, word.len - 1 }, INT64_MAX, &number);
}

/* " 2h   322 1xVgKu-00000Y-1y <src@signed.test> *** frozen ***"; without a size and
 * more where the header could not be read. */
static bool begin_entry(struct queue_listing *listing, struct slice line)
{
	struct slice word, rest = line;
	int64_t size = QUEUE_UNKNOWN, arrived;

	if (!slice_word(&rest, &word) || !is_age(word) || !slice_word(&rest, &word))
		return false;
	if (read_size(word, &size) && !slice_word(&rest, &word))
		return false;
	if (!read_id(word, &arrived))
		return false;
	queue_listing_begin(listing, QUEUE_DEFERRED);
	listing->message.arrived = arrived;
	listing->message.size = size;
	listing->message.knows_frozen = true;
	rest = slice_trim(rest);
	if (rest.len > 0 && rest.at[0] == '<' && memchr(rest.at, '>', rest.len) != NULL) {
		size_t len = (size_t)((const char *)memchr(rest.at, '>', rest.len) - rest.at) + 1;

		queue_message_from(&listing->message, (struct slice){ rest.at, len });
		rest = slice_trim((struct slice){ rest.at + len, rest.len - len });
	}
	listing->message.is_frozen = slice_starts(rest, "*** frozen ***");
	return true;
}

static bool read_line(struct queue_listing *listing, struct slice line)
{
	struct slice words = slice_trim(line);

	/* An empty line ends each message, the last one, too. */
	if (words.len == 0) {
		queue_listing_end(listing);
		listing->has_loose_end = false;
		return true;
	}
	if (begin_entry(listing, line)) {
		listing->has_loose_end = true;
		return true;
	}
	if (!listing->is_open || (line.at[0] != ' ' && line.at[0] != '\t'))
		return false;
	/* "D address": it has it already. "+D": all that it stands for have it. */
	if (slice_starts(words, "D ") || slice_starts(words, "+D "))
		return true;
	if (memchr(words.at, ' ', words.len) == NULL || words.at[0] == '"')
		queue_message_to(&listing->message, words, (struct slice){ "", 0 });
	return true;
}

static bool recognises(struct slice line)
{
	struct slice word;
	int64_t arrived, size;

	if (!slice_word(&line, &word) || !is_age(word) || !slice_word(&line, &word))
		return false;
	return read_id(word, &arrived) ||
	       (read_size(word, &size) && slice_word(&line, &word) && read_id(word, &arrived));
}

/* ---- the spool ---- */

static enum queue_name read_name(const struct queue_file *file, struct queue_told *told)
{
	struct slice id = { file->name.at, file->name.len > 2 ? file->name.len - 2 : 0 };

	/* What it writes before it renames. */
	if (slice_starts(file->name, "hdr.") || slice_starts(file->name, "msg."))
		return QUEUE_NAME_PART;
	if (!read_id(id, &told->arrived) || file->name.at[id.len] != '-')
		return QUEUE_NAME_STRANGE;
	told->place = QUEUE_DEFERRED;
	switch (file->name.at[id.len + 1]) {
	case 'H':
		return QUEUE_NAME_MESSAGE;
	case 'D':
	case 'J':
	case 'K':
		return QUEUE_NAME_PART;
	}
	return QUEUE_NAME_STRANGE;
}

static bool print_path(const struct queue_file *file, const char *folder, const char *end,
		       char path[QUEUE_PATH])
{
	int len = snprintf(path, QUEUE_PATH, "%s/%.*s%s%.*s%s", folder, (int)file->below.len,
			   file->below.at, file->below.len > 0 ? "/" : "", (int)file->name.len - 2,
			   file->name.at, end);

	return len > 0 && len < QUEUE_PATH;
}

static bool body_path(const struct queue_file *file, char path[QUEUE_PATH])
{
	return print_path(file, "input", "-D", path);
}

static bool log_path(const struct queue_file *file, char path[QUEUE_PATH])
{
	return print_path(file, "msglog", "", path);
}

/* "YY addr", "NN addr": the first letters say whether branches to the left and right
 * follow. XX stands for an empty tree. */
enum { DELIVERED = 100 };

struct delivered {
	struct slice at[DELIVERED];
	size_t count;
};

static bool is_delivered(const struct delivered *delivered, struct slice address)
{
	for (size_t i = 0; i < delivered->count; i++) {
		if (slice_same_nocase(delivered->at[i], address))
			return true;
	}
	return false;
}

/* Nodes until the branches that are left to come are none. */
static bool read_tree(struct slice *rest, struct delivered *delivered)
{
	struct slice line;
	size_t open = 1;

	while (open > 0) {
		if (!slice_split(rest, '\n', &line) || line.len < 2)
			return false;
		if (slice_is(line, "XX"))
			return true;
		if ((line.at[0] != 'Y' && line.at[0] != 'N') || (line.at[1] != 'Y' && line.at[1] != 'N') ||
		    line.len < 4)
			return false;
		open += (size_t)(line.at[0] == 'Y') + (size_t)(line.at[1] == 'Y') - 1;
		if (delivered->count < DELIVERED)
			delivered->at[delivered->count++] = (struct slice){ line.at + 3, line.len - 3 };
	}
	return true;
}

static void read_recipients(struct slice *rest, struct queue_message *message)
{
	struct delivered delivered = { .count = 0 };
	struct slice line;
	uint64_t count;

	if (!read_tree(rest, &delivered) || !slice_split(rest, '\n', &line) ||
	    !slice_number(line, UINT32_MAX, &count))
		return;
	for (; count > 0 && rest->len > 0 && slice_split(rest, '\n', &line); count--) {
		/* Behind a blank stands what only Exim needs. */
		const char *blank = memchr(line.at, ' ', line.len);
		struct slice address = { line.at, blank != NULL && line.at[0] != '"' ?
					 (size_t)(blank - line.at) : line.len };

		if (address.len > 0 && !is_delivered(&delivered, address))
			queue_message_to(message, address, (struct slice){ "", 0 });
	}
}

/* "022F From: ...": how long each is, and '*' for one that is gone. What is beyond the
 * block is as long as the rest of the file. */
static int64_t header_size(struct slice rest, struct slice block, int64_t file_size)
{
	int64_t size = 0, beyond = file_size - (int64_t)block.len;

	while (rest.len >= 5) {
		struct slice digits = { rest.at, 3 };
		uint64_t number;
		size_t step;

		/* A long header has more digits. */
		while (digits.len < rest.len && digits.len < 9 && rest.at[digits.len] >= '0' &&
		       rest.at[digits.len] <= '9')
			digits.len++;
		if (!slice_number(digits, 1 << 30, &number) || digits.len + 2 > rest.len)
			break;
		if (rest.at[digits.len] != '*')
			size += (int64_t)number;
		step = digits.len + 2 + (size_t)number;
		if (step > rest.len) {
			beyond -= (int64_t)(step - rest.len);
			break;
		}
		rest = (struct slice){ rest.at + step, rest.len - step };
	}
	return size + (beyond > 0 ? beyond : 0);
}

static bool is_option(struct slice line)
{
	return line.len > 1 && line.at[0] == '-';
}

static enum queue_envelope read_envelope(struct slice block, const struct queue_stat *about,
					 struct queue_message *message)
{
	struct slice rest = block, line, sender, times, word, next;
	uint64_t number;
	int64_t arrived;

	if (!slice_split(&rest, '\n', &line) || line.len < 2 || !slice_is((struct slice){
	    line.at + line.len - 2, 2 }, "-H") ||
	    !read_id((struct slice){ line.at, line.len - 2 }, &arrived) ||
	    !slice_split(&rest, '\n', &line) || !slice_split(&rest, '\n', &sender) ||
	    sender.len < 2 || sender.at[0] != '<' || sender.at[sender.len - 1] != '>' ||
	    !slice_split(&rest, '\n', &times) || !slice_word(&times, &word) ||
	    !slice_number(word, INT64_MAX, &number))
		return QUEUE_ENVELOPE_CORRUPT;
	message->arrived = (int64_t)number;
	message->knows_frozen = true;
	queue_message_from(message, sender);
	for (next = rest; slice_split(&next, '\n', &line) && is_option(line); rest = next)
		message->is_frozen = message->is_frozen || slice_starts(line, "-frozen ");
	read_recipients(&rest, message);
	if (slice_split(&rest, '\n', &line) && line.len == 0 && about->body_size != QUEUE_UNKNOWN) {
		/* As `exim -bp` counts; the body's file begins with a line that names it. */
		int64_t body = about->body_size - (block.at[ID_OLD] == '-' ? ID_OLD : ID_NEW) - 3 + 1;

		message->size = header_size(rest, block, about->size) + (body > 0 ? body : 0);
	}
	return QUEUE_ENVELOPE_READ;
}

/* "2026-11-24 02:32:48 user@x R=r T=t defer (111): Connection refused": the last word on
 * each recipient counts. */
static void read_log(struct slice log, struct queue_message *message)
{
	struct slice line;

	while (slice_split(&log, '\n', &line)) {
		const char *defer = memmem(line.at, line.len, " defer (", 8), *end;
		struct slice rest = line, word, address;

		/* Each line begins with date and time, perhaps with a zone. */
		if (defer == NULL || !slice_word(&rest, &word) || !slice_word(&rest, &word) ||
		    !slice_word(&rest, &address))
			continue;
		if (address.at[0] == '+' || address.at[0] == '-' || slice_is(address, "=="))
			if (!slice_word(&rest, &address))
				continue;
		end = memchr(defer, ':', (size_t)(line.at + line.len - defer));
		if (end == NULL)
			continue;
		word = slice_trim((struct slice){ end + 1, (size_t)(line.at + line.len - end) - 1 });
		/* That it was not tried again says nothing of why. */
		if (word.len > 0 && !slice_starts(word, "retry time not reached"))
			queue_message_because(message, address, word);
	}
}

static const struct queue_complaint complaints[] = {
	{ "permission denied", QUEUE_FORBIDDEN },
	{ "not permitted", QUEUE_FORBIDDEN },
	{ NULL, QUEUE_FAILED },
};

const struct queue_mta queue_exim = {
	.name = "exim",
	.title = "Exim",
	.configs = { "/var/lib/exim4/config.autogenerated", "/etc/exim4/exim4.conf",
		     "/etc/exim4/update-exim4.conf.conf", "/etc/exim/exim.conf", "/etc/exim.conf" },
	.spools = { "/var/spool/exim4", "/var/spool/exim" },
	.commands = {
		{ .programs = { "/usr/sbin/exim4", "/usr/sbin/exim", "/usr/exim/bin/exim",
				"/usr/local/sbin/exim" },
		  .arguments = { "-bp" }, .place = QUEUE_DEFERRED },
	},
	.complaints = complaints,
	.line = read_line,
	.recognises = recognises,
	.spool = {
		.folders = { { "input", QUEUE_DEFERRED, 1, false } },
		.name = read_name,
		.envelope = read_envelope,
		.tells_reasons = true,
		.body_path = body_path,
		.log_path = log_path,
		.log_is_read_from_end = true,
		.log = read_log,
	},
	.signs = {
		{ QUEUE_LIFE_PID, "/run/exim4/exim.pid", "exim" },
		{ QUEUE_LIFE_PID, "/run/exim.pid", "exim" },
		{ QUEUE_LIFE_PID, "/var/spool/exim4/exim-daemon.pid", "exim" },
		{ QUEUE_LIFE_PID, "exim-daemon.pid", "exim" },
	},
	.recipe = "put the monitoring user into the group of the spool (Debian: adduser nagios "
		  "Debian-exim), or set queue_list_requires_admin = false (see check_mailqueue(1))",
};
