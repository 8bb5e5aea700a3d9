/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "mail/content.h"
#include "mail/tag_list.h"

/* The fields of a header: those of the message, and those that tell what a part is. */

static struct slice behind(struct slice s, size_t len)
{
	return (struct slice){ s.at + len, s.len - len };
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Comments may stand between words (RFC 5322 3.2.2), and in comments. */
static void skip_comments(struct slice *rest)
{
	unsigned depth = 0;

	while (rest->len > 0) {
		char c = *rest->at;

		if (c == '(')
			depth++;
		else if (depth == 0 && !is_blank(c))
			return;
		else if (c == ')')
			depth -= depth > 0;
		else if (c == '\\' && rest->len > 1)
			*rest = behind(*rest, 1);
		*rest = behind(*rest, 1);
	}
}

static void note(struct content *content, enum content_fault fault, struct slice about, const char *why)
{
	content_note(content, fault, content->field_line, content->part.path, about, why);
}

/* ---- dates */

static bool take_number(struct slice *rest, size_t digits_max, int64_t *number, size_t *digits)
{
	*number = 0;
	skip_comments(rest);
	for (*digits = 0; *digits < digits_max && rest->len > 0 && *rest->at >= '0' && *rest->at <= '9'; ++*digits) {
		*number = 10 * *number + (*rest->at - '0');
		*rest = behind(*rest, 1);
	}
	return *digits > 0;
}

static size_t take_letters(struct slice *rest, struct slice *word)
{
	size_t len = 0;

	skip_comments(rest);
	while (len < rest->len && ((rest->at[len] | 32) >= 'a' && (rest->at[len] | 32) <= 'z'))
		len++;
	*word = (struct slice){ rest->at, len };
	*rest = behind(*rest, len);
	return len;
}

static bool take_mark(struct slice *rest, char mark)
{
	skip_comments(rest);
	if (rest->len == 0 || *rest->at != mark)
		return false;
	*rest = behind(*rest, 1);
	return true;
}

static int place_of(struct slice word, const char *const *list, int count)
{
	for (int i = 0; i < count; i++) {
		if (slice_is_nocase(word, list[i]))
			return i;
	}
	return -1;
}

static bool take_zone(struct slice *rest, int64_t *seconds)
{
	/* RFC 5322 4.3; each of two words is that many hours from UTC. */
	static const char *const names[] = { "UT", "GMT", "Z", "EDT", "EST", "CDT", "CST", "MDT", "MST", "PDT", "PST" };
	static const signed char hours[] = { 0, 0, 0, -4, -5, -5, -6, -6, -7, -7, -8 };
	struct slice word;
	size_t digits;
	int sign, at;

	if (take_letters(rest, &word) > 0) {
		at = place_of(word, names, (int)(sizeof names / sizeof *names));
		/* A zone of another name is taken for UTC, as the RFC says. */
		*seconds = at >= 0 ? hours[at] * 3600 : 0;
		return true;
	}
	sign = take_mark(rest, '-') ? -1 : take_mark(rest, '+') ? 1 : 0;
	if (sign == 0 || !take_number(rest, 4, seconds, &digits) || digits != 4 || *seconds % 100 > 59)
		return false;
	*seconds = sign * (*seconds / 100 * 3600 + *seconds % 100 * 60);
	return true;
}

/* Days from 1970 (the proleptic Gregorian calendar, with years that begin in March). */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	year -= month <= 2;
	month = (month + 9) % 12;
	return 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719468;
}

bool content_date_parse(struct slice value, int64_t *time)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
	};
	static const unsigned char lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t day, year, hour, minute, second = 0, zone;
	struct slice word;
	size_t digits;
	int month;

	if (take_letters(&value, &word) > 0 && (place_of(word, days, 7) < 0 || !take_mark(&value, ',')))
		return false;
	if (!take_number(&value, 2, &day, &digits) || take_letters(&value, &word) != 3)
		return false;
	month = place_of(word, months, 12);
	if (month < 0 || day < 1 || day > lengths[month] || !take_number(&value, 4, &year, &digits) || digits < 2)
		return false;
	if (digits < 4)
		year += digits == 3 || year > 49 ? 1900 : 2000;
	if (!take_number(&value, 2, &hour, &digits) || !take_mark(&value, ':') ||
	    !take_number(&value, 2, &minute, &digits))
		return false;
	if (take_mark(&value, ':') && !take_number(&value, 2, &second, &digits))
		return false;
	if (hour > 23 || minute > 59 || second > 60 || !take_zone(&value, &zone))
		return false;
	skip_comments(&value);
	*time = days_of(year, month + 1, day) * 86400 + hour * 3600 + minute * 60 + second - zone;
	return value.len == 0;
}

/* ---- addresses */

/* "a@b": enough to tell what is an address and what is not. */
static bool read_address(struct slice word, struct domain *domain)
{
	const char *at = word.len > 0 ? memrchr(word.at, '@', word.len) : NULL;
	struct slice host;
	struct fault fault;

	if (at == NULL || at == word.at)
		return false;
	host = (struct slice){ at + 1, (size_t)(word.at + word.len - at - 1) };
	if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']')
		return true;
	return domain_parse(host, domain, &fault) && domain->text[0] != '\0';
}

/* The next mailbox of a list (RFC 5322 3.4), without its name: up to ',' or ';'. False:
 * nothing is left. */
static bool next_mailbox(struct slice *rest, char *to, size_t size, struct slice *mailbox)
{
	size_t len = 0;
	bool is_quoted = false, is_angle = false, has_angle = false, is_any = false;

	if (rest->len == 0)
		return false;
	for (; rest->len > 0; *rest = behind(*rest, 1)) {
		char c = *rest->at;

		if (!is_quoted && c == '(') {
			skip_comments(rest);
			if (rest->len == 0)
				break;
			c = *rest->at;
		}
		if (c == '"') {
			is_quoted = !is_quoted;
		} else if (is_quoted && c == '\\' && rest->len > 1) {
			*rest = behind(*rest, 1);
			c = *rest->at;
		} else if (!is_quoted && c == '<') {
			is_angle = has_angle = is_any = true;
			len = 0;
			continue;
		} else if (!is_quoted && c == '>') {
			is_angle = false;
			continue;
		} else if (!is_quoted && !is_angle && (c == ',' || c == ';')) {
			*rest = behind(*rest, 1);
			break;
		} else if (!is_quoted && !is_angle && c == ':') {
			/* The name of a group. */
			len = 0;
			is_any = false;
			continue;
		}
		is_any |= !is_blank(c);
		if ((!has_angle || is_angle) && len < size && (is_quoted || !is_blank(c) || len > 0))
			to[len++] = c;
	}
	while (len > 0 && is_blank(to[len - 1]))
		len--;
	*mailbox = (struct slice){ to, is_any ? len : 0 };
	return true;
}

static void read_from(struct content *content, struct slice name, struct slice value)
{
	char word[512];
	struct slice mailbox;
	struct domain domain;
	unsigned count = 0;

	while (next_mailbox(&value, word, sizeof word, &mailbox)) {
		if (mailbox.len == 0)
			continue;
		domain.text[0] = '\0';
		if (!read_address(mailbox, &domain)) {
			note(content, CONTENT_FIELD_INVALID, name, "it has something that is no address");
			return;
		}
		if (count++ == 0)
			content->from = domain;
	}
	if (count == 0)
		note(content, CONTENT_FIELD_INVALID, name, "it has no address");
	else if (count > 1)
		note(content, CONTENT_FROM_SEVERAL, name, NULL);
}

/* ---- what else the message says of itself */

static void read_date(struct content *content, struct slice name, struct slice value)
{
	content->date_line = content->field_line;
	content->has_date = content_date_parse(value, &content->date);
	if (!content->has_date)
		note(content, CONTENT_FIELD_INVALID, name, "it is no date as \"Tue, 24 Nov 2026 16:00:00 +0100\"");
}

/* The topmost one tells when the message came in. */
static void read_received(struct content *content, struct slice name, struct slice value)
{
	const char *mark = value.len > 0 ? memrchr(value.at, ';', value.len) : NULL;

	(void)name;
	if (!content->has_received && mark != NULL)
		content->has_received = content_date_parse(
			behind(value, (size_t)(mark + 1 - value.at)), &content->received);
}

/* "<left@right>" (RFC 5322 3.6.4) */
static void read_message_id(struct content *content, struct slice name, struct slice value)
{
	const char *at = value.len > 0 ? memchr(value.at, '@', value.len) : NULL;
	bool is_good = value.len > 4 && value.at[0] == '<' && value.at[value.len - 1] == '>' && at != NULL &&
		       at > value.at + 1 && at < value.at + value.len - 2;

	for (size_t i = 1; is_good && i + 1 < value.len; i++)
		is_good = !is_blank(value.at[i]) && value.at[i] != '<' && value.at[i] != '>';
	if (!is_good)
		note(content, CONTENT_FIELD_INVALID, name, "it is not of the form <left@right>");
}

static bool lists(struct slice names, const char *name)
{
	struct slice word;

	while (slice_split(&names, ':', &word)) {
		if (slice_is_nocase(slice_trim(word), name))
			return true;
	}
	return false;
}

static void read_signature(struct content *content, struct slice name, struct slice value)
{
	/* RFC 6376 3.5: these are required. */
	static const char *const required[] = { "v", "a", "b", "bh", "d", "h", "s" };
	struct content_signature signature = { .line = content->field_line };
	bool has[sizeof required / sizeof *required] = { false };
	const char *why = NULL;
	enum tag_outcome outcome;
	struct fault fault;
	struct tag tag;

	while ((outcome = tag_next(&value, &tag)) != TAG_END) {
		if (outcome == TAG_BAD)
			continue;
		for (size_t i = 0; i < sizeof required / sizeof *required; i++)
			has[i] |= slice_is(tag.name, required[i]) && tag.value.len > 0;
		if (slice_is(tag.name, "d") && !domain_parse(tag.value, &signature.domain, &fault))
			why = "its d= is no domain";
		else if (slice_is(tag.name, "s"))
			slice_copy(tag.value, signature.selector, sizeof signature.selector);
		if (slice_is(tag.name, "h")) {
			signature.covers_from = lists(tag.value, "From");
			signature.covers_unsubscribe = lists(tag.value, "List-Unsubscribe") &&
						       lists(tag.value, "List-Unsubscribe-Post");
		}
	}
	for (size_t i = sizeof required / sizeof *required; i-- > 0;) {
		if (!has[i])
			why = "it lacks one of v=, a=, b=, bh=, d=, h= and s=";
	}
	if (why == NULL && !signature.covers_from)
		why = "its h= does not name From";
	if (why != NULL)
		note(content, CONTENT_SIGNATURE_INVALID, name, why);
	else if (content->signature_count < CONTENT_SIGNATURES)
		content->signatures[content->signature_count++] = signature;
}

/* RFC 2369 and 8058 */
static void read_unsubscribe(struct content *content, struct slice name, struct slice value)
{
	(void)name;
	content->has_unsubscribe = true;
	content->unsubscribe_line = content->field_line;
	for (; value.len > 9; value = behind(value, 1)) {
		if (slice_is_nocase((struct slice){ value.at, 9 }, "<https://"))
			content->has_unsubscribe_https = true;
	}
}

static void read_unsubscribe_post(struct content *content, struct slice name, struct slice value)
{
	(void)name;
	content->has_unsubscribe_post = slice_is_nocase(value, "List-Unsubscribe=One-Click");
}

/* ---- what a part says of itself */

/* The next parameter behind a type or a disposition (RFC 2045 5.1). */
static bool next_parameter(struct slice *rest, struct slice *name, char *to, size_t size, struct slice *value)
{
	size_t len = 0, used = 0;
	bool is_quoted;

	while (take_mark(rest, ';'))
		;
	skip_comments(rest);
	if (rest->len == 0)
		return false;
	while (len < rest->len && rest->at[len] != '=' && rest->at[len] != ';' && !is_blank(rest->at[len]))
		len++;
	*name = (struct slice){ rest->at, len };
	*rest = behind(*rest, len);
	*value = (struct slice){ to, 0 };
	if (!take_mark(rest, '=')) {
		/* No name can be this: go on behind it. */
		if (len == 0 && rest->len > 0)
			*rest = behind(*rest, 1);
		return true;
	}
	is_quoted = take_mark(rest, '"');
	for (; rest->len > 0; *rest = behind(*rest, 1)) {
		char c = *rest->at;

		if (is_quoted ? c == '"' : c == ';' || is_blank(c))
			break;
		if (is_quoted && c == '\\' && rest->len > 1) {
			*rest = behind(*rest, 1);
			c = *rest->at;
		}
		if (used < size)
			to[used++] = c;
	}
	if (is_quoted && rest->len > 0)
		*rest = behind(*rest, 1);
	value->len = used;
	return true;
}

/* The word before the parameters. */
static struct slice take_token(struct slice *rest)
{
	size_t len = 0;

	skip_comments(rest);
	while (len < rest->len && rest->at[len] != ';' && rest->at[len] != '(' && !is_blank(rest->at[len]))
		len++;
	*rest = behind(*rest, len);
	return (struct slice){ rest->at - len, len };
}

static void add_to_name(struct content_part *part, const char *bytes, size_t len)
{
	size_t have = strlen(part->name);

	for (size_t i = 0; i < len && have + 1 < sizeof part->name; i++)
		part->name[have++] = bytes[i] != '\0' ? bytes[i] : '?';
	part->name[have] = '\0';
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Octets behind a mark: "%41", and "=41" of RFC 2047's Q, where '_' is a blank. */
static void add_marked(struct content_part *part, struct slice s, char mark)
{
	while (s.len > 0) {
		char c = mark == '=' && *s.at == '_' ? ' ' : *s.at;

		if (c == mark && s.len > 2 && hex(s.at[1]) >= 0 && hex(s.at[2]) >= 0) {
			c = (char)(hex(s.at[1]) << 4 | hex(s.at[2]));
			s = behind(s, 2);
		}
		add_to_name(part, &c, 1);
		s = behind(s, 1);
	}
}

/* "=?charset?B?text?=" at the front (RFC 2047 2). */
static bool take_encoded_word(struct slice *rest, bool *is_base64, struct slice *text)
{
	struct slice inner = *rest, charset, how;
	const char *end;

	if (!slice_starts(inner, "=?"))
		return false;
	inner = behind(inner, 2);
	if (!slice_split(&inner, '?', &charset) || !slice_split(&inner, '?', &how) || inner.at == NULL)
		return false;
	end = memmem(inner.at, inner.len, "?=", 2);
	*is_base64 = slice_is_nocase(how, "b");
	if (end == NULL || (!*is_base64 && !slice_is_nocase(how, "q")))
		return false;
	*text = (struct slice){ inner.at, (size_t)(end - inner.at) };
	*rest = behind(inner, text->len + 2);
	return true;
}

/* A name that may have encoded words: RFC 2047 forbids them there, and all write them. */
static void add_decoded(struct content_part *part, struct slice s)
{
	char bytes[CONTENT_ABOUT_MAX * 2];
	struct slice text, next;
	bool is_base64;

	while (s.len > 0) {
		struct content_decoder decoder = { 0 };

		if (!take_encoded_word(&s, &is_base64, &text)) {
			add_to_name(part, s.at, 1);
			s = behind(s, 1);
			continue;
		}
		if (is_base64 && text.len <= sizeof bytes)
			add_to_name(part, bytes, content_base64(&decoder, text, bytes));
		else if (!is_base64)
			add_marked(part, text, '=');
		/* Blanks between encoded words are none. */
		next = slice_trim(s);
		if (slice_starts(next, "=?"))
			s = next;
	}
}

/* filename=, filename*=, filename*0=, filename*0*= (RFC 2231 3 and 4) */
static void read_name(struct content_part *part, const char *base, unsigned rank, struct slice name,
		      struct slice value)
{
	size_t len = strlen(base);
	bool is_encoded, is_first;
	struct slice word;

	if (name.len < len || !slice_is_nocase((struct slice){ name.at, len }, base))
		return;
	name = behind(name, len);
	if (name.len == 0) {
		if (rank < part->name_rank)
			return;
		part->name[0] = '\0';
		part->name_rank = rank;
		add_decoded(part, value);
		return;
	}
	if (*name.at != '*' || rank + 1 < part->name_rank)
		return;
	is_encoded = name.at[name.len - 1] == '*';
	is_first = name.len == 1 || (name.len > 1 && name.at[1] == '0' && (name.len == 2 || name.at[2] == '*'));
	if (is_first) {
		part->name[0] = '\0';
		part->name_rank = rank + 1;
		if (is_encoded) {
			slice_split(&value, '\'', &word);
			slice_split(&value, '\'', &word);
		}
	}
	if (value.at == NULL)
		return;
	if (is_encoded)
		add_marked(part, value, '%');
	else
		add_to_name(part, value.at, value.len);
}

static enum content_charset charset_of(struct slice word)
{
	if (slice_is_nocase(word, "us-ascii") || slice_is_nocase(word, "ascii"))
		return CONTENT_ASCII;
	return slice_is_nocase(word, "utf-8") || slice_is_nocase(word, "utf8") ? CONTENT_UTF8
									       : CONTENT_OTHER_CHARSET;
}

static bool begins_nocase(struct slice s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.len >= len && slice_is_nocase((struct slice){ s.at, len }, prefix);
}

static enum content_kind kind_of(struct slice type)
{
	if (begins_nocase(type, "multipart/"))
		return CONTENT_MULTIPART;
	if (slice_is_nocase(type, "message/rfc822") || slice_is_nocase(type, "message/global"))
		return CONTENT_MESSAGE;
	if (slice_is_nocase(type, "text/plain"))
		return CONTENT_PLAIN;
	if (slice_is_nocase(type, "text/html"))
		return CONTENT_HTML;
	return begins_nocase(type, "image/") ? CONTENT_IMAGE : CONTENT_FILE;
}

static void read_boundary(struct content_part *part, struct slice value)
{
	/* RFC 2046 5.1.1: 1 to 70 characters, the last one no blank. */
	if (value.len == 0 || value.len > CONTENT_BOUNDARY_MAX || memchr(value.at, '\0', value.len) != NULL ||
	    is_blank(value.at[value.len - 1]))
		part->why = "its boundary is not of 1 to 70 characters";
	else
		slice_copy(value, part->boundary, sizeof part->boundary);
}

static void read_type(struct content *content, struct slice name, struct slice value)
{
	struct content_part *part = &content->part;
	struct slice type = take_token(&value), parameter, said;
	const char *slash = type.len > 0 ? memchr(type.at, '/', type.len) : NULL;
	char word[1024];

	if (slash == NULL || slash == type.at || slash + 1 == type.at + type.len) {
		note(content, CONTENT_FIELD_INVALID, name, "it is not of the form type/subtype");
		return;
	}
	slice_copy(type, part->type, sizeof part->type);
	part->kind = kind_of(type);
	part->is_text = begins_nocase(type, "text/");
	part->why = "it names no boundary";
	while (next_parameter(&value, &parameter, word, sizeof word, &said)) {
		if (slice_is_nocase(parameter, "boundary")) {
			read_boundary(part, said);
		} else if (slice_is_nocase(parameter, "charset")) {
			part->charset = charset_of(said);
			part->has_charset = true;
		} else {
			read_name(part, "name", 1, parameter, said);
		}
	}
}

static void read_encoding(struct content *content, struct slice name, struct slice value)
{
	static const char *const words[] = { "7bit", "8bit", "binary", "quoted-printable", "base64" };
	struct slice word = take_token(&value);
	int at = place_of(word, words, 5);

	(void)name;
	content->part.encoding = at >= 0 ? (enum content_encoding)at : CONTENT_OTHER;
	if (at < 0)
		note(content, CONTENT_ENCODING_UNKNOWN, word, NULL);
}

static void read_disposition(struct content *content, struct slice name, struct slice value)
{
	struct content_part *part = &content->part;
	struct slice parameter, said;
	char word[1024];

	(void)name;
	part->is_attachment = slice_is_nocase(take_token(&value), "attachment");
	while (next_parameter(&value, &parameter, word, sizeof word, &said))
		read_name(part, "filename", 3, parameter, said);
}

/* ---- the table */

static const struct field {
	const char *name;
	void (*read)(struct content *content, struct slice name, struct slice value);
	bool is_single;		/* RFC 5322 3.6, 2045 3, 2183 2 */
	bool is_mime;		/* of each part's header */
	bool is_expected;	/* of the message */
} fields[] = {
	{ "From", read_from, true, false, true },
	{ "Date", read_date, true, false, true },
	{ "Message-ID", read_message_id, true, false, true },
	{ "Subject", NULL, true, false, true },
	{ "To", NULL, true, false, true },
	{ "Cc", NULL, true, false, false },
	{ "Bcc", NULL, true, false, false },
	{ "Sender", NULL, true, false, false },
	{ "Reply-To", NULL, true, false, false },
	{ "In-Reply-To", NULL, true, false, false },
	{ "References", NULL, true, false, false },
	{ "MIME-Version", NULL, true, false, false },
	{ "Content-Type", read_type, true, true, false },
	{ "Content-Transfer-Encoding", read_encoding, true, true, false },
	{ "Content-Disposition", read_disposition, true, true, false },
	{ "List-Unsubscribe", read_unsubscribe, false, false, false },
	{ "List-Unsubscribe-Post", read_unsubscribe_post, false, false, false },
	{ "DKIM-Signature", read_signature, false, false, false },
	{ "Received", read_received, false, false, false },
};

enum { TO = 4, CC = 5, BCC = 6, MIME_VERSION = 11, CONTENT_TYPE = 12, ENCODING = 13, FIELDS = sizeof fields / sizeof *fields };

static bool has(const struct content *content, unsigned field)
{
	return (content->seen >> field & 1) != 0;
}

static void judge_8bit(struct content *content, struct slice name, struct slice value)
{
	struct content_utf8 utf8 = { 0 };

	if (!content_bytes_look(value).has_high)
		return;
	content_utf8_add(&utf8, value);
	/* It may have been cut within a character. */
	note(content, utf8.is_broken ? CONTENT_FIELD_FOREIGN : CONTENT_FIELD_UTF8, name, NULL);
}

void content_field(struct content *content, struct slice name, struct slice value)
{
	bool is_message = content->level_count == 0;

	judge_8bit(content, name, value);
	for (unsigned i = 0; i < FIELDS; i++) {
		const struct field *field = &fields[i];

		if (!slice_is_nocase(name, field->name) || (!is_message && !field->is_mime))
			continue;
		name = slice_of(field->name);
		if (has(content, i) && field->is_single) {
			note(content, CONTENT_FIELD_TWICE, name, NULL);
			return;
		}
		content->seen |= 1u << i;
		if (field->read != NULL)
			field->read(content, name, value);
		return;
	}
}

void content_header_end(struct content *content)
{
	if (content->level_count > 0)
		return;
	content->header_size = content->size;
	/* Bytes of any kind have a colon somewhere; a message has a field that is known. */
	if (content->seen == 0)
		content->fields = 0;
	if (content->fields == 0)
		return;
	for (unsigned i = 0; i < FIELDS; i++) {
		bool is_there = has(content, i) || (i == TO && (has(content, CC) || has(content, BCC)));
		bool is_wanted = fields[i].is_expected ||
				 (i == MIME_VERSION && (has(content, CONTENT_TYPE) || has(content, ENCODING)));

		if (is_wanted && !is_there)
			content_note(content, CONTENT_FIELD_MISSING, 0, "", slice_of(fields[i].name), NULL);
	}
}
