/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "mail/content.h"

/* The body of a part: is it what its header says, and what does a reader get? */

enum { PROGRAM_MIN = 64 };	/* a text may begin with MZ; a program has a header behind it */

static const struct slice nothing = { "", 0 };

static void note(struct content *content, enum content_fault fault, struct slice about, const char *why)
{
	content_note(content, fault, content->lines, content->part.path, about, why);
}

static bool is_read(const struct content_part *part)
{
	return (part->kind == CONTENT_PLAIN || part->kind == CONTENT_HTML) && !part->is_attachment;
}

static void judge_name(struct content *content)
{
	struct content_part *part = &content->part;
	struct slice name = slice_of(part->name);

	switch (content_name_look(name)) {
	case CONTENT_NAME_PROGRAM:
		part->is_judged = true;
		content_note(content, CONTENT_PROGRAM_NAME, part->line, part->path, name,
			     content_name_deceives(name) ? "it is named like a document" : NULL);
		break;
	case CONTENT_NAME_MACROS:
		part->is_judged = true;
		content_note(content, CONTENT_MACROS, part->line, part->path, name, NULL);
		break;
	case CONTENT_NAME_ARCHIVE:
	case CONTENT_NAME_HARMLESS:
		break;
	}
}

static bool is_encoded(const struct content_part *part)
{
	return part->encoding == CONTENT_QUOTED || part->encoding == CONTENT_BASE64;
}

void content_part_begin(struct content *content)
{
	struct content_part *part = &content->part;

	content->parts++;
	/* Without a type it is text/plain (RFC 2045 5.2). */
	part->is_text |= part->type[0] == '\0';
	/* Of text/plain it is us-ascii (RFC 2046 4.1.2); others have rules of their own (RFC 6657). */
	if (!part->has_charset && part->kind != CONTENT_PLAIN)
		part->charset = CONTENT_OTHER_CHARSET;
	part->is_attachment |= part->name[0] != '\0' && part->kind == CONTENT_FILE;
	part->letters.is_html = part->kind == CONTENT_HTML;
	part->is_zip = !part->is_text && is_encoded(part);
	judge_name(content);
	if (part->kind == CONTENT_IMAGE)
		content->has_image |= !part->is_attachment;
	if (!is_read(part))
		return;
	content->has_plain |= part->kind == CONTENT_PLAIN;
	if (part->kind == CONTENT_HTML && !content->has_html) {
		content->has_html = true;
		content->html_line = part->line;
		memcpy(content->html_part, part->path, sizeof content->html_part);
	}
}

/* ---- octets, as a reader's program has them */

static void look_into_zip(struct content *content, struct slice bytes)
{
	struct content_part *part = &content->part;
	struct slice name;
	bool is_encrypted;

	while (content_zip_next(&part->zip, &bytes, &name, &is_encrypted)) {
		if (is_encrypted && !part->is_encrypted)
			note(content, CONTENT_ARCHIVE_ENCRYPTED, slice_of(part->name), NULL);
		part->is_encrypted |= is_encrypted;
		/* Of what is a program or has macros by its own name, nothing new. */
		if (part->is_judged)
			continue;
		switch (content_name_look(name)) {
		case CONTENT_NAME_PROGRAM:
			note(content, CONTENT_PROGRAM_PACKED, name, NULL);
			break;
		case CONTENT_NAME_ARCHIVE:
			note(content, CONTENT_ARCHIVE_PACKED, name, NULL);
			break;
		case CONTENT_NAME_MACROS:
			note(content, CONTENT_MACROS, name, NULL);
			break;
		case CONTENT_NAME_HARMLESS:
			/* Where Office keeps them, whatever the file is called. */
			if (name.len >= 14 && slice_is_nocase((struct slice){ name.at + name.len - 14, 14 },
							      "vbaProject.bin"))
				note(content, CONTENT_MACROS, slice_of(part->name), NULL);
			break;
		}
	}
}

static void judge_charset(struct content *content, struct slice bytes, bool has_high)
{
	struct content_part *part = &content->part;

	if (part->is_charset_noted || part->charset == CONTENT_OTHER_CHARSET)
		return;
	if (part->charset == CONTENT_ASCII && has_high) {
		part->is_charset_noted = true;
		note(content, CONTENT_NOT_ASCII, nothing, NULL);
	} else if (part->charset == CONTENT_UTF8 && (has_high || part->utf8.missing > 0)) {
		content_utf8_add(&part->utf8, bytes);
		part->is_charset_noted = part->utf8.is_broken;
		if (part->utf8.is_broken)
			note(content, CONTENT_NOT_UTF8, nothing, NULL);
	}
}

static void take(struct content *content, struct slice bytes, bool has_high)
{
	struct content_part *part = &content->part;
	size_t room = sizeof part->magic - part->magic_len, len = bytes.len < room ? bytes.len : room;

	part->size += bytes.len;
	if (len > 0)
		memcpy(part->magic + part->magic_len, bytes.at, len);
	part->magic_len += len;
	if (part->is_text)
		judge_charset(content, bytes, has_high);
	if (is_read(part))
		content_letters_add(&part->letters, bytes, CONTENT_LETTERS);
	if (part->is_zip && part->magic_len >= 4)
		part->is_zip = content_is_zip((struct slice){ part->magic, part->magic_len });
	if (part->is_zip)
		look_into_zip(content, bytes);
}

/* ---- lines */

static void take_plain(struct content *content, struct slice piece, bool has_high, bool is_end)
{
	struct content_part *part = &content->part;

	if (has_high && part->encoding == CONTENT_7BIT) {
		content_note(content, CONTENT_UNDECLARED_8BIT, content->lines, part->path, nothing, NULL);
		part->is_charset_noted = true;
	}
	take(content, piece, has_high);
	if (is_end)
		take(content, (struct slice){ "\r\n", 2 }, false);
}

static void take_decoded(struct content *content, struct slice bytes)
{
	/* What comes of nonsense is in no charset, and that is one fault. */
	content->part.is_charset_noted |= content->part.decoder.is_broken;
	take(content, bytes, content->part.is_text && content_bytes_look(bytes).has_high);
}

static void take_quoted(struct content *content, struct slice piece, bool has_high, bool is_end)
{
	struct content_decoder *decoder = &content->part.decoder;
	char bytes[CONTENT_DECODED];
	size_t len = content_quoted(decoder, piece, is_end, bytes);

	if (has_high && !decoder->is_broken) {
		decoder->is_broken = true;
		decoder->why = "bytes above 127, which quoted-printable does not have";
	}
	take_decoded(content, (struct slice){ bytes, len });
}

static void take_base64(struct content *content, struct slice piece)
{
	struct content_part *part = &content->part;
	char bytes[CONTENT_DECODED];

	if (part->is_text || part->is_zip || part->magic_len < sizeof part->magic)
		take_decoded(content, (struct slice){ bytes, content_base64(&part->decoder, piece, bytes) });
	else
		part->size += content_base64_size(&part->decoder, piece);
}

static void judge_decoder(struct content *content, bool was_broken)
{
	const struct content_decoder *decoder = &content->part.decoder;

	if (decoder->is_broken && !was_broken)
		note(content, CONTENT_ENCODING_BROKEN,
		     slice_of(content->part.encoding == CONTENT_BASE64 ? "base64" : "quoted-printable"),
		     decoder->why);
}

void content_part_line(struct content *content, struct slice piece, bool has_high, bool is_end)
{
	struct content_part *part = &content->part;
	bool was_broken = part->decoder.is_broken;

	switch (part->encoding) {
	case CONTENT_7BIT:
	case CONTENT_8BIT:
	case CONTENT_BINARY:
	case CONTENT_OTHER:
		take_plain(content, piece, has_high, is_end);
		return;
	case CONTENT_QUOTED:
		take_quoted(content, piece, has_high, is_end);
		break;
	case CONTENT_BASE64:
		take_base64(content, piece);
		break;
	}
	judge_decoder(content, was_broken);
}

/* ---- the end */

static void keep_file(struct content *content)
{
	const struct content_part *part = &content->part;
	struct content_file *file = &content->files[content->file_count];

	content->attachments++;
	if (part->size > content->attachment_max)
		content->attachment_max = part->size;
	if (content->file_count == CONTENT_FILES)
		return;
	content->file_count++;
	file->size = part->size;
	memcpy(file->part, part->path, sizeof file->part);
	memcpy(file->name, part->name, sizeof file->name);
	memcpy(file->type, part->type, sizeof file->type);
}

void content_part_end(struct content *content)
{
	struct content_part *part = &content->part;
	bool was_broken = part->decoder.is_broken;
	unsigned *letters = part->kind == CONTENT_HTML ? &content->html_letters : &content->plain_letters;

	if (part->encoding == CONTENT_BASE64) {
		content_base64_end(&part->decoder);
		judge_decoder(content, was_broken);
	}
	if (part->is_text && part->charset == CONTENT_UTF8 && !part->is_charset_noted &&
	    !content_utf8_is_good(&part->utf8))
		note(content, CONTENT_NOT_UTF8, nothing, NULL);
	if (!part->is_text && !part->is_judged && part->size >= PROGRAM_MIN &&
	    content_is_program((struct slice){ part->magic, part->magic_len }))
		content_note(content, CONTENT_PROGRAM_BYTES, part->line, part->path, slice_of(part->name), NULL);
	if (is_read(part)) {
		*letters += part->letters.count;
		content->has_image |= part->letters.has_image;
	}
	if (part->is_attachment)
		keep_file(content);
}
