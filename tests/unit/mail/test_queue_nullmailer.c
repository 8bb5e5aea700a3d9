/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue_sample.h"

static const char small[] =
	"deferred 1795544571 289 <src@signed.test> <r2@closed.test>, <extra@closed.test>\n"
	"deferred 1795544571 289 <src@signed.test> <r1@closed.test>, <extra@closed.test>\n"
	"deferred 1795544570 289 <src@signed.test> <r0@closed.test>, <extra@closed.test>\n"
	"deferred 1795544570 278 <> <bounce@closed.test>\n";

START_TEST(lists_messages)
{
	sample_lists(&queue_nullmailer, "nullmailer/empty.txt", "");
	sample_lists(&queue_nullmailer, "nullmailer/small.txt", small);
	/* It prints local time. */
	sample_lists_at(&queue_nullmailer, "nullmailer/tokyo.txt", 9 * 3600, small);
}
END_TEST

/* A file without a sender, or without recipients, is listed too. */
START_TEST(lists_broken_files)
{
	struct text wanted = { 0 };

	text_add(&wanted, "deferred 1795544043 4 <a@b>\ndeferred 1795544043 0 -\n%s", small);
	sample_lists(&queue_nullmailer, "nullmailer/broken-files.txt", text_str(&wanted));
	text_release(&wanted);
}
END_TEST

/* Behind a recipient, there may be another one, or the end. */
static bool ends_a_recipient(struct slice cut)
{
	size_t at = cut.len;

	if (cut.len == 0)
		return true;
	if (cut.at[--at] != '\n')
		return false;
	while (at > 0 && cut.at[at - 1] != '\n')
		at--;
	return cut.at[at] == ' ';
}

START_TEST(cut_in_a_message_is_not_whole)
{
	sample_cuts(&queue_nullmailer, "nullmailer/small.txt", ends_a_recipient);
}
END_TEST

static const char *const no_lines[] = {
	"mailq: not understood", "2026-11-24 02 289 bytes from <a>", "2026-11-24 02:33:15 289 octets from <a>",
	"2026-13-24 02:33:15 289 bytes from <a>", "2026-11-00 02:33:15 289 bytes from <a>",
	"2026-11 02:33:15 289 bytes from <a>", "2026-11-24 24:33:15 289 bytes from <a>",
	"2026-11-24 02:33:15 x bytes from <a>", "  to <r@closed.test>",
	"2026-11-24-11 02:33:15 289 bytes from <a>",
};

START_TEST(other_lines_are_not_understood)
{
	char line[200];

	snprintf(line, sizeof line, "%s\n", no_lines[_i]);
	sample_fails(&queue_nullmailer, line, "1 of 1 lines are not understood");
}
END_TEST

START_TEST(reads_a_file)
{
	const struct queue_stat about = { 289, 0100600, QUEUE_UNKNOWN, QUEUE_UNKNOWN };

	sample_file_reads(&queue_nullmailer, "nullmailer/spool/two-recipients", &about,
			  "deferred - 289 <src@signed.test> <r2@closed.test>, <extra@closed.test>");
	sample_file_reads(&queue_nullmailer, "nullmailer/spool/bounce", &about,
			  "deferred - 289 <> <bounce@closed.test>");
	sample_is(&queue_nullmailer, "", &about, QUEUE_ENVELOPE_CORRUPT);
	sample_is(&queue_nullmailer, "a@client.test", &about, QUEUE_ENVELOPE_CORRUPT);
	sample_is(&queue_nullmailer, "a@client.test\n\nSubject: x\n", &about, QUEUE_ENVELOPE_CORRUPT);
}
END_TEST

static const struct {
	const char *name;
	enum queue_name is;
	int64_t arrived;
} names[] = {
	{ "1795544571.66", QUEUE_NAME_MESSAGE, 1795544571 },
	{ "1.2", QUEUE_NAME_MESSAGE, 1 },
	{ "abc", QUEUE_NAME_STRANGE, 0 }, { "1795544571", QUEUE_NAME_STRANGE, 0 },
	{ "1795544571.", QUEUE_NAME_STRANGE, 0 }, { "1795544571.66.7", QUEUE_NAME_STRANGE, 0 },
	{ "1795544571.66.", QUEUE_NAME_STRANGE, 0 }, { ".66", QUEUE_NAME_STRANGE, 0 },
	{ "99999999999999999999.1", QUEUE_NAME_STRANGE, 0 }, { "", QUEUE_NAME_STRANGE, 0 },
};

START_TEST(knows_names)
{
	struct slice name = exact_text(names[_i].name);
	const struct queue_file file = { &queue_nullmailer.spool.folders[0], { "", 0 }, name, 1 };
	struct queue_told told = { .arrived = QUEUE_UNKNOWN };

	ck_assert_int_eq(queue_nullmailer.spool.name(&file, &told), names[_i].is);
	if (names[_i].is == QUEUE_NAME_MESSAGE) {
		ck_assert_int_eq(told.place, QUEUE_DEFERRED);
		ck_assert_int_eq(told.arrived, names[_i].arrived);
	}
	exact_free(name);
}
END_TEST

START_TEST(knows_its_complaints)
{
	ck_assert_int_eq(sample_means(&queue_nullmailer, "nullmailer/no-permission.txt"), QUEUE_FORBIDDEN);
}
END_TEST

Suite *suite_queue_nullmailer(void);
Suite *suite_queue_nullmailer(void)
{
	Suite *suite = suite_create("queue_nullmailer");
	TCase *tcase = tcase_create("queue_nullmailer");

	tcase_add_test(tcase, lists_messages);
	tcase_add_test(tcase, lists_broken_files);
	tcase_add_test(tcase, cut_in_a_message_is_not_whole);
	ADD_TABLE(tcase, other_lines_are_not_understood, no_lines);
	tcase_add_test(tcase, reads_a_file);
	ADD_TABLE(tcase, knows_names, names);
	tcase_add_test(tcase, knows_its_complaints);
	suite_add_tcase(suite, tcase);
	return suite;
}
