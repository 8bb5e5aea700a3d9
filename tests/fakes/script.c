/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fakes/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BEGUN_US = 7000000,
	PATIENCE_US = 30000000,
};

static bool is(const char *line, const char *word)
{
	return line != NULL && strcmp(line, word) == 0;
}

static bool begins(const char *line, const char *word)
{
	return line != NULL && strncmp(line, word, strlen(word)) == 0;
}

static bool is_server(const char *line)
{
	return begins(line, "S: ") || begins(line, "RAW ");
}

static bool is_end(const char *line)
{
	return is(line, "CLOSE") || is(line, "RESET") || is(line, "SILENCE");
}

/* DEAF and STUCK count from where the dialogue comes to them. */
static const char *current(struct script *script)
{
	for (;; script->at++) {
		const char *line = script->lines[script->at];

		if (is(line, "DEAF"))
			script->is_deaf = true;
		else if (is(line, "STUCK"))
			script->is_stuck = true;
		else
			return line;
	}
}

/* The first failure counts. The client is told that the connection broke. */
static enum stream_status fail(struct script *script, const char *what, struct slice said,
			       struct fault *fault)
{
	const char *line = current(script);

	if (script->failure[0] == '\0')
		snprintf(script->failure, sizeof script->failure,
			 "line %zu of the dialogue: expected %s%s%s; the client %s%.*s%s", script->at + 1,
			 line != NULL ? "\"" : "", line != NULL ? line : "nothing more",
			 line != NULL ? "\"" : "", what, (int)(said.len < 200 ? said.len : 200), said.at,
			 said.len > 0 ? "\"" : "");
	fault_set(fault, FAULT_LOCAL, "%s", script->failure);
	return STREAM_BROKEN;
}

static enum stream_status ended(const char *line, struct fault *fault)
{
	bool is_closed = is(line, "CLOSE");

	fault_set(fault, FAULT_NETWORK, "%s", is_closed ? "the server closed the connection"
						       : "Connection reset by peer");
	return is_closed ? STREAM_CLOSED : STREAM_BROKEN;
}

/* ---- the clock ---- */

static int64_t read_clock(struct stream *stream)
{
	return ((struct script *)stream)->now_us;
}

static int64_t limit(const struct script *script)
{
	int64_t hurry_us = script->stream.hurry_us;

	return hurry_us != 0 && hurry_us < script->deadline_us ? hurry_us : script->deadline_us;
}

static enum stream_status late(struct script *script, struct fault *fault)
{
	if (script->now_us < limit(script))
		script->now_us = limit(script);
	fault_set(fault, FAULT_TIMEOUT, "no answer in time");
	return STREAM_LATE;
}

/* Let the time of a WAIT pass, if there is one. False: it does not end in time. */
static bool pass_time(struct script *script)
{
	const char *line = current(script);

	if (!begins(line, "WAIT "))
		return true;
	if (script->due_us == 0)
		script->due_us = script->now_us + 1000 * atoll(line + 5);
	if (script->due_us > limit(script))
		return false;
	if (script->now_us < script->due_us)
		script->now_us = script->due_us;
	script->due_us = 0;
	script->at++;
	return pass_time(script);
}

/* ---- the server's words ---- */

static void load(struct script *script)
{
	script->words.len = 0;
	script->heard = 0;
	for (; is_server(script->lines[script->at]); script->at++) {
		const char *line = script->lines[script->at];
		struct slice bytes = slice_of(strchr(line, ' ') + 1);

		if (script->answer != NULL && bytes.len > 0 && bytes.at[bytes.len - 1] == '?') {
			text_add_slice(&script->words, (struct slice){ bytes.at, bytes.len - 1 });
			bytes = text_slice(&script->reply);
		}
		text_add_slice(&script->words, bytes);
		if (line[0] == 'S')
			text_add_slice(&script->words, slice_of("\r\n"));
	}
}

static bool has_closed(const struct script *script)
{
	return script->most > 0 && script->total >= script->most;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void give(struct script *script, char *to, size_t size, size_t *got)
{
	*got = least(size, script->words.len - script->heard);
	if (script->piece > 0)
		*got = least(*got, script->piece);
	if (script->most > 0)
		*got = least(*got, script->most - script->total);
	memcpy(to, script->words.at + script->heard, *got);
	script->heard += *got;
	script->total += *got;
}

static enum stream_status read_some(struct stream *stream, char *to, size_t size, size_t *got,
				    struct fault *fault)
{
	struct script *script = (struct script *)stream;
	const char *line;

	if (script->failure[0] != '\0' || size == 0)
		return fail(script, "reads into nothing", slice_of(""), fault);
	if (has_closed(script))
		return ended("CLOSE", fault);
	if (script->heard == script->words.len && !pass_time(script))
		return late(script, fault);
	if (script->heard == script->words.len && is(current(script), "--"))
		script->at += is_server(script->lines[script->at + 1]);
	if (script->heard == script->words.len)
		load(script);
	if (script->heard < script->words.len) {
		give(script, to, size, got);
		return STREAM_FINE;
	}
	line = current(script);
	if (is(line, "CLOSE") || is(line, "RESET"))
		return ended(line, fault);
	/* It only looks whether there is something. */
	if (is(line, "SILENCE") || limit(script) <= script->now_us)
		return late(script, fault);
	return fail(script, "waits for an answer", slice_of(""), fault);
}

/* ---- the client's words ---- */

static bool matches(struct script *script, const char *expected, struct slice said)
{
	size_t len = strlen(expected);

	if (script->answer == NULL || len == 0 || expected[len - 1] != '?')
		return slice_is(said, expected);
	if (said.len < len - 1 || memcmp(said.at, expected, len - 1) != 0)
		return false;
	text_release(&script->reply);
	script->answer(script, (struct slice){ said.at + len - 1, said.len - len + 1 }, &script->reply);
	return true;
}

static enum stream_status hear(struct script *script, struct slice bytes, struct fault *fault)
{
	while (bytes.len > 0) {
		const char *line = current(script), *end = memmem(bytes.at, bytes.len, "\r\n", 2);
		struct slice said = { bytes.at, end != NULL ? (size_t)(end - bytes.at) : bytes.len };

		if (end == NULL)
			return fail(script, "says without an end \"", said, fault);
		if (!begins(line, "C: ") || !matches(script, line + 3, said))
			return fail(script, "says \"", said, fault);
		script->at++;
		bytes.at += said.len + 2;
		bytes.len -= said.len + 2;
	}
	if (begins(current(script), "C: "))
		return fail(script, "says nothing more in this write", bytes, fault);
	if (is(current(script), "--"))
		script->at++;
	return STREAM_FINE;
}

static enum stream_status write_all(struct stream *stream, struct slice bytes, struct fault *fault)
{
	struct script *script = (struct script *)stream;
	const char *line = current(script);

	if (script->failure[0] != '\0')
		return fail(script, "", bytes, fault);
	if (script->is_stuck)
		return late(script, fault);
	if (script->is_deaf || is(line, "RESET")) {
		fault_set(fault, FAULT_NETWORK, "Broken pipe");
		return STREAM_BROKEN;
	}
	if (has_closed(script))
		return STREAM_FINE;
	if (script->heard < script->words.len)
		return fail(script, "has not heard all, and says \"", bytes, fault);
	return is_end(line) ? STREAM_FINE : hear(script, bytes, fault);
}

/* ---- TLS ---- */

static enum stream_status start_tls(struct stream *stream, struct fault *fault)
{
	static const struct {
		const char *line;
		enum stream_status status;
	} ends[] = {
		{ "TLS CLOSED", STREAM_CLOSED }, { "TLS BROKEN", STREAM_BROKEN },
		{ "TLS UNTRUSTED", STREAM_UNTRUSTED },
	};
	struct script *script = (struct script *)stream;
	const char *line;

	if (script->heard < script->words.len || is_server(current(script))) {
		load(script);
		fault_set(fault, FAULT_PROTOCOL, "bytes came before the handshake");
		return STREAM_EARLY;
	}
	if (has_closed(script))
		return ended("CLOSE", fault);
	if (!pass_time(script))
		return late(script, fault);
	line = current(script);
	if (is(line, "CLOSE") || is(line, "RESET"))
		return ended(line, fault);
	if (is(line, "SILENCE"))
		return late(script, fault);
	if (!begins(line, "TLS"))
		return fail(script, "begins TLS", slice_of(""), fault);
	script->at++;
	script->has_tls = true;
	if (is(line, "TLS LATE"))
		return late(script, fault);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		if (!is(line, ends[i].line))
			continue;
		fault_set(fault, FAULT_PROTOCOL, "%s", ends[i].line);
		return ends[i].status;
	}
	return STREAM_FINE;
}

void script_open(struct script *script, const char *const *lines)
{
	*script = (struct script){
		.stream = { read_some, write_all, start_tls, read_clock, 0 },
		.lines = lines, .now_us = BEGUN_US, .deadline_us = BEGUN_US + PATIENCE_US,
	};
}

const char *script_failure(struct script *script)
{
	struct fault fault;
	const char *line = current(script);

	if (script->failure[0] != '\0')
		return script->failure;
	if (has_closed(script))
		return NULL;
	/* What is left of words that it has begun to hear did not matter to it. */
	if (line != NULL && !is_end(line))
		fail(script, "came no further", slice_of(""), &fault);
	return script->failure[0] != '\0' ? script->failure : NULL;
}

void script_release(struct script *script)
{
	text_release(&script->words);
	text_release(&script->reply);
}
