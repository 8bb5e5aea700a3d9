/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/mime.h"

#include <string.h>

#include "base/base64.h"

enum {
	FOLD_AT = 78,		/* RFC 5322 section 2.1.1 */
	BLANKS_MAX = 40,	/* of a run of blanks in a header, what is kept */
	ENCODED_WORD_MAX = 75,	/* RFC 2047 section 2 */
	QUOTED_LINE = 76,	/* RFC 2045 section 6.7 */
	BASE64_BYTES = 57,	/* RFC 2045 section 6.8: 76 characters */
	BASE64_LINE = 78,	/* and CRLF */
	FILENAME_MAX_BYTES = 255,
};

static bool is_high(char c)
{
	return (unsigned char)c > 127;
}

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == '\x7f';
}

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static size_t count_high(struct slice s)
{
	size_t count = 0;

	for (size_t i = 0; i < s.len; i++)
		count += is_high(s.at[i]);
	return count;
}

static struct slice behind(struct slice s, size_t len)
{
	return (struct slice){ s.at + len, s.len - len };
}

static void add_hex(struct text *text, char mark, char c)
{
	static const char digits[] = "0123456789ABCDEF";

	text_add_slice(text, (struct slice){ (char[]){ mark, digits[(unsigned char)c >> 4],
						       digits[(unsigned char)c & 15] }, 3 });
}

const char *mime_charset(struct slice bytes)
{
	bool has_high = false;
	uint32_t number;

	while (bytes.len > 0) {
		size_t len = 1;

		if (is_high(*bytes.at)) {
			has_high = true;
			len = text_utf8(bytes, &number);
			if (len == 0)
				return "unknown-8bit";
		}
		bytes = behind(bytes, len);
	}
	return has_high ? "utf-8" : "us-ascii";
}

/* ---- headers ---- */

/* A header while it is written. */
struct header {
	struct text *text;
	size_t line;		/* where its last line begins in the text */
	const char *charset;
	bool has_addresses;
	bool is_utf8;
};

/* Unfolding takes the CRLF away and leaves the blanks (RFC 5322 2.2.3). */
static void add_word(struct header *header, size_t blanks, struct slice word)
{
	blanks = blanks > BLANKS_MAX ? BLANKS_MAX : blanks;
	if (header->text->len - header->line + blanks + word.len > FOLD_AT && blanks > 0) {
		text_add(header->text, "\r\n");
		header->line = header->text->len;
	}
	for (; blanks > 0; blanks--)
		text_add_char(header->text, ' ');
	text_add_slice(header->text, word);
}

/* In a phrase, which is the strictest place, few may stand for themselves
 * (RFC 2047 section 5). */
static bool is_plain_in_q(char c)
{
	return is_alphanumeric(c) || (c != '\0' && strchr("!*+-/", c) != NULL);
}

/* As many whole characters as take `room` in Q or B; at least one. */
static size_t encodable(const struct header *header, struct slice s, bool is_base64, size_t room)
{
	bool is_utf8 = strcmp(header->charset, "unknown-8bit") != 0;
	size_t taken = 0, used = 0;
	uint32_t number;

	while (taken < s.len) {
		size_t len = is_utf8 ? text_utf8(behind(s, taken), &number) : 1;
		size_t cost = is_base64 ? len : 0;

		for (size_t i = 0; !is_base64 && i < len; i++)
			cost += is_plain_in_q(s.at[taken + i]) || s.at[taken + i] == ' ' ? 1 : 3;
		used += cost;
		if (taken > 0 && (is_base64 ? (used + 2) / 3 * 4 : used) > room)
			break;
		taken += len;
	}
	return taken;
}

static void add_encoded(struct header *header, size_t blanks, struct slice s)
{
	bool is_base64 = count_high(s) > s.len / 3;
	/* "=?charset?Q?" and "?=" */
	size_t frame = strlen(header->charset) + 7, room = ENCODED_WORD_MAX - frame;
	size_t column = header->text->len - header->line + blanks + frame;
	struct text word = { 0 };

	/* Better a short word behind the name than a line with the name alone. */
	if (column + 16 <= FOLD_AT && FOLD_AT - column < room)
		room = FOLD_AT - column;
	while (s.len > 0 && !text_failed(header->text)) {
		size_t len = encodable(header, s, is_base64, room);

		word.len = 0;
		text_add(&word, "=?%s?%c?", header->charset, is_base64 ? 'B' : 'Q');
		if (is_base64)
			base64_add(&word, (struct slice){ s.at, len });
		for (size_t i = 0; !is_base64 && i < len; i++) {
			if (s.at[i] == ' ')
				text_add_char(&word, '_');
			else if (is_plain_in_q(s.at[i]))
				text_add_char(&word, s.at[i]);
			else
				add_hex(&word, '=', s.at[i]);
		}
		text_add(&word, "?=");
		add_word(header, blanks, text_slice(&word));
		header->text->failed |= text_failed(&word);
		s = behind(s, len);
		blanks = 1;
		room = ENCODED_WORD_MAX - frame;
	}
	text_release(&word);
}

static bool is_address(const struct header *header, struct slice word)
{
	return header->has_addresses && word.len <= MIME_WORD_MAX &&
	       memchr(word.at, '@', word.len) != NULL && strcmp(header->charset, "utf-8") == 0;
}

static bool wants_encoding(const struct header *header, struct slice word)
{
	return word.len > MIME_WORD_MAX || (count_high(word) > 0 && !is_address(header, word));
}

/* The blanks in front and the word behind them. */
static size_t take_word(struct slice *rest, struct slice *word)
{
	size_t blanks = 0, len = 0;

	while (blanks < rest->len && rest->at[blanks] == ' ')
		blanks++;
	*word = behind(*rest, blanks);
	while (len < word->len && word->at[len] != ' ')
		len++;
	*rest = behind(*word, len);
	word->len = len;
	return blanks;
}

static void add_value(struct header *header, struct slice rest)
{
	size_t blanks = 1;

	while (rest.len > 0) {
		struct slice word, after, next;

		blanks += take_word(&rest, &word);
		if (!wants_encoding(header, word)) {
			add_word(header, blanks, word);
			header->is_utf8 |= count_high(word) > 0;
			blanks = 0;
			continue;
		}
		/* Blanks between encoded-words are none (RFC 2047 6.2), so that those
		 * between words that are encoded have to be encoded with them. */
		after = rest;
		while (after.len > 0 && (take_word(&after, &next), wants_encoding(header, next))) {
			word.len = (size_t)(next.at + next.len - word.at);
			rest = after;
		}
		add_encoded(header, blanks, word);
		blanks = 0;
	}
}

bool mime_add_header(struct text *text, const char *name, struct slice value, bool has_addresses)
{
	struct header header = { text, text->len, "", has_addresses, false };
	struct text clean = { 0 };

	text_add_slice(&clean, value);
	for (size_t i = 0; i < clean.len; i++)
		clean.at[i] = is_control(clean.at[i]) ? ' ' : clean.at[i];
	value = slice_trim(text_slice(&clean));
	header.charset = mime_charset(value);
	text_add(text, "%s:", name);
	add_value(&header, value);
	text_add(text, "\r\n");
	text->failed |= text_failed(&clean);
	text_release(&clean);
	return header.is_utf8;
}

/* ---- bodies ---- */

/* May it stand for itself? Blanks may, where no line end is behind them. */
static bool is_plain_in_quoted(struct slice rest)
{
	char c = *rest.at;

	if (c == ' ' || c == '\t')
		return rest.len > 1 && rest.at[1] != '\r';
	return c > ' ' && c < '\x7f' && c != '=';
}

void mime_add_quoted(struct text *text, struct slice lines)
{
	size_t line = text->len;

	while (lines.len > 0 && !text_failed(text)) {
		bool is_plain, is_last;

		if (*lines.at == '\r') {
			text_add_slice(text, (struct slice){ "\r\n", 2 });
			line = text->len;
			lines = behind(lines, 2);
			continue;
		}
		is_plain = is_plain_in_quoted(lines);
		is_last = lines.len == 1 || lines.at[1] == '\r';
		/* One column stays for the '=' of a soft line end. */
		if (text->len - line + (is_plain ? 1 : 3) > QUOTED_LINE - (is_last ? 0 : 1)) {
			text_add_slice(text, (struct slice){ "=\r\n", 3 });
			line = text->len;
		}
		if (is_plain)
			text_add_char(text, *lines.at);
		else
			add_hex(text, '=', *lines.at);
		lines = behind(lines, 1);
	}
}

void mime_add_base64(struct text *text, struct slice bytes)
{
	while (bytes.len > 0 && !text_failed(text)) {
		size_t len = bytes.len < BASE64_BYTES ? bytes.len : BASE64_BYTES;

		base64_add(text, (struct slice){ bytes.at, len });
		text_add_slice(text, (struct slice){ "\r\n", 2 });
		bytes = behind(bytes, len);
	}
}

uint64_t mime_base64_size(uint64_t len)
{
	return (len + 2) / 3 * 4 + (len + BASE64_BYTES - 1) / BASE64_BYTES * 2;
}

uint64_t mime_base64_room(uint64_t size)
{
	uint64_t rest = size % BASE64_LINE;

	return size / BASE64_LINE * BASE64_BYTES + (rest > 2 ? (rest - 2) / 4 * 3 : 0);
}

/* ---- a file's name ---- */

static struct slice cut_filename(const char *name)
{
	struct slice rest = slice_of(name), cut = { name, 0 };
	uint32_t number;

	while (rest.len > 0) {
		size_t len = text_utf8(rest, &number);

		len = len > 0 ? len : 1;
		if (cut.len + len > FILENAME_MAX_BYTES)
			break;
		cut.len += len;
		rest = behind(rest, len);
	}
	return cut;
}

void mime_add_filename(struct text *text, const char *name)
{
	struct slice cut = cut_filename(name);
	const char *charset = mime_charset(cut);

	if (strcmp(charset, "us-ascii") != 0) {
		text_add(text, "filename*=%s''", strcmp(charset, "utf-8") == 0 ? "UTF-8" : charset);
		for (size_t i = 0; i < cut.len; i++) {
			char c = is_control(cut.at[i]) ? '_' : cut.at[i];

			if (is_alphanumeric(c) || strchr("-._", c) != NULL)
				text_add_char(text, c);
			else
				add_hex(text, '%', c);
		}
		return;
	}
	text_add(text, "filename=\"");
	for (size_t i = 0; i < cut.len; i++) {
		if (cut.at[i] == '"' || cut.at[i] == '\\')
			text_add_char(text, '\\');
		text_add_char(text, is_control(cut.at[i]) ? '_' : cut.at[i]);
	}
	text_add_char(text, '"');
}
