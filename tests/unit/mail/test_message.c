/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/message.h"

#include "base/base64.h"
#include "fakes/exact.h"
#include "unit.h"

#define REPEAT10(s) s s s s s s s s s s
#define REPEAT100(s) REPEAT10(REPEAT10(s))

static const char *const to_one[] = { "bob@b.example" };

/* A draft with all that it must have. */
static struct message_draft simple(const char *body)
{
	return (struct message_draft){
		.from = "alice@a.example", .to = to_one, .to_count = 1, .subject = "Test",
		.body = { body, strlen(body) }, .host = "probe.example", .id = "1700000000-42",
		.now = 1700000000,
	};
}

/* Built, and with what must hold for all: lines of at most 998 with CRLF, no other
 * CR or LF, no NUL, the last dot's line and none before, and the size. */
static struct message built(const struct message_draft *draft)
{
	struct message message = { .size = 0 };
	struct fault fault = { .text = "" };
	struct slice rest, line;
	uint64_t stuffed = 0;

	ck_assert_msg(message_build(draft, &message, &fault), "%s", fault.text);
	rest = text_slice(&message.wire);
	ck_assert(rest.len >= 5 && memcmp(rest.at + rest.len - 5, "\r\n.\r\n", 5) == 0);
	ck_assert_ptr_null(memchr(rest.at, '\0', rest.len));
	rest.len -= 3;
	while (rest.len > 0) {
		size_t dot;

		ck_assert(slice_split(&rest, '\n', &line) && line.len > 0 && line.at[line.len - 1] == '\r');
		line.len--;
		dot = line.len > 0 && line.at[0] == '.';
		ck_assert(dot == 0 || (line.len > 1 && line.at[1] == '.'));
		ck_assert_ptr_null(memchr(line.at, '\r', line.len));
		ck_assert_uint_le(line.len - dot, 998);
		stuffed += dot;
	}
	ck_assert_uint_eq(message.wire.len - stuffed - 3, message.size);
	return message;
}

static const char *body_of(const struct message *message)
{
	return strstr(message->wire.at, "\r\n\r\n") + 4;
}

START_TEST(writes_it_to_the_octet)
{
	struct message_draft draft = simple("Hello\n");
	struct message message = built(&draft);

	ck_assert_str_eq(message.wire.at,
			 "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
			 "From: alice@a.example\r\n"
			 "To: bob@b.example\r\n"
			 "Subject: Test\r\n"
			 "Message-ID: <1700000000-42@probe.example>\r\n"
			 "Auto-Submitted: auto-generated\r\n"
			 "X-Mailpath-Id: 1700000000-42\r\n"
			 "MIME-Version: 1.0\r\n"
			 "Content-Type: text/plain; charset=us-ascii\r\n"
			 "Content-Transfer-Encoding: 7bit\r\n"
			 "\r\n"
			 "Hello\r\n"
			 ".\r\n");
	ck_assert(!message.is_8bit && !message.is_utf8);
	message_release(&message);
	message_release(&message);
}
END_TEST

/* ---- line ends and dots ---- */

static const struct { const char *body, *wire; } bodies[] = {
	{ "", ".\r\n" },
	{ "a", "a\r\n.\r\n" },
	{ "a\n", "a\r\n.\r\n" },
	{ "a\r", "a\r\n.\r\n" },
	{ "a\r\n", "a\r\n.\r\n" },
	{ "a\nb\rc\r\nd", "a\r\nb\r\nc\r\nd\r\n.\r\n" },
	{ "a\n\rb\r\r\nc", "a\r\n\r\nb\r\n\r\nc\r\n.\r\n" },
	{ "\n", "\r\n.\r\n" },
	/* RFC 5321 4.5.2 */
	{ ".", "..\r\n.\r\n" },
	{ "..", "...\r\n.\r\n" },
	{ ".\n", "..\r\n.\r\n" },
	{ "a\n.\nb", "a\r\n..\r\nb\r\n.\r\n" },
	{ "a\r.\rb", "a\r\n..\r\nb\r\n.\r\n" },
	{ "a\n..b\n.c.\n", "a\r\n...b\r\n..c.\r\n.\r\n" },
	{ "a.\n b.", "a.\r\n b.\r\n.\r\n" },
};

START_TEST(ends_lines_and_doubles_dots)
{
	struct message_draft draft = simple("");
	struct slice body = exact_text(bodies[_i].body);
	struct message message;

	draft.body = body;
	message = built(&draft);
	ck_assert_str_eq(body_of(&message), bodies[_i].wire);
	message_release(&message);
	exact_free(body);
}
END_TEST

START_TEST(has_words_of_its_own)
{
	struct message_draft draft = simple("");
	struct message message;

	draft.body.at = NULL;
	draft.subject = NULL;
	draft.to_count = 0;
	message = built(&draft);
	ck_assert_ptr_nonnull(strstr(message.wire.at, "\r\nSubject: Mailpath test message\r\n"));
	ck_assert_ptr_nonnull(strstr(message.wire.at, "\r\nTo: undisclosed-recipients:;\r\n"));
	ck_assert_ptr_nonnull(strstr(body_of(&message), "Mailpath"));
	message_release(&message);
}
END_TEST

/* ---- encodings ---- */

#define BODY(literal) literal, sizeof literal - 1

static const struct {
	const char *body;
	size_t len;
	bool has_8bit;
	const char *charset, *encoding, *begin;
	bool is_8bit;
} encodings[] = {
	{ BODY("plain\n"), true, "us-ascii", "7bit", "plain\r\n", false },
	{ BODY("Gr\xc3\xbc\xc3\x9f" "e aus K\xc3\xb6ln\n"), true, "utf-8", "8bit",
	  "Gr\xc3\xbc\xc3\x9f" "e", true },
	{ BODY("Gr\xc3\xbc\xc3\x9f" "e aus K\xc3\xb6ln, lang genug\n"), false, "utf-8",
	  "quoted-printable", "Gr=C3=BC=C3=9Fe aus K=C3=B6ln, lang genug\r\n", false },
	{ BODY("caf\xe9 latin\n"), true, "unknown-8bit", "8bit", "caf\xe9", true },
	{ BODY("caf\xe9 latin\n"), false, "unknown-8bit", "quoted-printable", "caf=E9 latin\r\n", false },
	/* mostly foreign letters are shorter so */
	{ BODY("\xd0\xb4\xd0\xb0\n"), false, "utf-8", "base64", "0LTQsA0K\r\n", false },
	/* no NUL anywhere (RFC 5321 2.3.8 allows none in 8bit) */
	{ BODY("a\0b"), true, "us-ascii", "base64", "YQBiDQo=\r\n", false },
	/* RFC 5321 4.5.3.1.6 */
	{ BODY(REPEAT100("1234567890") "\n"), true, "us-ascii", "quoted-printable", "12345", false },
	{ BODY(REPEAT10("12345678") "\xc3\xbc" REPEAT100("1234567890") "\n"), true, "utf-8",
	  "quoted-printable", "12345", false },
	/* a control is no text, but it can be sent */
	{ BODY("\x07\x08\x01"), false, "us-ascii", "7bit", "\x07\x08\x01\r\n", false },
};

START_TEST(encodes_what_cannot_go_as_it_is)
{
	struct message_draft draft = simple("");
	struct slice body = exact(encodings[_i].body, encodings[_i].len);
	struct message message;
	struct text type = { 0 };

	draft.body = body;
	draft.has_8bit = encodings[_i].has_8bit;
	message = built(&draft);
	text_add(&type, "\r\nContent-Type: text/plain; charset=%s\r\nContent-Transfer-Encoding: %s\r\n\r\n",
		 encodings[_i].charset, encodings[_i].encoding);
	ck_assert_ptr_nonnull(strstr(message.wire.at, text_str(&type)));
	ck_assert(slice_starts(slice_of(body_of(&message)), encodings[_i].begin));
	ck_assert_int_eq(message.is_8bit, encodings[_i].is_8bit);
	text_release(&type);
	message_release(&message);
	exact_free(body);
}
END_TEST

/* 998 is allowed and 999 is not (RFC 5321 4.5.3.1.6, RFC 5322 2.1.1). */
START_TEST(lets_lines_be_as_long_as_they_may)
{
	for (size_t len = 997; len <= 1000; len++) {
		struct message_draft draft = simple("");
		char body[1000];
		struct message message;

		memset(body, '.', sizeof body);
		draft.body = (struct slice){ body, len };
		message = built(&draft);
		ck_assert_int_eq(strstr(message.wire.at, "quoted-printable") != NULL, len > 998);
		message_release(&message);
	}
}
END_TEST

/* ---- headers ---- */

static const struct {
	const char *host, *from;
	const char *sender, *id;
	bool is_utf8;
} names[] = {
	{ "probe.example", "", "Mailpath <mailpath@probe.example>", "<1700000000-42@probe.example>", false },
	{ "192.0.2.7", "", "Mailpath <mailpath@[192.0.2.7]>", "<1700000000-42@[192.0.2.7]>", false },
	/* RFC 5321 4.1.3 */
	{ "2001:db8::7", "", "Mailpath <mailpath@[IPv6:2001:db8::7]>",
	  "<1700000000-42@[IPv6:2001:db8::7]>", false },
	{ "[192.0.2.7]", "", "Mailpath <mailpath@[192.0.2.7]>", "<1700000000-42@[192.0.2.7]>", false },
	{ "h.example", "\"a b\"@c.example", "\"a b\"@c.example", "<1700000000-42@h.example>", false },
	{ "h.example", "j\xc3\xbcrgen@c.example", "j\xc3\xbcrgen@c.example", "<1700000000-42@h.example>",
	  true },
};

START_TEST(says_who_it_is_from)
{
	struct message_draft draft = simple("x");
	struct message message;
	struct text from = { 0 }, id = { 0 };

	draft.host = names[_i].host;
	draft.from = names[_i].from;
	message = built(&draft);
	text_add(&from, "\r\nFrom: %s\r\n", names[_i].sender);
	text_add(&id, "\r\nMessage-ID: %s\r\n", names[_i].id);
	ck_assert_ptr_nonnull(strstr(message.wire.at, text_str(&from)));
	ck_assert_ptr_nonnull(strstr(message.wire.at, text_str(&id)));
	ck_assert_int_eq(message.is_utf8, names[_i].is_utf8);
	ck_assert(!message.is_8bit);
	text_release(&from);
	text_release(&id);
	message_release(&message);
}
END_TEST

static const struct { int64_t now; const char *date; } dates[] = {
	{ 0, "Thu, 1 Jan 1970 00:00:00 +0000" },
	{ -1, "Thu, 1 Jan 1970 00:00:00 +0000" },
	{ 951782399, "Mon, 28 Feb 2000 23:59:59 +0000" },
	{ 951782400, "Tue, 29 Feb 2000 00:00:00 +0000" },
	{ 951868800, "Wed, 1 Mar 2000 00:00:00 +0000" },
	{ 1709210096, "Thu, 29 Feb 2024 12:34:56 +0000" },
	{ 1735689599, "Tue, 31 Dec 2024 23:59:59 +0000" },
	{ 1735689600, "Wed, 1 Jan 2025 00:00:00 +0000" },
	{ 4107542399, "Sun, 28 Feb 2100 23:59:59 +0000" },
	{ 4107542400, "Mon, 1 Mar 2100 00:00:00 +0000" },	/* no leap year */
	{ INT64_MAX, "Fri, 31 Dec 9999 23:59:59 +0000" },
};

START_TEST(knows_the_day)
{
	struct message_draft draft = simple("x");
	struct message message;
	struct text date = { 0 };

	draft.now = dates[_i].now;
	message = built(&draft);
	text_add(&date, "Date: %s\r\n", dates[_i].date);
	ck_assert_msg(slice_starts(text_slice(&message.wire), text_str(&date)), "%.40s", message.wire.at);
	text_release(&date);
	message_release(&message);
}
END_TEST

START_TEST(folds_many_recipients)
{
	static const char *const many[] = {
		"one@some.long.domain.example", "two@some.long.domain.example",
		"three@some.long.domain.example",
	};
	struct message_draft draft = simple("x");
	struct message message;

	draft.to = many;
	draft.to_count = COUNT(many);
	message = built(&draft);
	ck_assert_ptr_nonnull(strstr(message.wire.at,
				     "\r\nTo: one@some.long.domain.example, two@some.long.domain.example,\r\n"
				     " three@some.long.domain.example\r\n"));
	message_release(&message);
}
END_TEST

START_TEST(lets_the_user_replace_headers)
{
	static const char *const given[] = {
		"subject: Other", "FROM: J\xc3\xbcrgen <x@y.example>", "To: list:;", "Date: never",
		"Message-ID: <1@2>", "X-Extra: yes", "Auto-Submitted: no",
	};
	struct message_draft draft = simple("x");
	struct message message;

	draft.headers = given;
	draft.header_count = COUNT(given);
	message = built(&draft);
	ck_assert(slice_starts(text_slice(&message.wire),
			       "subject: Other\r\nFROM: =?utf-8?Q?J=C3=BCrgen?= <x@y.example>\r\nTo: list:;\r\n"
			       "Date: never\r\nMessage-ID: <1@2>\r\nX-Extra: yes\r\nAuto-Submitted: no\r\n"
			       "X-Mailpath-Id: 1700000000-42\r\n"));
	message_release(&message);
}
END_TEST

static const struct { const char *header, *fault; } checks[] = {
	{ "X-Test: value", NULL },
	{ "X-Test:", NULL },
	{ "X-Test:a:b", NULL },
	{ "Subject: J\xc3\xbcrgen", NULL },
	{ "X-!#$%&'*+: 1", NULL },		/* RFC 5322 2.2 */
	{ "From: x@y.example", NULL },
	{ "Contents: 1", NULL },
	{ "", "Name: value" },
	{ "X-Test", "Name: value" },
	{ ": value", "Name: value" },
	{ "X Test: value", "blank" },
	{ "X-Test : value", "blank" },
	{ "X-T\xc3\xa9st: value", "foreign" },
	{ "X-Test: a\r\nBcc: b", "control" },
	{ "X-Test: a\nBcc: b", "control" },
	{ "X-Test: a\tb", "control" },
	{ "X-Test: \x7f", "control" },
	{ "X-Test\n: a", "control" },
	{ "MIME-Version: 1.0", "its own" },
	{ "mime-version: 1.0", "its own" },
	{ "content-type: text/html", "its own" },
	{ "Content-Disposition: inline", "its own" },
	{ "x-mailpath-ID: 1", "its own" },
	{ REPEAT10("abcdefg") ": 1", NULL },
	{ REPEAT10("abcdefg") "h: 1", "longer than 70" },
};

/* And message_build() takes nothing else. */
START_TEST(takes_headers_that_are_some)
{
	struct message_draft draft = simple("x");
	const char *given[] = { checks[_i].header };
	struct message message = { .size = 0 };
	struct fault fault = { .text = "" };

	draft.headers = given;
	draft.header_count = 1;
	ck_assert_int_eq(message_header_check(checks[_i].header, &fault), checks[_i].fault == NULL);
	if (checks[_i].fault != NULL)
		ck_assert_msg(strstr(fault.text, checks[_i].fault) != NULL, "%s", fault.text);
	ck_assert_int_eq(message_build(&draft, &message, &fault), checks[_i].fault == NULL);
	message_release(&message);
}
END_TEST

/* A subject or an address cannot begin a header of its own. */
START_TEST(lets_nobody_begin_a_header)
{
	static const char *const evil[] = { "bob@b.example\r\nBcc: x@y.example" };
	struct message_draft draft = simple("x");
	struct message message;

	draft.subject = "Hi\r\nBcc: x@y.example\r\n\r\nbody";
	draft.from = "a\nBcc: x@y.example";
	draft.to = evil;
	draft.host = "h\r\nBcc: x";
	draft.id = "1\r\nBcc: x";
	message = built(&draft);
	ck_assert_ptr_null(strstr(message.wire.at, "\nBcc:"));
	ck_assert_str_eq(body_of(&message), "x\r\n.\r\n");
	message_release(&message);
}
END_TEST

START_TEST(refuses_an_address_without_room)
{
	static char longer[902];
	static const char *const to[] = { longer };
	struct message_draft draft = simple("x");
	struct message message;
	struct fault fault;

	memset(longer, 'a', 901);
	draft.to = to;
	ck_assert(!message_build(&draft, &message, &fault));
	ck_assert_int_eq(fault.kind, FAULT_USAGE);
}
END_TEST

/* ---- padding ---- */

static const struct {
	const char *body;
	size_t len;
	const char *encoding;
	size_t attachment;
} paddings[] = {
	{ BODY("Hello\n"), "7bit", 0 },
	{ BODY(""), "7bit", 0 },
	{ BODY("gr\xc3\xbc\xc3\x9f" "e und noch viel mehr\n"), "quoted-printable", 0 },
	{ BODY("a\0b"), "base64", 0 },
	{ BODY("a\0b" REPEAT10("123456")), "base64", 0 },
	{ BODY("with\n"), "7bit", 100 },
	{ BODY("\xc3\xbc\xc3\xbc\xc3\xbc"), "base64", 58 },
};

START_TEST(fills_up_to_any_size)
{
	static const char content[100];
	struct message_attachment attachment = { "zeros", { content, paddings[_i].attachment } };
	struct message_draft draft = simple("");
	struct message message, padded;
	struct fault fault = { .text = "" };

	draft.body = (struct slice){ paddings[_i].body, paddings[_i].len };
	draft.attachments = &attachment;
	draft.attachment_count = paddings[_i].attachment > 0;
	message = built(&draft);
	ck_assert_ptr_nonnull(strstr(message.wire.at, paddings[_i].encoding));
	for (uint64_t size = message.size; size < message.size + 500; size++) {
		draft.pad_to = size;
		padded = built(&draft);
		ck_assert_uint_eq(padded.size, size);
		message_release(&padded);
	}
	draft.pad_to = message.size - 1;
	ck_assert(!message_build(&draft, &padded, &fault));
	ck_assert_int_eq(fault.kind, FAULT_USAGE);
	ck_assert_ptr_nonnull(strstr(fault.text, "cannot be filled up"));
	message_release(&message);
}
END_TEST

START_TEST(fills_up_to_a_size_that_servers_refuse)
{
	struct message_draft draft = simple("Hello\n");
	struct message message;

	draft.pad_to = 10485761;
	message = built(&draft);
	ck_assert_uint_eq(message.size, 10485761);
	message_release(&message);
}
END_TEST

/* Padding in base64 is behind what was to be sent, and all of it can be decoded. */
START_TEST(fills_base64_so_that_it_can_be_read)
{
	struct message_draft draft = simple("");

	draft.body = (struct slice){ "a\0b\n", 4 };
	for (uint64_t size = 600; size < 800; size++) {
		struct message message;
		struct text back = { 0 };
		struct slice rest, line;

		draft.pad_to = size;
		message = built(&draft);
		rest = slice_of(body_of(&message));
		while (slice_split(&rest, '\n', &line) && !slice_is(slice_trim(line), "."))
			ck_assert(base64_decode(slice_trim(line), &back));
		ck_assert(back.len >= 5 && memcmp(back.at, "a\0b\r\n", 5) == 0);
		text_release(&back);
		message_release(&message);
	}
}
END_TEST

/* ---- attachments ---- */

/* The message as its reader has it: without the dots. */
static void unstuff(const struct message *message, struct text *text)
{
	struct slice rest = text_slice(&message->wire), line;

	rest.len -= 3;
	while (rest.len > 0 && slice_split(&rest, '\n', &line)) {
		size_t dot = line.len > 0 && line.at[0] == '.';

		text_add_slice(text, (struct slice){ line.at + dot, line.len - dot });
		text_add_char(text, '\n');
	}
}

static struct slice take_until(struct slice *rest, const char *mark)
{
	const char *end = memmem(rest->at, rest->len, mark, strlen(mark));
	struct slice taken = { rest->at, 0 };

	ck_assert_ptr_nonnull(end);
	taken.len = (size_t)(end - rest->at);
	*rest = (struct slice){ end + strlen(mark), rest->len - taken.len - strlen(mark) };
	return taken;
}

START_TEST(attaches_what_comes_out_again)
{
	char content[1000];
	const struct message_attachment files[] = {
		{ "M\xc3\xa4rz.bin", { content, sizeof content } },
		{ "empty \"x\".txt", { "", 0 } },
	};
	struct message_draft draft = simple("See these.\n..\n");
	struct text text = { 0 }, back = { 0 };
	struct message message;
	struct slice rest, part, line;

	for (size_t i = 0; i < sizeof content; i++)
		content[i] = (char)(i * 31 + i / 256);
	draft.attachments = files;
	draft.attachment_count = COUNT(files);
	message = built(&draft);
	unstuff(&message, &text);
	ck_assert_uint_eq(text.len, message.size);

	rest = text_slice(&text);
	part = take_until(&rest, "\r\n\r\n--=_0_1700000000-42\r\n");
	ck_assert_ptr_nonnull(memmem(part.at, part.len, "Content-Type: multipart/mixed;\r\n"
				     " boundary=\"=_0_1700000000-42\"\r\n"
				     "Content-Transfer-Encoding: 7bit",
				     strlen("Content-Type: multipart/mixed;\r\n"
					    " boundary=\"=_0_1700000000-42\"\r\n"
					    "Content-Transfer-Encoding: 7bit")));
	part = take_until(&rest, "\r\n--=_0_1700000000-42\r\n");
	ck_assert(slice_is(part, "Content-Type: text/plain; charset=us-ascii\r\n"
				 "Content-Transfer-Encoding: 7bit\r\n\r\nSee these.\r\n..\r\n"));
	part = take_until(&rest, "\r\n--=_0_1700000000-42\r\n");
	take_until(&part, "Content-Disposition: attachment;\r\n filename*=UTF-8''M%C3%A4rz.bin\r\n\r\n");
	while (slice_split(&part, '\n', &line)) {
		ck_assert_uint_le(slice_trim(line).len, 76);
		ck_assert(base64_decode(slice_trim(line), &back));
	}
	ck_assert_uint_eq(back.len, sizeof content);
	ck_assert_mem_eq(back.at, content, sizeof content);
	part = take_until(&rest, "\r\n--=_0_1700000000-42--\r\n");
	ck_assert(slice_is(part, "Content-Type: application/octet-stream\r\n"
				 "Content-Transfer-Encoding: base64\r\n"
				 "Content-Disposition: attachment;\r\n filename=\"empty \\\"x\\\".txt\"\r\n\r\n"));
	ck_assert_uint_eq(rest.len, 0);
	text_release(&text);
	text_release(&back);
	message_release(&message);
}
END_TEST

/* RFC 2045 6.4: a multipart is 8bit when a part of it is. */
START_TEST(is_8bit_when_a_part_is)
{
	static const struct message_attachment file = { "x", { "\xff", 1 } };
	struct message_draft draft = simple("Gr\xc3\xbc\xc3\x9f" "e\n");
	struct message message;

	draft.attachments = &file;
	draft.attachment_count = 1;
	draft.has_8bit = true;
	message = built(&draft);
	ck_assert(message.is_8bit);
	ck_assert_ptr_nonnull(strstr(message.wire.at, "-42\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n--"));
	message_release(&message);
	draft.body = slice_of("plain\n");
	message = built(&draft);
	ck_assert(!message.is_8bit);
	message_release(&message);
}
END_TEST

/* RFC 2046 5.1.1: the boundary is in no part. */
START_TEST(finds_a_boundary_that_is_not_in_the_body)
{
	static const struct message_attachment file = { "x", { "y", 1 } };
	struct message_draft draft = simple("--=_0_1700000000-42\n--=_1_1700000000-42--\n");
	struct message message;

	draft.attachments = &file;
	draft.attachment_count = 1;
	message = built(&draft);
	ck_assert_ptr_nonnull(strstr(message.wire.at, "boundary=\"=_2_1700000000-42\""));
	message_release(&message);
}
END_TEST

Suite *suite_message(void);

Suite *suite_message(void)
{
	Suite *suite = suite_create("message");
	TCase *tcase = tcase_create("message");

	tcase_add_test(tcase, writes_it_to_the_octet);
	ADD_TABLE(tcase, ends_lines_and_doubles_dots, bodies);
	tcase_add_test(tcase, has_words_of_its_own);
	ADD_TABLE(tcase, encodes_what_cannot_go_as_it_is, encodings);
	tcase_add_test(tcase, lets_lines_be_as_long_as_they_may);
	ADD_TABLE(tcase, says_who_it_is_from, names);
	ADD_TABLE(tcase, knows_the_day, dates);
	tcase_add_test(tcase, folds_many_recipients);
	tcase_add_test(tcase, lets_the_user_replace_headers);
	ADD_TABLE(tcase, takes_headers_that_are_some, checks);
	tcase_add_test(tcase, lets_nobody_begin_a_header);
	tcase_add_test(tcase, refuses_an_address_without_room);
	ADD_TABLE(tcase, fills_up_to_any_size, paddings);
	tcase_add_test(tcase, fills_up_to_a_size_that_servers_refuse);
	tcase_add_test(tcase, fills_base64_so_that_it_can_be_read);
	tcase_add_test(tcase, attaches_what_comes_out_again);
	tcase_add_test(tcase, is_8bit_when_a_part_is);
	tcase_add_test(tcase, finds_a_boundary_that_is_not_in_the_body);
	suite_add_tcase(suite, tcase);
	return suite;
}
