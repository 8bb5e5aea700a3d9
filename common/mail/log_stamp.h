/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_LOG_STAMP_H
#define MAILPATH_MAIL_LOG_STAMP_H

#include "base/slice.h"

/* The time stamp at the front of a line of a log. */

/* "Nov 24 16:02:11" (RFC 3164: local time, and no year), "2026-11-24T16:02:11.5+01:00"
 * (RFC 3339; also +0100 and Z), "2026-11-24 16:02:11 +0000" (Exim; without a zone it is
 * local time). */
struct log_stamp {
	int64_t wall;		/* what the clock on the wall showed: seconds since 1970, as
				 * if that were UTC. Without a year: those since January 1 of
				 * a leap year */
	int32_t zone;		/* seconds ahead of UTC */
	bool has_year, has_zone;
	uint8_t month, day;	/* 1 to 12, 1 to 31 */
};

/* False: the line does not begin with one. `used`: its length. */
bool log_stamp_parse(struct slice line, struct log_stamp *stamp, size_t *used);

/* What it takes to know when that was. */
struct log_clock {
	long offset;		/* local time is so far ahead of UTC, seconds */
	int64_t changed;	/* since when, if another one held before (summer time);
				 * INT64_MIN: as far back as anybody asks */
	long offset_before;
	bool is_foreign;	/* nothing is known of its changes: it is another machine's */
};

/* Seconds since 1970. A stamp without a year is of the last year in which it is not
 * later than `latest` (when the file was written last) and a day. Of an hour that the
 * clock showed twice, it is the second one: see log_set_back. */
int64_t log_stamp_time(const struct log_stamp *stamp, const struct log_clock *clock,
		       int64_t latest);

/* Lines of a log follow each other in time; where they seem to go back by up to an hour,
 * the clock was set back between them, and what is before was written that hour earlier.
 * Up to LOG_DISORDER seconds is disorder among programs that write side by side. */
enum { LOG_DISORDER = 600, LOG_SET_BACK = 3600 };

struct log_set_back {
	bool is_known;
	bool is_disorder;	/* it happens again and again: no clock does that */
	int64_t at;		/* byte of the file: the first line behind it */
	int64_t from;		/* what seems to be this late, before `at`, is not */
};

/* The line at byte `at` seems to be of `time`, and the one before it of `before`: true if
 * that is news. */
bool log_set_back_note(struct log_set_back *back, int64_t at, int64_t before, int64_t time,
		       const struct log_clock *clock);
/* When a line at byte `at` was written that seems to be of `time`. */
int64_t log_set_back_time(const struct log_set_back *back, int64_t at, int64_t time);

#endif
