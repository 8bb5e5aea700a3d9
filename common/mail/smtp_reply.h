/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_SMTP_REPLY_H
#define MAILPATH_MAIL_SMTP_REPLY_H

#include "base/fault.h"
#include "base/text.h"

/* Replies of SMTP and LMTP servers (RFC 5321 4.2, 2033). */

enum {
	SMTP_LINE_MAX = 4096,	/* octets of a line, without its end; RFC 5321 4.5.3.1.5
				 * grants 512, and some send more */
	SMTP_LINES_MAX = 100,	/* of one reply */
	SMTP_TEXT_MAX = 1024,	/* what is kept of a reply's text */
};

enum smtp_parse { SMTP_DONE, SMTP_MORE, SMTP_BAD };

struct smtp_line {
	unsigned code;		/* 200 to 599 */
	bool is_last;		/* of its reply */
	struct slice text;	/* behind the code, without the line's end */
};

/* Take the first line off the bytes: DONE, and `used` of them; MORE: its end is
 * not there yet; BAD: this is no reply, and the fault quotes it. A line may end
 * in a bare LF: some do. */
enum smtp_parse smtp_line_parse(struct slice bytes, struct smtp_line *line, size_t *used,
				struct fault *fault);

struct smtp_reply {
	unsigned code;		/* 0: there was none */
	unsigned lines;
	size_t len;
	char text[SMTP_TEXT_MAX];	/* the lines without codes, joined by '\n' */
};

/* Put a line behind those that the reply has: DONE when it is whole, BAD when the
 * codes differ or it has too many lines (4.2.1). */
enum smtp_parse smtp_reply_add(struct smtp_reply *reply, const struct smtp_line *line,
			       struct fault *fault);

struct slice smtp_reply_text(const struct smtp_reply *reply);

/* As one line, the code in front and foreign text marked: "550 5.7.1 no". */
void smtp_reply_print(struct text *text, const struct smtp_reply *reply);

/* The enhanced status code that the text begins with (RFC 2034 4, 3463), or an
 * empty slice. */
struct slice smtp_reply_status(const struct smtp_reply *reply);

#endif
