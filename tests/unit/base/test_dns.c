/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/dns.h"

#include "unit.h"

static struct dns_records *two_addresses(void)
{
	struct dns_records *records = calloc(1, sizeof *records + 2 * sizeof *records->at);

	records->users = 1;
	records->count = 2;
	records->at[0].ip = (struct ip){ 4, { 127, 0, 0, 2 } };
	records->at[1].ip = (struct ip){ 4, { 127, 0, 0, 4 } };
	return records;
}

START_TEST(prints_what_was_asked_and_answered)
{
	struct dns_question question = {
		.name = { "2.0.0.127.bl.test" }, .type = DNS_A, .status = DNS_FOUND,
		.records = two_addresses(), .ttl = 60, .tries = 2, .took_us = 1500,
		.answered_by = { { 4, { 127, 0, 0, 1 } }, 53, 0 },
	};
	struct text text = { 0 };

	dns_print(&text, &question);
	ck_assert_str_eq(text_str(&text), "A 2.0.0.127.bl.test @127.0.0.1:53 -> found: 127.0.0.2, "
					  "127.0.0.4, 1.5 ms, ttl 60, 2 tries");
	text_release(&text);
	dns_release(&question, 1);
}
END_TEST

START_TEST(only_three_outcomes_are_statements)
{
	static const bool is_statement[] = {
		[DNS_UNFINISHED] = false, [DNS_FOUND] = true, [DNS_NODATA] = true,
		[DNS_NXDOMAIN] = true, [DNS_SERVFAIL] = false, [DNS_REFUSED] = false,
		[DNS_TIMEOUT] = false, [DNS_GARBLED] = false,
	};

	for (size_t i = 0; i < COUNT(is_statement); i++) {
		struct dns_question question = { .status = (enum dns_status)i };

		ck_assert_int_eq(dns_is_answered(&question), is_statement[i]);
	}
}
END_TEST

START_TEST(shares_records_until_the_last_one_gives_them_back)
{
	struct dns_question questions[2] = { { .records = two_addresses() }, { .records = NULL } };

	questions[1].records = questions[0].records;
	questions[1].records->users++;
	dns_release(&questions[0], 1);
	ck_assert_uint_eq(dns_count(&questions[0]), 0);
	ck_assert_uint_eq(dns_count(&questions[1]), 2);
	dns_release(questions, 2);
	dns_release(questions, 2);
	ck_assert_uint_eq(dns_count(&questions[1]), 0);
}
END_TEST

Suite *suite_dns(void);
Suite *suite_dns(void)
{
	Suite *suite = suite_create("dns");
	TCase *tcase = tcase_create("dns");

	tcase_add_test(tcase, prints_what_was_asked_and_answered);
	tcase_add_test(tcase, only_three_outcomes_are_statements);
	tcase_add_test(tcase, shares_records_until_the_last_one_gives_them_back);
	suite_add_tcase(suite, tcase);
	return suite;
}
