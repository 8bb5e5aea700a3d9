/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/message.h"

#include "fuzz.h"

/* Lines of at most 998, CRLF and no other CR or LF; what remains without the
 * dots that were doubled and the last line is as large as was said. */
static void check_wire(const struct message *message)
{
	struct slice rest = text_slice(&message->wire), line;
	uint64_t stuffed = 0;
	bool is_body = false;

	MUST(rest.len >= 5 && memcmp(rest.at + rest.len - 5, "\r\n.\r\n", 5) == 0);
	MUST(memchr(rest.at, '\0', rest.len) == NULL);
	rest.len -= 3;
	while (rest.len > 0) {
		size_t dot;

		MUST(slice_split(&rest, '\n', &line) && rest.at != NULL);
		MUST(line.len > 0 && line.at[line.len - 1] == '\r');
		line.len--;
		MUST(memchr(line.at, '\r', line.len) == NULL);
		dot = line.len > 0 && *line.at == '.';
		MUST(dot == 0 || (line.len > 1 && line.at[1] == '.'));
		MUST(line.len - dot <= 998);
		stuffed += dot;
		for (size_t i = 0; i < line.len; i++)
			MUST((unsigned char)line.at[i] < 128 || message->is_8bit || message->is_utf8);
		is_body |= line.len == 0;
		if (!is_body && line.len > 0)
			MUST(*line.at == ' ' || memchr(line.at, ':', line.len) != NULL);
	}
	MUST(is_body);
	MUST(message->wire.len - stuffed - 3 == message->size);
}

static void build(struct message_draft *draft)
{
	struct message message = { .size = 0 }, padded = { .size = 0 };
	struct fault fault;

	if (!message_build(draft, &message, &fault))
		return;
	check_wire(&message);
	/* Around the length of a line, and what the input makes of it. */
	for (uint64_t more = 0; more < 90; more = 3 * more + 1 + draft->body.len % 5) {
		draft->pad_to = message.size + more;
		MUST(message_build(draft, &padded, &fault));
		check_wire(&padded);
		MUST(padded.size == draft->pad_to);
		message_release(&padded);
	}
	draft->pad_to = message.size - 1;
	MUST(!message_build(draft, &padded, &fault));
	draft->pad_to = 0;
	message_release(&message);
}

/* A subject, a header, an attachment's name, and the rest is the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size }, line;
	struct message_attachment attachment = { .content = { "", 0 } };
	static const char *const to[] = { "a@b.example", "c@d.example" };
	char fields[3][4096] = { "", "", "" };
	const char *headers[] = { fields[1] };
	struct fault fault;
	struct message_draft draft = {
		.from = size % 2 > 0 ? "x@y.example" : "", .to = to, .to_count = 2,
		.subject = fields[0], .headers = headers, .host = "mx.example", .id = "0-1-2",
		.attachments = &attachment, .now = 1700000000,
	};

	for (int i = 0; i < 3 && slice_split(&rest, '\n', &line); i++)
		slice_copy(line, fields[i], sizeof fields[i]);
	if (rest.at != NULL)
		draft.body = rest;
	draft.header_count = message_header_check(fields[1], &fault);
	attachment = (struct message_attachment){ fields[2], { (const char *)data, size } };
	draft.attachment_count = fields[2][0] != '\0';
	build(&draft);
	draft.has_8bit = true;
	build(&draft);
	return 0;
}
