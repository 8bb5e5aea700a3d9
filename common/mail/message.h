/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_MESSAGE_H
#define MAILPATH_MAIL_MESSAGE_H

#include "base/fault.h"
#include "base/text.h"

/* A message as it goes over the wire (RFC 5322, 2045 to 2047, 6532). */

struct message_attachment {
	const char *name;	/* the file's name without its folders */
	struct slice content;
};

struct message_draft {
	const char *from;	/* the envelope's sender, "" for <> */
	const char *const *to;
	size_t to_count;
	const char *subject;	/* NULL: one that tells what this is */
	const char *const *headers;	/* "Name: value" */
	size_t header_count;
	struct slice body;	/* any line ends; `at` NULL: a sentence of our own */
	const struct message_attachment *attachments;
	size_t attachment_count;
	uint64_t pad_to;	/* fill up to this size in all, or 0 */
	const char *host;	/* our name, for the Message-ID */
	const char *id;		/* unique: for X-Mailpath-Id, Message-ID and the MIME boundary;
				 * at most 69 letters, digits, '-', '_' and '.' within */
	int64_t now;		/* seconds since 1970, for the Date (UTC) */
	bool has_8bit;		/* the server takes 8BITMIME: a body with bytes above 127
				 * goes as it is; else it is encoded */
};

struct message {
	struct text wire;	/* dot-stuffed, with the line of the last dot: what follows
				 * DATA's 354 (RFC 5321 4.5.2) */
	uint64_t size;		/* octets of the message itself, as SIZE counts them
				 * (RFC 1870 3: without the dots added and the last line) */
	bool is_8bit;		/* a byte above 127 in the body: wants BODY=8BITMIME */
	bool is_utf8;		/* UTF-8 in an address of the header: wants SMTPUTF8 */
};

/* Can this be a line of the header: a name of printable characters without ':'
 * (RFC 5322 2.2), a colon, and no control character behind it? Names that the
 * message gives itself (MIME-Version, Content-*, X-Mailpath-Id) are refused; the
 * others (From, To, Date, Message-ID, Subject) replace its own. */
bool message_header_check(const char *header, struct fault *fault);

/* An address without a line's room, a header that message_header_check() refuses,
 * `pad_to` below what the message has anyway, and no memory: false. */
bool message_build(const struct message_draft *draft, struct message *message,
		   struct fault *fault);

void message_release(struct message *message);

#endif
