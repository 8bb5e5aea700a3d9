/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/smtp_reply.h"

#include "fakes/exact.h"
#include "unit.h"

static const struct {
	const char *bytes;
	enum smtp_parse parsed;
	unsigned code;
	bool is_last;
	size_t used;
} lines[] = {
	{ "220 mx.example ESMTP\r\n", SMTP_DONE, 220, true, 22 },
	{ "250-PIPELINING\r\n250 x\r\n", SMTP_DONE, 250, false, 16 },
	{ "250\r\n",		SMTP_DONE, 250, true, 5 },	/* 4.2.1: no space */
	{ "250 \n",		SMTP_DONE, 250, true, 5 },	/* a bare LF */
	{ "",			SMTP_MORE, 0, false, 0 },
	{ "2",			SMTP_MORE, 0, false, 0 },
	{ "250 ok\r",		SMTP_MORE, 0, false, 0 },
	{ "\r\n",		SMTP_BAD, 0, false, 0 },
	{ "25\r\n",		SMTP_BAD, 0, false, 0 },
	{ "150 x\r\n",		SMTP_BAD, 0, false, 0 },
	{ "650 x\r\n",		SMTP_BAD, 0, false, 0 },
	{ "2x0 x\r\n",		SMTP_BAD, 0, false, 0 },
	{ "250x\r\n",		SMTP_BAD, 0, false, 0 },
	{ "SSH-2.0-x\r\n",	SMTP_BAD, 0, false, 0 },
};

START_TEST(takes_a_line_at_a_time)
{
	struct slice bytes = exact_text(lines[_i].bytes);
	struct smtp_line line;
	struct fault fault = { .text = "" };
	size_t used = 0;

	ck_assert_int_eq(smtp_line_parse(bytes, &line, &used, &fault), lines[_i].parsed);
	if (lines[_i].parsed == SMTP_DONE) {
		ck_assert_uint_eq(line.code, lines[_i].code);
		ck_assert_int_eq(line.is_last, lines[_i].is_last);
		ck_assert_uint_eq(used, lines[_i].used);
	}
	ck_assert_int_eq(lines[_i].parsed == SMTP_BAD, fault.text[0] != '\0');
	exact_free(bytes);
}
END_TEST

static const struct {
	size_t text, end;	/* octets of text behind the code, and whether there is an end */
	enum smtp_parse parsed;
} longs[] = {
	{ SMTP_LINE_MAX - 4, 1, SMTP_DONE }, { SMTP_LINE_MAX - 3, 1, SMTP_BAD },
	{ SMTP_LINE_MAX - 4, 0, SMTP_MORE }, { SMTP_LINE_MAX - 2, 0, SMTP_BAD },
};

START_TEST(a_line_has_its_limit)
{
	char bytes[SMTP_LINE_MAX + 8] = "250 ";
	size_t len = 4 + longs[_i].text, used;
	struct smtp_line line;
	struct fault fault;
	struct slice s;

	memset(bytes + 4, 'x', longs[_i].text);
	if (longs[_i].end != 0) {
		bytes[len++] = '\r';
		bytes[len++] = '\n';
	}
	s = exact(bytes, len);
	ck_assert_int_eq(smtp_line_parse(s, &line, &used, &fault), longs[_i].parsed);
	exact_free(s);
}
END_TEST

START_TEST(a_reply_has_one_code_and_a_hundred_lines)
{
	struct smtp_line line = { 250, false, slice_of("x") };
	struct smtp_reply reply = { .code = 0 };
	struct fault fault;

	for (int i = 0; i < SMTP_LINES_MAX - 1; i++)
		ck_assert_int_eq(smtp_reply_add(&reply, &line, &fault), SMTP_MORE);
	line.code = 550;
	ck_assert_int_eq(smtp_reply_add(&reply, &line, &fault), SMTP_BAD);
	line.code = 250;
	ck_assert_int_eq(smtp_reply_add(&reply, &line, &fault), SMTP_MORE);
	line.is_last = true;
	ck_assert_int_eq(smtp_reply_add(&reply, &line, &fault), SMTP_BAD);
	ck_assert_uint_eq(reply.lines, SMTP_LINES_MAX);
}
END_TEST

static const struct {
	unsigned code;
	const char *text, *status;
} statuses[] = {
	{ 550, "5.7.1 no", "5.7.1" }, { 450, "4.7.25 who", "4.7.25" }, { 550, "5.7.1", "5.7.1" },
	{ 550, "4.7.1 no", "" }, { 550, "5.7 no", "" }, { 550, "no 5.7.1", "" }, { 550, "5.7.1000 no", "" },
	{ 550, "5.7.1.2 no", "" }, { 550, "", "" },
};

START_TEST(finds_the_enhanced_code)
{
	struct smtp_line line = { statuses[_i].code, true, slice_of(statuses[_i].text) };
	struct smtp_reply reply = { .code = 0 };
	struct fault fault;

	smtp_reply_add(&reply, &line, &fault);
	ck_assert(slice_is(smtp_reply_status(&reply), statuses[_i].status));
}
END_TEST

Suite *suite_smtp_reply(void);
Suite *suite_smtp_reply(void)
{
	Suite *suite = suite_create("smtp_reply");
	TCase *tcase = tcase_create("smtp_reply");

	ADD_TABLE(tcase, takes_a_line_at_a_time, lines);
	ADD_TABLE(tcase, a_line_has_its_limit, longs);
	tcase_add_test(tcase, a_reply_has_one_code_and_a_hundred_lines);
	ADD_TABLE(tcase, finds_the_enhanced_code, statuses);
	suite_add_tcase(suite, tcase);
	return suite;
}
