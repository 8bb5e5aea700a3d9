/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/ini.h"

#include <string.h>

struct ini_reader ini_open(struct slice bytes, const char *section)
{
	return (struct ini_reader){ .rest = bytes, .section = section };
}

static enum ini_parse bad(const struct ini_reader *reader, const char *what, struct fault *fault)
{
	fault_set(fault, FAULT_USAGE, "line %u: %s", reader->line, what);
	return INI_BAD;
}

enum ini_parse ini_next(struct ini_reader *reader, struct ini_item *item, struct fault *fault)
{
	struct slice line;

	while (slice_split(&reader->rest, '\n', &line)) {
		reader->line++;
		line = slice_trim(line);
		if (line.len == 0 || line.at[0] == '#' || line.at[0] == ';')
			continue;
		if (memchr(line.at, '\0', line.len) != NULL)
			return bad(reader, "a NUL byte", fault);
		if (line.at[0] == '[') {
			if (line.at[line.len - 1] != ']')
				return bad(reader, "a section without its ]", fault);
			line = slice_trim((struct slice){ line.at + 1, line.len - 2 });
			reader->is_inside = slice_is(line, reader->section);
			reader->was_found |= reader->is_inside;
			continue;
		}
		if (!reader->is_inside)
			continue;
		item->value = line;
		slice_split(&item->value, '=', &item->name);
		item->name = slice_trim(item->name);
		if (item->value.at == NULL)
			return bad(reader, "no = behind the name", fault);
		if (item->name.len == 0)
			return bad(reader, "no name before the =", fault);
		item->value = slice_trim(item->value);
		return INI_ITEM;
	}
	return INI_END;
}
