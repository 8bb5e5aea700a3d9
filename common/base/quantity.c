/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/quantity.h"

#include <stdio.h>
#include <string.h>

static const struct suffix {
	enum unit unit;
	const char *name;
	double factor;
} suffixes[] = {
	{ UNIT_SECONDS, "ms", 0.001 },
	{ UNIT_SECONDS, "s", 1 },
	{ UNIT_SECONDS, "m", 60 },
	{ UNIT_SECONDS, "h", 3600 },
	{ UNIT_SECONDS, "d", 86400 },
	{ UNIT_SECONDS, "w", 604800 },
	{ UNIT_BYTES, "B", 1 },
	{ UNIT_BYTES, "K", 1024.0 },
	{ UNIT_BYTES, "M", 1024.0 * 1024 },
	{ UNIT_BYTES, "G", 1024.0 * 1024 * 1024 },
	{ UNIT_PERCENT, "%", 1 },
};

const char *unit_symbol(enum unit unit)
{
	switch (unit) {
	case UNIT_NONE: return "";
	case UNIT_SECONDS: return "s";
	case UNIT_BYTES: return "B";
	case UNIT_PERCENT: return "%";
	}
	return "";
}

static bool factor_of(struct slice suffix, enum unit unit, double *factor)
{
	*factor = 1;
	if (suffix.len == 0)
		return true;
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		if (suffixes[i].unit == unit && slice_is(suffix, suffixes[i].name)) {
			*factor = suffixes[i].factor;
			return true;
		}
	}
	return false;
}

bool quantity_parse(struct slice s, enum unit unit, double *value)
{
	enum { DIGITS_MAX = 15 };	/* a double holds them all */
	bool negative = s.len > 0 && s.at[0] == '-', in_fraction = false;
	double whole = 0, scale = 1, factor;
	size_t i = negative, digits = 0, last_dot = 0;

	for (; i < s.len; i++) {
		if (s.at[i] == '.' && !in_fraction && digits > 0) {
			in_fraction = true;
			last_dot = i;
			continue;
		}
		if (s.at[i] < '0' || s.at[i] > '9')
			break;
		if (++digits > DIGITS_MAX)
			return false;
		whole = whole * 10 + (s.at[i] - '0');
		scale = in_fraction ? scale * 10 : scale;
	}
	if (digits == 0 || (in_fraction && last_dot + 1 == i))
		return false;
	if (!factor_of((struct slice){ s.at + i, s.len - i }, unit, &factor))
		return false;
	*value = (negative ? -whole : whole) / scale * factor;
	return true;
}

void quantity_print(struct text *text, double value)
{
	char digits[400];
	size_t len;

	snprintf(digits, sizeof digits, "%.6f", value);
	len = strlen(digits);
	while (digits[len - 1] == '0')
		len--;
	if (digits[len - 1] == '.')
		len--;
	if (len == 2 && digits[0] == '-' && digits[1] == '0')
		text_add_char(text, '0');
	else
		text_add_slice(text, (struct slice){ digits, len });
}
