/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_MIME_H
#define MAILPATH_MAIL_MIME_H

#include "base/text.h"

/* How bytes are written where a message has room for less than bytes (RFC 2045,
 * 2047, 2231). message.c makes a message of it. */

enum {
	MIME_LINE_MAX = 998,	/* octets of a line without CRLF (RFC 5322 2.1.1) */
	MIME_WORD_MAX = 900,	/* of what cannot be folded, so that a line has room */
	MIME_NAME_MAX = 70,	/* of a header's name, for the same reason */
};

/* "us-ascii", "utf-8", or "unknown-8bit" (RFC 1428) for what is neither. */
const char *mime_charset(struct slice bytes);

/* Append "Name: value" and CRLF, folded at blanks to lines of 78 where it can be.
 * Controls become blanks. What is not ASCII, or has no blank for too long, becomes
 * encoded-words (RFC 2047). With `has_addresses`, a word with '@' stays UTF-8
 * instead, and true comes back (RFC 6532). */
bool mime_add_header(struct text *text, const char *name, struct slice value, bool has_addresses);

/* Append text with CRLF as its line ends in quoted-printable (RFC 2045 6.7). */
void mime_add_quoted(struct text *text, struct slice lines);

/* Base64 in lines of 76 characters, each with CRLF (RFC 2045 6.8), and how many
 * octets that are; and the most bytes that take no more than so many octets. */
void mime_add_base64(struct text *text, struct slice bytes);
uint64_t mime_base64_size(uint64_t len);
uint64_t mime_base64_room(uint64_t size);

/* Append `filename="..."` or `filename*=UTF-8''...` (RFC 2183, 2231). Of a longer
 * name than file systems have, what fits. */
void mime_add_filename(struct text *text, const char *name);

#endif
