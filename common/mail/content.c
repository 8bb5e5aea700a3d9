/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/content.h"

#include <stdio.h>
#include <string.h>

#include "mail/dmarc_find.h"

/* ---- what was found */

static void keep(char *to, size_t size, struct slice s)
{
	size_t len = s.len < size ? s.len : size - 1;

	for (size_t i = 0; i < len; i++)
		to[i] = s.at[i] != '\0' ? s.at[i] : '?';
	to[len] = '\0';
}

void content_note(struct content *content, enum content_fault fault, uint64_t line, const char *part,
		  struct slice about, const char *why)
{
	struct content_note new = { .fault = fault, .line = line, .count = 1, .why = why };
	unsigned same = 0;

	content->totals[fault]++;
	keep(new.part, sizeof new.part, slice_of(part));
	keep(new.about, sizeof new.about, about);
	for (size_t i = 0; i < content->note_count; i++) {
		struct content_note *note = &content->notes[i];

		if (note->fault != fault)
			continue;
		if (strcmp(note->part, new.part) == 0 && strcmp(note->about, new.about) == 0) {
			note->count++;
			return;
		}
		same++;
	}
	if (same < CONTENT_NOTES_EACH && content->note_count < CONTENT_NOTES)
		content->notes[content->note_count++] = new;
}

static const struct slice nothing = { "", 0 };

/* ---- parts within parts */

/* "2.1": the numbers of what is open; of a part that is alone in its message, IMAP's 1
 * (RFC 9051 6.4.5.1) is added when it turns out to be none of several. */
static void print_path(const struct content *content, unsigned level_count, char path[CONTENT_PATH_MAX])
{
	size_t len = 0;

	path[0] = '\0';
	for (unsigned i = 0; i < level_count; i++) {
		const struct content_level *level = &content->levels[i];
		char number[16];

		if (level->is_message)
			continue;
		snprintf(number, sizeof number, "%s%u", len > 0 ? "." : "", level->children);
		if (len + strlen(number) + 4 > CONTENT_PATH_MAX) {
			memcpy(path + len, "...", 4);
			return;
		}
		memcpy(path + len, number, strlen(number) + 1);
		len += strlen(number);
	}
}

static void begin_part(struct content *content)
{
	content->part = (struct content_part){ .line = content->lines };
	print_path(content, content->level_count, content->part.path);
	content->place = CONTENT_HEADER;
	content->seen = 0;
}

static void add_one(char path[CONTENT_PATH_MAX])
{
	size_t len = strlen(path);

	if (len + 3 <= CONTENT_PATH_MAX)
		memcpy(path + len, len > 0 ? ".1" : "1", len > 0 ? 3 : 2);
}

/* The header of a part is through: it opens others, or has a body. */
static void open_part(struct content *content)
{
	struct content_part *part = &content->part;
	bool is_alone = content->level_count == 0 || content->levels[content->level_count - 1].is_message;
	bool is_encoded = part->encoding == CONTENT_QUOTED || part->encoding == CONTENT_BASE64;
	bool opens = part->kind == CONTENT_MULTIPART || (part->kind == CONTENT_MESSAGE && !is_encoded);
	struct content_level *level = &content->levels[content->level_count];

	/* RFC 2045 6.4 */
	if (part->kind == CONTENT_MULTIPART && is_encoded)
		content_note(content, CONTENT_ENCODING_FORBIDDEN, part->line, part->path, nothing, NULL);
	if (part->kind != CONTENT_MULTIPART && is_alone)
		add_one(part->path);
	if (opens && content->level_count == CONTENT_DEPTH_MAX) {
		content_note(content, CONTENT_TOO_DEEP, part->line, part->path, nothing, NULL);
		part->kind = CONTENT_FILE;
		opens = false;
	}
	if (!opens) {
		part->kind = part->kind == CONTENT_MESSAGE ? CONTENT_FILE : part->kind;
		content->place = CONTENT_BODY;
		content_part_begin(content);
		return;
	}
	*level = (struct content_level){ .line = part->line, .is_message = part->kind == CONTENT_MESSAGE };
	level->boundary_len = level->is_message ? 0 : strlen(part->boundary);
	memcpy(level->boundary, part->boundary, sizeof level->boundary);
	content->level_count++;
	if (content->level_count > content->depth)
		content->depth = content->level_count;
	content->place = CONTENT_BETWEEN;
	if (level->is_message) {
		level->children = 1;
		begin_part(content);
	} else if (level->boundary_len == 0) {
		content_note(content, CONTENT_BOUNDARY_MISSING, part->line, part->path, nothing, part->why);
	}
}

static void end_field(struct content *content)
{
	struct slice value = { content->field, content->field_len }, name;

	if (content->field_line == 0)
		return;
	slice_split(&value, ':', &name);
	content_field(content, slice_trim(name), slice_trim(value));
	content->field_line = 0;
}

static void close_part(struct content *content)
{
	if (content->place == CONTENT_HEADER) {
		end_field(content);
		content_header_end(content);
		open_part(content);
	}
	if (content->place == CONTENT_BODY)
		content_part_end(content);
	content->place = CONTENT_BETWEEN;
}

/* Leave all levels but so many. */
static void leave_levels(struct content *content, unsigned count)
{
	while (content->level_count > count) {
		const struct content_level *level = &content->levels[content->level_count - 1];
		char path[CONTENT_PATH_MAX];

		print_path(content, --content->level_count, path);
		if (level->is_message || level->boundary_len == 0)
			continue;
		if (level->children == 0 && !level->is_closed)
			content_note(content, CONTENT_NOT_OPENED, level->line, path, slice_of(level->boundary), NULL);
		else if (level->children == 0)
			content_note(content, CONTENT_NO_PARTS, level->line, path, slice_of(level->boundary), NULL);
		else if (!level->is_closed)
			content_note(content, CONTENT_NOT_CLOSED, level->line, path, slice_of(level->boundary), NULL);
	}
}

/* "--boundary", or "--boundary--" (RFC 2046 5.1.1), of an open part: which one? */
static bool is_delimiter(const struct content *content, struct slice line, unsigned *at, bool *closes)
{
	struct slice rest = { line.at + 2, line.len - 2 };

	while (rest.len > 0 && (rest.at[rest.len - 1] == ' ' || rest.at[rest.len - 1] == '\t'))
		rest.len--;
	for (unsigned i = content->level_count; i-- > 0;) {
		const struct content_level *level = &content->levels[i];
		size_t len = level->boundary_len;

		if (len == 0 || rest.len < len || memcmp(rest.at, level->boundary, len) != 0)
			continue;
		*at = i;
		*closes = rest.len == len + 2 && memcmp(rest.at + len, "--", 2) == 0;
		if (*closes || rest.len == len)
			return true;
	}
	return false;
}

static bool take_delimiter(struct content *content, struct slice line)
{
	unsigned at;
	bool closes;

	if (content->level_count == 0 || line.len < 2 || line.at[0] != '-' || line.at[1] != '-' ||
	    !is_delimiter(content, line, &at, &closes))
		return false;
	close_part(content);
	/* A part without a body may have opened one more level: it is left again. */
	leave_levels(content, at + 1);
	content->levels[at].is_closed = closes;
	if (!closes) {
		content->levels[at].children++;
		begin_part(content);
	}
	return true;
}

/* ---- the header's lines */

/* A name of printable characters and a colon (RFC 5322 2.2); blanks before the colon are
 * obsolete (4.5), but harmless. */
static bool is_field(struct slice line)
{
	const char *colon = line.len > 0 ? memchr(line.at, ':', line.len) : NULL;
	size_t len = colon != NULL ? (size_t)(colon - line.at) : 0;

	while (len > 0 && (line.at[len - 1] == ' ' || line.at[len - 1] == '\t'))
		len--;
	for (size_t i = 0; i < len; i++) {
		if (line.at[i] <= ' ' || line.at[i] > '~')
			return false;
	}
	return len > 0;
}

static void add_to_field(struct content *content, struct slice bytes)
{
	size_t room = CONTENT_FIELD_MAX - content->field_len;
	size_t len = bytes.len < room ? bytes.len : room;

	if (len > 0)
		memcpy(content->field + content->field_len, bytes.at, len);
	content->field_len += len;
}

static void header_line(struct content *content, struct slice piece, bool is_first, bool is_end)
{
	if (is_first && is_end && piece.len == 0) {
		end_field(content);
		content_header_end(content);
		open_part(content);
		return;
	}
	if (is_first && !(content->field_line != 0 && (piece.at[0] == ' ' || piece.at[0] == '\t'))) {
		end_field(content);
		content->field_len = 0;
		/* What a mailbox file puts before a message (RFC 4155). */
		if (content->lines == 1 && slice_starts(piece, "From "))
			return;
		if (!is_field(piece)) {
			content_note(content, CONTENT_FIELD_MALFORMED, content->lines, content->part.path, piece, NULL);
			return;
		}
		content->fields += content->level_count == 0;
		content->field_line = content->lines;
	}
	if (content->field_line != 0)
		add_to_field(content, piece);
}

/* ---- lines */

/* A line, or a piece of one that is longer than CONTENT_PIECE. */
static void take_piece(struct content *content, struct slice piece, bool is_end)
{
	struct content_bytes found = content_bytes_look(piece);
	bool is_first = !content->is_line_begun;

	if (is_first)
		content->lines++;
	content->is_line_begun = !is_end;
	content->line_len += piece.len;
	if (found.has_nul)
		content_note(content, CONTENT_NUL, content->lines, "", nothing, NULL);
	if (found.has_cr)
		content_note(content, CONTENT_BARE_CR, content->lines, "", nothing, NULL);
	if (is_first && take_delimiter(content, piece))
		return;
	switch (content->place) {
	case CONTENT_HEADER:
		header_line(content, piece, is_first, is_end);
		break;
	case CONTENT_BODY:
		content_part_line(content, piece, found.has_high, is_end);
		break;
	case CONTENT_BETWEEN:
		break;
	}
}

/* The last piece of a line has come, its line end is behind it. */
static void end_line(struct content *content, struct slice piece, bool has_lf)
{
	bool is_crlf = has_lf && piece.len > 0 && piece.at[piece.len - 1] == '\r';

	piece.len -= is_crlf;
	content->crlf_lines += is_crlf;
	content->lf_lines += has_lf && !is_crlf;
	take_piece(content, piece, true);
	if (has_lf && !is_crlf && content->first_lf == 0)
		content->first_lf = content->lines;
	content->size += content->line_len + 2;
	if (content->line_len > content->longest)
		content->longest = content->line_len;
	if (content->line_len > CONTENT_LINE_MAX)
		content_note(content, CONTENT_LINE_LONG, content->lines, "", nothing, NULL);
	else if (content->line_len > CONTENT_LINE_SOFT && content->totals[CONTENT_LINE_WIDE] == 0)
		content_note(content, CONTENT_LINE_WIDE, content->lines, "", nothing, NULL);
	else if (content->line_len > CONTENT_LINE_SOFT)
		content->totals[CONTENT_LINE_WIDE]++;
	content->line_len = 0;
}

/* Bytes of a line that is not whole yet. A CR that may be half of a CRLF stays. */
static void hold(struct content *content, struct slice bytes)
{
	while (bytes.len > 0) {
		size_t room = CONTENT_PIECE - content->piece_len, len;

		if (room == 0) {
			bool keeps = content->piece[CONTENT_PIECE - 1] == '\r';

			take_piece(content, (struct slice){ content->piece, (size_t)CONTENT_PIECE - keeps }, false);
			content->piece[0] = '\r';
			content->piece_len = keeps;
			continue;
		}
		len = bytes.len < room ? bytes.len : room;
		memcpy(content->piece + content->piece_len, bytes.at, len);
		content->piece_len += len;
		bytes = (struct slice){ bytes.at + len, bytes.len - len };
	}
}

void content_feed(struct content *content, struct slice bytes)
{
	content->bytes += bytes.len;
	while (bytes.len > 0) {
		const char *end = memchr(bytes.at, '\n', bytes.len);
		size_t len = end != NULL ? (size_t)(end - bytes.at) : bytes.len;

		if (end != NULL && len <= CONTENT_PIECE && content->piece_len == 0 && !content->is_line_begun) {
			end_line(content, (struct slice){ bytes.at, len }, true);
		} else {
			hold(content, (struct slice){ bytes.at, len });
			if (end != NULL) {
				struct slice piece = { content->piece, content->piece_len };

				content->piece_len = 0;
				end_line(content, piece, true);
			}
		}
		len += end != NULL;
		bytes = (struct slice){ bytes.at + len, bytes.len - len };
	}
}

/* ---- the end */

/* As Unix stores it, each line ends with LF; a few of another kind are a fault. */
static void judge_line_ends(struct content *content)
{
	if (content->lf_lines > 0 && content->crlf_lines > 0) {
		content_note(content, CONTENT_BARE_LF, content->first_lf, "", nothing, NULL);
		content->totals[CONTENT_BARE_LF] = content->lf_lines;
	}
}

enum { LETTERS_OF_AN_IMAGE = 20 };

static void judge_reading(struct content *content)
{
	unsigned letters = content->has_html ? content->html_letters : content->plain_letters;

	if (content->has_html && (!content->has_plain ||
				  (content->plain_letters == 0 && content->html_letters > 0)))
		content_note(content, CONTENT_HTML_ALONE, content->html_line, content->html_part, nothing,
			     content->has_plain ? "its text alternative is empty" : "it has no text alternative");
	if (content->has_image && letters < LETTERS_OF_AN_IMAGE)
		content_note(content, CONTENT_IMAGE_ALONE, 0, "", nothing, NULL);
}

void content_finish(struct content *content)
{
	struct slice piece = { content->piece, content->piece_len };

	content->piece_len = 0;
	if (piece.len > 0 || content->is_line_begun)
		end_line(content, piece, false);
	close_part(content);
	leave_levels(content, 0);
	judge_line_ends(content);
	judge_reading(content);
}

bool content_is_aligned(const struct content *content, const struct content_signature *signature)
{
	struct domain author, signer;

	if (content->from.text[0] == '\0' || signature->domain.text[0] == '\0')
		return false;
	dmarc_registrable(&content->from, &author);
	dmarc_registrable(&signature->domain, &signer);
	return domain_same(&author, &signer);
}
