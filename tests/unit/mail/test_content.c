/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/content.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "fakes/content_print.h"
#include "fakes/exact.h"
#include "unit.h"

static struct content *read_steps(struct slice message, size_t step)
{
	struct content *content = calloc(1, sizeof *content);

	ck_assert_ptr_nonnull(content);
	content_read(content, message, step);
	return content;
}

static struct content *read_text(const char *text)
{
	struct slice message = exact_text(text);
	struct content *content = read_steps(message, message.len + 1);

	exact_free(message);
	return content;
}

static const struct content_note *find(const struct content *content, enum content_fault fault)
{
	for (size_t i = 0; i < content->note_count; i++) {
		if (content->notes[i].fault == fault)
			return &content->notes[i];
	}
	return NULL;
}

#define HEAD "From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\nDate: Tue, 24 Nov 2026 16:00:00 +0100\r\n" \
	     "Message-ID: <1@b.example>\r\nMIME-Version: 1.0\r\n"

/* ---- blocks */

static void compare(struct slice message, const char *name)
{
	static const size_t steps[] = { 1, 2, 3, 7, 64, 4095, 4096, 4097 };
	struct content *whole = read_steps(message, message.len + 1);
	struct text expected = { 0 };

	content_print(whole, &expected);
	free(whole);
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct content *content = read_steps(message, steps[i]);
		struct text text = { 0 };

		content_print(content, &text);
		ck_assert_msg(strcmp(text_str(&text), text_str(&expected)) == 0, "%s in blocks of %zu:\n%s\nnot\n%s",
			      name, steps[i], text_str(&text), text_str(&expected));
		text_release(&text);
		free(content);
	}
	text_release(&expected);
}

/* With LF for each CRLF: what is found, where, and the size are the same. */
static void compare_stored(struct slice message, const char *name)
{
	struct content *sent = read_steps(message, message.len + 1), *stored;
	struct text text = { 0 };

	for (size_t i = 0; i < message.len; i++) {
		if (message.at[i] != '\r' || i + 1 == message.len || message.at[i + 1] != '\n')
			text_add_char(&text, message.at[i]);
	}
	stored = read_steps(text_slice(&text), 77);
	stored->bytes = sent->bytes;
	stored->crlf_lines = sent->crlf_lines;
	stored->lf_lines = sent->lf_lines;
	text_truncate(&text, 0);
	content_print(sent, &text);
	text_add_char(&text, '\0');
	content_print(stored, &text);
	/* One that mixes them, or has a CR in front of CRLF, is another message then. */
	if (sent->totals[CONTENT_BARE_LF] == 0 && sent->totals[CONTENT_BARE_CR] == 0)
		ck_assert_msg(strcmp(text_str(&text), text_str(&text) + strlen(text_str(&text)) + 1) == 0, "%s", name);
	text_release(&text);
	free(sent);
	free(stored);
}

START_TEST(neither_blocks_nor_how_it_is_stored_change_anything)
{
	const char *srcdir = getenv("srcdir");
	char folder[1024], path[2048], bytes[1 << 17];
	struct dirent *entry;
	unsigned count = 0;
	DIR *dir;

	snprintf(folder, sizeof folder, "%s/tests/data/content", srcdir != NULL ? srcdir : ".");
	dir = opendir(folder);
	ck_assert_msg(dir != NULL, "%s cannot be read (is srcdir set?)", folder);
	while ((entry = readdir(dir)) != NULL) {
		struct slice message;
		FILE *file;

		if (strstr(entry->d_name, ".eml") == NULL)
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		file = fopen(path, "rb");
		ck_assert_ptr_nonnull(file);
		message = exact(bytes, fread(bytes, 1, sizeof bytes, file));
		fclose(file);
		compare(message, entry->d_name);
		compare_stored(message, entry->d_name);
		exact_free(message);
		count++;
	}
	closedir(dir);
	ck_assert_uint_gt(count, 60);
}
END_TEST

/* Where a piece of a long line ends, in its middle, and at its CR. */
START_TEST(a_long_line_is_one_line)
{
	static const size_t lengths[] = { 998, 999, 4094, 4095, 4096, 4097, 8190, 8191, 8192, 20000 };

	for (size_t i = 0; i < COUNT(lengths); i++) {
		for (int kind = 0; kind < 3; kind++) {
			struct text text = { 0 };
			struct content *content;

			text_add(&text, HEAD "\r\n");
			for (size_t n = 0; n < lengths[i]; n++)
				text_add_char(&text, 'x');
			/* CRLF; a CR more; no end at all */
			text_add(&text, kind == 0 ? "\r\n" : kind == 1 ? "\r\r\n" : "");
			compare(text_slice(&text), "a long line");
			content = read_steps(text_slice(&text), 100);
			ck_assert_uint_eq(content->longest, lengths[i] + (kind == 1));
			ck_assert_int_eq(find(content, CONTENT_LINE_LONG) != NULL, lengths[i] + (kind == 1) > 998);
			ck_assert_int_eq(find(content, CONTENT_BARE_CR) != NULL, kind == 1);
			ck_assert_uint_eq(content->lines, 8);
			ck_assert_uint_eq(content->size, text.len + (kind == 2 ? 2 : 0));
			free(content);
			text_release(&text);
		}
	}
}
END_TEST

/* ---- places */

START_TEST(says_the_line_and_the_part)
{
	struct content *content = read_text(HEAD
		"Content-Type: multipart/mixed; boundary=a\r\n\r\n"	/* lines 7 and 8 */
		"--a\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
		"--b\r\n\r\nHello, this is a text that is read.\r\n"
		"--b\r\nContent-Type: text/html\r\n\r\n<p>Gr\xc3\xb6\r\n--b--\r\n"	/* line 18 */
		"--a\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\nGr\xc3\xb6\r\n"	/* 25 */
		"--a--\r\n");

	ck_assert_uint_eq(content->note_count, 2);
	ck_assert_int_eq(content->notes[0].fault, CONTENT_UNDECLARED_8BIT);
	ck_assert_uint_eq(content->notes[0].line, 18);
	ck_assert_str_eq(content->notes[0].part, "1.2");
	ck_assert_int_eq(content->notes[1].fault, CONTENT_UNDECLARED_8BIT);
	ck_assert_uint_eq(content->notes[1].line, 25);
	ck_assert_str_eq(content->notes[1].part, "2.1");
	ck_assert_uint_eq(content->parts, 3);
	ck_assert_uint_eq(content->depth, 2);
	free(content);
}
END_TEST

START_TEST(keeps_no_more_faults_than_it_has_room_for)
{
	struct text text = { 0 };
	struct content *content;

	text_add(&text, HEAD "Content-Type: multipart/mixed; boundary=a\r\n\r\n");
	for (int i = 0; i < 500; i++)
		text_add(&text, "--a\r\nContent-Disposition: attachment; filename=%d.exe\r\n"
			 "Content-Type: application/x\r\nContent-Transfer-Encoding: x%d\r\n\r\n\xff\r\n", i, i);
	text_add(&text, "--a--\r\n");
	content = read_steps(text_slice(&text), 1000);
	ck_assert_uint_eq(content->totals[CONTENT_PROGRAM_NAME], 500);
	ck_assert_uint_eq(content->totals[CONTENT_ENCODING_UNKNOWN], 500);
	ck_assert_uint_eq(content->note_count, 2 * CONTENT_NOTES_EACH);
	ck_assert_uint_eq(content->attachments, 500);
	ck_assert_uint_eq(content->file_count, CONTENT_FILES);
	free(content);
	text_release(&text);
}
END_TEST

/* ---- dates */

static const struct { const char *value; int64_t time; } dates[] = {
	{ "Tue, 24 Nov 2026 16:00:00 +0100", 1795532400 },
	{ "24 Nov 2026 16:00 +0100", 1795532400 },		/* 3.3: no day, no second */
	{ "Tue, 24 Nov 2026 10:00:00 EST", 1795532400 },	/* 4.3 */
	{ "Tue , 24 Nov 26 15:00:00 GMT", 1795532400 },
	{ "(a) Tue, (b \\) (c)) 24 Nov 2026 15:00:00 -0000 (d)", 1795532400 },
	{ "Thu, 1 Jan 1970 00:00:00 +0000", 0 },
	{ "1 Mar 2000 00:00:00 +0000", 951868800 },
	{ "29 Feb 2024 23:59:60 +0000", 1709251200 },
	{ "24 Nov 99 15:00:00 UT", 943455600 },
};

START_TEST(reads_a_date)
{
	struct slice value = exact_text(dates[_i].value);
	int64_t time;

	ck_assert(content_date_parse(value, &time));
	ck_assert_int_eq(time, dates[_i].time);
	exact_free(value);
}
END_TEST

static const char *const no_dates[] = {
	"", "yesterday", "Tue 24 Nov 2026 16:00:00 +0100", "Tue, 32 Nov 2026 16:00:00 +0100",
	"Tue, 24 Novem 2026 16:00:00 +0100", "Tue, 24 Nov 2026 25:00:00 +0100", "Tue, 24 Nov 2026 16:60:00 +0100",
	"Tue, 24 Nov 2026 16:00:00", "Tue, 24 Nov 2026 16:00:00 +01", "Tue, 24 Nov 2026 16:00:00 +0160",
	"Tue, 24 Nov 2026 16:00:00 +0100 x", "Xyz, 24 Nov 2026 16:00:00 +0100", "Tue, 0 Nov 2026 16:00:00 +0100",
	"Tue, 24 Nov 2026 16:00:00 (+0100", "Tue, 24 11 2026 16:00:00 +0100",
};

START_TEST(refuses_what_is_no_date)
{
	struct slice value = exact_text(no_dates[_i]);
	int64_t time;

	ck_assert(!content_date_parse(value, &time));
	exact_free(value);
}
END_TEST

/* ---- authors */

static const struct { const char *from, *domain; unsigned invalid, several; } authors[] = {
	{ "a@b.example", "b.example", 0, 0 },
	{ "Anna <a@B.Example>", "b.example", 0, 0 },
	{ "\"x, y@z.example\" <a@b.example>", "b.example", 0, 0 },
	{ "\"a \\\" <b\" <a@b.example> (c, d@e)", "b.example", 0, 0 },
	{ "\"a@c\"@b.example", "b.example", 0, 0 },
	{ "Anna: a@b.example;", "b.example", 0, 0 },		/* a group (RFC 6854) */
	{ "a@[192.0.2.1]", "", 0, 0 },
	{ "a@b.example, c@d.example", "b.example", 0, 1 },
	{ "a@b.example,", "b.example", 0, 0 },
	{ "", "", 1, 0 },
	{ "Anna", "", 1, 0 },
	{ "<>", "", 1, 0 },
	{ "@b.example", "", 1, 0 },
	{ "a@", "", 1, 0 },
	{ "undisclosed:;", "", 1, 0 },
};

START_TEST(reads_an_author)
{
	char header[256];
	struct content *content;

	snprintf(header, sizeof header, "From: %s\r\n\r\n", authors[_i].from);
	content = read_text(header);
	ck_assert_str_eq(content->from.text, authors[_i].domain);
	ck_assert_uint_eq(content->totals[CONTENT_FIELD_INVALID], authors[_i].invalid);
	ck_assert_uint_eq(content->totals[CONTENT_FROM_SEVERAL], authors[_i].several);
	free(content);
}
END_TEST

/* ---- names of files */

static const struct { const char *field, *name; } names[] = {
	{ "Content-Disposition: attachment; filename=a.txt", "a.txt" },
	{ "Content-Disposition: attachment; filename=\"a \\\"b\\\".txt\"; size=3", "a \"b\".txt" },
	{ "Content-Disposition: attachment; FILENAME=\"a.txt\" (x)", "a.txt" },
	{ "Content-Disposition: attachment;\r\n\tfilename*=UTF-8''gr%C3%B6%c3%9fe", "gr\xc3\xb6\xc3\x9f" "e" },
	{ "Content-Disposition: attachment; filename=x; filename*=''y", "y" },
	{ "Content-Disposition: attachment; filename*=''y; filename=x", "y" },
	{ "Content-Disposition: attachment; filename*0*=utf-8'en'a%20; filename*1=\"b%20\"; filename*2*=%63", "a b%20c" },
	{ "Content-Disposition: attachment; filename=\"=?utf-8?B?YQ==?= =?utf-8?q?_b=63?= d\"", "a bc d" },
	{ "Content-Disposition: attachment; filename=\"=?utf-8?X?YQ==?=\"", "=?utf-8?X?YQ==?=" },
	{ "Content-Type: image/png; name=a\r\nContent-Disposition: attachment; filename=b", "b" },
	{ "Content-Disposition: attachment; filename=b\r\nContent-Type: image/png; name=a", "b" },
	{ "Content-Disposition: attachment; = ; ;; =\"x\"; filename", "" },
	{ "Content-Disposition: attachment; filename=\"a", "a" },
};

START_TEST(reads_a_name)
{
	char header[512];
	struct content *content;

	snprintf(header, sizeof header, HEAD "%s\r\n\r\nxyz\r\n", names[_i].field);
	content = read_text(header);
	ck_assert_uint_eq(content->file_count, 1);
	ck_assert_str_eq(content->files[0].name, names[_i].name);
	free(content);
}
END_TEST

START_TEST(knows_whose_signature_counts)
{
	static const struct { const char *author, *signer; bool counts; } rows[] = {
		{ "b.example.org", "b.example.org", true }, { "b.example.org", "example.org", true },
		{ "example.org", "mail.example.org", true }, { "example.org", "example.com", false },
		{ "a.co.uk", "b.co.uk", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char header[512];
		struct content *content;

		snprintf(header, sizeof header, "From: a@%s\r\nDKIM-Signature: v=1; a=x; b=y; bh=z; s=s1; h=Subject : FROM;"
			 " d=%s\r\n\r\n", rows[i].author, rows[i].signer);
		content = read_text(header);
		ck_assert_uint_eq(content->signature_count, 1);
		ck_assert_int_eq(content_is_aligned(content, &content->signatures[0]), rows[i].counts);
		free(content);
	}
}
END_TEST

Suite *suite_content(void);
Suite *suite_content(void)
{
	Suite *suite = suite_create("content");
	TCase *tcase = tcase_create("content");

	tcase_add_test(tcase, neither_blocks_nor_how_it_is_stored_change_anything);
	tcase_add_test(tcase, a_long_line_is_one_line);
	tcase_add_test(tcase, says_the_line_and_the_part);
	tcase_add_test(tcase, keeps_no_more_faults_than_it_has_room_for);
	ADD_TABLE(tcase, reads_a_date, dates);
	ADD_TABLE(tcase, refuses_what_is_no_date, no_dates);
	ADD_TABLE(tcase, reads_an_author, authors);
	ADD_TABLE(tcase, reads_a_name, names);
	tcase_add_test(tcase, knows_whose_signature_counts);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return suite;
}
