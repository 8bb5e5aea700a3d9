/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue_sample.h"

START_TEST(lists_an_envelope_a_line)
{
	sample_lists(&queue_opensmtpd, "opensmtpd/empty.txt", "");
	sample_lists(&queue_opensmtpd, "opensmtpd/small.txt",
		     "deferred 1795544727 - <smtp@signed.test> <x@closed.test>\n"
		     "deferred 1795544727 - <smtp@signed.test> <x@closed.test>\n"
		     "deferred 1795544727 - <src@signed.test> <two@closed.test>\n"
		     "deferred 1795544727 - <src@signed.test> <three@closed.test>\n"
		     /* A bar may stand in the error. */
		     "deferred 1795544727 - <src@signed.test> <later@busy.test>"
		     " 450 4.2.1 mailbox busy | try later\n"
		     "deferred 1795544727 - <smtp@signed.test> <x@closed.test>\n"
		     "deferred 1795544728 - <> <bounce@closed.test>\n");
}
END_TEST

static bool says_down(const char *name)
{
	struct slice listing = sample(name);
	struct queue_listing state;
	struct text text = { 0 };
	struct fault fault = { 0 };
	bool is_down;

	ck_assert(sample_list_by(&queue_opensmtpd, listing, 0, 100, &state, &text, &fault));
	is_down = state.says_down;
	queue_listing_release(&state);
	text_release(&text);
	exact_free(listing);
	return is_down;
}

START_TEST(knows_a_listing_without_the_daemon)
{
	ck_assert(says_down("opensmtpd/offline.txt"));
	ck_assert(!says_down("opensmtpd/small.txt"));
}
END_TEST

static bool ends_a_line(struct slice cut)
{
	return cut.len == 0 || cut.at[cut.len - 1] == '\n';
}

START_TEST(cut_in_a_line_is_not_whole)
{
	sample_cuts(&queue_opensmtpd, "opensmtpd/small.txt", ends_a_line);
}
END_TEST

static const char *const no_lines[] = {
	"no mail",
	"37cda2cc0393198|inet4|mta||s@a|r@b|r@b|1|1|1|0|pending|1|",		/* 15 digits */
	"37CDA2CC0393198B|inet4|mta||s@a|r@b|r@b|1|1|1|0|pending|1|",
	"37cda2cc0393198b|inet4|mta||s@a|r@b|r@b|x|1|1|0|pending|1|",
	"37cda2cc0393198b|inet4|mta||s@a|r@b|r@b|1|1|1|0|pending",
	"37cda2cc0393198b",
};

START_TEST(other_lines_are_not_understood)
{
	char line[200];

	snprintf(line, sizeof line, "%s\n", no_lines[_i]);
	sample_fails(&queue_opensmtpd, line, "1 of 1 lines are not understood");
}
END_TEST

START_TEST(reads_an_envelope)
{
	const struct queue_stat about = { 300, 0100600, 2282, 1795544727 };

	sample_file_reads(&queue_opensmtpd, "opensmtpd/spool/deferred", &about,
			  "deferred 1795544727 2282 <src@signed.test> <later@busy.test>"
			  " 450 4.2.1 mailbox busy | try later");
	sample_file_reads(&queue_opensmtpd, "opensmtpd/spool/null-sender", &about,
			  "deferred 1795544728 2282 <> <bounce@closed.test>");
	sample_file_reads(&queue_opensmtpd, "opensmtpd/spool/queued", &about,
			  "deferred 1795544727 2282 <src@signed.test> <two@closed.test>");
	/* smtpd takes neither for an envelope. */
	sample_is(&queue_opensmtpd, "", &about, QUEUE_ENVELOPE_CORRUPT);
	sample_is(&queue_opensmtpd, "junk\n", &about, QUEUE_ENVELOPE_CORRUPT);
}
END_TEST

static const struct {
	const char *name;
	enum queue_name is;
} names[] = {
	{ "3ba32997a4524abf", QUEUE_NAME_MESSAGE }, { "message", QUEUE_NAME_PART },
	{ "3ba32997", QUEUE_NAME_STRANGE }, { "3ba32997a4524abg", QUEUE_NAME_STRANGE },
	{ "3ba32997a4524abf0", QUEUE_NAME_STRANGE }, { "", QUEUE_NAME_STRANGE },
	{ "messages", QUEUE_NAME_STRANGE },
};

START_TEST(knows_names)
{
	struct slice name = exact_text(names[_i].name);
	const struct queue_file file = { &queue_opensmtpd.spool.folders[0], slice_of("3b/3ba32997"), name, 1 };
	struct queue_told told = { .arrived = QUEUE_UNKNOWN };
	char path[QUEUE_PATH];

	ck_assert_int_eq(queue_opensmtpd.spool.name(&file, &told), names[_i].is);
	if (names[_i].is == QUEUE_NAME_MESSAGE) {
		ck_assert_int_eq(told.place, QUEUE_DEFERRED);
		ck_assert_int_eq(told.arrived, QUEUE_UNKNOWN);
		ck_assert(queue_opensmtpd.spool.body_path(&file, path));
		ck_assert_str_eq(path, "queue/3b/3ba32997/message");
	}
	exact_free(name);
}
END_TEST

START_TEST(knows_what_is_paused)
{
	struct slice status = sample("opensmtpd/status-paused.txt");
	struct text what = { 0 }, plain = { 0 };

	ck_assert(queue_opensmtpd.paused(status, &what));
	text_add_marked(&plain, text_str(&what), TEXT_PLAIN);
	ck_assert_str_eq(text_str(&plain), "MDA, MTA");
	exact_free(status);
	text_truncate(&what, 0);
	status = sample("opensmtpd/status.txt");
	ck_assert(!queue_opensmtpd.paused(status, &what));
	exact_free(status);
	text_release(&what);
	text_release(&plain);
}
END_TEST

START_TEST(knows_its_complaints)
{
	ck_assert_int_eq(sample_means(&queue_opensmtpd, "opensmtpd/no-permission.txt"), QUEUE_FORBIDDEN);
	ck_assert_int_eq(sample_means(&queue_opensmtpd, "opensmtpd/status-down.txt"), QUEUE_DOWN);
}
END_TEST

Suite *suite_queue_opensmtpd(void);
Suite *suite_queue_opensmtpd(void)
{
	Suite *suite = suite_create("queue_opensmtpd");
	TCase *tcase = tcase_create("queue_opensmtpd");

	tcase_add_test(tcase, lists_an_envelope_a_line);
	tcase_add_test(tcase, knows_a_listing_without_the_daemon);
	tcase_add_test(tcase, cut_in_a_line_is_not_whole);
	ADD_TABLE(tcase, other_lines_are_not_understood, no_lines);
	tcase_add_test(tcase, reads_an_envelope);
	ADD_TABLE(tcase, knows_names, names);
	tcase_add_test(tcase, knows_what_is_paused);
	tcase_add_test(tcase, knows_its_complaints);
	suite_add_tcase(suite, tcase);
	return suite;
}
