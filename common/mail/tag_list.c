/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/tag_list.h"

#include <string.h>

/* RFC 6376 2.8: white space may be folded. */
static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct slice trim(struct slice s)
{
	for (; s.len > 0 && is_space(*s.at); s.at++)
		s.len--;
	while (s.len > 0 && is_space(s.at[s.len - 1]))
		s.len--;
	return s;
}

/* tag-name = ALPHA *(ALPHA / DIGIT / "_"); some also know "-". */
static bool is_name(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char lower = (char)(s.at[i] | 0x20);

		if (lower >= 'a' && lower <= 'z')
			continue;
		if (i == 0 || !((s.at[i] >= '0' && s.at[i] <= '9') || s.at[i] == '_' || s.at[i] == '-'))
			return false;
	}
	return s.len > 0;
}

enum tag_outcome tag_next(struct slice *rest, struct tag *tag)
{
	struct slice piece = { 0 };
	const char *equals;

	*tag = (struct tag){ 0 };
	while (piece.len == 0) {
		if (!slice_split(rest, ';', &piece))
			return TAG_END;
		piece = trim(piece);
		tag->name = piece;
		if (piece.len == 0 && rest->at != NULL && trim(*rest).len > 0)
			return TAG_BAD;		/* ";;" */
	}
	equals = memchr(piece.at, '=', piece.len);
	if (equals == NULL)
		return TAG_BAD;
	piece.len = (size_t)(equals - piece.at);
	if (!is_name(trim(piece)))
		return TAG_BAD;
	tag->value = trim((struct slice){ equals + 1, tag->name.len - piece.len - 1 });
	tag->name = trim(piece);
	return TAG_FOUND;
}

bool tag_list_is(struct slice list, const char *version)
{
	struct tag tag;

	return tag_next(&list, &tag) == TAG_FOUND && slice_is(tag.name, "v") &&
	       slice_is(tag.value, version);
}
