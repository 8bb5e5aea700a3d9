/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/range.h"

#include <math.h>
#include <string.h>

bool range_parse(struct slice s, enum unit unit, struct range *range)
{
	struct range parsed = { .low = 0, .high = INFINITY };
	const char *colon;

	if (s.len > 0 && s.at[0] == '@') {
		parsed.inside = true;
		s = (struct slice){ s.at + 1, s.len - 1 };
	}
	if (s.len == 0)
		return false;
	colon = memchr(s.at, ':', s.len);
	if (colon != NULL) {
		struct slice low = { s.at, (size_t)(colon - s.at) };

		if (slice_is(low, "~"))
			parsed.low = -INFINITY;
		else if (low.len > 0 && !quantity_parse(low, unit, &parsed.low))
			return false;
		parsed.shows_low = true;
		s = (struct slice){ colon + 1, s.len - low.len - 1 };
	}
	if (s.len > 0 && !quantity_parse(s, unit, &parsed.high))
		return false;
	if (parsed.low > parsed.high)
		return false;
	*range = parsed;
	return true;
}

bool range_alerts(const struct range *range, double value)
{
	bool is_within = value >= range->low && value <= range->high;

	return is_within == range->inside;
}

void range_print(struct text *text, const struct range *range)
{
	if (range->inside)
		text_add_char(text, '@');
	if (range->shows_low) {
		if (isinf(range->low))
			text_add_char(text, '~');
		else
			quantity_print(text, range->low);
		text_add_char(text, ':');
	}
	if (!isinf(range->high))
		quantity_print(text, range->high);
}
