/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/slice.h"

#include <string.h>
#include <strings.h>

struct slice slice_of(const char *text)
{
	return (struct slice){ text, strlen(text) };
}

bool slice_is(struct slice s, const char *text)
{
	return s.len == strlen(text) && (s.len == 0 || memcmp(s.at, text, s.len) == 0);
}

bool slice_is_nocase(struct slice s, const char *text)
{
	return s.len == strlen(text) && (s.len == 0 || strncasecmp(s.at, text, s.len) == 0);
}

bool slice_same_nocase(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || strncasecmp(a.at, b.at, a.len) == 0);
}

bool slice_starts(struct slice s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.len >= len && (len == 0 || memcmp(s.at, prefix, len) == 0);
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

struct slice slice_trim(struct slice s)
{
	while (s.len > 0 && blank(*s.at)) {
		s.at++;
		s.len--;
	}
	while (s.len > 0 && blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

bool slice_split(struct slice *rest, char mark, struct slice *piece)
{
	const char *end;

	if (rest->at == NULL)
		return false;
	*piece = *rest;
	end = rest->len > 0 ? memchr(rest->at, mark, rest->len) : NULL;
	if (end == NULL) {
		*rest = (struct slice){ NULL, 0 };
		return true;
	}
	piece->len = (size_t)(end - rest->at);
	*rest = (struct slice){ end + 1, rest->len - piece->len - 1 };
	return true;
}

bool slice_word(struct slice *rest, struct slice *word)
{
	size_t len = 0;

	*rest = slice_trim(*rest);
	while (len < rest->len && !blank(rest->at[len]))
		len++;
	*word = (struct slice){ rest->at, len };
	*rest = (struct slice){ rest->at + len, rest->len - len };
	return len > 0;
}

bool slice_number(struct slice s, uint64_t max, uint64_t *number)
{
	uint64_t value = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned)(s.at[i] - '0');

		if (digit > 9 || digit > max || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*number = value;
	return true;
}

bool slice_copy(struct slice s, char *to, size_t size)
{
	if (s.len >= size || (s.len > 0 && memchr(s.at, '\0', s.len) != NULL))
		return false;
	if (s.len > 0)
		memcpy(to, s.at, s.len);
	to[s.len] = '\0';
	return true;
}
