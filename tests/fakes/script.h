/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_TESTS_SCRIPT_H
#define MAILPATH_TESTS_SCRIPT_H

#include "base/stream.h"
#include "base/text.h"

/* A stream that plays a dialogue, and fails when the client says something else.
 * A line of it is one of
 *
 *	S: TEXT		the server says it, with CRLF
 *	RAW BYTES	the same, as they are
 *	C: TEXT		the client must say it, with CRLF. Lines that follow each other
 *			come in one write
 *	--		no: in another; and what the server says comes in another read
 *	TLS		the client must begin TLS, and it succeeds. Also TLS CLOSED, BROKEN,
 *			LATE, UNTRUSTED: how it ends. With words of the server unread it is
 *			STREAM_EARLY, without a line here
 *	WAIT MS		the clock goes on before what follows comes
 *	DEAF, STUCK	from here on writing is STREAM_BROKEN, or STREAM_LATE
 *	CLOSE, RESET, SILENCE	the end: reading is STREAM_CLOSED, BROKEN, or LATE. Words
 *			are lost in a closed connection, and refused by one that was reset
 *
 * Nothing sleeps: the clock goes on where the client waits, and nowhere else. */

struct script;

/* A client's line ends in '?' in the dialogue: what it says there. What is appended
 * to `answer` stands for the '?' at the end of the server's next line. */
typedef void script_answer(struct script *script, struct slice said, struct text *answer);

struct script {
	struct stream stream;
	size_t piece;		/* bytes that a read gives at most, or 0 */
	size_t most;		/* bytes that the server says before it closes, or 0 */
	int64_t now_us, deadline_us;
	script_answer *answer;	/* NULL: '?' is a character as any other */
	void *data;		/* the caller's */

	/* How far it is. */
	const char *const *lines;	/* NULL at the end */
	size_t at;
	struct text words;	/* of the server */
	size_t heard;		/* of them */
	size_t total;		/* heard in all */
	int64_t due_us;		/* when WAIT ends, or 0 */
	bool is_deaf, is_stuck, has_tls;
	struct text reply;	/* what `answer` has appended */
	char failure[600];
};

/* The lines are borrowed. */
void script_open(struct script *script, const char *const *lines);

/* What the client did wrong first, or left out, with the number of the line, counted
 * from 1; NULL: it has played its part. */
const char *script_failure(struct script *script);

void script_release(struct script *script);

#endif
