/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_BASE_TEXT_H
#define MAILPATH_BASE_TEXT_H

#include <stdarg.h>

#include "base/slice.h"

/* Text that grows. Building is sticky: append freely, ask text_failed() once.
 * A zeroed struct is an empty text; text_release() is harmless on it. */
struct text {
	char *at;		/* NUL-ended, or NULL while empty: see text_str() */
	size_t len, size;
	bool failed;		/* there was no memory for something */
};

/* Foreign text (banners, TXT records, file names, what a user typed) is data.
 * text_add_foreign() makes it printable and wraps it in this pair of marks,
 * which it cannot hold itself; who prints decides what more a medium needs. */
enum { TEXT_FOREIGN_BEGIN = '\x01', TEXT_FOREIGN_END = '\x02' };

/* Longer foreign text is cut, and ends in "...". */
enum { TEXT_FOREIGN_MAX = 200 };

void text_add(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void text_add_list(struct text *text, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));
void text_add_slice(struct text *text, struct slice bytes);
void text_add_char(struct text *text, char c);

/* Each C0 control, DEL, U+0080-9F, bidi control (U+202A-E, U+2066-9), U+2028,
 * U+2029 and byte that is not valid UTF-8 becomes "?". */
void text_add_foreign(struct text *text, struct slice bytes);
/* The same, but cut to `most` bytes. */
void text_add_foreign_most(struct text *text, struct slice bytes, size_t most);

/* A text with marks, for a medium. */
enum text_medium {
	TEXT_PLAIN,	/* without the marks */
	TEXT_SHELL,	/* and | \ < > ` $ of foreign text become "?": Nagios pipes
			 * it through printf "%b", a shell and a web page */
};
void text_add_marked(struct text *text, const char *marked, enum text_medium medium);

/* Shorten what follows byte `from` to at most `max` bytes, "..." included,
 * between two characters. */
void text_cut(struct text *text, size_t from, size_t max);

/* Take back all behind byte `len`. */
void text_truncate(struct text *text, size_t len);

/* Percent-encode all but RFC 3986's unreserved characters and ':'. */
void text_add_url(struct text *text, const char *value);

/* The length of the UTF-8 character at the front (RFC 3629 section 4) and its
 * number; 0: no valid one. */
size_t text_utf8(struct slice s, uint32_t *number);

const char *text_str(const struct text *text);
struct slice text_slice(const struct text *text);
bool text_failed(const struct text *text);
/* The bytes, now the caller's (free()), or NULL if anything failed. */
char *text_take(struct text *text);
void text_release(struct text *text);

#endif
