/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"
#include "mail/log_stamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct log_clock clocks[] = {
		{ .changed = INT64_MIN }, { 3600, 1792890000, 7200, false }, { 7200, 1774746000, 3600, false },
	};
	const int64_t latest[] = { 0, 1709164800, 1795536131, 253402300799 };
	struct slice line = { (const char *)data, size };
	struct log_stamp stamp, again;
	size_t used;

	if (!log_stamp_parse(line, &stamp, &used))
		return 0;
	MUST(used > 0 && used <= size);
	/* What was taken is all that counts. */
	line.len = used;
	MUST(log_stamp_parse(line, &again, &used) && used == line.len);
	MUST(again.wall == stamp.wall && again.zone == stamp.zone && again.has_zone == stamp.has_zone);
	for (size_t c = 0; c < 3; c++) {
		for (size_t i = 0; i < 4; i++) {
			int64_t time = log_stamp_time(&stamp, &clocks[c], latest[i]);

			/* At most a day later than it was written, and within a leap day's years. */
			if (!stamp.has_year)
				MUST(time <= latest[i] + 86400 && time > latest[i] - 9 * 366 * 86400LL);
		}
	}
	return 0;
}
