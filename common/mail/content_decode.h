/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_CONTENT_DECODE_H
#define MAILPATH_MAIL_CONTENT_DECODE_H

#include "base/slice.h"

/* Bytes of a part's body while they stream by. Each of these is zeroed to begin with. */

/* ---- base64 (RFC 2045 6.8) and quoted-printable (6.7) */

struct content_decoder {
	uint32_t bits;		/* base64: of the characters that make no octets yet */
	unsigned held;		/* and how many; quoted-printable: bytes in `hold` */
	unsigned padding;	/* '=' that came */
	char hold[3];		/* quoted-printable: an escape that is not whole yet */
	bool is_broken;
	const char *why;	/* static */
};

enum { CONTENT_DECODED = 4096 + 16 };	/* octets that a piece of 4096 can become */

/* Decode a piece; `to` has CONTENT_DECODED bytes. How many there are. */
size_t content_base64(struct content_decoder *decoder, struct slice piece, char *to);
/* The same without keeping the octets: only to count and to check. */
size_t content_base64_size(struct content_decoder *decoder, struct slice piece);
/* Nothing more comes. */
void content_base64_end(struct content_decoder *decoder);

/* A piece of a line, and does the line end there? A line end that stands for itself
 * is CRLF behind it. */
size_t content_quoted(struct content_decoder *decoder, struct slice piece, bool is_end, char *to);

/* ---- bytes */

struct content_bytes {
	bool has_nul, has_cr, has_high;
};

/* Which of these are among them? Eight at once. */
struct content_bytes content_bytes_look(struct slice bytes);

/* ---- charsets */

enum content_charset { CONTENT_ASCII, CONTENT_UTF8, CONTENT_OTHER_CHARSET };

struct content_utf8 {
	uint32_t number;
	unsigned missing;	/* octets of the character that is begun */
	uint32_t least;
	bool is_broken;
};

void content_utf8_add(struct content_utf8 *utf8, struct slice bytes);
/* Is that UTF-8, if nothing more comes? */
bool content_utf8_is_good(const struct content_utf8 *utf8);

/* ---- what a reader sees */

struct content_letters {
	unsigned count;		/* counted up to `enough` */
	bool is_html, has_image;
	bool is_in_tag, is_in_entity;
	bool is_hidden;			/* <style>, <script>, <title> */
	bool has_name;			/* of the tag */
	char tag[8];
	size_t tag_len;
};

void content_letters_add(struct content_letters *letters, struct slice bytes, unsigned enough);

/* ---- files */

/* What a name says of its file. */
enum content_name {
	CONTENT_NAME_HARMLESS,
	CONTENT_NAME_PROGRAM,	/* large receivers refuse these whatever is in them */
	CONTENT_NAME_ARCHIVE,
	CONTENT_NAME_MACROS,	/* an office file that has macros by its kind */
};
enum content_name content_name_look(struct slice name);
/* "invoice.pdf.exe": it would like to be taken for something else. */
bool content_name_deceives(struct slice name);

/* Do the first bytes say that it is a program (MZ, ELF), or a zip? */
bool content_is_program(struct slice magic);
bool content_is_zip(struct slice magic);

/* The local headers of a zip (APPNOTE 4.3.7), found by their signatures. */
struct content_zip {
	unsigned char head[30 + 256];
	size_t have;
	size_t want;		/* 0: the fixed part is not read yet */
};

/* Read on until the next file in it: its name, and is it encrypted? False: no more for
 * now; `bytes` is used up. */
bool content_zip_next(struct content_zip *zip, struct slice *bytes, struct slice *name,
		      bool *is_encrypted);

#endif
