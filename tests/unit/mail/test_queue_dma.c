/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue_sample.h"

START_TEST(lists_a_recipient_a_message)
{
	sample_lists(&queue_dma, "dma/empty.txt", "");
	sample_lists(&queue_dma, "dma/small.txt",
		     "deferred - - <src@signed.test> <later@busy.test>\n"
		     "deferred - - <> <src@signed.test>\n"
		     "deferred - - <src@signed.test> <extra@closed.test>\n"
		     "deferred - - <src@signed.test> <r1@closed.test>\n"
		     /* "-f <>" and "-f ''": it adds its own name. */
		     "deferred - - <> <null@closed.test>\n"
		     "deferred - - <> <null2@closed.test>\n");
}
END_TEST

static bool is_to_line(struct slice cut)
{
	size_t at = cut.len;

	if (cut.len == 0)
		return true;
	if (cut.at[--at] != '\n')
		return false;
	while (at > 0 && cut.at[at - 1] != '\n')
		at--;
	return cut.at[at] == 'T';
}

START_TEST(cut_in_a_message_or_behind_a_separator_is_not_whole)
{
	sample_cuts(&queue_dma, "dma/small.txt", is_to_line);
}
END_TEST

static bool is_nothing(struct slice cut)
{
	return cut.len == 0;
}

START_TEST(cut_in_the_word_that_it_is_empty_is_not_whole)
{
	sample_cuts(&queue_dma, "dma/empty.txt", is_nothing);
}
END_TEST

static const struct {
	const char *listing, *why;
} ill[] = {
	{ "dma: not understood\n", "not understood" },
	{ "nonsense\n", "1 of 1 lines" },
	{ "From\t: a@b\n", "1 of 1 lines" },
	{ "ID\t: no id\n", "not understood" },
	{ "ID\t: 1d.55\nColour\t: red\n", "1 of 2 lines" },
	{ "Mail queue is empty\nID\t: 1d.55\n", "1 of 2 lines" },
	{ "ID\t: 1d.55\nFrom\t: a@b\n", "in the middle of a message" },
	{ "ID\t: 1d.55\nFrom\t: a@b\nTo\t: c@d\n--\n", "in the middle of a message" },
	{ "ID\t: 1d.55\nFrom\t: a@b\nTo\t: c@d\n--\nMail queue is empty\n", "in the middle of a message" },
};

START_TEST(what_is_no_listing_is_said)
{
	sample_fails(&queue_dma, ill[_i].listing, ill[_i].why);
}
END_TEST

START_TEST(reads_a_file)
{
	const struct queue_stat about = { 73, 0100660, 298, 1795544300 };
	const struct queue_stat without = { 73, 0100660, QUEUE_UNKNOWN, QUEUE_UNKNOWN };

	sample_file_reads(&queue_dma, "dma/spool/deferred", &about,
			  "deferred - 298 <src@signed.test> <later@busy.test>");
	sample_file_reads(&queue_dma, "dma/spool/bounce", &about, "deferred - 298 <> <src@signed.test>");
	sample_file_reads(&queue_dma, "dma/spool/null-sender", &about,
			  "deferred - 298 <> <null@closed.test>");
	sample_is(&queue_dma, "", &about, QUEUE_ENVELOPE_UNFINISHED);
	sample_is(&queue_dma, "ID: 1d.55\nSender: a@b\nRecipient: c@d\n", &without,
		  QUEUE_ENVELOPE_UNFINISHED);
	sample_is(&queue_dma, "junk\n", &about, QUEUE_ENVELOPE_CORRUPT);
	sample_is(&queue_dma, "ID: 1d.55\nSender: a@b\n", &about, QUEUE_ENVELOPE_CORRUPT);
}
END_TEST

static const struct {
	const char *name;
	enum queue_name is;
} names[] = {
	{ "Q1d.55ca7687c8f0", QUEUE_NAME_MESSAGE }, { "M1d.55ca7687c8f0", QUEUE_NAME_PART },
	{ "flush", QUEUE_NAME_PART }, { "tmp_aB3dE6", QUEUE_NAME_PART },
	{ "Q", QUEUE_NAME_STRANGE }, { "", QUEUE_NAME_STRANGE }, { "Q1d", QUEUE_NAME_STRANGE },
	{ "Q1d.", QUEUE_NAME_STRANGE }, { "Q.55", QUEUE_NAME_STRANGE }, { "Q1d.5.5", QUEUE_NAME_STRANGE },
	{ "Q1d.5/5", QUEUE_NAME_STRANGE }, { "core", QUEUE_NAME_STRANGE },
};

START_TEST(knows_names)
{
	struct slice name = exact_text(names[_i].name);
	const struct queue_file file = { &queue_dma.spool.folders[0], { "", 0 }, name, 1 };
	struct queue_told told = { .arrived = QUEUE_UNKNOWN };
	char path[QUEUE_PATH];

	ck_assert_int_eq(queue_dma.spool.name(&file, &told), names[_i].is);
	if (names[_i].is == QUEUE_NAME_MESSAGE) {
		ck_assert(told.is_body_time);
		ck_assert(queue_dma.spool.body_path(&file, path));
		ck_assert_str_eq(path, "./M1d.55ca7687c8f0");
	}
	exact_free(name);
}
END_TEST

START_TEST(knows_its_complaints)
{
	ck_assert_int_eq(sample_means(&queue_dma, "dma/no-permission.txt"), QUEUE_FORBIDDEN);
}
END_TEST

Suite *suite_queue_dma(void);
Suite *suite_queue_dma(void)
{
	Suite *suite = suite_create("queue_dma");
	TCase *tcase = tcase_create("queue_dma");

	tcase_add_test(tcase, lists_a_recipient_a_message);
	tcase_add_test(tcase, cut_in_a_message_or_behind_a_separator_is_not_whole);
	tcase_add_test(tcase, cut_in_the_word_that_it_is_empty_is_not_whole);
	ADD_TABLE(tcase, what_is_no_listing_is_said, ill);
	tcase_add_test(tcase, reads_a_file);
	ADD_TABLE(tcase, knows_names, names);
	tcase_add_test(tcase, knows_its_complaints);
	suite_add_tcase(suite, tcase);
	return suite;
}
