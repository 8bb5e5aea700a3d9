/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/filter.h"

#include <string.h>

#include "fakes/exact.h"
#include "unit.h"

/* ---- rspamd */

static const struct { const char *action; enum filter_outcome outcome; } actions[] = {
	{ "no action", FILTER_CLEAN }, { "greylist", FILTER_SUSPICIOUS }, { "add header", FILTER_SUSPICIOUS },
	{ "rewrite subject", FILTER_SUSPICIOUS }, { "soft reject", FILTER_SUSPICIOUS }, { "reject", FILTER_SPAM },
	{ "discard", FILTER_SPAM }, { "quarantine", FILTER_SPAM },
};

START_TEST(reads_what_rspamd_would_do)
{
	struct filter_verdict verdict;
	struct text json = { 0 };
	struct fault fault;

	text_add(&json, "{\"is_skipped\":false,\"score\":-1.5,\"required_score\":15,\"action\":\"%s\",\"symbols\":{"
		 "\"A\":{\"name\":\"A\",\"score\":1.25,\"description\":\"of a\"},\"B\":{\"score\":-3},"
		 "\"C\":{\"score\":2.5,\"description\":7},\"D\":null}}", actions[_i].action);
	ck_assert(filter_rspamd_parse(text_slice(&json), &verdict, &fault));
	ck_assert_int_eq(verdict.outcome, actions[_i].outcome);
	ck_assert_str_eq(verdict.action, actions[_i].action);
	ck_assert(verdict.score == -1.5 && verdict.limit == 15);
	ck_assert_uint_eq(verdict.symbol_count, 4);
	ck_assert_str_eq(verdict.symbols[0].name, "C");
	ck_assert_str_eq(verdict.symbols[0].text, "");
	ck_assert_str_eq(verdict.symbols[1].name, "A");
	ck_assert_str_eq(verdict.symbols[1].text, "of a");
	ck_assert_str_eq(verdict.symbols[3].name, "B");
	text_release(&json);
}
END_TEST

/* GTUBE is refused at first sight. */
START_TEST(a_message_that_was_skipped_may_be_refused_but_not_good)
{
	const char *refused = "{\"is_skipped\":true,\"score\":0,\"required_score\":15,\"action\":\"reject\",\"symbols\":{}}";
	const char *skipped = "{\"is_skipped\":true,\"score\":0,\"required_score\":15,\"action\":\"no action\",\"symbols\":{}}";
	struct filter_verdict verdict;
	struct fault fault;

	ck_assert(filter_rspamd_parse(slice_of(refused), &verdict, &fault));
	ck_assert_int_eq(verdict.outcome, FILTER_SPAM);
	ck_assert(!filter_rspamd_parse(slice_of(skipped), &verdict, &fault));
	ck_assert_ptr_nonnull(strstr(fault.text, "is_skipped"));
}
END_TEST

static const char *const not_rspamd[] = {
	"", "{}", "[]", "null", "<html>", "{\"score\":1}", "{\"error\":\"Cannot process message\"}",
	"{\"score\":\"1\",\"required_score\":15,\"action\":\"reject\",\"symbols\":{}}",
	"{\"score\":1,\"required_score\":15,\"action\":\"reject\",\"symbols\":[]}",
	"{\"score\":1,\"required_score\":15,\"action\":\"perhaps\",\"symbols\":{}}",
	"{\"score\":1,\"required_score\":15,\"symbols\":{}}",
	"{\"score\":1,\"required_score\":15,\"action\":\"reject\",\"symbols\":{}",
	"{\"score\":1e999,\"required_score\":15,\"action\":\"reject\",\"symbols\":{}}",
};

START_TEST(does_not_guess_what_rspamd_did_not_say)
{
	struct slice json = exact_text(not_rspamd[_i]);
	struct filter_verdict verdict;
	struct fault fault;

	ck_assert(!filter_rspamd_parse(json, &verdict, &fault));
	ck_assert_int_eq(fault.kind, FAULT_PROTOCOL);
	exact_free(json);
}
END_TEST

START_TEST(keeps_the_most_costly_symbols)
{
	struct filter_verdict verdict;
	struct text json = { 0 };
	struct fault fault;

	text_add(&json, "{\"score\":1,\"required_score\":15,\"action\":\"reject\",\"symbols\":{");
	for (int i = 0; i < 100; i++)
		text_add(&json, "%s\"S%d\":{\"score\":%d}", i > 0 ? "," : "", i, i * 37 % 100);
	text_add(&json, "}}");
	ck_assert(filter_rspamd_parse(text_slice(&json), &verdict, &fault));
	ck_assert_uint_eq(verdict.symbol_count, FILTER_SYMBOLS);
	ck_assert_uint_eq(verdict.symbols_left_out, 100 - FILTER_SYMBOLS);
	for (size_t i = 0; i < FILTER_SYMBOLS; i++)
		ck_assert(verdict.symbols[i].score == 99 - (double)i);
	text_release(&json);
}
END_TEST

/* ---- spamd */

#define TABLE "Content analysis details:   (1000.0 points, 5.0 required)\n\n" \
	      " pts rule name              description\n---- ---------------------- ----------\n" \
	      "1000 GTUBE                  BODY: Generic Test for Unsolicited Bulk Email\n" \
	      "-0.0 NO_RELAYS              Informational: message was not relayed\n" \
	      "                            5 times via SMTP\n 1.2 BARE\n\n"

START_TEST(reads_a_report_of_spamd)
{
	struct slice reply = exact_text("SPAMD/1.1 0 EX_OK\r\nContent-length: 300\r\nSpam: True ; 1001.2 / 5.0\r\n\r\n" TABLE);
	struct filter_verdict verdict;
	struct fault fault;

	ck_assert(filter_spamd_parse(reply, &verdict, &fault));
	ck_assert_int_eq(verdict.outcome, FILTER_SPAM);
	ck_assert(verdict.score == 1001.2 && verdict.limit == 5);
	ck_assert_uint_eq(verdict.symbol_count, 3);
	ck_assert_str_eq(verdict.symbols[0].name, "GTUBE");
	ck_assert_str_eq(verdict.symbols[0].text, "BODY: Generic Test for Unsolicited Bulk Email");
	ck_assert_str_eq(verdict.symbols[1].name, "BARE");
	ck_assert_str_eq(verdict.symbols[2].text, "Informational: message was not relayed 5 times via SMTP");
	exact_free(reply);
}
END_TEST

static const struct { const char *reply; bool is_good; enum filter_outcome outcome; } replies[] = {
	{ "SPAMD/1.1 0 EX_OK\r\nSpam: False ; -1.0 / 5.0\r\n\r\n", true, FILTER_CLEAN },
	{ "SPAMD/1.5 0 EX_OK\nspam: Yes; 6/5\n\n", true, FILTER_SPAM },
	{ "SPAMD/1.1 0 EX_OK\r\nSpam: False ; 0.0 / 5.0", true, FILTER_CLEAN },
	{ "SPAMD/1.1 76 Bad header line: x\r\n", false, FILTER_CLEAN },
	{ "SPAMD/1.1 0 EX_OK\r\n\r\nSpam: True ; 1 / 5\r\n", false, FILTER_CLEAN },
	{ "SPAMD/1.1 0 EX_OK\r\nSpam: Perhaps ; 1 / 5\r\n\r\n", false, FILTER_CLEAN },
	{ "SPAMD/1.1 0 EX_OK\r\nSpam: True ; nan / 5\r\n\r\n", false, FILTER_CLEAN },
	{ "SPAMD/1.1 0 EX_OK\r\nSpam: True ; 1\r\n\r\n", false, FILTER_CLEAN },
	{ "SPAMD/1.1 0 EX_OK\r\nSpam: True\r\n\r\n", false, FILTER_CLEAN },
	{ "SPAMD/1.1\r\n", false, FILTER_CLEAN },
	{ "220 mx.example ESMTP\r\n", false, FILTER_CLEAN },
	{ "", false, FILTER_CLEAN },
};

START_TEST(reads_the_verdict_of_spamd)
{
	struct slice reply = exact_text(replies[_i].reply);
	struct filter_verdict verdict;
	struct fault fault;

	ck_assert_int_eq(filter_spamd_parse(reply, &verdict, &fault), replies[_i].is_good);
	if (replies[_i].is_good)
		ck_assert_int_eq(verdict.outcome, replies[_i].outcome);
	exact_free(reply);
}
END_TEST

START_TEST(tells_spamd_who_hands_the_message_over)
{
	static const char *const to[] = { "c@d.example", "e@f.example" };
	static const char trace[] = "Return-Path: <a@b.example>\r\n"
		"Received: from mx.b.example (mx.b.example [IPv6:2001:db8::1])\r\n"
		"\tby localhost (Mailpath) with ESMTP id 1\r\n\tfor <c@d.example>;\r\n\tDATE\r\n";
	struct filter_envelope envelope = {
		.ip = "2001:db8::1", .helo = "mx.b.example", .from = "a@b.example", .to = to, .to_count = 2,
	};
	struct text request = { 0 }, expected = { 0 };

	text_add(&expected, "REPORT SPAMC/1.5\r\nContent-length: %zu\r\n\r\n%s", strlen(trace) + 100, trace);
	filter_spamd_request(&envelope, "DATE", 100, &request);
	ck_assert_str_eq(text_str(&request), text_str(&expected));
	text_truncate(&request, 0);
	envelope = (struct filter_envelope){ .ip = NULL };
	filter_spamd_request(&envelope, "DATE", 7, &request);
	ck_assert_str_eq(text_str(&request), "REPORT SPAMC/1.5\r\nContent-length: 7\r\n\r\n");
	text_release(&request);
	text_release(&expected);
}
END_TEST

Suite *suite_filter(void);
Suite *suite_filter(void)
{
	Suite *suite = suite_create("filter");
	TCase *tcase = tcase_create("filter");

	ADD_TABLE(tcase, reads_what_rspamd_would_do, actions);
	tcase_add_test(tcase, a_message_that_was_skipped_may_be_refused_but_not_good);
	ADD_TABLE(tcase, does_not_guess_what_rspamd_did_not_say, not_rspamd);
	tcase_add_test(tcase, keeps_the_most_costly_symbols);
	tcase_add_test(tcase, reads_a_report_of_spamd);
	ADD_TABLE(tcase, reads_the_verdict_of_spamd, replies);
	tcase_add_test(tcase, tells_spamd_who_hands_the_message_over);
	suite_add_tcase(suite, tcase);
	return suite;
}
