/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue_sample.h"

/* 2026-11-24 02:00:00 UTC, a Tuesday, and on 2024-02-29 and 2027-01-01 */
enum { TUESDAY = 1795485600, LEAP_DAY = 1709164800, NEW_YEAR = 1798761600 };

static const struct {
	const char *words;
	int64_t now, utc_offset;
	int64_t time;		/* or QUEUE_UNKNOWN: that is no date */
	const char *rest;
} dates[] = {
	{ "Tue Nov 24 01:59:45  a@b", TUESDAY, 0, TUESDAY - 15, "  a@b" },
	{ "Tue Nov 24 01:59 a@b", TUESDAY, 0, TUESDAY - 60, " a@b" },
	{ "Tue Nov 24 02:59:45", TUESDAY, 3600, TUESDAY - 15, "" },
	{ "Mon Nov 23 18:59:45", TUESDAY, -7 * 3600, TUESDAY - 15, "" },
	/* A clock may be a little wrong: up to a day in the future is this year. */
	{ "Wed Nov 25 02:00:00", TUESDAY, 0, TUESDAY + 86400, "" },
	{ "Thu Nov 26 02:00:00", TUESDAY, 0, TUESDAY + 2 * 86400 - (int64_t)365 * 86400, "" },
	{ "Wed Dec 31 23:59:59", NEW_YEAR, 0, NEW_YEAR - 1, "" },
	{ "Fri Jan  1 00:00:00", NEW_YEAR - 60, 0, NEW_YEAR, "" },
	{ "Fri Jan  1 00:30:00", NEW_YEAR, 3600, NEW_YEAR - 1800, "" },
	{ "Thu Feb 29 00:00:00", LEAP_DAY, 0, LEAP_DAY, "" },
	{ "Tue Nov 24 01:59:60", TUESDAY, 0, TUESDAY, "" },	/* a leap second */
	{ "", TUESDAY, 0, QUEUE_UNKNOWN, NULL },
	{ "Tue Nov 24", TUESDAY, 0, QUEUE_UNKNOWN, NULL },
	{ "Tuesday Nov 24 01:59:45", TUESDAY, 0, QUEUE_UNKNOWN, NULL },
	{ "Tue November 24 01:59:45", TUESDAY, 0, QUEUE_UNKNOWN, NULL },
	{ "Tue nov 24 01:59:45", TUESDAY, 0, QUEUE_UNKNOWN, NULL },
	{ "Tue ovD 24 01:59:45", TUESDAY, 0, QUEUE_UNKNOWN, NULL },
	{ "Tue Nov 0 01:59:45", TUESDAY, 0, QUEUE_UNKNOWN, NULL },
	{ "Tue Nov 32 01:59:45", TUESDAY, 0, QUEUE_UNKNOWN, NULL },
	{ "Tue Nov 24 24:00:00", TUESDAY, 0, QUEUE_UNKNOWN, NULL },
	{ "Tue Nov 24 2026", TUESDAY, 0, QUEUE_UNKNOWN, NULL },
	{ "Tue Nov 24 01:60", TUESDAY, 0, QUEUE_UNKNOWN, NULL },
	{ "Tue Nov 24 01:59:45:1", TUESDAY, 0, QUEUE_UNKNOWN, NULL },
	{ "Tue Nov 24 01:59:", TUESDAY, 0, QUEUE_UNKNOWN, NULL },
};

START_TEST(reads_dates_without_a_year)
{
	struct queue_clock clock = { dates[_i].now, dates[_i].utc_offset };
	struct slice words = exact_text(dates[_i].words), rest = words;
	int64_t time;
	bool good = queue_date(&clock, &rest, &time);

	ck_assert_int_eq(good, dates[_i].time != QUEUE_UNKNOWN);
	if (good) {
		ck_assert_int_eq(time, dates[_i].time);
		ck_assert(slice_is(rest, dates[_i].rest));
	}
	exact_free(words);
}
END_TEST

START_TEST(reads_dates_with_a_year)
{
	const struct queue_clock utc = { TUESDAY, 0 }, tokyo = { TUESDAY, 9 * 3600 };

	ck_assert_int_eq(queue_time(&utc, 2026, 11, 24, 7200), TUESDAY);
	ck_assert_int_eq(queue_time(&tokyo, 2026, 11, 24, 11 * 3600), TUESDAY);
	ck_assert_int_eq(queue_time(&utc, 1970, 1, 1, 0), 0);
	ck_assert_int_eq(queue_time(&utc, 2000, 2, 29, 0), 951782400);
	ck_assert_int_eq(queue_time(&utc, 2100, 3, 1, 0), 4107542400);
	ck_assert_int_eq(queue_time(&utc, 1969, 12, 31, 0), QUEUE_UNKNOWN);
	ck_assert_int_eq(queue_time(&tokyo, 1970, 1, 1, 0), QUEUE_UNKNOWN);
}
END_TEST

/* ---- a server whose listing has every feature: a letter a line */

static bool read_letter(struct queue_listing *listing, struct slice line)
{
	switch (line.len > 0 ? line.at[0] : '\0') {
	case 'b':
		queue_listing_begin(listing, listing->place);
		return true;
	case 'r':
		queue_message_to(&listing->message, slice_of("a@b"), (struct slice){ "", 0 });
		return true;
	case 'e':
		queue_listing_end(listing);
		return true;
	case '2':
		listing->told = 2;
		listing->knows_told = listing->is_complete = true;
		return true;
	case '.':
		listing->is_complete = true;
		return true;
	case 'n':
		listing->needs_end = true;
		return true;
	case '0':
		listing->says_empty = true;
		return true;
	case 'l':
		listing->has_loose_end = true;
		return true;
	case '\0':
		return true;
	}
	return false;
}

static const struct queue_mta letters = { .name = "letters", .line = read_letter };

static const struct {
	const char *listing;
	const char *fault;		/* or NULL: it is whole */
	unsigned messages;
} listings[] = {
	{ "", NULL, 0 },
	{ "b\n", NULL, 1 },
	{ "b\r\nr\r\nb\r\n", NULL, 2 },
	{ "b\ne\ne\nb\n", NULL, 2 },
	{ "b\nb\n2\n", NULL, 2 },
	{ "b\n2\n", "it tells of 2 messages, and lists 1", 1 },
	{ "b\nb", "it ends in the middle of a line", 1 },
	{ "n\nb\n", "it has no end: there were more lines", 1 },
	{ "n\nb\n.\n", NULL, 1 },
	{ "n\nb\n.\n\n", NULL, 1 },
	{ "n\nb\n.\nb\n", "1 of 4 lines are not understood, the first: b", 1 },
	{ "0\n", NULL, 0 },
	{ "b\n0\n", "it says that the queue is empty, and lists messages", 1 },
	{ "b\nl\n", "it ends in the middle of a message", 1 },
	{ "b\n?\n!\nb\n", "2 of 4 lines are not understood, the first: ?", 2 },
	{ "?\nb\nb", "1 of 3 lines are not understood, the first: ?", 1 },
};

START_TEST(tells_whole_from_cut)
{
	struct slice listing = exact_text(listings[_i].listing);

	for (size_t step = 1; step <= listing.len + 1; step++) {
		struct queue_listing state;
		struct text text = { 0 };
		struct fault fault = { 0 };
		bool is_whole = sample_list_by(&letters, listing, 0, step, &state, &text, &fault);

		ck_assert_int_eq(is_whole, listings[_i].fault == NULL);
		ck_assert_str_eq(fault.text, listings[_i].fault != NULL ? listings[_i].fault : "");
		ck_assert_uint_eq(state.messages, listings[_i].messages);
		queue_listing_release(&state);
		queue_listing_release(&state);
		text_release(&text);
	}
	exact_free(listing);
}
END_TEST

/* A line that never ends takes no memory without end, and what follows is read. */
START_TEST(skips_a_line_that_is_too_long)
{
	static char part[1 << 16];
	const struct queue_clock clock = { TUESDAY, 0 };
	struct queue_listing state;
	struct text text = { 0 };
	struct fault fault = { 0 };

	memset(part, '.', sizeof part);
	part[0] = '?';
	queue_listing_open(&state, &letters, &clock, QUEUE_DEFERRED, sample_found, &text);
	for (size_t fed = 0; fed < 3 * (size_t)QUEUE_LINE_MAX; fed += sizeof part) {
		queue_listing_feed(&state, (struct slice){ part, sizeof part });
		ck_assert_uint_le(state.rest.size, 2 * (size_t)QUEUE_LINE_MAX + 2 * sizeof part);
	}
	queue_listing_feed(&state, slice_of("\nb\n"));
	ck_assert(!queue_listing_close(&state, &fault));
	ck_assert_msg(strncmp(fault.text, "1 of 2 lines are not understood", 31) == 0, "%s", fault.text);
	ck_assert_uint_eq(state.messages, 1);
	queue_listing_release(&state);
	text_release(&text);
}
END_TEST

Suite *suite_queue_listing(void);
Suite *suite_queue_listing(void)
{
	Suite *suite = suite_create("queue_listing");
	TCase *tcase = tcase_create("queue_listing");

	ADD_TABLE(tcase, reads_dates_without_a_year, dates);
	tcase_add_test(tcase, reads_dates_with_a_year);
	ADD_TABLE(tcase, tells_whole_from_cut, listings);
	tcase_add_test(tcase, skips_a_line_that_is_too_long);
	suite_add_tcase(suite, tcase);
	return suite;
}
