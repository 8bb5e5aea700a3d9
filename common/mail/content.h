/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_CONTENT_H
#define MAILPATH_MAIL_CONTENT_H

#include "base/domain.h"
#include "mail/content_decode.h"

/* What a message does wrong, found while it streams by (RFC 5321 2.3.8, 5322, 2045 to
 * 2049, 2183, 2231, 6376, 8058): fed with blocks of any size, in the memory of one
 * struct. How it is cut into blocks changes nothing. */

enum {
	CONTENT_LINE_MAX = 998,		/* octets without CRLF (RFC 5322 2.1.1), */
	CONTENT_LINE_SOFT = 78,		/* and what it should be */
	CONTENT_DEPTH_MAX = 100,	/* nested parts that are followed */
	CONTENT_BOUNDARY_MAX = 70,	/* RFC 2046 5.1.1 */
	CONTENT_PIECE = 4096,		/* a longer line is looked at in pieces */
	CONTENT_FIELD_MAX = 16384,	/* of a header field, what is looked at */
	CONTENT_ABOUT_MAX = 200,	/* of a foreign word, what is kept */
	CONTENT_PATH_MAX = 32,		/* "1.2.3"; a deeper one ends in "..." */
	CONTENT_NOTES = 64,		/* faults that are kept, */
	CONTENT_NOTES_EACH = 8,		/* of one kind; of the others only how many */
	CONTENT_FILES = 32,		/* attachments, of which more is known than that they are */
	CONTENT_SIGNATURES = 8,
	CONTENT_LETTERS = 40,		/* that a reader sees: so many are a text */
};

enum content_fault {
	/* lines */
	CONTENT_LINE_LONG,		/* more than CONTENT_LINE_MAX */
	CONTENT_LINE_WIDE,		/* more than CONTENT_LINE_SOFT */
	CONTENT_BARE_LF,		/* here LF, elsewhere CRLF */
	CONTENT_BARE_CR,
	CONTENT_NUL,
	/* the header; `about` is the field */
	CONTENT_FIELD_MISSING,
	CONTENT_FIELD_INVALID,
	CONTENT_FIELD_TWICE,
	CONTENT_FIELD_FOREIGN,		/* bytes above 127 that are no UTF-8 */
	CONTENT_FIELD_UTF8,
	CONTENT_FIELD_MALFORMED,	/* a line that is none; `about` is the line */
	CONTENT_FROM_SEVERAL,
	CONTENT_SIGNATURE_INVALID,	/* DKIM; `why` */
	/* the structure; `about` is a boundary, or an encoding */
	CONTENT_TOO_DEEP,
	CONTENT_BOUNDARY_MISSING,	/* the type names none that can be used */
	CONTENT_NOT_OPENED,
	CONTENT_NOT_CLOSED,
	CONTENT_NO_PARTS,
	CONTENT_ENCODING_UNKNOWN,
	CONTENT_ENCODING_FORBIDDEN,	/* of a multipart: base64 or quoted-printable */
	CONTENT_ENCODING_BROKEN,	/* what it holds is not what it says; `why` */
	CONTENT_UNDECLARED_8BIT,
	CONTENT_NOT_ASCII,		/* the charset is, or is by default */
	CONTENT_NOT_UTF8,
	/* what a reader gets; `about` is a file's name */
	CONTENT_HTML_ALONE,
	CONTENT_IMAGE_ALONE,
	CONTENT_PROGRAM_NAME,
	CONTENT_PROGRAM_BYTES,		/* it is one, whatever its name */
	CONTENT_PROGRAM_PACKED,		/* in a zip */
	CONTENT_ARCHIVE_PACKED,
	CONTENT_ARCHIVE_ENCRYPTED,
	CONTENT_MACROS,
	CONTENT_FAULTS
};

struct content_note {
	enum content_fault fault;
	uint64_t line;			/* where, from 1; 0: nowhere in particular */
	uint64_t count;			/* how often, in this part */
	const char *why;		/* static, or NULL */
	char part[CONTENT_PATH_MAX];	/* "1.2"; "": the message, or its header */
	char about[CONTENT_ABOUT_MAX];	/* foreign */
};

/* What is known of a part that is a file. */
struct content_file {
	uint64_t size;			/* decoded */
	char part[CONTENT_PATH_MAX];
	char name[CONTENT_ABOUT_MAX];	/* foreign; "": it has none */
	char type[64];			/* foreign: "image/png" */
};

struct content_signature {
	struct domain domain;		/* d= */
	char selector[64];		/* s=; foreign */
	bool covers_from, covers_unsubscribe;
	uint64_t line;
};

/* A part that is open: a multipart, or a message in a message. */
struct content_level {
	char boundary[CONTENT_BOUNDARY_MAX + 1];
	size_t boundary_len;
	uint64_t line;			/* where its header began */
	unsigned children;
	bool is_message, is_closed;
};

/* Where its next line belongs. */
enum content_place { CONTENT_HEADER, CONTENT_BODY, CONTENT_BETWEEN };

enum content_encoding {
	CONTENT_7BIT, CONTENT_8BIT, CONTENT_BINARY, CONTENT_QUOTED, CONTENT_BASE64, CONTENT_OTHER,
};

enum content_kind { CONTENT_PLAIN, CONTENT_HTML, CONTENT_IMAGE, CONTENT_MULTIPART, CONTENT_MESSAGE, CONTENT_FILE };

/* The part whose lines come. */
struct content_part {
	uint64_t line;
	enum content_kind kind;
	enum content_encoding encoding;
	enum content_charset charset;
	bool is_attachment, has_charset;
	bool is_judged;			/* a program by its name: its bytes tell nothing new */
	bool is_charset_noted;
	char path[CONTENT_PATH_MAX];
	char name[CONTENT_ABOUT_MAX];
	unsigned name_rank;		/* how good the source of the name is */
	const char *why;		/* there is no boundary; static */
	char type[64];
	char boundary[CONTENT_BOUNDARY_MAX + 1];
	struct content_decoder decoder;
	uint64_t size;
	char magic[8];
	size_t magic_len;
	bool is_text, is_zip, is_encrypted;
	struct content_utf8 utf8;
	struct content_letters letters;
	struct content_zip zip;
};

struct content {
	/* what was found */
	struct content_note notes[CONTENT_NOTES];
	size_t note_count;
	uint64_t totals[CONTENT_FAULTS];	/* of all, kept or not */
	uint64_t bytes;			/* as they came */
	uint64_t size;			/* octets on the wire: each line with CRLF */
	uint64_t lines, crlf_lines, lf_lines, longest;
	uint64_t header_size;
	unsigned fields;		/* of the message's header; 0: this is no message */
	unsigned parts, depth, attachments;
	uint64_t attachment_max;	/* decoded size of the largest */
	struct content_file files[CONTENT_FILES];
	size_t file_count;
	struct domain from;		/* "": none that can be read */
	bool has_date, has_received;
	int64_t date, received;		/* seconds since 1970; the topmost Received's */
	uint64_t date_line;
	struct content_signature signatures[CONTENT_SIGNATURES];
	size_t signature_count;
	bool has_unsubscribe, has_unsubscribe_https, has_unsubscribe_post;
	uint64_t unsubscribe_line;

	/* while it is read */
	char piece[CONTENT_PIECE];
	size_t piece_len;
	bool is_line_begun;		/* what comes next is the rest of a line */
	uint64_t line_len;
	uint64_t first_lf;		/* the first line with LF alone */
	enum content_place place;
	struct content_level levels[CONTENT_DEPTH_MAX];
	unsigned level_count;
	struct content_part part;
	char field[CONTENT_FIELD_MAX];
	size_t field_len;
	uint64_t field_line;		/* 0: none is open */
	uint32_t seen;			/* fields of the table, by bit */
	bool has_plain, has_html, has_image;
	unsigned plain_letters, html_letters;
	uint64_t html_line;
	char html_part[CONTENT_PATH_MAX];
};

/* Begin with a zeroed struct, feed it, and finish it once. */
void content_feed(struct content *content, struct slice bytes);
void content_finish(struct content *content);

/* Does such a signature count as the author's (RFC 7489 3.1.1, relaxed)? */
bool content_is_aligned(const struct content *content, const struct content_signature *signature);

/* ---- between its files */

void content_note(struct content *content, enum content_fault fault, uint64_t line,
		  const char *part, struct slice about, const char *why);

/* A field of a header, unfolded, without its name and the colon. */
void content_field(struct content *content, struct slice name, struct slice value);
/* All of a header has come. */
void content_header_end(struct content *content);

/* A part begins, is given lines, or pieces of them, and ends. */
void content_part_begin(struct content *content);
void content_part_line(struct content *content, struct slice piece, bool has_high, bool is_end);
void content_part_end(struct content *content);

/* "Tue, 24 Nov 2026 16:00:00 +0100" (RFC 5322 3.3, and the obsolete forms of 4.3) */
bool content_date_parse(struct slice value, int64_t *time);

#endif
