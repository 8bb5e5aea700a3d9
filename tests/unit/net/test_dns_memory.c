/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/dns_memory.h"

#include <stdio.h>

#include "unit.h"

static struct dns_question question_of(const char *name, enum dns_type type)
{
	struct dns_question question = { .type = type };
	struct fault fault;

	ck_assert(domain_parse(slice_of(name), &question.name, &fault));
	return question;
}

START_TEST(remembers_an_answer_for_equal_questions_alone)
{
	struct dns_memory memory = { 0 };
	struct endpoint server = { { 4, { 192, 0, 2, 53 } }, 53, 0 };
	struct dns_question first = question_of("a.example", DNS_A), again = first, other;
	struct dns_memory_entry *entry;
	bool is_new;

	entry = dns_memory_find(&memory, &first, &is_new);
	ck_assert(is_new);
	first.status = DNS_NXDOMAIN;
	first.tries = 1;
	dns_memory_store(entry, &first);

	ck_assert_ptr_eq(dns_memory_find(&memory, &again, &is_new), entry);
	ck_assert(!is_new);
	dns_memory_recall(entry, &again);
	ck_assert_int_eq(again.status, DNS_NXDOMAIN);

	other = question_of("a.example", DNS_AAAA);
	ck_assert_ptr_ne(dns_memory_find(&memory, &other, &is_new), entry);
	other = question_of("b.example", DNS_A);
	ck_assert_ptr_ne(dns_memory_find(&memory, &other, &is_new), entry);
	other = question_of("a.example", DNS_A);
	other.server = &server;
	ck_assert_ptr_ne(dns_memory_find(&memory, &other, &is_new), entry);
	ck_assert(is_new);
	other = question_of("a.example", DNS_A);
	other.is_unchecked = true;
	ck_assert_ptr_ne(dns_memory_find(&memory, &other, &is_new), entry);
	ck_assert(is_new);
	dns_memory_release(&memory);
}
END_TEST

START_TEST(is_full_one_day)
{
	struct dns_memory memory = { 0 };
	struct dns_question question = { .type = DNS_A };
	size_t kept = 0;
	bool is_new;

	for (int i = 0; i < 10000; i++) {
		snprintf(question.name.text, sizeof question.name.text, "n%d.example", i);
		kept += dns_memory_find(&memory, &question, &is_new) != NULL;
	}
	ck_assert_uint_eq(kept, 8192);
	dns_memory_release(&memory);
}
END_TEST

Suite *suite_dns_memory(void);
Suite *suite_dns_memory(void)
{
	Suite *suite = suite_create("dns_memory");
	TCase *tcase = tcase_create("dns_memory");

	tcase_add_test(tcase, remembers_an_answer_for_equal_questions_alone);
	tcase_add_test(tcase, is_full_one_day);
	suite_add_tcase(suite, tcase);
	return suite;
}
