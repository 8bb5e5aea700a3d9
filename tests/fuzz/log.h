/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_TESTS_FUZZ_LOG_H
#define MAILPATH_TESTS_FUZZ_LOG_H

#include "fuzz.h"
#include "mail/log_line.h"

/* What must hold for each mail server's lines, with whatever bytes: one a line. */
static void log_fuzz(const struct log_mta *mta, const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size }, bytes;

	while (slice_split(&rest, '\n', &bytes)) {
		struct log_event event = { .mta = mta, .count = 1 };
		struct log_line line;

		if (!log_line_parse(bytes, &line))
			continue;
		MUST(fuzz_is_inside(line.program, bytes) && fuzz_is_inside(line.text, bytes));
		/* By its own parser, whosever it may be; then as it is taken. */
		mta->parse(&line, &event);
		for (int round = 0; round < 2; round++) {
			MUST(event.kind < LOG_KINDS && event.count >= 1);
			MUST(fuzz_is_inside(event.reason, bytes) && fuzz_is_inside(event.client, bytes));
			MUST(event.mta != NULL || event.kind == LOG_OTHER);
			log_event_parse(&line, &event);
		}
	}
}

#endif
