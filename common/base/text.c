/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Make room for `more` bytes and a NUL. */
static bool reserve(struct text *text, size_t more)
{
	size_t size = text->size > 0 ? text->size : 64;
	char *grown;

	if (text->failed)
		return false;
	if (more < text->size - text->len)
		return true;
	while (size - text->len <= more) {
		if (size > SIZE_MAX / 2) {
			text->failed = true;
			return false;
		}
		size *= 2;
	}
	grown = realloc(text->at, size);
	if (grown == NULL) {
		text->failed = true;
		return false;
	}
	text->at = grown;
	text->size = size;
	return true;
}

void text_add_slice(struct text *text, struct slice bytes)
{
	if (bytes.len == 0 || !reserve(text, bytes.len))
		return;
	memcpy(text->at + text->len, bytes.at, bytes.len);
	text->len += bytes.len;
	text->at[text->len] = '\0';
}

void text_add_char(struct text *text, char c)
{
	text_add_slice(text, (struct slice){ &c, 1 });
}

void text_add_list(struct text *text, const char *format, va_list arguments)
{
	va_list again;
	int len;

	va_copy(again, arguments);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0)
		text->failed = true;
	if (len <= 0 || !reserve(text, (size_t)len))
		return;
	vsnprintf(text->at + text->len, text->size - text->len, format, arguments);
	text->len += (size_t)len;
}

void text_add(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text_add_list(text, format, arguments);
	va_end(arguments);
}

size_t text_utf8(struct slice s, uint32_t *number)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;	/* smaller ones had a shorter form */
	} forms[] = {
		{ 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 },
	};
	unsigned char lead;

	if (s.len == 0)
		return 0;
	lead = (unsigned char)s.at[0];
	for (size_t extra = 0; extra < sizeof forms / sizeof *forms; extra++) {
		if ((lead & forms[extra].mask) != forms[extra].lead)
			continue;
		if (s.len <= extra)
			return 0;
		*number = lead & (unsigned char)~forms[extra].mask;
		for (size_t i = 1; i <= extra; i++) {
			if (((unsigned char)s.at[i] & 0xc0) != 0x80)
				return 0;
			*number = *number << 6 | ((unsigned char)s.at[i] & 0x3f);
		}
		if (*number < forms[extra].least || *number > 0x10ffff ||
		    (*number >= 0xd800 && *number <= 0xdfff))
			return 0;
		return extra + 1;
	}
	return 0;
}

static bool printable(uint32_t c)
{
	static const struct { uint32_t first, last; } harmful[] = {
		{ 0x00, 0x1f }, { 0x7f, 0x9f },		/* C0, DEL, C1 */
		{ 0x2028, 0x2029 },			/* line and paragraph separator */
		{ 0x202a, 0x202e }, { 0x2066, 0x2069 },	/* bidi controls */
	};

	for (size_t i = 0; i < sizeof harmful / sizeof *harmful; i++) {
		if (c >= harmful[i].first && c <= harmful[i].last)
			return false;
	}
	return true;
}

void text_add_foreign(struct text *text, struct slice bytes)
{
	text_add_foreign_most(text, bytes, TEXT_FOREIGN_MAX);
}

void text_add_foreign_most(struct text *text, struct slice bytes, size_t most)
{
	size_t from;

	text_add_char(text, TEXT_FOREIGN_BEGIN);
	from = text->len;
	/* What is cut away anyway is not looked at. */
	while (bytes.len > 0 && text->len - from <= most && !text->failed) {
		uint32_t c;
		size_t len = text_utf8(bytes, &c);

		if (len > 0 && printable(c))
			text_add_slice(text, (struct slice){ bytes.at, len });
		else
			text_add_char(text, '?');
		len = len > 0 ? len : 1;
		bytes = (struct slice){ bytes.at + len, bytes.len - len };
	}
	text_cut(text, from, most);
	text_add_char(text, TEXT_FOREIGN_END);
}

void text_add_marked(struct text *text, const char *marked, enum text_medium medium)
{
	bool foreign = false;

	for (; *marked != '\0'; marked++) {
		if (*marked == TEXT_FOREIGN_BEGIN || *marked == TEXT_FOREIGN_END)
			foreign = *marked == TEXT_FOREIGN_BEGIN;
		else if (foreign && medium == TEXT_SHELL && strchr("|\\<>`$", *marked) != NULL)
			text_add_char(text, '?');
		else
			text_add_char(text, *marked);
	}
}

void text_cut(struct text *text, size_t from, size_t max)
{
	size_t end = from + max;

	if (text->failed || text->len <= end || max < 3)
		return;
	end -= 3;
	while (end > from && ((unsigned char)text->at[end] & 0xc0) == 0x80)
		end--;
	text->len = end;
	text_add(text, "...");
}

void text_truncate(struct text *text, size_t len)
{
	if (text->len <= len)
		return;
	text->len = len;
	text->at[len] = '\0';
}

void text_add_url(struct text *text, const char *value)
{
	static const char unreserved[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789-._~:";

	for (; *value != '\0'; value++) {
		if (strchr(unreserved, *value) != NULL)
			text_add_char(text, *value);
		else
			text_add(text, "%%%02X", (unsigned char)*value);
	}
}

const char *text_str(const struct text *text)
{
	return text->len > 0 ? text->at : "";
}

struct slice text_slice(const struct text *text)
{
	return (struct slice){ text_str(text), text->len };
}

bool text_failed(const struct text *text)
{
	return text->failed;
}

char *text_take(struct text *text)
{
	char *taken;

	if (text->at == NULL && reserve(text, 0))
		text->at[0] = '\0';
	taken = text->failed ? NULL : text->at;
	if (taken == NULL)
		free(text->at);
	*text = (struct text){ 0 };
	return taken;
}

void text_release(struct text *text)
{
	free(text->at);
	*text = (struct text){ 0 };
}
