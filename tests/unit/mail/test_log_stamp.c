/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/log_stamp.h"

#include <string.h>

#include "fakes/exact.h"
#include "unit.h"

enum { HOUR = 3600, DAY = 86400 };

/* The time zone of Berlin, after and before a change. */
static const struct log_clock utc = { .offset = 0, .changed = INT64_MIN };
static const struct log_clock winter = { .offset = HOUR, .changed = 1792890000, .offset_before = 2 * HOUR };
static const struct log_clock summer = { .offset = 2 * HOUR, .changed = 1774746000, .offset_before = HOUR };

/* ---- reading */

static const struct {
	const char *line;
	size_t used;			/* 0: it is no stamp */
	int64_t time;
} stamps[] = {
	{ "Nov 24 16:02:11 mx1 postfix/smtpd[1]: x", 15, 1795536131 },	/* RFC 3164 4.1.2 */
	{ "Nov  4 16:02:11 mx1", 15, 1793808131 },
	{ "Nov 24 16:02:11.123456 mx1", 22, 1795536131 },
	{ "Nov 24 16:02:11", 15, 1795536131 },
	{ "Feb 29 00:00:00 mx1", 15, 1709164800 },	/* the last one there was */
	{ "2026-11-24T16:02:11Z mx1", 20, 1795536131 },	/* RFC 3339 5.6 */
	{ "2026-11-24T16:02:11.5+01:00 mx1", 27, 1795532531 },
	{ "2026-11-24T16:02:11-0530 mx1", 24, 1795555931 },
	{ "2026-11-24T16:02:60Z", 20, 1795536180 },	/* a leap second */
	{ "2026-11-24 16:02:11 1xVuth-00000c-09 => a", 19, 1795536131 },	/* Exim */
	{ "2026-11-24 16:02:11.123 +0100 1xVuth", 29, 1795532531 },
	{ "2026-11-24 16:02:11 -> x", 19, 1795536131 },
	{ "2026-11-24 16:02:11,123 x", 23, 1795536131 },
	{ "2024-02-29T00:00:00Z", 20, 1709164800 },
	{ "1970-01-01T00:00:00Z", 20, 0 },
	{ "9999-12-31T23:59:59Z", 20, 253402300799 },
	{ "2026-02-29T00:00:00Z", 0, 0 },
	{ "2026-13-01T00:00:00Z", 0, 0 },
	{ "2026-11-24T24:00:00Z", 0, 0 },
	{ "2026-11-24T16:02:11+01:00x", 0, 0 },
	{ "1969-12-31T23:59:59Z", 0, 0 },
	{ "Nov 31 16:02:11 mx1", 0, 0 },
	{ "Nov 24 16:02:1", 0, 0 },
	{ "Nov 24 16:02", 0, 0 },
	{ "nov 24 16:02:11 mx1", 0, 0 },
	{ "Nov 024 16:02:11", 0, 0 },
	{ "Nov  0 16:02:11", 0, 0 },
	{ "-- ", 0, 0 },
	{ "", 0, 0 },
};

START_TEST(reads_the_stamps_of_logs)
{
	struct slice line = exact_text(stamps[_i].line);
	struct log_stamp stamp;
	size_t used = 0;

	ck_assert_int_eq(log_stamp_parse(line, &stamp, &used), stamps[_i].used > 0);
	ck_assert_uint_eq(used, stamps[_i].used);
	if (used > 0)
		ck_assert_int_eq(log_stamp_time(&stamp, &utc, 1795536200), stamps[_i].time);
	exact_free(line);
}
END_TEST

/* ---- years and clocks */

static int64_t time_of(const char *line, const struct log_clock *clock, int64_t latest)
{
	struct log_stamp stamp;
	size_t used;

	ck_assert(log_stamp_parse(slice_of(line), &stamp, &used));
	return log_stamp_time(&stamp, clock, latest);
}

static const struct {
	const char *line;
	int64_t latest, time;
} years[] = {
	{ "Dec 31 23:59:59", 1798761600 + 60, 1798761599 },	/* 2027-01-01 00:01: it was a minute ago */
	{ "Jan  1 00:00:30", 1798761600 + 60, 1798761630 },
	{ "Jan  1 00:00:30", 1798761599, 1798761630 },	/* whose clock is a bit ahead */
	{ "Jan  2 12:00:00", 1798761599, 1767355200 },	/* a year ago, and not tomorrow */
	{ "Nov 24 16:02:11", 1795536131, 1795536131 },
	{ "Feb 29 12:00:00", 1835438400, 1835438400 },	/* 2028 */
	{ "Feb 29 12:00:00", 1835438400 - 3 * DAY, 1709208000 },
};

START_TEST(finds_the_year)
{
	ck_assert_int_eq(time_of(years[_i].line, &utc, years[_i].latest), years[_i].time);
}
END_TEST

static const struct {
	const char *line;
	const struct log_clock *clock;
	int64_t time;
} clocks[] = {
	/* 2026-10-25 03:00 CEST becomes 02:00 CET, at 01:00 UTC */
	{ "Oct 25 01:59:59", &winter, 1792890000 - HOUR - 1 },
	{ "Oct 25 02:30:00", &winter, 1792890000 + 1800 },	/* the second of two */
	{ "Oct 25 03:00:00", &winter, 1792890000 + HOUR },
	{ "2026-10-25 01:00:00", &winter, 1792890000 - 2 * HOUR },
	{ "2026-10-25T02:30:00+02:00", &winter, 1792890000 - 1800 },
	/* 2026-03-29 02:00 CET becomes 03:00 CEST, at 01:00 UTC */
	{ "Mar 29 01:59:59", &summer, 1774746000 - 1 },
	{ "Mar 29 02:30:00", &summer, 1774746000 },	/* which never was */
	{ "Mar 29 03:00:00", &summer, 1774746000 },
};

START_TEST(follows_summer_time)
{
	ck_assert_int_eq(time_of(clocks[_i].line, clocks[_i].clock, 1795536200), clocks[_i].time);
}
END_TEST

START_TEST(counts_an_hour_twice_when_the_clock_was_set_back)
{
	struct log_set_back back = { .is_known = false };
	int64_t end = winter.changed;	/* of summer time */

	/* 02:50 of the first time, then 02:05 of the second */
	ck_assert(log_set_back_note(&back, 5000, end + 3000, end + 300, &winter));
	ck_assert(!log_set_back_note(&back, 5000, end + 3000, end + 300, &winter));
	ck_assert_int_eq(log_set_back_time(&back, 4000, end + 3000), end - 600);
	ck_assert_int_eq(log_set_back_time(&back, 4000, end + 60), end - 3540);
	ck_assert_int_eq(log_set_back_time(&back, 4000, end - 3700), end - 3700);	/* before both */
	ck_assert_int_eq(log_set_back_time(&back, 5000, end + 300), end + 300);
}
END_TEST

START_TEST(takes_disorder_for_no_clock)
{
	static const struct log_clock foreign = { .changed = INT64_MIN, .is_foreign = true };
	struct log_set_back back = { .is_known = false };
	int64_t end = winter.changed;

	ck_assert(!log_set_back_note(&back, 10, end + 900, end + 400, &winter));	/* 500 s */
	ck_assert(!log_set_back_note(&back, 10, end + 9000, end + 300, &winter));	/* hours */
	ck_assert(!log_set_back_note(&back, 10, end + DAY + 3000, end + DAY, &winter));	/* another day */
	ck_assert(!log_set_back_note(&back, 10, end + 3000, end, &summer));	/* set forward */
	/* Of a foreign machine nothing is known; but twice is none. */
	ck_assert(log_set_back_note(&back, 10, 9000, 6000, &foreign));
	ck_assert_int_eq(log_set_back_time(&back, 5, 8000), 4400);
	ck_assert(log_set_back_note(&back, 20, 9000, 6000, &foreign));
	ck_assert_int_eq(log_set_back_time(&back, 5, 8000), 8000);
	ck_assert(!log_set_back_note(&back, 30, 9000, 6000, &foreign));
}
END_TEST

Suite *suite_log_stamp(void);

Suite *suite_log_stamp(void)
{
	Suite *suite = suite_create("log_stamp");
	TCase *tcase = tcase_create("stamps");

	ADD_TABLE(tcase, reads_the_stamps_of_logs, stamps);
	ADD_TABLE(tcase, finds_the_year, years);
	ADD_TABLE(tcase, follows_summer_time, clocks);
	tcase_add_test(tcase, counts_an_hour_twice_when_the_clock_was_set_back);
	tcase_add_test(tcase, takes_disorder_for_no_clock);
	suite_add_tcase(suite, tcase);
	return suite;
}
