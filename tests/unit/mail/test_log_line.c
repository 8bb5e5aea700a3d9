/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/log_line.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "fakes/exact.h"
#include "mail/reply_class.h"
#include "unit.h"

/* ---- the corpora: what real servers wrote, and what each line is */

static const char *const corpora[] = {
	"postfix/postfix-3.7", "postfix/more", "exim/exim-4.96", "exim/exim-4.96-acl", "exim/rejectlog",
	"exim/more", "sendmail/sendmail-8.17", "sendmail/more", "opensmtpd/opensmtpd-6.8",
	"opensmtpd/more",
};

static void read_file(const char *name, const char *end, struct text *content)
{
	const char *srcdir = getenv("srcdir");
	char path[4096], part[4096];
	size_t got;
	FILE *file;

	snprintf(path, sizeof path, "%s/tests/data/log/%s%s", srcdir != NULL ? srcdir : ".", name, end);
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s cannot be read (is srcdir set?)", path);
	while ((got = fread(part, 1, sizeof part, file)) > 0)
		text_add_slice(content, (struct slice){ part, got });
	fclose(file);
}

static void print_event(struct slice bytes, struct text *row)
{
	const char *means = "-";
	struct log_event event;
	struct log_line line;

	if (!log_line_parse(bytes, &line)) {
		text_add(row, "-\t-\t0\t-");
		return;
	}
	log_event_parse(&line, &event);
	if (event.kind == LOG_DEFERRED || event.kind == LOG_BOUNCED || event.kind == LOG_REJECTED)
		means = event.means != NULL ? event.means :
			event.reason.len > 0 ? reply_classify(event.reason).reason : "-";
	text_add(row, "%s\t%s\t%u\t%s\t%.*s", event.mta != NULL ? log_kind_word(event.kind) : "foreign",
		 means, event.count, event.is_permission ? "permission" : "-", (int)event.client.len,
		 event.client.at);
}

START_TEST(says_of_each_line_of_a_real_log_what_it_is)
{
	struct text log = { 0 }, table = { 0 };
	struct slice lines, rows, line, row;
	size_t number = 0;

	read_file(corpora[_i], ".log", &log);
	read_file(corpora[_i], ".tsv", &table);
	lines = text_slice(&log);
	rows = text_slice(&table);
	while (slice_split(&lines, '\n', &line) && line.len > 0) {
		struct text got = { 0 };
		struct slice bytes = exact(line.at, line.len);

		number++;
		ck_assert(slice_split(&rows, '\n', &row));
		print_event(bytes, &got);
		ck_assert_msg(row.len == got.len && memcmp(row.at, got.at, row.len) == 0,
			      "%s, line %zu: is \"%s\", not \"%.*s\"", corpora[_i], number, got.at, (int)row.len,
			      row.at);
		text_release(&got);
		exact_free(bytes);
	}
	ck_assert_uint_gt(number, 5);
	text_release(&log);
	text_release(&table);
}
END_TEST

/* A line that is cut anywhere is no reason to read beyond it, or to take it for another
 * server's. */
START_TEST(lives_with_lines_that_are_cut)
{
	struct text log = { 0 };
	struct slice lines, line;

	read_file(corpora[_i], ".log", &log);
	lines = text_slice(&log);
	while (slice_split(&lines, '\n', &line)) {
		for (size_t len = 0; len < line.len; len += 7) {
			struct slice bytes = exact(line.at, len);
			struct log_event event;
			struct log_line parsed;

			if (log_line_parse(bytes, &parsed)) {
				log_event_parse(&parsed, &event);
				ck_assert_int_lt(event.kind, LOG_KINDS);
			}
			exact_free(bytes);
		}
	}
	text_release(&log);
}
END_TEST

Suite *suite_log_line(void);

Suite *suite_log_line(void)
{
	Suite *suite = suite_create("log_line");
	TCase *tcase = tcase_create("corpora");

	ADD_TABLE(tcase, says_of_each_line_of_a_real_log_what_it_is, corpora);
	ADD_TABLE(tcase, lives_with_lines_that_are_cut, corpora);
	suite_add_tcase(suite, tcase);
	return suite;
}
