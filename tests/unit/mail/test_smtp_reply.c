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
	const char *text;
} lines[] = {
	{ "220 mx.example ESMTP\r\n", SMTP_DONE, 220, true, 22, "mx.example ESMTP" },
	{ "250-PIPELINING\r\n250 x\r\n", SMTP_DONE, 250, false, 16, "PIPELINING" },
	{ "250\r\n",		SMTP_DONE, 250, true, 5, "" },	/* 4.2.1: no space */
	{ "250 \n",		SMTP_DONE, 250, true, 5, "" },	/* a bare LF */
	{ "250 ok\n",		SMTP_DONE, 250, true, 7, "ok" },
	{ "250-\r\n",		SMTP_DONE, 250, false, 6, "" },
	{ "299 \r\r\n",	SMTP_DONE, 299, true, 7, "\r" },
	{ "590 no\r\n",		SMTP_DONE, 590, true, 8, "no" },
	{ "\n",			SMTP_BAD, 0, false, 0 },
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
		ck_assert(slice_is(line.text, lines[_i].text));
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

/* What is no reply is quoted, as far as it fits. */
static const struct {
	size_t len;
	const char *quote_ends;
} quotes[] = { { 79, "xx\"" }, { 80, "xx\"" }, { 81, "xx...\"" } };

START_TEST(quotes_what_is_none)
{
	struct smtp_line line;
	struct fault fault;
	char bytes[100];
	size_t used;
	struct slice s;

	memset(bytes, 'x', sizeof bytes);
	bytes[quotes[_i].len] = '\n';
	s = exact(bytes, quotes[_i].len + 1);
	ck_assert_int_eq(smtp_line_parse(s, &line, &used, &fault), SMTP_BAD);
	ck_assert_ptr_nonnull(strstr(fault.text, quotes[_i].quote_ends));
	ck_assert_uint_eq(strspn(strchr(fault.text, '"') + 1, "x"), quotes[_i].len < 80 ? quotes[_i].len : 80);
	exact_free(s);
}
END_TEST

START_TEST(takes_no_nul)
{
	struct slice s = exact("250 a\0b\r\n", 9);
	struct fault fault;
	struct smtp_line line;
	size_t used;

	ck_assert_int_eq(smtp_line_parse(s, &line, &used, &fault), SMTP_BAD);
	ck_assert_ptr_nonnull(strstr(fault.text, "a NUL byte"));
	exact_free(s);
}
END_TEST

/* The lines are joined, as far as there is room. */
START_TEST(keeps_what_it_can)
{
	char long_text[SMTP_TEXT_MAX - 4];
	struct smtp_line lines_in[] = {
		{ 250, false, slice_of("ab") }, { 250, false, { long_text, sizeof long_text } },
		{ 250, false, slice_of("cd") }, { 250, true, slice_of("e") },
	};
	struct smtp_reply reply = { .code = 0 };
	struct fault fault;

	memset(long_text, 'x', sizeof long_text);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(smtp_reply_add(&reply, &lines_in[i], &fault), i == 3 ? SMTP_DONE : SMTP_MORE);
	ck_assert_uint_eq(reply.len, SMTP_TEXT_MAX);
	ck_assert_uint_eq(reply.lines, 4);
	ck_assert_mem_eq(reply.text, "ab\nxx", 5);
	ck_assert_mem_eq(reply.text + SMTP_TEXT_MAX - 2, "x\n", 2);
}
END_TEST

static const struct {
	const char *lines[3], *printed;
} prints[] = {
	{ { "5.7.1 no" }, "550\x01 5.7.1 no\x02" },
	{ { "5.7.1 no", "\t5.7.1 not you " }, "550\x01 5.7.1 no 5.7.1 not you\x02" },
	{ { "", "a", "" }, "550\x01 a\x02" },
	{ { "" }, "550" },
	{ { "a\x01" "b" }, "550\x01 a?b\x02" },
};

START_TEST(prints_a_reply_as_a_line)
{
	struct smtp_reply reply = { .code = 0 };
	struct text text = { 0 };
	struct fault fault;

	for (int i = 0; i < 3 && prints[_i].lines[i] != NULL; i++) {
		struct smtp_line line = { 550, false, slice_of(prints[_i].lines[i]) };

		smtp_reply_add(&reply, &line, &fault);
	}
	smtp_reply_print(&text, &reply);
	ck_assert_str_eq(text_str(&text), prints[_i].printed);
	text_release(&text);
}
END_TEST

static const struct {
	unsigned code;
	const char *text, *status;
} statuses[] = {
	{ 550, "5.7.1 no", "5.7.1" }, { 450, "4.7.25 who", "4.7.25" }, { 550, "5.7.1", "5.7.1" },
	{ 550, "4.7.1 no", "" }, { 550, "5.7 no", "" }, { 550, "no 5.7.1", "" }, { 550, "5.7.1000 no", "" },
	{ 550, "5.7.1.2 no", "" }, { 550, "", "" }, { 550, "5..7 no", "" }, { 550, "5.7x1 no", "" },
	{ 550, "5.7. no", "" }, { 550, "55.7.1 no", "" }, { 500, "5.5.1\nwhat", "5.5.1" },
	{ 599, "5.999.999 no", "5.999.999" }, { 550, "5.7.1x", "" },
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
	ADD_TABLE(tcase, quotes_what_is_none, quotes);
	tcase_add_test(tcase, takes_no_nul);
	tcase_add_test(tcase, keeps_what_it_can);
	ADD_TABLE(tcase, prints_a_reply_as_a_line, prints);
	ADD_TABLE(tcase, finds_the_enhanced_code, statuses);
	suite_add_tcase(suite, tcase);
	return suite;
}
