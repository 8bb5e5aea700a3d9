/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/dns_rounds.h"

#include <stdio.h>

#include "fakes/zone.h"
#include "unit.h"

static const struct zone_row rows[] = {
	{ "a.example", DNS_TXT, "b.example" },
	{ "b.example", DNS_TXT, "c.example" },
	{ "c.example", DNS_TXT, "the end" },
	{ "mx.example", DNS_A, "192.0.2.1" },
	{ "ill.example", DNS_TXT, ZONE_SERVFAIL },
	{ NULL },
};

static enum dns_status ask(struct resolver *resolver, const char *name, enum dns_type type,
			   char *text, size_t size)
{
	struct dns_question question = { .type = type };
	enum dns_status status;

	snprintf(question.name.text, sizeof question.name.text, "%s", name);
	resolver->ask(resolver, &question, 1);
	status = question.status;
	if (status == DNS_FOUND && type == DNS_TXT)
		ck_assert(slice_copy(question.records->at[0].data, text, size));
	dns_release(&question, 1);
	return status;
}

/* Follow the texts from `name` on; how many were found. */
static unsigned follow(struct resolver *resolver, const char *name)
{
	char text[64];
	unsigned found = 0;

	snprintf(text, sizeof text, "%s", name);
	while (ask(resolver, text, DNS_TXT, text, sizeof text) == DNS_FOUND)
		found++;
	return found;
}

/* Two chains, one of three links and one of two: three waits, and nothing twice. */
START_TEST(waits_as_often_as_the_longest_chain)
{
	struct dns_rounds rounds;
	struct zone zone;
	unsigned found, others;

	zone_open(&zone, rows);
	dns_rounds_open(&rounds, &zone.resolver);
	do {
		found = follow(&rounds.resolver, "a.example");
		others = follow(&rounds.resolver, "b.example");
	} while (dns_rounds_ask(&rounds));
	ck_assert_uint_eq(found, 3);
	ck_assert_uint_eq(others, 2);
	ck_assert_str_eq(zone.log, "TXT a.example\nTXT b.example\nTXT c.example\nTXT the end\n");
	ck_assert_uint_eq(rounds.rounds, 3);
	ck_assert_uint_eq(zone.batches, 3);
	dns_rounds_release(&rounds);
}
END_TEST

START_TEST(tells_types_apart_and_keeps_failures)
{
	struct dns_rounds rounds;
	struct zone zone;
	char text[64];

	zone_open(&zone, rows);
	dns_rounds_open(&rounds, &zone.resolver);
	for (int i = 0; i < 2; i++) {
		enum dns_status first = i == 0 ? DNS_UNFINISHED : DNS_SERVFAIL;

		ck_assert_int_eq(ask(&rounds.resolver, "ill.example", DNS_TXT, text, 64), first);
		ck_assert_int_eq(ask(&rounds.resolver, "mx.example", DNS_A, text, 64),
				 i == 0 ? DNS_UNFINISHED : DNS_FOUND);
		ck_assert_int_eq(ask(&rounds.resolver, "mx.example", DNS_AAAA, text, 64),
				 i == 0 ? DNS_UNFINISHED : DNS_NODATA);
		ck_assert_uint_eq(rounds.open, 3);
		ck_assert_int_eq(dns_rounds_ask(&rounds), i == 0);
	}
	ck_assert_uint_eq(zone.asked, 3);
	dns_rounds_release(&rounds);
	dns_rounds_release(&rounds);
}
END_TEST

/* Asked not to check, the resolver says something else. */
START_TEST(asks_again_where_nothing_is_checked)
{
	static const struct zone_row bogus[] = { { "a.example", DNS_A, ZONE_BOGUS }, { NULL } };
	struct dns_question questions[2] = { { .type = DNS_A }, { .type = DNS_A } };
	struct dns_rounds rounds;
	struct zone zone;

	zone_open(&zone, bogus);
	dns_rounds_open(&rounds, &zone.resolver);
	do {
		for (int i = 0; i < 2; i++) {
			snprintf(questions[i].name.text, DOMAIN_MAX, "a.example");
			questions[i].is_unchecked = i == 1;
		}
		rounds.resolver.ask(&rounds.resolver, questions, 2);
	} while (dns_rounds_ask(&rounds));
	ck_assert_int_eq(questions[0].status, DNS_SERVFAIL);
	ck_assert_int_eq(questions[1].status, DNS_NODATA);
	ck_assert_uint_eq(zone.asked, 2);
	dns_rounds_release(&rounds);
}
END_TEST

Suite *suite_dns_rounds(void);
Suite *suite_dns_rounds(void)
{
	Suite *suite = suite_create("dns_rounds");
	TCase *tcase = tcase_create("dns_rounds");

	tcase_add_test(tcase, waits_as_often_as_the_longest_chain);
	tcase_add_test(tcase, tells_types_apart_and_keeps_failures);
	tcase_add_test(tcase, asks_again_where_nothing_is_checked);
	suite_add_tcase(suite, tcase);
	return suite;
}
