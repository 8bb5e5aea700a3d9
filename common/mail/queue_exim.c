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

/* "3.2K" or "322" */
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

/* What stands in front of an id: age and size, or none of them where the header cannot be
 * read, or no size where there is no body. */
static bool read_front(struct slice *rest, int64_t *size, int64_t *arrived)
{
	struct slice word;

	*size = QUEUE_UNKNOWN;
	return slice_word(rest, &word) && (!is_age(word) || slice_word(rest, &word)) &&
	       (!read_size(word, size) || slice_word(rest, &word)) && read_id(word, arrived);
}

static bool take_end(struct slice *s, const char *end)
{
	size_t len = strlen(end);

	if (s->len < len || memcmp(s->at + s->len - len, end, len) != 0)
		return false;
	*s = slice_trim((struct slice){ s->at, s->len - len });
	return true;
}

/* "<src@signed.test> (login) *** frozen ***": a quoted address may hold all of that, so
 * it is read from behind. */
static void read_sender(struct slice rest, struct queue_message *message)
{
	rest = slice_trim(rest);
	message->is_frozen = take_end(&rest, "*** frozen ***");
	if (rest.len > 0 && rest.at[rest.len - 1] == ')') {
		const char *login = memrchr(rest.at, '(', rest.len);

		if (login != NULL)
			rest = slice_trim((struct slice){ rest.at, (size_t)(login - rest.at) });
	}
	if (rest.len >= 2 && rest.at[0] == '<' && rest.at[rest.len - 1] == '>')
		queue_message_from(message, rest);
}

/* " 2h   322 1xVgKu-00000Y-1y <src@signed.test> *** frozen ***" */
static bool begin_entry(struct queue_listing *listing, struct slice line)
{
	int64_t size, arrived;

	if (!read_front(&line, &size, &arrived))
		return false;
	queue_listing_begin(listing, QUEUE_DEFERRED);
	listing->message.arrived = arrived;
	listing->message.size = size;
	listing->message.knows_frozen = true;
	read_sender(line, &listing->message);
	return true;
}

/* "*** spool format error: size=0 ***": no such message will ever leave. "*** spool read
 * error: Permission denied ***" says nothing of it. */
static bool take_error(struct queue_message *message, struct slice words)
{
	if (slice_starts(words, "*** spool format error"))
		message->place = QUEUE_CORRUPT;
	else if (slice_starts(words, "*** spool read error"))
		message->knows_frozen = false;
	else
		return false;
	message->is_frozen = slice_starts((struct slice){ words.at + words.len - 14, 14 },
					  "*** frozen ***");
	return true;
}

/* Ten columns, the last but one says "D": it has it already. "+D": all that it stands for
 * have it. */
static bool take_recipient(struct queue_message *message, struct slice line)
{
	enum { COLUMNS = 10 };
	struct slice address = { line.at + COLUMNS, line.len > COLUMNS ? line.len - COLUMNS : 0 };

	if (address.len == 0 || line.at[COLUMNS - 1] != ' ')
		return false;
	if (line.at[COLUMNS - 2] == ' ')
		queue_message_to(message, address, (struct slice){ "", 0 });
	return line.at[COLUMNS - 2] == ' ' || line.at[COLUMNS - 2] == 'D';
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
	if (slice_starts(line, "       ")) {
		if (!listing->is_open)
			return false;
		return take_recipient(&listing->message, line);
	}
	if (slice_starts(line, "    *** "))
		return listing->is_open && take_error(&listing->message, words);
	listing->has_loose_end = true;
	return begin_entry(listing, line);
}

static bool recognises(struct slice line)
{
	int64_t size, arrived;

	return read_front(&line, &size, &arrived);
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
enum { DELIVERED = QUEUE_BLOCK / 5 };	/* the shortest has five bytes */

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

/* A line that is whole. */
static bool next_line(struct slice *rest, struct slice *line)
{
	return slice_split(rest, '\n', line) && rest->at != NULL;
}

/* Nodes until the branches that are left to come are none. */
static bool read_tree(struct slice *rest, struct delivered *delivered)
{
	struct slice line;
	size_t open = 1;

	while (open > 0) {
		if (!next_line(rest, &line) || line.len < 2)
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

/* Take " TEXT LENGTH,NUMBER" off the end, whose TEXT has that length. */
static bool take_extra(struct slice *line)
{
	size_t at = line->len;
	struct slice numbers, length;
	uint64_t len;

	while (at > 0 && strchr("0123456789,-", line->at[at - 1]) != NULL && line->at[at - 1] != '\0')
		at--;
	numbers = (struct slice){ line->at + at, line->len - at };
	if (at == 0 || line->at[at - 1] != ' ' || !slice_split(&numbers, ',', &length) ||
	    !slice_number(length, at, &len) || len + 2 > at)
		return false;
	*line = (struct slice){ line->at, at - 2 - (size_t)len };
	return true;
}

/* "addr", or with what only Exim needs: "addr ERRORS-TO LENGTH,NUMBER#1", "addr ORCPT
 * LENGTH,FLAGS ERRORS-TO LENGTH,NUMBER#3". */
static struct slice address_of(struct slice line)
{
	struct slice whole = line, flags;
	const char *mark = memrchr(line.at, '#', line.len);
	uint64_t number;

	if (mark == NULL)
		return whole;
	flags = (struct slice){ mark + 1, (size_t)(line.at + line.len - mark) - 1 };
	line.len = (size_t)(mark - line.at);
	if (!slice_number(flags, 99, &number) || ((number & 1) != 0 && !take_extra(&line)) ||
	    ((number & 2) != 0 && !take_extra(&line)))
		return whole;
	return line;
}

/* False: there are more than there is to read. `left` bytes are theirs then, roughly. */
static bool read_recipients(struct slice *rest, struct queue_message *message, int64_t *left)
{
	struct delivered delivered = { .count = 0 };
	struct slice line, begin;
	uint64_t count, taken = 0;

	*left = 0;
	if (!read_tree(rest, &delivered) || !next_line(rest, &line) ||
	    !slice_number(line, UINT32_MAX, &count))
		return false;
	for (begin = *rest; taken < count && next_line(rest, &line); taken++) {
		struct slice address = address_of(line);

		if (address.len > 0 && !is_delivered(&delivered, address))
			queue_message_to(message, address, (struct slice){ "", 0 });
	}
	if (taken > 0 && taken < count)
		*left = (int64_t)((double)begin.len / (double)taken * (double)(count - taken));
	return taken == count;
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

/* "-frozen 1795487568"; a second '-' marks what came from outside. "-aclm NAME LENGTH" has
 * its value, which may hold anything, in the line behind. */
static void read_options(struct slice *rest, struct queue_message *message)
{
	struct slice next = *rest, line;

	for (; next_line(&next, &line) && line.len > 1 && line.at[0] == '-'; *rest = next) {
		const char *blank = memrchr(line.at, ' ', line.len);
		uint64_t len;

		if (slice_starts(line, "-frozen "))
			message->is_frozen = true;
		if (!slice_starts(line, "-acl") && !slice_starts(line, "--acl"))
			continue;
		if (blank == NULL ||
		    !slice_number((struct slice){ blank + 1, (size_t)(line.at + line.len - blank) - 1 },
				  next.len, &len) || len + 1 > next.len)
			return;
		next = (struct slice){ next.at + len + 1, next.len - (size_t)len - 1 };
	}
}

static enum queue_envelope read_envelope(struct slice block, const struct queue_stat *about,
					 struct queue_message *message)
{
	struct slice rest = block, line, sender, times, word;
	int64_t arrived, left, size = 0, body;
	uint64_t number;

	if (!next_line(&rest, &line) || line.len < 2 || !slice_is((struct slice){
	    line.at + line.len - 2, 2 }, "-H") ||
	    !read_id((struct slice){ line.at, line.len - 2 }, &arrived) ||
	    !next_line(&rest, &line) || !next_line(&rest, &sender) ||
	    sender.len < 2 || sender.at[0] != '<' || sender.at[sender.len - 1] != '>' ||
	    !next_line(&rest, &times) || !slice_word(&times, &word) ||
	    !slice_number(word, INT64_MAX, &number))
		return QUEUE_ENVELOPE_CORRUPT;
	message->arrived = (int64_t)number;
	message->knows_frozen = true;
	queue_message_from(message, sender);
	read_options(&rest, message);
	if (read_recipients(&rest, message, &left) && next_line(&rest, &line)) {
		if (line.len > 0)
			return QUEUE_ENVELOPE_CORRUPT;
		size = header_size(rest, block, about->size);
	} else if ((int64_t)block.len >= about->size) {
		return QUEUE_ENVELOPE_CORRUPT;
	} else {
		size = about->size - (int64_t)block.len - left;
	}
	/* As `exim -bp` counts: with the empty line between them, and without the line that
	 * names the body in its file. */
	body = about->body_size - (block.at[ID_OLD] == '-' ? ID_OLD : ID_NEW) - 3 + 1;
	if (about->body_size != QUEUE_UNKNOWN)
		message->size = (size > 0 ? size : 0) + (body > 0 ? body : 0);
	return QUEUE_ENVELOPE_READ;
}

/* ---- the log of a message ---- */

/* Behind "2026-11-24 02:32:48[.123] [+0100] [\[pid\]] " */
static bool skip_time(struct slice *line)
{
	struct slice word, rest = *line;

	if (!slice_word(&rest, &word) || word.len != 10 || word.at[4] != '-' ||
	    !slice_word(&rest, &word) || word.len < 8 || word.at[2] != ':')
		return false;
	for (*line = slice_trim(rest); slice_word(&rest, &word); *line = slice_trim(rest)) {
		if (strchr("+-[", word.at[0]) == NULL || (word.at[0] != '[' && word.len != 5))
			break;
	}
	return true;
}

/* "child@x <user@y>" and "user@y" mean user@y. */
static struct slice top_address(struct slice who)
{
	const char *parent = who.len > 0 && who.at[who.len - 1] == '>' ?
			     memmem(who.at, who.len, " <", 2) : NULL;

	if (parent == NULL)
		return who;
	return (struct slice){ parent + 2, (size_t)(who.at + who.len - parent) - 3 };
}

/* Which recipient it is; false: none that waits. */
static bool find_recipient(const struct queue_message *message, struct slice address, size_t *number)
{
	for (*number = 0; *number < message->recipient_count; ++*number) {
		if (slice_same_nocase(queue_message_recipient(message, *number), address))
			return true;
	}
	return false;
}

/* What the server said, where it is told: "H=mx [192.0.2.1]: SMTP error from remote mail
 * server after RCPT TO:<user@y>: 450 4.2.1 busy". Exim writes a line break as \n. */
static void read_reason(struct slice reason, struct text *words)
{
	const char *error = memmem(reason.at, reason.len, "SMTP error from remote mail server", 34);
	const char *end = reason.at + reason.len;

	for (const char *at = error; at != NULL && end - at > 5; at++) {
		if (memcmp(at, ": ", 2) == 0 && (at[2] == '4' || at[2] == '5') &&
		    (at[5] == ' ' || at[5] == '-')) {
			reason = (struct slice){ at + 2, (size_t)(end - at) - 2 };
			break;
		}
	}
	text_truncate(words, 0);
	for (size_t i = 0; i < reason.len; i++) {
		bool is_break = reason.at[i] == '\\' && i + 1 < reason.len && reason.at[i + 1] == 'n';

		text_add_char(words, is_break ? '\n' : reason.at[i]);
		i += is_break;
	}
}

/* "user@x R=r T=t defer (111): Connection refused": the last word on each recipient
 * counts; that it was not tried again says less than what was said before. */
static void read_log_line(struct slice line, struct queue_message *message, struct text *words)
{
	static const char mark[] = " defer (";
	const char *defer, *router, *close;
	struct slice reason, who;
	size_t number;

	if (!skip_time(&line))
		return;
	if (slice_starts(line, "== "))
		line = (struct slice){ line.at + 3, line.len - 3 };
	defer = memmem(line.at, line.len, mark, sizeof mark - 1);
	if (defer == NULL)
		return;
	who = (struct slice){ line.at, (size_t)(defer - line.at) };
	router = memmem(who.at, who.len, " R=", 3);
	if (router != NULL)
		who.len = (size_t)(router - who.at);
	close = memchr(defer, ')', (size_t)(line.at + line.len - defer));
	if (close == NULL || !find_recipient(message, top_address(who), &number))
		return;
	reason = slice_trim((struct slice){ close + 1, (size_t)(line.at + line.len - close) - 1 });
	if (slice_starts(reason, ":"))
		reason = slice_trim((struct slice){ reason.at + 1, reason.len - 1 });
	if (reason.len == 0 || (message->recipients[number].reason_len > 0 &&
				memmem(reason.at, reason.len, "retry time not reached", 22) != NULL))
		return;
	read_reason(reason, words);
	if (text_failed(words))
		message->failed = true;
	else
		queue_message_because_of(message, number, text_slice(words));
}

static void read_log(struct slice log, struct queue_message *message)
{
	struct text words = { 0 };
	struct slice line;

	while (next_line(&log, &line))
		read_log_line(line, message, &words);
	text_release(&words);
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
