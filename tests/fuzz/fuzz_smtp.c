/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/smtp.h"

#include "fuzz.h"

/* A server whose every word comes from the input, in pieces of odd sizes. */
struct peer {
	struct stream stream;
	struct slice rest;
	bool is_rude;		/* speaks before it is asked */
	size_t piece;
	int64_t now_us;
};

static enum stream_status say(struct stream *stream, char *to, size_t size, size_t *got,
			      struct fault *fault)
{
	struct peer *peer = (struct peer *)stream;
	size_t len = peer->piece++ % 40 + 1;
	const char *end;

	MUST(size > 0);
	if (len > size)
		len = size;
	if (len > peer->rest.len)
		len = peer->rest.len;
	end = len > 0 ? memchr(peer->rest.at, '\n', len) : NULL;
	if (!peer->is_rude && stream->hurry_us == 1)
		return STREAM_LATE;
	if (!peer->is_rude && end != NULL)
		len = (size_t)(end - peer->rest.at) + 1;
	peer->now_us += 1000;
	if (len == 0) {
		fault_set(fault, FAULT_NETWORK, "the server closed the connection");
		return STREAM_CLOSED;
	}
	memcpy(to, peer->rest.at, len);
	peer->rest.at += len;
	peer->rest.len -= len;
	*got = len;
	return STREAM_FINE;
}

static enum stream_status hear(struct stream *stream, struct slice bytes, struct fault *fault)
{
	(void)stream, (void)fault;
	MUST(bytes.len >= 2 && memcmp(bytes.at + bytes.len - 2, "\r\n", 2) == 0);
	return STREAM_FINE;
}

static enum stream_status start_tls(struct stream *stream, struct fault *fault)
{
	(void)stream, (void)fault;
	return STREAM_FINE;
}

static int64_t read_clock(struct stream *stream)
{
	return ((struct peer *)stream)->now_us;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const to[] = { "a@example.test", "b@example.test" };
	struct message message = { .size = 4 };
	struct smtp_plan plan = {
		.helo = "probe.test", .last = SMTP_DATA, .from = "c@example.test", .to = to, .to_count = 2,
		.logs_in = true, .allows_clear_auth = true, .is_traced = true,
		.credentials = { "user", "password", "mx.test", 25 },
		.message = &message, .message_7bit = &message,
	};
	struct smtp_walk walk = { .end = SMTP_COMPLETE };
	struct peer peer = { .stream = { say, hear, start_tls, read_clock, 0 } };

	if (size == 0)
		return 0;
	text_add(&message.wire, "x\r\n.\r\n");
	plan.is_lmtp = (data[0] & 1) != 0;
	plan.tls = (data[0] & 2) != 0 ? SMTP_TLS_OPPORTUNISTIC : SMTP_TLS_NONE;
	plan.logs_in = (data[0] & 4) != 0;
	peer.is_rude = (data[0] & 8) != 0;
	peer.rest = (struct slice){ (const char *)data + 1, size - 1 };
	MUST(smtp_walk(&plan, &peer.stream, &walk));
	MUST(walk.at <= plan.last || (walk.at == SMTP_QUIT && walk.end == SMTP_NONSENSE && !walk.was_sent));
	MUST(!walk.was_sent || walk.steps[SMTP_DATA].reply.code / 100 == 2);
	MUST(walk.end != SMTP_REFUSED || walk.at == SMTP_RCPT || walk.steps[walk.at].reply.code / 100 >= 4);
	MUST(strstr(text_str(&walk.trace), "password") == NULL || memmem(data, size, "password", 8) != NULL);
	for (size_t i = 0; i < SMTP_STAGES; i++)
		MUST(walk.steps[i].reply.len <= SMTP_TEXT_MAX && walk.steps[i].took_us >= 0);
	MUST(walk.clear.len <= sizeof walk.clear.lines && walk.safe.len <= sizeof walk.safe.lines);
	smtp_walk_release(&walk);
	message_release(&message);
	return 0;
}
