/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/message.h"

#include <stdio.h>
#include <string.h>

#include "base/ip.h"
#include "mail/mime.h"

/* ---- what goes over the wire ---- */

/* Counts what is said and doubles the dots (RFC 5321 section 4.5.2). What is put
 * is whole lines, or goes on where the last piece ended. */
struct wire {
	struct text *text;
	uint64_t size;
	bool is_line_begun;
};

static void put(struct wire *wire, struct slice bytes)
{
	wire->size += bytes.len;
	while (bytes.len > 0) {
		const char *end = memchr(bytes.at, '\n', bytes.len);
		size_t len = end != NULL ? (size_t)(end + 1 - bytes.at) : bytes.len;

		if (!wire->is_line_begun && *bytes.at == '.')
			text_add_char(wire->text, '.');
		text_add_slice(wire->text, (struct slice){ bytes.at, len });
		wire->is_line_begun = end == NULL;
		bytes = (struct slice){ bytes.at + len, bytes.len - len };
	}
}

/* ---- padding ---- */

static const char filling[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
			      "abcdefghijklmnopqrstuvwx\r\n";

enum { FILLING = sizeof filling - 1 };
_Static_assert(FILLING == 78, "a line of quoted-printable has room for 76 (RFC 2045 6.7)");

/* The next piece of so many octets of lines: whole ones, and at the end what is
 * left. No piece leaves one octet, which is no line. */
static struct slice next_filling(uint64_t missing)
{
	uint64_t len = missing < FILLING ? missing : FILLING;

	if (missing == FILLING + 1)
		len -= 1;
	return (struct slice){ filling + FILLING - len, len };
}

static void put_filling(struct wire *wire, uint64_t missing)
{
	while (missing > 0 && !text_failed(wire->text)) {
		struct slice piece = next_filling(missing);

		put(wire, piece);
		missing -= piece.len;
	}
}

/* ---- the body ---- */

struct body {
	struct text lines;	/* as it is sent */
	const char *charset;
	const char *encoding;	/* 7bit, 8bit, quoted-printable, base64 */
	uint64_t missing;	/* of lines of filling behind it */
};

/* Any line end becomes CRLF, and the last line has one. */
static void add_lines(struct text *lines, struct slice body)
{
	while (body.len > 0 && !text_failed(lines)) {
		size_t len = 0, end;

		while (len < body.len && body.at[len] != '\r' && body.at[len] != '\n')
			len++;
		end = len < body.len ? len + 1 : len;
		if (len + 1 < body.len && body.at[len] == '\r' && body.at[len + 1] == '\n')
			end++;
		text_add_slice(lines, (struct slice){ body.at, len });
		text_add_slice(lines, (struct slice){ "\r\n", 2 });
		body = (struct slice){ body.at + end, body.len - end };
	}
}

/* What decides the encoding. */
struct census {
	size_t longest;		/* line, without CRLF */
	size_t high;		/* octets above 127 */
	size_t controls;	/* that no text has */
	bool has_nul;
};

static struct census census_of(struct slice lines)
{
	struct census census = { 0 };
	size_t begin = 0;

	for (size_t i = 0; i < lines.len; i++) {
		unsigned char c = (unsigned char)lines.at[i];

		census.has_nul |= c == '\0';
		census.high += c > 127;
		census.controls += c < ' ' && strchr("\t\r\n\f\x1b", c) == NULL;
		if (c != '\n')
			continue;
		if (i - 1 - begin > census.longest)
			census.longest = i - 1 - begin;
		begin = i + 1;
	}
	return census;
}

static const char *choose_encoding(const struct census *census, size_t len, bool has_8bit)
{
	bool fits = census->longest <= MIME_LINE_MAX && !census->has_nul;

	if (fits && census->high == 0)
		return "7bit";
	if (fits && has_8bit)
		return "8bit";
	/* An encoded octet takes three there, and any takes a third more here. */
	if (census->has_nul || (census->high + census->controls) > len / 3)
		return "base64";
	return "quoted-printable";
}

static bool is_encoding(const struct body *body, const char *encoding)
{
	return strcmp(body->encoding, encoding) == 0;
}

static void encode(struct body *body)
{
	struct text encoded = { 0 };

	if (is_encoding(body, "base64"))
		mime_add_base64(&encoded, text_slice(&body->lines));
	else if (is_encoding(body, "quoted-printable"))
		mime_add_quoted(&encoded, text_slice(&body->lines));
	else
		return;
	encoded.failed |= body->lines.failed;
	text_release(&body->lines);
	body->lines = encoded;
}

static const char own_body[] = "This message was sent by Mailpath to see that mail gets through.\r\n"
			       "Nobody has to read it, and it can be deleted.\r\n";

static void open_body(const struct message_draft *draft, struct body *body)
{
	struct census census;

	add_lines(&body->lines, draft->body.at != NULL ? draft->body : slice_of(own_body));
	census = census_of(text_slice(&body->lines));
	body->charset = mime_charset(text_slice(&body->lines));
	body->encoding = choose_encoding(&census, body->lines.len, draft->has_8bit);
}

/* So many octets more behind the body, of which are returned those that make no
 * line, and, in base64, no group. */
static unsigned pad_body(struct body *body, uint64_t missing)
{
	uint64_t room, wanted;

	if (!is_encoding(body, "base64")) {
		body->missing = missing > 1 ? missing : 0;
		return missing == 1;
	}
	wanted = mime_base64_size(body->lines.len) + missing;
	room = mime_base64_room(wanted);
	for (uint64_t more = room - body->lines.len; more > 0 && !text_failed(&body->lines);) {
		struct slice piece = more > 1 ? next_filling(more) : slice_of(" ");

		text_add_slice(&body->lines, piece);
		more -= piece.len;
	}
	return (unsigned)(wanted - mime_base64_size(room));
}

/* ---- the header ---- */

static bool is_own_name(struct slice name)
{
	return slice_is_nocase(name, "MIME-Version") || slice_is_nocase(name, "X-Mailpath-Id") ||
	       (name.len >= 8 && slice_is_nocase((struct slice){ name.at, 8 }, "Content-"));
}

bool message_header_check(const char *header, struct fault *fault)
{
	struct slice value = slice_of(header), name;

	slice_split(&value, ':', &name);
	if (value.at == NULL || name.len == 0)
		return fault_set(fault, FAULT_USAGE, "a header is \"Name: value\"");
	for (size_t i = 0; i < name.len; i++) {
		if (name.at[i] <= ' ' || name.at[i] > '~')
			return fault_set(fault, FAULT_USAGE,
					 "a header's name has a blank, a control or a foreign letter");
	}
	if (name.len > MIME_NAME_MAX)
		return fault_set(fault, FAULT_USAGE, "a header's name is longer than %d",
				 MIME_NAME_MAX);
	for (size_t i = 0; i < value.len; i++) {
		if ((unsigned char)value.at[i] < ' ' || value.at[i] == '\x7f')
			return fault_set(fault, FAULT_USAGE, "a control character in the header %.*s",
					 (int)name.len, name.at);
	}
	if (is_own_name(name))
		return fault_set(fault, FAULT_USAGE, "the message has its own %.*s", (int)name.len,
				 name.at);
	return true;
}

/* Does one that the user gave replace ours? */
static bool is_given(const struct message_draft *draft, const char *name)
{
	for (size_t i = 0; i < draft->header_count; i++) {
		struct slice rest = slice_of(draft->headers[i]), given;

		if (slice_split(&rest, ':', &given) && slice_is_nocase(given, name))
			return true;
	}
	return false;
}

static void print_date(int64_t now, char *date, size_t size)
{
	static const char *const days[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
	static const char *const months[] = {
		"Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb",
	};
	static const int64_t last = 253402300799;	/* four digits of year */
	int64_t second = now < 0 ? 0 : now > last ? last : now, day = second / 86400;
	/* Days since 1 March 2000 less 400 years: then leap days end a year, a
	 * century and a cycle. */
	int64_t rest = day + 135080, year = 1600 + rest / 146097 * 400, month;
	int64_t century, four;

	rest %= 146097;
	century = rest / 36524 < 3 ? rest / 36524 : 3;
	rest -= century * 36524;
	four = rest / 1461;
	rest -= four * 1461;
	year += century * 100 + four * 4 + (rest / 365 < 3 ? rest / 365 : 3);
	rest -= (rest / 365 < 3 ? rest / 365 : 3) * 365;
	/* Five months from March on have 153 days. */
	month = (5 * rest + 2) / 153;
	year += month >= 10;
	snprintf(date, size, "%s, %d %s %04d %02d:%02d:%02d +0000", days[day % 7],
		 (int)(rest - (153 * month + 2) / 5 + 1), months[month], (int)year,
		 (int)(second / 3600 % 24), (int)(second / 60 % 60), (int)(second % 60));
}

/* Our name as the domain of an address: an address literal gets its brackets
 * (RFC 5321 section 4.1.3). */
static void print_host(const char *host, char *domain, size_t size)
{
	struct ip ip;

	if (host == NULL || *host == '\0')
		host = "localhost";
	if (!ip_parse(slice_of(host), &ip))
		snprintf(domain, size, "%s", host);
	else
		snprintf(domain, size, ip.version == 6 ? "[IPv6:%s]" : "[%s]", host);
}

/* What can stand in a Message-ID and in a boundary as well. */
static void print_id(const char *id, char *clean, size_t size)
{
	size_t len = 0;

	for (; id != NULL && *id != '\0' && len + 1 < size; id++, len++) {
		bool is_fine = (*id >= 'a' && *id <= 'z') || (*id >= 'A' && *id <= 'Z') ||
			       (*id >= '0' && *id <= '9') || *id == '-' || *id == '_' ||
			       (*id == '.' && len > 0 && id[1] != '.' && id[1] != '\0');

		clean[len] = *id;
		if (!is_fine)
			clean[len] = '-';
	}
	snprintf(clean + len, size - len, "%s", len == 0 ? "0" : "");
}

/* A message while it is put together. */
struct composition {
	const struct message_draft *draft;
	struct text head;
	struct body body;
	char id[MIME_NAME_MAX];
	char host[256 + 8];
	char boundary[MIME_NAME_MAX + 1];	/* "": there are no attachments */
	bool is_utf8;
};

/* Which headers have addresses (RFC 5322 3.6.2, 3.6.3). */
static bool has_addresses(struct slice name)
{
	static const char *const names[] = { "From", "To", "Cc", "Bcc", "Sender", "Reply-To" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (slice_is_nocase(name, names[i]))
			return true;
	}
	return false;
}

static void add_own(struct composition *composition, const char *name, const char *value)
{
	if (!is_given(composition->draft, name))
		composition->is_utf8 |= mime_add_header(&composition->head, name, slice_of(value),
							has_addresses(slice_of(name)));
}

static void add_given(struct composition *composition, const char *header)
{
	struct slice value = slice_of(header), given;
	char name[MIME_NAME_MAX + 1];

	if (slice_split(&value, ':', &given) && slice_copy(given, name, sizeof name))
		composition->is_utf8 |= mime_add_header(&composition->head, name, value,
							has_addresses(given));
}

static void add_from(struct composition *composition)
{
	char from[sizeof composition->host + 32];

	snprintf(from, sizeof from, "Mailpath <mailpath@%s>", composition->host);
	add_own(composition, "From",
		*composition->draft->from != '\0' ? composition->draft->from : from);
}

static void add_to(struct composition *composition)
{
	const struct message_draft *draft = composition->draft;
	struct text to = { 0 };

	for (size_t i = 0; i < draft->to_count; i++)
		text_add(&to, "%s%s", i > 0 ? ", " : "", draft->to[i]);
	/* RFC 5322 section 3.4: a group without members */
	add_own(composition, "To", draft->to_count > 0 ? text_str(&to) : "undisclosed-recipients:;");
	composition->head.failed |= text_failed(&to);
	text_release(&to);
}

static void add_headers(struct composition *composition)
{
	const struct message_draft *draft = composition->draft;
	char date[64], id[sizeof composition->id + sizeof composition->host + 8];

	print_date(draft->now, date, sizeof date);
	add_own(composition, "Date", date);
	add_from(composition);
	add_to(composition);
	add_own(composition, "Subject",
		draft->subject != NULL ? draft->subject : "Mailpath test message");
	snprintf(id, sizeof id, "<%s@%s>", composition->id, composition->host);
	add_own(composition, "Message-ID", id);
	for (size_t i = 0; i < draft->header_count; i++)
		add_given(composition, draft->headers[i]);
	/* RFC 3834: no robot should answer. */
	add_own(composition, "Auto-Submitted", "auto-generated");
}

static void add_type(struct text *text, const struct body *body)
{
	text_add(text, "Content-Type: text/plain; charset=%s\r\nContent-Transfer-Encoding: %s\r\n",
		 body->charset, body->encoding);
}

/* The last ones, so that here is room for the octets that no padding can be: as
 * blanks behind the colon. */
static void add_last_headers(struct composition *composition, unsigned blanks)
{
	struct text *head = &composition->head;

	text_add(head, "X-Mailpath-Id:%*s%s\r\nMIME-Version: 1.0\r\n", (int)blanks + 1, "",
		 composition->id);
	if (*composition->boundary == '\0') {
		add_type(head, &composition->body);
		text_add(head, "\r\n");
		return;
	}
	/* A multipart is as its widest part, but never encoded (RFC 2045 6.4). */
	text_add(head, "Content-Type: multipart/mixed;\r\n boundary=\"%s\"\r\n"
		 "Content-Transfer-Encoding: %s\r\n\r\n--%s\r\n", composition->boundary,
		 is_encoding(&composition->body, "8bit") ? "8bit" : "7bit", composition->boundary);
	add_type(head, &composition->body);
	text_add(head, "\r\n");
}

/* ---- attachments ---- */

/* No encoding has "=_", but a plain body may (RFC 2045 section 6.7, 2046 5.1.1). */
static void choose_boundary(struct composition *composition)
{
	struct slice lines = text_slice(&composition->body.lines);
	char *boundary = composition->boundary;
	unsigned number = 0;

	do {
		snprintf(boundary, sizeof composition->boundary, "=_%u_%.50s", number++,
			 composition->id);
	} while (memmem(lines.at, lines.len, boundary, strlen(boundary)) != NULL);
}

static void add_part(struct text *text, const char *boundary, const char *name)
{
	text_add(text, "\r\n--%s\r\nContent-Type: application/octet-stream\r\n"
		 "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n ",
		 boundary);
	mime_add_filename(text, name);
	text_add(text, "\r\n\r\n");
}

static void add_end(struct text *text, const char *boundary)
{
	text_add(text, "\r\n--%s--\r\n", boundary);
}

/* All that stands behind the body. */
static uint64_t attachments_size(const struct composition *composition)
{
	const struct message_draft *draft = composition->draft;
	struct text parts = { 0 };
	uint64_t size = 0;

	if (draft->attachment_count == 0)
		return 0;
	for (size_t i = 0; i < draft->attachment_count; i++) {
		add_part(&parts, composition->boundary, draft->attachments[i].name);
		size += mime_base64_size(draft->attachments[i].content.len);
	}
	add_end(&parts, composition->boundary);
	size += parts.len;
	text_release(&parts);
	return size;
}

static void put_text(struct wire *wire, struct text *text)
{
	put(wire, text_slice(text));
	wire->text->failed |= text_failed(text);
	text_release(text);
}

static void put_attachments(struct wire *wire, const struct composition *composition)
{
	const struct message_draft *draft = composition->draft;
	struct text part = { 0 };

	for (size_t i = 0; i < draft->attachment_count; i++) {
		struct slice content = draft->attachments[i].content;

		add_part(&part, composition->boundary, draft->attachments[i].name);
		put_text(wire, &part);
		/* No dot is in base64. */
		mime_add_base64(wire->text, content);
		wire->size += mime_base64_size(content.len);
	}
	if (draft->attachment_count > 0) {
		add_end(&part, composition->boundary);
		put_text(wire, &part);
	}
}

/* ---- all ---- */

static bool check(const struct message_draft *draft, struct fault *fault)
{
	for (size_t i = 0; i < draft->header_count; i++) {
		if (!message_header_check(draft->headers[i], fault))
			return false;
	}
	for (size_t i = 0; i <= draft->to_count; i++) {
		if (strlen(i < draft->to_count ? draft->to[i] : draft->from) > MIME_WORD_MAX)
			return fault_set(fault, FAULT_USAGE, "an address is longer than %d",
					 MIME_WORD_MAX);
	}
	return true;
}

/* Choose the padding, then write the end of the header, which depends on it. */
static bool pad(struct composition *composition, struct fault *fault)
{
	const struct message_draft *draft = composition->draft;
	struct body *body = &composition->body;
	size_t before = composition->head.len;
	uint64_t size;
	unsigned blanks;

	add_last_headers(composition, 0);
	if (draft->pad_to == 0)
		return true;
	size = composition->head.len + attachments_size(composition);
	if (is_encoding(body, "base64"))
		size += mime_base64_size(body->lines.len);
	else
		size += body->lines.len;
	if (draft->pad_to < size)
		return fault_set(fault, FAULT_USAGE,
				 "the message has %llu octets: it cannot be filled up to %llu",
				 (unsigned long long)size, (unsigned long long)draft->pad_to);
	blanks = pad_body(body, draft->pad_to - size);
	composition->head.len = before;
	add_last_headers(composition, blanks);
	return true;
}

static bool compose(struct composition *composition, struct message *message, struct fault *fault)
{
	const struct message_draft *draft = composition->draft;
	struct body *body = &composition->body;
	struct wire wire = { &message->wire, 0, false };

	print_id(draft->id, composition->id, sizeof composition->id);
	print_host(draft->host, composition->host, sizeof composition->host);
	open_body(draft, body);
	if (is_encoding(body, "quoted-printable"))
		encode(body);
	if (draft->attachment_count > 0)
		choose_boundary(composition);
	add_headers(composition);
	if (!pad(composition, fault))
		return false;
	if (is_encoding(body, "base64"))
		encode(body);
	put_text(&wire, &composition->head);
	put_text(&wire, &body->lines);
	put_filling(&wire, body->missing);
	put_attachments(&wire, composition);
	text_add_slice(&message->wire, (struct slice){ ".\r\n", 3 });
	message->size = wire.size;
	message->is_8bit = is_encoding(body, "8bit");
	message->is_utf8 = composition->is_utf8;
	return !text_failed(&message->wire) || fault_set(fault, FAULT_LOCAL, "out of memory");
}

bool message_build(const struct message_draft *draft, struct message *message,
		   struct fault *fault)
{
	struct composition composition = { .draft = draft };
	struct message built = { .size = 0 };
	bool is_built = check(draft, fault) && compose(&composition, &built, fault);

	text_release(&composition.head);
	text_release(&composition.body.lines);
	if (is_built)
		*message = built;
	else
		message_release(&built);
	return is_built;
}

void message_release(struct message *message)
{
	text_release(&message->wire);
	*message = (struct message){ .size = 0 };
}
