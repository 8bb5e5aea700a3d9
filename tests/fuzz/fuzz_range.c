/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/range.h"

#include <math.h>

#include "fuzz.h"

/* A range that is printed reads as the same range. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = { (const char *)data, size };

	for (int unit = UNIT_NONE; unit <= UNIT_PERCENT; unit++) {
		struct range range, again;
		struct text text = { 0 };

		if (!range_parse(s, (enum unit)unit, &range))
			continue;
		MUST(range.low <= range.high && !isnan(range.low) && !isnan(range.high));
		range_print(&text, &range);
		MUST(strpbrk(text_str(&text), "eE;| ") == NULL);
		/* Six decimals are printed, and fifteen digits are read. */
		if (fabs(range.low) < 1e8 && fabs(range.high) < 1e8) {
			MUST(range_parse(text_slice(&text), UNIT_NONE, &again));
			MUST(fabs(again.low - range.low) < 1e-5 && fabs(again.high - range.high) < 1e-5);
			MUST(again.inside == range.inside);
		}
		text_release(&text);
	}
	return 0;
}
